//! References to secrets: where one is kept, never the secret itself (2.5.a).
//!
//! A secret lies in a file or is handed over by the service manager as a credential. What looks like a secret itself in
//! the place of a reference is refused, and never said again.

use std::io::{BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use bailee_core::Sensitive;
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};

use crate::failure::{Failure, Result};
use crate::screen::line_of;

/// The directory of credentials that systemd hands to a service.
const CREDENTIALS_VARIABLE: &str = "CREDENTIALS_DIRECTORY";
/// Most bytes of a secret that are looked at: far more than a password or a key in PEM has.
const CONTENT_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a key: a text that spells just so many in base64 or hexadecimal digits is one, and no path.
const KEY_BYTES: usize = 32;

/// Where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SecretPlace {
    /// In a file; a relative path is below the home.
    File(PathBuf),
    /// With the service manager, under this name.
    Credential(String),
}

impl SecretPlace {
    /// Reads a reference such as `file:own.key` or `credential:own-key`; `None` for anything else.
    pub(crate) fn parse(reference: &str) -> Option<Self> {
        match reference.split_once(':')? {
            ("file", path) => file(path).map(Self::File),
            // A name, never a path: it leads nowhere but into the directory of credentials.
            ("credential", name) if is_plain_name(name) && !looks_like_a_key(name) => {
                Some(Self::Credential(name.to_owned()))
            }
            _ => None,
        }
    }

    /// The file in which the secret is, for a home there; `setting` is told when there are no credentials.
    pub(crate) fn path(&self, root: &Path, setting: &str) -> Result<PathBuf> {
        match self {
            Self::File(path) => Ok(root.join(path)),
            Self::Credential(name) => match std::env::var_os(CREDENTIALS_VARIABLE) {
                Some(directory) => Ok(PathBuf::from(directory).join(name)),
                None => Err(Failure::failed(format_args!(
                    "{setting} names a credential, and no service manager has handed any over; use LoadCredential= in \
                     the unit, or `file:`"
                ))),
            },
        }
    }

    /// Reads a secret of one line; refuses a file that others may read.
    pub(crate) fn line(&self, root: &Path, setting: &str) -> Result<Sensitive<String>> {
        let path = self.path(root, setting)?;
        let unusable = |error| Failure::file(&path, &error);
        let file = std::fs::File::open(&path).map_err(unusable)?;
        let about = file.metadata().map_err(unusable)?;
        // The mode of a credential shows the mask of its access list in the place of the group's rights.
        let refused = if matches!(self, Self::File(_)) { 0o077 } else { 0o037 };
        if about.permissions().mode() & refused != 0 {
            return Err(Failure::failed(format_args!(
                "{} may be read by others; run `chmod 600` on it (2.4.b)",
                path.display()
            )));
        }
        if !about.is_file() {
            return Err(Failure::failed(format_args!("{} is not a file; check its name", path.display())));
        }
        line_of(BufReader::new(file), format_args!("{}", path.display()))
    }

    /// All of a secret, whatever it is; none where this process cannot get at it.
    pub(crate) fn content(&self, root: &Path) -> Option<Sensitive<Vec<u8>>> {
        let file = std::fs::File::open(self.path(root, "").ok()?).ok()?;
        // All its room at once: what grows leaves copies behind.
        let mut content = Vec::with_capacity(CONTENT_BYTES_MAX + 1);
        file.take(CONTENT_BYTES_MAX as u64).read_to_end(&mut content).ok()?;
        Some(Sensitive::new(content))
    }

    /// The file, when it is one of somebody's own.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Credential(_) => None,
        }
    }

    /// As it is written in a configuration.
    pub(crate) fn reference(&self) -> String {
        match self {
            Self::File(path) => format!("file:{}", path.display()),
            Self::Credential(name) => format!("credential:{name}"),
        }
    }
}

/// The path of a file that holds a secret; none where the secret itself stands.
pub(crate) fn file(path: &str) -> Option<PathBuf> {
    (!path.is_empty() && !looks_like_a_key(path)).then(|| path.into())
}

fn is_plain_name(name: &str) -> bool {
    let mut components = Path::new(name).components();
    matches!((components.next(), components.next()), (Some(std::path::Component::Normal(_)), None))
}

/// Whether this is a key of ours or of PEM, or spells out as many bytes as a key has.
fn looks_like_a_key(text: &str) -> bool {
    let spelt = [BASE64.decode(text.as_bytes()), HEXLOWER_PERMISSIVE.decode(text.as_bytes())];
    text.contains('\n')
        || text.contains("PRIVATE KEY")
        || spelt.into_iter().flatten().any(|bytes| bytes.len() == KEY_BYTES)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    #[test]
    fn a_reference_says_where_and_never_what() {
        let parse = SecretPlace::parse;
        assert_eq!(parse("file:own.key"), Some(SecretPlace::File("own.key".into())));
        assert_eq!(parse("file:/etc/own.key"), Some(SecretPlace::File("/etc/own.key".into())));
        let long = "file:/srv/bailee/production/keys/on/its/own/disk/rootkey";
        assert_eq!(parse(long).unwrap().reference(), long);
        assert_eq!(parse("credential:own-key"), Some(SecretPlace::Credential("own-key".into())));
        let (base64, hex) = (BASE64.encode(&[0xff; KEY_BYTES]), "0f".repeat(KEY_BYTES));
        for secret in [base64.as_str(), &hex, &hex.to_uppercase(), "-----BEGIN PRIVATE KEY-----", "a\nb", ""]
        {
            for written in [secret.to_owned(), format!("file:{secret}"), format!("credential:{secret}")] {
                assert_eq!(parse(&written), None, "{written}");
            }
        }
        for written in ["own.key", "env:KEY", "credential:../own", "credential:a/b", "credential:.."] {
            assert_eq!(parse(written), None, "{written}");
        }
    }

    #[test]
    fn a_secret_of_one_line_is_read_from_a_file_of_its_owner() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("phrase");
        let place = SecretPlace::parse("file:phrase").unwrap();
        let read = || place.line(home.path(), "[keys] passphrase").map(|line| line.expose().clone());
        assert!(read().is_err());
        fs::write(&path, "thirteen green barges\r\nmore").unwrap();
        for (mode, is) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o610, false)] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert_eq!(read().is_ok(), is, "{mode:o}");
        }
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(read().unwrap(), "thirteen green barges");
    }
}
