//! Second factors: codes of an authenticator (TOTP, RFC 6238), and recovery codes for when it is lost.
//!
//! An authenticator goes by the machine's time, as certificates do, also in a test home that was given another. A code is
//! good for the step in which it was made, and one before and after, and opens once: its step is kept, and none up to it
//! opens again.

use bailee_core::{Entropy, Sensitive, Timestamp};
use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::credential::CredentialHash;

/// Bytes of an authenticator's secret: as long as SHA-1's output (RFC 4226, 4, R6).
const SECRET_BYTES: usize = 20;

/// Steps of 30 seconds before and after the present one that are accepted (RFC 6238, 5.2).
const SKEW_STEPS: u16 = 1;

/// A step so many seconds ahead was used by a clock that had jumped: two days, beyond what a home believes by itself.
const AHEAD_SECONDS_MAX: u64 = 48 * 60 * 60;

/// Seconds of a step (RFC 6238, 4.1).
const STEP_SECONDS: u64 = 30;

/// How many recovery codes somebody gets.
pub const RECOVERY_CODES: usize = 10;

/// Random bytes of a recovery code: beyond guessing, and 16 characters to write down.
const RECOVERY_BYTES: usize = 10;

/// An authenticator.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Totp {
    /// In base32, as authenticators take it.
    secret: String,
    /// The last step of which a code was used.
    used_step: u64,
}

impl Drop for Totp {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl Totp {
    pub(crate) fn generate(entropy: &dyn Entropy) -> Self {
        let mut secret = Zeroizing::new([0; SECRET_BYTES]);
        entropy.fill(secret.as_mut_slice());
        Self { secret: BASE32_NOPAD.encode(secret.as_slice()), used_step: 0 }
    }

    /// The secret, to be typed into an authenticator.
    pub(crate) fn secret(&self) -> Sensitive<String> {
        Sensitive::new(self.secret.clone())
    }

    /// The same as an address that authenticators scan.
    pub(crate) fn address(&self, mail: &str) -> Sensitive<String> {
        let label: String = mail
            .bytes()
            .map(|byte| match byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                true => char::from(byte).to_string(),
                false => format!("%{byte:02X}"),
            })
            .collect();
        Sensitive::new(format!("otpauth://totp/Bailee:{label}?secret={}&issuer=Bailee", self.secret))
    }

    /// The authenticator after this code was used; `None` when it is not one of now, or was used before.
    pub(crate) fn used(&self, code: &Sensitive<String>, at: Timestamp) -> Option<Self> {
        let code: String = code.expose().chars().filter(|c| !c.is_whitespace()).collect();
        let seconds = u64::try_from(at.as_second()).ok()?;
        let step = self.authenticator()?.check(&code, seconds)?;
        // It would keep out all codes until then.
        let is_ahead = self.used_step > (seconds + AHEAD_SECONDS_MAX) / STEP_SECONDS;
        let used = if is_ahead { 0 } else { self.used_step };
        (step > used).then(|| Self { secret: self.secret.clone(), used_step: step })
    }

    fn authenticator(&self) -> Option<totp_rs::Totp> {
        let secret = Zeroizing::new(BASE32_NOPAD.decode(self.secret.as_bytes()).ok()?);
        let secret = totp_rs::Secret::new_stack(secret.as_slice().try_into().ok()?);
        totp_rs::Builder::new().with_secret(secret).with_skew(SKEW_STEPS).build().ok()
    }
}

/// New recovery codes, to be shown once, and what is kept of each.
pub(crate) fn recovery_codes(entropy: &dyn Entropy) -> Vec<(Sensitive<String>, CredentialHash)> {
    let code = |_| {
        let mut secret = Zeroizing::new([0; RECOVERY_BYTES]);
        entropy.fill(secret.as_mut_slice());
        let letters = BASE32_NOPAD.encode(secret.as_slice()).to_lowercase();
        let groups: Vec<&str> =
            (0..letters.len()).step_by(4).filter_map(|at| letters.get(at..at + 4)).collect();
        let code = Sensitive::new(groups.join("-"));
        let hash = recovery_hash(&code);
        (code, hash)
    };
    (0..RECOVERY_CODES).map(code).collect()
}

/// What is kept of a recovery code, however it was typed.
pub(crate) fn recovery_hash(code: &Sensitive<String>) -> CredentialHash {
    let letters: String = code.expose().chars().filter(char::is_ascii_alphanumeric).collect();
    CredentialHash::of(Zeroizing::new(letters.to_ascii_lowercase()).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Fixed;

    fn totp() -> Totp {
        Totp { secret: BASE32_NOPAD.encode(b"12345678901234567890"), used_step: 0 }
    }

    fn used(totp: &Totp, code: &str, at: i64) -> Option<Totp> {
        totp.used(&Sensitive::new(code.to_owned()), Timestamp::from_second(at).unwrap())
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, SHA-1, the last six of its eight digits.
        for (at, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert!(used(&totp(), code, at).is_some(), "{code}");
            assert!(used(&totp(), " 28 70 82 ", 59).is_some(), "as authenticators show it");
        }
    }

    #[test]
    fn a_code_is_good_for_its_step_and_one_around_it_and_opens_once() {
        let first = totp();
        for (at, opens) in
            [(0, true), (29, true), (30, true), (59, true), (89, true), (90, false), (300, false)]
        {
            assert_eq!(used(&first, "287082", at).is_some(), opens, "{at}");
        }
        let after = used(&first, "287082", 59).unwrap();
        assert!(used(&after, "287082", 59).is_none());
        assert!(used(&after, "287082", 70).is_none());
        for code in ["", "28708", "2870822", "28708a", "+87082"] {
            assert!(used(&first, code, 59).is_none(), "{code}");
        }
    }

    #[test]
    fn an_address_holds_the_mail_escaped_and_the_secret() {
        let totp = Totp::generate(&Fixed(0));
        assert_eq!(
            totp.address("a+b@x.example").expose(),
            "otpauth://totp/Bailee:a%2Bb%40x.example?secret=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&issuer=Bailee"
        );
    }

    #[test]
    fn recovery_codes_are_known_however_they_are_typed() {
        let codes = recovery_codes(&Fixed(7));
        assert_eq!(codes.len(), RECOVERY_CODES);
        let (code, hash) = &codes[0];
        assert_eq!(code.expose(), "a4dq-obyh-a4dq-obyh");
        for typed in ["A4DQ OBYH A4DQ OBYH", "a4dqobyha4dqobyh", " a4dq-obyh-a4dq-obyh\n"] {
            assert!(recovery_hash(&Sensitive::new(typed.to_owned())).matches(hash), "{typed}");
        }
    }
}
