//! Files with certificates and keys, as they are read.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use zeroize::Zeroizing;

use crate::failure::{Failure, Result};

/// Most bytes of a file: several chains of the longest certificates.
const BYTES_MAX: u64 = 1024 * 1024;

/// The bytes of a file of certificates.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    let unusable = |error| Failure::file(path, &error);
    if fs::metadata(path).map_err(unusable)?.len() > BYTES_MAX {
        return Err(Failure::file(path, &ErrorKind::FileTooLarge.into()));
    }
    fs::read(path).map_err(unusable)
}

/// The bytes of a file with a key, unless everybody on this machine can read it.
pub(crate) fn read_key(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let about = fs::metadata(path).map_err(|error| Failure::file(path, &error))?;
    if about.permissions().mode() & 0o007 != 0 {
        return Err(Failure::failed(format_args!(
            "everybody on this machine can read the key {}; take that away with `chmod o=` (2.4.b)",
            path.display()
        )));
    }
    read(path).map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_everybody_can_read_and_a_file_that_is_too_long_are_refused() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("own.key");
        fs::write(&path, "key").unwrap();
        for (mode, is_read) in [(0o600, true), (0o640, true), (0o644, false), (0o602, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read_key(&path).is_ok(), is_read, "{mode:o}");
        }
        for (length, is_read) in [(BYTES_MAX, true), (BYTES_MAX + 1, false)] {
            fs::File::create(&path).unwrap().set_len(length).unwrap();
            assert_eq!(read(&path).is_ok(), is_read, "{length}");
        }
    }
}
