//! The catalogue: what it says of each field, what it does not name, and the decision of an officer.

use std::ops::ControlFlow;

use axum::http::Uri;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Json};
use bailee_access::proposal::Proposed;
use bailee_core::catalogue::{Cleaner, Decision, Mask, TermKind};
use bailee_core::{Class, Kind, Purpose, SellerId};
use bailee_vault::catalogue::{FieldLine, Named};
use bailee_vault::unclassified::{Line, Unclassified};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::schema::{
    Schema, count, either, flag, list, named, nullable, object, one_of, pages, pattern, text, with, within,
};
use crate::api::{Operation, Tag, words};
use crate::body::{self, JsonBody};
use crate::edge::Edge;
use crate::once::Written;
use crate::paging::Page;
use crate::problem::Problem;
use crate::proposal;
use crate::watch::{Tick, Watch};

/// Most characters of the reason why a field is a fact.
const REASON_CHARACTERS_MAX: usize = 400;

/// Fewest: a reason is a sentence.
const REASON_CHARACTERS_MIN: usize = 10;

pub(crate) fn operations() -> Vec<Operation> {
    let decided = object(&[
        ("field", field()),
        ("changed", flag("Whether the catalogue is another now.")),
        (
            "followed",
            object(&[("records", count("Records looked at.")), ("changed", count("Records sealed anew."))]),
        ),
    ]);
    let followed = json!({ "records": 1250, "changed": 12 });
    vec![
        Operation::get("/v1/catalogue/fields", "listFields", get(fields))
            .says(Tag::Catalogue, "List the fields", "What the catalogue says of each, by their numbers.")
            .query("path", "The field of this path alone.", text("A schema path."))
            .in_pages()
            .for_people()
            .answers(200, "The fields.", pages("fields", &field()), json!({ "fields": [known_field()], "next": null }))
            .refuses(&["not-found"]),
        Operation::post("/v1/catalogue/fields", "classifyField", post(classify))
            .says(
                Tag::Catalogue,
                "Classify a field",
                "One that the catalogue does not name, or a known one, which can only become stricter. It is answered once \
                 everything that is sealed has followed.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .takes("The decision.", decision(), json!({ "path": "extra.note", "class": "free-text", "purposes": ["fulfilment"] }))
            .answers(202, "That it is a fact takes a second person: it is proposed.", proposal::proposal(), proposal::example())
            .answers(200, "What came of it.", decided, json!({ "field": own_field(), "changed": true, "followed": followed }))
            .refuses(&REFUSALS)
            .opens(),
        Operation::get("/v1/catalogue/unclassified", "listUnclassified", get(unclassified))
            .says(
                Tag::Catalogue,
                "List what is not classified",
                "Paths, counts and what each may be; never a value. Every live record is looked through, for each page.",
            )
            .query("seller", "Of this seller's records alone.", words::seller_id())
            .in_pages()
            .for_people()
            .answers(200, "What there is.", unclassified_page(), unclassified_example())
            .refuses(&["bad-id", "unknown-seller"])
            .opens(),
    ]
}

/// What may be wrong with a decision.
pub(crate) const REFUSALS: [&str; 19] = [
    "bad-decision",
    "no-such-number",
    "name-is-a-value",
    "name-is-personal",
    "no-more-fields",
    "catalogue-unwritable",
    "changed-meanwhile",
    "catalogue-syntax",
    "field-without-kind",
    "field-undecided",
    "field-without-purpose",
    "more-purposes",
    "looser-class",
    "weaker-mask",
    "field-fixed",
    "field-number",
    "field-path",
    "field-source",
    "list-key",
];

fn field() -> Schema {
    named(
        "Field",
        object(&[
            ("id", within(0, u16::MAX.into(), "Its number, for ever.")),
            ("kind", words::kind()),
            ("path", text("Its schema path.")),
            ("class", nullable(words::class())),
            ("purposes", words::purposes()),
            ("mask", words::mask()),
            ("cleaner", words::cleaner()),
            ("searched", nullable(words::searched())),
            ("source", text("Where it comes from.")),
            ("reason", nullable(text("Why it is a fact; a personal field has a class instead."))),
            ("own", flag("Whether this home gave it its number.")),
        ]),
    )
}

fn known_field() -> Value {
    json!({
        "id": 20,
        "kind": "order",
        "path": "recipient.deliveryAddress.city",
        "class": "address",
        "purposes": ["fulfilment", "tax", "invoice"],
        "mask": "hidden",
        "cleaner": "text",
        "searched": null,
        "source": "Selling Partner API",
        "reason": null,
        "own": false,
    })
}

fn own_field() -> Value {
    json!({
        "id": 10_000,
        "kind": "order",
        "path": "extra.note",
        "class": "free-text",
        "purposes": ["fulfilment"],
        "mask": "hidden",
        "cleaner": "text",
        "searched": null,
        "source": "this home",
        "reason": null,
        "own": true,
    })
}

fn decision() -> Schema {
    let reason = text("It is a fact, and this is the sentence that says why.");
    let reason = with(
        with(reason, "minLength", json!(REASON_CHARACTERS_MIN)),
        "maxLength",
        json!(REASON_CHARACTERS_MAX),
    );
    let decision = object(&[
        ("kind?", nullable(words::kind())),
        ("path?", nullable(text("The field, by its schema path."))),
        ("number?", nullable(count("The field, by the number under which it is listed."))),
        ("class?", nullable(words::class())),
        ("fact?", nullable(reason)),
        ("purposes?", nullable(words::purposes())),
        ("mask?", nullable(words::mask())),
        ("cleaner?", nullable(words::cleaner())),
        ("searched?", nullable(words::searched())),
    ]);
    let says = "A field by its path or its number, and its class, or why it is a fact. Without a kind it is one of orders.";
    with(decision, "description", json!(says))
}

fn unclassified_page() -> Schema {
    let number = |says| {
        either(&[count(says), pattern("^<[0-9]+$", "So few that the number would tell of one person.")])
    };
    let suggestion = object(&[
        ("class", nullable(words::class())),
        ("purposes", words::purposes()),
        ("mask", words::mask()),
        ("cleaner", words::cleaner()),
        ("by", one_of(["name", "shape", "name-and-shape"], "What speaks for it.")),
    ]);
    let misses = "The form that the catalogue has here for a fact, and that these values have not.";
    let line = object(&[
        ("number", count("Speaks of it where its path is not shown.")),
        ("kind", words::kind()),
        ("path", text("Its schema path; a name in it that looks like a value is hidden.")),
        ("masked", flag("Whether a name is hidden: then it can be classified by its number only.")),
        ("records", number("Records that hold it.")),
        ("values", number("Values that there are.")),
        ("first_day", words::day("When the first of these records came in.")),
        (
            "last_day",
            words::day("The last day on which one of them came in, or of which its document spoke."),
        ),
        ("suggestion", nullable(suggestion)),
        ("misses", with(nullable(words::cleaner()), "description", json!(misses))),
    ]);
    object(&[
        ("unclassified", list(&line)),
        ("more", flag("Whether there is more than can be listed.")),
        ("records", count("Live records looked through.")),
        ("next", nullable(text("The `cursor` of the next page; `null` when this is the last."))),
    ])
}

fn unclassified_example() -> Value {
    json!({
        "unclassified": [{
            "number": 8_203_145_523_u64,
            "kind": "order",
            "path": "extra.note",
            "masked": false,
            "records": "<5",
            "values": "<5",
            "first_day": "2026-03-02",
            "last_day": "2026-03-02",
            "suggestion": null,
            "misses": null,
        }],
        "more": false,
        "records": 1250,
        "next": null,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhichField {
    path: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    seller: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

/// What is decided of a field.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewDecision {
    #[serde(default)]
    kind: Option<Kind>,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    number: Option<u64>,
    #[serde(default)]
    class: Option<Class>,
    #[serde(default)]
    fact: Option<String>,
    #[serde(default)]
    purposes: Option<Vec<Purpose>>,
    #[serde(default)]
    mask: Option<Mask>,
    #[serde(default)]
    cleaner: Option<Cleaner>,
    #[serde(default)]
    searched: Option<TermKind>,
}

/// The fields of the catalogue.
#[derive(Serialize)]
struct Fields {
    fields: Vec<FieldLine>,
    next: Option<String>,
}

/// A page of what it does not name.
#[derive(Serialize)]
struct UnclassifiedPage {
    #[serde(flatten)]
    page: Unclassified,
    next: Option<String>,
}

async fn fields(edge: Edge, uri: Uri) -> Result<Json<Fields>, Problem> {
    edge.run(move |call| {
        let authorized = call.gate().read_catalogue(call.caller())?;
        let WhichField { path, limit, cursor } = body::query(&uri)?;
        let page = Page::of("fields", limit, cursor.as_deref())?;
        let fields = call.vault().catalogue_fields(authorized, path.as_deref())?;
        if fields.is_empty() {
            return Err(Problem::not_found("the catalogue does not name this field"));
        }
        let (fields, next) = page.cut(fields, |field: &FieldLine| field.id.0);
        Ok(Json(Fields { fields, next }))
    })
    .await
}

async fn unclassified(
    edge: Edge,
    uri: Uri,
    watch: Option<Extension<Watch>>,
) -> Result<Json<UnclassifiedPage>, Problem> {
    edge.run(move |call| {
        let Whose { seller, limit, cursor } = body::query(&uri)?;
        let page = Page::of("unclassified", limit, cursor.as_deref())?;
        let seller = seller.map(|text| text.parse::<SellerId>()).transpose()?;
        let authorized = call.gate().read_unclassified(call.caller(), seller.as_ref())?;
        let all = call.vault().unclassified(authorized, &mut looked(watch))?;
        // Paths with a hidden name can look the same; their numbers do not.
        let key = |line: &Line| format!("{} {} {}", line.kind, line.path, line.number);
        let (lines, next) = page.cut(all.unclassified, key);
        Ok(Json(UnclassifiedPage { page: Unclassified { unclassified: lines, ..all }, next }))
    })
    .await
}

async fn classify(edge: Edge, watch: Option<Extension<Watch>>, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, move |call, body| {
        // Asked before the body is looked at: who may decide nothing learns nothing about what would be accepted.
        let authorized = call.gate().classify(call.caller(), false)?;
        let (named, decision) = body.parse::<NewDecision>()?.check()?;
        let authorized = match &decision.fact {
            Some(fact) if call.gate().standards().second_person => {
                let proposed = proposed(named.clone(), &decision, fact)?;
                call.vault().check_decision(&authorized, named, decision)?;
                let filed = call.gate().propose(call.caller(), proposed)?;
                return Ok(Written::accepted(&proposal::line(call, filed)));
            }
            Some(_) => call.gate().classify(call.caller(), true)?,
            None => authorized,
        };
        Ok(Written::done(&call.vault().classify(authorized, named, decision, &mut looked(watch))?))
    })
    .await
}

/// A decision that a second person is to approve. What is of no use for a fact would be approved unseen.
fn proposed(named: Named, decision: &Decision, fact: &str) -> Result<Proposed, Problem> {
    let Decision { kind, class, purposes, mask, searched, cleaner, .. } = decision;
    if class.is_some() || purposes.is_some() || mask.is_some() || searched.is_some() {
        return Err(Problem::unacceptable("bad-decision", "a fact has no class, purposes, mask or term"));
    }
    let (path, number) = match named {
        Named::Path(path) => (Some(path), None),
        Named::Number(number) => (None, Some(number)),
    };
    Ok(Proposed::Declassify { kind: *kind, path, number, fact: fact.to_owned(), cleaner: *cleaner })
}

impl NewDecision {
    fn check(self) -> Result<(Named, Decision), Problem> {
        let unacceptable = |words| Err(Problem::unacceptable("bad-decision", words));
        let named = match (self.path, self.number) {
            (Some(path), None) => Named::Path(path),
            (None, Some(number)) => Named::Number(number),
            _ => {
                return unacceptable("name the field by its path, or by the number under which it is listed");
            }
        };
        let reason = self.fact.map(|reason| reason.trim().to_owned());
        let length = reason.as_ref().map_or(REASON_CHARACTERS_MIN, |reason| reason.chars().count());
        if !(REASON_CHARACTERS_MIN..=REASON_CHARACTERS_MAX).contains(&length) {
            return unacceptable("say in a sentence of 10 to 400 characters why it is a fact");
        }
        let decision = Decision {
            kind: self.kind.unwrap_or(Kind::Order),
            path: String::new(),
            class: self.class,
            fact: reason,
            purposes: self.purposes,
            mask: self.mask,
            cleaner: self.cleaner,
            searched: self.searched,
        };
        Ok((named, decision))
    }
}

/// Tells a watching caller how many records were looked at.
pub(crate) fn looked(watch: Option<Extension<Watch>>) -> impl FnMut(u64) {
    move |records| {
        if let Some(Extension(watch)) = &watch {
            // Only a collect can be stopped: what is decided is followed to its end.
            let _: ControlFlow<()> = watch.tick(Tick::Looked { records });
        }
    }
}
