//! The lasting half leaves a keyring, and one is made of it where every mirror is lost.
//!
//! A keyring that is made of an exported half has revision 0, below every anchor that there can be. So a home takes it for one that is
//! older than its data, opens and seals nothing by it, and two people decide whether to go on (`adopt.rs`): then every bucket that
//! is named gets new keys, from which none of the lost ones derives.

use std::path::PathBuf;
use std::sync::Arc;

use bailee_core::{Entropy, Timestamp};

use super::files::Disk;
use super::{Keyring, KeyringError, absolute};
use crate::backup::Recipient;
use crate::escrow::export::{self, ExportError};
use crate::lasting::Lasting;
use crate::provider::KeyProvider;

/// The revision of a keyring that holds an imported lasting half, and nothing that perishes.
pub const REVISION_IMPORTED: u64 = 0;

impl Keyring {
    /// The lasting half as a file, sealed under the root key, or for recipients where any are named. Never a perishable key.
    ///
    /// # Errors
    /// When the root key cannot be used, or there are more recipients than a backup has.
    pub fn export_lasting(
        &self,
        recipients: &[Recipient],
        made_at: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, ExportError> {
        export::seal(&self.lasting, &*self.provider, recipients, made_at, entropy)
    }

    /// Makes a keyring of a lasting half that was exported, in mirrors that are empty or missing.
    ///
    /// # Errors
    /// Those of [`Self::create`].
    pub fn import(
        provider: Box<dyn KeyProvider>,
        lasting: Lasting,
        mirrors: &[PathBuf],
        entropy: &dyn Entropy,
    ) -> Result<Self, KeyringError> {
        Self::begin_on(Arc::new(Disk), provider, lasting, &absolute(mirrors)?, REVISION_IMPORTED, entropy)
    }
}
