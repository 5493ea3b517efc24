//! People.
use bailee_core::{PersonId, Timestamp};

/// A person, as kept sealed in the register `person`.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Person { /// Never reused (1.2.a).
    pub id: PersonId, /// Name.
    pub name: String, /// Mail, lower case.
    pub mail: String, /// Roles.
    pub roles: Vec<Role>, /// Argon2id in PHC form.
    pub password: String, /// Since when.
    pub since: Timestamp }

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role { /// Administers.
    Owner, /// Decides about data, reads quarantine and retention.
    Officer, /// Reads the ledger.
    Auditor, /// Runs the machine; never sees data.
    Operator }
