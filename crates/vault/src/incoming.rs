//! From a verified document to what a record takes in: its personal leaves apart, its content's digest, its times.

use std::sync::Arc;

use aws_lc_rs::digest;
use bailee_core::catalogue::Catalogue;
use bailee_core::retention::parse_date;
use bailee_core::{FieldInstance, Json, SellerId, Timestamp};
use bailee_crypto::lasting::{Lasting, TokenError};
use bailee_intake::format::Form;
use bailee_intake::reader::Raw;
use bailee_intake::verify::{Flaw, verify};

use crate::Vault;
use crate::document::{Leaf, encode_skeleton, mark};
use crate::part::LEAVES_MAX;
use crate::plan::Incoming;

/// Room for the encoding of most documents.
const CONTENT_BYTES: usize = 4096;

/// When a document came, and as of when it speaks.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    /// As of when the caller said that it speaks.
    pub(crate) as_of: Option<Timestamp>,
    /// When it came first: now, or when it was quarantined.
    pub(crate) first: Timestamp,
    pub(crate) now: Timestamp,
}

/// What all documents of a batch are read with.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) seller: &'a SellerId,
    pub(crate) form: &'a Form,
    pub(crate) catalogue: &'a Arc<Catalogue>,
    pub(crate) times: Times,
}

impl Vault {
    /// Verifies one raw document and takes it apart. `order` is its place in the batch.
    pub(crate) fn incoming(&self, reading: Reading<'_>, raw: &Raw, order: usize) -> Result<Incoming, Flaw> {
        let Reading { seller, form, catalogue, times } = reading;
        let lasting = self.base.keyring.lasting();
        let kind = form.format.kind();
        let document = verify(raw, form, catalogue)?;
        let digest = content_digest(&document.json);
        let updated = document.json.at("lastUpdatedTime").and_then(Json::as_str).and_then(parse_date);
        let source_time = updated.filter(|updated| *updated <= times.now);
        let marked = mark(document.json, catalogue, kind);
        if marked.leaves.len() > LEAVES_MAX {
            return Err(Flaw::TooLong);
        }
        if marked.leaves.iter().any(|leaf| holds_token(leaf, lasting)) {
            return Err(Flaw::Token);
        }
        Ok(Incoming {
            mac: lasting.reference_mac(seller, kind, &document.reference),
            reference: document.reference,
            digest,
            marked,
            source_time,
            as_of: times.as_of.or(source_time).unwrap_or(times.first),
            as_of_named: times.as_of.is_some(),
            first: times.first,
            lost: document.lost,
            shape: raw.shape,
            order,
            catalogue: Arc::clone(catalogue),
        })
    }
}

/// The first 16 bytes of SHA-256 of a document's encoding, which tells any two documents apart.
fn content_digest(document: &Json) -> [u8; 16] {
    let mut content = zeroize::Zeroizing::new(Vec::with_capacity(CONTENT_BYTES));
    encode_skeleton(document, &|marker| FieldInstance(marker.0), &mut content);
    let mut digest = [0; 16];
    let whole = digest::digest(&digest::SHA256, &content);
    digest.iter_mut().zip(whole.as_ref()).for_each(|(to, from)| *to = *from);
    digest
}

/// Whether a token stands where a value belongs: a tokenised document that was handed in again must not overwrite what
/// its tokens stand for.
fn holds_token(leaf: &Leaf, lasting: &Lasting) -> bool {
    let text = leaf.value.as_ref().and_then(Json::as_str);
    text.is_some_and(|text| !matches!(lasting.resolve(text), Err(TokenError::NotAToken)))
}
