use super::*;
use crate::retention::{EvidenceKind, Policy, Rule};

const ORDERED: &str = "2026-03-01T10:00:00Z";
const NOW: &str = "2026-03-10T12:00:00Z";

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn parcel(what: Seen, at: &str, as_of: &str) -> News {
    let time = |text: &str| (!text.is_empty()).then(|| time(text));
    News::Parcel(ParcelNews { package: None, what, at: time(at), as_of: time(as_of) })
}

fn status(status: &str, changed: &str) -> News {
    let changed = Some(time(changed));
    News::Order(OrderNews { status: Some(status.into()), changed, as_of: changed, ..OrderNews::default() })
}

fn hearing(now: &str) -> Hearing {
    Hearing { as_of: None, now: time(now), again: false }
}

/// An order that was shipped on the second, and is promised for the end of April.
fn shipped() -> Evidence {
    let mut evidence = Evidence::new(time(ORDERED));
    let document: Json = serde_json::from_str(
        r#"{"createdTime":"2026-03-01T10:00:00Z","lastUpdatedTime":"2026-03-02T10:00:00Z",
            "fulfillment":{"fulfillmentStatus":"SHIPPED","deliverByWindow":{"latestDateTime":"2026-04-30T00:00:00Z"}},
            "packages":[{"packageReferenceId":"1","shipTime":"2026-03-02T10:00:00Z"}]}"#,
    )
    .unwrap();
    let as_of = time("2026-03-02T10:00:00Z");
    let spoken = Spoken { as_of, fetched: false, seen_before: false, now: as_of };
    evidence.observe(Kind::Order, &document, &spoken);
    evidence
}

#[track_caller]
fn check(news: &News, rule: Rule, kind: EvidenceKind, lo: &str) {
    let mut evidence = shipped();
    evidence.hear(news, hearing(NOW));
    let decision = evidence.decide(&Policy::default(), time(NOW));
    assert_eq!((decision.rule, decision.evidence, decision.lo), (rule, kind, time(lo)), "{news:?}");
    let before = evidence.clone();
    evidence.hear(news, hearing(NOW));
    assert_eq!(evidence, before, "heard twice it says more: {news:?}");
    // Nor later, as long as none of its times has come that had not.
    let later = Hearing { again: true, ..hearing("2026-03-14T12:00:00Z") };
    evidence.hear(news, later);
    let decision = evidence.decide(&Policy::default(), later.now);
    assert_eq!(decision.lo, time(lo), "heard again it raises lo: {news:?}");
}

#[test]
fn news_decides_as_a_document_of_the_same_news_would() {
    use EvidenceKind::{DeliveredAt, DeliveredBy, NotDeliveredAt};
    let shipped = "2026-03-02T10:00:00Z";
    check(
        &parcel(Seen::Delivered, "2026-03-05T10:00:00Z", ""),
        Rule::R1,
        DeliveredAt,
        "2026-03-05T10:00:00Z",
    );
    // R12: what lies in the future counts as now.
    check(&parcel(Seen::Delivered, "2026-03-15T10:00:00Z", ""), Rule::R1, DeliveredAt, NOW);
    check(&parcel(Seen::Delivered, "", ""), Rule::R1, DeliveredBy, shipped);
    check(&parcel(Seen::Delivered, "1970-01-19T00:00:00Z", ""), Rule::R1, DeliveredBy, shipped);
    check(
        &parcel(Seen::GivenUp, "2026-03-06T10:00:00Z", ""),
        Rule::R8,
        NotDeliveredAt,
        "2026-03-06T10:00:00Z",
    );
    for (at, as_of, lo) in [
        ("2026-03-06T10:00:00Z", "", "2026-03-06T10:00:00Z"),
        ("2026-03-06T10:00:00Z", "2026-03-07T10:00:00Z", "2026-03-07T10:00:00Z"),
        ("", "", NOW),
        ("", "2026-03-15T10:00:00Z", NOW),
        ("", "1970-01-19T00:00:00Z", NOW),
    ] {
        check(&parcel(Seen::UnderWay, at, as_of), Rule::R4, NotDeliveredAt, lo);
    }
    check(&status("Canceled", "2026-03-04T10:00:00Z"), Rule::R7, NotDeliveredAt, "2026-03-04T10:00:00Z");
    check(&status("Unshipped", "2026-03-04T10:00:00Z"), Rule::R10, NotDeliveredAt, "2026-03-04T10:00:00Z");
    check(&status("Unshipped", "2026-03-01T10:00:00Z"), Rule::R2, NotDeliveredAt, shipped);
    check(&status("Shipped", "2026-03-04T10:00:00Z"), Rule::R2, NotDeliveredAt, shipped);
}

#[test]
fn what_speaks_without_a_time_speaks_as_of_when_the_caller_says() {
    let mut evidence = shipped();
    let as_of = Some(time("2026-03-08T10:00:00Z"));
    evidence.hear(&parcel(Seen::UnderWay, "", ""), Hearing { as_of, ..hearing(NOW) });
    assert_eq!(Some(evidence.decide(&Policy::default(), time(NOW)).lo), as_of);
}

#[test]
fn only_what_would_say_more_later_counts_by_the_present() {
    let (past, future) = ("2026-03-05T10:00:00Z", "2026-03-15T10:00:00Z");
    for (news, counts) in [
        (parcel(Seen::UnderWay, "", ""), true),
        (parcel(Seen::UnderWay, past, ""), false),
        (parcel(Seen::UnderWay, "", past), false),
        (parcel(Seen::UnderWay, "", future), true),
        (parcel(Seen::UnderWay, "", "1970-01-19T00:00:00Z"), true),
        (parcel(Seen::UnderWay, "", NOW), false),
        (parcel(Seen::Delivered, "", ""), false),
        (parcel(Seen::Delivered, past, ""), false),
        (parcel(Seen::Delivered, future, ""), true),
        (status("Unshipped", past), false),
        (status("Unshipped", future), true),
        (News::Order(OrderNews::default()), true),
    ] {
        assert_eq!(news.counts_by_the_present(time(NOW)), counts, "{news:?}");
    }
}
