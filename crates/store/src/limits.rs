//! What one act may hold. Checked before it is queued, so that no act can make its whole group fail.

use bailee_core::Day;
use bailee_crypto::bucket::{BucketUse, Slot};

use crate::act::{Act, BucketNo, Change, RecordNo, SellerNo};
use crate::records::StoreError;

/// Bits of a day in a bucket's number: until 2149.
pub(crate) const DAY_BITS: u32 = 16;
/// Bits of a bucket's use: two are in use, two are room.
pub(crate) const USE_BITS: u32 = 2;
/// Bits of a seller's number: two million sellers in one home.
const SELLER_BITS: u32 = 21;
/// Bits of a slot: the depth of a bucket's tree.
pub(crate) const SLOT_BITS: u32 = 24;

/// Most bytes of one sealed value. A field has at most 16 MiB; SQLite ends at 1 GB.
pub(crate) const SEALED_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Most bytes of a home's value, and of the names of values, registers and jobs: all are the program's own.
pub(crate) const TEXT_BYTES_MAX: usize = 1024;

/// A bucket as one number, by which its rows cluster: seller, use, day, from the top.
pub(crate) fn bucket_key(bucket: BucketNo) -> Result<i64, StoreError> {
    let BucketNo { seller: SellerNo(seller), held, day: Day(day) } = bucket;
    if seller >> SELLER_BITS != 0 || day < 0 || day >> DAY_BITS != 0 {
        return Err(OUT_OF_RANGE);
    }
    let held = match held {
        BucketUse::Order => 0,
        BucketUse::Quarantine => 1,
    };
    Ok((i64::from(seller) << (USE_BITS + DAY_BITS)) | (held << DAY_BITS) | i64::from(day))
}

/// The bucket of a number.
pub(crate) fn bucket_of(key: i64) -> Option<BucketNo> {
    let held = match (key >> DAY_BITS) & ((1 << USE_BITS) - 1) {
        0 => BucketUse::Order,
        1 => BucketUse::Quarantine,
        _ => return None,
    };
    let seller = u32::try_from(key >> (USE_BITS + DAY_BITS)).ok()?;
    let day = i32::try_from(key & ((1 << DAY_BITS) - 1)).ok()?;
    Some(BucketNo { seller: SellerNo(seller), held, day: Day(day) })
}

/// Where an envelope lies: its bucket and slot as one number, so that a bucket's envelopes are one range.
pub(crate) fn place(bucket_key: i64, slot: Slot) -> i64 {
    (bucket_key << SLOT_BITS) | i64::from(slot.0)
}

const OUT_OF_RANGE: StoreError = StoreError::Unusable("out-of-range");

/// Refuses an act that no store could hold.
pub(crate) fn check(act: &Act) -> Result<(), StoreError> {
    act.changes.iter().try_for_each(check_change)
}

fn check_change(change: &Change) -> Result<(), StoreError> {
    match change {
        Change::PutRecord(row) => {
            number(row.no)?;
            version(row.version)?;
            sealed(&row.facts)
        }
        Change::PutPart(row) => {
            bucket_key(row.bucket)?;
            slot(row.slot)?;
            version(row.version)?;
            sealed(&row.envelope)
        }
        Change::PutQuarantine(row) => {
            bucket_key(row.bucket)?;
            slot(row.slot)?;
            sealed(&row.envelope)
        }
        Change::OpenBucket(bucket)
        | Change::SweepBucket(bucket)
        | Change::SweepSome { bucket, .. }
        | Change::ExpectHeld { bucket, .. }
        | Change::SetDue { bucket, .. }
        | Change::DeletePart { bucket, .. }
        | Change::DeleteQuarantine { bucket, .. }
        | Change::SetBucketState { bucket, .. } => bucket_key(*bucket).map(drop),
        Change::PutRegister(row) => {
            text(&row.register)?;
            version(row.version)?;
            sealed(&row.sealed)
        }
        Change::PutDetail(row) => sealed(&row.sealed),
        Change::DeleteRegister { register, .. } => text(register),
        Change::AddSeller { no, .. } if no.0 == 0 || no.0 >> SELLER_BITS != 0 => Err(OUT_OF_RANGE),
        Change::SetMeta { name, value } => text(name).and(text(value)),
        Change::SetAnchor(anchor) if i64::try_from(anchor.revision).is_err() => Err(OUT_OF_RANGE),
        Change::AddSeller { .. }
        | Change::SetAnchor(_)
        | Change::ExpectAccess(_)
        | Change::MoveAccess(_)
        | Change::SweepFacts { .. }
        | Change::LoseFacts { .. }
        | Change::SweepDetails(_) => Ok(()),
    }
}

fn number(no: RecordNo) -> Result<(), StoreError> {
    if no.0 > 0 { Ok(()) } else { Err(OUT_OF_RANGE) }
}

fn version(version: u32) -> Result<(), StoreError> {
    if version > 0 { Ok(()) } else { Err(OUT_OF_RANGE) }
}

fn slot(slot: Slot) -> Result<(), StoreError> {
    if slot.0 >> SLOT_BITS == 0 { Ok(()) } else { Err(OUT_OF_RANGE) }
}

fn sealed(bytes: &[u8]) -> Result<(), StoreError> {
    if bytes.len() <= SEALED_BYTES_MAX { Ok(()) } else { Err(StoreError::Unusable("too-big")) }
}

/// Refuses a name or value that is too long.
pub(crate) fn text(text: &str) -> Result<(), StoreError> {
    if text.len() <= TEXT_BYTES_MAX { Ok(()) } else { Err(StoreError::Unusable("too-big")) }
}

/// About how much memory an act takes while it waits, in bytes.
pub(crate) fn weight(act: &Act) -> usize {
    let changes: usize = act.changes.iter().map(change_weight).sum();
    size_of::<Act>() + changes
}

fn change_weight(change: &Change) -> usize {
    let outside = match change {
        Change::PutRecord(row) => row.facts.len(),
        Change::PutPart(row) => row.envelope.len() + row.terms.len() * size_of::<i64>(),
        Change::PutQuarantine(row) => row.envelope.len(),
        Change::PutRegister(row) => row.sealed.len(),
        Change::PutDetail(row) => row.sealed.len(),
        _ => 0,
    };
    size_of::<Change>() + outside
}

/// Whether an act can touch a whole bucket or month: it gets a transaction of its own.
pub(crate) fn sweeps(act: &Act) -> bool {
    act.changes.iter().any(|change| matches!(change, Change::SweepBucket(_) | Change::SweepFacts { .. }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bucket(seller: u32, held: BucketUse, day: i32) -> BucketNo {
        BucketNo { seller: SellerNo(seller), held, day: Day(day) }
    }

    proptest! {
        #[test]
        fn a_bucket_survives_its_number(seller in 0u32..1 << 21, day in 0i32..1 << 16, quarantine: bool, slot in 0u32..1 << 24) {
            let one = bucket(seller, if quarantine { BucketUse::Quarantine } else { BucketUse::Order }, day);
            let key = bucket_key(one).unwrap();
            prop_assert_eq!(bucket_of(key), Some(one));
            prop_assert_eq!(place(key, Slot(slot)) >> SLOT_BITS, key);
            prop_assert!(place(key, Slot(slot)) >= 0);
        }
    }

    #[test]
    fn a_bucket_has_limits_at_both_ends() {
        let last = bucket(SELLER_MAX, BucketUse::Quarantine, (1 << DAY_BITS) - 1);
        assert!(bucket_key(last).is_ok());
        for beyond in [
            bucket(SELLER_MAX + 1, BucketUse::Order, 0),
            bucket(1, BucketUse::Order, 1 << DAY_BITS),
            bucket(1, BucketUse::Order, -1),
        ] {
            assert_eq!(bucket_key(beyond), Err(OUT_OF_RANGE));
        }
    }

    const SELLER_MAX: u32 = (1 << SELLER_BITS) - 1;

    #[test]
    fn values_have_a_limit() {
        let act = |value: String| Act {
            changes: vec![Change::SetMeta { name: "now".into(), value }],
            ..Act::default()
        };
        assert_eq!(check(&act("x".repeat(TEXT_BYTES_MAX))), Ok(()));
        assert_eq!(check(&act("x".repeat(TEXT_BYTES_MAX + 1))), Err(StoreError::Unusable("too-big")));
    }
}
