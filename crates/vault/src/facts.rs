//! What is sealed of a record under its facts key: everything but the personal values.
//!
//! The facts outlive the personal data by many months (R18), so nothing in here may be personal: the skeleton holds
//! markers, and leaves that the catalogue does not name are known by number only.

use bailee_core::retention::{Decision, Ended, Evidence, bucket_day};
use bailee_core::{Day, FieldInstance, Json, Kind, PartNo, RecordId, Reference, SellerId, Timestamp};
use bailee_crypto::bucket::Slot;
use bailee_crypto::envelope::{self, EnvelopeError, Place, SealingKey};
use bailee_store::act::RecordRow;
use lz4_flex::block::{compress_into_with_dict, decompress_with_dict, get_maximum_output_size};
use serde::{Deserialize, Serialize};

use crate::document::{Marker, Shown, decode_skeleton, encode_skeleton};
use crate::{Vault, VaultError};

/// The facts of one record.
pub(crate) struct Facts {
    pub(crate) about: About,
    /// The order's document; its markers hold field instances, unless it is about to be sealed.
    pub(crate) skeleton: Json,
}

/// What is known of a record beside its document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) reference: Reference,
    pub(crate) first_intake: Timestamp,
    /// The last-update time of the newest document.
    pub(crate) source_time: Option<Timestamp>,
    /// As of when the newest document speaks: its last-update time, or that of its arrival without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) spoken_at: Option<Timestamp>,
    /// When each place of the document was last shown.
    #[serde(default, skip_serializing_if = "Shown::is_nothing")]
    pub(crate) shown: Shown,
    pub(crate) evidence: Evidence,
    /// What was decided last (R14).
    pub(crate) expires_at: Option<Timestamp>,
    /// The instance that the next new leaf gets. 0 is the part's own state.
    pub(crate) next_instance: u64,
    /// The number that the next new part gets: one is never given to another part of this record.
    pub(crate) next_part: u16,
    pub(crate) parts: Vec<PartEntry>,
    /// Instances of leaves that the catalogue does not name, all in the main part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) unclassified: Vec<FieldInstance>,
    /// Instances whose values somebody corrected: what the source says of their places is passed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) rectified: Vec<FieldInstance>,
    /// Every correction since it began, in the order in which they were made: what somebody outside got before one is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) corrections: Vec<(FieldInstance, Timestamp)>,
    /// Since when nothing is done with it but keeping it, where somebody asked for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) restricted: Option<Timestamp>,
    /// Set when personal data was never stored, or ended otherwise than with its bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) end: Option<End>,
}

/// Where a part lies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PartEntry {
    pub(crate) no: PartNo,
    /// The item whose fields it holds (R5). The main part holds everything that no other does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) item: Option<String>,
    /// By how many days the purposes of its fields end before the clock does (R21).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) early: u8,
    pub(crate) day: Day,
    pub(crate) slot: SlotNo,
    pub(crate) version: u32,
    /// The rule that its day follows.
    pub(crate) rule: String,
    /// What will have ended it (R16).
    pub(crate) ended: Ended,
    /// What it holds; empty for the main part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) instances: Vec<FieldInstance>,
    /// Where it lay before it moved to a later day: those keys derive until their buckets end, and what a backup holds
    /// there must not open any more when it is erased.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) left: Vec<(Day, SlotNo)>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// Whose leaves a part holds: those of an item whose package is over sooner (R5), those whose purposes are (R21), or everything
/// else.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Scope {
    pub(crate) item: Option<String>,
    /// By how many days their purposes end before the clock does.
    pub(crate) early: u8,
}

impl Scope {
    pub(crate) const MAIN: Self = Self { item: None, early: 0 };

    pub(crate) fn is_main(&self) -> bool {
        *self == Self::MAIN
    }

    /// The day that a decision asks for.
    pub(crate) fn day(&self, decision: &Decision) -> Day {
        bucket_day(decision.expiry_of(self.item.as_deref(), self.early))
    }
}

/// A slot as it is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct SlotNo(pub(crate) u32);

impl PartEntry {
    pub(crate) fn scope(&self) -> Scope {
        Scope { item: self.item.clone(), early: self.early }
    }

    pub(crate) const fn is_main(&self) -> bool {
        self.item.is_none() && self.early == 0
    }

    pub(crate) fn slot(&self) -> Slot {
        Slot(self.slot.0)
    }

    /// Every place whose key opens something of it, in the store or in a copy of it.
    pub(crate) fn places(&self) -> impl Iterator<Item = (Day, Slot)> + '_ {
        let left = self.left.iter().map(|(day, slot)| (*day, Slot(slot.0)));
        [(self.day, self.slot())].into_iter().chain(left)
    }

    /// The places that it leaves behind when it moves to a later day: those whose buckets have not ended.
    pub(crate) fn left_behind(&self, now: Timestamp) -> Vec<(Day, SlotNo)> {
        let places = [(self.day, self.slot)].into_iter().chain(self.left.iter().copied());
        places.filter(|(day, _)| *day >= Day::of(now)).collect()
    }
}

/// Personal data that never was, or is no more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct End {
    pub(crate) when: Timestamp,
    pub(crate) rule: String,
    pub(crate) ended: Ended,
}

impl About {
    pub(crate) fn new(reference: Reference, now: Timestamp) -> Self {
        Self {
            reference,
            first_intake: now,
            source_time: None,
            spoken_at: None,
            shown: Shown::default(),
            evidence: Evidence::new(now),
            expires_at: None,
            next_instance: 1,
            next_part: 1,
            parts: Vec::new(),
            unclassified: Vec::new(),
            rectified: Vec::new(),
            corrections: Vec::new(),
            restricted: None,
            end: None,
        }
    }

    /// The part that holds an instance.
    pub(crate) fn part_of(&self, instance: FieldInstance) -> Option<&PartEntry> {
        let own = self.parts.iter().find(|part| part.instances.contains(&instance));
        own.or_else(|| self.main())
    }

    /// What ended its personal data, or will have.
    pub(crate) fn ended(&self) -> Option<Ended> {
        self.end.as_ref().map(|end| end.ended).or(self.main().map(|part| part.ended))
    }

    pub(crate) fn main(&self) -> Option<&PartEntry> {
        self.parts.iter().find(|part| part.is_main())
    }
}

/// Bytes of a length.
const LENGTH: usize = 4;

/// Room for the text of most facts.
const TEXT_BYTES: usize = 4096;

/// The instance under which the single value of a facts envelope is sealed.
const WHOLE: FieldInstance = FieldInstance(0);

/// What most facts have in common: the names of members, and the values that they often have. A record of some two
/// thousand bytes takes some six hundred so, and a home less than half the disk.
///
/// INVARIANT: it is part of the format (`docs/formats/record.md`): what was sealed with it opens with no other.
const DICTIONARY: &[u8] = include_bytes!("facts/dictionary.bin");

/// Most bytes of facts: those of the largest record, and of what is known beside its document.
const BYTES_MAX: usize = 64 * 1024 * 1024;

impl Facts {
    /// The bytes that are sealed: the length of the text, then the text, compressed. `instance` is what a marker of the
    /// skeleton stands for.
    fn encode(&self, instance: &dyn Fn(Marker) -> FieldInstance) -> Result<Vec<u8>, VaultError> {
        let text = zeroize::Zeroizing::new(self.text(instance)?);
        let mut bytes = vec![0; LENGTH + get_maximum_output_size(text.len())];
        let (length, compressed) = bytes.split_at_mut(LENGTH);
        length.copy_from_slice(&(text.len() as u32).to_be_bytes());
        let count = compress_into_with_dict(&text, compressed, DICTIONARY)
            .map_err(|_| VaultError::Damaged("facts"))?;
        bytes.truncate(LENGTH + count);
        Ok(bytes)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (length, compressed) = bytes.split_first_chunk::<LENGTH>()?;
        let length =
            usize::try_from(u32::from_be_bytes(*length)).ok().filter(|length| *length <= BYTES_MAX)?;
        let text = zeroize::Zeroizing::new(decompress_with_dict(compressed, length, DICTIONARY).ok()?);
        (text.len() == length).then(|| Self::read(&text)).flatten()
    }

    /// The length of what is known, as JSON, then the skeleton.
    fn text(&self, instance: &dyn Fn(Marker) -> FieldInstance) -> Result<Vec<u8>, VaultError> {
        let mut text = Vec::with_capacity(TEXT_BYTES);
        text.extend_from_slice(&[0; LENGTH]);
        serde_json::to_writer(&mut text, &self.about).map_err(|_| VaultError::Damaged("facts"))?;
        let about = text.len() - LENGTH;
        if let Some(length) = text.first_chunk_mut::<LENGTH>() {
            *length = (about as u32).to_be_bytes();
        }
        encode_skeleton(&self.skeleton, instance, &mut text);
        Ok(text)
    }

    fn read(text: &[u8]) -> Option<Self> {
        let (length, rest) = text.split_first_chunk::<LENGTH>()?;
        let (about, skeleton) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        Some(Self { about: serde_json::from_slice(about).ok()?, skeleton: decode_skeleton(skeleton)? })
    }
}

impl Vault {
    fn facts_place<'a>(&self, seller: &'a SellerId, record: RecordId, version: u32) -> Place<'a> {
        self.place("facts", seller, record, PartNo(0), version)
    }

    /// Seals facts. `instance` is what a marker of their skeleton stands for.
    pub(crate) fn seal_facts(
        &self,
        key: &SealingKey,
        seller: &SellerId,
        (record, version): (RecordId, u32),
        facts: &Facts,
        instance: &dyn Fn(Marker) -> FieldInstance,
    ) -> Result<Vec<u8>, VaultError> {
        let bytes = zeroize::Zeroizing::new(facts.encode(instance)?);
        let place = self.facts_place(seller, record, version);
        Ok(envelope::seal(key, &place, &[(WHOLE, &bytes)], &*self.base.entropy)?)
    }

    /// The facts of a row; `None` once they have ended (R18).
    pub(crate) fn open_facts(&self, seller: &SellerId, row: &RecordRow) -> Result<Option<Facts>, VaultError> {
        if row.facts.is_empty() {
            return Ok(None);
        }
        let Some(key) = self.base.keyring.facts(seller, row.facts_month) else { return Ok(None) };
        let place = self.facts_place(seller, row.id, row.version);
        let opened = envelope::open(&key, &place, &row.facts, None)?;
        let (_, bytes) = opened.first().ok_or(EnvelopeError::DoesNotOpen)?;
        Facts::decode(bytes.expose()).map(Some).ok_or(VaultError::Damaged("facts"))
    }

    /// The row of a reference, with nothing opened.
    pub(crate) fn row(
        &self,
        seller: &SellerId,
        kind: Kind,
        reference: &Reference,
    ) -> Result<Option<RecordRow>, VaultError> {
        let mac = self.base.keyring.lasting().reference_mac(seller, kind, reference);
        Ok(self.base.store.record(self.seller_no(seller)?, kind, &mac)?)
    }

    /// The row of a reference under the first of some kinds that has it, with nothing opened.
    pub(crate) fn row_of_kinds(
        &self,
        seller: &SellerId,
        kinds: &[Kind],
        reference: &Reference,
    ) -> Result<Option<RecordRow>, VaultError> {
        kinds.iter().find_map(|kind| self.row(seller, *kind, reference).transpose()).transpose()
    }

    /// The row and facts of a reference.
    pub(crate) fn look_up(
        &self,
        seller: &SellerId,
        kind: Kind,
        reference: &Reference,
    ) -> Result<Option<(RecordRow, Option<Facts>)>, VaultError> {
        let Some(row) = self.row(seller, kind, reference)? else { return Ok(None) };
        let facts = self.open_facts(seller, &row)?;
        Ok(Some((row, facts)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(skeleton: Json) -> Facts {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        Facts { about: About::new("000-0000000-0000001".parse().unwrap(), now), skeleton }
    }

    #[test]
    fn the_dictionary_is_the_one_that_the_format_fixes() {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, DICTIONARY);
        let digest = data_encoding::HEXLOWER.encode(digest.as_ref());
        let document = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats/record.md"));
        assert!(document.contains(&digest), "what was sealed with another dictionary is lost: {digest}");
    }

    #[test]
    fn facts_read_back_and_nothing_that_is_cut_or_claims_more_does() {
        let long = Json::Array((0..5000).map(Json::Integer).collect());
        for skeleton in [Json::Object(Vec::new()), long] {
            let facts = facts(skeleton);
            let bytes = facts.encode(&Marker::instance).unwrap();
            let back = Facts::decode(&bytes).unwrap();
            assert!(back.about == facts.about && back.skeleton == facts.skeleton);
            for end in 0..bytes.len().min(300) {
                assert!(Facts::decode(&bytes[..end]).is_none());
            }
            for length in [0, 1, u32::MAX] {
                let mut other = bytes.clone();
                other[..LENGTH].copy_from_slice(&length.to_be_bytes());
                assert!(Facts::decode(&other).is_none());
            }
        }
    }
}
