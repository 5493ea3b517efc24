//! The session file: one per home and user of this machine, mode 0600.

use std::path::{Path, PathBuf};

use bailee_core::{HomeId, Sensitive};

use crate::failure::{Failure, Result};
use crate::home::make::replace_private;

/// The variable with a service's key. It wins over a session.
pub(crate) const KEY_VARIABLE: &str = "BAILEE_KEY";

/// What this user shows to the gate: `$BAILEE_KEY`, else the session of this home, else nothing.
pub(crate) fn bearer(home: HomeId) -> Option<Sensitive<String>> {
    if let Some(key) = std::env::var(KEY_VARIABLE).ok().filter(|key| !key.is_empty()) {
        return Some(Sensitive::new(key));
    }
    std::fs::read_to_string(file(home).ok()?).ok().map(|token| Sensitive::new(token.trim().to_owned()))
}

/// Keeps a session.
pub(crate) fn keep(home: HomeId, token: &str) -> Result<()> {
    let path = file(home)?;
    if let Some(directory) = path.parent() {
        make_directory(directory).map_err(|error| Failure::file(directory, &error))?;
    }
    replace_private(&path, format!("{token}\n").as_bytes())
}

/// Forgets the session, if there is one.
pub(crate) fn forget(home: HomeId) -> Result<()> {
    let path = file(home)?;
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::file(&path, &error)),
        _ => Ok(()),
    }
}

fn make_directory(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// `$XDG_STATE_HOME/bailee/<home id>.session`, by default below `~/.local/state`.
fn file(home: HomeId) -> Result<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = variable("XDG_STATE_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| variable("HOME").map(|home| home.join(".local/state")))
        .ok_or_else(|| Failure::failed("there is no place for a session: set XDG_STATE_HOME or HOME"))?;
    Ok(state.join("bailee").join(format!("{home}.session")))
}
