//! Keys as an operator sees them.

use std::path::{Path, PathBuf};

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use bailee_crypto::keyring::KeyringError;
use bailee_vault::VaultError;
use bailee_vault::keys::KeysStatus;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{Schema, count, list, named, object, one_of, pattern, text};
use crate::api::{Operation, Tag};
use crate::body::JsonBody;
use crate::edge::Edge;
use crate::once::Written;
use crate::problem::Problem;

pub(crate) fn operations() -> Vec<Operation> {
    let status = json!({
        "epoch": 3,
        "revision": 12,
        "drops_epoch": "cannot",
        "buckets": 31,
        "facts_keys": 4,
        "punctured": 2,
        "mirrors": [{ "directory": "/media/one/keyring", "state": "current" }],
    });
    let directory = pattern("^/[^\u{0}]*$", "An empty directory of the server, from the root.");
    vec![
        Operation::get("/v1/keys", "showKeys", get(self::status))
            .says(Tag::Keys, "How the keyring stands", "")
            .for_people()
            .answers(200, "How it stands.", keys(), status.clone()),
        Operation::post("/v1/keys/mirrors", "addMirror", post(add_mirror))
            .says(
                Tag::Keys,
                "Add a mirror",
                "The keyring is written to one more directory. Name it in `bailee.toml` as well, or it is left out at the \
                 next start.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .takes("Where.", object(&[("directory", directory)]), json!({ "directory": "/media/two/keyring" }))
            .answers(201, "How the keyring stands now.", keys(), status)
            .refuses(&["relative-directory", "mirror-unusable-directory", "mirror-already"]),
        Operation::post("/v1/keys/passphrase-changes", "notePassphraseChange", post(note_passphrase_change))
            .says(
                Tag::Keys,
                "Say that the passphrase changes",
                "The command `bailee keys passphrase` seals the root key anew on its own machine, and says so here before the \
                 new file takes the place of the old one. No passphrase is ever sent.",
            )
            .once()
            .for_people()
            .answers_nothing("It is in the ledger."),
    ]
}

fn keys() -> Schema {
    const STATES: [&str; 5] = ["current", "behind", "empty", "damaged", "unreachable"];
    let mirror = object(&[
        ("directory", text("Where it is.")),
        ("state", one_of(STATES, "How it stands beside the others.")),
    ]);
    let drops =
        "When the root key's provider lets go of an old epoch: on that hangs how thoroughly a key is gone.";
    named(
        "Keys",
        object(&[
            ("epoch", count("The epoch; a new one with every destruction.")),
            ("revision", count("The revision of the keyring's head.")),
            ("drops_epoch", one_of(["at-once", "after-days", "cannot"], drops)),
            ("buckets", count("Live buckets.")),
            ("facts_keys", count("Keys of facts.")),
            ("punctured", count("Keys of single parts that were taken away.")),
            ("mirrors", list(&mirror)),
        ]),
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMirror {
    directory: PathBuf,
}

/// How the keyring stands.
#[derive(Serialize)]
struct Status {
    epoch: u64,
    revision: u64,
    drops_epoch: &'static str,
    buckets: u64,
    facts_keys: u64,
    punctured: u64,
    mirrors: Vec<Mirror>,
}

/// A mirror and how it stands.
#[derive(Serialize)]
struct Mirror {
    directory: PathBuf,
    state: &'static str,
}

async fn status(edge: Edge) -> Result<Json<Status>, Problem> {
    edge.run(|call| {
        let authorized = call.gate().read_keys(call.caller())?;
        Ok(Json(call.vault().keys_status(authorized)?.into()))
    })
    .await
}

async fn add_mirror(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        let authorized = call.gate().administer(call.caller())?;
        let NewMirror { directory } = body.parse()?;
        if !directory.is_absolute() {
            return Err(Problem::unacceptable("relative-directory", "a mirror is named by an absolute path"));
        }
        call.vault().add_mirror(authorized, &directory).map_err(|error| of_new_mirror(error, &directory))?;
        let status = call.vault().keys_status(call.gate().read_keys(call.caller())?)?;
        Ok(Written::made(&Status::from(status)))
    })
    .await
}

async fn note_passphrase_change(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, _nothing| {
        let authorized = call.gate().administer(call.caller())?;
        call.vault().note_passphrase_change(authorized)?;
        Ok(Written::silent())
    })
    .await
}

/// What is wrong with the directory that was named is not what is wrong with the mirrors that there are.
fn of_new_mirror(error: VaultError, directory: &Path) -> Problem {
    match error {
        VaultError::Keyring(error @ KeyringError::MirrorAlready(_)) => {
            Problem::new(StatusCode::CONFLICT, error.code(), error.to_string())
        }
        VaultError::Keyring(
            ref error @ (KeyringError::Mirror { ref path, .. }
            | KeyringError::NotEmpty(ref path)
            | KeyringError::NotReadBack(ref path)
            | KeyringError::OtherHome(ref path)
            | KeyringError::OtherRootKey(ref path)),
        ) if path == directory => Problem::unacceptable("mirror-unusable-directory", error.to_string()),
        other => other.into(),
    }
}

impl From<KeysStatus> for Status {
    fn from(status: KeysStatus) -> Self {
        let mirrors = status.mirrors.into_iter();
        Self {
            epoch: status.epoch,
            revision: status.revision,
            drops_epoch: status.drops_epoch,
            buckets: status.buckets,
            facts_keys: status.facts_keys,
            punctured: status.punctured,
            mirrors: mirrors.map(|(directory, state)| Mirror { directory, state }).collect(),
        }
    }
}
