//! What commands say when something is not as they were asked: which of several, what else there is, how to go on.

use crate::support::{MAIL, PASSWORD, Trial};

const NOW: &str = "2026-03-02T09:00:00Z";

/// A home with orders in it, and the names of two.
fn with_two() -> (Trial, [String; 2]) {
    let trial = Trial::at(NOW);
    let input = trial.run(&["synth", "--orders", "40", "--seed", "5", "--now", NOW]).ends(0).text();
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], &input).ends(0);
    let orders = input.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let shipped = orders.filter(|order| {
        order["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
            && order["recipient"]["deliveryAddress"]["name"].is_string()
    });
    let mut names = shipped
        .map(|order| format!("ALPHA/{}", order["orderId"].as_str().unwrap()))
        .filter(|name| trial.run(&["reveal", name, "--purpose", "fulfilment"]).status == 0);
    let two = [names.next().unwrap(), names.next().unwrap()];
    drop(names);
    (trial, two)
}

#[test]
fn a_field_that_no_order_has_is_named() {
    let (trial, [order, _]) = with_two();
    let reveal = ["reveal", &order, "--purpose", "fulfilment", "--field", "nonsense.path"];
    let refused = trial.run(&reveal).ends(5);
    assert!(refused.err.contains(&format!("{order} has no such field: nonsense.path")), "{}", refused.err);
    let unknown = trial.run(&["reveal", "ALPHA/1-1-1", "--purpose", "fulfilment"]).ends(5);
    assert!(unknown.err.contains("nothing of this name"), "{}", unknown.err);
}

#[test]
fn what_is_denied_of_several_orders_names_its_order() {
    let (trial, [one, other]) = with_two();
    let classes = ["--purpose", "fulfilment", "--class", "address"];
    let key = trial.json(&[&["service", "add", "labels", "--seller", "ALPHA"][..], &classes].concat());
    let trial = trial.with_key(key["key"].as_str().unwrap());
    let both = trial.run(&["reveal", &one, &other, "--purpose", "fulfilment"]).ends(0);
    for order in [&one, &other] {
        let named = format!("denied: {order} recipient.deliveryAddress.name ");
        assert!(both.err.contains(&named), "{}", both.err);
    }
    let alone = trial.run(&["reveal", &one, "--purpose", "fulfilment"]).ends(0);
    assert!(alone.err.contains("denied: recipient.deliveryAddress.name "), "{}", alone.err);
}

#[test]
fn an_export_counts_in_numbers() {
    let trial = Trial::at(NOW);
    let exported = trial.json(&["ledger", "export", "--out", "ledger"]);
    assert!(exported["files"].as_u64().unwrap() > 0 && exported["size"].as_u64().unwrap() > 0, "{exported}");
}

#[test]
fn a_wrong_member_of_a_closed_set_names_the_others() {
    let trial = Trial::empty();
    let add = ["service", "add", "labels", "--seller", "ALPHA"];
    let purpose = trial.run(&[&add[..], &["--purpose", "fun", "--class", "tax"]].concat()).ends(2);
    assert!(purpose.err.contains("purposes are: fulfilment, tax, invoice,"), "{}", purpose.err);
    let class = trial.run(&[&add[..], &["--purpose", "tax", "--class", "foo"]].concat()).ends(2);
    assert!(class.err.contains("classes are: identity, contact,"), "{}", class.err);
    let time = trial.run(&["collect", "--seller", "ALPHA", "--as-of", "yesterday", "-"]).ends(2);
    assert!(time.err.contains("RFC 3339, such as"), "{}", time.err);
}

#[test]
fn a_home_that_was_asked_for_wrongly_is_usage_and_nothing_is_made() {
    let trial = Trial::empty();
    let owner = format!("Ada Muster <{MAIL}>");
    let init = ["init", "--environment", "test", "--password-stdin", "--owner"];
    for words in [
        &[owner.as_str(), "--mirror", "one"][..],
        &[&owner, "--mirror", "one", "--mirror", "one"],
        &[&owner, "--mirror", "one", "--mirror", "./one/"],
        &["garbage"],
    ] {
        trial.run_with(&[&init[..], words].concat(), PASSWORD).ends(2);
        assert!(!trial.path("home").exists() && !trial.path("one").exists());
    }
}

#[test]
fn a_password_without_end_is_not_read_to_its_end() {
    let trial = Trial::at(NOW);
    let refused =
        trial.run_with(&["login", "--as", MAIL, "--password-stdin"], &"x".repeat(1_000_000)).ends(2);
    assert!(refused.err.contains("4096 bytes"), "{}", refused.err);
    let find = ["find", "--seller", "ALPHA", "--name", "-"];
    assert!(trial.run_with(&find, &"x".repeat(1_000_000)).ends(2).err.contains("4096 bytes"));
}
