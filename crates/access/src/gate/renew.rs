//! What somebody renews or completes of their own account: the password (1.4.a, 1.4.b) and the second factor (1.1.d).
//!
//! These acts take no role. They are what is left to a session whose password is past its age, or that has no second
//! factor yet.

use bailee_core::{Sensitive, Timestamp};
use bailee_ledger::event::What;
use bailee_store::act::Act;

use super::{Caller, Gate};
use crate::account::{Account, Factors, Password};
use crate::error::AccessError;
use crate::factor::Totp;
use crate::lockout::{Door, Whose};
use crate::password;
use crate::register::Entry;
use crate::session::Session;

/// An authenticator to be set up. Both texts are shown once.
pub struct BegunFactor {
    /// The secret, to be typed.
    pub secret: Sensitive<String>,
    /// The same as an address, to be scanned.
    pub address: Sensitive<String>,
}

/// An authenticator that is set up.
pub struct EnrolledFactor {
    /// Each opens once, when the authenticator is lost. Shown once.
    pub recovery_codes: Vec<Sensitive<String>>,
}

impl Gate {
    /// Changes the caller's own password; the other sessions end. Writes `PasswordChanged`.
    ///
    /// # Errors
    /// [`AccessError::Denied`] when the present one is wrong, which counts as a failed log-in;
    /// [`AccessError::Unacceptable`] when the new one is too weak, was used before, or follows too soon.
    pub fn change_password(
        &self,
        caller: &Caller,
        present: &Sensitive<String>,
        new: &Sensitive<String>,
        door: Door,
    ) -> Result<(), AccessError> {
        let (person, session) = self.a_person(caller)?;
        let whose = Whose::of(&person.mail, door);
        let _alone = self.attempt(whose);
        let entry = self.known().account(person.id).cloned().ok_or(AccessError::Missing("person"))?;
        let Some(kept) = entry.value.password.clone() else { return Err(AccessError::Missing("password")) };
        if self.is_locked(whose, caller.context.now) || !self.hasher.verify(present, Some(&kept.phc)) {
            return self.failed(&caller.context, whose, Some(person.id));
        }
        self.check_change(caller, &kept, new)?;
        let phc = self.hasher.hash(new, &*self.sealer.entropy)?;
        let next = kept.next(phc, caller.context.now, &self.standards.values);
        let account = entry.next(Account { password: Some(next), ..entry.value.clone() });
        let _writing = self.writing();
        let mut others = self.known().sessions_of(person.id);
        others.retain(|entry| Some(entry.value.id) != session);
        let mut changes = vec![self.sealer.put(&account)?];
        changes.extend(others.iter().map(Entry::<Session>::deletion));
        let changed = caller.context.event(What::PasswordChanged { person: person.id });
        self.commit(Act { name: "change-password", changes, events: vec![changed] }, |known| {
            others.iter().for_each(|session| known.drop_session(session.id));
            known.keep_account(account);
        })
    }

    /// Whether a password may follow: strong enough, not too soon, and none of those before.
    fn check_change(
        &self,
        caller: &Caller,
        kept: &Password,
        new: &Sensitive<String>,
    ) -> Result<(), AccessError> {
        let (person, _) = self.a_person(caller)?;
        let values = &self.standards.values;
        if caller.context.now < kept.changeable_at(values) {
            return Err(AccessError::Unacceptable(format!(
                "a password is changed after {} day(s) at the earliest; wait until {} (1.4.a)",
                values.password_days_min,
                kept.changeable_at(values)
            )));
        }
        password::check(new, &person.name, &person.mail, &self.standards)?;
        let mut used =
            std::iter::once(&kept.phc).chain(&kept.earlier).take(values.password_history.max(1).into());
        match used.any(|phc| self.hasher.verify(new, Some(phc))) {
            false => Ok(()),
            true => Err(AccessError::Unacceptable(format!(
                "this is one of your last {} passwords; choose another (1.4.a)",
                values.password_history.max(1)
            ))),
        }
    }

    /// Begins to set up an authenticator. One that is set up goes on until the new one is confirmed.
    ///
    /// # Errors
    /// [`AccessError::Unacceptable`] for whoever has no account, and where a second factor that is set up was not shown a
    /// short while ago.
    pub fn begin_factor(&self, caller: &Caller) -> Result<BegunFactor, AccessError> {
        let entry = self.own_account(caller)?;
        if entry.value.factors.is_enrolled() && !caller.has_fresh_factor() {
            return Err(AccessError::Unacceptable(
                "to replace an authenticator, show the present one first with `bailee person confirm` (1.1.d)".into(),
            ));
        }
        let totp = Totp::generate(&*self.sealer.entropy);
        let begun = BegunFactor { secret: totp.secret(), address: totp.address(&entry.value.person.mail) };
        let factors = entry.value.factors.beginning(totp);
        let _writing = self.writing();
        self.put_account("begin-factor", entry.next(Account { factors, ..entry.value.clone() }), Vec::new())?;
        Ok(begun)
    }

    /// Confirms the authenticator with a code of it. The session counts as one with a second factor from then on. Writes
    /// `FactorEnrolled`.
    ///
    /// # Errors
    /// [`AccessError::Unacceptable`] when none was begun, or the code is not one of it.
    pub fn enrol_factor(
        &self,
        caller: &Caller,
        code: &Sensitive<String>,
        machine_now: Timestamp,
    ) -> Result<EnrolledFactor, AccessError> {
        let (person, session) = self.a_person(caller)?;
        let entry = self.own_account(caller)?;
        let begun = entry.value.factors.begun.as_ref().ok_or_else(|| {
            AccessError::Unacceptable(
                "no authenticator is being set up; begin with `bailee person factor`".into(),
            )
        })?;
        let totp = begun.used(code, machine_now).ok_or_else(|| {
            AccessError::Unacceptable(
                "this is no code of the new authenticator; check its clock, and try the next".into(),
            )
        })?;
        let (factors, recovery_codes) = Factors::enrolled(totp, &*self.sealer.entropy);
        let account = entry.next(Account { factors, ..entry.value.clone() });
        let _writing = self.writing();
        let session = session.and_then(|session| self.known().session_named(session).cloned());
        let session = session
            .map(|entry| entry.next(Session { factor_at: Some(caller.context.now), ..entry.value.clone() }));
        let mut changes = vec![self.sealer.put(&account)?];
        changes.extend(session.as_ref().map(|session| self.sealer.put(session)).transpose()?);
        let enrolled = What::FactorEnrolled { person: person.id, factor: "totp".into() };
        let act = Act { name: "enrol-factor", changes, events: vec![caller.context.event(enrolled)] };
        self.commit(act, |known| {
            known.keep_account(account);
            session.into_iter().for_each(|session| known.keep_session(session));
        })?;
        Ok(EnrolledFactor { recovery_codes })
    }

    fn own_account(&self, caller: &Caller) -> Result<Entry<Account>, AccessError> {
        let (person, session) = self.a_person(caller)?;
        if session.is_none() {
            return Err(AccessError::Unacceptable("accept the invitation first".into()));
        }
        self.known().account(person.id).cloned().ok_or(AccessError::Missing("person"))
    }
}
