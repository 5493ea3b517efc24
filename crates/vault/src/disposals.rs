//! Which entries of the ledger tell of a disposal: of a seller's day, of a seller that ended, of a request.
//!
//! Only places in the ledger leave; whoever proves them makes a certificate of them.

use std::collections::BTreeSet;

use bailee_core::{Day, RecordId, RequestId, SellerId, Timestamp};
use bailee_ledger::authorized::{Authorized, ReadRetention};
use bailee_ledger::event::{Event, What};
use bailee_ledger::log::Source;
use bailee_store::act::{BucketNo, BucketState};

use crate::destruction::Held;
use crate::{Vault, VaultError};

/// What is to be certified.
#[derive(Clone, Debug)]
pub enum Disposed {
    /// What had to be gone of a seller by a day.
    Day(SellerId, Day),
    /// All of a seller that ended.
    Seller(SellerId),
    /// What a request destroyed.
    Request(RequestId),
}

/// A bucket that was destroyed.
#[derive(Clone, Debug, serde::Serialize)]
pub struct DisposedBucket {
    /// Whose.
    pub seller: SellerId,
    /// `"order"` or `"quarantine"`.
    pub held: &'static str,
    /// Its day, as `2026-11-23`.
    pub day: String,
    /// When it was destroyed.
    pub destroyed_at: Timestamp,
}

impl Vault {
    /// The indexes of the entries that tell of it, in their order.
    ///
    /// # Errors
    /// [`VaultError::NotDestroyed`] when it is not, or not all of it is; when the store cannot be read, or the ledger written.
    pub fn disposal_entries(
        &self,
        authorized: Authorized<ReadRetention>,
        of: &Disposed,
    ) -> Result<Vec<u64>, VaultError> {
        self.check_home(&authorized)?;
        self.log_retention_read(&authorized, None)?;
        let entries = match of {
            Disposed::Day(seller, day) => self.entries_of_day(seller, *day)?,
            Disposed::Seller(seller) => self.entries_of_end(seller)?,
            Disposed::Request(request) => self.entries_of_request(*request)?,
        };
        match entries.is_empty() {
            true => Err(VaultError::NotDestroyed("nothing of that was destroyed")),
            false => Ok(entries.into_iter().collect()),
        }
    }

    /// Every bucket that was destroyed, by seller and day; of one seller when given.
    ///
    /// # Errors
    /// When the store cannot be read, or the ledger written.
    pub fn disposed_buckets(
        &self,
        authorized: Authorized<ReadRetention>,
        only: Option<&SellerId>,
    ) -> Result<Vec<DisposedBucket>, VaultError> {
        self.check_home(&authorized)?;
        self.log_retention_read(&authorized, None)?;
        let mut disposed = Vec::new();
        for summary in self.base.store.buckets()? {
            let BucketNo { seller, held, day } = summary.bucket;
            let seller = self.seller_id(seller).filter(|seller| only.is_none_or(|only| only == seller));
            let Some(seller) = seller.filter(|_| summary.state == BucketState::Destroyed) else { continue };
            let Some(destroyed_at) = self.destroyed_at(summary.bucket)? else { continue };
            let (held, day) = (Held::of(held).as_str(), day.to_string());
            disposed.push(DisposedBucket { seller, held, day, destroyed_at });
        }
        disposed.sort_by(|one, other| {
            (&one.seller, &one.day, one.held).cmp(&(&other.seller, &other.day, other.held))
        });
        Ok(disposed)
    }

    fn entries_of_day(&self, seller: &SellerId, day: Day) -> Result<BTreeSet<u64>, VaultError> {
        let no = self.seller_no(seller)?;
        let mut entries = BTreeSet::new();
        for summary in self.base.store.buckets()? {
            if summary.bucket.seller != no || summary.bucket.day != day {
                continue;
            }
            if summary.state != BucketState::Destroyed {
                return Err(VaultError::NotDestroyed("not all that was held of that day is destroyed"));
            }
            let (_, by) = self.destroyed(summary.bucket)?.ok_or(VaultError::Damaged("a bucket"))?;
            let by = by.ok_or(VaultError::NotDestroyed("it was destroyed before there were certificates"))?;
            entries.extend(self.entries_of_destruction(by)?);
        }
        Ok(entries)
    }

    fn entries_of_end(&self, seller: &SellerId) -> Result<BTreeSet<u64>, VaultError> {
        let end = self.kept_seller(self.seller_no(seller)?)?.and_then(|kept| kept.end);
        let end = end.ok_or(VaultError::NotDestroyed("the seller has not ended; name a day of it"))?;
        let not_yet =
            VaultError::NotDestroyed("the seller has ended, and not all that was held of it is gone");
        let (_, gone_by) = end.gone.ok_or(not_yet)?;
        let is_its = |what: &What| matches!(what, What::SellerEnded(end) if end.seller == *seller);
        let mut entries = BTreeSet::new();
        for request in [end.request, gone_by].into_iter().chain(end.stricter) {
            entries.extend(self.entries_where(request, &is_its)?);
        }
        for by in end.destructions {
            entries.extend(self.entries_of_destruction(by)?);
        }
        Ok(entries)
    }

    fn entries_of_request(&self, request: RequestId) -> Result<BTreeSet<u64>, VaultError> {
        let mut destructions = BTreeSet::new();
        for index in self.base.store.entries_of(request)? {
            if let What::DestructionIntended { destruction, .. } = self.event_at(index)?.what {
                destructions.insert(destruction);
            }
        }
        let mut entries = BTreeSet::new();
        for destruction in destructions {
            entries.extend(self.entries_of_destruction((destruction, request))?);
        }
        Ok(entries)
    }

    /// A destruction's intent and completion.
    fn entries_of_destruction(
        &self,
        (destruction, request): (RecordId, RequestId),
    ) -> Result<Vec<u64>, VaultError> {
        let is_intent = |what: &What| matches!(what, What::DestructionIntended { destruction: of, .. } if *of == destruction);
        let is_completion =
            |what: &What| matches!(what, What::DestructionCompleted(of) if of.destruction == destruction);
        let mut entries = self.entries_where(request, &is_intent)?;
        let completed_by = self.completed_by(destruction)?.unwrap_or(request);
        entries.extend(self.entries_where(completed_by, &is_completion)?);
        Ok(entries)
    }

    fn entries_where(
        &self,
        request: RequestId,
        is_wanted: &dyn Fn(&What) -> bool,
    ) -> Result<Vec<u64>, VaultError> {
        let mut entries = Vec::new();
        for index in self.base.store.entries_of(request)? {
            if is_wanted(&self.event_at(index)?.what) {
                entries.push(index);
            }
        }
        Ok(entries)
    }

    fn event_at(&self, index: u64) -> Result<Event, VaultError> {
        let unreadable = || VaultError::Damaged("an entry of the ledger");
        let entry =
            Source::entry(&*self.base.store, index).map_err(|_| unreadable())?.ok_or_else(unreadable)?;
        Event::parse(&entry).map_err(|_| unreadable())
    }
}
