//! A home's own mappings: `<home>/mappings/NAME.toml`, one file each, replaced whole.
//!
//! A file that cannot be read as a mapping, or that is called otherwise than the format in it, stops the home: an
//! input must not be read otherwise than its owner believes.

use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use bailee_intake::format::{Format, Formats};
use bailee_server::{MAPPING_BYTES_MAX, MAPPINGS_MAX, MappingFiles, Mappings};

use super::make::replace_private;
use crate::failure::{Failure, Result};

/// The directory in its home.
const DIRECTORY: &str = "mappings";

/// How a mapping's file ends.
const EXTENSION: &str = "toml";

/// The formats of a home: those of the program, and its own.
pub(super) fn open(root: &Path) -> Result<Mappings> {
    let directory = root.join(DIRECTORY);
    let mut formats = Formats::embedded().map_err(Failure::failed)?;
    for path in files(&directory)? {
        let told =
            |error: &dyn std::fmt::Display| Failure::failed(format_args!("{}: {error}", path.display()));
        let format = read(&path)?;
        if path.file_stem().and_then(|name| name.to_str()) != Some(format.name()) {
            return Err(told(&format_args!(
                "the format in it is called {}; a mapping's file has its format's name",
                format.name()
            )));
        }
        formats = formats.with(format).map_err(|error| told(&error))?;
    }
    Ok(Mappings::new(formats, Box::new(Directory(directory))))
}

/// The names of the mapping files, below their home.
pub(super) fn names(root: &Path) -> io::Result<Vec<String>> {
    let files = files(&root.join(DIRECTORY)).map_err(|_| io::Error::from(io::ErrorKind::Other))?;
    let below = |path: &PathBuf| path.strip_prefix(root).ok()?.to_str().map(str::to_owned);
    Ok(files.iter().filter_map(below).collect())
}

/// A mapping file as a format.
pub(crate) fn read(path: &Path) -> Result<Format> {
    let length = std::fs::metadata(path).map_err(|error| Failure::file(path, &error))?.len();
    if length > u64::try_from(MAPPING_BYTES_MAX).unwrap_or(u64::MAX) {
        return Err(Failure::failed(format_args!(
            "{}: a mapping has at most {MAPPING_BYTES_MAX} bytes",
            path.display()
        )));
    }
    let toml = std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
    Format::parse(&toml).map_err(|error| Failure::failed(format_args!("{}: {error}", path.display())))
}

/// The mapping files, by name. A draft that a crash left behind is none.
fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Failure::file(directory, &error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| Failure::file(directory, &error))?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            files.push(path);
        }
    }
    if files.len() > MAPPINGS_MAX {
        return Err(Failure::failed(format_args!(
            "{} holds more than {MAPPINGS_MAX} mappings; take some out",
            directory.display()
        )));
    }
    files.sort();
    Ok(files)
}

/// The directory that keeps them.
struct Directory(PathBuf);

impl Directory {
    /// The file of a name. INVARIANT: a format's name is letters, digits and hyphens, so it leads nowhere else.
    fn file(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.{EXTENSION}"))
    }
}

impl MappingFiles for Directory {
    fn keep(&self, name: &str, toml: &str) -> io::Result<()> {
        match std::fs::DirBuilder::new().mode(0o700).create(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        replace_private(&self.file(name), toml.as_bytes()).map_err(|_| io::ErrorKind::Other.into())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.file(name))?;
        std::fs::File::open(&self.0)?.sync_all()
    }
}
