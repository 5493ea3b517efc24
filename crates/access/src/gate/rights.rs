//! Acts on records for the people whom they are about (2.2.d): who may have them done, and the proofs for them.

use std::collections::BTreeSet;

use bailee_core::{RecordId, SellerId};
use bailee_ledger::authorized::{self, Authorized};

use super::{Caller, Gate};
use crate::decision::{Action, Circumstances};
use crate::error::AccessError;

impl Gate {
    /// May the caller have records of these sellers erased, but for the second person that it may take? Asked before
    /// anything is looked up.
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn may_erase(&self, caller: &Caller, sellers: &BTreeSet<SellerId>) -> Result<(), AccessError> {
        let circumstances = Circumstances { alone: false, ..self.circumstances(caller) };
        for seller in sellers {
            let action = Action::Erase(seller);
            self.allow_in(caller, &action, &circumstances)?;
            self.fresh_factor(caller, &action)?;
        }
        Ok(())
    }

    /// Whether the caller might see facts and masks: to tell them a record's name beside something that they may see. No
    /// event: nothing is refused.
    pub fn could_show(&self, caller: &Caller, seller: &SellerId) -> bool {
        self.rules().decide(self.subject(caller), &Action::Show(seller), &self.circumstances(caller)).is_ok()
    }

    /// May the caller erase exactly these records, alone?
    ///
    /// # Errors
    /// Those of [`Self::collect`]; where it takes a second person, [`AccessError::Denied`].
    pub fn erase(
        &self,
        caller: &Caller,
        records: Vec<(SellerId, RecordId)>,
    ) -> Result<Authorized<authorized::Erase>, AccessError> {
        let sellers: BTreeSet<&SellerId> = records.iter().map(|(seller, _)| seller).collect();
        for seller in sellers {
            let action = Action::Erase(seller);
            self.allow(caller, &action)?;
            self.fresh_factor(caller, &action)?;
        }
        Ok(self.mint.act(caller.context, authorized::Erase { records }))
    }

    /// May the caller restrict records of these sellers? To lift that takes a fresh second factor: it lets more out. Asked
    /// before anything is looked up.
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn may_restrict(
        &self,
        caller: &Caller,
        sellers: &BTreeSet<SellerId>,
        lift: bool,
    ) -> Result<(), AccessError> {
        for seller in sellers {
            let action = Action::Restrict(seller);
            self.allow(caller, &action)?;
            if lift {
                self.fresh_factor(caller, &action)?;
            }
        }
        Ok(())
    }

    /// May the caller restrict exactly these records, or lift that?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn restrict(
        &self,
        caller: &Caller,
        records: Vec<(SellerId, RecordId)>,
        lift: bool,
    ) -> Result<Authorized<authorized::Restrict>, AccessError> {
        let sellers = records.iter().map(|(seller, _)| seller.clone()).collect();
        self.may_restrict(caller, &sellers, lift)?;
        Ok(self.mint.act(caller.context, authorized::Restrict { records, lift }))
    }

    /// Whether the caller might restrict records. No event: nothing is refused.
    pub(super) fn could_restrict(&self, caller: &Caller, seller: &SellerId) -> bool {
        let action = Action::Restrict(seller);
        self.rules().decide(self.subject(caller), &action, &self.circumstances(caller)).is_ok()
    }

    /// May the caller correct values of a seller's records? It takes a fresh second factor: the old value is gone for good.
    /// Asked before anything is looked up.
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn may_rectify(&self, caller: &Caller, seller: &SellerId) -> Result<(), AccessError> {
        let action = Action::Rectify(seller);
        self.allow(caller, &action)?;
        self.fresh_factor(caller, &action)
    }

    /// May the caller correct a value of exactly this record?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn rectify(
        &self,
        caller: &Caller,
        seller: SellerId,
        record: RecordId,
    ) -> Result<Authorized<authorized::Rectify>, AccessError> {
        self.may_rectify(caller, &seller)?;
        Ok(self.mint.act(caller.context, authorized::Rectify { seller, record }))
    }
}
