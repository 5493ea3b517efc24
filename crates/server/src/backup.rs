//! Backups of the home, made where it lies.

use std::ops::ControlFlow;
use std::path::PathBuf;

use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Json};
use bailee_vault::backup::drill::BackupStatus;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::schema::{Schema, count, flag, list, nullable, object, pattern, text};
use crate::api::{Operation, Tag, words};
use crate::body::JsonBody;
use crate::edge::Edge;
use crate::once::Written;
use crate::problem::Problem;
use crate::watch::{Tick, Watch};

pub(crate) fn operations() -> Vec<Operation> {
    let directory = pattern(
        "^/[^\u{0}]*$",
        "A directory of the server, from the root: one of `[backup] places`, or below.",
    );
    vec![
        Operation::post("/v1/backups", "backUp", post(back_up))
            .says(
                Tag::Home,
                "Back the home up",
                "All that it keeps, as of one moment, goes into a new file in that directory, sealed for the recipients that the \
                 configuration names, and is read back. It holds no key: of what ends later, it keeps bytes that nothing opens any more.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .takes("Where.", object(&[("directory", directory)]), json!({ "directory": "/srv/backups" }))
            .answers(201, "It is there, and was read back.", made(), made_example())
            .refuses(&[
                "relative-directory",
                "backup-without-recipients",
                "backup-place-not-listed",
                "backup-place-removable",
                "backup-place-unusable",
                "backup-unwritten",
                "damaged",
            ]),
        Operation::get("/v1/backups", "backupStatus", get(status))
            .says(
                Tag::Home,
                "How the home stands with its backups",
                "Its last backup, its last restore drill, and by when the next is due. Where a backup is, is said once.",
            )
            .for_people()
            .answers(200, "How it stands.", standing(), standing_example()),
        Operation::post("/v1/backups:drill", "drillBackup", post(drill))
            .says(
                Tag::Home,
                "Drill with a backup",
                "It is taken apart beside the home, its database and its ledger are verified, and every part of it that lives is opened by \
                 the present keyring, which stays as it is. Nothing of that leaves the server. Time and age are in the ledger.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .takes(
                "The backup, and the file with the private key of a recipient.",
                object(&[("file", path("The backup.")), ("key", path("The file with the private key."))]),
                json!({ "file": "/srv/backups/bailee-00010203-20260302T090000Z-08090a0b.backup", "key": "/media/backup.key" }),
            )
            .answers(200, "What it found.", drilled(), drilled_example())
            .refuses(&[
                "relative-directory",
                "backup-file-unreadable",
                "backup-key-readable-by-others",
                "not-a-backup-key",
                "backup-of-another-home",
                "backup-refused",
                "backup-changed",
                "backup-ledger-refused",
                "backup-unwritten",
                "damaged",
            ]),
    ]
}

/// A file of the server's.
fn path(what: &str) -> Schema {
    pattern("^/[^\u{0}]*$", what)
}

fn standing() -> Schema {
    let last = object(&[
        ("backup", words::id("Names it.")),
        ("made_at", words::time("When it was made.")),
        ("bytes", count("Its length.")),
    ]);
    let failed = object(&[
        ("at", words::time("When a drill since then could not be done.")),
        ("code", text("Why: the code of the problem.")),
    ]);
    object(&[
        ("last", nullable(last)),
        ("drill", nullable(drilled())),
        ("drill_failed", nullable(failed)),
        ("drill_due", nullable(words::time("By when the next drill is due; none before the first backup."))),
    ])
}

fn standing_example() -> Value {
    let last = json!({ "backup": words::ID, "made_at": words::TIME, "bytes": 1_048_576 });
    json!({ "last": last, "drill": drilled_example(), "drill_failed": null, "drill_due": words::TIME })
}

fn drilled() -> Schema {
    object(&[
        ("backup", words::id("The backup.")),
        ("made_at", words::time("When it was made.")),
        ("drilled_at", words::time("When it was drilled.")),
        ("took_ms", count("Milliseconds until everything was there.")),
        ("age_seconds", count("Seconds since it was made: what would be lost.")),
        ("bytes", count("Bytes of its store.")),
        ("ledger_size", count("Entries of its ledger, each verified.")),
        ("opened", count("Parts that live, each opened whole.")),
        ("gone", count("Parts that have no key any more, as it should be.")),
        ("failed", count("Parts with a key that did not open.")),
    ])
}

fn drilled_example() -> Value {
    json!({
        "backup": words::ID,
        "made_at": words::TIME,
        "drilled_at": words::TIME,
        "took_ms": 4200,
        "age_seconds": 86_400,
        "bytes": 1_048_576,
        "ledger_size": 4711,
        "opened": 1250,
        "gone": 41,
        "failed": 0,
    })
}

fn made() -> Schema {
    object(&[
        ("backup", words::id("Names it, also in the ledger.")),
        ("file", text("Where it is, on the server.")),
        (
            "sent",
            nullable(flag(
                "Whether the home's own command sent it elsewhere; none where it has no such command.",
            )),
        ),
        ("made_at", words::time("When.")),
        ("bytes", count("Its length.")),
        ("digest", pattern("^[0-9a-f]{64}$", "SHA-256 of the file, as the ledger has it.")),
        ("ledger_size", count("Entries of the ledger that are in it.")),
        ("recipients", list(&text("The id of somebody who can open it."))),
    ])
}

fn made_example() -> Value {
    json!({
        "backup": words::ID,
        "file": "/srv/backups/bailee-00010203-20260302T090000Z-08090a0b.backup",
        "sent": null,
        "made_at": words::TIME,
        "bytes": 1_048_576,
        "digest": "0a".repeat(32),
        "ledger_size": 4711,
        "recipients": ["000102030405060708090a0b0c0d0e0f"],
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    directory: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Drill {
    file: PathBuf,
    key: PathBuf,
}

async fn status(edge: Edge) -> Result<Json<BackupStatus>, Problem> {
    edge.run(|call| Ok(Json(call.vault().backup_status(&call.gate().administer(call.caller())?)?))).await
}

async fn drill(edge: Edge, watch: Option<Extension<Watch>>, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, move |call, body| {
        let authorized = call.gate().administer(call.caller())?;
        let Drill { file, key } = body.parse()?;
        if !file.is_absolute() || !key.is_absolute() {
            return Err(relative());
        }
        let mut progress = hearing(watch.as_ref());
        let drilled = call.vault().drill(authorized, call.backups(), (&file, &key), &mut progress)?;
        Ok(Written::done(&drilled))
    })
    .await
}

fn relative() -> Problem {
    Problem::unacceptable("relative-directory", "places and files of backups are named by absolute paths")
}

/// Tells whoever watches. Stopped, nothing would be there: whoever does not want it removes the file.
fn hearing(watch: Option<&Extension<Watch>>) -> impl FnMut(u64, u64) {
    move |done, total| {
        if let Some(Extension(watch)) = watch {
            let _: ControlFlow<()> = watch.tick(Tick::BackedUp { done, total });
        }
    }
}

async fn back_up(edge: Edge, watch: Option<Extension<Watch>>, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, move |call, body| {
        let authorized = call.gate().administer(call.caller())?;
        let Wanted { directory } = body.parse()?;
        if !directory.is_absolute() {
            return Err(relative());
        }
        let mut progress = hearing(watch.as_ref());
        Ok(Written::made(&call.vault().back_up(authorized, call.backups(), &directory, &mut progress)?))
    })
    .await
}
