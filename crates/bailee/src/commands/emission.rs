//! Where tokenised documents go: standard output, a pipe or device that is there, or a file that appears whole or not at
//! all.
//!
//! A name that `--emit` is given is replaced, so what must not be lost is refused before anything is taken in.

use std::fs::{self, File, Metadata};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};

use crate::failure::{Failure, Result};
use crate::home;
use crate::visit::Visit;

/// What the name of a draft ends with, after the number of the process that writes it.
const DRAFT_ENDING: &str = ".part";

/// An emission that has begun. Unless it is finished, no file appears.
pub(super) struct Emission {
    out: Out,
}

enum Out {
    /// Standard output, or a pipe or device that was there.
    Stream(Stream),
    Draft(Draft),
}

/// A reader that may stop reading: what comes afterwards is for nobody, and no reason to stop taking documents in.
struct Stream {
    to: Box<dyn Write>,
    closed: bool,
}

/// A file that is not there yet.
struct Draft {
    file: BufWriter<File>,
    path: PathBuf,
    finished: PathBuf,
}

impl Emission {
    /// Begins one at the place that was named, after refusing places that must not be replaced.
    pub(super) fn begin(visit: &Visit, place: &Path, inputs: &[PathBuf]) -> Result<Self> {
        if is_standard(place) {
            return Ok(Self { out: Out::Stream(Stream::to(io::stdout())) });
        }
        let there = match fs::symlink_metadata(place) {
            Ok(about) => Some(about),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(Failure::file(place, &error)),
        };
        refuse_kept(visit, place)?;
        let Some(about) = there else { return Ok(Self { out: Out::Draft(Draft::begin(place)?) }) };
        refuse_inputs(place, &about, inputs)?;
        let kind = about.file_type();
        let out = if kind.is_fifo() || kind.is_char_device() {
            Out::Stream(Stream::open(place)?)
        } else if kind.is_file() {
            Out::Draft(Draft::begin(place)?)
        } else if kind.is_symlink() {
            return Err(refused(
                place,
                "is a symbolic link; name the file itself, or `-` for standard output",
            ));
        } else {
            return Err(refused(place, "is there already and no file; name another place"));
        };
        Ok(Self { out })
    }

    /// What the documents are written to.
    pub(super) fn out(&mut self) -> &mut dyn Write {
        match &mut self.out {
            Out::Stream(stream) => stream,
            Out::Draft(draft) => &mut draft.file,
        }
    }

    /// Whether there is something to take away when the process is told to end.
    pub(super) fn is_draft(&self) -> bool {
        matches!(self.out, Out::Draft(_))
    }

    /// Writes what waits; a file appears under its name.
    pub(super) fn finish(self) -> Result<()> {
        match self.out {
            Out::Stream(mut stream) => stream.flush().map_err(|error| Failure::stdout(&error)),
            Out::Draft(draft) => draft.keep(),
        }
    }
}

/// Whether a name means standard input or output.
pub(super) fn is_standard(name: &Path) -> bool {
    name == Path::new("-")
}

fn refused(place: &Path, why: &str) -> Failure {
    Failure::usage(format_args!("--emit: {} {why}", place.display()))
}

/// Refuses what belongs to the home, by whatever way it is named.
fn refuse_kept(visit: &Visit, place: &Path) -> Result<()> {
    if visit.is_remote() {
        return Ok(());
    }
    let (config, root) = (visit.config()?, visit.root()?);
    let checkpoints = match &config.checkpoints {
        Some(directory) => root.join(directory),
        None => home::beside(root)?,
    };
    let keys = config.root_key.files().map(|(_, file)| file);
    let files = config.catalogue.iter().chain(&config.policies);
    let named = config.mirrors.iter().chain(files).map(PathBuf::as_path).chain(keys);
    let kept = named.map(|path| root.join(path)).chain([root.to_owned(), checkpoints]);
    let place_found = found(place);
    match kept.into_iter().any(|kept| place_found.starts_with(found(&kept))) {
        true => Err(refused(place, "belongs to the home; name a place outside of it")),
        false => Ok(()),
    }
}

/// Where a name leads: through every link when it is there, else through those of its directory.
fn found(path: &Path) -> PathBuf {
    let through_parent = || {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new(".")).canonicalize().ok()?;
        Some(parent.join(path.file_name()?))
    };
    path.canonicalize().ok().or_else(through_parent).unwrap_or_else(|| path.to_owned())
}

/// Refuses what is read: replacing it would lose it.
fn refuse_inputs(place: &Path, about: &Metadata, inputs: &[PathBuf]) -> Result<()> {
    let is_read = |input: &PathBuf| match is_standard(input) {
        true => io::stdin().as_fd().try_clone_to_owned().and_then(|input| File::from(input).metadata()),
        false => fs::metadata(input),
    };
    // One that cannot be looked at is told when it is opened.
    let read = inputs.iter().filter_map(|input| is_read(input).ok());
    match read.into_iter().any(|read| (read.dev(), read.ino()) == (about.dev(), about.ino())) {
        true => Err(refused(place, "is one of the inputs; name another file")),
        false => Ok(()),
    }
}

impl Stream {
    fn to(to: impl Write + 'static) -> Self {
        Self { to: Box::new(to), closed: false }
    }

    /// Opens a pipe or a device. Whatever else has come there since is neither followed nor emptied.
    fn open(place: &Path) -> Result<Self> {
        let flags = (OFlags::NOFOLLOW | OFlags::NOCTTY).bits();
        let opened = File::options().write(true).custom_flags(flags.cast_signed()).open(place);
        let opened = opened.map_err(|error| Failure::file(place, &error))?;
        let about = opened.metadata().map_err(|error| Failure::file(place, &error))?;
        match about.is_file() {
            true => Err(refused(place, "was changed by somebody; try again")),
            false => Ok(Self::to(opened)),
        }
    }

    fn unless_closed<T>(
        &mut self,
        done: T,
        write: impl FnOnce(&mut dyn Write) -> io::Result<T>,
    ) -> io::Result<T> {
        if self.closed {
            return Ok(done);
        }
        match write(&mut self.to) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(done)
            }
            written => written,
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_closed(bytes.len(), |to| to.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_closed((), |to| to.flush())
    }
}

impl Draft {
    fn begin(finished: &Path) -> Result<Self> {
        take_away_left(finished);
        let mut name = finished.as_os_str().to_owned();
        name.push(format!(".{}{DRAFT_ENDING}", std::process::id()));
        let path = PathBuf::from(name);
        let unusable = |error: io::Error| Failure::file(finished, &error);
        let file = File::options().write(true).create_new(true).mode(0o600).open(&path).map_err(unusable)?;
        // A draft under a lock is somebody's. Where nothing can be locked, nothing is taken for left behind either.
        let _ = flock(&file, FlockOperation::NonBlockingLockExclusive);
        Ok(Self { file: BufWriter::new(file), path, finished: finished.to_owned() })
    }

    fn keep(mut self) -> Result<()> {
        let written = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        written
            .and_then(|()| fs::rename(&self.path, &self.finished))
            .map_err(|error| Failure::file(&self.finished, &error))
    }
}

impl Drop for Draft {
    /// Takes a draft away that was not kept; one that was is not there any more under this name.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Takes away drafts of the same file that killed processes left. They are nobody's: no process holds their lock.
fn take_away_left(finished: &Path) {
    let Some(name) = finished.file_name().and_then(|name| name.to_str()) else { return };
    let parent = finished.parent().filter(|parent| !parent.as_os_str().is_empty());
    for entry in fs::read_dir(parent.unwrap_or(Path::new("."))).into_iter().flatten().flatten() {
        let left = entry.file_name();
        let process = left.to_str().and_then(|left| left.strip_prefix(name)?.strip_prefix('.'));
        let process = process.and_then(|rest| rest.strip_suffix(DRAFT_ENDING)).unwrap_or_default();
        let is_draft = !process.is_empty() && process.bytes().all(|byte| byte.is_ascii_digit());
        if !is_draft || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        // Best effort: one that stays is in nobody's way.
        if let Ok(file) = File::open(entry.path())
            && flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}
