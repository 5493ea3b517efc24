//! Records, facts, registers, sellers, values.

use bailee_core::{Commitment, Kind, Month};
use bailee_crypto::keyring::Anchor;
use bailee_store::act::*;
use bailee_store::records::{Registers, StoreError};

use super::home::*;

pub fn a_record_is_found_by_reference_id_and_number(home: &mut dyn Home) {
    let store = home.store();
    commit(store, whole(1, 20_700, &[]));
    let row = Some(record(1));
    assert_eq!(store.record(SELLER, Kind::Order, &mac(1)).unwrap(), row);
    assert_eq!(store.record_by_id(id(1)).unwrap(), row);
    assert_eq!(store.record_by_no(RecordNo(1)).unwrap(), row);
    assert_eq!(store.record(SellerNo(2), Kind::Order, &mac(1)).unwrap(), None);
    assert_eq!(store.record(SELLER, Kind::Order, &mac(2)).unwrap(), None);
    assert_eq!(store.record_by_id(id(2)).unwrap(), None);
    assert_eq!(store.record_by_no(RecordNo(2)).unwrap(), None);
    // The first half of the reference is not the reference.
    let mut alike = mac(1);
    alike[15] ^= 1;
    assert_eq!(store.record(SELLER, Kind::Order, &alike).unwrap(), None);
    commit(store, [Change::PutRecord(RecordRow { reference_mac: alike, ..record(2) })]);
    assert_eq!(store.record(SELLER, Kind::Order, &alike).unwrap().map(|row| row.no), Some(RecordNo(2)));
    assert_eq!(store.record(SELLER, Kind::Order, &mac(1)).unwrap(), row);
}

pub fn records_are_read_in_the_order_asked(home: &mut dyn Home) {
    let store = home.store();
    for no in 1..=5 {
        commit(store, whole(no, 20_700, &[]));
    }
    let found = store.records(SELLER, Kind::Order, &[mac(4), mac(9), mac(1), mac(4)]).unwrap();
    assert_eq!(found, [Some(record(4)), None, Some(record(1)), Some(record(4))]);
    assert_eq!(store.records(SELLER, Kind::Order, &[]).unwrap(), []);
}

pub fn a_record_is_replaced_only_from_the_version_that_was_read(home: &mut dyn Home) {
    let store = home.store();
    commit(store, whole(1, 20_700, &[]));
    let next = RecordRow { version: 2, facts: vec![5; 99], content_mac: [8; 16], ..record(1) };
    commit(store, [Change::PutRecord(next.clone())]);
    assert_eq!(store.record_by_no(RecordNo(1)).unwrap(), Some(next.clone()));
    // Once more the same, one that skips, and one that was never there.
    conflicts(store, [Change::PutRecord(next.clone())]);
    conflicts(store, [Change::PutRecord(RecordRow { version: 4, ..next })]);
    conflicts(store, [Change::PutRecord(RecordRow { version: 2, ..record(5) })]);
}

pub fn a_record_never_changes_what_names_it(home: &mut dyn Home) {
    let store = home.store();
    commit(store, whole(1, 20_700, &[]));
    let next = RecordRow { version: 2, ..record(1) };
    for other in [
        RecordRow { reference_mac: mac(3), ..next.clone() },
        RecordRow { id: id(3), ..next.clone() },
        RecordRow { seller: SellerNo(2), ..next },
    ] {
        conflicts(store, [Change::PutRecord(other)]);
    }
}

pub fn two_records_never_share_a_name(home: &mut dyn Home) {
    let store = home.store();
    commit(store, whole(1, 20_700, &[]));
    for other in [
        record(1),
        RecordRow { reference_mac: mac(1), ..record(2) },
        RecordRow { id: id(1), ..record(2) },
        RecordRow { no: RecordNo(1), ..record(2) },
    ] {
        conflicts(store, [Change::PutRecord(other)]);
    }
    // Another seller's order may have the same reference.
    commit(store, [Change::PutRecord(RecordRow { reference_mac: mac(1), seller: SellerNo(2), ..record(2) })]);
}

pub fn a_tombstone_lives_again_only_with_a_part(home: &mut dyn Home) {
    let store = home.store();
    commit(store, [Change::PutRecord(RecordRow { state: RecordState::Gone, ..record(1) })]);
    let live = RecordRow { version: 2, ..record(1) };
    // Whoever read the record before it became a tombstone must not bring it back.
    conflicts(store, [Change::PutRecord(live.clone())]);
    commit(
        store,
        [Change::OpenBucket(bucket(20_700)), Change::PutRecord(live), Change::PutPart(part(1, 20_700, &[]))],
    );
    assert_eq!(store.record_by_no(RecordNo(1)).unwrap().map(|row| row.state), Some(RecordState::Live));
}

pub fn swept_facts_are_gone_and_their_month_is_over(home: &mut dyn Home) {
    let store = home.store();
    let other_month = Month(MONTH.0 + 1);
    commit(store, [1, 2].map(|no| Change::PutRecord(record(no))));
    commit(store, [Change::PutRecord(RecordRow { facts_month: other_month, ..record(3) })]);
    commit(store, [Change::PutRecord(RecordRow { seller: SellerNo(2), ..record(4) })]);
    commit(store, [Change::PutRecord(record(5)), Change::SweepFacts { seller: SELLER, month: MONTH }]);
    let facts = |no| store.record_by_no(RecordNo(no)).unwrap().unwrap().facts;
    assert_eq!([1, 2, 3, 4, 5].map(|no| facts(no).is_empty()), [true, true, false, false, true]);
    // The rest of the row stays, its version too: it is read as before.
    let emptied = RecordRow { facts: Vec::new(), ..record(1) };
    assert_eq!(store.record_by_no(RecordNo(1)).unwrap(), Some(emptied.clone()));
    conflicts(store, [Change::PutRecord(RecordRow { version: 2, ..record(1) })]);
    conflicts(store, [Change::PutRecord(record(6))]);
    commit(store, [Change::PutRecord(RecordRow { version: 2, ..emptied })]);
    commit(store, [Change::SweepFacts { seller: SELLER, month: MONTH }]);
    // A month without a record ends as well.
    commit(store, [Change::SweepFacts { seller: SELLER, month: Month(1) }]);
    conflicts(store, [Change::PutRecord(RecordRow { facts_month: Month(1), ..record(6) })]);
}

pub fn lost_facts_are_gone_and_their_month_goes_on(home: &mut dyn Home) {
    let store = home.store();
    let other_month = Month(MONTH.0 + 1);
    commit(store, [1, 2].map(|no| Change::PutRecord(record(no))));
    commit(store, [Change::PutRecord(RecordRow { facts_month: other_month, ..record(3) })]);
    commit(store, [Change::PutRecord(RecordRow { seller: SellerNo(2), ..record(4) })]);
    assert_eq!(store.facts_months().unwrap(), [(SELLER, MONTH), (SELLER, other_month), (SellerNo(2), MONTH)]);
    commit(store, [Change::LoseFacts { seller: SELLER, month: MONTH }]);
    commit(store, [Change::LoseFacts { seller: SELLER, month: Month(1) }]);
    let facts = |no| store.record_by_no(RecordNo(no)).unwrap().unwrap().facts;
    assert_eq!([1, 2, 3, 4].map(|no| facts(no).is_empty()), [true, true, false, false]);
    commit(store, [Change::PutRecord(record(5))]);
    commit(store, [Change::PutRecord(RecordRow { version: 2, ..record(1) })]);
    commit(store, [Change::SweepFacts { seller: SELLER, month: MONTH }]);
    assert_eq!(store.facts_months().unwrap(), [(SELLER, other_month), (SellerNo(2), MONTH)]);
}

pub fn a_register_entry_is_replaced_and_deleted_only_from_its_version(home: &mut dyn Home) {
    let store = home.store();
    commit(store, [3, 1, 2].map(|no| Change::PutRegister(register(no, 1))));
    commit(store, [Change::PutRegister(RegisterRow { register: "service".into(), ..register(1, 1) })]);
    assert_eq!(Registers::entry(store, "person", id(2)).unwrap(), Some(register(2, 1)));
    assert_eq!(Registers::entry(store, "person", id(9)).unwrap(), None);
    assert_eq!(store.entries("person").unwrap(), [1, 2, 3].map(|no| register(no, 1)));
    conflicts(store, [Change::PutRegister(register(1, 1))]);
    conflicts(store, [Change::PutRegister(register(1, 3))]);
    commit(store, [Change::PutRegister(register(1, 2))]);
    let delete = |version| Change::DeleteRegister { register: "person".into(), id: id(1), version };
    conflicts(store, [delete(1)]);
    commit(store, [delete(2)]);
    conflicts(store, [delete(2)]);
    assert_eq!(store.entries("person").unwrap(), [2, 3].map(|no| register(no, 1)));
    assert_eq!(store.entries("service").unwrap().len(), 1);
}

pub fn a_seller_is_added_once(home: &mut dyn Home) {
    let store = home.store();
    let add = |no, name| Change::AddSeller { no: SellerNo(no), id: seller_id(name) };
    commit(store, [add(1, "A1"), add(2, "B2")]);
    assert_eq!(store.sellers().unwrap(), [(SellerNo(1), seller_id("A1")), (SellerNo(2), seller_id("B2"))]);
    conflicts(store, [add(2, "C3")]);
    conflicts(store, [add(3, "A1")]);
    refused_whole(store, [add(0, "C3")], StoreError::Unusable("out-of-range"));
}

pub fn values_and_anchors_are_remembered(home: &mut dyn Home) {
    let store = home.store();
    assert_eq!((store.meta("now").unwrap(), store.anchor().unwrap()), (None, None));
    let anchor = Anchor { revision: 4, head: [3; 32] };
    for value in ["2026-11-23", "2026-11-24"] {
        commit(
            store,
            [Change::SetMeta { name: "now".into(), value: value.into() }, Change::SetAnchor(anchor)],
        );
    }
    assert_eq!(store.meta("now").unwrap().as_deref(), Some("2026-11-24"));
    assert_eq!(store.anchor().unwrap(), Some(anchor));
}

pub fn what_was_decided_by_rules_that_have_moved_is_not_written(home: &mut dyn Home) {
    let store = home.store();
    assert_eq!(store.access_version().unwrap(), 0);
    let decided_by = |version| told([Change::ExpectAccess(version)], [event(1)]);
    assert_eq!(store.commit(decided_by(0)).unwrap().size, 1);
    commit(store, [Change::MoveAccess(0)]);
    assert_eq!(store.access_version().unwrap(), 1);
    for late in [told([Change::MoveAccess(0)], [event(2)]), decided_by(0), decided_by(2)] {
        assert_eq!(store.commit(late), Err(StoreError::Conflict));
    }
    assert_eq!(store.commit(decided_by(1)).unwrap().size, 2, "none of those left an event");
    home.reopen();
    assert_eq!(home.store().access_version().unwrap(), 1);
}

pub fn a_detail_is_kept_once_and_ends_with_its_month(home: &mut dyn Home) {
    let store = home.store();
    let detail = |month, byte, sealed: &[u8]| {
        let commitment = Commitment([byte; 32]);
        Change::PutDetail(DetailRow { month: Month(month), commitment, sealed: sealed.to_vec() })
    };
    commit(store, [detail(600, 1, b"first"), detail(600, 2, b"second"), detail(601, 1, b"third")]);
    commit(store, [detail(600, 1, b"sealed anew")]);
    let kept = |month, byte| store.detail(Month(month), Commitment([byte; 32])).unwrap();
    assert_eq!(kept(600, 1).as_deref(), Some(&b"first"[..]));
    assert_eq!(kept(600, 3), None);
    commit(store, [Change::SweepDetails(Month(600))]);
    assert_eq!((kept(600, 1), kept(600, 2)), (None, None));
    assert_eq!(kept(601, 1).as_deref(), Some(&b"third"[..]));
}

pub fn an_anchor_never_goes_back_nor_forks(home: &mut dyn Home) {
    let store = home.store();
    let anchor = |revision, byte| Change::SetAnchor(Anchor { revision, head: [byte; 32] });
    commit(store, [anchor(5, 5)]);
    // Two acts that overtook each other: the newer head stays.
    commit(store, [anchor(4, 4)]);
    assert_eq!(store.anchor().unwrap(), Some(Anchor { revision: 5, head: [5; 32] }));
    conflicts(store, [anchor(5, 6)]);
    commit(store, [anchor(6, 6)]);
    assert_eq!(store.anchor().unwrap(), Some(Anchor { revision: 6, head: [6; 32] }));
}

pub fn what_no_store_can_hold_is_refused_before_it_is_queued(home: &mut dyn Home) {
    let store = home.store();
    let out_of_range = StoreError::Unusable("out-of-range");
    for change in [
        Change::PutRecord(RecordRow { version: 0, ..record(1) }),
        Change::PutRecord(RecordRow { no: RecordNo(0), ..record(1) }),
        Change::OpenBucket(bucket(-1)),
        Change::OpenBucket(bucket(1 << 16)),
        Change::PutPart(PartRow { slot: bailee_crypto::bucket::Slot(1 << 24), ..part(1, 20_700, &[]) }),
        Change::SetAnchor(Anchor { revision: u64::MAX, head: [0; 32] }),
    ] {
        refused_whole(store, [change], out_of_range.clone());
    }
    assert_eq!(store.part(bucket(-1), RecordNo(1), bailee_core::PartNo(0)), Err(out_of_range));
    let long = Change::SetMeta { name: "now".into(), value: "x".repeat(1025) };
    refused_whole(store, [long], StoreError::Unusable("too-big"));
}

pub fn record_numbers_are_given_out_once(home: &mut dyn Home) {
    let first = home.store().reserve_records(10).unwrap();
    let second = home.store().reserve_records(5).unwrap();
    assert_eq!((first.end - first.start, second.end - second.start), (10, 5));
    assert!(first.start >= 1 && second.start >= first.end);
    // A number that was put without being asked for is in use all the same, now and later.
    let put = second.end + 20;
    commit(home.store(), whole(put, 20_700, &[]));
    assert!(home.store().reserve_records(1).unwrap().start > put);
    home.reopen();
    assert!(home.store().reserve_records(1).unwrap().start > put);
}

pub fn everything_is_there_after_reopening(home: &mut dyn Home) {
    let mut changes = vec![
        Change::AddSeller { no: SELLER, id: seller_id("A1") },
        Change::SetMeta { name: "now".into(), value: "x".into() },
        Change::SetAnchor(Anchor { revision: 1, head: [1; 32] }),
        Change::OpenBucket(quarantine_bucket(SELLER, 20_800)),
        Change::PutQuarantine(quarantined(1, SELLER)),
        Change::PutRegister(register(1, 1)),
    ];
    changes.extend((1..10).flat_map(|no| whole(no, 20_700, &[no, 0])));
    home.store().commit(told(changes, [event(1)])).unwrap();
    let before = picture(home.store());
    home.reopen();
    assert_eq!(picture(home.store()), before);
}
