//! Why something is allowed or refused, and who could see a field: asked of the rules, and decided by them alone.

use bailee_core::requirement::Requirement;
use bailee_core::{GrantId, PrincipalId, Purpose, Timestamp};

use super::question::Question;
use super::rules::Rules;
use super::{Action, Circumstances, Field, Permit, Subject, refusal};
use crate::Denial;

/// A decision, and what made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Whether it is allowed.
    pub is_allowed: bool,
    /// The policies that decided, by name. None where nothing permits.
    pub policies: Vec<String>,
    /// The grant under which it is allowed.
    pub grant: Option<GrantId>,
    /// The requirement that the decision serves.
    pub requirement: Requirement,
    /// Why, in one sentence, where it is refused.
    pub words: Option<String>,
    /// What would change it.
    pub remedy: Option<String>,
}

/// Somebody who could see a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// Who.
    pub principal: PrincipalId,
    /// For what.
    pub purposes: Vec<Purpose>,
    /// By which policies.
    pub policies: Vec<String>,
    /// Under which grants.
    pub grants: Vec<GrantId>,
}

impl Rules {
    /// Which policy decides, and what would change it.
    pub fn explain(
        &self,
        subject: Subject<'_>,
        action: &Action<'_>,
        circumstances: &Circumstances,
    ) -> Explanation {
        self.explanation(&Question::of(subject, *action), circumstances)
    }

    /// The same of a field.
    pub fn explain_field(
        &self,
        subject: Subject<'_>,
        purpose: Purpose,
        field: &Field<'_>,
        circumstances: &Circumstances,
    ) -> Explanation {
        // Who may ask nothing of a seller is told that, and not of the field.
        let any =
            self.explanation(&Question::of(subject, Action::Reveal(field.seller, purpose)), circumstances);
        if !any.is_allowed {
            return any;
        }
        self.explanation(&Question::of_field(subject, purpose, *field), circumstances)
    }

    /// Everybody who could see a field, and why: today, whatever the hour, and with nothing spent yet. `everybody` are
    /// those whom the home knows.
    pub fn who<'s>(
        &self,
        everybody: impl IntoIterator<Item = Subject<'s>>,
        field: &Field<'_>,
        circumstances: &Circumstances,
    ) -> Vec<Sight> {
        let fresh = Circumstances::at(circumstances.environment, circumstances.now);
        everybody.into_iter().filter_map(|subject| self.sight(subject, field, &fresh)).collect()
    }

    fn sight(&self, subject: Subject<'_>, field: &Field<'_>, fresh: &Circumstances) -> Option<Sight> {
        let mut sight = Sight {
            principal: subject.principal(),
            purposes: Vec::new(),
            policies: Vec::new(),
            grants: Vec::new(),
        };
        for purpose in field.purposes {
            let question = Question::of_field(subject, *purpose, *field);
            let steady = self.steady(&question, fresh);
            let Some(permit) = steady.house.now(fresh).filter(|_| steady.forbidden.is_none()) else {
                continue;
            };
            sight.purposes.push(*purpose);
            sight.policies.extend(steady.policies);
            sight.grants.extend(permit.grant);
        }
        sight.policies.sort();
        sight.policies.dedup();
        sight.grants.sort();
        sight.grants.dedup();
        Some(sight).filter(|sight| !sight.purposes.is_empty())
    }

    fn explanation(&self, question: &Question<'_>, circumstances: &Circumstances) -> Explanation {
        let finding = self.anew(question, circumstances);
        match (finding.permit, finding.forbidden) {
            (None, _) => refused(finding.policies, refusal::of(self, question, circumstances)),
            (Some(_), Some(own)) => {
                let denial = self.denial_of(&own);
                refused(vec![own], denial)
            }
            (Some(permit), None) => self.allowed(finding.policies, permit, question),
        }
    }

    fn allowed(&self, policies: Vec<String>, permit: Permit, question: &Question<'_>) -> Explanation {
        let served = policies.first().and_then(|name| self.requirement_of(name));
        let until = permit.grant.and_then(|id| self.end_of(question.subject.principal(), id));
        Explanation {
            is_allowed: true,
            policies,
            grant: permit.grant,
            requirement: served.unwrap_or(Requirement::FineGrainedAccess),
            words: None,
            remedy: until.map(|until| format!("it ends with its grant, at {until}")),
        }
    }

    fn end_of(&self, principal: PrincipalId, id: GrantId) -> Option<Timestamp> {
        self.grants_of(principal).iter().find(|grant| grant.id == id).map(|grant| grant.until)
    }
}

fn refused(policies: Vec<String>, denial: Denial) -> Explanation {
    Explanation {
        is_allowed: false,
        policies,
        grant: None,
        requirement: denial.requirement,
        words: Some(denial.words),
        remedy: Some(denial.remedy),
    }
}
