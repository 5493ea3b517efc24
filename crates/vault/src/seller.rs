//! Sellers: the tenants whose buyers' data is held.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use bailee_core::retention::EndReason;
use bailee_core::{FieldInstance, PartNo, RecordId, SellerId, Timestamp};
use bailee_crypto::envelope::{self, Place};
use bailee_ledger::authorized::{Administer, Authorized};
use bailee_ledger::event::What;
use bailee_store::act::{Act, Change, RegisterRow, SellerNo};
use bailee_store::records::{Registers, StoreError};

use crate::ending::End;
use crate::{Vault, VaultError};

/// Most sellers of a home: their number must fit beside use and day in a bucket's number.
pub const SELLERS_MAX: u32 = 1 << 21;

/// Most characters of a seller's name.
const NAME_CHARACTERS_MAX: usize = 200;

const REGISTER: &str = "seller";

/// What is sealed of a seller: its name, and its end.
const NAME: FieldInstance = FieldInstance(0);
const END: FieldInstance = FieldInstance(1);

/// A seller.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Seller {
    /// Its id.
    pub id: SellerId,
    /// What people call it.
    pub name: Option<String>,
    /// How it stands.
    pub state: SellerState,
    /// Its end, where it has ended.
    pub end: Option<SellerEnd>,
}

/// How a seller stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SellerState {
    /// What comes of it is taken in.
    Active,
    /// It has ended: closed to everything, and about to be destroyed.
    Ended,
    /// All that was held of it is gone.
    Gone,
}

/// The end of a seller (R17).
#[derive(Clone, Debug, serde::Serialize)]
pub struct SellerEnd {
    /// Why.
    pub reason: EndReason,
    /// Since when it is closed.
    pub ended_at: Timestamp,
    /// The day on which its data is destroyed.
    pub on: String,
    /// When all of it was gone.
    pub gone_at: Option<Timestamp>,
}

/// What is kept of a seller beside its id.
pub(crate) struct KeptSeller {
    no: SellerNo,
    version: u32,
    pub(crate) name: Option<String>,
    pub(crate) end: Option<End>,
}

impl KeptSeller {
    /// One that was added in a store that is older than that.
    pub(crate) fn unnamed(no: SellerNo) -> Self {
        Self { no, version: 0, name: None, end: None }
    }
}

impl Seller {
    /// One that has just been added.
    pub fn new(id: SellerId, name: Option<String>) -> Self {
        Self { id, name, state: SellerState::Active, end: None }
    }

    fn of(id: SellerId, kept: Option<KeptSeller>) -> Self {
        let (name, end) = kept.map_or((None, None), |kept| (kept.name, kept.end));
        let state = match &end {
            None => SellerState::Active,
            Some(end) if end.gone.is_none() => SellerState::Ended,
            Some(_) => SellerState::Gone,
        };
        Self { id, name, state, end: end.map(Into::into) }
    }
}

impl From<End> for SellerEnd {
    fn from(end: End) -> Self {
        let End { reason, at, on, gone, .. } = end;
        Self { reason, ended_at: at, on: on.to_string(), gone_at: gone.map(|(at, _)| at) }
    }
}

impl Vault {
    /// Adds a seller.
    ///
    /// # Errors
    /// [`VaultError::SellerExists`] when there is one of that id; [`VaultError::SellerEnded`] when there was: what was held of
    /// that one does not come back (R16), so that whoever comes anew is another.
    pub fn add_seller(
        &self,
        authorized: Authorized<Administer>,
        id: &SellerId,
        name: Option<&str>,
    ) -> Result<(), VaultError> {
        self.check_home(&authorized)?;
        let mut sellers = self.sellers.write().unwrap_or_else(PoisonError::into_inner);
        self.refuse_ended(id)?;
        if sellers.contains_key(id) {
            return Err(VaultError::SellerExists(id.clone()));
        }
        let (no, changes) = self.new_seller(&sellers, id, name)?;
        let act = Act {
            name: "add-seller",
            changes,
            events: vec![authorized.context().event(What::SellerAdded { seller: id.clone() })],
        };
        self.base.store.commit(act).map_err(|error| match error {
            StoreError::Conflict => VaultError::SellerExists(id.clone()),
            other => other.into(),
        })?;
        sellers.insert(id.clone(), no);
        Ok(())
    }

    /// The number of a seller that is added to these, and what adds it.
    pub(crate) fn new_seller(
        &self,
        sellers: &BTreeMap<SellerId, SellerNo>,
        id: &SellerId,
        name: Option<&str>,
    ) -> Result<(SellerNo, Vec<Change>), VaultError> {
        let no = SellerNo(sellers.values().map(|no| no.0).max().unwrap_or(0) + 1);
        if no.0 >= SELLERS_MAX {
            return Err(VaultError::TooManySellers);
        }
        let name: String = name.unwrap_or_default().chars().take(NAME_CHARACTERS_MAX).collect();
        let put = self.put_seller(KeptSeller { no, version: 0, name: Some(name), end: None })?;
        Ok((no, vec![Change::AddSeller { no, id: id.clone() }, put]))
    }

    /// Every seller, by id.
    ///
    /// # Errors
    /// When the register cannot be read.
    pub fn sellers(&self) -> Result<Vec<Seller>, VaultError> {
        let sellers = self.sellers.read().unwrap_or_else(PoisonError::into_inner).clone();
        sellers.into_iter().map(|(id, no)| Ok(Seller::of(id, self.kept_seller(no)?))).collect()
    }

    /// Whether there is such a seller.
    pub fn has_seller(&self, id: &SellerId) -> bool {
        self.seller_no(id).is_ok()
    }

    /// What is kept of a seller; nothing of one that was added in a store that is older than that.
    pub(crate) fn kept_seller(&self, no: SellerNo) -> Result<Option<KeptSeller>, VaultError> {
        let Some(row) = Registers::entry(&*self.base.store, REGISTER, register_id(no))? else {
            return Ok(None);
        };
        self.open_seller(no, &row).map(Some)
    }

    fn open_seller(&self, no: SellerNo, row: &RegisterRow) -> Result<KeptSeller, VaultError> {
        let key = self.base.keyring.lasting().register_key(REGISTER);
        let mut kept = KeptSeller { version: row.version, ..KeptSeller::unnamed(no) };
        for (field, bytes) in envelope::open(&key, &self.seller_place(no, row.version), &row.sealed, None)? {
            match field {
                NAME => {
                    let name = String::from_utf8_lossy(bytes.expose()).into_owned();
                    kept.name = Some(name).filter(|name| !name.is_empty());
                }
                END => {
                    let end = serde_json::from_slice(bytes.expose());
                    kept.end = Some(end.map_err(|_| VaultError::Damaged("the end of a seller"))?);
                }
                _ => return Err(VaultError::Damaged("a seller")),
            }
        }
        Ok(kept)
    }

    /// What keeps a seller as it is now, one version on.
    pub(crate) fn put_seller(&self, kept: KeptSeller) -> Result<Change, VaultError> {
        let KeptSeller { no, version, name, end } = kept;
        let version = version + 1;
        let name = name.unwrap_or_default();
        let end = end.map(|end| serde_json::to_vec(&end)).transpose();
        let end = end.map_err(|_| VaultError::Damaged("the end of a seller"))?;
        let mut fields = vec![(NAME, name.as_bytes())];
        fields.extend(end.iter().map(|end| (END, end.as_slice())));
        let key = self.base.keyring.lasting().register_key(REGISTER);
        let sealed = envelope::seal(&key, &self.seller_place(no, version), &fields, &*self.base.entropy)?;
        let (register, id) = (REGISTER.to_owned(), register_id(no));
        Ok(Change::PutRegister(RegisterRow { register, id, version, sealed }))
    }

    fn seller_place(&self, no: SellerNo, version: u32) -> Place<'static> {
        let binding = self.base.keyring.binding();
        Place {
            home: binding.home,
            environment: binding.environment,
            what: "register/seller",
            seller: None,
            record: register_id(no),
            part: PartNo(0),
            version,
        }
    }
}

/// The register's id of a seller: its number, so that no second index is needed.
fn register_id(no: SellerNo) -> RecordId {
    RecordId(u128::from(no.0).to_be_bytes())
}
