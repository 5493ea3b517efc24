//! Keys as an operator sees them: never a key, always where it lies and what can be promised of it.

use std::path::{Path, PathBuf};

use bailee_crypto::keyring::MirrorState;
use bailee_crypto::provider::DropsEpoch;
use bailee_ledger::authorized::{Administer, Authorized};
use bailee_ledger::event::What;
use bailee_store::act::{Act, Change};

use crate::{Vault, VaultError};

/// How the keyring stands.
#[derive(Clone, Debug, serde::Serialize)]
pub struct KeysStatus {
    /// The present epoch.
    pub epoch: u64,
    /// The head's revision.
    pub revision: u64,
    /// `"at-once"`, `"after-days"` or `"cannot"`: whether a dropped epoch is out of reach of an old copy.
    pub drops_epoch: &'static str,
    /// Live buckets.
    pub buckets: u64,
    /// Live facts keys.
    pub facts_keys: u64,
    /// Slots punctured in live buckets.
    pub punctured: u64,
    /// Every mirror with how it stands (`"current"`, `"behind"`, `"empty"`, `"damaged"`, `"unreachable"`).
    pub mirrors: Vec<(PathBuf, &'static str)>,
}

/// How the keyring stands, in numbers and words that say nothing of what it holds or where it lies.
#[derive(Clone, Debug)]
pub struct KeyringState {
    /// The head's revision.
    pub revision: u64,
    /// How each mirror stands (`"current"`, `"behind"`, `"empty"`, `"damaged"`, `"unreachable"`).
    pub mirrors: Vec<&'static str>,
}

impl Vault {
    /// How the keyring stands, for those who watch the process: no event, since nothing of it is shown. Each mirror is
    /// read whole.
    pub fn keyring_state(&self) -> KeyringState {
        let keyring = &self.base.keyring;
        let mirrors = keyring.mirrors().into_iter().map(|(_, state)| mirror_word(state)).collect();
        KeyringState { revision: keyring.anchor().revision, mirrors }
    }

    /// How the keyring stands.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn keys_status(&self, authorized: Authorized<Administer>) -> Result<KeysStatus, VaultError> {
        self.check_home(&authorized)?;
        let events = vec![authorized.context().event(What::KeysRead {})];
        self.base.store.commit(Act { name: "read-keys", changes: Vec::new(), events })?;
        let keyring = &self.base.keyring;
        let (epoch, drops) = keyring.epoch();
        let buckets = keyring.buckets();
        let mirrors = keyring.mirrors().into_iter().map(|(path, state)| (path, mirror_word(state))).collect();
        Ok(KeysStatus {
            epoch,
            revision: keyring.anchor().revision,
            drops_epoch: match drops {
                DropsEpoch::AtOnce => "at-once",
                DropsEpoch::AfterDays(_) => "after-days",
                DropsEpoch::Cannot => "cannot",
            },
            buckets: buckets.len() as u64,
            facts_keys: keyring.facts_keys().len() as u64,
            punctured: buckets.iter().map(|bucket| u64::from(bucket.slots_punctured)).sum(),
            mirrors,
        })
    }

    /// Adds a mirror and brings it up to date.
    ///
    /// # Errors
    /// When the directory cannot be written or holds another keyring.
    pub fn add_mirror(&self, authorized: Authorized<Administer>, directory: &Path) -> Result<(), VaultError> {
        self.check_home(&authorized)?;
        self.base.keyring.add_mirror(directory)?;
        let events = vec![authorized.context().event(What::MirrorsChanged { repaired: 0, added: 1 })];
        let changes = vec![Change::SetAnchor(self.base.keyring.anchor())];
        self.base.store.commit(Act { name: "add-mirror", changes, events })?;
        Ok(())
    }

    /// Writes down that the root key is about to be sealed under another passphrase. Whoever asks has its file and both
    /// passphrases, and no more is to be done here: the root key stays, and with it the keyring.
    ///
    /// # Errors
    /// When the ledger cannot be written: then the file has to stay as it is, too.
    pub fn note_passphrase_change(&self, authorized: Authorized<Administer>) -> Result<(), VaultError> {
        self.check_home(&authorized)?;
        let events = vec![authorized.context().event(What::PassphraseChanged {})];
        self.base.store.commit(Act { name: "change-passphrase", changes: Vec::new(), events })?;
        Ok(())
    }
}

fn mirror_word(state: MirrorState) -> &'static str {
    match state {
        MirrorState::Current => "current",
        MirrorState::Behind => "behind",
        MirrorState::Empty => "empty",
        MirrorState::Damaged => "damaged",
        MirrorState::Unreachable => "unreachable",
    }
}
