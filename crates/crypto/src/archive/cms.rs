//! The structures of RFC 5652 and RFC 5083, as far as one recipient and one content need them.

use aws_lc_rs::aead::Aad;
use bailee_core::Sensitive;
use der::asn1::{Any, ObjectIdentifier, OctetString, SetOfVec};
use der::{Decode, Encode, Sequence};
use zeroize::Zeroizing;

use super::{ArchiveError, CONTENT_BYTES_MAX, MIME_HEADER};
use crate::kdf::{gcm, nonce};
use crate::secret::Key;

const ID_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ID_AUTH_ENVELOPED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.23");
const ID_RSAES_OAEP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.7");
const ID_PWRI_KEK: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.3.9");
const ID_PBKDF2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.12");
const ID_HMAC_SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2.9");
const ID_AES_256_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.42");
const ID_AES_256_GCM: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.46");
/// `RSAES-OAEP-params` with SHA-256 in both places, as `openssl` writes it.
const OAEP_SHA_256: &[u8] = &[
    0x30, 0x2b, 0xa0, 0x0d, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
    0xa1, 0x1a, 0x30, 0x18, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0b,
    0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
];
const TAG_BYTES: i8 = 16;
/// What a SEQUENCE begins with, and what takes its place in the choice `[3]` of recipients.
const SEQUENCE: u8 = 0x30;
const PASSWORD_RECIPIENT: u8 = 0xa3;

/// Seals a content, behind [`MIME_HEADER`], under a key that was wrapped for a recipient.
pub(super) fn seal(recipient: Any, key: &Key, content: &Sensitive<Vec<u8>>) -> Result<Vec<u8>, ArchiveError> {
    if content.expose().len() > CONTENT_BYTES_MAX {
        return Err(ArchiveError::TooLong);
    }
    let mut sealed = Zeroizing::new(Vec::with_capacity(MIME_HEADER.len() + content.expose().len()));
    sealed.extend_from_slice(MIME_HEADER);
    sealed.extend_from_slice(content.expose());
    // The key is of this content alone, so that its one nonce is any.
    let tag = gcm(key).seal_in_place_separate_tag(nonce(0), Aad::empty(), &mut sealed);
    let tag = tag.map_err(|_| ArchiveError::Failed)?;
    let sealed = std::mem::take(&mut *sealed);
    let content = enveloped(recipient, sealed, tag.as_ref()).and_then(|content| content.to_der());
    content.map_err(|_| ArchiveError::Failed)
}

fn enveloped(recipient: Any, sealed: Vec<u8>, tag: &[u8]) -> der::Result<ContentInfo> {
    let parameters = GcmParameters { nonce: OctetString::new(vec![0; 12])?, tag_bytes: TAG_BYTES };
    let content = EncryptedContentInfo {
        content_type: ID_DATA,
        algorithm: Algorithm { oid: ID_AES_256_GCM, parameters: any(&parameters)? },
        content: OctetString::new(sealed)?,
    };
    let mut recipients = SetOfVec::new();
    recipients.insert(recipient)?;
    let content = AuthEnvelopedData { version: 0, recipients, content, tag: OctetString::new(tag)? };
    Ok(ContentInfo { content_type: ID_AUTH_ENVELOPED_DATA, content })
}

/// Whoever has the private half of a key.
pub(super) fn for_key(id: &[u8], wrapped: Vec<u8>) -> der::Result<Any> {
    any(&KeyTransRecipientInfo {
        version: 2,
        key_id: OctetString::new(id)?,
        algorithm: Algorithm { oid: ID_RSAES_OAEP, parameters: Any::from_der(OAEP_SHA_256)? },
        key: OctetString::new(wrapped)?,
    })
}

/// How a key was made of a passphrase and then wrapped another.
pub(super) struct Wrapping<'a> {
    pub(super) salt: &'a [u8],
    pub(super) iterations: u32,
    pub(super) iv: &'a [u8],
    pub(super) wrapped: Vec<u8>,
}

/// Whoever has a passphrase.
pub(super) fn for_passphrase(of: Wrapping<'_>) -> der::Result<Any> {
    let derivation = Pbkdf2Parameters {
        salt: OctetString::new(of.salt)?,
        iterations: of.iterations,
        key_bytes: 32,
        function: Algorithm { oid: ID_HMAC_SHA_256, parameters: Any::null() },
    };
    let cipher = Algorithm { oid: ID_AES_256_CBC, parameters: any(&OctetString::new(of.iv)?)? };
    let recipient = PasswordRecipientInfo {
        version: 0,
        derivation: Algorithm { oid: ID_PBKDF2, parameters: any(&derivation)? },
        wrapping: Algorithm { oid: ID_PWRI_KEK, parameters: any(&cipher)? },
        key: OctetString::new(of.wrapped)?,
    };
    let mut der = recipient.to_der()?;
    if let Some(first) = der.first_mut().filter(|first| **first == SEQUENCE) {
        *first = PASSWORD_RECIPIENT;
    }
    Any::from_der(&der)
}

fn any(of: &impl Encode) -> der::Result<Any> {
    Any::from_der(&of.to_der()?)
}

#[derive(Sequence)]
struct ContentInfo {
    content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: AuthEnvelopedData,
}

#[derive(Sequence)]
struct AuthEnvelopedData {
    version: u8,
    recipients: SetOfVec<Any>,
    content: EncryptedContentInfo,
    tag: OctetString,
}

#[derive(Sequence)]
struct KeyTransRecipientInfo {
    version: u8,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    key_id: OctetString,
    algorithm: Algorithm,
    key: OctetString,
}

#[derive(Sequence)]
struct EncryptedContentInfo {
    content_type: ObjectIdentifier,
    algorithm: Algorithm,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    content: OctetString,
}

#[derive(Sequence)]
struct Algorithm {
    oid: ObjectIdentifier,
    parameters: Any,
}

#[derive(Sequence)]
struct GcmParameters {
    nonce: OctetString,
    tag_bytes: i8,
}

#[derive(Sequence)]
struct PasswordRecipientInfo {
    version: u8,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    derivation: Algorithm,
    wrapping: Algorithm,
    key: OctetString,
}

#[derive(Sequence)]
struct Pbkdf2Parameters {
    salt: OctetString,
    iterations: u32,
    key_bytes: u8,
    function: Algorithm,
}
