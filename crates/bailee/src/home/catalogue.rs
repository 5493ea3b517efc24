//! A home's catalogue: what comes with the program, the home's extension, and what its officer decided.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use bailee_core::catalogue::{Catalogue, Current};
use bailee_vault::catalogue::OwnCatalogue;

use super::config::Config;
use super::make::replace_private;
use crate::failure::{Failure, Result};

/// What the officer decided, in its home.
pub(super) const OWN: &str = "classified.toml";

/// The file of what the officer decided. There is none before the first decision.
pub(super) struct OwnFile(PathBuf);

impl OwnFile {
    pub(super) fn of(root: &Path) -> Self {
        Self(root.join(OWN))
    }
}

impl OwnCatalogue for OwnFile {
    fn replace(&self, text: &str) -> std::io::Result<()> {
        // What the system said of it is told by the failure's words; who asked is told that it stays as it was.
        replace_private(&self.0, text.as_bytes()).map_err(|_| ErrorKind::Other.into())
    }
}

/// The catalogue that a home goes by.
pub(super) fn current(root: &Path, config: &Config) -> Result<Current> {
    let embedded = Catalogue::embedded().map_err(Failure::failed)?;
    let unfit = |path: &Path, error| Failure::failed(format_args!("{}: {error}", path.display()));
    let base = match &config.catalogue {
        None => embedded,
        Some(extension) => {
            let path = root.join(extension);
            let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
            embedded.extended(&text).map_err(|error| unfit(&path, error))?
        }
    };
    let path = root.join(OWN);
    let own = match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(Failure::file(&path, &error)),
    };
    Current::new(base, own.as_deref()).map_err(|error| unfit(&path, error))
}
