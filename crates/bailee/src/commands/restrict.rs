//! `bailee restrict`: of records nothing is done but keeping them, because whoever they are about asked for that.

use bailee_core::Json;
use clap::Args;

use super::record::OfRecords;
use crate::failure::{Exit, Result};
use crate::screen::text;
use crate::visit::Visit;

/// Keep orders, shipments and returns without using them, since somebody asked for that; or use them again.
///
/// Nothing of a restricted record is revealed, for whatever purpose; `show` makes no masks, and `find` shows it to officers alone. Its
/// clock goes on, what is collected of it is kept, and it can be erased.
#[derive(Debug, Args)]
#[command(after_help = "\
It takes the role officer, and to lift it a fresh second factor. One name that is not known here, and nothing is done.

Examples:
  bailee restrict ALPHA/250-1234567-1234567
  bailee restrict --lift ALPHA/250-1234567-1234567")]
pub(crate) struct Restrict {
    #[command(flatten)]
    of: OfRecords,

    /// Use them again.
    #[arg(long)]
    lift: bool,
}

impl Restrict {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let mut question = self.of.question();
        question.insert("lift".to_owned(), self.lift.into());
        let answer = visit.client.post("/v1/restrict", &question)?;
        if visit.screen.is_json() {
            visit.screen.json(&answer)?;
            return Ok(Exit::Done);
        }
        for record in answer.member("records").map(Json::elements).unwrap_or_default() {
            let [seller, kind, reference, outcome] =
                ["seller", "kind", "reference", "outcome"].map(|name| text(record, name));
            let words = match (outcome.as_str(), self.lift) {
                ("restricted", _) => "is kept, and not used any more",
                ("lifted", _) => "is used again",
                ("gone", _) => "has no personal data any more",
                (_, true) => "was not restricted",
                (_, false) => "was restricted already",
            };
            visit.screen.line(format_args!("{kind} {seller}/{reference} {words}"))?;
        }
        Ok(Exit::Done)
    }
}
