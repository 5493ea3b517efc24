//! Coming in and going out: the first person, whose credential this is, log-out.

use bailee_core::{Environment, PersonId, PrincipalId, RecordId, RequestId, Sensitive, SessionId, Timestamp};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::What;
use bailee_store::act::Act;

use super::certificates::Certified;
use super::devices::to_enrol;
use super::{Caller, Gate, Presented, Who};
use crate::account::{Account, Password};
use crate::credential::{CredentialHash, CredentialKind};
use crate::decision::{ACCOUNT, AUTHENTICATE, Reason};
use crate::device::Place;
use crate::error::{AccessError, Denial};
use crate::password;
use crate::person::{NamedMail, Person, Relation, Role, Standing};
use crate::register::Entry;
use crate::service::Form;
use crate::session::{Ended, Session, Shown};

impl Gate {
    /// Makes the first person of a new home: `"Name <mail>"`, roles owner, officer and auditor in a test home. Writes
    /// `HomeMade`.
    ///
    /// # Errors
    /// [`AccessError::Unacceptable`] says what is wrong with name, mail or password;
    /// [`AccessError::HasOwner`]: log in. Any other when the password cannot be hashed, or the person sealed
    /// or committed.
    pub fn make_owner(
        &self,
        owner: &str,
        password: &Sensitive<String>,
        request: RequestId,
        now: Timestamp,
    ) -> Result<Person, AccessError> {
        let named: NamedMail = owner.parse()?;
        if self.environment == Environment::Production {
            named.refuse_generic()?;
        }
        let NamedMail { name, mail } = named;
        password::check(password, &name, &mail, &self.standards)?;
        let _writing = self.writing();
        if self.known().has_people() {
            return Err(AccessError::HasOwner);
        }
        let id = PersonId::random(&*self.sealer.entropy);
        let phc = self.hasher.hash(password, &*self.sealer.entropy)?;
        let person = Person {
            id,
            name,
            mail,
            roles: first_roles(self.environment).to_vec(),
            relation: Relation::Employee,
            standing: Standing::Active,
            since: now,
        };
        let password = Some(Password::first(phc, now));
        let entry = Entry::first(RecordId(id.0), Account { password, ..Account::of(person.clone()) });
        let context = Context { principal: PrincipalId::Person(id), ..Context::system(request, now) };
        let made = What::HomeMade { environment: self.environment, owner: id };
        let act = Act {
            name: "make-owner",
            changes: vec![self.sealer.put(&entry)?],
            events: vec![context.event(made)],
        };
        self.commit(act, |known| known.keep_account(entry))?;
        Ok(person)
    }

    /// Ends the caller's session.
    ///
    /// # Errors
    /// [`AccessError::Unacceptable`] for a service, which has no session. [`AccessError::Store`] when the end
    /// cannot be committed: the session lives on.
    pub fn log_out(&self, caller: &Caller) -> Result<(), AccessError> {
        let Who::Person { session, .. } = caller.who else {
            return Err(AccessError::Unacceptable(
                "who has no session cannot end one; unset `BAILEE_KEY` to log out as a person".into(),
            ));
        };
        let _writing = self.writing();
        let Some(entry) = self.known().session_named(session).cloned() else {
            // Another request of the same session was quicker.
            return Ok(());
        };
        let act = Act {
            name: "log-out",
            changes: vec![entry.deletion()],
            events: vec![caller.context.event(What::LoggedOut { session })],
        };
        self.commit(act, |known| known.drop_session(entry.id))
    }

    /// The caller's own sessions, the oldest first.
    ///
    /// # Errors
    /// [`AccessError::Unacceptable`] for a service, which has none.
    pub fn sessions(&self, caller: &Caller) -> Result<Vec<Shown>, AccessError> {
        let (person, this) = self.a_person(caller)?;
        let (values, now) = (&self.standards.values, caller.context.now);
        let shown = |entry: Entry<Session>| {
            let session = entry.value;
            let (id, since, seen_at) = (session.id, session.since, session.seen_at);
            Shown { id, since, seen_at, ends_at: session.ends_at(values), is_this: Some(id) == this }
        };
        let mut sessions = self.known().sessions_of(person.id);
        sessions.retain(|entry| entry.value.ended(now, values).is_none());
        sessions.sort_by_key(|entry| (entry.value.since, entry.value.id));
        Ok(sessions.into_iter().map(shown).collect())
    }

    /// Ends one of the caller's own sessions.
    ///
    /// # Errors
    /// [`AccessError::Missing`] when the caller has none of that name. Any other when the end cannot be committed.
    pub fn end_session(&self, caller: &Caller, session: SessionId) -> Result<(), AccessError> {
        let (person, _) = self.a_person(caller)?;
        let _writing = self.writing();
        let own =
            self.known().session_named(session).filter(|entry| entry.value.person == person.id).cloned();
        let entry = own.ok_or(AccessError::Missing("session"))?;
        let act = Act {
            name: "end-session",
            changes: vec![entry.deletion()],
            events: vec![caller.context.event(What::LoggedOut { session })],
        };
        self.commit(act, |known| known.drop_session(entry.id))
    }

    /// Who is calling. A service's key takes one hash and two look-ups; a session is written to once a minute.
    ///
    /// # Errors
    /// [`AccessError::Denied`] for a credential that is missing, unknown, at its end or not yet complete, an event already.
    /// Any other when something cannot be written, and lets nobody in.
    pub fn authenticate(&self, presented: &Presented) -> Result<Caller, AccessError> {
        let (caller, missing) = self.known_caller(presented)?;
        match missing {
            None => Ok(caller),
            Some(denial) => self.refuse(&caller.context, AUTHENTICATE, None, None, denial),
        }
    }

    /// The same for acts that complete what is missing, or renew what has ended: a password, a second factor, a key.
    ///
    /// # Errors
    /// As for [`Self::authenticate`], but for what can be renewed.
    pub fn authenticate_to_renew(&self, presented: &Presented) -> Result<Caller, AccessError> {
        self.known_caller(presented).map(|(caller, _)| caller)
    }

    /// The same for what takes documents in: all that is left to a service's key that is not trusted with more.
    ///
    /// # Errors
    /// As for [`Self::authenticate`], but for such a key.
    pub fn authenticate_to_take_in(&self, presented: &Presented) -> Result<Caller, AccessError> {
        let (caller, missing) = self.known_caller(presented)?;
        match missing {
            Some(denial) if !denial.leaves_intake() => {
                self.refuse(&caller.context, AUTHENTICATE, None, None, denial)
            }
            Some(_) | None => Ok(caller),
        }
    }

    /// The same for the next key or certificate of a service: by what it has that ended, or is not trusted with more; a person
    /// who makes it lacks nothing.
    ///
    /// # Errors
    /// As for [`Self::authenticate`], but for a service.
    pub fn authenticate_to_keep_keys(&self, presented: &Presented) -> Result<Caller, AccessError> {
        let (caller, missing) = self.known_caller(presented)?;
        match (&caller.who, missing) {
            (Who::Service(_), _) | (_, None) => Ok(caller),
            (_, Some(denial)) => self.refuse(&caller.context, AUTHENTICATE, None, None, denial),
        }
    }

    fn known_caller(&self, presented: &Presented) -> Result<(Caller, Option<Denial>), AccessError> {
        let Presented { request, now, detail, machine_now, .. } = *presented;
        let version = self.follow()?;
        let context = |principal| Context { principal, request, now, detail };
        match self.recognise(presented) {
            Ok(Recognised { who, missing, place }) => {
                let (context, door) = (context(who.principal()), presented.door);
                Ok((Caller { context, who, machine_now, door, place, version }, missing))
            }
            Err(AccessError::Denied(denial)) => {
                if denial.code == Reason::SessionElsewhere.code() {
                    self.end_elsewhere(presented)?;
                }
                self.refuse(&context(PrincipalId::Anonymous), AUTHENTICATE, None, None, denial)
            }
            Err(other) => Err(other),
        }
    }

    /// Whether [`Self::authenticate`] would let the caller in. No event: nothing is decided by it.
    pub fn recognises(&self, presented: &Presented) -> bool {
        self.recognise(presented).is_ok_and(|known| known.missing.is_none())
    }

    /// Whether [`Self::authenticate_to_take_in`] would.
    pub fn recognises_to_take_in(&self, presented: &Presented) -> bool {
        let denial = self.recognise(presented).map(|known| known.missing);
        denial.is_ok_and(|denial| denial.is_none_or(|denial| denial.leaves_intake()))
    }

    /// Whether [`Self::authenticate_to_keep_keys`] would.
    pub fn recognises_to_keep_keys(&self, presented: &Presented) -> bool {
        let is_enough = |known: Recognised| matches!(known.who, Who::Service(_)) || known.missing.is_none();
        self.recognise(presented).is_ok_and(is_enough)
    }

    /// Whether [`Self::authenticate_to_renew`] would.
    pub fn recognises_to_renew(&self, presented: &Presented) -> bool {
        self.recognise(presented).is_ok()
    }

    /// The same, with what keeps them from anything but its renewal; its refusals are not events yet.
    fn recognise(&self, presented: &Presented) -> Result<Recognised, AccessError> {
        let certified = match &presented.certificate {
            Some(shown) => Some(self.by_certificate(shown, presented)?),
            None => None,
        };
        let place = Place::at(presented.door, certified.as_ref().and_then(Certified::device));
        let Some(bearer) = &presented.bearer else {
            return match certified {
                Some(Certified::Service(service)) => {
                    let (who, missing) = *service;
                    Ok(Recognised { who, missing, place })
                }
                Some(Certified::Device(..)) | None => Err(no_credential().into()),
            };
        };
        let (who, missing) = self.by_bearer(bearer.expose(), presented, place)?;
        match certified {
            Some(certified) if certified.principal() != who.principal() => Err(of_two().into()),
            Some(Certified::Service(service)) => {
                Ok(Recognised { who, missing: missing.or(service.1), place })
            }
            Some(Certified::Device(..)) | None => Ok(Recognised { who, missing, place }),
        }
    }

    fn by_bearer(
        &self,
        text: &str,
        presented: &Presented,
        place: Place,
    ) -> Result<(Who, Option<Denial>), AccessError> {
        let hash = CredentialHash::of(text);
        match CredentialKind::of(text) {
            Some(CredentialKind::Session) => self.by_token(&hash, presented, place),
            Some(CredentialKind::ServiceKey) => self.by_key(&hash, presented),
            Some(CredentialKind::Invitation) => self.by_invitation(&hash, presented.now),
            Some(CredentialKind::Device) => self.by_device_code(hash, presented.now),
            // A code that stops something says nothing of who has it.
            Some(CredentialKind::Stop) | None => Err(neither_token_nor_key().into()),
        }
    }

    fn by_key(
        &self,
        key: &CredentialHash,
        presented: &Presented,
    ) -> Result<(Who, Option<Denial>), AccessError> {
        let known = self.known();
        let found = known.service_by_key(key).filter(|(_, key)| key.form == Form::Key);
        let (service, key) = found.ok_or_else(unknown_key)?;
        let missing = self.lacking(&known, key, presented.times())?;
        Ok((Who::Service(service.by(key)), missing))
    }

    fn by_token(
        &self,
        token: &CredentialHash,
        presented: &Presented,
        place: Place,
    ) -> Result<(Who, Option<Denial>), AccessError> {
        let (now, values) = (presented.now, &self.standards.values);
        let (session, person, missing) = {
            let known = self.known();
            let session = &known.session(token).ok_or_else(unknown_session)?.value;
            let account = &known.account(session.person).ok_or_else(unknown_session)?.value;
            let missing = self.missing(account, session, presented);
            (session.clone(), account.person.clone(), missing)
        };
        if !person.is_active(now) {
            return Err(unknown_session().into());
        }
        if let Some(ended) = session.ended(now, values) {
            return Err(session_ended(ended, values.idle_minutes_max, values.session_hours_max).into());
        }
        if let Some(denial) = self.elsewhere(&session, place) {
            return Err(denial.into());
        }
        if session.is_to_be_seen_again(now) {
            self.see_again(token, now)?;
        }
        Ok((Who::Person { person, session: session.id, factor_at: session.factor_at }, missing))
    }

    /// What keeps a session from anything but its completion.
    fn missing(&self, account: &Account, session: &Session, presented: &Presented) -> Option<Denial> {
        let password = account.password.as_ref();
        // Who signed on showed no password: one that is past its age keeps nobody from what it did not open.
        if !session.signed_on
            && password.is_none_or(|kept| kept.is_past(presented.now, &self.standards.values))
        {
            return Some(password_expired(self.standards.values.password_days_max));
        }
        let needed = self.standards.second_factor || presented.door.is_public();
        // The provider's own may have been the one.
        if needed && session.factor_at.is_none() && !account.factors.is_enrolled() {
            return Some(factor_missing());
        }
        (needed && session.factor_at.is_none()).then(factor_not_shown)
    }

    /// The person who calls, with the session if there is one. A service is refused: it has no account of that kind.
    pub(super) fn a_person<'a>(
        &self,
        caller: &'a Caller,
    ) -> Result<(&'a Person, Option<SessionId>), AccessError> {
        match &caller.who {
            Who::Person { person, session, .. } => Ok((person, Some(*session))),
            Who::Invited(person) => Ok((person, None)),
            Who::Enrolling { .. } => self.refuse(&caller.context, ACCOUNT, None, None, to_enrol()),
            Who::Service(_) => self.refuse(&caller.context, ACCOUNT, None, None, not_a_person()),
        }
    }

    /// Writes down that a session was used. No event: what it was used for is one.
    fn see_again(&self, token: &CredentialHash, now: Timestamp) -> Result<(), AccessError> {
        let _writing = self.writing();
        let entry = self.known().session(token).cloned().ok_or_else(unknown_session)?;
        if !entry.value.is_to_be_seen_again(now) {
            return Ok(());
        }
        let next = entry.next(Session { seen_at: now, ..entry.value.clone() });
        let act = Act { name: "see-session", changes: vec![self.sealer.put(&next)?], events: Vec::new() };
        self.commit_aside(act, |known| known.keep_session(next))
    }
}

/// Who is calling, and where.
struct Recognised {
    who: Who,
    /// What keeps them from anything but its renewal.
    missing: Option<Denial>,
    place: Place,
}

/// A test home's data is nobody's, so its first person may play every part but the operator's.
const fn first_roles(environment: Environment) -> &'static [Role] {
    match environment {
        Environment::Production => &[Role::Owner],
        Environment::Test => &[Role::Owner, Role::Officer, Role::Auditor],
    }
}

fn not_a_person() -> Denial {
    Reason::ServiceNotAllowed.denial(
        "a service has no session, no password and no second factor",
        "unset `BAILEE_KEY` to act as a person",
    )
}

const LOG_IN: &str = "log in with `bailee login --as MAIL`";

fn no_credential() -> Denial {
    Reason::NoCredential
        .denial("nobody is logged in", format!("{LOG_IN}, or give a service's key as `BAILEE_KEY`"))
}

fn neither_token_nor_key() -> Denial {
    Reason::UnknownCredential.denial(
        "this is no session, key, invitation or code of this program",
        format!(
            "copy it whole, without blanks; a service's key begins with `{}`, an invitation with `{}`, a code for a device with `{}`",
            CredentialKind::ServiceKey.prefix(),
            CredentialKind::Invitation.prefix(),
            CredentialKind::Device.prefix()
        ),
    )
}

fn of_two() -> Denial {
    Reason::UnknownCredential.denial(
        "the certificate of the connection and the credential are not of the same service or person",
        "show one of them alone, or the certificate of the device on which the session was begun",
    )
}

fn unknown_key() -> Denial {
    Reason::UnknownCredential.denial(
        "this home knows no service with this key",
        "check that `BAILEE_KEY` holds the key that `bailee service add` showed for this home",
    )
}

fn unknown_session() -> Denial {
    Reason::UnknownCredential.denial("this session has ended, or is another home's", LOG_IN)
}

fn session_ended(ended: Ended, minutes: u16, hours: u16) -> Denial {
    let words = match ended {
        Ended::Idle => format!(
            "the session has ended: by this home's time nobody used it for more than {minutes} minutes"
        ),
        Ended::Old => {
            format!("the session has ended: by this home's time it began more than {hours} hours ago")
        }
    };
    Reason::SessionEnded.denial(words, LOG_IN)
}

fn password_expired(days: u16) -> Denial {
    Reason::PasswordExpired.denial(
        format!("the password is older than {days} days and opens nothing but its own change"),
        "change it with `bailee person password`",
    )
}

fn factor_missing() -> Denial {
    Reason::SecondFactorMissing.denial(
        "everybody comes in with a second factor here, and this account has none yet",
        "enrol an authenticator with `bailee person factor`",
    )
}

fn factor_not_shown() -> Denial {
    Reason::SecondFactorMissing.denial(
        "this session was begun without the second factor",
        "log in again with a code of your authenticator",
    )
}
