use bailee_core::catalogue::Catalogue;
use bailee_core::{
    Class, Environment, FieldInstance, GrantId, Kind, PersonId, PrincipalId, Purpose, RecordId, SessionId,
    Timestamp,
};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::{Event, What};

use super::fixture::{Home, MAIL, OWNER, PASSWORD, at, seller, sensitive};
use crate::grant::Grant;
use crate::person::{Person, Role};
use crate::{AccessError, Asked, AskedField, Caller, ToExplain, Who};

const NIGHTS: &str = "@id(\"nights\") forbid (principal, action, resource) when { context.hour < 6 };";

fn changed(events: &[Event]) -> Vec<u32> {
    let policies = |event: &Event| match &event.what {
        What::RulesChanged { policies, .. } => *policies,
        other => panic!("{other:?}"),
    };
    events.iter().map(policies).collect()
}

/// A person who could not log in, with these roles.
fn person(home: &Home, roles: &[Role], now: Timestamp) -> Caller {
    let id = PersonId([7; 16]);
    let person = Person {
        id,
        name: "Odd Operator".into(),
        mail: "odd@warehouse.example".into(),
        roles: roles.to_vec(),
        relation: crate::person::Relation::Employee,
        standing: crate::person::Standing::Active,
        since: at(0),
    };
    let context = Context { principal: PrincipalId::Person(id), ..Context::system(home.request(), now) };
    let who = Who::Person { person, session: SessionId([8; 16]), factor_at: None };
    Caller {
        place: crate::device::Place::Here,
        context,
        who,
        machine_now: now,
        door: crate::Door::Local,
        version: bailee_store::records::Store::access_version(&*home.store).unwrap(),
    }
}

/// Of names and addresses of S1, for fulfilment, three fields a day.
fn grant() -> Grant {
    Grant {
        id: GrantId([9; 16]),
        principal: PrincipalId::Person(PersonId([7; 16])),
        seller: seller("S1"),
        classes: vec![Class::Identity, Class::Address],
        purpose: Purpose::Fulfilment,
        until: at(40 * 60 * 60),
        fields_a_day: 3,
        asked_by: PersonId([7; 16]),
        approved_by: PersonId([6; 16]),
        since: at(0),
    }
}

/// How many fields are revealed of a record with so many names, and the codes of what is refused.
fn reveal(home: &Home, caller: &Caller, fields: u64) -> (usize, Vec<&'static str>) {
    let catalogue = Catalogue::embedded().unwrap();
    let field = catalogue.field_at(Kind::Order, "recipient.deliveryAddress.name").unwrap();
    let field =
        |number| AskedField { instance: FieldInstance(number), field: field.id, class: field.class.unwrap() };
    let seller = seller("S1");
    let asked = Asked {
        seller: &seller,
        kind: Kind::Order,
        record: RecordId([1; 16]),
        fields: (1..=fields).map(field).collect(),
        restricted: false,
        consented: &[],
        named: true,
    };
    let decided = home.gate().reveal(caller, "fulfilment", None, &[asked]).ok().unwrap();
    let revealed = decided.authorized.map_or(0, |reveal| reveal.action().pairs[0].1.len());
    (revealed, decided.denied.iter().map(|denied| denied.denial.code).collect())
}

#[test]
fn rules_are_an_event_when_they_are_others_and_none_when_they_are_the_same() {
    let mut home = Home::new();
    let (_, first) = home.events_of(|| home.gate().keep_rules("", at(0)).unwrap());
    let (_, again) = home.events_of(|| home.gate().keep_rules("", at(1)).unwrap());
    let (_, own) = home.events_of(|| home.gate().keep_rules(NIGHTS, at(2)).unwrap());
    assert_eq!((changed(&first).len(), changed(&again).len()), (1, 0));
    assert_eq!(changed(&own), [changed(&first)[0] + 1], "one policy more");
    home.reopen();
    let (_, opened) = home.events_of(|| home.gate().keep_rules(NIGHTS, at(3)).unwrap());
    assert!(opened.is_empty(), "the next process goes by the same");
}

#[test]
fn rules_that_cannot_be_taken_change_nothing() {
    let home = Home::new();
    home.gate().keep_rules(NIGHTS, at(0)).unwrap();
    let permits = "permit (principal, action, resource);";
    let (kept, events) = home.events_of(|| home.gate().keep_rules(permits, at(1)));
    let Err(error @ AccessError::Rules(_)) = kept else { panic!("taken") };
    assert!(error.to_string().contains("line 1") && error.to_string().contains("1.3.a"), "{error}");
    assert!(events.is_empty());
    home.store.writes_left(0);
    assert!(matches!(home.gate().keep_rules("", at(1)), Err(AccessError::Store(_))));
    home.store.heal();
    let night = at(-3 * 60 * 60);
    let operator = person(&home, &[Role::Owner], night);
    let (denial, _) = home.denied("administer", || home.gate().administer(&operator));
    assert_eq!(denial.code, "home-policy");
}

#[test]
fn an_operator_reveals_under_a_grant_until_it_is_spent_for_the_day() {
    let home = Home::new();
    home.gate().keep_grants([grant()]);
    let today = person(&home, &[Role::Operator], at(0));
    assert_eq!(reveal(&home, &today, 2), (2, vec![]));
    assert_eq!(reveal(&home, &today, 2), (1, vec!["volume-spent"]), "one of three was left");
    assert_eq!(reveal(&home, &today, 1), (0, vec!["volume-spent"]));
    let asked = [seller("S1")].into();
    let denied = home.gate().may_reveal(&today, Purpose::Fulfilment, &asked).unwrap();
    assert_eq!(denied[&seller("S1")].code, "volume-spent", "and nothing is looked up for it");
    let tomorrow = person(&home, &[Role::Operator], at(24 * 60 * 60));
    assert_eq!(reveal(&home, &tomorrow, 3), (3, vec![]));
    let after = person(&home, &[Role::Operator], at(40 * 60 * 60));
    assert_eq!(reveal(&home, &after, 1), (0, vec!["grant-ended"]));
}

#[test]
fn a_grant_is_nothing_without_the_role_and_the_role_nothing_without_a_grant() {
    let mut home = Home::empty(Environment::Production);
    home.gate().make_owner(OWNER, &sensitive(PASSWORD), home.request(), at(0)).ok().unwrap();
    for (grants, roles, expected) in [
        (vec![grant()], vec![Role::Operator], (1, vec![])),
        (vec![grant()], vec![Role::Owner], (0, vec!["role-not-allowed"])),
        (vec![], vec![Role::Operator], (0, vec!["no-grant"])),
    ] {
        home.gate().keep_grants(grants);
        let caller = person(&home, &roles, at(0));
        assert_eq!(reveal(&home, &caller, 1), expected, "{roles:?}");
    }
    home.reopen();
    let caller = person(&home, &[Role::Operator], at(0));
    assert_eq!(reveal(&home, &caller, 1), (0, vec!["no-grant"]), "grants are kept by who approves them");
}

#[test]
fn a_ticket_that_a_home_asks_for_is_asked_for_where_fields_are() {
    let home = Home::new();
    let ticket = "forbid (principal, action == Action::\"reveal\", resource) unless { context.ticket };";
    home.gate().keep_rules(ticket, at(0)).unwrap();
    let officer = home.owner();
    let asked = [seller("S1")].into();
    assert!(home.gate().may_reveal(&officer, Purpose::Fulfilment, &asked).unwrap().is_empty());
    assert_eq!(reveal(&home, &officer, 1), (0, vec!["home-policy"]));
}

#[test]
fn a_decision_is_explained_to_those_who_answer_for_access_and_to_nobody_else() {
    let home = Home::new();
    let key = home.service("labels", &[Purpose::Fulfilment], &[Class::Address]);
    let (owner, service, s1) = (home.owner(), home.caller(key.expose(), at(0)), seller("S1"));
    let explain = |who, action, field, purpose| {
        let asked = ToExplain { who, action, seller: &s1, kind: None, field, purpose };
        home.gate().explain(&owner, &asked).map(|explanation| (explanation.is_allowed, explanation.policies))
    };
    let city = Some("recipient.deliveryAddress.city");
    let purpose = Some(Purpose::Fulfilment);
    let by = |policy: &str| (true, vec![policy.to_owned()]);
    assert_eq!(explain("labels", "reveal", city, purpose).ok(), Some(by("service-reveals")));
    assert_eq!(explain("labels", "reveal", None, purpose).ok(), Some(by("service-may-ask")));
    assert_eq!(explain("labels", "find", None, None).ok(), Some((false, vec![])));
    assert_eq!(explain("Mara.L@warehouse.example", "show", None, None).ok(), Some(by("masks-are-seen")));
    assert_eq!(
        explain(MAIL, "reveal", Some("nobody.knows.this"), purpose).ok(),
        Some((false, vec!["purposes-of-the-field".to_owned(), "unclassified-is-for-nobody".to_owned()]))
    );
    for (who, action, field, purpose) in [
        ("somebody", "show", None, None),
        ("labels", "peek", None, None),
        ("labels", "reveal", city, None),
        ("labels", "reveal", Some("fulfillment.fulfillmentStatus"), purpose),
    ] {
        let refused = explain(who, action, field, purpose);
        assert!(matches!(refused, Err(AccessError::Unacceptable(_))), "{who} {action} {field:?}");
    }
    let asked =
        ToExplain { who: "labels", action: "show", seller: &s1, kind: None, field: None, purpose: None };
    home.denied("read-access", || home.gate().explain(&service, &asked));
}

#[test]
fn who_could_see_a_field_is_told_by_name() {
    let home = Home::new();
    home.service("labels", &[Purpose::Fulfilment], &[Class::Address]);
    home.service("mails", &[Purpose::Fulfilment], &[Class::Contact]);
    let who = |seller_id: &str| -> Vec<String> {
        let seen = home.gate().who(&home.owner(), &seller(seller_id), None, "recipient.deliveryAddress.city");
        seen.unwrap().into_iter().map(|seen| seen.name).collect()
    };
    assert_eq!(who("S1"), ["Mara Lindqvist", "labels"]);
    assert_eq!(who("S2"), ["Mara Lindqvist"], "the officer of a test home");
}
