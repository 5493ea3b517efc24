//! Packs an input, piece by piece, as it is made: gzip, or a zip archive of one file.
//!
//! The archive is written as a stream: sizes and check sum follow the data (APPNOTE 6.3 of PKWARE), in 64 bits, since
//! nobody knows before how long it becomes. No time stands in either.

use std::io::Write;

use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc, GzBuilder};

use super::Chunk;

/// How an input is packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    #[default]
    None,
    /// gzip.
    Gzip,
    /// A zip archive of one file.
    Zip,
}

impl Packing {
    /// What packs, with its name.
    pub const ALL: &'static [(&'static str, Self)] = &[("gzip", Self::Gzip), ("zip", Self::Zip)];

    /// The packing of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(one, _)| *one == name).map(|(_, packing)| *packing)
    }
}

/// What "unknown" is among the systems of RFC 1952, so that the same bytes are made on all of them.
const SYSTEM_UNKNOWN: u8 = 255;

/// The name of the one file of an archive.
const NAME: &[u8] = b"synthetic";

/// What zip needs to be read: version 4.5, for sizes of 64 bits.
const VERSION: u16 = 45;
/// Sizes and check sum follow the data.
const FLAGS: u16 = 1 << 3;
const DEFLATED: u16 = 8;
/// The first of January 1980, the earliest day that there is in an archive.
const DAY: u16 = 1 << 5 | 1;

/// Chunks, packed.
pub(super) struct Packed<I> {
    chunks: I,
    packer: Option<Packer>,
}

enum Packer {
    Gzip(GzEncoder<Vec<u8>>),
    Zip(Archive),
}

impl<I: Iterator<Item = Chunk>> Packed<I> {
    /// The chunks as they are where nothing packs them.
    pub(super) fn new(chunks: I, packing: Packing) -> Self {
        let packer = match packing {
            Packing::None => None,
            Packing::Gzip => {
                let builder = GzBuilder::new().mtime(0).operating_system(SYSTEM_UNKNOWN);
                Some(Packer::Gzip(builder.write(Vec::new(), Compression::default())))
            }
            Packing::Zip => Some(Packer::Zip(Archive::new())),
        };
        Self { chunks, packer }
    }
}

impl<I: Iterator<Item = Chunk>> Iterator for Packed<I> {
    type Item = Chunk;

    fn next(&mut self) -> Option<Chunk> {
        let Some(chunk) = self.chunks.next() else {
            let bytes = self.packer.take()?.end();
            return Some(Chunk { bytes, truths: Vec::new() });
        };
        let Some(packer) = &mut self.packer else { return Some(chunk) };
        Some(Chunk { bytes: packer.take(&chunk.bytes), truths: chunk.truths })
    }
}

impl Packer {
    /// Takes bytes in; what of the packed ones is ready. Writing to memory cannot fail.
    fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Gzip(encoder) => {
                let _ = encoder.write_all(bytes);
                std::mem::take(encoder.get_mut())
            }
            Self::Zip(archive) => archive.take(bytes),
        }
    }

    /// What is left to be written at the end.
    fn end(self) -> Vec<u8> {
        match self {
            Self::Gzip(encoder) => encoder.finish().unwrap_or_default(),
            Self::Zip(archive) => archive.end(),
        }
    }
}

/// A zip archive being written.
struct Archive {
    data: DeflateEncoder<Vec<u8>>,
    crc: Crc,
    /// Bytes of the archive that are written.
    written: u64,
}

impl Archive {
    fn new() -> Self {
        let mut start = b"PK\x03\x04".to_vec();
        start.extend(numbers(&[VERSION, FLAGS, DEFLATED, 0, DAY]));
        // Check sum and both sizes: not known yet, and where they stand has 64 bits.
        start.extend(0_u32.to_le_bytes());
        start.extend([0xFF; 8]);
        start.extend(numbers(&[length(NAME), 20]));
        start.extend_from_slice(NAME);
        start.extend(wide(&[0, 0]));
        Self { data: DeflateEncoder::new(start, Compression::default()), crc: Crc::new(), written: 0 }
    }

    fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.crc.update(bytes);
        let _ = self.data.write_all(bytes);
        let ready = std::mem::take(self.data.get_mut());
        self.written += count(&ready);
        ready
    }

    fn end(mut self) -> Vec<u8> {
        let _ = self.data.try_finish();
        let (size, packed) = (self.data.total_in(), self.data.total_out());
        let sum = self.crc.sum().to_le_bytes();
        let mut end = std::mem::take(self.data.get_mut());
        end.extend([&b"PK\x07\x08"[..], &sum, &packed.to_le_bytes(), &size.to_le_bytes()].concat());
        let directory = self.written + count(&end);
        let entry = entry(&sum, size, packed);
        end.extend_from_slice(&entry);
        end.extend(directory_end(directory, count(&entry)));
        end
    }
}

/// The one entry of the directory.
fn entry(sum: &[u8], size: u64, packed: u64) -> Vec<u8> {
    let mut entry = b"PK\x01\x02".to_vec();
    entry.extend(numbers(&[VERSION, VERSION, FLAGS, DEFLATED, 0, DAY]));
    entry.extend_from_slice(sum);
    entry.extend([0xFF; 8]);
    // No comment, on the first disk, no attributes, and at the beginning of the archive.
    entry.extend(numbers(&[length(NAME), 20, 0, 0, 0, 0, 0, 0, 0]));
    entry.extend_from_slice(NAME);
    entry.extend(wide(&[size, packed]));
    entry
}

/// The end of the directory: in 64 bits, where that is, and in 32.
fn directory_end(directory: u64, length: u64) -> Vec<u8> {
    let mut end = b"PK\x06\x06".to_vec();
    end.extend(44_u64.to_le_bytes());
    end.extend(numbers(&[VERSION, VERSION, 0, 0, 0, 0]));
    end.extend([1, 1, length, directory].into_iter().flat_map(u64::to_le_bytes));
    end.extend(b"PK\x06\x07\0\0\0\0");
    end.extend((directory + length).to_le_bytes());
    end.extend(1_u32.to_le_bytes());
    end.extend(b"PK\x05\x06");
    end.extend(numbers(&[0, 0, 1, 1]));
    end.extend([0xFF; 8]);
    end.extend(numbers(&[0]));
    end
}

/// The extra field that holds what does not fit into 32 bits.
fn wide(sizes: &[u64; 2]) -> Vec<u8> {
    let mut field = numbers(&[1, 16]);
    field.extend(sizes.iter().flat_map(|size| size.to_le_bytes()));
    field
}

fn numbers(all: &[u16]) -> Vec<u8> {
    all.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn length(bytes: &[u8]) -> u16 {
    u16::try_from(bytes.len()).unwrap_or(u16::MAX)
}

fn count(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
