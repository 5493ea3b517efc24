//! What nobody named, from the command line: listed, decided of, and followed by what is sealed.

use serde_json::{Value, json};

use crate::support::{Trial, assert_nowhere};

const NOW: &str = "2026-03-02T12:00:00Z";
const NOTE: &str = "orderItems[].extra.gift-note";

fn order(number: u32) -> Value {
    json!({
        "orderId": format!("302-1111111-{number:07}"), "createdTime": "2026-03-01T10:00:00Z",
        "lastUpdatedTime": "2026-03-02T10:00:00Z",
        "fulfillment": {"fulfillmentStatus": "UNSHIPPED"},
        "orderItems": [{"orderItemId": "A", "extra": {"gift-note": format!("Zephyrine rings twice {number}")}}],
        "extra": {"colour": "Vermilionish", "wilma.testperson@zettel.example": "Ottokar Larkspur"}
    })
}

fn trial() -> Trial {
    let trial = Trial::at(NOW);
    let orders: String = (0..6).map(|number| format!("{}\n", order(number))).collect();
    let file = trial.write("orders.ndjson", orders);
    trial.run(&["collect", "--seller", "ALPHA", &file]).ends(0);
    trial
}

#[test]
fn a_field_that_nobody_named_is_listed_classified_and_revealed_for_its_purposes_only() {
    let trial = trial();
    let listed = trial.json(&["catalogue", "unclassified", "--seller", "ALPHA"]);
    let line = |path: &str| {
        let lines = listed["unclassified"].as_array().unwrap();
        lines.iter().find(|line| line["path"] == path).unwrap_or_else(|| panic!("{listed}")).clone()
    };
    assert_eq!(line(NOTE)["records"], json!(6));
    assert_eq!(line(NOTE)["suggestion"]["class"], json!("free-text"));
    assert_eq!(line("extra.<mail>")["masked"], json!(true));
    let table = trial.run(&["catalogue", "unclassified"]).ends(0).text();
    for secret in ["Zephyrine", "Ottokar", "Vermilion", "testperson"] {
        assert!(!table.contains(secret) && !listed.to_string().contains(secret), "{secret}");
    }

    let record = "ALPHA/302-1111111-0000003";
    let field = "orderItems[A].extra.gift-note";
    let reveal = ["reveal", record, "--purpose", "fulfilment", "--field", field];
    trial.run(&reveal).ends(5);
    let words = [
        "catalogue",
        "classify",
        NOTE,
        "--class",
        "free-text",
        "--purpose",
        "fulfilment",
        "--cleaner",
        "text",
    ];
    let decided = trial.json(&words);
    assert_eq!((&decided["field"]["id"], &decided["followed"]["changed"]), (&json!(10_000), &json!(6)));
    assert_eq!(trial.json(&reveal)["records"][0]["fields"][field], json!("Zephyrine rings twice 3"));
    trial.run(&["reveal", record, "--purpose", "tax", "--field", field]).ends(4);
    let shown = trial.json(&["catalogue", "show", NOTE]);
    assert_eq!(shown["fields"][0]["purposes"], json!(["fulfilment"]));
    assert!(trial.run(&["catalogue", "list"]).ends(0).text().contains("buyer.buyerName"));

    let personal =
        ["Zephyrine rings twice", "Ottokar Larkspur", "Vermilionish", "wilma.testperson@zettel.example"];
    assert_nowhere(&trial.kept(), &personal.map(str::to_owned));
    trial.run(&["ledger", "verify"]).ends(0);
}

#[test]
fn a_fact_is_shown_and_what_is_looser_or_a_value_is_refused() {
    let trial = trial();
    let record = "ALPHA/302-1111111-0000002";
    assert!(!trial.run(&["show", record]).ends(0).text().contains("Vermilionish"));
    let reason = "the colour of the thing, which the seller chose";
    trial.run(&["catalogue", "classify", "extra.colour", "--fact", reason]).ends(0);
    assert!(trial.run(&["show", record]).ends(0).text().contains("Vermilionish"));
    assert_eq!(trial.json(&["catalogue", "show", "extra.colour"])["fields"][0]["reason"], json!(reason));

    let looser =
        trial.run(&["catalogue", "classify", "buyer.buyerName", "--fact", "it is only a name"]).ends(1);
    assert!(looser.err.contains("0.e"), "{}", looser.err);
    let listed = trial.json(&["catalogue", "unclassified"]);
    let mail = listed["unclassified"]
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["path"] == "extra.<mail>")
        .unwrap();
    let number = mail["number"].to_string();
    let by_number =
        ["catalogue", "classify", "--number", &number, "--class", "identity", "--purpose", "fulfilment"];
    assert!(!trial.run(&by_number).ends(1).err.contains("testperson"));
    trial.run(&["catalogue", "classify", "extra.x"]).ends(2);
    trial.run(&["catalogue", "classify", "extra.x", "--class", "nonsense"]).ends(2);
    trial.run(&["catalogue", "show", "extra.x"]).ends(5);
}
