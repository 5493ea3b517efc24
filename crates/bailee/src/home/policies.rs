//! A home's own policies: who may not do what, on top of what the program refuses.

use std::path::Path;

use bailee_access::{AccessError, Gate};
use bailee_core::Timestamp;

use super::config::Config;
use crate::failure::{Failure, Result};

/// Has the gate go by the program's policies and those of the home's own file, if it names one.
pub(super) fn keep(gate: &Gate, root: &Path, config: &Config, now: Timestamp) -> Result<()> {
    let Some(file) = &config.policies else { return gate.keep_rules("", now).map_err(Failure::failed) };
    let path = root.join(file);
    let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
    gate.keep_rules(&text, now).map_err(|error| match error {
        AccessError::Rules(_) => Failure::failed(format_args!("{}: {error}", path.display())),
        other => Failure::failed(other),
    })
}
