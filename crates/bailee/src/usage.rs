//! What is said of a command line that cannot be understood: one line, and never a word of what was typed, since that
//! may be a buyer's name in the wrong place.
//!
//! Only names that the program knows itself are told: of its arguments, of their allowed values, of its commands.

use std::ffi::OsString;
use std::net::SocketAddr;

use bailee_core::{ParseIdError, Timestamp};
use bailee_intake::source::{Charset, UnknownCharset};
use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::Cli;
use crate::client::{NotAServer, ServerAddress};
use crate::commands::record::NotARecord;

/// What was wrong, and where to read what is right.
pub(crate) fn words(error: &clap::Error, typed: impl Iterator<Item = OsString>) -> String {
    format!("{}; see `{} --help`", problem(error), command(typed))
}

fn problem(error: &clap::Error) -> String {
    // Of an unknown argument or command, the context holds what was typed; of all others, the argument's name.
    let arguments = || listed(error, ContextKind::InvalidArg).unwrap_or_else(|| "an argument".to_owned());
    match error.kind() {
        ErrorKind::UnknownArgument => {
            guess("there is an argument too many, or an unknown one", error, ContextKind::SuggestedArg)
        }
        ErrorKind::InvalidSubcommand => {
            guess("there is no such command", error, ContextKind::SuggestedSubcommand)
        }
        ErrorKind::MissingSubcommand => "the command is not complete".to_owned(),
        ErrorKind::MissingRequiredArgument => format!("{} is missing", arguments()),
        ErrorKind::InvalidValue => match listed(error, ContextKind::ValidValue) {
            Some(allowed) => format!("{} takes one of {allowed}", arguments()),
            None => format!("{} needs a value", arguments()),
        },
        ErrorKind::ValueValidation => match reason(error) {
            Some(reason) => format!("the value of {} cannot be used: {reason}", arguments()),
            None => format!("the value of {} cannot be used", arguments()),
        },
        ErrorKind::ArgumentConflict => match listed(error, ContextKind::PriorArg) {
            Some(prior) if prior == arguments() => format!("{prior} was given more than once"),
            Some(prior) => format!("{} cannot be given together with {prior}", arguments()),
            None => format!("{} cannot be given here", arguments()),
        },
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            format!("{} takes another number of values", arguments())
        }
        ErrorKind::NoEquals => format!("{} needs `=` before its value", arguments()),
        ErrorKind::InvalidUtf8 => "an argument is no UTF-8 text".to_owned(),
        _ => "the command line cannot be understood".to_owned(),
    }
}

fn guess(problem: &str, error: &clap::Error, kind: ContextKind) -> String {
    match listed(error, kind) {
        Some(known) => format!("{problem} (is it {known}?)"),
        None => problem.to_owned(),
    }
}

/// What a value should have been. Says nothing of what it was.
#[derive(Debug)]
pub(crate) struct Expected(pub(crate) String);

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Expected {}

/// A time as people write it on the command line.
pub(crate) fn time(text: &str) -> std::result::Result<Timestamp, Expected> {
    text.parse()
        .map_err(|_| Expected("a time is written as in RFC 3339, such as 2026-03-02T09:00:00Z".to_owned()))
}

/// Where to listen, as people write it on the command line.
pub(crate) fn address(text: &str) -> std::result::Result<SocketAddr, Expected> {
    text.parse().map_err(|_| {
        Expected("an address is written with its port, such as 127.0.0.1:8443 or [::]:8443".to_owned())
    })
}

/// A server as people name it on the command line.
pub(crate) fn server(text: &str) -> std::result::Result<ServerAddress, Expected> {
    text.parse().map_err(|error: NotAServer| Expected(error.to_string()))
}

/// A character set as people name it on the command line.
pub(crate) fn charset(name: &str) -> std::result::Result<Charset, Expected> {
    name.parse().map_err(|unknown: UnknownCharset| Expected(unknown.to_string()))
}

/// Why a value was refused, where the reason is known to hold nothing of the value.
fn reason(error: &clap::Error) -> Option<String> {
    let source = std::error::Error::source(error)?;
    let of_an_id = || source.downcast_ref::<ParseIdError>().map(ToString::to_string);
    let expected = || source.downcast_ref::<Expected>().map(ToString::to_string);
    source.downcast_ref::<NotARecord>().map(ToString::to_string).or_else(of_an_id).or_else(expected)
}

/// A context of names, on one line.
fn listed(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(name) => Some(name.clone()),
        ContextValue::Strings(names) if !names.is_empty() => Some(names.join(", ")),
        _ => None,
    }
}

/// The command that was meant: the names of commands among what was typed, as far as each is one of the one before.
fn command(typed: impl Iterator<Item = OsString>) -> String {
    let program = Cli::command();
    let (mut path, mut command) = (vec![program.get_name()], &program);
    for word in typed.skip(1) {
        if let Some(below) = command.find_subcommand(word) {
            path.push(below.get_name());
            command = below;
        }
    }
    path.join(" ")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[track_caller]
    fn check(typed: &[&str], expected: &str) {
        let typed = [&["bailee"], typed].concat();
        let error = Cli::try_parse_from(&typed).unwrap_err();
        assert_eq!(words(&error, typed.iter().map(OsString::from)), expected);
    }

    #[test]
    fn what_was_wrong_is_said_without_what_was_typed() {
        for (typed, expected) in [
            (
                &["find", "Wilma Testperson"][..],
                "there is an argument too many, or an unknown one; see `bailee find --help`",
            ),
            (
                &["find", "--seler", "ALPHA"],
                "there is an argument too many, or an unknown one (is it --seller?); see `bailee find --help`",
            ),
            (&["wilma"], "there is no such command; see `bailee --help`"),
            (&["seller", "ad"], "there is no such command (is it add?); see `bailee seller --help`"),
            (&["seller", "add"], "<ID> is missing; see `bailee seller add --help`"),
            (
                &["seller", "add", "a/b"],
                "the value of <ID> cannot be used: a seller id is 1 to 64 letters, digits, hyphens or underscores; \
                 see `bailee seller add --help`",
            ),
            (
                &["show", "Wilma"],
                "the value of <S/REF> cannot be used: an order is named SELLER/REFERENCE, such as \
                 ALPHA/250-1234567-1234567; see `bailee show --help`",
            ),
            (
                &["seller", "list", "--output", "wilma"],
                "--output <OUTPUT> takes one of text, json; see `bailee seller list --help`",
            ),
            (&["seller", "list", "--home"], "--home <DIR> needs a value; see `bailee seller list --help`"),
            (
                &["seller", "list", "--now", "Wilma"],
                "the value of --now <RFC3339> cannot be used: a time is written as in RFC 3339, such as \
                 2026-03-02T09:00:00Z; see `bailee seller list --help`",
            ),
            (
                &["seller", "list", "--home", "a", "--home", "b"],
                "--home <DIR> was given more than once; see `bailee seller list --help`",
            ),
            (
                &["reveal", "A/1", "--token", "t", "--purpose", "tax"],
                "[S/REF]... cannot be given together with --token <T>...; see `bailee reveal --help`",
            ),
        ] {
            check(typed, expected);
        }
    }
}
