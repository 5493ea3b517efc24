//! Quarantine: what failed verification, sealed in buckets of its own, so that nothing is lost and nothing lies open.
//!
//! It ends 14 days after its first intake at most, sooner where a date can be read in it (R20). Listing and showing
//! never give a value.

use bailee_core::retention::{Evidence, Spoken, quarantine_expiry};
use bailee_core::{Day, FieldInstance, Json, Kind, PartNo, RecordId, SellerId, Timestamp};
use bailee_crypto::bucket::{BucketId, BucketUse};
use bailee_crypto::envelope;
use bailee_intake::reader::{Position, Raw};
use bailee_intake::verify::Flaw;
use bailee_ledger::authorized::{Authorized, ReadQuarantine};
use bailee_ledger::event::What;
use bailee_store::act::{Act, BucketNo, Change, QuarantineRow};
use serde::{Deserialize, Serialize};

use crate::batch::Run;
use crate::{Vault, VaultError};

/// Most items that one answer lists.
pub const LIST_MAX: usize = 1000;

/// A document that failed verification.
pub(crate) struct Flawed<'a> {
    pub(crate) raw: &'a Raw,
    pub(crate) flaw: Flaw,
    /// What the input was called.
    pub(crate) source: &'a str,
}

/// What is sealed of a quarantined document beside its bytes.
#[derive(Serialize, Deserialize)]
struct Label {
    source: String,
    position: Position,
    reason: String,
    since: Timestamp,
    expires_at: Timestamp,
    bytes: u64,
}

/// What an act needs to keep flawed documents.
#[derive(Default)]
pub(crate) struct Quarantining {
    pub(crate) changes: Vec<Change>,
    /// Ids and reason codes, for the event.
    pub(crate) items: Vec<(RecordId, String)>,
}

const LABEL: FieldInstance = FieldInstance(0);
const BYTES: FieldInstance = FieldInstance(1);

/// A quarantined document, without its content.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    /// Its id.
    pub id: RecordId,
    /// Whose.
    pub seller: SellerId,
    /// What the input was called.
    pub source: String,
    /// Where it stood.
    pub position: Position,
    /// Why: a stable code.
    pub reason: String,
    /// The same in words, with what to do.
    pub words: String,
    /// Bytes kept.
    pub bytes: u64,
    /// Since when.
    pub since: Timestamp,
    /// Gone by.
    pub expires_at: Timestamp,
}

impl Vault {
    /// Seals flawed documents.
    pub(crate) fn quarantine_changes(
        &self,
        run: &Run<'_>,
        flawed: Vec<Flawed<'_>>,
    ) -> Result<Quarantining, VaultError> {
        let mut quarantining = Quarantining::default();
        for one in flawed {
            let id = RecordId::new(run.context.now, &*self.base.entropy);
            let expires_at = self.quarantine_ends(run.kind, &one, run.context.now);
            let bucket_id = BucketId {
                seller: run.seller.clone(),
                held: BucketUse::Quarantine,
                day: Day::of(expires_at),
            };
            let bucket = BucketNo { seller: run.seller_no, held: bucket_id.held, day: bucket_id.day };
            let slot = self.slots.take_one(&self.base.keyring, &bucket_id, &*self.base.entropy)?;
            let keys = self.live_keys(&bucket_id, run.context.now).ok_or(VaultError::Changed)?;
            let key = keys.leaf(slot).map_err(|_| VaultError::Changed)?;
            let label = Label {
                source: one.source.to_owned(),
                position: one.raw.position,
                reason: one.flaw.code().to_owned(),
                since: run.context.now,
                expires_at,
                bytes: one.raw.bytes.expose().len() as u64,
            };
            let label = serde_json::to_vec(&label).map_err(|_| VaultError::Damaged("a quarantine label"))?;
            let place = self.place("quarantine", &run.seller, id, PartNo(0), 1);
            let fields = [(LABEL, label.as_slice()), (BYTES, one.raw.bytes.expose().as_slice())];
            let envelope = envelope::seal(&key, &place, &fields, &*self.base.entropy)?;
            quarantining.changes.push(Change::OpenBucket(bucket));
            quarantining.changes.push(Change::PutQuarantine(QuarantineRow { bucket, id, slot, envelope }));
            quarantining.items.push((id, one.flaw.code().to_owned()));
        }
        Ok(quarantining)
    }

    /// R20. A date that says the time is over already would leave no day to look at it: it gets the shortest life that
    /// a bucket can have.
    fn quarantine_ends(&self, kind: Kind, one: &Flawed<'_>, now: Timestamp) -> Timestamp {
        let longest = quarantine_expiry(now, None);
        let Ok(document) = serde_json::from_slice::<Json>(one.raw.bytes.expose()) else { return longest };
        let mut evidence = Evidence::new(now);
        evidence.observe(kind, &document, &Spoken { as_of: now, fetched: false, seen_before: true, now });
        let dated = evidence.decide(&self.base.policy, now);
        let ends = quarantine_expiry(now, (!dated.fallback).then_some(dated.expires_at));
        ends.max(Day::of(now).plus(SHORTEST_LIFE_DAYS).start())
    }

    /// Lists quarantine (of one seller, or all), newest first; [`LIST_MAX`] items at most.
    ///
    /// # Errors
    /// When an item does not open.
    pub fn quarantine(
        &self,
        authorized: Authorized<ReadQuarantine>,
        seller: Option<&SellerId>,
    ) -> Result<Vec<Item>, VaultError> {
        self.check_home(&authorized)?;
        let seller = seller.map(|seller| self.seller_no(seller)).transpose()?;
        let rows = self.base.store.quarantine(seller, None, LIST_MAX)?;
        let now = authorized.context().now;
        let items: Result<Vec<_>, _> = rows.iter().map(|row| self.open_item(row, now)).collect();
        self.log_quarantine_read(&authorized, Vec::new())?;
        Ok(items?.into_iter().flatten().collect())
    }

    /// Shows one item; `None` when there is none, or its bucket has closed.
    ///
    /// # Errors
    /// When it does not open.
    pub fn quarantined(
        &self,
        authorized: Authorized<ReadQuarantine>,
        id: RecordId,
    ) -> Result<Option<Item>, VaultError> {
        self.check_home(&authorized)?;
        let row = self.base.store.quarantined(id)?;
        self.log_quarantine_read(&authorized, row.iter().map(|row| row.id).collect())?;
        row.map_or(Ok(None), |row| self.open_item(&row, authorized.context().now))
    }

    fn log_quarantine_read(
        &self,
        authorized: &Authorized<ReadQuarantine>,
        items: Vec<RecordId>,
    ) -> Result<(), VaultError> {
        let events = vec![authorized.context().event(What::QuarantineRead { items })];
        self.base.store.commit(Act { name: "read-quarantine", changes: Vec::new(), events })?;
        Ok(())
    }

    fn open_item(&self, row: &QuarantineRow, now: Timestamp) -> Result<Option<Item>, VaultError> {
        let Some(seller) = self.seller_id(row.bucket.seller) else { return Ok(None) };
        let id = BucketId { seller: seller.clone(), held: row.bucket.held, day: row.bucket.day };
        let Some(keys) = self.live_keys(&id, now) else { return Ok(None) };
        let Ok(key) = keys.leaf(row.slot) else { return Ok(None) };
        let place = self.place("quarantine", &seller, row.id, PartNo(0), 1);
        let opened = envelope::open(&key, &place, &row.envelope, Some(&[LABEL]))?;
        let (_, label) = opened.first().ok_or(VaultError::Damaged("a quarantine label"))?;
        let label: Label =
            serde_json::from_slice(label.expose()).map_err(|_| VaultError::Damaged("a quarantine label"))?;
        Ok(Some(Item {
            id: row.id,
            seller,
            source: label.source,
            position: label.position,
            words: Flaw::from_code(&label.reason).map_or("", Flaw::words).to_owned(),
            reason: label.reason,
            bytes: label.bytes,
            since: label.since,
            expires_at: label.expires_at,
        }))
    }
}

/// A bucket closes two days before its day: with three, what is quarantined today can be looked at today.
const SHORTEST_LIFE_DAYS: i32 = 3;
