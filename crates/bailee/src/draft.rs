//! Files that a command writes beside one another, such as where `--out` says: all of them or none.
//!
//! They are begun before anything is done, each as an empty draft in its directory under a name that nothing has: so a file that is
//! there already, and a directory that takes none, are refused while nothing has happened yet. Written, they get their names in the
//! order in which they were begun, so that a private half comes before what is made of it. When one cannot be, those before it go again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use bailee_core::RecordId;
use bailee_crypto::random::SystemEntropy;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::failure::{Failure, Result};

/// Files of mode 0600 that are about to be written.
pub(crate) struct Drafts {
    drafts: Vec<Draft>,
    /// Whether what has such a name is replaced.
    replaces: bool,
}

/// One of them.
struct Draft {
    path: PathBuf,
    file: File,
    /// What of it is there, to be taken away where this comes to nothing: the draft, or, once it has its name, the file.
    ours: Option<PathBuf>,
}

impl Drafts {
    /// Begins new files.
    ///
    /// # Errors
    /// When one is there already, or cannot be made.
    pub(crate) fn of<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Result<Self> {
        let begun = |path: &'a Path| {
            refuse_existing(path)?;
            Draft::begin(path)
        };
        let drafts = paths.into_iter().map(begun).collect::<Result<_>>()?;
        Ok(Self { drafts, replaces: false })
    }

    /// Begins files in the place of what may be there.
    ///
    /// # Errors
    /// When one cannot be made.
    pub(crate) fn in_place_of<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Result<Self> {
        let drafts = paths.into_iter().map(Draft::begin).collect::<Result<_>>()?;
        Ok(Self { drafts, replaces: true })
    }

    /// Writes them, durably: what each holds, in the order in which they were begun.
    ///
    /// # Errors
    /// When one cannot be written, or has come to be there meanwhile; then none is there.
    pub(crate) fn write(mut self, contents: &[&[u8]]) -> Result<()> {
        if contents.len() != self.drafts.len() {
            return Err(Failure::failed("as many files are written as were begun; please report this"));
        }
        for (draft, content) in self.drafts.iter_mut().zip(contents) {
            let written = draft.file.write_all(content).and_then(|()| draft.file.sync_all());
            written.map_err(|error| Failure::file(&draft.path, &error))?;
        }
        for draft in &mut self.drafts {
            draft.name(self.replaces).map_err(|error| Failure::file(&draft.path, &error))?;
        }
        self.drafts.iter_mut().for_each(|draft| draft.ours = None);
        Ok(())
    }
}

/// Refuses a name that something has already: a link that leads nowhere is there as well.
///
/// # Errors
/// When something has it.
pub(crate) fn refuse_existing(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(_) => Err(Failure::file(path, &ErrorKind::AlreadyExists.into())),
        Err(_) => Ok(()),
    }
}

impl Draft {
    fn begin(path: &Path) -> Result<Self> {
        let begun = || {
            let name = path.file_name().ok_or(ErrorKind::InvalidFilename)?;
            let mut draft = std::ffi::OsString::from(".");
            draft.push(name);
            draft.push(format!(".{}.new", RecordId::random(&SystemEntropy)));
            let draft = path.with_file_name(draft);
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
            Ok(Self { path: path.to_owned(), file, ours: Some(draft) })
        };
        begun().map_err(|error| Failure::file(path, &error))
    }

    /// Gives it its name, durably.
    fn name(&mut self, replaces: bool) -> io::Result<()> {
        let Some(draft) = &self.ours else { return Ok(()) };
        match replaces {
            true => fs::rename(draft, &self.path)?,
            false => rename_new(draft, &self.path)?,
        }
        self.ours = Some(self.path.clone());
        let directory = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
    }
}

/// Renames a file to a name that nothing has.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // A file system that cannot look and rename in one: between the two somebody else would have to be quick.
        Err(Errno::INVAL | Errno::NOSYS) if fs::symlink_metadata(to).is_err() => fs::rename(from, to),
        Err(Errno::INVAL | Errno::NOSYS) => Err(ErrorKind::AlreadyExists.into()),
        renamed => Ok(renamed?),
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(ours) = &self.ours {
            // Best effort: the failure that led here is what is told.
            let _ = fs::remove_file(ours);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    /// What is in a directory, by name.
    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn files_are_written_together_for_their_user_alone() {
        let place = tempfile::tempdir().unwrap();
        let [key, certificate] = ["a.key", "a.pem"].map(|name| place.path().join(name));
        let drafts = Drafts::of([&*key, &*certificate]).unwrap();
        assert_eq!(names(place.path()).len(), 2, "their directory takes them");
        drafts.write(&[b"key", b"certificate"]).unwrap();
        assert_eq!(names(place.path()), ["a.key", "a.pem"]);
        assert_eq!(fs::read(&certificate).unwrap(), b"certificate");
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_is_there_is_left_alone_and_what_was_begun_goes_again() {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        fs::write(path("there"), "old").unwrap();
        fs::write(path("there.new"), "old").unwrap();
        symlink("nowhere", path("link")).unwrap();
        let before = names(place.path());
        for refused in ["there", "link", "no-directory/a", ".."] {
            assert!(Drafts::of([&*path("a"), &*path(refused)]).is_err(), "{refused}");
            assert_eq!(names(place.path()), before);
        }
        // Somebody else was quicker: of the two none is written.
        let drafts = Drafts::of([&*path("a"), &*path("b")]).unwrap();
        fs::write(path("b"), "theirs").unwrap();
        assert!(drafts.write(&[b"a", b"b"]).is_err());
        assert_eq!(fs::read(path("b")).unwrap(), b"theirs");
        assert!(!path("a").exists());
        drop(Drafts::of([&*path("a")]).unwrap());
        assert_eq!(names(place.path()).len(), before.len() + 1);
        Drafts::in_place_of([&*path("there")]).unwrap().write(&[b"new"]).unwrap();
        assert_eq!(fs::read(path("there")).unwrap(), b"new");
        assert_eq!(fs::read(path("there.new")).unwrap(), b"old");
    }
}
