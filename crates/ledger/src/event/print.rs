//! Prints: what stands on paper, or in a file made to be printed, and how that ended. Never a place or a name.

use bailee_core::{RecordId, SellerId};
use serde::{Deserialize, Serialize};

/// A step in the life of prints (2.3.d).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Print {
    /// A document was made of a record. What was opened for it stands in `revealed` of the same request.
    Made {
        /// Its number.
        print: u64,
        /// Whose.
        seller: SellerId,
        /// Of which record.
        record: RecordId,
        /// `"label"`, `"packing-slip"`, `"invoice"`.
        paper: String,
        /// `"html"`, `"pdf"`, `"zpl"`.
        form: String,
    },
    /// Somebody said that there are prints which were made elsewhere.
    Added {
        /// Their number.
        print: u64,
        /// Of which record, where of one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        record: Option<RecordId>,
        /// How many sheets.
        copies: u32,
    },
    /// Somebody said that prints are no more here.
    Ended {
        /// Their numbers.
        prints: Vec<u64>,
        /// `"shredded"`, `"burned"`, `"erased"`, `"sent"`, `"lost"`.
        how: String,
    },
}
