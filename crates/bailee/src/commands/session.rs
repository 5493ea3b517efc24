//! `bailee login`, `bailee logout`: the session of this user of this machine; and all sessions that a person has.

use std::io::IsTerminal;

use bailee_core::{Json, Sensitive, SessionId};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::client::Answer;
use crate::commands::sign_on::sign_on;
use crate::failure::{Exit, Failure, Result};
use crate::screen::{self, pick, text};
use crate::session;
use crate::visit::Visit;

/// Begin a session for this user of this machine.
///
/// Services need none: they show their key in BAILEE_KEY.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  bailee login --as ada@example.com
  bailee login --sign-on

A passkey is shown in a browser, and not here: with one alone, log in here by a recovery code, or set up an
authenticator beside it with `bailee person factor`.")]
pub(crate) struct LogIn {
    /// Your mail address.
    #[arg(long = "as", value_name = "MAIL", required_unless_present = "sign_on")]
    mail: Option<String>,

    /// Sign on by the home's provider, in a browser on this machine, in the place of a password.
    #[arg(long, conflicts_with_all = ["mail", "password_stdin"])]
    sign_on: bool,

    /// The first time: read the invitation from the first line of standard input.
    #[arg(long, requires = "sign_on")]
    invitation_stdin: bool,

    /// Read the password from the first line of standard input.
    #[arg(long)]
    password_stdin: bool,

    /// Read the code of the second factor, or a recovery code, from the next line of standard input.
    #[arg(long)]
    code_stdin: bool,
}

impl LogIn {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let (new, who) = match &self.mail {
            Some(mail) => (self.by_password(visit, mail)?, format!("as {}", screen::safe(mail))),
            None => {
                let invitation = self.invitation_stdin.then(screen::stdin_line).transpose()?;
                let code = self.code_stdin.then(screen::stdin_line).transpose()?;
                let (new, by) = sign_on(visit, invitation.as_ref(), code.as_ref())?;
                (new, format!("by {by}"))
            }
        };
        let new = new?;
        let token = new.member("token").and_then(bailee_core::Json::as_str);
        session::keep(&visit.state, token.ok_or_else(|| Failure::failed("no session was given"))?)?;
        match visit.screen.is_json() {
            true => visit.screen.json(&pick(&new, &["session", "ends_at"]))?,
            false => visit.screen.line(format_args!(
                "logged in {who}, until {} or 15 minutes without a command",
                screen::text(&new, "ends_at")
            ))?,
        }
        Ok(Exit::Done)
    }

    fn by_password(&self, visit: &Visit, mail: &str) -> Result<Answer> {
        let password = screen::password(self.password_stdin, false)?;
        let code = self.code_stdin.then(screen::stdin_line).transpose()?;
        let mut new = ask(visit, mail, &password, code.as_ref());
        // Whether there is a second factor is told only to who knows the password.
        if new.as_ref().is_err_and(|refusal| refusal.code == "second-factor-needed")
            && std::io::stdin().is_terminal()
        {
            let code = screen::secret(false, "code", "--code-stdin")?;
            new = ask(visit, mail, &password, Some(&code));
        }
        Ok(new)
    }
}

fn ask(visit: &Visit, mail: &str, password: &Sensitive<String>, code: Option<&Sensitive<String>>) -> Answer {
    let code = code.map(Sensitive::expose);
    let question = json!({ "mail": mail, "password": password.expose(), "code": code });
    match code {
        // Later it would be another.
        Some(_) => visit.client.post_now("/v1/sessions", &question),
        None => visit.client.post("/v1/sessions", &question),
    }
}

/// Your sessions, on all machines.
#[derive(Debug, Args)]
pub(crate) struct Session {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List your sessions.
    List,
    /// End one of them.
    End {
        /// Its id, as `list` shows it.
        id: SessionId,
    },
}

impl Session {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let screen = visit.screen;
        match &self.command {
            Command::List => {
                let sessions = visit.client.get_all("/v1/sessions", "sessions")?;
                if screen.is_json() {
                    screen.json(&sessions)?;
                    return Ok(Exit::Done);
                }
                let sessions = sessions.member("sessions").map(Json::elements).unwrap_or_default();
                let rows = sessions.iter().map(|one| {
                    let current = matches!(one.member("current"), Some(Json::Bool(true)));
                    let this = if current { "this one" } else { "" };
                    let times = ["since", "seen_at", "ends_at"].map(|name| text(one, name));
                    [vec![text(one, "session")], times.to_vec(), vec![this.to_owned()]].concat()
                });
                screen.table(&["SESSION", "SINCE", "LAST USED", "ENDS", ""], rows.collect())?;
            }
            Command::End { id } => {
                visit.client.delete(&format!("/v1/sessions/{id}"))?;
                match screen.is_json() {
                    true => screen.json(&json!({ "ended": id }))?,
                    false => screen.line("the session has ended")?,
                }
            }
        }
        Ok(Exit::Done)
    }
}

/// Ends the session. That there was none, or that it had ended already, is no failure.
pub(crate) fn log_out(visit: &Visit) -> Result<Exit> {
    // Whoever goes renews nothing on the way, and could not any more.
    visit.client.settle_device();
    let ended = visit.client.delete("/v1/sessions/current");
    session::forget(&visit.state)?;
    match ended {
        Err(refusal) if refusal.exit() != Exit::Denied => return Err(refusal.into()),
        _ => {}
    }
    match visit.screen.is_json() {
        true => visit.screen.json(&json!({ "logged_out": true }))?,
        false => visit.screen.line("logged out")?,
    }
    Ok(Exit::Done)
}
