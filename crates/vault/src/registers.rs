//! Registers of the vault's own: small entries that people read and change, sealed as every register is.

use bailee_core::{FieldInstance, PartNo, RecordId};
use bailee_crypto::envelope::{self, Place};
use bailee_store::act::{Change, RegisterRow};
use bailee_store::records::Registers;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::archive::kept as archive;
use crate::exports::kept as exports;
use crate::exports::notices::NOTICES;
use crate::{Vault, VaultError, hold, prints, recipients, restricted};

/// The only field of an entry, as a rule.
pub(crate) const ENTRY: FieldInstance = FieldInstance(0);

impl Vault {
    /// Every entry of a register, with its version.
    pub(crate) fn entries_of<T: DeserializeOwned>(
        &self,
        register: &str,
        what: &'static str,
    ) -> Result<Vec<(u32, T)>, VaultError> {
        let rows = self.base.store.entries(register)?;
        rows.iter().map(|row| Ok((row.version, self.open_entry(row, what)?))).collect()
    }

    /// One of them.
    pub(crate) fn entry_of<T: DeserializeOwned>(
        &self,
        register: &str,
        id: RecordId,
        what: &'static str,
    ) -> Result<Option<(u32, T)>, VaultError> {
        let row = Registers::entry(&*self.base.store, register, id)?;
        row.map(|row| Ok((row.version, self.open_entry(&row, what)?))).transpose()
    }

    pub(crate) fn open_entry<T: DeserializeOwned>(
        &self,
        row: &RegisterRow,
        what: &'static str,
    ) -> Result<T, VaultError> {
        let key = self.base.keyring.lasting().register_key(&row.register);
        let place = self.register_place(&row.register, row.id, row.version);
        let opened = envelope::open(&key, &place, &row.sealed, None)?;
        let (_, plain) = opened.first().ok_or(VaultError::Damaged(what))?;
        serde_json::from_slice(plain.expose()).map_err(|_| VaultError::Damaged(what))
    }

    /// What puts an entry into its register, new or in the place of the version before.
    pub(crate) fn entry_change<T: Serialize>(
        &self,
        register: &str,
        id: RecordId,
        version: u32,
        entry: &T,
    ) -> Result<Change, VaultError> {
        let plain = serde_json::to_vec(entry).map_err(|_| VaultError::Damaged("a register"))?;
        self.sealed_change(register, id, version, &[(ENTRY, &plain)])
    }

    /// The same of an entry with other fields.
    pub(crate) fn sealed_change(
        &self,
        register: &str,
        id: RecordId,
        version: u32,
        fields: &[(FieldInstance, &[u8])],
    ) -> Result<Change, VaultError> {
        let key = self.base.keyring.lasting().register_key(register);
        let place = self.register_place(register, id, version);
        let sealed = envelope::seal(&key, &place, fields, &*self.base.entropy)?;
        Ok(Change::PutRegister(RegisterRow { register: register.to_owned(), id, version, sealed }))
    }

    pub(crate) fn register_place(&self, register: &str, id: RecordId, version: u32) -> Place<'static> {
        let binding = self.base.keyring.binding();
        let what = match register {
            archive::KEYS => "register/archive-key",
            archive::ARCHIVES => "register/archive",
            hold::HOLDS => "register/hold",
            hold::SEEN => "register/hold-seen",
            prints::PRINTS => "register/print",
            restricted::REGISTER => "register/restriction",
            prints::NUMBERS => "register/print-number",
            recipients::RECIPIENTS => "register/recipient",
            exports::EXPORTS => "register/export",
            exports::EXPORTED => "register/exported",
            exports::FILES => "register/export-file",
            NOTICES => "register/recipient-notice",
            _ => "register/archive-file",
        };
        Place {
            home: binding.home,
            environment: binding.environment,
            what,
            seller: None,
            record: id,
            part: PartNo(0),
            version,
        }
    }
}
