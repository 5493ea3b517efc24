//! Evidence of delivery as a user gives it: a carrier's feed, a tracking answer, notifications.

use serde_json::json;

use crate::support::{Ran, Trial, assert_nowhere};

const NOW: &str = "2026-03-02T12:00:00Z";

fn id(number: u32) -> String {
    format!("302-1111111-{number:07}")
}

/// Ordered on the first, shipped on the second, promised for the end of April.
fn order(number: u32) -> String {
    json!({
        "orderId": id(number), "createdTime": "2026-03-01T10:00:00Z", "lastUpdatedTime": "2026-03-02T10:00:00Z",
        "buyer": {"buyerName": "Quirina Zettelmann"},
        "fulfillment": {
            "fulfillmentStatus": "SHIPPED",
            "deliverByWindow": {"latestDateTime": "2026-04-30T00:00:00Z"}
        },
        "packages": [{"packageReferenceId": "1", "shipTime": "2026-03-02T10:00:00Z"}]
    })
    .to_string()
}

/// A home with five orders, some days on.
fn trial() -> Trial {
    let trial = Trial::at(NOW);
    let orders = trial.write("orders.ndjson", (0..5).map(|number| order(number) + "\n").collect::<String>());
    trial.run(&["collect", "--seller", "ALPHA", &orders]).ends(0);
    trial.later("2026-03-20T12:00:00Z");
    trial
}

fn add(trial: &Trial, words: &[&str]) -> Ran {
    trial.run(&[&["evidence-of-delivery", "add", "--seller", "ALPHA"], words].concat())
}

fn explained(trial: &Trial, number: u32) -> String {
    trial.run(&["retention", "explain", &format!("ALPHA/{}", id(number))]).ends(0).text()
}

#[test]
fn a_feed_moves_what_it_names_and_tells_what_it_cannot_use() {
    let trial = trial();
    let rows = [
        (0, "delivered", "2026-03-05T10:00:00Z"),
        (1, "IN_TRANSIT", "2026-03-19T10:00:00Z"),
        (2, "lost", "2026-03-06"),
        (9, "delivered", ""),
        (3, "Quirina Zettelmann", ""),
    ];
    let row = |(number, status, time): &(u32, &str, &str)| {
        format!("{};{status};Unter den Kastanien 77;{time}\n", id(*number))
    };
    let rows: String = rows.iter().map(row).collect();
    let feed = trial.write("feed.csv", format!("Order ID;Event;Street;Event Time\n{rows}"));
    let ran = add(&trial, &[&feed]).ends(3);
    assert_eq!(ran.text(), "5 read: 3 changed, 1 not held, 1 refused\n");
    assert!(ran.err.contains("entry 4 (line 5): no such record is held"), "{}", ran.err);
    assert!(ran.err.contains("entry 5 (line 6): its status is not known"), "{}", ran.err);
    for said in ["Quirina", "Kastanien", &id(9)] {
        assert!(!ran.err.contains(said) && !ran.text().contains(said), "{}", ran.err);
    }
    assert!(explained(&trial, 0).contains("was delivered at 2026-03-05 10:00 UTC (R1)"));
    assert!(explained(&trial, 1).contains("still under way at 2026-03-19 10:00 UTC"));
    assert!(explained(&trial, 2).contains("was given up at 2026-03-05 10:00 UTC"));
    // Again it changes nothing.
    let again = add(&trial, &["--output", "json", "--as-of", "2026-03-20T10:00:00Z", &feed]).ends(3).json();
    let count = |name: &str| again[name].as_u64().unwrap();
    assert_eq!([count("changed"), count("unchanged"), count("unknown"), count("refused")], [0, 3, 1, 1]);
    assert_eq!(again["refused_at"][0]["reason"], "unknown-status");
    assert_eq!(again["unknown_at"][0]["entry"], 4);
    // What was under way lives on; what nobody heard of ends.
    trial.later("2026-03-29T12:00:00Z");
    trial.later("2026-04-01T12:00:00Z");
    trial.run(&["retention", "run"]).ends(0);
    let reveal =
        |number| trial.run(&["reveal", &format!("ALPHA/{}", id(number)), "--purpose", "fulfilment"]).status;
    assert_eq!([0, 1, 2, 3, 4].map(reveal), [0, 0, 0, 5, 5]);
    assert_eq!(add(&trial, &["-"]).ends(0).text(), "0 read\n");
    trial.run(&["ledger", "verify"]).ends(0);
    assert_nowhere(&trial.kept(), &["Unter den Kastanien".to_owned()]);
}

#[test]
fn a_tracking_answer_is_about_the_order_beside_it_and_notifications_name_their_own() {
    let trial = trial();
    let answer = json!({"payload": {"eventHistory": [
        {"eventCode": "Delivered", "eventTime": "2026-03-06T10:00:00Z", "shipmentType": "FORWARD"},
        {"eventCode": "Delivered", "eventTime": "2026-03-19T10:00:00Z", "shipmentType": "RETURNS"}
    ]}});
    let answer = trial.write("tracking.json", answer.to_string());
    let ran = add(&trial, &[&answer]).ends(1);
    assert!(ran.err.contains("--record") && ran.err.contains("nothing of it could be used"), "{}", ran.err);
    let named = ["--record", &id(0), &answer];
    assert_eq!(add(&trial, &named).ends(0).text(), "1 read: 1 changed\n");
    assert_eq!(add(&trial, &named).ends(0).text(), "1 read: 1 unchanged\n");
    assert!(explained(&trial, 0).contains("was delivered at 2026-03-06 10:00 UTC (R1)"));
    assert_eq!(add(&trial, &["--format", "notification", named[0], named[1], named[2]]).status, 1);
    let change = json!({"NotificationType": "ORDER_CHANGE", "EventTime": "2026-03-19T10:00:00Z", "Payload": {
        "OrderChangeNotification": {"AmazonOrderId": id(1), "Summary": {"OrderStatus": "Canceled"}}}});
    let queue = trial.write("queue.ndjson", format!("{change}\n{change}\n"));
    assert_eq!(add(&trial, &[&queue]).ends(0).text(), "2 read: 1 changed, 1 unchanged\n");
    assert!(explained(&trial, 1).contains("(R7)"));
}

#[test]
fn what_is_no_evidence_is_refused_in_a_sentence_that_says_what_is() {
    let trial = trial();
    let letter = trial.write("letter.txt", "Dear Quirina Zettelmann,\nyour parcel has arrived.\n");
    let packed = trial.write("packed.gz", b"\x1f\x8b\x08\x00cut");
    for (words, status, says) in [
        (vec![letter.as_str()], 1, "the input is no evidence of delivery"),
        (vec![packed.as_str()], 1, "packed.gz"),
        (vec!["nowhere.csv"], 1, "nowhere.csv"),
        (vec!["--as-of", "2026-04-20T12:00:00Z", "-"], 1, "lies in the future"),
        (vec!["--kind", "return", "-"], 2, "--kind"),
        (vec!["--format", "csv", "-"], 2, "carrier-feed"),
        (vec![], 2, "FILE"),
    ] {
        let ran = add(&trial, &words);
        assert_eq!(ran.status, status, "{words:?}: {}", ran.err);
        assert!(ran.err.contains(says) && !ran.err.contains("Quirina"), "{words:?}: {}", ran.err);
    }
    // One that cannot be read does not keep others from it.
    let feed = trial.write("feed.ndjson", format!(r#"{{"orderId":"{}","status":"delivered"}}"#, id(0)));
    let ran = add(&trial, &[&letter, &feed]).ends(1);
    assert!(ran.err.contains("1 read: 1 changed"), "{}", ran.err);
}
