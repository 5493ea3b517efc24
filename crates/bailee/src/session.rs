//! The session: one per home, or server, and user of this machine.

use bailee_core::Sensitive;

use crate::failure::{Failure, Result};
use crate::state::{self, Place};

/// The variable with a service's key. It wins over a session.
pub(crate) const KEY_VARIABLE: &str = "BAILEE_KEY";

/// What this user shows to the gate: `$BAILEE_KEY`, else the session of this place, else nothing.
pub(crate) fn bearer(place: &Place) -> Option<Sensitive<String>> {
    if let Some(key) = key() {
        return Some(key);
    }
    let token = std::fs::read_to_string(place.session_file().ok()?).ok();
    token.map(|token| Sensitive::new(token.trim().to_owned()))
}

/// `$BAILEE_KEY`.
pub(crate) fn key() -> Option<Sensitive<String>> {
    std::env::var(KEY_VARIABLE).ok().filter(|key| !key.is_empty()).map(Sensitive::new)
}

/// Keeps a session.
pub(crate) fn keep(place: &Place, token: &str) -> Result<()> {
    state::keep(&place.session_file()?, token)
}

/// Forgets the session, if there is one.
pub(crate) fn forget(place: &Place) -> Result<()> {
    let path = place.session_file()?;
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::file(&path, &error)),
        _ => Ok(()),
    }
}
