//! Where the root key lives.

use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What a provider can promise about an epoch secret that it wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropsEpoch { /// Nothing can open it any more once it is dropped.
    AtOnce, /// After so many days.
    AfterDays(u16), /// An old copy of the keyring and the root key together still open it.
    Cannot }

/// Wraps and unwraps 32-byte secrets under the root key.
pub trait KeyProvider: Send + Sync {
    /// Wraps a secret for a context (home, environment and use), which is authenticated.
    fn wrap(&self, context: &[u8], secret: &[u8; 32]) -> Result<Vec<u8>, ProviderError>;
    /// Unwraps it; the context must be the same.
    fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<Zeroizing<[u8; 32]>, ProviderError>;
    /// What it can promise.
    fn drops_epoch(&self) -> DropsEpoch;
}

/// A root key in a file of mode 0600.
pub struct KeyFile {}

impl KeyFile {
    /// Makes a new root key; refuses to touch an existing file.
    pub fn create(_path: &Path, _entropy: &dyn bailee_core::Entropy) -> Result<Self, ProviderError> { todo!() }
    /// Opens one; refuses a file that others may read.
    pub fn open(_path: &Path) -> Result<Self, ProviderError> { todo!() }
}

/// Why the root key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError { /// placeholder
    #[error("the root key file {} cannot be used", .0.display())] File(PathBuf) }
