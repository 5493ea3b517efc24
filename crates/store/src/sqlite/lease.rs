//! Leases: who runs a job, until when. Written by the writer, so that one at a time decides.

use bailee_core::{RecordId, Timestamp};
use rusqlite::{Connection, params};

use crate::records::StoreError;

/// What is asked of a lease.
pub(super) enum LeaseChange {
    /// Take or renew it.
    Take { job: String, holder: RecordId, now: Timestamp, until: Timestamp },
    /// Give it back.
    GiveBack { job: String, holder: RecordId },
}

/// Applies it; whether the holder got what it asked for.
pub(super) fn apply(connection: &Connection, change: &LeaseChange) -> Result<bool, StoreError> {
    let rows = match change {
        LeaseChange::Take { job, holder, now, until } => {
            let sql = "INSERT INTO lease (job, holder, until) VALUES (?1, ?2, ?3)
                       ON CONFLICT (job) DO UPDATE SET holder = excluded.holder, until = excluded.until
                       WHERE lease.holder = excluded.holder OR lease.until <= ?4";
            let (now, until) = (now.as_microsecond(), until.as_microsecond());
            connection.prepare_cached(sql)?.execute(params![job, holder.as_bytes(), until, now])?
        }
        LeaseChange::GiveBack { job, holder } => {
            let sql = "DELETE FROM lease WHERE job = ?1 AND holder = ?2";
            connection.prepare_cached(sql)?.execute(params![job, holder.as_bytes()])?
        }
    };
    Ok(rows == 1)
}
