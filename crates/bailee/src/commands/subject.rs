//! `bailee subject`: what people ask for of their own data, from its receipt to its answer.

use std::fs;
use std::path::{Path, PathBuf};

use bailee_core::subject::{Delay, Law, Proof, Refusal, Right};
use bailee_core::{Day, Json, SellerId};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use data_encoding::BASE64;
use serde_json::{Value, json};

use super::recipient::tell_next;
use super::record::{OfKind, RecordName, tell_archives};
use super::who::Who;
use crate::client::encoded;
use crate::draft::Drafts;
use crate::failure::{Exit, Failure, Result};
use crate::screen::{self, BAD, text};
use crate::visit::Visit;

/// Handle what people ask for of their own data: access, correction, erasure, restriction, objection.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  bailee subject request open --right access --law gdpr --received 2026-03-01 --email -
  bailee subject request identify ID --by order-and-address
  bailee subject request preview ID
  bailee subject request carry-out ID --out answer.cms")]
pub(crate) struct Subject {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Requests, each from its receipt to its answer.
    #[command(subcommand)]
    Request(Request),
}

#[derive(Debug, Subcommand)]
enum Request {
    Open(Open),
    /// List the requests, with what is due and what is overdue. Who asks is not told.
    List,
    /// Show a request: who asks, by when it is to be answered, and what is held of them. That is an event.
    Show(Named),
    /// Record that they were told it has come.
    Acknowledge(Named),
    /// Record how it is known that who asks is who they say. Of what they showed, nothing is kept.
    Identify {
        #[command(flatten)]
        of: Named,
        /// How.
        #[arg(long, value_name = "HOW", value_parser = one_of(Proof::ALL))]
        by: String,
    },
    /// Record that more time is taken, and that they were told so and why.
    Extend {
        #[command(flatten)]
        of: Named,
        /// Why.
        #[arg(long, value_name = "WHY", value_parser = one_of(Delay::ALL))]
        reason: String,
    },
    /// Look what is held of them, over all sellers that the request speaks of: references and kinds, never a value.
    Preview(Named),
    CarryOut(CarryOut),
    /// Refuse a request. Tell them why, and that they may complain.
    Refuse {
        #[command(flatten)]
        of: Named,
        /// Why.
        #[arg(long, value_name = "WHY", value_parser = one_of(Refusal::ALL))]
        reason: String,
    },
    /// Record that they took it back.
    Withdraw(Named),
}

/// Which request.
#[derive(Debug, Args)]
struct Named {
    /// Its id.
    id: String,
}

/// Write down that somebody asks for something.
///
/// Under which law they ask gives the days: gdpr and uk-gdpr a month, and two more where they are told within the first; ccpa ten business
/// days to say that it has come, 45 days, 90 at most. Who asks is kept sealed, under a key that is destroyed in time.
#[derive(Debug, Args)]
#[command(after_help = "\
A value of `-` is read from standard input, a line each in the order email, phone, name, postal code, so that it stays out of the
shell's history and out of what others of this machine see. A name takes one of the others with it: it is that of many.

Example:
  bailee subject request open --right erase --law gdpr --received 2026-03-01 --name - --postal-code - < who.txt
  bailee subject request open --right access --law ccpa --received 2026-03-01 --seller ALPHA --seller BETA --email -")]
struct Open {
    /// What they ask for.
    #[arg(long, value_name = "RIGHT", value_parser = one_of(Right::ALL))]
    right: String,
    /// Under which law.
    #[arg(long, value_name = "LAW", value_parser = one_of(Law::ALL))]
    law: String,
    /// The day on which it was received.
    #[arg(long, value_name = "DAY")]
    received: Day,
    /// Of whose data; of all sellers', unless some are named.
    #[arg(long = "seller", value_name = "S")]
    sellers: Vec<SellerId>,
    #[command(flatten)]
    who: Who,
}

/// Do what they ask for, of the records that were found for them.
///
/// Access writes a file that is sealed for them: for the public key that they gave, or else under a passphrase, which is shown once. It
/// opens with stock openssl, and holds a page to read and the same as JSON. Erasing and giving out take a fresh second factor and, where
/// the home asks for a second person, somebody else than who recorded the identity. It may be done again, of what has come since: preview
/// first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bailee subject request carry-out ID                                    (erase, restrict, object)
  bailee subject request carry-out ID --out answer.cms                   (access)
  bailee subject request carry-out ID --out answer.cms --key theirs.pem
  bailee subject request carry-out ID --record ALPHA/250-1234567-1234567 --field buyer.buyerName --value-stdin < value

They open it with one of:
  openssl cms -decrypt -text -inform DER -in answer.cms -pwri_password PASSPHRASE -out answer.tar && tar -xf answer.tar
  openssl cms -decrypt -text -inform DER -in answer.cms -inkey theirs.key -out answer.tar && tar -xf answer.tar
Of a certificate, `openssl x509 -pubkey -noout` gives the public key.")]
struct CarryOut {
    #[command(flatten)]
    of: Named,
    /// Of access: where the file goes. It may not be there yet.
    #[arg(long, value_name = "FILE", conflicts_with = "record")]
    out: Option<PathBuf>,
    /// Of access: the public half of their RSA key, in PEM.
    #[arg(long, value_name = "FILE", requires = "out")]
    key: Option<PathBuf>,
    /// Of a correction: the record.
    #[arg(long, value_name = "S/REF", requires = "field")]
    record: Option<RecordName>,
    #[command(flatten)]
    kind: OfKind,
    /// Of a correction: the field, as `show` names it.
    #[arg(long, value_name = "PATH", requires = "record")]
    field: Option<String>,
    /// Of a correction: read the value from standard input.
    #[arg(long, requires = "field")]
    value_stdin: bool,
}

impl Subject {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let Command::Request(request) = &self.command;
        match request {
            Request::Open(open) => open.run(visit),
            Request::List => list(visit),
            Request::Show(of) => show(visit, &visit.client.get(&of.path(""))?),
            Request::Acknowledge(of) => of.step(visit, "acknowledge", None),
            Request::Identify { of, by } => of.step(visit, "identify", Some(by)),
            Request::Extend { of, reason } => of.step(visit, "extend", Some(reason)),
            Request::Preview(of) => show(visit, &visit.client.post(&of.path("/preview"), &json!({}))?),
            Request::CarryOut(carry_out) => carry_out.run(visit),
            Request::Refuse { of, reason } => of.step(visit, "refuse", Some(reason)),
            Request::Withdraw(of) => of.step(visit, "withdraw", None),
        }
    }
}

impl Named {
    fn path(&self, more: &str) -> String {
        format!("/v1/subject-requests/{}{more}", encoded(&self.id))
    }

    fn step(&self, visit: &Visit, step: &str, reason: Option<&String>) -> Result<Exit> {
        let question = json!({ "step": step, "reason": reason });
        let answer = visit.client.post(&self.path("/steps"), &question)?;
        tell(visit, &answer)
    }
}

/// What became of a request, in a line.
fn tell(visit: &Visit, request: &Json) -> Result<Exit> {
    if visit.screen.is_json() {
        visit.screen.json(request)?;
        return Ok(Exit::Done);
    }
    let due = match text(request, "due").as_str() {
        "" => String::new(),
        due => format!(", {}by {due}", if text(request, "overdue") == "true" { "was due " } else { "due " }),
    };
    let [id, state, right] = ["id", "state", "right"].map(|name| text(request, name));
    visit.screen.line(format_args!("{id}: {right}, {state}{due}"))?;
    Ok(Exit::Done)
}

impl Open {
    fn run(&self, visit: &Visit) -> Result<Exit> {
        if self.who.is_nobody() {
            return Err(Failure::usage(
                "say by what they can be found: --email, --phone, or --name with --postal-code",
            ));
        }
        let question = json!({
            "right": self.right,
            "law": self.law,
            "received": self.received.to_string(),
            "sellers": self.sellers,
            "who": self.who.question()?,
        });
        tell(visit, &visit.client.post("/v1/subject-requests", &question)?)
    }
}

fn list(visit: &Visit) -> Result<Exit> {
    let all = visit.client.get_all("/v1/subject-requests", "requests")?;
    if visit.screen.is_json() {
        visit.screen.json(&all)?;
        return Ok(Exit::Done);
    }
    let requests = all.member("requests").map(Json::elements).unwrap_or_default();
    let row = |one: &Json| {
        ["id", "right", "law", "received", "state", "held", "due"].map(|name| text(one, name)).into()
    };
    let header = ["REQUEST", "RIGHT", "LAW", "RECEIVED", "STATE", "RECORDS", "DUE"];
    visit.screen.table(&header, requests.iter().map(row).collect())?;
    for one in requests.iter().filter(|one| text(one, "overdue") == "true") {
        visit.screen.line(format_args!(
            "{BAD}{} was due on {} (2.2.d){BAD:#}",
            text(one, "id"),
            text(one, "due")
        ))?;
    }
    Ok(Exit::Done)
}

fn show(visit: &Visit, request: &Json) -> Result<Exit> {
    if visit.screen.is_json() {
        visit.screen.json(request)?;
        return Ok(Exit::Done);
    }
    tell(visit, request)?;
    for name in ["law", "received", "acknowledge_by", "answer_by", "extended_until", "reason"] {
        match text(request, name) {
            said if said.is_empty() => {}
            said => visit.screen.line(format_args!("  {}: {said}", name.replace('_', " ")))?,
        }
    }
    for name in ["email", "phone", "name", "postal_code"] {
        match request.member("who").map(|who| text(who, name)).unwrap_or_default() {
            said if said.is_empty() => {}
            said => visit.screen.line(format_args!("  {}: {said}", name.replace('_', " ")))?,
        }
    }
    for done in request.member("done").map(Json::elements).unwrap_or_default() {
        visit.screen.line(format_args!(
            "  carried out {} by request {}",
            text(done, "at"),
            text(done, "request")
        ))?;
    }
    let found = request.member("found").map(Json::elements).unwrap_or_default();
    let row = |one: &Json| ["seller", "kind", "reference", "record"].map(|name| text(one, name)).into();
    if found.is_empty() {
        visit.screen.note("no record is known to be of them");
    } else {
        visit.screen.table(&["SELLER", "KIND", "REFERENCE", "RECORD"], found.iter().map(row).collect())?;
    }
    Ok(Exit::Done)
}

impl CarryOut {
    fn run(&self, visit: &Visit) -> Result<Exit> {
        // An erasure that somebody took for an answer has no way back.
        self.check(&text(&visit.client.get(&self.of.path(""))?, "right"))?;
        // Before it is carried out: what is given out is not told again.
        let drafts = self.out.as_deref().map(|out| Drafts::of([out])).transpose()?;
        let question = self.question()?;
        let answer = visit.client.post(&self.of.path("/execution"), &question)?;
        if let (Some(out), Some(drafts)) = (&self.out, drafts) {
            return tell_file(visit, &answer, out, drafts);
        }
        if visit.screen.is_json() {
            visit.screen.json(&answer)?;
            return Ok(Exit::Done);
        }
        for record in answer.member("records").map(Json::elements).unwrap_or_default() {
            let [seller, kind, reference, outcome] =
                ["seller", "kind", "reference", "outcome"].map(|name| text(record, name));
            visit.screen.line(format_args!("{kind} {seller}/{reference}: {outcome}"))?;
        }
        tell_archives(visit, &answer);
        tell_next(visit, &answer);
        answer.member("request").map_or(Ok(Exit::Done), |request| tell(visit, request))
    }

    /// Whether what was said is what the right takes.
    fn check(&self, right: &str) -> Result<()> {
        match (right, self.out.is_some(), self.record.is_some()) {
            ("access", true, false) | ("rectify", false, true) => Ok(()),
            ("access", ..) => Err(Failure::usage("name the file that is given to them with --out FILE")),
            ("rectify", ..) => {
                Err(Failure::usage("name what is right with --record S/REF, --field PATH and --value-stdin"))
            }
            (_, false, false) => Ok(()),
            _ => Err(Failure::usage(format_args!(
                "nothing was done: this request asks for `{right}`, which takes no --out and no --record"
            ))),
        }
    }

    fn question(&self) -> Result<Value> {
        let read = |file: &PathBuf| fs::read_to_string(file).map_err(|error| Failure::file(file, &error));
        let key = self.key.as_ref().map(read).transpose()?;
        let correction = match (&self.record, &self.field) {
            (Some(RecordName { seller, reference }), Some(field)) => {
                let value = screen::secret(self.value_stdin, "value", "--value-stdin")?;
                let kind = self.kind.kind.map(|kind| kind.as_str());
                json!({ "seller": seller, "kind": kind, "reference": reference, "field": field, "value": value.expose() })
            }
            _ => Value::Null,
        };
        Ok(json!({ "key": key, "correction": correction }))
    }
}

/// Writes what is given to them, and says once how they open it.
fn tell_file(visit: &Visit, answer: &Json, out: &Path, drafts: Drafts) -> Result<Exit> {
    let broken =
        || Failure::failed("nothing was given out: this request asks for something else than access");
    let file = answer.member("file").and_then(Json::as_str).ok_or_else(broken)?;
    drafts.write(&[&BASE64.decode(file.as_bytes()).map_err(|_| broken())?])?;
    let passphrase = answer.member("passphrase").and_then(Json::as_str);
    let records = answer.member("records").map(Json::elements).unwrap_or_default();
    if visit.screen.is_json() {
        let request = answer.member("request");
        let left_out = answer.member("left_out");
        visit.screen.json(&json!({
            "request": request, "records": records, "left_out": left_out, "out": out, "passphrase": passphrase,
        }))?;
        return Ok(Exit::Done);
    }
    let held = match records.len() {
        1 => "1 record is".to_owned(),
        count => format!("{count} records are"),
    };
    visit.screen.line(format_args!("{held} in {}", out.display()))?;
    if text(answer, "left_out") != "0" {
        visit.screen.line(format_args!(
            "{} more had ended, are kept without being used, or do not open",
            text(answer, "left_out")
        ))?;
    }
    if let Some(passphrase) = passphrase {
        visit.screen.line(format_args!("passphrase, shown this once: {passphrase}"))?;
        visit.screen.note("give them the passphrase on another way than the file");
    }
    Ok(Exit::Done)
}

/// One of a closed set, as clap takes it: what there is stands in the help.
pub(super) fn one_of<T: std::fmt::Display>(all: &[T]) -> impl TypedValueParser<Value = String> + use<T> {
    PossibleValuesParser::new(all.iter().map(ToString::to_string).collect::<Vec<_>>())
}
