//! Looking what is held of somebody, and doing what they ask for: by the acts on records that there are, of the records that were
//! found for them and no others.

use std::collections::BTreeSet;

use bailee_access::AccessError;
use bailee_core::path::FieldSelector;
use bailee_core::requirement::Requirement;
use bailee_core::subject::Right;
use bailee_core::{Kind, PrincipalId, RecordId, SellerId, Sensitive};
use bailee_crypto::archive::Recipient;
use bailee_vault::VaultError;
use bailee_vault::archive::ArchiveError;
use bailee_vault::find::Query;
use bailee_vault::record::Named;
use bailee_vault::reveal::{Held, ITEMS_MAX, Resolved, Wanted};
use bailee_vault::subject::{Disclosed, Found, Request, Taken};
use serde::{Deserialize, Serialize};

use super::told::{Done, Line, Outcome};
use crate::edge::Call;
use crate::problem::Problem;
use crate::recipient;
use crate::reveal::ask;
use crate::rights::erase_held;

/// A value that is to be corrected. Plaintext.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Correction {
    seller: String,
    #[serde(default)]
    kind: Option<String>,
    reference: String,
    field: String,
    value: String,
}

/// Looks what is held of whoever asks, over all sellers that the request speaks of.
pub(super) fn preview(call: &Call, id: RecordId) -> Result<Request, Problem> {
    let authorized = call.gate().handle_requests(call.caller())?;
    let (request, who) = call.vault().who_asks(&authorized, id)?;
    let sellers = match request.sellers.is_empty() {
        true => call.vault().sellers()?.into_iter().map(|seller| seller.id).collect(),
        false => request.sellers,
    };
    let found = searched(call, &sellers, &who)?;
    let found = found.into_iter().map(|Named { seller, kind, record, .. }| Found { seller, kind, record });
    Ok(call.vault().step_request(authorized, id, Taken::Previewed(found.collect()))?)
}

/// The records of somebody, of these sellers. It counts as one find, and is an event for each seller.
pub(crate) fn searched(call: &Call, sellers: &[SellerId], who: &Query) -> Result<Vec<Named>, Problem> {
    who.check_is_one()?;
    call.counts_as_find()?;
    let (terms, mut found, mut seen) = (who.terms()?, Vec::new(), BTreeSet::new());
    for seller in sellers {
        let authorized = call.gate().find(call.caller(), seller, &terms)?;
        for (kind, reference) in call.vault().find(authorized, who)? {
            let named = call.vault().named(seller, Some(kind), &reference)?;
            found.extend(named.into_iter().filter(|one| seen.insert(one.record)));
        }
    }
    Ok(found)
}

/// Does what the request asks for, of the records that were found for it.
pub(super) fn carry_out(
    call: &Call,
    id: RecordId,
    key: Option<&str>,
    correction: Option<Correction>,
) -> Result<Done, Problem> {
    let authorized = call.gate().handle_requests(call.caller())?;
    let request = call.vault().request(&authorized, id)?;
    request.stage.carry_out().map_err(VaultError::from)?;
    // That there is nothing is for somebody to say: it may as well have been written down wrong.
    if request.records.is_empty() {
        return Err(VaultError::NothingFound.into());
    }
    let identified_by = request.identity.map_or(PrincipalId::Anonymous, |identity| identity.by);
    fits(&request, key, correction.as_ref())?;
    let records: Vec<(SellerId, RecordId)> =
        request.records.iter().map(|one| (one.seller.clone(), one.record)).collect();
    let mut done = Done::default();
    match (request.right, correction) {
        (Right::Access, _) => disclose(call, &request, identified_by, key, &mut done)?,
        (Right::Rectify, Some(correction)) => rectify(call, &request, correction, &mut done)?,
        (Right::Rectify, None) => return Err(unfit("name the field and the value that is right")),
        (Right::Erase, _) => {
            let authorized = call.gate().erase_for_person(call.caller(), identified_by, records)?;
            let (erased, in_archives) = erase_held(call, authorized)?;
            (done.records, done.in_archives) = (outcomes(call, erased), in_archives);
        }
        (Right::Restrict | Right::Object, _) => {
            let authorized = call.gate().restrict(call.caller(), records, false)?;
            done.records = outcomes(call, call.vault().restrict(authorized)?);
        }
    }
    let of: Vec<RecordId> = done.records.iter().map(|one| one.record).collect();
    if request.right != Right::Access {
        done.recipients_to_tell = recipient::to_tell(call, &of);
    }
    let request = call.vault().step_request(authorized, id, Taken::CarriedOut(of))?;
    done.request = Some(Line::of(request, call.now()));
    Ok(done)
}

/// A key is for who asks for access, and a correction for who asks for one.
fn fits(request: &Request, key: Option<&str>, correction: Option<&Correction>) -> Result<(), Problem> {
    match request.right {
        Right::Access if correction.is_none() => Ok(()),
        Right::Rectify if key.is_none() => Ok(()),
        _ if key.is_none() && correction.is_none() => Ok(()),
        right => {
            Err(unfit(&format!("somebody asks for `{right}` here; what was given is for something else")))
        }
    }
}

fn unfit(words: &str) -> Problem {
    Problem::unacceptable("unacceptable", words).serving(Requirement::DataRights)
}

/// Opens what may be given to them, and seals it for them.
fn disclose(
    call: &Call,
    request: &Request,
    identified_by: PrincipalId,
    key: Option<&str>,
    done: &mut Done,
) -> Result<(), Problem> {
    let to = key.map(Recipient::from_pem).transpose().map_err(ArchiveError::from)?;
    // Asked before anything is looked up.
    let sellers = request.records.iter().map(|one| one.seller.clone()).collect();
    call.gate().may_answer(call.caller(), identified_by, &sellers)?;
    let mut disclosed = Disclosed::default();
    for found in request.records.chunks(ITEMS_MAX) {
        let held = held(call, found, &mut disclosed)?;
        let asked: Vec<_> = held.iter().map(|held| ask(held, false)).collect();
        let decide = |caller: &_| -> Result<_, AccessError> {
            call.gate().reveal_to_person(caller, identified_by, &asked)
        };
        match call.decide(decide)? {
            Some(reveal) => call.vault().disclose(reveal, &held, &mut disclosed)?,
            None => disclosed.leave_out(u32::try_from(held.len()).unwrap_or(u32::MAX)),
        }
    }
    let answer = disclosed.seal(request, to.as_ref(), call.vault(), call.now())?;
    let given = answer.records.iter().map(|record| (*record, "given")).collect();
    done.records = outcomes(call, given);
    done.left_out = Some(answer.left_out);
    done.file = Some(data_encoding::BASE64.encode(&answer.file));
    done.passphrase = answer.passphrase.map(|passphrase| passphrase.expose().to_owned());
    Ok(())
}

/// Those of the records that are held, whole. What is restricted is kept, and not even given to them.
fn held(call: &Call, found: &[Found], disclosed: &mut Disclosed) -> Result<Vec<Held>, Problem> {
    let mut wanted = Vec::with_capacity(found.len());
    for one in found {
        match call.vault().name_of(one.record)? {
            Some(Named { seller, kind, reference, .. }) => {
                wanted.push(Wanted::Reference { seller, kind: Some(kind), reference, fields: None });
            }
            None => disclosed.leave_out(1),
        }
    }
    let mut held = Vec::with_capacity(wanted.len());
    for resolved in call.vault().resolve(&wanted, call.now())? {
        match resolved {
            Resolved::Held(one) if !one.restricted => held.push(one),
            Resolved::Held(_) | Resolved::Gone(_) | Resolved::Unknown { .. } | Resolved::Failed { .. } => {
                disclosed.leave_out(1);
            }
        }
    }
    Ok(held)
}

fn rectify(call: &Call, request: &Request, of: Correction, done: &mut Done) -> Result<(), Problem> {
    let Correction { seller, kind, reference, field, value } = of;
    let value = Sensitive::new(value);
    let (seller, field): (SellerId, FieldSelector) = (seller.parse()?, field.parse()?);
    let kind = kind.as_deref().map(crate::reveal::known_kind).transpose()?;
    call.gate().may_rectify(call.caller(), &seller)?;
    let named = call.vault().named(&seller, kind, &reference.parse()?)?;
    let is_found = |one: &&Named| request.records.iter().any(|found| found.record == one.record);
    let one = named.iter().find(is_found).ok_or(VaultError::NotFoundFor)?;
    let authorized = call.gate().rectify(call.caller(), seller, one.record)?;
    let outcome = call.vault().rectify(authorized, &field, &value)?;
    done.records = outcomes(call, vec![(one.record, outcome)]);
    Ok(())
}

/// What became of each record, with its name while its facts live.
fn outcomes<O: Serialize>(call: &Call, outcomes: Vec<(RecordId, O)>) -> Vec<Outcome> {
    let told = |(record, outcome): (RecordId, O)| {
        let named = call.vault().name_of(record).ok().flatten();
        let (seller, kind, reference) = match named {
            Some(Named { seller, kind, reference, .. }) => (Some(seller), Some(kind), Some(reference)),
            None => (None, None::<Kind>, None),
        };
        let outcome = serde_json::to_value(outcome).ok();
        let outcome = outcome.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        Outcome { seller, kind, reference, record, outcome }
    };
    outcomes.into_iter().map(told).collect()
}
