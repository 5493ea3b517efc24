//! `bailee init`: makes a home.

use std::path::PathBuf;

use bailee_access::person::check_named_mail;
use bailee_core::Environment;
use clap::Args;
use serde_json::json;

use crate::failure::{Exit, Failure, Result};
use crate::home::make::{self, NewHome};
use crate::home::places::Places;
use crate::screen::{self, Asked, BOLD, DIM};
use crate::visit::Global;

/// Make a home: keyring, root key, store, ledger and its first person.
///
/// Refuses to touch an existing home. A production home keeps the keyring's mirrors and the root key outside itself, and its
/// people come in with a second factor. A test home is for synthetic data only: it asks for neither.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  bailee --home /srv/bailee init --owner 'Ada Muster <ada@example.com>' \\
    --mirror /mnt/a/keyring --mirror /mnt/b/keyring --root-key /etc/bailee/root.key
  bailee --home ./trial init --environment test --owner 'Ada Muster <ada@example.com>'
  echo \"$PASSWORD\" | bailee init --environment test --owner 'Ada Muster <ada@example.com>' --password-stdin")]
pub(crate) struct Init {
    /// The first person: she owns the home.
    #[arg(long, value_name = "NAME <MAIL>")]
    owner: String,

    /// Whether the home may hold data of real people.
    #[arg(long, default_value_t = Environment::Production, value_name = "production|test")]
    environment: Environment,

    /// A directory for a mirror of the keyring; give two at least. A test home makes them inside itself.
    #[arg(long = "mirror", value_name = "DIR")]
    mirrors: Vec<PathBuf>,

    /// The file in which the root key shall be kept. A test home makes it inside itself.
    #[arg(long, value_name = "FILE")]
    root_key: Option<PathBuf>,

    /// Seal the root key under a passphrase, which is asked for at the terminal.
    #[arg(long)]
    passphrase: bool,

    /// The same, and read the passphrase from the next line of standard input: with --password-stdin, the second.
    #[arg(long, conflicts_with = "passphrase")]
    passphrase_stdin: bool,

    /// Read the password from the first line of standard input.
    #[arg(long)]
    password_stdin: bool,
}

impl Init {
    pub(crate) fn run(self, global: &Global) -> Result<Exit> {
        let absolute =
            |path: PathBuf| std::path::absolute(&path).map_err(|error| Failure::file(&path, &error));
        let places = Places {
            root: absolute(global.home.clone())?,
            mirrors: self.mirrors.into_iter().map(absolute).collect::<Result<_>>()?,
            root_key: self.root_key.map(absolute).transpose()?,
        };
        // Before anybody is asked for a password.
        make::check(self.environment, &places)?;
        check_named_mail(&self.owner).map_err(Failure::usage)?;
        let password = screen::password(self.password_stdin, true)?;
        let passphrase = match (self.passphrase, self.passphrase_stdin) {
            (false, false) => None,
            (true, _) => Some(screen::passphrase("new passphrase of the root key", Asked::Twice)?),
            (false, true) => Some(screen::stdin_line()?),
        };
        let (root, environment) = (places.root.clone(), self.environment);
        let new = NewHome { places, environment, owner: self.owner, password, passphrase, now: global.now };
        let made = new.make()?;
        let checkpoints = crate::home::beside(&root)?;
        let screen = global.screen;
        if screen.is_json() {
            screen.json(&json!({
                "id": made.id,
                "environment": environment,
                "home": root,
                "mirrors": made.mirrors,
                "root_key": made.root_key,
                "checkpoints": checkpoints,
            }))?;
            return Ok(Exit::Done);
        }
        screen.line(format_args!("{BOLD}a {environment} home was made at {}{BOLD:#}", root.display()))?;
        let mirrors: Vec<String> = made.mirrors.iter().map(|mirror| mirror.display().to_string()).collect();
        let rows = [
            ("id", made.id.to_string()),
            ("keyring", mirrors.join("\n")),
            ("root key", made.root_key.display().to_string()),
            ("checkpoints", checkpoints.display().to_string()),
        ];
        screen.table(&[], rows.into_iter().map(|(what, value)| vec![what.to_owned(), value]).collect())?;
        let then = match environment {
            Environment::Production => {
                "`bailee person factor` (a second factor, before anything else), and `bailee person invite` (a second person)"
            }
            Environment::Test => "`bailee seller add ID`",
        };
        screen.line(format_args!("{DIM}next: `bailee login --as MAIL`, then {then}{DIM:#}"))?;
        Ok(Exit::Done)
    }
}
