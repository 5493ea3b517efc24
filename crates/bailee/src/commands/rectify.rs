//! `bailee rectify`: a wrong value is corrected, because whoever it is about asked for that.

use clap::Args;
use serde_json::json;

use super::recipient::tell_next;
use super::record::{OfKind, RecordName};
use crate::failure::{Exit, Result};
use crate::screen::{self, text};
use crate::visit::Visit;

/// Correct a value of an order, shipment or return, since somebody asked for that.
///
/// No copy opens the old value any more. What the source says of that field later, or of the address that it is part of, is passed
/// over until the record ends, so that a correction is not undone by the next collect.
#[derive(Debug, Args)]
#[command(after_help = "\
The value is asked for, or read from standard input; it is never an argument, since others can read those. It is checked and cleaned as a
value that comes in. It takes the role officer and a fresh second factor.

Examples:
  bailee rectify ALPHA/250-1234567-1234567 --field recipient.deliveryAddress.name
  bailee rectify ALPHA/250-1234567-1234567 --field buyer.buyerEmail --value-stdin < value")]
pub(crate) struct Rectify {
    /// The order, shipment or return.
    #[arg(value_name = "S/REF")]
    record: RecordName,

    #[command(flatten)]
    of: OfKind,

    /// The field, as `show` names it; one of an item by its id.
    #[arg(long, value_name = "PATH")]
    field: String,

    /// Read the value from standard input.
    #[arg(long)]
    value_stdin: bool,
}

impl Rectify {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let value = screen::secret(self.value_stdin, "value", "--value-stdin")?;
        let RecordName { seller, reference } = &self.record;
        let (kind, value) = (self.of.kind.map(|kind| kind.as_str()), value.expose());
        let question = json!({ "seller": seller, "kind": kind, "reference": reference, "field": self.field, "value": value });
        let answer = visit.client.post("/v1/rectify", &question)?;
        if visit.screen.is_json() {
            visit.screen.json(&answer)?;
            return Ok(Exit::Done);
        }
        let words = match text(&answer, "outcome").as_str() {
            "rectified" => "has the new value; no copy opens the old one any more",
            "gone" => "has ended; there is nothing to correct",
            _ => "was corrected to that value already",
        };
        visit.screen.line(format_args!("{} of {} {words}", self.field, self.record))?;
        tell_next(visit, &answer);
        Ok(Exit::Done)
    }
}
