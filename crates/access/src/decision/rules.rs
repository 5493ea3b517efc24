//! The rules that a home goes by: the program's policies, the home's own, and the grants.
//!
//! Every decision is made in two steps that are nowhere else. The steady part is Cedar's answer, kept for reveals (see
//! [`steady`](super::steady)); on top come what changes: whether a grant is live and not spent, and those of the home's
//! own policies that read the circumstances. [`Rules::anew`] asks Cedar for all of it at once and keeps nothing; a
//! property holds the two to be equal.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use bailee_core::requirement::Requirement;
use bailee_core::{PrincipalId, Purpose, SellerId};
use cedar_policy::{PolicyId, PolicySet, Schema, ValidationMode, Validator};

use super::own::{self, Annotated, Own, OwnPolicyError};
use super::question::Question;
use super::scene::{Stage, Told};
use super::schema::{self, Of};
use super::steady::{ANSWERS_MAX, Answers, House, Steady};
use super::{Action, Circumstances, Field, Permit, Subject, refusal};
use crate::Denial;
use crate::grant::{Grant, Spent};

/// The document.
const POLICIES: &str = include_str!("policies.cedar");

/// Why there are no rules to go by.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// The home's own policies cannot be taken.
    #[error("the home's own policies, {0}")]
    Own(OwnPolicyError),
    /// A mistake in the program, which its tests find.
    #[error("the program's own policies are at fault: {0}")]
    Program(String),
}

impl RulesError {
    pub(super) fn own_fault(error: impl fmt::Display) -> Self {
        Self::Program(error.to_string())
    }
}

/// Policies and grants, compiled and validated. Shared between threads; changed by making new ones.
pub struct Rules {
    compiled: Arc<Compiled>,
    grants: HashMap<PrincipalId, Vec<Arc<Grant>>>,
    /// Of these policies and these grants, and of no others.
    answers: Answers,
}

/// What stays when grants change.
struct Compiled {
    stage: Stage,
    program: PolicySet,
    /// By name.
    annotations: BTreeMap<String, Annotated>,
    own: Own,
    hash: [u8; 32],
}

/// What was found when everything was asked at once.
pub(super) struct Finding {
    pub(super) permit: Option<Permit>,
    /// The program's policies that decided.
    pub(super) policies: Vec<String>,
    /// The home's own policy that forbids it.
    pub(super) forbidden: Option<String>,
}

impl Rules {
    /// The program's policies with a home's own, in Cedar, and no grants.
    ///
    /// # Errors
    /// [`RulesError::Own`] names the line of `own` that cannot be read, does not fit the schema or permits something.
    pub fn new(own: &str) -> Result<Self, RulesError> {
        let schema_text = schema::text(Of::Program);
        let schema: Schema = schema_text.parse().map_err(RulesError::own_fault)?;
        let (program, mut annotations) = program(&schema)?;
        let taken: BTreeSet<String> = annotations.keys().cloned().collect();
        let own_schema: Schema = schema::text(Of::Home).parse().map_err(RulesError::own_fault)?;
        let hash = hash_of(&[POLICIES, &schema_text, own]);
        let own = own::parse(own, &own_schema, &taken)?;
        annotations.extend(own.policies.clone());
        let compiled = Compiled { stage: Stage::new(schema)?, program, annotations, own, hash };
        Ok(Self::with(Arc::new(compiled), HashMap::new()))
    }

    /// The same policies with these grants, which replace those before.
    #[must_use]
    pub fn with_grants(&self, grants: impl IntoIterator<Item = Grant>) -> Self {
        let mut of: HashMap<PrincipalId, Vec<Arc<Grant>>> = HashMap::new();
        for grant in grants {
            of.entry(grant.principal).or_default().push(Arc::new(grant));
        }
        for grants in of.values_mut() {
            grants.sort_by_key(|grant| grant.id);
        }
        Self::with(Arc::clone(&self.compiled), of)
    }

    fn with(compiled: Arc<Compiled>, grants: HashMap<PrincipalId, Vec<Arc<Grant>>>) -> Self {
        Self { compiled, grants, answers: Answers::at_most(ANSWERS_MAX) }
    }

    /// Every grant.
    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.grants.values().flatten().map(AsRef::as_ref)
    }

    /// SHA-256 of the policies, the home's own and the schema. Says whether two homes, or one home at two times, go by
    /// the same; of the grants it says nothing.
    pub fn hash(&self) -> [u8; 32] {
        self.compiled.hash
    }

    /// How many policies there are, the home's own among them.
    pub fn count(&self) -> usize {
        self.compiled.annotations.len()
    }

    /// The schema of a home's own policies, in Cedar's syntax: what they may speak of.
    pub fn own_schema() -> String {
        schema::text(Of::Home)
    }

    /// Whether the subject may do it.
    ///
    /// # Errors
    /// The refusal, not yet an event: who asks here writes it down.
    pub fn decide(
        &self,
        subject: Subject<'_>,
        action: &Action<'_>,
        circumstances: &Circumstances,
    ) -> Result<Permit, Denial> {
        let question = Question::of(subject, *action);
        self.answer(&question, circumstances, || self.passing(&question, circumstances))
    }

    /// Whether the subject may see that field for that purpose.
    ///
    /// # Errors
    /// As for [`Self::decide`].
    pub fn decide_field(
        &self,
        subject: Subject<'_>,
        purpose: Purpose,
        field: &Field<'_>,
        circumstances: &Circumstances,
    ) -> Result<Permit, Denial> {
        let question = Question::of_field(subject, purpose, *field);
        self.answer(&question, circumstances, || self.passing(&question, circumstances))
    }

    /// The steady part, kept or asked, and what changes on top of it. `passing` are the home's own policies whose answer
    /// holds for a request.
    pub(super) fn answer(
        &self,
        question: &Question<'_>,
        circumstances: &Circumstances,
        passing: impl FnOnce() -> Option<String>,
    ) -> Result<Permit, Denial> {
        let steady = self.answers.get(question, circumstances, || self.steady(question, circumstances));
        let permit = steady.house.now(circumstances);
        let forbidden = || {
            let steady = steady.forbidden.clone();
            let steady = steady.or_else(passing);
            steady.or_else(|| self.forbidding(&self.compiled.own.counting, question, circumstances))
        };
        match permit {
            None => Err(refusal::of(self, question, circumstances)),
            Some(permit) => forbidden().map_or(Ok(permit), |name| Err(self.denial_of(&name))),
        }
    }

    /// What can be kept: asked as if nothing were spent, and each grant had just begun.
    pub(super) fn steady(&self, question: &Question<'_>, circumstances: &Circumstances) -> Steady {
        let Circumstances { environment, alone, .. } = *circumstances;
        let at = |now| Circumstances { alone, ..Circumstances::at(environment, now) };
        let forbidden = self.forbidding(&self.compiled.own.steady, question, &at(circumstances.now));
        let told = self.program(question, None, &at(circumstances.now));
        if told.is_allowed {
            return Steady { house: House::Allowed, policies: told.policies, forbidden };
        }
        let mut policies = told.policies;
        let mut under = Vec::new();
        for grant in self.grants_for(question) {
            let began = Circumstances { spent_today: Spent::default(), ..at(grant.since) };
            let told = self.program(question, Some(grant), &began);
            if told.is_allowed {
                under.push(Arc::clone(grant));
                policies = told.policies;
            }
        }
        let house = if under.is_empty() { House::Refused } else { House::Under(under) };
        Steady { house, policies, forbidden }
    }

    /// Asks Cedar for everything, under the circumstances as they are, and keeps nothing.
    pub(super) fn anew(&self, question: &Question<'_>, circumstances: &Circumstances) -> Finding {
        let own = &self.compiled.own;
        let forbidden = self
            .forbidding(&own.steady, question, circumstances)
            .or_else(|| self.forbidding(&own.passing, question, circumstances))
            .or_else(|| self.forbidding(&own.counting, question, circumstances));
        let told = self.program(question, None, circumstances);
        if told.is_allowed {
            return Finding { permit: Some(Permit::default()), policies: told.policies, forbidden };
        }
        for grant in self.grants_for(question) {
            let told = self.program(question, Some(grant), circumstances);
            if told.is_allowed {
                let permit = Permit { grant: Some(grant.id) };
                return Finding { permit: Some(permit), policies: told.policies, forbidden };
            }
        }
        Finding { permit: None, policies: told.policies, forbidden }
    }

    /// What the program's policies say of it, under a grant or without one.
    pub(super) fn program(
        &self,
        question: &Question<'_>,
        tried: Option<&Grant>,
        circumstances: &Circumstances,
    ) -> Told {
        let grants = self.grants_of(question.subject.principal());
        self.compiled.stage.ask(&self.compiled.program, question, (grants, tried), circumstances)
    }

    /// The first of a home's own policies that forbids it by what is the same in all of a request.
    pub(super) fn passing(&self, question: &Question<'_>, circumstances: &Circumstances) -> Option<String> {
        self.forbidding(&self.compiled.own.passing, question, circumstances)
    }

    /// The first of a home's own policies that forbids it.
    fn forbidding(
        &self,
        policies: &PolicySet,
        question: &Question<'_>,
        circumstances: &Circumstances,
    ) -> Option<String> {
        if policies.is_empty() {
            return None;
        }
        let told = self.compiled.stage.ask(policies, question, (&[], None), circumstances);
        told.policies.into_iter().next()
    }

    /// The grants of a principal.
    pub(super) fn grants_of(&self, principal: PrincipalId) -> &[Arc<Grant>] {
        self.grants.get(&principal).map_or(&[], Vec::as_slice)
    }

    /// Those of who asks that can matter: of the seller that is asked about.
    pub(super) fn grants_for<'a>(
        &'a self,
        question: &'a Question<'_>,
    ) -> impl Iterator<Item = &'a Arc<Grant>> {
        let seller: Option<&SellerId> = question.seller().filter(|_| question.is_by_grant());
        let own = self.grants_of(question.subject.principal()).iter();
        own.filter(move |grant| seller.is_some_and(|seller| grant.seller == *seller))
    }

    /// The refusal by a home's own policy.
    pub(super) fn denial_of(&self, name: &str) -> Denial {
        let annotated = self.compiled.annotations.get(name);
        refusal::by_own(name, annotated)
    }

    /// What a policy serves.
    pub(super) fn requirement_of(&self, name: &str) -> Option<Requirement> {
        self.compiled.annotations.get(name).map(|annotated| annotated.requirement)
    }

    #[cfg(test)]
    pub(super) fn keeping_at_most(self, most: usize) -> Self {
        Self { answers: Answers::at_most(most), ..self }
    }

    #[cfg(test)]
    pub(super) fn answers_kept(&self) -> usize {
        self.answers.count()
    }
}

/// The document, each policy under its `@id`, validated as strictly as anybody's.
fn program(schema: &Schema) -> Result<(PolicySet, BTreeMap<String, Annotated>), RulesError> {
    let parsed: PolicySet = POLICIES.parse().map_err(RulesError::own_fault)?;
    let mut policies = PolicySet::new();
    let mut annotations = BTreeMap::new();
    for policy in parsed.policies() {
        let name =
            policy.annotation("id").ok_or_else(|| RulesError::own_fault("a policy has no @id"))?.to_owned();
        annotations.insert(name.clone(), own::annotated(policy, 1)?);
        policies.add(policy.new_id(PolicyId::new(&name))).map_err(RulesError::own_fault)?;
    }
    let result = Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
    if result.validation_passed_without_warnings() {
        Ok((policies, annotations))
    } else {
        Err(RulesError::own_fault(result))
    }
}

/// SHA-256 of texts, each after its length, so that no two lists of them read alike.
fn hash_of(texts: &[&str]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for text in texts {
        context.update(&(text.len() as u64).to_be_bytes());
        context.update(text.as_bytes());
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}
