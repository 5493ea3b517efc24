//! What takes two people, and who is told of it: notices, proposals, waits, going on with an older keyring.

use bailee_core::{
    Class, Commitment, NoticeId, PersonId, ProposalId, Purpose, Recipient, RecordId, SellerId, ServiceId,
    Timestamp, WaitId,
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

/// An invitation of somebody who could approve things can be accepted: a second person approved it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationReleased {
    /// Who is invited.
    pub person: PersonId,
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

/// What a service may see from now on, since a second person approved it, or since one of its sellers ended.
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
    /// The key or certificate that may show that from now on, where nothing else changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<RecordId>,
}

/// A step of making a keyring that is older than its anchor the present one. Its numbers are the same in every step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adoption {
    /// Names it in all its steps.
    pub adoption: RecordId,
    /// `"intended"`; `"completed"`; `"dropped"`: another keyring was there before it was done.
    pub step: String,
    /// The revision of the older keyring.
    pub from: u64,
    /// The revision that the home knew of.
    pub anchor: u64,
    /// Buckets whose keys go, since they have ended.
    pub buckets: u64,
    /// Single keys of other buckets that go, since nothing lies under them any more.
    pub slots: u64,
    /// Facts keys that go.
    pub facts: u64,
    /// Keys of details of events that go.
    pub details: u64,
    /// Keys of requests and consents that go.
    #[serde(default, skip_serializing_if = "is_none")]
    pub requests: u64,
    /// Parts and quarantined documents that nothing opens any more: their keys were made since.
    pub lost_parts: u64,
    /// Months of facts of a seller of which the same is so.
    pub lost_facts: u64,
    /// Months of details of events of which the same is so.
    pub lost_details: u64,
    /// Months of requests and consents of which the same is so.
    #[serde(default, skip_serializing_if = "is_none")]
    pub lost_requests: u64,
    /// What came of it, once it is completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<Reached>,
    /// What became of what people had asked for and agreed to, once it is completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<super::AskedBefore>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

/// The keyring after it was adopted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// Its revision.
    pub revision: u64,
    /// Its epoch.
    pub epoch: u64,
    /// Mirrors that it was read back from.
    pub mirrors: u32,
}
