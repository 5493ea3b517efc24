//! Registered recipients (2.6.g): to whom outside something may be sealed, for what, and of whose data.
//!
//! Of their key the home has the public half alone, as of an archive's: whoever seals to them cannot open. Who they are, and how
//! they are reached, stands in a sealed register alone.

use bailee_core::export::PURPOSES;
use bailee_core::{PrincipalId, Purpose, RecordId, SellerId, Timestamp};
use bailee_crypto::archive as sealing;
use bailee_ledger::authorized::{Administer, Authorized, Context, ReadExports};
use bailee_ledger::event::{self, Digest, What};
use bailee_store::act::{Act, Change};
use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};

use crate::archive::label;
use crate::exports::ExportError;
use crate::{Vault, VaultError};

pub(crate) const RECIPIENTS: &str = "recipient";

/// Most recipients that a home remembers, those among them that were removed: all of them are read to list them.
pub const RECIPIENTS_MAX: usize = 500;
/// Most sellers whose data one recipient gets.
pub const SELLERS_MAX: usize = 100;

/// That something is over, when, and who said so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Over {
    /// When.
    pub at: Timestamp,
    /// Who said so.
    pub by: PrincipalId,
}

/// Somebody outside to whom personal data may be sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// Names them: the first half of their key's fingerprint.
    pub id: RecordId,
    /// Who they are.
    pub name: String,
    /// How they are reached.
    pub mail: Option<String>,
    /// SHA-256 of their public key, in hexadecimal digits.
    pub fingerprint: String,
    /// `SubjectPublicKeyInfo`, in base64.
    public: String,
    /// For what.
    pub purposes: Vec<Purpose>,
    /// Whose data.
    pub sellers: Vec<SellerId>,
    /// Since when.
    pub since: Timestamp,
    /// Who added them.
    pub added_by: PrincipalId,
    /// That nothing is sealed to them any more.
    pub removed: Option<Over>,
}

/// Whoever is about to be one.
pub struct New {
    /// Who they are.
    pub name: String,
    /// How they are reached.
    pub mail: Option<String>,
    /// Their public key, in PEM.
    pub key: String,
    /// For what.
    pub purposes: Vec<Purpose>,
    /// Whose data.
    pub sellers: Vec<SellerId>,
}

impl Recipient {
    fn new(new: New, key: &sealing::Recipient, context: &Context) -> Result<Self, VaultError> {
        let New { name, mail, mut purposes, mut sellers, .. } = new;
        purposes.sort();
        purposes.dedup();
        sellers.sort();
        sellers.dedup();
        if purposes.is_empty() || !purposes.iter().all(|purpose| PURPOSES.contains(purpose)) {
            return Err(ExportError::Purposes.into());
        }
        if !(1..=SELLERS_MAX).contains(&sellers.len()) {
            return Err(ExportError::Sellers.into());
        }
        let label = |text: String| label(&text).map_err(|_| ExportError::Label);
        let fingerprint = key.fingerprint();
        let mut id = [0; 16];
        let digest = HEXLOWER.decode(fingerprint.as_bytes()).unwrap_or_default();
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Ok(Self {
            id: RecordId(id),
            name: label(name)?,
            mail: mail.map(label).transpose()?,
            fingerprint,
            public: BASE64.encode(key.der()),
            purposes,
            sellers,
            since: context.now,
            added_by: context.principal,
            removed: None,
        })
    }

    /// Seals to them.
    pub(crate) fn key(&self) -> Result<sealing::Recipient, VaultError> {
        let der = BASE64.decode(self.public.as_bytes()).map_err(|_| VaultError::Damaged("a recipient"))?;
        Ok(sealing::Recipient::from_der(&der).map_err(ExportError::from)?)
    }

    fn fingerprint_digest(&self) -> Option<Digest> {
        let bytes = HEXLOWER.decode(self.fingerprint.as_bytes()).ok()?;
        bytes.try_into().ok().map(Digest)
    }

    /// Whether that may leave for them.
    ///
    /// # Errors
    /// What they were not registered for.
    pub fn check(&self, seller: &SellerId, purpose: Purpose) -> Result<(), ExportError> {
        if self.removed.is_some() {
            return Err(ExportError::Removed);
        }
        if !self.purposes.contains(&purpose) {
            return Err(ExportError::OtherPurpose(purpose));
        }
        match self.sellers.contains(seller) {
            true => Ok(()),
            false => Err(ExportError::OtherSeller(seller.clone())),
        }
    }
}

impl Vault {
    /// Registers somebody outside.
    ///
    /// # Errors
    /// When it is no key that is taken, or one that is known; for purposes for which nothing leaves; for a seller that is not here.
    pub fn add_recipient(
        &self,
        authorized: Authorized<Administer>,
        new: New,
    ) -> Result<Recipient, VaultError> {
        let _alone = self.archiving();
        self.check_home(&authorized)?;
        let context = *authorized.context();
        let key = sealing::Recipient::from_pem(&new.key).map_err(ExportError::from)?;
        let recipient = Recipient::new(new, &key, &context)?;
        recipient.sellers.iter().try_for_each(|seller| self.seller_no(seller).map(drop))?;
        let known = self.kept_recipients()?;
        if known.len() >= RECIPIENTS_MAX {
            return Err(ExportError::TooMany.into());
        }
        if known.iter().any(|(_, one)| one.id == recipient.id) {
            return Err(ExportError::KeyTwice.into());
        }
        let fingerprint = recipient.fingerprint_digest().ok_or(VaultError::Damaged("a recipient"))?;
        let added = event::Export::RecipientAdded {
            recipient: recipient.id,
            fingerprint,
            purposes: recipient.purposes.clone(),
            sellers: recipient.sellers.clone(),
        };
        let changes = vec![self.entry_change(RECIPIENTS, recipient.id, 1, &recipient)?];
        self.keep_export(&context, "add-recipient", changes, vec![added])?;
        Ok(recipient)
    }

    /// Every recipient, those that were removed among them, in the order in which they were added.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn recipients(&self, authorized: &Authorized<ReadExports>) -> Result<Vec<Recipient>, VaultError> {
        self.check_home_only(authorized)?;
        let mut all: Vec<Recipient> = self.kept_recipients()?.into_iter().map(|(_, one)| one).collect();
        all.sort_by_key(|one| (one.since, one.id));
        Ok(all)
    }

    /// One of them. The caller has been allowed to export to them, or to see them.
    ///
    /// # Errors
    /// [`ExportError::Missing`] where there is none.
    pub fn recipient(&self, id: RecordId) -> Result<Recipient, VaultError> {
        Ok(self.kept_recipient(id)?.1)
    }

    /// From now on nothing is sealed to them, and no file that waits for them is given out. What they have they are still told about.
    ///
    /// # Errors
    /// [`ExportError::Missing`]; [`ExportError::Removed`] where that was said before.
    pub fn remove_recipient(
        &self,
        authorized: Authorized<Administer>,
        id: RecordId,
    ) -> Result<Recipient, VaultError> {
        let _alone = self.archiving();
        self.check_home(&authorized)?;
        let context = *authorized.context();
        let (version, mut recipient) = self.kept_recipient(id)?;
        if recipient.removed.is_some() {
            return Err(ExportError::Removed.into());
        }
        recipient.removed = Some(Over { at: context.now, by: context.principal });
        let mut changes = vec![self.entry_change(RECIPIENTS, id, version.saturating_add(1), &recipient)?];
        let mut events = vec![event::Export::RecipientRemoved { recipient: id }];
        for (version, export) in self.kept_exports()?.into_iter().filter(|(_, one)| one.recipient == id) {
            let export_id = export.id;
            let gone = self.let_go(version, export, context.now)?;
            if !gone.is_empty() {
                changes.extend(gone);
                events.push(event::Export::LetGo { export: export_id });
            }
        }
        self.keep_export(&context, "remove-recipient", changes, events)?;
        Ok(recipient)
    }

    pub(crate) fn kept_recipients(&self) -> Result<Vec<(u32, Recipient)>, VaultError> {
        self.entries_of(RECIPIENTS, "a recipient")
    }

    pub(crate) fn kept_recipient(&self, id: RecordId) -> Result<(u32, Recipient), VaultError> {
        let found = self.entry_of(RECIPIENTS, id, "a recipient")?;
        found.ok_or(ExportError::Missing("recipient").into())
    }

    pub(crate) fn keep_export(
        &self,
        context: &Context,
        name: &'static str,
        changes: Vec<Change>,
        events: Vec<event::Export>,
    ) -> Result<(), VaultError> {
        let events = events.into_iter().map(|what| context.event(What::Export(what))).collect();
        self.base.store.commit(Act { name, changes, events })?;
        Ok(())
    }
}
