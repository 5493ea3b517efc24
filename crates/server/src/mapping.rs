//! Mappings: how formats' names become canonical ones. Those of the program can be seen; those of the home also change.

use std::io;
use std::sync::{PoisonError, RwLock};

use aws_lc_rs::digest;
use axum::Json;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::{delete, get, post};
use bailee_intake::format::{Format, Formats, MappingError};
use bailee_ledger::event::{Mapping, What};
use bailee_store::act::Act;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{Schema, flag, list as listed, named, object, one_of, pages, text};
use crate::api::{Operation, Tag, words};
use crate::body::{JsonBody, Segments};
use crate::edge::{Call, Edge};
use crate::fault::Fault;
use crate::once::Written;
use crate::paging::Page;
use crate::problem::Problem;

/// Most bytes of a mapping file: ten times the longest of the program's own.
pub const MAPPING_BYTES_MAX: usize = 256 * 1024;

/// Most mappings of a home's own.
pub const MAPPINGS_MAX: usize = 200;

pub(crate) fn operations() -> Vec<Operation> {
    let one = json!({
        "name": "shop-export",
        "title": "Orders of our shop",
        "kind": "order",
        "syntax": "table",
        "names": [],
        "own": true,
    });
    let file = object(&[
        ("name", text("Its name.")),
        ("own", flag("Whether it is the home's own.")),
        ("toml", text("The file.")),
    ]);
    let new =
        object(&[("toml", text("A mapping file; the documentation of mappings says how one is written."))]);
    vec![
        Operation::get("/v1/mappings", "listMappings", get(list))
            .says(Tag::Mappings, "List the formats", "Those of the program, and the home's own, by name.")
            .in_pages()
            .for_people()
            .answers(
                200,
                "The formats.",
                pages("mappings", &mapping_line()),
                json!({ "mappings": [one], "next": null }),
            ),
        Operation::post("/v1/mappings", "addMapping", post(add))
            .says(Tag::Mappings, "Add a mapping", "One of the home's own of the same name gives way.")
            .once()
            .for_people()
            .takes("The mapping file.", new, json!({ "toml": EXAMPLE }))
            .answers(201, "The mapping is in use.", mapping_line(), one)
            .refuses(&REFUSALS),
        Operation::get("/v1/mappings/{name}", "showMapping", get(show))
            .says(Tag::Mappings, "Show a mapping file", "")
            .for_people()
            .answers(200, "The file.", file, json!({ "name": "shop-export", "own": true, "toml": EXAMPLE }))
            .refuses(&["not-found"]),
        Operation::delete("/v1/mappings/{name}", "removeMapping", delete(remove))
            .says(Tag::Mappings, "Remove a mapping", "What came in by it stays as it is.")
            .for_people()
            .answers_nothing("The mapping is gone.")
            .refuses(&["not-found", "mapping-embedded", "mapping-unkept"]),
    ]
}

/// A mapping file as short as one can be.
const EXAMPLE: &str = "format = \"shop-export\"\ntitle = \"Orders of our shop\"\nkind = \"order\"\nsyntax = \"table\"\n\n\
                       [recognise]\nall = [\"order-no\", \"ship-to\"]\n\n[fields]\n\"order-no\" = \"orderId\"\n\
                       \"ship-to\" = \"recipient.deliveryAddress.name\"\n";

/// What may be wrong with a mapping.
const REFUSALS: [&str; 16] = [
    "mapping-name-taken",
    "mapping-too-large",
    "too-many-mappings",
    "mapping-syntax",
    "mapping-name",
    "mapping-path",
    "mapping-lists",
    "mapping-twice",
    "mapping-undecided",
    "mapping-without-reference",
    "mapping-unrecognisable",
    "mapping-target",
    "mapping-unkept",
    "list-key",
    "field-path",
    "marketplace-id",
];

fn mapping_line() -> Schema {
    named(
        "Mapping",
        object(&[
            ("name", text("The format's name.")),
            ("title", text("What people call it.")),
            ("kind", words::kind()),
            ("syntax", one_of(["json", "table", "xml"], "How its documents are written.")),
            ("names", listed(&text("Another name of it."))),
            ("own", flag("Whether it is the home's own.")),
        ]),
    )
}

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
struct Line {
    name: String,
    title: String,
    kind: &'static str,
    syntax: &'static str,
    names: Vec<String>,
    own: bool,
}

/// A page of them.
#[derive(Serialize)]
struct Lines {
    mappings: Vec<Line>,
    next: Option<String>,
}

/// A mapping file.
#[derive(Serialize)]
struct Text {
    name: String,
    own: bool,
    toml: String,
}

async fn list(edge: Edge, uri: Uri) -> Result<Json<Lines>, Problem> {
    edge.run(move |call| {
        let _allowed = call.gate().administer(call.caller())?;
        let page = Page::asked("mappings", &uri)?;
        let formats = call.mappings().formats();
        let lines = formats.iter().map(|format| line(format)).collect();
        let (mappings, next) = page.cut(lines, |line: &Line| line.name.clone());
        Ok(Json(Lines { mappings, next }))
    })
    .await
}

async fn show(edge: Edge, Segments(name): Segments<String>) -> Result<Json<Text>, Problem> {
    edge.run(move |call| {
        let _allowed = call.gate().administer(call.caller())?;
        let formats = call.mappings().formats();
        let format = formats.named(&name).ok_or_else(no_such_mapping)?;
        let (own, toml) = (!format.is_embedded(), format.toml().to_owned());
        Ok(Json(Text { name: format.name().to_owned(), own, toml }))
    })
    .await
}

async fn add(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
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
            let what = What::MappingAdded(Mapping { digest: digest(&toml) });
            commit(call, authorized.context().event(what))?;
            files.keep(&name, &toml).map_err(|error| unkept(&error))?;
            Ok(changed)
        })?;
        Ok(Written::made(&line))
    })
    .await
}

async fn remove(edge: Edge, Segments(name): Segments<String>) -> Result<StatusCode, Problem> {
    edge.run(move |call| {
        let authorized = call.gate().administer(call.caller())?;
        call.mappings().change(|formats, files| {
            let format = formats.named(&name).ok_or_else(no_such_mapping)?;
            if format.is_embedded() {
                let words = "this format comes with the program; only a home's own mappings can be removed";
                return Err(Problem::unacceptable("mapping-embedded", words));
            }
            let name = format.name().to_owned();
            let what = What::MappingRemoved(Mapping { digest: digest(format.toml()) });
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
