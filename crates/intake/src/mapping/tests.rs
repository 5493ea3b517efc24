use bailee_core::catalogue::Catalogue;
use serde_json::Value;

use super::*;
use crate::format::Format;

#[test]
fn a_path_is_written_as_it_was_read_or_refused() {
    for path in ["a", "a.b[].c", "a[0].b", "a[][].b[]", "amazon-order-id", "a[type=ITEM].b"] {
        assert_eq!(Path::parse(path).unwrap().to_string(), path);
    }
    for path in
        ["", ".", "a.", "a..b", "[]", "a[1]", "a[", "a]", "a[]b", "a\\b", "a[=x]", "a[x=]", "a[x=y z]"]
    {
        assert_eq!(Path::parse(path), None, "{path}");
    }
    assert_eq!(Path::parse("a[].b[0].c[]").unwrap().lists(), 2);
    assert_eq!(Path::parse("a[].b[0].c[x=Y].d").unwrap().schema(), "a[].b[].c[].d");
    assert!(Path::parse("a[]").unwrap().collects() && !Path::parse("a[].b").unwrap().collects());
}

fn file(fields: &str) -> String {
    format!(
        "format = \"x\"\ntitle = \"\"\nkind = \"order\"\nsyntax = \"json\"\n[recognise]\nall = [\"id\"]\n[fields]\n\"id\" = \"orderId\"\n{fields}"
    )
}

/// What a mapping makes of a document, or the code of its flaw.
fn check(fields: &str, document: &str, expected: Result<&str, &str>) {
    let format = Format::parse(&file(fields)).unwrap();
    let found = format.mapping().unwrap().apply(serde_json::from_str(document).unwrap());
    let catalogue = Catalogue::embedded().unwrap();
    let settled = found.and_then(|mut json| {
        settle(&mut json, Some(catalogue.root(Kind::Order)), 1)?;
        Ok(serde_json::to_value(&json).unwrap())
    });
    let expected = expected.map(|text| serde_json::from_str::<Value>(text).unwrap());
    assert_eq!(settled.map_err(Flaw::code), expected, "of {document}");
}

#[test]
fn names_lists_and_words_go_where_the_mapping_says() {
    let fields = r#"
"a.name" = "recipient.deliveryAddress.name"
"lines[].no" = "orderItems[].orderItemId"
"lines[].parts[].serial" = "orderItems[].parts[].serial"
"tax" = "tax.taxRegistrations[0].legalName"
"state" = { to = "fulfillment.fulfillmentStatus", words = { Open = "UNSHIPPED" } }
"prime" = { to = "programs[]", words = { true = "PRIME", false = "" } }
"business" = { to = "programs[]", words = { true = "AMAZON_BUSINESS", false = "" } }
"lines[].price" = "orderItems[].proceeds.breakdowns[type=ITEM].subtotal.amount"
"lines[].post" = "orderItems[].proceeds.breakdowns[type=SHIPPING].subtotal.amount"
"cursor" = { drop = "says nothing" }
"#;
    check(
        fields,
        r#"{"id":"1","a":{"name":"Käthe"},"tax":"K","state":"Open","prime":true,"business":false,"cursor":"x"}"#,
        Ok(r#"{"orderId":"1","recipient":{"deliveryAddress":{"name":"Käthe"}},
            "tax":{"taxRegistrations":[{"legalName":"K"}]},"fulfillment":{"fulfillmentStatus":"UNSHIPPED"},"programs":["PRIME"]}"#),
    );
    check(
        fields,
        r#"{"id":"1","state":"New word","lines":[{"no":7,"price":"1","post":"2"},{},{"no":"b","parts":[{"serial":"s"},{"serial":"t"}]}]}"#,
        Ok(r#"{"orderId":"1","fulfillment":{"fulfillmentStatus":"New word"},"orderItems":[
            {"orderItemId":"7","proceeds":{"breakdowns":[
                {"type":"ITEM","subtotal":{"amount":"1"}},{"type":"SHIPPING","subtotal":{"amount":"2"}}]}},
            {"orderItemId":"b","parts":[{"serial":"s"},{"serial":"t"}]}]}"#),
    );
    // One alone may be written without its list.
    check(
        fields,
        r#"{"id":"1","lines":{"no":"a"}}"#,
        Ok(r#"{"orderId":"1","orderItems":[{"orderItemId":"a"}]}"#),
    );
}

#[test]
fn what_is_not_named_is_kept_where_it_belongs() {
    let fields = "\"lines[].no\" = \"orderItems[].orderItemId\"\n\"a.b\" = \"createdTime\"";
    check(
        fields,
        r#"{"id":"1","x":[1],"a":{"b":"t","c":{"d":true}},"e":null,"f":"","lines":[{"no":"1","gift":"hi"},{"no":"2"}]}"#,
        Ok(r#"{"orderId":"1","createdTime":"t","extra":{"x":[1],"a":{"c":{"d":true}}},
            "orderItems":[{"orderItemId":"1","extra":{"gift":"hi"}},{"orderItemId":"2"}]}"#),
    );
}

#[test]
fn two_values_for_one_place_are_a_flaw_unless_they_are_one() {
    let fields = "\"a\" = \"createdTime\"\n\"b\" = \"createdTime\"";
    check(fields, r#"{"id":"1","a":"x","b":"x"}"#, Ok(r#"{"orderId":"1","createdTime":"x"}"#));
    check(fields, r#"{"id":"1","a":"x","b":"y"}"#, Err("structure"));
    check(fields, r#"{"id":"1","a":"x","b":""}"#, Ok(r#"{"orderId":"1","createdTime":"x"}"#));
    // An object where the mapping has a list's element, a value where it has an object.
    check("\"a.b\" = \"createdTime\"", r#"{"id":"1","a":"x"}"#, Err("structure"));
    check("\"a.b\" = \"createdTime\"", r#"{"id":"1","a":[{"b":"x"}]}"#, Err("structure"));
}

#[test]
fn a_mapping_that_cannot_be_meant_is_refused() {
    for (fields, code) in [
        ("\"a[].b\" = \"createdTime\"", "mapping-lists"),
        ("\"a\" = \"orderItems[].title\"", "mapping-lists"),
        ("\"a[0]\" = \"createdTime\"", "mapping-path"),
        ("\"a\" = \"created..Time\"", "mapping-path"),
        ("\"a\" = \"createdTime\"\n\"a.b\" = \"lastUpdatedTime\"", "mapping-twice"),
        ("\"a\" = { to = \"createdTime\", drop = \"x\" }", "mapping-undecided"),
        ("\"a\" = {}", "mapping-undecided"),
        ("\"a\" = { too = \"createdTime\" }", "mapping-syntax"),
        ("[recognized]", "mapping-syntax"),
    ] {
        assert_eq!(Format::parse(&file(fields)).unwrap_err().code(), code, "{fields}");
    }
    let without_id = file("").replace("\"orderId\"", "\"createdTime\"");
    assert_eq!(Format::parse(&without_id).unwrap_err().code(), "mapping-without-reference");
    let named =
        |name: &str| Format::parse(&file("").replace("format = \"x\"", &format!("format = \"{name}\"")));
    assert!(named(&"a".repeat(40)).is_ok());
    for bad in ["", "A", "a b", "../a", "a.toml", &"a".repeat(41)] {
        assert_eq!(named(bad).unwrap_err().code(), "mapping-name", "{bad}");
    }
    let catalogue = Catalogue::embedded().unwrap();
    let check = |target: &str| {
        let format = Format::parse(&file(&format!("\"a\" = \"{target}\""))).unwrap();
        format.mapping().unwrap().check(&catalogue, Kind::Order)
    };
    assert!(check("buyer.buyerName").is_ok() && check("something.new").is_ok());
    assert!(check("buyer.buyerName.first").is_err() && check("recipient.deliveryAddress").is_err());
}

#[test]
fn hostile_documents_cost_what_they_are_long() {
    let fields = "\"lines[].no\" = \"orderItems[].orderItemId\"\n\"names[]\" = \"programs[]\"";
    let format = Format::parse(&file(fields)).unwrap();
    let apply = |document: String| format.mapping().unwrap().apply(serde_json::from_str(&document).unwrap());
    let began = std::time::Instant::now();
    let unknown: Vec<String> = (0..50_000).map(|number| format!("\"k{number}\":1")).collect();
    apply(format!("{{\"id\":\"1\",{}}}", unknown.join(","))).unwrap();
    let items: Vec<String> = (0..50_000).map(|number| format!("{{\"no\":\"{number}\",\"x\":1}}")).collect();
    apply(format!("{{\"id\":\"1\",\"lines\":[{}]}}", items.join(","))).unwrap();
    let names: Vec<String> = (0..50_000).map(|number| format!("\"{number}\"")).collect();
    apply(format!("{{\"id\":\"1\",\"names\":[{}]}}", names.join(","))).unwrap();
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    // What is as deep as a document may be becomes too deep below `extra`.
    let deep = format!("{{\"id\":\"1\",\"x\":{}1{}}}", "[".repeat(62), "]".repeat(62));
    let mut json = apply(deep).unwrap();
    assert_eq!(settle(&mut json, None, 1).err(), Some(Flaw::TooDeep));
}
