//! A company of one: what takes two people waits for the word of somebody outside, who may stop it (1.3.b).
//!
//! The wait counts from the moment at which the mail server took the mail that tells of it. The mail holds a code that
//! stops the act, once and for good; like every credential it is kept as a hash.

use bailee_core::time::{DAY_SECONDS, is_ahead, saturating_add};
use bailee_core::{GrantId, PersonId, ProposalId, RecordId, Timestamp, WaitId};
use serde::{Deserialize, Serialize};

use crate::credential::CredentialHash;
use crate::register::Kept;

/// How long the outside has, from being told.
pub(crate) const WAIT_SECONDS: i64 = DAY_SECONDS;

/// What nobody stopped may be done for so long, from the telling on; then the outside is told anew.
const RIPE_SECONDS: i64 = 7 * DAY_SECONDS;

/// Most codes of one wait: a new one goes with each attempt to send it, and a message that the server took although the
/// connection broke holds one of the earlier ones.
const CODES_MAX: usize = 128;

/// What one person wants to do that takes two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "act", content = "id", rename_all = "kebab-case")]
pub enum Alone {
    /// Approve a grant that they asked for.
    ApproveGrant(GrantId),
    /// Approve a proposal of their own.
    ApproveProposal(ProposalId),
    /// Review a grant that they took without approval.
    ReviewGrant(GrantId),
}

impl Alone {
    /// The code by which events name it. Never renamed.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ApproveGrant(_) => "approve-grant",
            Self::ApproveProposal(_) => "approve-proposal",
            Self::ReviewGrant(_) => "review-grant",
        }
    }

    /// The id of what it is about.
    pub const fn about(self) -> RecordId {
        match self {
            Self::ApproveGrant(GrantId(id)) | Self::ReviewGrant(GrantId(id)) => RecordId(id),
            Self::ApproveProposal(ProposalId(id)) => RecordId(id),
        }
    }
}

/// Where a wait stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub(crate) enum Waits {
    /// The mail that tells of it is not taken yet.
    Begun,
    /// The mail server took it then.
    Told { at: Timestamp },
    /// Nobody stopped it, and it was done.
    Done,
    /// It was stopped, for good.
    Stopped,
}

/// A wait, as kept sealed in the register `wait`.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Wait {
    pub(crate) id: WaitId,
    pub(crate) alone: Alone,
    pub(crate) by: PersonId,
    pub(crate) since: Timestamp,
    pub(crate) waits: Waits,
    /// Of the codes that stop it, the newest last.
    pub(crate) codes: Vec<CredentialHash>,
}

impl Kept for Wait {
    const REGISTER: &'static str = "wait";
    const PLACE: &'static str = "register/wait";
}

impl Wait {
    pub(crate) fn new(id: WaitId, alone: Alone, by: PersonId, now: Timestamp) -> Self {
        Self { id, alone, by, since: now, waits: Waits::Begun, codes: Vec::new() }
    }

    /// Whether it can still be stopped.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.waits, Waits::Begun | Waits::Told { .. })
    }

    /// Whether one of its codes is this.
    pub(crate) fn is_stopped_by(&self, code: &CredentialHash) -> bool {
        self.codes.iter().any(|kept| kept.matches(code))
    }

    /// The same with one more code that stops it.
    pub(crate) fn armed(&self, code: CredentialHash) -> Self {
        let mut codes = self.codes.clone();
        codes.push(code);
        let too_many = codes.len().saturating_sub(CODES_MAX);
        codes.drain(..too_many);
        Self { codes, ..self.clone() }
    }

    /// The same once the mail is taken; a second mail does not begin the day anew.
    pub(crate) fn told(&self, at: Timestamp) -> Self {
        let waits = if self.waits == Waits::Begun { Waits::Told { at } } else { self.waits };
        Self { waits, ..self.clone() }
    }

    /// Its codes stay: whoever shows one later is told what became of it.
    pub(crate) fn ended(&self, waits: Waits) -> Self {
        Self { waits, ..self.clone() }
    }

    /// When it may be done, once that is known.
    pub(crate) fn ripe_at(&self) -> Option<Timestamp> {
        match self.waits {
            Waits::Told { at } => Some(saturating_add(at, WAIT_SECONDS)),
            _ => None,
        }
    }

    /// Whether so much time has passed that the outside is to be told anew.
    pub(crate) fn has_lapsed(&self, now: Timestamp) -> bool {
        matches!(self.waits, Waits::Told { at } if now > saturating_add(at, RIPE_SECONDS) || is_ahead(at, now))
    }
}

/// Whom a company of one has named outside, as kept sealed in the register `solo`: so that a change is seen.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Named {
    pub(crate) outside: Option<String>,
}

impl Kept for Named {
    const REGISTER: &'static str = "solo";
    const PLACE: &'static str = "register/solo";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_counts_from_the_first_telling_and_lapses() {
        let at: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        let wait = Wait::new(WaitId([1; 16]), Alone::ApproveGrant(GrantId([2; 16])), PersonId([2; 16]), at);
        assert_eq!(wait.ripe_at(), None);
        let told = wait.told(saturating_add(at, 60));
        assert_eq!(told.ripe_at(), Some(saturating_add(at, 60 + WAIT_SECONDS)));
        assert_eq!(told.told(saturating_add(at, 600)).ripe_at(), told.ripe_at());
        assert!(!told.has_lapsed(saturating_add(at, 60 + RIPE_SECONDS)), "N");
        assert!(told.has_lapsed(saturating_add(at, 61 + RIPE_SECONDS)), "N + 1");
        let mut armed = wait;
        for number in 0..=CODES_MAX {
            armed = armed.armed(CredentialHash::of(&number.to_string()));
        }
        assert!(
            !armed.is_stopped_by(&CredentialHash::of("0")) && armed.is_stopped_by(&CredentialHash::of("1"))
        );
    }
}
