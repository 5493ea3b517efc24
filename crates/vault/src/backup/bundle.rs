//! What a backup holds, before it is sealed: files by their names, then who signs that these are all.
//!
//! ```text
//! file   length of its name (1, not 0) ‖ name ‖ length (8) ‖ bytes
//! end    0 (1) ‖ P(verifier key) ‖ P(signed note)
//! ```
//! The note is signed by the key of the home's ledger: whoever has the public key of a recipient can seal something for them, and
//! not say that it is a backup of this home.

use std::io::{self, Read, Write};
use std::path::{Component, Path};

use aws_lc_rs::digest::{Context, SHA256};
use bailee_crypto::backup::{About, BackupError};
use bailee_ledger::note::{NOTE_BYTES_MAX, Signer, first_origin, open_statement, restore_of};
use data_encoding::BASE64;

/// The name of the store in a backup.
pub const STORE: &str = "store.db";

/// Writes what a backup holds.
pub(super) struct Bundle<W: Write> {
    out: W,
    digest: Context,
}

impl<W: Write> Bundle<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, digest: Context::new(&SHA256) }
    }

    /// Adds a file of that length.
    pub(super) fn put(&mut self, name: &str, length: u64, content: &mut dyn Read) -> io::Result<()> {
        let name_length = u8::try_from(name.len()).ok().filter(|length| *length > 0);
        let name_length = name_length.ok_or(io::ErrorKind::InvalidFilename)?;
        self.write_all(&[name_length])?;
        self.write_all(name.as_bytes())?;
        self.write_all(&length.to_be_bytes())?;
        let copied = io::copy(&mut content.take(length), self)?;
        // One that became shorter meanwhile would shift all behind it.
        if copied == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// Signs that these were all.
    pub(super) fn finish(mut self, about: &About, signer: &Signer) -> io::Result<W> {
        let statement = signer.note(&statement(about, signer.origin(), self.digest.finish().as_ref()));
        self.out.write_all(&[0])?;
        for text in [signer.verifier_key(), statement] {
            let length = u32::try_from(text.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
            self.out.write_all(&length.to_be_bytes())?;
            self.out.write_all(text.as_bytes())?;
        }
        Ok(self.out)
    }
}

impl<W: Write> Write for Bundle<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.digest.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What is signed. Its first line is no origin of a log, so that it is never taken for a checkpoint.
fn statement(about: &About, origin: &str, digest: &[u8]) -> String {
    format!("backup of {origin}\n{}\n{}\n{}\n", about.backup, about.made_at, BASE64.encode(digest))
}

/// Takes a backup's content apart. `take` is handed every file, by a name that leads nowhere but below where it is put. Nothing
/// of it is to be believed before this returns: then it is whole, and signed by the ledger's key that is given back.
///
/// # Errors
/// [`BackupError::Changed`] where it is not what a home signed; else what `take` or the file said.
pub fn unpack(
    input: &mut dyn Read,
    about: &About,
    take: &mut dyn FnMut(&str, &mut dyn Read) -> io::Result<()>,
) -> Result<String, BackupError> {
    let mut digest = Context::new(&SHA256);
    loop {
        let [name_length] = array(input)?;
        if name_length == 0 {
            break;
        }
        digest.update(&[name_length]);
        let mut name = vec![0; usize::from(name_length)];
        input.read_exact(&mut name)?;
        digest.update(&name);
        let length: [u8; 8] = array(input)?;
        digest.update(&length);
        let name = String::from_utf8(name).map_err(|_| BackupError::Changed)?;
        if !Path::new(&name).components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(BackupError::Changed);
        }
        let mut file =
            Hashed { input: Read::take(&mut *input, u64::from_be_bytes(length)), digest: &mut digest };
        take(&name, &mut file)?;
        // What `take` left, if it did not want it.
        io::copy(&mut file, &mut io::sink())?;
        if file.input.limit() > 0 {
            return Err(BackupError::Changed);
        }
    }
    let (verifier_key, note) = (text(input)?, text(input)?);
    let origin = verifier_key.split('+').next().unwrap_or_default();
    let first = first_origin(about.binding.home, about.binding.environment);
    let is_of_home =
        origin == first || restore_of(origin).is_some_and(|restore| origin == format!("{first}/{restore}"));
    let signed = open_statement(&note, &verifier_key).map_err(|_| BackupError::Changed)?;
    let is_that = signed == statement(about, origin, digest.finish().as_ref());
    // The end is only known to be the end once there is nothing behind it.
    let is_end = input.read(&mut [0])? == 0;
    if is_of_home && is_that && is_end { Ok(verifier_key) } else { Err(BackupError::Changed) }
}

fn array<const N: usize>(input: &mut dyn Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn text(input: &mut dyn Read) -> Result<String, BackupError> {
    let length = u32::from_be_bytes(array(input)?) as usize;
    if length > NOTE_BYTES_MAX {
        return Err(BackupError::Changed);
    }
    let mut bytes = vec![0; length];
    input.read_exact(&mut bytes)?;
    String::from_utf8(bytes).map_err(|_| BackupError::Changed)
}

/// Hashes what is read through it.
struct Hashed<'h, R> {
    input: R,
    digest: &'h mut Context,
}

impl<R: Read> Read for Hashed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.digest.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}
