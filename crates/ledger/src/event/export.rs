//! What leaves for a registered recipient, and what they are told of it later. Never a name, an address or a reference.

use bailee_core::{Purpose, RecordId, SellerId};
use serde::{Deserialize, Serialize};

use super::Digest;

/// A step in the life of a recipient, of an export, or of a notice about one (2.6.g, 2.2.d).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Export {
    /// Something may be sealed to somebody outside from now on.
    RecipientAdded {
        /// Names them.
        recipient: RecordId,
        /// SHA-256 of their public key.
        fingerprint: Digest,
        /// For what.
        purposes: Vec<Purpose>,
        /// Whose data.
        sellers: Vec<SellerId>,
    },
    /// Nothing is sealed to them any more. What they have they are still told about.
    RecipientRemoved {
        /// Whom.
        recipient: RecordId,
    },
    /// Fields were sealed to a recipient. What was opened for it stands in `revealed` of the same request.
    Made {
        /// Names the export.
        export: RecordId,
        /// To whom.
        recipient: RecordId,
        /// Whose data.
        seller: SellerId,
        /// For what.
        purpose: Purpose,
        /// Records in it.
        records: u32,
        /// Values in it.
        values: u64,
        /// Records that were to be in it and are not: they had ended, are restricted, have no consent, or did not open.
        left_out: u32,
        /// Bytes of the file.
        bytes: u64,
        /// SHA-256 of the file, which is ciphertext.
        digest: Digest,
    },
    /// An export was begun and could not be made.
    Failed {
        /// What it would have been named.
        export: RecordId,
        /// Why: a code of the program.
        reason: String,
    },
    /// The file was handed out. It is ciphertext.
    Fetched {
        /// Which export.
        export: RecordId,
    },
    /// The home has let go of the file.
    LetGo {
        /// Which export.
        export: RecordId,
    },
    /// A recipient is told what became of records that they have.
    Told {
        /// Names the notice.
        notice: RecordId,
        /// Whom.
        recipient: RecordId,
        /// Records that are to be deleted.
        delete: u32,
        /// Records that are not to be used any more.
        stop: u32,
        /// Records of which a value was wrong: what they have is to go.
        replace: u32,
        /// Records that may be used again.
        resume: u32,
    },
    /// They confirm that they have done so.
    Confirmed {
        /// Which notice.
        notice: RecordId,
        /// Whose.
        recipient: RecordId,
    },
}
