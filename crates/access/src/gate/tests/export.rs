//! What leaves in bulk: by an officer, over a volume by two, for a purpose of the field, and told before it is opened.

use bailee_core::catalogue::Catalogue;
use bailee_core::export::Plan;
use bailee_core::{FieldInstance, Kind, Purpose, RecordId, SellerId};
use bailee_ledger::event::What;

use super::fixture::{Home, at, seller};
use super::grants::THIRD;
use super::people::{OTHER, join};
use crate::gate::{Asked, AskedField, CarryOut};
use crate::person::Role;
use crate::proposal::Proposed;
use crate::{AccessError, Caller};

fn asked<'a>(of: &'a SellerId, path: &str) -> Asked<'a> {
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
        fields: Vec::new(),
        purpose: Purpose::Invoice,
        recipient: RecordId([8; 16]),
        fingerprint: "ab".repeat(32),
        count: 1,
    };
    Proposed::Export { plan: Box::new(plan) }
}

/// A home that asks for a second person, its owner, its officer and its operator.
fn home() -> (Home, Caller, Caller, Caller) {
    let home = Home::new().with(|standards| standards.second_person = true);
    let (_, operator) = join(&home, OTHER, Role::Operator);
    let (_, officer) = join(&home, THIRD, Role::Officer);
    let (operator, officer) = (home.caller(operator.expose(), at(0)), home.caller(officer.expose(), at(0)));
    let owner = home.owner();
    (home, owner, officer, operator)
}

#[test]
fn an_officer_exports_a_little_alone_and_more_with_a_second_person() {
    let (home, owner, officer, operator) = home();
    let of = seller("ALPHA");
    assert!(home.gate().export(&officer, &of, false).is_ok());
    let (denial, _) = home.denied("export-in-bulk", || home.gate().export(&officer, &of, true));
    assert_eq!((denial.code, denial.requirement.as_str()), ("second-person", "2.6.g"));
    home.denied("export", || home.gate().may_export(&operator, &of));
    home.denied("export-in-bulk", || home.gate().propose(&operator, plan()));
    home.denied("read-exports", || home.gate().read_exports(&operator));
    home.denied("tell-recipients", || home.gate().tell_recipients(&operator));
    let id = home.gate().propose(&officer, plan()).ok().unwrap().id;
    home.denied("release-proposal", || home.gate().approve_proposal(&officer, id));
    let (_, carry_out) = home.gate().approve_proposal(&owner, id).ok().unwrap();
    assert!(matches!(carry_out, CarryOut::Export(_)));
}

#[test]
fn what_leaves_is_told_first_and_is_for_a_purpose_of_the_field() {
    let (home, _, officer, _) = home();
    let of = seller("ALPHA");
    let allowed = home.gate().export(&officer, &of, false).ok().unwrap();
    // The rules have moved since the officer came in; whoever asks by older ones is recognised anew.
    let owner = home.owner();
    let name = [asked(&of, "buyer.buyerName")];
    let reveal = |purpose, asked: &[Asked<'_>]| {
        home.events_of(|| home.gate().reveal_to_recipient(&owner, &allowed, purpose, asked))
    };
    let (revealed, events) = reveal(Purpose::Invoice, &name);
    assert_eq!(revealed.ok().unwrap().action().pairs, [(RecordId([7; 16]), vec![FieldInstance(1)])]);
    assert!(
        matches!(&events[..], [event] if matches!(event.what, What::Revealed { purpose: Purpose::Invoice, .. }))
    );
    let kept = [Asked { restricted: true, ..asked(&of, "buyer.buyerName") }];
    for (purpose, asked, code) in
        [(Purpose::Invoice, &kept, "restricted"), (Purpose::Tax, &name, "purpose-not-of-field")]
    {
        let (refused, events) = reveal(purpose, asked);
        let Err(AccessError::Denied(denial)) = refused else { panic!("refused") };
        assert_eq!(denial.code, code);
        assert!(matches!(&events[..], [event] if matches!(event.what, What::Denied { .. })));
    }
    for purpose in [Purpose::SubjectRequest, Purpose::Incident] {
        assert!(matches!(reveal(purpose, &name).0, Err(AccessError::Against(..))), "{purpose}");
    }
}
