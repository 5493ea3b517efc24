//! Passwords: what is asked of one (1.4.a), and how one is kept and checked (Argon2id).
//!
//! Four classes of characters, as many as the profile says, no part of the name or mail; nothing that is among the common
//! ones (zxcvbn's lists) or, where the home has such a file, among those known from breaches. A refusal says everything
//! that is missing at once. A check is always one Argon2id computation, also when no account exists.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use bailee_core::requirement::Requirement;
use bailee_core::{Entropy, Sensitive};

use crate::AccessError;
use crate::standards::Standards;

/// Most characters: far beyond what anybody types, and few enough that a log-in stays cheap to refuse.
pub const CHARACTERS_MAX: usize = 256;

/// Shortest part of a name or mail that a password may not hold; shorter ones are in every other word.
pub const PERSONAL_PART_CHARACTERS_MIN: usize = 3;

/// The fewest of zxcvbn's points (0 to 4) for a password that is not a common one, or made of such: 3 stands for 10^8 guesses
/// at least. Eight characters of any kind are not more to it than that, so where so few are allowed 2 are enough.
const POINTS_MIN: u8 = 3;

/// From how many characters on the other points are asked.
const POINTS_CHARACTERS: u16 = 12;

/// Memory of one computation of Argon2id, in KiB (OWASP's password storage cheat sheet: 19 MiB, two passes, one lane).
pub const MEMORY_KIB: u32 = 19 * 1024;

/// Passes over that memory.
pub const PASSES: u32 = 2;

/// Lanes.
pub const LANES: u32 = 1;

/// Random bytes of a salt.
const SALT_BYTES: usize = 16;

/// What is checked when no account exists: the cost of a real hash, and an output that no password is known to have.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Refuses a password that is too weak for a person of that name and mail, and says all that is missing.
///
/// # Errors
/// [`AccessError::Unacceptable`], in words for the person who chose it; [`AccessError::BreachedFile`] when the file of
/// known ones cannot be read.
pub fn check(
    password: &Sensitive<String>,
    name: &str,
    mail: &str,
    standards: &Standards,
) -> Result<(), AccessError> {
    let missing = missing(password.expose(), name, mail, standards.values.password_characters_min.into());
    if !missing.is_empty() {
        return refused(&format!("the password needs {}", missing.join(", ")));
    }
    let few = standards.values.password_characters_min < POINTS_CHARACTERS;
    let points_min = if few { POINTS_MIN - 1 } else { POINTS_MIN };
    if u8::from(zxcvbn::zxcvbn(password.expose(), &[name, mail]).score()) < points_min || is_a_word(password)
    {
        return refused(
            "the password is a common one, or easily guessed; choose one that nobody would think of",
        );
    }
    if let Some(breached) = &standards.breached {
        let known = breached
            .holds(password)
            .map_err(|error| AccessError::BreachedFile(breached.path().to_owned(), error.kind()))?;
        if known {
            return refused("the password is known from a breach elsewhere; choose another");
        }
    }
    Ok(())
}

fn refused(words: &str) -> Result<(), AccessError> {
    Err(AccessError::Against(Requirement::PasswordStrength, words.to_owned()))
}

fn missing(password: &str, name: &str, mail: &str, characters_min: usize) -> Vec<String> {
    let characters = password.chars().count();
    let rules: [(bool, String); 7] = [
        (characters >= characters_min, format!("at least {characters_min} characters")),
        (characters <= CHARACTERS_MAX, format!("at most {CHARACTERS_MAX} characters")),
        (password.chars().any(char::is_uppercase), "an upper-case letter".into()),
        (password.chars().any(char::is_lowercase), "a lower-case letter".into()),
        (password.chars().any(char::is_numeric), "a digit".into()),
        (password.chars().any(is_special), "a special character".into()),
        (!holds_personal_part(password, name, mail), "no part of the name or mail in it".into()),
    ];
    rules.into_iter().filter(|(met, _)| !met).map(|(_, rule)| rule).collect()
}

fn is_special(character: char) -> bool {
    !character.is_alphanumeric() && !character.is_control()
}

/// Whether a word of the name or mail stands in the password, in whatever case. The mail's last label (`com`) is
/// nobody's own.
fn holds_personal_part(password: &str, name: &str, mail: &str) -> bool {
    let password = password.to_lowercase();
    let own_mail = mail.rsplit_once('.').map_or(mail, |(own, _)| own);
    [name, own_mail]
        .into_iter()
        .flat_map(|text| text.split(|character: char| !character.is_alphanumeric()))
        .filter(|part| part.chars().count() >= PERSONAL_PART_CHARACTERS_MIN)
        .any(|part| password.contains(&part.to_lowercase()))
}

/// Whether it is one word that can be guessed, with signs before and behind it: what people make of a word who must use four
/// classes of characters.
fn is_a_word(password: &Sensitive<String>) -> bool {
    let word = password.expose().trim_matches(|sign: char| !sign.is_alphabetic());
    word.chars().all(char::is_alphanumeric) && u8::from(zxcvbn::zxcvbn(word, &[]).score()) < POINTS_MIN
}

/// Hashes and verifies. A trait so that a test can count the computations, since it may not look at the clock.
pub(crate) trait Hasher: Send + Sync {
    /// The PHC string to keep of a password.
    fn hash(&self, password: &Sensitive<String>, entropy: &dyn Entropy) -> Result<String, AccessError>;

    /// Whether this is the password of a kept PHC string. Without one (no such account) the same work is done, and
    /// the answer is no.
    fn verify(&self, password: &Sensitive<String>, kept: Option<&str>) -> bool;

    /// Whether a kept PHC string was made with less than is asked now.
    fn is_outdated(&self, kept: &str) -> bool;
}

/// Argon2id with this module's parameters.
pub(crate) struct Argon2id(Argon2<'static>);

impl Argon2id {
    pub(crate) fn new() -> Result<Self, AccessError> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| AccessError::Hashing)?;
        Ok(Self(Argon2::new(Algorithm::Argon2id, Version::V0x13, params)))
    }
}

impl Hasher for Argon2id {
    fn hash(&self, password: &Sensitive<String>, entropy: &dyn Entropy) -> Result<String, AccessError> {
        let mut salt = [0; SALT_BYTES];
        entropy.fill(&mut salt);
        let hash: PasswordHash = self
            .0
            .hash_password_with_salt(password.expose().as_bytes(), &salt)
            .map_err(|_| AccessError::Hashing)?;
        Ok(hash.to_string())
    }

    fn verify(&self, password: &Sensitive<String>, kept: Option<&str>) -> bool {
        // What is too long to be anybody's password is not hashed at its length: only the empty text is.
        let possible = password.expose().chars().count() <= CHARACTERS_MAX;
        let text = if possible { password.expose().as_bytes() } else { b"" };
        let matches = PasswordHash::new(kept.unwrap_or(NOBODYS_HASH))
            .is_ok_and(|hash| self.0.verify_password(text, &hash).is_ok());
        matches && possible && kept.is_some()
    }

    fn is_outdated(&self, kept: &str) -> bool {
        let params = PasswordHash::new(kept).ok().and_then(|hash| Params::try_from(&hash).ok());
        params.is_none_or(|params| {
            params.m_cost() < MEMORY_KIB || params.t_cost() < PASSES || params.p_cost() < LANES
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Fixed;
    use proptest::prelude::*;

    fn sensitive(text: &str) -> Sensitive<String> {
        Sensitive::new(text.to_owned())
    }

    /// What is missing, for a person called Mara Lindqvist, mara.l@warehouse.example.
    fn lacks(password: &str, expected: &[&str]) {
        let found = missing(password, "Mara Lindqvist", "mara.l@warehouse.example", 12);
        assert_eq!(found, expected, "{password}");
    }

    #[test]
    fn a_word_between_signs_is_a_common_password_in_whatever_letters() {
        for (password, is_one) in [
            ("Welcome-12345", true),
            ("Passw0rd-2026!", true),
            ("Amazon-2026!!", true),
            ("Qwertz-12345!", true),
            ("Abcdefgh123!", true),
            ("!!2026-Summer", true),
            ("Xk7mQ2vB9Lp!", false),
            ("Blue-Kettle-77", false),
            ("Trial-Only-7", false),
        ] {
            assert_eq!(is_a_word(&sensitive(password)), is_one, "{password}");
        }
    }

    #[test]
    fn a_refusal_says_all_that_is_missing_at_once() {
        lacks(
            "",
            &[
                "at least 12 characters",
                "an upper-case letter",
                "a lower-case letter",
                "a digit",
                "a special character",
            ],
        );
        lacks("Blue-Kettle-7", &[]);
        lacks("Bluekettle77", &["a special character"]);
        lacks("blue-kettle-7", &["an upper-case letter"]);
        lacks("BLUE-KETTLE-7", &["a lower-case letter"]);
        lacks("Blue-Kettle-x", &["a digit"]);
        lacks(
            "mara7",
            &[
                "at least 12 characters",
                "an upper-case letter",
                "a special character",
                "no part of the name or mail in it",
            ],
        );
    }

    #[test]
    fn the_limits_hold_at_n_and_n_plus_1() {
        lacks("Blue-Kettl-7", &[]);
        lacks("Blue-Kett-7", &["at least 12 characters"]);
        lacks(&format!("Aa1-{}", "x".repeat(CHARACTERS_MAX - 4)), &[]);
        lacks(&format!("Aa1-{}", "x".repeat(CHARACTERS_MAX - 3)), &["at most 256 characters"]);
    }

    #[test]
    fn no_part_of_name_or_mail_in_any_case_but_short_ones_and_the_top_label() {
        for password in ["Blue-LINDQVIST-7", "xMaRax-Kettle-7", "Warehouse-Blue-7"] {
            lacks(password, &["no part of the name or mail in it"]);
        }
        lacks("An-Example-Kettle-7", &[]);
        lacks("Blue-l-Kettle-7", &[]);
    }

    #[test]
    fn the_message_names_the_requirement_and_never_the_password() {
        let error = check(&sensitive("short-Secret"), "Mara", "m@x.example", &standards()).unwrap_err();
        assert_eq!(error.to_string(), "the password needs a digit (1.4.a)");
        assert_eq!(error.code(), "unacceptable");
    }

    fn standards() -> Standards {
        Standards::of(bailee_core::Environment::Production)
    }

    #[test]
    fn a_common_password_is_refused_though_it_keeps_the_other_rules() {
        let says = |password: &str, standards: &Standards| {
            check(&sensitive(password), "Mara Lindqvist", "m.l@x.example", standards)
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default()
        };
        for common in ["Password1234!", "Qwerty123456!", "Iloveyou-1234", "Aaaaaaaaaa-1"] {
            let words = says(common, &standards());
            assert!(
                words.contains("common") && words.contains("1.4.a") && !words.contains(common),
                "{common}: {words}"
            );
        }
        for good in ["Blue-Kettle-77", "Trial-Only-Nine-7", "Correct-Horse-7-Battery"] {
            assert_eq!(says(good, &standards()), "", "{good}");
        }
        // Of 8 characters, where the policy's own text alone is asked.
        let mut loose = standards();
        loose.values = bailee_core::profile::Values::of(bailee_core::profile::Profile::Policy);
        assert_eq!(says("vK7#qzX!", &loose), "");
        assert!(says("vK7#qzX!", &standards()).contains("at least 12"));
    }

    #[test]
    fn a_hash_of_less_than_is_asked_now_is_outdated() {
        let argon = Argon2id::new().unwrap();
        let kept = argon.hash(&sensitive("Blue-Kettle-7"), &Fixed(1)).unwrap();
        assert!(!argon.is_outdated(&kept));
        assert!(argon.is_outdated(&kept.replace("t=2", "t=1")));
        assert!(argon.is_outdated(&kept.replace("m=19456", "m=9728")));
        assert!(argon.is_outdated("nonsense"));
    }

    #[test]
    fn a_kept_password_verifies_and_another_does_not() {
        let argon = Argon2id::new().unwrap();
        let kept = argon.hash(&sensitive("Blue-Kettle-7"), &Fixed(1)).unwrap();
        assert!(!kept.contains("Kettle"));
        assert!(argon.verify(&sensitive("Blue-Kettle-7"), Some(&kept)));
        assert!(!argon.verify(&sensitive("Blue-Kettle-8"), Some(&kept)));
        assert!(!argon.verify(&sensitive(&"x".repeat(CHARACTERS_MAX + 1)), Some(&kept)));
        assert!(!argon.verify(&sensitive("Blue-Kettle-7"), None));
        let of_nothing = argon.hash(&sensitive(""), &Fixed(1)).unwrap();
        assert!(!argon.verify(&sensitive(&"x".repeat(CHARACTERS_MAX + 1)), Some(&of_nothing)));
        assert_ne!(kept, argon.hash(&sensitive("Blue-Kettle-7"), &Fixed(2)).unwrap(), "the salt is drawn");
    }

    #[test]
    fn nobodys_hash_costs_what_a_real_one_costs() {
        let real = Argon2id::new().unwrap().hash(&sensitive("Blue-Kettle-7"), &Fixed(1)).unwrap();
        let (real, nobodys) = (PasswordHash::new(&real).unwrap(), PasswordHash::new(NOBODYS_HASH).unwrap());
        assert_eq!(real.algorithm, nobodys.algorithm);
        assert_eq!(real.version, nobodys.version);
        assert_eq!(Params::try_from(&real).unwrap(), Params::try_from(&nobodys).unwrap());
        assert_eq!(real.hash.unwrap().len(), nobodys.hash.unwrap().len());
        assert_eq!(real.salt.unwrap().len(), nobodys.salt.unwrap().len());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_password_that_holds_a_word_of_the_name_is_always_refused(word in "[a-z]{3,12}", before in "[A-Z0-9-]{0,9}") {
            let (password, name) = (format!("{before}{word}"), format!("Ada {word}"));
            prop_assert!(holds_personal_part(&password, &name, "x@y.example"));
        }
    }
}
