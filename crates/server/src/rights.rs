//! Acts on records for the people whom they are about (2.2.d): erasure, restriction, rectification.
//!
//! Every reference is looked up first, and where one names nothing, nothing was done. Each act is one commit, or one destruction, over
//! all of its records; of each the answer says what became of it, such as that it was gone before.

use std::collections::{BTreeMap, BTreeSet};

use axum::response::Response;
use axum::routing::post;
use bailee_access::proposal::{Concerned, Proposed};
use bailee_core::path::FieldSelector;
use bailee_core::{Kind, RecordId, Reference, SellerId, Sensitive};
use bailee_ledger::authorized::{Authorized, Erase};
use bailee_vault::VaultError;
use bailee_vault::hold::keeping::Before;
use bailee_vault::record::{Named, RECORDS_MAX};
use bailee_vault::{erase, restrict};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{Schema, count, flag, list, list_max, nullable, object, one_of, text};
use crate::api::{Operation, Tag, words};
use crate::body::JsonBody;
use crate::edge::{Call, Edge};
use crate::hold::ByGate;
use crate::once::Written;
use crate::problem::Problem;
use crate::{proposal, recipient};

pub(crate) fn operations() -> Vec<Operation> {
    let record = |outcome| {
        json!({
            "records": [{ "seller": words::SELLER, "kind": "order", "reference": words::REFERENCE, "outcome": outcome }],
            "recipients_to_tell": 0,
        })
    };
    let which = json!({ "seller": words::SELLER, "reference": words::REFERENCE });
    vec![
        Operation::post("/v1/erase", "erase", post(erase_records))
            .says(
                Tag::Rights,
                "Erase personal data of records",
                "Their keys are taken away in one destruction, so that no copy opens them any more; what is collected of them \
                 later keeps its facts alone. Without a kind an item is every record that has the reference: an order, its \
                 shipment, its returns. What lies in quarantine and names one of them goes as well. Where the home asks for a \
                 second person, it is proposed.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .takes("Which.", items(&[]), json!({ "items": [which] }))
            .answers(
                200,
                "What became of each record.",
                done(
                    &["erased", "gone", "unchanged"],
                    "`gone`: it was before, and now nothing brings it back; `unchanged`: it was erased before.",
                ),
                record("erased"),
            )
            .answers(202, "It takes a second person: it is proposed.", proposal::proposal(), proposal::example())
            .refuses(&["bad-id", "not-found", "unknown-seller", "too-many-records", "second-factor-stale"])
            .opens(),
        Operation::post("/v1/restrict", "restrict", post(restrict_records))
            .says(
                Tag::Rights,
                "Restrict records, or lift that",
                "Of a restricted record nothing is revealed for any purpose, no mask is made, and it is found by nobody but an officer. \
                 Its clock goes on, what is collected of it is kept, and it may be erased. Without a kind an item is every record that has \
                 the reference.",
            )
            .once()
            .for_people()
            .takes(
                "Which.",
                items(&[("lift?", flag("Whether they are to be used again."))]),
                json!({ "items": [which], "lift": false }),
            )
            .answers(
                200,
                "What became of each record.",
                done(
                    &["restricted", "lifted", "unchanged", "gone"],
                    "`unchanged`: it stood so already; `gone`: its personal data is.",
                ),
                record("restricted"),
            )
            .refuses(&["bad-id", "not-found", "unknown-seller", "too-many-records", "second-factor-stale"])
            .refuses(&["keyring-unusable"])
            .opens(),
        Operation::post("/v1/rectify", "rectify", post(rectify))
            .says(
                Tag::Rights,
                "Correct a value of a record",
                "Of a personal field that the record has, named as a reveal names it. The value is checked and cleaned as one that comes in; \
                 no copy opens the old one any more. What the source says of that field later, or of the address that it is part of, is \
                 passed over until the record ends. Without a kind it is the first of `order`, `shipment` and `return` that has the \
                 reference.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .takes(
                "Which field, and its value.",
                object(&[
                    ("seller", words::seller_id()),
                    ("kind?", nullable(words::kind())),
                    ("reference", words::reference()),
                    ("field", text("The field's path; of an item by its id.")),
                    ("value", text("The value that it is to have.")),
                ]),
                json!({
                    "seller": words::SELLER,
                    "reference": words::REFERENCE,
                    "field": "recipient.deliveryAddress.city",
                    "value": "Leeds",
                }),
            )
            .answers(
                200,
                "What became of it.",
                object(&[
                    ("seller", words::seller_id()),
                    ("kind", words::kind()),
                    ("reference", words::reference()),
                    (
                        "outcome",
                        one_of(
                            ["rectified", "unchanged", "gone"],
                            "`unchanged`: it was corrected to that already; `gone`: the field's personal data is.",
                        ),
                    ),
                    ("recipients_to_tell", to_tell()),
                ]),
                json!({
                    "seller": words::SELLER,
                    "kind": "order",
                    "reference": words::REFERENCE,
                    "outcome": "rectified",
                    "recipients_to_tell": 0,
                }),
            )
            .refuses(&["bad-id", "not-found", "unknown-seller", "seller-ended", "unfit-value", "second-factor-stale"])
            .opens(),
    ]
}

/// What became of each record.
fn done(outcomes: &[&str], says: &str) -> Schema {
    let record = object(&[
        ("seller", words::seller_id()),
        ("kind", words::kind()),
        ("reference", words::reference()),
        ("outcome", one_of(outcomes.iter().copied(), says)),
    ]);
    object(&[
        ("records", list(&record)),
        ("recipients_to_tell", to_tell()),
        ("in_archives?", nullable(in_archives())),
    ])
}

pub(crate) fn in_archives() -> Schema {
    count(
        "Of what was erased, how many records have fields in an archive of a hold, since a law obliges to keep them. Nobody opens it here.",
    )
}

pub(crate) fn to_tell() -> Schema {
    nullable(count(
        "How many recipients of exports are to be told of it, and nobody has told them; see `listDueRecipients`.",
    ))
}

fn items(more: &[(&str, Schema)]) -> Schema {
    let item = object(&[
        ("seller", words::seller_id()),
        ("kind?", nullable(words::kind())),
        ("reference", words::reference()),
    ]);
    let mut members = vec![("items", list_max(&item, RECORDS_MAX))];
    members.extend(more.iter().cloned());
    object(&members)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Restriction {
    items: Vec<Item>,
    #[serde(default)]
    lift: bool,
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
struct Done<O> {
    records: Vec<DoneRecord<O>>,
    recipients_to_tell: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_archives: Option<u64>,
}

/// What became of one record's field.
#[derive(Serialize)]
struct DoneField<O> {
    #[serde(flatten)]
    record: DoneRecord<O>,
    recipients_to_tell: Option<usize>,
}

#[derive(Serialize)]
struct DoneRecord<O> {
    seller: SellerId,
    kind: Kind,
    reference: Reference,
    outcome: O,
}

impl<O: Copy> Done<O> {
    fn of(call: &Call, named: Vec<Named>, outcomes: Vec<(RecordId, O)>) -> Self {
        let records: Vec<RecordId> = outcomes.iter().map(|(record, _)| *record).collect();
        let recipients_to_tell = recipient::to_tell(call, &records);
        let outcomes: BTreeMap<RecordId, O> = outcomes.into_iter().collect();
        let done = |one: Named| {
            let outcome = outcomes.get(&one.record).copied()?;
            Some(DoneRecord { seller: one.seller, kind: one.kind, reference: one.reference, outcome })
        };
        let records = named.into_iter().filter_map(done).collect();
        Self { records, recipients_to_tell, in_archives: None }
    }
}

async fn erase_records(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        let asked = checked(body.parse::<Question>()?.items)?;
        let sellers = sellers_of(&asked);
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
        let (outcomes, in_archives) = erase_held(call, authorized)?;
        Ok(Written::done(&Done { in_archives, ..Done::of(call, named, outcomes) }))
    })
    .await
}

/// What became of each record, and how many of them have fields in an archive of a hold: none, where that cannot be told.
pub(crate) type Erased = (Vec<(RecordId, erase::Outcome)>, Option<u64>);

/// Erases, once what a law obliges to keep of it is archived. That it cannot be archived delays nothing.
pub(crate) fn erase_held(call: &Call, authorized: Authorized<Erase>) -> Result<Erased, Problem> {
    let records = &authorized.action().records;
    call.vault().keep_held(authorized.context(), &ByGate(call.gate()), &Before::Erasure(records));
    let in_archives = call.vault().in_archives(records).ok();
    Ok((call.vault().erase(authorized)?, in_archives))
}

async fn restrict_records(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        let Restriction { items, lift } = body.parse()?;
        let asked = checked(items)?;
        call.gate().may_restrict(call.caller(), &sellers_of(&asked), lift)?;
        let named = look_up(call, &asked)?;
        let records = named.iter().map(|one| (one.seller.clone(), one.record)).collect();
        let authorized = call.gate().restrict(call.caller(), records, lift)?;
        let outcomes: Vec<(RecordId, restrict::Outcome)> = call.vault().restrict(authorized)?;
        Ok(Written::done(&Done::of(call, named, outcomes)))
    })
    .await
}

/// What is to be corrected. The value is plaintext.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Correction {
    seller: String,
    #[serde(default)]
    kind: Option<String>,
    reference: String,
    field: String,
    value: String,
}

async fn rectify(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        let Correction { seller, kind, reference, field, value } = body.parse()?;
        let value = Sensitive::new(value);
        let asked = Item { seller, kind, reference }.check()?;
        let field: FieldSelector = field.parse()?;
        call.gate().may_rectify(call.caller(), &asked.seller)?;
        let one = look_up(call, std::slice::from_ref(&asked))?.into_iter().next();
        let one = one.ok_or_else(|| Problem::not_found("there is no such record"))?;
        let authorized = call.gate().rectify(call.caller(), one.seller.clone(), one.record)?;
        let outcome = call.vault().rectify(authorized, &field, &value)?;
        let Named { seller, kind, reference, record } = one;
        let record_done = DoneRecord { seller, kind, reference, outcome };
        let recipients_to_tell = recipient::to_tell(call, &[record]);
        Ok(Written::done(&DoneField { record: record_done, recipients_to_tell }))
    })
    .await
}

fn checked(items: Vec<Item>) -> Result<Vec<Asked>, Problem> {
    if items.is_empty() {
        return Err(Problem::unacceptable("bad-body", "name one record at least"));
    }
    // Before anything is looked up: each may name a record of every kind.
    if items.len() > RECORDS_MAX {
        return Err(VaultError::TooManyRecords.into());
    }
    items.into_iter().map(Item::check).collect()
}

fn sellers_of(asked: &[Asked]) -> BTreeSet<SellerId> {
    asked.iter().map(|one| one.seller.clone()).collect()
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
