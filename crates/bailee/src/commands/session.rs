//! `bailee login`, `bailee logout`: the session of this user of this machine.

use clap::Args;
use serde_json::json;

use crate::failure::{Exit, Failure, Result};
use crate::screen::{self, pick};
use crate::session;
use crate::visit::Visit;

/// Begin a session for this user of this machine.
///
/// Services need none: they show their key in BAILEE_KEY.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  bailee login --as ada@example.com")]
pub(crate) struct LogIn {
    /// Your mail address.
    #[arg(long = "as", value_name = "MAIL")]
    mail: String,

    /// Read the password from the first line of standard input.
    #[arg(long)]
    password_stdin: bool,
}

impl LogIn {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let password = screen::password(self.password_stdin, false)?;
        let question = json!({ "mail": self.mail, "password": password.expose() });
        let new = visit.client.post("/v1/sessions", &question)?;
        let token = new.member("token").and_then(bailee_core::Json::as_str);
        session::keep(&visit.state, token.ok_or_else(|| Failure::failed("no session was given"))?)?;
        match visit.screen.is_json() {
            true => visit.screen.json(&pick(&new, &["session", "ends_at"]))?,
            false => visit.screen.line(format_args!(
                "logged in as {}, until {} or 15 minutes without a command",
                screen::safe(&self.mail),
                screen::text(&new, "ends_at")
            ))?,
        }
        Ok(Exit::Done)
    }
}

/// Ends the session. That there was none, or that it had ended already, is no failure.
pub(crate) fn log_out(visit: &Visit) -> Result<Exit> {
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
