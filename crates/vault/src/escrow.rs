//! What leaves a home so that its keys can come back: the lasting half of the keyring as a sealed file, and the root key in shares.
//!
//! Both are written into the ledger before anything leaves. Of the root key the vault sees nothing: it is split where its file is read.

use bailee_core::{RecordId, Timestamp};
use bailee_crypto::backup::{BackupError, Recipient};
use bailee_crypto::escrow::export::ExportError;
use bailee_crypto::keyring::KeyringError;
use bailee_ledger::authorized::{Administer, Authorized};
use bailee_ledger::event::{self, What};
use bailee_store::act::Act;

use crate::backup::BackupFault;
use crate::{Vault, VaultError};

/// The lasting keyring, as it leaves the home.
pub struct Export {
    /// The file: ciphertext.
    pub file: Vec<u8>,
    /// When it was made.
    pub made_at: Timestamp,
}

impl Vault {
    /// Seals the lasting keyring for those who keep a key elsewhere, or under the root key where nobody is named. No perishable key is
    /// in it: it brings nothing back that has ended.
    ///
    /// # Errors
    /// When the root key cannot be used, there are too many recipients, or the ledger cannot be written.
    pub fn export_keyring(
        &self,
        authorized: Authorized<Administer>,
        recipients: &[Recipient],
    ) -> Result<Export, VaultError> {
        self.check_home(&authorized)?;
        let context = *authorized.context();
        let file = self.base.keyring.export_lasting(recipients, context.now, &*self.base.entropy);
        let file = file.map_err(unmade)?;
        let exported = event::KeyringExported {
            digest: event::Digest(crate::archive::sha256(&file)),
            recipients: recipients.iter().map(|recipient| RecordId(recipient.id().0)).collect(),
        };
        let events = vec![context.event(What::KeyringExported(exported))];
        self.base.store.commit(Act { name: "export-keyring", changes: Vec::new(), events })?;
        Ok(Export { file, made_at: context.now })
    }

    /// Writes down that the root key is about to be split. Whoever asks has its file, and no more is to be done here.
    ///
    /// # Errors
    /// When the ledger cannot be written: then it must not be split.
    pub fn note_root_key_split(
        &self,
        authorized: Authorized<Administer>,
        shares: u8,
        threshold: u8,
    ) -> Result<(), VaultError> {
        self.check_home(&authorized)?;
        let split = event::RootKeySplit { shares: shares.into(), threshold: threshold.into() };
        let events = vec![authorized.context().event(What::RootKeySplit(split))];
        self.base.store.commit(Act { name: "split-root-key", changes: Vec::new(), events })?;
        Ok(())
    }
}

fn unmade(error: ExportError) -> VaultError {
    match error {
        ExportError::Provider(error) => KeyringError::Provider(error).into(),
        ExportError::Sealed(BackupError::Recipients) => BackupFault::NoRecipients.into(),
        ExportError::Sealed(error) => BackupFault::Unwritten(error).into(),
        ExportError::NotAnExport | ExportError::OpensOtherwise(_) | ExportError::Changed => {
            VaultError::Damaged("the lasting keyring")
        }
    }
}
