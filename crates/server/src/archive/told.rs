//! How archives and keys are told: their schemas, and their lines.

use bailee_core::archive::{FIELDS_MAX, NAMED_MAX, PURPOSES};
use bailee_core::{Day, Purpose, RecordId, SellerId, Statute, Timestamp};
use bailee_vault::archive::{Archive, Ended, Fetched, How, LABEL_CHARACTERS_MAX, OfflineKey};
use data_encoding::BASE64;
use serde::Serialize;
use serde_json::{Value, json};

use crate::api::schema::{
    Schema, count, flag, list, list_max, named, nullable, object, one_of, pattern, text, with,
};
use crate::api::words;

pub(super) fn label(says: &str) -> Schema {
    with(text(says), "maxLength", json!(LABEL_CHARACTERS_MAX))
}

pub(super) fn asked() -> Schema {
    let purposes = one_of(PURPOSES.iter().map(|one| one.as_str()), "For what the law has it kept.");
    object(&[
        ("seller", words::seller_id()),
        ("kind?", nullable(words::kind())),
        ("references?", list_max(&words::reference(), NAMED_MAX)),
        (
            "day?",
            nullable(words::day("All records whose personal data ends on this day, instead of references.")),
        ),
        ("fields", list_max(&text("A field's path."), FIELDS_MAX)),
        ("purpose", purposes),
        ("statute", statute()),
        ("until", words::day("The last day on which it obliges.")),
    ])
}

pub(crate) fn statute() -> Schema {
    let says = "The statute: a country, a law and a section, such as `DE-AO-147`.";
    pattern("^[A-Z]{2}-[A-Z]{1,10}(-[0-9]{1,4}[a-z]?){1,3}$", says)
}

pub(super) fn destroyed() -> Schema {
    object(&[
        ("how", one_of(How::ALL.iter().map(|how| how.as_str()), "How.")),
        ("who?", nullable(label("Who did it, where it was somebody else."))),
    ])
}

pub(super) fn ended() -> Schema {
    nullable(object(&[
        ("at", words::time("When that was said.")),
        ("said_by", text("By whom.")),
        ("how", one_of(How::ALL.iter().map(|how| how.as_str()), "How.")),
        ("done_by", nullable(text("Who did it, where it was somebody else."))),
    ]))
}

pub(super) fn archive() -> Schema {
    named(
        "Archive",
        object(&[
            ("id", words::id("Names it.")),
            ("seller", words::seller_id()),
            ("purpose", words::purpose()),
            ("statute", statute()),
            ("until", words::day("It is to be destroyed after this day; sooner, where its hold was lifted.")),
            ("fields", list(&text("A field's path."))),
            ("records", count("Records in it.")),
            ("values", count("Values in it.")),
            (
                "left_out",
                count(
                    "Records that were to be in it and are not: they had ended, are restricted, or did not open.",
                ),
            ),
            ("bytes", count("Bytes of the file.")),
            ("digest", text("SHA-256 of the file.")),
            ("key", words::id("The offline key.")),
            ("year", count("The key's year.")),
            ("at", words::time("When it was made.")),
            ("asked_by", nullable(text("Who asked for it, where it took two."))),
            ("made_by", text("Who approved it, or made it alone; the system, under a hold.")),
            (
                "hold",
                nullable(words::id("The hold that it was made under, where it was not asked for by itself.")),
            ),
            ("lifted", nullable(words::time("When that hold was lifted: it is to be destroyed since then."))),
            ("state", one_of(["here", "placed", "destroyed"], "How it stands.")),
            ("overdue", flag("Whether it is to be destroyed, and was not.")),
            ("place", nullable(text("Where it lies."))),
            ("placed_at", nullable(words::time("Since when."))),
            ("destroyed", ended()),
        ]),
    )
}

pub(super) fn archive_example() -> Value {
    json!({
        "id": words::ID,
        "seller": words::SELLER,
        "purpose": "invoice",
        "statute": "DE-USTG-14b",
        "until": "2036-12-31",
        "fields": ["buyer.buyerName"],
        "records": 1,
        "values": 1,
        "left_out": 0,
        "bytes": 8192,
        "digest": "5d4140…",
        "key": words::ID,
        "year": 2036,
        "at": words::TIME,
        "asked_by": format!("person:{}", words::ID),
        "made_by": format!("person:{}", words::ID),
        "hold": null,
        "lifted": null,
        "state": "here",
        "overdue": false,
        "place": null,
        "placed_at": null,
        "destroyed": null,
    })
}

pub(super) fn key() -> Schema {
    named(
        "ArchiveKey",
        object(&[
            ("id", words::id("Names it: the first half of its fingerprint.")),
            ("year", count("The year in which the statutes end for which it is.")),
            ("fingerprint", text("SHA-256 of the public key.")),
            ("since", words::time("When it was added.")),
            ("added_by", text("By whom.")),
            ("overdue", flag("Whether its year is over, and nobody said that it was destroyed.")),
            ("destroyed", ended()),
        ]),
    )
}

pub(super) fn key_example() -> Value {
    json!({
        "id": words::ID,
        "year": 2036,
        "fingerprint": "019ca5b0…",
        "since": words::TIME,
        "added_by": format!("person:{}", words::ID),
        "overdue": false,
        "destroyed": null,
    })
}

pub(crate) fn file(of: &str) -> Schema {
    object(&[
        ("id", words::id(of)),
        ("file", text("The file (CMS, DER), in base64.")),
        ("statement", text("What the home says of it. Its last line is one for `sha256sum -c`.")),
        ("signature", text("Ed25519 over the statement, in base64.")),
        ("ledger_key", text("The public half of that key, in PEM.")),
    ])
}

/// An archive, as it is told.
#[derive(Serialize)]
pub(super) struct ArchiveLine {
    id: String,
    seller: SellerId,
    purpose: Purpose,
    statute: Statute,
    until: String,
    fields: Vec<String>,
    records: u32,
    values: u64,
    left_out: u32,
    bytes: u64,
    digest: String,
    key: String,
    year: i16,
    at: Timestamp,
    asked_by: Option<String>,
    made_by: String,
    hold: Option<String>,
    lifted: Option<Timestamp>,
    state: &'static str,
    overdue: bool,
    place: Option<String>,
    placed_at: Option<Timestamp>,
    destroyed: Option<EndedLine>,
}

#[derive(Serialize)]
pub(super) struct EndedLine {
    at: Timestamp,
    said_by: String,
    how: &'static str,
    done_by: Option<String>,
}

impl From<Ended> for EndedLine {
    fn from(ended: Ended) -> Self {
        let Ended { at, said_by, how, done_by } = ended;
        Self { at, said_by: said_by.to_string(), how: how.as_str(), done_by }
    }
}

impl ArchiveLine {
    pub(super) fn of(archive: Archive, now: Timestamp) -> Self {
        let (state, overdue) = (archive.state(), archive.is_overdue(now));
        Self {
            id: archive.id.to_string(),
            seller: archive.seller,
            purpose: archive.purpose,
            statute: archive.statute,
            until: archive.until.to_string(),
            fields: archive.fields,
            records: archive.records,
            values: archive.values,
            left_out: archive.left_out,
            bytes: archive.bytes,
            digest: archive.digest,
            key: archive.key.to_string(),
            year: archive.year,
            at: archive.at,
            asked_by: archive.asked_by.map(|by| by.to_string()),
            made_by: archive.made_by.to_string(),
            hold: archive.hold.map(|hold| hold.to_string()),
            lifted: archive.lifted,
            state,
            overdue,
            place: archive.place,
            placed_at: archive.placed_at,
            destroyed: archive.destroyed.map(Into::into),
        }
    }
}

/// A key, as it is told.
#[derive(Serialize)]
pub(super) struct KeyLine {
    id: String,
    year: i16,
    fingerprint: String,
    since: Timestamp,
    added_by: String,
    overdue: bool,
    destroyed: Option<EndedLine>,
}

impl KeyLine {
    pub(super) fn of(key: OfflineKey, now: Timestamp) -> Self {
        Self {
            id: key.id.to_string(),
            year: key.year,
            fingerprint: key.fingerprint,
            since: key.since,
            added_by: key.added_by.to_string(),
            overdue: key.destroyed.is_none() && Day::of(now).year() > key.year,
            destroyed: key.destroyed.map(Into::into),
        }
    }
}

/// A file, as it is handed out.
#[derive(Serialize)]
pub(crate) struct FileLine {
    id: String,
    file: String,
    statement: String,
    signature: String,
    ledger_key: String,
}

impl FileLine {
    pub(crate) fn of(id: RecordId, fetched: Fetched) -> Self {
        Self {
            id: id.to_string(),
            file: BASE64.encode(&fetched.file),
            statement: fetched.statement,
            signature: BASE64.encode(&fetched.signature),
            ledger_key: fetched.ledger_key,
        }
    }
}
