//! Passkeys of one's own account, and the challenges by which they are shown (1.1.d).
//!
//! Whether somebody has passkeys is told to nobody but who knows the password: a challenge for a log-in is given out after
//! it, for the same work and with the same refusals as the log-in itself.

use bailee_core::requirement::Requirement;
use bailee_core::{ChallengeId, PasskeyId, PrincipalId, RequestId, Sensitive, Timestamp};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::{PasskeyUsed, What};
use serde::Deserialize;
use serde_json::Value;
use webauthn_rs::prelude::{Passkey, PasskeyRegistration, RegisterPublicKeyCredential, Uuid};

use super::log_in::Factor;
use super::people::factor_stale;
use super::{Caller, Commitment, Gate, LogIn};
use crate::account::Account;
use crate::decision::{ACCOUNT, Reason};
use crate::error::{AccessError, Denial};
use crate::lockout::Whose;
use crate::passkey::{
    self, Answered, Asked, Bound, NAME_CHARACTERS_MAX, OwnPasskey, PASSKEYS_MAX, RelyingParty,
};
use crate::person::normalised_mail;

/// A challenge, to be handed to a browser.
pub struct BegunPasskey {
    /// Names it when it is answered.
    pub challenge: ChallengeId,
    /// What `navigator.credentials` takes, in JSON as WebAuthn writes it.
    pub options: Value,
}

/// What an authenticator answered to a challenge.
pub struct PasskeyAnswer {
    /// Which.
    pub challenge: ChallengeId,
    /// The credential that `navigator.credentials` gave, in JSON as WebAuthn writes it.
    pub credential: Value,
}

/// A passkey that is set up.
pub struct EnrolledPasskey {
    /// Names it.
    pub id: PasskeyId,
    /// Each opens once, when every other factor is lost. They come with the first factor of all, and are shown once.
    pub recovery_codes: Vec<Sensitive<String>>,
}

/// A passkey, as its owner may see it.
pub struct ShownPasskey {
    /// Names it; opens nothing.
    pub id: PasskeyId,
    /// As its owner calls it.
    pub name: String,
    /// Since when.
    pub since: Timestamp,
    /// When it was used last.
    pub used_at: Option<Timestamp>,
}

impl Gate {
    /// Begins to set up a passkey in the caller's own account. It counts once an authenticator has answered.
    ///
    /// # Errors
    /// [`AccessError::Unacceptable`] for whoever has no account, where a second factor that is set up was not shown a short
    /// while ago, for one passkey too many, and where the home has no public address.
    pub fn begin_passkey(
        &self,
        caller: &Caller,
        machine_now: Timestamp,
    ) -> Result<BegunPasskey, AccessError> {
        let (entry, session) = self.own_account(caller)?;
        let (person, kept) = (&entry.value.person, entry.value.factors.passkeys());
        Self::may_add_factor(caller, &entry.value)?;
        refuse_one_more(kept)?;
        let known = kept.iter().map(|one| one.key().cred_id().clone()).collect();
        let handle = Uuid::from_bytes(*person.id.as_bytes());
        let begun = self.relying_party()?.webauthn().start_passkey_registration(
            handle,
            &person.mail,
            &person.name,
            Some(known),
        );
        let (options, state) = begun.map_err(|_| no_challenge())?;
        let options = serde_json::to_value(options).map_err(|_| no_challenge())?;
        let bound = Bound { person: person.id, session: Some(session) };
        Ok(self.wait(bound, options, Asked::Enrolment(state), machine_now))
    }

    /// Sets up the passkey that an authenticator made for a challenge, under the name that its owner gives it. The session
    /// counts as one with a second factor from then on. Writes `PasskeyEnrolled`.
    ///
    /// # Errors
    /// [`AccessError::Unacceptable`] when the challenge is none of this session's or has ended, and when the answer does not
    /// fit it, this home's address, or the asking for a PIN or fingerprint.
    pub fn enrol_passkey(
        &self,
        caller: &Caller,
        name: &str,
        answer: &PasskeyAnswer,
        machine_now: Timestamp,
    ) -> Result<EnrolledPasskey, AccessError> {
        let (entry, session) = self.own_account(caller)?;
        let person = entry.value.person.id;
        let name = passkey::name(name).ok_or_else(|| {
            AccessError::Unacceptable(format!(
                "a passkey's name is one line of 1 to {NAME_CHARACTERS_MAX} characters"
            ))
        })?;
        let bound = Bound { person, session: Some(session) };
        let Some(Asked::Enrolment(state)) = self.challenges.take(answer.challenge, bound, machine_now) else {
            return Err(no_such_challenge());
        };
        // As at the beginning: the factor may have grown stale, and others may have been set up meanwhile.
        Self::may_add_factor(caller, &entry.value)?;
        refuse_one_more(entry.value.factors.passkeys())?;
        let key = registered(self.relying_party()?, &state, &answer.credential).ok_or_else(unfit)?;
        if self.known().has_credential(key.cred_id().as_slice()) {
            return Err(AccessError::Unacceptable("this passkey is set up already".into()));
        }
        let id = PasskeyId::random(&*self.sealer.entropy);
        let passkey = OwnPasskey::new(id, name, caller.context.now, key);
        let (factors, recovery_codes) = entry.value.factors.with_passkey(passkey, &*self.sealer.entropy);
        let account = entry.next(Account { factors, ..entry.value.clone() });
        self.shown(caller, session, account, vec![What::PasskeyEnrolled { person, passkey: id }])?;
        Ok(EnrolledPasskey { id, recovery_codes })
    }

    /// The caller's own passkeys, the oldest first.
    ///
    /// # Errors
    /// [`AccessError::Denied`] for a service, which has none.
    pub fn passkeys(&self, caller: &Caller) -> Result<Vec<ShownPasskey>, AccessError> {
        let (entry, _) = self.own_account(caller)?;
        let shown = |one: &OwnPasskey| {
            let OwnPasskey { id, name, since, used_at, .. } = one;
            ShownPasskey { id: *id, name: name.clone(), since: *since, used_at: *used_at }
        };
        Ok(entry.value.factors.passkeys().iter().map(shown).collect())
    }

    /// Removes one of the caller's own passkeys. Writes `PasskeyRemoved`.
    ///
    /// # Errors
    /// [`AccessError::Denied`] where no second factor was shown a short while ago; [`AccessError::Missing`] when the caller has
    /// none of that name; [`AccessError::Unacceptable`] for the last second factor, where everybody comes in with one.
    pub fn remove_passkey(&self, caller: &Caller, passkey: PasskeyId) -> Result<(), AccessError> {
        let (entry, _) = self.own_account(caller)?;
        let factors = entry.value.factors.without(passkey).ok_or(AccessError::Missing("passkey"))?;
        if !caller.has_fresh_factor() {
            return self.refuse(&caller.context, ACCOUNT, None, None, factor_stale());
        }
        if self.standards.second_factor && !factors.is_enrolled() {
            return Err(AccessError::Against(
                Requirement::PublicAccess,
                "this is your last second factor, and everybody comes in with one here; set up another first"
                    .into(),
            ));
        }
        let removed = What::PasskeyRemoved { person: entry.value.person.id, passkey };
        let account = entry.next(Account { factors, ..entry.value.clone() });
        let _writing = self.writing_as(caller)?;
        self.put_account("remove-passkey", account, vec![caller.context.event(removed)])
    }

    /// A challenge to be answered at a log-in, for who knows the password and has passkeys. Writes `FactorAsked`.
    ///
    /// # Errors
    /// Those of [`Gate::log_in`]; [`AccessError::Denied`] for an account without passkeys;
    /// [`AccessError::Unacceptable`] where the home has no public address.
    pub fn challenge_log_in(
        &self,
        log_in: &LogIn<'_>,
        request: RequestId,
        now: Timestamp,
        detail: Option<Commitment>,
    ) -> Result<BegunPasskey, AccessError> {
        self.follow()?;
        let whose = Whose::of(&normalised_mail(log_in.mail), log_in.door);
        let _alone = self.attempt(whose);
        let anonymous = Context { principal: PrincipalId::Anonymous, request, now, detail };
        let (entry, _) = self.known_by_password(log_in, whose, &anonymous)?;
        let person = entry.value.person.id;
        if entry.value.factors.passkeys().is_empty() {
            return self.not_in(&anonymous, Some(person), no_passkey());
        }
        self.store.append(&[anonymous.event(What::FactorAsked { person })])?;
        self.challenge(&entry.value, Bound { person, session: None }, log_in.machine_now)
    }

    /// A challenge by which the caller shows a passkey again in this session.
    ///
    /// # Errors
    /// [`AccessError::Denied`] for a service, and for an account without passkeys; [`AccessError::Unacceptable`] where the
    /// home has no public address.
    pub fn challenge_session(
        &self,
        caller: &Caller,
        machine_now: Timestamp,
    ) -> Result<BegunPasskey, AccessError> {
        let (entry, session) = self.own_account(caller)?;
        if entry.value.factors.passkeys().is_empty() {
            return self.refuse(&caller.context, ACCOUNT, None, None, no_passkey());
        }
        let bound = Bound { person: entry.value.person.id, session: Some(session) };
        self.challenge(&entry.value, bound, machine_now)
    }

    /// What becomes of a second factor that is shown by a passkey.
    pub(super) fn passkey_shown(
        &self,
        account: &Account,
        bound: Bound,
        answer: &PasskeyAnswer,
        now: Timestamp,
        machine_now: Timestamp,
    ) -> Factor {
        let used = |passkey, outcome: &str| {
            Some(What::PasskeyUsed(PasskeyUsed { person: bound.person, passkey, outcome: outcome.into() }))
        };
        let asked = self.challenges.take(answer.challenge, bound, machine_now);
        let (Some(Asked::Assertion(state)), Ok(party)) = (asked, self.relying_party()) else {
            return Factor::Refused(None);
        };
        match passkey::answered(party, account.factors.passkeys(), &state, &answer.credential, now) {
            Answered::Opened(passkey) => {
                let told = used(passkey.id, "shown");
                Factor::Shown(account.factors.with_used(&passkey), told)
            }
            Answered::Refused => Factor::Refused(None),
            Answered::WentBack(passkey) => Factor::Refused(used(passkey, "counter-went-back")),
        }
    }

    fn challenge(
        &self,
        account: &Account,
        bound: Bound,
        machine_now: Timestamp,
    ) -> Result<BegunPasskey, AccessError> {
        let keys: Vec<Passkey> = account.factors.passkeys().iter().map(|one| one.key().clone()).collect();
        let begun = self.relying_party()?.webauthn().start_passkey_authentication(&keys);
        let (options, state) = begun.map_err(|_| no_challenge())?;
        let options = serde_json::to_value(options).map_err(|_| no_challenge())?;
        Ok(self.wait(bound, options, Asked::Assertion(state), machine_now))
    }

    fn wait(&self, bound: Bound, options: Value, asked: Asked, machine_now: Timestamp) -> BegunPasskey {
        let challenge = ChallengeId::random(&*self.sealer.entropy);
        self.challenges.wait(challenge, bound, asked, machine_now);
        BegunPasskey { challenge, options }
    }

    fn relying_party(&self) -> Result<&RelyingParty, AccessError> {
        self.standards.relying_party.as_ref().ok_or_else(|| {
            AccessError::Against(
                Requirement::PublicAccess,
                "passkeys are bound to the address at which people reach this home; set [server] public_url"
                    .into(),
            )
        })
    }
}

fn registered(party: &RelyingParty, state: &PasskeyRegistration, credential: &Value) -> Option<Passkey> {
    let credential = RegisterPublicKeyCredential::deserialize(credential).ok()?;
    party.webauthn().finish_passkey_registration(&credential, state).ok()
}

fn refuse_one_more(kept: &[OwnPasskey]) -> Result<(), AccessError> {
    match kept.len() < PASSKEYS_MAX {
        true => Ok(()),
        false => Err(AccessError::Unacceptable(format!(
            "this account has {PASSKEYS_MAX} passkeys, and can have no more; remove one first"
        ))),
    }
}

fn no_challenge() -> AccessError {
    AccessError::Unacceptable("no challenge can be made for this account; report it".into())
}

fn no_such_challenge() -> AccessError {
    AccessError::Unacceptable(
        "this challenge was answered, has ended, or is another session's; begin again".into(),
    )
}

fn unfit() -> AccessError {
    AccessError::Against(
        Requirement::PublicAccess,
        "this answer does not fit its challenge; begin again at [server] public_url, with an authenticator that asks for \
         a PIN, a face or a fingerprint"
            .into(),
    )
}

fn no_passkey() -> Denial {
    Reason::SecondFactorNeeded.denial(
        "this account has no passkey",
        "show a code of your authenticator, or a recovery code, if it has a second factor",
    )
}
