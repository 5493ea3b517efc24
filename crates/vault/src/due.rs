//! What is due to be destroyed: a removal for each seller, so that what the ledger says of one names no other.

use std::collections::{BTreeMap, HashSet};

use bailee_core::retention::{DisposalRule, FACTS_MONTHS, Phase, phase};
use bailee_core::subject::kept_until;
use bailee_core::{Day, Month, SellerId, Timestamp};
use bailee_crypto::bucket::{BucketId, BucketUse};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::Holds;
use bailee_store::act::{Act, BucketNo, BucketState};
use bailee_store::records::StoreError;

use crate::destruction::Removal;
use crate::hold::settling::{Counts, Settled};
use crate::{Vault, VaultError};

/// How often an intent is decided again when another run was quicker with some of it.
const TRIES_MAX: u32 = 5;

/// What is due, by seller; what is nobody's under none.
pub(crate) type Due = BTreeMap<Option<SellerId>, Removal>;

impl Vault {
    /// Commits the intent to destroy all that is due to go; of one seller when given. What holds have of the records that go.
    pub(crate) fn intend_due(
        &self,
        context: &Context,
        only: Option<&SellerId>,
    ) -> Result<Counts, VaultError> {
        for _ in 0..TRIES_MAX {
            let due = self.due(context.now, only)?;
            if due.is_empty() {
                return Ok(Counts::default());
            }
            // In the same act, so that what a hold has missed is counted once.
            let Settled { mut changes, mut events, counts } = self.settle_holds(context.now, &due);
            events.extend(self.late_alarm(context.now)?);
            for (seller, removal) in due {
                let went = removal.went();
                let intent = self.intend(context, removal)?;
                // Facts that end after all of it was said to be gone go by their own rule (R18).
                let goes_with_its_end =
                    |seller: &SellerId| self.end_of(seller).is_some_and(|end| end.gone.is_none());
                if let Some(seller) = seller.filter(goes_with_its_end) {
                    let destruction = (intent.destruction, context.request);
                    changes.push(self.goes_with_its_end(&seller, destruction, went)?);
                }
                changes.extend(intent.changes);
                events.push(intent.event);
            }
            let events = events.into_iter().map(|what| context.event(what)).collect();
            match self.base.store.commit(Act { name: "intend-destruction", changes, events }) {
                // Another run was quicker with some of it, or something came or went meanwhile.
                Err(StoreError::Conflict) => {}
                other => return other.map(|_| counts).map_err(VaultError::from),
            }
        }
        Err(VaultError::Changed)
    }

    /// Every bucket that is closing or past, every facts key whose month has ended (R3, R18, R20), all of a seller that has ended
    /// (R17), every key of details whose last event is older than the ledger is kept, and every key of requests that were kept long enough
    /// (R22).
    pub(crate) fn due(&self, now: Timestamp, only: Option<&SellerId>) -> Result<Due, VaultError> {
        let mut due = Due::new();
        let is_asked = |seller: &SellerId| only.is_none_or(|only| only == seller);
        self.due_buckets(now, &is_asked, &mut due)?;
        let (intended_facts, intended_details, intended_requests) = self.intended_keys()?;
        let oldest = Month::of(now).plus(-FACTS_MONTHS);
        for (seller, month) in self.base.keyring.facts_keys() {
            let goes =
                month <= oldest || self.end_due(&seller, now).is_some_and(|end| end.reason.ends_facts());
            let is_intended = intended_facts.contains(&(seller.clone(), month));
            if goes && !is_intended && is_asked(&seller) && self.has_seller(&seller) {
                due.entry(Some(seller.clone())).or_default().facts(seller, month);
            }
        }
        let ledger_begins = Day::of(now).plus(-i32::from(self.base.ledger_days)).start();
        for month in self.base.keyring.detail_keys() {
            let is_over = month.plus(1).start() <= ledger_begins;
            if is_over && only.is_none() && !intended_details.contains(&month) {
                due.entry(None).or_default().details(month);
            }
        }
        for month in self.base.keyring.request_keys() {
            let is_over = kept_until(month, self.base.request_months) <= now;
            if is_over && only.is_none() && !intended_requests.contains(&month) {
                due.entry(None).or_default().requests(month);
            }
        }
        Ok(due)
    }

    fn due_buckets(
        &self,
        now: Timestamp,
        is_asked: &dyn Fn(&SellerId) -> bool,
        due: &mut Due,
    ) -> Result<(), VaultError> {
        let mut known = HashSet::new();
        for summary in self.base.store.buckets()? {
            known.insert(summary.bucket);
            // Of all that ever were, most are destroyed.
            if summary.state != BucketState::Open {
                continue;
            }
            let BucketNo { seller, held, day } = summary.bucket;
            let Some(seller) = self.seller_id(seller).filter(is_asked) else { continue };
            let id = BucketId { seller, held, day };
            if let Some(rule) = self.goes_by(&id, now) {
                let records =
                    if held == BucketUse::Order { self.base.store.records_in(summary.bucket)? } else { 0 };
                let (parts, quarantined) = (summary.parts, summary.quarantined);
                let holds = Holds { rule, records, parts, quarantined };
                due.entry(Some(id.seller.clone())).or_default().bucket(&id, holds);
            }
        }
        for bucket in self.base.keyring.buckets() {
            // Keys without a row: of a batch that never arrived, or of a store that was brought back from a backup.
            let BucketId { seller, held, day } = &bucket.id;
            let Ok(no) = self.seller_no(seller) else { continue };
            let is_known = known.contains(&BucketNo { seller: no, held: *held, day: *day });
            let rule = self.goes_by(&bucket.id, now).filter(|_| !is_known && is_asked(seller));
            if let Some(rule) = rule {
                let holds = Holds { rule, records: 0, parts: 0, quarantined: 0 };
                due.entry(Some(seller.clone())).or_default().bucket(&bucket.id, holds);
            }
        }
        Ok(())
    }

    /// The rule by which a bucket goes now, if it does.
    pub(crate) fn goes_by(&self, id: &BucketId, now: Timestamp) -> Option<DisposalRule> {
        if phase(id.day, now) != Phase::Open {
            return Some(match id.held {
                BucketUse::Order => DisposalRule::R3,
                BucketUse::Quarantine => DisposalRule::R20,
            });
        }
        self.end_due(&id.seller, now).map(|_| DisposalRule::R17)
    }
}
