//! The end of a bucket, or of a month's facts: rows by the million.
//!
//! A bucket's last act sweeps the whole of what is left, so that nothing stays behind its completion. Before that, most of
//! it goes in steps of some thousand rows: a single act of millions would keep every reveal waiting for seconds, since
//! each writes its event first. The whole runs in a transaction of its own without a savepoint, which would keep
//! every page that it changes in memory; what is read here is read in steps.

use bailee_core::Month;
use rusqlite::{Connection, OptionalExtension, params};

use super::apply::{Done, record_state_code};
use crate::act::{RecordState, SellerNo};
use crate::limits::SLOT_BITS;
use crate::records::StoreError;

/// Records looked at in one step: memory is bounded by it.
const STEP: usize = 4096;

/// Whether a bucket holds so many parts and quarantined items, as it was before this act.
pub(super) fn holds(
    connection: &Connection,
    key: i64,
    (parts, quarantined): (u64, u64),
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM bucket WHERE bucket = ?1 AND parts = ?2 AND quarantined = ?3";
    Ok(connection.prepare_cached(sql)?.exists(params![key, parts, quarantined])?)
}

/// Deletes all that a bucket holds and makes tombstones of records that have no part elsewhere.
pub(super) fn bucket(connection: &Connection, key: i64) -> Done {
    make_tombstones(connection, key, i64::MAX)?;
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

/// Deletes about so many rows of a bucket, of one table after the other. Returns how many of them were parts.
pub(super) fn some(connection: &Connection, key: i64, rows: u32) -> Result<i64, StoreError> {
    if terms(connection, key, rows)? || envelopes(connection, key, rows)? {
        return Ok(0);
    }
    parts(connection, key, rows)
}

/// Deletes a bucket's first terms; whether there were any.
fn terms(connection: &Connection, key: i64, rows: u32) -> Result<bool, StoreError> {
    let sql =
        "SELECT term, record, part FROM term WHERE bucket = ?1 ORDER BY term, record, part LIMIT 1 OFFSET ?2";
    let next: Option<(i64, i64, i64)> = connection
        .prepare_cached(sql)?
        .query_row(params![key, rows], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let deleted = match next {
        Some((term, record, part)) => connection
            .prepare_cached("DELETE FROM term WHERE bucket = ?1 AND (term, record, part) < (?2, ?3, ?4)")?
            .execute([key, term, record, part])?,
        None => connection.prepare_cached("DELETE FROM term WHERE bucket = ?1")?.execute([key])?,
    };
    Ok(deleted > 0)
}

/// Deletes a bucket's first envelopes; whether there were any.
fn envelopes(connection: &Connection, key: i64, rows: u32) -> Result<bool, StoreError> {
    let (first, end) = (key << SLOT_BITS, (key + 1) << SLOT_BITS);
    let sql = "SELECT place FROM sealed WHERE place >= ?1 AND place < ?2 ORDER BY place LIMIT 1 OFFSET ?3";
    let next: Option<i64> =
        connection.prepare_cached(sql)?.query_row(params![first, end, rows], |row| row.get(0)).optional()?;
    let deleted = connection
        .prepare_cached("DELETE FROM sealed WHERE place >= ?1 AND place < ?2")?
        .execute([first, next.unwrap_or(end)])?;
    Ok(deleted > 0)
}

/// Deletes the parts of a bucket's first records, which become tombstones where they have none elsewhere.
fn parts(connection: &Connection, key: i64, rows: u32) -> Result<i64, StoreError> {
    let sql = "SELECT record FROM part WHERE bucket = ?1 ORDER BY record LIMIT 1 OFFSET ?2";
    let next: Option<i64> =
        connection.prepare_cached(sql)?.query_row(params![key, rows], |row| row.get(0)).optional()?;
    let mut delete = connection.prepare_cached("DELETE FROM part WHERE bucket = ?1 AND record < ?2")?;
    let mut until = |end: i64| {
        make_tombstones(connection, key, end)?;
        Ok::<_, StoreError>(delete.execute([key, end])?)
    };
    let deleted = match until(next.unwrap_or(i64::MAX))? {
        // A single record has more parts than that.
        0 => until(i64::MAX)?,
        deleted => deleted,
    };
    Ok(i64::try_from(deleted).unwrap_or(i64::MAX))
}

/// Of the records of a bucket below `end`.
fn make_tombstones(connection: &Connection, key: i64, end: i64) -> Done {
    let mut held = connection.prepare_cached(
        "SELECT DISTINCT record FROM part WHERE bucket = ?1 AND record > ?2 AND record < ?4 ORDER BY record LIMIT ?3",
    )?;
    let mut bury = connection.prepare_cached(
        "UPDATE record SET state = ?3
         WHERE record = ?1 AND NOT EXISTS (SELECT 1 FROM part WHERE part.record = ?1 AND part.bucket <> ?2)",
    )?;
    let gone = record_state_code(RecordState::Gone);
    let mut after = i64::MIN;
    loop {
        let records: Vec<i64> = held
            .query_map(params![key, after, STEP as i64, end], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
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
    empty_facts(connection, seller, month, (first, last))
}

/// Empties the facts of a month that goes on.
pub(super) fn lose_facts(connection: &Connection, seller: SellerNo, month: Month) -> Done {
    let sql = "SELECT first, last FROM facts_month WHERE seller = ?1 AND month = ?2";
    let range = connection
        .prepare_cached(sql)?
        .query_row(params![seller.0, month.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    range.map_or(Ok(()), |range| empty_facts(connection, seller, month, range))
}

fn empty_facts(connection: &Connection, seller: SellerNo, month: Month, (first, last): (i64, i64)) -> Done {
    connection
        .prepare_cached(
            "UPDATE record SET facts = x'' WHERE record BETWEEN ?3 AND ?4 AND seller = ?1 AND facts_month = ?2",
        )?
        .execute(params![seller.0, month.0, first, last])?;
    Ok(())
}
