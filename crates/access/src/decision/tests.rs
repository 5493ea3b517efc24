use super::*;
use std::sync::LazyLock;

use bailee_core::time::saturating_add;
use bailee_core::{Environment, ServiceId, Timestamp};

use crate::Denial;
use crate::grant::Grant;

mod explain;
mod own;
mod properties;

const ENVIRONMENTS: [Environment; 2] = [Environment::Production, Environment::Test];

/// The program's own.
static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::new("").unwrap());

fn seller(id: &str) -> SellerId {
    id.parse().unwrap()
}

/// So many hours into the day.
fn at(hours: i64) -> Timestamp {
    saturating_add("2026-11-23T00:00:00Z".parse().unwrap(), hours * 60 * 60)
}

fn in_a(environment: Environment) -> Circumstances {
    Circumstances::at(environment, at(9))
}

fn person(roles: &[Role]) -> Subject<'_> {
    Subject::Person { id: PersonId([1; 16]), roles }
}

fn service(purposes: &[Purpose], classes: &[Class]) -> Service {
    Service {
        id: ServiceId([1; 16]),
        name: "erp".into(),
        owner: PersonId([2; 16]),
        sellers: vec![seller("OWN")],
        purposes: purposes.to_vec(),
        classes: classes.to_vec(),
        keys: Vec::new(),
        since: at(0),
    }
}

/// A grant of that number: of OWN, for ten fields of a day, from 1 o'clock for a day.
fn grant(number: u8, principal: PrincipalId, purpose: Purpose, classes: &[Class]) -> Grant {
    Grant {
        id: GrantId([number; 16]),
        principal,
        seller: seller("OWN"),
        classes: classes.to_vec(),
        purpose,
        until: at(25),
        fields_a_day: 10,
        asked_by: PersonId([2; 16]),
        approved_by: PersonId([3; 16]),
        since: at(1),
    }
}

fn verdict(decided: Result<Permit, Denial>) -> String {
    decided.map_or_else(|denial| format!("{} ({})", denial.code, denial.requirement), |_| "yes".into())
}

/// Lines of `row | cell | cell …`, padded, so that a changed cell is one changed line.
fn table(head: &[String], rows: &[(String, Vec<String>)]) -> String {
    let line = |first: &str, cells: &[String]| {
        let cells: String = cells.iter().map(|cell| format!(" | {cell:<28}")).collect();
        format!("{first:<34}{cells}").trim_end().to_owned() + "\n"
    };
    rows.iter().fold(line("", head), |text, (row, cells)| text + &line(row, cells))
}

#[test]
fn the_whole_role_by_action_matrix() {
    let (own, other) = (seller("OWN"), seller("OTHER"));
    let actions = [
        ("administer", Action::Administer),
        ("read keys", Action::ReadKeys),
        ("run retention", Action::RunRetention),
        ("read retention, all", Action::ReadRetention(None)),
        ("read retention, own seller", Action::ReadRetention(Some(&own))),
        ("read retention, other seller", Action::ReadRetention(Some(&other))),
        ("read quarantine, all", Action::ReadQuarantine(None)),
        ("read quarantine, own seller", Action::ReadQuarantine(Some(&own))),
        ("discard quarantine, own seller", Action::DiscardQuarantine(&own)),
        ("discard quarantine, other seller", Action::DiscardQuarantine(&other)),
        ("erase, own seller", Action::Erase(&own)),
        ("erase, other seller", Action::Erase(&other)),
        ("restrict, own seller", Action::Restrict(&own)),
        ("restrict, other seller", Action::Restrict(&other)),
        ("rectify, own seller", Action::Rectify(&own)),
        ("rectify, other seller", Action::Rectify(&other)),
        ("handle requests", Action::HandleRequests),
        ("answer a person, own seller", Action::AnswerPerson(&own)),
        ("answer a person, other seller", Action::AnswerPerson(&other)),
        ("read catalogue", Action::ReadCatalogue),
        ("read unclassified, all", Action::ReadUnclassified(None)),
        ("read unclassified, own seller", Action::ReadUnclassified(Some(&own))),
        ("classify", Action::Classify),
        ("classify as a fact", Action::Declassify),
        ("archive", Action::Archive),
        ("export, own seller", Action::Export(&own)),
        ("export, other seller", Action::Export(&other)),
        ("export in bulk, own seller", Action::ExportInBulk(&own)),
        ("read exports", Action::ReadExports),
        ("tell recipients", Action::TellRecipients),
        ("keep prints", Action::KeepPrints),
        ("read ledger", Action::ReadLedger),
        ("read access", Action::ReadAccess),
        ("ask for a grant", Action::AskGrant),
        ("release grants", Action::ReleaseGrant),
        ("release proposals", Action::ReleaseProposal),
        ("break glass", Action::BreakGlass),
        ("collect, own seller", Action::Collect(&own)),
        ("collect, other seller", Action::Collect(&other)),
        ("show, own seller", Action::Show(&own)),
        ("show, other seller", Action::Show(&other)),
        ("find by phone, own seller", Action::Find(&own, &[TermKind::Phone])),
        ("find by e-mail, own seller", Action::Find(&own, &[TermKind::Email])),
        ("find by name, own seller", Action::Find(&own, &[TermKind::Name])),
        ("find by name+code, own seller", Action::Find(&own, &[TermKind::NamePostalCode])),
        ("find by name, other seller", Action::Find(&other, &[TermKind::Name])),
        ("reveal fulfilment, own seller", Action::Reveal(&own, Purpose::Fulfilment)),
        ("reveal tax, own seller", Action::Reveal(&own, Purpose::Tax)),
        ("reveal fulfilment, other seller", Action::Reveal(&other, Purpose::Fulfilment)),
    ];
    let (shipper, collector) =
        (service(&[Purpose::Fulfilment], &[Class::Identity, Class::Contact]), service(&[], &[]));
    let mut subjects: Vec<(String, Subject<'_>, Environment)> = Vec::new();
    let all: &[(&str, &[Role])] = &[
        ("owner", &[Role::Owner]),
        ("officer", &[Role::Officer]),
        ("auditor", &[Role::Auditor]),
        ("operator", &[Role::Operator]),
        ("nobody", &[]),
    ];
    for environment in ENVIRONMENTS {
        for &(name, roles) in all {
            subjects.push((format!("{environment} {name}"), person(roles), environment));
        }
    }
    let first = [Role::Owner, Role::Officer, Role::Auditor];
    subjects.push(("test first person".into(), person(&first), Environment::Test));
    subjects.push(("shipping service".into(), Subject::Service(&shipper), Environment::Production));
    subjects.push(("collecting service".into(), Subject::Service(&collector), Environment::Production));

    // The same person for all: a grant is nothing without the role.
    let (id, granted) = (PersonId([4; 16]), Service { id: ServiceId([4; 16]), ..service(&[], &[]) });
    let principals = [PrincipalId::Person(id), PrincipalId::Service(granted.id)];
    let grants = [(1, principals[0]), (2, principals[1])].map(|(number, principal)| {
        grant(number, principal, Purpose::Fulfilment, &[Class::Identity, Class::Contact])
    });
    let rules = RULES.with_grants(grants);
    for environment in ENVIRONMENTS {
        for (name, roles) in [("operator", &[Role::Operator]), ("owner", &[Role::Owner])] {
            subjects.push((
                format!("{environment} granted {name}"),
                Subject::Person { id, roles },
                environment,
            ));
        }
    }
    subjects.push(("granted service".into(), Subject::Service(&granted), Environment::Production));

    let head: Vec<String> = subjects.iter().map(|(name, ..)| name.clone()).collect();
    let rows: Vec<(String, Vec<String>)> = actions
        .iter()
        .map(|(name, action)| {
            let cell = |(_, subject, environment): &(String, Subject<'_>, Environment)| {
                verdict(rules.decide(*subject, action, &in_a(*environment)))
            };
            let cells = subjects.iter().map(cell).collect();
            ((*name).to_owned(), cells)
        })
        .collect();
    insta::assert_snapshot!(table(&head, &rows));
}

/// Class by purpose of one who may ask about OWN, of fields that may be used for fulfilment and invoices.
fn class_by_purpose(rules: &Rules, subject: Subject<'_>) -> String {
    let (own, production) = (seller("OWN"), in_a(Environment::Production));
    let head: Vec<String> = Purpose::ALL.iter().map(ToString::to_string).collect();
    let rows: Vec<(String, Vec<String>)> = Class::ALL
        .iter()
        .map(|class| {
            let purposes = &[Purpose::Fulfilment, Purpose::Invoice];
            let field = Field { seller: &own, kind: Kind::Order, class: *class, purposes };
            let cell = |purpose: &Purpose| {
                let any = rules.decide(subject, &Action::Reveal(&own, *purpose), &production);
                verdict(any.and_then(|_| rules.decide_field(subject, *purpose, &field, &production)))
            };
            (class.to_string(), Purpose::ALL.iter().map(cell).collect())
        })
        .collect();
    table(&head, &rows)
}

#[test]
fn the_whole_class_by_purpose_matrix_of_a_service() {
    let service = service(&[Purpose::Fulfilment, Purpose::Tax], &[Class::Identity, Class::Tax]);
    insta::assert_snapshot!(class_by_purpose(&RULES, Subject::Service(&service)));
}

#[test]
fn the_whole_class_by_purpose_matrix_of_an_operator_with_grants() {
    let operator = person(&[Role::Operator]);
    let rules = RULES.with_grants([
        grant(1, operator.principal(), Purpose::Fulfilment, &[Class::Identity, Class::Address]),
        grant(2, operator.principal(), Purpose::Invoice, &[Class::Tax]),
    ]);
    insta::assert_snapshot!(class_by_purpose(&rules, operator));
}

#[test]
fn an_officer_of_a_test_home_sees_any_class_for_a_purpose_of_the_field_but_unclassified() {
    let (officer, own, test) = (person(&[Role::Officer]), seller("OWN"), in_a(Environment::Test));
    for class in Class::ALL {
        let field = Field { seller: &own, kind: Kind::Order, class: *class, purposes: &[Purpose::Tax] };
        let decided = verdict(RULES.decide_field(officer, Purpose::Tax, &field, &test));
        assert_eq!(decided, if *class == Class::Unclassified { "unclassified (0.a)" } else { "yes" });
        assert!(RULES.decide_field(officer, Purpose::Invoice, &field, &test).is_err());
    }
}

#[test]
fn a_grant_opens_until_its_end_and_until_its_volume_is_spent() {
    let (operator, own) = (person(&[Role::Operator]), seller("OWN"));
    let rules = RULES.with_grants([grant(1, operator.principal(), Purpose::Tax, &[Class::Tax])]);
    let field = Field { seller: &own, kind: Kind::Order, class: Class::Tax, purposes: &[Purpose::Tax] };
    let check = |now: Timestamp, spent: u64, expected: &str| {
        let mut circumstances = Circumstances::at(Environment::Production, now);
        circumstances.spent_today.add(Some(GrantId([1; 16])), spent);
        let any = rules.decide(operator, &Action::Reveal(&own, Purpose::Tax), &circumstances);
        let of_field = rules.decide_field(operator, Purpose::Tax, &field, &circumstances);
        assert_eq!((verdict(any), verdict(of_field)), (expected.into(), expected.into()), "{now} {spent}");
    };
    check(at(9), 0, "yes");
    check(at(9), 9, "yes");
    check(at(9), 10, "volume-spent (1.3.b)");
    check(saturating_add(at(25), -1), 0, "yes");
    check(at(25), 0, "grant-ended (1.3.b)");
    check(at(25), 10, "grant-ended (1.3.b)");
}

#[test]
fn one_grant_spent_leaves_the_other() {
    let (operator, own) = (person(&[Role::Operator]), seller("OWN"));
    let rules = RULES
        .with_grants([1, 2].map(|number| grant(number, operator.principal(), Purpose::Tax, &[Class::Tax])));
    let mut circumstances = in_a(Environment::Production);
    let mut used = Vec::new();
    for _ in 0..21 {
        let permit = rules.decide(operator, &Action::Reveal(&own, Purpose::Tax), &circumstances);
        let grant = permit.ok().and_then(|permit| permit.grant);
        circumstances.spent_today.add(grant, 1);
        used.push(grant.map_or(0, |grant| grant.0[0]));
    }
    assert_eq!(used, [[1; 10].as_slice(), &[2; 10], &[0]].concat());
}

#[test]
fn every_denial_says_what_to_do_and_names_a_requirement() {
    let (own, other) = (seller("OWN"), seller("OTHER"));
    let service = service(&[], &[]);
    let operator = person(&[Role::Operator]);
    let as_service = Subject::Service(&service);
    let test = in_a(Environment::Test);
    let granted = RULES.with_grants([grant(1, operator.principal(), Purpose::Tax, &[Class::Tax])]);
    let refused = |subject, action: Action<'_>| RULES.decide(subject, &action, &test).unwrap_err();
    let refused_field = |class, purposes: &[Purpose]| {
        let field = Field { seller: &own, kind: Kind::Order, class, purposes };
        RULES.decide_field(as_service, Purpose::Tax, &field, &test).unwrap_err()
    };
    let under_grant = |action: Action<'_>, hours: i64, spent: u64| {
        let mut circumstances = Circumstances::at(Environment::Production, at(hours));
        circumstances.spent_today.add(Some(GrantId([1; 16])), spent);
        granted.decide(operator, &action, &circumstances).unwrap_err()
    };
    let denials = [
        unknown_purpose(),
        refused(operator, Action::Administer),
        refused(operator, Action::Reveal(&own, Purpose::Tax)),
        refused(as_service, Action::Administer),
        refused(as_service, Action::Show(&other)),
        refused(as_service, Action::Reveal(&own, Purpose::Tax)),
        refused(as_service, Action::Find(&own, &[TermKind::Name])),
        refused_field(Class::Unclassified, &[]),
        refused_field(Class::Tax, &[]),
        refused_field(Class::Tax, &[Purpose::Invoice]),
        refused_field(Class::Tax, &[Purpose::Tax]),
        under_grant(Action::Reveal(&own, Purpose::Invoice), 9, 0),
        under_grant(Action::Find(&own, &[TermKind::NamePostalCode]), 9, 0),
        under_grant(Action::Reveal(&own, Purpose::Tax), 9, 10),
        under_grant(Action::Reveal(&own, Purpose::Tax), 25, 0),
        granted
            .decide(
                person(&[Role::Owner]),
                &Action::Reveal(&own, Purpose::Tax),
                &in_a(Environment::Production),
            )
            .unwrap_err(),
    ];
    let told: Vec<String> = denials
        .iter()
        .map(|denial| format!("{}: {} [{}] {}", denial.code, denial.words, denial.requirement, denial.remedy))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_service_learns_nothing_of_whether_another_seller_exists() {
    let service = service(&[Purpose::Tax], &[Class::Tax]);
    let refused = |id: &str| {
        let other = seller(id);
        let asked = Action::Show(&other);
        RULES.decide(Subject::Service(&service), &asked, &in_a(Environment::Production)).unwrap_err()
    };
    assert_eq!(refused("OTHER"), refused("NEVER-HEARD-OF"));
}

#[test]
fn no_role_has_everything() {
    let own = seller("OWN");
    let needed =
        [Action::Administer, Action::Classify, Action::ReadLedger, Action::Reveal(&own, Purpose::Tax)];
    for environment in ENVIRONMENTS {
        for role in schema::ROLES {
            let roles = [role];
            let operator = grant(1, person(&roles).principal(), Purpose::Tax, &[Class::Tax]);
            let rules = RULES.with_grants([operator]);
            let may = |action: &Action<'_>| rules.decide(person(&roles), action, &in_a(environment)).is_ok();
            assert!(needed.iter().any(|action| !may(action)), "{role} in {environment}");
        }
    }
}

#[test]
fn who_owns_a_home_reveals_nothing_in_it() {
    let own = seller("OWN");
    for environment in ENVIRONMENTS {
        for purpose in Purpose::ALL {
            let asked = Action::Reveal(&own, *purpose);
            assert!(RULES.decide(person(&[Role::Owner]), &asked, &in_a(environment)).is_err());
        }
    }
}

#[test]
fn what_a_second_person_approved_is_a_fact_or_erased_in_a_home_of_real_data_too() {
    let (officer, own) = (person(&[Role::Officer]), seller("OWN"));
    for environment in [Environment::Production, Environment::Test] {
        for alone in [true, false] {
            let asked = Circumstances { alone, ..in_a(environment) };
            for action in [Action::Declassify, Action::Erase(&own)] {
                assert_eq!(RULES.decide(officer, &action, &asked).is_err(), alone, "{environment:?}");
            }
        }
    }
}
