//! What leaves in bulk (2.6.g): which fields of which records are sealed to a registered recipient, and for what.

use serde::{Deserialize, Serialize};

use crate::ids::{RecordId, SellerId};
use crate::purpose::Purpose;

/// The purposes for which somebody outside may get personal data. People are answered, and incidents looked into, inside.
pub const PURPOSES: [Purpose; 3] = [Purpose::Fulfilment, Purpose::Tax, Purpose::Invoice];

/// Most records of an export, named or not.
pub const RECORDS_MAX: usize = 10_000;

/// Most fields that an export names: more than the catalogue has of any kind.
pub const FIELDS_MAX: usize = 200;

/// Most records that one person exports in a day without a second, unless the home sets another number.
pub const APPROVE_OVER: u32 = 100;

/// The loosest that a home may set it to: a thousand are as many as a reveal.
pub const APPROVE_OVER_MAX: u32 = 1000;

/// Days for which a file waits to be fetched. Then the home lets go of it: what is needed after that is exported anew, as it is by then.
pub const FILE_DAYS: i64 = 7;

/// Days that a recipient who was told has to confirm it. That they have not is an alarm from then on: it is half the month that a
/// person waits for an answer.
pub const CONFIRM_DAYS: i64 = 14;

/// What shall leave. Of the records it has the random ids, of the fields the catalogue's paths; nothing of it is personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Whose.
    pub seller: SellerId,
    /// Which records; all that are held of the seller, where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordId>,
    /// Which of their fields; all that have the purpose, where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// For what.
    pub purpose: Purpose,
    /// To whom.
    pub recipient: RecordId,
    /// The SHA-256 of their key, for people.
    pub fingerprint: String,
    /// How many records that were when it was asked for.
    pub count: u32,
}

impl Plan {
    /// Whether all records of the seller are meant.
    pub fn is_of_all(&self) -> bool {
        self.records.is_empty()
    }
}
