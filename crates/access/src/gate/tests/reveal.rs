use bailee_core::catalogue::Catalogue;
use bailee_core::requirement::Requirement;
use bailee_core::{Class, Environment, FieldId, FieldInstance, Kind, Purpose, RecordId, SellerId};
use bailee_ledger::event::{Event, What};

use super::fixture::{Home, OWNER, PASSWORD, at, new_service, seller, sensitive};
use crate::AccessError;
use crate::gate::{Asked, AskedField, Caller, Decided};

/// Finds fields of the embedded catalogue by what the decision depends on.
struct Fields(Catalogue);

impl Fields {
    fn new() -> Self {
        Self(Catalogue::embedded().unwrap())
    }

    /// The field at a path, as the instance of that number.
    fn at(&self, path: &str, instance: u64) -> AskedField {
        let field = self.0.field_at(Kind::Order, path).unwrap_or_else(|| panic!("{path}"));
        AskedField { instance: FieldInstance(instance), field: field.id, class: field.class.unwrap() }
    }

    fn name(&self, instance: u64) -> AskedField {
        self.at("recipient.deliveryAddress.name", instance)
    }

    fn line(&self, instance: u64) -> AskedField {
        self.at("recipient.deliveryAddress.addressLine1", instance)
    }
}

fn unclassified(instance: u64) -> AskedField {
    AskedField { instance: FieldInstance(instance), field: FieldId::UNCLASSIFIED, class: Class::Unclassified }
}

fn record(number: u8) -> RecordId {
    RecordId([number; 16])
}

fn asked<'a>(of: &'a SellerId, number: u8, named: bool, fields: &[AskedField]) -> Asked<'a> {
    Asked {
        seller: of,
        kind: Kind::Order,
        record: record(number),
        fields: fields.to_vec(),
        restricted: false,
        consented: &[],
        named,
    }
}

fn pairs(decided: &Decided) -> Vec<(u8, Vec<u64>)> {
    let Some(authorized) = &decided.authorized else { return Vec::new() };
    let instances = |fields: &[FieldInstance]| fields.iter().map(|field| field.0).collect();
    authorized.action().pairs.iter().map(|(record, fields)| (record.0[0], instances(fields))).collect()
}

/// Each event in a line: what, whose, why, and how many fields of which records.
fn told(events: &[Event]) -> Vec<String> {
    let count = |items: &[bailee_ledger::event::RevealedItem]| {
        let item =
            |item: &bailee_ledger::event::RevealedItem| format!("{}×{}", item.record.0[0], item.fields.len());
        items.iter().map(item).collect::<Vec<_>>().join(" ")
    };
    let tell = |event: &Event| match &event.what {
        What::Revealed { seller, purpose, items, denied, .. } => {
            format!("revealed {seller} {purpose}: {}; {denied} denied", count(items))
        }
        What::Denied { action, seller, reason, items, .. } => {
            let seller = seller.as_ref().map_or("-".to_owned(), ToString::to_string);
            format!("denied {action} {seller} {reason}: {}", count(items))
        }
        other => panic!("{other:?}"),
    };
    events.iter().map(tell).collect()
}

fn reveal(home: &Home, caller: &Caller, purpose: &str, asked: &[Asked<'_>]) -> (Decided, Vec<String>) {
    let (decided, events) = home.events_of(|| home.gate().reveal(caller, purpose, None, asked));
    assert!(events.iter().all(|event| event.principal == caller.context.principal));
    assert!(events.iter().all(|event| event.request == caller.context.request));
    (decided.ok().unwrap(), told(&events))
}

/// A shipping service of S1: fulfilment, identity and address.
fn shipping(home: &Home) -> Caller {
    let key = home.service("shipping", &[Purpose::Fulfilment], &[Class::Identity, Class::Address]);
    home.caller(key.expose(), at(0))
}

#[test]
fn what_is_allowed_is_minted_pair_by_pair_after_its_event() {
    let (home, fields, s1) = (Home::new(), Fields::new(), seller("S1"));
    let caller = shipping(&home);
    let whole = asked(&s1, 1, false, &[fields.name(10), fields.line(11), fields.at("buyer.buyerEmail", 12)]);
    let (decided, events) = reveal(&home, &caller, "fulfilment", &[whole]);
    assert_eq!(pairs(&decided), [(1, vec![10, 11])]);
    assert_eq!(
        events,
        ["revealed S1 fulfilment: 1×2; 1 denied"],
        "of a whole record a refused field is counted"
    );
    assert_eq!(decided.denied.len(), 1);
    assert_eq!((decided.denied[0].record, decided.denied[0].instance), (record(1), FieldInstance(12)));
    assert_eq!(decided.denied[0].denial.code, "class-not-granted");
    assert_eq!(decided.denied[0].denial.requirement, Requirement::FineGrainedAccess);
}

#[test]
fn of_a_restricted_record_nothing_is_allowed_and_who_could_not_see_it_anyway_learns_no_more() {
    let (home, fields, s1) = (Home::new(), Fields::new(), seller("S1"));
    let caller = shipping(&home);
    let restricted = |number, named| Asked {
        restricted: true,
        ..asked(&s1, number, named, &[fields.name(10), fields.at("buyer.buyerEmail", 12)])
    };
    let (decided, events) = reveal(
        &home,
        &caller,
        "fulfilment",
        &[restricted(1, false), asked(&s1, 2, true, &[fields.name(10)])],
    );
    assert_eq!(pairs(&decided), [(2, vec![10])], "the other is");
    let codes: Vec<_> = decided.denied.iter().map(|one| one.denial.code).collect();
    assert_eq!(codes, ["restricted", "class-not-granted"]);
    assert_eq!(decided.denied[0].denial.requirement, Requirement::DataRights);
    assert_eq!(
        events,
        [
            "revealed S1 fulfilment: 2×1; 2 denied",
            "denied reveal S1 class-not-granted: 1×1",
            "denied reveal S1 restricted: 1×1"
        ]
    );
}

#[test]
fn a_refused_field_that_was_named_is_a_denial_in_the_same_append() {
    let (home, fields, s1) = (Home::new(), Fields::new(), seller("S1"));
    let caller = shipping(&home);
    let named = asked(&s1, 1, true, &[fields.name(10), unclassified(11)]);
    let (decided, events) = reveal(&home, &caller, "fulfilment", &[named]);
    assert_eq!(pairs(&decided), [(1, vec![10])]);
    assert_eq!(events, ["revealed S1 fulfilment: 1×1; 1 denied", "denied reveal S1 unclassified: 1×1"]);
    assert_eq!(decided.denied[0].denial.requirement, Requirement::Collection);
}

#[test]
fn where_nothing_is_allowed_there_is_a_denial_and_no_proof() {
    let (home, fields, s1, s2) = (Home::new(), Fields::new(), seller("S1"), seller("S2"));
    let caller = shipping(&home);
    let of_another = asked(&s2, 2, false, &[fields.name(10), fields.line(11)]);
    let (decided, events) = reveal(&home, &caller, "fulfilment", &[of_another]);
    assert!(decided.authorized.is_none());
    assert_eq!(events, ["denied reveal S2 seller-not-granted: 2×2"]);
    assert_eq!(decided.denied.len(), 2);

    let wrong_purpose = asked(&s1, 1, false, &[fields.name(10)]);
    let (decided, events) = reveal(&home, &caller, "incident", &[wrong_purpose]);
    assert!(decided.authorized.is_none());
    assert_eq!(events, ["denied reveal S1 purpose-not-granted: 1×1"]);
}

#[test]
fn one_request_over_several_records_and_sellers_tells_each_seller_its_own() {
    let (home, fields, s1, s2) = (Home::new(), Fields::new(), seller("S1"), seller("S2"));
    let mut new = new_service("both", "S1", &[Purpose::Fulfilment], &[Class::Identity]);
    new.sellers.push(s2.clone());
    let (_, key) = home.gate().add_service(&home.owner(), new).ok().unwrap();
    let caller = home.caller(key.expose(), at(0));
    let (decided, events) = reveal(
        &home,
        &caller,
        "fulfilment",
        &[
            asked(&s1, 1, false, &[fields.name(10), fields.line(11)]),
            asked(&s2, 2, false, &[fields.line(20)]),
            asked(&s2, 3, false, &[fields.name(30)]),
            // The same field again, and another instance of it, as two tokens of one record would ask for them.
            asked(&s1, 1, true, &[fields.name(10)]),
            asked(&s1, 1, true, &[fields.name(15)]),
        ],
    );
    assert_eq!(pairs(&decided), [(1, vec![10, 15]), (3, vec![30])]);
    assert_eq!(
        events,
        [
            "revealed S1 fulfilment: 1×1; 1 denied",
            "revealed S2 fulfilment: 3×1; 1 denied",
            "denied reveal S2 class-not-granted: 2×1",
        ]
    );
}

#[test]
fn a_purpose_outside_the_set_is_a_denial_that_lists_the_set_and_repeats_nothing() {
    let (home, fields, s1) = (Home::new(), Fields::new(), seller("S1"));
    let caller = shipping(&home);
    let ask = |asked: &[Asked<'_>]| home.gate().reveal(&caller, "marketing to Ada", None, asked);
    let (denial, event) = home.denied("reveal", || ask(&[asked(&s1, 1, true, &[fields.name(10)])]));
    assert_eq!((denial.code, denial.requirement), ("purpose-unknown", Requirement::PurposeLimits));
    assert!(
        denial.remedy.contains("fulfilment, tax, invoice, subject-request, incident"),
        "{}",
        denial.remedy
    );
    assert!(!denial.to_string().contains("marketing"));
    assert_eq!(told(&[event]), ["denied reveal S1 purpose-unknown: 1×1"]);
    home.denied("reveal", || ask(&[]));
}

#[test]
fn a_field_of_any_kind_is_revealed_only_for_its_own_purposes() {
    let (home, fields, s1) = (Home::new(), Fields::new(), seller("S1"));
    let key = home.service("all", Purpose::ALL, &Class::ALL[..5]);
    let caller = home.caller(key.expose(), at(0));
    let of_all_kinds = Kind::ALL.iter().flat_map(|kind| fields.0.fields(*kind));
    let personal: Vec<_> = of_all_kinds.filter(|field| field.class.is_some()).collect();
    assert!(Kind::ALL.iter().all(|kind| personal.iter().any(|field| field.kind == *kind)));
    let all: Vec<AskedField> = personal
        .iter()
        .map(|field| AskedField {
            instance: FieldInstance(field.id.0.into()),
            field: field.id,
            class: field.class.unwrap(),
        })
        .collect();
    for purpose in Purpose::ALL {
        let (decided, _) = reveal(&home, &caller, purpose.as_str(), &[asked(&s1, 1, true, &all)]);
        let revealed: Vec<u64> = pairs(&decided).into_iter().flat_map(|(_, fields)| fields).collect();
        for field in &personal {
            let is_revealed = revealed.contains(&u64::from(field.id.0));
            assert_eq!(is_revealed, field.purposes.contains(purpose), "{} for {purpose}", field.path);
        }
    }
}

#[test]
fn the_catalogue_decides_and_not_what_the_caller_says_of_a_field() {
    let (home, fields, s1) = (Home::new(), Fields::new(), seller("S1"));
    let caller = shipping(&home);
    let contact = fields.at("buyer.buyerEmail", 10);
    let dressed_up = AskedField { class: Class::Identity, ..contact };
    let fact = fields.0.fields(Kind::Order).find(|field| field.class.is_none()).unwrap();
    let sealed_fact = AskedField { instance: FieldInstance(11), field: fact.id, class: Class::Identity };
    let unheard_of =
        AskedField { instance: FieldInstance(12), field: FieldId(u16::MAX), class: Class::Identity };
    let hidden = AskedField { class: Class::Unclassified, ..fields.name(13) };
    let fields = [dressed_up, sealed_fact, unheard_of, hidden];
    let (decided, _) = reveal(&home, &caller, "fulfilment", &[asked(&s1, 1, true, &fields)]);
    assert!(decided.authorized.is_none());
    let codes: Vec<_> = decided.denied.iter().map(|denied| denied.denial.code).collect();
    assert_eq!(codes, ["class-not-granted", "unclassified", "unclassified", "unclassified"]);
}

#[test]
fn an_officer_reveals_in_a_test_home_and_nobody_by_role_alone_in_a_production_home() {
    let (fields, s1) = (Fields::new(), seller("S1"));
    for environment in [Environment::Test, Environment::Production] {
        let home = Home::empty(environment).with(|standards| standards.second_factor = false);
        home.gate().make_owner(OWNER, &sensitive(PASSWORD), home.request(), at(0)).ok().unwrap();
        let asked = asked(&s1, 1, false, &[fields.name(10), unclassified(11)]);
        let (decided, events) = reveal(&home, &home.owner(), "fulfilment", &[asked]);
        match environment {
            Environment::Test => {
                assert_eq!(pairs(&decided), [(1, vec![10])]);
                assert_eq!(events, ["revealed S1 fulfilment: 1×1; 1 denied"]);
            }
            Environment::Production => {
                assert!(decided.authorized.is_none());
                assert_eq!(events, ["denied reveal S1 no-grant: 1×2"]);
                assert_eq!(decided.denied[0].denial.requirement, Requirement::NeedToKnow);
            }
        }
    }
}

#[test]
fn a_ticket_reaches_the_event() {
    let (home, fields, s1) = (Home::new(), Fields::new(), seller("S1"));
    let caller = shipping(&home);
    let ticket = Some("OPS-1234".parse().unwrap());
    let asked = [asked(&s1, 1, true, &[fields.name(10)])];
    let (_, events) = home.events_of(|| home.gate().reveal(&caller, "fulfilment", ticket.clone(), &asked));
    assert!(matches!(&events[0].what, What::Revealed { ticket: found, .. } if *found == ticket));
}

#[test]
fn nothing_asked_is_nothing_decided() {
    let home = Home::new();
    let (decided, events) = reveal(&home, &shipping(&home), "fulfilment", &[]);
    assert!(decided.authorized.is_none() && decided.denied.is_empty() && events.is_empty());
}

#[test]
fn nothing_is_revealed_nor_refused_while_the_ledger_cannot_be_written() {
    let (home, fields, s1) = (Home::new(), Fields::new(), seller("S1"));
    let caller = shipping(&home);
    let allowed = [asked(&s1, 1, true, &[fields.name(10)])];
    let refused = [asked(&s1, 1, true, &[unclassified(10)])];
    home.store.writes_left(0);
    for (purpose, asked) in [("fulfilment", &allowed), ("fulfilment", &refused), ("marketing", &allowed)] {
        let decided = home.gate().reveal(&caller, purpose, None, asked);
        assert!(matches!(decided, Err(AccessError::Ledger(_))));
    }
    home.store.heal();
    let (decided, _) = reveal(&home, &caller, "fulfilment", &allowed);
    assert_eq!(pairs(&decided), [(1, vec![10])], "and recovers by itself");
}

#[test]
fn a_thousand_records_in_one_request_are_all_named_in_its_events() {
    let (home, fields, s1) = (Home::new(), Fields::new(), seller("S1"));
    let caller = shipping(&home);
    let all: Vec<Asked<'_>> = (0..1000u16)
        .map(|number| {
            let mut asked = asked(&s1, 0, false, &[fields.name(1), fields.line(2)]);
            asked.record.0[..2].copy_from_slice(&number.to_be_bytes());
            asked
        })
        .collect();
    let (decided, events) = home.events_of(|| home.gate().reveal(&caller, "fulfilment", None, &all));
    assert_eq!(decided.ok().unwrap().authorized.unwrap().action().pairs.len(), 1000);
    let named: usize = events
        .iter()
        .map(|event| match &event.what {
            What::Revealed { items, .. } => items.len(),
            other => panic!("{other:?}"),
        })
        .sum();
    assert_eq!(named, 1000);
}
