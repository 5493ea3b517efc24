//! The plain form inside an archive: a tar of lines of JSON with their schema, the same as CSV, and what it is.
//!
//! It is to be read in ten years by somebody who has never heard of this program, with tools that every system has.
//! `docs/formats/archive.md` fixes it. It is written into memory that is wiped, and never on a disk.

use std::io::{self, Write};

use bailee_core::archive::Plan;
use bailee_core::{Json, RecordId, Timestamp};
use bailee_crypto::archive::{self as sealing, CONTENT_BYTES_MAX};
use bailee_crypto::lasting::Binding;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::ArchiveError;
use crate::VaultError;
use crate::hold::seen::Places;
use crate::reveal::{Opened, Revealed};

/// Bytes of a block of a tar: heads have one, and contents are filled up to one.
const BLOCK: usize = 512;
/// Most bytes of what stands around the records.
const AROUND_BYTES_MAX: usize = 64 * 1024;
/// Most bytes of the records, in both forms.
pub const RECORDS_BYTES_MAX: usize = CONTENT_BYTES_MAX - AROUND_BYTES_MAX;

const SCHEMA: &str = include_str!("record.schema.json");

/// What was opened for an archive so far.
pub struct Draft {
    lines: Wiped,
    table: Wiped,
    /// What each record says besides.
    more: &'static [&'static str],
    /// Records in it.
    pub records: u32,
    /// Values in it.
    pub values: u64,
    /// Records that were to be in it, and had ended or did not open.
    pub left_out: u32,
    /// The parts that it was opened from, where it is made under a hold.
    pub(crate) places: Places,
}

impl Default for Draft {
    fn default() -> Self {
        Self::new()
    }
}

impl Draft {
    /// An empty one.
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// An empty one, whose records say something more each: these members of a line, and columns behind the value.
    pub(crate) fn with(more: &'static [&'static str]) -> Self {
        let mut table = Wiped::default();
        table.0.extend_from_slice(b"seller,kind,reference,path,value");
        more.iter().for_each(|name| {
            table.0.push(b',');
            table.0.extend_from_slice(name.as_bytes());
        });
        table.0.extend_from_slice(b"\r\n");
        Self {
            lines: Wiped::default(),
            table,
            more,
            records: 0,
            values: 0,
            left_out: 0,
            places: Places::default(),
        }
    }

    /// Takes in what was opened.
    ///
    /// # Errors
    /// When it is too much for one archive.
    pub fn take(&mut self, opened: Opened) -> Result<(), VaultError> {
        let missed = opened.gone.len() + opened.failed.len();
        self.left_out = self.left_out.saturating_add(u32::try_from(missed).unwrap_or(u32::MAX));
        for record in opened.revealed {
            self.add(&record, &[])?;
        }
        Ok(())
    }

    /// Counts records that were not even there to be opened.
    pub fn leave_out(&mut self, records: u32) {
        self.left_out = self.left_out.saturating_add(records);
    }

    /// Takes in one record, with what it says besides: all of it or nothing.
    pub(crate) fn add(&mut self, record: &Revealed, more: &[&str]) -> Result<(), VaultError> {
        let (lines, table) = (self.lines.0.len(), self.table.0.len());
        self.write(record, more).inspect_err(|_| {
            self.lines.0.truncate(lines);
            self.table.0.truncate(table);
        })
    }

    fn write(&mut self, record: &Revealed, more: &[&str]) -> Result<(), VaultError> {
        if record.fields.is_empty() {
            return Ok(());
        }
        let too_long = |_| VaultError::from(ArchiveError::Key(sealing::ArchiveError::TooLong));
        let line = Line { record, more: self.more.iter().copied().zip(more.iter().copied()).collect() };
        serde_json::to_writer(&mut self.lines, &line).map_err(|_| too_long(io::ErrorKind::Other.into()))?;
        self.lines.write_all(b"\n").map_err(too_long)?;
        for (path, value) in &record.fields {
            let cells = [record.seller.as_str(), record.kind.as_str(), record.reference.as_str(), path];
            for cell in cells {
                self.table.cell(cell).map_err(too_long)?;
                self.table.write_all(b",").map_err(too_long)?;
            }
            self.table.value(value).map_err(too_long)?;
            for cell in more {
                self.table.write_all(b",").map_err(too_long)?;
                self.table.cell(cell).map_err(too_long)?;
            }
            self.table.write_all(b"\r\n").map_err(too_long)?;
        }
        if self.lines.0.len() + self.table.0.len() > RECORDS_BYTES_MAX {
            return Err(too_long(io::ErrorKind::Other.into()));
        }
        self.records = self.records.saturating_add(1);
        self.values = self.values.saturating_add(record.fields.len() as u64);
        Ok(())
    }

    /// What the archive says of itself.
    pub(super) fn about(&self, binding: Binding, id: RecordId, plan: &Plan, now: Timestamp) -> Value {
        json!({
            "format": "bailee-archive-1",
            "archive": id.to_string(),
            "home": binding.home.to_string(),
            "environment": binding.environment,
            "seller": plan.seller,
            "purpose": plan.purpose,
            "statute": plan.statute,
            "until": plan.until.to_string(),
            "fields": plan.fields,
            "key": plan.fingerprint,
            "made": now,
            "records": self.records,
            "values": self.values,
            "left_out": self.left_out,
        })
    }

    /// The whole, as a tar.
    pub(super) fn finish(self, about: &Value) -> Result<Vec<u8>, VaultError> {
        self.finish_as(README, ("archive.json", about), SCHEMA)
    }

    /// The same with other words, another name of what it is, and another schema.
    pub(crate) fn finish_as(
        self,
        readme: &str,
        (name, about): (&str, &Value),
        schema: &str,
    ) -> Result<Vec<u8>, VaultError> {
        let about_text =
            serde_json::to_string_pretty(about).map_err(|_| VaultError::Damaged("an archive"))?;
        let files: [(&str, &[u8]); 5] = [
            ("README.txt", readme.as_bytes()),
            (name, about_text.as_bytes()),
            ("record.schema.json", schema.as_bytes()),
            ("records.ndjson", &self.lines.0),
            ("records.csv", &self.table.0),
        ];
        tar(&files)
    }
}

/// Files as a tar, to be put into a box that wipes it.
pub(crate) fn tar(files: &[(&str, &[u8])]) -> Result<Vec<u8>, VaultError> {
    let whole: usize = files.iter().map(|(_, bytes)| BLOCK + bytes.len().next_multiple_of(BLOCK)).sum();
    let mut tar = Zeroizing::new(Vec::with_capacity(whole + 2 * BLOCK));
    for (name, bytes) in files {
        tar.extend_from_slice(head(name, bytes.len())?.as_bytes());
        tar.extend_from_slice(bytes);
        let filled = tar.len().next_multiple_of(BLOCK);
        tar.resize(filled, 0);
    }
    let ended = tar.len() + 2 * BLOCK;
    tar.resize(ended, 0);
    Ok(std::mem::take(&mut *tar))
}

/// The head of a file in a tar. Its time says nothing: when the archive was made stands in `archive.json`.
fn head(name: &str, bytes: usize) -> Result<tar::Header, VaultError> {
    let mut head = tar::Header::new_ustar();
    head.set_path(name).map_err(|_| VaultError::Damaged("an archive"))?;
    head.set_size(bytes as u64);
    head.set_mode(0o600);
    head.set_mtime(0);
    head.set_cksum();
    Ok(head)
}

/// What is told first to whoever opens it.
const README: &str = "\
This archive holds personal data that a law obliges to keep. archive.json says which law, until when, and of whom.
Use it for what that law asks for and for nothing else. Destroy it, and what you took out of it, when the day has come.

records.ndjson       one record a line, as JSON; record.schema.json says what stands in it
records.csv          the same values, one a line: seller, kind, reference, path, value (RFC 4180, UTF-8). Values are what buyers wrote:
                     have a spreadsheet take every column as text, since one that begins with = + - or @ is a formula to it
record.schema.json   JSON Schema 2020-12 of a line of records.ndjson
archive.json         what this archive is
";

/// A record as a line.
struct Line<'a> {
    record: &'a Revealed,
    more: Vec<(&'static str, &'a str)>,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4 + self.more.len()))?;
        map.serialize_entry("seller", &self.record.seller)?;
        map.serialize_entry("kind", &self.record.kind)?;
        map.serialize_entry("reference", &self.record.reference)?;
        for (name, value) in &self.more {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry("fields", &Fields(&self.record.fields))?;
        map.end()
    }
}

struct Fields<'a>(&'a [(String, Json)]);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(path, value)| (path, value)))
    }
}

/// Bytes that are wiped, also those that they leave behind as they grow.
#[derive(Default)]
pub(crate) struct Wiped(pub(crate) Zeroizing<Vec<u8>>);

impl Wiped {
    /// A cell of a table: in quotes where it needs them (RFC 4180).
    fn cell(&mut self, text: &str) -> io::Result<()> {
        if !text.contains([',', '"', '\r', '\n']) {
            return self.write_all(text.as_bytes());
        }
        self.write_all(b"\"")?;
        for (index, piece) in text.split('"').enumerate() {
            if index > 0 {
                self.write_all(b"\"\"")?;
            }
            self.write_all(piece.as_bytes())?;
        }
        self.write_all(b"\"")
    }

    /// A value: a text as it is, anything else as JSON.
    fn value(&mut self, value: &Json) -> io::Result<()> {
        match value.as_str() {
            Some(text) => self.cell(text),
            None => {
                let json = Zeroizing::new(serde_json::to_string(value).map_err(io::Error::other)?);
                self.cell(&json)
            }
        }
    }
}

impl Write for Wiped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (held, more) = (self.0.len(), bytes.len());
        if held + more > RECORDS_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if held + more > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity((held + more).next_power_of_two()));
            larger.extend_from_slice(&self.0);
            // The one before is wiped as it goes.
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
        Ok(more)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
