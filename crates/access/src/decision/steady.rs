//! What of a decision can be kept, and what cannot.
//!
//! The answer to a reveal is *steady* in who asks (with their roles, or what a service is bound to), for what, of which
//! seller, kind, class and purposes: [`Key`] holds all of that. It changes with the volume revealed, the hour, the age of
//! the second factor, and whatever else comes with one request: none of that is ever in a kept answer. So an answer kept
//! is right as long as policies and grants are the same; answers live in the [`Rules`](super::Rules) that they were made
//! by, and die with them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bailee_core::{Class, Environment, Kind, PrincipalId, Purpose, SellerId};

use super::question::Question;
use super::{Action, Circumstances, Subject};
use crate::grant::Grant;

/// Most answers kept: some 10 MB. When there are so many all of them are dropped; a seller that somebody invents takes
/// room here too.
pub const ANSWERS_MAX: usize = 65_536;

/// What is steady of an answer.
pub(super) struct Steady {
    /// What the program's policies say.
    pub(super) house: House,
    /// The program's policies that decided, or under one of the grants would.
    pub(super) policies: Vec<String>,
    /// The home's own policy that forbids it whatever the circumstances.
    pub(super) forbidden: Option<String>,
}

/// What the program's policies say, as far as it is steady.
pub(super) enum House {
    /// Yes.
    Allowed,
    /// Under one of these, if it is live and not spent.
    Under(Vec<Arc<Grant>>),
    /// No.
    Refused,
}

impl House {
    /// Whether it is allowed now, and under which grant.
    pub(super) fn now(&self, circumstances: &Circumstances) -> Option<super::Permit> {
        match self {
            Self::Allowed => Some(super::Permit::default()),
            Self::Under(grants) => {
                let grant = grants.iter().find(|grant| is_open(grant, circumstances))?;
                Some(super::Permit { grant: Some(grant.id) })
            }
            Self::Refused => None,
        }
    }
}

/// Whether a grant opens anything more now. The policies say the same; a property holds the two together.
pub(super) fn is_open(grant: &Grant, circumstances: &Circumstances) -> bool {
    grant.is_live(circumstances.now) && circumstances.spent_today.under(grant.id) < grant.fields_a_day
}

/// Everything that the steady part of an answer hangs on but the seller, and the policies and grants themselves.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    principal: PrincipalId,
    standing: Standing,
    environment: Environment,
    purpose: Purpose,
    field: Option<(Kind, Class, Purposes)>,
}

/// What of the subject policies can read.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Standing {
    Person { roles: u8 },
    Service { is_bound: bool, purposes: Purposes, classes: u8 },
}

/// A set of purposes, as bits.
type Purposes = u8;

impl Key {
    /// None for what is no reveal: that is asked seldom.
    pub(super) fn of<'a>(
        question: &Question<'a>,
        circumstances: &Circumstances,
    ) -> Option<(&'a SellerId, Self)> {
        let Action::Reveal(seller, purpose) = question.action else { return None };
        let standing = match question.subject {
            Subject::Person { roles, .. } => Standing::Person { roles: bits(roles, |role| *role as u8) },
            Subject::Service(service) => Standing::Service {
                is_bound: service.sellers.contains(seller),
                purposes: bits(&service.purposes, |purpose| *purpose as u8),
                classes: bits(&service.classes, |class| *class as u8),
            },
        };
        let of_field = |field: super::Field<'_>| {
            (field.kind, field.class, bits(field.purposes, |purpose| *purpose as u8))
        };
        let key = Self {
            principal: question.subject.principal(),
            standing,
            environment: circumstances.environment,
            purpose,
            field: question.field.map(of_field),
        };
        Some((seller, key))
    }
}

/// The members of a set as bits. No closed set here has more than eight.
fn bits<T>(members: &[T], number: impl Fn(&T) -> u8) -> u8 {
    members.iter().fold(0, |bits, member| bits | 1u8.checked_shl(number(member).into()).unwrap_or(0))
}

/// Kept answers.
pub(super) struct Answers {
    most: usize,
    kept: RwLock<Kept>,
}

#[derive(Default)]
struct Kept {
    count: usize,
    of: HashMap<SellerId, HashMap<Key, Arc<Steady>>>,
}

impl Answers {
    pub(super) fn at_most(most: usize) -> Self {
        Self { most, kept: RwLock::default() }
    }

    /// The answer kept, or made now and kept.
    pub(super) fn get(
        &self,
        question: &Question<'_>,
        circumstances: &Circumstances,
        make: impl FnOnce() -> Steady,
    ) -> Arc<Steady> {
        let Some((seller, key)) = Key::of(question, circumstances) else { return Arc::new(make()) };
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = kept.of.get(seller).and_then(|answers| answers.get(&key)) {
            return Arc::clone(answer);
        }
        drop(kept);
        let answer = Arc::new(make());
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.count >= self.most {
            *kept = Kept::default();
        }
        if kept.of.entry(seller.clone()).or_default().insert(key, Arc::clone(&answer)).is_none() {
            kept.count += 1;
        }
        answer
    }

    /// How many are kept.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).count
    }
}
