//! Seals one planned record: its parts, its facts, and the tokens that go back.

use std::collections::HashSet;

use bailee_core::catalogue::{Catalogue, Field};
use bailee_core::{Day, FieldInstance, Json};
use bailee_crypto::bucket::{BucketKeys, Slot};
use bailee_crypto::envelope;
use bailee_ledger::event::{ExpiryChange, PartRow as SealedPart};
use bailee_store::act::{Change, PartRow, RecordNo, RecordRow, RecordState};

use crate::batch::{Keys, Run};
use crate::document::{Leaf, Marker, drop_unknown, fill};
use crate::facts::{Facts, PartEntry, SlotNo};
use crate::part::{PartSealing, PartState};
use crate::plan::{Outcome, PartLeaf, PartPlan, Plan, Returned, Target, Write};
use crate::{Vault, VaultError, terms};

/// A planned record with its number and a slot for each of its parts.
pub(crate) struct Job {
    pub(crate) plan: Plan,
    /// None when nothing is to be written.
    pub(crate) no: Option<RecordNo>,
    pub(crate) slots: Vec<Slot>,
}

/// A record ready to be committed.
pub(crate) struct SealedRecord {
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) returned: Vec<Returned>,
    pub(crate) changes: Vec<Change>,
    pub(crate) parts: Vec<SealedPart>,
    pub(crate) expiry: Option<ExpiryChange>,
    /// Whether that is the cap of an order that stays open.
    pub(crate) reaches_cap: bool,
    pub(crate) punctured: Vec<(Day, Slot)>,
}

impl Vault {
    pub(crate) fn seal_record(
        &self,
        run: &Run<'_>,
        keys: &Keys,
        job: Job,
    ) -> Result<SealedRecord, VaultError> {
        let Plan { id, leaves, outcomes, mut returned, write, .. } = job.plan;
        for document in &mut returned {
            fill(&mut document.document, &mut |marker| self.token_of(id, &leaves, marker));
        }
        let mut sealed = SealedRecord {
            outcomes,
            returned,
            changes: Vec::new(),
            parts: Vec::new(),
            expiry: None,
            reaches_cap: false,
            punctured: Vec::new(),
        };
        if let (Some(write), Some(no)) = (write, job.no) {
            let catalogue = self.catalogue();
            let sealing = Sealing { vault: self, run, catalogue: &catalogue, keys, id, no, leaves: &leaves };
            sealing.write(write, &job.slots, &mut sealed)?;
        }
        Ok(sealed)
    }

    fn token_of(&self, id: bailee_core::RecordId, leaves: &[Leaf], marker: Marker) -> Json {
        let instance = leaves.get(marker.0 as usize).and_then(|leaf| leaf.instance);
        instance
            .map_or(Json::Null, |instance| Json::String(self.base.keyring.lasting().token(id, instance).0))
    }
}

struct Sealing<'a> {
    vault: &'a Vault,
    run: &'a Run<'a>,
    catalogue: &'a Catalogue,
    keys: &'a Keys,
    id: bailee_core::RecordId,
    no: RecordNo,
    leaves: &'a [Leaf],
}

impl Sealing<'_> {
    fn write(&self, mut write: Write, slots: &[Slot], sealed: &mut SealedRecord) -> Result<(), VaultError> {
        let mut facts = std::mem::replace(&mut write.tree, Json::Null);
        if !write.is_named {
            drop_unknown(&mut facts, self.catalogue.root(self.run.kind));
        }
        for part in &write.removed {
            let bucket = self.run.bucket_no(part.day);
            sealed.changes.push(Change::DeletePart { bucket, record: self.no, part: part.no });
        }
        let mut content_mac = [0; 16];
        let mut rows = Vec::with_capacity(write.parts.len());
        let kept = std::mem::take(&mut write.about.parts);
        for (part, slot) in write.parts.iter().zip(slots) {
            let keys = self.keys.buckets.get(&part.day).ok_or(VaultError::Changed)?;
            if part.scope.is_main() {
                write.state.unclassified = self.unclassified(part);
                write.about.unclassified =
                    write.state.unclassified.iter().map(|(instance, _)| *instance).collect();
                content_mac = Self::content_mac(keys, &write, part);
            }
            let row = self.part(keys, part, *slot, &write.state, &facts)?;
            sealed.parts.push(SealedPart {
                record: self.id,
                part: part.no,
                version: part.version,
                digest: envelope::digest(&row.envelope),
                day: part.day,
            });
            write.about.parts.push(self.entry(part, *slot));
            rows.push(row);
        }
        let removed = |part: &PartEntry| write.removed.iter().any(|gone| gone.no == part.no);
        let sealed_here: HashSet<FieldInstance> =
            write.parts.iter().flat_map(|part| &part.leaves).map(|leaf| self.instance(leaf.index)).collect();
        for mut part in kept {
            part.instances.retain(|instance| !sealed_here.contains(instance));
            // A part that has ended is remembered, so that its fields are known to be gone.
            let is_main_of_the_dead = write.parts.is_empty() && part.is_main();
            if is_main_of_the_dead
                || !removed(&part) && !write.about.parts.iter().any(|new| new.no == part.no)
            {
                write.about.parts.push(part);
            }
        }
        sealed.reaches_cap = write.reaches_cap();
        sealed.expiry = write.change.take();
        sealed.punctured = std::mem::take(&mut write.punctured);
        sealed.changes.push(Change::PutRecord(self.record(write, facts, content_mac)?));
        sealed.changes.extend(rows.into_iter().map(Change::PutPart));
        Ok(())
    }

    /// The MAC of the content taken in last. Where none was taken in it stays as long as its key does; a content that
    /// comes again is else told by what the part remembers.
    fn content_mac(keys: &BucketKeys, write: &Write, part: &PartPlan) -> [u8; 16] {
        match (write.digest, &write.row, part.target) {
            (Some(digest), ..) => keys.content_mac(&digest),
            (None, Some(row), Target::Keep(_)) => row.content_mac,
            (None, ..) => [0; 16],
        }
    }

    fn instance(&self, index: usize) -> FieldInstance {
        // Every leaf has been numbered when its plan was made; 0 is never a leaf's.
        self.leaves.get(index).and_then(|leaf| leaf.instance).unwrap_or(FieldInstance(0))
    }

    fn unclassified(&self, part: &PartPlan) -> Vec<(FieldInstance, String)> {
        let path = |index: usize| self.leaves.get(index)?.unclassified_path.clone();
        part.leaves.iter().filter_map(|leaf| Some((self.instance(leaf.index), path(leaf.index)?))).collect()
    }

    fn part(
        &self,
        keys: &BucketKeys,
        part: &PartPlan,
        slot: Slot,
        state: &PartState,
        facts: &Json,
    ) -> Result<PartRow, VaultError> {
        let value = |leaf: &PartLeaf| self.leaves.get(leaf.index)?.value.as_ref();
        let leaves: Vec<_> =
            (part.leaves.iter()).filter_map(|leaf| Some((self.instance(leaf.index), value(leaf)?))).collect();
        let searched: Vec<(&Field, &Json)> = (part.leaves.iter())
            .filter_map(|leaf| Some((self.catalogue.field(leaf.field?)?, value(leaf)?)))
            .collect();
        let sealing = PartSealing {
            keys,
            slot,
            seller: &self.run.seller,
            record: self.id,
            no: part.no,
            version: part.version,
            state: part.scope.is_main().then_some(state),
        };
        let envelope = self.vault.seal_part(&sealing, &leaves)?;
        let normals = terms::of_leaves(&searched, facts);
        Ok(PartRow {
            bucket: self.run.bucket_no(part.day),
            record: self.no,
            part: part.no,
            slot,
            version: part.version,
            due: part.due,
            exception: part.exception,
            envelope,
            terms: normals.iter().map(|normal| keys.term(normal.kind, &normal.form)).collect(),
        })
    }

    fn entry(&self, part: &PartPlan, slot: Slot) -> PartEntry {
        let instances = (!part.scope.is_main())
            .then(|| part.leaves.iter().map(|leaf| self.instance(leaf.index)).collect());
        PartEntry {
            no: part.no,
            item: part.scope.item.clone(),
            early: part.scope.early,
            day: part.day,
            slot: SlotNo(slot.0),
            version: part.version,
            rule: part.rule.clone(),
            ended: part.ended,
            instances: instances.unwrap_or_default(),
            left: part.left.clone(),
        }
    }

    fn record(&self, write: Write, skeleton: Json, content_mac: [u8; 16]) -> Result<RecordRow, VaultError> {
        let month = write.facts_month();
        let key = self.keys.facts.get(&month).ok_or(VaultError::Changed)?;
        let version = write.row.as_ref().map_or(0, |row| row.version) + 1;
        let facts = Facts { about: write.about, skeleton };
        let instance = |marker: Marker| self.instance(marker.0 as usize);
        Ok(RecordRow {
            no: self.no,
            seller: self.run.seller_no,
            kind: self.run.kind,
            reference_mac: write.mac,
            id: self.id,
            version,
            state: if write.parts.is_empty() { RecordState::Gone } else { RecordState::Live },
            facts_month: month,
            content_mac,
            facts: self.vault.seal_facts(key, &self.run.seller, (self.id, version), &facts, &instance)?,
        })
    }
}
