//! `bailee person factor`: an authenticator as the second factor.

use std::io::IsTerminal;

use bailee_core::Json;
use clap::Args;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde_json::json;

use crate::failure::{Exit, Failure, Result};
use crate::screen::{self, BOLD, DIM, leaf, text};
use crate::visit::Visit;

/// Set up an authenticator as your second factor.
///
/// Shows its secret, to be scanned or typed into the authenticator, and asks for a code of it. Recovery codes are shown
/// once, for when the authenticator is lost.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  bailee person factor

In a script, in two steps:
  bailee person factor --output json < /dev/null       {\"secret\", \"address\"}
  bailee person factor --code-stdin <<< 123456         {\"recovery_codes\"}")]
pub(crate) struct Factor {
    /// Confirm the authenticator that was shown before, with a code from the first line of standard input.
    #[arg(long)]
    code_stdin: bool,
}

impl Factor {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        if self.code_stdin {
            return confirm(visit, true);
        }
        let begun = visit.client.post("/v1/account/factor", &json!({}))?;
        let screen = visit.screen;
        if screen.is_json() {
            screen.json(&begun)?;
            return Ok(Exit::Done);
        }
        if std::io::stdout().is_terminal() {
            let code = QrCode::new(text(&begun, "address")).map_err(Failure::failed)?;
            screen.line(code.render::<Dense1x2>().build())?;
        }
        screen.line(format_args!(
            "scan this with an authenticator, or type its secret: {BOLD}{}{BOLD:#}",
            text(&begun, "secret")
        ))?;
        match std::io::stdin().is_terminal() {
            true => confirm(visit, false),
            false => {
                screen.line(format_args!(
                    "{DIM}next: `bailee person factor --code-stdin` with a code of it{DIM:#}"
                ))?;
                Ok(Exit::Done)
            }
        }
    }
}

fn confirm(visit: &Visit, from_stdin: bool) -> Result<Exit> {
    let code = screen::secret(from_stdin, "code", "--code-stdin")?;
    let enrolled = visit.client.post("/v1/account/factor:confirm", &json!({ "code": code.expose() }))?;
    let screen = visit.screen;
    if screen.is_json() {
        screen.json(&enrolled)?;
        return Ok(Exit::Done);
    }
    screen.line("the second factor is set up. Recovery codes, each of which opens once in its place, shown this once:")?;
    let codes = enrolled.member("recovery_codes").map(Json::elements).unwrap_or_default();
    codes.iter().try_for_each(|code| screen.line(format_args!("  {BOLD}{}{BOLD:#}", leaf(code))))?;
    Ok(Exit::Done)
}
