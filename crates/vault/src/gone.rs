//! What is left to say of personal data that has ended: since when it has, and by which rule.

use bailee_core::retention::{DisposalRule, Ended};
use bailee_core::{Reference, SellerId, Timestamp};
use bailee_crypto::bucket::BucketUse;
use bailee_store::act::{BucketNo, RecordRow, RecordState};

use crate::facts::{Facts, PartEntry};
use crate::{Vault, VaultError};

/// A record whose personal data is gone.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Gone {
    /// Whose.
    pub seller: SellerId,
    /// Its reference; absent once its facts have ended too.
    pub reference: Option<Reference>,
    /// `"closing"` (no longer opened, and about to be destroyed), `"disposed"`, or `"erased"`: somebody asked for it.
    pub state: &'static str,
    /// Since when.
    pub when: Timestamp,
    /// Under which rule (`"R1"` …); `"R18"` once that is forgotten with the facts.
    pub rule: String,
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
        let part = part.ok_or(VaultError::Damaged("facts"))?;
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
}
