//! Documents that are made of a record inside, so that its values need not leave as data.
//!
//! It is a reveal of exactly the fields that the template names, for its paper's purpose. Where one of them is refused there is no
//! document: one with gaps would be taken for whole.

use std::collections::BTreeSet;

use axum::Json;
use axum::routing::post;
use bailee_core::{Reference, SellerId};
use bailee_render::{Form, Paper, RenderError, Template};
use bailee_vault::VaultError;
use bailee_vault::prints::{Drawn, PrintError};
use bailee_vault::reveal::{Gone, Held, Resolved, Wanted};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{count, nullable, object, one_of, text};
use crate::api::{Operation, Tag, words};
use crate::body::JsonBody;
use crate::edge::{Call, Edge};
use crate::fault::Fault;
use crate::problem::Problem;
use crate::reveal::ask;

pub(crate) fn operations() -> Vec<Operation> {
    let question = object(&[
        ("seller", words::seller_id()),
        ("reference", words::reference()),
        ("paper", one_of(Paper::ALL.map(Paper::as_str), "What is made.")),
        (
            "format?",
            nullable(one_of(
                Form::ALL.map(Form::as_str),
                "A label comes as `pdf`, unless asked for as `zpl`; the others as `html`.",
            )),
        ),
    ]);
    let answer = object(&[
        ("print", count("Its number, which stands on it: open until its end is said.")),
        ("media_type", text("What the file is.")),
        ("file", text("The document, in base64.")),
    ]);
    vec![
        Operation::post("/v1/renders", "render", post(render))
            .says(
                Tag::Prints,
                "Make a document of a record",
                "A label or a packing slip for `fulfilment`, an invoice for `invoice`, by the home's template or that of the program. \
                 It takes what a reveal of the template's fields takes, all of them that the record has, and is one in the ledger. \
                 The answer is not kept: asked for again, it is another print.",
            )
            .takes(
                "What, of which record.",
                question,
                json!({ "seller": words::SELLER, "reference": words::REFERENCE, "paper": "packing-slip" }),
            )
            .answers(
                200,
                "The document.",
                answer,
                json!({ "print": 4711, "media_type": "text/html; charset=utf-8", "file": "PGh0bWw+…" }),
            )
            .for_services()
            .refuses(&["no-grant", "purpose-not-granted", "class-not-granted", "grant-ended", "volume-spent"])
            .refuses(&["restricted", "purpose-not-of-field", "unclassified"])
            .refuses(&["bad-id", "not-found", "template-unusable", "too-many-prints", "changed-meanwhile"])
            .refuses(&["unacceptable", "print-too-long", "print-without-font", "print-not-made"])
            .opens(),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    seller: String,
    reference: String,
    paper: String,
    #[serde(default)]
    format: Option<String>,
}

#[derive(Serialize)]
struct Rendered {
    print: u64,
    media_type: &'static str,
    file: String,
}

async fn render(edge: Edge, body: JsonBody) -> Result<Json<Rendered>, Problem> {
    edge.run(move |call| {
        let Question { seller, reference, paper, format } = body.parse()?;
        let (seller, reference): (SellerId, Reference) = (seller.parse()?, reference.parse()?);
        let paper: Paper = paper.parse()?;
        // Before anything is looked up: whether a record exists is information.
        let purpose = paper.purpose();
        let mut denied = call.gate().may_reveal(call.caller(), purpose, &BTreeSet::from([seller.clone()]))?;
        if let Some(denial) = denied.remove(&seller) {
            return Err(denial.into());
        }
        let form = match format {
            Some(form) => Some(form.parse::<Form>()?),
            None => paper.forms().first().copied(),
        };
        let form = form.filter(|form| paper.forms().contains(form));
        let form = form.ok_or(VaultError::from(PrintError::from(RenderError::Form)))?;
        let template = call.papers().of(paper);
        let template = template.ok_or_else(|| Problem::internal(Fault::new("job", "template-unusable")))?;
        let held = look_up(call, template, seller, &reference)?;
        let asked = [ask(&held, true)];
        let decided = call.decide(|caller| call.gate().reveal(caller, purpose.as_str(), None, &asked))?;
        if let Some(first) = decided.denied.into_iter().next() {
            // What was allowed stays closed, too.
            let reasons = BTreeSet::from([first.denial.code]);
            call.gate().missed(call.caller(), purpose, None, BTreeSet::new(), reasons)?;
            return Err(first.denial.into());
        }
        let authorized = decided.authorized.ok_or_else(|| Problem::not_found(NOTHING))?;
        let Drawn { print, file } =
            call.vault().draw(authorized, &held, (template, form, call.papers().fonts()))?;
        let file = BASE64.encode(file.expose());
        Ok(Json(Rendered { print: print.number, media_type: form.media_type(), file }))
    })
    .await
}

const NOTHING: &str = "this record has none of the personal fields that the template names";

/// The record with the template's fields. That it is not there is an event, as of every reveal.
fn look_up(
    call: &Call,
    template: &Template,
    seller: SellerId,
    reference: &Reference,
) -> Result<Held, Problem> {
    let catalogue = call.vault().catalogue();
    // Anew: somebody may have made a field stricter since the home was opened.
    template.check(&catalogue).map_err(|error| VaultError::from(PrintError::from(error)))?;
    let (kind, fields) = (template.kind(), template.personal(&catalogue));
    let wanted = Wanted::Reference {
        seller: seller.clone(),
        kind: Some(kind),
        reference: reference.clone(),
        fields: Some(fields),
    };
    let resolved = call.vault().resolve(&[wanted], call.now())?.pop();
    let (reason, problem) = match resolved {
        Some(Resolved::Held(held)) if !held.fields.is_empty() => return Ok(held),
        Some(Resolved::Held(_)) => (None, Problem::not_found(NOTHING)),
        Some(Resolved::Gone(Gone { state, when, rule, .. })) => {
            let words = match state {
                "lost" => format!(
                    "the personal data of {seller}/{reference} is lost, since {when}; collect it again"
                ),
                _ => format!(
                    "the personal data of {seller}/{reference} is {state}, since {when}, under rule {rule}"
                ),
            };
            (None, Problem::not_found(words).serving(bailee_core::requirement::Requirement::ThirtyDays))
        }
        Some(Resolved::Failed { error, .. }) => (Some(error.code()), error.into()),
        Some(Resolved::Unknown { .. }) | None => {
            (Some("unknown"), crate::record::unknown(&seller, kind, reference))
        }
    };
    let purpose = template.paper().purpose();
    let sellers: BTreeSet<SellerId> =
        Some(seller).filter(|one| call.vault().has_seller(one)).into_iter().collect();
    call.gate().missed(call.caller(), purpose, None, sellers, reason.into_iter().collect())?;
    Err(problem)
}
