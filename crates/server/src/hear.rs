//! Hear: feeds of carriers, tracking answers and notifications stream in; what became of their entries goes back.

use axum::body::Body;
use axum::http::Uri;
use axum::routing::post;
use axum::{Extension, Json};
use bailee_core::retention::ID_BYTES_MAX;
use bailee_core::{Kind, Reference, SellerId, Timestamp};
use bailee_intake::IntakeError;
use bailee_intake::evidence::{Origin, Reader, Reason, Request};
use bailee_ledger::event::Counts;
use bailee_vault::VaultError;
use bailee_vault::hear::{POSITIONS_MAX, Step, Told};
use serde::Deserialize;
use serde_json::json;
use std::ops::ControlFlow;

use crate::api::schema::{Schema, anything, count, list_max, named, object, one_of, text, with};
use crate::api::{Body as Taken, Operation, Tag, words};
use crate::body::{self, Segments};
use crate::collect::charset;
use crate::edge::{Call, Edge};
use crate::problem::Problem;
use crate::watch::{Tick, Watch};

pub(crate) fn operations() -> Vec<Operation> {
    let line = json!({ "reference": words::REFERENCE, "status": "delivered", "time": words::TIME });
    let lines = format!("{line}\n");
    vec![
        Operation::post("/v1/sellers/{seller}/orders:observe", "observeOrders", post(observe))
            .says(
                Tag::Retention,
                "Tell what became of parcels",
                "Evidence of delivery for records that are held: lines of a carrier's feed (a reference and a status; JSON, or a \
                 table whose columns are found by name), tracking answers of Shipping v2 and Tracking 2026-01-30 about the record \
                 that `reference` names, and notifications (`ORDER_CHANGE`, `SHIPMENT_TRACKING_MILESTONE_CHANGED`). It streams in \
                 and has no limit. What ends sooner by it moves at once. No record is made, and nothing of an entry is kept but \
                 what the retention clock knows. Heard twice it changes nothing, so it can be sent again. What cannot be used is \
                 refused by itself, with its position and the reason.",
            )
            .for_services()
            .works_on_keys()
            .query("format", "What it is, instead of having it found out.", one_of(Origin::ALL.map(Origin::as_str), "A name."))
            .query("charset", "The character set, by its name.", text("A name."))
            .query("kind", "The kind of the records that it is about; orders unless told.", one_of(["order", "shipment"], "A kind."))
            .query("reference", "The record that entries are about which name none, such as tracking answers.", words::reference())
            .query("package", "Its package that they are about.", package())
            .query("as_of", "As of when entries speak that do not say so.", words::time("A time, not in the future."))
            .takes_any(Taken {
                says: "A feed, an answer or notifications; packed or not. The media type is not looked at.",
                contents: vec![
                    ("application/json", anything("One entry, or an array of them."), Some(line)),
                    ("application/x-ndjson", text("Entries, one a line."), Some(json!(lines))),
                    ("text/csv", text("A table with a column for the reference and one for the status."), None),
                ],
                required: true,
            })
            .answers(200, "All is heard.", told(), example())
            .refuses(&[
                "unknown-seller",
                "seller-ended",
                "unknown-format",
                "unknown-charset",
                "bad-id",
                "bad-time",
                "as-of-in-future",
                "no-evidence",
                "unacceptable",
                "unreadable-input",
                "changed-meanwhile",
                "stopped",
            ])
            .opens(),
    ]
}

fn package() -> Schema {
    let name = with(text("The package's own name."), "minLength", 1.into());
    with(name, "maxLength", ID_BYTES_MAX.into())
}

fn told() -> Schema {
    let place =
        [("entry", count("Which entry it was, from 1.")), ("line", count("On which line it began, from 1."))];
    let [entry, line] = place.clone();
    let reason = one_of(Reason::ALL.iter().map(|reason| reason.code()), "Why.");
    let refused = object(&[entry, line, ("reason", reason)]);
    named(
        "Heard",
        object(&[
            ("read", count("Entries read: each is one of the following.")),
            (
                "changed",
                count(
                    "Those that were news: they changed what is known, or count by the present and came for the first time.",
                ),
            ),
            ("unchanged", count("Those that did not.")),
            ("past_retention", count("Those of records whose personal data has ended, or ended by them.")),
            ("unknown", count("Those of records that are not held.")),
            ("refused", count("Those that could not be used.")),
            ("unknown_at", list_max(&object(&place), POSITIONS_MAX)),
            ("refused_at", list_max(&refused, POSITIONS_MAX)),
        ]),
    )
}

fn example() -> serde_json::Value {
    json!({
        "read": 3,
        "changed": 1,
        "unchanged": 0,
        "past_retention": 0,
        "unknown": 1,
        "refused": 1,
        "unknown_at": [{ "entry": 2, "line": 2 }],
        "refused_at": [{ "entry": 3, "line": 3, "reason": "unknown-status" }],
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    format: Option<String>,
    charset: Option<String>,
    kind: Option<String>,
    reference: Option<String>,
    package: Option<String>,
    as_of: Option<String>,
}

async fn observe(
    edge: Edge,
    Segments(seller): Segments<String>,
    uri: Uri,
    watch: Option<Extension<Watch>>,
    body: Body,
) -> Result<Json<Told>, Problem> {
    let watch = watch.map(|Extension(watch)| watch);
    let input = Box::new(body::reader(body));
    edge.take_in(move |call| hear(call, &seller, &uri, input, watch.as_ref())).await.map(Json)
}

fn hear(
    call: &Call,
    seller: &str,
    uri: &Uri,
    input: Box<dyn std::io::Read + Send>,
    watch: Option<&Watch>,
) -> Result<Told, Problem> {
    let seller: SellerId = seller.parse()?;
    let wanted = body::query::<Options>(uri).and_then(|options| options.read());
    // Who may not is told that, whatever else is wrong.
    let kind = wanted.as_ref().map_or(Kind::Order, |wanted| wanted.kind);
    let authorized = call.gate().collect(call.caller(), &seller, kind)?;
    let Wanted { request, as_of, .. } = wanted?;
    let reader = Reader::open(input, request).map_err(|error| match error {
        IntakeError::UnknownFormat => no_evidence(),
        error => VaultError::from(error).into(),
    })?;
    let mut each = |Step { bytes, told }: Step<'_>| {
        let counts = Counts { read: told.read, ..Counts::default() };
        watch
            .map_or(ControlFlow::Continue(()), |watch| watch.tick(Tick::Collected { bytes, counts, lost: 0 }))
    };
    Ok(call.vault().hear(authorized, reader, as_of, &mut each)?)
}

fn no_evidence() -> Problem {
    let words = "the input is no evidence of delivery: give lines of JSON or a table with a reference and a status (a header line \
                 names the columns), a tracking answer, or notifications";
    Problem::unacceptable("no-evidence", words)
}

/// What a query string asks for.
struct Wanted {
    kind: Kind,
    request: Request,
    as_of: Option<Timestamp>,
}

impl Options {
    fn read(self) -> Result<Wanted, Problem> {
        let kind = match self.kind.as_deref() {
            None | Some("order") => Kind::Order,
            Some("shipment") => Kind::Shipment,
            Some(_) => {
                let words = "kind is order or shipment: what is returned has been delivered before";
                return Err(Problem::unacceptable("unacceptable", words));
            }
        };
        let as_of = body::as_of(self.as_of.as_deref())?;
        let origin = self.format.as_deref().map(|name| {
            Origin::named(name).ok_or_else(|| {
                let names = Origin::ALL.map(Origin::as_str).join(", ");
                Problem::unacceptable(
                    "unknown-format",
                    format!("this format is not known; formats are: {names}"),
                )
            })
        });
        let reference = self.reference.as_deref().map(str::parse::<Reference>).transpose()?;
        if self.package.as_deref().is_some_and(|name| !Request::is_package(name)) {
            let words = format!(
                "a package has a name of at most {ID_BYTES_MAX} bytes; leave it out for the whole order"
            );
            return Err(Problem::unacceptable("unacceptable", words));
        }
        let request = Request {
            origin: origin.transpose()?,
            charset: self.charset.as_deref().map(charset).transpose()?,
            reference,
            package: self.package.map(String::into_boxed_str),
        };
        Ok(Wanted { kind, request, as_of })
    }
}
