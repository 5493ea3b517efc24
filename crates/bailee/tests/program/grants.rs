//! A grant asked for, approved by the other, used, spent and expired; broken glass that nobody reviews.

use crate::support::*;

pub(crate) const BEN: &str = "ben.beispiel@example.com";
pub(crate) const CEM: &str = "cem.beispiel@example.com";
const DANA: &str = "dana.beispiel@example.com";
const OTHERS_PASSWORD: &str = "Grey-Anvil-203-Kettle";
pub(crate) const ORDER: &str = r#"{"orderId":"250-1234567-1234567","createdTime":"2026-03-01T09:00:00Z","buyer":{"buyerName":"Juniper Fernsby","buyerEmail":"j@example.com"},"fulfillment":{"fulfillmentStatus":"UNSHIPPED"}}"#;
const NAME: &str = "buyer.buyerName";

pub(crate) fn join(trial: &Trial, name: &str, mail: &str, role: &str) {
    let invited = trial.json(&["person", "invite", &format!("{name} <{mail}>"), "--role", role]);
    let mut code = None;
    if let Some(proposal) = invited["proposal"].as_str() {
        // Who could approve things, where somebody else can already.
        assert!(accept(trial, &invited, None).ends(4).err.contains("1.3.b"));
        log_in(trial, CEM);
        assert!(trial.run(&["proposal", "list"]).ends(0).text().contains(name));
        code = trial.json(&["proposal", "approve", proposal])["code"].as_str().map(ToOwned::to_owned);
        // Whoever invited them is not who comes.
        let refused = accept(trial, &invited, None).ends(4);
        assert!(refused.err.contains("--code-stdin"), "{}", refused.err);
    }
    accept(trial, &invited, code.as_deref()).ends(0);
    trial.log_in();
}

/// Accepts an invitation, with the code of whoever approved it.
pub(crate) fn accept(trial: &Trial, invited: &serde_json::Value, code: Option<&str>) -> Ran {
    let words = ["person", "accept", "--invitation-stdin", "--password-stdin"];
    let lines = format!("{}\n{OTHERS_PASSWORD}\n", invited["invitation"].as_str().unwrap());
    match code {
        None => trial.run_with(&words, &lines),
        Some(code) => trial.run_with(&[&words[..], &["--code-stdin"]].concat(), &format!("{lines}{code}\n")),
    }
}

pub(crate) fn log_in(trial: &Trial, mail: &str) {
    let password = if mail == MAIL { PASSWORD } else { OTHERS_PASSWORD };
    trial.run_with(&["login", "--as", mail, "--password-stdin"], password).ends(0);
}

/// A home that asks for a second person, with the operator Ben, the officer Cem and an order.
pub(crate) fn home() -> Trial {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    trial.configure("[access]", "second_person = true");
    join(&trial, "Ben Beispiel", BEN, "operator");
    join(&trial, "Cem Beispiel", CEM, "officer");
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], ORDER).ends(0);
    trial
}

const REVEAL: [&str; 6] = ["reveal", "ALPHA/250-1234567-1234567", "--purpose", "fulfilment", "--field", NAME];

#[test]
fn a_grant_is_asked_for_approved_by_the_other_used_spent_and_ends() {
    let trial = home();
    log_in(&trial, BEN);
    let denied = trial.run(&REVEAL).ends(4);
    assert!(denied.err.contains("1.3.b") && denied.err.contains("grant ask"), "{}", denied.err);
    let ask = [
        "grant",
        "ask",
        "--seller",
        "ALPHA",
        "--class",
        "identity",
        "--purpose",
        "fulfilment",
        "--until",
        "2d",
        "--fields-a-day",
        "2",
    ];
    let asked = trial.json(&ask);
    assert_eq!(asked.as_object().unwrap().keys().collect::<Vec<_>>(), ["id"]);
    let id = asked["id"].as_str().unwrap();
    trial.run(&REVEAL).ends(4);
    trial.run(&["grant", "approve", id]).ends(4);

    log_in(&trial, CEM);
    let explain = || {
        trial.json(&[
            "access",
            "explain",
            BEN,
            "reveal",
            "ALPHA/250-1234567-1234567",
            "--field",
            NAME,
            "--purpose",
            "fulfilment",
        ])
    };
    let explained = explain();
    assert_eq!((&explained["decision"], &explained["requirement"]), (&"deny".into(), &"1.3.b".into()));
    trial.run(&["grant", "approve", id]).ends(0);
    let explained = explain();
    assert_eq!(explained["policies"][0], "grant-reveals");
    let who = trial.run(&["access", "who", "ALPHA/250-1234567-1234567", "--field", NAME]).ends(0).text();
    assert!(who.contains("Ben Beispiel"), "{who}");

    log_in(&trial, BEN);
    let mail =
        ["reveal", "ALPHA/250-1234567-1234567", "--purpose", "fulfilment", "--field", "buyer.buyerEmail"];
    assert!(trial.run(&mail).ends(4).err.contains("contact"));
    for _ in 0..2 {
        assert!(trial.run(&REVEAL).ends(0).text().contains("Juniper Fernsby"));
    }
    let spent = trial.run(&REVEAL).ends(4);
    assert!(
        spent.err.contains("volume of this day is spent"),
        "each command is a process of its own: {}",
        spent.err
    );
    log_in(&trial, CEM);
    let explained = explain();
    assert_eq!((&explained["decision"], &explained["requirement"]), (&"deny".into(), &"1.3.b".into()));
    log_in(&trial, BEN);
    trial.later_as("2026-03-03T09:00:00Z", &["grant", "list"]);
    trial.run(&REVEAL).ends(0);
    trial.later_as("2026-03-04T09:00:01Z", &["grant", "list"]);
    assert!(trial.run(&REVEAL).ends(4).err.contains("the grant has ended"));
    log_in(&trial, MAIL);
    let grants = trial.json(&["grant", "list"]);
    assert_eq!(
        (&grants["grants"][0]["state"], &grants["grants"][0]["used_on"]),
        (&"expired".into(), &"2026-03-03".into())
    );
    let tail = trial.run(&["ledger", "tail", "-n", "100"]).ends(0).text();
    assert!(tail.contains("grant-asked") && tail.contains("grant-approved"), "{tail}");
}

#[test]
fn broken_glass_that_nobody_reviews_suspends_itself_and_its_user() {
    let trial = home();
    log_in(&trial, BEN);
    let glass =
        ["grant", "break-glass", "--seller", "ALPHA", "--purpose", "fulfilment", "--ticket", "OPS-1234"];
    trial.run(&glass).ends(0);
    assert!(trial.run(&REVEAL).ends(0).text().contains("Juniper Fernsby"));
    trial.run(&glass).ends(1);
    log_in(&trial, MAIL);
    let grants = trial.run(&["grant", "list"]).ends(0).text();
    assert!(grants.contains("review by 2026-03-03T09:00:00Z"), "{grants}");
    trial.later("2026-03-03T09:00:01Z");
    let people = trial.json(&["person", "list"]);
    let ben = people["people"].as_array().unwrap().iter().find(|one| one["mail"] == BEN).unwrap();
    assert_eq!(ben["standing"], "suspended");
    trial.run_with(&["login", "--as", BEN, "--password-stdin"], OTHERS_PASSWORD).ends(4);
    let tail = trial.run(&["ledger", "tail", "-n", "100"]).ends(0).text();
    assert!(
        tail.contains("glass-broken") && tail.contains("grant-revoked") && tail.contains("person-suspended")
    );
}

#[test]
fn a_service_of_a_home_that_asks_for_two_people_reveals_when_the_other_has_approved_it() {
    let trial = home();
    let words =
        ["service", "add", "labels", "--seller", "ALPHA", "--purpose", "fulfilment", "--class", "identity"];
    let added = trial.json(&words);
    let (key, proposal) = (added["key"].as_str().unwrap(), added["proposal"].as_str().unwrap());
    let trial = trial.with_key(key);
    trial.run(&REVEAL).ends(4);
    let trial = trial.without_key();
    let own = trial.run(&["proposal", "approve", proposal]).ends(4);
    assert!(own.err.contains("1.3.b"), "{}", own.err);
    let shown = trial.run(&["proposal", "show", proposal]).ends(0).text();
    assert!(shown.contains("release-service") && shown.contains("identity"), "{shown}");
    log_in(&trial, CEM);
    trial.run(&["proposal", "approve", proposal]).ends(0);
    trial.with_key(key).run(&REVEAL).ends(0);
}

#[test]
fn a_key_that_a_leaver_knows_takes_in_for_a_day_and_a_key_made_anew_takes_a_second_person() {
    let trial = home();
    join(&trial, "Dana Beispiel", DANA, "owner");
    log_in(&trial, DANA);
    let words =
        ["service", "add", "labels", "--seller", "ALPHA", "--purpose", "fulfilment", "--class", "identity"];
    let added = trial.json(&words);
    let key = added["key"].as_str().unwrap().to_owned();
    log_in(&trial, CEM);
    trial.run(&["proposal", "approve", added["proposal"].as_str().unwrap()]).ends(0);
    let trial = trial.with_key(&key);
    trial.run(&REVEAL).ends(0);

    let trial = trial.without_key();
    log_in(&trial, MAIL);
    let left = trial.run(&["person", "leave", DANA]).ends(0).text();
    assert!(left.contains("1 keys of services are known to them"), "{left}");
    let trial = trial.with_key(&key);
    let refused = trial.run(&REVEAL).ends(4);
    assert!(refused.err.contains("1.2.d") && refused.err.contains("service renew"), "{}", refused.err);
    trial.run(&["service", "renew"]).ends(4);
    let update = ORDER.replace("UNSHIPPED", "SHIPPED");
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], &update).ends(0);

    let trial = trial.without_key();
    let listed = trial.json(&["service", "list"]);
    assert_eq!(listed["services"][0]["keys"][0]["opens"], "intake");
    let renewed = trial.json(&["service", "renew", "labels"]);
    let next = renewed["key"].as_str().unwrap().to_owned();
    let trial = trial.with_key(&next);
    assert!(trial.run(&REVEAL).ends(4).err.contains("1.3.b"));
    let trial = trial.without_key();
    log_in(&trial, CEM);
    trial.run(&["proposal", "approve", renewed["proposal"].as_str().unwrap()]).ends(0);
    let trial = trial.with_key(&next);
    trial.run(&REVEAL).ends(0);
    let trial = trial.without_key();
    trial.later("2026-03-03T09:00:01Z");
    let trial = trial.with_key(&key);
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], ORDER).ends(4);
}
