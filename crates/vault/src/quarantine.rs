//! Quarantine: what failed verification, sealed in buckets of its own, so that nothing is lost and nothing lies open.
//!
//! It ends 14 days after its first intake at most, sooner where a date can be read in it (R20). Listing and showing
//! never give a value. [`retry`] takes in what can be read since its catalogue or mapping was mended; [`discard`]
//! throws away. After either no copy opens it any more.

mod about;
mod arrival;
pub mod discard;
mod known;
mod label;
pub mod outline;
pub mod retry;

use bailee_core::retention::{Evidence, Spoken, quarantine_expiry};
use bailee_core::{Day, Json, Kind, RecordId, SellerId, Timestamp};
use bailee_crypto::bucket::{BucketId, BucketUse};
use bailee_intake::format::{Form, Formats};
use bailee_intake::reader::{Position, Raw};
use bailee_intake::verify::{Flaw, mapped};
use bailee_ledger::authorized::{Authorized, ReadQuarantine};
use bailee_ledger::event::What;
use bailee_store::act::{Act, BucketNo, Change, QuarantineRow, SellerNo};
use serde::Serialize;

use crate::batch::Run;
use crate::{Vault, VaultError};
pub(crate) use arrival::Arrivals;
pub(crate) use known::{Known, content};
use label::Label;
use outline::Outline;

/// Rows that are read from the store at a time, since each holds a whole document.
const ROWS_AT_A_TIME: usize = 16;

/// A bucket closes two days before its day: with three, what is quarantined today can be looked at today.
const SHORTEST_LIFE_DAYS: i32 = 3;

/// A document that failed verification.
pub(crate) struct Flawed<'a> {
    pub(crate) raw: &'a Raw,
    pub(crate) flaw: Flaw,
    /// What the input was called.
    pub(crate) source: &'a str,
    /// As of when the caller said that the input speaks.
    pub(crate) as_of: Option<Timestamp>,
}

/// What an act needs to keep flawed documents.
#[derive(Default)]
pub(crate) struct Quarantining {
    pub(crate) changes: Vec<Change>,
    /// Ids and reason codes, for the event.
    pub(crate) items: Vec<(RecordId, String)>,
}

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
    /// The format that it was read as.
    pub format: String,
    /// Of what kind its records are.
    pub kind: Kind,
    /// Bytes kept.
    pub bytes: u64,
    /// Since when.
    pub since: Timestamp,
    /// Gone by.
    pub expires_at: Timestamp,
}

/// A quarantined document with what can be told of its content.
#[derive(Clone, Debug, Serialize)]
pub struct Quarantined {
    /// The document.
    #[serde(flatten)]
    pub item: Item,
    /// What is in it: names and masks, never a value.
    pub outline: Outline,
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
            let id = self.arrivals.next(run.context.now, &*self.base.entropy);
            let expires_at = self.quarantine_ends(&run.form, &one, run.context.now);
            let bucket_id = self.quarantine_bucket(&run.seller, Day::of(expires_at), run.context.now);
            let bucket = BucketNo { seller: run.seller_no, held: bucket_id.held, day: bucket_id.day };
            let slot = self.slots.take_one(&self.base.keyring, &bucket_id, &*self.base.entropy)?;
            let keys = self.live_keys(&bucket_id, run.context.now).ok_or(VaultError::Changed)?;
            let key = keys.leaf(slot).map_err(|_| VaultError::Changed)?;
            let label = Label::of(&one, run, expires_at);
            let envelope = self.seal_quarantined(&key, &run.seller, id, &label, one.raw.bytes.expose())?;
            quarantining.changes.push(Change::OpenBucket(bucket));
            quarantining.changes.push(Change::PutQuarantine(QuarantineRow { bucket, id, slot, envelope }));
            quarantining.items.push((id, one.flaw.code().to_owned()));
        }
        Ok(quarantining)
    }

    /// The bucket of a day, or the nearest before it that the keyring has not destroyed, as it does with all of a seller that ended.
    fn quarantine_bucket(&self, seller: &SellerId, day: Day, now: Timestamp) -> BucketId {
        let first = Day::of(now).plus(SHORTEST_LIFE_DAYS);
        let of = |day| BucketId { seller: seller.clone(), held: BucketUse::Quarantine, day };
        let days = (first.0..day.0).rev().map(Day);
        let free = std::iter::once(day).chain(days).map(of).find(|id| !self.base.keyring.is_gone(id));
        free.unwrap_or_else(|| of(day))
    }

    /// R20. A date that says the time is over already would leave no day to look at it: it gets the shortest life that
    /// a bucket can have.
    fn quarantine_ends(&self, form: &Form, one: &Flawed<'_>, now: Timestamp) -> Timestamp {
        let (longest, kind) = (quarantine_expiry(now, None), form.format.kind());
        let bytes = one.raw.bytes.expose();
        // What has a key twice is no document, and tells its dates all the same.
        let document =
            mapped(bytes, form, &self.catalogue()).or_else(|_| serde_json::from_slice::<Json>(bytes));
        let Ok(document) = document else { return longest };
        let mut evidence = Evidence::new(now);
        evidence.observe(kind, &document, &Spoken { as_of: now, fetched: false, seen_before: true, now });
        let dated = evidence.decide(&self.base.policy, now);
        let ends = quarantine_expiry(now, (!dated.fallback).then_some(dated.expires_at));
        ends.max(Day::of(now).plus(SHORTEST_LIFE_DAYS).start())
    }

    /// Lists quarantine (of one seller, or all), newest first; `limit` items at most, from behind `after`.
    ///
    /// # Errors
    /// When an item does not open.
    pub fn quarantine(
        &self,
        authorized: Authorized<ReadQuarantine>,
        seller: Option<&SellerId>,
        after: Option<RecordId>,
        limit: usize,
    ) -> Result<Vec<Item>, VaultError> {
        self.check_home(&authorized)?;
        let seller = seller.map(|seller| self.seller_no(seller)).transpose()?;
        let items = self.items(seller, after, limit, authorized.context().now);
        self.log_quarantine_read(&authorized, Vec::new())?;
        items
    }

    fn items(
        &self,
        seller: Option<SellerNo>,
        mut after: Option<RecordId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<Item>, VaultError> {
        let mut items = Vec::new();
        while items.len() < limit {
            let rows = self.base.store.quarantine(seller, after, ROWS_AT_A_TIME)?;
            let Some(last) = rows.last() else { break };
            after = Some(last.id);
            for row in &rows {
                items.extend(
                    self.open_label(row, now)?.map(|(seller, label)| label.into_item(row.id, seller)),
                );
            }
        }
        items.truncate(limit);
        Ok(items)
    }

    /// Shows one item, by the formats that there are now; `None` when there is none, or its bucket has closed.
    ///
    /// # Errors
    /// When it does not open.
    pub fn quarantined(
        &self,
        authorized: Authorized<ReadQuarantine>,
        id: RecordId,
        formats: &Formats,
    ) -> Result<Option<Quarantined>, VaultError> {
        self.check_home(&authorized)?;
        let row = self.base.store.quarantined(id)?;
        self.log_quarantine_read(&authorized, row.iter().map(|row| row.id).collect())?;
        let Some(row) = row else { return Ok(None) };
        let Some(opened) = self.open_quarantined(&row, authorized.context().now)? else { return Ok(None) };
        let outline = match opened.label.form(formats, None) {
            Some(form) => Outline::of(opened.bytes.expose(), &form, &self.catalogue()),
            // The home's own mapping is gone, and with it every name.
            None => Outline::default(),
        };
        Ok(Some(Quarantined { item: opened.label.into_item(row.id, opened.seller), outline }))
    }

    /// Whose an item is, so that the gate can be asked; `None` when there is none of that id.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn quarantined_of(&self, id: RecordId) -> Result<Option<SellerId>, VaultError> {
        let row = self.base.store.quarantined(id)?;
        Ok(row.and_then(|row| self.seller_id(row.bucket.seller)))
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
}
