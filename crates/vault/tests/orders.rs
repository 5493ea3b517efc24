//! The life of an order in the vault, on a real store and a real keyring.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod common;

use bailee_core::{Kind, Sensitive};
use bailee_ledger::authorized;
use bailee_vault::VaultError;
use bailee_vault::collect::Request;
use bailee_vault::find::Query;
use bailee_vault::reveal::Resolved;
use common::{Home, reference, seller, time, value};
use serde_json::{Value, json};

const ORDER: &str = "302-1111111-2222222";

fn order() -> Value {
    json!({
        "orderId": ORDER,
        "createdTime": "2026-03-01T10:00:00Z",
        "lastUpdatedTime": "2026-03-02T10:00:00Z",
        "buyer": {"buyerName": "Quirina Zettelmann", "buyerEmail": "q7zett@marketplace.example"},
        "recipient": {"deliveryAddress": {
            "name": "Quirina Zettelmann", "addressLine1": "Birkenwinkel 17", "addressLine2": "3. Stock",
            "city": "Wolkenstadt", "postalCode": "01987", "countryCode": "DE", "phone": "+49 30 23125 011"
        }},
        "fulfillment": {
            "fulfillmentStatus": "UNSHIPPED",
            "shipByWindow": {"earliestDateTime": "2026-03-03T00:00:00Z"}
        },
        "orderItems": [{
            "orderItemId": "I1", "quantityOrdered": 1,
            "fulfillment": {"packing": {"giftOption": {"giftMessage": "Alles Gute, Xaveria!"}}}
        }]
    })
}

fn with(mut document: Value, changes: &[(&str, Value)]) -> String {
    for (pointer, value) in changes {
        match document.pointer_mut(pointer) {
            Some(place) => *place = value.clone(),
            None => {
                let (parent, key) = pointer.rsplit_once('/').unwrap();
                document.pointer_mut(parent).unwrap()[key] = value.clone();
            }
        }
    }
    document.to_string()
}

fn home(now: &str) -> (tempfile::TempDir, Home) {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), now);
    (directory, home)
}

#[test]
fn what_was_collected_is_revealed_and_lies_nowhere_in_the_open() {
    let (_directory, home) = home("2026-03-02T12:00:00Z");
    let summary = home.collect(&order().to_string());
    assert_eq!((summary.counts.read, summary.counts.collected), (1, 1));
    let fields = home.reveal(ORDER);
    assert_eq!(value(&fields, "buyer.buyerName"), Some("Quirina Zettelmann"));
    assert_eq!(value(&fields, "recipient.deliveryAddress.phone"), Some("+493023125011"));
    assert_eq!(
        value(&fields, "orderItems[I1].fulfillment.packing.giftOption.giftMessage"),
        Some("Alles Gute, Xaveria!")
    );
    assert_eq!(
        value(&fields, "recipient.deliveryAddress.countryCode"),
        None,
        "a fact is not revealed, it is shown"
    );
    for secret in
        ["Quirina", "Zettelmann", "q7zett", "Birkenwinkel", "Wolkenstadt", "Xaveria", "23125", ORDER]
    {
        assert!(!home.files_hold(secret.as_bytes()), "{secret} lies in the open");
    }
}

#[test]
fn the_same_document_again_changes_nothing() {
    let (_directory, home) = home("2026-03-02T12:00:00Z");
    home.collect(&order().to_string());
    let again = home.collect(&order().to_string());
    assert_eq!((again.counts.read, again.counts.unchanged), (1, 1));
    let tokenised =
        home.collect_with(&order().to_string(), Request { tokenise: true, ..Request::default() }).unwrap().0;
    assert_eq!(tokenised.counts.unchanged, 1);
}

#[test]
fn an_older_document_never_overwrites_a_newer_one_and_fills_in_what_is_missing() {
    let (_directory, home) = home("2026-03-05T12:00:00Z");
    home.collect(&with(order(), &[("/buyer/buyerName", json!("Neu Name"))]));
    let older = [
        ("/lastUpdatedTime", json!("2026-03-01T11:00:00Z")),
        ("/buyer/buyerName", json!("Alt Name")),
        ("/buyer/buyerCompanyName", json!("Alte Firma")),
    ];
    assert_eq!(home.collect(&with(order(), &older)).counts.updated, 1);
    let fields = home.reveal(ORDER);
    assert_eq!(value(&fields, "buyer.buyerName"), Some("Neu Name"));
    assert_eq!(value(&fields, "buyer.buyerCompanyName"), Some("Alte Firma"));
}

#[test]
fn a_partial_document_keeps_what_it_does_not_show_and_an_empty_string_says_it_is_gone() {
    let (_directory, home) = home("2026-03-05T12:00:00Z");
    home.collect(&order().to_string());
    let partial = json!({
        "orderId": ORDER, "lastUpdatedTime": "2026-03-04T10:00:00Z", "createdTime": "2026-03-01T10:00:00Z",
        "buyer": {"buyerEmail": ""}, "fulfillment": {"fulfillmentStatus": "UNSHIPPED"}
    });
    assert_eq!(home.collect(&partial.to_string()).counts.updated, 1);
    let fields = home.reveal(ORDER);
    assert_eq!(value(&fields, "buyer.buyerEmail"), None);
    assert_eq!(value(&fields, "buyer.buyerName"), Some("Quirina Zettelmann"));
    assert_eq!(value(&fields, "recipient.deliveryAddress.city"), Some("Wolkenstadt"));
}

#[test]
fn a_changed_address_replaces_the_old_one_as_a_whole() {
    let (_directory, home) = home("2026-03-05T12:00:00Z");
    home.collect(&order().to_string());
    let moved = json!({
        "orderId": ORDER, "lastUpdatedTime": "2026-03-04T10:00:00Z",
        "recipient": {"deliveryAddress": {"name": "Quirina Zettelmann", "addressLine1": "Am Steg 2", "city": "Nebelau"}}
    });
    home.collect(&moved.to_string());
    let fields = home.reveal(ORDER);
    assert_eq!(value(&fields, "recipient.deliveryAddress.addressLine1"), Some("Am Steg 2"));
    assert_eq!(
        value(&fields, "recipient.deliveryAddress.addressLine2"),
        None,
        "half an old address is nobody's"
    );
}

#[test]
fn tokens_stand_for_the_same_field_after_an_update_and_keep_the_documents_shape() {
    let (_directory, home) = home("2026-03-05T12:00:00Z");
    let wants = Request { tokenise: true, ..Request::default() };
    let input = with(order(), &[("/newThing", json!({"deep": [true, 7, "x", null, ""]}))]);
    let (_, returned) = home.collect_with(&input, wants).unwrap();
    let first = &returned[0];
    assert_eq!(first["orderId"], ORDER);
    assert_eq!(first["recipient"]["deliveryAddress"]["countryCode"], "DE");
    assert_eq!(first["newThing"]["deep"][3], Value::Null);
    assert_eq!(first["newThing"]["deep"][4], "");
    let tokens = ["/buyer/buyerName", "/newThing/deep/0", "/newThing/deep/1", "/newThing/deep/2"]
        .map(|pointer| first.pointer(pointer).unwrap().as_str().unwrap().to_owned());
    assert!(tokens.iter().all(|token| token.len() == tokens[0].len()));
    let newer =
        [("/lastUpdatedTime", json!("2026-03-03T10:00:00Z")), ("/buyer/buyerName", json!("Neu Name"))];
    let (_, again) = home.collect_with(&with(order(), &newer), wants).unwrap();
    assert_eq!(again[0]["buyer"]["buyerName"], tokens[0]);
    let revealed = home.reveal_token(&tokens[0]).ok().unwrap();
    assert_eq!(value(&revealed, "buyer.buyerName"), Some("Neu Name"));
}

#[test]
fn a_tokenised_document_that_is_handed_in_again_overwrites_nothing() {
    let (_directory, home) = home("2026-03-05T12:00:00Z");
    let (_, returned) =
        home.collect_with(&order().to_string(), Request { tokenise: true, ..Request::default() }).unwrap();
    let again = home.collect(&returned[0].to_string());
    assert_eq!((again.counts.quarantined, again.counts.updated), (1, 0));
    assert_eq!(value(&home.reveal(ORDER), "buyer.buyerName"), Some("Quirina Zettelmann"));
}

#[test]
fn an_unknown_leaf_is_sealed_and_known_to_nobody_but_by_number() {
    let (_directory, home) = home("2026-03-05T12:00:00Z");
    home.collect(&with(order(), &[("/Zacharias Unbekannt", json!("geheime Angabe"))]));
    let Resolved::Held(held) = home.resolve(ORDER) else { panic!("not held") };
    let unclassified: Vec<_> =
        held.fields.iter().filter(|one| one.class == bailee_core::Class::Unclassified).collect();
    assert_eq!(unclassified.len(), 1);
    assert_eq!(unclassified[0].path, "unclassified");
    assert!(!home.files_hold(b"Zacharias") && !home.files_hold(b"geheime"));
}

#[test]
fn an_unknown_leaf_of_an_older_document_never_overwrites_a_newer_one() {
    let (_directory, home) = home("2026-03-10T12:00:00Z");
    let mut newer = order();
    newer["lastUpdatedTime"] = json!("2026-03-09T10:00:00Z");
    newer["odd"] = json!("held value");
    home.collect(&newer.to_string());
    // Without a time of its own it speaks as of the file, which was fetched before.
    let mut older = order();
    older.as_object_mut().unwrap().remove("lastUpdatedTime");
    older["odd"] = json!("stale value");
    let request = Request { as_of: Some(time("2026-03-08T10:00:00Z")), ..Request::default() };
    home.collect_with(&older.to_string(), request).unwrap();
    let unknown = |home: &Home| {
        let Resolved::Held(held) = home.resolve(ORDER) else { panic!("not held") };
        let instances = held.fields.iter().filter(|one| one.class == bailee_core::Class::Unclassified);
        let pairs = vec![(held.record, instances.map(|one| one.instance).collect())];
        let action = authorized::Reveal { purpose: bailee_core::Purpose::Fulfilment, pairs };
        let opened = home.try_reveal(action, &held).unwrap();
        opened.revealed[0].fields[0].1.as_str().unwrap().to_owned()
    };
    assert_eq!(unknown(&home), "held value");
    // One that comes later without a time is the newer one.
    older["odd"] = json!("later value");
    home.collect(&older.to_string());
    assert_eq!(unknown(&home), "later value");
}

#[test]
fn a_search_finds_however_many_there_are() {
    let (_directory, home) = home("2026-03-02T12:00:00Z");
    let named = |number: u32| {
        json!({
            "orderId": format!("302-1111111-{number:07}"), "createdTime": "2026-03-01T10:00:00Z",
            "buyer": {"buyerName": "Quirina Zettelmann"}
        })
    };
    let documents: String = (0..1100).map(|number| format!("{}\n", named(number))).collect();
    home.collect(&documents);
    let query = Query { name: Some(Sensitive::new("Quirina Zettelmann".to_owned())), ..Query::default() };
    let terms = vec![bailee_core::catalogue::TermKind::Name];
    let action = authorized::Find { seller: seller(), terms, restricted: false };
    assert_eq!(home.vault.find(home.act(action), &query).unwrap().len(), 1100);
}

#[test]
fn after_its_day_an_order_is_gone_and_does_not_come_back() {
    let (_directory, home) = home("2026-03-02T12:00:00Z");
    home.collect(&order().to_string());
    let home = home.at("2026-04-02T12:00:00Z");
    assert_eq!(home.gone(ORDER).state, "closing", "nothing is opened from a closing bucket");
    let ran = home.run_retention().unwrap();
    assert_eq!((ran.disposed, ran.buckets_destroyed), (1, 1));
    let gone = home.gone(ORDER);
    assert_eq!(
        (gone.state, gone.rule.as_str(), gone.when),
        ("disposed", "R10", time("2026-04-02T12:00:00Z"))
    );
    let again = home.collect(&order().to_string());
    assert_eq!((again.counts.past_retention, again.counts.collected), (1, 0));
    assert_eq!(home.gone(ORDER).state, "disposed");
    let shown = home
        .vault
        .show(home.act(authorized::Show { seller: seller(), kind: Kind::Order }), &reference(ORDER));
    let shown = shown.unwrap().unwrap();
    assert!(shown.fields.is_empty());
    assert_eq!(shown.document.at("recipient.deliveryAddress.countryCode").unwrap().as_str(), Some("DE"));
}

#[test]
fn a_first_document_past_its_day_leaves_facts_and_tokens_that_reveal_nothing() {
    let (_directory, home) = home("2026-06-01T12:00:00Z");
    let (summary, returned) =
        home.collect_with(&order().to_string(), Request { tokenise: true, ..Request::default() }).unwrap();
    assert_eq!(summary.counts.past_retention, 1);
    let token = returned[0]["buyer"]["buyerName"].as_str().unwrap().to_owned();
    let Err(resolved) = home.reveal_token(&token) else { panic!("revealed") };
    assert!(matches!(*resolved, Resolved::Gone(gone) if gone.state == "disposed"));
}

#[test]
fn a_cancelled_order_moves_to_its_earlier_day_and_its_old_key_is_gone() {
    let (directory, home) = home("2026-03-02T12:00:00Z");
    home.collect(&order().to_string());
    let before = home.keyring.buckets();
    let cancelled = [
        ("/lastUpdatedTime", json!("2026-03-02T11:00:00Z")),
        ("/fulfillment/fulfillmentStatus", json!("CANCELLED")),
    ];
    assert_eq!(home.collect(&with(order(), &cancelled)).counts.updated, 1);
    let after = home.keyring.buckets();
    assert_eq!(after.len(), before.len() + 1);
    assert_eq!(after.iter().map(|bucket| bucket.slots_punctured).sum::<u32>(), 1);
    assert_eq!(value(&home.reveal(ORDER), "buyer.buyerName"), Some("Quirina Zettelmann"));
    let home = home.at("2026-03-06T00:00:00Z");
    home.run_retention().unwrap();
    assert_eq!(home.gone(ORDER).rule, "R7");
    drop(home);
    assert!(Home::open(directory.path(), "2026-03-06T00:00:00Z").is_ok());
}

#[test]
fn a_gift_message_ends_with_its_own_package() {
    let (_directory, home) = home("2026-03-20T12:00:00Z");
    let packages = json!([
        {"packageReferenceId": "P1", "shipTime": "2026-03-03T10:00:00Z", "packageStatus": {"status": "DELIVERED"},
         "packageItems": [{"orderItemId": "I1", "quantity": 1}]},
        {"packageReferenceId": "P2", "shipTime": "2026-03-18T10:00:00Z", "packageStatus": {"status": "IN_TRANSIT"},
         "packageItems": [{"orderItemId": "I2", "quantity": 1}]}
    ]);
    let items = json!([
        {"orderItemId": "I1", "quantityOrdered": 1,
         "fulfillment": {"packing": {"giftOption": {"giftMessage": "Fuer Xaveria"}}}},
        {"orderItemId": "I2", "quantityOrdered": 1,
         "fulfillment": {"packing": {"giftOption": {"giftMessage": "Fuer Yorick"}}}}
    ]);
    let shipped = [
        ("/lastUpdatedTime", json!("2026-03-19T10:00:00Z")),
        ("/fulfillment/fulfillmentStatus", json!("SHIPPED")),
        ("/packages", packages),
        ("/orderItems", items),
    ];
    home.collect(&with(order(), &shipped));
    assert_eq!(home.keyring.buckets().len(), 2);
    let message = |item: &str| format!("orderItems[{item}].fulfillment.packing.giftOption.giftMessage");
    assert_eq!(value(&home.reveal(ORDER), &message("I1")), Some("Fuer Xaveria"));
    let home = home.at("2026-04-01T12:00:00Z");
    home.run_retention().unwrap();
    let fields = home.reveal(ORDER);
    assert_eq!(value(&fields, &message("I1")), None);
    assert_eq!(value(&fields, &message("I2")), Some("Fuer Yorick"));
    assert_eq!(value(&fields, "buyer.buyerName"), Some("Quirina Zettelmann"));
}

#[test]
fn a_part_moves_to_a_later_day_only_in_the_last_days_before_its_bucket_closes() {
    let (_directory, home) = home("2026-03-02T12:00:00Z");
    home.collect(&order().to_string());
    let home = home.at("2026-03-20T12:00:00Z");
    let still_open = [("/lastUpdatedTime", json!("2026-03-20T10:00:00Z"))];
    home.collect(&with(order(), &still_open));
    assert_eq!(home.keyring.buckets().len(), 1, "nothing moves before it must");
    let home = home.at("2026-03-28T12:00:00Z");
    home.run_retention().unwrap();
    assert_eq!(home.keyring.buckets().len(), 2);
    let home = home.at("2026-04-02T12:00:00Z");
    let ran = home.run_retention().unwrap();
    assert_eq!(ran.disposed, 0);
    assert_eq!(value(&home.reveal(ORDER), "buyer.buyerName"), Some("Quirina Zettelmann"));
}

#[test]
fn a_record_is_found_by_every_kind_of_term_and_by_nothing_less() {
    let (_directory, home) = home("2026-03-02T12:00:00Z");
    home.collect(&order().to_string());
    let text = |text: &str| Some(Sensitive::new(text.to_owned()));
    let hits = |query: Query| {
        let terms = query.terms().unwrap();
        home.vault
            .find(home.act(authorized::Find { seller: seller(), terms, restricted: false }), &query)
            .unwrap()
    };
    for query in [
        Query { email: text("Q7ZETT@marketplace.example"), ..Query::default() },
        Query { phone: text("030 23125011"), ..Query::default() },
        Query { phone: text("+49 (0)30 23125-011"), ..Query::default() },
        Query { name: text("  quirina ZETTELMANN"), ..Query::default() },
        Query { name: text("Quirina Zettelmann"), postal_code: text("01987"), ..Query::default() },
        Query {
            name: text("Quirina Zettelmann"),
            email: text("q7zett@marketplace.example"),
            ..Query::default()
        },
    ] {
        assert_eq!(hits(query), vec![(Kind::Order, reference(ORDER))]);
    }
    assert!(hits(Query { name: text("Quirina"), ..Query::default() }).is_empty());
    let same_last_digits = Query { phone: text("+44 20 23125011"), ..Query::default() };
    assert!(hits(same_last_digits).is_empty(), "a term is short: the number itself decides");
    let other_place =
        Query { name: text("Quirina Zettelmann"), postal_code: text("99999"), ..Query::default() };
    assert!(hits(other_place).is_empty());
    let code_alone = Query { postal_code: text("01987"), ..Query::default() };
    assert!(matches!(code_alone.terms(), Err(VaultError::EmptyQuery)));
}

#[test]
fn bad_documents_are_quarantined_sealed_and_the_good_ones_go_in() {
    let (_directory, home) = home("2026-03-02T12:00:00Z");
    let bad = r#"{"orderId":"302-1111111-3333333","buyer":{"buyerName":"Hidden Person"},"buyer":{}}"#;
    let summary = home.collect(&format!("{}\n{bad}\n", order()));
    assert_eq!((summary.counts.collected, summary.counts.quarantined), (1, 1));
    let items = home.vault.quarantine(home.act(authorized::ReadQuarantine), None, None, 1000).unwrap();
    assert_eq!((items.len(), items[0].reason.as_str(), items[0].position.line), (1, "duplicate-key", 2));
    assert!(!home.files_hold(b"Hidden Person") && !home.files_hold(b"orders.json"));
    let home = home.at("2026-03-17T12:00:00Z");
    home.run_retention().unwrap();
    assert!(
        home.vault.quarantine(home.act(authorized::ReadQuarantine), None, None, 1000).unwrap().is_empty()
    );
}

#[test]
fn an_input_without_an_order_is_refused_and_leaves_nothing() {
    let (_directory, home) = home("2026-03-02T12:00:00Z");
    for input in ["", "  \n", "no json at all", r#"{"errors":[{"code":"InvalidInput"}]}"#] {
        assert!(
            matches!(
                home.collect_with(input, Request::default()),
                Err(VaultError::NoOrders | VaultError::Intake(_))
            ),
            "{input}"
        );
    }
    assert!(
        home.vault.quarantine(home.act(authorized::ReadQuarantine), None, None, 1000).unwrap().is_empty()
    );
}

#[test]
fn documents_of_one_order_in_one_batch_are_merged_first() {
    let (_directory, home) = home("2026-03-05T12:00:00Z");
    let newer =
        [("/lastUpdatedTime", json!("2026-03-03T10:00:00Z")), ("/buyer/buyerName", json!("Neu Name"))];
    let lines = format!("{}\n{}\n{}\n", with(order(), &newer), order(), order());
    let summary = home.collect(&lines);
    assert_eq!(
        (summary.counts.read, summary.counts.collected, summary.counts.updated, summary.counts.unchanged),
        (3, 1, 1, 1)
    );
    assert_eq!(value(&home.reveal(ORDER), "buyer.buyerName"), Some("Neu Name"));
}
