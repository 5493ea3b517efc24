//! `bailee recipient`: to whom outside something may leave, and what they are told of it later.

use std::path::{Path, PathBuf};

use bailee_core::{Json, RecordId, SellerId};
use clap::{Args, Subcommand};
use data_encoding::BASE64;
use serde_json::json;
use zeroize::Zeroizing;

use super::counts;
use crate::client::encoded;
use crate::draft::Drafts;
use crate::failure::{Exit, Failure, Result};
use crate::screen::{BAD, text};
use crate::visit::Visit;

/// Whom `bailee export` may seal something to, and what they are told to delete, to stop using, or to replace (2.6.g, 2.2.d).
#[derive(Debug, Args)]
#[command(after_help = "\
The recipient makes a key on a machine of theirs, and gives its public half, and nothing else:
  openssl genrsa -out carrier.key 4096
  openssl pkey -in carrier.key -pubout -out carrier.pub.pem
From a certificate of theirs: openssl x509 -in CERT.pem -pubkey -noout > carrier.pub.pem

In the home:
  bailee recipient add 'Carrier X' --key carrier.pub.pem --seller ALPHA --purpose fulfilment --mail privacy@carrier.example
  bailee export ALPHA/250-1234567-1234567 --purpose fulfilment --recipient 'Carrier X' --out carrier.cms
  bailee recipient due
  bailee recipient tell 'Carrier X' --out notice.cms
  bailee recipient confirm 'Carrier X' NOTICE --by 'Tess Tester'

Where the key is:
  openssl cms -decrypt -text -inform DER -in notice.cms -inkey carrier.key -out notice.tar && tar -xf notice.tar")]
pub(crate) struct Recipient {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(Add),
    /// List the recipients, and those that were removed.
    List,
    /// Seal nothing to a recipient any more, and let go of what waits for them.
    ///
    /// What they have they are still told about.
    Remove {
        #[command(flatten)]
        who: Who,
    },
    /// List what recipients have to be told, what they were told and have not confirmed, and what is late.
    ///
    /// It is derived from how each record that left stands now: erased, restricted, corrected, ended, or used again. Of one recipient,
    /// record by record.
    Due {
        /// One of them, by name or id.
        #[arg(value_name = "RECIPIENT")]
        who: Option<String>,
    },
    /// Make a notice of all that a recipient has to do and has not confirmed, sealed to their key.
    ///
    /// It is for you to send. It says again what they were told before, so that one that was lost is made again; they confirm the newest.
    #[command(after_help = "Example:\n  bailee recipient tell 'Carrier X' --out notice.cms")]
    Tell {
        #[command(flatten)]
        who: Who,
        /// Where it goes.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// List the notices to a recipient, and which of them they confirmed.
    Notices {
        #[command(flatten)]
        who: Who,
    },
    /// Write down that a recipient did what a notice says.
    #[command(after_help = "Example:\n  bailee recipient confirm 'Carrier X' NOTICE --by 'Tess Tester'")]
    Confirm {
        #[command(flatten)]
        who: Who,
        /// The notice, by its id.
        notice: String,
        /// Who confirmed it.
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
}

/// A recipient.
#[derive(Debug, Args)]
struct Who {
    /// The recipient, by name or id.
    #[arg(value_name = "RECIPIENT")]
    recipient: String,
}

/// Register somebody outside, to whom something may be sealed: with the public half of a key of theirs.
///
/// It takes the role owner and a fresh second factor. Compare the fingerprint with them on another way than the key came.
#[derive(Debug, Args)]
#[command(after_help = "\
Purposes: fulfilment, tax, invoice.

Example:
  bailee recipient add 'Carrier X' --key carrier.pub.pem --seller ALPHA --purpose fulfilment --mail privacy@carrier.example")]
struct Add {
    /// Who they are.
    name: String,
    /// Their public key in PEM: RSA, 3072 to 4096 bits.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Whose data they may get.
    #[arg(long = "seller", value_name = "S", required = true, num_args = 1..)]
    sellers: Vec<SellerId>,
    /// For what.
    #[arg(long = "purpose", value_name = "P", required = true, num_args = 1..)]
    purposes: Vec<String>,
    /// How they are reached.
    #[arg(long, value_name = "ADDR")]
    mail: Option<String>,
}

impl Recipient {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        match &self.command {
            Command::Add(add) => add.run(visit),
            Command::List => list(visit),
            Command::Remove { who } => {
                let id = who.id(visit)?;
                visit.client.delete(&format!("/v1/recipients/{}", encoded(&id)))?;
                visit.screen.done(
                    "removed",
                    "nothing is sealed to them any more; what they have they are still told about",
                )?;
                Ok(Exit::Done)
            }
            Command::Due { who: None } => due(visit),
            Command::Due { who: Some(who) } => due_of(visit, &named(visit, who)?),
            Command::Tell { who, out } => tell(visit, &who.id(visit)?, out),
            Command::Notices { who } => notices(visit, &who.id(visit)?),
            Command::Confirm { who, notice, by } => {
                let (id, notice) = (who.id(visit)?, encoded(notice));
                let path = format!("/v1/recipients/{}/notices/{notice}/confirmation", encoded(&id));
                let answer = visit.client.post(&path, &json!({ "who": by }))?;
                match visit.screen.is_json() {
                    true => visit.screen.json(&answer)?,
                    false => visit.screen.line("they have done what it says")?,
                }
                Ok(Exit::Done)
            }
        }
    }
}

impl Who {
    fn id(&self, visit: &Visit) -> Result<String> {
        named(visit, &self.recipient)
    }
}

/// The id of a recipient, of their id or name.
pub(crate) fn named(visit: &Visit, who: &str) -> Result<String> {
    if who.parse::<RecordId>().is_ok() {
        return Ok(who.to_owned());
    }
    let all = visit.client.get_all("/v1/recipients", "recipients")?;
    let all = all.member("recipients").map(Json::elements).unwrap_or_default();
    // Whoever was removed is meant by their name where nobody else has it now.
    let (gone, here): (Vec<&Json>, Vec<&Json>) = all
        .iter()
        .filter(|one| text(one, "name") == who)
        .partition(|one| !text(one, "removed_at").is_empty());
    let ids: Vec<String> =
        if here.is_empty() { gone } else { here }.into_iter().map(|one| text(one, "id")).collect();
    match ids.as_slice() {
        [id] => Ok(id.clone()),
        [] => Err(Failure::new(
            Exit::NotFound,
            "there is no recipient of that name or id; `bailee recipient list` lists them",
        )),
        _ => Err(Failure::usage("several recipients have that name; name one by its id")),
    }
}

impl Add {
    fn run(&self, visit: &Visit) -> Result<Exit> {
        let question = json!({
            "name": self.name,
            "mail": self.mail,
            "key": public_key(&self.key)?,
            "sellers": self.sellers,
            "purposes": self.purposes,
        });
        let added = visit.client.post("/v1/recipients", &question)?;
        if visit.screen.is_json() {
            visit.screen.json(&added)?;
            return Ok(Exit::Done);
        }
        visit.screen.line(format_args!("{} is recipient {}", text(&added, "name"), text(&added, "id")))?;
        visit.screen.line(format_args!("the SHA-256 of their key is {}", text(&added, "fingerprint")))?;
        visit.screen.note("compare it with them: openssl pkey -in KEY.pem -pubout -outform DER | sha256sum");
        Ok(Exit::Done)
    }
}

/// A public key in PEM. A private one goes nowhere.
fn public_key(file: &Path) -> Result<String> {
    let refused = |words| Failure::failed(format_args!("{} {words}", file.display()));
    let pem = Zeroizing::new(crate::pem::read(file)?);
    let pem = std::str::from_utf8(&pem).map_err(|_| refused("is no public key in PEM"))?;
    match pem.contains("PRIVATE KEY") {
        true => Err(refused(
            "holds a private key, which was not sent: a recipient gives nobody theirs; take its public half with `openssl pkey -pubout` (2.6.g)",
        )),
        false => Ok(pem.to_owned()),
    }
}

fn list(visit: &Visit) -> Result<Exit> {
    let all = visit.client.get_all("/v1/recipients", "recipients")?;
    if visit.screen.is_json() {
        visit.screen.json(&all)?;
        return Ok(Exit::Done);
    }
    let recipients = all.member("recipients").map(Json::elements).unwrap_or_default();
    let row = |one: &Json| {
        let listed = |name: &str| {
            let all = one.member(name).map(Json::elements).unwrap_or_default();
            all.iter().map(crate::screen::leaf).collect::<Vec<_>>().join(" ")
        };
        let state = if text(one, "removed_at").is_empty() { "registered" } else { "removed" };
        vec![
            text(one, "id"),
            text(one, "name"),
            text(one, "mail"),
            listed("sellers"),
            listed("purposes"),
            state.to_owned(),
        ]
    };
    let header = ["RECIPIENT", "NAME", "MAIL", "SELLERS", "PURPOSES", "STATE"];
    visit.screen.table(&header, recipients.iter().map(row).collect())?;
    Ok(Exit::Done)
}

/// Counts of acts, in a line.
fn acts(counts: Option<&Json>) -> String {
    let count = |name: &str| {
        let count = counts.map(|counts| text(counts, name)).unwrap_or_default();
        (count.parse::<u64>().unwrap_or_default(), name.to_owned())
    };
    let counts: Vec<(u64, String)> = ["delete", "stop", "replace", "resume"].map(count).into();
    let counts: Vec<(u64, &str)> = counts.iter().map(|(count, name)| (*count, name.as_str())).collect();
    counts::told(&counts)
}

fn due(visit: &Visit) -> Result<Exit> {
    let all = visit.client.get_all("/v1/recipients:due", "recipients")?;
    if visit.screen.is_json() {
        visit.screen.json(&all)?;
        return Ok(Exit::Done);
    }
    let recipients = all.member("recipients").map(Json::elements).unwrap_or_default();
    if recipients.is_empty() {
        visit.screen.line("no recipient has to be told anything")?;
        return Ok(Exit::Done);
    }
    let row = |one: &Json| {
        let told = ["to_tell", "unconfirmed"].map(|name| acts(one.member(name)));
        [text(one, "recipient"), text(one, "name"), text(one, "mail")].into_iter().chain(told).collect()
    };
    let header = ["RECIPIENT", "NAME", "MAIL", "TO TELL", "NOT CONFIRMED"];
    visit.screen.table(&header, recipients.iter().map(row).collect())?;
    for one in recipients.iter().filter(|one| text(one, "late") == "true") {
        visit.screen.line(format_args!(
            "{BAD}{} should have confirmed it by now: 14 days are over since it was told, or was to be (2.2.d){BAD:#}",
            text(one, "name")
        ))?;
    }
    visit.screen.note("tell them with `bailee recipient tell RECIPIENT --out FILE`, and send them the file");
    Ok(Exit::Done)
}

fn due_of(visit: &Visit, id: &str) -> Result<Exit> {
    let all = visit.client.get_all(&format!("/v1/recipients/{}/due", encoded(id)), "due")?;
    if visit.screen.is_json() {
        visit.screen.json(&all)?;
        return Ok(Exit::Done);
    }
    let due = all.member("due").map(Json::elements).unwrap_or_default();
    let row = |one: &Json| {
        let name = match text(one, "reference") {
            reference if reference.is_empty() => text(one, "record"),
            reference => reference,
        };
        vec![
            format!("{}/{name}", text(one, "seller")),
            text(one, "act"),
            text(one, "since"),
            text(one, "told_at"),
            text(one, "export"),
        ]
    };
    visit.screen.table(&["RECORD", "ACT", "SINCE", "TOLD", "EXPORT"], due.iter().map(row).collect())?;
    Ok(Exit::Done)
}

fn tell(visit: &Visit, id: &str, out: &Path) -> Result<Exit> {
    let drafts = Drafts::of([out])?;
    let answer = visit.client.post(&format!("/v1/recipients/{}/notices", encoded(id)), &json!({}))?;
    let again = |failure: Failure| {
        failure.and("that they were told is written down all the same; make the notice again with `bailee recipient tell`")
    };
    let broken = || Failure::failed("the answer is no notice; ask again");
    let file = answer.member("file").and_then(Json::as_str).ok_or_else(broken)?;
    let file = BASE64.decode(file.as_bytes()).map_err(|_| broken())?;
    drafts.write(&[&file]).map_err(again)?;
    let (notice, says) = (text(&answer, "id"), answer.member("says"));
    if visit.screen.is_json() {
        visit.screen.json(&json!({ "id": notice, "says": says, "out": out, "bytes": file.len() }))?;
        return Ok(Exit::Done);
    }
    visit.screen.line(format_args!("notice {notice} is in {} ({})", out.display(), acts(says)))?;
    visit.screen.note(
        "send it to them; when they have done what it says: `bailee recipient confirm RECIPIENT NOTICE`",
    );
    Ok(Exit::Done)
}

fn notices(visit: &Visit, id: &str) -> Result<Exit> {
    let all = visit.client.get_all(&format!("/v1/recipients/{}/notices", encoded(id)), "notices")?;
    if visit.screen.is_json() {
        visit.screen.json(&all)?;
        return Ok(Exit::Done);
    }
    let notices = all.member("notices").map(Json::elements).unwrap_or_default();
    let row = |one: &Json| {
        let confirmed = one.member("confirmed").map(|confirmed| text(confirmed, "at")).unwrap_or_default();
        let state = match (confirmed.is_empty(), text(one, "replaced_by").is_empty()) {
            (false, _) => format!("confirmed {confirmed}"),
            (true, false) => "said again by a later one".to_owned(),
            (true, true) if text(one, "late") == "true" => "late".to_owned(),
            (true, true) => "not confirmed".to_owned(),
        };
        vec![text(one, "id"), text(one, "at"), acts(one.member("says")), state]
    };
    visit.screen.table(&["NOTICE", "MADE", "SAYS", "STATE"], notices.iter().map(row).collect())?;
    Ok(Exit::Done)
}

/// What comes next where recipients of exports are to be told of what was done.
pub(super) fn tell_next(visit: &Visit, answer: &Json) {
    match text(answer, "recipients_to_tell").as_str() {
        "" | "0" => {}
        count => visit.screen.note(format_args!(
            "{} of exports to tell of this: see `bailee recipient due`, then `bailee recipient tell RECIPIENT --out FILE` (2.2.d)",
            counts::of(count, "recipient")
        )),
    }
}
