//! What is sealed to somebody outside: CMS `AuthEnvelopedData` for an RSA key of which the home has the public half only.
//!
//! The content key is drawn for one archive, wrapped for that key, and forgotten: whoever seals cannot open. The algorithms are
//! those that a stock `openssl cms` opens and refuses when a bit was changed: AES-256-GCM (RFC 5084) under RSAES-OAEP with
//! SHA-256 (RFC 3560), in the structure of RFC 5083. CBC is out: `openssl` opens a changed CBC file without a word. Only the
//! order of the fields is ours; `docs/formats/archive.md` fixes it. What is given to a person who has no key is sealed the same way under a
//! [passphrase](seal_under_passphrase).

mod cms;
mod passphrase;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};
use bailee_core::{Entropy, Sensitive};
use data_encoding::HEXLOWER;
use der::pem::LineEnding;
use zeroize::Zeroizing;

use crate::kdf::sha256;
use crate::secret::Key;

pub use passphrase::{PASSPHRASE_CHARACTERS, Passphrase, seal_under_passphrase};

/// Least bits of a recipient's key: 128 bits of strength, for what is kept for ten years and more.
pub const RSA_BITS_MIN: usize = 3072;
/// Most: a longer one makes opening slow and nothing safer.
pub const RSA_BITS_MAX: usize = 4096;
/// Most bytes of a public key as text. One of 4096 bits has 800.
pub const PEM_BYTES_MAX: usize = 4096;
/// Most bytes of what is sealed: it is sealed in memory, so that no plaintext touches a disk, and with what is around it the file is
/// kept in one field of an envelope until it is taken away.
pub const CONTENT_BYTES_MAX: usize = 15 * 1024 * 1024;

/// What `openssl cms -decrypt -text` takes off. With that word it gives out nothing before all of it is found unchanged; without, it
/// writes as it reads, and says only at the end that a bit was changed. So the word is needed to get at what is inside.
pub const MIME_HEADER: &[u8] = b"Content-Type: text/plain\r\n\r\n";

const PUBLIC_KEY: &str = "PUBLIC KEY";
const PRIVATE_KEY: &str = "PRIVATE KEY";

/// Bytes of the identifier of a key: the first of the SHA-256 of it (RFC 7093).
const KEY_ID_BYTES: usize = 20;

/// Why a key cannot be used, or nothing could be sealed to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// No public key.
    #[error(
        "this is no RSA public key in PEM (`-----BEGIN PUBLIC KEY-----`), never the private key; of a certificate `openssl x509 -pubkey -noout` gives it"
    )]
    NotAKey,
    /// Another size than is taken.
    #[error(
        "something is sealed for an RSA key of {RSA_BITS_MIN} to {RSA_BITS_MAX} bits; this one has more or fewer"
    )]
    Size,
    /// Too much for one archive.
    #[error("this is too much for one archive; name fewer records or fields")]
    TooLong,
    /// The library made none.
    #[error("the key could not be made or used; try again")]
    Failed,
}

/// The public half of an offline key.
pub struct Recipient {
    key: OaepPublicEncryptingKey,
    der: Vec<u8>,
}

impl Recipient {
    /// Reads a public key (`SubjectPublicKeyInfo` in PEM).
    ///
    /// # Errors
    /// [`ArchiveError::NotAKey`] for anything else, a private key among it; [`ArchiveError::Size`].
    pub fn from_pem(text: &str) -> Result<Self, ArchiveError> {
        if text.len() > PEM_BYTES_MAX {
            return Err(ArchiveError::NotAKey);
        }
        match der::pem::decode_vec(text.trim().as_bytes()) {
            Ok((PUBLIC_KEY, der)) => Self::from_der(&der),
            Ok((_, other)) => {
                drop(Zeroizing::new(other));
                Err(ArchiveError::NotAKey)
            }
            Err(_) => Err(ArchiveError::NotAKey),
        }
    }

    /// The same of its DER.
    ///
    /// # Errors
    /// Those of [`Self::from_pem`].
    pub fn from_der(der: &[u8]) -> Result<Self, ArchiveError> {
        let key = PublicEncryptingKey::from_der(der).map_err(|_| ArchiveError::NotAKey)?;
        Self::of(key)
    }

    fn of(key: PublicEncryptingKey) -> Result<Self, ArchiveError> {
        if !(RSA_BITS_MIN..=RSA_BITS_MAX).contains(&key.key_size_bits()) {
            return Err(ArchiveError::Size);
        }
        // As the library writes it, so that one key has one fingerprint however it came.
        let written: PublicKeyX509Der<'_> = key.as_der().map_err(|_| ArchiveError::Failed)?;
        let der = written.as_ref().to_vec();
        Ok(Self { key: OaepPublicEncryptingKey::new(key).map_err(|_| ArchiveError::Failed)?, der })
    }

    /// `SubjectPublicKeyInfo`.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The same in PEM.
    ///
    /// # Errors
    /// [`ArchiveError::Failed`], which no key that was read gives.
    pub fn pem(&self) -> Result<String, ArchiveError> {
        der::pem::encode_string(PUBLIC_KEY, LineEnding::LF, &self.der).map_err(|_| ArchiveError::Failed)
    }

    /// The SHA-256 of the key, as `openssl pkey -pubin -outform DER | sha256sum` says it.
    pub fn fingerprint(&self) -> String {
        HEXLOWER.encode(&sha256(&self.der))
    }

    /// Seals a content for whoever has the private half, behind [`MIME_HEADER`].
    ///
    /// # Errors
    /// [`ArchiveError::TooLong`] past [`CONTENT_BYTES_MAX`]; [`ArchiveError::Failed`].
    pub fn seal(&self, content: &Sensitive<Vec<u8>>, entropy: &dyn Entropy) -> Result<Vec<u8>, ArchiveError> {
        if content.expose().len() > CONTENT_BYTES_MAX {
            return Err(ArchiveError::TooLong);
        }
        let key = Key::random(entropy);
        let mut wrapped = vec![0; self.key.ciphertext_size()];
        let wrapped = self.key.encrypt(&OAEP_SHA256_MGF1SHA256, key.bytes(), &mut wrapped, None);
        let wrapped = wrapped.map_err(|_| ArchiveError::Failed)?.to_vec();
        let id = sha256(&self.der);
        let recipient = cms::for_key(id.get(..KEY_ID_BYTES).unwrap_or_default(), wrapped);
        cms::seal(recipient.map_err(|_| ArchiveError::Failed)?, &key, content)
    }
}

/// A new offline key: its private half in PEM (PKCS#8), which no home ever sees, and its public half.
pub struct OfflineKey {
    /// To be kept apart.
    pub private_pem: Zeroizing<String>,
    /// For the home.
    pub public: Recipient,
}

impl OfflineKey {
    /// Makes one of [`RSA_BITS_MAX`] bits.
    ///
    /// # Errors
    /// [`ArchiveError::Failed`].
    pub fn generate() -> Result<Self, ArchiveError> {
        Self::of_size(KeySize::Rsa4096)
    }

    fn of_size(size: KeySize) -> Result<Self, ArchiveError> {
        let key = PrivateDecryptingKey::generate(size).map_err(|_| ArchiveError::Failed)?;
        let der: Pkcs8V1Der<'_> = key.as_der().map_err(|_| ArchiveError::Failed)?;
        let pem = der::pem::encode_string(PRIVATE_KEY, LineEnding::LF, der.as_ref());
        let private_pem = Zeroizing::new(pem.map_err(|_| ArchiveError::Failed)?);
        Ok(Self { private_pem, public: Recipient::of(key.public_key())? })
    }
}

#[cfg(test)]
mod tests;
