//! Documents that are made inside, and the register of what is on paper.

use serde_json::json;

use crate::support::*;

const NOW: &str = "2026-03-02T09:00:00Z";
const NAME: &str = "Quirina Zettelmann";
const ORDER: &str = "ALPHA/302-1111111-0000001";

fn order() -> String {
    json!({
        "orderId": "302-1111111-0000001", "createdTime": "2026-03-01T08:00:00Z", "lastUpdatedTime": "2026-03-01T10:00:00Z",
        "buyer": { "buyerName": NAME, "buyerEmail": "q@mail.example" },
        "recipient": { "deliveryAddress": {
            "name": NAME, "addressLine1": "1 Mill Lane", "city": "Leeds", "countryCode": "GB", "phone": "+441132220000"
        } },
        "orderItems": [{ "orderItemId": "1", "quantityOrdered": 2, "product": { "title": "Kettle" } }],
        "fulfillment": { "fulfillmentStatus": "SHIPPED" },
        "packages": [{ "packageReferenceId": "1", "shipTime": "2026-03-02T08:00:00Z" }]
    })
    .to_string()
}

fn home() -> Trial {
    let trial = Trial::at(NOW);
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], &order()).ends(0);
    trial
}

fn service(trial: &Trial, purpose: &str, classes: &str) -> String {
    let words = ["service", "add", purpose, "--seller", "ALPHA", "--purpose", purpose, "--class", classes];
    trial.json(&words)["key"].as_str().unwrap().to_owned()
}

#[test]
fn a_document_is_made_inside_and_stays_open_until_it_is_said_what_became_of_it() {
    let trial = home();
    let out = |name: &str| trial.path(name).to_str().unwrap().to_owned();
    let made = trial.json(&["render", "packing-slip", ORDER, "--out", &out("slip.html")]);
    assert_eq!(made["print"], 1);
    let slip = std::fs::read_to_string(trial.path("slip.html")).unwrap();
    assert!(slip.contains(NAME) && slip.contains("Kettle") && !slip.contains("+44"), "{slip}");
    trial.run(&["render", "label", ORDER, "--out", &out("label.pdf")]).ends(0);
    assert!(std::fs::read(trial.path("label.pdf")).unwrap().starts_with(b"%PDF"));
    let label = trial.run(&["render", "label", ORDER, "--format", "zpl"]).ends(0);
    assert!(
        label.text().starts_with("^XA")
            && label.text().contains(NAME)
            && label.err.contains("print destroyed 3")
    );
    // Nothing is written over, and no number is given to what has no place.
    trial.run(&["render", "invoice", ORDER, "--out", &out("slip.html")]).ends(1);
    trial.run(&["render", "invoice", ORDER, "--format", "pdf", "--out", &out("a")]).ends(1);
    trial.run(&["render", "invoice", "ALPHA/302-1111111-0000009", "--out", &out("a")]).ends(5);

    let added =
        trial.run(&["print", "add", "--what", "pick list", "--copies", "12", "--place", "table"]).ends(0);
    assert!(added.text().contains("print 4 is open"), "{}", added.text());
    trial.run(&["print", "add", ORDER, "--what", "pro forma"]).ends(0);
    let listed = trial.run(&["print", "list"]).ends(0).text();
    assert!(
        listed.contains("packing-slip") && listed.contains("pick list") && listed.contains(ORDER),
        "{listed}"
    );
    trial.run(&["print", "destroyed", "1-3", "--how", "shredded", "--by", "Ben Beispiel"]).ends(0);
    trial.run(&["print", "destroyed", "3", "--how", "burned"]).ends(1);
    trial.run(&["print", "destroyed", "9", "--how", "burned"]).ends(5);
    let prints = trial.json(&["print", "list"]);
    assert_eq!(prints["prints"][0]["ended"]["done_by"], "Ben Beispiel");
    assert_eq!(prints["prints"][4]["reference"], "302-1111111-0000001");

    // In time the personal data on the last ends, and paper does not by itself.
    trial.later("2026-04-02T09:00:00Z");
    let listed = trial.run(&["print", "list"]).ends(0).text();
    assert!(listed.contains("2 overdue") && listed.contains("2.3.d"), "{listed}");
    let events = trial.run(&["--output", "json", "ledger", "tail", "-n", "100"]).ends(0).text();
    assert!(events.contains(r#""step":"made""#) && events.contains(r#""how":"shredded""#));
    for secret in ["Ben Beispiel", "pick list", "302-1111111", NAME] {
        assert!(!events.contains(secret), "{secret}");
    }
    for name in ["slip.html", "label.pdf"] {
        std::fs::remove_file(trial.path(name)).unwrap();
    }
    assert_nowhere(&trial.kept(), &[NAME.to_owned(), "Ben Beispiel".to_owned(), "pick list".to_owned()]);
    trial.run(&["ledger", "verify"]).ends(0);
}

#[test]
fn there_is_no_document_where_a_field_of_it_is_refused() {
    let trial = home();
    let whole = service(&trial, "fulfilment", "identity,address");
    let part = service(&trial, "invoice", "identity");
    let trial = trial.with_key(&whole);
    assert!(trial.run(&["render", "label", ORDER, "--format", "zpl"]).ends(0).text().contains(NAME));
    let denied = trial.run(&["render", "invoice", ORDER]).ends(4);
    assert!(denied.out.is_empty() && denied.err.contains("invoice"), "{}", denied.err);
    trial.run(&["render", "label", "BETA/1-1-1"]).ends(4);
    trial.run(&["print", "list"]).ends(4);
    let trial = trial.with_key(&part);
    let denied = trial.run(&["render", "invoice", ORDER]).ends(4);
    assert!(denied.out.is_empty() && denied.err.contains("address"), "{}", denied.err);
    let trial = trial.without_key();
    assert_eq!(trial.json(&["print", "list"])["prints"].as_array().unwrap().len(), 1);
}

#[test]
fn a_template_of_the_home_is_checked_before_anything_is_printed_by_it() {
    let trial = home();
    std::fs::create_dir(trial.path("home/templates")).unwrap();
    let template = |line: &str| {
        trial.write(
            "home/templates/label.toml",
            format!("title = 'Ours'\n[[block]]\nsize = 6\nlines = [\"{line}\"]\n"),
        );
    };
    template("From the Mill, to {recipient.deliveryAddress.name} {recipient.deliveryAddress.phone}");
    let label = trial.run(&["render", "label", ORDER, "--format", "zpl"]).ends(0).text();
    assert!(label.contains("From the Mill, to Quirina Zettelmann _2B441132220000"), "{label}");
    template("{tax.taxRegistrations[].taxRegistrationNumber}");
    let refused = trial.run(&["print", "list"]).ends(1);
    assert!(
        refused.err.contains("label.toml")
            && refused.err.contains("2.1.b")
            && refused.err.contains("taxRegistrationNumber"),
        "{}",
        refused.err
    );
    // What is denied to everybody else is denied to a template as well.
    template("{buyer.buyerName}");
    trial.run(&["print", "list"]).ends(0);
}
