//! Keys as an operator sees them.

use std::path::PathBuf;

use axum::Json;
use axum::http::StatusCode;
use bailee_vault::keys::KeysStatus;
use serde::{Deserialize, Serialize};

use crate::body::JsonBody;
use crate::edge::Edge;
use crate::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMirror {
    directory: PathBuf,
}

/// How the keyring stands.
#[derive(Serialize)]
pub(crate) struct Status {
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

/// `GET /v1/keys` answers
/// `{"epoch","revision","drops_epoch","buckets","facts_keys","punctured","mirrors":[{"directory","state"}]}`.
pub(crate) async fn status(edge: Edge) -> Result<Json<Status>, Problem> {
    edge.run(|call| {
        let authorized = call.gate().read_keys(call.caller())?;
        Ok(Json(call.vault().keys_status(authorized)?.into()))
    })
    .await
}

/// `POST /v1/keys/mirrors` takes `{"directory"}` and answers as `GET /v1/keys`.
pub(crate) async fn add_mirror(edge: Edge, body: JsonBody) -> Result<(StatusCode, Json<Status>), Problem> {
    edge.run(move |call| {
        let authorized = call.gate().administer(call.caller())?;
        let NewMirror { directory } = body.parse()?;
        if !directory.is_absolute() {
            return Err(Problem::unacceptable("relative-directory", "a mirror is named by an absolute path"));
        }
        call.vault().add_mirror(authorized, &directory)?;
        let status = call.vault().keys_status(call.gate().read_keys(call.caller())?)?;
        Ok((StatusCode::CREATED, Json(status.into())))
    })
    .await
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
