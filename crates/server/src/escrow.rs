//! What leaves the home so that its keys can come back: the lasting keyring as a sealed file, and the root key in shares.
//!
//! Both take an owner with a fresh second factor, and a second person where the home asks for one. What comes of it is for whoever
//! asked, and not for whoever approved: they ask for it once more when it is approved, and then it is done, once. No share and no root
//! key passes here: it is split where its file lies, by whoever may read that.

use axum::response::Response;
use axum::routing::post;
use bailee_access::proposal::{Proposed, Stage};
use bailee_crypto::backup::Recipient;
use bailee_crypto::escrow::{self, SHARES_MAX, THRESHOLD_MIN};
use bailee_vault::backup::BackupFault;
use bailee_vault::{VaultError, escrow::Export};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{list, object, one_of, text, within};
use crate::api::{Operation, Tag, words};
use crate::body::JsonBody;
use crate::edge::{Call, Edge};
use crate::once::Written;
use crate::problem::Problem;
use crate::proposal;

pub(crate) fn operations() -> Vec<Operation> {
    let sealed_for = || {
        one_of(
            ["root-key", "recipients"],
            "The root key, or the recipients of backups that the configuration names.",
        )
    };
    let exported = object(&[
        ("file", text("The file in base64: ciphertext.")),
        ("made_at", words::time("When it was made.")),
        ("sealed_for", sealed_for()),
        ("recipients", list(&text("The id of somebody who can open it."))),
    ]);
    let number = |least: u8, what: &str| within(least.into(), SHARES_MAX.into(), what);
    let split = object(&[
        ("shares", number(THRESHOLD_MIN, "Into how many shares.")),
        ("threshold", number(THRESHOLD_MIN, "How many of them bring it back.")),
    ]);
    vec![
        Operation::post("/v1/keys/exports", "exportKeyring", post(export))
            .says(
                Tag::Keys,
                "Export the lasting keyring",
                "As a sealed file: the keys by which the ledger is signed, registers open, tokens resolve and tombstones hold. No \
                 key of a bucket is in it, so that it brings nothing back that has ended. It takes two people, where the home asks \
                 for a second one: then it is proposed, and given to whoever proposed it when they ask again.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .takes("For whom.", object(&[("sealed_for", sealed_for())]), json!({ "sealed_for": "root-key" }))
            .answers(202, "It is proposed.", proposal::proposal(), proposal::example())
            .answers(
                201,
                "The file.",
                exported,
                json!({ "file": "YmFpbGVl…", "made_at": words::TIME, "sealed_for": "root-key", "recipients": [] }),
            )
            .refuses(&["second-factor-stale", "backup-without-recipients", "shown-once"]),
        Operation::post("/v1/keys/splits", "noteRootKeySplit", post(note_split))
            .says(
                Tag::Keys,
                "Say that the root key is split",
                "The command `bailee keys split` splits the root key on its own machine, and says so here before it writes a share. \
                 No share is ever sent. It takes two people, where the home asks for a second one: then it is proposed, and \
                 whoever proposed it asks again.",
            )
            .once()
            .for_people()
            .takes("Into what.", split.clone(), json!({ "shares": 5, "threshold": 3 }))
            .answers(202, "It is proposed.", proposal::proposal(), proposal::example())
            .answers(200, "It is in the ledger.", split, json!({ "shares": 5, "threshold": 3 }))
            .refuses(&["second-factor-stale", "unacceptable"]),
    ]
}

/// What has to happen first; nothing, where the caller may go on: where the home asks for no second person, or that was approved.
fn first(call: &Call, proposed: Proposed) -> Result<Option<Written>, Problem> {
    if !call.gate().standards().second_person {
        return Ok(None);
    }
    let filed = match call.gate().own_proposal(call.caller(), &proposed) {
        None => call.gate().propose(call.caller(), proposed)?,
        Some(own) if matches!(own.stage, Stage::Approved { .. }) => {
            // Before it is carried out: an approval is good for once, whatever becomes of what it was for.
            call.gate().proposal_done(call.caller(), own.id)?;
            return Ok(None);
        }
        Some(own) => own,
    };
    Ok(Some(Written::accepted(&proposal::line(call, filed))))
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum SealedFor {
    RootKey,
    Recipients,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    sealed_for: SealedFor,
}

#[derive(Serialize)]
struct Exported {
    file: String,
    made_at: bailee_core::Timestamp,
    sealed_for: SealedFor,
    recipients: Vec<String>,
}

async fn export(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        let authorized = call.gate().administer_afresh(call.caller())?;
        let Wanted { sealed_for } = body.parse()?;
        let recipients: &[Recipient] = match sealed_for {
            SealedFor::RootKey => &[],
            SealedFor::Recipients if call.backups().recipients.is_empty() => {
                return Err(VaultError::from(BackupFault::NoRecipients).into());
            }
            SealedFor::Recipients => &call.backups().recipients,
        };
        let ids: Vec<String> = recipients.iter().map(|recipient| recipient.id().to_string()).collect();
        if let Some(filed) = first(call, Proposed::ExportKeyring { recipients: ids.clone() })? {
            return Ok(filed);
        }
        let Export { file, made_at } = call.vault().export_keyring(authorized, recipients)?;
        // Not kept for whoever sends the same again: what the home keeps is in its backups, and no key is.
        let exported = Exported { file: BASE64.encode(&file), made_at, sealed_for, recipients: ids };
        Ok(Written::made(&exported).with_secret_of(call.caller().context.request.to_string()))
    })
    .await
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Split {
    shares: u8,
    threshold: u8,
}

async fn note_split(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        let authorized = call.gate().administer_afresh(call.caller())?;
        let split: Split = body.parse()?;
        let Split { shares, threshold } = split;
        escrow::check(shares, threshold)
            .map_err(|error| Problem::unacceptable("unacceptable", error.to_string()))?;
        if let Some(filed) = first(call, Proposed::SplitRootKey { shares, threshold })? {
            return Ok(filed);
        }
        call.vault().note_root_key_split(authorized, shares, threshold)?;
        Ok(Written::done(&split))
    })
    .await
}
