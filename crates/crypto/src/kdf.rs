//! Derivation, and the salted box: the two constructions from which everything else here is made.
//!
//! A key is never used twice to encrypt: each box draws a salt of 16 bytes, and its own key is
//! HKDF-SHA-256(key, salt, context). So the nonce may be a constant.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use bailee_core::Entropy;
use zeroize::Zeroizing;

use crate::secret::{Key, random};
use crate::wire::put_prefixed;

/// Bytes of a salt.
pub(crate) const SALT_BYTES: usize = 16;
/// Bytes of an AES-GCM tag.
pub(crate) const TAG_BYTES: usize = 16;

/// Pieces joined so that no two lists give the same bytes: each is preceded by its length. The label comes first and
/// separates one use of a key from all others.
pub(crate) fn context(label: &str, pieces: &[&[u8]]) -> Vec<u8> {
    let bytes = 4 + label.len() + pieces.iter().map(|piece| 4 + piece.len()).sum::<usize>();
    let mut out = Vec::with_capacity(bytes);
    put_prefixed(&mut out, label.as_bytes());
    for piece in pieces {
        put_prefixed(&mut out, piece);
    }
    out
}

/// HKDF-SHA-256 (RFC 5869) with 32 bytes of output.
pub(crate) fn derive(key: &[u8; 32], salt: &[u8], info: &[u8]) -> Key {
    expand_into_key(&Salt::new(HKDF_SHA256, salt).extract(key), info)
}

/// HKDF-Expand alone, for a key that is uniform already.
pub(crate) fn expand(key: &[u8; 32], info: &[u8]) -> Key {
    expand_into_key(&Prk::new_less_safe(HKDF_SHA256, key), info)
}

/// HKDF-Expand into a place that the caller owns and wipes.
pub(crate) fn expand_into(key: &[u8; 32], info: &[u8], out: &mut [u8; 32]) {
    fill(&Prk::new_less_safe(HKDF_SHA256, key), info, out);
}

fn expand_into_key(prk: &Prk, info: &[u8]) -> Key {
    Key::filled(|out| fill(prk, info, out))
}

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        32
    }
}

#[expect(
    clippy::expect_used,
    reason = "32 bytes are within HKDF's limit; what is left is a failure of memory"
)]
fn fill(prk: &Prk, info: &[u8], out: &mut [u8; 32]) {
    prk.expand(&[info], Length).and_then(|okm| okm.fill(out)).expect("HKDF gives 32 bytes");
}

/// An AES-256-GCM key ready for use.
#[expect(clippy::expect_used, reason = "a key of 32 bytes is what AES-256 takes")]
pub(crate) fn gcm(key: &Key) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.bytes()).expect("AES-256 takes 32 bytes"))
}

/// A position as a 96-bit big-endian nonce.
pub(crate) fn nonce(position: u32) -> Nonce {
    let mut bytes = [0; NONCE_LEN];
    for (to, from) in bytes.iter_mut().rev().zip(position.to_be_bytes().iter().rev()) {
        *to = *from;
    }
    Nonce::assume_unique_for_key(bytes)
}

/// The box does not open: it was changed, or belongs to another key or context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotOpened;

/// Seals one text: `salt (16) ‖ ciphertext ‖ tag (16)`. The context is bound twice, into the key and as associated
/// data.
pub(crate) fn seal_box(key: &Key, context: &[u8], text: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
    seal_box_salted(key, context, text, random(entropy))
}

#[expect(clippy::expect_used, reason = "AES-GCM seals any text below 64 GiB")]
fn seal_box_salted(key: &Key, context: &[u8], text: &[u8], salt: [u8; SALT_BYTES]) -> Vec<u8> {
    let mut out = Vec::with_capacity(SALT_BYTES + text.len() + TAG_BYTES);
    out.extend_from_slice(&salt);
    out.extend_from_slice(text);
    let cipher = gcm(&derive(key.bytes(), &salt, context));
    let (_, in_out) = out.split_at_mut(SALT_BYTES);
    let tag = cipher.seal_in_place_separate_tag(nonce(0), Aad::from(context), in_out).expect("AES-GCM seals");
    out.extend_from_slice(tag.as_ref());
    out
}

/// Opens what [`seal_box`] made.
pub(crate) fn open_box(key: &Key, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
    let (salt, ciphertext) = sealed.split_at_checked(SALT_BYTES).ok_or(NotOpened)?;
    let mut text = Zeroizing::new(ciphertext.to_vec());
    let cipher = gcm(&derive(key.bytes(), salt, context));
    let length = cipher.open_in_place(nonce(0), Aad::from(context), &mut text).map_err(|_| NotOpened)?.len();
    text.truncate(length);
    Ok(text)
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut out = [0; 32];
    out.copy_from_slice(digest.as_ref());
    out
}

#[cfg(test)]
mod tests;
