//! A root key that was read from a file, and the rules for such files: made anew and synced, for their owner only, read
//! to a limit, and refused unless they are exactly of their form.

use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use bailee_core::Entropy;
use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::{DropsEpoch, KeyProvider, ProviderError};
use crate::kdf::{NotOpened, context, open_box, seal_box};
use crate::random::SystemEntropy;
use crate::secret::Key;

/// The first line of a root key file.
const HEADER: &str = "bailee root key 1\n";
/// A root key file is this long: header, 44 characters of base64, a line's end.
const FILE_BYTES: usize = HEADER.len() + 44 + 1;
/// The first byte of what [`KeyFile`] wraps.
const WRAP_VERSION: u8 = 1;

/// A root key from a file: plain, a credential, or sealed under a passphrase ([`super::passphrase`]).
pub struct KeyFile {
    root: Key,
}

impl KeyFile {
    /// Makes a new root key in a file of mode 0600; refuses to touch an existing one. The file and its directory are
    /// synced when it returns.
    ///
    /// # Errors
    /// [`ProviderError::Exists`]: name another file. [`ProviderError::File`] when it cannot be written.
    pub fn create(path: &Path, entropy: &dyn Entropy) -> Result<Self, ProviderError> {
        let made = Self::holding(Key::random(entropy));
        made.keep(path)?;
        Ok(made)
    }

    /// Writes it into a new file, as [`Self::create`] does: one that was brought back from its shares.
    ///
    /// # Errors
    /// As of [`Self::create`].
    pub fn keep(&self, path: &Path) -> Result<(), ProviderError> {
        let mut text = Zeroizing::new(String::with_capacity(FILE_BYTES));
        text.push_str(HEADER);
        BASE64.encode_append(self.root.bytes(), &mut text);
        text.push('\n');
        write_new(path, text.as_bytes())
    }

    /// Opens one; refuses a file that others may read, that is no regular file, or that is not exactly of its form.
    ///
    /// # Errors
    /// [`ProviderError::ReadableByOthers`], [`ProviderError::NotARootKey`], or [`ProviderError::File`] when
    /// it cannot be read; each says how to mend it.
    pub fn open(path: &Path) -> Result<Self, ProviderError> {
        Self::read(path, Readers::OwnerAlone)
    }

    /// Opens one that the service manager hands over in its directory of credentials.
    ///
    /// # Errors
    /// As of [`Self::open`].
    pub fn open_credential(path: &Path) -> Result<Self, ProviderError> {
        Self::read(path, Readers::AccessList)
    }

    fn read(path: &Path, readers: Readers) -> Result<Self, ProviderError> {
        let wrong = || ProviderError::NotARootKey(path.into());
        let text = read(path, readers, FILE_BYTES)?.ok_or_else(wrong)?;
        parse(&text).map(Self::holding).ok_or_else(wrong)
    }

    pub(crate) fn holding(root: Key) -> Self {
        Self { root }
    }

    pub(crate) fn root(&self) -> &Key {
        &self.root
    }

    #[cfg(test)]
    pub(crate) fn of(root: &[u8; 32]) -> Self {
        Self::holding(Key::stored(root))
    }

    pub(crate) fn wrap_with(&self, bound: &[u8], secret: &[u8; 32], entropy: &dyn Entropy) -> Vec<u8> {
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

fn parse(text: &[u8]) -> Option<Key> {
    let encoded = text.strip_prefix(HEADER.as_bytes())?.strip_suffix(b"\n")?;
    let bytes = Zeroizing::new(BASE64.decode(encoded).ok()?);
    bytes.as_slice().try_into().ok().map(Key::stored)
}

/// Who may read a file, as its mode says.
#[derive(Clone, Copy)]
pub(super) enum Readers {
    /// Its owner, and nobody else.
    OwnerAlone,
    /// Whoever its access list names. systemd gives the service its credentials by one: the mode of such a file shows the
    /// list's mask in the place of the group's rights.
    AccessList,
}

impl Readers {
    const fn refused(self) -> u32 {
        match self {
            Self::OwnerAlone => 0o077,
            Self::AccessList => 0o037,
        }
    }
}

/// Reads a file of a root key; `None` when it is longer than any, or no regular file.
pub(super) fn read(
    path: &Path,
    readers: Readers,
    bytes_max: usize,
) -> Result<Option<Zeroizing<Vec<u8>>>, ProviderError> {
    let unusable = |error: io::Error| ProviderError::File(path.into(), error.kind());
    let file = std::fs::File::open(path).map_err(unusable)?;
    let about = file.metadata().map_err(unusable)?;
    if !about.is_file() {
        return Ok(None);
    }
    if about.mode() & readers.refused() != 0 {
        return Err(ProviderError::ReadableByOthers(path.into()));
    }
    // One byte more than allowed is asked for, so that a longer file is seen. The capacity keeps the text in one
    // place, which is wiped.
    let mut text = Zeroizing::new(Vec::with_capacity(bytes_max + 1));
    file.take(bytes_max as u64 + 1).read_to_end(&mut text).map_err(unusable)?;
    Ok((text.len() <= bytes_max).then_some(text))
}

/// Writes a new file of mode 0600, durably.
pub(super) fn write_new(path: &Path, text: &[u8]) -> Result<(), ProviderError> {
    // `create_new` is what makes it exclusive: of two who race, one is refused. A file that a crash cut short is
    // refused at opening, and nothing was wrapped under it yet.
    let new = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = new.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => ProviderError::Exists(path.into()),
        kind => ProviderError::File(path.into(), kind),
    })?;
    let written = file.write_all(text).and_then(|()| file.sync_all()).and_then(|()| sync_parent(path));
    written.map_err(|error| {
        // What was begun is of no use to anybody; leaving it would only make the next attempt fail.
        let _ = std::fs::remove_file(path);
        ProviderError::File(path.into(), error.kind())
    })
}

/// Makes the name of a file as durable as its content.
pub(super) fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(parent)?.sync_all()
}

#[cfg(test)]
mod tests;
