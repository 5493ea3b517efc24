//! Services: programs with a key of their own.
use bailee_core::{Class, PersonId, Purpose, SellerId, ServiceId, Timestamp};

/// A service, as kept sealed in the register `service`.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Service { /// Its id.
    pub id: ServiceId, /// Its name.
    pub name: String, /// The person who answers for it.
    pub owner: PersonId, /// The sellers it is bound to.
    pub sellers: Vec<SellerId>, /// Its purposes.
    pub purposes: Vec<Purpose>, /// Its classes.
    pub classes: Vec<Class>, /// SHA-256 of its key, as hexadecimal.
    pub key_hash: String, /// Since when.
    pub since: Timestamp }

/// A service to be added.
pub struct NewService { /// Its name.
    pub name: String, /// The sellers.
    pub sellers: Vec<SellerId>, /// The purposes.
    pub purposes: Vec<Purpose>, /// The classes.
    pub classes: Vec<Class>, /// Mail of the owner; the caller unless given.
    pub owner: Option<String> }
