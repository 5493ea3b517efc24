use bailee_core::catalogue::TermKind;
use bailee_core::requirement::Requirement;
use bailee_core::time::DAY_SECONDS;
use bailee_core::{Class, Kind, PrincipalId, Purpose, RecordId, RequestId, SellerId};
use bailee_ledger::event::What;

use super::fixture::{Home, MAIL, PASSWORD, at, new_service, seller, sensitive};
use crate::decision::AUTHENTICATE;
use crate::gate::Who;
use crate::{AccessError, Caller, Gate};

#[test]
fn a_service_comes_in_with_the_key_that_was_shown_once() {
    let mut home = Home::new();
    let owner = home.owner();
    let new = new_service("erp", "S1", &[Purpose::Fulfilment], &[Class::Identity, Class::Address]);
    let (added, events) = home.events_of(|| home.gate().add_service(&owner, new));
    let (id, key) = added.ok().unwrap();
    let Who::Person { person, .. } = &owner.who else { panic!("a person") };
    assert_eq!(events.len(), 1);
    assert_eq!(
        events[0].what,
        What::ServiceAdded {
            service: id,
            owner: person.id,
            sellers: vec![seller("S1")],
            purposes: vec![Purpose::Fulfilment],
            classes: vec![Class::Identity, Class::Address],
        }
    );
    for _ in 0..2 {
        let caller = home.caller(key.expose(), at(0));
        assert_eq!(caller.context.principal, PrincipalId::Service(id));
        let Who::Service(service) = &caller.who else { panic!("a service") };
        assert_eq!((service.name.as_str(), service.owner, service.keys.len()), ("erp", person.id, 1));
        assert!(service.keys.iter().all(|key| key.hash.is_none()), "what is kept of a key stays inside");
        home.reopen();
    }
    let listed = home.gate().services(&home.owner()).ok().unwrap();
    assert_eq!(listed.len(), 1);
    assert!(!serde_json::to_string(&listed).unwrap().contains("hash"));
}

#[test]
fn a_key_is_good_for_90_days_and_then_its_name_is_free() {
    let home = Home::new();
    let key = home.service("erp", &[], &[]);
    let last = at(90 * DAY_SECONDS);
    let past = at(90 * DAY_SECONDS + 1);
    assert!(home.try_caller(Some(key.expose()), last).is_ok(), "N");
    let (denial, event) = home.denied(AUTHENTICATE, || home.try_caller(Some(key.expose()), past));
    assert_eq!((denial.code, denial.requirement), ("key-too-old", Requirement::PasswordRotation));
    assert!(denial.words.contains("90 days") && denial.remedy.contains("bailee service renew"));
    assert!(matches!(event.principal, PrincipalId::Service(_)), "it is known whose key it is");

    // The first person's own password must have been changed meanwhile.
    let halfway = at(45 * DAY_SECONDS);
    let (first, next) = (sensitive(PASSWORD), sensitive("Grey-Anvil-203"));
    let owner = home.caller(home.log_in(halfway).expose(), halfway);
    home.gate().change_password(&owner, &first, &next, crate::Door::Local).unwrap();
    let add = |now| {
        let owner = home.caller(home.log_in_with(next.expose(), now).expose(), now);
        home.gate().add_service(&owner, new_service("erp", "S1", &[], &[]))
    };
    assert!(
        matches!(add(last), Err(AccessError::Unacceptable(_))),
        "the name is taken while the key is good"
    );
    let (_, key) = add(past).ok().unwrap();
    assert!(home.try_caller(Some(key.expose()), past).is_ok());
}

#[test]
fn a_service_that_could_not_work_or_that_nobody_answers_for_is_not_added() {
    let home = Home::new();
    let owner = home.owner();
    let unknown_seller = new_service("erp", "S9", &[], &[]);
    let mut nobodys = new_service("erp", "S1", &[], &[]);
    nobodys.owner = Some("nobody@warehouse.example".into());
    let unclassified = new_service("erp", "S1", &[], &[Class::Unclassified]);
    for (new, says) in [(unknown_seller, "seller add S9"), (nobodys, "owner"), (unclassified, "0.a")] {
        let (added, events) = home.events_of(|| home.gate().add_service(&owner, new));
        let error = added.err().unwrap();
        assert!(error.to_string().contains(says) && !error.to_string().contains("nobody@"), "{error}");
        assert!(events.is_empty());
    }
    let mut owned = new_service("erp", "S1", &[], &[]);
    owned.owner = Some(MAIL.to_uppercase());
    assert!(home.gate().add_service(&owner, owned).is_ok());
}

fn may_reveal(gate: &Gate, caller: &Caller, seller: &SellerId) -> Result<(), AccessError> {
    let denied = gate.may_reveal(caller, Purpose::Fulfilment, &[seller.clone()].into())?;
    denied.into_values().next().map_or(Ok(()), |denial| Err(denial.into()))
}

#[test]
fn sellers_that_are_not_here_are_one_refusal_however_many_are_invented() {
    let home = Home::new();
    let key = home.service("erp", &[Purpose::Fulfilment], &[Class::Identity]);
    let caller = home.caller(key.expose(), at(0));
    let asked = (0..500).map(|number| seller(&format!("NONE{number}"))).chain([seller("S1"), seller("S2")]);
    let (denied, events) =
        home.events_of(|| home.gate().may_reveal(&caller, Purpose::Fulfilment, &asked.clone().collect()));
    let denied = denied.ok().unwrap();
    assert_eq!((denied.len(), denied.contains_key(&seller("S1"))), (501, false));
    let sellers: Vec<_> = (events.iter())
        .map(|event| match &event.what {
            What::Denied { seller, .. } => seller.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(sellers, [None, Some(seller("S2"))]);
}

/// An act by the code that its denial bears.
type Attempt<'a> = (&'static str, &'a dyn Fn() -> Result<(), AccessError>);

#[test]
fn a_service_is_refused_all_that_is_not_its_own_and_each_refusal_is_an_event() {
    let home = Home::new();
    let key = home.service("erp", &[Purpose::Fulfilment], &[Class::Identity]);
    let caller = home.caller(key.expose(), at(0));
    let gate = home.gate();
    let other = seller("S2");
    let names: &[TermKind] = &[TermKind::Name];
    let of_another: [Attempt<'_>; 6] = [
        ("collect", &|| gate.collect(&caller, &other, Kind::Order).map(drop)),
        ("collect", &|| gate.retry_quarantine(&caller, &other).map(drop)),
        ("show", &|| gate.show(&caller, &other, Kind::Order).map(drop)),
        ("find", &|| gate.find(&caller, &other, names).map(drop)),
        ("read-retention", &|| gate.read_retention(&caller, Some(&other)).map(drop)),
        ("reveal", &|| may_reveal(gate, &caller, &other)),
    ];
    for (action, act) in of_another {
        let (denial, event) = home.denied(action, act);
        assert_eq!(denial.code, "seller-not-granted");
        assert_eq!(event.principal, caller.context.principal);
        assert!(matches!(&event.what, What::Denied { seller: Some(seller), .. } if *seller == other));
    }
    let own = seller("S1");
    let for_nobody: [Attempt<'_>; 12] = [
        ("administer", &|| gate.administer(&caller).map(drop)),
        ("administer", &|| gate.services(&caller).map(drop)),
        ("administer", &|| gate.add_service(&caller, new_service("more", "S1", &[], &[])).map(drop)),
        ("read-keys", &|| gate.read_keys(&caller).map(drop)),
        ("run-retention", &|| gate.run_retention(&caller).map(drop)),
        ("read-ledger", &|| gate.read_ledger(&caller, "tail").map(drop)),
        ("read-quarantine", &|| gate.read_quarantine(&caller, None).map(drop)),
        ("discard-quarantine", &|| gate.discard_quarantine(&caller, &own).map(drop)),
        ("erase", &|| gate.erase(&caller, vec![(seller("S1"), RecordId([1; 16]))]).map(drop)),
        ("rectify", &|| gate.may_rectify(&caller, &own)),
        ("restrict", &|| gate.may_restrict(&caller, &[seller("S1")].into(), false)),
        ("erase", &|| gate.may_erase(&caller, &[seller("S1")].into()).map(drop)),
    ];
    for (action, act) in for_nobody {
        assert_eq!(home.denied(action, act).0.code, "service-not-allowed");
    }
}

#[test]
fn a_service_does_what_it_was_added_for_and_the_gate_leaves_that_event_to_the_act() {
    let home = Home::new();
    let key = home.service("erp", &[Purpose::Fulfilment], &[Class::Identity]);
    let caller = home.caller(key.expose(), at(0));
    let (gate, own) = (home.gate(), seller("S1"));
    let (_, events) = home.events_of(|| {
        let collect = gate.collect(&caller, &own, Kind::Order).ok().unwrap();
        assert_eq!(collect.action().seller, own);
        assert_eq!(collect.home(), home.binding.home);
        assert_eq!(collect.context().principal, caller.context.principal);
        assert_eq!(gate.retry_quarantine(&caller, &own).ok().unwrap().action().seller, own);
        let find = gate.find(&caller, &own, &[TermKind::Name]).ok().unwrap();
        assert_eq!(find.action().terms, [TermKind::Name]);
        assert_eq!(gate.show(&caller, &own, Kind::Order).ok().unwrap().action().seller, own);
        assert!(gate.read_retention(&caller, Some(&own)).is_ok());
        assert!(may_reveal(gate, &caller, &own).is_ok());
    });
    assert!(events.is_empty(), "{events:?}");
    let (denial, _) = home.denied("find", || gate.find(&caller, &own, &[TermKind::Phone]));
    assert_eq!((denial.code, denial.requirement), ("class-not-granted", Requirement::FineGrainedAccess));
}

#[test]
fn the_first_person_of_a_test_home_administers_and_reads_the_ledger_which_is_an_event() {
    let home = Home::new();
    let owner = home.owner();
    let gate = home.gate();
    assert!(gate.administer(&owner).is_ok());
    assert!(gate.read_keys(&owner).is_ok());
    assert!(gate.run_retention(&owner).is_ok());
    assert!(gate.read_quarantine(&owner, None).is_ok());
    assert_eq!(gate.discard_quarantine(&owner, &seller("S1")).ok().unwrap().action().seller, seller("S1"));
    let (read, events) = home.events_of(|| gate.read_ledger(&owner, "verify"));
    assert!(read.is_ok());
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].what, What::LedgerRead { how: "verify".into() });
    assert_eq!(events[0].principal, owner.context.principal);
}

#[test]
fn the_system_runs_retention_in_its_own_name() {
    let home = Home::new();
    let authorized = home.gate().system(RequestId([9; 16]), at(0));
    assert_eq!(authorized.context().principal, PrincipalId::System);
}
