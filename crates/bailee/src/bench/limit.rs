//! The machine's limits: the same rows inserted and deleted raw, the same bytes sealed raw, the same documents parsed, and a
//! sync of the disk. Each on one core, with as little around it as there can be.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk};
use bailee_core::catalogue::Catalogue;
use bailee_intake::format::Formats;
use bailee_intake::reader::{Item, Reader, Request};
use bailee_intake::verify;
use bailee_store::act::{BucketNo, Change, RecordNo};
use bailee_store::sqlite::rate::{HeldRows, RawInserter};
use bailee_vault::collect::{BATCH_BYTES_MAX, BATCH_DOCUMENTS_MAX};

use super::figure::{Measure, Unit};
use super::orders::{Order, Orders};
use super::progress::Progress;
use super::trivial;
use crate::failure::{Failure, Result};

/// How often the disk is synced.
const SYNCS: usize = 200;
/// Documents that are parsed, at most.
const PARSED_MAX: u64 = 100_000;

/// Inserts the first rows of a home into a database of their own: as many to a sync as a collect has, each record with its
/// parts. Only the inserting is timed.
pub(super) fn insert(home: &Path, raw: &Path, records: u64) -> Result<Measure> {
    let rows = HeldRows::open(&home.join("store.db")).map_err(Failure::failed)?;
    let mut inserter = RawInserter::open(raw).map_err(Failure::failed)?;
    let bar = Progress::of("inserting the same rows raw", records);
    let (mut inserted, mut took, mut after) = (0, Duration::ZERO, None);
    while inserted < records {
        let left = usize::try_from(records - inserted).unwrap_or(usize::MAX);
        let batch = rows.after(after, left.min(BATCH_DOCUMENTS_MAX)).map_err(Failure::failed)?;
        let Some(last) = batch.last().and_then(|record| number(record)) else { break };
        after = Some(last);
        let changes: Vec<Change> = batch.into_iter().flatten().collect();
        let begun = Instant::now();
        inserted += inserter.insert(&changes).map_err(Failure::failed)?;
        took += begun.elapsed();
        bar.at(inserted);
    }
    Ok(Measure::rate("the same rows inserted raw", Unit::Orders, inserted, took))
}

fn number(record: &[Change]) -> Option<RecordNo> {
    record.iter().find_map(|change| match change {
        Change::PutRecord(row) => Some(row.no),
        _ => None,
    })
}

/// Deletes a bucket from the database that [`insert`] has filled.
pub(super) fn delete(raw: &Path, bucket: BucketNo) -> Result<Measure> {
    let mut inserter = RawInserter::open(raw).map_err(Failure::failed)?;
    Measure::of("rows of the same kind deleted raw", Unit::Rows, || {
        inserter.delete(bucket).map_err(Failure::failed)
    })
}

/// Seals the personal fields of orders, each under a key that is derived for its record.
pub(super) fn seal(records: u64) -> Result<Measure> {
    let texts: Vec<Vec<u8>> = Order::of(1).values().into_iter().map(String::into_bytes).collect();
    let mut buffers = texts.clone();
    let prk = Prk::new_less_safe(HKDF_SHA256, &[7; 32]);
    Measure::of("the same fields sealed raw (HKDF, AES-256-GCM), one core", Unit::Orders, || {
        for number in 0..records {
            let cipher = derived(&prk, number)?;
            for ((buffer, text), position) in buffers.iter_mut().zip(&texts).zip(0_u32..) {
                buffer.copy_from_slice(text);
                let mut nonce = [0; 12];
                nonce.iter_mut().zip(position.to_be_bytes()).for_each(|(to, from)| *to = from);
                let nonce = Nonce::assume_unique_for_key(nonce);
                let tag = cipher.seal_in_place_separate_tag(nonce, Aad::empty(), buffer);
                let _ = black_box(tag.map_err(|_| unsealed())?);
            }
        }
        Ok(records)
    })
}

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        32
    }
}

/// The key of a record.
fn derived(prk: &Prk, number: u64) -> Result<LessSafeKey> {
    let (mut key, info) = ([0; 32], number.to_be_bytes());
    let filled = prk.expand(&[&info], Length).and_then(|derived| derived.fill(&mut key));
    filled.map_err(|_| unsealed())?;
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).map_err(|_| unsealed())?))
}

fn unsealed() -> Failure {
    Failure::failed("AES-256-GCM and HKDF do not work here")
}

/// Parses orders: into serde's own value, and as the reader does.
pub(super) fn parse(orders: &Orders, records: u64) -> Result<[Measure; 2]> {
    let count = records.min(PARSED_MAX);
    let mut text = String::new();
    (0..count).for_each(|number| orders.line(number, &mut text));
    let raw = Measure::of("the same documents parsed by serde_json, one core", Unit::Orders, || {
        for line in text.lines() {
            let value: serde_json::Value = serde_json::from_str(line).map_err(|_| unread())?;
            black_box(value);
        }
        Ok(count)
    })?;
    let ours =
        Measure::of("the same documents framed and parsed by our reader, one core", Unit::Orders, || {
            read(text.into_bytes())
        })?;
    Ok([raw, ours])
}

/// Frames and parses as a collect does; how many there were.
fn read(input: Vec<u8>) -> Result<u64> {
    let formats = Formats::embedded().map_err(Failure::failed)?;
    let catalogue = Catalogue::embedded().map_err(Failure::failed)?;
    let input = Box::new(std::io::Cursor::new(input));
    let mut reader = Reader::open(input, &formats, Request::default()).map_err(|_| unread())?;
    let form = reader.form().clone();
    let mut count = 0;
    loop {
        let batch = reader.next_batch(BATCH_DOCUMENTS_MAX, BATCH_BYTES_MAX).map_err(|_| unread())?;
        if batch.is_empty() {
            return Ok(count);
        }
        for item in batch {
            let Item::Document(raw) = item else { continue };
            black_box(verify::mapped(raw.bytes.expose(), &form, &catalogue).map_err(|_| unread())?);
            count += 1;
        }
    }
}

fn unread() -> Failure {
    Failure::failed("the orders of the bench cannot be read")
}

/// Writes a page and waits for the disk, again and again.
pub(super) fn sync(path: &Path) -> Result<Measure> {
    let mut file = trivial::open(path)?;
    let mut took = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let begun = Instant::now();
        trivial::sync(&mut file).map_err(|error| Failure::file(path, &error))?;
        took.push(begun.elapsed());
    }
    Ok(Measure::latencies("a page written and synced (fdatasync)", took))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_do_what_they_are_named_for() {
        let orders = Orders::new(50).unwrap();
        let [raw, ours] = parse(&orders, 50).unwrap();
        assert_eq!((raw.count, ours.count), (50, 50));
        assert_eq!(seal(50).unwrap().count, 50);
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(sync(&directory.path().join("page")).unwrap().count, SYNCS as u64);
    }
}
