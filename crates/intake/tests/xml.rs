//! The XML order reports: every column that the facts know is mapped on purpose, and the same order as a tab-separated
//! report gives the same record.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

use std::io::Cursor;

use bailee_core::catalogue::Catalogue;
use bailee_core::{Class, Json};
use bailee_intake::format::Formats;
use bailee_intake::reader::{Item, Reader, Request};
use bailee_intake::verify::{Flaw, verify};

const SCHEMAS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/sp-api/reports/report_schemas.json");

/// What becomes of each document of an input, and its format.
fn read(input: &str) -> (String, Vec<Result<Json, Flaw>>) {
    let formats = Formats::embedded().unwrap();
    let input = Cursor::new(input.as_bytes().to_vec());
    let mut reader = Reader::open(Box::new(input), &formats, Request::default()).unwrap();
    let (form, catalogue) = (reader.form().clone(), Catalogue::embedded().unwrap());
    let items = reader.next_batch(1000, 1 << 24).unwrap();
    let documents = items.iter().filter_map(|item| match item {
        Item::Document(raw) => Some(verify(raw, &form, &catalogue).map(|document| document.json)),
        Item::PageEnd(_) => None,
    });
    (form.format.name().to_owned(), documents.collect())
}

const ORDER: &str = "<OrderReport>
  <AmazonOrderID>302-0000000-0000001</AmazonOrderID>
  <AmazonSessionID>302-0000000-0000009</AmazonSessionID>
  <OrderDate>2026-10-01T10:00:00Z</OrderDate>
  <OrderPostedDate>2026-10-01T11:00:00Z</OrderPostedDate>
  <BillingData>
    <BuyerEmailAddress>abc123@marketplace.amazon.de</BuyerEmailAddress>
    <BuyerName>Jörg M&amp;uuml;ster &amp; S&#246;hne</BuyerName>
    <BuyerPhoneNumber>030 23125 007</BuyerPhoneNumber>
  </BillingData>
  <FulfillmentData>
    <FulfillmentMethod>Ship</FulfillmentMethod>
    <FulfillmentServiceLevel>Standard</FulfillmentServiceLevel>
    <Address>
      <Name>Käthe Beispielhuber</Name>
      <AddressFieldOne><![CDATA[Musterstraße 1 <Hof>]]></AddressFieldOne>
      <AddressFieldTwo/>
      <City>Übungshausen</City>
      <PostalCode>01234</PostalCode>
      <CountryCode>DE</CountryCode>
    </Address>
  </FulfillmentData>
  <IsBusinessOrder>false</IsBusinessOrder><IsPrime>true</IsPrime>
  <Item>
    <AmazonOrderItemCode>12345678901231</AmazonOrderItemCode>
    <SKU>TEE-1</SKU><Title>Teekanne</Title><Quantity>2</Quantity>
    <ItemPrice>
      <Component><Type>Principal</Type><Amount currency=\"EUR\">19.98</Amount></Component>
      <Component><Type>Tax</Type><Amount currency=\"EUR\">3.19</Amount></Component>
    </ItemPrice>
  </Item>
</OrderReport>";

const ROWS: &str = "order-id\torder-item-id\tpurchase-date\tpayments-date\tbuyer-email\tbuyer-name\tbuyer-phone-number\tsku\tproduct-name\tquantity-purchased\tcurrency\titem-price\titem-tax\tship-service-level\trecipient-name\tship-address-1\tship-address-2\tship-city\tship-postal-code\tship-country\tis-business-order\tis-prime
302-0000000-0000001\t12345678901231\t2026-10-01T10:00:00Z\t2026-10-01T11:00:00Z\tabc123@marketplace.amazon.de\tJörg M&uuml;ster & Söhne\t030 23125 007\tTEE-1\tTeekanne\t2\tEUR\t19.98\t3.19\tStandard\tKäthe Beispielhuber\tMusterstraße 1 <Hof>\t\tÜbungshausen\t01234\tDE\tfalse\ttrue
";

/// A tree whose members are in order, without amounts of which there is only the currency, which a row has for all of
/// its columns.
fn sorted(json: &Json) -> serde_json::Value {
    fn sort(value: serde_json::Value) -> serde_json::Value {
        match value {
            serde_json::Value::Object(members) => {
                let mut members: Vec<_> =
                    members.into_iter().map(|(key, value)| (key, sort(value))).collect();
                members.sort_by(|a, b| a.0.cmp(&b.0));
                members.retain(|(_, value)| !says_nothing(value));
                members.into_iter().collect()
            }
            serde_json::Value::Array(list) => {
                let mut list: Vec<_> =
                    list.into_iter().map(sort).filter(|value| !says_nothing(value)).collect();
                list.sort_by_key(ToString::to_string);
                list.into()
            }
            leaf => leaf,
        }
    }
    /// Only what kind of amount there would be.
    fn says_nothing(value: &serde_json::Value) -> bool {
        match value {
            serde_json::Value::Object(members) => {
                members.keys().all(|key| matches!(key.as_str(), "type" | "subtype" | "currencyCode"))
            }
            serde_json::Value::Array(list) => list.is_empty(),
            _ => false,
        }
    }
    sort(serde_json::to_value(json).unwrap())
}

#[test]
fn an_order_in_xml_and_in_a_table_is_the_same_record() {
    let envelope =
        format!("<?xml version=\"1.0\"?><AmazonEnvelope><Message>{ORDER}</Message></AmazonEnvelope>");
    let (format, documents) = read(&envelope);
    assert_eq!((format.as_str(), documents.len()), ("order-report-xml", 1));
    let (table, rows) = read(ROWS);
    assert_eq!((table.as_str(), rows.len()), ("order-report", 1));
    let (xml, row) = (documents[0].as_ref().unwrap(), rows[0].as_ref().unwrap());
    assert_eq!(sorted(xml), sorted(row));
    assert_eq!(xml.at("buyer.buyerName").and_then(Json::as_str), Some("Jörg Müster & Söhne"));
}

#[test]
fn what_is_broken_costs_itself_and_entities_cost_all() {
    let broken = ORDER.replace("</Item>", "").replace("0000001", "0000002");
    let (_, documents) = read(&format!("<E>{broken}{ORDER}</E>"));
    assert_eq!(documents.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, true]);
    let laughs = "<!DOCTYPE E [<!ENTITY a \"&b;&b;\"><!ENTITY b \"ha\">]>";
    let (_, documents) = read(&format!("{laughs}<E>{}{ORDER}</E>", ORDER.replace("Teekanne", "&a;")));
    assert!(documents.len() == 2 && documents.iter().all(|document| matches!(document, Err(Flaw::Entities))));
    let deep = ORDER.replace("Teekanne", &format!("{}{}", "<x>".repeat(10_000), "</x>".repeat(10_000)));
    assert!(matches!(read(&deep).1[0], Err(Flaw::TooDeep)));
}

#[test]
fn every_column_of_the_facts_is_mapped_and_what_is_personal_lands_on_a_personal_field() {
    let schemas: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(SCHEMAS).unwrap()).unwrap();
    let report = &schemas["reports"]["GET_ORDER_REPORT_DATA_INVOICING"];
    let (formats, catalogue) = (Formats::embedded().unwrap(), Catalogue::embedded().unwrap());
    let format = formats.named("GET_ORDER_REPORT_DATA_INVOICING").unwrap();
    let names = report["siblings"].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
    assert!(names.clone().count() == 2 && names.clone().all(|name| formats.named(name).is_some()));
    let columns = |list: &str| {
        report[list]
            .as_array()
            .unwrap()
            .iter()
            .map(|column| column.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    for column in columns("columns") {
        // The facts say of prices and fees that they are lists, and not of what.
        let begins = column.trim_end_matches("[]");
        let rules = format.mapping().unwrap().rules();
        assert!(rules.iter().any(|rule| rule.source.to_string().starts_with(begins)), "{column}");
    }
    for rule in format.mapping().unwrap().rules() {
        for target in &rule.targets {
            assert!(catalogue.field_at(format.kind(), &target.schema()).is_some(), "{target}");
        }
    }
    for column in columns("pii_columns") {
        let rule = format.mapping().unwrap().rule(&column).unwrap_or_else(|| panic!("{column}"));
        let field = catalogue.field_at(format.kind(), &rule.targets[0].schema()).unwrap();
        assert!(field.class.is_some_and(|class| class != Class::Unclassified), "{column}");
    }
}
