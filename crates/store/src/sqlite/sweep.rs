//! The end of a bucket, or of a month's facts: rows by the million, in one act.
//!
//! One act, because it must be whole: nine million term rows a second go in a range delete, so that even a large
//! seller's day takes seconds, and reads go on meanwhile. It runs in a transaction of its own without a savepoint,
//! since a savepoint keeps every page it changes in memory; what is read here is read in steps.

use bailee_core::Month;
use rusqlite::{Connection, params};

use super::apply::{Done, record_state_code};
use crate::act::{RecordState, SellerNo};
use crate::limits::SLOT_BITS;

/// Records looked at in one step: memory is bounded by it.
const STEP: usize = 4096;

/// Deletes all that a bucket holds and makes tombstones of records that have no part elsewhere.
pub(super) fn bucket(connection: &Connection, key: i64) -> Done {
    make_tombstones(connection, key)?;
    connection.prepare_cached("DELETE FROM term WHERE bucket = ?1")?.execute([key])?;
    connection.prepare_cached("DELETE FROM part WHERE bucket = ?1")?.execute([key])?;
    connection.prepare_cached("DELETE FROM quarantined WHERE bucket = ?1")?.execute([key])?;
    connection
        .prepare_cached("DELETE FROM sealed WHERE place >= ?1 AND place < ?2")?
        .execute([key << SLOT_BITS, (key + 1) << SLOT_BITS])?;
    connection
        .prepare_cached("UPDATE bucket SET parts = 0, quarantined = 0 WHERE bucket = ?1")?
        .execute([key])?;
    Ok(())
}

fn make_tombstones(connection: &Connection, key: i64) -> Done {
    let mut held = connection.prepare_cached(
        "SELECT DISTINCT record FROM part WHERE bucket = ?1 AND record > ?2 ORDER BY record LIMIT ?3",
    )?;
    let mut bury = connection.prepare_cached(
        "UPDATE record SET state = ?3
         WHERE record = ?1 AND NOT EXISTS (SELECT 1 FROM part WHERE part.record = ?1 AND part.bucket <> ?2)",
    )?;
    let gone = record_state_code(RecordState::Gone);
    let mut after = i64::MIN;
    loop {
        let records: Vec<i64> =
            held.query_map(params![key, after, STEP as i64], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for record in &records {
            bury.execute(params![record, key, gone])?;
        }
        match records.last() {
            Some(last) => after = *last,
            None => return Ok(()),
        }
    }
}

/// Empties the facts of a month and ends it.
pub(super) fn facts(connection: &Connection, seller: SellerNo, month: Month) -> Done {
    // A month without a record is a range without a number.
    let (first, last): (i64, i64) = connection
        .prepare_cached(
            "INSERT INTO facts_month (seller, month, first, last, ended) VALUES (?1, ?2, ?3, ?4, 1)
             ON CONFLICT (seller, month) DO UPDATE SET ended = 1 RETURNING first, last",
        )?
        .query_row(params![seller.0, month.0, i64::MAX, i64::MIN], |row| Ok((row.get(0)?, row.get(1)?)))?;
    connection
        .prepare_cached(
            "UPDATE record SET facts = x'' WHERE record BETWEEN ?3 AND ?4 AND seller = ?1 AND facts_month = ?2",
        )?
        .execute(params![seller.0, month.0, first, last])?;
    Ok(())
}
