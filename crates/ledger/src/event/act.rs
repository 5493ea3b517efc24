//! An event as a whole: when, who, by which request, from where, and what.

use bailee_core::catalogue::Mask;
use bailee_core::purpose::{Class, Purpose};
use bailee_core::{
    Commitment, DeviceId, FieldId, Kind, PasskeyId, PersonId, PrincipalId, RecordId, RequestId, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::{Digest, What};

/// One act.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When, by the home's clock.
    pub at: Timestamp,
    /// Who.
    pub principal: PrincipalId,
    /// The request that it belongs to.
    pub request: RequestId,
    /// Where the request came from: a commitment to a detail that is sealed under the key of this month. None of what
    /// the system does by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Commitment>,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// That a passkey signed what it was asked to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PasskeyUsed {
    /// Whose.
    pub person: PersonId,
    /// Which.
    pub passkey: PasskeyId,
    /// `"shown"`; `"counter-went-back"`: refused, since two may be signing as one.
    pub outcome: String,
}

/// What became of a sign-on by the home's provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignOn {
    /// The person, when the provider means somebody here.
    pub person: Option<PersonId>,
    /// `"signed-on"`, `"bound"` before it the first time, or what was wrong.
    pub outcome: String,
}

/// A mapping of the home's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mapping {
    /// The first half of the SHA-256 of its file, in hexadecimal digits: what a home maps is its own affair.
    pub digest: String,
}

/// That the home's certificate authority was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuthorityMade {
    /// Names it; the serial number of its certificate.
    pub authority: RecordId,
}

/// A step in the life of a device on which a person comes in over the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// Whose.
    pub person: PersonId,
    /// Which; none yet where a code for one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// `"invited"`: a code for one was made. `"enrolled"`, `"renewed"`, `"ended"`.
    pub step: String,
}

/// An officer decided what a field is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldClassified {
    /// Which: its number in the catalogue.
    pub field: FieldId,
    /// Of what kind.
    pub kind: Kind,
    /// Its class; `None` for a fact.
    pub class: Option<Class>,
    /// What it may be used for.
    pub purposes: Vec<Purpose>,
    /// What may be shown of it.
    pub mask: Mask,
    /// Of the file that holds the decision, which begins with random bytes.
    pub catalogue: Digest,
}

/// All access of a person has ended, for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonLeft {
    /// Who.
    pub person: PersonId,
    /// When that was told, or the contract ended: the event's own time is the proof against the 24 hours (1.2.d).
    pub told_at: Timestamp,
    /// Sessions that ended with it.
    pub sessions: u32,
    /// Services that have another owner now.
    pub services: u32,
}
