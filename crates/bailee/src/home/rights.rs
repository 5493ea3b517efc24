//! Rights that end by themselves, whenever a home is opened and while it is served.

use bailee_access::Gate;
use bailee_core::{Entropy, RequestId, Timestamp};
use bailee_vault::Vault;

use crate::failure::{Failure, Result};

/// Ends the rights whose time is over: contracts, what was taken without approval and not reviewed, proposals; and what of sellers
/// that have ended somebody might still see. Who leaves does so for good, and so by no time that is not believed.
pub(super) fn end(gate: &Gate, vault: &Vault, entropy: &dyn Entropy, now: Timestamp) -> Result<()> {
    let request = || RequestId::new(now, entropy);
    if vault.believes(now).map_err(Failure::failed)? {
        gate.end_contracts(request(), now).map_err(Failure::failed)?;
    }
    gate.end_grants_ahead(request(), now).map_err(Failure::failed)?;
    gate.end_unreviewed(request(), now).map_err(Failure::failed)?;
    gate.end_access_to_each(request(), now, &vault.ended_sellers()).map_err(Failure::failed)?;
    gate.end_proposals(request(), now).map_err(Failure::failed)
}
