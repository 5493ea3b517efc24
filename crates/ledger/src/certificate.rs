//! Certificates of disposal: what was destroyed, when, by which rule and under which key, as one file that verifies offline.
//!
//! A certificate states nothing but what the ledger's entries say, and carries the proofs of these entries (C2SP tlog-proof). It is
//! verified by being made again from its proofs and the public key: any statement in it that comes out otherwise is refused. Each
//! destruction in it has both its entries, the intent and the completion, and all of them are proven of one tree.

mod gather;
mod words;

use bailee_core::{Day, PrincipalId, RecordId, RequestId, SellerId, Timestamp};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use crate::event::Went;
use crate::prove::ProveError;
use gather::{Gathered, prove_all};

/// The form of certificates that this version makes and verifies.
pub const FORM: &str = "bailee-certificate-of-disposal-1";

/// Most bytes of a certificate: some hundred times what a seller of fifty buckets has.
pub const CERTIFICATE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Most proofs in a certificate: a seller's end has some four, and a day of a seller two or four.
pub const PROOFS_MAX: usize = 1024;

/// What a certificate is of: a seller's day, a seller that ended, or all that a request destroyed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Of {
    /// Of this seller: all of it, since it ended;
    pub seller: Option<SellerId>,
    /// or what had to be gone by this day, as `2026-11-23`.
    pub day: Option<String>,
    /// What this request destroyed.
    pub request: Option<RequestId>,
}

/// A certificate of disposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// [`FORM`].
    pub form: String,
    /// What it is of.
    pub of: Of,
    /// All that it states, in sentences.
    pub words: Vec<String>,
    /// The end of the seller that it is of.
    pub end: Option<End>,
    /// The destructions, in the order of their intents.
    pub destructions: Vec<Destruction>,
    /// What they destroyed in all.
    pub total: Total,
    /// The ledger that says so.
    pub ledger: Ledger,
    /// An entry of the ledger each, with its way to the root.
    pub proofs: Vec<String>,
}

/// The end of a seller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// `"authorisation-ended"` or `"amazon-notice"`.
    pub reason: String,
    /// When it ended: from then on nothing of it was taken in or opened.
    pub ended_at: Timestamp,
    /// By whom that was said.
    pub ended_by: PrincipalId,
    /// The day on which its data was to be destroyed.
    pub on: String,
    /// When all of it was gone.
    pub gone_at: Timestamp,
}

/// A destruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destruction {
    /// Names it.
    pub destruction: RecordId,
    /// The request by which it was intended.
    pub request: RequestId,
    /// By whom.
    pub by: PrincipalId,
    /// When it was intended.
    pub intended_at: Timestamp,
    /// When it was completed: nothing under its keys opens from then on.
    pub completed_at: Timestamp,
    /// Whole buckets, with what each held.
    pub buckets: Vec<Bucket>,
    /// Single keys of buckets that lived on.
    pub punctures: Vec<Puncture>,
    /// Keys of facts, of a seller and month each.
    pub facts: Vec<FactsKey>,
    /// Keys of a month of details of events.
    pub details: Vec<String>,
    /// Keys of a month of requests and consents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<String>,
    /// Records whose personal data ended with it.
    pub disposed: u64,
    /// The epoch of the keyring since; every one before was dropped.
    pub epoch: u64,
    /// The revision of the keyring's head.
    pub revision: u64,
    /// Mirrors that it was read back from.
    pub mirrors: u32,
    /// What the provider of the root key declares of a dropped epoch: `"at-once"`, `"after-7-days"`, `"cannot"`.
    pub drops_epoch: String,
}

/// A bucket: all that was held of a seller and had to be gone by one day, under one tree of keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Whose.
    pub seller: SellerId,
    /// `"order"` or `"quarantine"`.
    pub held: String,
    /// Its day.
    pub day: String,
    /// By which rule it went: `"R3"`, `"R17"`, `"R20"`.
    pub rule: String,
    /// Records whose main part was in it.
    pub records: u64,
    /// Parts.
    pub parts: u64,
    /// Quarantined documents.
    pub quarantined: u64,
}

/// Single keys of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Puncture {
    /// Whose.
    pub seller: SellerId,
    /// `"order"` or `"quarantine"`.
    pub held: String,
    /// Its day.
    pub day: String,
    /// How many.
    pub keys: u64,
}

/// The key of a month's facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactsKey {
    /// Whose.
    pub seller: SellerId,
    /// Its month, as `2026-11`.
    pub month: String,
}

/// What several destructions destroyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Total {
    /// Destructions.
    pub destructions: u64,
    /// Whole buckets.
    pub buckets: u64,
    /// Records whose main part was in one.
    pub records: u64,
    /// Parts in them.
    pub parts: u64,
    /// Quarantined documents in them.
    pub quarantined: u64,
    /// Single keys of parts of other buckets.
    pub punctures: u64,
    /// Keys of months of facts.
    pub facts: u64,
    /// Keys of months of details of events.
    pub details: u64,
    /// Keys of months of requests and consents.
    #[serde(default, skip_serializing_if = "is_none")]
    pub requests: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

/// The state of a ledger, and the key that signed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// Its origin.
    pub origin: String,
    /// Entries.
    pub size: u64,
    /// The root of their tree, in base64.
    pub root: String,
    /// The key.
    pub verifier_key: String,
}

/// States what proofs prove.
///
/// # Errors
/// When a proof does not hold, or they do not prove all that there is to state.
pub fn certify(of: Of, verifier_key: &str, proofs: Vec<String>) -> Result<Certificate, CertificateError> {
    if proofs.len() > PROOFS_MAX {
        return Err(CertificateError::TooLong);
    }
    let (checkpoint, events) = prove_all(verifier_key, &proofs)?;
    let Gathered { ended, gone, destructions } = Gathered::of(events)?;
    let total = Total::of(&destructions);
    let ended_seller = ended.as_ref().map(|(seller, _)| seller.clone());
    let end = match (ended, gone) {
        (None, None) => None,
        (Some(ended), Some((gone_at, seller, went))) if ended.0 == seller && total == Total::from(went) => {
            Some(End { gone_at, ..ended.1 })
        }
        _ => return Err(CertificateError::OtherSum),
    };
    check_of(&of, ended_seller.as_ref(), &destructions)?;
    let ledger = Ledger {
        origin: checkpoint.origin,
        size: checkpoint.size,
        root: BASE64.encode(&checkpoint.root),
        verifier_key: verifier_key.trim().to_owned(),
    };
    let (form, words) = (FORM.to_owned(), Vec::new());
    let mut made = Certificate { form, of, words, end, destructions, total, ledger, proofs };
    made.words = words::of(&made);
    Ok(made)
}

/// Verifies a certificate, offline: each of its statements is what its proofs prove.
///
/// # Errors
/// When it is not of the form of one, a proof does not hold, or one of its statements is not what they prove.
pub fn verify(text: &str, verifier_key: &str) -> Result<Certificate, CertificateError> {
    if text.len() > CERTIFICATE_BYTES_MAX {
        return Err(CertificateError::TooLong);
    }
    let read: Certificate = serde_json::from_str(text).map_err(|_| CertificateError::Form)?;
    let made = certify(read.of.clone(), verifier_key, read.proofs.clone())?;
    match first_difference(&read, &made) {
        None => Ok(made),
        Some(member) => Err(CertificateError::Differs(member)),
    }
}

fn first_difference(read: &Certificate, made: &Certificate) -> Option<&'static str> {
    [
        ("form", read.form == made.form),
        ("end", read.end == made.end),
        ("destructions", read.destructions == made.destructions),
        ("total", read.total == made.total),
        ("ledger", read.ledger == made.ledger),
        ("words", read.words == made.words),
    ]
    .into_iter()
    .find_map(|(member, is_same)| (!is_same).then_some(member))
}

impl Total {
    fn of(destructions: &[Destruction]) -> Self {
        let mut total = Self { destructions: destructions.len() as u64, ..Self::default() };
        for destruction in destructions {
            total.buckets += destruction.buckets.len() as u64;
            total.facts += destruction.facts.len() as u64;
            total.details += destruction.details.len() as u64;
            total.requests += destruction.requests.len() as u64;
            total.punctures += destruction.punctures.iter().map(|one| one.keys).sum::<u64>();
            for bucket in &destruction.buckets {
                total.records += bucket.records;
                total.parts += bucket.parts;
                total.quarantined += bucket.quarantined;
            }
        }
        total
    }
}

impl From<Went> for Total {
    fn from(went: Went) -> Self {
        let Went { destructions, buckets, records, parts, quarantined, facts } = went;
        Self {
            destructions,
            buckets,
            records,
            parts,
            quarantined,
            punctures: 0,
            facts,
            details: 0,
            requests: 0,
        }
    }
}

/// Whether what is proven is what the certificate is of, and nothing else is.
fn check_of(of: &Of, ended: Option<&SellerId>, destructions: &[Destruction]) -> Result<(), CertificateError> {
    let is_it = match of {
        Of { seller: Some(seller), day: Some(day), request: None } => {
            let is_bucket = |bucket: &Bucket| bucket.seller == *seller && bucket.day == *day;
            let ends_one = |one: &Destruction| one.buckets.iter().any(is_bucket);
            day.parse::<Day>().is_ok()
                && ended.is_none()
                && !destructions.is_empty()
                && destructions.iter().all(ends_one)
        }
        Of { seller: Some(seller), day: None, request: None } => {
            ended == Some(seller) && destructions.iter().all(|one| is_of_seller(one, seller))
        }
        Of { seller: None, day: None, request: Some(request) } => {
            ended.is_none()
                && !destructions.is_empty()
                && destructions.iter().all(|one| one.request == *request)
        }
        _ => false,
    };
    if is_it { Ok(()) } else { Err(CertificateError::Other) }
}

fn is_of_seller(one: &Destruction, seller: &SellerId) -> bool {
    one.buckets.iter().all(|bucket| bucket.seller == *seller)
        && one.facts.iter().all(|facts| facts.seller == *seller)
        && one.punctures.is_empty()
        && one.details.is_empty()
        && one.requests.is_empty()
}

/// Why there is no certificate, or why it is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Larger than any certificate.
    #[error("this is more than a certificate holds: {PROOFS_MAX} proofs, {CERTIFICATE_BYTES_MAX} bytes")]
    TooLong,
    /// Not the form of a certificate.
    #[error("this is no certificate of disposal that this version of bailee reads")]
    Form,
    /// A proof does not hold.
    #[error("proof {number} does not hold: {error}")]
    Proof {
        /// Which, from 1.
        number: usize,
        /// Why.
        error: ProveError,
    },
    /// A proven entry is none that this version reads.
    #[error("proof {0} is of an entry that this version of bailee does not read")]
    Entry(usize),
    /// Proofs of different trees.
    #[error("its proofs are of different states of the ledger")]
    Trees,
    /// Proofs that are not in order, or of which one does not follow from another.
    #[error("its proofs do not follow each other as the ledger's entries do")]
    Order,
    /// A proof of something else.
    #[error("one of its proofs is of an event that says nothing of a disposal")]
    Foreign,
    /// An intent without its completion, or nothing at all.
    #[error("it proves no destruction that is complete")]
    Incomplete,
    /// The ledger does not say what was destroyed.
    #[error("the ledger does not say how much was destroyed: an older version of bailee did it")]
    Uncounted,
    /// What went is not what the destructions ended.
    #[error("its destructions are not all that the end of the seller destroyed")]
    OtherSum,
    /// It is of something else than it says.
    #[error("what it proves is not what it is said to be of")]
    Other,
    /// A statement is not what is proven.
    #[error("`{0}` in it is not what its proofs prove")]
    Differs(&'static str),
}

impl CertificateError {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "certificate-too-long",
            Self::Form => "certificate-form",
            Self::Proof { error, .. } => error.code(),
            Self::Entry(_) => "certificate-entry",
            Self::Trees => "certificate-trees",
            Self::Order => "certificate-order",
            Self::Foreign => "certificate-foreign",
            Self::Incomplete => "certificate-incomplete",
            Self::Uncounted => "certificate-uncounted",
            Self::OtherSum => "certificate-sum",
            Self::Other => "certificate-other",
            Self::Differs(_) => "certificate-differs",
        }
    }
}

#[cfg(test)]
mod tests;
