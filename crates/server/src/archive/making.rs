//! What is asked to be archived, and the making of it: found out without opening anything, decided, opened, sealed.

use bailee_access::proposal::{Proposal, Proposed};
use bailee_core::archive::{FIELDS_MAX, NAMED_MAX, Plan, YEARS_MAX, can_end};
use bailee_core::path::FieldSelector;
use bailee_core::requirement::Requirement;
use bailee_core::{Day, PrincipalId, Purpose, RecordId, SellerId, Statute};
use bailee_ledger::authorized::{self, Authorized};
use bailee_vault::VaultError;
use bailee_vault::archive::{Archive, ArchiveError, Draft};
use bailee_vault::reveal::{Held, ITEMS_MAX, Resolved};
use serde::Deserialize;

use crate::edge::Call;
use crate::problem::Problem;
use crate::reveal::{ask, held_of};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    seller: String,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    references: Vec<String>,
    #[serde(default)]
    day: Option<String>,
    fields: Vec<String>,
    purpose: String,
    statute: String,
    until: String,
}

impl Asked {
    /// What is to be archived, once all of it is found to be possible. Nothing is opened.
    pub(super) fn plan(self, call: &Call) -> Result<Plan, Problem> {
        let (seller, until): (SellerId, Day) = (self.seller.parse()?, self.until.parse()?);
        let (statute, purpose) = (self.statute.parse::<Statute>()?, self.purpose.parse::<Purpose>()?);
        let day = self.day.as_deref().map(str::parse::<Day>).transpose()?;
        if !can_end(until, call.now()) {
            return Err(until_bad());
        }
        if self.references.is_empty() == day.is_none() {
            return Err(Problem::unacceptable("unacceptable", "name either references or a day"));
        }
        if self.references.len() > NAMED_MAX {
            return Err(VaultError::TooManyItems.into());
        }
        check_fields(&self.fields)?;
        let key = call.vault().archive_key_of(until.year())?;
        let records = match day {
            Some(_) => Vec::new(),
            None => held_of(
                call,
                &seller,
                self.kind.as_deref(),
                (&self.references, "nothing of this was archived", Requirement::ColdArchive),
            )?,
        };
        let plan = Plan {
            seller,
            records,
            day,
            fields: self.fields,
            purpose,
            statute,
            until,
            key: key.id,
            fingerprint: key.fingerprint,
        };
        check(call, &plan)?;
        Ok(plan)
    }
}

/// Refuses to keep nothing, and more than there is.
pub(crate) fn check_fields(fields: &[String]) -> Result<(), Problem> {
    if (1..=FIELDS_MAX).contains(&fields.len()) {
        return Ok(());
    }
    let words = format!("name the fields that the law names: 1 to {FIELDS_MAX}");
    Err(Problem::unacceptable("unacceptable", words).serving(Requirement::ColdArchive))
}

pub(crate) fn until_bad() -> Problem {
    let words = format!("a statute ends after today, and within {YEARS_MAX} years; give its last day");
    Problem::unacceptable("unacceptable", words).serving(Requirement::ColdArchive)
}

/// Whether every field of the plan may be kept for its purpose, and there is one.
pub(crate) fn check(call: &Call, plan: &Plan) -> Result<(), Problem> {
    let fields = selectors(plan)?;
    let mut values = 0;
    for records in records_of(call, plan)?.chunks(ITEMS_MAX) {
        let (held, _) = held(call, plan, records, &fields)?;
        let asked: Vec<_> = held.iter().map(|held| ask(held, true)).collect();
        values += held.iter().map(|held| held.fields.len()).sum::<usize>();
        call.gate().check_archived(call.caller(), plan.purpose, &asked)?;
    }
    if values == 0 { Err(ArchiveError::Nothing.into()) } else { Ok(()) }
}

/// Opens what the plan names, as far as the gate allows and it lives, and seals it.
pub(super) fn make(
    call: &Call,
    authorized: Authorized<authorized::Archive>,
    id: RecordId,
    plan: &Plan,
    asked_by: Option<PrincipalId>,
) -> Result<Archive, Problem> {
    if let Some(made) = call.vault().archive_of(id)? {
        return Ok(made);
    }
    let context = *authorized.context();
    // Days may have passed since it was proposed: for a law that is over nothing is kept.
    if !can_end(plan.until, context.now) {
        call.vault().archive_failed(&context, id, "statute-over");
        return Err(until_bad());
    }
    let made = gather(call, &authorized, plan)
        .and_then(|draft| Ok(call.vault().file_archive(authorized, id, plan, draft, asked_by)?));
    made.or_else(|problem| match call.vault().archive_of(id) {
        // Approved twice at the same time: the other made it.
        Ok(Some(made)) => Ok(made),
        _ => {
            call.vault().archive_failed(&context, id, problem.code());
            Err(problem)
        }
    })
}

fn gather(call: &Call, authorized: &Authorized<authorized::Archive>, plan: &Plan) -> Result<Draft, Problem> {
    let fields = selectors(plan)?;
    let mut draft = Draft::new();
    for records in records_of(call, plan)?.chunks(ITEMS_MAX) {
        let (held, left_out) = held(call, plan, records, &fields)?;
        draft.leave_out(left_out);
        if held.is_empty() {
            continue;
        }
        let asked: Vec<_> = held.iter().map(|held| ask(held, true)).collect();
        let decide = |caller: &_| call.gate().reveal_to_archive(caller, authorized, plan.purpose, &asked);
        let reveal = call.decide(decide)?;
        draft.take(call.vault().reveal(reveal, &held)?)?;
    }
    Ok(draft)
}

fn records_of(call: &Call, plan: &Plan) -> Result<Vec<RecordId>, Problem> {
    match plan.day {
        Some(day) => Ok(call.vault().records_ending(&plan.seller, day)?),
        None => Ok(plan.records.clone()),
    }
}

pub(crate) fn selectors(plan: &Plan) -> Result<Vec<FieldSelector>, Problem> {
    plan.fields.iter().map(|path| Ok(path.parse::<FieldSelector>()?)).collect()
}

/// Those of the records that have any of the fields, and how many are left out: they have ended, are restricted, or do not open.
fn held(
    call: &Call,
    plan: &Plan,
    records: &[RecordId],
    fields: &[FieldSelector],
) -> Result<(Vec<Held>, u32), Problem> {
    let (mut live, mut left_out) = (Vec::new(), 0);
    for resolved in call.vault().resolve_records(&plan.seller, records, Some(fields), call.now())? {
        match resolved {
            Resolved::Held(held) if held.fields.is_empty() => {}
            // Kept, and nothing else: of a whole day it is left out, and where it was named the gate says why.
            Resolved::Held(held) if held.restricted && plan.day.is_some() => left_out += 1,
            Resolved::Held(held) => live.push(held),
            Resolved::Gone(_) | Resolved::Unknown { .. } | Resolved::Failed { .. } => left_out += 1,
        }
    }
    Ok((live, left_out))
}

/// Carries out an approved archive: under the proposal's name, so that it is made once.
pub(crate) fn carry_out(
    call: &Call,
    authorized: Authorized<authorized::Archive>,
    proposal: &Proposal,
) -> Result<(), Problem> {
    let Proposed::Archive { plan } = &proposal.proposed else { return Ok(()) };
    let asked_by = Some(PrincipalId::Person(proposal.by));
    make(call, authorized, RecordId(proposal.id.0), plan, asked_by).map(drop)
}
