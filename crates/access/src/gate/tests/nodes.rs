//! Several gates over one store: none decides by what another has changed, and what each keeps is what would be found anew.

use bailee_core::catalogue::Catalogue;
use bailee_core::{
    Class, FieldInstance, GrantId, Kind, PersonId, Purpose, RecordId, RequestId, SellerId, Sensitive,
    ServiceId,
};
use bailee_ledger::event::What;
use proptest::prelude::*;

use super::fixture::{Home, MAIL, PASSWORD, at, new_service, seller, sensitive};
use super::people::{OTHER, OTHER_MAIL, join};
use crate::gate::{Asked, AskedField, AskedGrant, Caller, Gate, LogIn, Presented};
use crate::person::Role;
use crate::{AccessError, Door};

const PATHS: [&str; 3] = ["buyer.buyerName", "buyer.buyerEmail", "recipient.deliveryAddress.city"];

/// What a home's own policies are at one time or another.
const OWN: [&str; 3] = [
    "",
    "forbid (principal, action == Action::\"reveal\", resource is Field) when { resource.class == Class::\"contact\" };",
    "forbid (principal, action == Action::\"reveal\", resource) when { context.purpose == Purpose::\"tax\" };",
];

/// A home with an operator, and two gates over it.
struct Nodes {
    home: Home,
    gates: [Gate; 2],
    operator: PersonId,
    /// The operator's session, where there is one.
    session: Sensitive<String>,
    services: Vec<(ServiceId, Sensitive<String>)>,
    grants: Vec<GrantId>,
    own: &'static str,
}

/// What somebody does at one of the gates.
#[derive(Clone, Copy, Debug)]
enum Step {
    Suspend,
    Resume,
    LogIn,
    AddService { classes: u8 },
    RemoveService(usize),
    Grant { to_service: Option<usize>, classes: u8, tax: bool },
    Revoke(usize),
    Own(usize),
}

fn classes(bits: u8) -> Vec<Class> {
    let all = [Class::Identity, Class::Contact, Class::Address];
    let chosen = all.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1);
    let chosen: Vec<Class> = chosen.map(|(_, class)| *class).collect();
    if chosen.is_empty() { vec![Class::Identity] } else { chosen }
}

fn presented(home: &Home, bearer: &Sensitive<String>) -> Presented {
    home.presented(Some(sensitive(bearer.expose())), at(0))
}

/// What is allowed of each field, or why it is not. As a face does, it is decided again when others were quicker.
fn reveal(home: &Home, gate: &Gate, bearer: &Sensitive<String>, purpose: Purpose) -> Vec<&'static str> {
    let of = seller("S1");
    let decide = || {
        let caller = gate.authenticate(&presented(home, bearer))?;
        decided(gate, &caller, &of, purpose)
    };
    loop {
        match decide() {
            Err(AccessError::Moved) => {}
            Err(AccessError::Denied(denial)) => return vec![denial.code],
            other => return other.ok().unwrap(),
        }
    }
}

fn decided(
    gate: &Gate,
    caller: &Caller,
    of: &SellerId,
    purpose: Purpose,
) -> Result<Vec<&'static str>, AccessError> {
    let catalogue = Catalogue::embedded().unwrap();
    let field = |(at, path): (usize, &&str)| {
        let field = catalogue.field_at(Kind::Order, path).unwrap();
        let instance = FieldInstance(u64::try_from(at).unwrap());
        AskedField { instance, field: field.id, class: field.class.unwrap() }
    };
    let fields: Vec<AskedField> = PATHS.iter().enumerate().map(field).collect();
    let asked = Asked {
        seller: of,
        kind: Kind::Order,
        record: RecordId([1; 16]),
        fields,
        restricted: false,
        consented: &[],
        named: true,
    };
    let decided = gate.reveal(caller, purpose.as_str(), None, &[asked])?;
    let code = |at: usize| {
        let refused = decided.denied.iter().find(|one| one.instance.0 == u64::try_from(at).unwrap());
        refused.map_or("allowed", |one| one.denial.code)
    };
    Ok((0..PATHS.len()).map(code).collect())
}

impl Nodes {
    fn new() -> Self {
        let home = Home::new();
        let (operator, session) = join(&home, OTHER, Role::Operator);
        let gates = [home.another_node(), home.another_node()];
        Self { home, gates, operator, session, services: Vec::new(), grants: Vec::new(), own: "" }
    }

    fn owner(&self, node: usize) -> Caller {
        let token = self.log_in(node, MAIL).unwrap();
        self.gates[node].authenticate(&presented(&self.home, &token)).ok().unwrap()
    }

    fn log_in(&self, node: usize, mail: &str) -> Option<Sensitive<String>> {
        let password = sensitive(PASSWORD);
        let log_in = LogIn {
            mail,
            password: &password,
            code: None,
            passkey: None,
            certificate: None,
            door: Door::Local,
            machine_now: at(0),
        };
        let begun = self.gates[node].log_in(&log_in, self.home.request(), at(0), None);
        begun.ok().map(|session| session.token)
    }

    /// Does it; what is impossible as things are is left.
    fn step(&mut self, node: usize, step: Step) {
        let owner = self.owner(node);
        let gate = &self.gates[node];
        match step {
            Step::Suspend => drop(gate.suspend(&owner, self.operator)),
            Step::Resume => drop(gate.resume(&owner, self.operator)),
            Step::LogIn => {
                if let Some(token) = self.log_in(node, OTHER_MAIL) {
                    self.session = token;
                }
            }
            Step::AddService { classes: bits } => {
                let name = format!("service-{}", self.services.len());
                let purposes = [Purpose::Fulfilment, Purpose::Tax];
                let new = new_service(&name, "S1", &purposes, &classes(bits));
                self.services.push(gate.add_service(&owner, new).ok().unwrap());
            }
            Step::RemoveService(at) => {
                if let Some((id, _)) = self.services.get(at) {
                    drop(gate.remove_service(&owner, *id));
                }
            }
            Step::Grant { to_service, classes: bits, tax } => {
                let (of, purpose) = (seller("S1"), if tax { Purpose::Tax } else { Purpose::Fulfilment });
                let service = to_service.and_then(|at| Some(self.services.get(at)?.0.to_string()));
                let asked = AskedGrant {
                    who: Some(service.as_deref().unwrap_or(OTHER_MAIL)),
                    seller: &of,
                    classes: classes(bits),
                    purpose,
                    until: "8h",
                    fields_a_day: None,
                    ticket: None,
                };
                self.grants.extend(gate.ask_grant(&owner, asked).ok().map(|filed| filed.id));
            }
            Step::Revoke(at) => {
                if let Some(id) = self.grants.get(at) {
                    drop(gate.revoke_grant(&owner, *id));
                }
            }
            Step::Own(which) => {
                // A file beside each node: whoever puts it there does so on all of them.
                self.own = OWN[which % OWN.len()];
                for gate in [&self.gates[node], &self.gates[1 - node]] {
                    while matches!(gate.keep_rules(self.own, at(0)), Err(AccessError::Moved)) {}
                }
            }
        }
    }

    /// Fails unless every gate says what one says that has just read everything.
    fn agree(&self) -> Result<(), TestCaseError> {
        let fresh = self.home.another_node();
        fresh.keep_rules(self.own, at(0)).ok().unwrap();
        let bearers = self.services.iter().map(|(_, key)| key).chain([&self.session]);
        for bearer in bearers {
            for purpose in [Purpose::Fulfilment, Purpose::Tax] {
                let expected = reveal(&self.home, &fresh, bearer, purpose);
                for gate in &self.gates {
                    prop_assert_eq!(&reveal(&self.home, gate, bearer, purpose), &expected, "{:?}", purpose);
                }
            }
        }
        Ok(())
    }
}

fn step() -> impl Strategy<Value = Step> {
    let few = 0..3_usize;
    prop_oneof![
        1 => Just(Step::Suspend),
        1 => Just(Step::Resume),
        1 => Just(Step::LogIn),
        2 => (1..8_u8).prop_map(|classes| Step::AddService { classes }),
        1 => few.clone().prop_map(Step::RemoveService),
        4 => (prop::option::of(few.clone()), 1..8_u8, any::<bool>())
            .prop_map(|(to_service, classes, tax)| Step::Grant { to_service, classes, tax }),
        2 => few.clone().prop_map(Step::Revoke),
        1 => few.prop_map(Step::Own),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    #[test]
    fn on_two_nodes_a_kept_answer_is_the_one_that_would_be_found_anew(
        steps in prop::collection::vec((0..2_usize, step()), 1..12)
    ) {
        let mut nodes = Nodes::new();
        nodes.agree()?;
        for (node, step) in steps {
            nodes.step(node, step);
            nodes.agree()?;
        }
    }
}

#[test]
fn what_was_decided_before_another_node_took_the_right_away_is_not_revealed() {
    let mut nodes = Nodes::new();
    nodes.step(0, Step::AddService { classes: 7 });
    let (id, key) = (nodes.services[0].0, sensitive(nodes.services[0].1.expose()));
    let [one, other] = &nodes.gates;
    let of = seller("S1");
    let caller = one.authenticate(&presented(&nodes.home, &key)).ok().unwrap();
    let owner = nodes.owner(1);
    assert!(other.remove_service(&owner, id).is_ok());
    let (decided, events) = nodes.home.events_of(|| decided(one, &caller, &of, Purpose::Fulfilment));
    assert!(matches!(decided, Err(AccessError::Moved)));
    assert_eq!(events, [], "nothing was said to be revealed");
    let again = reveal(&nodes.home, one, &key, Purpose::Fulfilment);
    assert_eq!(again, ["unknown-credential"]);
}

#[test]
fn a_volume_is_spent_once_on_all_nodes_together() {
    let nodes = Nodes::new();
    let (of, owner) = (seller("S1"), nodes.owner(0));
    let asked = AskedGrant {
        who: Some(OTHER_MAIL),
        seller: &of,
        classes: vec![Class::Identity],
        purpose: Purpose::Fulfilment,
        until: "8h",
        fields_a_day: Some(3),
        ticket: None,
    };
    assert!(nodes.gates[0].ask_grant(&owner, asked).is_ok());
    let name = |node: usize| reveal(&nodes.home, &nodes.gates[node], &nodes.session, Purpose::Fulfilment)[0];
    let shown: Vec<&str> = [0, 1, 0, 1, 0].map(name).into();
    assert_eq!(shown[..3], ["allowed"; 3]);
    assert!(shown[3..].iter().all(|code| *code != "allowed"), "{shown:?}");
}

#[test]
fn an_act_at_a_node_that_was_overtaken_changes_nothing_and_can_be_done_again() {
    let nodes = Nodes::new();
    let [one, other] = &nodes.gates;
    let (at_one, at_other) = (nodes.owner(0), nodes.owner(1));
    // By now the first gate knows nothing of the session that the second began.
    let (added, events) =
        nodes.home.events_of(|| one.add_service(&at_one, new_service("erp", "S1", &[], &[])));
    assert!(matches!(added, Err(AccessError::Moved)));
    assert_eq!(events, []);
    assert!(other.add_service(&at_other, new_service("erp", "S1", &[], &[])).is_ok());
    let request = RequestId([9; 16]);
    assert!(one.end_contracts(request, at(0)).is_ok(), "whatever a node does by itself follows first");
    let token = nodes.log_in(0, MAIL).unwrap();
    let owner = one.authenticate(&presented(&nodes.home, &token)).ok().unwrap();
    assert_eq!(one.services(&owner).ok().unwrap().len(), 1);
    assert!(nodes.home.events().iter().any(|event| matches!(event.what, What::ServiceAdded { .. })));
}
