//! What a restore tells of the time since its backup, and of what nothing tells it.

use bailee_ledger::event::Replayed;
use bailee_vault::backup::replay::Restore;
use serde::Serialize;

/// What had ended since the backup; null of what nothing tells.
#[derive(Serialize)]
pub(super) struct Gone {
    pub(super) buckets: Option<u64>,
    pub(super) disposed: Option<u64>,
    pub(super) parts: Option<u64>,
    pub(super) quarantined: Option<u64>,
    pub(super) facts: Option<u64>,
    pub(super) details: Option<u64>,
    pub(super) sessions: u64,
    pub(super) erased: Option<u64>,
    pub(super) restricted: Option<u64>,
    pub(super) not_here: Option<u64>,
    pub(super) ended: Option<u64>,
    pub(super) lost: Option<u64>,
    pub(super) rectified: Option<u64>,
}

impl Gone {
    pub(super) fn of(restore: &Restore, replayed: Replayed) -> Self {
        let by_keys = |count| Some(count).filter(|_| !restore.keys_lost);
        let by_ledger = |count| Some(count).filter(|_| restore.taken_up.is_some());
        Self {
            buckets: by_keys(replayed.buckets),
            disposed: by_keys(replayed.disposed),
            parts: by_keys(replayed.parts),
            quarantined: by_keys(replayed.quarantined),
            facts: by_keys(replayed.facts),
            details: by_keys(replayed.details),
            sessions: replayed.sessions,
            erased: by_ledger(replayed.erased),
            restricted: by_ledger(replayed.restricted),
            not_here: by_ledger(replayed.not_here),
            ended: by_ledger(replayed.ended),
            lost: by_ledger(replayed.lost).and_then(by_keys),
            rectified: by_ledger(replayed.rectified),
        }
    }
}

pub(super) fn told_by_ledger(count: Option<u64>) -> String {
    count.map_or("not known: no copy of the ledger was given, or no key tells".to_owned(), |count| {
        count.to_string()
    })
}

pub(super) fn told_by_keys(count: Option<u64>) -> String {
    count.map_or("not known: every mirror is lost".to_owned(), |count| count.to_string())
}
