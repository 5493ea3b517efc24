//! A segment: the keys of one bucket, one seller's facts of a month, one month's details or requests, in a file of its own.
//!
//! Each writing of a segment has a new random name and a new key; the head alone knows both. So a file is never
//! changed, and once the head that names it is gone it is noise.

use bailee_core::{Day, Entropy, Month, SellerId};
use zeroize::Zeroizing;

use crate::bucket::{BucketId, BucketKeys, BucketUse};
use crate::envelope::SealingKey;
use crate::kdf::{open_box, seal_box, sha256};
use crate::lasting::Binding;
use crate::secret::{Key, random};
use crate::wire::{Malformed, Reader, put_short};

/// The first bytes of a segment's file, and its version.
const MAGIC: &[u8; 16] = b"bailee segment 1";

/// What a segment holds the keys of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SegmentId {
    Bucket(BucketId),
    Facts(SellerId, Month),
    Detail(Month),
    Request(Month),
}

impl SegmentId {
    /// Kind, seller, number of the day or month.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let (kind, seller, number) = match self {
            Self::Bucket(BucketId { seller, held: BucketUse::Order, day }) => (1, seller.as_str(), day.0),
            Self::Bucket(BucketId { seller, held: BucketUse::Quarantine, day }) => {
                (2, seller.as_str(), day.0)
            }
            Self::Facts(seller, month) => (3, seller.as_str(), month.0),
            Self::Detail(month) => (4, "", month.0),
            Self::Request(month) => (5, "", month.0),
        };
        out.push(kind);
        put_short(out, seller);
        out.extend_from_slice(&number.to_be_bytes());
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let kind = reader.u8()?;
        let seller = reader.short()?;
        let number = reader.i32()?;
        match (kind, seller.is_empty()) {
            (4, true) => return Ok(Self::Detail(Month(number))),
            (5, true) => return Ok(Self::Request(Month(number))),
            _ => {}
        }
        let seller: SellerId = seller.parse().map_err(|_| Malformed)?;
        match kind {
            1 => Ok(Self::Bucket(BucketId { seller, held: BucketUse::Order, day: Day(number) })),
            2 => Ok(Self::Bucket(BucketId { seller, held: BucketUse::Quarantine, day: Day(number) })),
            3 => Ok(Self::Facts(seller, Month(number))),
            _ => Err(Malformed),
        }
    }
}

/// The name of a segment's file: 16 random bytes.
pub(crate) type Name = [u8; 16];

/// What the head knows of a segment.
#[derive(Clone)]
pub(crate) struct Segment {
    pub(crate) name: Name,
    pub(crate) key: Key,
    /// SHA-256 of the file.
    pub(crate) hash: [u8; 32],
    /// Slots given out, from 0 up to here. Never goes down.
    pub(crate) given: u32,
}

/// The keys in a segment.
#[derive(Clone)]
pub(crate) enum Live {
    Bucket(BucketKeys),
    One(SealingKey),
}

impl Live {
    /// New keys for `id`.
    pub(crate) fn random(id: &SegmentId, entropy: &dyn Entropy) -> Self {
        match id {
            SegmentId::Bucket(_) => Self::Bucket(BucketKeys::random(entropy)),
            SegmentId::Facts(..) | SegmentId::Detail(_) | SegmentId::Request(_) => {
                Self::One(SealingKey::of(Key::random(entropy)))
            }
        }
    }

    /// The keys as a new file under a new name and key.
    pub(crate) fn seal(
        &self,
        binding: &Binding,
        id: &SegmentId,
        given: u32,
        entropy: &dyn Entropy,
    ) -> (Segment, Vec<u8>) {
        let name: Name = random(entropy);
        let key = Key::random(entropy);
        let mut text = Zeroizing::new(Vec::new());
        match self {
            Self::Bucket(keys) => keys.write(&mut text),
            Self::One(key) => text.extend_from_slice(key.key().bytes()),
        }
        let mut file = MAGIC.to_vec();
        file.extend(seal_box(&key, &bound(binding, id, &name), &text, entropy));
        (Segment { name, key, hash: sha256(&file), given }, file)
    }

    /// Opens a segment's file.
    pub(crate) fn open(
        binding: &Binding,
        id: &SegmentId,
        segment: &Segment,
        file: &[u8],
    ) -> Result<Self, Malformed> {
        let sealed = file.strip_prefix(MAGIC).ok_or(Malformed)?;
        let text =
            open_box(&segment.key, &bound(binding, id, &segment.name), sealed).map_err(|_| Malformed)?;
        let mut reader = Reader::new(&text);
        let live = match id {
            SegmentId::Bucket(_) => Self::Bucket(BucketKeys::read(&mut reader)?),
            SegmentId::Facts(..) | SegmentId::Detail(_) | SegmentId::Request(_) => {
                let key = reader.take(32)?.try_into().map(Key::stored).map_err(|_| Malformed)?;
                Self::One(SealingKey::of(key))
            }
        };
        reader.finish()?;
        Ok(live)
    }
}

fn bound(binding: &Binding, id: &SegmentId, name: &Name) -> Vec<u8> {
    let mut named = Vec::with_capacity(70);
    id.write(&mut named);
    binding.context("bailee/v1/segment", &[&named, name])
}
