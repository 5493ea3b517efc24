//! Typed events: one per act. No free text, no reference, no path or file name from input, no hash of a personal value.
//!
//! What can stand in an event is an id, a number, an instant, a member of a closed set, or a code of the program. The
//! bytes that they become are in [`crate::entry`].

use bailee_core::catalogue::{Mask, TermKind};
use bailee_core::purpose::{Class, Purpose};
use bailee_core::requirement::Requirement;
use bailee_core::retention::{EvidenceKind, Rule};
use bailee_core::{
    Commitment, Day, FieldId, Kind, Month, PartNo, PersonId, PrincipalId, RecordId, RequestId, SellerId,
    ServiceId, SessionId, Ticket, Timestamp,
};
use serde::{Deserialize, Serialize};

pub use crate::entry::{ENTRY_BYTES_MAX, Entry, EntryError};

/// One act.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When, by the home's clock.
    pub at: Timestamp,
    /// Who.
    pub principal: PrincipalId,
    /// The request that it belongs to.
    pub request: RequestId,
    /// Where the request came from: a commitment to a detail that is sealed under the key of this month. None of what
    /// the system does by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Commitment>,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What happened. The serialised names are part of the format: never renamed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum What {
    /// A home was made.
    HomeMade {
        /// Its environment.
        environment: bailee_core::Environment,
        /// Its owner.
        owner: PersonId,
    },
    /// A person came in.
    LoggedIn {
        /// The new session.
        session: SessionId,
    },
    /// Somebody did not. No name: the mail address tried is personal.
    LogInFailed {
        /// The person, when the account exists.
        person: Option<PersonId>,
    },
    /// A session ended.
    LoggedOut {
        /// Which.
        session: SessionId,
    },
    /// A seller was added.
    SellerAdded {
        /// Which.
        seller: SellerId,
    },
    /// A service was added.
    ServiceAdded {
        /// Which.
        service: ServiceId,
        /// Its owner.
        owner: PersonId,
        /// The sellers it is bound to.
        sellers: Vec<SellerId>,
        /// Its purposes.
        purposes: Vec<Purpose>,
        /// Its classes.
        classes: Vec<Class>,
    },
    /// Parts were sealed in one commit of a collect.
    Collected {
        /// Whose.
        seller: SellerId,
        /// Of what kind.
        kind: Kind,
        /// Their source (`"orders-2026-01-01"`): a name from the program, never from input.
        source: String,
        /// The counts of this commit.
        counts: Counts,
        /// Every part sealed.
        parts: PartRows,
    },
    /// Documents failed verification and were sealed into quarantine.
    Quarantined {
        /// Whose.
        seller: SellerId,
        /// Their ids and reason codes.
        items: Vec<(RecordId, String)>,
    },
    /// Quarantined documents were read again, after what kept them out was mended.
    QuarantineRetried {
        /// Whose.
        seller: SellerId,
        /// Their ids, each with `"taken-in"` or the code of the reason why it stays.
        items: Vec<(RecordId, String)>,
    },
    /// Quarantined documents were thrown away.
    QuarantineDiscarded {
        /// Whose.
        seller: SellerId,
        /// Why: a code of a closed set.
        reason: String,
        /// Their ids.
        items: Vec<RecordId>,
    },
    /// A retention decision changed (R14).
    ExpiryChanged {
        /// Whose.
        seller: SellerId,
        /// Every change.
        changes: Vec<ExpiryChange>,
    },
    /// Plaintext is about to be handed out: the decision and the exact pairs, an upper bound on what was disclosed.
    /// Without items: something was asked for that is gone, or was never held.
    Revealed {
        /// Whose.
        seller: SellerId,
        /// Why.
        purpose: Purpose,
        /// The ticket given.
        ticket: Option<Ticket>,
        /// The records and the catalogue fields of each.
        items: Vec<RevealedItem>,
        /// Fields refused in the same request.
        denied: u32,
    },
    /// A reveal that was logged could not be finished, or named something that is not here or does not open.
    RevealFailed {
        /// A code from the program.
        reason: String,
    },
    /// Something was refused.
    Denied {
        /// What was asked, a code from the program (`"reveal"`, `"collect"` …).
        action: String,
        /// Whose.
        seller: Option<SellerId>,
        /// For what.
        purpose: Option<Purpose>,
        /// Why not: a code from the program.
        reason: String,
        /// What it serves.
        requirement: Requirement,
        /// The records it was about, when known.
        items: Vec<RevealedItem>,
    },
    /// Records were searched for.
    Found {
        /// Whose.
        seller: SellerId,
        /// By what kinds of term.
        terms: Vec<TermKind>,
        /// The records found.
        records: Vec<RecordId>,
    },
    /// Facts and masked fields were shown; of no record, when there is none of the reference that was asked for.
    Shown {
        /// Whose.
        seller: SellerId,
        /// Which.
        records: Vec<RecordId>,
    },
    /// Quarantine was listed or shown.
    QuarantineRead {
        /// The items shown; none for a list.
        items: Vec<RecordId>,
    },
    /// Retention was asked about.
    RetentionRead {
        /// The record, if it was one.
        record: Option<RecordId>,
    },
    /// Keys are about to be made underivable.
    DestructionIntended {
        /// Names this destruction in its completion.
        destruction: RecordId,
        /// Buckets.
        buckets: Vec<BucketName>,
        /// Punctures per bucket.
        punctures: Vec<(BucketName, u32)>,
        /// Facts keys.
        facts: Vec<(SellerId, Month)>,
        /// Keys of details of events.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        details: Vec<Month>,
    },
    /// They are underivable.
    DestructionCompleted {
        /// Which.
        destruction: RecordId,
        /// The new epoch.
        epoch: u64,
        /// The keyring's revision.
        revision: u64,
        /// Mirrors it was read back from.
        mirrors: u32,
        /// Records whose personal data ended.
        disposed: u64,
    },
    /// Parts were sealed anew in a later bucket.
    Moved {
        /// Whose.
        seller: SellerId,
        /// Every part.
        parts: PartRows,
    },
    /// The catalogue was read.
    CatalogueRead {},
    /// What the catalogue does not name was listed. No path: one comes from outside, and may be personal.
    UnclassifiedRead {
        /// Whose; of all sellers, when `None`.
        seller: Option<SellerId>,
        /// How many different paths there are.
        paths: u32,
        /// How many records hold one.
        records: u64,
    },
    /// An officer decided what a field is.
    FieldClassified {
        /// Which: its number in the catalogue.
        field: FieldId,
        /// Of what kind.
        kind: Kind,
        /// Its class; `None` for a fact.
        class: Option<Class>,
        /// What it may be used for.
        purposes: Vec<Purpose>,
        /// What may be shown of it.
        mask: Mask,
        /// Of the file that holds the decision, which begins with random bytes.
        catalogue: Digest,
    },
    /// The catalogue is another than the one that the home went by before: a new version, or an edited extension.
    CatalogueChanged {
        /// How many fields it has.
        fields: u32,
    },
    /// What is sealed followed a change of the catalogue.
    Reclassified {
        /// Whose.
        seller: SellerId,
        /// Records of which the facts alone were sealed anew.
        facts: u32,
        /// Every part that was.
        parts: PartRows,
    },
    /// The keyring's mirrors were repaired, or one was added.
    MirrorsChanged {
        /// Repaired.
        repaired: u32,
        /// Added.
        added: u32,
    },
    /// The root key is about to be sealed under another passphrase: an upper bound, written before its file is replaced.
    /// The root key stays, and with it everything that lies under it.
    PassphraseChanged {},
    /// Keys were looked at.
    KeysRead {},
    /// The ledger was read, verified, proved from or exported.
    LedgerRead {
        /// `"tail"`, `"details"`, `"verify"`, `"prove"`, `"export"`.
        how: String,
    },
    /// A mapping of the home's own was added, or put in the place of the one of its name. Not by its name: somebody chose
    /// that, and might have chosen a person's.
    MappingAdded {
        /// The first half of the SHA-256 of its file, in hexadecimal digits: which columns a home maps is its own
        /// affair, and no more than this is told.
        digest: String,
    },
    /// A mapping of the home's own was taken away.
    MappingRemoved {
        /// As of [`What::MappingAdded`].
        digest: String,
    },
    /// Something went wrong in the system itself (2.6.a).
    SystemError {
        /// `"panic"`, `"disk"`, `"mirror"`, `"clock"`, `"job"`, `"store"`.
        component: String,
        /// A code from the program.
        code: String,
    },
    /// The time of a test home was set.
    TimeSet {},
}

impl What {
    /// The kind of event, as the entry names it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::HomeMade { .. } => "home-made",
            Self::LoggedIn { .. } => "logged-in",
            Self::LogInFailed { .. } => "log-in-failed",
            Self::LoggedOut { .. } => "logged-out",
            Self::SellerAdded { .. } => "seller-added",
            Self::ServiceAdded { .. } => "service-added",
            Self::Collected { .. } => "collected",
            Self::Quarantined { .. } => "quarantined",
            Self::QuarantineRetried { .. } => "quarantine-retried",
            Self::QuarantineDiscarded { .. } => "quarantine-discarded",
            Self::ExpiryChanged { .. } => "expiry-changed",
            Self::Revealed { .. } => "revealed",
            Self::RevealFailed { .. } => "reveal-failed",
            Self::Denied { .. } => "denied",
            Self::Found { .. } => "found",
            Self::Shown { .. } => "shown",
            Self::QuarantineRead { .. } => "quarantine-read",
            Self::RetentionRead { .. } => "retention-read",
            Self::DestructionIntended { .. } => "destruction-intended",
            Self::DestructionCompleted { .. } => "destruction-completed",
            Self::Moved { .. } => "moved",
            Self::CatalogueRead {} => "catalogue-read",
            Self::UnclassifiedRead { .. } => "unclassified-read",
            Self::FieldClassified { .. } => "field-classified",
            Self::CatalogueChanged { .. } => "catalogue-changed",
            Self::Reclassified { .. } => "reclassified",
            Self::MirrorsChanged { .. } => "mirrors-changed",
            Self::PassphraseChanged { .. } => "passphrase-changed",
            Self::KeysRead { .. } => "keys-read",
            Self::LedgerRead { .. } => "ledger-read",
            Self::MappingAdded { .. } => "mapping-added",
            Self::MappingRemoved { .. } => "mapping-removed",
            Self::SystemError { .. } => "system-error",
            Self::TimeSet { .. } => "time-set",
        }
    }

    /// Every text in the event that is a code of the program. Each must be 1 to 40 of `a-z`, `0-9` and `-`, so that no
    /// free text can stand in an entry.
    pub(crate) fn codes(&self) -> Vec<&str> {
        match self {
            Self::Collected { source, .. } => vec![source],
            Self::Quarantined { items, .. } | Self::QuarantineRetried { items, .. } => {
                items.iter().map(|(_, code)| code.as_str()).collect()
            }
            Self::RevealFailed { reason } | Self::QuarantineDiscarded { reason, .. } => vec![reason],
            Self::Denied { action, reason, .. } => vec![action, reason],
            Self::DestructionIntended { buckets, punctures, .. } => {
                let punctured = punctures.iter().map(|(bucket, _)| bucket);
                buckets.iter().chain(punctured).map(|bucket| bucket.held.as_str()).collect()
            }
            Self::LedgerRead { how } => vec![how],
            Self::MappingAdded { digest } | Self::MappingRemoved { digest } => vec![digest],
            Self::SystemError { component, code } => vec![component, code],
            Self::HomeMade { .. }
            | Self::LoggedIn { .. }
            | Self::LogInFailed { .. }
            | Self::LoggedOut { .. }
            | Self::SellerAdded { .. }
            | Self::ServiceAdded { .. }
            | Self::ExpiryChanged { .. }
            | Self::Revealed { .. }
            | Self::Found { .. }
            | Self::Shown { .. }
            | Self::QuarantineRead { .. }
            | Self::RetentionRead { .. }
            | Self::DestructionCompleted { .. }
            | Self::Moved { .. }
            | Self::CatalogueRead {}
            | Self::UnclassifiedRead { .. }
            | Self::FieldClassified { .. }
            | Self::CatalogueChanged { .. }
            | Self::Reclassified { .. }
            | Self::MirrorsChanged { .. }
            | Self::PassphraseChanged {}
            | Self::KeysRead {}
            | Self::TimeSet {} => Vec::new(),
        }
    }
}

/// The counts of a collect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Documents read.
    pub read: u64,
    /// New records.
    pub collected: u64,
    /// Records that the documents changed.
    pub updated: u64,
    /// Records that they did not.
    pub unchanged: u64,
    /// Documents whose expiry had passed, or that were disposed of: their facts alone are kept.
    pub past_retention: u64,
    /// Documents that failed verification.
    pub quarantined: u64,
}

impl Counts {
    /// Documents whose outcome is counted. Nothing is lost when these are as many as were read.
    pub const fn outcomes(&self) -> u64 {
        self.collected + self.updated + self.unchanged + self.past_retention + self.quarantined
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.read += more.read;
        self.collected += more.collected;
        self.updated += more.updated;
        self.unchanged += more.unchanged;
        self.past_retention += more.past_retention;
        self.quarantined += more.quarantined;
    }
}

/// A part that was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartRow {
    /// Its record.
    pub record: RecordId,
    /// Its number.
    pub part: PartNo,
    /// Its version.
    pub version: u32,
    /// SHA-256 of the envelope.
    pub digest: [u8; 32],
    /// Its bucket's day.
    pub day: Day,
}

/// SHA-256 of a file, in hexadecimal in the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

/// Parts that were sealed, as base64 of fixed rows in the entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartRows(pub Vec<PartRow>);

/// One record of a reveal with the catalogue fields concerned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevealedItem {
    /// The record.
    pub record: RecordId,
    /// Its fields; one entry per distinct field.
    pub fields: Vec<FieldId>,
}

/// A bucket as events name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketName {
    /// Whose.
    pub seller: SellerId,
    /// `"order"` or `"quarantine"`.
    pub held: String,
    /// Its day.
    pub day: Day,
}

/// A changed retention decision (R14).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpiryChange {
    /// The record.
    pub record: RecordId,
    /// The rule that decided.
    pub rule: Rule,
    /// The kind of evidence.
    pub evidence: EvidenceKind,
    /// Earliest delivery.
    pub lo: Timestamp,
    /// Latest delivery.
    pub hi: Option<Timestamp>,
    /// Before.
    pub old: Option<Timestamp>,
    /// After.
    pub new: Timestamp,
    /// An opaque id of the evidence.
    pub evidence_id: RecordId,
}
