//! Holds (R15): what a law obliges to keep is archived before each record's day, under the authority of who approved that once.
//!
//! A hold archives and extends nothing. What it could not archive ends on its day all the same, and that is an alarm. Start reading
//! at [`Vault::add_hold`], then at [`keeping`], which a run of retention does first.

pub mod keeping;
pub(crate) mod seen;
pub(crate) mod settling;

use bailee_core::archive::{Plan, can_end};
use bailee_core::hold::{HOLDS_MAX, Hold, LiftReason, Lifted};
use bailee_core::{PrincipalId, RecordId, Timestamp};
use bailee_ledger::authorized::{self, Authorized, ReadRetention};
use bailee_ledger::event;

use crate::archive::kept::ARCHIVES;
use crate::archive::{Archive, ArchiveError};
use crate::{Vault, VaultError};

/// The register of holds. The gate reads it as well, to see that one is live.
pub(crate) const HOLDS: &str = "hold";
/// What was archived under them: an entry for each archive, until all of what it was opened from has ended.
pub(crate) const SEEN: &str = "hold-seen";

/// A hold, and what became of it.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The hold.
    pub hold: Hold,
    /// Archives made under it that were not destroyed.
    pub archives: u64,
    /// Records in those; one that changed is in several.
    pub records: u64,
    /// Those that are to be destroyed, and were not.
    pub overdue: u64,
}

impl Vault {
    /// Has a hold archive from now on. The same once more is the same hold, and so is one of that name.
    ///
    /// # Errors
    /// [`ArchiveError::NoKey`]; [`ArchiveError::HoldEnded`] where the statute has ended; [`ArchiveError::TooManyHolds`];
    /// [`VaultError::Changed`] where the year's key is not the plan's any more.
    pub fn add_hold(
        &self,
        authorized: Authorized<authorized::Archive>,
        id: RecordId,
        plan: &Plan,
        asked_by: Option<PrincipalId>,
    ) -> Result<Hold, VaultError> {
        let _alone = self.archiving();
        self.check_home(&authorized)?;
        let context = *authorized.context();
        let known: Vec<(u32, Hold)> = self.kept_holds()?;
        let is_it = |hold: &Hold| hold.id == id || hold.is_live(context.now) && hold.is_same(plan);
        if let Some((_, hold)) = known.iter().find(|(_, hold)| is_it(hold)) {
            return Ok(hold.clone());
        }
        self.check_hold(plan, known.len(), context.now)?;
        let hold = Hold {
            id,
            seller: plan.seller.clone(),
            records: plan.records.clone(),
            fields: plan.fields.clone(),
            purpose: plan.purpose,
            statute: plan.statute.clone(),
            until: plan.until,
            key: plan.key,
            since: context.now,
            asked_by,
            added_by: context.principal,
            lifted: None,
            missed: 0,
            left_out: 0,
            failed: None,
            alarmed: None,
        };
        let added = event::Archive::HoldAdded {
            hold: id,
            seller: hold.seller.clone(),
            records: (!hold.is_of_all()).then_some(counted(hold.records.len())),
            fields: counted(hold.fields.len()),
            purpose: hold.purpose,
            statute: hold.statute.clone(),
            until: hold.until,
            key: hold.key,
        };
        self.keep(&context, "add-hold", vec![self.entry_change(HOLDS, id, 1, &hold)?], added)?;
        Ok(hold)
    }

    /// Refuses what is proposed and could not be added.
    ///
    /// # Errors
    /// Those of [`Self::add_hold`]; [`VaultError::UnknownSeller`]; [`VaultError::SellerEnded`].
    pub fn may_add_hold(&self, plan: &Plan, now: Timestamp) -> Result<(), VaultError> {
        self.check_hold(plan, self.kept_holds()?.len(), now)
    }

    fn check_hold(&self, plan: &Plan, known: usize, now: Timestamp) -> Result<(), VaultError> {
        self.seller_no(&plan.seller)?;
        self.refuse_ended(&plan.seller)?;
        if known >= HOLDS_MAX {
            return Err(ArchiveError::TooManyHolds.into());
        }
        if !can_end(plan.until, now) {
            return Err(ArchiveError::HoldEnded.into());
        }
        match self.archive_key_of(plan.until.year())?.id == plan.key {
            true => Ok(()),
            false => Err(VaultError::Changed),
        }
    }

    /// Ends a hold before its statute does: nothing is archived under it any more, and its archives are to be destroyed.
    ///
    /// # Errors
    /// [`ArchiveError::Missing`]; [`ArchiveError::HoldEnded`] where it is lifted, or over by itself.
    pub fn lift_hold(
        &self,
        authorized: Authorized<authorized::Archive>,
        id: RecordId,
        reason: LiftReason,
        asked_by: Option<PrincipalId>,
    ) -> Result<Hold, VaultError> {
        let _alone = self.archiving();
        self.check_home(&authorized)?;
        let context = *authorized.context();
        let (version, mut hold) = self.kept_hold(id)?.ok_or(ArchiveError::Missing("hold"))?;
        if !hold.is_live(context.now) {
            return Err(ArchiveError::HoldEnded.into());
        }
        hold.lifted = Some(Lifted { at: context.now, asked_by, by: context.principal, reason });
        hold.failed = None;
        let mut changes = vec![self.entry_change(HOLDS, id, version.saturating_add(1), &hold)?];
        let mut archives = 0_u32;
        for (version, mut archive) in self.kept_archives()? {
            if archive.hold == Some(id) && archive.destroyed.is_none() {
                archive.lifted = Some(context.now);
                archives = archives.saturating_add(1);
                changes.push(self.entry_change(ARCHIVES, archive.id, version.saturating_add(1), &archive)?);
            }
        }
        changes.extend(self.seen_ends(|_, seen| seen.hold == id)?);
        let lifted = event::Archive::HoldLifted { hold: id, reason: reason.as_str().to_owned(), archives };
        self.keep(&context, "lift-hold", changes, lifted)?;
        Ok(hold)
    }

    /// Every hold with what became of it, in the order in which they were added.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn holds(&self, authorized: &Authorized<ReadRetention>) -> Result<Vec<Standing>, VaultError> {
        self.check_home_only(authorized)?;
        let archives: Vec<Archive> = self.kept_archives()?.into_iter().map(|(_, one)| one).collect();
        let now = authorized.context().now;
        let standing = |(_, hold): (u32, Hold)| {
            let own = archives.iter().filter(|one| one.hold == Some(hold.id) && one.destroyed.is_none());
            let (mut count, mut records, mut overdue) = (0, 0, 0);
            for archive in own {
                count += 1;
                records += u64::from(archive.records);
                overdue += u64::from(archive.is_overdue(now));
            }
            Standing { hold, archives: count, records, overdue }
        };
        let mut holds: Vec<Standing> = self.kept_holds()?.into_iter().map(standing).collect();
        holds.sort_by_key(|one| (one.hold.since, one.hold.id));
        Ok(holds)
    }

    /// A hold with what became of it.
    ///
    /// # Errors
    /// [`ArchiveError::Missing`].
    pub fn hold(&self, authorized: &Authorized<ReadRetention>, id: RecordId) -> Result<Standing, VaultError> {
        let found = self.holds(authorized)?.into_iter().find(|one| one.hold.id == id);
        found.ok_or(ArchiveError::Missing("hold").into())
    }

    /// Refuses what is proposed of a hold that has ended.
    ///
    /// # Errors
    /// [`ArchiveError::Missing`]; [`ArchiveError::HoldEnded`].
    pub fn may_lift_hold(&self, id: RecordId, now: Timestamp) -> Result<Hold, VaultError> {
        let (_, hold) = self.kept_hold(id)?.ok_or(ArchiveError::Missing("hold"))?;
        match hold.is_live(now) {
            true => Ok(hold),
            false => Err(ArchiveError::HoldEnded.into()),
        }
    }

    pub(crate) fn kept_holds(&self) -> Result<Vec<(u32, Hold)>, VaultError> {
        self.entries_of(HOLDS, "a hold")
    }

    pub(crate) fn kept_hold(&self, id: RecordId) -> Result<Option<(u32, Hold)>, VaultError> {
        self.entry_of(HOLDS, id, "a hold")
    }
}

/// A count as events have it.
pub(crate) fn counted(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
