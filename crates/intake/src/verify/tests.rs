use std::sync::Arc;

use bailee_core::{Kind, Sensitive};
use proptest::prelude::*;

use super::*;
use crate::format::{Formats, ReferenceShape};
use crate::reader::{Position, Shape};

fn verified(document: &[u8]) -> Result<Document, Flaw> {
    verified_with(document, &Catalogue::embedded().unwrap())
}

fn verified_with(document: &[u8], catalogue: &Catalogue) -> Result<Document, Flaw> {
    let raw = Raw {
        position: Position { document: 1, line: 1, byte: 0 },
        shape: Shape::Bare,
        bytes: Sensitive::new(document.to_vec()),
        flaw: None,
    };
    let form = Form::new(Arc::clone(Formats::embedded().unwrap().canonical().unwrap()));
    verify(&raw, &form, catalogue)
}

fn check(document: &str, expected: Result<&str, Flaw>) {
    let found = verified(document.as_bytes()).map(|document| serde_json::to_string(&document.json).unwrap());
    assert_eq!(found.as_deref().map_err(|flaw| *flaw), expected, "of {document}");
}

/// An order with further members.
fn order(members: &str) -> String {
    format!(r#"{{"orderId":"250-1234567-8901234",{members}}}"#)
}

#[test]
fn what_two_programs_could_read_differently_is_refused() {
    check(&order(r#""a":{"b":1,"b":1}"#), Err(Flaw::DuplicateKey));
    check(&order(r#""orderId":"250-1234567-8901234""#), Err(Flaw::DuplicateKey));
    check(&order(r#""a":1,"\u0061":1"#), Err(Flaw::DuplicateKey));
    let many: Vec<String> = (0..60).map(|number| format!(r#""k{}":1"#, number % 59)).collect();
    check(&order(&many.join(",")), Err(Flaw::DuplicateKey));
    check(r#"{"orderId":"1"} x"#, Err(Flaw::Syntax));
    check(r#"{"orderId":"1","a":01}"#, Err(Flaw::Syntax));
    check(r#"{"orderId":"1","a":NaN}"#, Err(Flaw::Syntax));
    check("{\"orderId\":\"1\",\"a\":\"\n\"}", Err(Flaw::Syntax));
    check(r#"{"orderId":"1","a":"\ud800"}"#, Err(Flaw::Syntax));
    check(r#"{"orderId":"1","#, Err(Flaw::Truncated));
    assert_eq!(verified(b"{\"orderId\":\"1\",\"a\":\"\xFF\"}").err(), Some(Flaw::Encoding));
}

#[test]
fn numbers_are_kept_exactly_or_refused() {
    for number in [
        "0",
        "-1",
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551615",
        "0.1",
        "19.99",
        "-1755266831492608.2",
        "2.5e-7",
        "1.0",
    ] {
        let document = order(&format!(r#""a":{number},"b":"1e5 \" 3.14159265358979323846""#));
        check(&document, Ok(&document));
    }
    for number in [
        "18446744073709551616",
        "-1755266831492608.3",
        "-9223372036854775809",
        "3.14159265358979323846",
        "0.1000000000000000055511151231257827",
    ] {
        check(&order(&format!(r#""a":[{number}]"#)), Err(Flaw::Number));
    }
    // Out of every float's range: the parser itself says so.
    check(&order(r#""a":1e999"#), Err(Flaw::Syntax));
    check(&order(r#""a":[1.50,100e-2]"#), Ok(&order(r#""a":[1.5,1.0]"#)));
}

#[test]
fn limits_hold_at_n_and_not_at_one_more() {
    let nested = |depth: usize| order(&format!(r#""a":{}{}"#, "[".repeat(depth - 1), "]".repeat(depth - 1)));
    assert!(verified(nested(DEPTH_MAX).as_bytes()).is_ok());
    assert!(serde_json::from_str::<Json>(&nested(DEPTH_MAX)).is_ok());
    check(&nested(DEPTH_MAX + 1), Err(Flaw::TooDeep));
    check(&nested(3000), Err(Flaw::TooDeep));
    // The order, its id and the list are values too.
    let listed = |values: usize| order(&format!(r#""a":[{}]"#, vec!["1"; values - 3].join(",")));
    assert!(verified(listed(VALUES_MAX).as_bytes()).is_ok());
    check(&listed(VALUES_MAX + 1), Err(Flaw::TooLong));
}

#[test]
fn an_order_needs_an_id_of_amazon_s_shape() {
    for id in ["250-1234567-8901234", "S01-1234567-8901234", "D01-1234567-8901234"] {
        let document = format!(r#"{{"orderId":"{id}"}}"#);
        check(&document, Ok(&document));
    }
    for id in [
        "\"\"",
        "null",
        "7",
        "{}",
        "\"1/2\"",
        "\" 250-1234567-8901234\"",
        "\"250-1234567-890123\"",
        "\"250-1234567-89012345\"",
        "\"250-1234567\"",
        "\"250-1234567-8901234-1\"",
        "\"SS1-1234567-8901234\"",
        "\"s01-1234567-8901234\"",
        "\"25012345678901234\"",
        "\"２５０-1234567-8901234\"",
    ] {
        check(&format!(r#"{{"orderId":{id}}}"#), Err(Flaw::OrderId));
    }
    for none in [r#"{"AmazonOrderId":"1"}"#, "{}", "[]", "1", "\"orderId\"", "null"] {
        check(none, Err(Flaw::NotAnOrder));
    }
}

#[test]
fn every_format_says_what_its_references_look_like() {
    for format in Formats::embedded().unwrap().iter() {
        // A vendor's purchase orders, and the shipments of any API, have numbers of other shapes.
        let amazon = format.kind() != Kind::Shipment && !format.name().starts_with("vendor-");
        let expected = if amazon { ReferenceShape::AmazonOrder } else { ReferenceShape::Any };
        assert_eq!(format.reference(), expected, "{}", format.name());
    }
}

#[test]
fn known_places_hold_what_belongs_there() {
    for members in [
        r#""buyer":"Käthe""#,
        r#""buyer":[{"buyerName":"Käthe"}]"#,
        r#""buyer":{"buyerName":{"first":"Käthe"}}"#,
        r#""buyer":{"buyerName":["Käthe"]}"#,
        r#""orderItems":{"orderItemId":"1"}"#,
        r#""orderItems":["1"]"#,
        r#""programs":"PRIME""#,
        r#""recipient":{"deliveryAddress":"Musterstraße 1"}"#,
        r#""orderItems":[{"orderItemId":"1"},{"orderItemId":"2"},{"orderItemId":"1"}]"#,
    ] {
        check(&order(members), Err(Flaw::Structure));
    }
    for members in [
        r#""buyer":null,"orderItems":[],"programs":null,"recipient":{}"#,
        r#""buyer":{"buyerName":null,"buyerEmail":""}"#,
        r#""buyer":{"buyerName":7}"#,
        r#""somethingNew":{"a":[{"b":"Käthe"}]},"buyer":{"nickname":["K"]}"#,
        r#""orderItems":[{"orderItemId":"1"},{"orderItemId":"2"},{"quantityOrdered":1},{"quantityOrdered":1}]"#,
        r#""createdTime":"someday","lastUpdatedTime":"1.569521782042E9""#,
    ] {
        check(&order(members), Ok(&order(members)));
    }
}

#[test]
fn an_accepted_document_is_clean_and_keeps_its_shape() {
    check(
        &order(
            r#""new":" Ka\u0308the\u200b  K ","buyer":{"buyerEmail":" A.b@Mail.EXAMPLE "},"recipient":{"deliveryAddress":{"name":"  Ka\u0308the\u200b   Beispiel ","countryCode":"deu","phone":"(030) 23125-007 ext. 12"}}"#,
        ),
        Ok(&order(
            r#""new":" Käthe  K ","buyer":{"buyerEmail":"A.b@mail.example"},"recipient":{"deliveryAddress":{"name":"Käthe Beispiel","countryCode":"DE","phone":"+493023125007;ext=12"}}"#,
        )),
    );
}

#[test]
fn a_value_is_as_wide_as_its_field_may_be_and_no_wider() {
    let name = |chars: usize| order(&format!(r#""buyer":{{"buyerName":"{}"}}"#, "ä".repeat(chars)));
    let gift = |chars: usize| {
        let gift = format!(r#"{{"packing":{{"giftOption":{{"giftMessage":"{}"}}}}}}"#, "ä".repeat(chars));
        order(&format!(r#""orderItems":[{{"orderItemId":"1","fulfillment":{gift}}}]"#))
    };
    let unnamed = |chars: usize| order(&format!(r#""x":"{}""#, "x".repeat(chars)));
    let member = |chars: usize| order(&format!(r#""{}":1"#, "x".repeat(chars)));
    let cases: [(&dyn Fn(usize) -> String, usize); 4] = [
        (&name, LINE_CHARS_MAX),
        (&gift, FREE_TEXT_CHARS_MAX),
        (&unnamed, LEAF_CHARS_MAX),
        (&member, NAME_CHARS_MAX),
    ];
    for (document, chars_max) in cases {
        assert!(verified(document(chars_max).as_bytes()).is_ok(), "{chars_max}");
        check(&document(chars_max + 1), Err(Flaw::TooWide));
    }
}

#[test]
fn a_marketplace_is_one_that_is_known() {
    let sold = |id: &str| order(&format!(r#""salesChannel":{{"marketplaceId":{id}}}"#));
    for known in ["\"ATVPDKIKX0DER\"", "\"A28R8C7NBKEWEA\"", "\"\"", "null"] {
        check(&sold(known), Ok(&sold(known)));
    }
    for unknown in ["\"A1NEWMARKET00X\"", "\"Amazon.de\"", "7", "\"atvpdkikx0der\""] {
        check(&sold(unknown), Err(Flaw::Marketplace));
    }
    let document = sold("\"A1NEWMARKET00X\"");
    let own = Catalogue::embedded().unwrap().extended("marketplaces = [\"A1NEWMARKET00X\"]").unwrap();
    assert!(verified_with(document.as_bytes(), &own).is_ok());
}

#[test]
fn a_thousand_of_money_is_told_by_its_currency_and_anything_else_stays() {
    check(
        &order(
            r#""salesChannel":{"marketplaceName":"Amazon.de"},"proceeds":{"grandTotal":{"amount":"1,234","currencyCode":"EUR"},"breakdowns":[{"subtotal":{"amount":"1,234"}},{"subtotal":{"amount":"1,234","currencyCode":"KWD"}}]},"orderItems":[{"orderItemId":"1","quantityOrdered":"2","measurement":{"value":"1,234"},"product":{"price":{"unitPrice":{"amount":"12,5"}}}}]"#,
        ),
        Ok(&order(
            r#""salesChannel":{"marketplaceName":"Amazon.de"},"proceeds":{"grandTotal":{"amount":"1234","currencyCode":"EUR"},"breakdowns":[{"subtotal":{"amount":"1234"}},{"subtotal":{"amount":"1,234","currencyCode":"KWD"}}]},"orderItems":[{"orderItemId":"1","quantityOrdered":2,"measurement":{"value":"1,234"},"product":{"price":{"unitPrice":{"amount":"12.5"}}}}]"#,
        )),
    );
}

#[test]
fn every_style_of_an_address_becomes_the_same_address() {
    let address = |code: &str, country: &str, phone: &str| {
        order(&format!(
            r#""recipient":{{"deliveryAddress":{{"postalCode":"{code}","countryCode":"{country}","phone":"{phone}"}}}}"#
        ))
    };
    let expected = address("150-0001", "JP", "+81300001234;ext=56");
    check(&address("１５０ー０００１", "日本", "03(0000)1234 内線 56"), Ok(&expected));
    check(&address("1500001", "jpn", "+81 3-0000-1234 ext. 56"), Ok(&expected));
    check(&expected, Ok(&expected));
}

#[test]
fn values_with_lost_letters_are_counted_and_come_in() {
    for (members, lost) in [
        (r#""buyer":{"buyerName":"M?ller","buyerEmail":"a@b.example"}"#, 1),
        (
            r#""recipient":{"deliveryAddress":{"name":"MÃ¼ller","addressLine1":"Stra?e 1","city":"M\ufffdnchen"}}"#,
            3,
        ),
        (r#""recipient":{"deliveryAddress":{"name":"Müller","city":"???"}},"new":["What?","??? ??"]"#, 2),
        (r#""recipient":{"deliveryPreference":{"addressInstruction":"Do you deliver? Ring the bell!"}}"#, 0),
        (r#""orderItems":[{"product":{"title":"Who is it? A game"}}]"#, 0),
    ] {
        let document = verified(order(members).as_bytes()).map_err(|flaw| flaw.code()).unwrap();
        assert_eq!(document.lost, lost, "{members}");
    }
}

#[test]
fn every_flaw_has_a_code_of_its_own_and_words() {
    let mut codes: Vec<_> = Flaw::ALL.iter().map(|flaw| flaw.code()).collect();
    codes.dedup();
    assert_eq!(codes.len(), Flaw::ALL.len());
    for flaw in Flaw::ALL {
        assert_eq!(Flaw::from_code(flaw.code()), Some(*flaw));
        assert!(flaw.words().contains(';') && !flaw.words().ends_with('.'));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = verified(&bytes);
    }

    #[test]
    fn a_float_that_json_writes_is_kept(float in any::<f64>().prop_filter("finite", |float| float.is_finite())) {
        let document = order(&format!(r#""a":{}"#, serde_json::to_string(&float).unwrap()));
        prop_assert!(verified(document.as_bytes()).is_ok());
    }
}
