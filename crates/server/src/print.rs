//! The register of prints (2.3.d): which there are, and what became of each.

use axum::Json;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::{get, post};
use bailee_core::{Day, Kind, Reference, SellerId, Timestamp};
use bailee_vault::archive::LABEL_CHARACTERS_MAX;
use bailee_vault::prints::{COPIES_MAX, ENDED_MAX, Elsewhere, How, Of, Print, Standing};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::schema::{
    Schema, count, flag, list, list_max, named, nullable, object, one_of, pages, text, with, within,
};
use crate::api::{Operation, Tag, words};
use crate::body::JsonBody;
use crate::edge::{Call, Edge};
use crate::once::Written;
use crate::paging::Page;
use crate::problem::Problem;

pub(crate) fn operations() -> Vec<Operation> {
    let new = object(&[
        ("what", label("What it is, in a few words that name nobody.")),
        ("seller?", nullable(words::seller_id())),
        ("kind?", nullable(words::kind())),
        ("reference?", nullable(words::reference())),
        ("copies?", nullable(within(1, COPIES_MAX.into(), "How many sheets; one, unless said."))),
        ("place?", nullable(label("Where it lies."))),
        ("until?", nullable(words::day("When it is to be destroyed: within 30 days, and with its record."))),
    ]);
    let ended = object(&[
        ("prints", list_max(&count("A print's number."), ENDED_MAX)),
        ("how", one_of(How::ALL.map(How::as_str), "How; `sent` with its parcel, `lost` where nobody knows.")),
        ("who?", nullable(label("Who did it, where it was somebody else."))),
    ]);
    vec![
        Operation::get("/v1/prints", "listPrints", get(prints))
            .says(
                Tag::Prints,
                "List the prints",
                "Those that were made here and those that were added, by their numbers: open until somebody says what became of them, \
                 and overdue once the personal data on them has ended.",
            )
            .in_pages()
            .for_people()
            .answers(200, "They.", pages("prints", &print()), json!({ "prints": [example()], "next": null }))
            .opens(),
        Operation::post("/v1/prints", "addPrint", post(add))
            .says(Tag::Prints, "Add prints that were made elsewhere", "")
            .once()
            .for_people()
            .takes("What, and where.", new, json!({ "what": "pick list of Monday", "copies": 12, "place": "packing table" }))
            .answers(201, "They have a number.", print(), example())
            .refuses(&["bad-id", "not-found", "unknown-seller", "unacceptable", "too-many-prints"])
            .opens(),
        Operation::post("/v1/prints:destroyed", "printsDestroyed", post(destroyed))
            .says(Tag::Prints, "Say what became of prints", "Of all that are named, or of none.")
            .once()
            .for_people()
            .takes("Which, and how.", ended, json!({ "prints": [4711], "how": "shredded", "who": null }))
            .answers(
                200,
                "They are closed.",
                object(&[("prints", list(&print()))]),
                json!({ "prints": [example()] }),
            )
            .refuses(&["bad-id", "not-found", "unacceptable", "print-ended"])
            .opens(),
    ]
}

fn label(says: &str) -> Schema {
    with(text(says), "maxLength", json!(LABEL_CHARACTERS_MAX))
}

fn print() -> Schema {
    let ended = object(&[
        ("at", words::time("When that was said.")),
        ("said_by", text("By whom.")),
        ("how", one_of(How::ALL.map(How::as_str), "How.")),
        ("done_by", nullable(text("Who did it, where it was somebody else."))),
    ]);
    named(
        "Print",
        object(&[
            ("print", count("Its number.")),
            ("paper", nullable(text("What it is, where it was made here."))),
            ("format", nullable(text("In which form it went out."))),
            ("what", nullable(text("What it is, where it was made elsewhere."))),
            ("seller", nullable(words::seller_id())),
            ("record", nullable(words::id("Its record."))),
            ("reference", nullable(words::reference())),
            ("copies", count("How many sheets.")),
            ("place", nullable(text("Where it lies."))),
            (
                "until",
                nullable(words::day("When it is to be destroyed; with its record, where there is none.")),
            ),
            ("at", words::time("Since when.")),
            ("by", text("By whom.")),
            ("state", one_of(["open", "ended"], "How it stands.")),
            ("overdue", flag("Whether it is to be destroyed, and nobody said that it was.")),
            ("ended", nullable(ended)),
        ]),
    )
}

fn example() -> Value {
    json!({
        "print": 4711,
        "paper": "label",
        "format": "pdf",
        "what": null,
        "seller": words::SELLER,
        "record": words::ID,
        "reference": words::REFERENCE,
        "copies": 1,
        "place": null,
        "until": null,
        "at": words::TIME,
        "by": format!("person:{}", words::ID),
        "state": "open",
        "overdue": false,
        "ended": null,
    })
}

#[derive(Serialize)]
struct Prints {
    prints: Vec<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Option<String>>,
}

/// A print, as it is told.
#[derive(Serialize)]
struct Line {
    print: u64,
    paper: Option<&'static str>,
    format: Option<&'static str>,
    what: Option<String>,
    seller: Option<SellerId>,
    record: Option<String>,
    reference: Option<Reference>,
    copies: u32,
    place: Option<String>,
    until: Option<String>,
    at: Timestamp,
    by: String,
    state: &'static str,
    overdue: bool,
    ended: Option<EndedLine>,
}

#[derive(Serialize)]
struct EndedLine {
    at: Timestamp,
    said_by: String,
    how: &'static str,
    done_by: Option<String>,
}

impl Line {
    fn of(print: Print, reference: Option<Reference>, overdue: bool) -> Self {
        let (paper, format, what) = match print.of {
            Of::Drawn { paper, form } => (Some(paper.as_str()), Some(form.as_str()), None),
            Of::Elsewhere { what } => (None, None, Some(what)),
        };
        let (seller, record) = print.record.unzip();
        let ended = print.ended.map(|ended| EndedLine {
            at: ended.at,
            said_by: ended.said_by.to_string(),
            how: ended.how.as_str(),
            done_by: ended.done_by,
        });
        Self {
            print: print.number,
            paper,
            format,
            what,
            seller,
            record: record.map(|record| record.to_string()),
            reference,
            copies: print.copies,
            place: print.place,
            until: print.until.map(|until| until.to_string()),
            at: print.at,
            by: print.by.to_string(),
            state: if ended.is_some() { "ended" } else { "open" },
            overdue,
            ended,
        }
    }

    /// With the reference, for who may see records, or made the print.
    fn standing(call: &Call, standing: Standing) -> Self {
        let Standing { print, reference, overdue } = standing;
        let may = |seller: &SellerId| {
            print.by == call.caller().context.principal || call.gate().could_show(call.caller(), seller)
        };
        let seen = print.record.as_ref().is_some_and(|(seller, _)| may(seller));
        Self::of(print, reference.filter(|_| seen), overdue)
    }
}

async fn prints(edge: Edge, uri: Uri) -> Result<Json<Prints>, Problem> {
    edge.run(move |call| {
        let authorized = call.gate().keep_prints(call.caller())?;
        let page = Page::asked("prints", &uri)?;
        let key = |one: &Standing| format!("{:020}", one.print.number);
        let (prints, next) = page.cut(call.vault().prints(&authorized)?, key);
        let prints = prints.into_iter().map(|one| Line::standing(call, one)).collect();
        Ok(Json(Prints { prints, next: Some(next) }))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    what: String,
    #[serde(default)]
    seller: Option<String>,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    reference: Option<String>,
    #[serde(default)]
    copies: Option<u32>,
    #[serde(default)]
    place: Option<String>,
    #[serde(default)]
    until: Option<String>,
}

async fn add(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        let authorized = call.gate().keep_prints(call.caller())?;
        let New { what, seller, kind, reference, copies, place, until } = body.parse()?;
        let record = match (seller, reference) {
            (Some(seller), Some(reference)) => {
                let (seller, reference): (SellerId, Reference) = (seller.parse()?, reference.parse()?);
                let kind = kind.as_deref().map(str::parse::<Kind>).transpose()?;
                // Who names a record learns whether it is there.
                drop(call.gate().show(call.caller(), &seller, kind.unwrap_or(Kind::Order))?);
                let found = call.vault().named(&seller, kind, &reference)?.into_iter().next();
                let found = found.ok_or_else(|| {
                    Problem::not_found(format!(
                        "there is no {} {seller}/{reference}",
                        kind.unwrap_or(Kind::Order)
                    ))
                })?;
                Some((seller, found.record))
            }
            (None, None) => None,
            _ => {
                return Err(Problem::unacceptable(
                    "unacceptable",
                    "a record is named by its seller and its reference",
                ));
            }
        };
        let until = until.as_deref().map(str::parse::<Day>).transpose()?;
        let elsewhere = Elsewhere { what, record, copies: copies.unwrap_or(1), place, until };
        let print = call.vault().add_print(authorized, elsewhere)?;
        Ok(Written::made(&Line::of(print, None, false)))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Destroyed {
    prints: Vec<u64>,
    how: String,
    #[serde(default)]
    who: Option<String>,
}

async fn destroyed(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        let authorized = call.gate().keep_prints(call.caller())?;
        let Destroyed { prints, how, who } = body.parse()?;
        let ended = call.vault().end_prints(authorized, &prints, how.parse()?, who.as_deref())?;
        let prints = ended.into_iter().map(|print| Line::of(print, None, false)).collect();
        Ok(Written::done(&Prints { prints, next: None }))
    })
    .await
}
