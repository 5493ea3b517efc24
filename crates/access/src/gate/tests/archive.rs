//! What goes to an archive: for a purpose of the law and of the field, by two, and told before it is opened.

use bailee_core::archive::Plan;
use bailee_core::catalogue::Catalogue;
use bailee_core::hold::{Hold, LiftReason, Lifted};
use bailee_core::{Day, FieldInstance, Kind, PrincipalId, Purpose, RecordId, RequestId};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::What;
use bailee_store::act::Act;

use super::fixture::{Home, at, seller};
use super::grants::THIRD;
use super::people::{OTHER, join};
use crate::gate::{Asked, AskedField, CarryOut};
use crate::person::Role;
use crate::proposal::Proposed;
use crate::register::Entry;
use crate::{AccessError, Caller};

fn asked<'a>(of: &'a bailee_core::SellerId, path: &str) -> Asked<'a> {
    let catalogue = Catalogue::embedded().unwrap();
    let field = catalogue.field_at(Kind::Order, path).unwrap();
    let field = AskedField { instance: FieldInstance(1), field: field.id, class: field.class.unwrap() };
    Asked {
        seller: of,
        kind: Kind::Order,
        record: RecordId([7; 16]),
        fields: vec![field],
        restricted: false,
        consented: &[],
        named: true,
    }
}

fn plan() -> Proposed {
    let plan = Plan {
        seller: seller("ALPHA"),
        records: vec![RecordId([7; 16])],
        day: None,
        fields: vec!["buyer.buyerName".into()],
        purpose: Purpose::Invoice,
        statute: "DE-USTG-14b".parse().unwrap(),
        until: "2036-12-31".parse().unwrap(),
        key: RecordId([8; 16]),
        fingerprint: "ab".repeat(32),
    };
    Proposed::Archive { plan: Box::new(plan) }
}

/// A home that asks for a second person, its owner and its officer.
fn home() -> (Home, Caller, Caller, Caller) {
    let home = Home::new().with(|standards| standards.second_person = true);
    let (_, operator) = join(&home, OTHER, Role::Operator);
    let (_, officer) = join(&home, THIRD, Role::Officer);
    let (operator, officer) = (home.caller(operator.expose(), at(0)), home.caller(officer.expose(), at(0)));
    let owner = home.owner();
    (home, owner, officer, operator)
}

#[test]
fn it_takes_an_officer_and_a_second_person() {
    let (home, owner, officer, operator) = home();
    let (denial, _) = home.denied("archive", || home.gate().archive(&officer));
    assert_eq!((denial.code, denial.requirement.as_str()), ("second-person", "2.1.c"));
    home.denied("archive", || home.gate().may_archive(&operator));
    home.denied("archive", || home.gate().propose(&operator, plan()));
    assert!(home.gate().may_archive(&officer).is_ok());
    let id = home.gate().propose(&officer, plan()).ok().unwrap().id;
    home.denied("release-proposal", || home.gate().approve_proposal(&officer, id));
    let (_, carry_out) = home.gate().approve_proposal(&owner, id).ok().unwrap();
    assert!(matches!(carry_out, CarryOut::Archive(_)));
}

#[test]
fn what_is_opened_for_it_is_told_first_and_is_for_a_purpose_of_the_law_and_of_the_field() {
    let (home, owner, officer, _) = home();
    let id = home.gate().propose(&officer, plan()).ok().unwrap().id;
    let (_, carry_out) = home.gate().approve_proposal(&owner, id).ok().unwrap();
    let CarryOut::Archive(allowed) = carry_out else { panic!("an archive") };
    // The rules have moved by that; whoever asks by older ones is recognised anew.
    let owner = home.owner();
    let of = seller("ALPHA");
    let name = [asked(&of, "buyer.buyerName")];
    let (reveal, events) =
        home.events_of(|| home.gate().reveal_to_archive(&owner, &allowed, Purpose::Invoice, &name));
    assert_eq!(reveal.ok().unwrap().action().pairs, [(RecordId([7; 16]), vec![FieldInstance(1)])]);
    assert!(
        matches!(&events[..], [event] if matches!(event.what, What::Revealed { purpose: Purpose::Invoice, .. }))
    );

    let kept = [Asked { restricted: true, ..asked(&of, "buyer.buyerName") }];
    let refused = home.gate().reveal_to_archive(&owner, &allowed, Purpose::Invoice, &kept);
    let Err(AccessError::Denied(denial)) = refused else { panic!("refused") };
    assert_eq!(denial.code, "restricted");

    // The field is for invoices, and not for taxes.
    let (refused, events) =
        home.events_of(|| home.gate().reveal_to_archive(&owner, &allowed, Purpose::Tax, &name));
    let Err(AccessError::Denied(denial)) = refused else { panic!("refused") };
    assert_eq!((denial.code, denial.requirement.as_str()), ("purpose-not-of-field", "2.1.b"));
    assert!(matches!(&events[..], [event] if matches!(event.what, What::Denied { .. })));
    for purpose in [Purpose::Fulfilment, Purpose::SubjectRequest, Purpose::Incident] {
        let refused = home.gate().reveal_to_archive(&owner, &allowed, purpose, &name);
        assert!(matches!(refused, Err(AccessError::Against(..))), "{purpose}");
    }
}

fn hold(id: u8) -> Hold {
    Hold {
        id: RecordId([id; 16]),
        seller: seller("ALPHA"),
        records: Vec::new(),
        fields: vec!["buyer.buyerName".into()],
        purpose: Purpose::Invoice,
        statute: "DE-USTG-14b".parse().unwrap(),
        until: "2036-12-31".parse().unwrap(),
        key: RecordId([8; 16]),
        since: at(0),
        asked_by: None,
        added_by: PrincipalId::System,
        lifted: None,
        missed: 0,
        left_out: 0,
        failed: None,
        alarmed: None,
    }
}

#[test]
fn the_system_archives_under_a_hold_that_lives_and_under_no_other() {
    let (home, ..) = home();
    let lifted = Lifted { at: at(0), asked_by: None, by: PrincipalId::System, reason: LiftReason::Mistake };
    let over = Hold { until: Day::of(at(0)).plus(-1), ..hold(3) };
    for one in [hold(1), Hold { lifted: Some(lifted), ..hold(2) }, over] {
        let changes = vec![home.gate().sealer().put(&Entry::first(one.id, one)).unwrap()];
        home.gate().store().commit(Act { name: "hold", changes, events: Vec::new() }).unwrap();
    }
    let context = Context { principal: PrincipalId::Anonymous, ..Context::system(RequestId([1; 16]), at(0)) };
    for (id, may) in [(1, true), (2, false), (3, false), (4, false)] {
        let allowed = home.gate().archive_under(&context, RecordId([id; 16]));
        assert_eq!(allowed.is_ok(), may, "{id}");
    }
    let allowed = home.gate().archive_under(&context, RecordId([1; 16])).ok().unwrap();
    assert_eq!(allowed.context().principal, PrincipalId::System, "whoever named it");
    let of = seller("ALPHA");
    let name = asked(&of, "buyer.buyerName");
    let kept = Asked { restricted: true, record: RecordId([6; 16]), ..asked(&of, "buyer.buyerName") };
    // One that may not be opened keeps the other from nothing.
    let (reveal, events) =
        home.events_of(|| home.gate().reveal_held(&allowed, Purpose::Invoice, &[name, kept]));
    assert_eq!(reveal.ok().unwrap().unwrap().action().pairs, [(RecordId([7; 16]), vec![FieldInstance(1)])]);
    assert!(events.iter().any(|event| matches!(event.what, What::Revealed { denied: 1, .. })));
    let (none, events) =
        home.events_of(|| home.gate().reveal_held(&allowed, Purpose::Tax, &[asked(&of, "buyer.buyerName")]));
    assert!(none.ok().unwrap().is_none());
    assert!(matches!(&events[..], [event] if matches!(event.what, What::Denied { .. })));
    assert!(home.gate().reveal_held(&allowed, Purpose::Fulfilment, &[]).is_err());
}
