//! The lasting keyring as a file: sealed under the root key, or for those who keep a key for backups elsewhere.
//!
//! ```text
//! magic (16) ‖ home (16) ‖ environment (1) ‖ made at (8) ‖ sealed for (1: 1 the root key, 2 recipients) ‖ …
//! under the root key   wrapped secret ‖ the lasting keyring in a salted box under that secret
//! for recipients       a backup whose content is all before it in this file, and the lasting keyring
//! ```
//! It holds no key of a bucket, of facts or of details, and no epoch: what was disposed of or erased does not open by it.

use std::io::{Read, Write};

use bailee_core::{Entropy, Environment, HomeId, RecordId, Timestamp};
use zeroize::Zeroizing;

use crate::backup::{self, BackupError, BackupKey, Opener, Recipient, Sealer};
use crate::kdf::{open_box, seal_box};
use crate::lasting::{Binding, Lasting};
use crate::provider::{KeyProvider, ProviderError};
use crate::secret::Key;
use crate::wire::{Reader, put_prefixed};

/// Most bytes of such a file: one with every series of token keys that there can be has some seventy thousand.
pub const FILE_BYTES_MAX: usize = 256 * 1024;

const MAGIC: &[u8; 16] = b"bailee escrow 1\n";
/// Bytes before what is sealed.
const HEAD_BYTES: usize = 16 + 16 + 1 + 8 + 1;

/// For whom it is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealedFor {
    /// Whoever has the root key.
    RootKey,
    /// Whoever has the private half of a key for backups.
    Recipients,
}

/// What a file says of itself, to whoever has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// The home and environment that it is of.
    pub binding: Binding,
    /// When it was made, to the millisecond.
    pub made_at: Timestamp,
    /// For whom it is sealed.
    pub sealed_for: SealedFor,
}

/// What opens it.
pub enum Opens<'k> {
    /// The root key.
    Root(&'k dyn KeyProvider),
    /// The private half of a recipient's key.
    Key(&'k BackupKey),
}

impl About {
    /// What a file says.
    ///
    /// # Errors
    /// [`ExportError::NotAnExport`].
    pub fn look(file: &[u8]) -> Result<Self, ExportError> {
        let wrong = |_| ExportError::NotAnExport;
        if file.len() > FILE_BYTES_MAX {
            return Err(ExportError::NotAnExport);
        }
        let mut reader = Reader::new(file);
        if reader.array().map_err(wrong)? != *MAGIC {
            return Err(ExportError::NotAnExport);
        }
        let home = HomeId(reader.array().map_err(wrong)?);
        let environment = match reader.u8().map_err(wrong)? {
            1 => Environment::Production,
            2 => Environment::Test,
            _ => return Err(ExportError::NotAnExport),
        };
        let made_at = i64::from_be_bytes(reader.array().map_err(wrong)?);
        let made_at = Timestamp::from_millisecond(made_at).map_err(|_| ExportError::NotAnExport)?;
        let sealed_for = match reader.u8().map_err(wrong)? {
            1 => SealedFor::RootKey,
            2 => SealedFor::Recipients,
            _ => return Err(ExportError::NotAnExport),
        };
        Ok(Self { binding: Binding { home, environment }, made_at, sealed_for })
    }

    fn head(&self) -> Vec<u8> {
        let mut head = Vec::with_capacity(HEAD_BYTES);
        head.extend_from_slice(MAGIC);
        head.extend_from_slice(self.binding.home.as_bytes());
        head.push(match self.binding.environment {
            Environment::Production => 1,
            Environment::Test => 2,
        });
        head.extend_from_slice(&self.made_at.as_millisecond().to_be_bytes());
        head.push(match self.sealed_for {
            SealedFor::RootKey => 1,
            SealedFor::Recipients => 2,
        });
        head
    }
}

/// Seals a lasting keyring: under the root key where nobody is named.
pub(crate) fn seal(
    lasting: &Lasting,
    provider: &dyn KeyProvider,
    recipients: &[Recipient],
    made_at: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, ExportError> {
    let sealed_for = if recipients.is_empty() { SealedFor::RootKey } else { SealedFor::Recipients };
    let binding = lasting.binding();
    let mut file = About { binding, made_at, sealed_for }.head();
    let text = lasting.text();
    if sealed_for == SealedFor::RootKey {
        let secret = Key::random(entropy);
        let wrapped = provider.wrap(&binding.context("bailee/v1/export-secret", &[&file]), secret.bytes())?;
        put_prefixed(&mut file, &wrapped);
        let bound = binding.context("bailee/v1/export", &[&file]);
        file.extend(seal_box(&secret, &bound, &text, entropy));
        return Ok(file);
    }
    let about = backup::About { binding, backup: RecordId::random(entropy), made_at };
    let head = file.clone();
    let mut sealer = Sealer::begin(&mut file, &about, recipients, entropy)?;
    sealer.write_all(&head).and_then(|()| sealer.write_all(&text)).map_err(BackupError::from)?;
    sealer.finish()?;
    Ok(file)
}

/// Opens one. Nothing of it is given out unless all of it is as it was made.
///
/// # Errors
/// [`ExportError::NotAnExport`], [`ExportError::OpensOtherwise`], [`ExportError::Changed`], or what is wrong with the key.
pub fn open(file: &[u8], with: Opens<'_>) -> Result<Lasting, ExportError> {
    let about = About::look(file)?;
    let (head, sealed) = file.split_at_checked(HEAD_BYTES).ok_or(ExportError::NotAnExport)?;
    match (about.sealed_for, with) {
        (SealedFor::RootKey, Opens::Root(provider)) => open_by_root(&about, file, head, provider),
        (SealedFor::Recipients, Opens::Key(key)) => open_by_key(&about, head, sealed, key),
        (sealed_for, _) => Err(ExportError::OpensOtherwise(match sealed_for {
            SealedFor::RootKey => "the root key",
            SealedFor::Recipients => "the key of one of its recipients, by --key",
        })),
    }
}

fn open_by_root(
    about: &About,
    file: &[u8],
    head: &[u8],
    provider: &dyn KeyProvider,
) -> Result<Lasting, ExportError> {
    let changed = |_| ExportError::Changed;
    let mut reader = Reader::new(file);
    reader.take(head.len()).map_err(changed)?;
    let length = reader.count(1).map_err(changed)?;
    let wrapped = reader.take(length).map_err(changed)?;
    let secret = provider.unwrap(&about.binding.context("bailee/v1/export-secret", &[head]), wrapped)?;
    let bound = file.get(..file.len() - reader.left().len()).ok_or(ExportError::Changed)?;
    let bound = about.binding.context("bailee/v1/export", &[bound]);
    let text = open_box(&Key::stored(&secret), &bound, reader.left()).map_err(|_| ExportError::Changed)?;
    Lasting::parse(about.binding, &text).map_err(changed)
}

fn open_by_key(about: &About, head: &[u8], sealed: &[u8], key: &BackupKey) -> Result<Lasting, ExportError> {
    let (of, mut opener) = Opener::open(sealed, key)?;
    let mut content = Zeroizing::new(Vec::with_capacity(FILE_BYTES_MAX));
    opener.read_to_end(&mut content).map_err(BackupError::from)?;
    let is_of = of.binding == about.binding && of.made_at == about.made_at;
    let text = content.strip_prefix(head).filter(|_| is_of).ok_or(ExportError::Changed)?;
    Lasting::parse(about.binding, text).map_err(|_| ExportError::Changed)
}

/// Why an exported keyring cannot be made or used. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Not one.
    #[error("this is no exported keyring; name a file that `bailee keys export` made")]
    NotAnExport,
    /// Sealed for something else; in words, for what.
    #[error("this exported keyring is opened by {0}")]
    OpensOtherwise(&'static str),
    /// Changed, or cut off.
    #[error("this exported keyring was changed or is cut off; take another copy of it")]
    Changed,
    /// The root key cannot be used, or is another.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// Not for this key, or changed.
    #[error(transparent)]
    Sealed(#[from] BackupError),
}

impl ExportError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAnExport => "not-an-export",
            Self::OpensOtherwise(_) => "export-opens-otherwise",
            Self::Changed => "export-changed",
            Self::Provider(error) => error.code(),
            Self::Sealed(error) => error.code(),
        }
    }
}
