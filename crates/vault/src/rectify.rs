//! Rectify: a wrong value of a live record is corrected, because whoever it is about asked for that (2.2.d; GDPR article 16).
//!
//! The part is sealed anew in another slot, and the places where it lay are punctured: the old value is gone from every copy.
//! What the correction stands for is remembered in the facts, and what the source says of that place later is passed over
//! until the record ends: it would bring the old value back.

use std::sync::PoisonError;

use bailee_core::catalogue::Field;
use bailee_core::path::FieldSelector;
use bailee_core::{FieldId, FieldInstance, Json, RecordId, SellerId, Sensitive, Timestamp};
use bailee_crypto::bucket::BucketUse;
use bailee_crypto::envelope;
use bailee_intake::verify::check_value;
use bailee_ledger::authorized::{Authorized, Rectify};
use bailee_ledger::event::{PartRow as SealedPart, PartRows, Rectified, What};
use bailee_store::act::{Act, BucketNo, Change, RecordRow, RecordState};
use bailee_store::records::StoreError;

use crate::destruction::Removal;
use crate::document::{country_around, places};
use crate::facts::{Facts, PartEntry, SlotNo};
use crate::part::OpenedPart;
use crate::record::named_record;
use crate::{Vault, VaultError};

/// How often a rectification is decided again when others change its record meanwhile.
const TRIES_MAX: u32 = 5;

/// What became of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It has the new value, and no copy opens the old one.
    Rectified,
    /// It had that value already, and keeps it.
    Unchanged,
    /// The personal data of the record, or of this field, is gone.
    Gone,
}

/// A field of a record that is about to be corrected.
struct Wrong {
    seller: SellerId,
    row: RecordRow,
    facts: Facts,
    /// Its part, and the place of that among the parts.
    part: PartEntry,
    index: usize,
    opened: OpenedPart,
    instance: FieldInstance,
    field: FieldId,
    /// The new value.
    value: Json,
}

impl Vault {
    /// Gives one field of the record that was authorised another value.
    ///
    /// # Errors
    /// [`VaultError::NoSuchField`] when the record has no such personal field, or several; [`VaultError::Unfit`] for a value
    /// that intake would not take; when store, ledger or a mirror cannot be written. In the last case after the commit, the
    /// old value is gone in place and its key as good as gone.
    pub fn rectify(
        &self,
        authorized: Authorized<Rectify>,
        field: &FieldSelector,
        value: &Sensitive<String>,
    ) -> Result<Outcome, VaultError> {
        self.check_home(&authorized)?;
        let context = *authorized.context();
        let Rectify { seller, record } = authorized.action();
        self.check_time(context.now)?;
        for _ in 0..TRIES_MAX {
            let planned = self.planning.read().unwrap_or_else(PoisonError::into_inner);
            self.refuse_ended(seller)?;
            let wrong = match self.wrong(seller, *record, (field, value), context.now) {
                Err(VaultError::Changed) => continue,
                wrong => match wrong? {
                    Ok(wrong) => wrong,
                    Err(outcome) => return Ok(outcome),
                },
            };
            let (mut changes, rectified, removal) = self.corrected(wrong, context.now)?;
            let intent = self.intend(&context, removal)?;
            changes.extend(intent.changes);
            changes.push(self.sealed_by()?);
            let events = [What::Rectified(rectified), intent.event].map(|what| context.event(what)).to_vec();
            let committed = self.base.store.commit(Act { name: "rectify", changes, events });
            drop(planned);
            match committed {
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
                Ok(_) => {
                    self.complete_destructions(&context, &mut |_, _| {})?;
                    return Ok(Outcome::Rectified);
                }
            }
        }
        Err(VaultError::Changed)
    }

    /// Finds and opens what is to be corrected; or says why there is nothing to do.
    fn wrong(
        &self,
        seller: &SellerId,
        record: RecordId,
        (selector, value): (&FieldSelector, &Sensitive<String>),
        now: Timestamp,
    ) -> Result<Result<Wrong, Outcome>, VaultError> {
        let seller_no = self.seller_no(seller)?;
        let row = self.base.store.record_by_id(record)?.filter(|row| row.seller == seller_no);
        let Some(row) = row.filter(|row| row.state == RecordState::Live) else {
            return Ok(Err(Outcome::Gone));
        };
        let Some(facts) = self.open_facts(seller, &row)? else { return Ok(Err(Outcome::Gone)) };
        let catalogue = self.catalogue();
        let all = places(&facts.skeleton, &catalogue, row.kind);
        let mut named = all.iter().filter(|place| selector.matches(&place.path));
        let (Some(place), None) = (named.next(), named.next()) else { return Err(VaultError::NoSuchField) };
        let value = fitting(&facts.skeleton, &catalogue, &row, place.field, &place.path, value)?;
        let (instance, field) = (place.marker.instance(), place.field.id);
        let Some(part) = facts.about.part_of(instance).cloned() else { return Ok(Err(Outcome::Gone)) };
        let index = facts.about.parts.iter().position(|one| one.no == part.no);
        let opened = self.open_part(seller, &row, &part, None, now)?;
        let (Some(index), Some(opened)) = (index, opened) else { return Ok(Err(Outcome::Gone)) };
        match opened.values.get(&instance) {
            None => return Ok(Err(Outcome::Gone)),
            Some(held) if *held == value && facts.about.rectified.contains(&instance) => {
                return Ok(Err(Outcome::Unchanged));
            }
            Some(_) => {}
        }
        let seller = seller.clone();
        Ok(Ok(Wrong { seller, row, facts, part, index, opened, instance, field, value }))
    }

    /// What corrects it: its part in another slot of its bucket, and the places where it lay among what is punctured.
    fn corrected(
        &self,
        wrong: Wrong,
        now: Timestamp,
    ) -> Result<(Vec<Change>, Rectified, Removal), VaultError> {
        let Wrong { seller, row, mut facts, part, index, mut opened, instance, field, value } = wrong;
        let id = Self::bucket_id(&seller, &part);
        let slot = self.slots.take_one(&self.base.keyring, &id, &*self.base.entropy)?;
        let mut removal = Removal::default();
        part.places().for_each(|(day, slot)| self.puncture(&mut removal, &seller, day, slot));
        let bucket = BucketNo { seller: row.seller, held: BucketUse::Order, day: part.day };
        let delete = Change::DeletePart { bucket, record: row.no, part: part.no };
        let entry = PartEntry { slot: SlotNo(slot.0), version: part.version + 1, left: Vec::new(), ..part };
        opened.values.insert(instance, value);
        if !facts.about.rectified.contains(&instance) {
            facts.about.rectified.push(instance);
        }
        facts.about.corrections.push((instance, now));
        let sealed = self.seal_moved(&seller, &row, &facts, &entry, &opened, bucket)?;
        let parts = PartRows(vec![SealedPart {
            record: row.id,
            part: entry.no,
            version: entry.version,
            digest: envelope::digest(&sealed.envelope),
            day: entry.day,
        }]);
        let rectified = Rectified { seller: seller.clone(), record: named_record(&row), field, parts };
        if let Some(place) = facts.about.parts.get_mut(index) {
            *place = entry;
        }
        let record = Change::PutRecord(self.with_facts(&seller, row, &facts)?);
        Ok((vec![Change::OpenBucket(bucket), delete, record, Change::PutPart(sealed)], rectified, removal))
    }
}

/// The value as intake would have cleaned it, if it would take it.
fn fitting(
    skeleton: &Json,
    catalogue: &bailee_core::catalogue::Catalogue,
    row: &RecordRow,
    field: &Field,
    path: &str,
    value: &Sensitive<String>,
) -> Result<Json, VaultError> {
    let country = country_around(skeleton, catalogue.root(row.kind), path);
    check_value(field, value.expose(), country.as_deref()).map_err(VaultError::Unfit)
}
