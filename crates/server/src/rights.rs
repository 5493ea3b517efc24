//! Acts on records for the people whom they are about (2.2.d): erasure. What is asked is done whole or not at all: one
//! reference that names nothing, and nothing was done.

use std::collections::{BTreeMap, BTreeSet};

use axum::response::Response;
use axum::routing::post;
use bailee_access::proposal::{Concerned, Proposed};
use bailee_core::{Kind, RecordId, Reference, SellerId};
use bailee_vault::VaultError;
use bailee_vault::erase::{Outcome, RECORDS_MAX};
use bailee_vault::record::Named;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{Schema, list, list_max, nullable, object, one_of};
use crate::api::{Operation, Tag, words};
use crate::body::JsonBody;
use crate::edge::{Call, Edge};
use crate::once::Written;
use crate::problem::Problem;
use crate::proposal;

pub(crate) fn operations() -> Vec<Operation> {
    let outcomes = ["erased", "gone", "unchanged"];
    let done = object(&[(
        "records",
        list(&object(&[
            ("seller", words::seller_id()),
            ("kind", words::kind()),
            ("reference", words::reference()),
            (
                "outcome",
                one_of(
                    outcomes,
                    "`gone`: it was before, and now nothing brings it back; `unchanged`: it was erased before.",
                ),
            ),
        ])),
    )]);
    let record = json!({
        "seller": words::SELLER, "kind": "order", "reference": words::REFERENCE, "outcome": "erased"
    });
    vec![
        Operation::post("/v1/erase", "erase", post(erase))
            .says(
                Tag::Rights,
                "Erase personal data of records",
                "Their keys are taken away in one destruction, so that no copy opens them any more; what is collected of them \
                 later keeps its facts alone. Without a kind an item is every record that has the reference: an order, its \
                 shipment, its returns. What lies in quarantine is not reached, and ends by itself within 14 days. Where the \
                 home asks for a second person, it is proposed.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .takes("Which.", items(), json!({ "items": [{ "seller": words::SELLER, "reference": words::REFERENCE }] }))
            .answers(200, "What became of each record.", done, json!({ "records": [record] }))
            .answers(202, "It takes a second person: it is proposed.", proposal::proposal(), proposal::example())
            .refuses(&["bad-id", "not-found", "unknown-seller", "too-many-records", "second-factor-stale"])
            .opens(),
    ]
}

fn items() -> Schema {
    let item = object(&[
        ("seller", words::seller_id()),
        ("kind?", nullable(words::kind())),
        ("reference", words::reference()),
    ]);
    object(&[("items", list_max(&item, RECORDS_MAX))])
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    seller: String,
    #[serde(default)]
    kind: Option<String>,
    reference: String,
}

/// An item whose words are what they should be.
struct Asked {
    seller: SellerId,
    kind: Option<Kind>,
    reference: Reference,
}

/// What became of each record.
#[derive(Serialize)]
struct Done {
    records: Vec<DoneRecord>,
}

#[derive(Serialize)]
struct DoneRecord {
    seller: SellerId,
    kind: Kind,
    reference: Reference,
    outcome: Outcome,
}

async fn erase(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        let asked = body.parse::<Question>()?.check()?;
        let sellers: BTreeSet<SellerId> = asked.iter().map(|one| one.seller.clone()).collect();
        call.gate().may_erase(call.caller(), &sellers)?;
        let named = look_up(call, &asked)?;
        if call.gate().standards().second_person {
            let concerned = |one: &Named| Concerned { seller: one.seller.clone(), record: one.record };
            let proposed = Proposed::Erase { records: named.iter().map(concerned).collect() };
            let filed = call.gate().propose(call.caller(), proposed)?;
            return Ok(Written::accepted(&proposal::shown(call, filed)));
        }
        let records = named.iter().map(|one| (one.seller.clone(), one.record)).collect();
        let authorized = call.gate().erase(call.caller(), records)?;
        let outcomes: BTreeMap<RecordId, Outcome> = call.vault().erase(authorized)?.into_iter().collect();
        let done = |one: Named| {
            let outcome = outcomes.get(&one.record).copied()?;
            Some(DoneRecord { seller: one.seller, kind: one.kind, reference: one.reference, outcome })
        };
        Ok(Written::done(&Done { records: named.into_iter().filter_map(done).collect() }))
    })
    .await
}

impl Question {
    fn check(self) -> Result<Vec<Asked>, Problem> {
        if self.items.is_empty() {
            return Err(Problem::unacceptable("bad-body", "name one record at least"));
        }
        self.items.into_iter().map(Item::check).collect()
    }
}

impl Item {
    fn check(self) -> Result<Asked, Problem> {
        let kind = self.kind.as_deref().map(crate::reveal::known_kind).transpose()?;
        Ok(Asked { seller: self.seller.parse()?, kind, reference: self.reference.parse()? })
    }
}

/// Every record that is named, once; a refusal, if one item names none.
fn look_up(call: &Call, asked: &[Asked]) -> Result<Vec<Named>, Problem> {
    let (mut named, mut seen): (Vec<Named>, BTreeSet<RecordId>) = (Vec::new(), BTreeSet::new());
    for Asked { seller, kind, reference } in asked {
        let found = call.vault().named(seller, *kind, reference)?;
        if found.is_empty() {
            let what = kind.map_or("order, shipment or return", Kind::as_str);
            return Err(Problem::not_found(format!(
                "there is no {what} {seller}/{reference}; nothing was done"
            )));
        }
        named.extend(found.into_iter().filter(|one| seen.insert(one.record)));
    }
    if named.len() > RECORDS_MAX {
        return Err(VaultError::TooManyRecords.into());
    }
    Ok(named)
}
