//! How holds are told: their schemas, and their lines.

use bailee_core::archive::{FIELDS_MAX, NAMED_MAX, PURPOSES};
use bailee_core::hold::{Failed, LiftReason, Lifted, State};
use bailee_core::{Purpose, SellerId, Statute, Timestamp};
use bailee_vault::hold::Standing;
use serde::Serialize;
use serde_json::{Value, json};

use crate::api::schema::{Schema, count, flag, list, list_max, named, nullable, object, one_of, text};
use crate::api::words;
use crate::archive::statute;

pub(super) fn asked() -> Schema {
    let purposes = one_of(PURPOSES.iter().map(|one| one.as_str()), "For what the law has it kept.");
    object(&[
        ("seller", words::seller_id()),
        ("kind?", nullable(words::kind())),
        ("references?", list_max(&words::reference(), NAMED_MAX)),
        ("all?", flag("Every record of the seller, whatever its kind, instead of references.")),
        ("fields", list_max(&text("A field's path."), FIELDS_MAX)),
        ("purpose", purposes),
        ("statute", statute()),
        ("until", words::day("The last day on which it obliges.")),
    ])
}

pub(super) fn hold() -> Schema {
    let why = one_of(LiftReason::ALL.iter().map(|one| one.as_str()), "Why.");
    named(
        "Hold",
        object(&[
            ("id", words::id("Names it.")),
            ("seller", words::seller_id()),
            ("named", nullable(count("How many records it names; `null`, where it is of every record."))),
            ("fields", list(&text("A field's path."))),
            ("purpose", words::purpose()),
            ("statute", statute()),
            ("until", words::day("It is over after this day, and its archives are to be destroyed.")),
            ("key", words::id("The offline key that its archives are sealed to, and no other.")),
            ("since", words::time("When it was added.")),
            ("asked_by", nullable(text("Who asked for it, where it took two."))),
            ("added_by", text("Who approved it, or added it alone.")),
            ("state", one_of(State::ALL.map(State::as_str), "How it stands.")),
            ("archives", count("Archives made under it that were not destroyed.")),
            ("records", count("Records in those; one that changed is in several.")),
            ("overdue", count("Archives of it that are to be destroyed, and were not.")),
            ("missed", count("Records whose data ended, and as it was then is in no archive of it.")),
            (
                "left_out",
                count(
                    "Records whose data ended and was not to be opened: they were restricted, or lacked a consent.",
                ),
            ),
            (
                "failed",
                nullable(object(&[
                    ("at", words::time("When.")),
                    ("reason", text("The code of what keeps it from archiving.")),
                ])),
            ),
            (
                "lifted",
                nullable(object(&[
                    ("at", words::time("When.")),
                    ("asked_by", nullable(text("Who asked for it, where it took two."))),
                    ("by", text("By whom.")),
                    ("reason", why),
                ])),
            ),
        ]),
    )
}

pub(super) fn example() -> Value {
    json!({
        "id": words::ID,
        "seller": words::SELLER,
        "named": null,
        "fields": ["buyer.buyerName"],
        "purpose": "invoice",
        "statute": "DE-USTG-14b",
        "until": "2036-12-31",
        "key": words::ID,
        "since": words::TIME,
        "asked_by": format!("person:{}", words::ID),
        "added_by": format!("person:{}", words::ID),
        "state": "live",
        "archives": 12,
        "records": 4711,
        "overdue": 0,
        "missed": 0,
        "left_out": 0,
        "failed": null,
        "lifted": null,
    })
}

/// A hold, as it is told.
#[derive(Serialize)]
pub(super) struct HoldLine {
    id: String,
    seller: SellerId,
    named: Option<usize>,
    fields: Vec<String>,
    purpose: Purpose,
    statute: Statute,
    until: String,
    key: String,
    since: Timestamp,
    asked_by: Option<String>,
    added_by: String,
    state: &'static str,
    archives: u64,
    records: u64,
    overdue: u64,
    missed: u64,
    left_out: u64,
    failed: Option<Failed>,
    lifted: Option<LiftedLine>,
}

#[derive(Serialize)]
struct LiftedLine {
    at: Timestamp,
    asked_by: Option<String>,
    by: String,
    reason: LiftReason,
}

impl From<Lifted> for LiftedLine {
    fn from(Lifted { at, asked_by, by, reason }: Lifted) -> Self {
        Self { at, asked_by: asked_by.map(|by| by.to_string()), by: by.to_string(), reason }
    }
}

impl HoldLine {
    pub(super) fn of(standing: Standing, now: Timestamp) -> Self {
        let Standing { hold, archives, records, overdue } = standing;
        Self {
            state: hold.state(now).as_str(),
            named: (!hold.is_of_all()).then_some(hold.records.len()),
            id: hold.id.to_string(),
            seller: hold.seller,
            fields: hold.fields,
            purpose: hold.purpose,
            statute: hold.statute,
            until: hold.until.to_string(),
            key: hold.key.to_string(),
            since: hold.since,
            asked_by: hold.asked_by.map(|by| by.to_string()),
            added_by: hold.added_by.to_string(),
            archives,
            records,
            overdue,
            missed: hold.missed,
            left_out: hold.left_out,
            failed: hold.failed,
            lifted: hold.lifted.map(Into::into),
        }
    }
}
