//! People: who is here, who is invited, who may not come in, who has left.

use axum::Json;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::{delete, get, post};
use bailee_access::gate::NewPerson;
use bailee_access::person::{Person, Relation, Role};
use bailee_core::{PersonId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::schema::{
    Schema, count, flag, list as listed, list_max, named, nullable, object, one_of, pages, text,
};
use crate::api::{Operation, Tag, words};
use crate::body::{JsonBody, Segments};
use crate::edge::{Call, Edge};
use crate::once::Written;
use crate::paging::Page;
use crate::problem::Problem;

pub(crate) fn operations() -> Vec<Operation> {
    let new = json!({ "person": "Ben Beispiel <ben@example.com>", "roles": ["operator"] });
    let invited = object(&[
        ("id", words::id("The person. It is never used again.")),
        ("invitation", text("Opens the acceptance, once, within seven days. It is in no other answer.")),
        (
            "proposal?",
            words::id(
                "Where the person could approve what others ask for, and somebody else can already: the proposal that somebody else \
                 has to approve before the invitation opens anything.",
            ),
        ),
    ]);
    vec![
        Operation::get("/v1/people", "listPeople", get(list))
            .says(Tag::People, "List everybody who is or was here", "In the order in which they came.")
            .in_pages()
            .for_people()
            .answers(200, "They.", pages("people", &person()), json!({ "people": [example()], "next": null })),
        Operation::post("/v1/people", "invitePerson", post(invite))
            .says(
                Tag::People,
                "Invite a person",
                "The invitation is shown once. Names and mailboxes of roles are refused (1.2.b), and roles that undo each \
                 other (1.3.a). Sent again under the same `Idempotency-Key` the request is answered `shown-once`, with the \
                 id of the person.",
            )
            .once()
            .for_people()
            .takes("Who.", new_person(), new)
            .answers(201, "The person is invited.", invited, json!({ "id": words::ID, "invitation": "biv_…" }))
            .refuses(&["bad-id", "unacceptable", "shown-once", "second-factor-stale"]),
        Operation::post("/v1/people/{id}/standing", "setStanding", post(stand))
            .says(
                Tag::People,
                "Suspend a person, let them in again, or end their access for good",
                "`suspended` and `left` end every session at once. Who has left never comes back under this id; services \
                 that they answered for are the caller's from then on, and a service's key that they know takes documents in for a \
                 day more and does nothing else.",
            )
            .once()
            .for_people()
            .takes(
                "What it shall be.",
                object(&[("standing", one_of(["active", "suspended", "left"], "What it shall be."))]),
                json!({ "standing": "suspended" }),
            )
            .answers(200, "It is.", ended(), json!({ "sessions": 1, "services": 0, "keys": 0 }))
            .refuses(&["not-found", "unacceptable", "second-factor-stale", "another-person"]),
        Operation::delete("/v1/people/{id}/lock", "unlockPerson", delete(unlock))
            .says(
                Tag::People,
                "Lift the lock of an account",
                "After too many failed log-ins. Nobody lifts their own.",
            )
            .for_people()
            .answers_nothing("Nothing keeps the person out any more.")
            .refuses(&["not-found", "second-factor-stale", "another-person", "outside-first"]),
    ]
}

pub(crate) fn role() -> Schema {
    named("Role", one_of(Role::ALL.iter().map(|role| role.as_str()), "What a person does."))
}

fn last_day() -> Schema {
    nullable(words::day(
        "Of a contractor: the last day (UTC) of the contract. Access ends with it by itself.",
    ))
}

fn new_person() -> Schema {
    object(&[
        ("person", text("`Name <mail>`.")),
        ("roles", list_max(&role(), Role::ALL.len())),
        ("last_day?", last_day()),
    ])
}

fn person() -> Schema {
    let standings = ["invited", "active", "suspended", "left"];
    named(
        "Person",
        object(&[
            ("id", words::id("The person.")),
            ("name", text("The name.")),
            ("mail", text("The address.")),
            ("roles", listed(&role())),
            ("last_day", last_day()),
            ("standing", one_of(standings, "Whether the person may come in.")),
            ("second_factor", flag("Whether one is set up.")),
            ("locked", flag("Whether too many log-ins failed.")),
            ("since", words::time("Since when.")),
        ]),
    )
}

fn example() -> Value {
    json!({
        "id": words::ID,
        "name": "Ben Beispiel",
        "mail": "ben@example.com",
        "roles": ["operator"],
        "last_day": null,
        "standing": "active",
        "second_factor": true,
        "locked": false,
        "since": words::TIME,
    })
}

fn ended() -> Schema {
    object(&[
        ("sessions", count("Sessions that ended with it, where the person has left.")),
        ("services", count("Services that the caller answers for from now on.")),
        (
            "keys",
            count("Keys of services that the person knows, each of which has to be replaced within a day."),
        ),
    ])
}

/// A person, without anything of what opens the account.
#[derive(Serialize)]
struct Line {
    id: String,
    name: String,
    mail: String,
    roles: Vec<Role>,
    last_day: Option<String>,
    standing: &'static str,
    second_factor: bool,
    locked: bool,
    since: Timestamp,
}

#[derive(Serialize)]
struct People {
    people: Vec<Line>,
    next: Option<String>,
}

async fn list(edge: Edge, uri: Uri) -> Result<Json<People>, Problem> {
    edge.run(move |call| {
        let people = call.gate().people(call.caller())?;
        let page = Page::asked("people", &uri)?;
        let key =
            |(person, _): &(Person, bool)| format!("{:020} {}", person.since.as_nanosecond(), person.id);
        let (people, next) = page.cut(people, key);
        Ok(Json(People { people: people.into_iter().map(|one| line(call, one)).collect(), next }))
    })
    .await
}

fn line(call: &Call, (person, second_factor): (Person, bool)) -> Line {
    let last_day = match person.relation {
        Relation::Employee => None,
        Relation::Contractor { last_day } => Some(last_day.to_string()),
    };
    // Whose contract has ended has left, whether or not the day's work has been done yet.
    let standing = match person.relation.has_ended(call.now()) {
        true => "left",
        false => person.standing.as_str(),
    };
    Line {
        id: person.id.to_string(),
        locked: call.gate().is_locked_out(&person, call.now()),
        name: person.name,
        mail: person.mail,
        roles: person.roles,
        last_day,
        standing,
        second_factor,
        since: person.since,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    person: String,
    roles: Vec<String>,
    #[serde(default)]
    last_day: Option<String>,
}

/// An invited person. The invitation is in no other answer.
#[derive(Serialize)]
struct Invited {
    id: String,
    invitation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    proposal: Option<String>,
}

async fn invite(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        // Asked before the body is looked at: who may invite nobody learns nothing about what would be accepted.
        let _allowed = call.gate().administer(call.caller())?;
        let new: New = body.parse()?;
        let roles = new.roles.iter().map(|role| role.parse()).collect::<Result<Vec<Role>, _>>()?;
        let relation = match &new.last_day {
            None => Relation::Employee,
            Some(day) => Relation::Contractor { last_day: day.parse()? },
        };
        let person = NewPerson { named: &new.person, roles, relation };
        let invited = call.gate().invite(call.caller(), person)?;
        let invited = Invited {
            id: invited.id.to_string(),
            invitation: invited.code.expose().clone(),
            proposal: invited.proposal.map(|proposal| proposal.to_string()),
        };
        Ok(Written::made(&invited).with_secret_of(invited.id))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    standing: WantedStanding,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WantedStanding {
    Active,
    Suspended,
    Left,
}

/// What ended with a person's access.
#[derive(Default, Serialize)]
struct Ended {
    sessions: u32,
    services: u32,
    keys: u32,
}

async fn stand(edge: Edge, Segments(id): Segments<String>, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, move |call, body| {
        let _allowed = call.gate().administer(call.caller())?;
        let (id, gate): (PersonId, _) = (id.parse()?, call.gate());
        let ended = match body.parse::<Wanted>()?.standing {
            WantedStanding::Active => gate.resume(call.caller(), id).map(|()| Ended::default())?,
            WantedStanding::Suspended => gate.suspend(call.caller(), id).map(|()| Ended::default())?,
            WantedStanding::Left => {
                let left = gate.leave(call.caller(), id)?;
                Ended { sessions: left.sessions, services: left.services, keys: left.keys }
            }
        };
        Ok(Written::done(&ended))
    })
    .await
}

async fn unlock(edge: Edge, Segments(id): Segments<String>) -> Result<StatusCode, Problem> {
    edge.run(move |call| {
        let _allowed = call.gate().administer(call.caller())?;
        call.gate().unlock(call.caller(), id.parse()?)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}
