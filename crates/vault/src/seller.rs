//! Sellers: the tenants whose buyers' data is held.

use std::sync::PoisonError;

use bailee_core::{Environment, FieldInstance, PartNo, RecordId, SellerId};
use bailee_crypto::envelope::{self, Place};
use bailee_ledger::authorized::{Administer, Authorized};
use bailee_ledger::event::What;
use bailee_store::act::{Act, Change, RegisterRow, SellerNo};
use bailee_store::records::{Registers, StoreError};

use crate::{Vault, VaultError};

/// Most sellers of a home: their number must fit beside use and day in a bucket's number.
pub const SELLERS_MAX: u32 = 1 << 21;

/// Most characters of a seller's name.
const NAME_CHARACTERS_MAX: usize = 200;

const REGISTER: &str = "seller";

/// A seller.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Seller {
    /// Its id.
    pub id: SellerId,
    /// What people call it.
    pub name: Option<String>,
}

impl Vault {
    /// Adds a seller.
    ///
    /// # Errors
    /// [`VaultError::SellerExists`] when there is one of that id.
    pub fn add_seller(
        &self,
        authorized: Authorized<Administer>,
        id: &SellerId,
        name: Option<&str>,
    ) -> Result<(), VaultError> {
        self.check_home(&authorized)?;
        let mut sellers = self.sellers.write().unwrap_or_else(PoisonError::into_inner);
        if sellers.contains_key(id) {
            return Err(VaultError::SellerExists(id.clone()));
        }
        let no = SellerNo(sellers.values().map(|no| no.0).max().unwrap_or(0) + 1);
        if no.0 >= SELLERS_MAX {
            return Err(VaultError::TooManySellers);
        }
        let name: String = name.unwrap_or_default().chars().take(NAME_CHARACTERS_MAX).collect();
        let key = self.base.keyring.lasting().register_key(REGISTER);
        let sealed = envelope::seal(
            &key,
            &self.seller_place(no),
            &[(FieldInstance(0), name.as_bytes())],
            &*self.base.entropy,
        )?;
        let row = RegisterRow { register: REGISTER.to_owned(), id: register_id(no), version: 1, sealed };
        let act = Act {
            name: "add-seller",
            changes: vec![Change::AddSeller { no, id: id.clone() }, Change::PutRegister(row)],
            events: vec![authorized.context().event(What::SellerAdded { seller: id.clone() })],
        };
        self.base.store.commit(act).map_err(|error| match error {
            StoreError::Conflict => VaultError::SellerExists(id.clone()),
            other => other.into(),
        })?;
        sellers.insert(id.clone(), no);
        Ok(())
    }

    /// Every seller, by id.
    ///
    /// # Errors
    /// When the register cannot be read.
    pub fn sellers(&self) -> Result<Vec<Seller>, VaultError> {
        let sellers = self.sellers.read().unwrap_or_else(PoisonError::into_inner).clone();
        sellers.into_iter().map(|(id, no)| Ok(Seller { id, name: self.seller_name(no)? })).collect()
    }

    /// Whether there is such a seller.
    pub fn has_seller(&self, id: &SellerId) -> bool {
        self.seller_no(id).is_ok()
    }

    fn seller_name(&self, no: SellerNo) -> Result<Option<String>, VaultError> {
        let Some(row) = Registers::entry(&*self.base.store, REGISTER, register_id(no))? else {
            return Ok(None);
        };
        let key = self.base.keyring.lasting().register_key(REGISTER);
        let fields = envelope::open(&key, &self.seller_place(no), &row.sealed, None)?;
        let name = fields.first().map(|(_, bytes)| String::from_utf8_lossy(bytes.expose()).into_owned());
        Ok(name.filter(|name| !name.is_empty()))
    }

    fn seller_place(&self, no: SellerNo) -> Place<'static> {
        let binding = self.base.keyring.binding();
        let environment: Environment = binding.environment;
        Place {
            home: binding.home,
            environment,
            what: "register/seller",
            seller: None,
            record: register_id(no),
            part: PartNo(0),
            version: 1,
        }
    }
}

/// The register's id of a seller: its number, so that no second index is needed.
fn register_id(no: SellerNo) -> RecordId {
    RecordId(u128::from(no.0).to_be_bytes())
}
