//! Passkeys (WebAuthn) as second factors: the address that they are bound to, what is kept of one, and the challenges that
//! wait for an answer.
//!
//! A passkey signs for the address at which it was made and for no other, so that nobody is led to show one elsewhere.
//! Challenges lie in memory alone. One is bound to a person and a session (a log-in has none), ends after five minutes, and is
//! gone with its first answer, whichever that is.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bailee_core::time::saturating_add;
use bailee_core::{ChallengeId, PasskeyId, PersonId, SessionId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use webauthn_rs::prelude::{
    AuthenticationResult, Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential, Url,
    Webauthn, WebauthnBuilder, WebauthnError,
};

/// Most passkeys of one person: one for each device that somebody works with, and some to spare.
pub const PASSKEYS_MAX: usize = 10;

/// Most characters of a passkey's name: enough to tell devices apart.
pub const NAME_CHARACTERS_MAX: usize = 40;

/// A challenge can be answered for so long: as browsers wait, and no longer than a person takes.
pub const CHALLENGE_SECONDS_MAX: i64 = 5 * 60;

/// Most challenges of one person that wait at one time; one more forgets the oldest.
pub const CHALLENGES_MAX: usize = 5;

/// Who asks for passkeys: this home, at the address at which people reach it.
#[derive(Clone, Debug)]
pub struct RelyingParty(Webauthn);

impl RelyingParty {
    /// The one at an `https` address, which names a host and at most a port; `None` for anything else, and for a host that is
    /// a number: browsers bind passkeys to names.
    pub fn at(address: &str) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let is_nobodys = url.username().is_empty() && url.password().is_none();
        if url.scheme() != "https" || !is_bare || !is_nobodys {
            return None;
        }
        let asked = WebauthnBuilder::new(url.domain()?, &url).ok()?.rp_name("Bailee");
        asked.build().ok().map(Self)
    }

    pub(crate) fn webauthn(&self) -> &Webauthn {
        &self.0
    }
}

/// A passkey of a person, as kept in the account.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct OwnPasskey {
    pub(crate) id: PasskeyId,
    /// As its owner calls it.
    pub(crate) name: String,
    pub(crate) since: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) used_at: Option<Timestamp>,
    /// The highest count of signatures that it has shown. Two challenges may have been given out at one count.
    #[serde(default)]
    counter: u32,
    key: Passkey,
}

/// What an answer was good for.
pub(crate) enum Answered {
    /// It opened; keep this one instead.
    Opened(Box<OwnPasskey>),
    /// It did not.
    Refused,
    /// It was signed, but the count of signatures did not rise: whoever signed may be a copy.
    WentBack(PasskeyId),
}

impl OwnPasskey {
    pub(crate) fn new(id: PasskeyId, name: String, since: Timestamp, key: Passkey) -> Self {
        Self { id, name, since, used_at: None, counter: 0, key }
    }

    pub(crate) fn key(&self) -> &Passkey {
        &self.key
    }

    /// The same after it has signed.
    fn used(&self, result: &AuthenticationResult, now: Timestamp) -> Answered {
        // One that counts goes on counting (Web Authentication, 6.1.1); one that never did stays at nothing.
        let counts = result.counter() > 0 || self.counter > 0;
        if counts && result.counter() <= self.counter {
            return Answered::WentBack(self.id);
        }
        let mut used = self.clone();
        used.key.update_credential(result);
        used.counter = result.counter();
        used.used_at = Some(now);
        Answered::Opened(Box::new(used))
    }
}

/// Looks at what an authenticator answered: `kept` are the person's passkeys of now, `state` those of when it was asked.
pub(crate) fn answered(
    party: &RelyingParty,
    kept: &[OwnPasskey],
    state: &PasskeyAuthentication,
    credential: &Value,
    now: Timestamp,
) -> Answered {
    let Ok(credential) = PublicKeyCredential::deserialize(credential) else { return Answered::Refused };
    let named = kept.iter().find(|one| one.key.cred_id().as_slice() == credential.raw_id.as_slice());
    let Some(passkey) = named else { return Answered::Refused };
    match party.webauthn().finish_passkey_authentication(&credential, state) {
        // Asked for in any case, and looked at again.
        Ok(result) if result.user_verified() => passkey.used(&result, now),
        Err(WebauthnError::CredentialPossibleCompromise) => Answered::WentBack(passkey.id),
        Ok(_) | Err(_) => Answered::Refused,
    }
}

/// What is waited for.
pub(crate) enum Asked {
    /// A new passkey.
    Enrolment(PasskeyRegistration),
    /// A signature of one that is known.
    Assertion(PasskeyAuthentication),
}

/// Whose a challenge is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bound {
    pub(crate) person: PersonId,
    /// None at a log-in.
    pub(crate) session: Option<SessionId>,
}

struct Waiting {
    bound: Bound,
    since: Timestamp,
    asked: Asked,
}

/// Challenges that wait. They go by the machine's time, as what answers them does.
#[derive(Default)]
pub(crate) struct Challenges(Mutex<HashMap<ChallengeId, Waiting>>);

impl Challenges {
    /// Waits for an answer to this one. What nobody answered in time is forgotten by the way.
    pub(crate) fn wait(&self, id: ChallengeId, bound: Bound, asked: Asked, now: Timestamp) {
        let mut waiting = self.waiting();
        waiting.retain(|_, one| now <= ends_at(one.since));
        let own = waiting.iter().filter(|(_, one)| one.bound.person == bound.person);
        let own: Vec<_> = own.map(|(id, one)| (one.since, *id)).collect();
        if own.len() >= CHALLENGES_MAX
            && let Some((_, oldest)) = own.into_iter().min()
        {
            waiting.remove(&oldest);
        }
        waiting.insert(id, Waiting { bound, since: now, asked });
    }

    /// Takes it out for its answer: `None` when there is none of that name for them, or its time is over.
    pub(crate) fn take(&self, id: ChallengeId, bound: Bound, now: Timestamp) -> Option<Asked> {
        let mut waiting = self.waiting();
        if waiting.get(&id)?.bound != bound {
            return None;
        }
        waiting.remove(&id).filter(|one| now <= ends_at(one.since)).map(|one| one.asked)
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<ChallengeId, Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ends_at(since: Timestamp) -> Timestamp {
    saturating_add(since, CHALLENGE_SECONDS_MAX)
}

/// The name that somebody gives a passkey; `None` when it is empty, too long, or more than a line.
pub(crate) fn name(given: &str) -> Option<String> {
    let name = given.trim();
    let fits = (1..=NAME_CHARACTERS_MAX).contains(&name.chars().count());
    (fits && !name.chars().any(char::is_control)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use webauthn_rs::prelude::Uuid;

    use super::*;

    fn party() -> RelyingParty {
        RelyingParty::at("https://bailee.example:8443").unwrap()
    }

    fn asked() -> Asked {
        let begun = party().webauthn().start_passkey_registration(Uuid::from_bytes([1; 16]), "a", "a", None);
        Asked::Enrolment(begun.unwrap().1)
    }

    fn at(seconds: i64) -> Timestamp {
        saturating_add("2026-11-23T08:00:00Z".parse().unwrap(), seconds)
    }

    fn bound(person: u8, session: Option<u8>) -> Bound {
        Bound { person: PersonId([person; 16]), session: session.map(|byte| SessionId([byte; 16])) }
    }

    fn id(number: usize) -> ChallengeId {
        ChallengeId(u128::try_from(number).unwrap().to_be_bytes())
    }

    #[test]
    fn an_address_is_https_and_a_name() {
        for (address, is) in [
            ("https://bailee.example", true),
            ("https://bailee.example/", true),
            ("https://localhost:8443", true),
            ("http://bailee.example", false),
            ("http://localhost", false),
            ("https://192.0.2.7", false),
            ("https://[::1]:8443", false),
            ("https://bailee.example/console", false),
            ("https://bailee.example/?a=b", false),
            ("https://bailee.example/#a", false),
            ("https://ada:secret@bailee.example", false),
            ("bailee.example", false),
            ("", false),
        ] {
            assert_eq!(RelyingParty::at(address).is_some(), is, "{address}");
        }
    }

    #[test]
    fn a_challenge_is_answered_once_in_time_and_by_whom_it_was_given_to() {
        let challenges = Challenges::default();
        let mine = bound(1, Some(2));
        let begin = || challenges.wait(id(0), mine, asked(), at(0));
        begin();
        for other in [bound(1, None), bound(1, Some(3)), bound(2, Some(2))] {
            assert!(challenges.take(id(0), other, at(1)).is_none());
        }
        assert!(challenges.take(id(1), mine, at(1)).is_none());
        assert!(challenges.take(id(0), mine, at(CHALLENGE_SECONDS_MAX)).is_some(), "N");
        assert!(challenges.take(id(0), mine, at(1)).is_none(), "once");
        begin();
        assert!(challenges.take(id(0), mine, at(CHALLENGE_SECONDS_MAX + 1)).is_none(), "N + 1");
        assert!(challenges.take(id(0), mine, at(1)).is_none(), "a late answer is one");
    }

    #[test]
    fn one_challenge_too_many_forgets_the_persons_oldest_and_nobody_elses() {
        let challenges = Challenges::default();
        challenges.wait(id(100), bound(2, None), asked(), at(0));
        for number in 0..=CHALLENGES_MAX {
            challenges.wait(id(number), bound(1, None), asked(), at(i64::try_from(number).unwrap()));
        }
        assert!(challenges.take(id(0), bound(1, None), at(9)).is_none());
        for number in 1..=CHALLENGES_MAX {
            assert!(challenges.take(id(number), bound(1, None), at(9)).is_some(), "{number}");
        }
        assert!(challenges.take(id(100), bound(2, None), at(9)).is_some());
        challenges.wait(id(0), bound(1, None), asked(), at(0));
        challenges.wait(id(1), bound(2, None), asked(), at(CHALLENGE_SECONDS_MAX + 1));
        assert_eq!(challenges.waiting().len(), 1, "what is past is forgotten");
    }

    #[test]
    fn a_name_is_one_line_of_bounded_length() {
        assert_eq!(name(" Büro-Laptop ").as_deref(), Some("Büro-Laptop"));
        assert!(name(&"ß".repeat(NAME_CHARACTERS_MAX)).is_some(), "N");
        for no_name in [String::new(), " ".to_owned(), "a\nb".to_owned(), "ß".repeat(NAME_CHARACTERS_MAX + 1)]
        {
            assert!(name(&no_name).is_none(), "{no_name}");
        }
    }
}
