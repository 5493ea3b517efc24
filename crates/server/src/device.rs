//! Devices on which people come in over the network: enrolled, listed, renewed, ended (1.2.e).

use axum::Json;
use axum::http::{StatusCode, Uri};
use axum::routing::{delete, get, post};
use bailee_access::device::ShownDevice;
use bailee_access::gate::NewDevice;
use bailee_access::passkey::NAME_CHARACTERS_MAX;
use bailee_core::{DeviceId, PersonId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{Schema, flag, named, object, pages, text};
use crate::api::{Operation, Tag, words};
use crate::body::{JsonBody, Segments};
use crate::edge::{Call, Edge};
use crate::paging::Page;
use crate::problem::Problem;

const REQUEST: &str =
    "A request for a certificate (PKCS#10), as PEM. Only its key goes into the certificate.";

pub(crate) fn operations() -> Vec<Operation> {
    let request = json!("-----BEGIN CERTIFICATE REQUEST-----…");
    let enrol = object(&[
        (
            "name",
            text(&format!("As its person calls it: one line of 1 to {NAME_CHARACTERS_MAX} characters.")),
        ),
        ("request", text(REQUEST)),
    ]);
    let renew = object(&[("request", text(REQUEST))]);
    let made = object(&[
        ("device", words::id("Names it; opens nothing.")),
        ("certificate", text("PEM. Shown in the handshake of each connection.")),
        ("ends_at", words::time("Its last instant, by the machine's time.")),
    ]);
    let example =
        json!({ "device": words::ID, "certificate": "-----BEGIN CERTIFICATE-----…", "ends_at": words::TIME });
    let line = json!({
        "device": words::ID, "name": "Laptop", "since": words::TIME, "ends_at": "2026-05-31T09:00:00Z", "current": true,
    });
    let lines = json!({ "devices": [line], "next": null });
    let code = object(&[("code", text("Enrols one device, once, within a day. It is in no other answer."))]);
    vec![
        Operation::post("/v1/devices", "enrolDevice", post(self::enrol_one))
            .says(
                Tag::Account,
                "Enrol a device of one's own",
                "With an invitation or a code of `inviteDevice` as `Bearer`; or in a session on the home's own machine or on an \
                 enrolled device, with a second factor that was shown within ten minutes, where the home asks for one. An \
                 invitation enrols one device at a time.",
            )
            .takes("Its name, and a request.", enrol, json!({ "name": "Laptop", "request": request }))
            .answers(201, "Its certificate.", made.clone(), example.clone())
            .refuses(&["service-not-allowed", "device-missing", "second-factor-stale", "unacceptable", "not-found", "uncertified"]),
        Operation::post("/v1/devices/current:renew", "renewDevice", post(self::renew))
            .says(
                Tag::Account,
                "Give the device on which one is its next certificate",
                "From the last sixth of its life on, every answer carries `Bailee-Key-Ends-At`. The certificate of before goes \
                 on until its own end. It is asked for with the newest certificate of the device; with one of before that only a \
                 day after the newest was issued, whose answer was lost then.",
            )
            .takes("A request.", renew, json!({ "request": request }))
            .answers(201, "Its certificate.", made, example)
            .refuses(&["service-not-allowed", "unacceptable", "not-found", "uncertified"]),
        Operation::get("/v1/devices", "listDevices", get(list))
            .says(Tag::Account, "List one's own devices", "The oldest first.")
            .in_pages()
            .answers(200, "They.", pages("devices", &line_schema()), lines.clone())
            .refuses(&["service-not-allowed"]),
        Operation::delete("/v1/devices/{id}", "endDevice", delete(end))
            .says(
                Tag::Account,
                "End a device, and the sessions on it",
                "At once: one's own, or, by an owner, anybody's.",
            )
            .answers_nothing("It opens nothing any more.")
            .refuses(&["service-not-allowed", "role-not-allowed", "not-found"]),
        Operation::get("/v1/people/{id}/devices", "listDevicesOf", get(list_of))
            .says(Tag::People, "List somebody's devices", "The oldest first.")
            .in_pages()
            .for_people()
            .answers(200, "They.", pages("devices", &line_schema()), lines)
            .refuses(&["not-found"]),
        Operation::post("/v1/people/{id}/devices:invite", "inviteDevice", post(invite))
            .says(
                Tag::People,
                "Make a code with which a person enrols a device",
                "Handed over by word of mouth. Another one takes the place of one that was not used.",
            )
            .for_people()
            .answers(201, "The code.", code, json!({ "code": "bdv_…" }))
            .refuses(&["not-found", "unacceptable", "second-factor-stale"]),
    ]
}

fn line_schema() -> Schema {
    named(
        "Device",
        object(&[
            ("device", words::id("Names it; opens nothing.")),
            ("name", text("As its person calls it.")),
            ("since", words::time("When it was enrolled.")),
            ("ends_at", words::time("Its last instant, by the machine's time.")),
            ("current", flag("Whether it is the one that asks.")),
        ]),
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    name: String,
    request: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Next {
    request: String,
}

/// A certificate of a device.
#[derive(Serialize)]
struct Made {
    device: String,
    certificate: String,
    ends_at: Timestamp,
}

type Created<T> = (StatusCode, Json<T>);

fn created(new: NewDevice) -> Created<Made> {
    let NewDevice { id, pem, ends_at } = new;
    (StatusCode::CREATED, Json(Made { device: id.to_string(), certificate: pem, ends_at }))
}

async fn enrol_one(edge: Edge, body: JsonBody) -> Result<Created<Made>, Problem> {
    edge.enrol(move |call| {
        let Asked { name, request } = body.parse()?;
        Ok(created(call.gate().enrol_device(call.caller(), &name, &request)?))
    })
    .await
}

async fn renew(edge: Edge, body: JsonBody) -> Result<Created<Made>, Problem> {
    edge.run(move |call| {
        let Next { request } = body.parse()?;
        Ok(created(call.gate().renew_device(call.caller(), call.certificate(), &request)?))
    })
    .await
}

/// A device, as its person sees it.
#[derive(Serialize)]
struct Line {
    device: String,
    name: String,
    since: Timestamp,
    ends_at: Timestamp,
    current: bool,
}

#[derive(Serialize)]
struct Lines {
    devices: Vec<Line>,
    next: Option<String>,
}

async fn list(edge: Edge, uri: Uri) -> Result<Json<Lines>, Problem> {
    edge.run(move |call| page(call.gate().devices(call.caller())?, &uri)).await
}

async fn list_of(edge: Edge, Segments(id): Segments<String>, uri: Uri) -> Result<Json<Lines>, Problem> {
    edge.run(move |call| page(call.gate().devices_of(call.caller(), person(call, &id)?)?, &uri)).await
}

/// A person whom a path names. Asked before the id is looked at: who may not learns nothing of what would be accepted.
fn person(call: &Call, id: &str) -> Result<PersonId, Problem> {
    let _allowed = call.gate().administer(call.caller())?;
    Ok(id.parse()?)
}

fn page(devices: Vec<ShownDevice>, uri: &Uri) -> Result<Json<Lines>, Problem> {
    let page = Page::asked("devices", uri)?;
    let key = |one: &ShownDevice| format!("{:020} {}", one.since.as_nanosecond(), one.id);
    let (devices, next) = page.cut(devices, key);
    let line = |one: ShownDevice| {
        let ShownDevice { id, name, since, ends_at, is_this, .. } = one;
        Line { device: id.to_string(), name, since, ends_at, current: is_this }
    };
    Ok(Json(Lines { devices: devices.into_iter().map(line).collect(), next }))
}

async fn end(edge: Edge, Segments(id): Segments<String>) -> Result<StatusCode, Problem> {
    edge.run(move |call| {
        let id: DeviceId = id.parse()?;
        call.gate().end_device(call.caller(), id)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// A code for a device. It is in no other answer.
#[derive(Serialize)]
struct Code {
    code: String,
}

async fn invite(edge: Edge, Segments(id): Segments<String>) -> Result<Created<Code>, Problem> {
    edge.run(move |call| {
        let person = person(call, &id)?;
        let code = call.gate().invite_device(call.caller(), person)?.expose().clone();
        Ok((StatusCode::CREATED, Json(Code { code })))
    })
    .await
}
