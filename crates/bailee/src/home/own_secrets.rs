//! The secrets that the program uses itself: shown to the gate, which knows how old each is.

use std::path::Path;

use bailee_access::Gate;
use bailee_access::own_secret::Sight;
use bailee_core::{Entropy, RequestId, Timestamp};

use super::config::Config;
use crate::failure::{Failure, Result};

/// Shows the gate every secret that the configuration names, as it is now.
pub(super) fn look(
    gate: &Gate,
    root: &Path,
    config: &Config,
    entropy: &dyn Entropy,
    now: Timestamp,
) -> Result<()> {
    let named = config.own_secrets().into_iter();
    let sights: Vec<Sight> =
        named.map(|(secret, place)| Sight { secret, content: place.content(root) }).collect();
    gate.see_own_secrets(&sights, RequestId::new(now, entropy), now).map_err(Failure::failed)
}
