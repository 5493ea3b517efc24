//! Where the root key lives.
//!
//! A provider wraps secrets of 32 bytes and gives them back; nobody else sees the root key. The one here is a
//! [`KeyFile`]: a file of mode 0600 or a credential of the service manager (`file`), or a file in which the key is
//! sealed under a passphrase (`passphrase`). It can drop no epoch in any of these forms: who has an old copy of the
//! keyring and the root key together opens what was live then.

use std::io;
use std::path::PathBuf;

use zeroize::Zeroizing;

mod file;
pub mod passphrase;

pub use file::KeyFile;

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
    /// Not a root key under a passphrase.
    #[error("{} is not a root key under a passphrase; restore it from its copy", .0.display())]
    NotSealed(PathBuf),
    /// A root key under a passphrase that would take other work to open than one of ours does.
    #[error("{} asks for more or less work than a root key may take to open ({}); restore it from its copy", .0.display(), passphrase::COSTS)]
    Cost(PathBuf),
    /// The passphrase is another one, or the file was changed: nobody can tell which.
    #[error("the passphrase does not open the root key {}; give the right one, or restore the file from its copy", .0.display())]
    WrongPassphrase(PathBuf),
    /// A new passphrase that is easily guessed; in words, what is missing.
    #[error("the passphrase needs {}", .0)]
    WeakPassphrase(String),
    /// Argon2id takes memory that there is not.
    #[error("there is not enough memory to open the root key under its passphrase; make room and try again")]
    NoMemory,
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
            Self::NotSealed(_) => "not-a-root-key-under-a-passphrase",
            Self::Cost(_) => "root-key-cost",
            Self::WrongPassphrase(_) => "wrong-passphrase",
            Self::WeakPassphrase(_) => "weak-passphrase",
            Self::NoMemory => "root-key-memory",
            Self::DoesNotUnwrap => "root-key-does-not-open",
        }
    }
}
