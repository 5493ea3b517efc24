//! Reading a backup. A chunk is given out once it is known to be whole and at its place, and not before.

use std::io::{self, Read};

use aws_lc_rs::aead::{Aad, LessSafeKey};
use zeroize::Zeroizing;

use super::seal::chunk_nonce;
use super::{
    About, BackupError, BackupKey, CHUNK_BYTES, RECIPIENT_BYTES, START_BYTES, content_key, is_for, open_for,
};
use crate::kdf::{TAG_BYTES, gcm};
use crate::secret::Key;

/// Bytes of a full chunk in the file.
const SEALED_BYTES: usize = CHUNK_BYTES + TAG_BYTES;

/// Opens what it reads. As a [`Read`] it gives the content; that there is no more is only true once it gave an end without an error.
pub struct Opener<R: Read> {
    input: R,
    cipher: LessSafeKey,
    /// The next chunk as it stands in the file: read ahead, since whether one is the last is told by whether there is more.
    ahead: Vec<u8>,
    /// The chunk that is given out, and how much of it was.
    chunk: Zeroizing<Vec<u8>>,
    given: usize,
    chunks: u32,
    is_done: bool,
}

/// What a backup's head says, and its content.
impl<R: Read> Opener<R> {
    /// What a file says of itself, to whoever has it: nothing of that is authenticated yet.
    ///
    /// # Errors
    /// [`BackupError::NotABackup`], or what is wrong with the file.
    pub fn look(mut input: R) -> Result<About, BackupError> {
        let mut start = [0; START_BYTES];
        read_start(&mut input, &mut start)?;
        Ok(About::read(&start)?.0)
    }

    /// Opens a backup with a recipient's private key.
    ///
    /// # Errors
    /// [`BackupError::NotABackup`], [`BackupError::OtherKey`], [`BackupError::Changed`], or what is wrong with the file.
    pub fn open(mut input: R, key: &BackupKey) -> Result<(About, Self), BackupError> {
        let mut start = [0; START_BYTES];
        read_start(&mut input, &mut start)?;
        let (about, count) = About::read(&start)?;
        let mut head = start.to_vec();
        head.resize(START_BYTES + count * RECIPIENT_BYTES, 0);
        let (_, entries) = head.split_at_mut(START_BYTES);
        input.read_exact(entries)?;
        let mut file_key = None;
        for entry in entries.chunks_exact(RECIPIENT_BYTES) {
            if file_key.is_none() {
                file_key = open_for(&start, entry, key)?;
            }
        }
        let Some(file_key) = file_key else {
            for entry in entries.chunks_exact(RECIPIENT_BYTES) {
                if is_for(&start, entry, key)? {
                    return Err(BackupError::Changed);
                }
            }
            return Err(BackupError::OtherKey);
        };
        Ok((about, Self::of_content(input, &content_key(&file_key, &head))?))
    }

    /// The chunks, which are next in the input, under their own key.
    pub(super) fn of_content(input: R, content: &Key) -> Result<Self, BackupError> {
        let mut opener = Self {
            input,
            cipher: gcm(content),
            ahead: Vec::with_capacity(SEALED_BYTES),
            chunk: Zeroizing::new(Vec::with_capacity(SEALED_BYTES)),
            given: 0,
            chunks: 0,
            is_done: false,
        };
        opener.read_ahead()?;
        Ok(opener)
    }

    /// The next chunk of the content; nothing after the last.
    pub(super) fn chunk(&mut self) -> Result<Option<&[u8]>, BackupError> {
        if self.is_done {
            return Ok(None);
        }
        self.chunk.clear();
        self.chunk.append(&mut self.ahead);
        self.read_ahead()?;
        let is_last = self.ahead.is_empty();
        let nonce = chunk_nonce(self.chunks, is_last);
        let opened = self.cipher.open_in_place(nonce, Aad::empty(), &mut self.chunk);
        let length = opened.map_err(|_| BackupError::Changed)?.len();
        self.chunk.truncate(length);
        self.given = 0;
        self.is_done = is_last;
        self.chunks = self.chunks.checked_add(1).ok_or(BackupError::TooLarge)?;
        Ok(Some(&self.chunk))
    }

    fn read_ahead(&mut self) -> Result<(), BackupError> {
        (&mut self.input).take(SEALED_BYTES as u64).read_to_end(&mut self.ahead)?;
        Ok(())
    }
}

impl<R: Read> Read for Opener<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given >= self.chunk.len() {
            if self.chunk()?.is_none() {
                return Ok(0);
            }
        }
        let left = self.chunk.get(self.given..).unwrap_or_default();
        let count = left.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), left.get(..count)) {
            to.copy_from_slice(from);
        }
        self.given += count;
        Ok(count)
    }
}

fn read_start(input: &mut impl Read, start: &mut [u8; START_BYTES]) -> Result<(), BackupError> {
    input.read_exact(start).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => BackupError::NotABackup,
        kind => BackupError::File(kind),
    })
}
