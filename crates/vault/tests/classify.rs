//! What the catalogue does not name: listed without a value, decided of, and followed by what is sealed already.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod common;

use bailee_core::catalogue::{Cleaner, Decision, Mask, TermKind};
use bailee_core::{Class, Kind, Purpose, SellerId, Sensitive};
use bailee_ledger::authorized;
use bailee_vault::VaultError;
use bailee_vault::catalogue::{Classified, Named};
use bailee_vault::collect::Request;
use bailee_vault::find::Query;
use bailee_vault::reveal::{Resolved, UNCLASSIFIED_PATH, Wanted};
use bailee_vault::unclassified::{Count, Line};
use common::{Home, reader, reference, seller, value};
use serde_json::{Value, json};

const NOW: &str = "2026-03-02T12:00:00Z";
const NOTE: &str = "orderItems[].extra.gift-note";

fn id(number: u32) -> String {
    format!("302-1111111-{number:07}")
}

fn order(number: u32, updated: &str) -> Value {
    json!({
        "orderId": id(number), "createdTime": "2026-03-01T10:00:00Z", "lastUpdatedTime": updated,
        "buyer": {"buyerName": format!("Quirina {number}")},
        "fulfillment": {"fulfillmentStatus": "UNSHIPPED"},
        "orderItems": [
            {"orderItemId": "A", "extra": {"gift-note": format!("  Zephyrine rings twice {number}")}},
            {"orderItemId": "B", "extra": {"gift-note": "Ottokar", "colour": "Vermilion"}}
        ],
        "extra": {"buyer-mail": format!("q{number}@ZETTEL.example"), "tags": ["Wisteria", "Larkspur"]}
    })
}

fn lines(numbers: std::ops::Range<u32>) -> String {
    numbers.map(|number| format!("{}\n", order(number, "2026-03-02T10:00:00Z"))).collect()
}

fn personal(path: &str, class: Class, purposes: &[Purpose]) -> Decision {
    Decision {
        kind: Kind::Order,
        path: path.to_owned(),
        class: Some(class),
        fact: None,
        purposes: Some(purposes.to_vec()),
        mask: Some(Mask::Hidden),
        cleaner: Some(Cleaner::Text),
        searched: None,
    }
}

fn note() -> Decision {
    personal(NOTE, Class::FreeText, &[Purpose::Fulfilment])
}

fn fact(path: &str) -> Decision {
    let fact = Some("the colour of the thing, which the seller chose".to_owned());
    Decision { class: None, purposes: None, mask: None, fact, ..personal(path, Class::Tax, &[]) }
}

fn try_classify(home: &Home, decision: Decision) -> Result<Classified, VaultError> {
    let allowed = authorized::Classify { fact: decision.fact.is_some() };
    let named = Named::Path(decision.path.clone());
    home.vault.classify(home.act(allowed), named, decision, &mut |_| {})
}

fn classify(home: &Home, decision: Decision) -> Classified {
    try_classify(home, decision).unwrap()
}

fn unclassified(home: &Home, of: Option<SellerId>) -> Vec<Line> {
    let read = home.act(authorized::ReadUnclassified { seller: of });
    home.vault.unclassified(read, &mut |_| {}).unwrap().unclassified
}

/// The classes of an order's held fields at a path.
fn classes(home: &Home, number: u32, path: &str) -> Vec<Class> {
    match home.resolve(&id(number)) {
        Resolved::Held(held) => {
            held.fields.iter().filter(|field| field.path == path).map(|field| field.class).collect()
        }
        _ => panic!("not held"),
    }
}

fn shown(home: &Home, number: u32) -> Value {
    let show = authorized::Show { seller: seller(), kind: Kind::Order };
    let shown = home.vault.show(home.act(show), &reference(&id(number))).unwrap().unwrap();
    serde_json::to_value(&shown.document).unwrap()
}

fn started(now: &str, orders: u32) -> (tempfile::TempDir, Home) {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), now);
    home.collect(&lines(0..orders));
    (directory, home)
}

#[test]
fn what_nobody_named_is_listed_with_counts_and_a_suggestion_and_without_a_value() {
    let (_directory, home) = started(NOW, 6);
    let lines = unclassified(&home, None);
    let paths: Vec<&str> = lines.iter().map(|line| line.path.as_str()).collect();
    assert_eq!(paths, ["extra.buyer-mail", "extra.tags[]", "orderItems[].extra.colour", NOTE]);
    let told = |path: &str| lines.iter().find(|line| line.path == path).unwrap();
    assert_eq!((told(NOTE).records, told(NOTE).values), (Count::Exactly(6), Count::Exactly(12)));
    assert_eq!((told(NOTE).first_day.as_str(), told(NOTE).last_day.as_str()), ("2026-03-02", "2026-03-02"));
    let mail = told("extra.buyer-mail").suggestion.clone().unwrap();
    assert_eq!((mail.class, mail.mask, mail.cleaner), (Some(Class::Contact), Mask::Email, Cleaner::Email));
    assert_eq!(told(NOTE).suggestion.as_ref().unwrap().class, Some(Class::FreeText));
    let json = serde_json::to_string(&lines).unwrap() + &home.ledger_text();
    for secret in ["Zephyrine", "Ottokar", "Vermilion", "ZETTEL", "zettel", "Wisteria", "Larkspur"] {
        assert!(!json.contains(secret), "{secret}");
    }
    assert!(!home.ledger_text().contains("gift-note"), "a path comes from outside");
    assert!(home.events().contains(&"unclassified-read".to_owned()));
}

/// An order whose source writes a name where facts belong.
fn misplaced(updated: &str, created: &str, quantity: &Value) -> String {
    json!({
        "orderId": id(7), "createdTime": created, "lastUpdatedTime": updated,
        "recipient": {"deliveryAddress": {"countryCode": "Quirina Vogelsang"}},
        "orderItems": [{"orderItemId": "A", "quantityOrdered": quantity}]
    })
    .to_string()
}

#[test]
fn what_has_not_the_form_of_its_fact_is_sealed_and_listed_until_a_source_mends_it() {
    let (directory, home) = started(NOW, 6);
    let noted: Vec<String> = unclassified(&home, None).into_iter().map(|line| line.path).collect();
    let (summary, returned) = home
        .collect_with(
            &misplaced("2026-03-02T10:00:00Z", "Quirina Vogelsang", &json!("Quirina Vogelsang")),
            Request { tokenise: true, ..Request::default() },
        )
        .unwrap();
    assert_eq!((summary.counts.collected, summary.counts.quarantined), (1, 0));
    // The application gets tokens for them, and the facts show nothing.
    let tokens =
        [returned[0]["createdTime"].clone(), returned[0]["orderItems"][0]["quantityOrdered"].clone()];
    assert!(tokens.iter().all(|token| token.as_str().unwrap().starts_with("bt1t-")), "{tokens:?}");
    assert!(!shown(&home, 7).to_string().contains("Quirina V"), "{}", shown(&home, 7));
    assert_eq!(classes(&home, 7, UNCLASSIFIED_PATH), [Class::Unclassified; 3]);
    let misses = |home: &Home| -> Vec<(String, Cleaner)> {
        let lines = unclassified(home, None).into_iter();
        lines.filter_map(|line| Some((line.path, line.misses?))).collect()
    };
    let missing = [
        ("createdTime".to_owned(), Cleaner::Time),
        ("orderItems[].quantityOrdered".to_owned(), Cleaner::Integer),
        ("recipient.deliveryAddress.countryCode".to_owned(), Cleaner::Country),
    ];
    assert_eq!(misses(&home), missing);
    // Whether nothing changed is told of them as of everything else, and a restart finds them as they were.
    let again =
        home.collect(&misplaced("2026-03-02T10:00:00Z", "Quirina Vogelsang", &json!("Quirina Vogelsang")));
    assert_eq!(again.counts.unchanged, 1);
    drop(home);
    let home = Home::open(directory.path(), NOW).unwrap();
    assert_eq!(misses(&home), missing);
    // What a newer document has in the right form is a fact again, and of the other nothing is left.
    home.collect(&misplaced("2026-03-02T11:00:00Z", "2026-03-01T10:00:00Z", &json!(2)));
    assert_eq!(misses(&home), missing[2..]);
    let document = shown(&home, 7);
    assert_eq!(document["createdTime"], "2026-03-01T10:00:00Z");
    assert_eq!(document["orderItems"][0]["quantityOrdered"], 2);
    let left: Vec<String> = unclassified(&home, None).into_iter().map(|line| line.path).collect();
    assert!(noted.iter().all(|path| left.contains(path)), "{left:?}");
}

#[test]
fn a_name_of_a_member_that_few_records_hold_may_be_somebodys() {
    let (_directory, home) = started(NOW, 1);
    home.collect(&json!({"orderId": id(9), "giftNotes": {"Zoë Beispiel": "hi"}}).to_string());
    let lines = unclassified(&home, None);
    let line = lines.iter().find(|line| line.path == "giftNotes.<text>").unwrap();
    assert!(line.masked);
}

#[test]
fn of_few_records_neither_their_number_nor_the_shape_of_their_values_is_told() {
    let (_directory, home) = started(NOW, 4);
    home.collect(
        &json!({"orderId": id(9), "extra": {"zzz": "q9@zettel.example", "jane@zettel.example": 1}})
            .to_string(),
    );
    let lines = unclassified(&home, None);
    assert!(lines.iter().all(|line| (line.records, line.values) == (Count::Few, Count::Few)));
    let told = |path: &str| lines.iter().find(|line| line.path == path).unwrap();
    assert_eq!(told("extra.zzz").suggestion, None);
    assert!(told("extra.<mail>").masked);
    assert_eq!(serde_json::to_value(told(NOTE)).unwrap()["records"], json!("<5"));
}

#[test]
fn a_field_that_is_classified_is_revealed_for_its_purposes_also_where_it_was_sealed_before() {
    let (_directory, home) = started(NOW, 3);
    let tokens = home.collect_with(&lines(0..3), Request { tokenise: true, ..Request::default() }).unwrap().1;
    let token = tokens[1]["orderItems"][0]["extra"]["gift-note"].as_str().unwrap().to_owned();
    assert!(classes(&home, 1, "orderItems[A].extra.gift-note").is_empty());
    let classified = classify(&home, note());
    assert_eq!((classified.field.id.0, classified.changed, classified.followed.changed), (10_000, true, 3));
    let fields = home.reveal(&id(1));
    assert_eq!(value(&fields, "orderItems[A].extra.gift-note"), Some("Zephyrine rings twice 1"), "cleaned");
    assert_eq!(value(&fields, "orderItems[B].extra.gift-note"), Some("Ottokar"));
    assert_eq!(value(&fields, "buyer.buyerName"), Some("Quirina 1"));
    // What was handed out goes on to stand for it, and what is not decided of is revealed to nobody.
    assert_eq!(
        value(&home.reveal_token(&token).ok().unwrap(), "orderItems[A].extra.gift-note"),
        Some("Zephyrine rings twice 1")
    );
    assert_eq!(classes(&home, 1, UNCLASSIFIED_PATH), [Class::Unclassified; 4]);
    assert!(unclassified(&home, None).iter().all(|line| line.path != NOTE));
    // The same documents again change nothing; a newer one merges with what has moved.
    assert_eq!(home.collect(&lines(0..3)).counts.quarantined, 0);
    let mut newer = order(1, "2026-03-02T11:00:00Z");
    newer["orderItems"][0]["extra"]["gift-note"] = json!("Balthasar");
    home.collect(&newer.to_string());
    assert_eq!(
        value(&home.reveal_token(&token).ok().unwrap(), "orderItems[A].extra.gift-note"),
        Some("Balthasar")
    );
    assert_eq!(value(&home.reveal(&id(1)), "orderItems[B].extra.gift-note"), Some("Ottokar"));
    for secret in ["Zephyrine", "Ottokar", "Balthasar", "Vermilion", "Wisteria"] {
        let hex = data_encoding::HEXLOWER.encode(secret.as_bytes());
        assert!(!home.files_hold(secret.as_bytes()) && !home.files_hold(hex.as_bytes()), "{secret}");
    }
    home.verify_ledger();
}

#[test]
fn a_field_that_is_a_fact_is_shown_and_its_values_keep_their_places() {
    let (_directory, home) = started(NOW, 2);
    assert!(shown(&home, 1)["orderItems"][1].get("extra").is_none());
    classify(&home, fact("orderItems[].extra.colour"));
    classify(&home, fact("extra.tags[]"));
    let document = shown(&home, 1);
    assert_eq!(document["orderItems"][1]["extra"], json!({"colour": "Vermilion"}));
    assert_eq!(document["extra"], json!({"tags": ["Wisteria", "Larkspur"]}));
    assert_eq!(classes(&home, 1, UNCLASSIFIED_PATH).len(), 3);
    // What arrives later is a fact at once.
    home.collect(&lines(7..8));
    assert_eq!(shown(&home, 7)["extra"], json!({"tags": ["Wisteria", "Larkspur"]}));
}

#[test]
fn what_is_searched_is_found_by_it() {
    let (_directory, home) = started(NOW, 3);
    let decision = Decision {
        cleaner: Some(Cleaner::Email),
        searched: Some(TermKind::Email),
        ..personal("extra.buyer-mail", Class::Contact, &[Purpose::Fulfilment])
    };
    classify(&home, decision);
    let query = Query { email: Some(Sensitive::new("q2@zettel.example".to_owned())), ..Query::default() };
    let terms = query.terms().unwrap();
    let find = authorized::Find { seller: seller(), terms, restricted: false };
    assert_eq!(home.vault.find(home.act(find), &query).unwrap(), [(Kind::Order, reference(&id(2)))]);
}

#[test]
fn a_decision_outlives_the_home_and_its_number_is_given_once() {
    let (directory, home) = started(NOW, 2);
    assert_eq!(classify(&home, note()).field.id.0, 10_000);
    assert_eq!(classify(&home, fact("extra.tags[]")).field.id.0, 10_001);
    // The same again says nothing new.
    assert!(!classify(&home, note()).changed);
    drop(home);
    let file = directory.path().join("classified.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(NOTE) && text.contains("10001"), "{text}");
    // Whoever takes a field out of the file does not free its number, and loses nothing.
    let head = text.split("[[group]]").next().unwrap().to_owned();
    std::fs::write(&file, head).unwrap();
    let home = Home::open(directory.path(), NOW).unwrap();
    assert_eq!(classes(&home, 1, UNCLASSIFIED_PATH).len(), 6);
    assert_eq!(classify(&home, note()).field.id.0, 10_002);
    assert_eq!(value(&home.reveal(&id(1)), "orderItems[A].extra.gift-note"), Some("Zephyrine rings twice 1"));
    assert!(home.events().iter().any(|event| event == "catalogue-changed"));
}

#[test]
fn looser_is_refused_with_its_requirement_and_stricter_follows() {
    let (_directory, home) = started(NOW, 2);
    classify(&home, personal(NOTE, Class::FreeText, &[Purpose::Fulfilment, Purpose::Incident]));
    let refused = |decision| match try_classify(&home, decision) {
        Err(VaultError::Catalogue(error)) => (error.code(), error.requirement().map(|one| one.as_str())),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(fact(NOTE)), ("looser-class", Some("0.e")));
    assert_eq!(refused(personal(NOTE, Class::FreeText, &[Purpose::Tax])), ("more-purposes", Some("2.1.b")));
    assert_eq!(refused(personal("extra.x", Class::FreeText, &[])), ("field-without-purpose", Some("2.1.b")));
    assert_eq!(refused(fact("buyer.buyerName")), ("looser-class", Some("0.e")));
    assert_eq!(refused(fact("buyer")).0, "field-path");
    assert_eq!(refused(fact("a..b")).0, "field-path");
    let not_allowed = home.vault.classify(
        home.act(authorized::Classify { fact: false }),
        Named::Path("extra.x".into()),
        fact("extra.x"),
        &mut |_| {},
    );
    assert!(matches!(not_allowed, Err(VaultError::FactNotAllowed)));
    // A fact that becomes personal is taken out of the facts that are sealed already.
    assert_eq!(shown(&home, 1)["fulfillment"]["fulfillmentStatus"], json!("UNSHIPPED"));
    classify(&home, fact("extra.tags[]"));
    let stricter =
        Decision { mask: None, cleaner: None, ..personal("extra.tags[]", Class::Identity, &[Purpose::Tax]) };
    assert_eq!(classify(&home, stricter).followed.changed, 2);
    assert_eq!(shown(&home, 1)["extra"]["tags"], json!(["****", "****"]));
    assert_eq!(value(&home.reveal(&id(1)), "extra.tags[1]"), Some("Larkspur"));
}

#[test]
fn a_name_that_is_a_value_is_taken_by_its_number_or_not_at_all() {
    let (_directory, home) = started(NOW, 1);
    let odd = json!({"orderId": id(5), "extra": {"20261124": "Ottokar", "jane@zettel.example": "Ottokar"}});
    home.collect(&odd.to_string());
    let number = |path: &str| {
        unclassified(&home, None).iter().find(|line| line.path == path).map(|line| line.number).unwrap()
    };
    let by_number = |number| {
        let decision = personal("", Class::FreeText, &[Purpose::Fulfilment]);
        let allowed = home.act(authorized::Classify { fact: false });
        home.vault.classify(allowed, Named::Number(number), decision, &mut |_| {})
    };
    let named = try_classify(&home, personal("extra.20261124", Class::FreeText, &[Purpose::Fulfilment]));
    assert!(matches!(named, Err(VaultError::NameIsValue)));
    assert!(matches!(by_number(1), Err(VaultError::NoSuchNumber)));
    assert!(matches!(by_number(number("extra.<mail>")), Err(VaultError::NameIsPersonal)));
    by_number(number("extra.<number>")).unwrap();
    assert_eq!(value(&home.reveal(&id(5)), "extra.20261124"), Some("Ottokar"));
    assert!(!home.files_hold(b"jane@zettel.example"));
}

#[test]
fn stopped_anywhere_a_home_goes_on_and_loses_nothing() {
    for writes in 0..6 {
        let (directory, home) = started(NOW, 510);
        home.writes_left(writes);
        let outcome = try_classify(&home, note());
        assert_eq!(outcome.is_ok(), writes >= 5, "{writes}: {outcome:?}");
        home.heal();
        // Half-way, every leaf is at its place or unclassified, never both and never neither.
        for number in [0, 300, 509] {
            let moved = classes(&home, number, "orderItems[A].extra.gift-note").len();
            let unnamed = classes(&home, number, UNCLASSIFIED_PATH).len();
            assert_eq!(moved * 2 + unnamed, 6, "{number} after {writes} writes");
        }
        drop(home);
        let home = Home::open(directory.path(), NOW).unwrap();
        let decided = home.events().iter().any(|event| event == "field-classified");
        assert_eq!(decided, writes >= 1, "{writes}");
        for number in [0, 300, 509] {
            let moved = classes(&home, number, "orderItems[A].extra.gift-note").len();
            assert_eq!(moved, usize::from(decided), "{number} after {writes} writes");
        }
        if decided {
            let fields = home.reveal(&id(303));
            assert_eq!(value(&fields, "orderItems[A].extra.gift-note"), Some("Zephyrine rings twice 303"));
        }
        home.verify_ledger();
    }
}

#[test]
fn two_sellers_share_one_catalogue_and_each_is_counted_alone() {
    let (_directory, home) = started(NOW, 6);
    let other: SellerId = "A2SELLER".parse().unwrap();
    home.vault.add_seller(home.act(authorized::Administer), &other, None).unwrap();
    let collect = authorized::Collect { seller: other.clone(), kind: Kind::Order };
    let input = std::io::Cursor::new(order(50, "2026-03-02T10:00:00Z").to_string().into_bytes());
    let input = reader(input).unwrap();
    let on = &mut |_: bailee_vault::collect::Step<'_>| std::ops::ControlFlow::Continue(());
    home.vault.collect(home.act(collect), input, "orders.json", Request::default(), on).unwrap();
    let records = |of: Option<SellerId>| {
        unclassified(&home, of).iter().find(|line| line.path == NOTE).map(|line| line.records)
    };
    assert_eq!(records(None), Some(Count::Exactly(7)));
    assert_eq!(records(Some(seller())), Some(Count::Exactly(6)));
    assert_eq!(records(Some(other.clone())), Some(Count::Few));
    assert_eq!(classify(&home, note()).followed.changed, 7);
    let wanted = Wanted::Reference { seller: other, kind: None, reference: reference(&id(50)), fields: None };
    let Resolved::Held(held) = home.vault.resolve(&[wanted], home.now()).unwrap().remove(0) else { panic!() };
    assert!(held.fields.iter().any(|field| field.path == "orderItems[A].extra.gift-note"));
}

#[test]
fn what_was_destroyed_becomes_readable_in_no_copy_and_what_is_gone_loses_what_has_become_personal() {
    let (directory, home) = started(NOW, 3);
    let backup = home.back_up_store(&directory.path().join("backup"));
    classify(&home, fact("extra.tags[]"));
    // The orders were never shipped: their day comes long after.
    let late = home.at("2026-10-01T12:00:00Z");
    assert_eq!(late.run_retention().unwrap().disposed, 3);
    assert!(matches!(late.resolve(&id(1)), Resolved::Gone(_)));
    assert_eq!(shown(&late, 1)["extra"]["tags"], json!(["Wisteria", "Larkspur"]), "a fact lives on");
    classify(&late, note());
    assert!(matches!(late.resolve(&id(1)), Resolved::Gone(_)));
    let stricter =
        Decision { mask: None, cleaner: None, ..personal("extra.tags[]", Class::Identity, &[Purpose::Tax]) };
    classify(&late, stricter);
    assert_eq!(shown(&late, 1)["extra"]["tags"], json!([null, null]));
    late.verify_ledger();
    drop(late);
    // A copy from before the end, with the keyring of today and the catalogue of today.
    let copy = Home::open_store(directory.path(), NOW, &backup).unwrap();
    assert!(!matches!(copy.resolve(&id(1)), Resolved::Held(_)));
    assert!(shown(&copy, 1).get("extra").is_none());
}

#[test]
fn a_list_that_is_shown_anew_leaves_no_old_element_behind() {
    let (_directory, home) = started(NOW, 1);
    let mut newer = order(0, "2026-03-02T11:00:00Z");
    newer["extra"]["tags"] = json!(["Foxglove"]);
    home.collect(&newer.to_string());
    classify(&home, fact("extra.tags[]"));
    assert_eq!(shown(&home, 0)["extra"]["tags"], json!(["Foxglove"]));
}
