//! Explanations say what decided, and agree with it.

use super::*;

fn told(explanation: &Explanation) -> String {
    let Explanation { is_allowed, policies, grant, requirement, words, remedy } = explanation;
    let grant = grant.map_or("-".to_owned(), |grant| grant.to_string());
    let (words, remedy) = (words.as_deref().unwrap_or("-"), remedy.as_deref().unwrap_or("-"));
    format!("{is_allowed} by {policies:?}, grant {grant} [{requirement}] {words} / {remedy}")
}

#[test]
fn an_explanation_names_the_policies_the_grant_and_what_would_change_it() {
    let own_policies = "@id(\"nights\") forbid (principal is Person in Role::\"auditor\", action, resource);";
    let (own, operator) = (seller("OWN"), person(&[Role::Operator]));
    let rules = Rules::new(own_policies).unwrap().with_grants([grant(
        7,
        operator.principal(),
        Purpose::Tax,
        &[Class::Tax],
    )]);
    let service = service(&[Purpose::Tax], &[Class::Tax]);
    let (production, test) = (in_a(Environment::Production), in_a(Environment::Test));
    let explain =
        |subject, action: Action<'_>, circumstances| told(&rules.explain(subject, &action, circumstances));
    let of_field = |subject, class, circumstances: &Circumstances| {
        let field = Field { seller: &own, kind: Kind::Order, class, purposes: &[Purpose::Tax] };
        told(&rules.explain_field(subject, Purpose::Tax, &field, circumstances))
    };
    let lines = [
        explain(person(&[Role::Owner]), Action::Administer, &production),
        explain(person(&[Role::Officer]), Action::Administer, &production),
        explain(person(&[Role::Officer]), Action::Declassify, &production),
        explain(person(&[Role::Auditor]), Action::ReadLedger, &production),
        explain(operator, Action::Find(&own, &[TermKind::Phone]), &production),
        of_field(operator, Class::Tax, &production),
        of_field(operator, Class::Contact, &production),
        of_field(operator, Class::Unclassified, &production),
        of_field(person(&[Role::Officer]), Class::Contact, &production),
        of_field(person(&[Role::Officer]), Class::Contact, &test),
        of_field(Subject::Service(&service), Class::Tax, &production),
        of_field(Subject::Service(&service), Class::Contact, &production),
    ];
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn everybody_who_could_see_a_field_is_named_with_why() {
    let own = seller("OWN");
    let officer = Subject::Person { id: PersonId([1; 16]), roles: &[Role::Officer] };
    let operator = Subject::Person { id: PersonId([2; 16]), roles: &[Role::Operator] };
    let without_role = Subject::Person { id: PersonId([3; 16]), roles: &[Role::Owner] };
    let (shipper, collector) = (
        service(&[Purpose::Fulfilment, Purpose::Invoice], &[Class::Address]),
        Service { id: ServiceId([9; 16]), ..service(&[Purpose::Fulfilment], &[]) },
    );
    let everybody =
        [officer, operator, without_role, Subject::Service(&shipper), Subject::Service(&collector)];
    let grants = [operator, without_role]
        .map(|subject| grant(5, subject.principal(), Purpose::Fulfilment, &[Class::Address]));
    let nights = "forbid (principal, action, resource) when { context.hour < 23 };";
    let rules = Rules::new(nights).unwrap().with_grants(grants);
    let purposes = &[Purpose::Fulfilment, Purpose::Invoice];
    let address = Field { seller: &own, kind: Kind::Order, class: Class::Address, purposes };
    let who = |environment, now| -> Vec<String> {
        let mut circumstances = Circumstances::at(environment, now);
        circumstances.spent_today.add(Some(GrantId([5; 16])), 10);
        rules
            .who(everybody, &address, &circumstances)
            .iter()
            .map(|sight| {
                let purposes: Vec<_> = sight.purposes.iter().map(|purpose| purpose.as_str()).collect();
                let principal = sight.principal.to_string();
                format!("{} {purposes:?} {:?} {}", &principal[..10], sight.policies, sight.grants.len())
            })
            .collect()
    };
    let service = r#"service:01 ["fulfilment", "invoice"] ["service-reveals"] 0"#;
    let operator = r#"person:020 ["fulfilment"] ["grant-reveals"] 1"#;
    let officer = r#"person:010 ["fulfilment", "invoice"] ["officer-reveals-in-a-test-home"] 0"#;
    assert_eq!(who(Environment::Production, at(9)), [operator, service], "spent and at night, still could");
    assert_eq!(who(Environment::Production, at(25)), [service], "the grant has ended");
    assert_eq!(who(Environment::Test, at(9)), [officer, operator, service]);
}
