//! A mapping of one's own from its draft to its end, as whoever gets a shop's spreadsheet meets it.

use serde_json::{Value, json};

use crate::support::{Trial, assert_nowhere};

const NOW: &str = "2026-03-02T09:00:00Z";
const SECRETS: [&str; 8] = [
    "Quirina Zettelmännin",
    "Testfrau; Wilma",
    "quirina@zettel.example",
    "wilma@zettel.example",
    "15123456789",
    "Unter den Kastanien 77",
    "Kastanien\" 3, Hof",
    "Zaunkönig zu Anklam",
];
const FIRST: &str = "ALPHA/302-1234567-0000001";

/// A shop's export with German headings. Nobody can tell what its last column holds.
const EXPORT: &str = "\
Bestellnummer;Bestelldatum;Kundenname;E-Mail;Telefon;Straße;PLZ;Ort;Land;Artikelnummer;Menge;Preis;Kennwort der Abholung\r\n\
302-1234567-0000001;01.03.2026;Quirina Zettelmännin;quirina@zettel.example;0151 23456789;Unter den Kastanien 77;17389;Anklam;Deutschland;K-1;2;1.019,90;Zaunkönig zu Anklam\r\n\
302-1234567-0000002;28.02.2026;\"Testfrau; Wilma\";wilma@zettel.example;;\"Zu den \"\"Kastanien\"\" 3, Hof\";04109;Leipzig;DE;K-2;1;5,00;\r\n";

fn collect(trial: &Trial, file: &str, words: &[&str], status: i32) -> Value {
    let ran = trial.run(&[&["--output", "json", "collect", "--seller", "ALPHA", file], words].concat());
    ran.ends(status).json()
}

fn revealed(trial: &Trial, record: &str) -> Value {
    let answer = trial.json(&["reveal", record, "--purpose", "fulfilment"]);
    answer["records"][0]["fields"].clone()
}

/// The formats that the home reads by a mapping of its own.
fn own(trial: &Trial) -> Vec<String> {
    let listed = trial.json(&["mapping", "list"]);
    let all = listed["mappings"].as_array().unwrap();
    assert!(all.iter().any(|one| one["name"] == "orders-v0" && one["own"] == false));
    all.iter().filter(|one| one["own"] == true).map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_draft_is_looked_through_put_to_use_bettered_and_taken_away() {
    let trial = Trial::at(NOW);
    let file = trial.write("Bestellungen März.csv", EXPORT);
    // No mapping says what this is, and nothing is guessed.
    let refused = trial.run(&["collect", "--seller", "ALPHA", &file]).ends(1);
    assert!(refused.err.contains("bailee mapping draft"), "{}", refused.err);

    let drafted = trial.run(&["mapping", "draft", &file, "--name", "hofladen"]).ends(0);
    let draft = drafted.text();
    for line in [
        "\"bestellnummer\" = \"orderId\"",
        "\"straße\" = \"recipient.deliveryAddress.addressLine1\"",
        "# \"kennwort-der-abholung\" = \"…\"",
    ] {
        assert!(draft.contains(line), "{line} is not in\n{draft}");
    }
    let mapping = trial.write("hofladen.toml", &draft);
    trial.run(&["mapping", "add", &mapping]).ends(0);
    assert_eq!(own(&trial), ["hofladen"]);
    assert_eq!(trial.run(&["mapping", "show", "hofladen"]).ends(0).text(), draft);
    assert_eq!(trial.json(&["mapping", "show", "hofladen"])["toml"], draft.as_str());

    let counts = collect(&trial, &file, &[], 0);
    assert_eq!((&counts["read"], &counts["collected"]), (&json!(2), &json!(2)));
    let fields = revealed(&trial, FIRST);
    let address = |name: &str| fields[format!("recipient.deliveryAddress.{name}")].clone();
    assert_eq!(fields["buyer.buyerName"], "Quirina Zettelmännin");
    assert_eq!(fields["buyer.buyerEmail"], "quirina@zettel.example");
    assert_eq!(
        ["phone", "addressLine1", "postalCode"].map(address),
        ["+4915123456789", "Unter den Kastanien 77", "17389"]
    );
    let fields = revealed(&trial, "ALPHA/302-1234567-0000002");
    assert_eq!(fields["buyer.buyerName"], "Testfrau; Wilma");
    assert_eq!(fields["recipient.deliveryAddress.addressLine1"], "Zu den \"Kastanien\" 3, Hof");
    // What nobody has named is sealed, and listed.
    let unclassified = trial.json(&["catalogue", "unclassified"]).to_string();
    assert!(unclassified.contains("kennwort-der-abholung"), "{unclassified}");

    // Now somebody knows what the last column is; a mapping of the same name gives way.
    let line = "\"kennwort-der-abholung\" = \"recipient.deliveryPreference.addressInstruction\"";
    let better = draft.replace("# \"kennwort-der-abholung\" = \"…\"", line);
    let mapping = trial.write("better.toml", &better);
    trial.run(&["mapping", "add", &mapping]).ends(0);
    assert_eq!(own(&trial), ["hofladen"]);
    let counts = collect(&trial, &file, &["--format", "hofladen"], 0);
    assert_eq!((&counts["read"], &counts["collected"]), (&json!(2), &json!(0)), "{counts}");
    let instruction = "recipient.deliveryPreference.addressInstruction";
    assert_eq!(revealed(&trial, FIRST)[instruction], "Zaunkönig zu Anklam");

    trial.run(&["mapping", "remove", "hofladen"]).ends(0);
    assert!(own(&trial).is_empty());
    trial.run(&["mapping", "show", "hofladen"]).ends(5);
    trial.run(&["mapping", "remove", "hofladen"]).ends(5);
    trial.run(&["collect", "--seller", "ALPHA", &file]).ends(1);
    assert_eq!(revealed(&trial, FIRST)[instruction], "Zaunkönig zu Anklam", "what came in by it stays");

    let mut files = trial.kept();
    files.push(("the draft".into(), [drafted.out, drafted.err.into()].concat()));
    assert_nowhere(&files, &SECRETS.map(str::to_owned));
    trial.run(&["ledger", "verify"]).ends(0);
}

#[test]
fn a_row_that_no_mapping_fits_waits_until_one_is_mended() {
    let trial = Trial::at(NOW);
    let file = trial.write("orders.csv", EXPORT);
    let draft = trial.run(&["mapping", "draft", &file, "--name", "hofladen"]).ends(0).text();
    // Somebody took the customer for the order's number.
    let wrong = draft
        .replace("\"bestellnummer\" = \"orderId\"", "# \"bestellnummer\" = \"…\"")
        .replace("\"kundenname\" = \"buyer.buyerName\"", "\"kundenname\" = \"orderId\"");
    let (wrong, right) = (trial.write("wrong.toml", wrong), trial.write("right.toml", draft));
    trial.run(&["mapping", "add", &wrong]).ends(0);
    let counts = collect(&trial, &file, &[], 3);
    assert_eq!((&counts["read"], &counts["quarantined"]), (&json!(2), &json!(2)));
    let items = trial.json(&["quarantine", "list"]);
    let items = items["quarantined"].as_array().unwrap();
    assert!(items.iter().all(|item| item["reason"] == "order-id"), "{items:?}");
    trial.run(&["quarantine", "retry", "--all"]).ends(3);

    trial.run(&["mapping", "add", &right]).ends(0);
    trial.run(&["quarantine", "retry", "--all"]).ends(0);
    assert_eq!(revealed(&trial, FIRST)["recipient.deliveryAddress.addressLine1"], "Unter den Kastanien 77");
    assert_nowhere(&trial.kept(), &SECRETS.map(str::to_owned));
}

#[test]
fn a_mapping_that_is_none_is_refused_by_its_place_and_changes_nothing() {
    let trial = Trial::at(NOW);
    let head = "format = \"hofladen\"\ntitle = \"x\"\nkind = \"order\"\nsyntax = \"table\"\n[recognise]\nall = [\"nr\"]\n";
    for (fields, said) in [
        (
            "[fields]\n\"nr\" = \"orderId\"\n\"strasse\" = \"recipient.deliveryAddress\"\n",
            "recipient.deliveryAddress",
        ),
        ("[fields]\n\"strasse\" = \"recipient.deliveryAddress.addressLine1\"\n", "orderId"),
        ("[fields]\n\"nr\" = \n", "wrong.toml"),
    ] {
        let mapping = trial.write("wrong.toml", format!("{head}{fields}"));
        let refused = trial.run(&["mapping", "add", &mapping]).ends(1);
        assert!(refused.err.contains(said), "{said}: {}", refused.err);
    }
    let taken = trial.write("taken.toml", trial.run(&["mapping", "show", "orders-v0"]).ends(0).out);
    trial.run(&["mapping", "add", &taken]).ends(1);
    trial.run(&["mapping", "remove", "orders-v0"]).ends(1);
    // Without a header line the values of the first row would be names.
    let headless = trial.write("headless.csv", EXPORT.split_once("\r\n").unwrap().1);
    let refused = trial.run(&["mapping", "draft", &headless]).ends(1);
    assert!(refused.text().is_empty());
    assert!(SECRETS.iter().all(|secret| !refused.err.contains(secret)), "{}", refused.err);
    assert!(own(&trial).is_empty());
}
