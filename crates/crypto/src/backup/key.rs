//! The two halves of a key for backups, and how they are written: the public one for a configuration, the private one for a file
//! and for paper.
//!
//! Both are base32 with check digits, so that what was typed wrongly is told, and not taken for another key.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use bailee_core::Entropy;
use data_encoding::BASE32_NOPAD;
use zeroize::Zeroizing;

use super::BackupError;
use crate::kdf::sha256;
use crate::secret::Key;

/// The first line of a file with a private key.
const HEADER: &str = "bailee backup key 1";
const PUBLIC: &str = "bkp_";
const PRIVATE: &str = "bks_";
/// Bytes behind a key that tell a typing error.
const CHECK_BYTES: usize = 3;
/// Characters between two gaps of a private key on paper.
const GROUP: usize = 4;
/// Most bytes of a file with a private key that are looked at: a recovery sheet that was typed in whole is shorter.
pub(crate) const KEY_FILE_BYTES_MAX: usize = 4096;

/// The public half: for whom a backup is sealed. No secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient(pub(super) [u8; 32]);

/// Names a recipient in a backup and in the ledger: the first half of the SHA-256 of the public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecipientId(pub [u8; 16]);

/// The private half, which opens backups. It is kept offline.
pub struct BackupKey(Key);

impl Recipient {
    /// Its name.
    pub fn id(&self) -> RecipientId {
        let [id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = sha256(&self.0);
        RecipientId(id)
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC}{}", *spelt(PUBLIC, &self.0))
    }
}

impl FromStr for Recipient {
    type Err = BackupError;

    fn from_str(text: &str) -> Result<Self, BackupError> {
        let bytes = text.trim().strip_prefix(PUBLIC).and_then(|digits| read(PUBLIC, digits));
        bytes.map(|bytes| Self(*bytes)).ok_or(BackupError::NotARecipient)
    }
}

impl fmt::Display for RecipientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl BackupKey {
    /// A new one.
    pub fn random(entropy: &dyn Entropy) -> Self {
        Self(Key::random(entropy))
    }

    /// The content of the file that it is kept in.
    pub fn file(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{HEADER}\n{}\n", *self.written()))
    }

    /// As it is written on paper: in groups, with gaps.
    pub fn grouped(&self) -> Zeroizing<String> {
        let mut out = Zeroizing::new(String::with_capacity(128));
        for (at, character) in self.written().chars().skip(PRIVATE.len()).enumerate() {
            if at > 0 && at % GROUP == 0 {
                out.push(' ');
            }
            out.push(character);
        }
        out
    }

    /// Reads one as it is written in a file or on paper: gaps, hyphens, line ends and capitals make no difference.
    ///
    /// # Errors
    /// [`BackupError::NotAKey`].
    pub fn parse(text: &str) -> Result<Self, BackupError> {
        if text.len() > KEY_FILE_BYTES_MAX {
            return Err(BackupError::NotAKey);
        }
        let text = text.strip_prefix(HEADER).unwrap_or(text);
        let mut plain = Zeroizing::new(String::with_capacity(text.len()));
        plain.extend(
            text.chars()
                .filter(|character| !character.is_whitespace() && *character != '-')
                .map(|character| character.to_ascii_lowercase()),
        );
        let digits = plain.strip_prefix(PRIVATE).unwrap_or(&plain);
        read(PRIVATE, digits).map(|bytes| Self(Key::stored(&bytes))).ok_or(BackupError::NotAKey)
    }

    /// Its public half.
    ///
    /// # Errors
    /// When the library makes none of it; no key of 32 bytes is like that.
    pub fn recipient(&self) -> Result<Recipient, BackupError> {
        let public = self.private()?.compute_public_key().map_err(|_| BackupError::NotAKey)?;
        public.as_ref().try_into().map(Recipient).map_err(|_| BackupError::NotAKey)
    }

    /// What this key and another's public half have between them. A public half by which everything would be the same is refused.
    pub(super) fn agree(&self, other: &Recipient) -> Result<Key, BackupError> {
        let peer = UnparsedPublicKey::new(&X25519, other.0);
        agree(&self.private()?, peer, BackupError::Changed, |shared| {
            shared.try_into().map(Key::stored).map_err(|_| BackupError::Changed)
        })
    }

    fn private(&self) -> Result<PrivateKey, BackupError> {
        PrivateKey::from_private_key(&X25519, self.0.bytes()).map_err(|_| BackupError::NotAKey)
    }

    fn written(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{PRIVATE}{}", *spelt(PRIVATE, self.0.bytes())))
    }
}

fn check_of(kind: &str, bytes: &[u8; 32]) -> [u8; CHECK_BYTES] {
    let [a, b, c, ..] = sha256(&Zeroizing::new([kind.as_bytes(), bytes].concat()));
    [a, b, c]
}

/// A key and its check digits: 35 bytes, which are just 56 characters.
fn spelt(kind: &str, bytes: &[u8; 32]) -> Zeroizing<String> {
    let whole = Zeroizing::new([&bytes[..], &check_of(kind, bytes)].concat());
    let mut text = Zeroizing::new(BASE32_NOPAD.encode(&whole));
    text.make_ascii_lowercase();
    text
}

fn read(kind: &str, digits: &str) -> Option<Zeroizing<[u8; 32]>> {
    let capitals = Zeroizing::new(digits.to_ascii_uppercase());
    let whole = Zeroizing::new(BASE32_NOPAD.decode(capitals.as_bytes()).ok()?);
    let (bytes, check) = whole.split_first_chunk::<32>()?;
    (check == check_of(kind, bytes)).then(|| Zeroizing::new(*bytes))
}
