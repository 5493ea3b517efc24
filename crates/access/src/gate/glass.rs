//! The glass that is broken: a grant without approval, told to everybody who should know, and reviewed by somebody else
//! (1.3.b).

use bailee_core::time::{DAY_SECONDS, saturating_add};
use bailee_core::{Class, GrantId, PrincipalId, Purpose, RecordId, RequestId, SellerId, Ticket, Timestamp};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::What;

use super::grants::{Told, not_alone};
use super::waits::Nod;
use super::{Caller, Gate};
use crate::decision::Action;
use crate::error::AccessError;
use crate::grant::{Filed, Life, Review, Wanted};
use crate::notice::Tells;
use crate::register::Entry;
use crate::wait::Alone;

/// A grant that nobody approved lasts so long.
const GLASS_SECONDS: i64 = 60 * 60;

/// Fields that it lets be revealed: enough to mend what is wrong, too few to carry a home away.
const GLASS_FIELDS: u64 = 200;

/// It is reviewed within so long.
const GLASS_REVIEW_SECONDS: i64 = DAY_SECONDS;

/// A grant that was taken without approval.
pub struct Broken {
    /// It.
    pub filed: Filed,
    /// How many are told by mail.
    pub told: usize,
}

impl Gate {
    /// May the caller take a grant without approval at all?
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn may_break_glass(&self, caller: &Caller) -> Result<(), AccessError> {
        self.allow(caller, &Action::BreakGlass)
    }

    /// Takes a grant of an hour without approval, of all classes of one seller, with a ticket. It skips nothing else: not
    /// the log-in, the factor, the ledger or retention. Everybody who governs the home is told at once, where it sends
    /// mail. Somebody else reviews it within a day; else it and its user are suspended. Writes `GlassBroken`.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Denied`] where a second factor is asked and was not shown a short while
    /// ago; [`AccessError::Unacceptable`] while one of the caller's is not reviewed yet.
    pub fn break_glass(
        &self,
        caller: &Caller,
        seller: &SellerId,
        purpose: Purpose,
        ticket: Ticket,
    ) -> Result<Broken, AccessError> {
        self.allow(caller, &Action::BreakGlass)?;
        self.fresh_factor(caller, &Action::BreakGlass)?;
        let (person, _) = self.a_person(caller)?;
        let (by, now) = (person.id, caller.context.now);
        if self.existing(Some(seller))?.is_none() {
            return Err(AccessError::Unacceptable("there is no such seller".into()));
        }
        let _writing = self.writing_as(caller)?;
        let own = PrincipalId::Person(by);
        let open = |filed: &Filed| filed.wanted.principal == own && filed.life.review_due().is_some();
        if self.known().grants.values().any(|entry| open(&entry.value)) {
            return Err(AccessError::Unacceptable(
                "the last time that you broke the glass is not reviewed yet; ask an owner or officer to do so".into(),
            ));
        }
        let id = self.new_grant_id()?;
        let classes: Vec<Class> =
            Class::ALL.iter().copied().filter(|class| *class != Class::Unclassified).collect();
        let wanted = Wanted {
            principal: own,
            seller: seller.clone(),
            classes,
            purpose,
            until: saturating_add(now, GLASS_SECONDS),
            fields_a_day: GLASS_FIELDS,
            ticket: Some(ticket.clone()),
            asked_by: by,
            asked_at: now,
        };
        let (until, review_by) = (wanted.until, saturating_add(now, GLASS_REVIEW_SECONDS));
        let broken =
            What::GlassBroken { grant: id, seller: seller.clone(), purpose, until, ticket: ticket.clone() };
        let life = Life::Live { by, since: now, review: Review::Due(review_by) };
        let filed = Filed { id, wanted, life, used: None };
        let events = vec![caller.context.event(broken)];
        let seller = seller.clone();
        let tells = Tells::GlassBroken { grant: id, by, seller, purpose, until, ticket, review_by };
        let notices = self.notices(&self.to_govern(by, now), &tells, now);
        let count = notices.len();
        let entry = Entry::first(RecordId(id.0), filed.clone());
        let told = Told { notices, nod: Nod::default() };
        self.file_and_tell("break-glass", entry, events, told)?;
        Ok(Broken { filed, told: count })
    }

    /// Says of a broken glass whether there was reason for it; where there was none its user is suspended. Writes
    /// `GlassReviewed`.
    ///
    /// # Errors
    /// Those of [`Self::collect`]; [`AccessError::Denied`] for one's own; [`AccessError::Unacceptable`] where there is
    /// nothing to review.
    pub fn review_grant(
        &self,
        caller: &Caller,
        id: GrantId,
        is_justified: bool,
    ) -> Result<Filed, AccessError> {
        let (_, entry) = self.to_release(caller, id)?;
        let life = entry.value.life.review(is_justified);
        let life =
            life.ok_or_else(|| AccessError::Unacceptable("there is nothing to review of this grant".into()))?;
        let nod = match entry.value.wanted.principal == caller.context.principal {
            false => Nod::default(),
            true => self.alone(caller, Alone::ReviewGrant(id), &Action::ReleaseGrant, not_alone())?,
        };
        // First: a review that is cut off between the two can be given again.
        if !is_justified {
            self.suspend_for(&caller.context, &entry.value, "break-glass-not-justified")?;
        }
        let what = What::GlassReviewed { grant: id, justified: is_justified };
        self.live_on(caller, &entry, life, what, nod)
    }

    /// Ends what was approved by a clock that had jumped ahead and was set right: it would live for longer than it may. Called by
    /// the upkeep. Writes `GrantRevoked`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end_grants_ahead(&self, request: RequestId, now: Timestamp) -> Result<(), AccessError> {
        self.follow()?;
        let ahead: Vec<Entry<Filed>> = {
            let known = self.known();
            let of = |entry: &&Entry<Filed>| entry.value.is_ahead(now);
            known.grants.values().filter(of).cloned().collect()
        };
        let context = Context::system(request, now);
        for entry in ahead {
            let Some(life) = entry.value.life.end(now) else { continue };
            let next = entry.next(Filed { life, ..entry.value.clone() });
            let revoked = context.event(What::GrantRevoked { grant: entry.value.id });
            let _writing = self.writing();
            self.file_and_tell("end-grant-ahead", next, vec![revoked], Told::default())?;
        }
        Ok(())
    }

    /// Ends what was taken without approval and not reviewed in time, and suspends who took it. Called by the upkeep.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end_unreviewed(&self, request: RequestId, now: Timestamp) -> Result<(), AccessError> {
        self.follow()?;
        let overdue = |entry: &&Entry<Filed>| entry.value.life.due_at().is_some_and(|at| now > at);
        let overdue: Vec<Entry<Filed>> = self.known().grants.values().filter(overdue).cloned().collect();
        let context = Context::system(request, now);
        for entry in overdue {
            let Some(life) = entry.value.life.end(now) else { continue };
            let filed = Filed { life, ..entry.value.clone() };
            let events = vec![context.event(What::GrantRevoked { grant: filed.id })];
            // First: what is cut off between the two is found again, since the review is due still.
            self.suspend_for(&context, &filed, "break-glass-unreviewed")?;
            let _writing = self.writing();
            let by = filed.wanted.asked_by;
            let tells = Tells::GlassUnreviewed { grant: filed.id, by };
            let notices = self.notices(&self.to_govern(by, now), &tells, now);
            let told = Told { notices, nod: Nod::default() };
            self.file_and_tell("end-unreviewed", entry.next(filed), events, told)?;
        }
        Ok(())
    }
}
