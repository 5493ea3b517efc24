//! Backups of the home, made where it lies.

use std::ops::ControlFlow;
use std::path::PathBuf;

use axum::Extension;
use axum::response::Response;
use axum::routing::post;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::schema::{Schema, count, list, object, pattern, text};
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
    ]
}

fn made() -> Schema {
    object(&[
        ("backup", words::id("Names it, also in the ledger.")),
        ("file", text("Where it is, on the server.")),
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

async fn back_up(edge: Edge, watch: Option<Extension<Watch>>, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, move |call, body| {
        let authorized = call.gate().administer(call.caller())?;
        let Wanted { directory } = body.parse()?;
        if !directory.is_absolute() {
            return Err(Problem::unacceptable(
                "relative-directory",
                "a place for backups is named by an absolute path",
            ));
        }
        let mut progress = |done, total| {
            if let Some(Extension(watch)) = &watch {
                // Stopped, nothing would be there: whoever does not want it removes the file.
                let _: ControlFlow<()> = watch.tick(Tick::BackedUp { done, total });
            }
        };
        Ok(Written::made(&call.vault().back_up(authorized, call.backups(), &directory, &mut progress)?))
    })
    .await
}
