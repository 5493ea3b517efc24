//! What leaves, in a plain form that every system reads: gathered in memory that is wiped, and never on a disk.
//! `docs/formats/export.md` fixes it.

use bailee_core::export::Plan;
use bailee_core::{Day, FieldInstance, Purpose, RecordId, Timestamp};
use bailee_crypto::lasting::Binding;
use serde_json::{Value, json};

use super::ExportError;
use super::kept::{Exported, ExportedRecord};
use crate::VaultError;
use crate::archive::plain;
use crate::reveal::{Held, Opened, Revealed};

/// What each record says besides its values.
const MORE: [&str; 2] = ["purpose", "delete_by"];
const SCHEMA: &str = include_str!("record.schema.json");

/// What was opened for an export so far.
pub struct Draft {
    plain: plain::Draft,
    pub(super) exported: Exported,
    purpose: Purpose,
}

impl Draft {
    /// An empty one.
    pub fn new(purpose: Purpose) -> Self {
        Self { plain: plain::Draft::with(&MORE), exported: Exported::default(), purpose }
    }

    /// Takes in what was opened of what was held.
    ///
    /// # Errors
    /// [`ExportError::TooLong`] when it is too much for one export.
    pub fn take(&mut self, opened: Opened, held: &[Held]) -> Result<(), VaultError> {
        let missed = opened.gone.len() + opened.failed.len();
        self.leave_out(u32::try_from(missed).unwrap_or(u32::MAX));
        for record in opened.revealed.iter().filter(|record| !record.fields.is_empty()) {
            let of = held.iter().find(|one| one.record == record.record).ok_or(VaultError::Changed)?;
            let instances = instances(of, record);
            let delete_by = of.day_of(&instances).ok_or(VaultError::Changed)?.plus(-1);
            let more = [self.purpose.as_str(), &delete_by.to_string()];
            self.plain.add(record, &more).map_err(|_| ExportError::TooLong)?;
            self.exported.records.push(ExportedRecord {
                record: record.record,
                instances,
                delete_by,
                corrections: of.corrections,
                told: None,
            });
        }
        Ok(())
    }

    /// How many records are in it.
    pub const fn records(&self) -> u32 {
        self.plain.records
    }

    /// Counts records that were not even there to be opened.
    pub fn leave_out(&mut self, records: u32) {
        self.plain.leave_out(records);
    }

    /// How many records, values, and records that were left out.
    pub(super) fn counts(&self) -> (u32, u64, u32) {
        (self.plain.records, self.plain.values, self.plain.left_out)
    }

    /// The last day on which any of it may be kept.
    pub(super) fn delete_by(&self) -> Option<Day> {
        self.exported.records.iter().map(|one| one.delete_by).max()
    }

    /// The whole, as a tar, and which records it has.
    pub(super) fn finish(
        self,
        binding: Binding,
        id: RecordId,
        plan: &Plan,
        now: Timestamp,
    ) -> Result<(Vec<u8>, Exported), VaultError> {
        let about: Value = json!({
            "format": "bailee-export-1",
            "export": id.to_string(),
            "home": binding.home.to_string(),
            "environment": binding.environment,
            "recipient": plan.recipient.to_string(),
            "key": plan.fingerprint,
            "seller": plan.seller,
            "purpose": plan.purpose,
            "delete_by": self.delete_by().map(|day| day.to_string()),
            "made": now,
            "records": self.plain.records,
            "values": self.plain.values,
            "left_out": self.plain.left_out,
        });
        Ok((self.plain.finish_as(README, ("export.json", &about), SCHEMA)?, self.exported))
    }
}

/// The numbers in its record of what was opened.
fn instances(held: &Held, record: &Revealed) -> Vec<FieldInstance> {
    let is_opened = |path: &str| record.fields.iter().any(|(opened, _)| opened == path);
    held.fields.iter().filter(|field| is_opened(&field.path)).map(|field| field.instance).collect()
}

/// What is told first to whoever opens it.
const README: &str = "\
This holds personal data of buyers, sealed for you and for the purpose that export.json says. Use it for that and for nothing else.

Each record says by when it has to be gone (delete_by, the last day on which you may keep it, UTC): delete it by then, in every
copy, with what you made of it. You may be told before that to delete a record, to stop using it, or that a value of it was wrong; such a
notice is sealed for the same key. Do what it says, and confirm it.

records.ndjson       one record a line, as JSON; record.schema.json says what stands in it
records.csv          the same values, one a line: seller, kind, reference, path, value, purpose, delete_by (RFC 4180, UTF-8). Values are
                     what buyers wrote: have a spreadsheet take every column as text, since one that begins with = + - or @ is a formula to it
record.schema.json   JSON Schema 2020-12 of a line of records.ndjson
export.json          what this export is
";
