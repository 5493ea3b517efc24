//! Making keys underivable, in an order that neither a crash nor a rollback can undo.
//!
//! The intent is committed first, with what it names in a sealed register. Then the keyring destroys, in every mirror.
//! Then the rows are swept, and the completion is committed. An intent without a completion is redone at the next
//! opening, so what was intended always ends, and nothing that was not intended ever does.

use std::collections::{BTreeSet, HashSet};
use std::sync::PoisonError;

use bailee_core::{Day, FieldInstance, Month, PartNo, RecordId, RequestId, SellerId, Timestamp};
use bailee_crypto::bucket::{BucketId, BucketUse, Slot};
use bailee_crypto::envelope::{self, Place};
use bailee_crypto::keyring::{self, Removals};
use bailee_crypto::provider;
use bailee_ledger::authorized::Context;
use bailee_ledger::event::{self, BucketName, DropsEpoch, Holds, Went, What};
use bailee_store::act::{Act, BucketNo, BucketState, Change, RegisterRow};
use serde::{Deserialize, Serialize};

use crate::{Vault, VaultError};

const REGISTER: &str = "destruction";

/// Rows that one step of a sweep takes away: some ten milliseconds of the writer's time, a sync among them.
const SWEPT_ROWS: u32 = 1024;

/// What is to be made underivable.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Removal {
    /// Slots of buckets of records that live on; each once, however often it is named.
    punctures: Vec<(SellerId, Day, BTreeSet<u32>)>,
    /// Slots of buckets of quarantine that live on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    quarantine_punctures: Vec<(SellerId, Day, BTreeSet<u32>)>,
    /// Whole buckets.
    buckets: Vec<(SellerId, Held, Day)>,
    /// What each of them holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    holds: Vec<Holds>,
    /// Facts keys.
    facts: Vec<(SellerId, Month)>,
    /// Keys of details of events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    details: Vec<Month>,
    /// Keys of requests and consents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    requests: Vec<Month>,
    /// Records whose personal data ends with it.
    disposed: u64,
    /// The request by which it is intended: the ledger finds its events by that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<RequestId>,
}

/// A bucket's use as it is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Held {
    Order,
    Quarantine,
}

impl Held {
    pub(crate) fn of(held: BucketUse) -> Self {
        match held {
            BucketUse::Order => Self::Order,
            BucketUse::Quarantine => Self::Quarantine,
        }
    }

    fn to_use(self) -> BucketUse {
        match self {
            Self::Order => BucketUse::Order,
            Self::Quarantine => BucketUse::Quarantine,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Quarantine => "quarantine",
        }
    }
}

/// What goes into the act that intends a destruction.
pub(crate) struct Intent {
    /// Names it.
    pub(crate) destruction: RecordId,
    pub(crate) changes: Vec<Change>,
    pub(crate) event: What,
}

/// What a destruction did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Completed {
    pub(crate) disposed: u64,
    pub(crate) buckets: u64,
}

impl Removal {
    pub(crate) fn is_empty(&self) -> bool {
        let Self { punctures, quarantine_punctures, buckets, facts, details, requests, .. } = self;
        punctures.is_empty()
            && quarantine_punctures.is_empty()
            && buckets.is_empty()
            && facts.is_empty()
            && details.is_empty()
            && requests.is_empty()
    }

    pub(crate) fn puncture(&mut self, seller: &SellerId, held: BucketUse, day: Day, slot: Slot) {
        let punctures = match held {
            BucketUse::Order => &mut self.punctures,
            BucketUse::Quarantine => &mut self.quarantine_punctures,
        };
        match punctures.iter_mut().find(|(other, on, _)| other == seller && *on == day) {
            Some((_, _, slots)) => drop(slots.insert(slot.0)),
            None => punctures.push((seller.clone(), day, BTreeSet::from([slot.0]))),
        }
    }

    /// So many records end with it.
    pub(crate) fn ends(&mut self, records: u64) {
        self.disposed += records;
    }

    /// Every bucket of which slots are punctured, with them.
    fn punctured(&self) -> impl Iterator<Item = (BucketId, &BTreeSet<u32>)> {
        let order = self.punctures.iter().map(|of| (BucketUse::Order, of));
        let quarantine = self.quarantine_punctures.iter().map(|of| (BucketUse::Quarantine, of));
        order
            .chain(quarantine)
            .map(|(held, (seller, day, slots))| (BucketId { seller: seller.clone(), held, day: *day }, slots))
    }

    /// A whole bucket, which holds that.
    pub(crate) fn bucket(&mut self, id: &BucketId, holds: Holds) {
        self.buckets.push((id.seller.clone(), Held::of(id.held), id.day));
        self.disposed += holds.records;
        self.holds.push(holds);
    }

    /// What goes with it, but for single keys.
    pub(crate) fn went(&self) -> Went {
        let sum = |of: fn(&Holds) -> u64| self.holds.iter().map(of).sum();
        Went {
            destructions: 1,
            buckets: self.buckets.len() as u64,
            records: sum(|holds| holds.records),
            parts: sum(|holds| holds.parts),
            quarantined: sum(|holds| holds.quarantined),
            facts: self.facts.len() as u64,
        }
    }

    pub(crate) fn facts(&mut self, seller: SellerId, month: Month) {
        self.facts.push((seller, month));
    }

    pub(crate) fn details(&mut self, month: Month) {
        self.details.push(month);
    }

    pub(crate) fn requests(&mut self, month: Month) {
        self.requests.push(month);
    }

    /// The days of the buckets of records that go with it, whole.
    pub(crate) fn order_days(&self) -> impl Iterator<Item = Day> + '_ {
        self.buckets.iter().filter(|(_, held, _)| *held == Held::Order).map(|(.., day)| *day)
    }

    fn bucket_ids(&self) -> impl Iterator<Item = BucketId> {
        self.buckets.iter().map(|(seller, held, day)| BucketId {
            seller: seller.clone(),
            held: held.to_use(),
            day: *day,
        })
    }

    /// Every bucket, with what it holds; one that was intended by an older version of the program does not say.
    fn held_buckets(&self) -> impl Iterator<Item = (BucketId, Option<Holds>)> {
        self.bucket_ids().zip(self.holds.iter().copied().map(Some).chain(std::iter::repeat(None)))
    }

    fn add_to(&self, all: &mut Removals) {
        let slots = |slots: &BTreeSet<u32>| slots.iter().copied().map(Slot).collect();
        all.punctures.extend(self.punctured().map(|(bucket, at)| (bucket, slots(at))));
        all.buckets.extend(self.bucket_ids());
        all.facts.extend(self.facts.iter().cloned());
        all.details.extend(&self.details);
        all.requests.extend(&self.requests);
    }

    fn event(&self, destruction: RecordId) -> What {
        let name = |id: BucketId, holds: Option<Holds>| BucketName {
            seller: id.seller,
            held: Held::of(id.held).as_str().to_owned(),
            day: id.day,
            holds,
        };
        let count = |slots: &BTreeSet<u32>| u32::try_from(slots.len()).unwrap_or(u32::MAX);
        What::DestructionIntended {
            destruction,
            buckets: self.held_buckets().map(|(id, holds)| name(id, holds)).collect(),
            punctures: self.punctured().map(|(bucket, slots)| (name(bucket, None), count(slots))).collect(),
            facts: self.facts.clone(),
            details: self.details.clone(),
            requests: self.requests.clone(),
        }
    }
}

impl Vault {
    /// Adds a slot of a record to what is punctured, if it derives at all.
    pub(crate) fn puncture(&self, removal: &mut Removal, seller: &SellerId, day: Day, slot: Slot) {
        let id = BucketId { seller: seller.clone(), held: BucketUse::Order, day };
        if self.base.keyring.bucket(&id).is_some_and(|keys| keys.holds(slot)) {
            removal.puncture(seller, BucketUse::Order, day, slot);
        }
    }

    /// What an act must carry to intend this. From here on the buckets are closed to everything.
    pub(crate) fn intend(&self, context: &Context, removal: Removal) -> Result<Intent, VaultError> {
        let removal = Removal { request: Some(context.request), ..removal };
        let destruction = RecordId::random(&*self.base.entropy);
        let mut changes = Vec::new();
        for (id, holds) in removal.held_buckets() {
            let bucket = BucketNo { seller: self.seller_no(&id.seller)?, held: id.held, day: id.day };
            // A bucket whose first batch never arrived has keys and no row yet.
            changes.push(Change::OpenBucket(bucket));
            if let Some(Holds { parts, quarantined, .. }) = holds {
                changes.push(Change::ExpectHeld { bucket, parts, quarantined });
            }
            changes.push(Change::SetBucketState {
                bucket,
                from: BucketState::Open,
                to: BucketState::Destroying,
            });
            self.slots.drop_bucket(&id);
            self.doomed.write().unwrap_or_else(PoisonError::into_inner).insert(id);
        }
        let plain = serde_json::to_vec(&removal).map_err(|_| VaultError::Damaged("a destruction"))?;
        let key = self.base.keyring.lasting().register_key(REGISTER);
        let place = self.destruction_place(destruction);
        let sealed = envelope::seal(&key, &place, &[(FieldInstance(0), &plain)], &*self.base.entropy)?;
        let row = RegisterRow { register: REGISTER.to_owned(), id: destruction, version: 1, sealed };
        changes.push(Change::PutRegister(row));
        Ok(Intent { destruction, changes, event: removal.event(destruction) })
    }

    /// Completes every destruction that is intended: all their keys go under one new epoch.
    pub(crate) fn complete_destructions(
        &self,
        context: &Context,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Completed, VaultError> {
        let _one_at_a_time = self.destroying.lock().unwrap_or_else(PoisonError::into_inner);
        let mut intended = Vec::new();
        let mut removals = Removals::default();
        for row in self.base.store.entries(REGISTER)? {
            let removal = self.open_destruction(&row)?;
            removal.add_to(&mut removals);
            intended.push((row, removal));
        }
        let mut completed = Completed::default();
        if intended.is_empty() {
            return Ok(completed);
        }
        let destroyed = self.base.keyring.destroy(&removals, &*self.base.entropy)?;
        let count = intended.len() as u64;
        for (done, (row, removal)) in intended.iter().enumerate() {
            self.complete(context, row, removal, destroyed)?;
            completed.disposed += removal.disposed;
            completed.buckets += removal.buckets.len() as u64;
            progress(done as u64 + 1, count);
        }
        Ok(completed)
    }

    /// Redoes what a crash interrupted, as the system itself. While a mirror is out of reach the destruction stays
    /// intended, and its buckets closed: what lives can be used all the same.
    pub(crate) fn resume_destructions(&self, now: Timestamp) -> Result<(), VaultError> {
        for row in self.base.store.entries(REGISTER)? {
            let removal = self.open_destruction(&row)?;
            self.doomed.write().unwrap_or_else(PoisonError::into_inner).extend(removal.bucket_ids());
        }
        let request = RequestId::new(now, &*self.base.entropy);
        let context = Context::system(request, now);
        let completed = self.complete_destructions(&context, &mut |_, _| {}).map(drop);
        self.mirrors_may_be_away(&context, completed)
    }

    /// Sweeps what lay under keys that are gone, and says so.
    fn complete(
        &self,
        context: &Context,
        row: &RegisterRow,
        removal: &Removal,
        destroyed: keyring::Destroyed,
    ) -> Result<(), VaultError> {
        let mut changes = Vec::new();
        for id in removal.bucket_ids() {
            let bucket = BucketNo { seller: self.seller_no(&id.seller)?, held: id.held, day: id.day };
            self.sweep(bucket)?;
            changes.push(Change::SweepBucket(bucket));
            let (from, to) = (BucketState::Destroying, BucketState::Destroyed);
            changes.push(Change::SetBucketState { bucket, from, to });
            let request = removal.request.map(|request| format!(" {} {request}", row.id)).unwrap_or_default();
            let value = format!("{}{request}", context.now);
            changes.push(Change::SetMeta { name: destroyed_name(bucket), value });
        }
        for (seller, month) in &removal.facts {
            changes.push(Change::SweepFacts { seller: self.seller_no(seller)?, month: *month });
        }
        changes.extend(removal.details.iter().map(|month| Change::SweepDetails(*month)));
        changes.extend(self.sweep_left(&removal.requests)?);
        changes.extend(self.sweep_waiting(&removal.facts)?);
        changes.push(Change::SetAnchor(destroyed.anchor));
        changes.push(Change::DeleteRegister {
            register: REGISTER.to_owned(),
            id: row.id,
            version: row.version,
        });
        // Its certificate finds the completion by the request of its intent, but for one that another request completed.
        if removal.request != Some(context.request) {
            let (name, value) = (completed_name(row.id), context.request.to_string());
            changes.push(Change::SetMeta { name, value });
        }
        let event = context.event(What::DestructionCompleted(event::Destroyed {
            destruction: row.id,
            epoch: destroyed.epoch,
            revision: destroyed.anchor.revision,
            mirrors: u32::try_from(self.base.keyring.mirrors().len()).unwrap_or(u32::MAX),
            disposed: removal.disposed,
            drops_epoch: Some(match self.base.keyring.epoch().1 {
                provider::DropsEpoch::AtOnce => DropsEpoch::AtOnce,
                provider::DropsEpoch::AfterDays(days) => DropsEpoch::AfterDays(days),
                provider::DropsEpoch::Cannot => DropsEpoch::Cannot,
            }),
        }));
        self.base.store.commit(Act { name: "complete-destruction", changes, events: vec![event] })?;
        let mut doomed = self.doomed.write().unwrap_or_else(PoisonError::into_inner);
        removal.bucket_ids().for_each(|id| {
            doomed.remove(&id);
        });
        if !removal.facts.is_empty() {
            self.know_waiting()?;
        }
        if removal.requests.is_empty() { Ok(()) } else { self.know_consents() }
    }

    /// Takes away the rows of a bucket whose key is gone, step by step, so that whoever asks for others meanwhile waits
    /// for one step at most. Stopped anywhere, the rest goes with the completion.
    fn sweep(&self, bucket: BucketNo) -> Result<(), VaultError> {
        while self.base.store.holds_rows(bucket)? {
            let changes = vec![Change::SweepSome { bucket, rows: SWEPT_ROWS }];
            self.base.store.commit(Act { name: "sweep", changes, events: Vec::new() })?;
        }
        Ok(())
    }

    /// The keys of facts, of details and of requests whose destruction is intended already: unlike a bucket, they have no state.
    pub(crate) fn intended_keys(&self) -> Result<IntendedKeys, VaultError> {
        let mut keys = IntendedKeys::default();
        for row in self.base.store.entries(REGISTER)? {
            let removal = self.open_destruction(&row)?;
            keys.0.extend(removal.facts);
            keys.1.extend(removal.details);
            keys.2.extend(removal.requests);
        }
        Ok(keys)
    }

    fn open_destruction(&self, row: &RegisterRow) -> Result<Removal, VaultError> {
        let key = self.base.keyring.lasting().register_key(REGISTER);
        let opened = envelope::open(&key, &self.destruction_place(row.id), &row.sealed, None)?;
        let (_, plain) = opened.first().ok_or(VaultError::Damaged("a destruction"))?;
        serde_json::from_slice(plain.expose()).map_err(|_| VaultError::Damaged("a destruction"))
    }

    fn destruction_place(&self, id: RecordId) -> Place<'static> {
        let binding = self.base.keyring.binding();
        Place {
            home: binding.home,
            environment: binding.environment,
            what: "register/destruction",
            seller: None,
            record: id,
            part: PartNo(0),
            version: 1,
        }
    }

    /// Whether the destruction of a bucket is intended.
    pub(crate) fn is_doomed(&self, id: &BucketId) -> bool {
        self.doomed.read().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    /// When a bucket was destroyed.
    pub(crate) fn destroyed_at(&self, bucket: BucketNo) -> Result<Option<Timestamp>, VaultError> {
        Ok(self.destroyed(bucket)?.map(|(when, _)| when))
    }

    /// When a bucket was destroyed, by which destruction, and by which request that was intended.
    pub(crate) fn destroyed(&self, bucket: BucketNo) -> Result<Option<BucketEnd>, VaultError> {
        let Some(text) = self.base.store.meta(&destroyed_name(bucket))? else { return Ok(None) };
        let mut words = text.split(' ');
        let when = words.next().and_then(|word| word.parse().ok());
        let by = words.next().and_then(|word| word.parse().ok());
        let by = by.zip(words.next().and_then(|word| word.parse().ok()));
        Ok(when.map(|when| (when, by)))
    }

    /// The request that completed a destruction, where it is another than that of its intent.
    pub(crate) fn completed_by(&self, destruction: RecordId) -> Result<Option<RequestId>, VaultError> {
        Ok(self.base.store.meta(&completed_name(destruction))?.and_then(|text| text.parse().ok()))
    }
}

/// Keys of facts, of details of events, and of requests.
pub(crate) type IntendedKeys = (HashSet<(SellerId, Month)>, HashSet<Month>, HashSet<Month>);

/// When a bucket was destroyed, and by which destruction and which request; older versions did not keep that.
pub(crate) type BucketEnd = (Timestamp, Option<(RecordId, RequestId)>);

/// The name under which the store remembers how a bucket was destroyed.
fn destroyed_name(bucket: BucketNo) -> String {
    format!("destroyed/{}/{}/{}", bucket.seller.0, Held::of(bucket.held).as_str(), bucket.day.0)
}

/// The name under which the store remembers by which request a destruction was completed.
fn completed_name(destruction: RecordId) -> String {
    format!("completed/{destruction}")
}
