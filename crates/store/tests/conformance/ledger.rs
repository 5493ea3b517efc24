//! Events, entries, requests, checkpoints.

use bailee_crypto::keyring::Anchor;
use bailee_ledger::event::Event;
use bailee_ledger::log::{Appended, Source};
use bailee_ledger::note::open_checkpoint;
use bailee_ledger::verify::verify;
use bailee_store::act::*;
use bailee_store::records::{Store, StoreError};

use super::home::*;

fn verified(store: &dyn Store, known: &[String]) -> u64 {
    // Every engine is a source; the trait object has to be one too.
    struct Through<'s>(&'s dyn Store);
    impl Source for Through<'_> {
        fn checkpoint(&self) -> Result<String, bailee_ledger::log::SourceError> {
            self.0.checkpoint()
        }
        fn entry(&self, index: u64) -> Result<Option<Vec<u8>>, bailee_ledger::log::SourceError> {
            Source::entry(self.0, index)
        }
        fn tile(
            &self,
            tile: bailee_ledger::tree::TileId,
        ) -> Result<Option<Vec<u8>>, bailee_ledger::log::SourceError> {
            self.0.tile(tile)
        }
    }
    verify(&Through(store), &store.verifier_key(), known).unwrap().size
}

fn parsed(store: &dyn Store, index: u64) -> Event {
    Event::parse(&Source::entry(store, index).unwrap().unwrap()).unwrap()
}

pub fn events_follow_each_other_without_gaps(home: &mut dyn Home) {
    let store = home.store();
    assert_eq!(verified(store, &[]), 0);
    assert_eq!(store.commit(told([], [event(1), event(2)])), Ok(Appended { first: 0, size: 2 }));
    assert_eq!(store.commit(act([])), Ok(Appended { first: 2, size: 2 }));
    assert_eq!(store.commit(told(whole(1, 20_700, &[]), [event(3)])), Ok(Appended { first: 2, size: 3 }));
    assert_eq!([0, 1, 2].map(|index| parsed(store, index)), [event(1), event(2), event(3)]);
    assert_eq!(Source::entry(store, 3).unwrap(), None);
    assert_eq!(Source::entry(store, u64::MAX).unwrap(), None);
    assert_eq!(verified(store, &[]), 3);
}

pub fn a_request_finds_its_entries(home: &mut dyn Home) {
    let store = home.store();
    for events in [vec![1, 1, 2], vec![2, 1], vec![3]] {
        let events: Vec<Event> = events.into_iter().map(event).collect();
        store.commit(told([], events)).unwrap();
    }
    assert_eq!(store.entries_of(request(1)).unwrap(), [0, 1, 4]);
    assert_eq!(store.entries_of(request(2)).unwrap(), [2, 3]);
    assert_eq!(store.entries_of(request(3)).unwrap(), [5]);
    assert_eq!(store.entries_of(request(4)).unwrap(), [0u64; 0]);
}

pub fn an_act_that_conflicts_leaves_no_event(home: &mut dyn Home) {
    let store = home.store();
    store.commit(told(whole(1, 20_700, &[]), [event(1)])).unwrap();
    let checkpoint = store.checkpoint().unwrap();
    assert_eq!(store.commit(told([Change::PutRecord(record(1))], [event(2)])), Err(StoreError::Conflict));
    assert_eq!(store.checkpoint().unwrap(), checkpoint);
    assert_eq!(store.commit(told([], [event(3)])), Ok(Appended { first: 1, size: 2 }));
    assert_eq!(verified(store, &[checkpoint]), 2);
}

pub fn the_ledger_verifies_and_continues_after_reopening(home: &mut dyn Home) {
    let mut known = vec![home.store().checkpoint().unwrap()];
    let mut size = 0;
    // Past a full tile of 256, in acts of different sizes.
    for round in 1..=8u8 {
        let events = vec![event(round); usize::from(round) * 9];
        size += events.len() as u64;
        home.store().commit(told([], events)).unwrap();
        assert_eq!(verified(home.store(), &known), size);
        known.push(home.store().checkpoint().unwrap());
        home.reopen();
        assert_eq!(home.store().checkpoint().unwrap(), *known.last().unwrap());
    }
    assert!(size > 256);
    assert_eq!(verified(home.store(), &known), size);
}

pub fn a_checkpoint_names_the_keyring(home: &mut dyn Home) {
    let store = home.store();
    let opened = || open_checkpoint(&store.checkpoint().unwrap(), &store.verifier_key()).unwrap();
    assert_eq!(opened().extensions, [""; 0]);
    store.commit(told([Change::SetAnchor(Anchor { revision: 7, head: [0; 32] })], [event(1)])).unwrap();
    let line = "keyring 7 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    assert_eq!((opened().size, opened().extensions), (1, vec![line.to_owned()]));
    store.commit(told([], [event(2)])).unwrap();
    assert_eq!((opened().size, opened().extensions), (2, vec![line.to_owned()]));
    // A new head is signed at once, event or none.
    commit(store, [Change::SetAnchor(Anchor { revision: 8, head: [0; 32] })]);
    assert_eq!(opened().extensions, [line.replace('7', "8")]);
    assert_eq!(verified(store, &[]), 2);
}

pub fn an_event_that_is_appended_is_in_a_signed_tree(home: &mut dyn Home) {
    let store = home.store();
    let appended = store.append(&[event(1), event(2)]).unwrap();
    assert_eq!(appended, Appended { first: 0, size: 2 });
    let signed = open_checkpoint(&store.checkpoint().unwrap(), &store.verifier_key()).unwrap();
    assert_eq!(signed.size, 2);
    assert_eq!(verified(store, &[]), 2);
}
