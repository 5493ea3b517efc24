//! A home's own policies: a text in Cedar that may only forbid more.
//!
//! Each is validated strictly against the schema before the home goes by it. One that could never forbid anything is
//! refused too: whoever wrote it believes that it does.

use std::collections::{BTreeMap, BTreeSet};

use bailee_core::requirement::Requirement;
use cedar_policy::{Effect, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use miette::Diagnostic;
use serde_json::Value;

use super::rules::RulesError;

/// Most bytes of a home's own policies: they are read and compiled whole at every opening.
pub const OWN_BYTES_MAX: usize = 256 * 1024;

/// Most policies of a home's own: each is asked at every decision that is not cached.
pub const OWN_POLICIES_MAX: usize = 200;

/// Most bytes of a policy's name.
const NAME_BYTES_MAX: usize = 40;

/// Members of the context that an answer may hang on and still be kept: everything else of the circumstances changes
/// from one request to the next.
const STEADY: [&str; 3] = ["environment", "purpose", "classes"];

/// The member of the context that changes within a request, with each field that is decided.
const COUNTED: &str = "spent_today";

/// Why a home's own policies cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {words} ({})", Requirement::FineGrainedAccess)]
pub struct OwnPolicyError {
    /// The line of the text, from 1.
    pub line: usize,
    /// What is wrong with it, and what to do.
    pub words: String,
}

/// A policy as a denial speaks of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Annotated {
    pub(super) requirement: Requirement,
    pub(super) reason: Option<String>,
}

/// A home's own policies, compiled.
#[derive(Default)]
pub(super) struct Own {
    /// Those whose answer hangs on nothing that changes from one request to the next.
    pub(super) steady: PolicySet,
    /// Those whose answer is the same for everything alike in a request.
    pub(super) passing: PolicySet,
    /// Those that read how much was shown so far.
    pub(super) counting: PolicySet,
    pub(super) policies: BTreeMap<String, Annotated>,
}

/// Reads a home's own policies. `schema` is that of a home's own; `taken` are the names of the program's.
pub(super) fn parse(text: &str, schema: &Schema, taken: &BTreeSet<String>) -> Result<Own, RulesError> {
    if text.len() > OWN_BYTES_MAX {
        return Err(wrong(1, format!("a home's own policies have at most {OWN_BYTES_MAX} bytes")));
    }
    let parsed: PolicySet = text.parse().map_err(|errors| unread(text, &errors))?;
    if let Some(template) = parsed.templates().next() {
        let line = template.as_ref().loc().map_or(1, |loc| line_of(text, loc.start()));
        return Err(wrong(line, "a template decides nothing; write out what it stands for".to_owned()));
    }
    let mut own = Own::default();
    let mut all = PolicySet::new();
    let mut lines = BTreeMap::new();
    for policy in in_order(text, &parsed) {
        let (line, policy) = policy;
        if lines.len() >= OWN_POLICIES_MAX {
            return Err(wrong(line, format!("a home has at most {OWN_POLICIES_MAX} policies of its own")));
        }
        if policy.effect() == Effect::Permit {
            return Err(wrong(
                line,
                "a home's own policies may only forbid more; leave this permit out".to_owned(),
            ));
        }
        let name = name_of(policy, line)?;
        if taken.contains(&name) || lines.contains_key(&name) {
            return Err(wrong(line, format!("there is a policy {name} already; give this one another @id")));
        }
        own.policies.insert(name.clone(), annotated(policy, line)?);
        lines.insert(name.clone(), line);
        let policy = policy.new_id(PolicyId::new(&name));
        let set = if hangs_on(&policy, |name| STEADY.contains(&name)) {
            &mut own.steady
        } else if hangs_on(&policy, |name| name != COUNTED) {
            &mut own.passing
        } else {
            &mut own.counting
        };
        set.add(policy.clone()).map_err(RulesError::own_fault)?;
        all.add(policy).map_err(RulesError::own_fault)?;
    }
    validate(&all, schema, text, &lines)?;
    Ok(own)
}

/// The policies with their lines, in the order in which they are written.
fn in_order<'p>(text: &str, parsed: &'p PolicySet) -> Vec<(usize, &'p Policy)> {
    let line = |policy: &Policy| policy.as_ref().loc().map_or(1, |loc| line_of(text, loc.start()));
    let mut policies: Vec<_> = parsed.policies().map(|policy| (line(policy), policy)).collect();
    policies.sort_by(|(one, a), (other, b)| one.cmp(other).then_with(|| a.id().cmp(b.id())));
    policies
}

/// Its `@id`; the line it begins at, where it has none.
fn name_of(policy: &Policy, line: usize) -> Result<String, RulesError> {
    let Some(name) = policy.annotation("id") else { return Ok(format!("line-{line}")) };
    let is_name = (1..=NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if is_name {
        Ok(name.to_owned())
    } else {
        Err(wrong(line, format!("an @id is 1 to {NAME_BYTES_MAX} of a-z, 0-9 and hyphens")))
    }
}

/// What a policy says of itself.
pub(super) fn annotated(policy: &Policy, line: usize) -> Result<Annotated, RulesError> {
    let requirement = match policy.annotation("requirement") {
        None => Requirement::FineGrainedAccess,
        Some(id) => id.parse().map_err(|_| {
            wrong(line, "@requirement is the id of a requirement of the policy, such as 1.3.a".to_owned())
        })?,
    };
    Ok(Annotated { requirement, reason: policy.annotation("reason").map(str::to_owned) })
}

/// Validates strictly; a warning counts as an error, since what it warns of is a policy that does not say what it seems
/// to.
fn validate(
    policies: &PolicySet,
    schema: &Schema,
    text: &str,
    lines: &BTreeMap<String, usize>,
) -> Result<(), RulesError> {
    let result = Validator::new(schema.clone()).validate(policies, ValidationMode::Strict);
    let errors = result.validation_errors().map(|error| (error.policy_id(), error as &dyn Diagnostic));
    let warnings =
        result.validation_warnings().map(|warning| (warning.policy_id(), warning as &dyn Diagnostic));
    let wrongs = errors.chain(warnings).map(|(policy, error)| {
        let begins = lines.get::<str>(policy.as_ref()).copied().unwrap_or(1);
        (offset(error).map_or(begins, |offset| line_of(text, offset)), told(error))
    });
    // Cedar lists them in no order: the first is told, and the same one each time.
    wrongs.min().map_or(Ok(()), |(line, words)| Err(wrong(line, words)))
}

fn unread(text: &str, errors: &cedar_policy::ParseErrors) -> RulesError {
    let line = offset(errors).map_or(1, |offset| line_of(text, offset));
    wrong(line, told(errors))
}

/// What Cedar says of it and how to mend it, in one line.
fn told(error: &dyn Diagnostic) -> String {
    let help = error.help().map(|help| format!("; {help}")).unwrap_or_default();
    format!("{error}{help}").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn offset(error: &dyn Diagnostic) -> Option<usize> {
    error.labels()?.map(|label| label.offset()).min()
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

fn wrong(line: usize, words: String) -> RulesError {
    RulesError::Own(OwnPolicyError { line, words })
}

/// Whether a policy reads nothing of the context but these members. What cannot be told counts as reading others.
fn hangs_on(policy: &Policy, these: impl Fn(&str) -> bool) -> bool {
    policy.to_json().is_ok_and(|json| !reads_others(&json, &these))
}

fn reads_others(expression: &Value, these: &impl Fn(&str) -> bool) -> bool {
    match expression {
        Value::Object(members) => {
            members.get("Var").is_some_and(is_context)
                || members.iter().any(|(operator, operands)| {
                    match (operator.as_str(), context_member(operands)) {
                        ("." | "has", Some(name)) => !these(name),
                        _ => reads_others(operands, these),
                    }
                })
        }
        Value::Array(elements) => elements.iter().any(|element| reads_others(element, these)),
        _ => false,
    }
}

/// Of `context.NAME` and `context has NAME`, the name.
fn context_member(operands: &Value) -> Option<&str> {
    operands.get("left").and_then(|left| left.get("Var")).filter(|var| is_context(var))?;
    operands.get("attr")?.as_str()
}

fn is_context(var: &Value) -> bool {
    var.as_str() == Some("context")
}
