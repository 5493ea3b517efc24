//! `bailee device`: the machines on which people come in over the network.
//!
//! A device's key is made here, in the user's state directory, and never leaves this machine.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::time::Duration;

use bailee_core::{DeviceId, Json};
use clap::{Args, Subcommand};
use serde_json::json;

use super::certificate::{pem, request_for};
use super::person::id_of;
use crate::client::{ClientIdentity, ServerAddress};
use crate::draft::Drafts;
use crate::failure::{Exit, Failure, Result};
use crate::home::make::replace_private;
use crate::screen::{self, BOLD, DIM, text};
use crate::visit::Visit;

/// How long a command waits for another that enrols or renews this machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// Devices: the machines on which you come in over the network.
///
/// Where the home asks for enrolled devices, nobody comes in over the network on another one.
#[derive(Debug, Args)]
pub(crate) struct Device {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Enrol this machine. Every command with --server uses it from then on.
    ///
    /// By your invitation or a code of an owner; or without one where you are logged in on the home's own machine or on an
    /// enrolled device, with a fresh second factor.
    #[command(after_help = "Example:
  bailee --server https://bailee.example:8443 device enroll --code-stdin
  bailee device enroll --at https://localhost:8443")]
    Enroll {
        /// Read an invitation, or a code of `bailee device invite`, from the first line of standard input.
        #[arg(long)]
        code_stdin: bool,
        /// Enrol it although it is enrolled: the key that it has is lost, and its device goes on in `device list` until it is
        /// ended.
        #[arg(long)]
        anew: bool,
        /// As you call this machine.
        #[arg(long, default_value = "This machine")]
        name: String,
        /// On the home's own machine: the address by which this machine shall come in over the network.
        #[arg(long, value_name = "URL")]
        at: Option<ServerAddress>,
    },
    /// Give this machine its next certificate. Commands do it by themselves from day 75 on.
    Renew,
    /// List your devices.
    List {
        /// Somebody else's, by mail or id.
        #[arg(long, value_name = "WHO")]
        of: Option<String>,
    },
    /// End a device, and the sessions on it, at once: one of yours, or, as an owner, anybody's.
    End {
        /// Its id, as `list` shows it.
        id: DeviceId,
    },
    /// Make a code with which a person enrols one device, within a day. It is shown this once.
    Invite {
        /// The person, by mail or id.
        #[arg(value_name = "WHO")]
        who: String,
    },
}

impl Device {
    /// Whether it enrols this machine by a code.
    pub(crate) fn enrols(&self) -> bool {
        matches!(self.command, Command::Enroll { code_stdin: true, .. })
    }

    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let screen = visit.screen;
        match &self.command {
            Command::Enroll { code_stdin, anew, name, at } => {
                enrol(visit, *code_stdin, *anew, (name, at.as_ref()))?;
            }
            Command::Renew => {
                let held = visit.state.hold_device(PATIENCE)?.ok_or_else(busy)?;
                match renew(visit, &held)? {
                    Some(new) => tell_enrolled(visit, &new, "")?,
                    // What another command was given in the meantime is what was asked for.
                    None => tell_this_one(visit)?,
                }
            }
            Command::List { of } => list(visit, of.as_deref())?,
            Command::End { id } => {
                visit.client.delete(&format!("/v1/devices/{id}"))?;
                screen.done("ended", "the device opens nothing any more")?;
            }
            Command::Invite { who } => invite(visit, who)?,
        }
        Ok(Exit::Done)
    }
}

fn enrol(
    visit: &Visit,
    code_stdin: bool,
    anew: bool,
    (name, at): (&str, Option<&ServerAddress>),
) -> Result<()> {
    let place = match (at, visit.is_remote()) {
        (Some(at), false) => at.state(),
        (None, true) => visit.state.clone(),
        (Some(_), true) => return Err(Failure::usage("the server is named already; leave out --at")),
        (None, false) => {
            return Err(Failure::usage(
                "this is the home's own machine, which needs none; name with --at by which address it comes in over the network",
            ));
        }
    };
    // Held until the new one is kept: else a command that renews the old one could write over it.
    let _held = place.hold_device(PATIENCE)?.ok_or_else(busy)?;
    if !anew && ClientIdentity::of_device(&place)?.is_some() {
        return Err(Failure::failed(
            "this machine is enrolled already; commands renew it, and --anew enrols it once more, such as for somebody else",
        ));
    }
    let [certificate_file, key_file] = place.device_files()?;
    // Of the two the certificate comes last: while one is missing, or of another key, none is shown.
    let drafts = Drafts::in_place_of([&*key_file, &*certificate_file])?;
    // Another key each time: one that was made for somebody else is nobody's here.
    let (key, request) = request_for(None)?;
    let question = json!({ "name": name, "request": request });
    let by_code = || {
        // At a terminal it is asked for, and not shown.
        let code = screen::secret(!io::stdin().is_terminal(), "invitation or code", "--code-stdin")?;
        visit.client.post_as(&code, "/v1/devices", &question).map_err(Failure::from)
    };
    let new = match code_stdin {
        true => by_code()?,
        false => match visit.client.post("/v1/devices", &question) {
            Err(refusal) if refusal.code == "no-credential" && io::stdin().is_terminal() => by_code()?,
            Err(refusal) if refusal.code == "no-credential" => {
                return Err(Failure::usage(
                    "nobody is logged in here; show an invitation or a code with --code-stdin",
                ));
            }
            new => new?,
        },
    };
    let kept = pem(&new).and_then(|pem| drafts.write(&[key.as_bytes(), pem.as_bytes()]));
    kept.map_err(|failure| {
        let words = "the device is enrolled all the same; end it with `bailee device end";
        failure.and(format_args!("{words} {}`", text(&new, "device")))
    })?;
    tell_enrolled(visit, &new, ", and renewed when it is used; now accept the invitation or log in")
}

fn tell_enrolled(visit: &Visit, device: &Json, words: &str) -> Result<()> {
    match visit.screen.is_json() {
        true => visit.screen.json(&screen::pick(device, &["device", "ends_at"])),
        false => visit
            .screen
            .line(format_args!("this machine is enrolled until {}{words}", text(device, "ends_at"))),
    }
}

/// Renews this machine at the end of a command, where no other command does at this moment.
///
/// Who is not let in, such as after the session has ended, is renewed by the next command that is.
pub(crate) fn renew_in_passing(visit: &Visit) {
    let renewed = match visit.state.hold_device(Duration::ZERO) {
        Ok(Some(held)) => renew(visit, &held).map(drop),
        Ok(None) => Ok(()),
        Err(failure) => Err(failure),
    };
    match renewed {
        Err(Failure::Said { exit, words }) if exit != Exit::Denied => visit
            .screen
            .note(format_args!("the certificate of this machine ends soon and was not renewed: {words}")),
        _ => {}
    }
}

/// Asks for the next certificate of the device that is this machine, for the key that it has; none where another command did, since
/// this one began. Only who holds the device does.
fn renew(visit: &Visit, _held: &File) -> Result<Option<Json>> {
    let [certificate_file, key_file] = visit.state.device_files()?;
    let Some(now) = ClientIdentity::of_device(&visit.state)? else {
        return Err(Failure::failed("this machine is not enrolled there; `bailee device enroll` enrols it"));
    };
    visit.client.settle_device();
    if visit.device.as_ref().is_some_and(|began| !began.is(&now)) {
        return Ok(None);
    }
    let key = crate::pem::read_key(&key_file)?;
    let (_, request) = request_for(Some(&key))?;
    let new = visit.client.post("/v1/devices/current:renew", &json!({ "request": request }))?;
    replace_private(&certificate_file, pem(&new)?.as_bytes())?;
    Ok(Some(new))
}

fn tell_this_one(visit: &Visit) -> Result<()> {
    let devices = visit.client.get_all("/v1/devices", "devices")?;
    let mut devices = devices.member("devices").map(Json::elements).unwrap_or_default().iter();
    let current = devices.find(|one| matches!(one.member("current"), Some(Json::Bool(true))));
    let gone = || Failure::failed("this machine was renewed by another command, and has ended since");
    tell_enrolled(visit, current.ok_or_else(gone)?, "")
}

/// What else changes what this machine is enrolled as is not done yet.
fn busy() -> Failure {
    Failure::failed("another command enrols or renews this machine; try again when it has ended")
}

fn list(visit: &Visit, of: Option<&str>) -> Result<()> {
    let path = match of {
        Some(who) => format!("/v1/people/{}/devices", id_of(visit, who)?),
        None => "/v1/devices".to_owned(),
    };
    let devices = visit.client.get_all(&path, "devices")?;
    if visit.screen.is_json() {
        return visit.screen.json(&devices);
    }
    let devices = devices.member("devices").map(Json::elements).unwrap_or_default();
    let rows = devices.iter().map(|one| {
        let this = if matches!(one.member("current"), Some(Json::Bool(true))) { "this one" } else { "" };
        let cells = ["name", "since", "ends_at", "device"].map(|name| text(one, name));
        [cells.to_vec(), vec![this.to_owned()]].concat()
    });
    visit.screen.table(&["NAME", "SINCE", "ENDS", "DEVICE", ""], rows.collect())
}

fn invite(visit: &Visit, who: &str) -> Result<()> {
    let made = visit.client.post(&format!("/v1/people/{}/devices:invite", id_of(visit, who)?), &json!({}))?;
    let screen = visit.screen;
    if screen.is_json() {
        return screen.json(&made);
    }
    screen.line("the code is shown this once, and enrols one device within a day:")?;
    screen.line(format_args!("{BOLD}{}{BOLD:#}", text(&made, "code")))?;
    screen.line(format_args!(
        "{DIM}there, it is used with `bailee --server URL device enroll --code-stdin`{DIM:#}"
    ))
}
