//! How exports are told: their schema, and their lines.

use bailee_core::export::{FIELDS_MAX, PURPOSES, RECORDS_MAX};
use bailee_core::{Purpose, SellerId, Timestamp};
use bailee_vault::exports::Export;
use serde::Serialize;
use serde_json::{Value, json};

use crate::api::schema::{Schema, count, flag, list, list_max, named, nullable, object, one_of, text};
use crate::api::words;
use crate::edge::Call;

pub(super) fn asked() -> Schema {
    let purposes = one_of(PURPOSES.iter().map(|one| one.as_str()), "What they may use it for.");
    object(&[
        ("seller", words::seller_id()),
        ("kind?", nullable(words::kind())),
        ("references?", list_max(&words::reference(), RECORDS_MAX)),
        ("all?", flag("All records that are held of the seller, instead of references.")),
        (
            "fields?",
            list_max(&text("A field's path; all that have the purpose, where none is named."), FIELDS_MAX),
        ),
        ("purpose", purposes),
        ("recipient", words::id("To whom.")),
    ])
}

pub(super) fn export() -> Schema {
    named(
        "Export",
        object(&[
            ("id", words::id("Names it.")),
            ("recipient", words::id("To whom.")),
            ("recipient_name", nullable(text("Their name."))),
            ("seller", words::seller_id()),
            ("purpose", words::purpose()),
            ("fields", list(&text("A field's path; all that have the purpose, where none is listed."))),
            ("records", count("Records in it.")),
            ("values", count("Values in it.")),
            (
                "left_out",
                count(
                    "Records that were to be in it and are not: they had ended, are restricted, have no consent, or did not open.",
                ),
            ),
            ("delete_by", words::day("The last day on which any of it may be kept.")),
            ("bytes", count("Bytes of the file.")),
            ("digest", text("SHA-256 of the file.")),
            ("at", words::time("When it was made.")),
            ("asked_by", nullable(text("Who asked for it, where it took two."))),
            ("made_by", text("Who approved it, or made it alone.")),
            (
                "state",
                one_of(
                    ["waits", "out", "let-go", "gone"],
                    "`waits` to be fetched; `out`, since it was; `let-go` by the home before anybody fetched it; `gone`, as its recipient \
                     has confirmed of all of it.",
                ),
            ),
            ("waits_until", words::time("The home lets go of the file then.")),
            ("fetched_at", nullable(words::time("When its file was given out first."))),
            ("let_go_at", nullable(words::time("Since when the home has no copy of the file."))),
            ("closed_at", nullable(words::time("Since when all of it is confirmed to be gone."))),
        ]),
    )
}

pub(super) fn example() -> Value {
    json!({
        "id": words::ID,
        "recipient": words::ID,
        "recipient_name": "Carrier X",
        "seller": words::SELLER,
        "purpose": "fulfilment",
        "fields": [],
        "records": 1,
        "values": 5,
        "left_out": 0,
        "delete_by": "2026-04-01",
        "bytes": 8192,
        "digest": "5d4140…",
        "at": words::TIME,
        "asked_by": null,
        "made_by": format!("person:{}", words::ID),
        "state": "waits",
        "waits_until": "2026-03-09T09:00:00Z",
        "fetched_at": null,
        "let_go_at": null,
        "closed_at": null,
    })
}

/// An export, as it is told.
#[derive(Serialize)]
pub(super) struct Line {
    id: String,
    recipient: String,
    recipient_name: Option<String>,
    seller: SellerId,
    purpose: Purpose,
    fields: Vec<String>,
    records: u32,
    values: u64,
    left_out: u32,
    delete_by: String,
    bytes: u64,
    digest: String,
    at: Timestamp,
    asked_by: Option<String>,
    made_by: String,
    state: &'static str,
    waits_until: Timestamp,
    fetched_at: Option<Timestamp>,
    let_go_at: Option<Timestamp>,
    closed_at: Option<Timestamp>,
}

impl Line {
    pub(super) fn of(call: &Call, export: Export) -> Self {
        let (state, waits_until) = (export.state(), export.waits_until());
        Self {
            id: export.id.to_string(),
            recipient: export.recipient.to_string(),
            recipient_name: call.vault().recipient(export.recipient).ok().map(|one| one.name),
            seller: export.seller,
            purpose: export.purpose,
            fields: export.fields,
            records: export.records,
            values: export.values,
            left_out: export.left_out,
            delete_by: export.delete_by.to_string(),
            bytes: export.bytes,
            digest: export.digest,
            at: export.at,
            asked_by: export.asked_by.map(|by| by.to_string()),
            made_by: export.made_by.to_string(),
            state,
            waits_until,
            fetched_at: export.fetched_at,
            let_go_at: export.let_go_at,
            closed_at: export.closed_at,
        }
    }
}
