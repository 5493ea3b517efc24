//! The embedded catalogue against Amazon's model, and a home's extensions against the rules.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::requirement::Requirement;

const SP_API: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/sp-api/");

fn embedded() -> Catalogue {
    Catalogue::embedded().unwrap()
}

fn read(name: &str) -> String {
    std::fs::read_to_string(format!("{SP_API}{name}")).unwrap()
}

/// Every leaf of an order in Amazon's model, scalar elements of lists included.
fn leaves_of_the_model() -> BTreeSet<String> {
    let model: serde_json::Value = serde_json::from_str(&read("models/orders_2026-01-01.json")).unwrap();
    let definitions = &model["definitions"];
    let mut leaves = BTreeSet::new();
    let mut open = vec![(String::new(), &definitions["Order"])];
    while let Some((path, schema)) = open.pop() {
        if let Some(reference) = schema["$ref"].as_str() {
            open.push((path, &definitions[reference.rsplit('/').next().unwrap()]));
        } else if schema["type"] == "array" {
            open.push((format!("{path}[]"), &schema["items"]));
        } else if let Some(members) = schema["properties"].as_object() {
            let dot = if path.is_empty() { "" } else { "." };
            open.extend(members.iter().map(|(name, member)| (format!("{path}{dot}{name}"), member)));
        } else {
            assert_ne!(
                schema["type"], "object",
                "{path}: an object without members cannot be decided leaf by leaf"
            );
            leaves.insert(path);
        }
    }
    leaves
}

#[test]
fn every_leaf_of_the_model_is_decided_and_nothing_else_is() {
    let catalogue = embedded();
    // What other formats add to an order has numbers of its own.
    let of_the_model = catalogue.fields(Kind::Order).filter(|field| field.id.0 < 300);
    let decided: BTreeSet<String> = of_the_model.map(|field| field.path.to_string()).collect();
    let leaves = leaves_of_the_model();
    assert!(leaves.len() > 140, "the model was read: {}", leaves.len());
    let undecided: Vec<_> = leaves.difference(&decided).collect();
    let unknown: Vec<_> = decided.difference(&leaves).collect();
    assert_eq!((undecided, unknown), (vec![], vec![]));
}

#[test]
fn what_amazon_marks_as_personal_is_personal() {
    let catalogue = embedded();
    let mut seen = 0;
    for row in read("fields.tsv").lines() {
        let columns: Vec<&str> = row.split('\t').collect();
        let ["orders_2026-01-01", _, path, _, mark, class, ..] = columns[..] else { continue };
        let path = path.trim_start_matches("orders[].").trim_start_matches("order.");
        let field = catalogue.field_at(Kind::Order, path).unwrap_or_else(|| panic!("{path}"));
        // Numbers that link to a person are sealed too; order ids alone are facts.
        if mark == "Y" || (mark == "LINKABLE" && !class.starts_with("order-id")) {
            assert!(field.is_personal(), "{path}");
            seen += 1;
        }
        if mark == "N" {
            assert!(!field.is_personal(), "{path}");
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn all_of_an_address_is_personal_but_its_country_and_type() {
    let catalogue = embedded();
    for address in ["recipient.deliveryAddress", "tax.taxRegistrations[].taxRegistrationAddress"] {
        for field in
            catalogue.fields(Kind::Order).filter(|field| field.path.starts_with(&format!("{address}.")))
        {
            let fact = field.path.ends_with(".countryCode") || field.path.ends_with(".addressType");
            assert_eq!(field.is_personal(), !fact, "{}", field.path);
            assert_eq!(field.unit.as_deref(), Some(address), "{}", field.path);
        }
    }
}

#[test]
fn every_personal_field_answers_its_subject_and_an_incident_and_each_purpose_has_an_end() {
    let catalogue = embedded();
    for field in Kind::ALL.iter().flat_map(|kind| catalogue.fields(*kind)) {
        if field.is_personal() {
            assert!(
                field.allows(Purpose::SubjectRequest) && field.allows(Purpose::Incident),
                "{}",
                field.path
            );
            assert!(field.reason.is_none() && field.purposes.len() > 2, "{}", field.path);
        } else {
            assert!(field.purposes.is_empty() && field.searched.is_none(), "{}", field.path);
            assert!(field.reason.as_ref().is_some_and(|reason| reason.len() > 20), "{}", field.path);
        }
        let ends: Vec<Purpose> = field.ends.iter().map(|(purpose, _)| *purpose).collect();
        assert_eq!(ends, field.purposes, "{}", field.path);
        let item_end = field.ends.iter().any(|(_, end)| *end == PurposeEnd::ItemExpiry);
        assert_eq!(item_end, field.ends_with_item, "{}", field.path);
    }
}

fn rows(kind: Kind, numbers: std::ops::RangeInclusive<u16>) -> String {
    let catalogue = embedded();
    let fields = catalogue.fields(kind).filter(|field| numbers.contains(&field.id.0));
    let row = |field: &Field| {
        let class = field.class.map_or("fact", Class::as_str);
        let purposes: Vec<_> = field.purposes.iter().map(|purpose| purpose.as_str()).collect();
        format!(
            "{} {} {class} {:?} {:?} {:?} {}\n",
            field.id.0,
            field.path,
            field.cleaner,
            field.mask,
            field.searched,
            purposes.join(",")
        )
    };
    fields.map(row).collect()
}

/// The numbers are stored in tokens, events and grants: these lists only ever grow.
#[test]
fn classes_and_numbers_do_not_change() {
    insta::assert_snapshot!("orders", rows(Kind::Order, 1..=299));
    insta::assert_snapshot!("orders_of_other_formats", rows(Kind::Order, 300..=399));
    insta::assert_snapshot!("order_reports", rows(Kind::Order, 400..=699));
    insta::assert_snapshot!("returns", rows(Kind::Return, 700..=799));
    insta::assert_snapshot!("shipments", rows(Kind::Shipment, 800..=999));
    insta::assert_snapshot!("vendor_orders", rows(Kind::Order, 1000..=1199));
    insta::assert_snapshot!("shipments_by_format", rows(Kind::Shipment, 1200..=1399));
}

#[test]
fn each_kind_keeps_to_its_own_numbers() {
    let catalogue = embedded();
    for (kind, numbers, more) in [
        (Kind::Order, 1..=699, 1000..=1199),
        (Kind::Return, 700..=799, 700..=799),
        (Kind::Shipment, 800..=999, 1200..=1399),
    ] {
        let is_of_kind = |number: &u16| numbers.contains(number) || more.contains(number);
        assert!(catalogue.fields(kind).all(|field| is_of_kind(&field.id.0)), "{kind}");
        assert!(catalogue.fields(kind).all(|field| field.kind == kind), "{kind}");
        assert!(catalogue.fields(kind).count() > 4, "{kind}");
    }
}

#[test]
fn a_kind_has_its_own_tree() {
    let catalogue = embedded();
    let of = |kind, path| catalogue.field_at(kind, path).map(|field| field.id.0);
    assert_eq!(of(Kind::Order, "orderId"), Some(1));
    assert_eq!(of(Kind::Shipment, "orderId"), Some(801));
    assert_eq!(of(Kind::Return, "orderId"), Some(700));
    assert_eq!(of(Kind::Return, "buyer.buyerName"), None);
    let returns = catalogue.root(Kind::Return).member("returns").unwrap();
    assert_eq!(returns.list_key(), Some("returnId"));
    assert!(catalogue.root(Kind::Order).member("returns").is_none());
}

#[test]
fn a_reader_walks_the_catalogue_beside_a_document() {
    let catalogue = embedded();
    let items = catalogue.root(Kind::Order).member("orderItems").unwrap();
    assert_eq!(items.list_key(), Some("orderItemId"));
    assert!(items.field().is_none() && items.member("product").is_none());
    let product = items.element().unwrap().member("product").unwrap();
    let serials = product.member("serialNumbers").unwrap();
    assert_eq!(serials.list_key(), None);
    assert_eq!(serials.element().unwrap().field().unwrap().class, Some(Class::Identity));
    assert!(product.member("brandNew").is_none());
    let gift =
        catalogue.field_at(Kind::Order, "orderItems[].fulfillment.packing.giftOption.giftMessage").unwrap();
    assert!(gift.ends_with_item);
    assert_eq!(catalogue.field(gift.id).unwrap().path, gift.path);
    assert!(catalogue.field(FieldId::UNCLASSIFIED).is_none());
    for absent in
        ["", "buyer", "orderItems", "orderItems.orderItemId", "orderItems[]", "buyer[].buyerName", "buyer.."]
    {
        assert!(catalogue.field_at(Kind::Order, absent).is_none(), "{absent}");
    }
}

#[test]
fn only_an_items_own_package_ends_a_field_early() {
    let catalogue = embedded();
    let fields = Kind::ALL.iter().flat_map(|kind| catalogue.fields(*kind));
    let early: Vec<_> = fields.filter(|field| field.ends_with_item).map(|field| field.id.0).collect();
    assert_eq!(early, [219, 922]);
}

fn group(line: &str, fields: &str) -> String {
    format!("kind = \"order\"\n[[group]]\n{line}\n[group.fields]\n{fields}\n")
}

#[test]
fn a_home_can_be_stricter() {
    let toml = group(
        "",
        r#"
        "orderItems[].product.title" = { class = "free-text", purposes = ["fulfilment"] }
        "buyer.buyerName" = { purposes = ["fulfilment"], mask = "initial" }
        "buyer.buyerEmail" = { class = "unclassified" }
        "recipient.deliveryAddress.postalCode" = { mask = "hidden" }
    "#,
    );
    let catalogue = embedded().extended(&toml).unwrap();
    let field = |path| catalogue.field_at(Kind::Order, path).unwrap();
    let title = field("orderItems[].product.title");
    assert_eq!((title.class, title.reason.as_deref()), (Some(Class::FreeText), None));
    assert_eq!(title.ends, [(Purpose::Fulfilment, PurposeEnd::Expiry)]);
    assert_eq!(field("buyer.buyerName").purposes, [Purpose::Fulfilment]);
    assert_eq!(field("buyer.buyerName").mask, Mask::Initial);
    assert!(Purpose::ALL.iter().all(|purpose| !field("buyer.buyerEmail").allows(*purpose)));
    assert_eq!(field("recipient.deliveryAddress.postalCode").mask, Mask::Hidden);
}

#[test]
fn a_home_can_add_fields() {
    let toml = r#"
        kind = "order"
        [lists]
        "loyaltyCards" = "cardKind"
        [sources.own]
        operation = "our web shop"
        role = "none"
        [[group]]
        source = "own"
        fact = "one of three words"
        fields = { "loyaltyCards[].cardKind" = 10001 }
        [[group]]
        source = "own"
        class = "identity"
        purposes = ["fulfilment"]
        fields = { "loyaltyCards[].number" = 10000 }
    "#;
    let catalogue = embedded().extended(toml).unwrap();
    let number = catalogue.field_at(Kind::Order, "loyaltyCards[].number").unwrap();
    assert_eq!(
        (number.id, number.class, number.mask),
        (FieldId(10_000), Some(Class::Identity), Mask::Hidden)
    );
    let cards = catalogue.root(Kind::Order).member("loyaltyCards").unwrap();
    assert_eq!(cards.list_key(), Some("cardKind"));
    assert_eq!(&*number.source.operation, "our web shop");
}

#[test]
fn a_home_can_add_fields_to_several_kinds_in_one_file() {
    let toml = r#"
        [sources.own]
        operation = "our parcel desk"
        role = "none"
        [[group]]
        kind = "shipment"
        under = "desk[]"
        lists = { "desk" = "slot" }
        source = "own"
        fact = "which of the desk's places it lay in"
        fields = { "slot" = 10000 }
        [[group]]
        kind = "return"
        source = "own"
        class = "free-text"
        purposes = ["fulfilment"]
        fields = { "returns[].whatTheDeskWrote" = 10001 }
        [[group]]
        kind = "order"
        fields = { "buyer.buyerName" = { mask = "hidden" } }
    "#;
    let catalogue = embedded().extended(toml).unwrap();
    let desk = catalogue.root(Kind::Shipment).member("desk").unwrap();
    assert_eq!(desk.list_key(), Some("slot"));
    assert_eq!(catalogue.field(FieldId(10_001)).unwrap().kind, Kind::Return);
    assert_eq!(catalogue.field_at(Kind::Order, "buyer.buyerName").unwrap().mask, Mask::Hidden);
    assert!(catalogue.field_at(Kind::Order, "returns[].whatTheDeskWrote").is_none());
}

#[test]
fn a_home_can_never_be_looser() {
    let own = |field: &str| group("source = \"order\"", field);
    let cases: BTreeMap<&str, (String, &str, Option<&str>)> = BTreeMap::from([
        (
            "a fact of what is personal",
            (own(r#""buyer.buyerName" = { fact = "x" }"#), "looser-class", Some("0.e")),
        ),
        ("another class", (own(r#""buyer.buyerName" = { class = "address" }"#), "looser-class", Some("0.e"))),
        (
            "one purpose more",
            (
                own(r#""buyer.buyerEmail" = { purposes = ["fulfilment", "tax"] }"#),
                "more-purposes",
                Some("2.1.b"),
            ),
        ),
        (
            "no purpose left",
            (own(r#""buyer.buyerEmail" = { purposes = [] }"#), "field-without-purpose", Some("2.1.b")),
        ),
        (
            "a fact made personal for nothing",
            (
                own(r#""orderItems[].product.title" = { class = "free-text" }"#),
                "field-without-purpose",
                Some("2.1.b"),
            ),
        ),
        (
            "a mask that shows more",
            (own(r#""recipient.deliveryAddress.city" = { mask = "initial" }"#), "weaker-mask", Some("0.e")),
        ),
        (
            "a mask of another kind",
            (own(r#""buyer.buyerName" = { mask = "postal-code" }"#), "weaker-mask", Some("0.e")),
        ),
        ("another number", (own(r#""buyer.buyerName" = 21"#), "field-fixed", Some("0.e"))),
        (
            "another cleaner",
            (own(r#""buyer.buyerName" = { cleaner = "verbatim" }"#), "field-fixed", Some("0.e")),
        ),
        (
            "another search",
            (own(r#""buyer.buyerName" = { searched = "email" }"#), "field-fixed", Some("0.e")),
        ),
        (
            "other ends",
            (String::from("kind = \"order\"\n[ends]\ntax = \"item-expiry\"\n"), "field-fixed", Some("0.e")),
        ),
        ("a new field without a decision", (own(r#""x" = 10000"#), "field-undecided", Some("0.e"))),
        ("a number of ours", (own(r#""x" = { id = 9999, fact = "x" }"#), "field-number", None)),
        ("no number", (own(r#""x" = { fact = "x" }"#), "field-number", None)),
        (
            "a number twice",
            (
                own("\"x\" = { id = 10000, fact = \"x\" }\n\"y\" = { id = 10000, fact = \"x\" }"),
                "field-number",
                None,
            ),
        ),
        ("a path through a leaf", (own(r#""orderId.x" = { id = 10000, fact = "x" }"#), "field-path", None)),
        ("a path that is an object", (own(r#""buyer" = { id = 10000, fact = "x" }"#), "field-path", None)),
        (
            "a list where an object is",
            (own(r#""buyer[].x" = { id = 10000, fact = "x" }"#), "field-path", None),
        ),
        ("no path", (own(r#""a..b" = { id = 10000, fact = "x" }"#), "field-path", None)),
        ("no source", (group("", r#""x" = { id = 10000, fact = "x" }"#), "field-source", None)),
        (
            "another list key",
            (String::from("kind = \"order\"\n[lists]\norderItems = \"quantityOrdered\"\n"), "list-key", None),
        ),
        (
            "a personal list key",
            (
                String::from("kind = \"order\"\n[lists]\n\"tax.taxRegistrations\" = \"legalName\"\n"),
                "list-key",
                None,
            ),
        ),
        (
            "a list key made personal",
            (
                own(r#""orderItems[].orderItemId" = { class = "identity", purposes = ["fulfilment"] }"#),
                "list-key",
                None,
            ),
        ),
        (
            "an unknown word",
            (own(r#""x" = { id = 10000, fact = "x", colour = "red" }"#), "catalogue-syntax", None),
        ),
        (
            "an unknown purpose",
            (
                own(r#""x" = { id = 10000, class = "identity", purposes = ["marketing"] }"#),
                "catalogue-syntax",
                None,
            ),
        ),
        ("an unknown kind", (String::from("kind = \"parcel\"\n"), "catalogue-syntax", None)),
        (
            "no kind",
            (
                String::from("[[group]]\nsource = \"order\"\nfields = { x = { id = 10000, fact = \"x\" } }"),
                "field-without-kind",
                None,
            ),
        ),
        ("a list of no kind", (String::from("[lists]\nx = \"y\"\n"), "field-without-kind", None)),
        (
            "a number of another kind's field",
            (
                own("\"x\" = { id = 10000, fact = \"x\" }")
                    + "[[group]]\nkind = \"return\"\nsource = \"order\"\n[group.fields]\n\"x\" = { id = 10000, fact = \"x\" }",
                "field-number",
                None,
            ),
        ),
    ]);
    for (case, (toml, code, requirement)) in cases {
        let error = embedded().extended(&toml).expect_err(case);
        assert_eq!(error.code(), code, "{case}: {error}");
        assert_eq!(error.requirement().map(Requirement::as_str), requirement, "{case}: {error}");
        if let Some(id) = requirement {
            assert!(error.to_string().contains(id), "{case}: {error}");
        }
    }
}

#[test]
fn a_home_may_name_marketplaces_that_are_new() {
    let known = |catalogue: &Catalogue| {
        ["ATVPDKIKX0DER", "A1NEWMARKET00X", "A1OTHERMARKET0"].map(|id| catalogue.knows_marketplace(id))
    };
    assert_eq!(known(&embedded()), [true, false, false]);
    let extended = embedded().extended("marketplaces = [\"A1NEWMARKET00X\"]").unwrap();
    assert_eq!(known(&extended), [true, true, false]);
    assert_eq!(embedded().extended("marketplaces = [\"Amazon.new\"]").unwrap_err().code(), "marketplace-id");
}

#[test]
fn a_home_that_says_nothing_changes_nothing() {
    let same = embedded().extended("kind = \"order\"").unwrap();
    assert_eq!(format!("{same:?}"), format!("{:?}", embedded()));
}

#[test]
fn what_an_officer_decides_is_a_file_that_says_the_same_again() {
    let decision = |path: &str| Decision {
        kind: Kind::Return,
        path: path.to_owned(),
        class: Some(Class::Contact),
        fact: None,
        purposes: Some(vec![Purpose::Fulfilment]),
        mask: Some(Mask::Email),
        cleaner: Some(Cleaner::Email),
        searched: Some(TermKind::Email),
    };
    let current = Current::from(embedded());
    let mut catalogue = embedded();
    for path in ["returns[].extra.mail", r"extra.with\.a\[sign\]", "extra.\"quoted\" 'name'"] {
        let next = catalogue.next_home_id().unwrap();
        catalogue = catalogue.decided(&decision(path), next).unwrap().0;
    }
    let stricter = Decision {
        kind: Kind::Order,
        class: None,
        mask: Some(Mask::Hidden),
        cleaner: None,
        searched: None,
        ..decision("buyer.buyerName")
    };
    let (catalogue, known) = catalogue.decided(&stricter, FieldId(20_000)).unwrap();
    assert!(known.0 < HOME_FIELD_ID_MIN);
    let again = Current::new(embedded(), Some(&current.own_text(&catalogue))).unwrap();
    let said = |catalogue: &Catalogue| format!("{:?}", catalogue.fields);
    assert_eq!(said(&again.now()), said(&catalogue));
    assert_eq!(current.own_text(&again.now()), current.own_text(&catalogue));
    let odd = again.now();
    let extra = odd.root(Kind::Return).member("extra").unwrap();
    assert!(extra.member("with.a[sign]").is_some_and(|node| node.field().is_some()));
    for bad in ["", "a..b", "a[0].b", "a.b\n", "returns"] {
        assert_eq!(
            embedded().decided(&decision(bad), FieldId(10_000)).unwrap_err().code(),
            "field-path",
            "{bad}"
        );
    }
}
