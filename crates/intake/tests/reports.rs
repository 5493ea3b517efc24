//! Every report type of the facts, column by column: each is mapped on purpose, what is personal lands on a personal
//! field, and what nobody names is sealed as unclassified.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

use std::collections::BTreeSet;
use std::io::Cursor;
use std::sync::Arc;

use bailee_core::catalogue::Catalogue;
use bailee_core::{Json, Kind};
use bailee_intake::format::{Form, Format, Formats, Syntax};
use bailee_intake::reader::{Item, Reader, Request};
use bailee_intake::verify::{Document, verify};
use serde_json::Value;

const REPORTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/sp-api/reports/");

fn schemas() -> Value {
    let text = std::fs::read_to_string(format!("{REPORTS}report_schemas.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["reports"].clone()
}

/// The report types that are tables, with their facts.
fn tables() -> Vec<(String, Value)> {
    let schemas = schemas();
    let all = schemas.as_object().unwrap().iter();
    let tables: Vec<_> = all
        .filter(|(_, report)| report["delimiter"] != "XML")
        .map(|(name, report)| (name.clone(), report.clone()))
        .collect();
    assert_eq!(tables.len(), 16);
    tables
}

/// Every column that a report type is known to have, in whichever list the facts have it.
fn columns(report: &Value) -> BTreeSet<String> {
    let lists = [
        "columns",
        "pii_columns",
        "official_columns_2024_docs",
        "optional_columns_seen",
        "columns_after_ship_phone_number_order_unknown",
    ];
    let names = lists.iter().filter_map(|list| report[list].as_array()).flatten();
    let names: BTreeSet<String> = names.map(|name| name.as_str().unwrap().to_owned()).collect();
    assert!(names.len() > 12);
    names
        .into_iter()
        .flat_map(|name| match name.strip_suffix("ship-from-*") {
            // The facts do not say which; these are the ones of the other report of tax.
            Some(_) => {
                ["city", "state", "postal-code", "country"].map(|end| format!("ship-from-{end}")).to_vec()
            }
            None => vec![name],
        })
        .collect()
}

fn format(name: &str) -> Arc<Format> {
    let formats = Formats::embedded().unwrap();
    formats.named(name).unwrap_or_else(|| panic!("{name} is no format")).clone()
}

fn open(input: String, format: Option<Arc<Format>>) -> Reader {
    let request = Request { format, ..Request::default() };
    Reader::open(Box::new(Cursor::new(input.into_bytes())), &Formats::embedded().unwrap(), request).unwrap()
}

/// Every document of an input.
fn read(input: String) -> (Arc<Form>, Vec<Document>) {
    let mut reader = open(input, None);
    let form = reader.form().clone();
    let catalogue = Catalogue::embedded().unwrap();
    let items = reader.next_batch(1000, 1 << 24).unwrap();
    let document = |item: Item| match item {
        Item::Document(raw) => verify(&raw, &form, &catalogue).unwrap_or_else(|flaw| panic!("{flaw:?}")),
        Item::PageEnd(_) => panic!("a table has no pages"),
    };
    let documents = items.into_iter().map(document).collect();
    (form, documents)
}

/// The paths of all leaves of a document, with what they say.
fn leaves(json: &Json) -> Vec<(String, String)> {
    fn walk(json: &Json, path: &str, leaves: &mut Vec<(String, String)>) {
        match json {
            Json::Object(members) => {
                for (name, value) in members {
                    let dot = if path.is_empty() { "" } else { "." };
                    walk(value, &format!("{path}{dot}{name}"), leaves);
                }
            }
            Json::Array(elements) => elements.iter().for_each(|one| walk(one, &format!("{path}[]"), leaves)),
            leaf => leaves.push((path.to_owned(), serde_json::to_string(leaf).unwrap())),
        }
    }
    let mut found = Vec::new();
    walk(json, "", &mut found);
    found
}

#[test]
fn every_report_type_is_a_format_and_every_column_of_it_is_mapped_to_a_field_of_the_catalogue() {
    let catalogue = Catalogue::embedded().unwrap();
    let mut seen = 0;
    for (name, report) in tables() {
        let format = format(&name);
        assert_eq!(format.syntax(), Syntax::Table, "{name}");
        let table = |column: &str| {
            // The plan of a header of two columns tells what becomes of the second.
            let id = &format.identifying()[0];
            let mapping = format.mapping().unwrap();
            let heading = |one: &str| one.to_lowercase().replace(['_', ' '], "-");
            let rule =
                mapping.rules().iter().find(|rule| heading(&rule.source.to_string()) == heading(column));
            assert!(rule.is_some(), "{name}: {column} is not mapped (its id is {id})");
            rule.unwrap().clone()
        };
        for column in columns(&report) {
            let rule = table(&column);
            assert!(!rule.targets.is_empty() || rule.drop.is_some(), "{name}: {column}");
            for target in &rule.targets {
                let path = target.schema();
                let field = catalogue.field_at(format.kind(), &path);
                assert!(
                    field.is_some(),
                    "{name}: {column} leads to {path}, which the catalogue does not have"
                );
            }
            seen += 1;
        }
    }
    assert!(seen > 600, "{seen}");
}

#[test]
fn what_the_facts_call_personal_lands_on_a_personal_field() {
    let catalogue = Catalogue::embedded().unwrap();
    let mut seen = 0;
    for (name, report) in tables() {
        let format = format(&name);
        let mapping = format.mapping().unwrap();
        for column in report["pii_columns"].as_array().unwrap() {
            let column = column.as_str().unwrap();
            let rules = mapping.rules().iter();
            let mut rules =
                rules.filter(|rule| rule.source.to_string().to_lowercase() == column.to_lowercase());
            let rule = rules.next().unwrap_or_else(|| panic!("{name}: {column}"));
            assert!(!rule.targets.is_empty(), "{name}: {column}");
            for target in &rule.targets {
                let field = catalogue.field_at(format.kind(), &target.schema()).unwrap();
                assert!(field.is_personal(), "{name}: {column} would be a fact");
                seen += 1;
            }
        }
    }
    assert!(seen > 200, "{seen}");
}

#[test]
fn each_header_file_is_recognised_and_a_row_under_it_loses_no_cell() {
    let catalogue = Catalogue::embedded().unwrap();
    let mut seen = 0;
    for (name, report) in tables() {
        let extension = if name == "SC_VAT_TAX_REPORT" { "csv" } else { "tsv" };
        let header = std::fs::read_to_string(format!("{REPORTS}{name}.header.{extension}")).unwrap();
        let (header, delimiter) = (header.trim_end(), if extension == "csv" { ',' } else { '\t' });
        assert!(report["columns"].as_array().unwrap().len() == header.split(delimiter).count(), "{name}");
        let cell = |(place, column): (usize, &str)| synthetic(place, column);
        let row: Vec<String> = header.split(delimiter).enumerate().map(cell).collect();
        let delimiter = delimiter.to_string();
        let (form, documents) = read(format!("{header}\r\n{}\r\n", row.join(&delimiter)));
        assert!(
            form.format.aliases().iter().any(|alias| **alias == *name),
            "{name} is {}",
            form.format.name()
        );
        assert_eq!(documents.len(), 1, "{name}");
        assert_eq!(documents[0].reference.as_str(), "111-2222222-3333333", "{name}");
        let leaves = leaves(&documents[0].json);
        for (path, _) in &leaves {
            assert!(catalogue.field_at(form.format.kind(), path).is_some(), "{name}: {path}");
        }
        for (place, value) in row.iter().enumerate() {
            let told = leaves.iter().any(|(_, leaf)| leaf.contains(value.as_str()));
            // Flags, dates, countries and words change on their way.
            assert!(told || !value.starts_with("Sample"), "{name}: column {place} is lost");
        }
        seen += leaves.len();
    }
    assert!(seen > 600, "{seen}");
}

/// A made-up value as a column would have it.
fn synthetic(place: usize, column: &str) -> String {
    let name = column.trim_matches('"').to_lowercase().replace(['_', ' '], "-");
    let is = |words: &[&str]| words.iter().any(|word| name.contains(word));
    match name.as_str() {
        "order-id" | "amazon-order-id" => "111-2222222-3333333".to_owned(),
        "marketplace-id" => "A1PA6795UKMFR9".to_owned(),
        "sku" | "merchant-sku" | "amazon-rma-id" => format!("SKU{place}"),
        _ if is(&["currency"]) => "EUR".to_owned(),
        _ if is(&["is-", "in-policy", "claim", "verge", "export"]) && !is(&["safet"]) => "true".to_owned(),
        _ if is(&["date", "time"]) && !is(&["zone"]) => "2026-10-01T10:00:00+00:00".to_owned(),
        _ if is(&["country"]) => "DE".to_owned(),
        _ if is(&["quantity", "days-past"]) => "2".to_owned(),
        _ if is(&["price", "tax", "amount", "cost", "discount", "rate", "points"])
            && !is(&["designation", "registration", "code", "type", "role", "scheme", "responsibility"]) =>
        {
            format!("{place}.25")
        }
        _ if is(&["email"]) => format!("sample{place}@example.com"),
        _ if is(&["phone"]) => format!("+49 30 90182{place:03}"),
        _ if is(&["postal"]) => format!("{:05}", 10_000 + place),
        _ => format!("Sample{place}"),
    }
}

#[test]
fn a_column_that_nobody_names_is_sealed_as_unclassified() {
    let catalogue = Catalogue::embedded().unwrap();
    for (name, report) in tables() {
        let columns = report["columns"].as_array().unwrap();
        let comma = name == "SC_VAT_TAX_REPORT";
        let delimiter = if comma { "," } else { "\t" };
        let names: Vec<&str> = columns.iter().map(|column| column.as_str().unwrap()).collect();
        let cells: Vec<String> =
            names.iter().enumerate().map(|(place, column)| synthetic(place, column)).collect();
        let input = format!(
            "Never Seen Before{delimiter}{}\n Sample Person {delimiter}{}\n",
            names.join(delimiter),
            cells.join(delimiter)
        );
        let (form, documents) = read(input);
        let leaves = leaves(&documents[0].json);
        let (path, _) = leaves.iter().find(|(_, leaf)| leaf.contains("Sample Person")).unwrap();
        assert!(path.ends_with("extra.never-seen-before"), "{name}: {path}");
        assert!(catalogue.field_at(form.format.kind(), path).is_none(), "{name}");
    }
}

#[test]
fn every_alias_leads_from_a_heading_of_its_own() {
    for format in Formats::embedded().unwrap().iter().filter(|format| format.syntax() == Syntax::Table) {
        let mapping = format.mapping().unwrap();
        let spelled = |name: &str| -> String {
            let letters = name.to_lowercase();
            let letters = letters.chars().filter(|letter| letter.is_alphanumeric());
            letters.collect()
        };
        let names: BTreeSet<String> =
            mapping.rules().iter().map(|rule| spelled(&rule.source.to_string())).collect();
        assert_eq!(names.len(), mapping.rules().len(), "{}", format.name());
        let mut aliases = BTreeSet::new();
        for (alias, name) in mapping.aliases() {
            let is_name = names.contains(&spelled(alias)) && spelled(alias) != spelled(name);
            assert!(!is_name, "{}: {alias} is a column itself", format.name());
            aliases.insert(spelled(alias));
        }
        assert!(aliases.len() * 100 >= mapping.aliases().len() * 98, "{}", format.name());
    }
}

#[test]
fn headings_in_the_language_of_the_marketplace_are_known() {
    for header in [
        "Bestellnummer\tBestelldatum\tAmazon-RMA-ID\tHändler-SKU\tRücksendegrund\tSendungsnummer",
        "ID de commande\tDate de la commande\tID RMA Amazon\tSKU du vendeur\tMotif du retour\tNuméro de suivi",
        "ID ordine\tData dell'ordine\tID RMA Amazon\tSKU venditore\tMotivo del reso\tNumero di tracking",
        "ID de pedido\tFecha del pedido\tID de RMA de Amazon\tSKU del vendedor\tMotivo de la devolución\tID de seguimiento",
        "注文番号\t注文日\tAmazon RMA番号\t出品者SKU\t返品理由\t追跡番号",
        "ID do pedido\tData do pedido\tID de RMA da Amazon\tSKU do vendedor\tMotivo da devolução\tID de rastreamento",
        "Bestelnummer\tBesteldatum\tAmazon RMA-ID\tSKU verkoper\tReden voor retour\tTracking-ID",
        "Numer zamówienia\tData zamówienia\tIdentyfikator RMA Amazon\tSKU sprzedawcy\tPowód zwrotu\tNumer śledzenia",
        "Beställningsnummer\tBeställningsdatum\tAmazons RMA-ID\tSäljarens SKU\tReturorsak\tSpårningsnummer",
        "SİPARİŞ NUMARASI\tSipariş Tarihi\tAmazon RMA Kimliği\tSatıcı SKU\tİade Nedeni\tTakip Numarası",
    ] {
        let row = "111-2222222-3333333\t10-Jul-2026\tDabcd1RRMA\tLAMP-1\tCR-DEFECTIVE\t1Z999";
        let (form, documents) = read(format!("{header}\n{row}\n"));
        assert_eq!(form.format.name(), "returns-report", "{header}");
        assert_eq!(form.format.kind(), Kind::Return);
        let leaves = leaves(&documents[0].json);
        let told = |path: &str| leaves.iter().find(|(at, _)| at == path).map(|(_, leaf)| leaf.as_str());
        assert_eq!(told("returns[].returnId"), Some("\"Dabcd1RRMA\""), "{header}");
        assert_eq!(told("returns[].trackingNumber"), Some("\"1Z999\""), "{header}");
        assert_eq!(told("returns[].items[].reason"), Some("\"CR-DEFECTIVE\""), "{header}");
        assert_eq!(
            leaves.len(),
            6,
            "{header}: {:?}",
            leaves.iter().map(|(path, _)| path).collect::<Vec<_>>()
        );
    }
}
