//! `bailee init`: makes a home.

use std::path::PathBuf;

use bailee_access::person::check_named_mail;
use bailee_core::Environment;
use clap::Args;
use serde_json::json;

use crate::failure::{Exit, Failure, Result};
use crate::home::make::{self, NewHome};
use crate::screen::{self, BOLD, DIM};
use crate::visit::Global;

/// Make a home: keyring, root key, store, ledger and its first person.
///
/// Refuses to touch an existing home. A production home is refused by this version, which cannot ask for a second factor
/// or a second person yet; a test home is for synthetic data only.
#[derive(Debug, Args)]
#[command(after_help = "Example:
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

    /// Where the root key shall be kept. A test home makes it inside itself.
    #[arg(long, value_name = "FILE")]
    root_key: Option<PathBuf>,

    /// Read the password from the first line of standard input.
    #[arg(long)]
    password_stdin: bool,
}

impl Init {
    pub(crate) fn run(self, global: &Global) -> Result<Exit> {
        // Before anybody is asked for a password.
        make::check_environment(self.environment)?;
        if self.mirrors.len() == 1 {
            return Err(Failure::usage(
                "a keyring needs two mirrors at least (2.4.b); give --mirror once more",
            ));
        }
        if same_twice(&self.mirrors) {
            return Err(Failure::usage(
                "the same directory is no second mirror (2.4.b); give --mirror with another one",
            ));
        }
        check_named_mail(&self.owner).map_err(Failure::usage)?;
        let password = screen::password(self.password_stdin, true)?;
        let absolute =
            |path: PathBuf| std::path::absolute(&path).map_err(|error| Failure::file(&path, &error));
        let new = NewHome {
            root: absolute(global.home.clone())?,
            environment: self.environment,
            owner: self.owner,
            password,
            mirrors: self.mirrors.into_iter().map(absolute).collect::<Result<_>>()?,
            root_key: self.root_key.map(absolute).transpose()?,
            now: global.now,
        };
        let (root, environment) = (new.root.clone(), new.environment);
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
        screen
            .line(format_args!("{DIM}next: `bailee login --as MAIL`, then `bailee seller add ID`{DIM:#}"))?;
        Ok(Exit::Done)
    }
}

/// Whether one directory is named twice, by whatever way.
fn same_twice(mirrors: &[PathBuf]) -> bool {
    let found = |path: &PathBuf| path.canonicalize().or_else(|_| std::path::absolute(path)).ok();
    let mut found: Vec<PathBuf> = mirrors.iter().filter_map(found).collect();
    found.sort_unstable();
    found.windows(2).any(|two| matches!(two, [one, other] if one == other))
}
