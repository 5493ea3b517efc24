//! Where a home's root key is, in which form, and how it is come by.
//!
//! It lies in a file of its own, is handed over by the service manager, or lies in a file under a passphrase. The
//! passphrase is asked for at the terminal, unless the configuration says where it is kept; it is never an argument, and
//! never stands in the environment or in the configuration itself (2.5.a).

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use bailee_core::Sensitive;
use bailee_crypto::provider::KeyFile;

use crate::failure::{Failure, Result};
use crate::reference::{self, SecretPlace};
use crate::screen::{self, Asked};

/// How the settings are called where one of them is wrong.
const ROOT_KEY: &str = "[keys] root_key";
const PASSPHRASE: &str = "[keys] passphrase";
/// What is asked for.
const ASKED: &str = "passphrase of the root key";

/// The beginning of a root key file under a passphrase.
const UNDER_A_PASSPHRASE: &[u8] = b"bailee root key under a passphrase";

/// How a configuration names a root key in that file, by what is in it.
pub(crate) fn of_file(path: &Path) -> Result<String> {
    let mut beginning = Vec::new();
    let read = File::open(path)
        .and_then(|file| file.take(UNDER_A_PASSPHRASE.len() as u64).read_to_end(&mut beginning));
    read.map_err(|error| Failure::file(path, &error))?;
    let kind = if beginning == UNDER_A_PASSPHRASE { "passphrase" } else { "file" };
    Ok(format!("{kind}:{}", path.display()))
}

/// Where the root key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RootKey {
    /// As it is.
    Plain(SecretPlace),
    /// Under a passphrase.
    Sealed {
        /// In this file; a relative path is below the home.
        file: PathBuf,
        /// Where the passphrase is kept; nowhere when somebody is asked.
        passphrase: Option<SecretPlace>,
    },
}

impl RootKey {
    /// Reads what a configuration says; the error is one line, and never says what stood there.
    pub(crate) fn parse(root_key: &str, passphrase: Option<&str>) -> std::result::Result<Self, String> {
        let passphrase = passphrase.map(|reference| SecretPlace::parse(reference).ok_or(reference));
        let passphrase = passphrase.transpose().map_err(|_| {
            format!(
                "{PASSPHRASE} is a reference, such as \"credential:root-passphrase\" or \"file:PATH\", never a \
                 passphrase itself (2.5.a)"
            )
        })?;
        if let Some(file) = root_key.strip_prefix("passphrase:").and_then(reference::file) {
            return Ok(Self::Sealed { file, passphrase });
        }
        match (SecretPlace::parse(root_key), passphrase) {
            (Some(place), None) => Ok(Self::Plain(place)),
            (Some(_), Some(_)) => {
                Err(format!("{PASSPHRASE} belongs to a root_key of \"passphrase:PATH\"; take it away"))
            }
            (None, _) => Err(format!(
                "{ROOT_KEY} is a reference, such as \"file:root.key\", \"credential:root-key\" or \
                 \"passphrase:root.key\", never a key itself (2.5.a)"
            )),
        }
    }

    /// As it is written in a configuration.
    pub(crate) fn reference(&self) -> String {
        match self {
            Self::Plain(place) => place.reference(),
            Self::Sealed { file, .. } => format!("passphrase:{}", file.display()),
        }
    }

    /// The files that it is in, with a name for each: the key's own, and the passphrase's. Credentials are no files of
    /// anybody's.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let (key, passphrase) = match self {
            Self::Plain(place) => (place.file(), None),
            Self::Sealed { file, passphrase } => {
                (Some(file.as_path()), passphrase.as_ref().and_then(SecretPlace::file))
            }
        };
        let named = [("root key", key), ("passphrase of the root key", passphrase)];
        named.into_iter().filter_map(|(name, file)| Some((name, file?)))
    }

    /// Where its passphrase is kept, if anywhere.
    pub(crate) fn passphrase(&self) -> Option<&SecretPlace> {
        match self {
            Self::Plain(_) => None,
            Self::Sealed { passphrase, .. } => passphrase.as_ref(),
        }
    }

    /// The passphrase that somebody has to give, before it is opened more than once: from standard input, or from the terminal where it
    /// is kept nowhere.
    pub(crate) fn ask(&self, from_stdin: bool) -> Result<Option<Sensitive<String>>> {
        match self {
            _ if from_stdin => screen::stdin_line().map(Some),
            Self::Sealed { passphrase: None, .. } => screen::passphrase(ASKED, Asked::Once).map(Some),
            _ => Ok(None),
        }
    }

    /// Opens it, for a home there. A passphrase that is given is not asked for.
    pub(crate) fn open(&self, root: &Path, passphrase: Option<&Sensitive<String>>) -> Result<KeyFile> {
        let opened = match self {
            Self::Plain(place @ SecretPlace::File(_)) => KeyFile::open(&place.path(root, ROOT_KEY)?),
            Self::Plain(place @ SecretPlace::Credential(_)) => {
                KeyFile::open_credential(&place.path(root, ROOT_KEY)?)
            }
            Self::Sealed { file, passphrase: kept } => {
                let path = root.join(file);
                match (passphrase, kept) {
                    (Some(given), _) => KeyFile::open_sealed(&path, given),
                    (None, Some(place)) => KeyFile::open_sealed(&path, &place.line(root, PASSPHRASE)?),
                    (None, None) => KeyFile::open_sealed(&path, &screen::passphrase(ASKED, Asked::Once)?),
                }
            }
        };
        opened.map_err(Failure::failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read, or what is said instead; never what was written.
    fn read(root_key: &str, passphrase: Option<&str>) -> std::result::Result<String, String> {
        RootKey::parse(root_key, passphrase).map(|read| read.reference()).inspect_err(|said| {
            assert!(!said.contains(root_key) && passphrase.is_none_or(|it| !said.contains(it)), "{said}");
        })
    }

    #[test]
    fn a_root_key_is_in_one_of_three_places() {
        for written in ["file:root.key", "credential:root-key", "passphrase:/keys/root.key"] {
            assert_eq!(read(written, None).as_deref(), Ok(written));
        }
        for passphrase in ["credential:root-passphrase", "file:/etc/passphrase"] {
            let RootKey::Sealed { passphrase: Some(place), .. } =
                RootKey::parse("passphrase:root.key", Some(passphrase)).unwrap()
            else {
                panic!("{passphrase}")
            };
            assert_eq!(place.reference(), passphrase);
        }
    }

    #[test]
    fn a_secret_itself_is_refused_where_a_reference_belongs_and_not_repeated() {
        let key = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=";
        for root_key in [
            key.to_owned(),
            format!("file:{key}"),
            format!("credential:{key}"),
            format!("passphrase:{key}"),
            "0123456789abcdef".to_owned(),
            "env:ROOT_KEY".to_owned(),
        ] {
            assert!(read(&root_key, None).unwrap_err().contains("2.5.a"), "{root_key}");
        }
        for nothing in ["", "file:", "credential:", "passphrase:"] {
            assert!(RootKey::parse(nothing, None).unwrap_err().contains("2.5.a"), "{nothing}");
        }
        for passphrase in ["thirteen green barges in the reeds", "env:PASSPHRASE", key] {
            assert!(read("passphrase:root.key", Some(passphrase)).unwrap_err().contains("2.5.a"));
        }
        for root_key in ["file:root.key", "credential:root-key"] {
            assert!(read(root_key, Some("file:phrase")).unwrap_err().contains("take it away"));
        }
    }

    #[test]
    fn every_file_that_it_is_in_is_named() {
        let files = |root_key, passphrase| {
            let read = RootKey::parse(root_key, passphrase).unwrap();
            read.files().map(|(_, file)| file.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(files("file:a", None), ["a"]);
        assert_eq!(files("credential:a", None), Vec::<String>::new());
        assert_eq!(files("passphrase:a", None), ["a"]);
        assert_eq!(files("passphrase:a", Some("credential:b")), ["a"]);
        assert_eq!(files("passphrase:a", Some("file:b")), ["a", "b"]);
    }
}
