//! Services: programs with a key of their own, bound to sellers, purposes and classes.

use bailee_core::requirement::Requirement;
use bailee_core::time::{DAY_SECONDS, saturating_add};
use bailee_core::{Class, PersonId, Purpose, SellerId, ServiceId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::AccessError;

/// A key is good for so many days (1.4.b); then the service is added anew, with a new key.
pub const KEY_DAYS_MAX: i64 = 90;

/// Most bytes of a service's name.
pub const NAME_BYTES_MAX: usize = 64;

/// Most sellers of one service: as many as one ledger entry can list.
pub const SELLERS_MAX: usize = 500;

/// Most services of a home: all of them are held in memory, so that a key is found at once.
pub const SERVICES_MAX: usize = 10_000;

/// A service, as kept sealed in the register `service`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Service {
    /// Its id.
    pub id: ServiceId,
    /// Its name.
    pub name: String,
    /// The person who answers for it.
    pub owner: PersonId,
    /// The sellers it is bound to.
    pub sellers: Vec<SellerId>,
    /// Its purposes.
    pub purposes: Vec<Purpose>,
    /// Its classes.
    pub classes: Vec<Class>,
    /// SHA-256 of its key, as hexadecimal. Empty in every service that leaves this crate.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key_hash: String,
    /// Since when it, and so its key, exists.
    pub since: Timestamp,
}

impl Service {
    /// The last instant at which its key opens anything.
    pub fn key_ends_at(&self) -> Timestamp {
        saturating_add(self.since, KEY_DAYS_MAX * DAY_SECONDS)
    }
}

/// A service to be added.
pub struct NewService {
    /// Its name: 1 to 64 letters, digits, hyphens, underscores or dots.
    pub name: String,
    /// The sellers; one at least.
    pub sellers: Vec<SellerId>,
    /// The purposes; with none it reveals nothing.
    pub purposes: Vec<Purpose>,
    /// The classes; with none it reveals and finds nothing.
    pub classes: Vec<Class>,
    /// Mail of the owner; the caller unless given.
    pub owner: Option<String>,
}

impl NewService {
    /// The same in order and without repetition, or what is wrong with it.
    pub(crate) fn checked(mut self) -> Result<Self, AccessError> {
        self.sellers.sort();
        self.sellers.dedup();
        self.purposes.sort();
        self.purposes.dedup();
        self.classes.sort();
        self.classes.dedup();
        let wrong = if !is_name(&self.name) {
            format!("a service's name is 1 to {NAME_BYTES_MAX} letters, digits, hyphens, underscores or dots")
        } else if self.sellers.is_empty() || self.sellers.len() > SELLERS_MAX {
            format!("a service is bound to 1 to {SELLERS_MAX} sellers")
        } else if self.classes.contains(&Class::Unclassified) {
            format!("the class unclassified is revealed to nobody ({})", Requirement::Collection)
        } else {
            return Ok(self);
        };
        Err(AccessError::Unacceptable(wrong))
    }
}

fn is_name(name: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(name: &str, sellers: usize, classes: &[Class]) -> NewService {
        NewService {
            name: name.into(),
            sellers: (0..sellers).map(|number| format!("S{number}").parse().unwrap()).collect(),
            purposes: vec![Purpose::Tax, Purpose::Fulfilment, Purpose::Tax],
            classes: classes.to_vec(),
            owner: None,
        }
    }

    #[test]
    fn the_limits_hold_at_n_and_n_plus_1() {
        assert!(new(&"n".repeat(NAME_BYTES_MAX), SELLERS_MAX, &[]).checked().is_ok());
        assert!(new(&"n".repeat(NAME_BYTES_MAX + 1), 1, &[]).checked().is_err());
        assert!(new("", 1, &[]).checked().is_err());
        assert!(new("erp", SELLERS_MAX + 1, &[]).checked().is_err());
        assert!(new("erp", 0, &[]).checked().is_err());
    }

    #[test]
    fn nothing_is_repeated_and_unclassified_is_for_nobody() {
        let checked =
            new("erp.sync_2-b", 1, &[Class::Tax, Class::Identity, Class::Tax]).checked().ok().unwrap();
        assert_eq!(checked.purposes, [Purpose::Fulfilment, Purpose::Tax]);
        assert_eq!(checked.classes, [Class::Identity, Class::Tax]);
        let refused = new("erp", 1, &[Class::Unclassified]).checked().err().unwrap();
        assert!(refused.to_string().contains("0.a"), "{refused}");
    }
}
