//! The census: what is held, as the ledger's newest statement says it, with its proof.

use axum::Json;
use axum::routing::get;
use bailee_core::{RequestId, Timestamp};
use bailee_ledger::event::{self, What};
use bailee_vault::census::QUERY;
use serde::Serialize;
use serde_json::json;

use crate::api::schema::{Schema, count, list, named, nullable, object, text};
use crate::api::{Operation, Tag, words};
use crate::edge::{Call, Edge};
use crate::ledger;
use crate::problem::Problem;
use crate::retention::exception;

pub(crate) fn operations() -> Vec<Operation> {
    let example = json!({
        "at": words::TIME,
        "request": words::ID,
        "entry": 1204,
        "words": "At 2026-03-02T09:00:00Z this home held …",
        "days": 30,
        "sellers": 2,
        "parts": 1250,
        "quarantined": 3,
        "earliest": "2026-03-05",
        "past": 0,
        "exceptions": [{ "rule": "R4", "parts": 7 }],
        "asked": QUERY,
        "query": "000102030405060708090a0b0c0d0e0f",
        "result": "101112131415161718191a1b1c1d1e1f",
        "verifier_key": "bailee.example+…",
        "proof": "c2sp.org/tlog-proof@v1\n…",
    });
    vec![
        Operation::get("/v1/retention/census", "showCensus", get(newest))
            .says(
                Tag::Retention,
                "What is held",
                "The newest census. One is taken with every disposal, which a server does each day, over the store and the keyring \
                 together. It is an event of the ledger, with its proof.",
            )
            .for_services()
            .answers(200, "The census.", census(), example)
            .refuses(&["not-found"]),
    ]
}

fn census() -> Schema {
    named(
        "Census",
        object(&[
            ("at", words::time("When it was taken.")),
            ("request", words::id("The request by which it was taken.")),
            ("entry", count("The index of its entry in the ledger.")),
            ("words", text("All of it in sentences.")),
            ("days", count("Days after a delivery that personal data is kept, at most.")),
            ("sellers", count("Sellers of which something is held.")),
            ("parts", count("Parts of records that are held.")),
            ("quarantined", count("Quarantined documents that are held.")),
            (
                "earliest",
                nullable(words::day("The earliest day by which anything that is held must be gone.")),
            ),
            ("past", count("Buckets whose day has begun: none, where all is as it should be.")),
            ("exceptions", list(&exception())),
            ("asked", text("What was asked.")),
            ("query", text("The first half of the SHA-256 of that, in hexadecimal digits.")),
            ("result", text("The same of what was found.")),
            ("verifier_key", text("The key by which the proof is verified.")),
            ("proof", text("A C2SP tlog-proof: the entry, its way to the root, and the signed checkpoint.")),
        ]),
    )
}

#[derive(Serialize)]
struct Census {
    at: Timestamp,
    request: RequestId,
    entry: u64,
    words: String,
    days: u8,
    sellers: u32,
    parts: u64,
    quarantined: u64,
    earliest: Option<String>,
    past: u32,
    exceptions: Vec<Exception>,
    asked: &'static str,
    query: String,
    result: String,
    verifier_key: String,
    proof: String,
}

#[derive(Serialize)]
struct Exception {
    rule: &'static str,
    parts: u64,
}

async fn newest(edge: Edge) -> Result<Json<Census>, Problem> {
    edge.run(|call| {
        let authorized = call.gate().read_retention(call.caller(), None)?;
        let request = call.vault().newest_census(authorized)?.ok_or_else(none)?;
        for entry in call.store().entries_of(request)? {
            let told = ledger::event(call, entry)?;
            if let What::Census(census) = told.what {
                return Census::of(call, entry, request, told.at, census).map(Json);
            }
        }
        Err(none())
    })
    .await
}

impl Census {
    fn of(
        call: &Call,
        entry: u64,
        request: RequestId,
        at: Timestamp,
        census: event::Census,
    ) -> Result<Self, Problem> {
        let words = in_words(at, &census);
        let event::Census { days, sellers, parts, quarantined, earliest, past, exceptions, query, result } =
            census;
        let exceptions = exceptions.into_iter().map(|(rule, parts)| Exception { rule: rule.as_str(), parts });
        Ok(Self {
            at,
            request,
            entry,
            words,
            days,
            sellers,
            parts,
            quarantined,
            earliest: earliest.map(|day| day.to_string()),
            past,
            exceptions: exceptions.collect(),
            asked: QUERY,
            query,
            result,
            verifier_key: call.store().verifier_key(),
            proof: ledger::proof(call, entry)?,
        })
    }
}

fn in_words(at: Timestamp, census: &event::Census) -> String {
    let event::Census { days, sellers, parts, quarantined, earliest, past, exceptions, .. } = census;
    let mut words = format!(
        "At {at} this home held {parts} parts of records of {sellers} sellers, and {quarantined} quarantined documents."
    );
    if let Some(earliest) = earliest {
        words.push_str(&format!(" The first of it must be gone by {earliest}."));
    }
    words.push_str(&match past {
        0 => format!(
            " Nothing was held whose day had begun: no personal data for more than {days} days after the earliest delivery that \
             its evidence allows."
        ),
        past => format!(" Of {past} buckets the day had begun, and something was held all the same."),
    });
    for (rule, parts) in exceptions {
        words.push_str(&format!(" {parts} parts end by {rule}, which is no ordinary course."));
    }
    words
}

fn none() -> Problem {
    Problem::not_found(
        "no census has been taken yet; `bailee retention run` takes one, and a server each day",
    )
}

#[cfg(test)]
mod tests {
    use bailee_core::Day;
    use bailee_core::retention::Rule;

    use super::*;

    fn words(past: u32, exceptions: Vec<(Rule, u64)>) -> String {
        let at = "2026-03-02T09:00:00Z".parse().unwrap();
        let (earliest, query, result) = (Some(Day(20_520)), String::new(), String::new());
        let census = event::Census {
            days: 30,
            sellers: 2,
            parts: 9,
            quarantined: 1,
            earliest,
            past,
            exceptions,
            query,
            result,
        };
        in_words(at, &census)
    }

    #[test]
    fn a_census_says_in_words_what_is_held_and_what_should_not_be() {
        let sound = words(0, vec![(Rule::R4, 7)]);
        assert!(
            sound.contains("9 parts of records of 2 sellers") && sound.contains("gone by 2026-03-08"),
            "{sound}"
        );
        assert!(sound.contains("more than 30 days") && sound.contains("7 parts end by R4"), "{sound}");
        let late = words(3, Vec::new());
        assert!(
            late.contains("Of 3 buckets the day had begun") && !late.contains("no personal data"),
            "{late}"
        );
    }
}
