//! What stops disposed data from coming back, and when it gives way (R16).

use super::decide::open_cap;
use super::{Evidence, Spoken};
use crate::purpose::closed_set;

closed_set! {
    /// What ended a record's personal data.
    Ended {
        /// The clock (R1, R2, R5, R10, R12).
        Clock => "clock",
        /// A cap of R5, R6 or R10.
        Cap => "cap",
        /// A cancellation (R7).
        Cancellation => "cancellation",
        /// Somebody asked.
        Erasure => "erasure",
        /// The seller's authorisation ended, or Amazon demanded it (R17).
        SellerEnded => "seller-ended",
        /// Its own key had been taken away when the home was restored, and nothing told why: it may have been erased.
        Forgotten => "forgotten",
    }
}

closed_set! {
    /// Why a seller ends (R17).
    EndReason {
        /// Its authorisation has ended.
        AuthorisationEnded => "authorisation-ended",
        /// Amazon demands that its data be deleted.
        AmazonNotice => "amazon-notice",
    }
}

impl EndReason {
    /// Whether what is not personal goes as well: a demand of deletion is about everything.
    pub const fn ends_facts(self) -> bool {
        matches!(self, Self::AmazonNotice)
    }
}

closed_set! {
    /// The rule by which a whole bucket is destroyed.
    DisposalRule {
        /// The second day before its day has come.
        R3 => "R3",
        /// Its seller has ended.
        R17 => "R17",
        /// It is of quarantine, and that day has come.
        R20 => "R20",
    }
}

/// Whether a tombstone gives way to a document, so that its data goes into a new part (R16).
///
/// `arriving` is the evidence of that document alone, on its record's first intake; `as_of_given` says that a person
/// named the time with `--as-of`. Only a tombstone set by the clock yields, only to a collector's fetch or to changed
/// content of a file with `--as-of`, only while the order is shown as pending or unshipped, and not past R10's cap.
pub fn tombstone_yields(ended: Ended, arriving: &Evidence, spoken: &Spoken, as_of_given: bool) -> bool {
    let speaks_anew = spoken.fetched || (as_of_given && !spoken.seen_before);
    ended == Ended::Clock && speaks_anew && arriving.is_open() && spoken.now < open_cap(arriving)
}
