//! Why somebody may do something, and who could see a field. Nothing is done by asking, and no record is looked at.

use bailee_core::catalogue::TermKind;
use bailee_core::{Class, Kind, PrincipalId, Purpose, SellerId};

use super::{Caller, Gate};
use crate::decision::{Action, Circumstances, Explanation, Field, REVEAL, Rules, Sight, Subject};
use crate::error::AccessError;
use crate::person::{Person, normalised_mail};
use crate::service::Service;

/// The code of a search, which is asked about without a term.
const FIND: &str = "find";

/// What is to be explained.
pub struct ToExplain<'a> {
    /// Who would do it: a person's mail, a service's name, or `person:ID` or `service:ID`.
    pub who: &'a str,
    /// What: the code of an action, such as `reveal` or `show`.
    pub action: &'a str,
    /// Of which seller.
    pub seller: &'a SellerId,
    /// Of what kind of record; of the first that has the field, unless told.
    pub kind: Option<Kind>,
    /// Which field of it, by its schema path.
    pub field: Option<&'a str>,
    /// For what.
    pub purpose: Option<Purpose>,
}

/// Somebody who could see a field, by name.
#[derive(Clone, PartialEq, Eq)]
pub struct Seen {
    /// Their name, as people know it.
    pub name: String,
    /// Why they could.
    pub sight: Sight,
}

/// Somebody whom the home knows.
enum Somebody {
    Person(Person),
    Service(Service),
}

impl Somebody {
    fn subject(&self) -> Subject<'_> {
        match self {
            Self::Person(person) => Subject::Person { id: person.id, roles: &person.roles },
            Self::Service(service) => Subject::Service(service),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Person(person) => &person.name,
            Self::Service(service) => &service.name,
        }
    }

    fn is(&self, who: &str) -> bool {
        let is_named = match self {
            Self::Person(person) => person.mail == normalised_mail(who),
            Self::Service(service) => service.name == who,
        };
        is_named || who.parse::<PrincipalId>().is_ok_and(|id| id == self.subject().principal())
    }
}

impl Gate {
    /// Why somebody may do something now, or may not: which policy decides, and what would change it.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Unacceptable`] when `who`, the action or the field is unknown, or the
    /// action lacks something that it takes.
    pub fn explain(&self, caller: &Caller, asked: &ToExplain<'_>) -> Result<Explanation, AccessError> {
        self.allow(caller, &Action::ReadAccess)?;
        let everybody = self.everybody();
        let who = everybody.iter().find(|known| known.is(asked.who)).ok_or_else(|| {
            AccessError::Unacceptable(
                "nobody here has that name; give a person's mail, or a service's name".into(),
            )
        })?;
        let (rules, mut circumstances) = (self.rules(), self.circumstances(caller));
        let now = caller.context.now;
        circumstances.spent_today = self.spending.with(who.subject().principal(), now, |spent| spent.clone());
        if let (REVEAL, Some(path)) = (asked.action, asked.field) {
            let (kind, class, purposes) = self.field_at(asked.kind, path)?;
            let field = Field { seller: asked.seller, kind, class, purposes: &purposes };
            return Ok(rules.explain_field(who.subject(), needed(asked.purpose)?, &field, &circumstances));
        }
        let terms = [TermKind::Email, TermKind::Phone, TermKind::Name, TermKind::NamePostalCode];
        if asked.action == FIND {
            // By whichever kind of term it is allowed; of none, why not by the first.
            return Ok(find(&rules, who.subject(), asked.seller, &terms, &circumstances));
        }
        Ok(rules.explain(who.subject(), &named(asked)?, &circumstances))
    }

    /// Everybody who could see a field of a seller's records, and why.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Unacceptable`] when the catalogue takes the field for a fact.
    pub fn who(
        &self,
        caller: &Caller,
        seller: &SellerId,
        kind: Option<Kind>,
        field: &str,
    ) -> Result<Vec<Seen>, AccessError> {
        self.allow(caller, &Action::ReadAccess)?;
        let (kind, class, purposes) = self.field_at(kind, field)?;
        let field = Field { seller, kind, class, purposes: &purposes };
        let (rules, circumstances) = (self.rules(), self.circumstances(caller));
        let everybody = self.everybody();
        let seen = |known: &Somebody| {
            let sight = rules.who([known.subject()], &field, &circumstances).pop()?;
            Some(Seen { name: known.name().to_owned(), sight })
        };
        Ok(everybody.iter().filter_map(seen).collect())
    }

    /// Everybody whom the home knows: people, then services.
    fn everybody(&self) -> Vec<Somebody> {
        let known = self.known();
        let people = known.accounts().into_iter().map(|entry| Somebody::Person(entry.value.person.clone()));
        let services = known.services().into_iter();
        people.chain(services.map(|entry| Somebody::Service(entry.value.without_hashes()))).collect()
    }

    /// Kind, class and purposes of a field. What the catalogue does not name is unclassified.
    fn field_at(&self, kind: Option<Kind>, path: &str) -> Result<(Kind, Class, Vec<Purpose>), AccessError> {
        let catalogue = self.catalogue.now();
        let mut kinds = Kind::ALL.iter().filter(|one| kind.is_none_or(|kind| kind == **one));
        let Some(field) = kinds.find_map(|kind| catalogue.field_at(*kind, path)) else {
            return Ok((kind.unwrap_or(Kind::Order), Class::Unclassified, Vec::new()));
        };
        let class = field.class.ok_or_else(|| {
            AccessError::Unacceptable("this field is a fact; who may `show` the record sees it".into())
        })?;
        Ok((field.kind, class, field.purposes.clone()))
    }
}

/// The action of that code.
fn named<'a>(asked: &ToExplain<'a>) -> Result<Action<'a>, AccessError> {
    let seller = asked.seller;
    let all = Action::plain(seller);
    if asked.action == REVEAL {
        return Ok(Action::Reveal(seller, needed(asked.purpose)?));
    }
    all.into_iter().find(|action| action.code() == asked.action).ok_or_else(|| {
        let codes: Vec<&str> = all.iter().map(Action::code).chain([FIND, REVEAL]).collect();
        AccessError::Unacceptable(format!("there is no such action; name one of: {}", codes.join(", ")))
    })
}

fn find(
    rules: &Rules,
    who: Subject<'_>,
    seller: &SellerId,
    terms: &[TermKind],
    circumstances: &Circumstances,
) -> Explanation {
    let by = |term: &TermKind| {
        rules.explain(who, &Action::Find(seller, std::slice::from_ref(term)), circumstances)
    };
    let allowed = terms.iter().map(by).find(|explanation| explanation.is_allowed);
    allowed.unwrap_or_else(|| rules.explain(who, &Action::Find(seller, &[TermKind::Email]), circumstances))
}

fn needed(purpose: Option<Purpose>) -> Result<Purpose, AccessError> {
    purpose.ok_or_else(|| AccessError::Unacceptable("a reveal is for a purpose; name it".into()))
}
