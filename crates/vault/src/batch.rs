//! A batch of documents on its way to the disk: planned in parallel, given slots, sealed in parallel, and committed as
//! one act with its events.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};

use bailee_core::{Day, Kind, Month, SellerId, Timestamp};
use bailee_crypto::bucket::{BucketId, BucketKeys, BucketUse, Slot};
use bailee_crypto::envelope::SealingKey;
use bailee_crypto::keyring::KeyringError;
use bailee_intake::format::Form;
use bailee_ledger::authorized::{Authorized, Collect, Context};
use bailee_ledger::event::{Counts, ExpiryChange, PartRows, What};
use bailee_store::act::{Act, BucketNo, Change, RecordNo, SellerNo};
use bailee_store::records::Pending;

use crate::destruction::Removal;
use crate::parallel::{in_parallel, in_parallel_with};
use crate::plan::{Heard, Incoming, Outcome, PartPlan, Plan, Planning, Returned, Target};
use crate::quarantine::Flawed;
use crate::seal::{Job, SealedRecord};
use crate::{Vault, VaultError};

/// What all batches of one collect share.
pub(crate) struct Run<'a> {
    pub(crate) vault: &'a Vault,
    pub(crate) context: Context,
    pub(crate) seller: SellerId,
    pub(crate) seller_no: SellerNo,
    pub(crate) kind: Kind,
    /// The form of the input.
    pub(crate) form: Arc<Form>,
    pub(crate) tokenise: bool,
}

/// What an act does beside taking documents in.
#[derive(Default)]
pub(crate) struct Beside {
    pub(crate) changes: Vec<Change>,
    pub(crate) events: Vec<What>,
    /// Keys that it makes underivable.
    pub(crate) removal: Removal,
    /// Documents that were read again and stay where they are.
    pub(crate) stays: u64,
}

/// A batch that has been sent to the store.
pub(crate) struct Sent {
    /// None once it has been waited for.
    pub(crate) pending: Option<Pending>,
    pub(crate) counts: Counts,
    /// Values that had lost letters already at the source.
    pub(crate) lost: u64,
    /// Tokenised documents, in the order of the input.
    pub(crate) returned: Vec<Returned>,
    /// Whether it intends a destruction, to be completed once it is durable.
    pub(crate) destroys: bool,
}

/// What became of a batch.
pub(crate) enum Decided {
    /// It is on its way to the disk.
    Sent(Sent),
    /// Nothing was sent: records have no room for the documents at these places. They are for quarantine, and the
    /// others are to be sent without them.
    TooLong(Vec<usize>),
}

impl<'a> Run<'a> {
    /// Begins for whoever may, with what speaks as of then.
    ///
    /// # Errors
    /// [`VaultError::TimeJumped`]; [`VaultError::AsOfInFuture`]; [`VaultError::UnknownSeller`];
    /// [`VaultError::SellerEnded`].
    pub(crate) fn begin(
        vault: &'a Vault,
        authorized: &Authorized<Collect>,
        as_of: Option<Timestamp>,
        form: Arc<Form>,
        tokenise: bool,
    ) -> Result<Self, VaultError> {
        vault.check_home(authorized)?;
        let context = *authorized.context();
        vault.check_time(context.now)?;
        if as_of.is_some_and(|as_of| as_of > context.now) {
            return Err(VaultError::AsOfInFuture);
        }
        let Collect { seller, kind } = authorized.action();
        let (seller_no, kind) = (vault.seller_no(seller)?, *kind);
        vault.refuse_ended(seller)?;
        Ok(Self { vault, context, seller: seller.clone(), seller_no, kind, form, tokenise })
    }

    /// Ends what was done, however it ended: a destruction that was intended on the way is completed.
    pub(crate) fn end(&self, destroys: bool, result: Result<(), VaultError>) -> Result<(), VaultError> {
        if destroys {
            self.vault.complete_destructions(&self.context, &mut |_, _| {})?;
        }
        result?;
        // A home without a server has no scheduler: what would end too early if nobody moved it is moved here.
        self.vault.move_due_parts_once_a_day(&self.context, &self.seller)
    }

    /// Plans, seals and submits verified documents and flawed ones.
    ///
    /// # Errors
    /// [`VaultError::Miscounted`] when not every document has one outcome: then nothing is submitted.
    pub(crate) fn send(
        &self,
        documents: Vec<Incoming>,
        flawed: Vec<Flawed<'_>>,
        beside: Beside,
    ) -> Result<Decided, VaultError> {
        // Held until the act is on its way: what follows from another catalogue comes after it.
        let _fixed = self.vault.planning.read().unwrap_or_else(PoisonError::into_inner);
        self.vault.refuse_ended(&self.seller)?;
        let catalogue = self.vault.catalogue();
        if documents.iter().any(|document| !Arc::ptr_eq(&document.catalogue, &catalogue)) {
            return Err(VaultError::Changed);
        }
        let read = documents.len() as u64 + flawed.len() as u64 + beside.stays;
        let lost = documents.iter().map(|document| u64::from(document.lost)).sum();
        let plans = self.plans(documents)?;
        let too_long: Vec<usize> = plans.iter().flat_map(|plan| &plan.too_long).copied().collect();
        if !too_long.is_empty() {
            return Ok(Decided::TooLong(too_long));
        }
        let mut sent = Sending { lost, ..Sending::new(self, beside) };
        for sealed in self.seal(plans, &mut sent)? {
            sent.add(sealed);
        }
        sent.counts.read = read;
        sent.counts.quarantined += flawed.len() as u64;
        // INVARIANT: nothing that was read is lost: it is in the vault, or in quarantine, or known already.
        if sent.counts.outcomes() != read {
            return Err(VaultError::Miscounted);
        }
        let quarantining = self.vault.quarantine_changes(self, flawed)?;
        sent.changes.extend(quarantining.changes);
        if !quarantining.items.is_empty() {
            sent.events.push(What::Quarantined { seller: self.seller.clone(), items: quarantining.items });
        }
        sent.submit().map(Decided::Sent)
    }

    /// Plans, seals and submits news of records that are held. Returns with it the places of news of others, of which
    /// nothing is kept.
    pub(crate) fn send_news(&self, heard: Vec<Heard>) -> Result<(Sent, Vec<usize>), VaultError> {
        let _fixed = self.vault.planning.read().unwrap_or_else(PoisonError::into_inner);
        self.vault.refuse_ended(&self.seller)?;
        let (groups, macs) = grouped(heard, |one| one.mac);
        let rows = self.vault.base.store.records(self.seller_no, self.kind, &macs)?;
        let mut unknown = Vec::new();
        let mut held = Vec::with_capacity(groups.len());
        for (row, group) in rows.into_iter().zip(groups) {
            match row {
                Some(row) => held.push((row, group)),
                None => unknown.extend(group.into_iter().map(|one| one.order)),
            }
        }
        let read = held.iter().map(|(_, group)| group.len() as u64).sum();
        let planning = self.planning();
        let plans = in_parallel(held, |(row, group)| self.vault.plan_news(planning, row, group));
        let mut sent = Sending::new(self, Beside::default());
        for sealed in self.seal(plans.into_iter().collect::<Result<_, _>>()?, &mut sent)? {
            sent.add(sealed);
        }
        sent.counts.read = read;
        // INVARIANT: all that was heard of a record that is held has one outcome.
        if sent.counts.outcomes() != read {
            return Err(VaultError::Miscounted);
        }
        Ok((sent.submit()?, unknown))
    }

    /// One plan per record, in the order in which records first appear.
    fn plans(&self, documents: Vec<Incoming>) -> Result<Vec<Plan>, VaultError> {
        let (groups, macs) = grouped(documents, |document| document.mac);
        let rows = self.vault.base.store.records(self.seller_no, self.kind, &macs)?;
        let planning = self.planning();
        in_parallel(rows.into_iter().zip(groups).collect(), |(row, group)| {
            self.vault.plan(planning, row, group)
        })
        .into_iter()
        .collect()
    }

    fn planning(&self) -> Planning<'_> {
        Planning { seller: &self.seller, kind: self.kind, now: self.context.now, tokenise: self.tokenise }
    }

    /// Gives records their numbers and parts their slots, then seals in parallel.
    fn seal(&self, plans: Vec<Plan>, sending: &mut Sending<'_>) -> Result<Vec<SealedRecord>, VaultError> {
        let (keys, mut slots) = self.keys(&plans)?;
        sending.changes.extend(keys.buckets.keys().map(|day| Change::OpenBucket(self.bucket_no(*day))));
        let is_new = |plan: &Plan| plan.write.as_ref().is_some_and(|write| write.row.is_none());
        let new = u32::try_from(plans.iter().filter(|plan| is_new(plan)).count()).unwrap_or(u32::MAX);
        let mut numbers = self.vault.base.store.reserve_records(new)?;
        let mut give_slot = |part: &PartPlan| match part.target {
            Target::Keep(slot) => Some(slot),
            Target::New => slots.get_mut(&part.day).and_then(Iterator::next),
        };
        let mut jobs = Vec::with_capacity(plans.len());
        for plan in plans {
            let parts = plan.write.iter().flat_map(|write| &write.parts);
            let slots: Option<Vec<Slot>> = parts.map(&mut give_slot).collect();
            let held = plan.write.as_ref().and_then(|write| write.row.as_ref()).map(|row| row.no);
            let no = if is_new(&plan) { numbers.next().map(RecordNo) } else { held };
            jobs.push(Job { plan, no, slots: slots.ok_or(VaultError::Changed)? });
        }
        // A clone of a bucket's keys remembers the way to its last slot; each thread works through neighbours.
        let sealed =
            in_parallel_with(jobs, || keys.clone(), |keys, job| self.vault.seal_record(self, keys, job));
        sealed.into_iter().collect()
    }

    /// The keys that the plans seal under and the slots that they need, made durable in every mirror before anything
    /// is sealed.
    fn keys(&self, plans: &[Plan]) -> Result<(Keys, NewSlots), VaultError> {
        let (keyring, entropy) = (&self.vault.base.keyring, &*self.vault.base.entropy);
        let mut facts = BTreeMap::new();
        let mut needed: BTreeMap<Day, usize> = BTreeMap::new();
        for write in plans.iter().filter_map(|plan| plan.write.as_ref()) {
            if let Entry::Vacant(free) = facts.entry(write.facts_month()) {
                free.insert(keyring.ensure_facts(&self.seller, write.facts_month(), entropy)?);
            }
            for part in &write.parts {
                *needed.entry(part.day).or_default() += usize::from(part.target == Target::New);
            }
        }
        let wanted: Vec<_> = needed.iter().map(|(day, count)| (self.bucket_id(*day), *count)).collect();
        let mut slots = NewSlots::new();
        let mut buckets = BTreeMap::new();
        for ((id, _), taken) in wanted.iter().zip(self.vault.slots.take(keyring, &wanted, entropy)?) {
            if taken.len() < needed.get(&id.day).copied().unwrap_or(0) {
                return Err(KeyringError::BucketFull.into());
            }
            slots.insert(id.day, taken.into_iter());
            buckets.insert(id.day, self.vault.live_keys(id, self.context.now).ok_or(VaultError::Changed)?);
        }
        Ok((Keys { buckets, facts }, slots))
    }

    pub(crate) fn bucket_no(&self, day: Day) -> BucketNo {
        BucketNo { seller: self.seller_no, held: BucketUse::Order, day }
    }

    fn bucket_id(&self, day: Day) -> BucketId {
        BucketId { seller: self.seller.clone(), held: BucketUse::Order, day }
    }
}

/// What belongs to one record together, in the order in which records first appear, and the MACs of their references.
fn grouped<T>(all: Vec<T>, mac: impl Fn(&T) -> [u8; 16]) -> (Vec<Vec<T>>, Vec<[u8; 16]>) {
    let (mut groups, mut macs): (Vec<Vec<T>>, Vec<_>) = (Vec::new(), Vec::new());
    let mut group_of: HashMap<[u8; 16], usize> = HashMap::with_capacity(all.len());
    for one in all {
        let mac = mac(&one);
        let index = *group_of.entry(mac).or_insert(groups.len());
        match groups.get_mut(index) {
            Some(group) => group.push(one),
            None => {
                groups.push(vec![one]);
                macs.push(mac);
            }
        }
    }
    (groups, macs)
}

/// The keys that a batch seals under.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) buckets: BTreeMap<Day, BucketKeys>,
    pub(crate) facts: BTreeMap<Month, SealingKey>,
}

type NewSlots = BTreeMap<Day, std::vec::IntoIter<Slot>>;

/// An act in the making.
struct Sending<'a> {
    run: &'a Run<'a>,
    changes: Vec<Change>,
    events: Vec<What>,
    parts: PartRows,
    expiries: Vec<ExpiryChange>,
    /// Whether an order that stays open is capped from here on.
    reaches_cap: bool,
    removal: Removal,
    counts: Counts,
    lost: u64,
    returned: Vec<Returned>,
}

impl<'a> Sending<'a> {
    fn new(run: &'a Run<'a>, beside: Beside) -> Self {
        let Beside { changes, events, removal, stays } = beside;
        Self {
            run,
            changes,
            events,
            parts: PartRows::default(),
            expiries: Vec::new(),
            reaches_cap: false,
            removal,
            counts: Counts { quarantined: stays, ..Counts::default() },
            lost: 0,
            returned: Vec::new(),
        }
    }

    fn add(&mut self, sealed: SealedRecord) {
        for outcome in sealed.outcomes {
            *match outcome {
                Outcome::Collected => &mut self.counts.collected,
                Outcome::Updated => &mut self.counts.updated,
                Outcome::Unchanged => &mut self.counts.unchanged,
                Outcome::PastRetention => &mut self.counts.past_retention,
            } += 1;
        }
        self.changes.extend(sealed.changes);
        self.parts.0.extend(sealed.parts);
        self.expiries.extend(sealed.expiry);
        self.reaches_cap |= sealed.reaches_cap;
        for (day, slot) in sealed.punctured {
            self.removal.puncture(&self.run.seller, BucketUse::Order, day, slot);
        }
        self.returned.extend(sealed.returned);
    }

    fn submit(mut self) -> Result<Sent, VaultError> {
        let (run, seller) = (self.run, self.run.seller.clone());
        let source = run.form.format.event_name().to_owned();
        let collected = What::Collected {
            seller: seller.clone(),
            kind: run.kind,
            source,
            counts: self.counts,
            parts: self.parts,
        };
        self.events.insert(0, collected);
        if !self.expiries.is_empty() {
            self.events.push(What::ExpiryChanged { seller, changes: self.expiries });
        }
        if self.reaches_cap {
            let (component, code) = ("job".to_owned(), "retention-cap".to_owned());
            self.events.push(What::SystemError { component, code });
        }
        let destroys = !self.removal.is_empty();
        if destroys {
            let intent = run.vault.intend(&run.context, self.removal)?;
            self.changes.extend(intent.changes);
            self.events.push(intent.event);
        }
        self.changes.push(run.vault.sealed_by()?);
        let events = self.events.into_iter().map(|what| run.context.event(what)).collect();
        let pending = run.vault.base.store.submit(Act { name: "collect", changes: self.changes, events });
        self.returned.sort_by_key(|returned| returned.order);
        Ok(Sent {
            pending: Some(pending),
            counts: self.counts,
            lost: self.lost,
            returned: self.returned,
            destroys,
        })
    }
}
