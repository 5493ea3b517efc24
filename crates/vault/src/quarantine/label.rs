//! What is sealed of a quarantined document: its bytes, and a label that says all that is needed to read them again.

use std::sync::Arc;

use bailee_core::{FieldInstance, Kind, PartNo, RecordId, SellerId, Sensitive, Timestamp};
use bailee_crypto::bucket::BucketId;
use bailee_crypto::envelope::{self, SealingKey};
use bailee_intake::format::{Form, Format, Formats, Syntax};
use bailee_intake::reader::{Position, Table};
use bailee_intake::verify::Flaw;
use bailee_store::act::QuarantineRow;
use serde::{Deserialize, Serialize};

use super::{Flawed, Item, content};
use crate::batch::Run;
use crate::{Vault, VaultError};

const LABEL: FieldInstance = FieldInstance(0);
const BYTES: FieldInstance = FieldInstance(1);

/// What every document was read as before labels said so.
const FIRST_FORMAT: &str = "orders-2026-01-01";

/// What is sealed of a quarantined document beside its bytes. Members were added; what an older version sealed opens.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Label {
    source: String,
    pub(super) position: Position,
    pub(super) reason: String,
    pub(super) since: Timestamp,
    expires_at: Timestamp,
    bytes: u64,
    /// The format's name.
    #[serde(default = "first_format")]
    pub(super) format: String,
    #[serde(default = "first_kind")]
    pub(super) kind: Kind,
    /// The columns and the dialect of the table whose rows these are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    table: Option<Table>,
    /// As of when the caller said that the input speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) as_of: Option<Timestamp>,
    /// A digest of its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) content: Option<String>,
    /// Whether only the beginning of the document was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cut: Option<bool>,
}

fn first_format() -> String {
    FIRST_FORMAT.to_owned()
}

const fn first_kind() -> Kind {
    Kind::Order
}

/// A quarantined document, opened.
pub(super) struct Opened {
    pub(super) seller: SellerId,
    pub(super) label: Label,
    pub(super) bytes: Sensitive<Vec<u8>>,
}

impl Label {
    pub(super) fn of(one: &Flawed<'_>, run: &Run<'_>, expires_at: Timestamp) -> Self {
        Self {
            source: one.source.to_owned(),
            position: one.raw.position,
            reason: one.flaw.code().to_owned(),
            since: run.context.now,
            expires_at,
            bytes: one.raw.bytes.expose().len() as u64,
            format: run.form.format.name().to_owned(),
            kind: run.kind,
            table: run.form.table.as_deref().cloned(),
            as_of: one.as_of,
            content: Some(content(run.form.format.name(), one.raw, one.source)),
            cut: Some(one.raw.flaw == Some(Flaw::TooLong)),
        }
    }

    pub(super) fn with_reason(self, flaw: Flaw) -> Self {
        Self { reason: flaw.code().to_owned(), ..self }
    }

    /// How its bytes are to be read: as this format, else as the one that they were read as when they came. `None` when
    /// that one is not known any more.
    pub(super) fn form(&self, formats: &Formats, named: Option<&Arc<Format>>) -> Option<Form> {
        let format = named.or_else(|| formats.named(&self.format))?;
        Some(match &self.table {
            Some(table) if format.syntax() == Syntax::Table => {
                Form::of_table(Arc::clone(format), Arc::new(table.clone()))
            }
            _ => Form::new(Arc::clone(format)),
        })
    }

    /// Whether only the document's beginning is there, so that it can never be taken in.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.unwrap_or(self.reason == Flaw::TooLong.code())
    }

    pub(super) fn into_item(self, id: RecordId, seller: SellerId) -> Item {
        Item {
            id,
            seller,
            source: self.source,
            position: self.position,
            words: Flaw::from_code(&self.reason).map_or("", Flaw::words).to_owned(),
            reason: self.reason,
            format: self.format,
            kind: self.kind,
            bytes: self.bytes,
            since: self.since,
            expires_at: self.expires_at,
        }
    }
}

impl Vault {
    pub(super) fn seal_quarantined(
        &self,
        key: &SealingKey,
        seller: &SellerId,
        id: RecordId,
        label: &Label,
        bytes: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let label = serde_json::to_vec(label).map_err(|_| VaultError::Damaged("a quarantine label"))?;
        let label = Sensitive::new(label);
        let place = self.place("quarantine", seller, id, PartNo(0), 1);
        let fields = [(LABEL, label.expose().as_slice()), (BYTES, bytes)];
        Ok(envelope::seal(key, &place, &fields, &*self.base.entropy)?)
    }

    /// Opens an item's label alone; `None` when its bucket is closing or gone.
    pub(super) fn open_label(
        &self,
        row: &QuarantineRow,
        now: Timestamp,
    ) -> Result<Option<(SellerId, Label)>, VaultError> {
        let opened = self.open_sealed(row, now, &[LABEL])?;
        Ok(opened.map(|opened| (opened.seller, opened.label)))
    }

    /// Opens an item; `None` when its bucket is closing or gone.
    pub(super) fn open_quarantined(
        &self,
        row: &QuarantineRow,
        now: Timestamp,
    ) -> Result<Option<Opened>, VaultError> {
        self.open_sealed(row, now, &[LABEL, BYTES])
    }

    /// The key that an item is sealed under; `None` when its bucket is closing or gone.
    pub(super) fn key_of_quarantined(
        &self,
        seller: &SellerId,
        row: &QuarantineRow,
        now: Timestamp,
    ) -> Option<SealingKey> {
        let id = BucketId { seller: seller.clone(), held: row.bucket.held, day: row.bucket.day };
        self.live_keys(&id, now)?.leaf(row.slot).ok()
    }

    fn open_sealed(
        &self,
        row: &QuarantineRow,
        now: Timestamp,
        wanted: &[FieldInstance],
    ) -> Result<Option<Opened>, VaultError> {
        let Some(seller) = self.seller_id(row.bucket.seller) else { return Ok(None) };
        let Some(key) = self.key_of_quarantined(&seller, row, now) else { return Ok(None) };
        let place = self.place("quarantine", &seller, row.id, PartNo(0), 1);
        let (mut label, mut bytes) = (None, Sensitive::new(Vec::new()));
        for (instance, opened) in envelope::open(&key, &place, &row.envelope, Some(wanted))? {
            match instance {
                LABEL => label = serde_json::from_slice(opened.expose()).ok(),
                _ => bytes = opened,
            }
        }
        let label = label.ok_or(VaultError::Damaged("a quarantine label"))?;
        Ok(Some(Opened { seller, label, bytes }))
    }
}
