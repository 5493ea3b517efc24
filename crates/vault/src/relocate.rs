//! Seals a part anew in the later bucket that its expiry asks for.
//!
//! Its old slot needs no puncture: it dies with its bucket within days, and the data may live.

use bailee_core::retention::bucket_day;
use bailee_core::{FieldInstance, Json, SellerId, Timestamp};
use bailee_crypto::bucket::{BucketId, BucketUse};
use bailee_crypto::envelope;
use bailee_ledger::event::PartRow as SealedPart;
use bailee_store::act::{BucketNo, Change, PartRow, RecordRow};

use crate::document::places;
use crate::facts::{Facts, PartEntry, SlotNo};
use crate::part::{OpenedPart, PartSealing};
use crate::{Vault, VaultError, terms};

impl Vault {
    /// The changes that move a part, and the row of its event; nothing when its expiry no longer asks for it.
    pub(crate) fn relocate(
        &self,
        seller: &SellerId,
        part: &PartRow,
        now: Timestamp,
    ) -> Result<Option<(SealedPart, Vec<Change>)>, VaultError> {
        let Some(row) = self.base.store.record_by_no(part.record)? else { return Ok(None) };
        let Some(mut facts) = self.open_facts(seller, &row)? else { return Ok(None) };
        let Some(index) = facts.about.parts.iter().position(|entry| entry.no == part.part) else {
            return Ok(None);
        };
        let Some(entry) = facts.about.parts.get(index).cloned() else { return Ok(None) };
        let day = self.wanted_day(&facts, &entry, now);
        let target = BucketId { seller: seller.clone(), held: BucketUse::Order, day };
        if day <= entry.day || now >= target.closes_at() {
            return Ok(None);
        }
        let Some(opened) = self.open_part(seller, &row, &entry, None, now)? else { return Ok(None) };
        let slot = self.slots.take_one(&self.base.keyring, &target, &*self.base.entropy)?;
        let moved = PartEntry { day, slot: SlotNo(slot.0), version: entry.version + 1, ..entry };
        let to = BucketNo { day, ..part.bucket };
        let sealed = self.seal_moved(seller, &row, &facts, &moved, &opened, to)?;
        let event = SealedPart {
            record: row.id,
            part: moved.no,
            version: moved.version,
            digest: envelope::digest(&sealed.envelope),
            day,
        };
        if let Some(place) = facts.about.parts.get_mut(index) {
            *place = moved;
        }
        let changes = vec![
            Change::OpenBucket(to),
            Change::DeletePart { bucket: part.bucket, record: part.record, part: part.part },
            Change::PutRecord(self.with_facts(seller, row, &facts)?),
            Change::PutPart(sealed),
        ];
        Ok(Some((event, changes)))
    }

    /// The day that a part's expiry asks for now.
    fn wanted_day(&self, facts: &Facts, entry: &PartEntry, now: Timestamp) -> bailee_core::Day {
        let decision = facts.about.evidence.decide(&self.base.policy, now);
        let own = decision.items.iter().find(|(item, _)| Some(item) == entry.item.as_ref());
        bucket_day(own.map_or(decision.expires_at, |(_, expiry)| *expiry))
    }

    fn seal_moved(
        &self,
        seller: &SellerId,
        row: &RecordRow,
        facts: &Facts,
        entry: &PartEntry,
        opened: &OpenedPart,
        bucket: BucketNo,
    ) -> Result<PartRow, VaultError> {
        let keys = self.base.keyring.bucket(&Self::bucket_id(seller, entry)).ok_or(VaultError::Changed)?;
        let sealing = PartSealing {
            keys: &keys,
            slot: entry.slot(),
            seller,
            record: row.id,
            no: entry.no,
            version: entry.version,
            state: entry.item.is_none().then_some(&opened.state),
        };
        let leaves: Vec<(FieldInstance, &Json)> =
            opened.values.iter().map(|(one, value)| (*one, value)).collect();
        let places = places(&facts.skeleton, &self.base.catalogue, row.kind);
        let searched: Vec<_> = places
            .iter()
            .filter_map(|place| Some((place.field, opened.values.get(&FieldInstance(place.marker.0))?)))
            .collect();
        let normals = terms::of_leaves(&searched, &facts.skeleton);
        Ok(PartRow {
            bucket,
            record: row.no,
            part: entry.no,
            slot: entry.slot(),
            version: entry.version,
            due: bucket.day,
            envelope: self.seal_part(&sealing, &leaves)?,
            terms: normals.iter().map(|normal| keys.term(normal.kind, &normal.form)).collect(),
        })
    }

    /// A record's row with other facts, one version on. Its content MAC was under the old bucket's key: a content that
    /// comes again is then told by what the part remembers.
    fn with_facts(&self, seller: &SellerId, row: RecordRow, facts: &Facts) -> Result<RecordRow, VaultError> {
        let key = self.base.keyring.facts(seller, row.facts_month).ok_or(VaultError::Changed)?;
        let version = row.version + 1;
        let sealed = self.seal_facts(&key, seller, (row.id, version), facts)?;
        Ok(RecordRow { version, content_mac: [0; 16], facts: sealed, ..row })
    }
}
