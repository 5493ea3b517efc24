//! What people ask for of their own data, and what they agree to: who may keep that, and who may answer.
//!
//! Whoever writes down how it is known who somebody is could write it of anybody. So where a home asks for a second person, another
//! gives the data out or erases it: two people have looked at the same request, each knowing what the other did.

use std::collections::BTreeSet;

use bailee_core::{PrincipalId, RecordId, SellerId};
use bailee_ledger::authorized::{self, Authorized};

use super::{Caller, Gate};
use crate::decision::{Action, Circumstances};
use crate::error::AccessError;

impl Gate {
    /// May the caller keep requests and consents, and see who asks?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn handle_requests(
        &self,
        caller: &Caller,
    ) -> Result<Authorized<authorized::HandleRequests>, AccessError> {
        self.allow(caller, &Action::HandleRequests)?;
        Ok(self.mint.act(caller.context, authorized::HandleRequests))
    }

    /// May the caller give somebody what is held of them of these sellers, or erase it, whose identity was found out by that other? It
    /// takes a fresh second factor. Asked before anything is looked up.
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn may_answer(
        &self,
        caller: &Caller,
        identified_by: PrincipalId,
        sellers: &BTreeSet<SellerId>,
    ) -> Result<(), AccessError> {
        let same = identified_by == caller.context.principal;
        let alone = self.standards.second_person && same;
        let circumstances = Circumstances { alone, ..self.circumstances(caller) };
        for seller in sellers {
            let action = Action::AnswerPerson(seller);
            self.allow_in(caller, &action, &circumstances)?;
            self.fresh_factor(caller, &action)?;
        }
        Ok(())
    }

    /// May the caller erase exactly these records, which were found for somebody whose identity was found out by that other?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn erase_for_person(
        &self,
        caller: &Caller,
        identified_by: PrincipalId,
        records: Vec<(SellerId, RecordId)>,
    ) -> Result<Authorized<authorized::Erase>, AccessError> {
        let sellers = records.iter().map(|(seller, _)| seller.clone()).collect();
        self.may_answer(caller, identified_by, &sellers)?;
        self.may_erase(caller, &sellers)?;
        Ok(self.mint.act(caller.context, authorized::Erase { records }))
    }
}
