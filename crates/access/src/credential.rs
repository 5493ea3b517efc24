//! Generated credentials: session tokens, service keys, invitations, codes for devices, codes that stop something.
//!
//! All are 32 random bytes in a text with a prefix that says what they are, so that a scanner finds one that leaked.
//! Since they are generated, never chosen, their SHA-256 is enough to keep (2.5.a): there is nothing to guess. The
//! text exists once, when it is handed to its owner.

use std::fmt;

use aws_lc_rs::digest;
use bailee_core::{Entropy, RecordId, Sensitive};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Random bytes in a credential.
const SECRET_BYTES: usize = 32;

/// Length of a credential's text: a prefix of four and the base64url of 32 bytes.
const TEXT_LENGTH: usize = 4 + 43;

/// What a credential opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// A person's session.
    Session,
    /// A service.
    ServiceKey,
    /// The first visit of an invited person.
    Invitation,
    /// The enrolment of a person's device.
    Device,
    /// The end of what one person wants to do alone.
    Stop,
}

impl CredentialKind {
    /// The first four characters of such a credential.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Session => "bss_",
            Self::ServiceKey => "bsk_",
            Self::Invitation => "biv_",
            Self::Device => "bdv_",
            Self::Stop => "bst_",
        }
    }

    /// What a text claims to be; `None` when it has the shape of none. Says nothing about its being genuine.
    pub fn of(text: &str) -> Option<Self> {
        [Self::Session, Self::ServiceKey, Self::Invitation, Self::Device, Self::Stop]
            .into_iter()
            .find(|kind| text.len() == TEXT_LENGTH && text.starts_with(kind.prefix()))
    }

    /// A new credential of this kind: its text, to be shown once, and what is kept of it.
    pub(crate) fn generate(self, entropy: &dyn Entropy) -> (Sensitive<String>, CredentialHash) {
        let mut secret = Zeroizing::new([0; SECRET_BYTES]);
        entropy.fill(secret.as_mut_slice());
        let mut text = String::with_capacity(TEXT_LENGTH);
        text.push_str(self.prefix());
        BASE64URL_NOPAD.encode_append(secret.as_slice(), &mut text);
        let hash = CredentialHash::of(&text);
        (Sensitive::new(text), hash)
    }
}

/// SHA-256 of a generated credential's text. Compared in constant time.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct CredentialHash([u8; 32]);

impl CredentialHash {
    /// The hash of a text, whatever it is.
    pub(crate) fn of(text: &str) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
        Self(hash)
    }

    /// The hash of what these parts spell together. Their lengths are fixed, or there is one part that is not.
    pub(crate) fn of_parts(parts: [&[u8]; 2]) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        parts.iter().for_each(|part| context.update(part));
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        Self(hash)
    }

    /// Its first 16 bytes: a name to look it up by. What is found must still match whole.
    pub(crate) fn id(&self) -> RecordId {
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(self.0) {
            *to = from;
        }
        RecordId(id)
    }

    /// Whether both are the hash of one text, in constant time.
    pub(crate) fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Display for CredentialHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl From<CredentialHash> for String {
    fn from(hash: CredentialHash) -> Self {
        hash.to_string()
    }
}

/// A kept hash that is not 64 hexadecimal digits.
#[derive(Debug, thiserror::Error)]
#[error("a kept hash is 64 lower-case hexadecimal digits")]
pub(crate) struct NotAHash;

impl std::str::FromStr for CredentialHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        HEXLOWER
            .decode(text.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or(NotAHash)
    }
}

impl TryFrom<String> for CredentialHash {
    type Error = NotAHash;

    fn try_from(text: String) -> Result<Self, NotAHash> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts up, so that two draws differ and every run is the same.
    struct Counting(std::sync::atomic::AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        }
    }

    #[test]
    fn a_credential_says_what_it_is_and_no_two_are_alike() {
        let entropy = Counting(0.into());
        for kind in [
            CredentialKind::Session,
            CredentialKind::ServiceKey,
            CredentialKind::Invitation,
            CredentialKind::Device,
            CredentialKind::Stop,
        ] {
            let (first, kept) = kind.generate(&entropy);
            let (second, _) = kind.generate(&entropy);
            assert_eq!(CredentialKind::of(first.expose()), Some(kind));
            assert_ne!(first.expose(), second.expose());
            assert!(kept.matches(&CredentialHash::of(first.expose())));
            assert!(!kept.matches(&CredentialHash::of(second.expose())));
        }
    }

    #[test]
    fn a_text_one_character_longer_or_shorter_is_no_credential() {
        let (text, _) = CredentialKind::Session.generate(&Counting(7.into()));
        let text = text.expose();
        assert_eq!(CredentialKind::of(&format!("{text}A")), None);
        assert_eq!(CredentialKind::of(&text[..text.len() - 1]), None);
        assert_eq!(CredentialKind::of(&text.replace("bss_", "xyz_")), None);
        assert_eq!(CredentialKind::of(""), None);
    }

    #[test]
    fn the_hash_is_sha_256() {
        // FIPS 180-2, appendix B.1.
        let hash = CredentialHash::of("abc").to_string();
        assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(hash.parse::<CredentialHash>().unwrap().matches(&CredentialHash::of("abc")));
        assert!("ba78".parse::<CredentialHash>().is_err());
    }

    #[test]
    fn two_hashes_that_share_their_first_half_do_not_match() {
        let first = CredentialHash([7; 32]);
        let mut other = first;
        other.0[31] ^= 1;
        assert_eq!(first.id(), other.id());
        assert!(!first.matches(&other));
    }
}
