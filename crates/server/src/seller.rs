//! Sellers.

use axum::Json;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::{get, post};
use bailee_access::proposal::Proposed;
use bailee_core::retention::EndReason;
use bailee_core::{Day, SellerId};
use bailee_ledger::authorized::{Administer, Authorized};
use bailee_vault::hold::keeping::Before;
use bailee_vault::seller::{Seller, SellerEnd};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::schema::{Schema, named, nullable, object, one_of, pages, text, with};
use crate::api::{Operation, Tag, words};
use crate::body::{JsonBody, Segments};
use crate::edge::{Call, Edge};
use crate::hold::ByGate;
use crate::once::Written;
use crate::paging::Page;
use crate::problem::Problem;
use crate::proposal;

pub(crate) fn operations() -> Vec<Operation> {
    let new = json!({ "id": words::SELLER, "name": "Alpha Trading" });
    let one = json!({ "id": words::SELLER, "name": "Alpha Trading", "state": "active", "end": null });
    vec![
        Operation::get("/v1/sellers", "listSellers", get(self::list))
            .says(Tag::Sellers, "List the sellers", "By id.")
            .in_pages()
            .for_people()
            .answers(
                200,
                "The sellers.",
                pages("sellers", &seller()),
                json!({ "sellers": [one], "next": null }),
            ),
        Operation::post("/v1/sellers", "addSeller", post(add))
            .says(Tag::Sellers, "Add a seller", "")
            .once()
            .for_people()
            .takes("The seller.", new_seller(), new)
            .answers(201, "The seller is there.", seller(), one)
            .refuses(&["bad-id", "seller-exists", "seller-ended", "too-many-sellers"]),
        Operation::post("/v1/sellers/{seller}/end", "endSeller", post(end))
            .says(
                Tag::Sellers,
                "End a seller",
                "Its authorisation has ended, or Amazon demands that its data be deleted (R17). From then on nothing of it is taken \
                 in or revealed, services and grants lose it, and all that is held of it is destroyed: at once, or on a day \
                 within 30 days. It takes two people, where the home asks for a second one: then it is proposed. It is not taken \
                 back, and its id is not used again. Of one that has ended and is not gone it may be said again where that is \
                 stricter: an earlier day, or a demand of Amazon's.",
            )
            .once()
            .for_people()
            .works_on_keys()
            .takes("Why, and when.", ending(), json!({ "reason": "authorisation-ended", "on": null }))
            .answers(202, "It is proposed.", proposal::proposal(), proposal::example())
            .answers(200, "It has ended.", end_line(), end_example())
            .refuses(&["bad-id", "unknown-seller", "seller-ended", "end-day", "time-jumped", "second-factor-stale"]),
    ]
}

fn seller() -> Schema {
    let name = nullable(text("What people call it."));
    named(
        "Seller",
        object(&[
            ("id", words::seller_id()),
            ("name", name),
            (
                "state",
                one_of(["active", "ended", "gone"], "`ended`: it is closed, and about to be destroyed."),
            ),
            ("end", nullable(end_line())),
        ]),
    )
}

fn end_line() -> Schema {
    named(
        "SellerEnd",
        object(&[
            ("reason", reason()),
            ("ended_at", words::time("From then on nothing of it is taken in or revealed.")),
            ("on", words::day("The day on which all that is held of it is destroyed.")),
            ("gone_at", nullable(words::time("When all of it was gone."))),
        ]),
    )
}

fn end_example() -> Value {
    json!({ "reason": "authorisation-ended", "ended_at": words::TIME, "on": "2026-03-02", "gone_at": words::TIME })
}

fn reason() -> Schema {
    one_of(EndReason::ALL.iter().map(|one| one.as_str()), "Why. A notice of Amazon's ends its facts, too.")
}

fn ending() -> Schema {
    let on = words::day("The day on which it is destroyed, today or within 30 days; at once, unless told.");
    object(&[("reason", reason()), ("on?", nullable(on))])
}

fn new_seller() -> Schema {
    let name =
        nullable(with(text("What people call it. Longer names are cut off."), "maxLength", json!(200)));
    object(&[("id", words::seller_id()), ("name?", name)])
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSeller {
    id: String,
    #[serde(default)]
    name: Option<String>,
}

/// A page of them.
#[derive(Serialize)]
struct Sellers {
    sellers: Vec<Seller>,
    next: Option<String>,
}

async fn list(edge: Edge, uri: Uri) -> Result<Json<Sellers>, Problem> {
    edge.run(move |call| {
        let _allowed = call.gate().administer(call.caller())?;
        let page = Page::asked("sellers", &uri)?;
        let (sellers, next) = page.cut(call.vault().sellers()?, |seller| seller.id.clone());
        Ok(Json(Sellers { sellers, next }))
    })
    .await
}

async fn add(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        let authorized = call.gate().administer(call.caller())?;
        let NewSeller { id, name } = body.parse()?;
        let id: SellerId = id.parse()?;
        call.vault().add_seller(authorized, &id, name.as_deref())?;
        Ok(Written::made(&Seller::new(id, name)))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ending {
    reason: EndReason,
    #[serde(default)]
    on: Option<String>,
}

async fn end(edge: Edge, Segments(seller): Segments<String>, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, move |call, body| {
        let authorized = call.gate().administer_afresh(call.caller())?;
        let Ending { reason, on } = body.parse()?;
        let seller: SellerId = seller.parse()?;
        let on = on.map(|day| day.parse::<Day>()).transpose()?;
        call.vault().refuse_behind()?;
        call.vault().may_end_seller(&seller, reason, on, call.now())?;
        if call.gate().standards().second_person {
            let filed = call.gate().propose(call.caller(), Proposed::EndSeller { seller, reason, on })?;
            return Ok(Written::accepted(&proposal::line(call, filed)));
        }
        Ok(Written::done(&end_at_once(call, authorized, &seller, reason, on)?))
    })
    .await
}

/// Ends it as two people decided.
pub(crate) fn end_as_proposed(
    call: &Call,
    authorized: Authorized<Administer>,
    proposed: Proposed,
) -> Result<(), Problem> {
    let Proposed::EndSeller { seller, reason, on } = proposed else { return Ok(()) };
    end_at_once(call, authorized, &seller, reason, on).map(drop)
}

/// Who might see something of it loses that also where what is held could not be destroyed yet.
fn end_at_once(
    call: &Call,
    authorized: Authorized<Administer>,
    seller: &SellerId,
    reason: EndReason,
    on: Option<Day>,
) -> Result<SellerEnd, Problem> {
    let context = *authorized.context();
    // It is closed by that, and nothing of it is opened any more: what a law obliges to keep is archived first.
    call.vault().keep_held(&context, &ByGate(call.gate()), &Before::End(seller));
    let ended = call.vault().end_seller(authorized, seller, reason, on);
    if call.vault().refuse_ended(seller).is_err() {
        call.gate().end_access_to(&context, seller)?;
    }
    Ok(ended?)
}
