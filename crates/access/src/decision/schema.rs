//! The schema against which every policy is validated, generated from the program's closed sets.
//!
//! What a home's own policies may speak of is less: nothing of grants and of what a service is bound to beyond its
//! purposes and classes. They forbid by what is asked and how, and so their answer never hangs on which grant is tried.

use std::fmt::Write as _;

use bailee_core::{Class, Environment, Kind, Purpose};

use super::REVEAL;
use crate::person::Role;

/// Whose policies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// Those that come with the program.
    Program,
    /// Those of a home.
    Home,
}

/// What an action is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    Home,
    Seller,
    HomeOrSeller,
    /// A seller whose records are searched.
    Search,
    /// A seller whose fields are asked for, and then each of the fields.
    Fields,
}

/// Every action, by its code. One that is missing here is allowed to nobody.
pub(super) const ACTIONS: [(&str, On); 31] = [
    ("administer", On::Home),
    ("read-keys", On::Home),
    ("run-retention", On::Home),
    ("read-retention", On::HomeOrSeller),
    ("read-quarantine", On::HomeOrSeller),
    ("discard-quarantine", On::Seller),
    ("erase", On::Seller),
    ("restrict", On::Seller),
    ("rectify", On::Seller),
    ("handle-requests", On::Home),
    ("answer-person", On::Seller),
    ("read-catalogue", On::Home),
    ("read-unclassified", On::HomeOrSeller),
    ("classify", On::Home),
    ("declassify", On::Home),
    ("archive", On::Home),
    ("export", On::Seller),
    ("export-in-bulk", On::Seller),
    ("read-exports", On::Home),
    ("tell-recipients", On::Home),
    ("keep-prints", On::Home),
    ("read-ledger", On::Home),
    ("read-access", On::Home),
    ("ask-grant", On::Home),
    ("release-grant", On::Home),
    ("release-proposal", On::Home),
    ("break-glass", On::Home),
    ("collect", On::Seller),
    ("show", On::Seller),
    ("find", On::Search),
    (REVEAL, On::Fields),
];

/// What is told of the circumstances of everything that is asked; see [`Circumstances`](super::Circumstances).
const CIRCUMSTANCES: &str = "
    environment: Environment,
    ticket: Bool,
    address?: ipaddr,
    device: Bool,
    alone: Bool,
    factor_age_seconds?: Long,
    hour: Long,
    spent_today: Long,
    now: Long";

/// Every role. One that is missing here is unknown to every policy.
pub(super) const ROLES: [Role; 4] = [Role::Owner, Role::Officer, Role::Auditor, Role::Operator];

/// The schema, in Cedar's own syntax.
pub(super) fn text(of: Of) -> String {
    let is_program = of == Of::Program;
    let only_program = |text: &'static str| if is_program { text } else { "" };
    let mut schema = String::new();
    for (name, members) in [
        ("Environment", names(Environment::ALL)),
        ("Role", names(&ROLES)),
        ("Kind", names(Kind::ALL)),
        ("Class", names(Class::ALL)),
        ("Purpose", names(Purpose::ALL)),
    ] {
        let _ = writeln!(schema, "entity {name} enum [{}];", quoted(&members));
    }
    let person = only_program(" { grants: Set<Grant> }");
    let bound = only_program("sellers: Set<Seller>, grants: Set<Grant>, ");
    let _ = writeln!(
        schema,
        "entity Home;
entity Seller in [Home];
entity Field in [Seller] {{ seller: Seller, kind: Kind, class: Class, purposes: Set<Purpose> }};
entity Person in [Role]{person};
entity Service {{ {bound}purposes: Set<Purpose>, classes: Set<Class> }};"
    );
    if is_program {
        schema.push_str(
            "entity Grant {
    seller: Seller, classes: Set<Class>, purpose: Purpose, until: Long, fields_a_day: Long
};
",
        );
    }
    for on in [On::Home, On::HomeOrSeller, On::Seller, On::Search, On::Fields] {
        let (resources, more) = match on {
            On::Home => ("Home", ""),
            On::HomeOrSeller => ("Home, Seller", ""),
            On::Seller => ("Seller", ""),
            On::Search => ("Seller", ",\n    classes: Set<Class>"),
            On::Fields => ("Seller, Field", ",\n    purpose: Purpose"),
        };
        let granted = match on {
            On::Search | On::Fields => only_program(",\n    grant?: Grant,\n    spent_under_grant: Long"),
            On::Home | On::HomeOrSeller | On::Seller => "",
        };
        let codes = ACTIONS.iter().filter(|(_, one)| *one == on).map(|(code, _)| (*code).to_owned());
        let _ = writeln!(
            schema,
            "action {} appliesTo {{ principal: [Person, Service], resource: [{resources}], context: {{{CIRCUMSTANCES}{more}{granted}
}} }};",
            quoted(&codes.collect::<Vec<_>>())
        );
    }
    schema
}

fn names<T: ToString>(all: &[T]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}
