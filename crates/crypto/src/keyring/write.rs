//! Writing to every mirror: segments first, then the heads; a head that did not reach them all is remembered.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bailee_core::Entropy;

use super::files::Files;
use super::head::{ANCESTORS_MAX, Head, Unopened};
use super::mirror::Mirror;
use super::segment::{Name, Segment};
use super::{Anchor, KeyringError, MirrorState};
use crate::bucket::BucketId;
use crate::kdf::sha256;
use crate::secret::Key;

/// The present head and where it is kept.
pub(crate) struct Writer {
    pub(crate) head: Head,
    /// The head's file.
    pub(crate) file: Vec<u8>,
    /// The present epoch's secret.
    pub(crate) secret: Key,
    pub(crate) mirrors: Vec<PathBuf>,
    /// Heads whose writing failed, newest first: some mirror may hold one. The next head names them as ancestors, so
    /// that such a mirror is repaired and not taken for a fork. Nobody was told that they exist.
    pub(crate) failed: Vec<Anchor>,
    /// How many slots the next block of each bucket has.
    pub(crate) blocks: BTreeMap<BucketId, u32>,
}

/// A head to be, with the segments' files that it names for the first time.
pub(crate) struct Next {
    pub(crate) head: Head,
    pub(crate) secret: Key,
    pub(crate) new: Vec<(Name, Vec<u8>)>,
}

impl Writer {
    pub(crate) fn anchor(&self) -> Anchor {
        Anchor { revision: self.head.revision, head: sha256(&self.file) }
    }

    /// The present head and secret, to be changed.
    pub(crate) fn next(&self) -> Next {
        let mut head = self.head.clone();
        let (present, before) = (self.anchor(), std::mem::take(&mut head.ancestors));
        let newest = self.failed.first().map_or(present.revision, |failed| failed.revision);
        // A revision that failed is not used again: a number names one head, for ever.
        head.revision = newest + 1;
        head.previous = present.head;
        head.ancestors =
            self.failed.iter().copied().chain([present]).chain(before).take(ANCESTORS_MAX).collect();
        Next { head, secret: self.secret.clone(), new: Vec::new() }
    }

    /// Makes `next` the head in every mirror, durable on return. On an error the head is the one before.
    pub(crate) fn commit(
        &mut self,
        files: &dyn Files,
        next: Next,
        entropy: &dyn Entropy,
    ) -> Result<(), KeyringError> {
        for path in &self.mirrors {
            if self.has_failed_head(files, path)? {
                // Not put back: `next` names that head, and the present one does not. Once every mirror were back, a
                // restart would forget it, and a copy of a mirror that still has it would be taken for a fork.
                self.complete(files, path)?;
            } else {
                self.ensure_current(files, path)?;
            }
        }
        self.put_new(files, &next.new)?;
        self.put_heads(files, next, entropy)
    }

    /// The same where files that the present head names are intact in no mirror: `next` has others in their place, and
    /// every mirror is made whole by it.
    pub(crate) fn commit_in_place_of_lost(
        &mut self,
        files: &dyn Files,
        next: Next,
        lasting: Option<&[u8]>,
        entropy: &dyn Entropy,
    ) -> Result<(), KeyringError> {
        for path in &self.mirrors {
            self.refuse_to_overwrite(files, path)?;
        }
        for path in &self.mirrors {
            let mirror = Mirror { files, path };
            let prepared =
                mirror.prepare().and_then(|()| lasting.map_or(Ok(()), |file| mirror.put_lasting(file)));
            prepared.map_err(|error| KeyringError::mirror(path, &error))?;
        }
        self.put_new(files, &next.new)?;
        for path in &self.mirrors {
            self.copy_missing(files, path, &next.head)?;
        }
        self.put_heads(files, next, entropy)?;
        self.sweep(files)
    }

    fn put_new(&self, files: &dyn Files, new: &[(Name, Vec<u8>)]) -> Result<(), KeyringError> {
        for path in &self.mirrors {
            let segments = new.iter().map(|(name, file)| (*name, file.as_slice()));
            Mirror { files, path }
                .put_segments(segments)
                .map_err(|error| KeyringError::mirror(path, &error))?;
        }
        Ok(())
    }

    fn put_heads(
        &mut self,
        files: &dyn Files,
        Next { head, secret, .. }: Next,
        entropy: &dyn Entropy,
    ) -> Result<(), KeyringError> {
        let file = head.seal(&secret, entropy);
        for path in &self.mirrors {
            if let Err(error) = (Mirror { files, path }).put_head(&file) {
                let failed = Anchor { revision: head.revision, head: sha256(&file) };
                self.failed.insert(0, failed);
                return Err(KeyringError::mirror(path, &error));
            }
        }
        self.head = head;
        self.file = file;
        self.secret = secret;
        self.failed.clear();
        Ok(())
    }

    /// Reads the head and these segments back from every mirror.
    pub(crate) fn read_back(&self, files: &dyn Files, new: &[&Segment]) -> Result<(), KeyringError> {
        for path in &self.mirrors {
            let mirror = Mirror { files, path };
            let head = mirror.read_head().map_err(|error| KeyringError::mirror(path, &error))?;
            let whole = new.iter().all(|segment| mirror.read_segment(&segment.name, &segment.hash).is_some());
            if head.as_deref() != Some(&self.file) || !whole {
                return Err(KeyringError::NotReadBack(path.clone()));
            }
        }
        Ok(())
    }

    /// Removes from every mirror what the head does not name.
    pub(crate) fn sweep(&self, files: &dyn Files) -> Result<(), KeyringError> {
        for path in &self.mirrors {
            Mirror { files, path }.sweep(&self.head).map_err(|error| KeyringError::mirror(path, &error))?;
        }
        Ok(())
    }

    /// Every mirror holds the present head, or is brought up to it. Where one holds a head whose writing failed, that
    /// becomes a new revision, which says the same as the present one and names the failed head.
    pub(crate) fn ensure_all_current(
        &mut self,
        files: &dyn Files,
        entropy: &dyn Entropy,
    ) -> Result<(), KeyringError> {
        if self.any_failed_head(files) {
            let next = self.next();
            return self.commit(files, next, entropy);
        }
        self.mirrors.iter().try_for_each(|path| self.ensure_current(files, path))
    }

    /// Whether some mirror holds a head whose writing failed. One out of reach is for who then writes to it to refuse.
    pub(crate) fn any_failed_head(&self, files: &dyn Files) -> bool {
        self.mirrors.iter().any(|path| matches!(self.has_failed_head(files, path), Ok(true)))
    }

    fn has_failed_head(&self, files: &dyn Files, path: &Path) -> Result<bool, KeyringError> {
        if self.failed.is_empty() {
            return Ok(false);
        }
        let found = Mirror { files, path }.read_head().map_err(|error| KeyringError::mirror(path, &error))?;
        let hash = found.map(|head| sha256(&head));
        Ok(self.failed.iter().any(|failed| Some(failed.head) == hash))
    }

    /// The mirror has every file that the present head names, whatever head it holds.
    fn complete(&self, files: &dyn Files, path: &Path) -> Result<(), KeyringError> {
        (Mirror { files, path }).prepare().map_err(|error| KeyringError::mirror(path, &error))?;
        self.copy_missing(files, path, &self.head)
    }

    /// The mirror holds the present head, or is brought up to it.
    fn ensure_current(&self, files: &dyn Files, path: &Path) -> Result<(), KeyringError> {
        let head = Mirror { files, path }.read_head().map_err(|error| KeyringError::mirror(path, &error))?;
        if head.as_deref() == Some(&self.file) { Ok(()) } else { self.bring_up_to_date(files, path) }
    }

    /// A directory may become a mirror when nothing lies in it, or an older copy of this keyring.
    pub(crate) fn may_become_mirror(&self, files: &dyn Files, path: &Path) -> Result<(), KeyringError> {
        let mirror = Mirror { files, path };
        let unusable = |error: std::io::Error| KeyringError::mirror(path, &error);
        match mirror.is_empty().map_err(unusable)? || mirror.read_head().map_err(unusable)?.is_some() {
            true => Ok(()),
            false => Err(KeyringError::NotEmpty(path.into())),
        }
    }

    /// Writes to the mirror what it lacks; refuses one that is not known to be behind.
    pub(crate) fn bring_up_to_date(&self, files: &dyn Files, path: &Path) -> Result<(), KeyringError> {
        self.refuse_to_overwrite(files, path)?;
        self.fill(files, path)
    }

    /// Refuses a mirror that holds another home's keyring, a newer one, or one that went another way.
    fn refuse_to_overwrite(&self, files: &dyn Files, path: &Path) -> Result<(), KeyringError> {
        let mirror = Mirror { files, path };
        let found = mirror.read_head().map_err(|error| KeyringError::mirror(path, &error))?;
        let Some(found) = found else { return Ok(()) };
        let Ok(head) = Unopened::read(&found) else { return Ok(()) };
        if head.binding != self.head.binding {
            return Err(KeyringError::OtherHome(path.into()));
        }
        if found == self.file || self.knows(&sha256(&found)) {
            return Ok(());
        }
        if head.revision > self.head.revision {
            return Err(KeyringError::Newer(path.into()));
        }
        let one = self.mirrors.iter().find(|mirror| *mirror != path).cloned().unwrap_or_default();
        Err(KeyringError::Fork { one, other: path.into() })
    }

    /// Whether a head is one that the present one replaces.
    pub(crate) fn knows(&self, hash: &[u8; 32]) -> bool {
        self.head.ancestors.iter().chain(&self.failed).any(|ancestor| ancestor.head == *hash)
    }

    /// Copies what the mirror lacks from the others, the head last, and sweeps it.
    pub(crate) fn fill(&self, files: &dyn Files, path: &Path) -> Result<(), KeyringError> {
        let mirror = Mirror { files, path };
        let unusable = |error: std::io::Error| KeyringError::mirror(path, &error);
        self.complete(files, path)?;
        mirror.put_head(&self.file).map_err(unusable)?;
        mirror.sweep(&self.head).map_err(unusable)
    }

    /// Copies from the others what the mirror lacks of a head's files.
    fn copy_missing(&self, files: &dyn Files, path: &Path, head: &Head) -> Result<(), KeyringError> {
        let mirror = Mirror { files, path };
        let unusable = |error: std::io::Error| KeyringError::mirror(path, &error);
        for segment in head.segments.values() {
            if mirror.read_segment(&segment.name, &segment.hash).is_none() {
                let file = self.segment(files, segment).ok_or(KeyringError::FileLost)?;
                mirror.put_segments([(segment.name, file.as_slice())]).map_err(unusable)?;
            }
        }
        if mirror.read_lasting(&head.lasting).is_none() {
            let file = self.lasting(files, &head.lasting).ok_or(KeyringError::FileLost)?;
            mirror.put_lasting(&file).map_err(unusable)?;
        }
        Ok(())
    }

    /// A segment's file from the first mirror that has it intact.
    pub(crate) fn segment(&self, files: &dyn Files, segment: &Segment) -> Option<Vec<u8>> {
        let mut copies = self.mirrors.iter().map(|path| Mirror { files, path });
        copies.find_map(|mirror| mirror.read_segment(&segment.name, &segment.hash))
    }

    /// The lasting keyring's file from the first mirror that has it intact.
    pub(crate) fn lasting(&self, files: &dyn Files, hash: &[u8; 32]) -> Option<Vec<u8>> {
        let mut copies = self.mirrors.iter().map(|path| Mirror { files, path });
        copies.find_map(|mirror| mirror.read_lasting(hash))
    }

    /// Whether the mirror holds the present head; its other files are not looked at.
    pub(crate) fn has_head(&self, files: &dyn Files, path: &Path) -> bool {
        matches!(Mirror { files, path }.read_head(), Ok(Some(head)) if head == self.file)
    }

    /// How a mirror stands.
    pub(crate) fn state(&self, files: &dyn Files, path: &Path) -> MirrorState {
        let mirror = Mirror { files, path };
        match mirror.read_head() {
            Err(_) => MirrorState::Unreachable,
            Ok(None) => MirrorState::Empty,
            Ok(Some(file)) if file == self.file && mirror.is_complete(&self.head) => MirrorState::Current,
            Ok(Some(file)) if file != self.file && self.knows(&sha256(&file)) => MirrorState::Behind,
            Ok(Some(_)) => MirrorState::Damaged,
        }
    }
}
