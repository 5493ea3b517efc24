//! Every tracking answer of Amazon's sandbox is read, and says what its events say; answers that are refusals say nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::allow_attributes,
    reason = "tests"
)]

use std::io::Cursor;

use bailee_core::retention::{News, Seen};
use bailee_intake::evidence::{Reader, Request};
use serde_json::Value;

const SANDBOX: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/sp-api/sandbox");

/// What an answer says in short: `None` when it is refused.
fn said(answer: &Value) -> Option<Vec<String>> {
    let request = Request { reference: Some("250-1234567-1234567".parse().unwrap()), ..Request::default() };
    let mut reader = Reader::open(Box::new(Cursor::new(answer.to_string().into_bytes())), request).unwrap();
    let mut entries = reader.next_batch(10, 1 << 20).unwrap();
    assert_eq!(entries.len(), 1);
    let news = entries.remove(0).said.ok()?.news;
    Some(news.iter().map(short).collect())
}

fn short(news: &News) -> String {
    match news {
        News::Parcel(news) => format!("{} {}", news.what, news.at.or(news.as_of).unwrap()),
        News::Order(news) => format!("{} {}", news.status.as_deref().unwrap(), news.changed.unwrap()),
    }
}

/// The events of an answer by another reading of it.
fn expected(answer: &Value) -> Vec<String> {
    let said = |code: &Value, at: &Value| {
        let code = code.as_str().unwrap();
        let word = match code {
            "ORDER_CANCELLED" => "CANCELLED".to_owned(),
            code => Seen::of_code(code)?.to_string(),
        };
        Some(format!(
            "{word} {}",
            at.as_str().unwrap().parse::<bailee_core::Timestamp>().unwrap().strftime("%Y-%m-%dT%H:%M:%SZ")
        ))
    };
    let shipping = answer["eventHistory"].as_array().into_iter().flatten();
    let shipping = shipping
        .filter(|event| event["shipmentType"] == "FORWARD")
        .filter_map(|event| said(&event["eventCode"], &event["eventTime"]));
    let detail = &answer["trackingDetail"];
    let milestones = detail["milestoneHistory"].as_array().into_iter().flatten();
    let milestones = milestones.chain(detail.get("latestMilestone"));
    let milestones = milestones.filter_map(|one| said(&one["status"]["code"], &one["occurredAt"]));
    shipping.chain(milestones).collect()
}

#[test]
fn every_tracking_answer_of_the_sandbox_is_read() {
    let files = std::fs::read_dir(SANDBOX).unwrap();
    let (mut read, mut refused, mut delivered) = (0, 0, 0);
    for file in files.map(|file| file.unwrap().path()) {
        let name = file.file_name().unwrap().to_str().unwrap();
        if !name.contains("racking__") {
            continue;
        }
        let case: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        match said(&case["response"]) {
            Some(said) => {
                assert_eq!(case["status"], 200, "{name}");
                assert_eq!(said, expected(&case["response"]), "{name}");
                delivered += usize::from(said.iter().any(|one| one.starts_with("delivered")));
                read += 1;
            }
            None => {
                assert_ne!(case["status"], 200, "{name}");
                refused += 1;
            }
        }
    }
    assert!(read >= 12 && refused >= 10 && delivered >= 4, "{read} {refused} {delivered}");
}
