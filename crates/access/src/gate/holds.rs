//! What is archived under a hold (R15): the system asks, on the authority of whoever approved the hold, and of nobody else.
//!
//! The gate looks at the register itself: a hold that is not in it, was lifted or is over opens nothing, whoever names it.

use bailee_core::hold::Hold;
use bailee_core::{Class, FieldId, Kind, Purpose, RecordId, SellerId};
use bailee_ledger::authorized::{self, Authorized, Context};
use bailee_store::records::Registers;

use super::follow::not_written;
use super::reveal::no_law;
use super::{Asked, Caller, Gate};
use crate::decision::{self, Action, Field};
use crate::error::AccessError;
use crate::register::Kept;

impl Kept for Hold {
    const REGISTER: &'static str = "hold";
    const PLACE: &'static str = "register/hold";
}

impl Gate {
    /// Whether fields may be held for a purpose, before anybody is asked to approve it: each by its kind, of a seller's records at all.
    ///
    /// # Errors
    /// [`AccessError::Denied`], where one is not for that purpose of that law; [`AccessError::Against`].
    pub fn check_held(
        &self,
        caller: &Caller,
        seller: &SellerId,
        purpose: Purpose,
        fields: &[(Kind, FieldId)],
    ) -> Result<(), AccessError> {
        no_law(purpose)?;
        let catalogue = self.catalogue.now();
        for (kind, id) in fields {
            let known = catalogue.field(*id);
            let class = known.and_then(|field| field.class).unwrap_or(Class::Unclassified);
            let purposes = known.map_or(&[][..], |field| field.purposes.as_slice());
            let field = Field { seller, kind: *kind, class, purposes };
            if let Some(denial) = decision::closed_to_all(&field, purpose) {
                let seller = self.existing(Some(seller))?;
                return self.refuse(&caller.context, Action::Archive.code(), seller, Some(purpose), denial);
            }
        }
        Ok(())
    }

    /// Lets the system archive under a hold that is registered, and neither lifted nor over.
    ///
    /// # Errors
    /// [`AccessError::Missing`] where there is none that lives.
    pub fn archive_under(
        &self,
        context: &Context,
        hold: RecordId,
    ) -> Result<Authorized<authorized::Archive>, AccessError> {
        let row = Registers::entry(&*self.store, Hold::REGISTER, hold)?;
        let row = row.ok_or(AccessError::Missing("hold that lives"))?;
        let kept: Hold = self.sealer.open(&row)?.value;
        match kept.id == hold && kept.is_live(context.now) {
            true => {
                let context = Context::system(context.request, context.now);
                Ok(self.mint.act(context, authorized::Archive))
            }
            false => Err(AccessError::Missing("hold that lives")),
        }
    }

    /// Decides field by field what is sealed under a hold: as [`Self::reveal_to_archive`], but that a field which may not be is left
    /// out, and keeps no other from being archived. The events are durable when it returns. `None`, where nothing may be.
    ///
    /// # Errors
    /// [`AccessError::Ledger`] when an event cannot be written: reveal nothing. [`AccessError::Against`] for a purpose of no law.
    pub fn reveal_held(
        &self,
        allowed: &Authorized<authorized::Archive>,
        purpose: Purpose,
        asked: &[Asked<'_>],
    ) -> Result<Option<Authorized<authorized::Reveal>>, AccessError> {
        no_law(purpose)?;
        let context = *allowed.context();
        let verdicts = self.closed_to_nobody(purpose, asked);
        let events = verdicts.events();
        if verdicts.pairs.is_empty() {
            let events: Vec<_> = events.into_iter().map(|what| context.event(what)).collect();
            if !events.is_empty() {
                self.store.append(&events).map_err(not_written)?;
            }
            return Ok(None);
        }
        let pairs =
            verdicts.pairs.into_iter().map(|(id, fields)| (id, fields.into_iter().collect())).collect();
        let action = authorized::Reveal { purpose, pairs };
        Ok(Some(self.mint.reveal(&*self.store, context, &events, action).map_err(not_written)?))
    }
}
