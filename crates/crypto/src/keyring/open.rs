//! Making a keyring, and opening one: which mirror is right, and what the others lack.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};

use bailee_core::Entropy;

use super::files::{Disk, Files};
use super::head::{Head, Opened, Unopened, new_epoch};
use super::mirror::Mirror;
use super::segment::{Live, SegmentId};
use super::write::Writer;
use super::{Anchor, Behind, Keyring, KeyringError, MIRRORS_MIN, MirrorState, Repair, absolute, same_place};
use crate::kdf::sha256;
use crate::lasting::{Binding, Lasting, LastingError};
use crate::provider::{KeyProvider, ProviderError};

impl Keyring {
    pub(crate) fn create_on(
        files: Arc<dyn Files>,
        provider: Box<dyn KeyProvider>,
        binding: Binding,
        mirrors: &[PathBuf],
        entropy: &dyn Entropy,
    ) -> Result<Self, KeyringError> {
        Self::begin_on(files, provider, Lasting::random(binding, entropy), mirrors, 1, entropy)
    }

    /// A keyring without any perishable key, in mirrors that are empty or missing.
    pub(super) fn begin_on(
        files: Arc<dyn Files>,
        provider: Box<dyn KeyProvider>,
        lasting: Lasting,
        mirrors: &[PathBuf],
        revision: u64,
        entropy: &dyn Entropy,
    ) -> Result<Self, KeyringError> {
        let binding = lasting.binding();
        enough(mirrors)?;
        for path in mirrors {
            match (Mirror { files: &*files, path }).is_empty() {
                Ok(true) => {}
                Ok(false) => return Err(KeyringError::NotEmpty(path.clone())),
                Err(error) => return Err(KeyringError::mirror(path, &error)),
            }
        }
        let lasting_file = lasting.seal(&*provider, entropy)?;
        let (secret, wrapped) = new_epoch(&*provider, &binding, revision, entropy)?;
        let head = Head {
            binding,
            revision,
            previous: [0; 32],
            epoch: revision,
            wrapped,
            lasting: sha256(&lasting_file),
            ancestors: Vec::new(),
            gone: BTreeSet::new(),
            segments: BTreeMap::new(),
        };
        let file = head.seal(&secret, entropy);
        for path in mirrors {
            let mirror = Mirror { files: &*files, path };
            let put = || {
                mirror
                    .prepare()
                    .and_then(|()| mirror.put_lasting(&lasting_file))
                    .and_then(|()| mirror.put_head(&file))
            };
            put().map_err(|error| KeyringError::mirror(path, &error))?;
        }
        let writer = Writer {
            head,
            file,
            secret,
            mirrors: mirrors.to_vec(),
            failed: Vec::new(),
            blocks: BTreeMap::new(),
        };
        let (writer, live, behind) = (Mutex::new(writer), RwLock::default(), RwLock::default());
        Ok(Self { files, provider, binding, lasting, writer, live, behind })
    }

    pub(crate) fn open_on(
        files: Arc<dyn Files>,
        provider: Box<dyn KeyProvider>,
        binding: Binding,
        mirrors: &[PathBuf],
        anchor: Option<Anchor>,
    ) -> Result<(Self, Vec<Repair>), KeyringError> {
        Unanchored::look_on(files, provider, binding, mirrors)?.open(anchor)
    }
}

/// A keyring that was read and not yet held against its anchor. It gives the lasting half, under which the anchor is to
/// be found; nothing perishable can be asked of it, and no mirror has been touched.
pub struct Unanchored {
    files: Arc<dyn Files>,
    provider: Box<dyn KeyProvider>,
    binding: Binding,
    found: Vec<Found>,
    writer: Writer,
    lasting: Lasting,
}

impl Unanchored {
    /// Reads every mirror; refuses forks, and mirrors that are not this root key's.
    ///
    /// # Errors
    /// When no mirror holds an intact head of this home, or two went separate ways.
    pub fn look(
        provider: Box<dyn KeyProvider>,
        binding: Binding,
        mirrors: &[PathBuf],
    ) -> Result<Self, KeyringError> {
        Self::look_on(Arc::new(Disk), provider, binding, &absolute(mirrors)?)
    }

    pub(super) fn look_on(
        files: Arc<dyn Files>,
        provider: Box<dyn KeyProvider>,
        binding: Binding,
        mirrors: &[PathBuf],
    ) -> Result<Self, KeyringError> {
        enough(mirrors)?;
        let found: Vec<Found> =
            mirrors.iter().map(|path| look(&*files, &*provider, &binding, path)).collect::<Result<_, _>>()?;
        let newest = newest(mirrors, &found)?;
        let writer = Writer {
            head: newest.opened.head.clone(),
            file: newest.file.clone(),
            secret: newest.opened.secret.clone(),
            mirrors: mirrors.to_vec(),
            failed: Vec::new(),
            blocks: BTreeMap::new(),
        };
        refuse_strangers(&writer, &found)?;
        refuse_forks(&writer, &found)?;
        let lasting = load_lasting(&*files, &*provider, &writer)?;
        Ok(Self { files, provider, binding, found, writer, lasting })
    }

    /// The lasting half.
    pub fn lasting(&self) -> &Lasting {
        &self.lasting
    }

    /// Its revision.
    pub fn revision(&self) -> u64 {
        self.writer.head.revision
    }

    /// Opens it; refuses one that is older than its anchor, and only then repairs mirrors: what must not be used must
    /// not overwrite anything either.
    ///
    /// # Errors
    /// When it is older than the anchor or went another way, or a file that the head names is intact nowhere.
    pub fn open(self, anchor: Option<Anchor>) -> Result<(Keyring, Vec<Repair>), KeyringError> {
        let Self { files, provider, binding, found, writer, lasting } = self;
        refuse_older(&writer, anchor)?;
        let live = load_segments(&*files, &writer)?;
        let repairs = repair(&*files, &writer, &found);
        let (writer, live, behind) = (Mutex::new(writer), RwLock::new(live), RwLock::default());
        Ok((Keyring { files, provider, binding, lasting, writer, live, behind }, repairs))
    }

    /// The same, and one that is older than its anchor as what it is: see [`Keyring::behind`]. No mirror of that is touched.
    ///
    /// # Errors
    /// Those of [`Self::open`], but that it is older.
    pub fn open_also_behind(self, anchor: Option<Anchor>) -> Result<(Keyring, Vec<Repair>), KeyringError> {
        let revision = self.writer.head.revision;
        let Some(anchor) = anchor.filter(|anchor| anchor.revision > revision) else {
            return self.open(anchor);
        };
        let Self { files, provider, binding, writer, lasting, .. } = self;
        let (writer, live) = (Mutex::new(writer), RwLock::default());
        let behind = RwLock::new(Some(Behind { revision, anchor }));
        Ok((Keyring { files, provider, binding, lasting, writer, live, behind }, Vec::new()))
    }
}

fn enough(mirrors: &[PathBuf]) -> Result<(), KeyringError> {
    let twice = |(index, path): (usize, &PathBuf)| {
        mirrors.iter().skip(index + 1).any(|other| same_place(path, other))
    };
    if mirrors.len() < MIRRORS_MIN || mirrors.iter().enumerate().any(twice) {
        Err(KeyringError::TooFewMirrors)
    } else {
        Ok(())
    }
}

/// What a mirror shows before it is compared with the others.
enum Found {
    Unreachable(io::ErrorKind),
    Empty,
    Damaged,
    /// Whole, but sealed under another root key than this one, or changed by somebody who made its sum right.
    NotOurs,
    Head(Box<FoundHead>),
}

struct FoundHead {
    file: Vec<u8>,
    opened: Opened,
}

fn look(
    files: &dyn Files,
    provider: &dyn KeyProvider,
    binding: &Binding,
    path: &Path,
) -> Result<Found, KeyringError> {
    let file = match (Mirror { files, path }).read_head() {
        Ok(Some(file)) => file,
        Ok(None) => return Ok(Found::Empty),
        Err(error) => return Ok(Found::Unreachable(error.kind())),
    };
    let Ok(head) = Unopened::read(&file) else { return Ok(Found::Damaged) };
    // Never to be repaired: it may be somebody's only copy.
    if head.binding != *binding {
        return Err(KeyringError::OtherHome(path.into()));
    }
    match head.open(provider) {
        Ok(opened) => Ok(Found::Head(Box::new(FoundHead { file, opened }))),
        Err(ProviderError::DoesNotUnwrap) => Ok(Found::NotOurs),
        Err(error) => Err(error.into()),
    }
}

/// The head at the highest revision.
fn newest<'a>(mirrors: &[PathBuf], found: &'a [Found]) -> Result<&'a FoundHead, KeyringError> {
    let heads = found.iter().filter_map(|found| match found {
        Found::Head(head) => Some(&**head),
        _ => None,
    });
    if let Some(newest) = heads.max_by_key(|head| head.opened.head.revision) {
        return Ok(newest);
    }
    if found.iter().any(|found| matches!(found, Found::NotOurs)) {
        return Err(ProviderError::DoesNotUnwrap.into());
    }
    if found.iter().any(|found| matches!(found, Found::Damaged)) {
        return Err(KeyringError::Damaged);
    }
    for (path, found) in mirrors.iter().zip(found) {
        if let Found::Unreachable(reason) = found {
            return Err(KeyringError::Mirror { path: path.clone(), reason: *reason });
        }
    }
    Err(KeyringError::Missing)
}

/// A whole head under another root key may be that key's only copy: it is never repaired over.
fn refuse_strangers(writer: &Writer, found: &[Found]) -> Result<(), KeyringError> {
    match writer.mirrors.iter().zip(found).find(|(_, found)| matches!(found, Found::NotOurs)) {
        Some((path, _)) => Err(KeyringError::OtherRootKey(path.clone())),
        None => Ok(()),
    }
}

/// Every other head must be one that the newest replaced.
fn refuse_forks(writer: &Writer, found: &[Found]) -> Result<(), KeyringError> {
    let mut one = PathBuf::new();
    for (path, found) in writer.mirrors.iter().zip(found) {
        if matches!(found, Found::Head(head) if head.file == writer.file) {
            one.clone_from(path);
        }
    }
    for (path, found) in writer.mirrors.iter().zip(found) {
        if let Found::Head(head) = found
            && head.file != writer.file
            && !writer.knows(&sha256(&head.file))
        {
            return Err(KeyringError::Fork { one, other: path.clone() });
        }
    }
    Ok(())
}

/// The keyring must be at the anchor or have come from it.
fn refuse_older(writer: &Writer, anchor: Option<Anchor>) -> Result<(), KeyringError> {
    let Some(anchor) = anchor else { return Ok(()) };
    let present = writer.anchor();
    if anchor.revision > present.revision {
        return Err(KeyringError::Older { keyring: present.revision, anchor: anchor.revision });
    }
    let known = [present].into_iter().chain(writer.head.ancestors.iter().copied());
    let mut at_or_below = known.skip_while(|one| one.revision > anchor.revision);
    match at_or_below.next() {
        Some(one) if one != anchor => Err(KeyringError::Strayed(anchor.revision)),
        // None: it is older than what a head remembers, and cannot be told.
        _ => Ok(()),
    }
}

/// The keys of every segment, each from the first mirror that has it intact.
pub(super) fn load_segments(
    files: &dyn Files,
    writer: &Writer,
) -> Result<BTreeMap<SegmentId, Live>, KeyringError> {
    let mut live = BTreeMap::new();
    for (id, segment) in &writer.head.segments {
        let file = writer.segment(files, segment).ok_or(KeyringError::FileLost)?;
        let keys =
            Live::open(&writer.head.binding, id, segment, &file).map_err(|_| KeyringError::FileLost)?;
        live.insert(id.clone(), keys);
    }
    Ok(live)
}

fn load_lasting(
    files: &dyn Files,
    provider: &dyn KeyProvider,
    writer: &Writer,
) -> Result<Lasting, KeyringError> {
    let file = writer.lasting(files, &writer.head.lasting).ok_or(KeyringError::FileLost)?;
    Lasting::open(provider, writer.head.binding, &file).map_err(|error| match error {
        LastingError::Provider(error) => KeyringError::Provider(error),
        LastingError::Damaged => KeyringError::FileLost,
    })
}

/// Brings every mirror that can be reached up to date; says what was wrong with which.
fn repair(files: &dyn Files, writer: &Writer, found: &[Found]) -> Vec<Repair> {
    let mut repairs = Vec::new();
    for (path, found) in writer.mirrors.iter().zip(found) {
        let mirror = Mirror { files, path };
        let was = match found {
            Found::Unreachable(_) => MirrorState::Unreachable,
            Found::Empty => MirrorState::Empty,
            Found::Damaged | Found::NotOurs => MirrorState::Damaged,
            Found::Head(head) if head.file != writer.file => MirrorState::Behind,
            Found::Head(_) if !mirror.is_complete(&writer.head) => MirrorState::Damaged,
            Found::Head(_) => MirrorState::Current,
        };
        match was {
            // What a crash left behind; what cannot be removed now is removed before the next destruction is done.
            MirrorState::Current => drop(mirror.sweep(&writer.head)),
            MirrorState::Unreachable => repairs.push(Repair { mirror: path.clone(), was }),
            _ => {
                let mended = writer.fill(files, path).is_ok();
                let was = if mended { was } else { MirrorState::Unreachable };
                repairs.push(Repair { mirror: path.clone(), was });
            }
        }
    }
    repairs
}
