//! Events as bytes: one line of compact JSON, closed by a random blind.
//!
//! ```text
//! {"v":1,"at":…,"principal":…,"request":…,"detail":…,"event":…, the event's own members,"blind":"32 hexadecimal digits"}
//! ```
//!
//! An entry is read only if it is, byte for byte, what this module would write for the event in it. So unknown or
//! repeated members, white space, other spellings of a number, and free text are all refused by one comparison.

use bailee_core::Day;
use bailee_core::{Commitment, Entropy, PartNo, PrincipalId, RecordId, RequestId, Timestamp};
use data_encoding::{BASE64, HEXLOWER};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::event::{Digest, Event, PartRow, PartRows, What};
use crate::split;

/// Most bytes of one entry: what C2SP tlog-tiles can frame in a bundle.
pub const ENTRY_BYTES_MAX: usize = 65_535;

/// Longest code of the program in an event.
pub const CODE_BYTES_MAX: usize = 40;

/// The version of the format.
const VERSION: u8 = 1;

/// Bytes of a blind. 128 random bits: so that nobody can find an entry's content by hashing guesses.
const BLIND_BYTES: usize = 16;

/// What closes an entry: `,"blind":"` and `"}` around the blind.
const CLOSING_BYTES: usize = 10 + 2 * BLIND_BYTES + 2;

/// Bytes of one part in a [`PartRows`]: record 16, part 2, version 4, digest 32, day 4; numbers are big-endian.
pub const PART_ROW_BYTES: usize = 58;

/// An event in its final bytes, with its blind. At most [`ENTRY_BYTES_MAX`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The request it belongs to.
    pub request: RequestId,
    /// What the tree hashes.
    pub bytes: Vec<u8>,
}

impl Event {
    /// The event as entries: one, or several when it lists more than one can hold; then each is a whole event of the same
    /// kind, in the order of the list, and what counts for the act as a whole (the counts of a collect, the number of
    /// denied fields of a reveal) stands in the first. Each draws a fresh 128-bit blind.
    ///
    /// # Errors
    /// [`EntryError::Code`] for free text where a code belongs; [`EntryError::TooLong`] when one item alone
    /// is too long.
    pub fn entries(&self, entropy: &dyn Entropy) -> Result<Vec<Entry>, EntryError> {
        let mut entries = Vec::with_capacity(1);
        self.write(&self.what, entropy, &mut entries)?;
        Ok(entries)
    }

    /// Reads an entry's bytes back.
    ///
    /// # Errors
    /// [`EntryError::Version`] when it says that it is of another version: use a newer program. Any other
    /// when it is not, byte for byte, what this version would write.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > ENTRY_BYTES_MAX {
            return Err(EntryError::TooLong);
        }
        let read: Read = serde_json::from_slice(bytes).map_err(|_| EntryError::Form)?;
        if read.v != VERSION {
            return Err(EntryError::Version(read.v));
        }
        let blind = HEXLOWER.decode(read.blind.as_bytes()).map_err(|_| EntryError::Form)?;
        let blind = <[u8; BLIND_BYTES]>::try_from(blind).map_err(|_| EntryError::Form)?;
        let Read { at, principal, request, detail, what, .. } = read;
        let event = Self { at, principal, request, detail, what };
        let mut again = event.open_line(&event.what)?;
        close_line(&mut again, &blind);
        if again == bytes { Ok(event) } else { Err(EntryError::Form) }
    }

    fn write(&self, what: &What, entropy: &dyn Entropy, entries: &mut Vec<Entry>) -> Result<(), EntryError> {
        let mut bytes = self.open_line(what)?;
        let length = bytes.len() + CLOSING_BYTES;
        if length > ENTRY_BYTES_MAX {
            for piece in split::pieces(what, length).ok_or(EntryError::TooLong)? {
                self.write(&piece, entropy, entries)?;
            }
            return Ok(());
        }
        let mut blind = [0; BLIND_BYTES];
        entropy.fill(&mut blind);
        close_line(&mut bytes, &blind);
        entries.push(Entry { request: self.request, bytes });
        Ok(())
    }

    /// The line up to where the blind goes.
    fn open_line(&self, what: &What) -> Result<Vec<u8>, EntryError> {
        if !what.codes().into_iter().all(is_code) {
            return Err(EntryError::Code);
        }
        let Self { at, principal, request, detail, .. } = *self;
        let written = Written { v: VERSION, at, principal, request, detail, what };
        let mut bytes = serde_json::to_vec(&written).map_err(|_| EntryError::Form)?;
        // The closing brace goes behind the blind.
        bytes.pop();
        Ok(bytes)
    }
}

fn close_line(bytes: &mut Vec<u8>, blind: &[u8; BLIND_BYTES]) {
    bytes.extend_from_slice(b",\"blind\":\"");
    bytes.extend_from_slice(HEXLOWER.encode(blind).as_bytes());
    bytes.extend_from_slice(b"\"}");
}

/// Whether a text is a code of the program: 1 to 40 of `a-z`, `0-9` and `-`.
pub fn is_code(text: &str) -> bool {
    (1..=CODE_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[derive(Serialize)]
struct Written<'a> {
    v: u8,
    at: Timestamp,
    principal: PrincipalId,
    request: RequestId,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Commitment>,
    #[serde(flatten)]
    what: &'a What,
}

#[derive(Deserialize)]
struct Read {
    v: u8,
    at: Timestamp,
    principal: PrincipalId,
    request: RequestId,
    #[serde(default)]
    detail: Option<Commitment>,
    #[serde(flatten)]
    what: What,
    blind: String,
}

impl PartRow {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self.record.as_bytes());
        bytes.extend_from_slice(&self.part.0.to_be_bytes());
        bytes.extend_from_slice(&self.version.to_be_bytes());
        bytes.extend_from_slice(&self.digest);
        bytes.extend_from_slice(&self.day.0.to_be_bytes());
    }

    fn read(row: &[u8; PART_ROW_BYTES]) -> Option<Self> {
        let (record, rest) = row.split_first_chunk::<16>()?;
        let (part, rest) = rest.split_first_chunk::<2>()?;
        let (version, rest) = rest.split_first_chunk::<4>()?;
        let (digest, rest) = rest.split_first_chunk::<32>()?;
        let day = rest.first_chunk::<4>()?;
        Some(Self {
            record: RecordId(*record),
            part: PartNo(u16::from_be_bytes(*part)),
            version: u32::from_be_bytes(*version),
            digest: *digest,
            day: Day(i32::from_be_bytes(*day)),
        })
    }
}

impl Serialize for PartRows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::with_capacity(self.0.len() * PART_ROW_BYTES);
        for row in &self.0 {
            row.write(&mut bytes);
        }
        serializer.serialize_str(&BASE64.encode(&bytes))
    }
}

impl<'de> Deserialize<'de> for PartRows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64.decode(text.as_bytes()).map_err(|_| D::Error::custom("rows are base64"))?;
        let (rows, rest) = bytes.as_chunks::<PART_ROW_BYTES>();
        if !rest.is_empty() {
            return Err(D::Error::custom("rows have a fixed width"));
        }
        rows.iter()
            .map(PartRow::read)
            .collect::<Option<_>>()
            .map(Self)
            .ok_or_else(|| D::Error::custom("a row is short"))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&HEXLOWER.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = HEXLOWER.decode(String::deserialize(deserializer)?.as_bytes()).ok();
        let digest = bytes.and_then(|bytes| bytes.try_into().ok()).map(Self);
        digest.ok_or_else(|| D::Error::custom("a digest is 64 hexadecimal digits"))
    }
}

/// Why an event makes no entry, or an entry no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Not what this version would write.
    #[error("the entry is not of the form that this version writes")]
    Form,
    /// Written by another version.
    #[error("the entry is of version {0}, which this version of bailee does not know; use a newer one")]
    Version(u8),
    /// A text in it is not a code of the program.
    #[error(
        "an event holds a text that is no code of the program; it is refused, since free text may be personal"
    )]
    Code,
    /// One item alone, or what cannot be split, is longer than an entry may be.
    #[error(
        "the event is longer than {ENTRY_BYTES_MAX} bytes and cannot be split; name fewer things in one request"
    )]
    TooLong,
}

impl EntryError {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form => "entry-form",
            Self::Version(_) => "entry-version",
            Self::Code => "entry-code",
            Self::TooLong => "entry-too-long",
        }
    }
}

#[cfg(test)]
#[path = "entry_tests.rs"]
mod tests;
