//! `bailee person`: who may come in, and one's own account.

use std::io::{self, IsTerminal};

use bailee_access::person::Role;
use bailee_core::{Json, PersonId, Sensitive};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::client::Answer;
use crate::commands::{factor, passkeys};
use crate::failure::{Exit, Failure, Result};
use crate::screen::{self, BOLD, DIM, leaf, text};
use crate::session;
use crate::visit::Visit;

/// People: who may come in, and your own password and second factor.
#[derive(Debug, Args)]
pub(crate) struct Person {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Invite a person. The invitation is shown once, and is good for seven days.
    #[command(after_help = "Example:
  bailee person invite 'Ben Beispiel <ben@example.com>' --role operator
  bailee person invite 'Cem Yılmaz <cem@example.com>' --role officer --until 2026-12-31

Roles:
  owner     administers; sees no personal data
  officer   governs, reviews, releases
  operator  reveals under grants
  auditor   reads the ledger and the registers")]
    Invite {
        /// The person, as `Name <mail>`.
        #[arg(value_name = "NAME <MAIL>")]
        person: String,
        /// What the person shall do; may be repeated.
        #[arg(long = "role", required = true, value_delimiter = ',', value_name = "R",
              value_parser = PossibleValuesParser::new(Role::ALL.map(Role::as_str)))]
        roles: Vec<String>,
        /// Of a contractor: the last day of the contract. Access ends with it by itself.
        #[arg(long = "until", value_name = "DATE")]
        last_day: Option<String>,
    },
    /// Accept an invitation: set a password, and a second factor where the home asks for one.
    Accept {
        /// Read the invitation from the first line of standard input.
        #[arg(long)]
        invitation_stdin: bool,
        /// Read the password from the next line of standard input.
        #[arg(long)]
        password_stdin: bool,
        /// Read the code of whoever approved the invitation from the next line of standard input, where it took a second person.
        #[arg(long)]
        code_stdin: bool,
    },
    /// List everybody who is or was here.
    List,
    /// Keep a person out until it is lifted; open sessions end at once.
    Suspend {
        /// The person, by mail or id.
        #[arg(value_name = "WHO")]
        who: String,
    },
    /// Let a suspended person in again.
    Resume {
        /// The person, by mail or id.
        #[arg(value_name = "WHO")]
        who: String,
    },
    /// Lift the lock of an account after too many failed log-ins.
    Unlock {
        /// The person, by mail or id.
        #[arg(value_name = "WHO")]
        who: String,
    },
    /// End all access of a person who leaves, at once and for good.
    ///
    /// Services that the person answered for are yours from then on.
    Leave {
        /// The person, by mail or id.
        #[arg(value_name = "WHO")]
        who: String,
    },
    /// Change your password; your other sessions end.
    Password {
        /// Read the present password and then the new one from the first two lines of standard input.
        #[arg(long)]
        password_stdin: bool,
    },
    Factor(factor::Factor),
    Passkeys(passkeys::Passkeys),
    /// Show your second factor again, for what takes a fresh one.
    Confirm {
        /// Read the code from the first line of standard input.
        #[arg(long)]
        code_stdin: bool,
    },
}

impl Person {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        match &self.command {
            Command::Invite { person, roles, last_day } => invite(visit, person, roles, last_day.as_deref()),
            Command::Accept { invitation_stdin, password_stdin, code_stdin } => {
                accept(visit, *invitation_stdin, *password_stdin, *code_stdin)
            }
            Command::List => list(visit),
            Command::Suspend { who } => stand(visit, who, "suspended"),
            Command::Resume { who } => stand(visit, who, "active"),
            Command::Leave { who } => stand(visit, who, "left"),
            Command::Unlock { who } => unlock(visit, who),
            Command::Password { password_stdin } => change_password(visit, *password_stdin),
            Command::Factor(factor) => factor.run(visit),
            Command::Passkeys(passkeys) => passkeys.run(visit),
            Command::Confirm { code_stdin } => confirm(visit, *code_stdin),
        }
    }
}

fn invite(visit: &Visit, person: &str, roles: &[String], last_day: Option<&str>) -> Result<Exit> {
    let question = json!({ "person": person, "roles": roles, "last_day": last_day });
    let invited = visit.client.post("/v1/people", &question)?;
    let screen = visit.screen;
    if screen.is_json() {
        screen.json(&invited)?;
        return Ok(Exit::Done);
    }
    screen.line(format_args!("the invitation is shown this once, and is good for seven days:"))?;
    screen.line(format_args!("{BOLD}{}{BOLD:#}", text(&invited, "invitation")))?;
    screen.line(format_args!("{DIM}the invited person accepts it with `bailee person accept`{DIM:#}"))?;
    let proposal = text(&invited, "proposal");
    if !proposal.is_empty() {
        screen.line(format_args!(
            "who approves what others ask for is invited by two: it opens nothing until an owner or officer other than you approves \
             it with `bailee proposal approve {proposal}`"
        ))?;
    }
    Ok(Exit::Done)
}

fn accept(visit: &Visit, invitation_stdin: bool, password_stdin: bool, code_stdin: bool) -> Result<Exit> {
    let invitation = screen::secret(invitation_stdin, "invitation", "--invitation-stdin")?;
    let password = screen::password(password_stdin, true)?;
    let accept = |code: Option<&Sensitive<String>>| {
        let approval = code.map(Sensitive::expose);
        let question = json!({ "password": password.expose(), "approval": approval });
        visit.client.post_as(&invitation, "/v1/invitation:accept", &question)
    };
    let code = || screen::secret(code_stdin, "code of whoever approved it", "--code-stdin");
    let new = match code_stdin {
        true => accept(Some(&code()?)),
        false => match accept(None) {
            Err(refusal) if refusal.code == "approval-missing" && io::stdin().is_terminal() => {
                accept(Some(&code()?))
            }
            accepted => accepted,
        },
    }?;
    let token = Sensitive::new(text(&new, "token"));
    session::keep(&visit.state, token.expose())?;
    // What the new session opens says whether anything is missing yet.
    let missing = visit.client.get_as(&token, "/v1/sessions").err();
    let factor = missing.is_some_and(|refusal| refusal.code == "second-factor-missing");
    let screen = visit.screen;
    match screen.is_json() {
        true => screen.json(&json!({ "accepted": true, "second_factor_missing": factor }))?,
        false => screen.line(if factor {
            "the password is set; now set up your second factor with `bailee person factor`"
        } else {
            "the password is set, and you are logged in"
        })?,
    }
    Ok(Exit::Done)
}

fn list(visit: &Visit) -> Result<Exit> {
    let people = visit.client.get_all("/v1/people", "people")?;
    if visit.screen.is_json() {
        visit.screen.json(&people)?;
        return Ok(Exit::Done);
    }
    let people = people.member("people").map(Json::elements).unwrap_or_default();
    let rows = people.iter().map(|one| {
        let roles = one.member("roles").map(Json::elements).unwrap_or_default();
        let roles: Vec<String> = roles.iter().map(leaf).collect();
        let is = |name| matches!(one.member(name), Some(Json::Bool(true)));
        let standing = match is("locked") {
            true => format!("{}, locked", text(one, "standing")),
            false => text(one, "standing"),
        };
        let factor = if is("second_factor") { "yes" } else { "no" };
        vec![
            text(one, "name"),
            text(one, "mail"),
            roles.join(", "),
            standing,
            factor.to_owned(),
            text(one, "last_day"),
            text(one, "id"),
        ]
    });
    let header = ["NAME", "MAIL", "ROLES", "STANDING", "SECOND FACTOR", "UNTIL", "ID"];
    visit.screen.table(&header, rows.collect())?;
    Ok(Exit::Done)
}

/// The id of a person. An address stands in no path of a request, so it is looked for in the list.
pub(super) fn id_of(visit: &Visit, who: &str) -> Result<String> {
    if who.parse::<PersonId>().is_ok() {
        return Ok(who.to_owned());
    }
    let people = visit.client.get_all("/v1/people", "people")?;
    let people = people.member("people").map(Json::elements).unwrap_or_default();
    let mail = who.trim().to_lowercase();
    let with_it = people.iter().filter(|one| text(one, "mail") == mail);
    // Of several the last is not yet gone, if any is.
    let found = with_it.max_by_key(|one| (text(one, "standing") != "left", text(one, "since")));
    found.map(|one| text(one, "id")).ok_or_else(|| {
        Failure::new(
            Exit::NotFound,
            "nobody of this home has this address; `bailee person list` shows everybody",
        )
    })
}

fn stand(visit: &Visit, who: &str, standing: &str) -> Result<Exit> {
    let id = id_of(visit, who)?;
    let ended = visit.client.post(&format!("/v1/people/{id}/standing"), &json!({ "standing": standing }))?;
    let screen = visit.screen;
    if screen.is_json() {
        let member = |name| ended.member(name);
        screen.json(&json!({
            "id": id, "standing": standing, "sessions": member("sessions"), "services": member("services"), "keys": member("keys"),
        }))?;
    } else if standing == "left" {
        screen.line(format_args!(
            "all access has ended: {} open sessions, and {} services that are yours now",
            text(&ended, "sessions"),
            text(&ended, "services")
        ))?;
        let keys = text(&ended, "keys");
        if keys != "0" {
            screen.line(format_args!(
                "{keys} keys of services are known to them: they take documents in for a day more and do nothing else; `bailee \
                 service list` shows them, `bailee service renew` makes the next"
            ))?;
        }
    } else {
        screen.line(format_args!("the person is {standing} now"))?;
    }
    Ok(Exit::Done)
}

fn unlock(visit: &Visit, who: &str) -> Result<Exit> {
    let id = id_of(visit, who)?;
    done(
        visit,
        visit.client.delete(&format!("/v1/people/{id}/lock")),
        "unlocked",
        "nothing keeps the person out any more",
    )
}

fn change_password(visit: &Visit, from_stdin: bool) -> Result<Exit> {
    let present = screen::secret(from_stdin, "present password", "--password-stdin")?;
    let new = screen::password(from_stdin, true)?;
    let question = json!({ "present": present.expose(), "new": new.expose() });
    let words = "the password was changed; your other sessions have ended";
    done(visit, visit.client.post("/v1/account/password", &question), "changed", words)
}

fn confirm(visit: &Visit, from_stdin: bool) -> Result<Exit> {
    let code = screen::secret(from_stdin, "code", "--code-stdin")?;
    let question = json!({ "code": code.expose() });
    let words = "your second factor is fresh for ten minutes";
    done(visit, visit.client.post_now("/v1/sessions/current:confirm", &question), "confirmed", words)
}

fn done(visit: &Visit, answer: Answer, member: &str, words: &str) -> Result<Exit> {
    answer?;
    visit.screen.done(member, words)?;
    Ok(Exit::Done)
}
