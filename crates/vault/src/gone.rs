//! What is left to say of personal data that has ended: since when it has, and by which rule; and of what is lost, that it is.

use bailee_core::retention::{CLOSING_DAYS, DisposalRule, Ended, Phase, bucket_day, phase};
use bailee_core::{Reference, SellerId, Timestamp};
use bailee_crypto::bucket::{BucketId, BucketUse, Slot};
use bailee_store::act::{BucketNo, BucketState, Change, RecordRow, RecordState};

use crate::facts::{Facts, PartEntry};
use crate::reveal::Wanted;
use crate::{Vault, VaultError};

/// The name under which a home remembers since when keys of it are lost.
const LOST: &str = "lost-since";

/// Slots that are read from the store at a time: half a megabyte.
const SLOTS_AT_A_TIME: usize = 65_536;

/// A record whose personal data is gone.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Gone {
    /// Whose.
    pub seller: SellerId,
    /// Its reference; absent once its facts have ended too.
    pub reference: Option<Reference>,
    /// `"closing"` (no longer opened, and about to be destroyed), `"disposed"`, `"erased"`: somebody asked for it; or `"lost"`: its
    /// key was, with a keyring or a store, and it is collected again.
    pub state: &'static str,
    /// Since when.
    pub when: Timestamp,
    /// Under which rule (`"R1"` …); `"R18"` once that is forgotten with the facts.
    pub rule: String,
}

impl Gone {
    /// Whoever asks for what is lost by a reference is to collect that again. Of what has ended with its facts nothing is said.
    pub(crate) fn asked_for(self, wanted: &Wanted) -> Self {
        let asked = match wanted {
            Wanted::Reference { reference, .. } if self.state == "lost" => Some(reference.clone()),
            Wanted::Reference { .. } | Wanted::Token(_) => None,
        };
        Self { reference: self.reference.or(asked), ..self }
    }
}

impl Vault {
    /// What is left to say of a record, or of a part of it, whose personal data has ended.
    pub(crate) fn gone(
        &self,
        seller: &SellerId,
        row: &RecordRow,
        facts: &Facts,
        part: Option<&PartEntry>,
        now: Timestamp,
    ) -> Result<Gone, VaultError> {
        let reference = Some(facts.about.reference.clone());
        if let (Some(end), RecordState::Gone) = (&facts.about.end, row.state) {
            let (when, rule) = (end.when, end.rule.clone());
            let state = if end.ended == Ended::Erasure { "erased" } else { "disposed" };
            return Ok(Gone { seller: seller.clone(), reference, state, when, rule });
        }
        // One of which no part is left was lost with the store that knew where it lay, until its own day has come.
        let ends = facts.about.expires_at.map(bucket_day).filter(|day| phase(*day, now) != Phase::Open);
        let is_lost = match (part, ends) {
            (Some(part), _) => self.is_lost(seller, row, part, now)?,
            (None, ends) => ends.is_none(),
        };
        if row.state == RecordState::Live && is_lost {
            return self.lost(seller, reference, part.map(|part| part.rule.clone()), now);
        }
        let (None, Some(day), RecordState::Live) = (part, ends, row.state) else {
            return self.closed(seller, reference, row, part.ok_or(VaultError::Damaged("facts"))?, now);
        };
        let (when, rule) = (day.plus(-CLOSING_DAYS).start(), DisposalRule::R3.to_string());
        Ok(Gone { seller: seller.clone(), reference, state: "disposed", when, rule })
    }

    /// What is to be said of a part whose bucket is closing or gone.
    fn closed(
        &self,
        seller: &SellerId,
        reference: Option<Reference>,
        row: &RecordRow,
        part: &PartEntry,
        now: Timestamp,
    ) -> Result<Gone, VaultError> {
        let bucket = BucketNo { seller: row.seller, held: BucketUse::Order, day: part.day };
        let closes_at = Self::bucket_id(seller, part).closes_at();
        // What its seller's end closed before its own day ends by that (R17).
        let end = self.end_of(seller).filter(|end| end.at < closes_at);
        let closed_at = end.as_ref().map_or(closes_at, |end| end.at).min(now);
        let rule = end.map_or_else(|| part.rule.clone(), |_| DisposalRule::R17.to_string());
        let (state, when) = match self.destroyed_at(bucket)? {
            Some(when) => ("disposed", when),
            None => ("closing", closed_at),
        };
        Ok(Gone { seller: seller.clone(), reference, state, when, rule })
    }

    /// Whether a part is there, in a bucket that may be opened, and its key is not: a key that is taken away takes its row
    /// with it, so this one was lost with a keyring, or with the store that knew where it lies.
    pub(crate) fn is_lost(
        &self,
        seller: &SellerId,
        row: &RecordRow,
        part: &PartEntry,
        now: Timestamp,
    ) -> Result<bool, VaultError> {
        let keys = self.live_keys(&Self::bucket_id(seller, part), now);
        if keys.is_none_or(|keys| keys.holds(part.slot())) {
            return Ok(false);
        }
        let bucket = BucketNo { seller: row.seller, held: BucketUse::Order, day: part.day };
        Ok(self.base.store.part(bucket, row.no, part.no)?.is_some())
    }

    /// What is to be said of what is lost.
    pub(crate) fn lost(
        &self,
        seller: &SellerId,
        reference: Option<Reference>,
        rule: Option<String>,
        now: Timestamp,
    ) -> Result<Gone, VaultError> {
        let since = self.base.store.meta(LOST)?.and_then(|text| text.parse().ok());
        let rule = rule.unwrap_or_else(|| "R16".to_owned());
        Ok(Gone { seller: seller.clone(), reference, state: "lost", when: since.unwrap_or(now), rule })
    }

    /// How many parts open: those in buckets that live, but for those whose keys are lost.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn living_parts(&self, now: Timestamp) -> Result<u64, VaultError> {
        let mut living = 0;
        for summary in self.base.store.buckets()?.iter().filter(|one| one.state == BucketState::Open) {
            let BucketNo { seller, held, day } = summary.bucket;
            let seller = self.seller_id(seller).ok_or(VaultError::Damaged("a seller's number"))?;
            let id = BucketId { seller, held, day };
            let Some(keys) = self.live_keys(&id, now).filter(|_| held == BucketUse::Order) else { continue };
            let mut from = Some(Slot(0));
            while let Some(first) = from {
                let slots = self.base.store.slots(summary.bucket, first, SLOTS_AT_A_TIME)?;
                living += slots.iter().filter(|slot| keys.holds(**slot)).count() as u64;
                from = slots.last().map(|last| Slot(last.0 + 1));
            }
        }
        Ok(living)
    }
}

/// What remembers that keys were lost, or a store was, at that time.
pub(crate) fn lost_since(now: Timestamp) -> Change {
    Change::SetMeta { name: LOST.to_owned(), value: now.to_string() }
}
