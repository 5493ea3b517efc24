//! What the cases are written with: rows, acts, and a home of the engine under test.

use bailee_core::{
    Day, Entropy, Environment, HomeId, Kind, Month, PartNo, PrincipalId, RecordId, RequestId, SellerId,
    SessionId, Timestamp,
};
use bailee_crypto::bucket::{BucketUse, Slot, Term};
use bailee_ledger::event::{Event, What};
use bailee_ledger::log::Appended;
use bailee_ledger::note::Signer;
use bailee_store::act::*;
use bailee_store::records::{Store, StoreError};

/// A home of the engine under test.
pub trait Home {
    /// The store.
    fn store(&self) -> &dyn Store;
    /// Closes it and opens it again.
    fn reopen(&mut self);
}

/// What every engine's home signs with.
pub fn signer() -> Signer {
    Signer::new(HomeId([7; 16]), Environment::Test, &[9; 32]).unwrap()
}

/// Different bytes at each draw; the same in each run.
#[derive(Default)]
pub struct Counting(std::sync::atomic::AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let drawn = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        for (to, from) in bytes.iter_mut().zip(drawn.to_le_bytes().into_iter().cycle()) {
            *to = from;
        }
    }
}

pub const SELLER: SellerNo = SellerNo(1);
pub const MONTH: Month = Month(682);

pub fn bucket(day: i32) -> BucketNo {
    BucketNo { seller: SELLER, held: BucketUse::Order, day: Day(day) }
}

pub fn quarantine_bucket(seller: SellerNo, day: i32) -> BucketNo {
    BucketNo { seller, held: BucketUse::Quarantine, day: Day(day) }
}

/// 16 bytes that begin with a number, so that ids are in the order of their numbers.
pub fn bytes16(no: i64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&no.to_be_bytes());
    bytes
}

pub fn id(no: i64) -> RecordId {
    RecordId(bytes16(no))
}

/// The reference of a record.
pub fn mac(no: i64) -> [u8; 16] {
    bytes16(no * 7919)
}

pub fn record(no: i64) -> RecordRow {
    RecordRow {
        no: RecordNo(no),
        seller: SELLER,
        kind: Kind::Order,
        reference_mac: mac(no),
        id: id(no),
        version: 1,
        state: RecordState::Live,
        facts_month: MONTH,
        content_mac: bytes16(-no),
        facts: vec![no as u8; 40],
    }
}

pub fn part(no: i64, day: i32, terms: &[i64]) -> PartRow {
    PartRow {
        bucket: bucket(day),
        record: RecordNo(no),
        part: PartNo(0),
        slot: Slot(no as u32),
        version: 1,
        due: Day(day),
        exception: None,
        envelope: vec![no as u8; 300],
        terms: terms.iter().copied().map(Term).collect(),
    }
}

/// The part as reads give it.
pub fn without_terms(row: &PartRow) -> PartRow {
    PartRow { terms: Vec::new(), ..row.clone() }
}

pub fn quarantined(no: i64, seller: SellerNo) -> QuarantineRow {
    QuarantineRow {
        bucket: quarantine_bucket(seller, 20_800),
        id: id(no),
        slot: Slot(no as u32),
        envelope: vec![no as u8; 100],
    }
}

pub fn register(no: i64, version: u32) -> RegisterRow {
    RegisterRow { register: "person".into(), id: id(no), version, sealed: vec![version as u8; 30] }
}

pub fn request(no: u8) -> RequestId {
    RequestId([no; 16])
}

pub fn event(no: u8) -> Event {
    Event {
        at: Timestamp::from_second(1_800_000_000).unwrap(),
        principal: PrincipalId::System,
        request: request(no),
        detail: None,
        what: What::LoggedOut { session: SessionId([no; 16]) },
    }
}

pub fn seller_id(name: &str) -> SellerId {
    name.parse().unwrap()
}

pub fn act(changes: impl Into<Vec<Change>>) -> Act {
    Act { name: "test", changes: changes.into(), events: Vec::new() }
}

pub fn told(changes: impl Into<Vec<Change>>, events: impl Into<Vec<Event>>) -> Act {
    Act { name: "test", changes: changes.into(), events: events.into() }
}

/// Commits what must hold.
pub fn commit(store: &dyn Store, changes: impl Into<Vec<Change>>) -> Appended {
    store.commit(act(changes)).unwrap()
}

/// A record with its part and terms, in an open bucket.
pub fn whole(no: i64, day: i32, terms: &[i64]) -> Vec<Change> {
    vec![
        Change::OpenBucket(bucket(day)),
        Change::PutRecord(record(no)),
        Change::PutPart(part(no, day, terms)),
    ]
}

/// Everything that can be read of what the cases write: two equal ones are two equal stores.
pub fn picture(store: &dyn Store) -> String {
    let mut lines = vec![
        format!("{:?}", store.buckets().unwrap()),
        format!("{:?}", store.sellers().unwrap()),
        format!("{:?}", store.quarantine(None, None, 1000).unwrap()),
        format!("{:?}", store.entries("person").unwrap()),
        format!("{:?} {:?}", store.meta("now").unwrap(), store.anchor().unwrap()),
        store.checkpoint().unwrap(),
    ];
    lines.extend((1..=40).map(|no| format!("{:?}", store.record_by_no(RecordNo(no)).unwrap())));
    for summary in store.buckets().unwrap() {
        lines.push(format!("{:?}", store.parts(summary.bucket, None, 1000).unwrap()));
        lines.extend(
            (0..40).map(|term| format!("{:?}", store.hits(summary.bucket, Term(term), 100).unwrap())),
        );
    }
    lines.join("\n")
}

/// The act conflicts, and nothing of it is there: not a row, not an event.
pub fn conflicts(store: &dyn Store, changes: impl Into<Vec<Change>>) {
    refused_whole(store, changes, StoreError::Conflict);
}

/// The act is refused, and nothing of it is there. Changes that hold stand before and after those that do not.
pub fn refused_whole(store: &dyn Store, changes: impl Into<Vec<Change>>, with: StoreError) {
    let before = picture(store);
    let mut around = vec![Change::SetMeta { name: "now".into(), value: "before".into() }];
    around.extend(whole(39, 20_777, &[1, 2]));
    around.extend(changes.into());
    around.push(Change::PutRegister(RegisterRow { id: id(4000), ..register(1, 1) }));
    assert_eq!(store.commit(told(around, [event(200)])), Err(with));
    assert_eq!(picture(store), before);
    assert_eq!(store.entries_of(request(200)).unwrap(), [0u64; 0]);
}
