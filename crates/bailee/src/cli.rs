//! What can be asked: every command with its help. The reference in `docs/reference/commands.md` is made of this.

use std::path::PathBuf;

use bailee_core::Timestamp;
use clap::{Parser, Subcommand};

use crate::client::ServerAddress;
use crate::commands::{
    access, archive, authority, backup, catalogue, collect, completions, consent, device, erase, evidence,
    export, find, grant, hold, init, keys, ledger, mail, mapping, person, print, proposal, quarantine,
    recipient, rectify, render, restrict, retention, reveal, secret, seller, service, session, show, subject,
    synth,
};
use crate::failure::{Exit, Result};
use crate::home::config::Config;
use crate::log::{self, Told};
use crate::screen::{Output, Screen};
use crate::visit::Global;
use crate::{bench, demo, serve};

/// Keeps the buyers' data of your Amazon orders in trust: sealed, revealed for a purpose, forgotten on time, proved.
#[derive(Debug, Parser)]
#[command(name = "bailee", version, max_term_width = 110, after_help = AFTER_HELP, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// The home: the data directory of this installation.
    #[arg(
        long,
        global = true,
        env = "BAILEE_HOME",
        hide_env_values = true,
        default_value = "bailee-data",
        value_name = "DIR"
    )]
    home: PathBuf,

    /// A server elsewhere, instead of a home on this machine: https://HOST:PORT.
    ///
    /// It is known by the public key of its certificate, which is shown and remembered on the first visit; another is
    /// refused from then on. Sessions are kept for each server.
    #[arg(long, global = true, value_name = "URL", value_parser = crate::usage::server)]
    server: Option<ServerAddress>,

    /// How answers are printed.
    #[arg(long, global = true, value_enum, default_value_t)]
    pub(crate) output: Output,

    /// The time of a test home: replaces the clock until a later one is given, and never goes back.
    #[arg(long, global = true, value_name = "RFC3339", value_parser = crate::usage::time)]
    now: Option<Timestamp>,

    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Begin with the whole story on sample orders:
  bailee demo

Or with a home of your own, for synthetic data:
  bailee init --environment test --owner 'Ada Muster <ada@example.com>'
  bailee login --as ada@example.com
  bailee seller add ALPHA
  bailee synth --orders 100 | bailee collect --seller ALPHA -

Environment:
  BAILEE_HOME  the home, where --home is not given
  BAILEE_KEY   a service's key; it wins over a session
  BAILEE_CERTIFICATE, BAILEE_CERTIFICATE_KEY
               the files of a service's certificate and key, to be shown to a --server
  BAILEE_LOG   what is logged to stderr, such as `debug`; quiet otherwise

Exit status:
  0 done    1 failed    2 usage    3 done, but some input was quarantined
  4 denied  5 not found, or gone   6 verification failed";

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Init(init::Init),
    Serve(serve::Serve),
    Login(session::LogIn),
    /// End the session of this user of this machine.
    Logout,
    Session(session::Session),
    Person(person::Person),
    Device(device::Device),
    Seller(seller::Seller),
    Service(service::Service),
    Access(access::Access),
    Grant(grant::Grant),
    Proposal(proposal::Proposal),
    Stop(proposal::Stop),
    Collect(collect::Collect),
    EvidenceOfDelivery(evidence::Evidence),
    Show(show::Show),
    Reveal(reveal::Reveal),
    Find(find::Find),
    Render(render::Render),
    Print(print::Print),
    Erase(erase::Erase),
    Restrict(restrict::Restrict),
    Rectify(rectify::Rectify),
    Subject(subject::Subject),
    Consent(consent::Consent),
    Quarantine(quarantine::Quarantine),
    Catalogue(catalogue::Catalogue),
    Retention(retention::Retention),
    Archive(archive::Archive),
    Hold(hold::Hold),
    Recipient(recipient::Recipient),
    Export(export::Export),
    Keys(keys::Keys),
    Backup(backup::Backup),
    Secret(secret::Secret),
    Authority(authority::Authority),
    Ledger(ledger::Ledger),
    Mail(mail::Mail),
    Mapping(mapping::Mapping),
    Synth(synth::Synth),
    Bench(bench::Bench),
    Completions(completions::Completions),
}

impl Command {
    /// Whether it asks nobody, or makes or opens a home here.
    fn is_of_this_machine(&self) -> bool {
        matches!(self, Self::Init(_) | Self::Serve(_) | Self::Demo(_) | Self::Bench(_) | Self::Completions(_))
    }
}

impl Cli {
    /// Begins to tell of the program's own running.
    pub(crate) fn begin_log(&self) -> Result<Told> {
        match &self.command {
            // A home that cannot be read is the command's own to tell of.
            Command::Serve(serve) if serve.serves() => {
                let settings = Config::read(&self.home).ok().map(|config| config.log);
                log::begin(Some((&self.home, settings)))
            }
            _ => log::begin(None),
        }
    }

    /// Does what was asked.
    pub(crate) fn run(self, screen: Screen) -> Result<Exit> {
        let enrols = matches!(&self.command, Command::Device(device) if device.enrols());
        let global = Global { home: self.home, server: self.server, now: self.now, enrols, screen };
        if self.command.is_of_this_machine() {
            global.refuse_server()?;
        }
        match self.command {
            Command::Demo(demo) => demo.run(screen),
            Command::Init(init) => init.run(&global),
            Command::Serve(serve) => serve.run(&global),
            Command::Login(log_in) => global.visit(|visit| log_in.run(visit)),
            Command::Logout => global.visit(session::log_out),
            Command::Session(session) => global.visit(|visit| session.run(visit)),
            Command::Person(person) => global.visit(|visit| person.run(visit)),
            Command::Device(device) => global.visit(|visit| device.run(visit)),
            Command::Seller(seller) => global.visit(|visit| seller.run(visit)),
            Command::Service(service) => global.visit(|visit| service.run(visit)),
            Command::Access(access) => global.visit(|visit| access.run(visit)),
            Command::Grant(grant) => global.visit(|visit| grant.run(visit)),
            Command::Proposal(proposal) => global.visit(|visit| proposal.run(visit)),
            Command::Stop(stop) => global.visit(|visit| stop.run(visit)),
            Command::Collect(collect) => global.visit(|visit| collect.run(visit)),
            Command::EvidenceOfDelivery(evidence) => global.visit(|visit| evidence.run(visit)),
            Command::Show(show) => global.visit(|visit| show.run(visit)),
            Command::Reveal(reveal) => global.visit(|visit| reveal.run(visit)),
            Command::Rectify(rectify) => global.visit(|visit| rectify.run(visit)),
            Command::Restrict(restrict) => global.visit(|visit| restrict.run(visit)),
            Command::Subject(subject) => global.visit(|visit| subject.run(visit)),
            Command::Consent(consent) => global.visit(|visit| consent.run(visit)),
            Command::Erase(erase) => global.visit(|visit| erase.run(visit)),
            Command::Render(render) => global.visit(|visit| render.run(visit)),
            Command::Print(print) => global.visit(|visit| print.run(visit)),
            Command::Find(find) => global.visit(|visit| find.run(visit)),
            Command::Catalogue(catalogue) => global.visit(|visit| catalogue.run(visit)),
            Command::Quarantine(quarantine) => global.visit(|visit| quarantine.run(visit)),
            Command::Retention(retention) => retention.run(&global),
            Command::Archive(archive) => archive.run(&global),
            Command::Hold(hold) => hold.run(&global),
            Command::Recipient(recipient) => global.visit(|visit| recipient.run(visit)),
            Command::Export(export) => global.visit(|visit| export.run(visit)),
            Command::Keys(keys) => keys.run(&global),
            Command::Backup(backup) => backup.run(&global),
            Command::Secret(secret) => global.visit(|visit| secret.run(visit)),
            Command::Authority(authority) => global.visit(|visit| authority.run(visit)),
            Command::Ledger(ledger) => ledger.run(&global),
            Command::Mail(mail) => global.visit(|visit| mail.run(visit)),
            Command::Mapping(mapping) => mapping.run(&global),
            Command::Synth(synth) => synth.run(&global),
            Command::Bench(bench) => bench.run(screen),
            Command::Completions(completions) => completions.run(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use clap::CommandFactory;

    use super::*;
    use crate::home::config::TEMPLATE;

    /// Compares a generated reference with the one checked in; writes it where `BAILEE_WRITE_REFERENCE` is set.
    fn check(name: &str, generated: &str) {
        let path = format!("{}/../../docs/reference/{name}", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("BAILEE_WRITE_REFERENCE").is_some() {
            std::fs::write(&path, generated).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == generated,
            "docs/reference/{name} has drifted; run the tests with BAILEE_WRITE_REFERENCE=1"
        );
    }

    /// Writes a command's help and that of those below it. What every command takes is told once, at the top.
    fn describe(command: &clap::Command, depth: usize, to: &mut String) {
        let told = |arg: &clap::Arg| {
            depth > 0 && ["home", "server", "output", "now", "help"].contains(&arg.get_id().as_str())
        };
        let name = command.get_bin_name().unwrap_or("bailee");
        let mut shown =
            command.clone().term_width(100).mut_args(|arg| if told(&arg) { arg.hide(true) } else { arg });
        let help = shown.render_long_help().to_string();
        let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
        write!(to, "\n## {name}\n\n```text\n{}\n```\n", lines.join("\n").trim_end()).unwrap();
        for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
            describe(below, depth + 1, to);
        }
    }

    #[test]
    fn the_reference_of_commands_is_what_the_program_says() {
        let mut command = Cli::command();
        command.build();
        let mut text =
            "# Commands\n\nMade from the program's own help; `bailee COMMAND --help` says the same.\n"
                .to_owned();
        describe(&command, 0, &mut text);
        check("commands.md", &text);
    }

    #[test]
    fn the_reference_of_the_configuration_is_what_init_writes() {
        let text = format!(
            "# Configuration\n\n`<home>/bailee.toml`, as `bailee init` writes it, with every key.\n\n```toml\n{TEMPLATE}```\n"
        );
        check("configuration.md", &text);
    }

    #[test]
    fn every_command_is_well_formed_and_has_help() {
        let mut command = Cli::command();
        command.clone().debug_assert();
        command.build();
        fn walk(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            command.get_subcommands().for_each(walk);
        }
        walk(&command);
    }
}
