//! `bailee erase`: personal data of records ends at once, because whoever it is about asked for that.

use clap::Args;

use super::proposal::tell_filed;
use super::record::{OfRecords, tell_outcomes};
use crate::failure::{Exit, Result};
use crate::visit::Visit;

/// Erase the personal data of orders, shipments and returns at once, since somebody asked for it. There is no way back.
///
/// No copy opens it any more, also no backup made before. The facts stay until their own end, and what is collected of these
/// records later keeps its facts alone. What lies in quarantine and names one of them goes as well; what there does not say whose it
/// is ends by itself within 14 days. What a hold has to keep for a law is sealed to its archive first.
#[derive(Debug, Args)]
#[command(after_help = "\
It takes the role officer and a fresh second factor. Where the home asks for a second person, it is proposed, and another owner or
officer approves it with `bailee proposal approve`. One name that is not known here, and nothing is erased.

Examples:
  bailee erase ALPHA/250-1234567-1234567
  bailee erase ALPHA/250-1234567-1234567 BETA/302-7654321-7654321 --kind order")]
pub(crate) struct Erase {
    #[command(flatten)]
    of: OfRecords,
}

impl Erase {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let answer = visit.client.post("/v1/erase", &self.of.question())?;
        if answer.member("act").is_some() {
            return tell_filed(visit, &answer);
        }
        tell_outcomes(visit, &answer, |outcome| match outcome {
            "erased" => "is erased; no copy opens it any more",
            "gone" => "was gone already; from now on nothing brings it back",
            _ => "was erased already",
        })
    }
}
