//! What is asked to leave, and the making of it: found out without opening anything, decided, opened, sealed.

use bailee_access::proposal::{Proposal, Proposed};
use bailee_core::catalogue::Catalogue;
use bailee_core::export::{FIELDS_MAX, Plan, RECORDS_MAX};
use bailee_core::path::FieldSelector;
use bailee_core::requirement::Requirement;
use bailee_core::{Class, PrincipalId, Purpose, RecordId, SellerId, Timestamp};
use bailee_ledger::authorized::{self, Authorized};
use bailee_vault::exports::{Draft, Export, ExportError};
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
    all: bool,
    #[serde(default)]
    fields: Vec<String>,
    purpose: String,
    recipient: String,
}

impl Asked {
    pub(super) fn seller(&self) -> Result<SellerId, Problem> {
        Ok(self.seller.parse()?)
    }

    /// What is to leave, once all of it is found to be possible, and whether it is more than one person may let out alone. Nothing is
    /// opened.
    pub(super) fn plan(self, call: &Call) -> Result<(Plan, bool), Problem> {
        let (seller, purpose) = (self.seller.parse::<SellerId>()?, self.purpose.parse::<Purpose>()?);
        if self.references.is_empty() != self.all {
            return Err(Problem::unacceptable("unacceptable", "name either references or all"));
        }
        if self.references.len() > RECORDS_MAX {
            return Err(ExportError::TooManyRecords.into());
        }
        if self.fields.len() > FIELDS_MAX {
            let words = format!("an export names {FIELDS_MAX} fields at most");
            return Err(Problem::unacceptable("unacceptable", words));
        }
        let recipient = call.vault().recipient(self.recipient.parse()?)?;
        recipient.check(&seller, purpose)?;
        let records = match self.all {
            true => Vec::new(),
            false => held_of(
                call,
                &seller,
                self.kind.as_deref(),
                (&self.references, "nothing was exported", Requirement::PurposeLimits),
            )?,
        };
        let mut plan = Plan {
            seller,
            records,
            fields: self.fields,
            purpose,
            recipient: recipient.id,
            fingerprint: recipient.fingerprint.clone(),
            count: 0,
        };
        plan.count = check(call, &plan)?;
        let by = call.caller().context.principal;
        let alone = call.vault().exported_alone(by, call.now())?.saturating_add(plan.count);
        let in_bulk = alone > call.gate().standards().export_alone_max || recipient.added_by == by;
        Ok((plan, in_bulk))
    }
}

/// Whether every field of the plan may leave for its purpose; how many records have one.
fn check(call: &Call, plan: &Plan) -> Result<u32, Problem> {
    let fields = selectors(plan)?;
    let mut count = 0;
    for records in records_of(call, plan, call.now())?.chunks(ITEMS_MAX) {
        let (held, _) = held(call, plan, records, &fields)?;
        let asked: Vec<_> = held.iter().map(|held| ask(held, true)).collect();
        count += held.len();
        call.gate().check_exported(call.caller(), plan.purpose, &asked)?;
    }
    if count == 0 { Err(ExportError::Nothing.into()) } else { Ok(u32::try_from(count).unwrap_or(u32::MAX)) }
}

/// Opens what the plan names, as far as the gate allows and it lives, and seals it.
pub(super) fn make(
    call: &Call,
    authorized: Authorized<authorized::Export>,
    id: RecordId,
    plan: &Plan,
    proposal: Option<&Proposal>,
) -> Result<Export, Problem> {
    if let Some(made) = call.vault().export_of(id)? {
        return Ok(made);
    }
    let context = *authorized.context();
    // What one person lets out alone is counted once more as it is written.
    let standards = call.gate().standards();
    let alone_max = (standards.second_person && proposal.is_none()).then_some(standards.export_alone_max);
    let asked_by = proposal.map(|proposal| PrincipalId::Person(proposal.by));
    let made = gather(call, &authorized, plan, proposal.map_or(context.now, |proposal| proposal.at))
        .and_then(|draft| Ok(call.vault().file_export(authorized, id, plan, draft, asked_by, alone_max)?));
    made.or_else(|problem| match call.vault().export_of(id) {
        // Approved twice at the same time: the other made it.
        Ok(Some(made)) => Ok(made),
        _ => {
            call.vault().export_failed(&context, id, problem.code());
            Err(problem)
        }
    })
}

fn gather(
    call: &Call,
    authorized: &Authorized<authorized::Export>,
    plan: &Plan,
    asked_at: Timestamp,
) -> Result<Draft, Problem> {
    // Days may have passed since it was proposed: nothing is opened for whom nothing may be sealed to any more.
    call.vault().recipient(plan.recipient)?.check(&plan.seller, plan.purpose)?;
    let fields = selectors(plan)?;
    let mut draft = Draft::new(plan.purpose);
    for records in records_of(call, plan, asked_at)?.chunks(ITEMS_MAX) {
        let (held, left_out) = held(call, plan, records, &fields)?;
        draft.leave_out(left_out);
        if held.is_empty() {
            continue;
        }
        let asked: Vec<_> = held.iter().map(|held| ask(held, true)).collect();
        let decide = |caller: &_| call.gate().reveal_to_recipient(caller, authorized, plan.purpose, &asked);
        let reveal = call.decide(decide)?;
        draft.take(call.vault().reveal(reveal, &held)?, &held)?;
    }
    if draft.records() > plan.count {
        return Err(ExportError::Grown { asked: plan.count, found: draft.records() }.into());
    }
    Ok(draft)
}

/// The records of the plan: of all of a seller's those that were there when it was asked for, since what came later nobody has approved.
fn records_of(call: &Call, plan: &Plan, asked_at: Timestamp) -> Result<Vec<RecordId>, Problem> {
    if !plan.is_of_all() {
        return Ok(plan.records.clone());
    }
    let mut records = call.vault().records_held(&plan.seller)?;
    records.retain(|record| record.milliseconds() <= asked_at.as_millisecond());
    Ok(records)
}

fn selectors(plan: &Plan) -> Result<Vec<FieldSelector>, Problem> {
    plan.fields.iter().map(|path| Ok(path.parse::<FieldSelector>()?)).collect()
}

/// Those of the records that have any of the fields, and how many are left out: they have ended, are restricted, have no consent, or do
/// not open.
fn held(
    call: &Call,
    plan: &Plan,
    records: &[RecordId],
    fields: &[FieldSelector],
) -> Result<(Vec<Held>, u32), Problem> {
    let catalogue = call.vault().catalogue();
    let rests_on_consent = call.gate().standards().on_consent.contains(&plan.purpose);
    let selected = Some(fields).filter(|fields| !fields.is_empty());
    let (mut live, mut left_out) = (Vec::new(), 0);
    for resolved in call.vault().resolve_records(&plan.seller, records, selected, call.now())? {
        match resolved {
            Resolved::Held(mut held) => {
                if selected.is_none() {
                    keep_purpose(&mut held, &catalogue, plan.purpose);
                }
                let is_closed =
                    held.restricted || (rests_on_consent && !held.consented.contains(&plan.purpose));
                match held.fields.is_empty() {
                    true => {}
                    // Of all records it is left out, and where it was named the gate says why.
                    false if is_closed && plan.is_of_all() => left_out += 1,
                    false => live.push(held),
                }
            }
            Resolved::Gone(_) | Resolved::Unknown { .. } | Resolved::Failed { .. } => left_out += 1,
        }
    }
    Ok((live, left_out))
}

/// Of a record of which no field was named: those that have the purpose.
fn keep_purpose(held: &mut Held, catalogue: &Catalogue, purpose: Purpose) {
    held.fields.retain(|one| {
        let field = catalogue.field(one.field).filter(|_| one.class != Class::Unclassified);
        field.is_some_and(|field| field.class.is_some() && field.purposes.contains(&purpose))
    });
}

/// Carries out an approved export: under the proposal's name, so that it is made once.
pub(crate) fn carry_out(
    call: &Call,
    authorized: Authorized<authorized::Export>,
    proposal: &Proposal,
) -> Result<(), Problem> {
    let Proposed::Export { plan } = &proposal.proposed else { return Ok(()) };
    make(call, authorized, RecordId(proposal.id.0), plan, Some(proposal)).map(drop)
}
