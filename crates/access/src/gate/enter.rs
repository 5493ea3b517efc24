//! Coming in and going out: the first person, log-in, log-out, and whose credential this is.

use bailee_core::{
    Commitment, Environment, PersonId, PrincipalId, RecordId, RequestId, Sensitive, SessionId, Timestamp,
};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::What;
use bailee_store::act::Act;

use super::{Caller, Gate, Presented, Who};
use crate::credential::{CredentialHash, CredentialKind};
use crate::decision::{AUTHENTICATE, Reason};
use crate::error::{AccessError, Denial};
use crate::password;
use crate::person::{NamedMail, Person, Role, normalised_mail};
use crate::register::Entry;
use crate::service::KEY_DAYS_MAX;
use crate::session::{Ended, IDLE_SECONDS_MAX, LIFE_SECONDS_MAX, NewSession, Session};

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
        let NamedMail { name, mail } = owner.parse()?;
        password::check(password, &name, &mail)?;
        let _writing = self.writing();
        if self.known().has_people() {
            return Err(AccessError::HasOwner);
        }
        let id = PersonId::random(&*self.sealer.entropy);
        let password = self.hasher.hash(password, &*self.sealer.entropy)?;
        let roles = first_roles(self.environment).to_vec();
        let entry = Entry::first(RecordId(id.0), Person { id, name, mail, roles, password, since: now });
        let context = Context { principal: PrincipalId::Person(id), ..Context::system(request, now) };
        let made = What::HomeMade { environment: self.environment, owner: id };
        let act = Act {
            name: "make-owner",
            changes: vec![self.sealer.put(&entry)?],
            events: vec![context.event(made)],
        };
        let person = entry.value.without_password();
        self.commit(act, |known| known.keep_person(entry))?;
        Ok(person)
    }

    /// Logs a person in. Equal answers and equal work for unknown and known accounts.
    ///
    /// # Errors
    /// [`AccessError::Denied`] for a wrong mail or password, an event already. Any other when the session, or
    /// the event of the failure, cannot be written.
    pub fn log_in(
        &self,
        mail: &str,
        password: &Sensitive<String>,
        request: RequestId,
        now: Timestamp,
        detail: Option<Commitment>,
    ) -> Result<NewSession, AccessError> {
        let found = self
            .known()
            .person_by_mail(&normalised_mail(mail))
            .map(|person| (person.id, person.password.clone()));
        let matches = self.hasher.verify(password, found.as_ref().map(|(_, kept)| kept.as_str()));
        let person = found.map(|(id, _)| id);
        match person {
            Some(person) if matches => self.begin_session(person, request, now, detail),
            _ => {
                let anonymous = Context { principal: PrincipalId::Anonymous, request, now, detail };
                self.store.append(&[anonymous.event(What::LogInFailed { person })])?;
                Err(log_in_failed().into())
            }
        }
    }

    /// Begins a session, and clears away those that have ended in the same commit.
    fn begin_session(
        &self,
        person: PersonId,
        request: RequestId,
        now: Timestamp,
        detail: Option<Commitment>,
    ) -> Result<NewSession, AccessError> {
        let (token, token_hash) = CredentialKind::Session.generate(&*self.sealer.entropy);
        let id = SessionId::random(&*self.sealer.entropy);
        let entry =
            Entry::first(token_hash.id(), Session { id, person, token_hash, since: now, seen_at: now });
        let ends_at = entry.value.ends_at();
        let by_person = Context { principal: PrincipalId::Person(person), request, now, detail };
        // Nobody ends a session whose time is over: the system does.
        let by_system = Context::system(request, now);

        let _writing = self.writing();
        let cleared = self.known().sessions_to_clear(person, now);
        let mut changes = vec![self.sealer.put(&entry)?];
        let mut events = vec![by_person.event(What::LoggedIn { session: id })];
        for old in &cleared {
            changes.push(old.deletion());
            events.push(by_system.event(What::LoggedOut { session: old.value.id }));
        }
        self.commit(Act { name: "log-in", changes, events }, |known| {
            cleared.iter().for_each(|old| known.drop_session(old.id));
            known.keep_session(entry);
        })?;
        Ok(NewSession { id, token, person, ends_at })
    }

    /// Ends the caller's session.
    ///
    /// # Errors
    /// [`AccessError::Unacceptable`] for a service, which has no session. [`AccessError::Store`] when the end
    /// cannot be committed: the session lives on.
    pub fn log_out(&self, caller: &Caller) -> Result<(), AccessError> {
        let Who::Person { session, .. } = caller.who else {
            return Err(AccessError::Unacceptable(
                "a service has no session to end; unset `BAILEE_KEY` to log out as a person".into(),
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

    /// Who is calling. A service's key takes one hash and one look-up; a session is written to once a minute.
    ///
    /// # Errors
    /// [`AccessError::Denied`] for a credential that is missing, unknown or at its end, an event already. Any
    /// other when something cannot be written, and lets nobody in.
    pub fn authenticate(&self, presented: &Presented) -> Result<Caller, AccessError> {
        let Presented { request, now, detail, .. } = *presented;
        let context = |principal| Context { principal, request, now, detail };
        match self.recognise(presented) {
            Ok(who) => Ok(Caller { context: context(who.principal()), who }),
            Err(AccessError::Denied(denial)) => {
                self.refuse(&context(PrincipalId::Anonymous), AUTHENTICATE, None, None, denial)
            }
            Err(other) => Err(other),
        }
    }

    /// Whether somebody known is calling. No event: nothing is decided by it.
    pub fn recognises(&self, presented: &Presented) -> bool {
        self.recognise(presented).is_ok()
    }

    /// The same; its refusals are not events yet.
    fn recognise(&self, presented: &Presented) -> Result<Who, AccessError> {
        let text = presented.bearer.as_ref().ok_or_else(no_credential)?.expose();
        match CredentialKind::of(text) {
            Some(CredentialKind::Session) => self.by_token(&CredentialHash::of(text), presented.now),
            Some(CredentialKind::ServiceKey) => self.by_key(&CredentialHash::of(text), presented.now),
            None => Err(neither_token_nor_key().into()),
        }
    }

    fn by_key(&self, key: &CredentialHash, now: Timestamp) -> Result<Who, AccessError> {
        let known = self.known();
        let service = known.service(key).ok_or_else(unknown_key)?;
        if now > service.key_ends_at() {
            return Err(key_too_old().into());
        }
        Ok(Who::Service(service.clone()))
    }

    fn by_token(&self, token: &CredentialHash, now: Timestamp) -> Result<Who, AccessError> {
        let (session, person) = {
            let known = self.known();
            let session = &known.session(token).ok_or_else(unknown_session)?.value;
            let person = known.person(session.person).ok_or_else(unknown_session)?;
            (session.clone(), person.without_password())
        };
        if let Some(ended) = session.ended(now) {
            return Err(session_ended(ended).into());
        }
        if session.is_to_be_seen_again(now) {
            self.see_again(token, now)?;
        }
        Ok(Who::Person { person, session: session.id })
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
        self.commit(act, |known| known.keep_session(next))
    }
}

/// A test home's data is nobody's, so its first person may play every part but the operator's.
const fn first_roles(environment: Environment) -> &'static [Role] {
    match environment {
        Environment::Production => &[Role::Owner],
        Environment::Test => &[Role::Owner, Role::Officer, Role::Auditor],
    }
}

const LOG_IN: &str = "log in with `bailee login --as MAIL`";

fn no_credential() -> Denial {
    Reason::NoCredential
        .denial("nobody is logged in", format!("{LOG_IN}, or give a service's key as `BAILEE_KEY`"))
}

fn neither_token_nor_key() -> Denial {
    Reason::UnknownCredential.denial(
        "this is neither a session nor a service's key",
        format!(
            "{LOG_IN}, or give a service's key, which begins with `{}`",
            CredentialKind::ServiceKey.prefix()
        ),
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

fn session_ended(ended: Ended) -> Denial {
    let words = match ended {
        Ended::Idle => format!(
            "the session has ended: by this home's time nobody used it for more than {} minutes",
            IDLE_SECONDS_MAX / 60
        ),
        Ended::Old => format!(
            "the session has ended: by this home's time it began more than {} hours ago",
            LIFE_SECONDS_MAX / 60 / 60
        ),
    };
    Reason::SessionEnded.denial(words, LOG_IN)
}

fn key_too_old() -> Denial {
    Reason::KeyTooOld.denial(
        format!("this key is older than {KEY_DAYS_MAX} days and opens nothing any more"),
        "ask the owner of this home to add the service again with `bailee service add`, and use its new key",
    )
}

fn log_in_failed() -> Denial {
    Reason::LogInFailed.denial(
        "this mail and password do not belong to anybody here",
        "check both, and that this is the right home",
    )
}
