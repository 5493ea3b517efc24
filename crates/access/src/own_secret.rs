//! The secrets that the program uses itself: how old each is, and how strong (1.4.b, 2.5.a).
//!
//! The configuration says where one is kept. The gate is shown it when a home is opened and once a minute after, keeps a
//! salted hash by which it knows it again, and forgets it. Age counts from the day on which it was first seen, since
//! nothing says when somebody chose it. Nothing is refused for being old: a home that cannot send its mail would tell
//! nobody. It is an event, and stands in every list until there is another.

use bailee_core::profile::Values;
use bailee_core::{Entropy, OwnSecret, RecordId, Sensitive, Timestamp};
use serde::{Deserialize, Serialize};

use crate::credential::CredentialHash;
use crate::register::Kept;
use crate::service::{self, KeyAge};

/// The fewest bits of a secret that is called strong: beyond whoever guesses online and offline without great means.
const STRONG_BITS_MIN: u16 = 64;

/// What a private key stands up to: that of P-256, or more than that of RSA with 2048 bits, rounded to the usual figure.
const PRIVATE_KEY_BITS: u16 = 112;

/// Most bits that are told: beyond it nobody counts.
const BITS_MAX: u16 = 256;

/// Most characters that are weighed: what is longer is no weaker.
const WEIGHED_CHARACTERS: usize = 100;

/// A secret that the configuration names, and what was found there.
pub struct Sight {
    /// Which.
    pub secret: OwnSecret,
    /// It; none where this process cannot get at it, as a command cannot at a service manager's credentials.
    pub content: Option<Sensitive<Vec<u8>>>,
}

/// A secret that the configuration names, as lists show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub secret: OwnSecret,
    /// Since when it is the same, and what it stands up to; none of one that was not seen yet.
    pub seen: Option<Seen>,
}

/// What is known of a secret that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Since when it is the same.
    pub since: Timestamp,
    /// How many guesses it stands up to at least, as a power of two.
    pub bits: u16,
}

impl Seen {
    /// When it is past its age.
    pub fn ends_at(&self, values: &Values) -> Timestamp {
        service::ends_at(self.since, values)
    }

    /// How far it has come in its life, as a service's key would have.
    pub fn age(&self, now: Timestamp, values: &Values) -> KeyAge {
        KeyAge::of(self.since, now, values)
    }

    /// Whether it stands up to enough.
    pub fn is_strong(&self) -> bool {
        self.bits >= STRONG_BITS_MIN
    }
}

/// What is kept of a secret, in the register `own-secret`.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Remembered {
    pub(crate) secret: OwnSecret,
    salt: RecordId,
    hash: CredentialHash,
    bits: u16,
    since: Timestamp,
    /// Whether the ledger heard that it is past its age.
    pub(crate) is_told: bool,
}

impl Kept for Remembered {
    const REGISTER: &'static str = "own-secret";
    const PLACE: &'static str = "register/own-secret";
}

impl Remembered {
    /// Remembers a secret that was not seen before.
    pub(crate) fn new(
        secret: OwnSecret,
        content: &Sensitive<Vec<u8>>,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Self {
        let salt = RecordId::random(entropy);
        let (hash, bits) = (hash(salt, content), bits(content));
        Self { secret, salt, hash, bits, since: now, is_told: false }
    }

    /// Whether it is this one.
    pub(crate) fn is(&self, content: &Sensitive<Vec<u8>>) -> bool {
        self.hash.matches(&hash(self.salt, content))
    }

    /// The same, once the ledger has heard that it is past its age.
    pub(crate) fn told(self) -> Self {
        Self { is_told: true, ..self }
    }

    pub(crate) fn seen(&self) -> Seen {
        Seen { since: self.since, bits: self.bits }
    }

    /// The id of the entry that a secret has.
    pub(crate) fn entry_id(secret: OwnSecret) -> RecordId {
        CredentialHash::of(secret.as_str()).id()
    }
}

fn hash(salt: RecordId, content: &Sensitive<Vec<u8>>) -> CredentialHash {
    CredentialHash::of_parts([salt.0.as_slice(), content.expose().as_slice()])
}

/// How many guesses a secret stands up to at least, as a power of two.
fn bits(content: &Sensitive<Vec<u8>>) -> u16 {
    let text = String::from_utf8_lossy(content.expose());
    if text.contains("PRIVATE KEY-----") {
        return PRIVATE_KEY_BITS;
    }
    let end = text.char_indices().nth(WEIGHED_CHARACTERS).map_or(text.len(), |(at, _)| at);
    let weighed = text.get(..end).unwrap_or_default().trim_end();
    let bits = zxcvbn::zxcvbn(weighed, &[]).guesses_log10() / std::f64::consts::LOG10_2;
    (bits as u16).min(BITS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Fixed;

    fn content(text: &str) -> Sensitive<Vec<u8>> {
        Sensitive::new(text.as_bytes().to_vec())
    }

    #[test]
    fn a_secret_is_known_again_and_another_is_not_and_nothing_of_it_is_kept() {
        let now: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        let kept = Remembered::new(OwnSecret::MailPassword, &content("teal-otter-41"), now, &Fixed(1));
        assert!(kept.is(&content("teal-otter-41")));
        assert!(!kept.is(&content("teal-otter-42")));
        let json = serde_json::to_string(&kept).unwrap();
        assert!(!json.contains("otter"), "{json}");
        let elsewhere = Remembered::new(OwnSecret::MailPassword, &content("teal-otter-41"), now, &Fixed(2));
        assert!(!kept.hash.matches(&elsewhere.hash), "the salt is drawn");
    }

    #[test]
    fn a_secret_that_is_easily_guessed_is_called_weak() {
        let strong =
            |text: &str| Seen { since: Timestamp::UNIX_EPOCH, bits: bits(&content(text)) }.is_strong();
        for weak in ["", "password", "Summer2026!", "mail-password-1"] {
            assert!(!strong(weak), "{weak}");
        }
        for text in [
            "kX3v-9qLw-Rz7T-bN4m-Ye2p",
            "-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----\n",
            &"q7Zp".repeat(50),
        ] {
            assert_eq!(strong(text), !text.starts_with("q7Zp"), "{text}");
        }
    }
}
