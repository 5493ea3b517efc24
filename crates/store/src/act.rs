//! Changes as data: an act is applied whole, with its events, or not at all.
//!
//! Every change states what it expects to find. When that does not hold, somebody else was quicker, and the whole act
//! is answered [`Conflict`](crate::records::StoreError::Conflict): its author reads again and decides again.

use bailee_core::retention::Rule;
use bailee_core::{Commitment, Day, Kind, Month, PartNo, RecordId, SellerId};
use bailee_crypto::bucket::{BucketUse, Slot, Term};
use bailee_crypto::keyring::Anchor;
use bailee_ledger::event::Event;

/// The store's own number of a seller (small, from 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SellerNo(pub u32);

/// The store's own number of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordNo(pub i64);

/// A bucket as the store numbers it: seller, use and day, so that rows cluster by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketNo {
    /// Whose.
    pub seller: SellerNo,
    /// Its use.
    pub held: BucketUse,
    /// Its day.
    pub day: Day,
}

/// What a bucket is to the store. Closing is not a state: it follows from the day and the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BucketState {
    /// May be sealed into, as far as the clock allows.
    Open,
    /// The intent to destroy it is committed: nothing may be sealed into it or opened from it.
    Destroying,
    /// Its key is gone, its rows are swept.
    Destroyed,
}

/// How a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordState {
    /// Its personal data is held.
    Live,
    /// Its personal data is gone: a tombstone.
    Gone,
}

/// A record's row: what the store sees of it. Everything that says something is sealed in `facts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRow {
    /// The store's number.
    pub no: RecordNo,
    /// Whose.
    pub seller: SellerNo,
    /// Of what kind.
    pub kind: Kind,
    /// Keyed hash of its reference.
    pub reference_mac: [u8; 16],
    /// Its id.
    pub id: RecordId,
    /// Counts its changes by [`Change::PutRecord`], from 1. Sweeps leave it: `facts` may be sealed under it.
    pub version: u32,
    /// Live or a tombstone.
    pub state: RecordState,
    /// The month of its facts key.
    pub facts_month: Month,
    /// Keyed hash of the content last taken in.
    pub content_mac: [u8; 16],
    /// The facts envelope; empty once the facts have ended.
    pub facts: Vec<u8>,
}

/// A part's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartRow {
    /// Its bucket.
    pub bucket: BucketNo,
    /// Its record.
    pub record: RecordNo,
    /// Its number in the record.
    pub part: PartNo,
    /// Its slot in the bucket's tree. A slot holds one part.
    pub slot: Slot,
    /// Counts its sealings, from 1.
    pub version: u32,
    /// The bucket day that its expiry asks for now: later than its bucket's when a move is due.
    pub due: Day,
    /// The rule of its day, where that is not the ordinary course.
    pub exception: Option<Rule>,
    /// The envelope.
    pub envelope: Vec<u8>,
    /// Its index terms, written and deleted with it.
    pub terms: Vec<Term>,
}

/// A quarantined item's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineRow {
    /// Its bucket.
    pub bucket: BucketNo,
    /// Its id.
    pub id: RecordId,
    /// Its slot. A slot holds one item.
    pub slot: Slot,
    /// The envelope.
    pub envelope: Vec<u8>,
}

/// A register's row (a person, a service, a session, a seller's name …).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterRow {
    /// Which register: a name from the program, never from input.
    pub register: String,
    /// The entry's id.
    pub id: RecordId,
    /// Counts its changes, from 1.
    pub version: u32,
    /// The envelope.
    pub sealed: Vec<u8>,
}

/// A sealed detail of events: where a request came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetailRow {
    /// The month of its key, and of the events that name it.
    pub month: Month,
    /// What events name it by.
    pub commitment: Commitment,
    /// The envelope.
    pub sealed: Vec<u8>,
}

/// One change. Those with an expectation fail the whole act with `Conflict` when it does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Inserts a record (`row.version` 1) or replaces the one whose version is `row.version - 1`. Number, seller,
    /// kind, reference and id of a record never change. A tombstone comes back to life only in an act after which it
    /// has a part; facts go into no month that [`Change::SweepFacts`] has ended.
    PutRecord(RecordRow),
    /// Makes a bucket's row if missing; it must be open.
    OpenBucket(BucketNo),
    /// Inserts or replaces a part with its terms; its bucket must be open, its record must exist, its slot must hold
    /// no other part. A part that moves is deleted and put.
    PutPart(PartRow),
    /// Changes a part's due day. Must exist.
    SetDue {
        /// The part's bucket.
        bucket: BucketNo,
        /// Its record.
        record: RecordNo,
        /// Its number.
        part: PartNo,
        /// The new due day.
        due: Day,
    },
    /// Deletes a part with its terms. Must exist.
    DeletePart {
        /// The part's bucket.
        bucket: BucketNo,
        /// Its record.
        record: RecordNo,
        /// Its number.
        part: PartNo,
    },
    /// Moves a bucket from one state to the next.
    SetBucketState {
        /// Which.
        bucket: BucketNo,
        /// Expected.
        from: BucketState,
        /// New.
        to: BucketState,
    },
    /// A bucket must hold so many parts and quarantined items: what is said of it in the same act is so.
    ExpectHeld {
        /// Which.
        bucket: BucketNo,
        /// Parts.
        parts: u64,
        /// Quarantined items.
        quarantined: u64,
    },
    /// Deletes every part, term and quarantined item of a bucket, and turns records left without a part into
    /// tombstones. The bucket must not be open. Can be done again.
    SweepBucket(BucketNo),
    /// The same for about so many of its rows, so that others can write in between: terms first, then envelopes, then
    /// parts. What is left is swept by more of these, or by the whole.
    SweepSome {
        /// Which. Must not be open.
        bucket: BucketNo,
        /// How many rows, at least one.
        rows: u32,
    },
    /// Empties the facts of a seller's records of that month, and ends the month.
    SweepFacts {
        /// Whose.
        seller: SellerNo,
        /// Which month.
        month: Month,
    },
    /// The same, and the month goes on: the key of these facts is lost, and what is first taken in from now on has another.
    LoseFacts {
        /// Whose.
        seller: SellerNo,
        /// Which month.
        month: Month,
    },
    /// Inserts a quarantined item; its bucket must be open, its slot empty.
    PutQuarantine(QuarantineRow),
    /// Deletes one. Must exist.
    DeleteQuarantine {
        /// Its bucket.
        bucket: BucketNo,
        /// Its id.
        id: RecordId,
    },
    /// Inserts (version 1) or replaces the entry whose version is `row.version - 1`.
    PutRegister(RegisterRow),
    /// Deletes an entry; its version must be this.
    DeleteRegister {
        /// Which register.
        register: String,
        /// Its id.
        id: RecordId,
        /// Expected version.
        version: u32,
    },
    /// Keeps a detail; one that is kept already stays as it is.
    PutDetail(DetailRow),
    /// Deletes every detail of a month.
    SweepDetails(Month),
    /// Adds a seller under its number (the next free one: see `Records::sellers`). Neither may be taken.
    AddSeller {
        /// Number.
        no: SellerNo,
        /// Id.
        id: SellerId,
    },
    /// Remembers the keyring's head. An older one than that remembered is passed over (acts overtake each other); the
    /// same revision with another head is a conflict.
    SetAnchor(Anchor),
    /// The version of the rules of access must be this: an event of a decision that was made by others is not written.
    ExpectAccess(u64),
    /// The same, and counts it up: whoever decided by the version before decides again.
    MoveAccess(u64),
    /// Sets a value of the home (`"now"`, …). Small, never personal.
    SetMeta {
        /// Name.
        name: String,
        /// Value.
        value: String,
    },
}

/// Changes and events that are committed together.
#[derive(Clone, Debug, Default)]
pub struct Act {
    /// Reaches metrics and traces.
    pub name: &'static str,
    /// In this order.
    pub changes: Vec<Change>,
    /// In this order, after the changes.
    pub events: Vec<Event>,
}
