//! `bailee mail`: whether notices leave this home.

use bailee_core::Json;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::failure::{Exit, Failure, Result};
use crate::screen::text;
use crate::visit::Visit;

/// Mail: notices of what you should know at once.
#[derive(Debug, Args)]
pub(crate) struct Mail {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Send a mail to your own address, and say what became of it.
    #[command(after_help = "\
The server stands in [mail] of bailee.toml. It is spoken to over TLS alone, and must prove who it is.")]
    Test,
}

impl Mail {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let Command::Test = self.command;
        let answer = visit.client.post("/v1/mail:test", &json!({}))?;
        let sent = answer.member("sent") == Some(&Json::Bool(true));
        if visit.screen.is_json() {
            visit.screen.json(&answer)?;
            return Ok(if sent { Exit::Done } else { Exit::Failed });
        }
        if !sent {
            let code = text(&answer, "reason");
            let remedy = remedy(&code);
            return Err(Failure::failed(format_args!("the mail was not sent ({code}); {remedy}")));
        }
        visit.screen.line("the mail server took it; see that it arrives at your address")?;
        Ok(Exit::Done)
    }
}

/// What to do about a reason.
fn remedy(code: &str) -> &'static str {
    match code {
        "smtp-535" | "smtp-534" | "password" => "see to [mail] user and password",
        "certificate" | "tls" | "authorities" => {
            "the server must show a certificate of its name that [mail] authorities, or this machine, knows"
        }
        "not-offered" => "the server offers no STARTTLS, or no way to log in; see to [mail] tls",
        "unreachable" | "timeout" | "not-smtp" => "see to [mail] server and tls, and that it can be reached",
        _ => "ask who runs the mail server; it is tried again by itself",
    }
}
