//! What is inside, read with tools that know nothing of this program.

use std::io::Write;
use std::process::Command;

use bailee_core::{Environment, HomeId, Kind};

use super::*;

fn record(reference: &str, fields: &[(&str, &str)]) -> Revealed {
    let fields = fields.iter().map(|(path, json)| ((*path).to_owned(), serde_json::from_str(json).unwrap()));
    Revealed {
        record: RecordId([7; 16]),
        seller: "ALPHA".parse().unwrap(),
        kind: Kind::Order,
        reference: reference.parse().unwrap(),
        fields: fields.collect(),
    }
}

fn plan() -> Plan {
    Plan {
        seller: "ALPHA".parse().unwrap(),
        records: vec![RecordId([1; 16])],
        day: None,
        fields: vec!["buyer.buyerName".into()],
        purpose: "tax".parse().unwrap(),
        statute: "DE-AO-147".parse().unwrap(),
        until: "2036-12-31".parse().unwrap(),
        key: RecordId([2; 16]),
        fingerprint: "ab".repeat(32),
    }
}

fn finished(draft: Draft) -> Vec<u8> {
    let binding = Binding { home: HomeId([3; 16]), environment: Environment::Test };
    let about = draft.about(binding, RecordId([4; 16]), &plan(), "2026-11-28T09:00:00Z".parse().unwrap());
    draft.finish(&about).unwrap()
}

#[test]
fn a_stock_tar_unpacks_it_and_both_forms_say_the_same() {
    let mut draft = Draft::new();
    let nasty = r#""Wilma \"W.\" Larkspur, 3\r\nHaus""#;
    draft.add(&record("1-1", &[("buyer.buyerName", nasty), ("tax.count", "3")]), &[]).unwrap();
    draft.add(&record("1-2", &[("buyer.buyerName", "\"Zoë\"")]), &[]).unwrap();
    draft.add(&record("1-3", &[]), &[]).unwrap();
    assert_eq!((draft.records, draft.values), (2, 3));
    let place = tempfile::tempdir().unwrap();
    let mut file = std::fs::File::create_new(place.path().join("a.tar")).unwrap();
    file.write_all(&finished(draft)).unwrap();
    let ran = Command::new("tar").args(["-xvf", "a.tar"]).current_dir(&place).output().unwrap();
    assert!(ran.status.success());
    let names = "README.txt\narchive.json\nrecord.schema.json\nrecords.ndjson\nrecords.csv\n";
    assert_eq!(String::from_utf8(ran.stdout).unwrap(), names);
    let read = |name: &str| std::fs::read_to_string(place.path().join(name)).unwrap();
    let lines: Vec<Value> =
        read("records.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["fields"]["buyer.buyerName"], "Wilma \"W.\" Larkspur, 3\r\nHaus");
    assert_eq!(
        read("records.csv"),
        "seller,kind,reference,path,value\r\n\
         ALPHA,order,1-1,buyer.buyerName,\"Wilma \"\"W.\"\" Larkspur, 3\r\nHaus\"\r\n\
         ALPHA,order,1-1,tax.count,3\r\n\
         ALPHA,order,1-2,buyer.buyerName,Zoë\r\n"
    );
    let about: Value = serde_json::from_str(&read("archive.json")).unwrap();
    assert_eq!((&about["statute"], &about["until"]), (&json!("DE-AO-147"), &json!("2036-12-31")));
    let _schema: Value = serde_json::from_str(&read("record.schema.json")).unwrap();
}

#[test]
fn an_archive_takes_so_many_bytes_and_not_one_more() {
    let of = |bytes: usize| record("1-1", &[("buyer.buyerName", &format!("\"{}\"", "x".repeat(bytes)))]);
    let around = {
        let mut draft = Draft::new();
        draft.add(&of(1), &[]).unwrap();
        draft.lines.0.len() + draft.table.0.len() - 2
    };
    // Each byte of the value stands in both forms.
    let most = (RECORDS_BYTES_MAX - around) / 2;
    let mut draft = Draft::new();
    draft.add(&of(most), &[]).unwrap();
    assert!(finished(draft).len() <= CONTENT_BYTES_MAX);
    assert_eq!(Draft::new().add(&of(most + 1), &[]).unwrap_err().code(), "archive-too-large");
}
