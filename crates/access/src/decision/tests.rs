use super::*;
use bailee_core::ServiceId;

const ENVIRONMENTS: [Environment; 2] = [Environment::Production, Environment::Test];

fn seller(id: &str) -> SellerId {
    id.parse().unwrap()
}

fn service(purposes: &[Purpose], classes: &[Class]) -> Service {
    Service {
        id: ServiceId([1; 16]),
        name: "erp".into(),
        owner: bailee_core::PersonId([2; 16]),
        sellers: vec![seller("OWN")],
        purposes: purposes.to_vec(),
        classes: classes.to_vec(),
        keys: Vec::new(),
        since: "2026-11-23T00:00:00Z".parse().unwrap(),
    }
}

fn verdict(decided: Result<(), Denial>) -> String {
    decided.map_or_else(|denial| format!("{} ({})", denial.code, denial.requirement), |()| "yes".into())
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
        ("read catalogue", Action::ReadCatalogue),
        ("read unclassified, all", Action::ReadUnclassified(None)),
        ("read unclassified, own seller", Action::ReadUnclassified(Some(&own))),
        ("classify", Action::Classify),
        ("classify as a fact", Action::Declassify),
        ("read ledger", Action::ReadLedger),
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
    let mut subjects: Vec<(String, Subject<'_>)> = Vec::new();
    let all: &[(&str, &[Role])] = &[
        ("owner", &[Role::Owner]),
        ("officer", &[Role::Officer]),
        ("auditor", &[Role::Auditor]),
        ("operator", &[Role::Operator]),
        ("nobody", &[]),
    ];
    for environment in ENVIRONMENTS {
        for &(name, roles) in all {
            subjects.push((format!("{environment} {name}"), Subject::Person { roles, environment }));
        }
    }
    let first = [Role::Owner, Role::Officer, Role::Auditor];
    subjects.push((
        "test first person".into(),
        Subject::Person { roles: &first, environment: Environment::Test },
    ));
    subjects.push(("shipping service".into(), Subject::Service(&shipper)));
    subjects.push(("collecting service".into(), Subject::Service(&collector)));

    let head: Vec<String> = subjects.iter().map(|(name, _)| name.clone()).collect();
    let rows: Vec<(String, Vec<String>)> = actions
        .iter()
        .map(|(name, action)| {
            let cells = subjects.iter().map(|(_, subject)| verdict(decide(*subject, action))).collect();
            ((*name).to_owned(), cells)
        })
        .collect();
    insta::assert_snapshot!(table(&head, &rows));
}

#[test]
fn the_whole_class_by_purpose_matrix_of_a_service() {
    let service = service(&[Purpose::Fulfilment, Purpose::Tax], &[Class::Identity, Class::Tax]);
    let of_field = [Purpose::Fulfilment, Purpose::Invoice];
    let head: Vec<String> = Purpose::ALL.iter().map(ToString::to_string).collect();
    let rows: Vec<(String, Vec<String>)> = Class::ALL
        .iter()
        .map(|class| {
            let cell = |purpose: &Purpose| {
                verdict(
                    decide(Subject::Service(&service), &Action::Reveal(&seller("OWN"), *purpose))
                        .and_then(|()| decide_field(Subject::Service(&service), *purpose, *class, &of_field)),
                )
            };
            (class.to_string(), Purpose::ALL.iter().map(cell).collect())
        })
        .collect();
    insta::assert_snapshot!(table(&head, &rows));
}

#[test]
fn an_officer_of_a_test_home_sees_any_class_for_a_purpose_of_the_field_but_unclassified() {
    let officer = Subject::Person { roles: &[Role::Officer], environment: Environment::Test };
    for class in Class::ALL {
        let decided = verdict(decide_field(officer, Purpose::Tax, *class, &[Purpose::Tax]));
        assert_eq!(decided, if *class == Class::Unclassified { "unclassified (0.a)" } else { "yes" });
        assert!(decide_field(officer, Purpose::Invoice, *class, &[Purpose::Tax]).is_err());
    }
}

#[test]
fn every_denial_says_what_to_do_and_names_a_requirement() {
    let (own, other) = (seller("OWN"), seller("OTHER"));
    let service = service(&[], &[]);
    let operator = Subject::Person { roles: &[Role::Operator], environment: Environment::Test };
    let as_service = Subject::Service(&service);
    let denials = [
        unknown_purpose(),
        decide(operator, &Action::Administer).unwrap_err(),
        decide(operator, &Action::Reveal(&own, Purpose::Tax)).unwrap_err(),
        decide(as_service, &Action::Administer).unwrap_err(),
        decide(as_service, &Action::Show(&other)).unwrap_err(),
        decide(as_service, &Action::Reveal(&own, Purpose::Tax)).unwrap_err(),
        decide(as_service, &Action::Find(&own, &[TermKind::Name])).unwrap_err(),
        decide_field(as_service, Purpose::Tax, Class::Unclassified, &[]).unwrap_err(),
        decide_field(as_service, Purpose::Tax, Class::Tax, &[]).unwrap_err(),
        decide_field(as_service, Purpose::Tax, Class::Tax, &[Purpose::Invoice]).unwrap_err(),
        decide_field(as_service, Purpose::Tax, Class::Tax, &[Purpose::Tax]).unwrap_err(),
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
    let refused = |id: &str| decide(Subject::Service(&service), &Action::Show(&seller(id))).unwrap_err();
    assert_eq!(refused("OTHER"), refused("NEVER-HEARD-OF"));
}
