//! The keyring as files: a head, a segment per bucket, mirrors, anchors, epochs.
//!
//! Two rules carry it. **Additions** (a bucket, a block of slots, a facts key) are durable in every mirror before
//! their method returns, so that any one mirror opens everything that was ever sealed. **Removals** make a new epoch,
//! are read back from every mirror, and only then count as done; until a removal returned it is done again. Whatever
//! interrupts a write, opening again finds the state before it or the state after it. Whoever seals asks before he
//! commits whether the mirrors still hold the head ([`Keyring::check_mirrors`]).
//!
//! It refuses: mirrors that went separate ways, a keyring older than its anchor (but to be adopted: `adopt.rs`), a
//! directory of another home, any write while a mirror is out of reach. It keeps no clock: which bucket may be used when is the caller's to decide.
//! The caller holds the lock of the home, so that no two processes write at once.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use bailee_core::{Entropy, Month, SellerId};

use crate::bucket::{BucketId, BucketKeys, SLOTS_MAX, Slot};
use crate::envelope::SealingKey;
use crate::lasting::{Binding, Lasting};
use crate::provider::{DropsEpoch, KeyProvider, ProviderError};

mod adopt;
mod change;
mod escrowed;
mod files;
mod head;
mod mirror;
mod open;
mod request;
mod segment;
mod tend;
#[cfg(test)]
mod tests;
mod write;

#[cfg(test)]
pub(crate) use tests::memory_disk;

pub use adopt::{ADOPTED_ABOVE, Behind, Cut, Kept};
pub use escrowed::REVISION_IMPORTED;
use files::{Disk, Files};
pub use open::Unanchored;
use segment::{Live, SegmentId};
use write::Writer;

/// The first block of slots that [`Keyring::reserve`] gives of a bucket after opening; each next one is twice as
/// long, so that a short command wastes few slots and a long run writes the head seldom.
pub const BLOCK_SLOTS_FIRST: u32 = 64;
/// The longest block.
pub const BLOCK_SLOTS_MAX: u32 = 16_384;
/// Fewest mirrors of a keyring.
pub const MIRRORS_MIN: usize = 2;

/// The revision of a keyring's head and its hash: what the store and checkpoints remember of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Anchor {
    /// Counts every write of the head.
    pub revision: u64,
    /// SHA-256 of the head.
    pub head: [u8; 32],
}

/// What was done to a mirror, at opening or later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// The mirror.
    pub mirror: PathBuf,
    /// What was wrong with it. `Unreachable` could not be mended: additions and removals fail until it is back.
    pub was: MirrorState,
}

/// How a mirror stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MirrorState {
    /// At the newest revision.
    Current,
    /// An ancestor of the newest.
    Behind,
    /// Empty or missing.
    Empty,
    /// Torn or damaged.
    Damaged,
    /// Cannot be reached, or cannot be written.
    Unreachable,
}

/// Keys to be made underivable in one destruction.
#[derive(Clone, Debug, Default)]
pub struct Removals {
    /// Slots of buckets that live on.
    pub punctures: Vec<(BucketId, Vec<Slot>)>,
    /// Whole buckets.
    pub buckets: Vec<BucketId>,
    /// Facts keys.
    pub facts: Vec<(SellerId, Month)>,
    /// Detail keys.
    pub details: Vec<Month>,
    /// Request keys.
    pub requests: Vec<Month>,
}

/// What a destruction did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destroyed {
    /// The head after it.
    pub anchor: Anchor,
    /// The new epoch.
    pub epoch: u64,
}

/// What `keys status` shows of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketStatus {
    /// Which.
    pub id: BucketId,
    /// Slots given out, up to here.
    pub slots_given: u32,
    /// Slots punctured one by one.
    pub slots_punctured: u32,
}

/// An open keyring. All methods take `&self`; it locks within. Reading keys never waits for a disk.
pub struct Keyring {
    files: Arc<dyn Files>,
    provider: Box<dyn KeyProvider>,
    binding: Binding,
    lasting: Lasting,
    /// Taken by who writes, for as long as it takes.
    writer: Mutex<Writer>,
    /// What lives, as of the last write that succeeded. Taken after `writer`, never held across a write.
    live: RwLock<BTreeMap<SegmentId, Live>>,
    /// Set while it is older than its anchor: nothing lives then. Changed under `writer`.
    behind: RwLock<Option<Behind>>,
}

impl Keyring {
    /// Makes a new keyring in every mirror (two or more directories, each empty or missing).
    ///
    /// # Errors
    /// When the mirrors are too few or one is not empty, the root key does not wrap, or a mirror cannot be
    /// written. After the last, empty those already written before trying again.
    pub fn create(
        provider: Box<dyn KeyProvider>,
        binding: Binding,
        mirrors: &[PathBuf],
        entropy: &dyn Entropy,
    ) -> Result<Self, KeyringError> {
        Self::create_on(Arc::new(Disk), provider, binding, &absolute(mirrors)?, entropy)
    }

    /// Opens it; repairs mirrors that are ancestors, damaged or empty; refuses forks, and a keyring older than
    /// `anchor`. A mirror that cannot be reached is among the repairs as `Unreachable`.
    ///
    /// # Errors
    /// Those of [`Unanchored::look`] and [`Unanchored::open`].
    pub fn open(
        provider: Box<dyn KeyProvider>,
        binding: Binding,
        mirrors: &[PathBuf],
        anchor: Option<Anchor>,
    ) -> Result<(Self, Vec<Repair>), KeyringError> {
        Self::open_on(Arc::new(Disk), provider, binding, &absolute(mirrors)?, anchor)
    }

    /// What keys are bound to.
    pub fn binding(&self) -> Binding {
        self.binding
    }

    /// The present head.
    pub fn anchor(&self) -> Anchor {
        self.writer().anchor()
    }

    /// The lasting half.
    pub fn lasting(&self) -> &Lasting {
        &self.lasting
    }

    /// The keys of a live bucket.
    pub fn bucket(&self, id: &BucketId) -> Option<BucketKeys> {
        match self.get(&SegmentId::Bucket(id.clone())) {
            Some(Live::Bucket(keys)) => Some(keys),
            _ => None,
        }
    }

    /// Whether a bucket has been destroyed, and is not made again.
    pub fn is_gone(&self, id: &BucketId) -> bool {
        // One that lives, as nearly every one does, is told without waiting for who writes.
        self.get(&SegmentId::Bucket(id.clone())).is_none() && self.writer().head.gone.contains(id)
    }

    /// The facts key of a seller and month, if it lives.
    pub fn facts(&self, seller: &SellerId, month: Month) -> Option<SealingKey> {
        self.one(&SegmentId::Facts(seller.clone(), month))
    }

    /// The detail key of a month, if it lives.
    pub fn detail(&self, month: Month) -> Option<SealingKey> {
        self.one(&SegmentId::Detail(month))
    }

    /// Adds a bucket where it is missing and reserves `count` slots in it that were never given out. Durable in every
    /// mirror when it returns. The reservation may be larger or end early: the range says what was given. It is never
    /// empty.
    ///
    /// # Errors
    /// [`KeyringError::BucketGone`] or [`KeyringError::BucketFull`], neither of which passes. Any other is
    /// about a mirror; no slot was given out, so mend it and ask again.
    pub fn reserve(
        &self,
        id: &BucketId,
        count: u32,
        entropy: &dyn Entropy,
    ) -> Result<std::ops::Range<u32>, KeyringError> {
        let ranges = self.reserve_all(&[(id.clone(), count)], entropy)?;
        ranges.into_iter().next().ok_or(KeyringError::BucketFull)
    }

    /// The same for many different buckets at the price of one write of the head; the ranges come in the order asked.
    ///
    /// # Errors
    /// Those of [`Self::reserve`]; one bucket that is gone or full refuses all.
    pub fn reserve_all(
        &self,
        wanted: &[(BucketId, u32)],
        entropy: &dyn Entropy,
    ) -> Result<Vec<std::ops::Range<u32>>, KeyringError> {
        let mut writer = self.writer();
        self.refuse_behind()?;
        let ranges: Vec<_> =
            wanted.iter().map(|(id, count)| next_block(&writer, id, *count)).collect::<Result<_, _>>()?;
        let segments: Vec<_> = (wanted.iter().zip(&ranges))
            .map(|((id, _), range)| (SegmentId::Bucket(id.clone()), range.end))
            .collect();
        self.add(&mut writer, &segments, entropy)?;
        for (id, _) in wanted {
            let block = writer.blocks.get(id).copied().unwrap_or(BLOCK_SLOTS_FIRST);
            writer.blocks.insert(id.clone(), block.saturating_mul(2).min(BLOCK_SLOTS_MAX));
        }
        Ok(ranges)
    }

    /// The facts key of a seller and month, made durable in every mirror where it was missing.
    ///
    /// # Errors
    /// When the key was missing and a mirror cannot be written or is not as it should be: no key was made, so
    /// mend it and ask again.
    pub fn ensure_facts(
        &self,
        seller: &SellerId,
        month: Month,
        entropy: &dyn Entropy,
    ) -> Result<SealingKey, KeyringError> {
        self.ensure_one(&SegmentId::Facts(seller.clone(), month), entropy)
    }

    /// The detail key of a month, made durable in every mirror where it was missing.
    ///
    /// # Errors
    /// Those of [`Self::ensure_facts`].
    pub fn ensure_detail(&self, month: Month, entropy: &dyn Entropy) -> Result<SealingKey, KeyringError> {
        self.ensure_one(&SegmentId::Detail(month), entropy)
    }

    /// Every live bucket with its slots given out and punctured.
    pub fn buckets(&self) -> Vec<BucketStatus> {
        let writer = self.writer();
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
        let status = |(id, keys): (&SegmentId, &Live)| match (id, keys) {
            (SegmentId::Bucket(bucket), Live::Bucket(keys)) => Some(BucketStatus {
                id: bucket.clone(),
                slots_given: writer.head.segments.get(id).map_or(0, |segment| segment.given),
                slots_punctured: keys.punctured(),
            }),
            _ => None,
        };
        live.iter().filter_map(status).collect()
    }

    /// Every live facts key.
    pub fn facts_keys(&self) -> Vec<(SellerId, Month)> {
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
        let facts = |id: &SegmentId| match id {
            SegmentId::Facts(seller, month) => Some((seller.clone(), *month)),
            _ => None,
        };
        live.keys().filter_map(facts).collect()
    }

    /// The month of every live detail key.
    pub fn detail_keys(&self) -> Vec<Month> {
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
        let detail = |id: &SegmentId| match id {
            SegmentId::Detail(month) => Some(*month),
            _ => None,
        };
        live.keys().filter_map(detail).collect()
    }

    /// How each mirror stands now; each is read whole.
    pub fn mirrors(&self) -> Vec<(PathBuf, MirrorState)> {
        let writer = self.writer();
        writer.mirrors.iter().map(|path| (path.clone(), writer.state(&*self.files, path))).collect()
    }

    /// What the provider can promise, and the present epoch.
    pub fn epoch(&self) -> (u64, DropsEpoch) {
        (self.writer().head.epoch, self.provider.drops_epoch())
    }

    /// Adds a mirror (an empty or missing directory, or an old copy of this keyring) and brings it up to date.
    ///
    /// # Errors
    /// When the directory is a mirror already, holds anything but an old copy of this keyring, or cannot be
    /// written; or when a file to be copied is intact nowhere. It has not become a mirror then.
    pub fn add_mirror(&self, directory: &Path) -> Result<(), KeyringError> {
        let path = std::path::absolute(directory).map_err(|error| KeyringError::mirror(directory, &error))?;
        let mut writer = self.writer();
        self.refuse_behind()?;
        if writer.mirrors.iter().any(|mirror| same_place(mirror, &path)) {
            return Err(KeyringError::MirrorAlready(path));
        }
        writer.may_become_mirror(&*self.files, &path)?;
        writer.bring_up_to_date(&*self.files, &path)?;
        writer.mirrors.push(path);
        Ok(())
    }

    // A lock is poisoned by a panic of its holder. What it guards is replaced whole or not at all, so it stays sound.
    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, id: &SegmentId) -> Option<Live> {
        self.live.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn one(&self, id: &SegmentId) -> Option<SealingKey> {
        match self.get(id) {
            Some(Live::One(key)) => Some(key),
            _ => None,
        }
    }
}

/// Whether two paths lead to one directory, through links or not.
fn same_place(one: &Path, other: &Path) -> bool {
    one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn absolute(paths: &[PathBuf]) -> Result<Vec<PathBuf>, KeyringError> {
    let one = |path: &PathBuf| std::path::absolute(path).map_err(|error| KeyringError::mirror(path, &error));
    paths.iter().map(one).collect()
}

/// The slots that a reservation in a bucket gets: a block that grows with each, so that short-lived processes waste
/// little and busy ones write the head seldom.
fn next_block(
    writer: &write::Writer,
    id: &BucketId,
    count: u32,
) -> Result<std::ops::Range<u32>, KeyringError> {
    if writer.head.gone.contains(id) {
        return Err(KeyringError::BucketGone);
    }
    let given = writer.head.segments.get(&SegmentId::Bucket(id.clone())).map_or(0, |segment| segment.given);
    if given >= SLOTS_MAX {
        return Err(KeyringError::BucketFull);
    }
    let block = writer.blocks.get(id).copied().unwrap_or(BLOCK_SLOTS_FIRST);
    Ok(given..given.saturating_add(block.max(count)).min(SLOTS_MAX))
}

/// Why a keyring cannot be used. Each says which mirror, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// All slots of a bucket are given out.
    #[error("all slots of this seller's bucket are given out; nothing more can be sealed for that day")]
    BucketFull,
    /// The bucket is not live and may not be made again.
    #[error("this bucket has been destroyed and is not made again")]
    BucketGone,
    /// The key has been removed while it was asked for.
    #[error("this key has just been removed; ask again")]
    Removed,
    /// Two mirrors went separate ways.
    #[error(
        "the mirrors {} and {} went separate ways; keep the one that this home's data was sealed with, empty the other directory, and open again",
        .one.display(), .other.display()
    )]
    Fork {
        /// The one at the higher revision, or the one in use.
        one: PathBuf,
        /// The other.
        other: PathBuf,
    },
    /// A mirror that was out of reach came back with a newer head.
    #[error("the mirror {} came back with a newer keyring than the one in use; stop and open again", .0.display())]
    Newer(PathBuf),
    /// Older than its anchor.
    #[error(
        "the keyring is at revision {keyring}, older than revision {anchor} that this home's data knows; bring back a newer mirror, \
         or go on with this one, without what it does not know, by `bailee keys adopt`"
    )]
    Older {
        /// The newest revision found.
        keyring: u64,
        /// The anchor's.
        anchor: u64,
    },
    /// At the anchor's revision it was another keyring.
    #[error(
        "the keyring went another way than this home's data since revision {0}; bring back this home's own mirrors"
    )]
    Strayed(u64),
    /// A mirror cannot be reached or written.
    #[error("the mirror {} cannot be used ({reason}); bring it back or make room there, then try again", .path.display())]
    Mirror {
        /// The mirror.
        path: PathBuf,
        /// The system's reason.
        reason: io::ErrorKind,
    },
    /// A mirror did not read back what was written to it.
    #[error("the mirror {} does not read back what was written to it; check its disk, then try again", .0.display())]
    NotReadBack(PathBuf),
    /// The directory holds another home's keyring, or that of its other environment.
    #[error("{} holds the keyring of another home or environment; check the configuration of mirrors", .0.display())]
    OtherHome(PathBuf),
    /// The directory holds a head of this home that this root key does not open.
    #[error("the mirror {} lies under another root key than this one; bring its root key back, or take it out of the configuration", .0.display())]
    OtherRootKey(PathBuf),
    /// The directory is a mirror already.
    #[error("{} is a mirror of this keyring already", .0.display())]
    MirrorAlready(PathBuf),
    /// A keyring is made in empty directories only.
    #[error("{} is not empty; a keyring is made in empty directories only", .0.display())]
    NotEmpty(PathBuf),
    /// Fewer than [`MIRRORS_MIN`], or one twice.
    #[error("a keyring needs at least {MIRRORS_MIN} mirrors, each a directory of its own")]
    TooFewMirrors,
    /// No mirror holds a keyring.
    #[error("no mirror holds a keyring; check that the mirrors are in place")]
    Missing,
    /// Every head found is torn or changed.
    #[error("every mirror's head is damaged; bring back a newer copy of a mirror")]
    Damaged,
    /// A file that the head names is intact in no mirror.
    #[error("a file of the keyring is intact in no mirror; bring back a newer copy of a mirror")]
    FileLost,
    /// The root key cannot be used.
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

impl KeyringError {
    /// A stable name of what went wrong.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BucketFull => "bucket-full",
            Self::BucketGone => "bucket-gone",
            Self::Removed => "key-removed",
            Self::Fork { .. } => "keyring-fork",
            Self::Newer(_) => "mirror-newer",
            Self::Older { .. } => "keyring-older-than-anchor",
            Self::Strayed(_) => "keyring-strayed",
            Self::Mirror { .. } => "mirror-unusable",
            Self::NotReadBack(_) => "mirror-not-read-back",
            Self::OtherHome(_) => "mirror-of-another-home",
            Self::OtherRootKey(_) => "mirror-of-another-root-key",
            Self::MirrorAlready(_) => "mirror-already",
            Self::NotEmpty(_) => "mirror-not-empty",
            Self::TooFewMirrors => "too-few-mirrors",
            Self::Missing => "keyring-missing",
            Self::Damaged => "keyring-damaged",
            Self::FileLost => "keyring-file-lost",
            Self::Provider(error) => error.code(),
        }
    }

    fn mirror(path: &Path, error: &io::Error) -> Self {
        Self::Mirror { path: path.into(), reason: error.kind() }
    }
}
