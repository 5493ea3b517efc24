//! What people agreed to (2.1.b): a record of each consent in the shape of ISO/IEC TS 27560, and which records it covers.
//!
//! A home's configuration says which purposes rest on consent. Nothing of a record is opened for such a purpose but while a consent
//! that lives covers it: the gate refuses it, and the vault looks once more where it opens, before and after, so that a withdrawal
//! takes effect at once. Which consents live is held in memory, since one process holds a home.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use bailee_core::subject::{Channel, NoticeVersion, StepError};
use bailee_core::{Day, PrincipalId, Purpose, RecordId, SellerId, Timestamp};
use bailee_ledger::authorized::{Authorized, Context, HandleRequests};
use bailee_ledger::event::{self, What};
use serde::{Deserialize, Serialize};

use crate::find::Query;
use crate::left::{Kept, Left};
use crate::record::RECORDS_MAX;
use crate::subject::Matter;
use crate::{Vault, VaultError};

/// Why something is not opened, in words.
pub const NOT_CONSENTED: &str = "this home uses personal data for this purpose with consent alone, and no consent that lives covers this record";

/// Purposes that can never rest on consent: what the law obliges to do for a person, or against harm.
pub const NEVER_ON_CONSENT: [Purpose; 2] = [Purpose::SubjectRequest, Purpose::Incident];

/// What somebody agreed to.
#[derive(Clone, Debug)]
pub struct Given {
    /// To what.
    pub purpose: Purpose,
    /// When they said so.
    pub on: Day,
    /// How.
    pub how: Channel,
    /// The version of what they were told.
    pub notice: NoticeVersion,
    /// Whose records.
    pub seller: SellerId,
    /// The records that it covers.
    pub records: Vec<RecordId>,
}

/// A consent, without who gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Names it.
    pub id: RecordId,
    /// To what they agreed.
    pub purpose: Purpose,
    /// When they said so.
    pub on: Day,
    /// How.
    pub how: Channel,
    /// The version of what they were told.
    pub notice: NoticeVersion,
    /// Whose records.
    pub seller: SellerId,
    /// The records that it covers.
    pub records: Vec<RecordId>,
    /// When it was written down.
    pub at: Timestamp,
    /// By whom.
    pub by: PrincipalId,
    /// That they took it back.
    pub withdrawn: Option<Withdrawn>,
}

/// That somebody took a consent back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// When they said so.
    pub on: Day,
    /// How.
    pub how: Channel,
    /// When it was written down.
    pub at: Timestamp,
    /// By whom.
    pub by: PrincipalId,
}

impl Consent {
    fn event(&self) -> What {
        let (step, on, how) = match self.withdrawn {
            None => ("given", self.on, self.how),
            Some(Withdrawn { on, how, .. }) => ("withdrawn", on, how),
        };
        What::Consent(event::Consent {
            consent: self.id,
            step: step.to_owned(),
            purpose: self.purpose,
            how,
            on,
            records: self.records.clone(),
        })
    }
}

/// Which consents live, by the records that they cover.
#[derive(Debug, Default)]
pub(crate) struct Living(BTreeMap<RecordId, BTreeSet<(Purpose, RecordId)>>);

impl Living {
    fn of(consents: Vec<Consent>) -> Self {
        let mut living = Self::default();
        for consent in consents.iter().filter(|one| one.withdrawn.is_none()) {
            living.add(consent);
        }
        living
    }

    fn add(&mut self, Consent { id, purpose, records, .. }: &Consent) {
        for record in records {
            self.0.entry(*record).or_default().insert((*purpose, *id));
        }
    }

    fn remove(&mut self, Consent { id, purpose, records, .. }: &Consent) {
        for record in records {
            if let Some(covering) = self.0.get_mut(record) {
                covering.remove(&(*purpose, *id));
            }
        }
    }
}

impl Vault {
    /// Writes down that somebody agreed, and who that is, where it is said.
    ///
    /// # Errors
    /// [`VaultError::EmptyQuery`], where it covers no record; [`VaultError::SaidDay`]; [`VaultError::TooManyRecords`].
    pub fn give_consent(
        &self,
        authorized: Authorized<HandleRequests>,
        given: Given,
        who: &Query,
    ) -> Result<Consent, VaultError> {
        self.check_home(&authorized)?;
        let Context { now, principal, .. } = *authorized.context();
        Self::check_said(given.on, now)?;
        self.seller_no(&given.seller)?;
        match given.records.len() {
            0 => return Err(VaultError::NotLeft("record")),
            count if count > RECORDS_MAX => return Err(VaultError::TooManyRecords),
            _ => {}
        }
        let _alone = self.leaving();
        let Given { purpose, on, how, notice, seller, records } = given;
        let id = RecordId::random(&*self.base.entropy);
        let card = Consent {
            id,
            purpose,
            on,
            how,
            notice,
            seller,
            records,
            at: now,
            by: principal,
            withdrawn: None,
        };
        let kept = Kept { version: 1, card, matter: Matter::of(who).seal()? };
        self.keep_left(authorized.context(), Left::Consents, (id, &kept), kept.card.event())?;
        self.consents.write().unwrap_or_else(PoisonError::into_inner).add(&kept.card);
        Ok(kept.card)
    }

    /// Writes down that they took it back. When it returns, nothing that rests on it is opened any more.
    ///
    /// # Errors
    /// [`VaultError::NotLeft`]; [`VaultError::Step`] where they did before; [`VaultError::SaidDay`], [`VaultError::SaidBefore`].
    pub fn withdraw_consent(
        &self,
        authorized: Authorized<HandleRequests>,
        id: RecordId,
        (on, how): (Day, Channel),
    ) -> Result<Consent, VaultError> {
        self.check_home(&authorized)?;
        Self::check_said(on, authorized.context().now)?;
        if on < self.left_one::<Consent>(Left::Consents, id)?.card.on {
            return Err(VaultError::SaidBefore);
        }
        self.take_back(authorized.context(), id, (on, how))
    }

    /// The same again, where a home goes on from a backup of before: what is not there any more, or was taken back, stays so.
    pub(crate) fn take_back_again(
        &self,
        context: &Context,
        id: RecordId,
        said: (Day, Channel),
    ) -> Result<(), VaultError> {
        match self.take_back(context, id, said) {
            Err(VaultError::NotLeft(_) | VaultError::Step(_)) => Ok(()),
            other => other.map(drop),
        }
    }

    fn take_back(
        &self,
        context: &Context,
        id: RecordId,
        (on, how): (Day, Channel),
    ) -> Result<Consent, VaultError> {
        let _alone = self.leaving();
        let Kept { version, card, matter } = self.left_one::<Consent>(Left::Consents, id)?;
        if card.withdrawn.is_some() {
            return Err(StepError::Ended("withdrawn").into());
        }
        let card = Consent {
            withdrawn: Some(Withdrawn { on, how, at: context.now, by: context.principal }),
            ..card
        };
        let kept = Kept { version: version.saturating_add(1), card, matter };
        self.keep_left(context, Left::Consents, (id, &kept), kept.card.event())?;
        self.consents.write().unwrap_or_else(PoisonError::into_inner).remove(&kept.card);
        Ok(kept.card)
    }

    /// Every consent that is still kept, the oldest first. Of who gave it, nothing is opened.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn consents(&self, authorized: &Authorized<HandleRequests>) -> Result<Vec<Consent>, VaultError> {
        self.check_home(authorized)?;
        let mut consents: Vec<Consent> = self.left(Left::Consents)?;
        consents.sort_by_key(|one| (one.at, one.id));
        Ok(consents)
    }

    /// Reads which consents live: when the home is opened, and when a month of them has ended.
    pub(crate) fn know_consents(&self) -> Result<(), VaultError> {
        let living = Living::of(self.left(Left::Consents)?);
        *self.consents.write().unwrap_or_else(PoisonError::into_inner) = living;
        Ok(())
    }

    /// The purposes for which a consent that lives covers a record.
    pub(crate) fn consented(&self, record: RecordId) -> Vec<Purpose> {
        let living = self.consents.read().unwrap_or_else(PoisonError::into_inner);
        let purposes: BTreeSet<Purpose> =
            living.0.get(&record).into_iter().flatten().map(|(purpose, _)| *purpose).collect();
        purposes.into_iter().collect()
    }

    /// Refuses what rests on consent and has none, whoever allowed it.
    pub(crate) fn refuse_unconsented(&self, purpose: Purpose, record: RecordId) -> Result<(), VaultError> {
        let rests_on_it = self.base.on_consent.contains(&purpose);
        if rests_on_it && !self.consented(record).contains(&purpose) {
            return Err(VaultError::NotConsented);
        }
        Ok(())
    }
}
