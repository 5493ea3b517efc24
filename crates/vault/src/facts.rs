//! What is sealed of a record under its facts key: everything but the personal values.
//!
//! The facts outlive the personal data by many months (R18), so nothing in here may be personal: the skeleton holds
//! markers, and leaves that the catalogue does not name are known by number only.

use bailee_core::retention::{Ended, Evidence};
use bailee_core::{Day, FieldInstance, Json, Kind, PartNo, RecordId, Reference, SellerId, Timestamp};
use bailee_crypto::bucket::Slot;
use bailee_crypto::envelope::{self, EnvelopeError, Place, SealingKey};
use bailee_store::act::RecordRow;
use serde::{Deserialize, Serialize};

use crate::document::{Shown, decode_skeleton, encode_skeleton};
use crate::{Vault, VaultError};

/// The facts of one record.
pub(crate) struct Facts {
    pub(crate) about: About,
    /// The order's document; its markers hold field instances.
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
    /// Set when personal data was never stored, or ended otherwise than with its bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) end: Option<End>,
}

/// Where a part lies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PartEntry {
    pub(crate) no: PartNo,
    /// The item whose fields it holds (R5); the main part holds everything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) item: Option<String>,
    pub(crate) day: Day,
    pub(crate) slot: SlotNo,
    pub(crate) version: u32,
    /// The rule that its day follows.
    pub(crate) rule: String,
    /// What will have ended it (R16).
    pub(crate) ended: Ended,
    /// What an item's part holds; empty for the main part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) instances: Vec<FieldInstance>,
}

/// A slot as it is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct SlotNo(pub(crate) u32);

impl PartEntry {
    pub(crate) fn slot(&self) -> Slot {
        Slot(self.slot.0)
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
        self.parts.iter().find(|part| part.item.is_none())
    }
}

/// The instance under which the single value of a facts envelope is sealed.
const WHOLE: FieldInstance = FieldInstance(0);

impl Facts {
    /// The bytes that are sealed: the length of what is known, as JSON, then the skeleton.
    fn encode(&self) -> Result<Vec<u8>, VaultError> {
        let about = serde_json::to_vec(&self.about).map_err(|_| VaultError::Damaged("facts"))?;
        let mut bytes = Vec::with_capacity(about.len() + 1024);
        bytes.extend_from_slice(&(about.len() as u32).to_be_bytes());
        bytes.extend_from_slice(&about);
        encode_skeleton(&self.skeleton, &|marker| FieldInstance(marker.0), &mut bytes);
        Ok(bytes)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (about, skeleton) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        Some(Self { about: serde_json::from_slice(about).ok()?, skeleton: decode_skeleton(skeleton)? })
    }
}

impl Vault {
    fn facts_place<'a>(&self, seller: &'a SellerId, record: RecordId, version: u32) -> Place<'a> {
        self.place("facts", seller, record, PartNo(0), version)
    }

    pub(crate) fn seal_facts(
        &self,
        key: &SealingKey,
        seller: &SellerId,
        (record, version): (RecordId, u32),
        facts: &Facts,
    ) -> Result<Vec<u8>, VaultError> {
        let bytes = zeroize::Zeroizing::new(facts.encode()?);
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
