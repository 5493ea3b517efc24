//! What holds for the retention clock whatever arrives, in whatever order.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

use bailee_core::retention::{
    Ended, Evidence, Phase, Policy, Profile, Rule, Seen, Sighting, Spoken, bucket_day, facts_end,
    moves_later, parse_date, phase, quarantine_expiry, tombstone_yields,
};
use bailee_core::time::DAY_SECONDS;
use bailee_core::{Day, Json, Kind, Month, Timestamp};
use proptest::prelude::*;

/// 2026-02-01T00:00:00Z, day 0 of the properties below.
const NOW_SECOND: i64 = 1_769_904_000;

fn delivered_at(package: Option<&str>, at: Timestamp) -> Sighting<'_> {
    Sighting { package, what: Seen::Delivered, at: Some(at), as_of: at }
}

fn day(days: i64) -> Timestamp {
    Timestamp::from_second(NOW_SECOND + days * DAY_SECONDS).unwrap()
}

fn now() -> Timestamp {
    day(0)
}

/// What a document says; days count from the present.
#[derive(Clone, Debug)]
struct Document {
    as_of: i64,
    fetched: bool,
    created: Option<i64>,
    updated: Option<i64>,
    ship_by: Option<i64>,
    promise: Option<i64>,
    status: Option<&'static str>,
    packages: Vec<Package>,
}

#[derive(Clone, Debug)]
struct Package {
    id: u8,
    shipped: Option<i64>,
    packed: Option<i64>,
    status: Option<&'static str>,
}

impl Document {
    fn order(&self) -> Json {
        let time = |day_no: Option<i64>| day_no.map(|day_no| day(day_no).to_string());
        let packages: Vec<_> = self
            .packages
            .iter()
            .map(|package| {
                serde_json::json!({
                    "packageReferenceId": format!("P{}", package.id),
                    "shipTime": time(package.shipped),
                    "createdTime": time(package.packed),
                    "packageStatus": { "status": package.status },
                    "packageItems": [{ "orderItemId": format!("{}", package.id) }],
                })
            })
            .collect();
        json(&serde_json::json!({
            "createdTime": time(self.created),
            "lastUpdatedTime": time(self.updated),
            "fulfillment": {
                "fulfillmentStatus": self.status,
                "shipByWindow": { "earliestDateTime": time(self.ship_by) },
                "deliverByWindow": { "earliestDateTime": time(self.promise) },
            },
            "packages": packages,
        }))
    }

    /// What it says of a record of a kind.
    fn of(&self, kind: Kind) -> Json {
        let time = |day_no: Option<i64>| day_no.map(|day_no| day(day_no).to_string());
        let start = |day_no| serde_json::json!({ "earliestDateTime": time(day_no) });
        match kind {
            Kind::Order => self.order(),
            Kind::Shipment => {
                let order = serde_json::to_value(self.order()).unwrap();
                json(&serde_json::json!({
                    "createdTime": time(self.created), "lastUpdatedTime": time(self.updated),
                    "shipTime": time(self.packages.first().and_then(|package| package.packed)),
                    "status": self.status, "shipByWindow": start(self.ship_by),
                    "deliverByWindow": start(self.promise), "packages": order["packages"],
                }))
            }
            Kind::Return => {
                let returns = self.packages.iter().map(|package| {
                    serde_json::json!({ "requestTime": time(package.packed), "returnTime": time(package.shipped) })
                });
                json(&serde_json::json!({
                    "orderTime": time(self.created), "returns": returns.collect::<Vec<_>>()
                }))
            }
        }
    }

    fn spoken(&self) -> Spoken {
        Spoken { as_of: day(self.as_of), fetched: self.fetched, seen_before: false, now: now() }
    }

    /// Every instant of which the document proves that delivery was not before.
    fn not_delivered_at(&self) -> Vec<Timestamp> {
        let open = matches!(
            self.status,
            Some("PENDING" | "UNSHIPPED" | "PARTIALLY_SHIPPED" | "CANCELLED" | "UNFULFILLABLE")
        );
        let pending = self.packages.iter().any(|package| package.status == Some("PENDING"));
        let mut days = vec![self.created, self.ship_by];
        days.extend(self.packages.iter().flat_map(|package| [package.shipped, package.packed]));
        let updated = self.updated.filter(|_| matches!(self.status, Some("CANCELLED" | "UNFULFILLABLE")));
        days.extend([updated, (open || pending).then_some(self.as_of)]);
        days.into_iter().flatten().map(|day_no| day(day_no.min(0))).collect()
    }
}

fn json(value: &serde_json::Value) -> Json {
    serde_json::from_str(&value.to_string()).unwrap()
}

fn document() -> impl Strategy<Value = Document> {
    let status = prop::option::of(prop::sample::select(vec![
        "PENDING",
        "UNSHIPPED",
        "PARTIALLY_SHIPPED",
        "SHIPPED",
        "SHIPPED",
        "SHIPPED",
        "CANCELLED",
        "UNFULFILLABLE",
        "?",
    ]));
    let date = || prop::option::of(-250_i64..40);
    (
        -200_i64..5,
        any::<bool>(),
        date(),
        date(),
        date(),
        date(),
        status,
        prop::collection::vec(package(), 0..4),
    )
        .prop_map(|(as_of, fetched, created, updated, ship_by, promise, status, packages)| Document {
            as_of,
            fetched,
            created,
            updated,
            ship_by,
            promise,
            status,
            packages,
        })
}

fn package() -> impl Strategy<Value = Package> {
    let status = prop::option::of(prop::sample::select(vec![
        "PENDING",
        "IN_TRANSIT",
        "SHIPPED",
        "DELIVERED",
        "UNDELIVERABLE",
        "CANCELLED",
    ]));
    let date = || prop::option::of(-200_i64..10);
    (0_u8..4, date(), date(), status).prop_map(|(id, shipped, packed, status)| Package {
        id,
        shipped,
        packed,
        status,
    })
}

fn policy() -> impl Strategy<Value = Policy> {
    let profile = prop::sample::select(Profile::ALL.to_vec());
    (1_i64..=30, profile).prop_map(|(days, profile)| Policy::new(days, profile).unwrap())
}

fn heard(documents: &[Document]) -> Evidence {
    heard_of(Kind::Order, documents)
}

fn heard_of(kind: Kind, documents: &[Document]) -> Evidence {
    let mut evidence = Evidence::new(day(-100));
    documents.iter().for_each(|document| evidence.observe(kind, &document.of(kind), &document.spoken()));
    evidence
}

fn any_kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(Kind::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lo_rises_only_as_far_as_not_delivered_at_or_delivered_at_proves(
        documents in prop::collection::vec(document(), 1..6),
        delivered in prop::collection::vec((prop::option::of(0_u8..4), -200_i64..5), 0..3),
    ) {
        let policy = Policy::default();
        let mut evidence = Evidence::new(day(-100));
        let mut proofs = vec![day(-100)];
        let mut lo = None;
        for document in &documents {
            evidence.observe(Kind::Order, &document.order(), &document.spoken());
            proofs.extend(document.not_delivered_at());
            let next = evidence.decide(&policy, now()).lo;
            prop_assert!(lo.is_none_or(|lo| next <= lo) || proofs.iter().any(|proof| next <= *proof), "{next}");
            lo = Some(next);
        }
        for (package, at) in delivered {
            let id = package.map(|id| format!("P{id}"));
            evidence.observe_sighting(&delivered_at(id.as_deref(), day(at)), now());
            proofs.push(day(at.min(0)));
            let next = evidence.decide(&policy, now()).lo;
            prop_assert!(lo.is_none_or(|lo| next <= lo) || proofs.iter().any(|proof| next <= *proof), "{next}");
            lo = Some(next);
        }
    }

    #[test]
    fn what_is_under_way_lives_on_for_fifteen_days_and_within_its_window_at_most(
        documents in prop::collection::vec(document(), 1..4),
        seen in -200_i64..5,
        until in -200_i64..60,
    ) {
        let policy = Policy::default();
        let mut evidence = heard(&documents);
        let promise = json(&serde_json::json!({ "fulfillment": { "deliverByWindow": { "latestDateTime": day(until).to_string() } } }));
        let spoken = Spoken { as_of: day(-250), fetched: true, seen_before: false, now: now() };
        evidence.observe(Kind::Order, &promise, &spoken);
        let before = evidence.decide(&policy, now());
        let sighting = Sighting { package: None, what: Seen::UnderWay, at: None, as_of: day(seen) };
        evidence.observe_sighting(&sighting, now());
        let after = evidence.decide(&policy, now());
        prop_assert!(after.expires_at >= before.expires_at);
        let days = (after.expires_at.as_second() - before.expires_at.as_second()) / 86_400;
        prop_assert!(days <= 15 && (days == 0 || after.expires_at <= day(until)), "{before:?} {after:?}");
        prop_assert!(days == 0 || (after.rule, after.hi) == (Rule::R4, None));
    }

    #[test]
    fn news_of_a_delivery_without_a_time_and_promises_never_raise_lo(
        before in document(),
        promise in -250_i64..40,
        as_of in -200_i64..1,
    ) {
        let policy = Policy::default();
        let mut evidence = heard(std::slice::from_ref(&before));
        let lo = evidence.decide(&policy, now()).lo;
        let packages = before.packages.iter().map(|package| Package { shipped: None, packed: None, status: Some("DELIVERED"), ..*package });
        let after = Document {
            as_of, fetched: true, created: None, updated: None, ship_by: None, promise: Some(promise), status: None,
            packages: packages.collect(),
        };
        evidence.observe(Kind::Order, &after.order(), &after.spoken());
        prop_assert!(evidence.decide(&policy, now()).lo <= lo);
    }

    #[test]
    fn identical_content_from_a_file_never_extends_life(
        documents in prop::collection::vec(document(), 1..5),
        again in any::<prop::sample::Index>(),
        later in 0_i64..60,
        policy in policy(),
        kind in any_kind(),
    ) {
        let mut evidence = heard_of(kind, &documents);
        let then = day(later);
        let before = evidence.decide(&policy, then);
        let document = again.get(&documents);
        evidence.observe(kind, &document.of(kind), &Spoken { as_of: then, fetched: false, seen_before: true, now: then });
        let after = evidence.decide(&policy, then);
        prop_assert!(after.lo <= before.lo && after.expires_at <= before.expires_at);
    }

    #[test]
    fn no_cap_is_ever_passed(
        documents in prop::collection::vec(document(), 1..6),
        policy in policy(),
        kind in any_kind(),
    ) {
        let decision = heard_of(kind, &documents).decide(&policy, now());
        let plus = |instant: Timestamp, days: i64| Timestamp::from_second(instant.as_second() + days * DAY_SECONDS).unwrap();
        let days = i64::from(policy.days_after_delivery);
        prop_assert!(decision.expires_at <= plus(now(), 45));
        prop_assert!(decision.expires_at <= plus(decision.lo, days));
        prop_assert!(decision.hi.is_none_or(|hi| decision.lo <= hi));
        if matches!(decision.rule, Rule::R6 | Rule::R10) {
            // A purchase in the future counts as now.
            let purchase = documents.iter().filter_map(|document| document.created).min().map_or(day(-100), |first| day(first.min(0)));
            prop_assert!(decision.expires_at <= plus(purchase, 180));
        }
        for (_, expires) in &decision.items {
            prop_assert!(*expires < decision.expires_at);
        }
    }

    #[test]
    fn the_order_of_arrival_does_not_matter(
        (documents, shuffled) in prop::collection::vec(document(), 1..6)
            .prop_flat_map(|documents| (Just(documents.clone()), Just(documents).prop_shuffle())),
        policy in policy(),
        kind in any_kind(),
    ) {
        let (one, other) = (heard_of(kind, &documents), heard_of(kind, &shuffled));
        prop_assert_eq!(one.decide(&policy, now()), other.decide(&policy, now()));
        prop_assert_eq!(one, other);
    }

    #[test]
    fn no_date_of_any_kind_panics(
        text in "\\PC{0,70}|[0-9TZ:+. -]{0,40}|-?[0-9]{4,6}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})?)?",
        second in -377_705_023_201_i64..=253_402_207_200,
        first in -377_705_023_201_i64..=253_402_207_200,
        policy in policy(),
    ) {
        let _ = parse_date(&text);
        let (now, first) = (Timestamp::from_second(second).unwrap(), Timestamp::from_second(first).unwrap());
        let order = json(&serde_json::json!({
            "createdTime": text, "lastUpdatedTime": text,
            "fulfillment": { "fulfillmentStatus": "SHIPPED", "shipByWindow": { "earliestDateTime": text } },
            "packages": [{ "packageReferenceId": text, "shipTime": text, "packageStatus": { "status": "DELIVERED" } }],
        }));
        let mut evidence = Evidence::new(first);
        evidence.observe(Kind::Order, &order, &Spoken { as_of: first, fetched: false, seen_before: false, now });
        evidence.observe_sighting(&delivered_at(None, first), now);
        let decision = evidence.decide(&policy, now);
        let _ = decision.words(Kind::Order, &policy);
        let _ = (phase(bucket_day(decision.expires_at), now), moves_later(Day(i32::MIN), now), facts_end(Month::of(first)));
    }
}

#[test]
fn evidence_stays_small_whatever_arrives() {
    let packages: Vec<_> = (0..2_000).map(|no| serde_json::json!({
        "packageReferenceId": format!("{no:040}"),
        "shipTime": "2026-01-05T00:00:00Z",
        "packageItems": (0..100).map(|item| serde_json::json!({ "orderItemId": format!("{item:040}") })).collect::<Vec<_>>(),
    })).collect();
    let mut evidence = Evidence::new(now());
    let spoken = Spoken { as_of: now(), fetched: true, seen_before: false, now: now() };
    evidence.observe(Kind::Order, &json(&serde_json::json!({ "packages": packages })), &spoken);
    assert!(serde_json::to_string(&evidence).unwrap().len() < 64 * 1024);
    let long = serde_json::json!({ "packages": [{ "packageReferenceId": "x".repeat(100_000) }] });
    let mut evidence = Evidence::new(now());
    evidence.observe(Kind::Order, &json(&long), &spoken);
    assert!(serde_json::to_string(&evidence).unwrap().len() < 200);
}

#[test]
fn more_than_thirty_days_are_refused_and_so_are_none() {
    for days in [1, 30] {
        assert_eq!(i64::from(Policy::new(days, Profile::Strict).unwrap().days_after_delivery), days);
    }
    for days in [i64::MIN, -1, 0, 31, 45, 256, 286, i64::MAX] {
        let error = Policy::new(days, Profile::Strict).unwrap_err();
        assert!(error.to_string().contains("2.1.a"), "{error}");
        assert_eq!(error.requirement().as_str(), "2.1.a");
    }
}

#[test]
fn a_policy_that_nobody_parsed_keeps_nothing_longer_either() {
    let evidence = Evidence::new(now());
    let decision = evidence.decide(&Policy { days_after_delivery: 200, ..Policy::default() }, now());
    assert_eq!(decision.expires_at, day(30));
    assert!(decision.fallback);
}

#[test]
fn a_bucket_closes_two_days_before_its_own_and_alarms_a_day_later() {
    let bucket = Day::of(day(10));
    for (at, expected) in [
        (day(0), Phase::Open),
        (Timestamp::from_second(day(8).as_second() - 1).unwrap(), Phase::Open),
        (day(8), Phase::Closing),
        (day(9), Phase::Late),
        (day(10), Phase::Past),
        (day(400), Phase::Past),
    ] {
        assert_eq!(phase(bucket, at), expected, "{at}");
    }
    let moves: Vec<_> = (0..12).filter(|at| moves_later(bucket, day(*at))).collect();
    assert_eq!(moves, [5, 6, 7]);
}

#[test]
fn facts_and_quarantine_have_their_own_ends() {
    assert_eq!(facts_end(Month::of(now())).to_string(), "2027-08-01T00:00:00Z");
    assert_eq!(quarantine_expiry(now(), None), day(14));
    assert_eq!(quarantine_expiry(now(), Some(day(3))), day(3));
    assert_eq!(quarantine_expiry(now(), Some(day(30))), day(14));
}

#[test]
fn a_changed_expiry_is_reported_with_its_reason() {
    let mut evidence = Evidence::new(now());
    let first = evidence.decide(&Policy::default(), now());
    let change = first.change(None).unwrap();
    assert_eq!((change.old, change.new, change.rule), (None, day(30), Rule::R12));
    assert!(first.change(Some(first.expires_at)).is_none());
    evidence.observe_sighting(&delivered_at(None, day(-3)), now());
    let change = evidence.decide(&Policy::default(), now()).change(Some(first.expires_at)).unwrap();
    assert_eq!((change.old, change.new, change.rule), (Some(day(30)), day(27), Rule::R1));
}

#[test]
fn only_a_tombstone_of_the_clock_yields_and_only_to_an_open_order() {
    let open = Document {
        as_of: 0,
        fetched: true,
        created: Some(-100),
        updated: None,
        ship_by: None,
        promise: None,
        status: Some("UNSHIPPED"),
        packages: vec![],
    };
    let arriving = |document: &Document| {
        let mut evidence = Evidence::new(now());
        evidence.observe(Kind::Order, &document.order(), &document.spoken());
        evidence
    };
    let fetched = open.spoken();
    let file = Spoken { fetched: false, ..fetched };
    let same_file = Spoken { seen_before: true, ..file };
    let evidence = arriving(&open);
    for ended in Ended::ALL {
        assert_eq!(tombstone_yields(*ended, &evidence, &fetched, false), *ended == Ended::Clock, "{ended}");
    }
    assert!(tombstone_yields(Ended::Clock, &evidence, &file, true), "changed content with --as-of");
    assert!(!tombstone_yields(Ended::Clock, &evidence, &file, false), "a file that names no time");
    assert!(!tombstone_yields(Ended::Clock, &evidence, &same_file, true), "content that was there before");
    for status in ["PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED", "UNFULFILLABLE"] {
        let other = arriving(&Document { status: Some(status), ..open.clone() });
        assert!(!tombstone_yields(Ended::Clock, &other, &fetched, false), "{status}");
    }
    for (created, yields) in [(-179, true), (-180, false), (-181, false)] {
        let old = arriving(&Document { created: Some(created), ..open.clone() });
        assert_eq!(tombstone_yields(Ended::Clock, &old, &fetched, false), yields, "{created}");
    }
}

#[test]
fn a_tombstone_remembers_what_ended_the_record() {
    let ended = |status, created| {
        let document = Document {
            as_of: -1,
            fetched: true,
            created: Some(created),
            updated: None,
            ship_by: None,
            promise: None,
            status: Some(status),
            packages: vec![],
        };
        heard(&[document]).decide(&Policy::default(), now()).ended()
    };
    assert_eq!(ended("SHIPPED", -20), Ended::Clock);
    assert_eq!(ended("UNSHIPPED", -20), Ended::Clock);
    assert_eq!(ended("UNSHIPPED", -170), Ended::Cap);
    assert_eq!(ended("CANCELLED", -20), Ended::Cancellation);
}

#[test]
fn a_decision_is_explained_in_plain_sentences() {
    let mut evidence = Evidence::new(day(-10));
    let package = Package { id: 1, shipped: Some(-8), packed: None, status: Some("DELIVERED") };
    let document = Document {
        as_of: -3,
        fetched: true,
        created: Some(-10),
        updated: None,
        ship_by: None,
        promise: None,
        status: Some("SHIPPED"),
        packages: vec![package],
    };
    evidence.observe(Kind::Order, &document.order(), &document.spoken());
    let policy = Policy::default();
    insta::assert_snapshot!(evidence.decide(&policy, now()).words(Kind::Order, &policy));
}
