use bailee_core::FieldId;

use super::*;
use crate::event::RevealedItem;
use crate::testing::Appending;

const RECORD: RecordId = RecordId([1; 16]);

fn context() -> Context {
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    Context::system(RequestId([2; 16]), now)
}

fn action() -> Reveal {
    Reveal { purpose: Purpose::Fulfilment, pairs: vec![(RECORD, vec![FieldInstance(7)])] }
}

fn revealed(purpose: Purpose, items: Vec<RevealedItem>) -> What {
    What::Revealed { seller: "S1".parse().unwrap(), purpose, ticket: None, items, denied: 0 }
}

#[test]
fn a_home_has_one_mint_at_a_time() {
    let home = HomeId([0xa1; 16]);
    let mint = Mint::for_home(home).unwrap();
    assert_eq!(Mint::for_home(home).unwrap_err(), MintError::Held);
    assert!(Mint::for_home(HomeId([0xa2; 16])).is_ok());
    drop(mint);
    assert!(Mint::for_home(home).is_ok());
}

#[test]
fn a_reveal_is_minted_after_its_event_was_appended() {
    let mint = Mint::for_home(HomeId([0xa3; 16])).unwrap();
    let ledger = Appending::default();
    let event =
        revealed(Purpose::Fulfilment, vec![RevealedItem { record: RECORD, fields: vec![FieldId(3)] }]);
    let authorized = mint.reveal(&ledger, context(), std::slice::from_ref(&event), action()).unwrap();
    assert_eq!(authorized.home(), HomeId([0xa3; 16]));
    assert_eq!(authorized.action().pairs.len(), 1);
    assert_eq!(*ledger.appended.lock().unwrap(), [context().event(event)]);
}

#[test]
fn a_reveal_is_not_minted_when_the_ledger_cannot_be_written() {
    let mint = Mint::for_home(HomeId([0xa4; 16])).unwrap();
    let ledger = Appending { full: true, ..Appending::default() };
    let event =
        revealed(Purpose::Fulfilment, vec![RevealedItem { record: RECORD, fields: vec![FieldId(3)] }]);
    assert!(mint.reveal(&ledger, context(), &[event], action()).is_err());
}

#[test]
fn a_reveal_is_not_minted_for_what_its_events_do_not_name() {
    let mint = Mint::for_home(HomeId([0xa5; 16])).unwrap();
    let ledger = Appending::default();
    let other = RevealedItem { record: RecordId([9; 16]), fields: vec![FieldId(3)] };
    let right = RevealedItem { record: RECORD, fields: vec![FieldId(3)] };
    let no_fields = RevealedItem { record: RECORD, fields: vec![] };
    for events in [
        vec![],
        vec![What::KeysRead {}],
        vec![revealed(Purpose::Fulfilment, vec![other])],
        vec![revealed(Purpose::Tax, vec![right])],
        vec![revealed(Purpose::Fulfilment, vec![no_fields])],
    ] {
        assert!(mint.reveal(&ledger, context(), &events, action()).is_err());
    }
    assert!(ledger.appended.lock().unwrap().is_empty());
}
