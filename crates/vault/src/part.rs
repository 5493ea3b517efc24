//! A part: the personal leaves of a record that share an expiry, sealed together.

use std::collections::HashMap;

use bailee_core::{FieldInstance, Json, RecordId, SellerId, Sensitive};
use bailee_crypto::bucket::{BucketId, BucketKeys, BucketUse, Slot};
use bailee_crypto::envelope;
use bailee_store::act::{BucketNo, RecordRow};
use serde::{Deserialize, Serialize};

use crate::document::{decode_value, encode_value};
use crate::facts::PartEntry;
use crate::{Vault, VaultError};

/// The instance under which a part's own state is sealed beside its leaves.
pub(crate) const STATE: FieldInstance = FieldInstance(0);

/// Most different contents remembered per record. Past it, a file's content counts as seen before: it can never raise
/// the earliest delivery, so the record dies earlier, not later.
pub(crate) const SEEN_MAX: usize = 64;

/// Most personal leaves of a part: an envelope's fields, less the one for the state.
pub(crate) const LEAVES_MAX: usize = envelope::FIELDS_MAX - 1;

/// What a main part knows of its record that is as personal as its leaves.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct PartState {
    /// SHA-256 of the contents taken in so far, shortened to 16 bytes, in base64.
    pub(crate) seen: Vec<String>,
    /// Instance and path of the leaves that the catalogue does not name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) unclassified: Vec<(FieldInstance, String)>,
}

/// An opened part.
#[derive(Default)]
pub(crate) struct OpenedPart {
    pub(crate) state: PartState,
    pub(crate) values: HashMap<FieldInstance, Json>,
}

impl Vault {
    /// The bucket of a record's part.
    pub(crate) fn bucket_id(seller: &SellerId, part: &PartEntry) -> BucketId {
        BucketId { seller: seller.clone(), held: BucketUse::Order, day: part.day }
    }

    /// The keys of a bucket that may be sealed into and opened from at this instant; none when it is closing or gone, or its
    /// seller has ended.
    pub(crate) fn live_keys(&self, id: &BucketId, now: bailee_core::Timestamp) -> Option<BucketKeys> {
        if now >= id.closes_at() || self.is_doomed(id) || self.has_ended(&id.seller) {
            return None;
        }
        self.base.keyring.bucket(id)
    }

    /// Opens a part, or the wanted instances of it. `None` when it is no longer there, or its bucket is closing or
    /// gone.
    pub(crate) fn open_part(
        &self,
        seller: &SellerId,
        row: &RecordRow,
        part: &PartEntry,
        wanted: Option<&[FieldInstance]>,
        now: bailee_core::Timestamp,
    ) -> Result<Option<OpenedPart>, VaultError> {
        let id = Self::bucket_id(seller, part);
        let Some(keys) = self.live_keys(&id, now) else { return Ok(None) };
        let bucket = BucketNo { seller: row.seller, held: BucketUse::Order, day: part.day };
        let Some(stored) = self.base.store.part(bucket, row.no, part.no)? else { return Ok(None) };
        if stored.version != part.version {
            return Err(VaultError::Changed);
        }
        let Ok(leaf) = keys.leaf(part.slot()) else { return Ok(None) };
        let place = self.place("part", seller, row.id, part.no, part.version);
        let fields = envelope::open(&leaf, &place, &stored.envelope, wanted)?;
        let mut opened = OpenedPart::default();
        for (instance, bytes) in fields {
            if instance == STATE {
                opened.state = serde_json::from_slice(bytes.expose())
                    .map_err(|_| VaultError::Damaged("a part's state"))?;
            } else {
                let value = decode_value(bytes.expose()).ok_or(VaultError::Damaged("a part's value"))?;
                opened.values.insert(instance, value);
            }
        }
        Ok(Some(opened))
    }

    /// Seals a part's leaves, with the state in a main part.
    pub(crate) fn seal_part(
        &self,
        sealing: &PartSealing<'_>,
        leaves: &[(FieldInstance, &Json)],
    ) -> Result<Vec<u8>, VaultError> {
        let leaf = sealing.keys.leaf(sealing.slot).map_err(|_| VaultError::Changed)?;
        let mut fields: Vec<(FieldInstance, Sensitive<Vec<u8>>)> = Vec::with_capacity(leaves.len() + 1);
        if let Some(state) = sealing.state {
            let state = serde_json::to_vec(state).map_err(|_| VaultError::Damaged("a part's state"))?;
            fields.push((STATE, Sensitive::new(state)));
        }
        fields
            .extend(leaves.iter().map(|(instance, value)| (*instance, Sensitive::new(encode_value(value)))));
        let borrowed: Vec<_> =
            fields.iter().map(|(instance, bytes)| (*instance, bytes.expose().as_slice())).collect();
        let place = self.place("part", sealing.seller, sealing.record, sealing.no, sealing.version);
        Ok(envelope::seal(&leaf, &place, &borrowed, &*self.base.entropy)?)
    }
}

/// Where and how a part is sealed.
pub(crate) struct PartSealing<'a> {
    pub(crate) keys: &'a BucketKeys,
    pub(crate) slot: Slot,
    pub(crate) seller: &'a SellerId,
    pub(crate) record: RecordId,
    pub(crate) no: bailee_core::PartNo,
    pub(crate) version: u32,
    pub(crate) state: Option<&'a PartState>,
}
