//! Going on with a keyring that is older than the home: what of it lives on is what the store still names.
//!
//! The intent is committed first, with what goes and what is lost. Then the keyring is cut and made the present one, in
//! every mirror. Then the completion is committed, with the new anchor. Killed in between, the next opening ends it: an
//! intent is only written by who may. Until the keyring is the present one the vault opens and seals nothing, and a home that is
//! opened between the two is shut until it is completed.

use std::ops::Range;

use bailee_core::{FieldInstance, Month, PartNo, RecordId, RequestId, SellerId, Timestamp};
use bailee_crypto::bucket::{BucketId, Slot};
use bailee_crypto::envelope::{self, Place};
use bailee_crypto::keyring::{ADOPTED_ABOVE, Behind, Cut, Kept, KeyringError, REVISION_IMPORTED};
use bailee_ledger::authorized::{Administer, Authorized, Context};
use bailee_ledger::event::{self, AskedBefore, What};
use bailee_store::act::{Act, BucketNo, BucketState, Change, RegisterRow, SellerNo};
use serde::{Deserialize, Serialize};

use crate::restricted::Told;
use crate::{Vault, VaultError};

const REGISTER: &str = "adoption";

/// Slots that are read from the store at a time: half a megabyte.
const SLOTS_AT_A_TIME: usize = 65_536;

/// What adopting a keyring does, as it is kept until it is completed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Adoption {
    from: u64,
    anchor: u64,
    buckets: u64,
    slots: u64,
    facts: u64,
    details: u64,
    #[serde(default)]
    requests: u64,
    lost_slots: u64,
    lost_facts: Vec<(SellerId, Month)>,
    lost_details: u64,
    #[serde(default)]
    lost_requests: u64,
}

/// What adopting a keyring did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Adopted {
    /// Buckets whose keys went.
    pub buckets_removed: u64,
    /// Single keys of other buckets that went.
    pub slots_removed: u64,
    /// Parts and quarantined documents that nothing opens any more.
    pub parts_lost: u64,
    /// Months of facts of a seller of which the same is so.
    pub facts_lost: u64,
    /// Months of details of events of which the same is so: where those events came from is not known any more.
    pub details_lost: u64,
    /// Months of requests and consents of which the same is so.
    pub requests_lost: u64,
    /// Requests that are lost with them.
    pub asked_lost: u64,
    /// Those of them that were open: who asked is to be asked again.
    pub asked_open: u64,
    /// Consents that are lost with them: what rests on one is denied until it is given again.
    pub consents_lost: u64,
    /// Records whose facts are lost, and which are restricted once they are collected again.
    pub restricted: u64,
}

impl Adoption {
    fn new(Behind { revision, anchor }: Behind, cut: Cut) -> Self {
        let Cut { buckets, slots, facts, details, requests, .. } = cut;
        let Cut { lost_slots, lost_facts, lost_details, lost_requests, .. } = cut;
        Self {
            from: revision,
            anchor: anchor.revision,
            buckets,
            slots,
            facts,
            details,
            requests,
            lost_slots,
            lost_facts,
            lost_details,
            lost_requests,
        }
    }

    fn event(&self, adoption: RecordId, step: &str, done: Option<(event::Reached, AskedBefore)>) -> What {
        What::Adoption(event::Adoption {
            adoption,
            step: step.to_owned(),
            from: self.from,
            anchor: self.anchor,
            buckets: self.buckets,
            slots: self.slots,
            facts: self.facts,
            details: self.details,
            requests: self.requests,
            lost_parts: self.lost_slots,
            lost_facts: self.lost_facts.len() as u64,
            lost_details: self.lost_details,
            lost_requests: self.lost_requests,
            reached: done.map(|(reached, _)| reached),
            asked: done.map(|(_, asked)| asked),
        })
    }

    fn done(&self, asked: AskedBefore) -> Adopted {
        Adopted {
            asked_lost: asked.requests,
            asked_open: asked.open,
            consents_lost: asked.consents,
            restricted: asked.restricted,
            buckets_removed: self.buckets,
            slots_removed: self.slots,
            parts_lost: self.lost_slots,
            facts_lost: self.lost_facts.len() as u64,
            details_lost: self.lost_details,
            requests_lost: self.lost_requests,
        }
    }
}

impl Vault {
    /// Whether the keyring is older than the home. Then nothing is opened or sealed: every act but looking at the keys and
    /// [`Self::adopt_keyring`] is refused.
    pub fn keyring_behind(&self) -> Option<Behind> {
        self.base.keyring.behind()
    }

    /// Refuses what cannot be done by a keyring that is older than the home.
    ///
    /// # Errors
    /// [`KeyringError::Older`], while it is.
    pub fn refuse_behind(&self) -> Result<(), VaultError> {
        Ok(self.base.keyring.refuse_behind()?)
    }

    /// Makes a keyring that is older than the home the present one, cut to what the store still names; what went and what is
    /// lost, or nothing where the keyring is not older.
    ///
    /// # Errors
    /// When the store, the ledger or a mirror cannot be written: mend it, and do it again or open the home again.
    pub fn adopt_keyring(&self, authorized: Authorized<Administer>) -> Result<Option<Adopted>, VaultError> {
        self.check_home_only(&authorized)?;
        let context = *authorized.context();
        // One that was cut off goes on first, and may be all there is to do.
        let ended = self.go_on_adopting(&context)?;
        let adopted = match self.keyring_behind() {
            None => ended,
            Some(behind) => {
                let kept = self.kept()?;
                let adoption = Adoption::new(behind, self.base.keyring.weigh(&kept)?);
                let row = self.intend_adoption(&context, &adoption)?;
                let asked = self.complete_adoption(&context, &row, &adoption, &kept)?;
                Some((adoption, asked))
            }
        };
        if adopted.is_some() {
            self.resume_destructions(context.now)?;
        }
        Ok(adopted.map(|(adoption, asked)| adoption.done(asked)))
    }

    /// The same as the system itself, for a home that goes on from a backup by an imported lasting half: no key of what is held is
    /// left anywhere, so that nothing is given up by it. What is lost, or nothing where the keyring is another.
    ///
    /// # Errors
    /// Those of [`Self::adopt_keyring`].
    pub fn adopt_imported(&self, context: &Context) -> Result<Option<Adopted>, VaultError> {
        let Some(behind) = self.keyring_behind().filter(|behind| behind.revision == REVISION_IMPORTED) else {
            return Ok(None);
        };
        let kept = self.kept()?;
        let adoption = Adoption::new(behind, self.base.keyring.weigh(&kept)?);
        let row = self.intend_adoption(context, &adoption)?;
        let asked = self.complete_adoption(context, &row, &adoption, &kept)?;
        Ok(Some(adoption.done(asked)))
    }

    /// Ends an adoption that a crash interrupted, as the system itself. While a mirror is out of reach the keyring stays
    /// what it is; one that is adopted already and not completed keeps the home shut, since what is sealed before it is
    /// written down what was lost would be taken for lost, too.
    pub(crate) fn resume_adoption(&self, now: Timestamp) -> Result<(), VaultError> {
        let context = Context::system(RequestId::new(now, &*self.base.entropy), now);
        let ended = self.go_on_adopting(&context).map(drop);
        if self.keyring_behind().is_none() {
            return ended;
        }
        self.mirrors_may_be_away(&context, ended)
    }

    /// Ends what was intended and cut off; the one that was completed by that.
    fn go_on_adopting(&self, context: &Context) -> Result<Option<(Adoption, AskedBefore)>, VaultError> {
        let mut ended = None;
        for row in self.base.store.entries(REGISTER)? {
            let adoption = self.open_adoption(&row)?;
            let (keyring, kept) = (&self.base.keyring, self.kept()?);
            let is_that = match keyring.behind() {
                Some(behind) => Adoption::new(behind, keyring.weigh(&kept)?) == adoption,
                None => keyring.anchor().revision >= adoption.anchor.saturating_add(ADOPTED_ABOVE),
            };
            if is_that {
                let asked = self.complete_adoption(context, &row, &adoption, &kept)?;
                ended = Some((adoption, asked));
            } else {
                // Somebody brought another keyring, and nobody has decided about that.
                self.drop_adoption(context, &row, &adoption)?;
            }
        }
        Ok(ended)
    }

    fn intend_adoption(&self, context: &Context, adoption: &Adoption) -> Result<RegisterRow, VaultError> {
        let id = RecordId::random(&*self.base.entropy);
        let plain = serde_json::to_vec(adoption).map_err(|_| VaultError::Damaged("an adoption"))?;
        let key = self.base.keyring.lasting().register_key(REGISTER);
        let place = self.adoption_place(id);
        let sealed = envelope::seal(&key, &place, &[(FieldInstance(0), &plain)], &*self.base.entropy)?;
        let row = RegisterRow { register: REGISTER.to_owned(), id, version: 1, sealed };
        let events = vec![context.event(adoption.event(id, "intended", None))];
        let changes = vec![Change::PutRegister(row.clone())];
        self.base.store.commit(Act { name: "intend-adoption", changes, events })?;
        Ok(row)
    }

    fn complete_adoption(
        &self,
        context: &Context,
        row: &RegisterRow,
        adoption: &Adoption,
        kept: &Kept,
    ) -> Result<AskedBefore, VaultError> {
        let reached = self.base.keyring.adopt(kept, &*self.base.entropy)?;
        // What people asked for is told by the home's own ledger, which no keyring takes along.
        let told = Told::read(&*self.base.store)?;
        let (mut changes, restricted) = self.wait_for_lost(&told, &adoption.lost_facts)?;
        let left = self.lose_left(&mut changes)?;
        let asked = AskedBefore {
            requests: left.requests.len() as u64,
            open: left.requests.intersection(&told.open).count() as u64,
            consents: left.consents,
            restricted,
        };
        changes.push(crate::gone::lost_since(context.now));
        // Before anything is sealed under a new key of that month: what lies under the lost one would look changed.
        for (seller, month) in &adoption.lost_facts {
            changes.push(Change::LoseFacts { seller: self.seller_no(seller)?, month: *month });
        }
        changes.push(Change::SetAnchor(reached.anchor));
        changes.push(end_of(row));
        let reached = event::Reached {
            revision: reached.anchor.revision,
            epoch: reached.epoch,
            mirrors: u32::try_from(self.base.keyring.mirrors().len()).unwrap_or(u32::MAX),
        };
        let events = vec![context.event(adoption.event(row.id, "completed", Some((reached, asked))))];
        self.base.store.commit(Act { name: "complete-adoption", changes, events })?;
        self.know_waiting()?;
        self.know_consents()?;
        Ok(asked)
    }

    fn drop_adoption(
        &self,
        context: &Context,
        row: &RegisterRow,
        adoption: &Adoption,
    ) -> Result<(), VaultError> {
        let events = vec![context.event(adoption.event(row.id, "dropped", None))];
        self.base.store.commit(Act { name: "drop-adoption", changes: vec![end_of(row)], events })?;
        Ok(())
    }

    /// What the store names of the keyring. Rows are not read, and slots are held as runs: where parts are taken in and
    /// disposed of by the day, there are few.
    fn kept(&self) -> Result<Kept, VaultError> {
        let seller_of = |no: SellerNo| self.seller_id(no).ok_or(VaultError::Damaged("a seller's number"));
        let mut kept = Kept::default();
        for summary in self.base.store.buckets()? {
            let BucketNo { seller, held, day } = summary.bucket;
            let id = BucketId { seller: seller_of(seller)?, held, day };
            match summary.state {
                BucketState::Open => kept.buckets.push((id, self.runs(summary.bucket)?)),
                BucketState::Destroying | BucketState::Destroyed => kept.gone.push(id),
            }
        }
        for (seller, month) in self.base.store.facts_months()? {
            kept.facts.push((seller_of(seller)?, month));
        }
        kept.details = self.base.store.detail_months()?;
        kept.requests = self.left_months()?;
        Ok(kept)
    }

    /// The slots of a bucket that are in use.
    fn runs(&self, bucket: BucketNo) -> Result<Vec<Range<u32>>, VaultError> {
        let mut runs: Vec<Range<u32>> = Vec::new();
        let mut from = Some(Slot(0));
        while let Some(first) = from {
            let slots = self.base.store.slots(bucket, first, SLOTS_AT_A_TIME)?;
            for Slot(slot) in &slots {
                match runs.last_mut() {
                    Some(run) if run.end == *slot => run.end += 1,
                    _ => runs.push(*slot..slot + 1),
                }
            }
            from = slots.last().map(|last| Slot(last.0 + 1));
        }
        Ok(runs)
    }

    fn open_adoption(&self, row: &RegisterRow) -> Result<Adoption, VaultError> {
        let key = self.base.keyring.lasting().register_key(REGISTER);
        let opened = envelope::open(&key, &self.adoption_place(row.id), &row.sealed, None)?;
        let (_, plain) = opened.first().ok_or(VaultError::Damaged("an adoption"))?;
        serde_json::from_slice(plain.expose()).map_err(|_| VaultError::Damaged("an adoption"))
    }

    fn adoption_place(&self, id: RecordId) -> Place<'static> {
        let binding = self.base.keyring.binding();
        Place {
            home: binding.home,
            environment: binding.environment,
            what: "register/adoption",
            seller: None,
            record: id,
            part: PartNo(0),
            version: 1,
        }
    }

    /// That a mirror is out of reach is an event, and keeps nobody from the home.
    pub(crate) fn mirrors_may_be_away(
        &self,
        context: &Context,
        done: Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        let Err(VaultError::Keyring(error @ (KeyringError::Mirror { .. } | KeyringError::NotReadBack(_)))) =
            done
        else {
            return done;
        };
        let (component, code) = ("mirror".to_owned(), error.code().to_owned());
        let events = vec![context.event(What::SystemError { component, code })];
        self.base.store.commit(Act { name: "system-error", changes: Vec::new(), events })?;
        Ok(())
    }
}

fn end_of(row: &RegisterRow) -> Change {
    Change::DeleteRegister { register: REGISTER.to_owned(), id: row.id, version: row.version }
}
