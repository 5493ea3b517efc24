//! Mappings: how formats' names become canonical ones. Those of the program can be seen; those of the home also change.

use std::io;
use std::sync::{PoisonError, RwLock};

use aws_lc_rs::digest;
use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use bailee_intake::format::{Format, Formats, MappingError};
use bailee_ledger::event::What;
use bailee_store::act::Act;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::body::JsonBody;
use crate::edge::{Call, Edge};
use crate::fault::Fault;
use crate::problem::Problem;

/// Most bytes of a mapping file: ten times the longest of the program's own.
pub const MAPPING_BYTES_MAX: usize = 256 * 1024;

/// Most mappings of a home's own.
pub const MAPPINGS_MAX: usize = 200;

/// Where a home keeps its own mappings.
pub trait MappingFiles: Send + Sync {
    /// Keeps a mapping under its name, whole or not at all, in the place of another of that name.
    ///
    /// # Errors
    /// Those of the disk; then what was there before still is.
    fn keep(&self, name: &str, toml: &str) -> io::Result<()>;

    /// Takes a mapping away.
    ///
    /// # Errors
    /// Those of the disk.
    fn remove(&self, name: &str) -> io::Result<()>;
}

/// The formats that a home reads, which change while it runs.
pub struct Mappings {
    formats: RwLock<Formats>,
    files: Box<dyn MappingFiles>,
}

impl Mappings {
    /// Formats as they were loaded, and where changes are kept.
    pub fn new(formats: Formats, files: Box<dyn MappingFiles>) -> Self {
        Self { formats: RwLock::new(formats), files }
    }

    /// The formats as they are now. Who reads an input keeps them for as long as that takes.
    pub fn formats(&self) -> Formats {
        self.formats.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes files and formats as one, while nobody else does.
    fn change(
        &self,
        change: impl FnOnce(&Formats, &dyn MappingFiles) -> Result<Formats, Problem>,
    ) -> Result<(), Problem> {
        let mut formats = self.formats.write().unwrap_or_else(PoisonError::into_inner);
        *formats = change(&formats, &*self.files)?;
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMapping {
    toml: String,
}

/// A format, as a list shows it.
#[derive(Serialize)]
pub(crate) struct Line {
    name: String,
    title: String,
    kind: &'static str,
    syntax: &'static str,
    names: Vec<String>,
    own: bool,
}

/// Every format.
#[derive(Serialize)]
pub(crate) struct Lines {
    mappings: Vec<Line>,
}

/// A mapping file.
#[derive(Serialize)]
pub(crate) struct Text {
    name: String,
    own: bool,
    toml: String,
}

/// `GET /v1/mappings` answers `{"mappings":[{"name","title","kind","syntax","names","own"}]}`.
pub(crate) async fn list(edge: Edge) -> Result<Json<Lines>, Problem> {
    edge.run(|call| {
        let _allowed = call.gate().administer(call.caller())?;
        let formats = call.mappings().formats();
        Ok(Json(Lines { mappings: formats.iter().map(|format| line(format)).collect() }))
    })
    .await
}

/// `GET /v1/mappings/{name}` answers `{"name","own","toml"}`.
pub(crate) async fn show(edge: Edge, Path(name): Path<String>) -> Result<Json<Text>, Problem> {
    edge.run(move |call| {
        let _allowed = call.gate().administer(call.caller())?;
        let formats = call.mappings().formats();
        let format = formats.named(&name).ok_or_else(no_such_mapping)?;
        let (own, toml) = (!format.is_embedded(), format.toml().to_owned());
        Ok(Json(Text { name: format.name().to_owned(), own, toml }))
    })
    .await
}

/// `POST /v1/mappings` takes `{"toml"}` and answers as one line of the list. One of the home's own of the same name
/// gives way.
pub(crate) async fn add(edge: Edge, body: JsonBody) -> Result<(StatusCode, Json<Line>), Problem> {
    edge.run(move |call| {
        let authorized = call.gate().administer(call.caller())?;
        let NewMapping { toml } = body.parse()?;
        if toml.len() > MAPPING_BYTES_MAX {
            let words = format!("a mapping has at most {MAPPING_BYTES_MAX} bytes");
            return Err(Problem::unacceptable("mapping-too-large", words));
        }
        let format = Format::parse(&toml)?;
        if let Some(mapping) = format.mapping() {
            mapping.check(&call.vault().catalogue(), format.kind())?;
        }
        let (name, line) = (format.name().to_owned(), line(&format));
        call.mappings().change(|formats, files| {
            let others = formats.without_own(&name);
            if others.iter().filter(|format| !format.is_embedded()).count() >= MAPPINGS_MAX {
                let words = format!("a home has at most {MAPPINGS_MAX} mappings of its own; remove one");
                return Err(Problem::unacceptable("too-many-mappings", words));
            }
            let changed = others.with(format)?;
            // First the event: a mapping that came into use is in the ledger, whatever happens to its file.
            let what = What::MappingAdded { digest: digest(&toml) };
            commit(call, authorized.context().event(what))?;
            files.keep(&name, &toml).map_err(|error| unkept(&error))?;
            Ok(changed)
        })?;
        Ok((StatusCode::CREATED, Json(line)))
    })
    .await
}

/// `DELETE /v1/mappings/{name}` answers nothing. What came in by it stays as it is.
pub(crate) async fn remove(edge: Edge, Path(name): Path<String>) -> Result<StatusCode, Problem> {
    edge.run(move |call| {
        let authorized = call.gate().administer(call.caller())?;
        call.mappings().change(|formats, files| {
            let format = formats.named(&name).ok_or_else(no_such_mapping)?;
            if format.is_embedded() {
                let words = "this format comes with the program; only a home's own mappings can be removed";
                return Err(Problem::unacceptable("mapping-embedded", words));
            }
            let name = format.name().to_owned();
            let what = What::MappingRemoved { digest: digest(format.toml()) };
            commit(call, authorized.context().event(what))?;
            files.remove(&name).map_err(|error| unkept(&error))?;
            Ok(formats.without_own(&name))
        })?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

fn line(format: &Format) -> Line {
    Line {
        name: format.name().to_owned(),
        title: format.title().to_owned(),
        kind: format.kind().as_str(),
        syntax: format.syntax().as_str(),
        names: format.aliases().iter().map(ToString::to_string).collect(),
        own: !format.is_embedded(),
    }
}

fn commit(call: &Call, event: bailee_ledger::event::Event) -> Result<(), Problem> {
    Ok(call.store().commit(Act { name: "mapping", changes: vec![], events: vec![event] }).map(drop)?)
}

/// The first half of the SHA-256, in hexadecimal digits.
fn digest(toml: &str) -> String {
    let whole = digest::digest(&digest::SHA256, toml.as_bytes());
    HEXLOWER.encode(whole.as_ref().get(..16).unwrap_or_default())
}

fn no_such_mapping() -> Problem {
    Problem::not_found("there is no mapping of that name; `bailee mapping list` shows those there are")
}

fn unkept(error: &io::Error) -> Problem {
    let words = format!("the mapping's file could not be changed ({})", error.kind());
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "mapping-unkept", words)
        .with_fault(Fault::new("disk", "mapping-unkept"))
}

impl From<MappingError> for Problem {
    fn from(error: MappingError) -> Self {
        let status = match error {
            MappingError::NameTaken(_) => StatusCode::CONFLICT,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, error.code(), error.to_string())
    }
}
