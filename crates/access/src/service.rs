//! Services: programs with keys or certificates of their own, bound to sellers, purposes and classes.
//!
//! A key lives as long as the profile says (1.4.b). In the last sixth of its life whoever shows it is warned; past its end
//! it opens nothing but its own renewal. A service has two keys at a time, so that a new one can be rolled out while the
//! old one still opens. A certificate is such a key in every respect, but that it goes by the machine's time.
//!
//! Whoever is shown a key knows it from then on, and so of each one is kept who that was. Once they may not come in any
//! more, their key takes documents in and does nothing else, so that intake has no gap while it is replaced (1.2.d).

use bailee_core::profile::Values;
use bailee_core::time::{DAY_SECONDS, is_ahead, saturating_add};
use bailee_core::{Class, PersonId, Purpose, RecordId, SellerId, ServiceId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::AccessError;
use crate::credential::CredentialHash;
use crate::grant::unclassified;

/// Most keys of one service at a time: the one in use, and the next.
pub const KEYS_MAX: usize = 2;

/// A key past its end can be renewed for so long; a program that was away for longer asks a person.
pub const RENEWAL_DAYS: i64 = 30;

/// Most bytes of a service's name.
pub const NAME_BYTES_MAX: usize = 64;

/// Most sellers of one service: as many as one ledger entry can list.
pub const SELLERS_MAX: usize = 500;

/// Most services of a home: all of them are held in memory, so that a key is found at once.
pub const SERVICES_MAX: usize = 10_000;

/// A service, as kept sealed in the register `service`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Service {
    /// Its id.
    pub id: ServiceId,
    /// Its name.
    pub name: String,
    /// The person who answers for it.
    pub owner: PersonId,
    /// The sellers it is bound to.
    pub sellers: Vec<SellerId>,
    /// Its purposes.
    pub purposes: Vec<Purpose>,
    /// Its classes.
    pub classes: Vec<Class>,
    /// Its keys, the oldest first.
    pub keys: Vec<ServiceKey>,
    /// Since when it exists.
    pub since: Timestamp,
}

/// A key of a service.
#[derive(Clone, Serialize, Deserialize)]
pub struct ServiceKey {
    /// SHA-256 of it. None in every key that leaves this crate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hash: Option<CredentialHash>,
    /// Names it; opens nothing.
    pub id: RecordId,
    /// Since when: of a key by the home's time, of a certificate by the machine's.
    pub since: Timestamp,
    /// What is shown.
    #[serde(default)]
    pub form: Form,
    /// Who knows it: who was shown it, or the one by which the service made it.
    #[serde(default = "nobody")]
    pub known_to: PersonId,
    /// Whether a second person has yet to approve that it shows what the service may see.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_held_back: bool,
}

/// What a service shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A key, after `Bearer`.
    #[default]
    Key,
    /// A certificate of the home's own authority.
    Certificate,
    /// A certificate of another authority that the home trusts, by a name or a public key in it.
    Bound,
}

impl Form {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Certificate => "certificate",
            Self::Bound => "bound",
        }
    }
}

/// The two times of a request.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// The home's, by which keys go: a test home may have been given it.
    pub home: Timestamp,
    /// The machine's, by which certificates go.
    pub machine: Timestamp,
}

/// Whom a key was known to that was kept before that was written down: its service's owner, once it is taken up.
pub(crate) const fn nobody() -> PersonId {
    PersonId([0; 16])
}

/// What a key opens by its age, by who knows it, and by who approved it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// What the service may.
    All,
    /// Documents are taken in by it, and no more.
    Intake,
    /// Its own renewal.
    Renewal,
    /// Nothing.
    Nothing,
}

impl Opens {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::All, Self::Intake, Self::Renewal, Self::Nothing];

    /// The name by which answers know it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Intake => "intake",
            Self::Renewal => "renewal",
            Self::Nothing => "nothing",
        }
    }
}

/// How far a key has come in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAge {
    /// Nothing to do.
    Fresh,
    /// To be renewed.
    Aging,
    /// Opens nothing but its renewal.
    Ended,
    /// Opens nothing.
    Forgotten,
}

impl ServiceKey {
    /// A key of which this hash is kept.
    pub(crate) fn new(hash: CredentialHash, now: Timestamp, known_to: PersonId) -> Self {
        let id = hash.id();
        Self { id, hash: Some(hash), since: now, form: Form::Key, known_to, is_held_back: false }
    }

    /// What is known of a certificate by this hash.
    pub(crate) fn certificate(
        hash: CredentialHash,
        form: Form,
        machine_now: Timestamp,
        known_to: PersonId,
    ) -> Self {
        Self { form, ..Self::new(hash, machine_now, known_to) }
    }

    /// The last instant at which it opens anything.
    pub fn ends_at(&self, values: &Values) -> Timestamp {
        ends_at(self.since, values)
    }

    /// Its age.
    pub fn age(&self, times: Times, values: &Values) -> KeyAge {
        let now = match self.form {
            Form::Key => times.home,
            Form::Certificate | Form::Bound => times.machine,
        };
        KeyAge::of(self.since, now, values)
    }

    /// Whether it opens what the service may.
    pub fn is_live(&self, times: Times, values: &Values) -> bool {
        matches!(self.age(times, values), KeyAge::Fresh | KeyAge::Aging)
    }
}

impl KeyAge {
    /// How far something that lives as long as a key has come since then.
    pub(crate) fn of(since: Timestamp, now: Timestamp, values: &Values) -> Self {
        let ends_at = ends_at(since, values);
        if now > saturating_add(ends_at, RENEWAL_DAYS * DAY_SECONDS) || is_ahead(since, now) {
            Self::Forgotten
        } else if now > ends_at {
            Self::Ended
        } else if now >= saturating_add(ends_at, -(days(values) * DAY_SECONDS / 6)) {
            Self::Aging
        } else {
            Self::Fresh
        }
    }
}

/// The last instant of something that lives as long as a key, since then.
pub(crate) fn ends_at(since: Timestamp, values: &Values) -> Timestamp {
    saturating_add(since, days(values) * DAY_SECONDS)
}

fn days(values: &Values) -> i64 {
    values.key_days_max.into()
}

impl Service {
    /// The same as others may see it: without what is kept of its keys.
    pub(crate) fn without_hashes(&self) -> Self {
        let keys = self.keys.iter().map(|key| ServiceKey { hash: None, ..key.clone() }).collect();
        Self { keys, ..self.clone() }
    }

    /// The same as it comes in: with the key that was shown and no other.
    pub(crate) fn by(&self, key: &ServiceKey) -> Self {
        Self { keys: vec![ServiceKey { hash: None, ..key.clone() }], ..self.clone() }
    }

    /// Whether any of its keys opens anything.
    pub fn is_live(&self, times: Times, values: &Values) -> bool {
        self.keys.iter().any(|key| key.is_live(times, values))
    }
}

/// A service to be added.
pub struct NewService {
    /// Its name: 1 to 64 letters, digits, hyphens, underscores or dots.
    pub name: String,
    /// The sellers; one at least.
    pub sellers: Vec<SellerId>,
    /// The purposes; with none it reveals nothing.
    pub purposes: Vec<Purpose>,
    /// The classes; with none it reveals and finds nothing.
    pub classes: Vec<Class>,
    /// Mail of the owner; the caller unless given.
    pub owner: Option<String>,
}

impl NewService {
    /// The same in order and without repetition, or what is wrong with it.
    pub(crate) fn checked(mut self) -> Result<Self, AccessError> {
        self.sellers.sort();
        self.sellers.dedup();
        self.purposes.sort();
        self.purposes.dedup();
        self.classes.sort();
        self.classes.dedup();
        let wrong = if !is_name(&self.name) {
            format!("a service's name is 1 to {NAME_BYTES_MAX} letters, digits, hyphens, underscores or dots")
        } else if self.sellers.is_empty() || self.sellers.len() > SELLERS_MAX {
            format!("a service is bound to 1 to {SELLERS_MAX} sellers")
        } else if self.classes.contains(&Class::Unclassified) {
            return Err(unclassified());
        } else {
            return Ok(self);
        };
        Err(AccessError::Unacceptable(wrong))
    }
}

fn is_name(name: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(name: &str, sellers: usize, classes: &[Class]) -> NewService {
        NewService {
            name: name.into(),
            sellers: (0..sellers).map(|number| format!("S{number}").parse().unwrap()).collect(),
            purposes: vec![Purpose::Tax, Purpose::Fulfilment, Purpose::Tax],
            classes: classes.to_vec(),
            owner: None,
        }
    }

    #[test]
    fn the_limits_hold_at_n_and_n_plus_1() {
        assert!(new(&"n".repeat(NAME_BYTES_MAX), SELLERS_MAX, &[]).checked().is_ok());
        assert!(new(&"n".repeat(NAME_BYTES_MAX + 1), 1, &[]).checked().is_err());
        assert!(new("", 1, &[]).checked().is_err());
        assert!(new("erp", SELLERS_MAX + 1, &[]).checked().is_err());
        assert!(new("erp", 0, &[]).checked().is_err());
    }

    #[test]
    fn a_key_ages_on_day_75_ends_on_day_90_and_is_forgotten_30_days_later() {
        let since: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        let key = ServiceKey::new(CredentialHash::of("synthetic"), since, PersonId([1; 16]));
        let values = Values::of(bailee_core::profile::Profile::Strict);
        for (after, age) in [
            (0, KeyAge::Fresh),
            (75 * DAY_SECONDS - 1, KeyAge::Fresh),
            (75 * DAY_SECONDS, KeyAge::Aging),
            (90 * DAY_SECONDS, KeyAge::Aging),
            (90 * DAY_SECONDS + 1, KeyAge::Ended),
            (120 * DAY_SECONDS, KeyAge::Ended),
            (120 * DAY_SECONDS + 1, KeyAge::Forgotten),
        ] {
            let then = saturating_add(since, after);
            assert_eq!(key.age(Times { home: then, machine: since }, &values), age, "{after}");
            let certificate = ServiceKey { form: Form::Certificate, ..key.clone() };
            assert_eq!(certificate.age(Times { home: since, machine: then }, &values), age, "{after}");
        }
    }

    #[test]
    fn nothing_is_repeated_and_unclassified_is_for_nobody() {
        let checked =
            new("erp.sync_2-b", 1, &[Class::Tax, Class::Identity, Class::Tax]).checked().ok().unwrap();
        assert_eq!(checked.purposes, [Purpose::Fulfilment, Purpose::Tax]);
        assert_eq!(checked.classes, [Class::Identity, Class::Tax]);
        let refused = new("erp", 1, &[Class::Unclassified]).checked().err().unwrap();
        assert!(refused.to_string().contains("0.a"), "{refused}");
    }
}
