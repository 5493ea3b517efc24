//! Notices: what somebody must be told outside of this program, kept until a mail server has taken it.
//!
//! A notice is filed by the commit of the act that it tells of, so that a process that dies loses none. What it says is
//! made of ids, codes and times; who somebody is, and where they are reached, is looked up when it is sent. Never anything
//! of a buyer's.

use bailee_core::time::{DAY_SECONDS, saturating_add};
use bailee_core::{GrantId, NoticeId, PersonId, Purpose, Recipient, SellerId, Ticket, Timestamp, WaitId};
use serde::{Deserialize, Serialize};

use crate::register::Kept;
use crate::wait::Alone;

/// How long it rests after it has failed: soon at first, as a server is restarted, and then like any mail (RFC 5321,
/// 4.5.4.1, asks for half an hour).
const RESTS_SECONDS: [i64; 5] = [10, 60, 5 * 60, 30 * 60, 2 * 60 * 60];

/// After so long it is given up (RFC 5321, 4.5.4.1: four to five days).
const TRIED_SECONDS: i64 = 5 * DAY_SECONDS;

/// What somebody is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "tells", rename_all = "kebab-case")]
pub enum Tells {
    /// That mail arrives.
    Test {},
    /// That somebody took a grant without approval.
    GlassBroken {
        /// The grant.
        grant: GrantId,
        /// Who.
        by: PersonId,
        /// Of whose data.
        seller: SellerId,
        /// For what.
        purpose: Purpose,
        /// Until when.
        until: Timestamp,
        /// The ticket given.
        ticket: Ticket,
        /// When it must have been reviewed.
        review_by: Timestamp,
    },
    /// That nobody reviewed it, and so it ended and its user was suspended.
    GlassUnreviewed {
        /// The grant.
        grant: GrantId,
        /// Whose it was.
        by: PersonId,
    },
    /// That one person wants to do what takes two, and how to stop it.
    Waits {
        /// The wait.
        wait: WaitId,
        /// What.
        alone: Alone,
        /// Who.
        by: PersonId,
    },
    /// That it was stopped.
    Stopped {
        /// The wait.
        wait: WaitId,
        /// What.
        alone: Alone,
        /// Who wanted it.
        by: PersonId,
    },
}

impl Tells {
    /// The code by which events name it. Never renamed.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Test {} => "test",
            Self::GlassBroken { .. } => "glass-broken",
            Self::GlassUnreviewed { .. } => "glass-unreviewed",
            Self::Waits { .. } => "wait",
            Self::Stopped { .. } => "stopped",
        }
    }

    /// Whom it speaks of.
    pub(crate) const fn about(&self) -> Option<PersonId> {
        match self {
            Self::Test {} => None,
            Self::GlassBroken { by, .. }
            | Self::GlassUnreviewed { by, .. }
            | Self::Waits { by, .. }
            | Self::Stopped { by, .. } => Some(*by),
        }
    }
}

/// A notice to one recipient that no mail server has taken yet, as kept sealed in the register `notice`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Names it, and so the message: the same however often it is tried.
    pub id: NoticeId,
    /// Whom it goes to.
    pub to: Recipient,
    /// What it says.
    pub tells: Tells,
    /// Since when it waits.
    pub since: Timestamp,
    /// How often it has failed.
    #[serde(default)]
    pub failures: u32,
    /// Not before then.
    pub next_at: Timestamp,
}

impl Kept for Waiting {
    const REGISTER: &'static str = "notice";
    const PLACE: &'static str = "register/notice";
}

impl Waiting {
    pub(crate) fn new(id: NoticeId, to: Recipient, tells: Tells, now: Timestamp) -> Self {
        Self { id, to, tells, since: now, failures: 0, next_at: now }
    }

    /// The same after it has failed once more; none when that has gone on for too long.
    pub(crate) fn failed(&self, now: Timestamp) -> Option<Self> {
        let last = RESTS_SECONDS.len().saturating_sub(1);
        let nth = usize::try_from(self.failures).unwrap_or(last).min(last);
        let rest = RESTS_SECONDS.get(nth).copied().unwrap_or_default();
        let next_at = saturating_add(now, rest);
        let is_over = now > saturating_add(self.since, TRIED_SECONDS);
        (!is_over).then(|| Self { failures: self.failures.saturating_add(1), next_at, ..self.clone() })
    }
}

/// A notice to be sent now.
pub struct Due {
    /// It.
    pub waiting: Waiting,
    /// Where its recipient is reached; none where nobody is, any more.
    pub address: Option<String>,
    /// Whom it speaks of, by name.
    pub about: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_rests_longer_each_time_and_is_given_up_after_five_days() {
        let since: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        let mut waiting = Waiting::new(NoticeId([1; 16]), Recipient::Outside, Tells::Test {}, since);
        let mut rests = Vec::new();
        for _ in 0..7 {
            let next = waiting.failed(waiting.next_at).unwrap();
            rests.push(next.next_at.as_second() - waiting.next_at.as_second());
            waiting = next;
        }
        assert_eq!(rests, [10, 60, 300, 1800, 7200, 7200, 7200]);
        assert!(waiting.failed(saturating_add(since, TRIED_SECONDS)).is_some(), "N");
        assert!(waiting.failed(saturating_add(since, TRIED_SECONDS + 1)).is_none(), "N + 1");
    }
}
