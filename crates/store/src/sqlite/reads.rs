//! What `Records` and `Registers` ask, as queries.

use bailee_core::retention::Rule;
use bailee_core::{Commitment, Day, Kind, Month, PartNo, RecordId, SellerId};
use bailee_crypto::bucket::{Slot, Term};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, OptionalExtension, Row, params};

use super::apply::bucket_state_of;
use crate::act::{BucketNo, PartRow, QuarantineRow, RecordNo, RecordRow, RecordState, RegisterRow, SellerNo};
use crate::limits::bucket_of;
use crate::records::{BucketSummary, StoreError};

type Read<T> = Result<T, StoreError>;

macro_rules! select_record {
    ($where:literal) => {
        concat!(
            "SELECT record, seller, kind, reference_mac, id, version, state, facts_month, content_mac, facts FROM record ",
            $where
        )
    };
}

macro_rules! select_part {
    ($where:literal) => {
        select_part!("", $where)
    };
    ($index:literal, $where:literal) => {
        concat!(
            "SELECT bucket, record, part, slot, version, due, exception, envelope
             FROM part ",
            $index,
            " JOIN sealed ON sealed.place = (part.bucket << 24 | part.slot) ",
            $where
        )
    };
}

macro_rules! select_quarantined {
    ($where:literal) => {
        concat!(
            "SELECT bucket, id, slot, envelope
             FROM quarantined JOIN sealed ON sealed.place = (quarantined.bucket << 24 | quarantined.slot) ",
            $where
        )
    };
}

pub(super) fn records(
    connection: &Connection,
    seller: SellerNo,
    kind: Kind,
    reference_macs: &[[u8; 16]],
) -> Read<Vec<Option<RecordRow>>> {
    let sql = select_record!("WHERE seller = ?1 AND kind = ?2 AND reference_mac = ?3");
    let mut select = connection.prepare_cached(sql)?;
    let mut find =
        |mac: &[u8; 16]| select.query_row(params![seller.0, kind.code(), mac], record_row).optional();
    Ok(reference_macs.iter().map(&mut find).collect::<Result<_, _>>()?)
}

pub(super) fn record_by_id(connection: &Connection, id: RecordId) -> Read<Option<RecordRow>> {
    let mut select = connection.prepare_cached(select_record!("WHERE id = ?1"))?;
    Ok(select.query_row([id.as_bytes()], record_row).optional()?)
}

pub(super) fn record_by_no(connection: &Connection, no: RecordNo) -> Read<Option<RecordRow>> {
    let mut select = connection.prepare_cached(select_record!("WHERE record = ?1"))?;
    Ok(select.query_row([no.0], record_row).optional()?)
}

pub(super) fn records_after(
    connection: &Connection,
    after: Option<RecordNo>,
    limit: usize,
) -> Read<Vec<RecordRow>> {
    let after = after.map_or(i64::MIN, |no| no.0);
    let mut select =
        connection.prepare_cached(select_record!("WHERE record > ?1 ORDER BY record LIMIT ?2"))?;
    let rows = select.query_map(params![after, rows_max(limit)], record_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn part(
    connection: &Connection,
    bucket: i64,
    record: RecordNo,
    part: PartNo,
) -> Read<Option<PartRow>> {
    let sql = select_part!("WHERE bucket = ?1 AND record = ?2 AND part = ?3");
    let mut select = connection.prepare_cached(sql)?;
    Ok(select.query_row(params![bucket, record.0, part.0], part_row).optional()?)
}

/// Parts of a bucket, from after one of them.
pub(super) fn parts(
    connection: &Connection,
    bucket: i64,
    after: Option<(RecordNo, PartNo)>,
    limit: usize,
) -> Read<Vec<PartRow>> {
    let sql = select_part!("WHERE bucket = ?1 AND (record, part) > (?2, ?3) ORDER BY record, part LIMIT ?4");
    page_of_parts(connection, sql, bucket, after, limit)
}

/// Reads those alone that are due later than their bucket.
pub(super) fn late_parts(
    connection: &Connection,
    bucket: i64,
    after: Option<(RecordNo, PartNo)>,
    limit: usize,
) -> Read<Vec<PartRow>> {
    // Named, since SQLite takes the primary key for as good; and as the index says it, or it cannot be used.
    let sql = select_part!(
        "INDEXED BY part_late",
        "WHERE due > (bucket & 65535) AND bucket = ?1 AND (record, part) > (?2, ?3) ORDER BY record, part LIMIT ?4"
    );
    page_of_parts(connection, sql, bucket, after, limit)
}

fn page_of_parts(
    connection: &Connection,
    sql: &str,
    bucket: i64,
    after: Option<(RecordNo, PartNo)>,
    limit: usize,
) -> Read<Vec<PartRow>> {
    // Parts count from 0: before the first one is -1.
    let (record, part) = after.map_or((i64::MIN, -1), |(record, part)| (record.0, i32::from(part.0)));
    let mut select = connection.prepare_cached(sql)?;
    let rows = select.query_map(params![bucket, record, part, rows_max(limit)], part_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every part of a record, of whichever bucket.
pub(super) fn parts_of(connection: &Connection, record: RecordNo) -> Read<Vec<PartRow>> {
    let mut select = connection.prepare_cached(select_part!("WHERE record = ?1 ORDER BY part"))?;
    let rows = select.query_map([record.0], part_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn records_in(connection: &Connection, bucket: i64) -> Read<u64> {
    let sql = "SELECT coalesce((SELECT parts FROM bucket WHERE bucket = ?1), 0)
                    - (SELECT count(*) FROM part WHERE bucket = ?1 AND part > 0)";
    Ok(connection.prepare_cached(sql)?.query_row([bucket], |row| row.get(0))?)
}

pub(super) fn holds_rows(connection: &Connection, bucket: i64) -> Read<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM term WHERE bucket = ?1)
                   OR EXISTS (SELECT 1 FROM part WHERE bucket = ?1)
                   OR EXISTS (SELECT 1 FROM sealed WHERE place >= ?1 << 24 AND place < (?1 + 1) << 24)";
    Ok(connection.prepare_cached(sql)?.query_row([bucket], |row| row.get(0))?)
}

pub(super) fn hits(connection: &Connection, bucket: i64, term: Term, limit: usize) -> Read<Vec<RecordNo>> {
    let sql = "SELECT DISTINCT record FROM term WHERE bucket = ?1 AND term = ?2 ORDER BY record LIMIT ?3";
    let mut select = connection.prepare_cached(sql)?;
    let rows = select.query_map(params![bucket, term.0, rows_max(limit)], |row| Ok(RecordNo(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn buckets(connection: &Connection) -> Read<Vec<BucketSummary>> {
    let sql = "SELECT bucket, state, parts, quarantined FROM bucket ORDER BY bucket";
    let mut select = connection.prepare_cached(sql)?;
    let rows = select.query_map([], |row| {
        let state = bucket_state_of(row.get(1)?).ok_or_else(|| unknown(1))?;
        Ok(BucketSummary { bucket: bucket_no(row, 0)?, state, parts: row.get(2)?, quarantined: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn exceptions(connection: &Connection) -> Read<Vec<(BucketNo, Rule, u64)>> {
    let sql = "SELECT bucket, exception, count(*) FROM part WHERE exception > 0 GROUP BY bucket, exception";
    let mut select = connection.prepare_cached(sql)?;
    let rows = select.query_map([], |row| {
        let rule = exception(row, 1)?.ok_or_else(|| unknown(1))?;
        Ok((bucket_no(row, 0)?, rule, row.get(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Walks the places of a bucket's envelopes, which lie in one range.
pub(super) fn slots(connection: &Connection, bucket: i64, from: Slot, limit: usize) -> Read<Vec<Slot>> {
    let sql = "SELECT place & 16777215 FROM sealed
               WHERE place >= (?1 << 24) + ?2 AND place < (?1 + 1) << 24 ORDER BY place LIMIT ?3";
    let mut select = connection.prepare_cached(sql)?;
    let rows = select.query_map(params![bucket, from.0, rows_max(limit)], |row| Ok(Slot(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn facts_months(connection: &Connection) -> Read<Vec<(SellerNo, Month)>> {
    let sql = "SELECT seller, month FROM facts_month WHERE ended = 0 ORDER BY seller, month";
    let mut select = connection.prepare_cached(sql)?;
    let rows = select.query_map([], |row| Ok((SellerNo(row.get(0)?), Month(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn detail_months(connection: &Connection) -> Read<Vec<Month>> {
    let mut select = connection.prepare_cached("SELECT DISTINCT month FROM detail ORDER BY month")?;
    let rows = select.query_map([], |row| Ok(Month(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn quarantine(
    connection: &Connection,
    seller: Option<SellerNo>,
    after: Option<RecordId>,
    limit: usize,
) -> Read<Vec<QuarantineRow>> {
    // Ids grow with time. No id lies past 17 bytes of 0xff.
    let after: &[u8] = after.as_ref().map_or(&[0xff; 17], |id| id.as_bytes());
    let limit = rows_max(limit);
    let rows = match seller {
        Some(seller) => connection
            .prepare_cached(select_quarantined!("WHERE seller = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3"))?
            .query_map(params![seller.0, after, limit], quarantine_row)?
            .collect::<Result<_, _>>()?,
        None => connection
            .prepare_cached(select_quarantined!("WHERE id < ?1 ORDER BY id DESC LIMIT ?2"))?
            .query_map(params![after, limit], quarantine_row)?
            .collect::<Result<_, _>>()?,
    };
    Ok(rows)
}

pub(super) fn quarantined(connection: &Connection, id: RecordId) -> Read<Option<QuarantineRow>> {
    let mut select = connection.prepare_cached(select_quarantined!("WHERE id = ?1"))?;
    Ok(select.query_row([id.as_bytes()], quarantine_row).optional()?)
}

pub(super) fn sellers(connection: &Connection) -> Read<Vec<(SellerNo, SellerId)>> {
    let mut select = connection.prepare_cached("SELECT seller, id FROM seller ORDER BY seller")?;
    let rows = select.query_map([], |row| {
        let id: String = row.get(1)?;
        Ok((SellerNo(row.get(0)?), id.parse().map_err(|_| unknown(1))?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn entry(connection: &Connection, register: &str, id: RecordId) -> Read<Option<RegisterRow>> {
    let sql = "SELECT register, id, version, sealed FROM register WHERE register = ?1 AND id = ?2";
    let mut select = connection.prepare_cached(sql)?;
    Ok(select.query_row(params![register, id.as_bytes()], register_row).optional()?)
}

pub(super) fn entries(connection: &Connection, register: &str) -> Read<Vec<RegisterRow>> {
    let sql = "SELECT register, id, version, sealed FROM register WHERE register = ?1 ORDER BY id";
    let mut select = connection.prepare_cached(sql)?;
    let rows = select.query_map([register], register_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The name under which the version of the rules of access is kept.
pub(super) const ACCESS_VERSION: &str = "access-version";

pub(super) fn access_version(connection: &Connection) -> Read<u64> {
    let version = meta(connection, ACCESS_VERSION)?;
    version.map_or(Ok(0), |text| text.parse().map_err(|_| StoreError::Damaged))
}

pub(super) fn meta(connection: &Connection, name: &str) -> Read<Option<String>> {
    let mut select = connection.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    Ok(select.query_row([name], |row| row.get(0)).optional()?)
}

pub(super) fn detail(connection: &Connection, month: Month, commitment: Commitment) -> Read<Option<Vec<u8>>> {
    let sql = "SELECT sealed FROM detail WHERE month = ?1 AND commitment = ?2";
    let mut select = connection.prepare_cached(sql)?;
    Ok(select.query_row(params![month.0, commitment.0], |row| row.get(0)).optional()?)
}

fn record_row(row: &Row<'_>) -> Result<RecordRow, Error> {
    Ok(RecordRow {
        no: RecordNo(row.get(0)?),
        seller: SellerNo(row.get(1)?),
        kind: Kind::from_code(row.get(2)?).ok_or_else(|| unknown(2))?,
        reference_mac: row.get(3)?,
        id: RecordId(row.get(4)?),
        version: row.get(5)?,
        state: if row.get(6)? { RecordState::Gone } else { RecordState::Live },
        facts_month: Month(row.get(7)?),
        content_mac: row.get(8)?,
        facts: row.get(9)?,
    })
}

fn part_row(row: &Row<'_>) -> Result<PartRow, Error> {
    Ok(PartRow {
        bucket: bucket_no(row, 0)?,
        record: RecordNo(row.get(1)?),
        part: PartNo(row.get(2)?),
        slot: Slot(row.get(3)?),
        version: row.get(4)?,
        due: Day(row.get(5)?),
        exception: exception(row, 6)?,
        envelope: row.get(7)?,
        terms: Vec::new(),
    })
}

/// The rule of a part's exception: 0 is none.
fn exception(row: &Row<'_>, column: usize) -> Result<Option<Rule>, Error> {
    match row.get(column)? {
        0 => Ok(None),
        number => Rule::of_number(number).map(Some).ok_or_else(|| unknown(column)),
    }
}

fn quarantine_row(row: &Row<'_>) -> Result<QuarantineRow, Error> {
    Ok(QuarantineRow {
        bucket: bucket_no(row, 0)?,
        id: RecordId(row.get(1)?),
        slot: Slot(row.get(2)?),
        envelope: row.get(3)?,
    })
}

fn register_row(row: &Row<'_>) -> Result<RegisterRow, Error> {
    Ok(RegisterRow {
        register: row.get(0)?,
        id: RecordId(row.get(1)?),
        version: row.get(2)?,
        sealed: row.get(3)?,
    })
}

fn bucket_no(row: &Row<'_>, column: usize) -> Result<BucketNo, Error> {
    bucket_of(row.get(column)?).ok_or_else(|| unknown(column))
}

/// A stored number that names nothing. Becomes [`StoreError::Damaged`].
fn unknown(column: usize) -> Error {
    Error::InvalidColumnType(column, String::new(), Type::Integer)
}

fn rows_max(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
