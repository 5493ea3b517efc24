//! Where the root key lives.
//!
//! A provider wraps secrets of 32 bytes and gives them back; nobody else sees the root key. The one here is a file of
//! mode 0600. It refuses a file that others may read, asks nothing, and can drop no epoch: who has an old copy of the
//! keyring and the file together opens what was live then.

use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use zeroize::Zeroizing;

use crate::kdf::{NotOpened, context, open_box, seal_box};
use crate::random::SystemEntropy;
use crate::secret::Key;

/// What a provider can promise about an epoch secret that it wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropsEpoch {
    /// Nothing can open it any more once it is dropped.
    AtOnce,
    /// After so many days.
    AfterDays(u16),
    /// An old copy of the keyring and the root key together still open it.
    Cannot,
}

/// Wraps and unwraps 32-byte secrets under the root key.
pub trait KeyProvider: Send + Sync {
    /// Wraps a secret for a context (home, environment and use), which is authenticated.
    ///
    /// # Errors
    /// When the root key cannot be used.
    fn wrap(&self, context: &[u8], secret: &[u8; 32]) -> Result<Vec<u8>, ProviderError>;
    /// Unwraps it; the context must be the same.
    ///
    /// # Errors
    /// [`ProviderError::DoesNotUnwrap`] when it was changed, or wrapped under another root key or context;
    /// else when the root key cannot be used.
    fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<Zeroizing<[u8; 32]>, ProviderError>;
    /// What it can promise.
    fn drops_epoch(&self) -> DropsEpoch;
}

/// The first line of a root key file.
const HEADER: &str = "bailee root key 1\n";
/// A root key file is this long: header, 44 characters of base64, a line's end.
const FILE_BYTES: usize = HEADER.len() + 44 + 1;
/// The first byte of what [`KeyFile`] wraps.
const WRAP_VERSION: u8 = 1;

/// A root key in a file of mode 0600.
pub struct KeyFile {
    root: Key,
}

impl KeyFile {
    /// Makes a new root key; refuses to touch an existing file. The file and its directory are synced when it
    /// returns.
    ///
    /// # Errors
    /// [`ProviderError::Exists`]: name another file. [`ProviderError::File`] when it cannot be written.
    pub fn create(path: &Path, entropy: &dyn bailee_core::Entropy) -> Result<Self, ProviderError> {
        let root = Key::random(entropy);
        match write_new(path, &root) {
            Ok(()) => Ok(Self { root }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(ProviderError::Exists(path.into()))
            }
            Err(error) => Err(ProviderError::File(path.into(), error.kind())),
        }
    }

    /// Opens one; refuses a file that others may read, that is no regular file, or that is not exactly of its form.
    ///
    /// # Errors
    /// [`ProviderError::ReadableByOthers`], [`ProviderError::NotARootKey`], or [`ProviderError::File`] when
    /// it cannot be read; each says how to mend it.
    pub fn open(path: &Path) -> Result<Self, ProviderError> {
        let unusable = |error: io::Error| ProviderError::File(path.into(), error.kind());
        let file = std::fs::File::open(path).map_err(unusable)?;
        let about = file.metadata().map_err(unusable)?;
        if !about.is_file() {
            return Err(ProviderError::NotARootKey(path.into()));
        }
        if about.mode() & 0o077 != 0 {
            return Err(ProviderError::ReadableByOthers(path.into()));
        }
        // One byte more than allowed is asked for, so that a longer file is seen. The capacity keeps the text in one
        // place, which is wiped.
        let mut text = Zeroizing::new(Vec::with_capacity(FILE_BYTES + 1));
        file.take(FILE_BYTES as u64 + 1).read_to_end(&mut text).map_err(unusable)?;
        parse(&text).map(|root| Self { root }).ok_or_else(|| ProviderError::NotARootKey(path.into()))
    }

    #[cfg(test)]
    pub(crate) fn of(root: &[u8; 32]) -> Self {
        Self { root: Key::stored(root) }
    }

    pub(crate) fn wrap_with(
        &self,
        bound: &[u8],
        secret: &[u8; 32],
        entropy: &dyn bailee_core::Entropy,
    ) -> Vec<u8> {
        let mut wrapped = vec![WRAP_VERSION];
        wrapped.extend(seal_box(&self.root, &wrap_context(bound), secret, entropy));
        wrapped
    }
}

impl KeyProvider for KeyFile {
    fn wrap(&self, context: &[u8], secret: &[u8; 32]) -> Result<Vec<u8>, ProviderError> {
        Ok(self.wrap_with(context, secret, &SystemEntropy))
    }

    fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<Zeroizing<[u8; 32]>, ProviderError> {
        let Some((&WRAP_VERSION, sealed)) = wrapped.split_first() else {
            return Err(ProviderError::DoesNotUnwrap);
        };
        let text = open_box(&self.root, &wrap_context(context), sealed)
            .map_err(|NotOpened| ProviderError::DoesNotUnwrap)?;
        let mut secret = Zeroizing::new([0; 32]);
        if text.len() != secret.len() {
            return Err(ProviderError::DoesNotUnwrap);
        }
        secret.copy_from_slice(&text);
        Ok(secret)
    }

    fn drops_epoch(&self) -> DropsEpoch {
        DropsEpoch::Cannot
    }
}

fn wrap_context(bound: &[u8]) -> Vec<u8> {
    context("bailee/v1/root-wrap", &[bound])
}

fn write_new(path: &Path, root: &Key) -> io::Result<()> {
    let mut text = Zeroizing::new(String::with_capacity(FILE_BYTES));
    text.push_str(HEADER);
    BASE64.encode_append(root.bytes(), &mut text);
    text.push('\n');
    // `create_new` is what makes it exclusive: of two who race, one is refused. A file that a crash cut short is
    // refused at opening, and nothing was wrapped under it yet.
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let written =
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| sync_parent(path));
    if written.is_err() {
        // What was begun is of no use to anybody; leaving it would only make the next attempt fail.
        let _ = std::fs::remove_file(path);
    }
    written
}

fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(parent)?.sync_all()
}

fn parse(text: &[u8]) -> Option<Key> {
    let encoded = text.strip_prefix(HEADER.as_bytes())?.strip_suffix(b"\n")?;
    let bytes = Zeroizing::new(BASE64.decode(encoded).ok()?);
    bytes.as_slice().try_into().ok().map(Key::stored)
}

/// Why the root key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The file cannot be read or written.
    #[error("the root key file {} cannot be used ({}); check that it is there and that this account may read it", .0.display(), .1)]
    File(PathBuf, io::ErrorKind),
    /// A new root key was asked for where a file is already.
    #[error("{} exists already; a root key is never overwritten, name another file", .0.display())]
    Exists(PathBuf),
    /// Group or others may read it.
    #[error("the root key file {} may be read by others; run `chmod 600` on it", .0.display())]
    ReadableByOthers(PathBuf),
    /// Not a root key file.
    #[error("{} is not a root key file; restore it from its copy", .0.display())]
    NotARootKey(PathBuf),
    /// Wrapped under another root key, for another home or environment, or changed.
    #[error("the root key does not open this keyring; check that it is this home's, and its environment")]
    DoesNotUnwrap,
}

impl ProviderError {
    /// A stable name of what went wrong.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(..) => "root-key-file",
            Self::Exists(_) => "root-key-exists",
            Self::ReadableByOthers(_) => "root-key-readable-by-others",
            Self::NotARootKey(_) => "not-a-root-key",
            Self::DoesNotUnwrap => "root-key-does-not-open",
        }
    }
}

#[cfg(test)]
mod tests;
