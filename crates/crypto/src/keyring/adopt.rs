//! Going on with a keyring that is older than its anchor, once the newer one is lost.
//!
//! An old copy knows keys that have been destroyed since, and does not know which slots were given out since. So it is
//! cut to what the store still names before anything is opened by it: every key that no row uses goes, and slots are
//! given out far above all that the lost keyring can have given. What comes out is a new revision above the anchor's,
//! under a new epoch, in every mirror. Until then such a keyring gives its lasting half alone.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::PoisonError;

use bailee_core::{Entropy, Month, SellerId};

use super::change::write_segment;
use super::head::{ANCESTORS_MAX, Head, new_epoch};
use super::open::load_segments;
use super::segment::{Live, SegmentId};
use super::write::{Next, Writer};
use super::{Anchor, Destroyed, Keyring, KeyringError, Removals};
use crate::bucket::{BucketId, BucketKeys, SLOTS_MAX};

/// How far above its anchor an adopted keyring goes on. The lost one was ahead of the anchor by the writes of acts that
/// never arrived, a handful: no revision of it is given again, so that a mirror of it that turns up is told for a fork.
pub const ADOPTED_ABOVE: u64 = 1024;

/// What the store still names of a keyring.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// Buckets that are open, each with its slots in use: runs of them, rising, none touching another.
    pub buckets: Vec<(BucketId, Vec<Range<u32>>)>,
    /// Buckets that were destroyed, or are about to be. They are not made again.
    pub gone: Vec<BucketId>,
    /// Facts keys.
    pub facts: Vec<(SellerId, Month)>,
    /// Detail keys.
    pub details: Vec<Month>,
    /// Request keys.
    pub requests: Vec<Month>,
}

/// What adopting a keyring takes away, and what is lost already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// Buckets whose keys go.
    pub buckets: u64,
    /// Slots in use by no row whose keys go, of buckets that stay.
    pub slots: u64,
    /// Facts keys that go.
    pub facts: u64,
    /// Detail keys that go.
    pub details: u64,
    /// Request keys that go.
    pub requests: u64,
    /// Slots in use whose keys were made since, or punctured before: what they seal opens for nobody any more.
    pub lost_slots: u64,
    /// Facts keys in use that were made since.
    pub lost_facts: Vec<(SellerId, Month)>,
    /// Detail keys in use that were made since.
    pub lost_details: u64,
    /// Request keys in use that were made since.
    pub lost_requests: u64,
}

/// A keyring that is older than its anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    /// Its revision.
    pub revision: u64,
    /// What it is older than.
    pub anchor: Anchor,
}

impl Keyring {
    /// Whether it is older than its anchor. Then it gives the lasting half and no other key, and refuses every change but
    /// [`Self::adopt`]. Never waits for a disk.
    pub fn behind(&self) -> Option<Behind> {
        *self.behind.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses what a keyring older than its anchor may not do.
    ///
    /// # Errors
    /// [`KeyringError::Older`] while it is.
    pub fn refuse_behind(&self) -> Result<(), KeyringError> {
        match self.behind() {
            None => Ok(()),
            Some(Behind { revision, anchor }) => {
                Err(KeyringError::Older { keyring: revision, anchor: anchor.revision })
            }
        }
    }

    /// What [`Self::adopt`] would take away.
    ///
    /// # Errors
    /// When a file that the head names is intact in no mirror.
    pub fn weigh(&self, kept: &Kept) -> Result<Cut, KeyringError> {
        let held = load_segments(&*self.files, &self.writer())?;
        Ok(weigh(&held, kept))
    }

    /// Makes a keyring that is older than its anchor the present one, cut to what is kept. When it returns, every mirror
    /// says so and the old epoch is dropped. It may be done again; on one that is not behind it changes nothing, and makes
    /// sure that every mirror is as it is.
    ///
    /// # Errors
    /// Those of [`Self::destroy`]: mend it and do the same again.
    pub fn adopt(&self, kept: &Kept, entropy: &dyn Entropy) -> Result<Destroyed, KeyringError> {
        let mut writer = self.writer();
        let Some(Behind { anchor, .. }) = self.behind() else {
            drop(writer);
            return self.destroy(&Removals::default(), entropy);
        };
        let held = load_segments(&*self.files, &writer)?;
        let mut next = writer.next();
        next.head.revision = next.head.revision.max(anchor.revision).saturating_add(ADOPTED_ABOVE);
        name_ancestor(&mut next.head, anchor);
        self.begin_epoch(&writer, &mut next, entropy)?;
        let live = cut(&mut next, &held, kept, entropy);
        writer.commit(&*self.files, next, entropy)?;
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = live;
        *self.behind.write().unwrap_or_else(PoisonError::into_inner) = None;
        writer.read_back(&*self.files, &writer.head.segments.values().collect::<Vec<_>>())?;
        writer.sweep(&*self.files)?;
        Ok(Destroyed { anchor: writer.anchor(), epoch: writer.head.epoch })
    }

    /// An epoch above every one that the lost keyring can have reached: each takes a revision.
    fn begin_epoch(
        &self,
        writer: &Writer,
        next: &mut Next,
        entropy: &dyn Entropy,
    ) -> Result<(), KeyringError> {
        let epoch = writer.head.epoch.saturating_add(next.head.revision - writer.head.revision);
        let (secret, wrapped) = new_epoch(&*self.provider, &self.binding, epoch, entropy)?;
        (next.head.epoch, next.head.wrapped, next.secret) = (epoch, wrapped, secret);
        Ok(())
    }
}

/// The anchor's head is replaced by this one, though it never saw it: where the store was told of no newer, the next
/// opening finds that this one comes from it.
fn name_ancestor(head: &mut Head, anchor: Anchor) {
    let at = head.ancestors.partition_point(|one| one.revision > anchor.revision);
    head.ancestors.insert(at, anchor);
    head.ancestors.truncate(ANCESTORS_MAX);
}

/// Takes everything out of a head that is not kept; the keys that are left.
fn cut(
    next: &mut Next,
    held: &BTreeMap<SegmentId, Live>,
    kept: &Kept,
    entropy: &dyn Entropy,
) -> BTreeMap<SegmentId, Live> {
    next.head.gone.extend(kept.gone.iter().cloned());
    next.head.prune_gone();
    let before = std::mem::take(&mut next.head.segments);
    let mut live = BTreeMap::new();
    for (bucket, used) in &kept.buckets {
        let id = SegmentId::Bucket(bucket.clone());
        let given = before.get(&id).map_or(0, |segment| segment.given);
        let from = goes_on_at(used, given);
        let keys = match held.get(&id) {
            Some(Live::Bucket(keys)) => keys.keeping(used, from),
            // The keys were made since, and are lost. In new ones no slot of the lost ones derives: rows that are there
            // hold their slots, and are told for forgotten.
            _ => BucketKeys::random(entropy).keeping(&[], from),
        };
        let keys = Live::Bucket(keys);
        // The first is never given, and keeps what is forgotten one by one behind it apart from what was passed over.
        write_segment(next, &id, &keys, from.saturating_add(1).min(SLOTS_MAX), entropy);
        live.insert(id, keys);
    }
    for id in single_keys(kept) {
        if let (Some(segment), Some(keys)) = (before.get(&id), held.get(&id)) {
            next.head.segments.insert(id.clone(), segment.clone());
            live.insert(id, keys.clone());
        }
    }
    live
}

/// The slot from which a bucket's slots are given out again. Those above the highest in use may have been given out,
/// erased and punctured by the keyring that is lost, and nothing is left to tell how many: none of them may be given
/// twice. So half of what is left is passed over, eight million of a bucket's sixteen: more than any day's bucket was given
/// beyond what it still holds.
fn goes_on_at(used: &[Range<u32>], given: u32) -> u32 {
    let above = used.last().map_or(0, |run| run.end).max(given);
    above + SLOTS_MAX.saturating_sub(above).div_ceil(2)
}

fn single_keys(kept: &Kept) -> impl Iterator<Item = SegmentId> {
    let facts = kept.facts.iter().cloned().map(|(seller, month)| SegmentId::Facts(seller, month));
    let details = kept.details.iter().copied().map(SegmentId::Detail);
    facts.chain(details).chain(kept.requests.iter().copied().map(SegmentId::Request))
}

fn weigh(held: &BTreeMap<SegmentId, Live>, kept: &Kept) -> Cut {
    let mut cut = Cut::default();
    let used_of: BTreeMap<SegmentId, &[Range<u32>]> =
        (kept.buckets.iter()).map(|(id, used)| (SegmentId::Bucket(id.clone()), used.as_slice())).collect();
    let stays: std::collections::BTreeSet<SegmentId> = single_keys(kept).collect();
    for (id, live) in held {
        match (id, live, used_of.get(id)) {
            (SegmentId::Bucket(_), Live::Bucket(keys), Some(used)) => {
                let highest = used.last().map_or(0, |run| run.end);
                cut.slots += keys.held(std::slice::from_ref(&(0..highest))) - keys.held(used);
            }
            (SegmentId::Bucket(_), ..) => cut.buckets += 1,
            (SegmentId::Facts(..), ..) => cut.facts += u64::from(!stays.contains(id)),
            (SegmentId::Detail(_), ..) => cut.details += u64::from(!stays.contains(id)),
            (SegmentId::Request(_), ..) => cut.requests += u64::from(!stays.contains(id)),
        }
    }
    for (id, used) in used_of {
        let count: u64 = used.iter().map(|run| run.len() as u64).sum();
        let held = match held.get(&id) {
            Some(Live::Bucket(keys)) => keys.held(used),
            _ => 0,
        };
        cut.lost_slots += count - held;
    }
    let is_lost =
        |(seller, month): &&(SellerId, Month)| !held.contains_key(&SegmentId::Facts(seller.clone(), *month));
    cut.lost_facts = kept.facts.iter().filter(is_lost).cloned().collect();
    let is_lost = |month: &&Month| !held.contains_key(&SegmentId::Detail(**month));
    cut.lost_details = kept.details.iter().filter(is_lost).count() as u64;
    let is_lost = |month: &&Month| !held.contains_key(&SegmentId::Request(**month));
    cut.lost_requests = kept.requests.iter().filter(is_lost).count() as u64;
    cut
}
