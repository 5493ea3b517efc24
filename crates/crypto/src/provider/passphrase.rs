//! A root key in a file, sealed under a passphrase.
//!
//! The root key is random; the passphrase, by way of Argon2id, opens the box in which it lies. So another passphrase
//! seals it anew, and nothing that lies under it changes. What Argon2id is to cost stands in the file and is
//! authenticated with it, and is refused outside of narrow bounds: no file makes this program take all memory, or take a
//! key that was sealed cheaply. Every attempt is one computation of Argon2id, right or wrong.

use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use bailee_core::requirement::Requirement;
use bailee_core::{Entropy, Sensitive};
use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::file::{Readers, read, sync_parent, write_new};
use super::{KeyFile, ProviderError};
use crate::kdf::{SALT_BYTES, TAG_BYTES, context, open_box, seal_box};
use crate::secret::{Key, random};

/// Fewest characters of a passphrase: more than of a password (1.4.a), since whoever has the file may guess without end.
pub const CHARACTERS_MIN: usize = 16;
/// From so many characters on, length does what classes of characters do for shorter ones.
pub const CHARACTERS_LONG: usize = 24;
/// Most characters: as many as fit into a line of 4096 bytes in any script.
pub const CHARACTERS_MAX: usize = 1024;
/// Fewest different characters, so that one key held down is no passphrase.
pub const DIFFERENT_MIN: usize = 8;

/// The first line of the file.
const HEADER: &str = "bailee root key under a passphrase 1\n";
/// Most bytes of the file: its four lines, with ten digits to each number.
const FILE_BYTES_MAX: usize = 256;
/// Bytes of the box around a root key.
const BOX_BYTES: usize = SALT_BYTES + 32 + TAG_BYTES;

/// The bounds of [`Cost`], in words.
pub(super) const COSTS: &str = "64 to 256 MiB, 3 to 12 passes, 1 to 8 lanes";
/// Memory, in KiB. Four times what is written today leaves room for a stricter version to write more, and is less than
/// a server has.
const MEMORY_KIB: RangeInclusive<u32> = 64 * 1024..=256 * 1024;
/// Passes over it, with the same room.
const PASSES: RangeInclusive<u32> = 3..=12;
/// Lanes.
const LANES: RangeInclusive<u32> = 1..=8;

/// What an attempt takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// What a new file is sealed with: the second choice of RFC 9106, section 4, for where 2 GiB are too much.
const COST: Cost = Cost { memory_kib: 64 * 1024, passes: 3, lanes: 4 };

impl Cost {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("argon2id v=19 ")?.split(' ');
        let mut number = |name: &str| words.next()?.strip_prefix(name)?.parse().ok();
        Some(Self { memory_kib: number("m=")?, passes: number("t=")?, lanes: number("p=")? })
    }

    fn is_allowed(self) -> bool {
        MEMORY_KIB.contains(&self.memory_kib) && PASSES.contains(&self.passes) && LANES.contains(&self.lanes)
    }
}

impl KeyFile {
    /// Makes a new root key in a file of mode 0600, sealed under a passphrase; refuses to touch an existing file.
    ///
    /// # Errors
    /// [`ProviderError::WeakPassphrase`] says all that the passphrase lacks; else as of [`Self::create`].
    pub fn create_sealed(
        path: &Path,
        passphrase: &Sensitive<String>,
        entropy: &dyn Entropy,
    ) -> Result<Self, ProviderError> {
        let made = Self::holding(Key::random(entropy));
        made.keep_sealed(path, passphrase, entropy)?;
        Ok(made)
    }

    /// Seals it into a new file, as [`Self::create_sealed`] does: one that was brought back from its shares.
    ///
    /// # Errors
    /// As of [`Self::create_sealed`].
    pub fn keep_sealed(
        &self,
        path: &Path,
        passphrase: &Sensitive<String>,
        entropy: &dyn Entropy,
    ) -> Result<(), ProviderError> {
        check(passphrase)?;
        write_new(path, Sealed::seal(self.root(), passphrase, entropy)?.text().as_bytes())
    }

    /// Opens one with its passphrase; refuses a file that others may read, or that is not exactly of its form.
    ///
    /// # Errors
    /// [`ProviderError::WrongPassphrase`], also when the file was changed: nobody can tell these apart.
    /// [`ProviderError::NotSealed`] and [`ProviderError::Cost`] before any work is done; else as of [`Self::open`].
    pub fn open_sealed(path: &Path, passphrase: &Sensitive<String>) -> Result<Self, ProviderError> {
        let not_sealed = || ProviderError::NotSealed(path.into());
        let text = read(path, Readers::OwnerAlone, FILE_BYTES_MAX)?.ok_or_else(not_sealed)?;
        let sealed = Sealed::parse(&text).ok_or_else(not_sealed)?;
        if !sealed.cost.is_allowed() {
            return Err(ProviderError::Cost(path.into()));
        }
        let root = sealed.open(passphrase)?.ok_or_else(|| ProviderError::WrongPassphrase(path.into()))?;
        Ok(Self::holding(root))
    }
}

/// A root key that was sealed under another passphrase and lies, durable, beside its file, which is still the old one.
/// Taken away again on drop, unless it is put in that file's place.
pub struct Resealed {
    path: PathBuf,
    draft: PathBuf,
}

impl Resealed {
    /// Seals the root key of a file anew; the root key itself stays.
    ///
    /// # Errors
    /// Those of [`KeyFile::open_sealed`] for the old passphrase, and of [`KeyFile::create_sealed`] for the new one.
    pub fn draft(
        path: &Path,
        old: &Sensitive<String>,
        new: &Sensitive<String>,
        entropy: &dyn Entropy,
    ) -> Result<Self, ProviderError> {
        let key = KeyFile::open_sealed(path, old)?;
        check(new)?;
        if old.expose() == new.expose() {
            return Err(weak("to be another than before"));
        }
        // A link stays one, and leads to the new file.
        let path = path.canonicalize().map_err(|error| ProviderError::File(path.into(), error.kind()))?;
        let mut draft = path.clone().into_os_string();
        draft.push(".new");
        let draft = PathBuf::from(draft);
        // One that a crash left behind.
        let _ = std::fs::remove_file(&draft);
        write_new(&draft, Sealed::seal(key.root(), new, entropy)?.text().as_bytes())?;
        Ok(Self { path, draft })
    }

    /// Puts it in the place of the old file: a reader, and a crash, find the old one or the new one.
    ///
    /// # Errors
    /// [`ProviderError::File`] when it cannot be put there; the old one stays.
    pub fn keep(self) -> Result<(), ProviderError> {
        let unusable = |error: io::Error| ProviderError::File(self.path.clone(), error.kind());
        std::fs::rename(&self.draft, &self.path).map_err(unusable)?;
        sync_parent(&self.path).map_err(unusable)
    }
}

impl Drop for Resealed {
    fn drop(&mut self) {
        // After `keep` there is none.
        let _ = std::fs::remove_file(&self.draft);
    }
}

/// What the file says.
pub(crate) struct Sealed {
    cost: Cost,
    salt: [u8; SALT_BYTES],
    boxed: [u8; BOX_BYTES],
}

impl Sealed {
    pub(crate) fn seal(
        root: &Key,
        passphrase: &Sensitive<String>,
        entropy: &dyn Entropy,
    ) -> Result<Self, ProviderError> {
        let mut sealed = Self { cost: COST, salt: random(entropy), boxed: [0; BOX_BYTES] };
        let boxed = seal_box(&sealed.derive(passphrase)?, &sealed.bound(), root.bytes(), entropy);
        sealed.boxed.copy_from_slice(&boxed);
        Ok(sealed)
    }

    /// The root key, unless the passphrase is another one.
    fn open(&self, passphrase: &Sensitive<String>) -> Result<Option<Key>, ProviderError> {
        let root = open_box(&self.derive(passphrase)?, &self.bound(), &self.boxed).ok();
        Ok(root.and_then(|root| root.as_slice().try_into().ok().map(Key::stored)))
    }

    /// The key of the box. Its work hangs on the cost alone, whatever the passphrase.
    pub(crate) fn derive(&self, passphrase: &Sensitive<String>) -> Result<Key, ProviderError> {
        let Cost { memory_kib, passes, lanes } = self.cost;
        let params = Params::new(memory_kib, passes, lanes, Some(32)).map_err(|_| ProviderError::NoMemory)?;
        // Taken here, so that it is wiped: from the last of it the key could be made again.
        let mut memory: Zeroizing<Vec<Block>> = Zeroizing::default();
        memory.try_reserve_exact(params.block_count()).map_err(|_| ProviderError::NoMemory)?;
        memory.resize(params.block_count(), Block::new());
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut derived = Ok(());
        let key = Key::filled(|out| {
            let passphrase = passphrase.expose().as_bytes();
            derived = argon.hash_password_into_with_memory(passphrase, &self.salt, out, &mut *memory);
        });
        derived.map(|()| key).map_err(|_| ProviderError::NoMemory)
    }

    /// What the box is bound to: every byte of the file that stands before it.
    fn bound(&self) -> Vec<u8> {
        context("bailee/v1/root-passphrase", &[self.head().as_bytes()])
    }

    fn head(&self) -> String {
        let Cost { memory_kib, passes, lanes } = self.cost;
        let salt = BASE64.encode(&self.salt);
        format!("{HEADER}argon2id v=19 m={memory_kib} t={passes} p={lanes}\n{salt}\n")
    }

    pub(crate) fn text(&self) -> String {
        format!("{}{}\n", self.head(), BASE64.encode(&self.boxed))
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let mut lines = text.strip_prefix(HEADER)?.split('\n');
        let cost = Cost::parse(lines.next()?)?;
        let mut bytes = || BASE64.decode(lines.next()?.as_bytes()).ok();
        let (salt, boxed) = (bytes()?.try_into().ok()?, bytes()?.try_into().ok()?);
        let sealed = Self { cost, salt, boxed };
        // One spelling, and nothing behind it.
        (sealed.text() == text).then_some(sealed)
    }
}

/// Refuses a passphrase that is easily guessed, and says all that it lacks.
///
/// # Errors
/// [`ProviderError::WeakPassphrase`], in words for the person who chose it.
pub fn check(passphrase: &Sensitive<String>) -> Result<(), ProviderError> {
    let missing = missing(passphrase.expose());
    match missing.is_empty() {
        true => Ok(()),
        false => Err(weak(&missing.join(", "))),
    }
}

fn weak(missing: &str) -> ProviderError {
    ProviderError::WeakPassphrase(format!("{missing} ({})", Requirement::PasswordStrength))
}

fn missing(passphrase: &str) -> Vec<String> {
    let characters = passphrase.chars().count();
    let mut different: Zeroizing<Vec<char>> = Zeroizing::new(passphrase.chars().collect());
    different.sort_unstable();
    different.dedup();
    let has = |is: fn(char) -> bool| characters >= CHARACTERS_LONG || passphrase.chars().any(is);
    let or_longer = |what: &str| format!("{what} (or {CHARACTERS_LONG} characters)");
    let rules: [(bool, String); 7] = [
        (characters >= CHARACTERS_MIN, format!("at least {CHARACTERS_MIN} characters")),
        (characters <= CHARACTERS_MAX, format!("at most {CHARACTERS_MAX} characters")),
        (different.len() >= DIFFERENT_MIN, format!("at least {DIFFERENT_MIN} different characters")),
        (has(char::is_uppercase), or_longer("an upper-case letter")),
        (has(char::is_lowercase), or_longer("a lower-case letter")),
        (has(char::is_numeric), or_longer("a digit")),
        (has(|c| !c.is_alphanumeric() && !c.is_control()), or_longer("a special character")),
    ];
    rules.into_iter().filter(|(met, _)| !met).map(|(_, rule)| rule).collect()
}

#[cfg(test)]
mod tests;
