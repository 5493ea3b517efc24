//! Certificates of disposal: what was destroyed, as the ledger proves it, in one document that verifies offline.

use axum::Json;
use axum::http::Uri;
use axum::routing::get;
use bailee_core::{Day, RequestId, SellerId};
use bailee_ledger::authorized::{Authorized, ReadRetention};
use bailee_ledger::certificate::{Certificate, FORM, Of, certify};
use bailee_ledger::log::Source;
use bailee_ledger::prove::prove_against;
use bailee_vault::disposals::{Disposed, DisposedBucket};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::schema::{Schema, count, list, named, nullable, object, one_of, pages, text};
use crate::api::{Operation, Tag, words};
use crate::body::{self, Segments};
use crate::edge::{Call, Edge};
use crate::paging::Page;
use crate::problem::Problem;

const SAYS: &str = "What was destroyed, by which rule, when it was intended and completed, under which key, with the proofs of both \
                    events: it verifies without this home, by `bailee retention verify-certificate`.";

pub(crate) fn operations() -> Vec<Operation> {
    let line =
        json!({ "seller": words::SELLER, "held": "order", "day": "2026-04-01", "destroyed_at": words::TIME });
    vec![
        Operation::get("/v1/retention/certificates", "listCertificates", get(all))
            .says(
                Tag::Retention,
                "What there are certificates of",
                "Every bucket that was destroyed, by seller and day.",
            )
            .query("seller", "Of this seller alone.", words::seller_id())
            .in_pages()
            .for_services()
            .answers(
                200,
                "The buckets.",
                pages("certificates", &disposed()),
                json!({ "certificates": [line], "next": null }),
            )
            .refuses(&["bad-id"]),
        Operation::get("/v1/retention/certificates/{id}", "showCertificateOfRequest", get(of_request))
            .says(Tag::Retention, "Certify what a request destroyed", SAYS)
            .for_services()
            .answers(200, "The certificate.", certificate(), example())
            .refuses(&["bad-id", "not-destroyed", "verification-failed"]),
        Operation::get("/v1/sellers/{seller}/certificate", "showCertificateOfSeller", get(of_seller))
            .says(Tag::Retention, "Certify that all of a seller that ended is gone", SAYS)
            .for_services()
            .answers(200, "The certificate.", certificate(), example())
            .refuses(&["bad-id", "unknown-seller", "not-destroyed", "verification-failed"]),
        Operation::get("/v1/sellers/{seller}/certificates/{day}", "showCertificateOfDay", get(of_day))
            .says(Tag::Retention, "Certify what of a seller had to be gone by a day", SAYS)
            .for_services()
            .answers(200, "The certificate.", certificate(), example())
            .refuses(&["bad-id", "unknown-seller", "not-destroyed", "verification-failed"]),
    ]
}

fn disposed() -> Schema {
    object(&[
        ("seller", words::seller_id()),
        ("held", held()),
        ("day", words::day("By then it had to be gone.")),
        ("destroyed_at", words::time("When it was destroyed.")),
    ])
}

fn held() -> Schema {
    one_of(["order", "quarantine"], "What was in it.")
}

fn certificate() -> Schema {
    let of = object(&[
        ("seller", nullable(words::seller_id())),
        ("day", nullable(words::day("The day by which it had to be gone."))),
        ("request", nullable(words::id("The request."))),
    ]);
    let end = object(&[
        ("reason", text("Why the seller ended.")),
        ("ended_at", words::time("From then on nothing of it was taken in or revealed.")),
        ("ended_by", text("Who said so.")),
        ("on", words::day("The day on which it was to be destroyed.")),
        ("gone_at", words::time("When all of it was gone.")),
    ]);
    let ledger = object(&[
        ("origin", text("Its origin.")),
        ("size", count("Entries.")),
        ("root", text("The root of their tree, in base64.")),
        ("verifier_key", text("The key by which it is verified.")),
    ]);
    named(
        "CertificateOfDisposal",
        object(&[
            ("form", one_of([FORM], "Its form.")),
            ("of", of),
            ("words", list(&text("All that it states, in sentences."))),
            ("end", nullable(end)),
            ("destructions", list(&destruction())),
            ("total", total()),
            ("ledger", ledger),
            ("proofs", list(&text("A C2SP tlog-proof of an entry."))),
        ]),
    )
}

fn destruction() -> Schema {
    let bucket = object(&[
        ("seller", words::seller_id()),
        ("held", held()),
        ("day", words::day("Its day.")),
        ("rule", one_of(["R3", "R17", "R20"], "By which rule it went.")),
        ("records", count("Records whose main part was in it.")),
        ("parts", count("Parts.")),
        ("quarantined", count("Quarantined documents.")),
    ]);
    let puncture = object(&[
        ("seller", words::seller_id()),
        ("held", held()),
        ("day", words::day("The day of its bucket, which lived on.")),
        ("keys", count("Keys of single parts or quarantined documents.")),
    ]);
    let facts = object(&[("seller", words::seller_id()), ("month", text("Its month, as `2026-03`."))]);
    object(&[
        ("destruction", words::id("Names it.")),
        ("request", words::id("The request by which it was intended.")),
        ("by", text("By whom.")),
        ("intended_at", words::time("When.")),
        ("completed_at", words::time("From then on nothing opens it.")),
        ("buckets", list(&bucket)),
        ("punctures", list(&puncture)),
        ("facts", list(&facts)),
        ("details", list(&text("A month of details of events."))),
        ("disposed", count("Records whose personal data ended with it.")),
        ("epoch", count("The epoch of the keyring since; every one before was dropped.")),
        ("revision", count("The revision of the keyring's head.")),
        ("mirrors", count("Mirrors that it was read back from.")),
        (
            "drops_epoch",
            text("What the provider of the root key declares: `at-once`, `after-7-days`, `cannot`."),
        ),
    ])
}

fn total() -> Schema {
    object(&[
        ("destructions", count("Destructions.")),
        ("buckets", count("Whole buckets.")),
        ("records", count("Records whose main part was in one.")),
        ("parts", count("Parts in them.")),
        ("quarantined", count("Quarantined documents in them.")),
        ("punctures", count("Keys of single parts of other buckets.")),
        ("facts", count("Keys of months of facts.")),
    ])
}

fn example() -> Value {
    json!({
        "form": FORM,
        "of": { "seller": words::SELLER, "day": "2026-04-01", "request": null },
        "words": ["This certifies the disposal of …"],
        "end": null,
        "destructions": [{
            "destruction": words::ID,
            "request": words::ID,
            "by": "system",
            "intended_at": words::TIME,
            "completed_at": words::TIME,
            "buckets": [{
                "seller": words::SELLER, "held": "order", "day": "2026-04-01", "rule": "R3",
                "records": 1250, "parts": 1251, "quarantined": 0,
            }],
            "punctures": [],
            "facts": [],
            "details": [],
            "disposed": 1250,
            "epoch": 3,
            "revision": 17,
            "mirrors": 2,
            "drops_epoch": "cannot",
        }],
        "total": {
            "destructions": 1, "buckets": 1, "records": 1250, "parts": 1251, "quarantined": 0, "punctures": 0, "facts": 0,
        },
        "ledger": { "origin": "bailee/…", "size": 1204, "root": "…", "verifier_key": "bailee/…+…" },
        "proofs": ["c2sp.org/tlog-proof@v1\n…"],
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    seller: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

/// A page of what was destroyed.
#[derive(Serialize)]
struct Certificates {
    certificates: Vec<DisposedBucket>,
    next: Option<String>,
}

async fn all(edge: Edge, uri: Uri) -> Result<Json<Certificates>, Problem> {
    edge.run(move |call| {
        let which: Which = body::query(&uri)?;
        let seller = which.seller.map(|text| text.parse::<SellerId>()).transpose()?;
        let page = Page::of("certificates", which.limit, which.cursor.as_deref())?;
        let authorized = call.gate().read_retention(call.caller(), seller.as_ref())?;
        let all = call.vault().disposed_buckets(authorized, seller.as_ref())?;
        let key = |one: &DisposedBucket| format!("{} {} {}", one.seller, one.day, one.held);
        let (certificates, next) = page.cut(all, key);
        Ok(Json(Certificates { certificates, next }))
    })
    .await
}

async fn of_request(edge: Edge, Segments(request): Segments<String>) -> Result<Json<Certificate>, Problem> {
    edge.run(move |call| {
        let request: RequestId = request.parse()?;
        let authorized = call.gate().read_retention(call.caller(), None)?;
        let of = Of { request: Some(request), ..Of::default() };
        made(call, authorized, of, &Disposed::Request(request))
    })
    .await
}

async fn of_seller(edge: Edge, Segments(seller): Segments<String>) -> Result<Json<Certificate>, Problem> {
    edge.run(move |call| {
        let seller: SellerId = seller.parse()?;
        let authorized = call.gate().read_retention(call.caller(), Some(&seller))?;
        let of = Of { seller: Some(seller.clone()), ..Of::default() };
        made(call, authorized, of, &Disposed::Seller(seller))
    })
    .await
}

async fn of_day(
    edge: Edge,
    Segments((seller, day)): Segments<(String, String)>,
) -> Result<Json<Certificate>, Problem> {
    edge.run(move |call| {
        let (seller, day): (SellerId, Day) = (seller.parse()?, day.parse()?);
        let authorized = call.gate().read_retention(call.caller(), Some(&seller))?;
        let of = Of { seller: Some(seller.clone()), day: Some(day.to_string()), request: None };
        made(call, authorized, of, &Disposed::Day(seller, day))
    })
    .await
}

/// The certificate, with every proof of one state of the ledger, which goes on growing meanwhile.
fn made(
    call: &Call,
    authorized: Authorized<ReadRetention>,
    of: Of,
    disposed: &Disposed,
) -> Result<Json<Certificate>, Problem> {
    let entries = call.vault().disposal_entries(authorized, disposed)?;
    let (source, key): (&dyn Source, _) = (call.store(), call.store().verifier_key());
    let note = source.checkpoint()?;
    let proofs = entries.into_iter().map(|index| {
        prove_against(source, &key, &note, index)
            .map_err(|error| Problem::verification(error.to_string(), Some(index)))
    });
    let made = certify(of, &key, proofs.collect::<Result<_, _>>()?);
    made.map(Json).map_err(|error| Problem::verification(error.to_string(), None))
}
