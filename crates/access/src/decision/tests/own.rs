//! A home's own policies: what is taken, what is refused, and that they only ever forbid more.

use super::*;
use bailee_core::requirement::Requirement;

fn refused(own: &str) -> String {
    match Rules::new(own).err() {
        Some(RulesError::Own(error)) => error.to_string(),
        other => panic!("{own}: {:?}", other.map(|error| error.to_string())),
    }
}

/// What a shipping service of OWN is told when it reveals a name for fulfilment.
fn told(own: &str, change: impl FnOnce(&mut Circumstances)) -> String {
    let rules = Rules::new(own).unwrap();
    let service = service(&[Purpose::Fulfilment], &[Class::Identity]);
    let mut circumstances = in_a(Environment::Production);
    change(&mut circumstances);
    let own = seller("OWN");
    let purposes = &[Purpose::Fulfilment];
    let field = Field { seller: &own, kind: Kind::Order, class: Class::Identity, purposes };
    let decided = rules.decide_field(Subject::Service(&service), Purpose::Fulfilment, &field, &circumstances);
    decided.map_or_else(|denial| denial.words, |_| "yes".to_owned())
}

#[test]
fn what_permits_does_not_fit_or_cannot_be_read_is_refused_by_its_line() {
    let lines = [
        "permit (principal, action, resource);",
        "// a comment\n\n  permit (principal is Person, action, resource);",
        "forbid (principal, action, resource)",
        "forbid (principal, action, resource);\nforbid (principal, action, resource) when { context.hour < \"6\" };",
        "forbid (principal, action, resource) when {\n  resource.class == Class::\"tax\"\n};",
        "forbid (principal, action == Action::\"reveal\", resource is Field) when { resource.class == Class::\"taxes\" };",
        "forbid (principal, action == Action::\"peek\", resource);",
        "forbid (principal is Customer, action, resource);",
        "forbid (principal, action, resource) when { context.grant == context.grant };",
        "forbid (principal is Service, action, resource) when { principal.sellers.isEmpty() };",
        "forbid (principal, action, resource) when { context.factor_age_seconds > 60 };",
        "forbid (principal is Person, action, resource is Field) when { context.hour < 6 && false };",
        "@id(\"owner-administers\")\nforbid (principal, action, resource);",
        "@id(\"Nights\")\nforbid (principal, action, resource);",
        "@id(\"a\")\nforbid (principal, action, resource);\n@id(\"a\")\nforbid (principal, action, resource);",
        "@requirement(\"none\")\nforbid (principal, action, resource);",
        "forbid (principal == ?principal, action, resource);",
    ];
    let told: Vec<String> = lines.iter().map(|own| refused(own)).collect();
    assert!(told.iter().all(|line| line.contains("(1.3.a)") && !line.contains('\n')), "{told:#?}");
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_home_without_policies_of_its_own_goes_by_the_program_s() {
    assert_eq!(told("", |_| ()), "yes");
    assert_eq!(told("// none yet\n", |_| ()), "yes");
}

#[test]
fn a_home_forbids_by_the_circumstances() {
    let check = |own: &str, change: fn(&mut Circumstances), is_allowed: bool| {
        assert_eq!(told(own, change) == "yes", is_allowed, "{own}");
    };
    let nights = "forbid (principal, action, resource) when { context.hour < 6 };";
    check(nights, |asked| asked.hour = 5, false);
    check(nights, |asked| asked.hour = 6, true);
    let ticket =
        "forbid (principal, action == Action::\"reveal\", resource is Field) unless { context.ticket };";
    check(ticket, |_| (), false);
    check(ticket, |asked| asked.ticket = true, true);
    let inside = "forbid (principal is Service, action, resource)
        unless { context has address && context.address.isInRange(ip(\"10.0.0.0/8\")) };";
    check(inside, |_| (), false);
    check(inside, |asked| asked.address = Some([10, 1, 2, 3].into()), true);
    check(inside, |asked| asked.address = Some([192, 0, 2, 1].into()), false);
    let volume = "forbid (principal, action, resource) when { context.spent_today >= 100 };";
    check(volume, |asked| asked.spent_today.add(None, 99), true);
    check(volume, |asked| asked.spent_today.add(None, 100), false);
    let factor = "forbid (principal, action == Action::\"reveal\", resource)
        unless { context has factor_age_seconds && context.factor_age_seconds <= 300 };";
    check(factor, |asked| asked.factor_age_seconds = Some(300), true);
    check(factor, |asked| asked.factor_age_seconds = Some(301), false);
    let device = "forbid (principal, action, resource) unless { context.device };";
    check(device, |asked| asked.device = true, true);
    check(device, |_| (), false);
}

#[test]
fn a_home_forbids_by_who_and_what() {
    for (condition, is_allowed) in [
        ("(principal is Person, action, resource)", true),
        ("(principal == Service::\"01010101010101010101010101010101\", action, resource)", false),
        ("(principal == Service::\"02020202020202020202020202020202\", action, resource)", true),
        ("(principal, action, resource in Seller::\"OWN\")", false),
        ("(principal, action, resource in Seller::\"OTHER\")", true),
        ("(principal, action == Action::\"collect\", resource)", true),
        (
            "(principal, action == Action::\"reveal\", resource) when { context.purpose == Purpose::\"fulfilment\" }",
            false,
        ),
        (
            "(principal, action == Action::\"reveal\", resource) when { context.purpose == Purpose::\"tax\" }",
            true,
        ),
        ("(principal, action, resource is Field) when { resource.class == Class::\"identity\" }", false),
        ("(principal, action, resource is Field) when { resource.kind == Kind::\"return\" }", true),
        (
            "(principal is Service, action, resource) when { principal.classes.contains(Class::\"identity\") }",
            false,
        ),
        ("(principal, action, resource) when { context.environment == Environment::\"test\" }", true),
    ] {
        assert_eq!(told(&format!("forbid {condition};"), |_| ()) == "yes", is_allowed, "{condition}");
    }
}

#[test]
fn its_denial_names_the_policy_its_requirement_and_its_reason() {
    let own = "@id(\"no-nights\") @requirement(\"2.6.g\") @reason(\"nobody works at night\")
forbid (principal, action, resource) when { context.hour < 6 };

forbid (principal, action, resource) when { context.hour > 21 };";
    let rules = Rules::new(own).unwrap();
    let denial = |hour| {
        let night = Circumstances { hour, ..in_a(Environment::Production) };
        rules.decide(person(&[Role::Owner]), &Action::Administer, &night).unwrap_err()
    };
    let (named, unnamed) = (denial(5), denial(22));
    assert_eq!((named.code, named.requirement), ("home-policy", Requirement::Extraction));
    assert_eq!(named.words, "this home's own policy no-nights forbids it: nobody works at night");
    assert_eq!((unnamed.code, unnamed.requirement), ("home-policy", Requirement::FineGrainedAccess));
    assert_eq!(unnamed.words, "this home's own policy line-4 forbids it");
}

#[test]
fn what_the_program_refuses_is_refused_in_its_own_words() {
    let rules = Rules::new("forbid (principal, action, resource);").unwrap();
    let circumstances = in_a(Environment::Production);
    let denial = rules.decide(person(&[Role::Auditor]), &Action::Administer, &circumstances).unwrap_err();
    assert_eq!(denial.code, "role-not-allowed");
}

#[test]
fn a_policy_that_cannot_be_evaluated_forbids() {
    let overflows = "forbid (principal, action, resource) when { context.now * 9223372036854775807 == 0 };";
    assert_ne!(told(overflows, |_| ()), "yes");
}

#[test]
fn the_limits_hold_at_n_and_n_plus_1() {
    let policies = |count: usize| "forbid (principal is Person, action, resource);\n".repeat(count);
    assert!(Rules::new(&policies(OWN_POLICIES_MAX)).is_ok());
    assert!(refused(&policies(OWN_POLICIES_MAX + 1)).contains("at most 200 policies"));
    let bytes = |count: usize| format!("//{}", "x".repeat(count - 2));
    assert!(Rules::new(&bytes(OWN_BYTES_MAX)).is_ok());
    assert!(refused(&bytes(OWN_BYTES_MAX + 1)).contains("bytes"));
    let named =
        |length: usize| format!("@id(\"{}\") forbid (principal, action, resource);", "n".repeat(length));
    assert!(Rules::new(&named(40)).is_ok());
    assert!(refused(&named(41)).contains("1 to 40"));
}

#[test]
fn the_hash_is_that_of_policies_and_schema_and_changes_with_either() {
    let hash = |own: &str| Rules::new(own).unwrap().hash();
    let own = "forbid (principal, action, resource);";
    assert_eq!(hash(own), hash(own));
    assert_ne!(hash(""), hash(own));
    assert_ne!(hash(own), hash(&format!("{own}\n")));
    assert_eq!(Rules::new(own).unwrap().count(), RULES.count() + 1);
}

#[test]
fn what_a_home_s_own_policies_may_speak_of() {
    insta::assert_snapshot!(Rules::own_schema());
}
