//! The end of a seller (R17): its authorisation has ended, or Amazon demands that its data be deleted.
//!
//! From the act on that says so nothing of the seller is taken in, sealed or opened. On the day that was named, which is the same
//! one unless told, all of its buckets are destroyed in the steps of every destruction, and where Amazon demands it its facts as well.
//! Once the store has no bucket of it and the keyring no key, an event says that all of it is gone, with what went. Stopped between
//! any two of these, it goes on at the next opening of the home. Tombstones stay, and yield to nothing, since nothing comes in.

use std::sync::PoisonError;

use bailee_core::retention::EndReason;
use bailee_core::{Day, RecordId, RequestId, SellerId, Timestamp};
use bailee_ledger::authorized::{Administer, Authorized, Context};
use bailee_ledger::event::{self, Went, What};
use bailee_store::act::{Act, BucketState, Change, SellerNo};
use bailee_store::records::StoreError;
use serde::{Deserialize, Serialize};

use crate::seller::{KeptSeller, SellerEnd};
use crate::{Vault, VaultError};

/// Days within which all of a seller that ends is destroyed.
pub const END_DAYS_MAX: i32 = 30;

/// How often a step is decided again when another run was quicker.
const TRIES_MAX: u32 = 5;

/// The end of a seller, as it is kept sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct End {
    pub(crate) reason: EndReason,
    /// Since when it is closed.
    pub(crate) at: Timestamp,
    /// By which request that was said.
    pub(crate) request: RequestId,
    /// The day on which its data is destroyed.
    pub(crate) on: Day,
    /// By which requests it was made stricter since.
    #[serde(default)]
    pub(crate) stricter: Vec<RequestId>,
    /// The destructions that it went by, with the requests by which they were intended.
    #[serde(default)]
    pub(crate) destructions: Vec<(RecordId, RequestId)>,
    /// What they destroy.
    #[serde(default)]
    pub(crate) went: Went,
    /// When all of it was gone, and by which request that was said.
    #[serde(default)]
    pub(crate) gone: Option<(Timestamp, RequestId)>,
}

impl End {
    /// Whether it is to be destroyed now.
    fn is_due(&self, now: Timestamp) -> bool {
        self.gone.is_none() && now >= self.on.start()
    }

    /// Why and when it is destroyed where that is said once more, if anything comes of it: what is stricter of each counts. Once all of
    /// it is gone nothing does.
    fn stricter(&self, reason: EndReason, on: Day) -> Option<(EndReason, Day)> {
        let reason = if reason.ends_facts() { reason } else { self.reason };
        let stricter = (reason, on.min(self.on));
        (self.gone.is_none() && stricter != (self.reason, self.on)).then_some(stricter)
    }

    fn event(&self, seller: &SellerId, step: &str) -> What {
        What::SellerEnded(event::SellerEnd {
            seller: seller.clone(),
            step: step.to_owned(),
            reason: self.reason,
            on: self.on,
            went: self.gone.map(|_| self.went),
        })
    }
}

impl Vault {
    /// Ends a seller: closes it, and destroys what is held of it where no later day was named. One that has ended already ends as is
    /// stricter: on the earlier day, and with what is not personal where Amazon demands that. What is left to do of it is done.
    ///
    /// # Errors
    /// [`VaultError::EndDay`] for a day too far ahead; [`VaultError::TimeJumped`]. When a mirror is out of reach it is closed, and
    /// destroyed once that is back.
    pub fn end_seller(
        &self,
        authorized: Authorized<Administer>,
        seller: &SellerId,
        reason: EndReason,
        on: Option<Day>,
    ) -> Result<SellerEnd, VaultError> {
        self.check_home(&authorized)?;
        let context = *authorized.context();
        self.check_time(context.now)?;
        let on = on.unwrap_or(Day::of(context.now));
        if !self.has_ended(seller) && on > Day::of(context.now).plus(END_DAYS_MAX) {
            return Err(VaultError::EndDay);
        }
        self.close_seller(&context, seller, (reason, on), (context.now, context.request))?;
        self.destroy_ended(&context)?;
        let no = self.seller_no(seller)?;
        let end = self.kept_seller(no)?.and_then(|kept| kept.end);
        end.map(Into::into).ok_or(VaultError::Damaged("the end of a seller"))
    }

    /// Whether a seller can be ended for that reason on that day, at which nobody has decided yet; one that has ended, whether anything
    /// comes of that.
    ///
    /// # Errors
    /// [`VaultError::UnknownSeller`]; [`VaultError::EndsAlready`]; [`VaultError::EndDay`].
    pub fn may_end_seller(
        &self,
        seller: &SellerId,
        reason: EndReason,
        on: Option<Day>,
        now: Timestamp,
    ) -> Result<(), VaultError> {
        self.seller_no(seller)?;
        let today = Day::of(now);
        if let Some(end) = self.end_of(seller)
            && end.stricter(reason, on.unwrap_or(today)).is_none()
        {
            let is_gone = end.gone.is_some();
            return Err(VaultError::EndsAlready { seller: seller.clone(), on: end.on, is_gone });
        }
        match on.is_none_or(|on| (today..=today.plus(END_DAYS_MAX)).contains(&on)) {
            true => Ok(()),
            false => Err(VaultError::EndDay),
        }
    }

    /// Refuses what is of a seller that has ended.
    ///
    /// # Errors
    /// [`VaultError::SellerEnded`].
    pub fn refuse_ended(&self, seller: &SellerId) -> Result<(), VaultError> {
        match self.has_ended(seller) {
            false => Ok(()),
            true => Err(VaultError::SellerEnded(seller.clone())),
        }
    }

    /// Every seller that has ended.
    pub fn ended_sellers(&self) -> Vec<SellerId> {
        self.ended.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// Whether a seller has ended.
    pub(crate) fn has_ended(&self, seller: &SellerId) -> bool {
        self.ended.read().unwrap_or_else(PoisonError::into_inner).contains_key(seller)
    }

    /// The end of a seller, if it has ended.
    pub(crate) fn end_of(&self, seller: &SellerId) -> Option<End> {
        self.ended.read().unwrap_or_else(PoisonError::into_inner).get(seller).cloned()
    }

    pub(crate) fn end_of_no(&self, seller: SellerNo) -> Option<End> {
        self.seller_id(seller).and_then(|seller| self.end_of(&seller))
    }

    /// The end of a seller of which everything is to be destroyed now.
    pub(crate) fn end_due(&self, seller: &SellerId, now: Timestamp) -> Option<End> {
        self.end_of(seller).filter(|end| end.is_due(now))
    }

    /// Reads which sellers have ended.
    pub(crate) fn know_ended(&self) -> Result<(), VaultError> {
        let sellers = self.sellers.read().unwrap_or_else(PoisonError::into_inner).clone();
        for (seller, no) in sellers {
            if let Some(end) = self.kept_seller(no)?.and_then(|kept| kept.end) {
                self.keep_end(seller, end);
            }
        }
        Ok(())
    }

    /// Ends what a crash interrupted, as the system itself. While a mirror is out of reach it stays closed.
    pub(crate) fn resume_ends(&self, now: Timestamp) -> Result<(), VaultError> {
        if self.ends_due(now).is_empty() || !self.believes(now)? {
            return Ok(());
        }
        let context = Context::system(RequestId::new(now, &*self.base.entropy), now);
        let ended = self.destroy_ended(&context);
        self.mirrors_may_be_away(&context, ended)
    }

    /// Says of every seller that has ended, and of which nothing is left, that it is gone.
    pub(crate) fn finish_ends(&self, context: &Context) -> Result<(), VaultError> {
        for seller in self.ends_due(context.now) {
            if self.is_left(&seller)? {
                continue;
            }
            let no = self.seller_no(&seller)?;
            for _ in 0..TRIES_MAX {
                let Some(mut kept) = self.kept_seller(no)? else { break };
                let Some(end) = kept.end.as_mut().filter(|end| end.gone.is_none()) else { break };
                end.gone = Some((context.now, context.request));
                let (end, events) = (end.clone(), vec![context.event(end.event(&seller, "gone"))]);
                let changes = vec![self.put_seller(kept)?];
                match self.base.store.commit(Act { name: "seller-gone", changes, events }) {
                    Err(StoreError::Conflict) => {}
                    committed => {
                        committed?;
                        self.keep_end(seller.clone(), end);
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// What notes, in the act that intends it, that a destruction is one by which a seller that ended goes.
    pub(crate) fn goes_with_its_end(
        &self,
        seller: &SellerId,
        destruction: (RecordId, RequestId),
        went: Went,
    ) -> Result<Change, VaultError> {
        let missing = || VaultError::Damaged("the end of a seller");
        let mut kept = self.kept_seller(self.seller_no(seller)?)?.ok_or_else(missing)?;
        let end = kept.end.as_mut().ok_or_else(missing)?;
        end.destructions.push(destruction);
        end.went += went;
        self.put_seller(kept)
    }

    /// Closes a seller: nothing that was planned before is applied after this. The end of one that is closed is made stricter, where
    /// this is. When that was said, and by which request, is another than now where it is said again after a restore.
    pub(crate) fn close_seller(
        &self,
        context: &Context,
        seller: &SellerId,
        (reason, on): (EndReason, Day),
        (at, request): (Timestamp, RequestId),
    ) -> Result<(), VaultError> {
        let _alone = self.planning.write().unwrap_or_else(PoisonError::into_inner);
        if self.has_ended(seller) {
            return self.end_more_strictly(context, seller, reason, on);
        }
        let no = self.seller_no(seller)?;
        let mut kept = self.kept_seller(no)?.unwrap_or_else(|| KeptSeller::unnamed(no));
        let end = End {
            reason,
            at,
            request,
            on,
            stricter: Vec::new(),
            destructions: Vec::new(),
            went: Went::default(),
            gone: None,
        };
        kept.end = Some(end.clone());
        let events = vec![context.event(end.event(seller, "ended"))];
        let changes = vec![self.put_seller(kept)?];
        // First: nothing is opened any more once the ledger says so.
        self.keep_end(seller.clone(), end);
        let committed = self.base.store.commit(Act { name: "end-seller", changes, events });
        if committed.is_err() {
            self.ended.write().unwrap_or_else(PoisonError::into_inner).remove(seller);
        }
        Ok(committed.map(drop)?)
    }

    /// Makes the end of a seller stricter, where that it ends was said once more.
    fn end_more_strictly(
        &self,
        context: &Context,
        seller: &SellerId,
        reason: EndReason,
        on: Day,
    ) -> Result<(), VaultError> {
        let no = self.seller_no(seller)?;
        for _ in 0..TRIES_MAX {
            let Some(mut kept) = self.kept_seller(no)? else { break };
            let Some(end) = kept.end.as_mut() else { break };
            let Some(stricter) = end.stricter(reason, on) else { return Ok(()) };
            (end.reason, end.on) = stricter;
            end.stricter.push(context.request);
            let (end, events) = (end.clone(), vec![context.event(end.event(seller, "stricter"))]);
            let changes = vec![self.put_seller(kept)?];
            match self.base.store.commit(Act { name: "end-seller-stricter", changes, events }) {
                Err(StoreError::Conflict) => {}
                committed => {
                    committed?;
                    self.keep_end(seller.clone(), end);
                    return Ok(());
                }
            }
        }
        Err(VaultError::Changed)
    }

    /// Destroys what is left of every seller that has ended, and whose day has come.
    fn destroy_ended(&self, context: &Context) -> Result<(), VaultError> {
        for seller in self.ends_due(context.now) {
            self.intend_due(context, Some(&seller))?;
        }
        self.complete_destructions(context, &mut |_, _| {})?;
        self.finish_ends(context)
    }

    /// Whether anything of a seller that has ended is left of what goes with it.
    fn is_left(&self, seller: &SellerId) -> Result<bool, VaultError> {
        let (no, keyring) = (self.seller_no(seller)?, &self.base.keyring);
        let is_held = self
            .base
            .store
            .buckets()?
            .iter()
            .any(|summary| summary.bucket.seller == no && summary.state != BucketState::Destroyed);
        let ends_facts = self.end_of(seller).is_some_and(|end| end.reason.ends_facts());
        Ok(is_held
            || keyring.buckets().iter().any(|bucket| bucket.id.seller == *seller)
            || ends_facts && keyring.facts_keys().iter().any(|(of, _)| of == seller))
    }

    /// The sellers of which everything is to be destroyed now.
    pub(crate) fn ends_due(&self, now: Timestamp) -> Vec<SellerId> {
        let ended = self.ended.read().unwrap_or_else(PoisonError::into_inner);
        ended.iter().filter(|(_, end)| end.is_due(now)).map(|(seller, _)| seller.clone()).collect()
    }

    fn keep_end(&self, seller: SellerId, end: End) {
        self.ended.write().unwrap_or_else(PoisonError::into_inner).insert(seller, end);
    }
}
