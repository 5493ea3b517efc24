//! The cold archive: keys for it, what was sealed to them, where that went, and how it ended. Never a place or a name.

use bailee_core::{Day, Purpose, RecordId, SellerId, Statute};
use serde::{Deserialize, Serialize};

use super::Digest;

/// A step in the life of an archive or of a key for it (2.1.c).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Archive {
    /// The home was given the public half of an offline key.
    KeyAdded {
        /// Names it: the first half of its fingerprint.
        key: RecordId,
        /// SHA-256 of the public key.
        fingerprint: Digest,
        /// The year in which the statutes end for which it is.
        year: i16,
    },
    /// Fields were sealed to such a key. What was opened for it stands in `revealed` of the same request.
    Made {
        /// Names the archive.
        archive: RecordId,
        /// Whose data.
        seller: SellerId,
        /// For what.
        purpose: Purpose,
        /// Under which statute.
        statute: Statute,
        /// The last day on which that obliges.
        until: Day,
        /// Records in it.
        records: u32,
        /// Values in it.
        values: u64,
        /// Records that were to be in it and are not: they had ended, are restricted, or did not open.
        left_out: u32,
        /// Bytes of the file.
        bytes: u64,
        /// SHA-256 of the file, which is ciphertext.
        digest: Digest,
        /// The key.
        key: RecordId,
        /// The hold that it was made under, where it was not asked for by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hold: Option<RecordId>,
    },
    /// An archive was begun and could not be made. Nothing waits for it: what is due is disposed of all the same.
    Failed {
        /// What it would have been named.
        archive: RecordId,
        /// Why: a code of the program.
        reason: String,
        /// The hold that it was to be made under.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hold: Option<RecordId>,
    },
    /// The file was handed out. It is ciphertext.
    Fetched {
        /// Which archive.
        archive: RecordId,
    },
    /// The file lies where somebody said, and the home has let go of its own copy.
    Placed {
        /// Which archive.
        archive: RecordId,
    },
    /// Somebody said that a file, or a key and with it every archive under it, was destroyed.
    Destroyed {
        /// The archive,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        archive: Option<RecordId>,
        /// or the key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<RecordId>,
        /// `"erased"`, `"shredded"`, `"burned"`, `"lost"`.
        how: String,
    },
    /// From now on what a law obliges to keep is archived before each record's day (R15).
    HoldAdded {
        /// Names the hold.
        hold: RecordId,
        /// Whose records.
        seller: SellerId,
        /// How many are named; all of them, where none is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        records: Option<u32>,
        /// How many fields.
        fields: u32,
        /// For what.
        purpose: Purpose,
        /// Under which statute.
        statute: Statute,
        /// The last day on which that obliges.
        until: Day,
        /// The key that its archives are sealed to.
        key: RecordId,
    },
    /// Nothing is archived under a hold any more, and its archives are to be destroyed.
    HoldLifted {
        /// Which.
        hold: RecordId,
        /// `"statute-ended"`, `"mistake"`, `"court"`, `"kept-elsewhere"`.
        reason: String,
        /// Archives that are to be destroyed.
        archives: u32,
    },
    /// Personal data ended that a hold was to have archived and had not. It delayed nothing.
    HoldMissed {
        /// Which.
        hold: RecordId,
        /// Whose records.
        seller: SellerId,
        /// The day of their bucket.
        day: Day,
        /// Records that are not in an archive as they were in the end.
        missed: u32,
        /// Records that were not to be opened: they were restricted, or lacked a consent.
        left_out: u32,
    },
}
