//! Registered recipients (2.6.g), what they have to be told of what they have (2.2.d), and that they confirm it.

mod told;

use axum::Json;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::{delete, get, post};
use bailee_access::person::is_mail;
use bailee_core::{RecordId, SellerId};
use bailee_vault::exports::notices::{Due, Notice, counts_by_recipient};
use bailee_vault::recipients::{New, Recipient};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::api::schema::{nullable, object, pages, text};
use crate::api::{Operation, Tag, words};
use crate::body::{JsonBody, Segments};
use crate::edge::{Call, Edge};
use crate::once::Written;
use crate::paging::Page;
use crate::problem::Problem;
use told::{
    DueLine, Line, NoticeLine, StandingLine, due_example, due_of, example, label, new, notice,
    notice_example, notice_members, recipient, standing, standing_example,
};

pub(crate) fn operations() -> Vec<Operation> {
    let mut operations = vec![
        Operation::get("/v1/recipients", "listRecipients", get(recipients))
            .says(
                Tag::Exports,
                "List the recipients",
                "To whom outside something may be sealed, and those to whom it may not any more. In the order in which they were added.",
            )
            .in_pages()
            .for_people()
            .answers(200, "They.", pages("recipients", &recipient()), json!({ "recipients": [example()], "next": null }))
            .opens(),
        Operation::post("/v1/recipients", "addRecipient", post(add))
            .says(
                Tag::Exports,
                "Register a recipient",
                "With the public half of an RSA key of theirs, for some sellers and purposes. What is exported is sealed to it, and the home \
                 cannot open it.",
            )
            .once()
            .for_people()
            .takes("Who, and their key.", new(), json!({
                "name": "Carrier X",
                "mail": "privacy@carrier.example",
                "key": "-----BEGIN PUBLIC KEY-----…",
                "sellers": [words::SELLER],
                "purposes": ["fulfilment"],
            }))
            .answers(201, "The recipient.", recipient(), example())
            .refuses(&["bad-id", "unknown-seller", "unacceptable", "recipient-key", "recipient-exists", "too-many-exports"])
            .refuses(&["second-factor-stale"])
            .opens(),
        Operation::delete("/v1/recipients/{id}", "removeRecipient", delete(remove))
            .says(
                Tag::Exports,
                "Remove a recipient",
                "Nothing is sealed to them any more, and what waits for them is let go. What they have they are still told about.",
            )
            .for_people()
            .answers_nothing("It is done.")
            .refuses(&["not-found", "recipient-removed", "second-factor-stale"])
            .opens(),
        Operation::get("/v1/recipients:due", "listDueRecipients", get(due))
            .says(
                Tag::Exports,
                "List what recipients have to be told",
                "Of each recipient that has something to do: how many records they have to delete, to stop using, to replace, or may use \
                 again; how many of these they were told and have not confirmed, and whether any of it is late.",
            )
            .in_pages()
            .for_people()
            .answers(200, "They.", pages("recipients", &standing()), json!({ "recipients": [standing_example()], "next": null }))
            .opens(),
    ];
    operations.extend(notice_operations());
    operations
}

fn notice_operations() -> Vec<Operation> {
    let mut made = notice_members();
    made.push(("file", text("The notice, sealed to the recipient's key (CMS, DER), in base64.")));
    let mut made_example = notice_example();
    if let Some(members) = made_example.as_object_mut() {
        members.insert("file".to_owned(), "MIIB…".into());
    }
    vec![
        Operation::get("/v1/recipients/{id}/due", "listDue", get(due_of_one))
            .says(
                Tag::Exports,
                "List what one recipient has to be told",
                "Record by record, derived from how each stands now. With its reference for who may see records.",
            )
            .in_pages()
            .for_people()
            .answers(200, "It.", pages("due", &due_of()), json!({ "due": [due_example()], "next": null }))
            .refuses(&["not-found"])
            .opens(),
        Operation::get("/v1/recipients/{id}/notices", "listNotices", get(notices))
            .says(Tag::Exports, "List the notices to a recipient", "In the order in which they were made.")
            .in_pages()
            .for_people()
            .answers(200, "They.", pages("notices", &notice()), json!({ "notices": [notice_example()], "next": null }))
            .refuses(&["not-found"])
            .opens(),
        Operation::post("/v1/recipients/{id}/notices", "tellRecipient", post(tell))
            .says(
                Tag::Exports,
                "Tell a recipient what to do with what they have",
                "Makes a notice of all that they have to do and have not confirmed, sealed to their key: also where they were told before, so \
                 that one that was lost is made again. It takes the place of those that they did not confirm. It is for you to send.",
            )
            .once()
            .for_people()
            .takes("Nothing.", object(&[]), json!({}))
            .answers(201, "The notice.", object(&made), made_example)
            .refuses(&["not-found", "nothing-to-tell", "export-not-made", "export-too-large", "shown-once"])
            .refuses(&["keyring-unusable"])
            .opens(),
        Operation::post(
            "/v1/recipients/{id}/notices/{notice}/confirmation",
            "confirmNotice",
            post(confirm),
        )
        .says(Tag::Exports, "Write down that a recipient did what a notice says", "")
        .once()
        .for_people()
        .takes(
            "Who said so.",
            object(&[("who?", nullable(label("Who confirmed it.")))]),
            json!({ "who": "Tess Tester" }),
        )
        .answers(200, "The notice.", notice(), notice_example())
        .refuses(&["not-found", "unacceptable", "notice-confirmed", "keyring-unusable"])
        .opens(),
    ]
}

#[derive(Serialize)]
struct Recipients {
    recipients: Vec<Line>,
    next: Option<String>,
}

async fn recipients(edge: Edge, uri: Uri) -> Result<Json<Recipients>, Problem> {
    edge.run(move |call| {
        let authorized = call.gate().read_exports(call.caller())?;
        let page = Page::asked("recipients", &uri)?;
        let key = |one: &Recipient| format!("{:020} {}", one.since.as_nanosecond(), one.id);
        let (recipients, next) = page.cut(call.vault().recipients(&authorized)?, key);
        Ok(Json(Recipients { recipients: recipients.into_iter().map(Line::from).collect(), next }))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    name: String,
    #[serde(default)]
    mail: Option<String>,
    key: String,
    sellers: Vec<String>,
    purposes: Vec<String>,
}

async fn add(edge: Edge, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, |call, body| {
        let authorized = call.gate().administer_afresh(call.caller())?;
        let Asked { name, mail, key, sellers, purposes } = body.parse()?;
        if mail.as_deref().is_some_and(|mail| !is_mail(mail)) {
            return Err(Problem::unacceptable("unacceptable", "this is no mail address"));
        }
        let sellers = sellers.iter().map(|one| Ok(one.parse::<SellerId>()?));
        let purposes = purposes.iter().map(|one| Ok(one.parse()?));
        let new = New {
            name,
            mail,
            key,
            purposes: purposes.collect::<Result<_, Problem>>()?,
            sellers: sellers.collect::<Result<_, Problem>>()?,
        };
        Ok(Written::made(&Line::from(call.vault().add_recipient(authorized, new)?)))
    })
    .await
}

async fn remove(edge: Edge, Segments(id): Segments<String>) -> Result<StatusCode, Problem> {
    edge.run(move |call| {
        let authorized = call.gate().administer_afresh(call.caller())?;
        call.vault().remove_recipient(authorized, id.parse()?)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

#[derive(Serialize)]
struct Standings {
    recipients: Vec<StandingLine>,
    next: Option<String>,
}

async fn due(edge: Edge, uri: Uri) -> Result<Json<Standings>, Problem> {
    edge.run(move |call| {
        let authorized = call.gate().read_exports(call.caller())?;
        let page = Page::asked("recipients-due", &uri)?;
        let due = call.vault().due_to_recipients(&authorized, None)?;
        let (new, told) = (counts_by_recipient(&due, false), counts_by_recipient(&due, true));
        let mut standing = Vec::new();
        for one in call.vault().recipients(&authorized)? {
            let is_late = due.iter().any(|due| due.recipient == one.id && due.is_late(call.now()));
            let (new, told) = (new.get(&one.id).copied(), told.get(&one.id).copied());
            if new.is_some() || told.is_some() {
                standing.push(StandingLine::of(
                    one,
                    new.unwrap_or_default(),
                    told.unwrap_or_default(),
                    is_late,
                ));
            }
        }
        let (recipients, next) = page.cut(standing, |one: &StandingLine| one.recipient.clone());
        Ok(Json(Standings { recipients, next }))
    })
    .await
}

#[derive(Serialize)]
struct DueList {
    due: Vec<DueLine>,
    next: Option<String>,
}

async fn due_of_one(edge: Edge, Segments(id): Segments<String>, uri: Uri) -> Result<Json<DueList>, Problem> {
    edge.run(move |call| {
        let authorized = call.gate().read_exports(call.caller())?;
        let page = Page::asked("due", &uri)?;
        let key = |one: &Due| format!("{} {:06}", one.export, one.line);
        let (due, next) = page.cut(call.vault().due_to_recipients(&authorized, Some(id.parse()?))?, key);
        Ok(Json(DueList { due: due.into_iter().map(|one| DueLine::of(call, one)).collect(), next }))
    })
    .await
}

#[derive(Serialize)]
struct Notices {
    notices: Vec<NoticeLine>,
    next: Option<String>,
}

async fn notices(edge: Edge, Segments(id): Segments<String>, uri: Uri) -> Result<Json<Notices>, Problem> {
    edge.run(move |call| {
        let authorized = call.gate().read_exports(call.caller())?;
        let page = Page::asked("notices", &uri)?;
        let key = |one: &Notice| format!("{:020} {}", one.at.as_nanosecond(), one.id);
        let (notices, next) = page.cut(call.vault().notices(&authorized, id.parse()?)?, key);
        let notices = notices.into_iter().map(|one| NoticeLine::of(one, call.now())).collect();
        Ok(Json(Notices { notices, next }))
    })
    .await
}

/// A notice with its file.
#[derive(Serialize)]
struct MadeLine {
    #[serde(flatten)]
    notice: NoticeLine,
    file: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

async fn tell(edge: Edge, Segments(id): Segments<String>, body: JsonBody) -> Result<Response, Problem> {
    edge.write(body, move |call, body| {
        let authorized = call.gate().tell_recipients(call.caller())?;
        let Nothing {} = body.parse()?;
        let made = call.vault().tell_recipient(authorized, id.parse()?)?;
        let id = made.notice.id.to_string();
        let notice = NoticeLine::of(made.notice, call.now());
        // Kept nowhere: who loses it has it made again.
        Ok(Written::made(&MadeLine { notice, file: BASE64.encode(&made.file) }).with_secret_of(id))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    #[serde(default)]
    who: Option<String>,
}

async fn confirm(
    edge: Edge,
    Segments((id, notice)): Segments<(String, String)>,
    body: JsonBody,
) -> Result<Response, Problem> {
    edge.write(body, move |call, body| {
        let authorized = call.gate().tell_recipients(call.caller())?;
        let Confirmation { who } = body.parse()?;
        let names = (id.parse()?, notice.parse()?);
        let notice = call.vault().confirm_notice(authorized, names, who.as_deref())?;
        Ok(Written::done(&NoticeLine::of(notice, call.now())))
    })
    .await
}

/// How many recipients are to be told of what became of these records. What was done is done: where it cannot be counted, it is not told.
pub(crate) fn to_tell(call: &Call, records: &[RecordId]) -> Option<usize> {
    call.vault().recipients_to_tell(records, call.now()).ok()
}
