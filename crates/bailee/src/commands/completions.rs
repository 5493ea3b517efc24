//! `bailee completions`: what a shell needs to complete commands.

use std::io::Write;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::failure::{Exit, Failure, Result};

/// Print a completion script for a shell.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  bailee completions bash > ~/.local/share/bash-completion/completions/bailee"
)]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self) -> Result<Exit> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "bailee", &mut script);
        std::io::stdout().write_all(&script).map_err(|error| Failure::stdout(&error))?;
        Ok(Exit::Done)
    }
}
