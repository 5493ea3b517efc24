//! The machine's limits: the same rows inserted raw, with the same syncs, and the same bytes sealed raw.

use std::collections::HashMap;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use bailee_core::PartNo;
use bailee_crypto::bucket::{BucketUse, Term};
use bailee_store::act::{Change, PartRow, RecordNo};
use bailee_store::records::Store;
use bailee_store::sqlite::rate::RawInserter;
use bailee_vault::collect::BATCH_DOCUMENTS_MAX;
use rusqlite::{Connection, OpenFlags};

use super::Figure;
use crate::failure::{Failure, Result};

/// Rows read from the store at a time.
const PAGE: usize = 4096;

/// Measures the limits on the rows that a collect has left in the store.
pub(super) fn measure(store: &dyn Store, database: &Path, raw: &Path) -> Result<Vec<Figure>> {
    let rows = rows(store, &terms(database)?)?;
    let mut inserter = RawInserter::open(raw).map_err(Failure::failed)?;
    let insert = Figure::of("the same rows inserted raw", || {
        // As many to a sync as a collect has, each record with its parts.
        rows.chunks(BATCH_DOCUMENTS_MAX).try_fold(0, |inserted, batch| {
            let changes: Vec<Change> = batch.iter().flatten().cloned().collect();
            Ok(inserted + inserter.insert(&changes).map_err(Failure::failed)?)
        })
    })?;
    Ok(vec![insert, seal(&rows)?])
}

/// The index terms of every part, which the store itself does not give out.
fn terms(database: &Path) -> Result<HashMap<(i64, u16), Vec<Term>>> {
    let unreadable = |_| Failure::failed("the store of the bench cannot be read");
    let connection =
        Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(unreadable)?;
    let mut select = connection.prepare("SELECT record, part, term FROM term").map_err(unreadable)?;
    let rows = select
        .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), Term(row.get(2)?))))
        .map_err(unreadable)?;
    let mut terms: HashMap<(i64, u16), Vec<Term>> = HashMap::new();
    for row in rows {
        let (part, term) = row.map_err(unreadable)?;
        terms.entry(part).or_default().push(term);
    }
    Ok(terms)
}

/// Every record with its parts, in the order of their records: each as the changes that put it there.
fn rows(store: &dyn Store, terms: &HashMap<(i64, u16), Vec<Term>>) -> Result<Vec<Vec<Change>>> {
    let mut parts: Vec<PartRow> = Vec::new();
    let buckets = store.buckets().map_err(Failure::failed)?;
    for summary in buckets.iter().filter(|summary| summary.bucket.held == BucketUse::Order) {
        let mut after: Option<(RecordNo, PartNo)> = None;
        loop {
            let page = store.parts(summary.bucket, after, PAGE).map_err(Failure::failed)?;
            let Some(last) = page.last() else { break };
            after = Some((last.record, last.part));
            parts.extend(page);
        }
    }
    parts.sort_by_key(|part| (part.record, part.part));
    let mut rows: Vec<Vec<Change>> = Vec::new();
    let mut current = None;
    for mut part in parts {
        part.terms = terms.get(&(part.record.0, part.part.0)).cloned().unwrap_or_default();
        if current != Some(part.record) {
            current = Some(part.record);
            let record = store.record_by_no(part.record).map_err(Failure::failed)?;
            rows.push(record.map(Change::PutRecord).into_iter().collect());
        }
        if let Some(record) = rows.last_mut() {
            record.push(Change::PutPart(part));
        }
    }
    Ok(rows)
}

/// Seals as many bytes as the parts have, under a fresh key each, on one core.
fn seal(rows: &[Vec<Change>]) -> Result<Figure> {
    let lengths: Vec<usize> = rows
        .iter()
        .flatten()
        .filter_map(|change| match change {
            Change::PutPart(part) => Some(part.envelope.len()),
            _ => None,
        })
        .collect();
    let mut buffer = vec![0; lengths.iter().copied().max().unwrap_or(0)];
    Figure::of("the same bytes sealed raw, one core", || {
        let mut key = [0; 32];
        for (number, length) in lengths.iter().enumerate() {
            key.iter_mut().zip(number.to_le_bytes()).for_each(|(to, from)| *to = from);
            let failed = |_| Failure::failed("AES-256-GCM does not work here");
            let sealing = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).map_err(failed)?);
            let bytes = buffer.get_mut(..*length).unwrap_or_default();
            let nonce = Nonce::assume_unique_for_key([0; 12]);
            let tag = sealing.seal_in_place_separate_tag(nonce, Aad::empty(), bytes).map_err(failed)?;
            let _ = std::hint::black_box(tag);
        }
        Ok(lengths.len() as u64)
    })
}
