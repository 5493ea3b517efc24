//! Sealed fields: one envelope per part.
//!
//! An envelope is sealed under a key of its own, HKDF-SHA-256(sealing key, fresh salt, place), each field as one
//! AES-256-GCM text whose nonce is its position. Since the salt is drawn anew for every sealing, neither a restore nor
//! two nodes in a race seal two texts under one key and nonce. `docs/formats/envelope.md` fixes the bytes.
//!
//! ```text
//! version (1) ‖ salt (16) ‖ count (u16) ‖ count × [ instance (u64) ‖ ciphertext length (u32) ] ‖ ciphertexts
//! ```

use aws_lc_rs::aead::{Aad, LessSafeKey};
use bailee_core::{Entropy, Environment, FieldInstance, HomeId, PartNo, RecordId, SellerId, Sensitive};
use zeroize::Zeroizing;

use crate::kdf::{SALT_BYTES, TAG_BYTES, context, derive, gcm, nonce, sha256};
use crate::secret::{Key, random};
use crate::wire::{Malformed, Reader, put_prefixed};

/// Most fields of one envelope: far beyond an order of a hundred items, small enough to bound what a reader holds.
pub const FIELDS_MAX: usize = 4096;
/// Most bytes of one field: a whole document in quarantine is one.
pub const FIELD_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The first byte of an envelope.
const VERSION: u8 = 1;
/// Lengths are hidden up to so many bytes.
const PADDING_BYTES: usize = 16;
/// The longest ciphertext: a field of most bytes, its padding, its tag.
const CIPHERTEXT_BYTES_MAX: usize = FIELD_BYTES_MAX + PADDING_BYTES + TAG_BYTES;

/// A 256-bit key from which each sealing derives its own by a fresh salt. Cheap to clone (shared); wiped with its last
/// clone.
#[derive(Clone)]
pub struct SealingKey(Key);

impl SealingKey {
    pub(crate) fn of(key: Key) -> Self {
        Self(key)
    }

    pub(crate) fn key(&self) -> &Key {
        &self.0
    }
}

/// Where an envelope belongs. Every part of it is authenticated; moved elsewhere, it does not open.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The home.
    pub home: HomeId,
    /// Its environment.
    pub environment: Environment,
    /// What is sealed: `"part"`, `"facts"`, `"register/person"`, `"quarantine"` …
    pub what: &'a str,
    /// The seller; none for registers.
    pub seller: Option<&'a SellerId>,
    /// The record (or quarantine, or register) id.
    pub record: RecordId,
    /// The part.
    pub part: PartNo,
    /// The version of the part.
    pub version: u32,
}

impl Place<'_> {
    /// Its parts, each length-prefixed. A seller's id is never empty, so that none is told from any.
    fn context(&self, label: &str) -> Vec<u8> {
        context(
            label,
            &[
                self.home.as_bytes(),
                self.environment.as_str().as_bytes(),
                self.what.as_bytes(),
                self.seller.map_or(&[][..], |seller| seller.as_str().as_bytes()),
                self.record.as_bytes(),
                &self.part.0.to_be_bytes(),
                &self.version.to_be_bytes(),
            ],
        )
    }
}

/// Fields that were opened, in the envelope's order.
pub type OpenedFields = Vec<(FieldInstance, Sensitive<Vec<u8>>)>;

/// Why an envelope does not seal or open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Changed, moved, or under another key.
    #[error("a sealed value does not open: it was changed, moved, or sealed under another key")]
    DoesNotOpen,
    /// An envelope without fields would authenticate nothing.
    #[error("nothing was given to seal; seal at least one field")]
    NoFields,
    /// More than [`FIELDS_MAX`] fields.
    #[error("too many fields for one envelope; the limit is {FIELDS_MAX}")]
    TooManyFields,
    /// A field of more than [`FIELD_BYTES_MAX`] bytes.
    #[error("a field is too long to seal; the limit is {FIELD_BYTES_MAX} bytes")]
    FieldTooLong,
    /// One instance twice.
    #[error("a field instance was given twice; each is sealed once")]
    FieldTwice,
}

impl EnvelopeError {
    /// A stable name of what went wrong.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DoesNotOpen => "does-not-open",
            Self::NoFields => "no-fields",
            Self::TooManyFields => "too-many-fields",
            Self::FieldTooLong => "field-too-long",
            Self::FieldTwice => "field-twice",
        }
    }
}

impl From<Malformed> for EnvelopeError {
    fn from(Malformed: Malformed) -> Self {
        Self::DoesNotOpen
    }
}

/// Seals fields in their order under a fresh salt. 1 to [`FIELDS_MAX`] fields of at most [`FIELD_BYTES_MAX`] bytes,
/// each instance once.
///
/// # Errors
/// Which of these limits is not kept; nothing is sealed then.
pub fn seal(
    key: &SealingKey,
    place: &Place<'_>,
    fields: &[(FieldInstance, &[u8])],
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, EnvelopeError> {
    check(fields)?;
    let salt = random::<SALT_BYTES>(entropy);
    let mut envelope = Vec::with_capacity(sealed_bytes(fields));
    envelope.push(VERSION);
    envelope.extend_from_slice(&salt);
    // Both conversions hold after `check`.
    envelope.extend_from_slice(&u16::try_from(fields.len()).unwrap_or(u16::MAX).to_be_bytes());
    for (instance, text) in fields {
        envelope.extend_from_slice(&instance.0.to_be_bytes());
        envelope.extend_from_slice(&u32::try_from(ciphertext_bytes(text)).unwrap_or(u32::MAX).to_be_bytes());
    }
    let cipher = part_cipher(key, place, &salt);
    let mut bound = Bound::new(place, &envelope);
    for (position, (instance, text)) in (0_u32..).zip(fields) {
        let start = envelope.len();
        envelope.extend_from_slice(text);
        envelope.push(0x80);
        envelope.resize(start + ciphertext_bytes(text) - TAG_BYTES, 0);
        let (_, in_out) = envelope.split_at_mut(start);
        let tag = cipher
            .seal_in_place_separate_tag(nonce(position), Aad::from(bound.to(*instance)), in_out)
            .map_err(|_| EnvelopeError::FieldTooLong)?;
        envelope.extend_from_slice(tag.as_ref());
    }
    Ok(envelope)
}

/// Opens the wanted fields (all, when `None`), in the envelope's order. A wanted field that the envelope does not have
/// is left out; the answer is authentic even then.
///
/// # Errors
/// [`EnvelopeError::DoesNotOpen`] when the envelope's directory or a field that was to be opened was changed,
/// moved or sealed under another key. No field is given out then.
pub fn open(
    key: &SealingKey,
    place: &Place<'_>,
    envelope: &[u8],
    wanted: Option<&[FieldInstance]>,
) -> Result<OpenedFields, EnvelopeError> {
    let Parsed { salt, header, entries } = parse(envelope)?;
    let cipher = part_cipher(key, place, &salt);
    let mut bound = Bound::new(place, header);
    let mut opened = Vec::with_capacity(wanted.map_or(entries.len(), <[_]>::len));
    for entry in &entries {
        if wanted.is_none_or(|wanted| wanted.contains(&entry.instance)) {
            opened.push((entry.instance, open_field(&cipher, &mut bound, entry)?));
        }
    }
    if opened.is_empty() {
        // That the envelope lacks a field is believed only of an envelope that opens: any field proves the directory.
        entries
            .first()
            .map_or(Err(EnvelopeError::DoesNotOpen), |entry| open_field(&cipher, &mut bound, entry))?;
    }
    Ok(opened)
}

/// SHA-256 of an envelope: of ciphertext only, fit for the ledger.
pub fn digest(envelope: &[u8]) -> [u8; 32] {
    sha256(envelope)
}

fn check(fields: &[(FieldInstance, &[u8])]) -> Result<(), EnvelopeError> {
    if fields.is_empty() {
        return Err(EnvelopeError::NoFields);
    }
    if fields.len() > FIELDS_MAX {
        return Err(EnvelopeError::TooManyFields);
    }
    if fields.iter().any(|(_, text)| text.len() > FIELD_BYTES_MAX) {
        return Err(EnvelopeError::FieldTooLong);
    }
    if !all_different(fields.iter().map(|(instance, _)| *instance)) {
        return Err(EnvelopeError::FieldTwice);
    }
    Ok(())
}

fn all_different(instances: impl Iterator<Item = FieldInstance>) -> bool {
    let mut instances: Vec<_> = instances.collect();
    instances.sort_unstable();
    instances.windows(2).all(|pair| !matches!(pair, [one, other] if one == other))
}

fn ciphertext_bytes(text: &[u8]) -> usize {
    (text.len() / PADDING_BYTES + 1) * PADDING_BYTES + TAG_BYTES
}

fn sealed_bytes(fields: &[(FieldInstance, &[u8])]) -> usize {
    1 + SALT_BYTES + 2 + fields.iter().map(|(_, text)| 12 + ciphertext_bytes(text)).sum::<usize>()
}

/// The key that seals this envelope and no other.
pub(crate) fn part_key(key: &SealingKey, place: &Place<'_>, salt: &[u8; SALT_BYTES]) -> Key {
    derive(key.key().bytes(), salt, &place.context("bailee/v1/part-key"))
}

fn part_cipher(key: &SealingKey, place: &Place<'_>, salt: &[u8; SALT_BYTES]) -> LessSafeKey {
    gcm(&part_key(key, place, salt))
}

/// The associated data of one field after another: all that they share is put together once.
struct Bound {
    bytes: Vec<u8>,
    instance_at: usize,
}

impl Bound {
    fn new(place: &Place<'_>, header: &[u8]) -> Self {
        let mut bytes = place.context("bailee/v1/field");
        let instance_at = bytes.len() + 4;
        put_prefixed(&mut bytes, &0_u64.to_be_bytes());
        // Header and directory stand for themselves by their digest, else long directories would be read once a field.
        put_prefixed(&mut bytes, &sha256(header));
        Self { bytes, instance_at }
    }

    fn to(&mut self, instance: FieldInstance) -> &[u8] {
        for (to, from) in self.bytes.iter_mut().skip(self.instance_at).zip(instance.0.to_be_bytes()) {
            *to = from;
        }
        &self.bytes
    }
}

struct Parsed<'a> {
    salt: [u8; SALT_BYTES],
    /// Everything before the ciphertexts.
    header: &'a [u8],
    entries: Vec<Entry<'a>>,
}

struct Entry<'a> {
    position: u32,
    instance: FieldInstance,
    ciphertext: &'a [u8],
}

/// The limits of sealing are those of opening, so that a changed envelope cannot ask for more.
fn parse(envelope: &[u8]) -> Result<Parsed<'_>, EnvelopeError> {
    let mut reader = Reader::new(envelope);
    if reader.u8()? != VERSION {
        return Err(EnvelopeError::DoesNotOpen);
    }
    let salt = reader.array()?;
    let count = usize::from(reader.u16()?);
    if count == 0 || count > FIELDS_MAX {
        return Err(EnvelopeError::DoesNotOpen);
    }
    let mut directory = Reader::new(reader.take(count * 12)?);
    let header = envelope.get(..1 + SALT_BYTES + 2 + count * 12).ok_or(EnvelopeError::DoesNotOpen)?;
    let mut entries = Vec::with_capacity(count);
    for position in (0_u32..).take(count) {
        let instance = FieldInstance(directory.u64()?);
        let length = usize::try_from(directory.u32()?).map_err(|_| EnvelopeError::DoesNotOpen)?;
        let whole =
            length > TAG_BYTES && length.is_multiple_of(PADDING_BYTES) && length <= CIPHERTEXT_BYTES_MAX;
        if !whole {
            return Err(EnvelopeError::DoesNotOpen);
        }
        entries.push(Entry { position, instance, ciphertext: reader.take(length)? });
    }
    reader.finish()?;
    if !all_different(entries.iter().map(|entry| entry.instance)) {
        return Err(EnvelopeError::DoesNotOpen);
    }
    Ok(Parsed { salt, header, entries })
}

fn open_field(
    cipher: &LessSafeKey,
    bound: &mut Bound,
    entry: &Entry<'_>,
) -> Result<Sensitive<Vec<u8>>, EnvelopeError> {
    let mut text = Zeroizing::new(entry.ciphertext.to_vec());
    let padded = cipher
        .open_in_place(nonce(entry.position), Aad::from(bound.to(entry.instance)), &mut text)
        .map_err(|_| EnvelopeError::DoesNotOpen)?;
    let length = unpadded_bytes(padded).ok_or(EnvelopeError::DoesNotOpen)?;
    text.truncate(length);
    Ok(Sensitive::new(std::mem::take(&mut *text)))
}

/// ISO/IEC 7816-4: the text ends before the last 0x80, after which all is zero, within one block.
fn unpadded_bytes(padded: &[u8]) -> Option<usize> {
    let end = padded.iter().rposition(|byte| *byte != 0)?;
    (padded.get(end) == Some(&0x80) && padded.len() - end <= PADDING_BYTES).then_some(end)
}

#[cfg(test)]
mod tests;
