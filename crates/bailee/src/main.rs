//! `bailee`: the program. Reads the command line, opens the home, asks the router, prints the answer.
//!
//! Start reading at [`cli`] (what can be asked), then at any file of `commands`: each holds one noun, its arguments and
//! what they do. [`home`] is the wiring: the only place that reads the system's clock and makes the floors stand on each
//! other.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::disallowed_methods,
        clippy::allow_attributes,
        reason = "tests may fail loudly"
    )
)]

mod bench;
mod cli;
mod client;
mod commands;
mod demo;
mod draft;
mod failure;
mod fetch;
mod home;
mod log;
mod pem;
mod reference;
mod screen;
mod serve;
mod session;
mod state;
mod usage;
mod visit;

use std::process::ExitCode;

use bailee_crypto::process::Hardening;
use clap::Parser;
use clap::error::ErrorKind;

use crate::failure::{Exit, Failure};
use crate::screen::{BAD, Screen};

/// Documents are read on one thread and wiped on another; the system's allocator spends a third of a collect on that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // First of all: before any key is in memory (2.4.b).
    let hardening = bailee_crypto::process::harden();
    say_nothing_of_panics();
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(said) => return not_a_command(&said),
    };
    let screen = Screen::new(cli.output);
    // What is told in the background has been told when `_told` is gone, at the end of this.
    let ended = cli.begin_log().and_then(|_told| run(cli, screen, hardening));
    match ended {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(Failure::PipeClosed) => ExitCode::SUCCESS,
        Err(Failure::Said { exit, words }) => {
            screen.note(format_args!("{BAD}bailee:{BAD:#} {words}"));
            ExitCode::from(exit as u8)
        }
    }
}

fn run(cli: cli::Cli, screen: Screen, hardening: Hardening) -> failure::Result<Exit> {
    if !(hardening.core_dumps_off && hardening.not_dumpable) {
        tracing::warn!("this system does not let bailee switch off core dumps or tracing of its memory");
    }
    cli.run(screen)
}

/// Help and version are said as they are, and a command line that was not understood in one line of ours.
fn not_a_command(said: &clap::Error) -> ExitCode {
    match said.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            // Whoever closed the output did not want to read it.
            let _ = said.print();
        }
        _ => {
            let words = usage::words(said, std::env::args_os());
            Screen::new(screen::Output::Text).note(format_args!("{BAD}bailee:{BAD:#} {words}"));
        }
    }
    ExitCode::from(if said.use_stderr() { Exit::Usage as u8 } else { Exit::Done as u8 })
}

/// A panic's message may carry a value: only that there was one, and where in the program, is told.
fn say_nothing_of_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!(" ({}:{})", at.file(), at.line())).unwrap_or_default();
        Screen::new(screen::Output::Text)
            .note(format_args!("bailee: a fault in the program{place}; please report it"));
    }));
}
