//! What somebody renews or completes of their own account: the password (1.4.a, 1.4.b) and the second factor (1.1.d).
//!
//! These acts take no role. They are what is left to a session whose password is past its age, or that has no second
//! factor yet.

use bailee_core::requirement::Requirement;
use bailee_core::{Sensitive, SessionId, Timestamp};
use bailee_ledger::event::What;
use bailee_store::act::Act;

use super::{Caller, Gate};
use crate::account::{Account, Password};
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
        let _writing = self.writing_as(caller)?;
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
        if let Some(at) = kept.changeable_at(caller.context.now, values) {
            let words = format!(
                "a password is changed after {} day(s) at the earliest; wait until {at}",
                values.password_days_min
            );
            return Err(AccessError::Against(Requirement::PasswordStrength, words));
        }
        password::check(new, &person.name, &person.mail, &self.standards)?;
        let mut used =
            std::iter::once(&kept.phc).chain(&kept.earlier).take(values.password_history.max(1).into());
        match used.any(|phc| self.hasher.verify(new, Some(phc))) {
            false => Ok(()),
            true => Err(AccessError::Against(
                Requirement::PasswordStrength,
                format!(
                    "this is one of your last {} passwords; choose another",
                    values.password_history.max(1)
                ),
            )),
        }
    }

    /// Begins to set up an authenticator. One that is set up goes on until the new one is confirmed.
    ///
    /// # Errors
    /// [`AccessError::Unacceptable`] for whoever has no account, and where a second factor that is set up was not shown a
    /// short while ago.
    pub fn begin_factor(&self, caller: &Caller) -> Result<BegunFactor, AccessError> {
        let (entry, _) = self.own_account(caller)?;
        Self::may_add_factor(caller, &entry.value)?;
        let totp = Totp::generate(&*self.sealer.entropy);
        let begun = BegunFactor { secret: totp.secret(), address: totp.address(&entry.value.person.mail) };
        let factors = entry.value.factors.beginning(totp);
        let _writing = self.writing_as(caller)?;
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
        let (entry, session) = self.own_account(caller)?;
        // Again: since it was begun, there may be another factor, which whoever began it has not shown.
        Self::may_add_factor(caller, &entry.value)?;
        let person = entry.value.person.id;
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
        let (factors, recovery_codes) = entry.value.factors.enrolled(totp, &*self.sealer.entropy);
        let account = entry.next(Account { factors, ..entry.value.clone() });
        let enrolled = What::FactorEnrolled { person, factor: "totp".into() };
        self.shown(caller, session, account, vec![enrolled])?;
        Ok(EnrolledFactor { recovery_codes })
    }

    /// Keeps an account whose second factor was shown just now, in this session.
    pub(super) fn shown(
        &self,
        caller: &Caller,
        session: SessionId,
        account: Entry<Account>,
        what: Vec<What>,
    ) -> Result<(), AccessError> {
        let _writing = self.writing_as(caller)?;
        let entry = self.known().session_named(session).cloned().ok_or(AccessError::Missing("session"))?;
        let session = entry.next(Session { factor_at: Some(caller.context.now), ..entry.value.clone() });
        let changes = vec![self.sealer.put(&account)?, self.sealer.put(&session)?];
        let events = what.into_iter().map(|what| caller.context.event(what)).collect();
        self.commit(Act { name: "show-factor", changes, events }, |known| {
            known.keep_account(account);
            known.keep_session(session);
        })
    }

    /// Whoever has a second factor shows it before another comes beside it or in its place.
    pub(super) fn may_add_factor(caller: &Caller, account: &Account) -> Result<(), AccessError> {
        match account.factors.is_enrolled() && !caller.has_fresh_factor() {
            false => Ok(()),
            true => Err(AccessError::Against(
                Requirement::PublicAccess,
                "before another second factor is set up, show the present one with `bailee person confirm`"
                    .into(),
            )),
        }
    }

    /// The caller's account, and the session in which it is.
    pub(super) fn own_account(&self, caller: &Caller) -> Result<(Entry<Account>, SessionId), AccessError> {
        let (person, session) = self.a_person(caller)?;
        let session =
            session.ok_or_else(|| AccessError::Unacceptable("accept the invitation first".into()))?;
        let account = self.known().account(person.id).cloned().ok_or(AccessError::Missing("person"))?;
        Ok((account, session))
    }
}
