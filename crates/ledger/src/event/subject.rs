//! What people ask for of their own data, and what they agree to. Of who they are, nothing; of what is kept of it, codes.

use bailee_core::subject::{Channel, Law, Right};
use bailee_core::{Day, Purpose, RecordId};
use serde::{Deserialize, Serialize};

/// A step in the life of a request (2.2.d).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectRequest {
    /// Names the request in all its steps.
    pub asked: RecordId,
    /// `"received"`, `"acknowledged"`, `"identified"`, `"extended"`, `"previewed"`, `"carried-out"`, `"refused"`, `"withdrawn"`;
    /// `"shown"`: who asks was shown.
    pub step: String,
    /// What they ask for.
    pub right: Right,
    /// Under which law.
    pub law: Law,
    /// When it was received.
    pub received: Day,
    /// By which day it is to be answered, while it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Day>,
    /// How it is known who asks, why more time is taken, or why it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The records that are held of them, once they were looked for; and those of which something was done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordId>,
}

/// Somebody agreed to a purpose, or took that back (2.1.b).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Names it.
    pub consent: RecordId,
    /// `"given"`, `"withdrawn"`.
    pub step: String,
    /// To what.
    pub purpose: Purpose,
    /// How.
    pub how: Channel,
    /// When they said so, as whoever wrote it down has it.
    pub on: Day,
    /// The records that it covers.
    pub records: Vec<RecordId>,
}

/// What people had asked for and agreed to before an older keyring was adopted, as far as its keys were lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedBefore {
    /// Requests that are lost.
    pub requests: u64,
    /// Those of them that were open: who asked is to be asked again.
    pub open: u64,
    /// Consents that are lost: what rests on one is denied until it is given again.
    pub consents: u64,
    /// Records whose facts are lost, and which are restricted once they are collected again.
    pub restricted: u64,
}
