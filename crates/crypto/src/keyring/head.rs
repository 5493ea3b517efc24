//! The head: one small file that says which segments live, under an epoch secret that the root key wraps.
//!
//! ```text
//! magic (16) ‖ home (16) ‖ environment (1) ‖ revision (u64) ‖ previous head's hash (32) ‖ epoch (u64)
//!   ‖ wrapped epoch secret ‖ sealed body ‖ SHA-256 of all before (32)
//! ```
//! The body holds the segments' keys, in a salted box under the epoch secret with all that stands before it as context;
//! so every byte is authenticated. The sum at the end only tells a torn head from another home's.

use std::collections::{BTreeMap, BTreeSet};

use bailee_core::{Day, Entropy, Environment, HomeId};
use zeroize::Zeroizing;

use super::Anchor;
use super::segment::{Segment, SegmentId};
use crate::bucket::{BucketId, SLOTS_MAX};
use crate::kdf::{open_box, seal_box, sha256};
use crate::lasting::Binding;
use crate::provider::{KeyProvider, ProviderError};
use crate::secret::Key;
use crate::wire::{Malformed, Reader, put_prefixed};

/// The first bytes of a head, and its version.
const MAGIC: &[u8; 16] = b"bailee keyring 1";
/// How many heads before it a head knows. A mirror out of reach stops every write, so that one falls behind by a
/// crash (by one head) or by being an old copy put back; one older than this many heads is refused, not guessed about.
pub(crate) const ANCESTORS_MAX: usize = 1024;
/// Destroyed buckets are remembered so many days beyond the newest of them. No expiry lies more than 45 days ahead, so
/// that what is forgotten here has long been closed by its day.
const GONE_DAYS: i32 = 60;
/// Bytes of a segment's entry, its seller's id apart.
const SEGMENT_BYTES: usize = 1 + 1 + 4 + 4 + 16 + 32 + 32;

/// What a head says.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) binding: Binding,
    pub(crate) revision: u64,
    pub(crate) previous: [u8; 32],
    pub(crate) epoch: u64,
    pub(crate) wrapped: Vec<u8>,
    /// SHA-256 of the lasting keyring's file.
    pub(crate) lasting: [u8; 32],
    /// Heads that this one replaces, newest first, those that reached some mirrors only among them.
    pub(crate) ancestors: Vec<Anchor>,
    /// Buckets destroyed, which may not be made again.
    pub(crate) gone: BTreeSet<BucketId>,
    pub(crate) segments: BTreeMap<SegmentId, Segment>,
}

/// A new epoch's secret, and itself wrapped.
pub(crate) fn new_epoch(
    provider: &dyn KeyProvider,
    binding: &Binding,
    epoch: u64,
    entropy: &dyn Entropy,
) -> Result<(Key, Vec<u8>), ProviderError> {
    let secret = Key::random(entropy);
    let wrapped = provider.wrap(&epoch_context(binding, epoch), secret.bytes())?;
    Ok((secret, wrapped))
}

fn epoch_context(binding: &Binding, epoch: u64) -> Vec<u8> {
    binding.context("bailee/v1/epoch-secret", &[&epoch.to_be_bytes()])
}

impl Head {
    /// The file.
    pub(crate) fn seal(&self, secret: &Key, entropy: &dyn Entropy) -> Vec<u8> {
        let mut file = MAGIC.to_vec();
        file.extend_from_slice(self.binding.home.as_bytes());
        file.push(environment_code(self.binding.environment));
        file.extend_from_slice(&self.revision.to_be_bytes());
        file.extend_from_slice(&self.previous);
        file.extend_from_slice(&self.epoch.to_be_bytes());
        put_prefixed(&mut file, &self.wrapped);
        let sealed =
            seal_box(secret, &self.binding.context("bailee/v1/head", &[&file]), &self.body(), entropy);
        put_prefixed(&mut file, &sealed);
        let sum = sha256(&file);
        file.extend_from_slice(&sum);
        file
    }

    fn body(&self) -> Zeroizing<Vec<u8>> {
        // Room for the longest seller ids, so that it never grows and leaves no copy of a key behind.
        let entries = self.segments.len() + self.gone.len() + 1;
        let mut body = Zeroizing::new(Vec::with_capacity(
            entries * (SEGMENT_BYTES + 64) + self.ancestors.len() * 40 + 44,
        ));
        body.extend_from_slice(&self.lasting);
        put_count(&mut body, self.ancestors.len());
        for ancestor in &self.ancestors {
            body.extend_from_slice(&ancestor.revision.to_be_bytes());
            body.extend_from_slice(&ancestor.head);
        }
        put_count(&mut body, self.gone.len());
        for bucket in &self.gone {
            SegmentId::Bucket(bucket.clone()).write(&mut body);
        }
        put_count(&mut body, self.segments.len());
        for (id, segment) in &self.segments {
            id.write(&mut body);
            body.extend_from_slice(&segment.given.to_be_bytes());
            body.extend_from_slice(&segment.name);
            body.extend_from_slice(segment.key.bytes());
            body.extend_from_slice(&segment.hash);
        }
        body
    }

    /// Forgets the names of buckets that were destroyed long before the newest of them.
    pub(crate) fn prune_gone(&mut self) {
        let newest = self.gone.iter().map(|bucket| bucket.day).max().unwrap_or(Day(i32::MIN));
        self.gone.retain(|bucket| bucket.day >= newest.plus(-GONE_DAYS));
    }
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    out.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
}

fn environment_code(environment: Environment) -> u8 {
    match environment {
        Environment::Production => 1,
        Environment::Test => 2,
    }
}

/// A head's file as far as it can be read without a key.
pub(crate) struct Unopened<'a> {
    pub(crate) binding: Binding,
    pub(crate) revision: u64,
    previous: [u8; 32],
    epoch: u64,
    wrapped: &'a [u8],
    /// Everything before the sealed body.
    header: &'a [u8],
    sealed: &'a [u8],
}

/// A head, and the secret it is sealed under.
pub(crate) struct Opened {
    pub(crate) head: Head,
    pub(crate) secret: Key,
}

impl<'a> Unopened<'a> {
    /// Reads a whole, undamaged file.
    pub(crate) fn read(file: &'a [u8]) -> Result<Self, Malformed> {
        let (summed, sum) = file.split_last_chunk::<32>().ok_or(Malformed)?;
        if sha256(summed) != *sum {
            return Err(Malformed);
        }
        let mut reader = Reader::new(summed);
        if reader.array()? != *MAGIC {
            return Err(Malformed);
        }
        let home = HomeId(reader.array()?);
        let environment = match reader.u8()? {
            1 => Environment::Production,
            2 => Environment::Test,
            _ => return Err(Malformed),
        };
        let (revision, previous, epoch) = (reader.u64()?, reader.array()?, reader.u64()?);
        let length = reader.count(1)?;
        let wrapped = reader.take(length)?;
        let header = summed.get(..summed.len() - reader.left().len()).ok_or(Malformed)?;
        let length = reader.count(1)?;
        let sealed = reader.take(length)?;
        reader.finish()?;
        Ok(Self {
            binding: Binding { home, environment },
            revision,
            previous,
            epoch,
            wrapped,
            header,
            sealed,
        })
    }

    /// Opens the body.
    pub(crate) fn open(&self, provider: &dyn KeyProvider) -> Result<Opened, ProviderError> {
        let secret = Key::stored(&*provider.unwrap(&epoch_context(&self.binding, self.epoch), self.wrapped)?);
        let head = self.open_body(&secret).map_err(|Malformed| ProviderError::DoesNotUnwrap)?;
        Ok(Opened { head, secret })
    }

    fn open_body(&self, secret: &Key) -> Result<Head, Malformed> {
        let bound = self.binding.context("bailee/v1/head", &[self.header]);
        let body = open_box(secret, &bound, self.sealed).map_err(|_| Malformed)?;
        let mut reader = Reader::new(&body);
        let head = Head {
            binding: self.binding,
            revision: self.revision,
            previous: self.previous,
            epoch: self.epoch,
            wrapped: self.wrapped.to_vec(),
            lasting: reader.array()?,
            ancestors: read_ancestors(&mut reader, self.revision)?,
            gone: read_gone(&mut reader)?,
            segments: read_segments(&mut reader)?,
        };
        reader.finish()?;
        Ok(head)
    }
}

fn read_ancestors(reader: &mut Reader<'_>, revision: u64) -> Result<Vec<Anchor>, Malformed> {
    let count = reader.count(40)?;
    if count > ANCESTORS_MAX {
        return Err(Malformed);
    }
    let mut ancestors = Vec::with_capacity(count);
    let mut below = revision;
    for _ in 0..count {
        let ancestor = Anchor { revision: reader.u64()?, head: reader.array()? };
        if ancestor.revision >= below {
            return Err(Malformed);
        }
        below = ancestor.revision;
        ancestors.push(ancestor);
    }
    Ok(ancestors)
}

fn read_gone(reader: &mut Reader<'_>) -> Result<BTreeSet<BucketId>, Malformed> {
    let mut gone = BTreeSet::new();
    for _ in 0..reader.count(6)? {
        match SegmentId::read(reader)? {
            SegmentId::Bucket(bucket) if gone.last().is_none_or(|last| *last < bucket) => gone.insert(bucket),
            _ => return Err(Malformed),
        };
    }
    Ok(gone)
}

fn read_segments(reader: &mut Reader<'_>) -> Result<BTreeMap<SegmentId, Segment>, Malformed> {
    let mut segments = BTreeMap::new();
    for _ in 0..reader.count(SEGMENT_BYTES)? {
        let id = SegmentId::read(reader)?;
        let given = reader.u32()?;
        let in_order = segments.last_key_value().is_none_or(|(last, _)| *last < id);
        let sensible = given <= if matches!(id, SegmentId::Bucket(_)) { SLOTS_MAX } else { 0 };
        if !in_order || !sensible {
            return Err(Malformed);
        }
        let name = reader.array()?;
        let key = reader.take(32)?.try_into().map(Key::stored).map_err(|_| Malformed)?;
        segments.insert(id, Segment { name, key, hash: reader.array()?, given });
    }
    Ok(segments)
}
