//! What takes two people, and who is told of it: notices, proposals, waits.

use bailee_core::{
    Class, Commitment, NoticeId, ProposalId, Purpose, Recipient, RecordId, SellerId, ServiceId, Timestamp,
    WaitId,
};
use serde::{Deserialize, Serialize};

/// What became of a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Which.
    pub notice: NoticeId,
    /// What it tells of: a code of the program.
    pub kind: String,
    /// Whom; never by an address.
    pub to: Recipient,
    /// `"sent"`: the mail server took it. `"failed"`: it is tried again. `"given-up"`: it is not. `"over"`: what it was to
    /// tell of was decided before it was sent.
    pub step: String,
    /// Why it failed: a code of the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A step in the life of a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Which.
    pub proposal: ProposalId,
    /// What is proposed: a code of a closed set.
    pub act: String,
    /// `"proposed"`, `"approved"`, `"done"`, `"refused"`, `"withdrawn"`, `"expired"`.
    pub step: String,
    /// Of what is proposed, to the letter, with a salt that is kept sealed: what is done is what was proposed.
    pub content: Commitment,
}

/// A step of somebody who wants to do alone what takes two people, while somebody outside may stop it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// Which.
    pub wait: WaitId,
    /// What is wanted: a code of a closed set.
    pub act: String,
    /// The id of what it is about: a grant, a proposal, a person.
    pub about: RecordId,
    /// `"begun"`; `"done"`: nobody stopped it in a day, an exception; `"stopped"`, for good.
    pub step: String,
}

/// Whether a company of one has named somebody outside, who may stop what takes two people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Solo {
    /// Whether it has, from now on; again where it is another address than before.
    pub declared: bool,
}

/// Why a time that had jumped ahead is believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeBelieved {
    /// The time that was believed last.
    pub before: Option<Timestamp>,
    /// `"confirmed"` by two people, or `"second-source"`.
    pub how: String,
}

/// What a service that was added may see, since a second person approved it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// Which.
    pub service: ServiceId,
    /// Its sellers.
    pub sellers: Vec<SellerId>,
    /// Its purposes, from now on.
    pub purposes: Vec<Purpose>,
    /// Its classes, from now on.
    pub classes: Vec<Class>,
}
