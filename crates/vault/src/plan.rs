//! Decides what becomes of one record when further documents of it arrive: what is merged, which parts hold what, in
//! which bucket, and what must be forgotten. Seals nothing and writes nothing.

use std::sync::Arc;

use bailee_core::catalogue::Catalogue;
use bailee_core::retention::{Ended, Rule};
use bailee_core::{Day, FieldId, Json, Kind, Month, PartNo, RecordId, Reference, SellerId, Timestamp};
use bailee_crypto::bucket::Slot;
use bailee_intake::reader::Shape;
use bailee_ledger::event::ExpiryChange;
use bailee_store::act::RecordRow;

use crate::document::{Leaf, Marked};
use crate::facts::{About, PartEntry, Scope, SlotNo};
use crate::part::PartState;
use crate::{Vault, VaultError};
use draft::Beginning;
pub(crate) use news::Heard;

mod draft;
mod news;
mod room;
mod settle;

/// A verified document on its way into a record.
pub(crate) struct Incoming {
    pub(crate) reference: Reference,
    pub(crate) mac: [u8; 16],
    /// SHA-256 of the cleaned content, shortened.
    pub(crate) digest: [u8; 16],
    pub(crate) marked: Marked,
    pub(crate) source_time: Option<Timestamp>,
    pub(crate) as_of: Timestamp,
    /// Whether the caller named the as-of.
    pub(crate) as_of_named: bool,
    /// When it came first: now, or when it was quarantined. A record that begins with it was first taken in then.
    pub(crate) first: Timestamp,
    /// How many of its values had lost letters already at the source.
    pub(crate) lost: u32,
    pub(crate) shape: Shape,
    /// Its place in the batch, so that what goes back keeps the order of what came.
    pub(crate) order: usize,
    /// The catalogue by which it was taken apart.
    pub(crate) catalogue: Arc<Catalogue>,
}

impl Incoming {
    /// As of when it speaks, to tell the newer of two documents: source time orders them, and one without a time
    /// speaks as of its arrival.
    fn spoken_at(&self) -> Timestamp {
        self.source_time.unwrap_or(self.as_of)
    }
}

/// What became of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Collected,
    Updated,
    Unchanged,
    PastRetention,
}

/// A document that goes back to the caller, its markers being leaves of its plan.
pub(crate) struct Returned {
    pub(crate) order: usize,
    pub(crate) shape: Shape,
    pub(crate) document: Json,
}

/// Where a part is to be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// In the slot it has.
    Keep(Slot),
    /// In a new slot of its bucket.
    New,
}

/// A part to be sealed.
pub(crate) struct PartPlan {
    pub(crate) no: PartNo,
    pub(crate) scope: Scope,
    pub(crate) day: Day,
    /// The day that its expiry asks for, which may be later than its bucket's.
    pub(crate) due: Day,
    /// The rule of that day, where it is not the ordinary course.
    pub(crate) exception: Option<Rule>,
    pub(crate) target: Target,
    pub(crate) version: u32,
    pub(crate) rule: String,
    /// What will have ended it (R16).
    pub(crate) ended: Ended,
    pub(crate) leaves: Vec<PartLeaf>,
    /// Where it lay before: see [`PartEntry::left`].
    pub(crate) left: Vec<(Day, SlotNo)>,
}

/// A leaf of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PartLeaf {
    /// Its place among the leaves of its plan.
    pub(crate) index: usize,
    /// Its field; none of what the catalogue does not name.
    pub(crate) field: Option<FieldId>,
}

/// What is to be done with one record.
pub(crate) struct Plan {
    pub(crate) id: RecordId,
    /// Its leaves; markers are indexes into them.
    pub(crate) leaves: Vec<Leaf>,
    /// What became of each document.
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) returned: Vec<Returned>,
    /// The places in the batch of documents for which the record has no room: they are for quarantine, and nothing of
    /// them is in the plan.
    pub(crate) too_long: Vec<usize>,
    /// What is to be written, if anything.
    pub(crate) write: Option<Write>,
}

/// What is to be written of one record.
pub(crate) struct Write {
    /// Its row as it was read.
    pub(crate) row: Option<RecordRow>,
    pub(crate) mac: [u8; 16],
    pub(crate) about: About,
    /// The merged document; its markers are indexes into the plan's leaves.
    pub(crate) tree: Json,
    /// Whether the catalogue names all of it.
    pub(crate) is_named: bool,
    pub(crate) state: PartState,
    /// Of the content taken in last, when one was.
    pub(crate) digest: Option<[u8; 16]>,
    /// The parts to be sealed; none when its personal data has ended.
    pub(crate) parts: Vec<PartPlan>,
    /// Parts whose rows go, since they move or hold nothing any more.
    pub(crate) removed: Vec<PartEntry>,
    /// Slots that must never derive again.
    pub(crate) punctured: Vec<(Day, Slot)>,
    pub(crate) change: Option<ExpiryChange>,
}

impl Write {
    /// Whether its decision now is the cap of an order that stays open: what arrives later cannot extend it any more,
    /// which is an alarm (R6, R10).
    pub(crate) fn reaches_cap(&self) -> bool {
        let is_capped = |part: &PartPlan| {
            let open = [Rule::R6, Rule::R10].map(|rule| rule.to_string());
            part.ended == Ended::Cap && open.contains(&part.rule)
        };
        self.change.is_some() && self.parts.iter().any(is_capped)
    }

    /// The month whose facts key the record's facts are sealed under: that of its first intake.
    pub(crate) fn facts_month(&self) -> Month {
        self.row.as_ref().map_or_else(|| Month::of(self.about.first_intake), |row| row.facts_month)
    }
}

/// What all plans of a batch share.
#[derive(Clone, Copy)]
pub(crate) struct Planning<'a> {
    pub(crate) seller: &'a SellerId,
    pub(crate) kind: Kind,
    pub(crate) now: Timestamp,
    pub(crate) tokenise: bool,
}

impl Vault {
    /// Plans one record from its row (if it has one) and its documents in the order of their arrival.
    pub(crate) fn plan(
        &self,
        planning: Planning<'_>,
        row: Option<RecordRow>,
        documents: Vec<Incoming>,
    ) -> Result<Plan, VaultError> {
        let first = documents.first().ok_or(VaultError::NoOrders)?;
        let begins = Beginning { mac: first.mac, reference: &first.reference, first: first.first };
        let mut draft = self.draft(planning, row, begins)?;
        if !planning.tokenise && self.only_repeats(planning, &draft, &documents) {
            return Ok(draft.unchanged(documents.len()));
        }
        self.open_draft(planning, &mut draft)?;
        for document in documents {
            if draft.has_room_for(self, planning, &document) {
                draft.take_in(self, planning, document);
            } else {
                draft.too_long.push(document.order);
            }
        }
        if draft.outcomes.is_empty() {
            return Ok(draft.unchanged(0));
        }
        Ok(self.settle(planning, draft))
    }
}
