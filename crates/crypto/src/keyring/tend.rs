//! Mirrors that are put back to an older state, emptied or damaged under a keyring that is in use.
//!
//! Whoever seals asks first whether every mirror still holds the present head: keys that are in memory only would open
//! nothing after the next start. What no mirror holds any more is written anew from memory, in a new revision. A fork, a
//! newer keyring and another home's are never written over, and what was removed is in memory no more than on a disk.

use std::path::PathBuf;
use std::sync::PoisonError;

use bailee_core::Entropy;

use super::change::write_segment;
use super::segment::SegmentId;
use super::write::Writer;
use super::{Anchor, Keyring, KeyringError, MirrorState, Repair};
use crate::kdf::sha256;

/// Files that the head names and that no mirror has intact.
struct Lost {
    segments: Vec<SegmentId>,
    lasting: bool,
}

impl Lost {
    fn is_empty(&self) -> bool {
        self.segments.is_empty() && !self.lasting
    }
}

impl Keyring {
    /// Makes sure that every mirror holds the present head, and brings one that does not up to date; the head's anchor.
    /// It costs one small read of each mirror. Where a mirror holds a head whose writing failed, it makes a new revision.
    ///
    /// # Errors
    /// When a mirror is out of reach, is not this keyring's or is newer, or when a file that it lacks is intact in no
    /// mirror ([`Self::tend`] writes that anew). Until then nothing should be sealed.
    pub fn check_mirrors(&self, entropy: &dyn Entropy) -> Result<Anchor, KeyringError> {
        let mut writer = self.writer();
        self.refuse_behind()?;
        writer.ensure_all_current(&*self.files, entropy)?;
        Ok(writer.anchor())
    }

    /// Whether every mirror holds the present head. It costs what [`Self::check_mirrors`] does, and mends nothing.
    pub fn heads_are_current(&self) -> bool {
        let writer = self.writer();
        writer.mirrors.iter().all(|path| writer.has_head(&*self.files, path))
    }

    /// Reads every mirror whole and mends those that are not current; writes anew what is intact in none. What was
    /// mended, and whether all of it could be.
    ///
    /// # Errors
    /// When a mirror is out of reach or full, is not this keyring's or is newer. It was not touched.
    pub fn tend(&self, entropy: &dyn Entropy) -> (Vec<Repair>, Result<(), KeyringError>) {
        let mut writer = self.writer();
        if let Err(older) = self.refuse_behind() {
            return (Vec::new(), Err(older));
        }
        let stand = |path: &PathBuf| Repair { mirror: path.clone(), was: writer.state(&*self.files, path) };
        let wrong: Vec<Repair> =
            writer.mirrors.iter().map(stand).filter(|one| one.was != MirrorState::Current).collect();
        if wrong.is_empty() {
            // What an earlier mend left behind when it failed at its end.
            return (wrong, writer.sweep(&*self.files));
        }
        let lost = self.lost(&writer);
        // A head whose writing failed is replaced by one that names it, and never by the one before it.
        if writer.any_failed_head(&*self.files) || !lost.is_empty() {
            return match self.write_anew(&mut writer, &lost, entropy) {
                Ok(()) => (wrong, Ok(())),
                Err(error) => (Vec::new(), Err(error)),
            };
        }
        let (mut mended, mut result) = (Vec::new(), Ok(()));
        for one in wrong {
            match writer.bring_up_to_date(&*self.files, &one.mirror) {
                Ok(()) => mended.push(one),
                Err(error) => result = result.and(Err(error)),
            }
        }
        (mended, result)
    }

    fn lost(&self, writer: &Writer) -> Lost {
        let (files, head) = (&*self.files, &writer.head);
        let lost = head.segments.iter().filter(|(_, segment)| writer.segment(files, segment).is_none());
        Lost {
            segments: lost.map(|(id, _)| id.clone()).collect(),
            lasting: writer.lasting(files, &head.lasting).is_none(),
        }
    }

    /// A new revision in which what was lost stands in new files.
    fn write_anew(
        &self,
        writer: &mut Writer,
        lost: &Lost,
        entropy: &dyn Entropy,
    ) -> Result<(), KeyringError> {
        let mut next = writer.next();
        {
            let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
            for id in &lost.segments {
                let given = next.head.segments.get(id).map_or(0, |segment| segment.given);
                let keys = live.get(id).ok_or(KeyringError::FileLost)?;
                write_segment(&mut next, id, keys, given, entropy);
            }
        }
        let lasting = match lost.lasting {
            true => Some(self.lasting.seal(&*self.provider, entropy)?),
            false => None,
        };
        if let Some(file) = &lasting {
            next.head.lasting = sha256(file);
        }
        writer.commit_in_place_of_lost(&*self.files, next, lasting.as_deref(), entropy)
    }
}
