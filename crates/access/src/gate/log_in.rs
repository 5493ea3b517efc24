//! Logging in: password, second factor, and the lock after too many failures (1.1.d, 1.2.f).
//!
//! Attempts on one account are looked at one after the other, so that as many at once as anybody can send are still no
//! more than the limit. Everything that an attempt changes (the session, the step of a code, the count of failures) is
//! one commit.

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use bailee_core::{Commitment, PersonId, PrincipalId, RecordId, RequestId, Sensitive, SessionId, Timestamp};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::What;
use bailee_store::act::{Act, Change};

use super::devices::device_of_another;
use super::{Caller, Gate, PasskeyAnswer, Who};
use crate::account::{Account, Checked, Factors, Password};
use crate::certificate::Shown;
use crate::credential::CredentialKind;
use crate::decision::Reason;
use crate::device::Place;
use crate::error::{AccessError, Denial};
use crate::lockout::{Door, Whose};
use crate::passkey::Bound;
use crate::person::{Role, normalised_mail};
use crate::register::{Entry, Known};
use crate::session::{NewSession, Session};

/// What somebody shows to come in.
pub struct LogIn<'a> {
    /// The address.
    pub mail: &'a str,
    /// The password.
    pub password: &'a Sensitive<String>,
    /// A code of the authenticator, or a recovery code.
    pub code: Option<&'a Sensitive<String>>,
    /// In the place of a code, what a passkey answered to a challenge of [`Gate::challenge_log_in`].
    pub passkey: Option<&'a PasskeyAnswer>,
    /// Where.
    pub door: Door,
    /// The certificate of the connection.
    pub certificate: Option<&'a Shown>,
    /// The machine's time, by which authenticators go.
    pub machine_now: Timestamp,
}

/// How often a failure is counted anew because other nodes counted some meanwhile: each time one of them got on, so that it ends.
const COUNTINGS_MAX: u32 = 16;

/// A session that is about to begin, and what begins with it.
pub(super) struct Beginning {
    pub(super) person: PersonId,
    /// The version of the account by which it was found that they may come in.
    pub(super) seen: u32,
    /// Where, and where alone it goes on.
    pub(super) place: Place,
    /// The account, where it changes with that.
    pub(super) account: Option<Entry<Account>>,
    /// When a second factor was shown, if one was.
    pub(super) factor_at: Option<Timestamp>,
    /// Whether the home's provider opened it, and no password.
    pub(super) signed_on: bool,
    /// Failures that end with it.
    pub(super) forgiven: Option<Whose>,
    /// Events besides that of the log-in.
    pub(super) events: Vec<What>,
}

/// What became of the second factor.
pub(super) enum Factor {
    /// There is none.
    None,
    /// There is one, and no code was shown.
    Needed,
    /// The code was not one, nor was the answer; with what there is to tell of that.
    Refused(Option<What>),
    /// It was; these are kept instead.
    Shown(Factors, Option<What>),
}

impl Gate {
    /// How long an attempt on that account has to wait before it is made: longer after each failure.
    pub fn patience(&self, mail: &str, door: Door) -> Duration {
        self.known().lockout.delay(Whose::of(&normalised_mail(mail), door))
    }

    /// Logs a person in. Equal answers and equal work for unknown and known accounts.
    ///
    /// # Errors
    /// [`AccessError::Denied`] for a wrong mail, password or code, for a code that is missing, and for an account that is
    /// locked; an event already. Any other when the session, or the event of the failure, cannot be written.
    pub fn log_in(
        &self,
        log_in: &LogIn<'_>,
        request: RequestId,
        now: Timestamp,
        detail: Option<Commitment>,
    ) -> Result<NewSession, AccessError> {
        self.follow()?;
        let mail = normalised_mail(log_in.mail);
        let whose = Whose::of(&mail, log_in.door);
        let _alone = self.attempt(whose);
        let anonymous = Context { principal: PrincipalId::Anonymous, request, now, detail };
        let (entry, place) = self.known_by_password(log_in, whose, &anonymous)?;
        let person = Some(entry.value.person.id);
        match self.factor(&entry.value, log_in, now) {
            Factor::None if log_in.door.is_public() => self.not_in(&anonymous, person, no_factor_in_public()),
            Factor::Needed => self.not_in(&anonymous, person, second_factor_needed()),
            Factor::Refused(told) => self.failed_with(&anonymous, whose, person, told.as_ref()),
            Factor::None => self.come_in(&entry, None, None, (log_in, place), whose, &anonymous),
            Factor::Shown(factors, told) => {
                self.come_in(&entry, Some(factors), told, (log_in, place), whose, &anonymous)
            }
        }
    }

    /// Whose password it is. Equal answers and equal work whether or not there is such a person; what is not right counts as
    /// a failure, and is an event.
    pub(super) fn known_by_password(
        &self,
        log_in: &LogIn<'_>,
        whose: Whose,
        anonymous: &Context,
    ) -> Result<(Entry<Account>, Place), AccessError> {
        // Whether a machine is enrolled says nothing of any account.
        let begun = self.place_to_begin(log_in.door, log_in.certificate, log_in.machine_now);
        let (place, of) = match begun {
            Ok(begun) => begun,
            Err(denial) => return self.not_in(anonymous, None, denial),
        };
        let account = self.known().account_by_mail(&normalised_mail(log_in.mail)).cloned();
        let person = account.as_ref().map(|entry| entry.value.person.id);
        if self.is_locked(whose, anonymous.now) {
            return self.not_in(anonymous, person, account_locked());
        }
        let kept = account.as_ref().and_then(|entry| entry.value.password.as_ref());
        let matches = self.hasher.verify(log_in.password, kept.map(|password| password.phc.as_str()));
        match account.filter(|entry| matches && entry.value.person.is_active(anonymous.now)) {
            Some(entry) if of.is_some_and(|of| of != entry.value.person.id) => {
                self.not_in(anonymous, person, device_of_another())
            }
            Some(entry) => Ok((entry, place)),
            None => self.failed(anonymous, whose, person),
        }
    }

    /// What becomes of the second factor at a log-in.
    fn factor(&self, account: &Account, log_in: &LogIn<'_>, now: Timestamp) -> Factor {
        if !account.factors.is_enrolled() {
            return Factor::None;
        }
        let bound = Bound { person: account.person.id, session: None };
        match (log_in.passkey, log_in.code) {
            (Some(answer), _) => self.passkey_shown(account, bound, answer, now, log_in.machine_now),
            (None, Some(code)) => code_shown(account, code, log_in.machine_now),
            (None, None) => Factor::Needed,
        }
    }

    fn come_in(
        &self,
        entry: &Entry<Account>,
        factors: Option<Factors>,
        told: Option<What>,
        (log_in, place): (&LogIn<'_>, Place),
        whose: Whose,
        context: &Context,
    ) -> Result<NewSession, AccessError> {
        let person = entry.value.person.id;
        let (has_factor, mut events) = (factors.is_some(), Vec::from_iter(told));
        if let Some(factors) = &factors {
            events.extend(recovery_used(person, &entry.value.factors, factors));
        }
        let mut next = entry.value.clone();
        if let Some(factors) = factors {
            next.factors = factors;
        }
        let hashed_again = self.hashed_again(&entry.value, log_in.password)?;
        let changed = has_factor || hashed_again.is_some();
        next.password = hashed_again.or(next.password);
        let account = changed.then(|| entry.next(next));
        let begin = Beginning {
            person,
            seen: entry.version,
            place,
            account,
            factor_at: has_factor.then_some(context.now),
            signed_on: false,
            forgiven: Some(whose),
            events,
        };
        self.begin_session(begin, context)
    }

    /// What is kept of the password, made with what is asked now; `None` when it is already.
    fn hashed_again(
        &self,
        account: &Account,
        password: &Sensitive<String>,
    ) -> Result<Option<Password>, AccessError> {
        match &account.password {
            Some(kept) if self.hasher.is_outdated(&kept.phc) => {
                let phc = self.hasher.hash(password, &*self.sealer.entropy)?;
                Ok(Some(Password { phc, ..kept.clone() }))
            }
            _ => Ok(None),
        }
    }

    /// Begins a session, and clears away those that have ended in the same commit.
    pub(super) fn begin_session(
        &self,
        begin: Beginning,
        context: &Context,
    ) -> Result<NewSession, AccessError> {
        let Beginning { person, seen, place, account, factor_at, signed_on, forgiven, events: further } =
            begin;
        let (now, request) = (context.now, context.request);
        let (token, token_hash) = CredentialKind::Session.generate(&*self.sealer.entropy);
        let id = SessionId::random(&*self.sealer.entropy);
        let session =
            Session { id, person, token_hash, since: now, seen_at: now, factor_at, signed_on, place };
        let entry = Entry::first(token_hash.id(), session);
        let ends_at = entry.value.ends_at(&self.standards.values);
        let by_person = Context { principal: PrincipalId::Person(person), ..*context };
        // Nobody ends a session whose time is over: the system does.
        let by_system = Context::system(request, now);

        let _writing = self.writing();
        // A password takes its time to be checked; whoever was sent away meanwhile does not come in.
        if self.known().account(person).is_none_or(|entry| entry.version != seen) {
            return Err(AccessError::Moved);
        }
        let cleared = self.known().sessions_to_clear(person, now, &self.standards.values);
        let forgiven = forgiven.and_then(|whose| self.known().lockout.find(whose).cloned());
        let mut changes = vec![self.sealer.put(&entry)?];
        changes.extend(account.as_ref().map(|account| self.sealer.put(account)).transpose()?);
        changes.extend(forgiven.as_ref().map(Entry::deletion));
        let mut events: Vec<_> = further.into_iter().map(|what| by_person.event(what)).collect();
        events.push(by_person.event(What::LoggedIn { session: id }));
        for old in &cleared {
            changes.push(old.deletion());
            events.push(by_system.event(What::LoggedOut { session: old.value.id }));
        }
        self.commit(Act { name: "log-in", changes, events }, |known| {
            cleared.iter().for_each(|old| known.drop_session(old.id));
            forgiven.iter().for_each(|failures| known.lockout.forget(failures.value.whose));
            account.into_iter().for_each(|account| known.keep_account(account));
            known.keep_session(entry);
        })?;
        Ok(NewSession { id, token, person, ends_at })
    }

    /// Shows the second factor again, for what takes a fresh one.
    ///
    /// # Errors
    /// [`AccessError::Denied`] for a wrong code, which counts as a failed log-in; any other when it cannot be written.
    pub fn confirm(
        &self,
        caller: &Caller,
        code: &Sensitive<String>,
        door: Door,
        machine_now: Timestamp,
    ) -> Result<(), AccessError> {
        self.confirm_by(caller, door, |account, _| code_shown(account, code, machine_now))
    }

    /// The same by what a passkey answered to a challenge of [`Self::challenge_session`].
    ///
    /// # Errors
    /// Those of [`Self::confirm`].
    pub fn confirm_by_passkey(
        &self,
        caller: &Caller,
        answer: &PasskeyAnswer,
        door: Door,
        machine_now: Timestamp,
    ) -> Result<(), AccessError> {
        let now = caller.context.now;
        self.confirm_by(caller, door, |account, bound| {
            self.passkey_shown(account, bound, answer, now, machine_now)
        })
    }

    fn confirm_by(
        &self,
        caller: &Caller,
        door: Door,
        shown: impl FnOnce(&Account, Bound) -> Factor,
    ) -> Result<(), AccessError> {
        let (person, _) = self.a_person(caller)?;
        let Who::Person { session, .. } = caller.who else { return Err(AccessError::Missing("session")) };
        let whose = Whose::of(&person.mail, door);
        let _alone = self.attempt(whose);
        if self.is_locked(whose, caller.context.now) {
            return self.not_in(&caller.context, Some(person.id), account_locked());
        }
        let account = self.known().account(person.id).cloned().ok_or(AccessError::Missing("person"))?;
        let bound = Bound { person: person.id, session: Some(session) };
        let (factors, told) = match shown(&account.value, bound) {
            Factor::Shown(factors, told) => (factors, told),
            Factor::Refused(told) => {
                return self.failed_with(&caller.context, whose, Some(person.id), told.as_ref());
            }
            Factor::None | Factor::Needed => return self.failed(&caller.context, whose, Some(person.id)),
        };
        let used = recovery_used(person.id, &account.value.factors, &factors);
        let account = account.next(Account { factors, ..account.value.clone() });
        let what = told.into_iter().chain(used).chain([What::FactorConfirmed { session }]);
        self.shown(caller, session, account, what.collect())
    }

    /// Refuses somebody who shows what does not open, counts it, and locks the account when it was once too often.
    pub(super) fn failed<T>(
        &self,
        context: &Context,
        whose: Whose,
        person: Option<PersonId>,
    ) -> Result<T, AccessError> {
        self.failed_with(context, whose, person, None)
    }

    /// The same, with what else there is to tell of it.
    fn failed_with<T>(
        &self,
        context: &Context,
        whose: Whose,
        person: Option<PersonId>,
        told: Option<&What>,
    ) -> Result<T, AccessError> {
        for _ in 0..COUNTINGS_MAX {
            match self.count_failure(context, whose, person, told) {
                // Another node has counted one meanwhile: this one counts, too.
                Err(AccessError::Moved) => self.follow()?,
                counted => return counted.and(Err(log_in_failed().into())),
            };
        }
        Err(AccessError::Moved)
    }

    fn count_failure(
        &self,
        context: &Context,
        whose: Whose,
        person: Option<PersonId>,
        told: Option<&What>,
    ) -> Result<(), AccessError> {
        let _writing = self.writing();
        let (entry, forgotten) = {
            let known = self.known();
            let new = || RecordId::new(context.now, &*self.sealer.entropy);
            let forgotten = known.lockout.to_forget(|| known.somebodys());
            (known.lockout.failed(whose, context.now, new), forgotten)
        };
        let mut events: Vec<_> = told.into_iter().map(|what| context.event(what.clone())).collect();
        events.push(context.event(What::LogInFailed { person }));
        let locks = entry.value.count == self.standards.values.failures_max;
        if locks {
            events.push(context.event(What::AccountLocked { person }));
        }
        let mut changes = vec![self.sealer.put(&entry)?];
        changes.extend(forgotten.as_ref().map(Entry::deletion));
        let act = Act { name: "log-in-failed", changes, events };
        let change = |known: &mut Known| {
            forgotten.iter().for_each(|old| known.lockout.forget(old.value.whose));
            known.lockout.keep(entry);
        };
        // Who is locked out is so on every node.
        if locks { self.commit(act, change) } else { self.commit_aside(act, change) }
    }

    /// Refuses somebody without counting it.
    pub(super) fn not_in<T>(
        &self,
        context: &Context,
        person: Option<PersonId>,
        denial: Denial,
    ) -> Result<T, AccessError> {
        self.store.append(&[context.event(What::LogInFailed { person })])?;
        Err(denial.into())
    }

    pub(super) fn is_locked(&self, whose: Whose, now: Timestamp) -> bool {
        let known = self.known();
        let accounts = known.accounts();
        let people = accounts.iter().map(|entry| &entry.value.person);
        // An owner lifts a lock, and nobody lifts their own.
        let owners =
            people.filter(|person| person.is_active(now) && person.roles.contains(&Role::Owner)).count();
        known.lockout.is_locked(whose, self.standards.values.failures_max, now, owners > 1)
    }

    /// The right to try an account: one at a time has it.
    pub(super) fn attempt(&self, whose: Whose) -> Option<MutexGuard<'_, ()>> {
        let at = usize::from(whose.first_byte()) % self.attempts.len().max(1);
        self.attempts.get(at).map(|one| one.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The changes that lift the locks of a person, at every door.
    pub(super) fn lift(&self, mail: &str) -> (Vec<Change>, Vec<Whose>) {
        let known = self.known();
        let doors = Whose::at_every_door(mail);
        let found: Vec<_> = doors.iter().filter_map(|whose| known.lockout.find(*whose)).collect();
        (found.iter().map(|entry| entry.deletion()).collect(), doors.to_vec())
    }
}

/// What there is to tell when a recovery code was used up.
pub(super) fn recovery_used(person: PersonId, before: &Factors, after: &Factors) -> Option<What> {
    let left = u32::try_from(after.recovery_codes()).unwrap_or(u32::MAX);
    (after.recovery_codes() < before.recovery_codes()).then_some(What::RecoveryCodeUsed { person, left })
}

fn code_shown(account: &Account, code: &Sensitive<String>, machine_now: Timestamp) -> Factor {
    match account.factors.check(code, machine_now) {
        Checked::Opened(factors) => Factor::Shown(factors, None),
        Checked::Refused => Factor::Refused(None),
    }
}

fn log_in_failed() -> Denial {
    Reason::LogInFailed.denial(
        "this mail and password do not belong to anybody here, or the code is not right",
        "check them, and that this is the right home; too many failures lock the account",
    )
}

pub(super) fn account_locked() -> Denial {
    Reason::AccountLocked.denial(
        "after too many failed log-ins in a row nobody comes in under this address",
        "ask another person to lift it with `bailee person unlock MAIL`",
    )
}

pub(super) fn second_factor_needed() -> Denial {
    Reason::SecondFactorNeeded.denial(
        "this account has a second factor",
        "log in with a code of your authenticator, a recovery code, or in a browser with a passkey",
    )
}

pub(super) fn no_factor_in_public() -> Denial {
    Reason::SecondFactorMissing.denial(
        "from a public address nobody comes in without a second factor, and this account has none",
        "enrol an authenticator from the company's own network with `bailee person factor`",
    )
}
