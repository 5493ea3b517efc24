//! The two kinds of change: additions, and destruction.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use bailee_core::Entropy;

use super::head::new_epoch;
use super::segment::{Live, SegmentId};
use super::write::{Next, Writer};
use super::{Destroyed, Keyring, KeyringError, Removals};
use crate::bucket::{BucketId, SLOTS_MAX, Slot};
use crate::envelope::SealingKey;

impl Keyring {
    /// Adds segments where they are missing, and gives slots out up to the number beside each; one write of the head
    /// for all of them.
    pub(crate) fn add(
        &self,
        writer: &mut Writer,
        wanted: &[(SegmentId, u32)],
        entropy: &dyn Entropy,
    ) -> Result<(), KeyringError> {
        self.refuse_behind()?;
        let mut next = writer.next();
        let mut made = Vec::new();
        for (id, given) in wanted {
            match next.head.segments.get_mut(id) {
                Some(segment) => segment.given = segment.given.max(*given),
                None => {
                    let live = Live::random(id, entropy);
                    write_segment(&mut next, id, &live, *given, entropy);
                    made.push((id.clone(), live));
                }
            }
        }
        writer.commit(&*self.files, next, entropy)?;
        self.live.write().unwrap_or_else(PoisonError::into_inner).extend(made);
        Ok(())
    }

    pub(crate) fn ensure_one(
        &self,
        id: &SegmentId,
        entropy: &dyn Entropy,
    ) -> Result<SealingKey, KeyringError> {
        if let Some(key) = self.one(id) {
            return Ok(key);
        }
        let mut writer = self.writer();
        if self.one(id).is_none() {
            self.add(&mut writer, &[(id.clone(), 0)], entropy)?;
        }
        self.one(id).ok_or(KeyringError::Removed)
    }

    /// Makes keys underivable: new epoch → written to and read back from every mirror → old epoch dropped, old files
    /// removed. What is gone already is passed over, so that it can be redone; after an error it must be, until it
    /// returns. With nothing left to remove it still makes sure that every mirror says so.
    ///
    /// Keys handed out before are the caller's to drop: take [`super::BucketKeys`] anew for every act.
    ///
    /// # Errors
    /// When a mirror is out of reach, is not this keyring's or does not read back, or the root key does not
    /// wrap. Mend it and do the same again: until then, an old head may still derive what should be gone.
    pub fn destroy(&self, removals: &Removals, entropy: &dyn Entropy) -> Result<Destroyed, KeyringError> {
        let mut writer = self.writer();
        self.refuse_behind()?;
        let mut live = self.live.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut next = writer.next();
        let removed = remove(&mut next, &mut live, removals);
        let punctured = puncture(&mut next, &mut live, &removals.punctures, entropy);
        if removed || punctured {
            let epoch = writer.head.epoch + 1;
            let (secret, wrapped) = new_epoch(&*self.provider, &self.binding, epoch, entropy)?;
            (next.head.epoch, next.head.wrapped, next.secret) = (epoch, wrapped, secret);
            let names: Vec<_> = next.new.iter().map(|(name, _)| *name).collect();
            writer.commit(&*self.files, next, entropy)?;
            // From here on nothing hands out what is gone, whatever the mirrors answer.
            *self.live.write().unwrap_or_else(PoisonError::into_inner) = live;
            let new: Vec<_> =
                writer.head.segments.values().filter(|segment| names.contains(&segment.name)).collect();
            writer.read_back(&*self.files, &new)?;
        } else {
            writer.ensure_all_current(&*self.files, entropy)?;
            writer.read_back(&*self.files, &writer.head.segments.values().collect::<Vec<_>>())?;
        }
        writer.sweep(&*self.files)?;
        Ok(Destroyed { anchor: writer.anchor(), epoch: writer.head.epoch })
    }
}

/// Writes the keys of a segment under a new name and a new key.
pub(crate) fn write_segment(next: &mut Next, id: &SegmentId, live: &Live, given: u32, entropy: &dyn Entropy) {
    let (segment, file) = live.seal(&next.head.binding, id, given, entropy);
    next.new.push((segment.name, file));
    next.head.segments.insert(id.clone(), segment);
}

/// Takes whole segments away; says whether anything changed.
fn remove(next: &mut Next, live: &mut BTreeMap<SegmentId, Live>, removals: &Removals) -> bool {
    let before = (next.head.segments.len(), next.head.gone.clone());
    for bucket in &removals.buckets {
        next.head.gone.insert(bucket.clone());
    }
    next.head.prune_gone();
    let buckets = removals.buckets.iter().cloned().map(SegmentId::Bucket);
    let facts = removals.facts.iter().cloned().map(|(seller, month)| SegmentId::Facts(seller, month));
    let details = removals.details.iter().copied().map(SegmentId::Detail);
    let requests = removals.requests.iter().copied().map(SegmentId::Request);
    for id in buckets.chain(facts).chain(details).chain(requests) {
        next.head.segments.remove(&id);
        live.remove(&id);
    }
    before != (next.head.segments.len(), next.head.gone.clone())
}

/// Punctures slots of live buckets; says whether any of them still derived.
fn puncture(
    next: &mut Next,
    live: &mut BTreeMap<SegmentId, Live>,
    punctures: &[(BucketId, Vec<Slot>)],
    entropy: &dyn Entropy,
) -> bool {
    let mut by_bucket: BTreeMap<&BucketId, Vec<Slot>> = BTreeMap::new();
    for (bucket, slots) in punctures {
        by_bucket.entry(bucket).or_default().extend(slots);
    }
    let mut changed = false;
    for (bucket, slots) in by_bucket {
        let id = SegmentId::Bucket(bucket.clone());
        let Some(Live::Bucket(keys)) = live.get(&id) else { continue };
        if !slots.iter().any(|slot| keys.holds(*slot)) {
            continue;
        }
        let left = Live::Bucket(keys.without(&slots));
        // A slot that is punctured before it was given out is never given out.
        let above = slots
            .iter()
            .map(|slot| slot.0.saturating_add(1))
            .filter(|end| *end <= SLOTS_MAX)
            .max()
            .unwrap_or(0);
        let given = next.head.segments.get(&id).map_or(0, |segment| segment.given).max(above);
        write_segment(next, &id, &left, given, entropy);
        live.insert(id, left);
        changed = true;
    }
    changed
}
