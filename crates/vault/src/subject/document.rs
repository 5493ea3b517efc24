//! What is given to a person who asks for their own data (GDPR article 15): one page to read and one file for programs, together in
//! a file that is sealed for them.
//!
//! `docs/formats/subject.md` fixes it. It is written into memory that is wiped, and never on a disk. Every value comes from
//! outside: in the page all of them are escaped, nothing in it is loaded from anywhere, and no script runs in it.

use std::io::{self, Write};

use bailee_core::{Class, Json, Kind, Purpose, RecordId, Reference, SellerId, Sensitive, Timestamp};
use bailee_crypto::archive::{self as sealing, Passphrase, Recipient};
use bailee_ledger::authorized::{Authorized, Reveal};
use serde::Serialize;

use super::Request;
use super::page;
use crate::archive::ArchiveError;
use crate::archive::plain::{Wiped, tar};
use crate::document::fill;
use crate::facts::Facts;
use crate::reveal::{Held, Opened, Revealed};
use crate::{Vault, VaultError};

/// What is held of a person, opened to be given to them. Plaintext.
#[derive(Default)]
pub struct Disclosed {
    records: Vec<Record>,
    /// Records that were found and are not in it: they had ended, are restricted, or did not open.
    pub left_out: u32,
}

/// A file that is sealed for a person.
pub struct Answer {
    /// CMS.
    pub file: Vec<u8>,
    /// What opens it, where they gave no key: told once, and kept nowhere.
    pub passphrase: Option<Passphrase>,
    /// Records in it.
    pub records: Vec<RecordId>,
    /// Records that were found and are not in it.
    pub left_out: u32,
}

#[derive(Serialize)]
pub(super) struct Record {
    #[serde(skip)]
    id: RecordId,
    pub(super) seller: SellerId,
    pub(super) kind: Kind,
    pub(super) reference: Reference,
    /// When its personal data ends, if nothing else happens.
    pub(super) personal_data_ends: Option<Timestamp>,
    pub(super) personal_data: Vec<Value>,
    pub(super) facts: Vec<Fact>,
    /// Values that nobody has looked at yet, and which are therefore shown to nobody.
    pub(super) not_yet_classified: usize,
}

#[derive(Serialize)]
pub(super) struct Value {
    pub(super) path: String,
    pub(super) value: Json,
    class: Option<Class>,
    pub(super) purposes: Vec<Purpose>,
}

#[derive(Serialize)]
pub(super) struct Fact {
    pub(super) path: String,
    pub(super) value: Json,
}

/// The file for programs.
#[derive(Serialize)]
struct Whole<'a> {
    format: &'static str,
    request: RecordId,
    law: &'static str,
    received: String,
    made: Timestamp,
    source: &'static str,
    automated_decisions: bool,
    records: &'a [Record],
    left_out: u32,
}

impl Disclosed {
    /// Counts records that are not even there to be opened.
    pub fn leave_out(&mut self, records: u32) {
        self.left_out = self.left_out.saturating_add(records);
    }

    /// Seals it: for a key that they gave, or else under a passphrase.
    ///
    /// # Errors
    /// When it is too much for one file, or the library seals none.
    pub fn seal(
        self,
        request: &Request,
        to: Option<&Recipient>,
        vault: &Vault,
        now: Timestamp,
    ) -> Result<Answer, VaultError> {
        let too_long = |_| VaultError::from(ArchiveError::Key(sealing::ArchiveError::TooLong));
        let (mut page, mut json) = (Wiped::default(), Wiped::default());
        page::write(&mut page, request, &self.records, self.left_out, now).map_err(too_long)?;
        let whole = self.whole(request, now);
        serde_json::to_writer_pretty(&mut json, &whole).map_err(|_| too_long(io::ErrorKind::Other.into()))?;
        json.write_all(b"\n").map_err(too_long)?;
        let files: [(&str, &[u8]); 3] =
            [("README.txt", README.as_bytes()), ("your-data.html", &page.0), ("your-data.json", &json.0)];
        let content = Sensitive::new(tar(&files)?);
        let entropy = &*vault.base.entropy;
        let (file, passphrase) = match to {
            Some(key) => (key.seal(&content, entropy), None),
            None => {
                let passphrase = Passphrase::random(entropy);
                (sealing::seal_under_passphrase(&content, &passphrase, entropy), Some(passphrase))
            }
        };
        let records = self.records.iter().map(|record| record.id).collect();
        Ok(Answer { file: file.map_err(ArchiveError::from)?, passphrase, records, left_out: self.left_out })
    }

    fn whole(&self, request: &Request, made: Timestamp) -> Whole<'_> {
        Whole {
            format: "bailee-subject-access-1",
            request: request.id,
            law: request.law.as_str(),
            received: request.received.to_string(),
            made,
            source: page::SOURCE,
            automated_decisions: false,
            records: &self.records,
            left_out: self.left_out,
        }
    }
}

impl Vault {
    /// Opens exactly what was authorised, to be given to the person whom it is about, with the facts beside it.
    ///
    /// # Errors
    /// Those of [`Self::reveal`].
    pub fn disclose(
        &self,
        authorized: Authorized<Reveal>,
        held: &[Held],
        disclosed: &mut Disclosed,
    ) -> Result<(), VaultError> {
        let Opened { revealed, gone, failed } = self.reveal(authorized, held)?;
        let missed = gone.len() + failed.len();
        disclosed.leave_out(u32::try_from(missed).unwrap_or(u32::MAX));
        for one in revealed {
            let is_it = |held: &&Held| {
                held.seller == one.seller && held.kind == one.kind && held.reference == one.reference
            };
            if let Some(held) = held.iter().find(is_it) {
                disclosed.records.push(self.disclosed(one, held)?);
            }
        }
        Ok(())
    }

    fn disclosed(&self, revealed: Revealed, held: &Held) -> Result<Record, VaultError> {
        let catalogue = self.catalogue();
        let Revealed { seller, kind, reference, fields, .. } = revealed;
        let value = |(path, value): (String, Json)| {
            let field = held.fields.iter().find(|one| one.path == path);
            let field = field.and_then(|one| catalogue.field(one.field));
            let purposes = field.map(|field| field.purposes.clone()).unwrap_or_default();
            Value { path, value, class: field.and_then(|field| field.class), purposes }
        };
        let personal_data = fields.into_iter().map(value).collect();
        let row = self.base.store.record_by_id(held.record)?;
        let facts = row.map(|row| self.open_facts(&seller, &row)).transpose()?.flatten();
        let personal_data_ends = facts.as_ref().and_then(|facts| facts.about.expires_at);
        let not_yet_classified = facts.as_ref().map_or(0, |facts| facts.about.unclassified.len());
        Ok(Record {
            id: held.record,
            seller,
            kind,
            reference,
            personal_data_ends,
            personal_data,
            facts: facts.map(leaves).unwrap_or_default(),
            not_yet_classified,
        })
    }
}

/// The leaves of a record's facts. None of them is personal alone; together they are somebody's all the same.
fn leaves(facts: Facts) -> Vec<Fact> {
    let mut document = facts.skeleton;
    fill(&mut document, &mut |_| Json::Null);
    let mut leaves = Vec::new();
    gather(&document, String::new(), &mut leaves);
    leaves
}

fn gather(json: &Json, path: String, leaves: &mut Vec<Fact>) {
    match json {
        Json::Null => {}
        Json::Object(members) => {
            for (name, value) in members {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                gather(value, below, leaves);
            }
        }
        Json::Array(elements) => {
            for (index, value) in elements.iter().enumerate() {
                gather(value, format!("{path}[{index}]"), leaves);
            }
        }
        Json::Bool(value) => leaves.push(Fact { path, value: Json::Bool(*value) }),
        Json::Integer(number) => leaves.push(Fact { path, value: Json::Integer(*number) }),
        Json::Float(number) => leaves.push(Fact { path, value: Json::Float(*number) }),
        Json::String(text) => leaves.push(Fact { path, value: Json::String(text.clone()) }),
    }
}

const README: &str = "\
This is what is held of you, as you asked. It is for you alone.

your-data.html   to read: open it in a browser. It loads nothing and runs nothing
your-data.json   the same for programs
";
