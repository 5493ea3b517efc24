//! The cold archive: what a law obliges to keep, sealed to an offline key that the home does not have (2.1.c).
//!
//! Asked for by who governs the data, approved by a second person, carried out once. What is answered is never a value: the file
//! is ciphertext, and the rest says where it lies and when it is to be destroyed.

pub(crate) mod making;
mod told;

use axum::Json;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::{get, post};
use bailee_access::proposal::Proposed;
use bailee_core::archive::YEARS_MAX;
use bailee_core::{Day, RecordId};
use bailee_vault::archive::{Archive, OfflineKey};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{object, pages, text, within};
use crate::api::{Operation, Tag, words};
use crate::body::{JsonBody, Segments};
use crate::edge::Edge;
use crate::once::Written;
use crate::paging::Page;
use crate::problem::Problem;
use crate::proposal;
pub(crate) use making::carry_out;
use making::{Asked, make};
use told::{ArchiveLine, KeyLine, archive, archive_example, asked, destroyed, key, key_example, label};
pub(crate) use told::{FileLine, file, statute};

/// The last year that a key is described for; that it lies near is asked besides.
const YEAR_MAX: u64 = 9999;

pub(crate) fn operations() -> Vec<Operation> {
    let mut operations = vec![
        Operation::get("/v1/archives", "listArchives", get(archives))
            .says(
                Tag::Archives,
                "List the archives",
                "What was sealed, where it lies, and when it is to be destroyed. In the order in which they were made.",
            )
            .in_pages()
            .for_people()
            .refuses(&["seller-not-granted"])
            .answers(
                200,
                "They.",
                pages("archives", &archive()),
                json!({ "archives": [archive_example()], "next": null }),
            ),
        Operation::post("/v1/archives", "createArchive", post(create))
            .says(
                Tag::Archives,
                "Seal what a law obliges to keep",
                "The named fields of records, or of all records of a seller whose personal data ends on a day, are sealed to the \
                 offline key of the year in which the statute ends. The live data goes on its ordinary clock. It takes two \
                 people, where the home asks for a second one: then it is proposed. The file is kept until it is fetched and \
                 its place is said.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .takes("What, and under which statute.", asked(), json!({
                "seller": words::SELLER,
                "references": [words::REFERENCE],
                "fields": ["buyer.buyerName"],
                "purpose": "invoice",
                "statute": "DE-USTG-14b",
                "until": "2036-12-31",
            }))
            .answers(202, "It is proposed.", proposal::proposal(), proposal::example())
            .answers(201, "It is made.", archive(), archive_example())
            .refuses(&["bad-id", "unknown-seller", "second-person", "too-many-items"])
            .refuses(&REFUSALS)
            .opens(),
    ];
    operations.extend(file_operations());
    operations.extend(key_operations());
    operations
}

/// What becomes of the file of an archive.
fn file_operations() -> Vec<Operation> {
    vec![
        Operation::get("/v1/archives/{id}/file", "fetchArchive", get(fetch))
            .says(
                Tag::Archives,
                "Fetch an archive's file",
                "CMS, which the holder of the offline key opens with a stock tool; a statement with its SHA-256, and the signature of \
                 that by the ledger's key. None of it opens here.",
            )
            .for_people()
            .answers(200, "The file.", file("The archive."), json!({
                "id": words::ID,
                "file": "MIIB…",
                "statement": "# bailee archive 1\n…",
                "signature": "MEUC…",
                "ledger_key": "-----BEGIN PUBLIC KEY-----…",
            }))
            .refuses(&["not-found", "archive-away", "archive-not-made"])
            .opens(),
        Operation::post("/v1/archives/{id}/place", "placeArchive", post(place))
            .says(
                Tag::Archives,
                "Say where an archive lies",
                "From then on the home has no copy of the file. Kept sealed; the ledger holds that it was said, not where it is.",
            )
            .once()
            .for_people()
            .takes("Where.", object(&[("place", label("The place."))]), json!({ "place": "safe 3, shelf B" }))
            .answers(200, "The archive.", archive(), archive_example())
            .refuses(&["not-found", "unacceptable", "archive-destroyed", "archive-not-fetched", "second-factor-stale"])
            .opens(),
        Operation::post("/v1/archives/{id}/destruction", "archiveDestroyed", post(archive_destroyed))
            .says(Tag::Archives, "Say that an archive was destroyed", "")
            .once()
            .for_people()
            .takes("How, and by whom.", destroyed(), json!({ "how": "shredded", "who": "Ben Beispiel" }))
            .answers(200, "The archive.", archive(), archive_example())
            .refuses(&["not-found", "bad-id", "unacceptable", "archive-destroyed", "second-factor-stale"])
            .opens(),
    ]
}

/// What the making of an archive can run into, also once it was approved.
pub(crate) const REFUSALS: [&str; 9] = [
    "unacceptable",
    "not-found",
    "purpose-not-of-field",
    "unclassified",
    "restricted",
    "no-consent",
    "no-archive-key",
    "archive-too-large",
    "archive-not-made",
];

fn key_operations() -> Vec<Operation> {
    let new = object(&[
        ("key", text("The public half, in PEM.")),
        ("year", within(2000, YEAR_MAX, "The year in which the statutes end for which it is.")),
    ]);
    vec![
        Operation::get("/v1/archive-keys", "listArchiveKeys", get(keys))
            .says(Tag::Archives, "List the archive keys", "Public halves of offline keys, one for each year.")
            .in_pages()
            .for_people()
            .refuses(&["seller-not-granted"])
            .answers(200, "They.", pages("keys", &key()), json!({ "keys": [key_example()], "next": null })),
        Operation::post("/v1/archive-keys", "addArchiveKey", post(add_key))
            .says(
                Tag::Archives,
                "Add an archive key",
                "The public half of an RSA key that was made on another machine, for the statutes that end in one year.",
            )
            .once()
            .for_people()
            .takes("The key.", new, json!({ "key": "-----BEGIN PUBLIC KEY-----…", "year": 2036 }))
            .answers(201, "The key.", key(), key_example())
            .refuses(&["unacceptable", "archive-key", "archive-key-exists", "archive-too-large", "second-factor-stale"])
            .opens(),
        Operation::post("/v1/archive-keys/{id}/destruction", "archiveKeyDestroyed", post(key_destroyed))
            .says(
                Tag::Archives,
                "Say that an offline key was destroyed",
                "With it every archive under it has ended, wherever its copies lie.",
            )
            .once()
            .for_people()
            .takes("How, and by whom.", destroyed(), json!({ "how": "burned", "who": null }))
            .answers(200, "The key.", key(), key_example())
            .refuses(&["not-found", "bad-id", "unacceptable", "archive-destroyed", "second-factor-stale"])
            .opens(),
    ]
}

#[derive(Serialize)]
struct Archives {
    archives: Vec<ArchiveLine>,
    next: Option<String>,
}

async fn archives(edge: Edge, uri: Uri) -> Result<Json<Archives>, Problem> {
    edge.run(move |call| {
        let authorized = call.gate().read_retention(call.caller(), None)?;
        let page = Page::asked("archives", &uri)?;
        let key = |one: &Archive| format!("{:020} {}", one.at.as_nanosecond(), one.id);
        let (archives, next) = page.cut(call.vault().archives(&authorized)?, key);
        let archives = archives.into_iter().map(|one| ArchiveLine::of(one, call.now())).collect();
        Ok(Json(Archives { archives, next }))
    })
    .await
}

#[derive(Serialize)]
struct Keys {
    keys: Vec<KeyLine>,
    next: Option<String>,
}

async fn keys(edge: Edge, uri: Uri) -> Result<Json<Keys>, Problem> {
    edge.run(move |call| {
        let authorized = call.gate().read_retention(call.caller(), None)?;
        let page = Page::asked("archive-keys", &uri)?;
        let key = |one: &OfflineKey| format!("{:05} {:020} {}", one.year, one.since.as_nanosecond(), one.id);
        let (keys, next) = page.cut(call.vault().archive_keys(&authorized)?, key);
        Ok(Json(Keys { keys: keys.into_iter().map(|one| KeyLine::of(one, call.now())).collect(), next }))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewKey {
    key: String,
    year: i16,
}

async fn add_key(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        let authorized = call.gate().administer_afresh(call.caller())?;
        let NewKey { key, year } = body.parse()?;
        let this = Day::of(call.now()).year();
        if year < this || year > this.saturating_add(i16::try_from(YEARS_MAX).unwrap_or(i16::MAX)) {
            let words = format!("a key is for a year from {this} on, and {YEARS_MAX} ahead at most");
            return Err(Problem::unacceptable("unacceptable", words));
        }
        let key = call.vault().add_archive_key(authorized, &key, year)?;
        Ok(Written::made(&KeyLine::of(key, call.now())))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Destroyed {
    how: String,
    #[serde(default)]
    who: Option<String>,
}

async fn key_destroyed(
    edge: Edge,
    Segments(id): Segments<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    edge.write(body, move |call, body| {
        let authorized = call.gate().administer_afresh(call.caller())?;
        let (id, Destroyed { how, who }): (RecordId, _) = (id.parse()?, body.parse()?);
        let key = call.vault().archive_key_destroyed(authorized, id, how.parse()?, who.as_deref())?;
        Ok(Written::done(&KeyLine::of(key, call.now())))
    })
    .await
}

async fn archive_destroyed(
    edge: Edge,
    Segments(id): Segments<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    edge.write(body, move |call, body| {
        let authorized = call.gate().administer_afresh(call.caller())?;
        let (id, Destroyed { how, who }): (RecordId, _) = (id.parse()?, body.parse()?);
        let archive = call.vault().archive_destroyed(authorized, id, how.parse()?, who.as_deref())?;
        Ok(Written::done(&ArchiveLine::of(archive, call.now())))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Placed {
    place: String,
}

async fn place(edge: Edge, Segments(id): Segments<String>, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, move |call, body| {
        let authorized = call.gate().administer_afresh(call.caller())?;
        let (id, Placed { place }): (RecordId, _) = (id.parse()?, body.parse()?);
        let archive = call.vault().place_archive(authorized, id, &place)?;
        Ok(Written::done(&ArchiveLine::of(archive, call.now())))
    })
    .await
}

async fn fetch(edge: Edge, Segments(id): Segments<String>) -> Result<Json<FileLine>, Problem> {
    edge.run(move |call| {
        let authorized = call.gate().administer(call.caller())?;
        let id: RecordId = id.parse()?;
        Ok(Json(FileLine::of(id, call.vault().fetch_archive(authorized, id)?)))
    })
    .await
}

async fn create(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        // Asked before the body is looked at: who may have nothing archived learns nothing of what is held.
        call.gate().may_archive(call.caller())?;
        let plan = body.parse::<Asked>()?.plan(call)?;
        if call.gate().standards().second_person {
            let filed = call.gate().propose(call.caller(), Proposed::Archive { plan: Box::new(plan) })?;
            return Ok(Written::accepted(&proposal::line(call, filed)));
        }
        let authorized = call.gate().archive(call.caller())?;
        // A name that no other archive has: the request's own, since it makes one.
        let id = RecordId(call.caller().context.request.0);
        let archive = make(call, authorized, id, &plan, None)?;
        Ok(Written::made(&ArchiveLine::of(archive, call.now())))
    })
    .await
}
