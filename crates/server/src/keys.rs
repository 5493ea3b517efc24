//! Keys as an operator sees them.

use std::path::{Path, PathBuf};

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use bailee_access::proposal::Proposed;
use bailee_crypto::keyring::{Behind, KeyringError};
use bailee_vault::VaultError;
use bailee_vault::keys::KeysStatus;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::schema::{Schema, count, list, named, nullable, object, one_of, pattern, text};
use crate::api::{Operation, Tag};
use crate::body::JsonBody;
use crate::edge::{Call, Edge};
use crate::once::Written;
use crate::problem::Problem;
use crate::proposal;

pub(crate) fn operations() -> Vec<Operation> {
    let status = json!({
        "epoch": 3,
        "revision": 12,
        "drops_epoch": "cannot",
        "older_than": null,
        "buckets": 31,
        "facts_keys": 4,
        "punctured": 2,
        "mirrors": [{ "directory": "/media/one/keyring", "state": "current" }],
    });
    let directory = pattern("^/[^\u{0}]*$", "An empty directory of the server, from the root.");
    vec![
        Operation::get("/v1/keys", "showKeys", get(self::status))
            .without_keys()
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
        Operation::post("/v1/keys/adoptions", "adoptKeyring", post(adopt))
            .without_keys()
            .says(
                Tag::Keys,
                "Go on with an older keyring",
                "Where every newer mirror is lost. Of the older keyring what the home still names stays, and every other key \
                 goes; what was sealed under keys that it does not know is lost, and is to be collected again. So are requests and \
                 consents of people; restrictions hold. It takes two people, where the home asks for a second one: then it is proposed.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .takes("Nothing to say.", object(&[]), json!({}))
            .answers(202, "It is proposed.", proposal::proposal(), proposal::example())
            .answers(200, "What went, and what is lost.", adopted(), adopted_example())
            .refuses(&["keyring-not-older"]),
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
            (
                "older_than",
                nullable(count(
                    "The revision that the home knows of, where the keyring is older: then nothing lives by it.",
                )),
            ),
            ("buckets", count("Live buckets.")),
            ("facts_keys", count("Keys of facts.")),
            ("punctured", count("Keys of single parts that were taken away one by one.")),
            ("mirrors", list(&mirror)),
        ]),
    )
}

fn adopted() -> Schema {
    object(&[
        ("buckets_removed", count("Buckets whose keys went, since they have ended.")),
        ("slots_removed", count("Keys of single parts that went, since nothing lies under them.")),
        (
            "parts_lost",
            count("Parts and quarantined documents whose keys were made since. Collect them again."),
        ),
        ("facts_lost", count("Months of facts of a seller of which the same is so.")),
        (
            "details_lost",
            count(
                "Months of which nothing tells any more where what was done came from, since its key was made since.",
            ),
        ),
        ("requests_lost", count("Months of requests and consents of which the same is so.")),
        ("asked_lost", count("Requests of people that are lost with them.")),
        ("asked_open", count("Those of them that were open: whoever asked is to be asked again.")),
        (
            "consents_lost",
            count("Consents that are lost with them: what rests on one is denied until it is given again."),
        ),
        (
            "restricted",
            count("Records whose facts are lost, and that are restricted once they are collected again."),
        ),
    ])
}

fn adopted_example() -> Value {
    json!({
        "buckets_removed": 1,
        "slots_removed": 12,
        "parts_lost": 40,
        "facts_lost": 0,
        "details_lost": 0,
        "requests_lost": 1,
        "asked_lost": 3,
        "asked_open": 1,
        "consents_lost": 2,
        "restricted": 0,
    })
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
    older_than: Option<u64>,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

async fn adopt(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        let authorized = call.gate().administer(call.caller())?;
        let Nothing {} = body.parse()?;
        let behind = call.vault().keyring_behind().ok_or_else(not_older)?;
        if call.gate().standards().second_person {
            let proposed =
                Proposed::AdoptKeyring { keyring: behind.revision, anchor: behind.anchor.revision };
            let filed = call.gate().propose(call.caller(), proposed)?;
            return Ok(Written::accepted(&proposal::line(call, filed)));
        }
        let adopted = call.vault().adopt_keyring(authorized)?.ok_or_else(not_older)?;
        Ok(Written::done(&adopted))
    })
    .await
}

fn not_older() -> Problem {
    let words = "the keyring is not older than this home's data; there is nothing to adopt";
    Problem::new(StatusCode::CONFLICT, "keyring-not-older", words)
}

/// Refuses to go on with another keyring than the one that was proposed. One that is not older any more has been gone on
/// with, where that was approved before.
pub(crate) fn check_proposed(call: &Call, proposed: (u64, u64), is_approved: bool) -> Result<(), Problem> {
    match call.vault().keyring_behind() {
        Some(Behind { revision, anchor }) if (revision, anchor.revision) != proposed => {
            let words = "the keyring is another than the one that was proposed; propose it anew by `bailee keys adopt`";
            Err(Problem::new(StatusCode::CONFLICT, "changed-meanwhile", words))
        }
        None if !is_approved => Err(not_older()),
        _ => Ok(()),
    }
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
            older_than: status.older_than,
            buckets: status.buckets,
            facts_keys: status.facts_keys,
            punctured: status.punctured,
            mirrors: mirrors.map(|(directory, state)| Mirror { directory, state }).collect(),
        }
    }
}
