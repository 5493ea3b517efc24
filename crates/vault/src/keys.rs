//! Keys as an operator sees them: never a key, always where it lies and what can be promised of it.

use std::path::{Path, PathBuf};

use bailee_core::{RequestId, Timestamp};
use bailee_crypto::keyring::MirrorState;
use bailee_crypto::provider::DropsEpoch;
use bailee_ledger::authorized::{Administer, Authorized, Context};
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
    /// The revision that the home knows of, where the keyring is older than that: then nothing lives by it.
    pub older_than: Option<u64>,
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

    /// Whether every mirror holds the keyring's present head, as a small read of each tells.
    pub fn mirrors_are_current(&self) -> bool {
        self.base.keyring.heads_are_current()
    }

    /// Mends every mirror that is not as it should be, and writes anew from memory what none holds any more: mirrors
    /// that were put back to an older state while the home is open would open nothing at the next start. How many were
    /// mended. Each mirror is read whole.
    ///
    /// # Errors
    /// When a mirror is out of reach, is not this keyring's or is newer. Where the others lack nothing that must be written
    /// anew, they are mended all the same.
    pub fn tend_mirrors(&self, now: Timestamp) -> Result<usize, VaultError> {
        let (mended, result) = self.base.keyring.tend(&*self.base.entropy);
        if let Some(repaired) = u32::try_from(mended.len()).ok().filter(|count| *count > 0) {
            let context = Context::system(RequestId::new(now, &*self.base.entropy), now);
            let changes = vec![Change::SetAnchor(self.base.keyring.anchor())];
            let events = vec![context.event(What::MirrorsChanged { repaired, added: 0 })];
            self.base.store.commit(Act { name: "mirrors-repaired", changes, events })?;
        }
        result?;
        Ok(mended.len())
    }

    /// What says in an act that seals which keyring it sealed by. Every mirror holds that keyring: what is sealed under
    /// keys that are in memory only opens for nobody after the next start.
    pub(crate) fn sealed_by(&self) -> Result<Change, VaultError> {
        Ok(Change::SetAnchor(self.base.keyring.check_mirrors(&*self.base.entropy)?))
    }

    /// How the keyring stands.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn keys_status(&self, authorized: Authorized<Administer>) -> Result<KeysStatus, VaultError> {
        self.check_home_only(&authorized)?;
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
            older_than: keyring.behind().map(|behind| behind.anchor.revision),
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
