//! The same for a person who has no key: sealed under a passphrase, which stock `openssl cms -decrypt -pwri_password` takes.
//!
//! A `PasswordRecipientInfo` of RFC 5652 with the wrapping of RFC 3211, since that is the one that the stock tool knows. The
//! passphrase is drawn here, so that it is one that nobody guesses, and is told once.

use std::num::NonZeroU32;

use aws_lc_rs::cipher::{AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::pbkdf2;
use bailee_core::{Entropy, Sensitive};
use zeroize::Zeroizing;

use super::cms::{self, Wrapping};
use super::{ArchiveError, CONTENT_BYTES_MAX};
use crate::secret::{Key, random};

/// Characters of a passphrase, its hyphens apart: 5 bits each, so 125.
pub const PASSPHRASE_CHARACTERS: usize = 25;
/// Characters between two hyphens.
const GROUP: usize = 5;
/// Letters and digits that nobody takes for one another (Crockford): 32 of them.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// OWASP's number for PBKDF2 with HMAC-SHA-256. The passphrase needs none; whoever looks at the file expects it.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(600_000).unwrap();
const BLOCK: usize = 16;

/// A passphrase that was drawn.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Draws one.
    pub fn random(entropy: &dyn Entropy) -> Self {
        let mut drawn = Zeroizing::new([0; PASSPHRASE_CHARACTERS]);
        entropy.fill(&mut *drawn);
        let mut text = Zeroizing::new(String::with_capacity(PASSPHRASE_CHARACTERS * 2));
        for (index, byte) in drawn.iter().enumerate() {
            if index > 0 && index.is_multiple_of(GROUP) {
                text.push('-');
            }
            // 32 divides 256: each is as likely as another.
            text.push(ALPHABET.get(usize::from(byte % 32)).copied().map_or('0', char::from));
        }
        Self(text)
    }

    /// As it is told, once.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Seals a content for whoever has the passphrase, behind [`super::MIME_HEADER`].
///
/// # Errors
/// Those of [`super::Recipient::seal`].
pub fn seal_under_passphrase(
    content: &Sensitive<Vec<u8>>,
    passphrase: &Passphrase,
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, ArchiveError> {
    if content.expose().len() > CONTENT_BYTES_MAX {
        return Err(ArchiveError::TooLong);
    }
    let (key, salt, iv) = (Key::random(entropy), random::<16>(entropy), random::<BLOCK>(entropy));
    let wrapping = Key::filled(|out| {
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ITERATIONS, &salt, passphrase.0.as_bytes(), out);
    });
    let wrapped = wrap(&wrapping, iv, &key, entropy)?;
    let of = Wrapping { salt: &salt, iterations: ITERATIONS.get(), iv: &iv, wrapped };
    cms::seal(cms::for_passphrase(of).map_err(|_| ArchiveError::Failed)?, &key, content)
}

/// RFC 3211: the length, three bytes to check by, the key, filled up to whole blocks; encrypted twice, the second time from the
/// last block of the first.
fn wrap(wrapping: &Key, iv: [u8; BLOCK], key: &Key, entropy: &dyn Entropy) -> Result<Vec<u8>, ArchiveError> {
    let [first, second, third, ..] = *key.bytes();
    let mut block = Zeroizing::new(Vec::with_capacity(5 * BLOCK));
    block.extend_from_slice(&[32, !first, !second, !third]);
    block.extend_from_slice(key.bytes());
    let filling = random::<BLOCK>(entropy);
    let missing = block.len().next_multiple_of(BLOCK) - block.len();
    block.extend(filling.iter().take(missing));
    let once = cbc(wrapping, iv, &block)?;
    let last = once.last_chunk::<BLOCK>().ok_or(ArchiveError::Failed)?;
    cbc(wrapping, *last, &once)
}

/// CBC of whole blocks. The library adds one of padding, which is cut off again.
fn cbc(key: &Key, iv: [u8; BLOCK], blocks: &[u8]) -> Result<Vec<u8>, ArchiveError> {
    let failed = |_| ArchiveError::Failed;
    let key = UnboundCipherKey::new(&AES_256, key.bytes()).map_err(failed)?;
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).map_err(failed)?;
    let mut sealed = blocks.to_vec();
    let iv = EncryptionContext::Iv128(FixedLength::from(iv));
    key.less_safe_encrypt(&mut sealed, iv).map_err(failed)?;
    sealed.truncate(blocks.len());
    Ok(sealed)
}
