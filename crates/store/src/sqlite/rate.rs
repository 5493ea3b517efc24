//! The machine's limit, to stand beside the store's own speed: the same rows into the same schema with the same syncs,
//! without ledger, signatures, savepoints, queue or checks; and taken out again in the same way.

use std::path::Path;

use bailee_core::retention::Rule;
use bailee_crypto::bucket::Term;
use rusqlite::{Connection, params};

use super::{apply, connection, reads};
use crate::act::{BucketNo, Change, PartRow, RecordNo, RecordRow};
use crate::limits::{SLOT_BITS, bucket_key, place};
use crate::records::StoreError;

/// What a home's database holds, read as the changes that put it there.
pub struct HeldRows {
    connection: Connection,
}

impl HeldRows {
    /// Opens the database of a home. One that is written meanwhile is read as it was at each step.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { connection: connection::reader(path)? })
    }

    /// The records behind a number, in their order, at most so many: each with its parts, their envelopes and terms.
    pub fn after(&self, after: Option<RecordNo>, limit: usize) -> Result<Vec<Vec<Change>>, StoreError> {
        let records = reads::records_after(&self.connection, after, limit)?;
        let with_parts = |record: RecordRow| {
            let parts = reads::parts_of(&self.connection, record.no)?;
            let parts = parts.into_iter().map(|part| self.with_terms(part).map(Change::PutPart));
            [Ok(Change::PutRecord(record))].into_iter().chain(parts).collect()
        };
        records.into_iter().map(with_parts).collect()
    }

    fn with_terms(&self, part: PartRow) -> Result<PartRow, StoreError> {
        let sql = "SELECT terms FROM part WHERE bucket = ?1 AND record = ?2 AND part = ?3";
        let mut select = self.connection.prepare_cached(sql)?;
        let place = params![bucket_key(part.bucket)?, part.record.0, part.part.0];
        let terms: Vec<u8> = select.query_row(place, |row| row.get(0))?;
        let terms = terms.chunks_exact(8).filter_map(|term| term.try_into().ok());
        Ok(PartRow { terms: terms.map(|term| Term(i64::from_le_bytes(term))).collect(), ..part })
    }
}

/// A database that takes rows as they come.
pub struct RawInserter {
    connection: Connection,
}

impl RawInserter {
    /// Opens (or makes) a database for it. Never a home's: its ledger would know nothing of the rows.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { connection: connection::writer(path)? })
    }

    /// Inserts the records and parts among the changes in one transaction with one sync; anything else is passed
    /// over. Returns how many records there were. The caller takes the time.
    pub fn insert(&mut self, changes: &[Change]) -> Result<u64, StoreError> {
        let transaction = self.connection.transaction()?;
        let mut records = 0;
        for change in changes {
            match change {
                Change::PutRecord(row) => {
                    insert_record(&transaction, row)?;
                    records += 1;
                }
                Change::PutPart(row) => insert_part(&transaction, row)?,
                _ => {}
            }
        }
        insert_terms(&transaction, changes)?;
        transaction.commit()?;
        Ok(records)
    }

    /// Deletes what a bucket holds in one transaction with one sync. Returns how many rows that were: parts, envelopes
    /// and terms.
    pub fn delete(&mut self, bucket: BucketNo) -> Result<u64, StoreError> {
        let key = bucket_key(bucket)?;
        let transaction = self.connection.transaction()?;
        let mut deleted = transaction.execute("DELETE FROM term WHERE bucket = ?1", [key])?;
        deleted += transaction.execute("DELETE FROM part WHERE bucket = ?1", [key])?;
        deleted += transaction.execute(
            "DELETE FROM sealed WHERE place >= ?1 AND place < ?2",
            [key << SLOT_BITS, (key + 1) << SLOT_BITS],
        )?;
        transaction.commit()?;
        Ok(deleted as u64)
    }
}

fn insert_record(connection: &Connection, row: &RecordRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO record VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    connection.prepare_cached(sql)?.execute(params![
        row.no.0,
        row.seller.0,
        row.kind.code(),
        row.reference_mac,
        row.id.as_bytes(),
        row.version,
        apply::record_state_code(row.state),
        row.facts_month.0,
        row.content_mac,
        row.facts,
    ])?;
    Ok(())
}

fn insert_part(connection: &Connection, row: &PartRow) -> Result<(), StoreError> {
    let key = bucket_key(row.bucket)?;
    let terms: Vec<u8> = row.terms.iter().flat_map(|term| term.0.to_le_bytes()).collect();
    let sql = "INSERT INTO part VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    connection.prepare_cached(sql)?.execute(params![
        key,
        row.record.0,
        row.part.0,
        row.slot.0,
        row.version,
        row.due.0,
        terms,
        row.exception.map_or(0, Rule::number)
    ])?;
    connection
        .prepare_cached("INSERT INTO sealed VALUES (?1, ?2)")?
        .execute(params![place(key, row.slot), row.envelope])?;
    Ok(())
}

fn insert_terms(connection: &Connection, changes: &[Change]) -> Result<(), StoreError> {
    let mut terms = Vec::new();
    for change in changes {
        if let Change::PutPart(row) = change {
            let key = bucket_key(row.bucket)?;
            terms.extend(row.terms.iter().map(|term| (key, term.0, row.record.0, row.part.0)));
        }
    }
    terms.sort_unstable();
    let mut insert = connection.prepare_cached("INSERT INTO term VALUES (?1, ?2, ?3, ?4)")?;
    for (bucket, term, record, part) in terms {
        insert.execute(params![bucket, term, record, part])?;
    }
    Ok(())
}
