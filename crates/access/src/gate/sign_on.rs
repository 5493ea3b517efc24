//! Coming in by what an OpenID Connect provider says.
//!
//! It takes the place of the password and of nothing else: the lock after too many failures, the standing of a person and the second
//! factor hold as ever. The first time somebody is found by the mail address that the provider has verified; from then on by the
//! provider's own name for them alone, whatever their address has become.

use bailee_core::time::saturating_add;
use bailee_core::{PersonId, PrincipalId, RequestId, Sensitive, SignOnId, Timestamp};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::{self, What};

use super::devices::device_of_another;
use super::log_in::Beginning;
use super::{Commitment, Gate};
use crate::account::{Account, Checked, Factors};
use crate::certificate::Shown;
use crate::credential::CredentialHash;
use crate::decision::Reason;
use crate::device::Place;
use crate::error::{AccessError, Denial};
use crate::lockout::{Door, Whose};
use crate::person::Standing;
use crate::register::{Entry, Known};
use crate::session::NewSession;
use crate::sign_on::{Failed, Identity, Proven, Provider, Stage};

/// A sign-on that was begun.
pub struct BegunSignOn {
    /// Ends it; not to be shown to anybody.
    pub id: SignOnId,
    /// Where the browser goes.
    pub address: String,
    /// As people call the provider.
    pub provider: String,
}

/// What the browser came back with, and what is shown beside it.
pub struct SignOn<'a> {
    /// What was begun.
    pub id: SignOnId,
    /// The provider's code and `state`; none when the second factor is all that was missing.
    pub redirected: Option<(String, String)>,
    /// A code of the authenticator, or a recovery code.
    pub code: Option<&'a Sensitive<String>>,
    /// An invitation, when somebody comes for the first time.
    pub invitation: Option<&'a Sensitive<String>>,
    /// Where.
    pub door: Door,
    /// The certificate of the connection.
    pub certificate: Option<&'a Shown>,
    /// The machine's time, by which authenticators and providers go.
    pub machine_now: Timestamp,
}

impl Gate {
    /// Begins a sign-on, for anybody: nothing is known of them yet. `redirect` is where the browser comes back to on their
    /// machine.
    ///
    /// # Errors
    /// [`AccessError::Unacceptable`] where the home has no provider or cannot read what it shows it, and for an address that
    /// is not of the caller's own machine; [`AccessError::ProviderAway`] when the provider does not answer.
    pub fn begin_sign_on(&self, redirect: &str, machine_now: Timestamp) -> Result<BegunSignOn, AccessError> {
        let provider = self.provider()?;
        let id = SignOnId::random(&*self.sealer.entropy);
        match provider.begin(id, redirect, machine_now) {
            Ok(address) => Ok(BegunSignOn { id, address, provider: provider.name().to_owned() }),
            Err(Failed::Refused("redirect")) => Err(AccessError::Unacceptable(
                "a browser comes back to http://127.0.0.1 or http://[::1], with a port".into(),
            )),
            Err(failed) => Err(away(failed)),
        }
    }

    /// Ends a sign-on: a session for whoever the provider says it is, if this home knows them.
    ///
    /// # Errors
    /// [`AccessError::Denied`] for whatever does not fit, for a second factor that is missing (then `id` is good for one more
    /// step) or wrong, and for whoever is not active or locked out; an event already. Those of [`Self::begin_sign_on`].
    pub fn finish_sign_on(
        &self,
        sign_on: SignOn<'_>,
        request: RequestId,
        now: Timestamp,
        detail: Option<Commitment>,
    ) -> Result<NewSession, AccessError> {
        let provider = self.provider()?;
        let context = Context { principal: PrincipalId::Anonymous, request, now, detail };
        let SignOn { id, redirected, code, invitation, door, certificate, machine_now } = sign_on;
        let (place, of) = match self.place_to_begin(door, certificate, machine_now) {
            Ok(begun) => begun,
            Err(denial) => return self.not_in(&context, None, denial),
        };
        let (since, proven, factor_age) = match (provider.take(id, machine_now), redirected) {
            (Some((since, Stage::Sent(sent))), Some((code, state))) => {
                match provider.redeem(sent, code, &state, machine_now) {
                    Err(Failed::Refused(why)) => return self.not_signed_on(&context, None, why),
                    Err(failed) => return Err(away(failed)),
                    Ok(identity) => {
                        // The provider took its time: others may have changed who somebody is.
                        self.follow()?;
                        (since, self.proven(&context, &identity, invitation)?, identity.factor_age)
                    }
                }
            }
            (Some((since, Stage::Proven(proven))), None) => (since, proven, None),
            _ => return self.not_signed_on(&context, None, "not-begun"),
        };
        let has_factor = factor_age.is_some();
        let whose = Whose::of(&self.somebody(proven.person)?.value.person.mail, door);
        let _alone = self.attempt(whose);
        let entry = self.somebody(proven.person)?;
        if self.is_locked(whose, now) {
            return self.not_in(&context, Some(proven.person), super::log_in::account_locked());
        }
        if of.is_some_and(|of| of != proven.person) {
            return self.not_in(&context, Some(proven.person), device_of_another());
        }
        if let Err(why) = proven.still_holds(&entry.value, now) {
            return self.not_signed_on(&context, Some(proven.person), why);
        }
        if proven.accepts.is_some() && !self.invitation_opens(&entry.value, now) {
            return self.not_signed_on(&context, Some(proven.person), "invitation-closed");
        }
        let factors = match self.own_factor(&entry.value, has_factor, code, machine_now) {
            Own::Missing => {
                let person = Some(proven.person);
                provider.keep(id, Stage::Proven(proven), since);
                return self.not_in(&context, person, super::log_in::second_factor_needed());
            }
            Own::Refused => return self.failed(&context, whose, Some(proven.person)),
            Own::Shown(factors) => Some(factors),
            Own::None if !has_factor && door.is_public() => {
                return self.not_in(&context, Some(proven.person), super::log_in::no_factor_in_public());
            }
            Own::None => None,
        };
        // An authenticator that was shown before now is no fresher for that.
        let factor_at = match (&factors, factor_age) {
            (Some(_), _) => Some(now),
            (None, age) => age.map(|age| saturating_add(now, -age)),
        };
        self.sign_in(&entry, proven, (factors, factor_at), (whose, place), &context)
    }

    fn somebody(&self, person: PersonId) -> Result<Entry<Account>, AccessError> {
        self.known().account(person).cloned().ok_or(AccessError::Missing("person"))
    }

    /// The person whom the provider means.
    fn proven(
        &self,
        context: &Context,
        identity: &Identity,
        invitation: Option<&Sensitive<String>>,
    ) -> Result<Proven, AccessError> {
        let found = whom(&self.known(), identity, invitation, context.now);
        match found {
            Ok(proven) => Ok(proven),
            Err((person, why)) => self.not_signed_on(context, person, why),
        }
    }

    fn own_factor(
        &self,
        account: &Account,
        has_factor: bool,
        code: Option<&Sensitive<String>>,
        machine_now: Timestamp,
    ) -> Own {
        match code {
            _ if has_factor || !account.factors.is_enrolled() => Own::None,
            None => Own::Missing,
            Some(code) => match account.factors.check(code, machine_now) {
                Checked::Opened(factors) => Own::Shown(factors),
                Checked::Refused => Own::Refused,
            },
        }
    }

    fn sign_in(
        &self,
        entry: &Entry<Account>,
        proven: Proven,
        (factors, factor_at): (Option<Factors>, Option<Timestamp>),
        (whose, place): (Whose, Place),
        context: &Context,
    ) -> Result<NewSession, AccessError> {
        let Proven { person, to_bind, accepts } = proven;
        let (mut next, mut events) = (entry.value.clone(), Vec::new());
        if accepts.is_some() {
            let standing = next.person.standing.accept(context.now);
            next.person.standing = standing.ok_or(AccessError::Missing("invitation"))?;
            (next.invitation, next.approval) = (None, None);
            events.push(What::InvitationAccepted { person });
        }
        if let Some(subject) = to_bind {
            next.sign_on = Some(subject);
            events.push(What::SignOn(event::SignOn { person: Some(person), outcome: "bound".into() }));
        }
        if let Some(factors) = factors {
            events.extend(super::log_in::recovery_used(person, &next.factors, &factors));
            next.factors = factors;
        }
        events.push(What::SignOn(event::SignOn { person: Some(person), outcome: "signed-on".into() }));
        let account = Some(entry.next(next));
        let forgiven = Some(whose);
        let seen = entry.version;
        let begin = Beginning { person, seen, place, account, factor_at, signed_on: true, forgiven, events };
        self.begin_session(begin, context)
    }

    /// Refuses what the provider or the browser brought. It is nobody's failed log-in: nobody's password was tried.
    fn not_signed_on<T>(
        &self,
        context: &Context,
        person: Option<PersonId>,
        why: &'static str,
    ) -> Result<T, AccessError> {
        let told =
            [What::SignOn(event::SignOn { person, outcome: why.into() }), What::LogInFailed { person }];
        self.store.append(&told.map(|what| context.event(what)))?;
        Err(sign_on_failed(why).into())
    }

    fn provider(&self) -> Result<&Provider, AccessError> {
        self.standards.provider.as_deref().ok_or_else(|| {
            AccessError::Unacceptable(
                "this home has no provider to sign on by; log in with a password, or set [sign_on]".into(),
            )
        })
    }
}

/// What became of the home's own second factor.
enum Own {
    /// It is not asked for, or there is none.
    None,
    Missing,
    Refused,
    Shown(Factors),
}

/// Whom an identity means; else who was meant, if anybody, and a code of what is wrong.
fn whom(
    known: &Known,
    identity: &Identity,
    invitation: Option<&Sensitive<String>>,
    now: Timestamp,
) -> Result<Proven, (Option<PersonId>, &'static str)> {
    if let Some(entry) = known.signed_on_as(&identity.subject) {
        let person = &entry.value.person;
        return match person.is_active(now) {
            true => Ok(Proven { person: person.id, to_bind: None, accepts: None }),
            false => Err((Some(person.id), "not-active")),
        };
    }
    let mail = identity.mail.as_deref().ok_or((None, "mail-unverified"))?;
    let entry = known.account_by_mail(mail).ok_or((None, "unknown"))?;
    let person = &entry.value.person;
    let accepts = matches!(person.standing, Standing::Invited { .. });
    let shown = invitation.map(|code| CredentialHash::of(code.expose())).filter(|_| accepts);
    if accepts && shown.is_none() {
        return Err((Some(person.id), "invitation"));
    }
    let proven = Proven { person: person.id, to_bind: Some(identity.subject.clone()), accepts: shown };
    match proven.still_holds(&entry.value, now) {
        Ok(()) => Ok(proven),
        Err(why) => Err((Some(person.id), why)),
    }
}

impl Proven {
    /// Whether the account is still one that may come in like this; else a code of what is wrong. Between two steps of a
    /// sign-on others may send somebody away, invite them anew, or bind them.
    fn still_holds(&self, account: &Account, now: Timestamp) -> Result<(), &'static str> {
        let person = &account.person;
        let is_good = |hash: &CredentialHash| {
            account.invitation.is_some_and(|kept| kept.matches(hash)) && person.standing.accept(now).is_some()
        };
        match &self.accepts {
            Some(hash) if !is_good(hash) => Err("invitation"),
            None if !person.is_active(now) => Err("not-active"),
            _ if self.to_bind.is_some() && account.sign_on.is_some() => Err("another-subject"),
            _ => Ok(()),
        }
    }
}

/// What is said of a provider that could not be asked.
fn away(failed: Failed) -> AccessError {
    match failed {
        Failed::Secret => AccessError::Unacceptable(
            "what this home shows its provider cannot be read: mend [sign_on] client_secret, and log in with a password \
             meanwhile"
                .into(),
        ),
        Failed::Unreachable | Failed::Refused(_) => AccessError::ProviderAway,
    }
}

fn sign_on_failed(why: &str) -> Denial {
    let (words, remedy) = match why {
        "mail-unverified" => (
            "the provider has not verified a mail address for this account",
            "have it verified there, or log in with a password",
        ),
        "unknown" | "another-subject" | "not-active" => (
            "this home lets nobody in as whom the provider names",
            "sign on as somebody whom the owner of this home has invited",
        ),
        "invitation" => (
            "this person is invited, and has not accepted yet",
            "show the invitation at the first sign-on: `bailee login --sign-on --invitation-stdin`",
        ),
        "invitation-closed" => (
            "this invitation opens nothing: it is not approved yet, or whoever made it has left",
            "ask an owner of this home; `bailee proposal list` shows them what waits",
        ),
        "not-begun" => (
            "this sign-on was ended already, or was begun too long ago",
            "begin again with `bailee login --sign-on`",
        ),
        _ => (
            "what the provider answered is not good for this home",
            "begin again; if that does not help, the ledger names what was wrong",
        ),
    };
    Reason::SignOnFailed.denial(words, remedy)
}
