//! Writing a backup: the head, then chunk after chunk, the last one marked.

use std::io::{self, Read, Write};

use aws_lc_rs::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};
use aws_lc_rs::digest::{Context, SHA256};
use bailee_core::Entropy;
use zeroize::Zeroizing;

use super::{About, BackupError, CHUNK_BYTES, RECIPIENTS_MAX, Recipient, content_key, seal_for};
use crate::kdf::{TAG_BYTES, gcm};
use crate::secret::Key;

/// Seals what is written into it.
pub struct Sealer<W: Write> {
    out: W,
    cipher: LessSafeKey,
    /// What is not sealed yet. One byte more than a chunk tells that a chunk is not the last.
    waiting: Zeroizing<Vec<u8>>,
    chunks: u32,
    written: Written,
    digest: Context,
    plain: Context,
}

/// What was written, and what it takes to read it back without a recipient's key.
pub struct Written {
    /// Bytes of the file.
    pub bytes: u64,
    /// SHA-256 of the file.
    pub digest: [u8; 32],
    /// SHA-256 of the content.
    plain: [u8; 32],
    head: Vec<u8>,
    content: Key,
}

impl<W: Write> Sealer<W> {
    /// Writes the head.
    ///
    /// # Errors
    /// [`BackupError::Recipients`], or what is wrong with the file.
    pub fn begin(
        mut out: W,
        about: &About,
        recipients: &[Recipient],
        entropy: &dyn Entropy,
    ) -> Result<Self, BackupError> {
        if recipients.is_empty() || recipients.len() > RECIPIENTS_MAX {
            return Err(BackupError::Recipients);
        }
        let file_key = Key::random(entropy);
        let mut start = Vec::new();
        about.write(recipients.len(), &mut start);
        let mut head = start.clone();
        for recipient in recipients {
            head.extend(seal_for(&start, recipient, &file_key, entropy)?);
        }
        out.write_all(&head)?;
        let content = content_key(&file_key, &head);
        let mut digest = Context::new(&SHA256);
        digest.update(&head);
        let bytes = head.len() as u64;
        let written = Written { bytes, digest: [0; 32], plain: [0; 32], head, content };
        Ok(Self {
            out,
            cipher: gcm(&written.content),
            waiting: Zeroizing::new(Vec::with_capacity(2 * CHUNK_BYTES)),
            chunks: 0,
            written,
            digest,
            plain: Context::new(&SHA256),
        })
    }

    /// Writes the last chunk. Making it durable is the caller's.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn finish(mut self) -> Result<(W, Written), BackupError> {
        self.seal_chunk(true)?;
        self.out.flush()?;
        self.written.digest = bytes_of(self.digest);
        self.written.plain = bytes_of(self.plain);
        Ok((self.out, self.written))
    }

    /// Seals a chunk of what waits.
    fn seal_chunk(&mut self, is_last: bool) -> Result<(), BackupError> {
        let length = self.waiting.len().min(CHUNK_BYTES);
        let (chunk, _) = self.waiting.split_at_mut(length);
        self.plain.update(chunk);
        let tag = self
            .cipher
            .seal_in_place_separate_tag(chunk_nonce(self.chunks, is_last), Aad::empty(), chunk)
            .map_err(|_| BackupError::TooLarge)?;
        self.digest.update(chunk);
        self.digest.update(tag.as_ref());
        self.out.write_all(chunk)?;
        self.out.write_all(tag.as_ref())?;
        self.written.bytes += (length + TAG_BYTES) as u64;
        self.waiting.drain(..length);
        self.chunks = self.chunks.checked_add(1).ok_or(BackupError::TooLarge)?;
        Ok(())
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(CHUNK_BYTES);
        self.waiting.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        // Whether a full chunk is the last one is known once there is more.
        while self.waiting.len() > CHUNK_BYTES {
            self.seal_chunk(false)?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Written {
    /// Reads a file back: that it is what was written, to the byte, and that all of it opens to what was to be sealed. Whether a
    /// recipient's key opens it can only be seen with that key.
    ///
    /// # Errors
    /// [`BackupError::Changed`], or what is wrong with the file.
    pub fn read_back(&self, input: impl Read) -> Result<(), BackupError> {
        let mut input = Digested { input, digest: Context::new(&SHA256) };
        let mut head = vec![0; self.head.len()];
        input.read_exact(&mut head)?;
        if head != self.head {
            return Err(BackupError::Changed);
        }
        let mut opener = super::Opener::of_content(&mut input, &self.content)?;
        let mut plain = Context::new(&SHA256);
        while let Some(chunk) = opener.chunk()? {
            plain.update(chunk);
        }
        drop(opener);
        match bytes_of(plain) == self.plain && bytes_of(input.digest) == self.digest {
            true => Ok(()),
            false => Err(BackupError::Changed),
        }
    }
}

/// Hashes what is read through it.
struct Digested<R> {
    input: R,
    digest: Context,
}

impl<R: Read> Read for Digested<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.digest.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// A chunk's place, and whether it is the last: no chunk stands for another, and none is missing at the end (STREAM, Hoang,
/// Reyhanitabar, Rogaway and Vizár, 2015).
pub(super) fn chunk_nonce(place: u32, is_last: bool) -> Nonce {
    let mut bytes = [0; NONCE_LEN];
    let [.., a, b, c, d, last] = &mut bytes;
    [*a, *b, *c, *d] = place.to_be_bytes();
    *last = u8::from(is_last);
    Nonce::assume_unique_for_key(bytes)
}

fn bytes_of(digest: Context) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest.finish().as_ref());
    out
}
