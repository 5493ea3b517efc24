//! Sellers: the tenants whose buyers' data is held.
use bailee_core::SellerId;
use bailee_ledger::authorized::{Administer, Authorized};
use crate::{Vault, VaultError};

/// A seller.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Seller { /// Its id.
    pub id: SellerId, /// What people call it.
    pub name: Option<String> }

impl Vault {
    /// Adds a seller.
    pub fn add_seller(&self, _authorized: Authorized<Administer>, _id: &SellerId, _name: Option<&str>) -> Result<(), VaultError> { todo!() }
    /// Every seller.
    pub fn sellers(&self) -> Result<Vec<Seller>, VaultError> { todo!() }
    /// Whether there is such a seller.
    pub fn has_seller(&self, _id: &SellerId) -> Result<bool, VaultError> { todo!() }
}
