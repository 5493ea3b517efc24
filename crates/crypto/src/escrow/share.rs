//! A share as it is written: eight numbered lines, each with check characters of its own, so that a typing error is told by its line.

use bailee_core::{Environment, HomeId};
use data_encoding::BASE32_NOPAD;
use zeroize::Zeroizing;

use super::{About, EscrowError, Fingerprint, check};
use crate::kdf::sha256;
use crate::lasting::Binding;
use crate::wire::{Malformed, Reader};

/// Lines of a share.
pub const LINES: u8 = 8;
/// Most bytes of a text with a share that are looked at: a sheet that was typed in whole is shorter.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;

/// Bytes of a share in a line: 16 characters.
const LINE_BYTES: usize = 10;
/// Bytes of a share: its eight lines.
const BYTES: usize = LINES as usize * LINE_BYTES;
/// Characters of a line that tell a typing error in it.
const CHECK_CHARACTERS: usize = 4;
/// Characters of a line, its number and gaps apart.
const LINE_CHARACTERS: usize = 16 + CHECK_CHARACTERS;
/// Bytes at a share's end that tell whether its lines belong together.
const CHECK_BYTES: usize = 3;
/// Characters between two gaps.
const GROUP: usize = 4;
/// The first byte of a share.
const VERSION: u8 = 1;

/// What one person keeps.
pub struct Share {
    pub(super) about: About,
    pub(super) number: u8,
    pub(super) part: Zeroizing<[u8; 32]>,
}

impl Share {
    /// What all shares of its set say.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Its number in the set, from 1.
    pub fn number(&self) -> u8 {
        self.number
    }

    /// Its lines, as they stand on paper.
    pub fn lines(&self) -> Vec<Zeroizing<String>> {
        let bytes = self.bytes();
        (1..).zip(bytes.chunks(LINE_BYTES)).map(|(number, chunk)| line(number, chunk)).collect()
    }

    fn bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(BYTES));
        let Binding { home, environment } = self.about.binding;
        bytes.push(VERSION);
        bytes.extend_from_slice(home.as_bytes());
        bytes.push(match environment {
            Environment::Production => 1,
            Environment::Test => 2,
        });
        bytes.extend_from_slice(&self.about.set);
        bytes.extend_from_slice(&[self.about.threshold, self.about.shares, self.number]);
        bytes.extend_from_slice(&self.about.root.0);
        bytes.extend_from_slice(&*self.part);
        let sum = check_of(&bytes);
        bytes.extend_from_slice(&sum);
        bytes
    }

    /// Reads a share as it stands on a sheet or in a file. Lines that begin with no number of a line are passed over; capitals, gaps and
    /// hyphens make no difference.
    ///
    /// # Errors
    /// [`EscrowError::NotAShare`], or what is wrong with which line.
    pub fn parse(text: &str) -> Result<Self, EscrowError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(EscrowError::NotAShare);
        }
        let mut lines: [Option<Zeroizing<Vec<u8>>>; LINES as usize] = Default::default();
        for (number, characters) in text.lines().filter_map(numbered) {
            let read = read_line(number, characters).ok_or(EscrowError::Line(number))?;
            let place = lines.get_mut(usize::from(number) - 1).ok_or(EscrowError::NotAShare)?;
            if place.replace(read).is_some() {
                return Err(EscrowError::Missing(number));
            }
        }
        if lines.iter().all(Option::is_none) {
            return Err(EscrowError::NotAShare);
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(BYTES));
        for (number, line) in (1..).zip(&lines) {
            bytes.extend_from_slice(line.as_ref().ok_or(EscrowError::Missing(number))?);
        }
        let (body, sum) = bytes.split_last_chunk::<CHECK_BYTES>().ok_or(EscrowError::Mixed)?;
        if check_of(body) != *sum {
            return Err(EscrowError::Mixed);
        }
        Self::read(body).map_err(|Malformed| EscrowError::NotAShare)
    }

    fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(body);
        if reader.u8()? != VERSION {
            return Err(Malformed);
        }
        let home = HomeId(reader.array()?);
        let environment = match reader.u8()? {
            1 => Environment::Production,
            2 => Environment::Test,
            _ => return Err(Malformed),
        };
        let (set, threshold, shares, number) = (reader.array()?, reader.u8()?, reader.u8()?, reader.u8()?);
        let (root, part) = (Fingerprint(reader.array()?), Zeroizing::new(reader.array()?));
        reader.finish()?;
        if check(shares, threshold).is_err() || number == 0 || number > shares {
            return Err(Malformed);
        }
        let about = About { binding: Binding { home, environment }, set, threshold, shares, root };
        Ok(Self { about, number, part })
    }
}

/// `3  abcd efgh ijkl mnop  qrst`
fn line(number: u8, chunk: &[u8]) -> Zeroizing<String> {
    let mut characters = Zeroizing::new(BASE32_NOPAD.encode(chunk));
    characters.make_ascii_lowercase();
    let mut out = Zeroizing::new(String::with_capacity(2 * LINE_CHARACTERS));
    out.push_str(&number.to_string());
    out.push(' ');
    for (at, character) in characters.chars().enumerate() {
        if at % GROUP == 0 {
            out.push(' ');
        }
        out.push(character);
    }
    out.push_str("  ");
    out.push_str(&line_check(number, chunk));
    out
}

/// A line that begins with the number of one, and what follows it.
fn numbered(line: &str) -> Option<(u8, &str)> {
    let line = line.trim_start();
    let (number, rest) = line.split_once(char::is_whitespace)?;
    let number = number.parse().ok().filter(|number| (1..=LINES).contains(number))?;
    Some((number, rest))
}

fn read_line(number: u8, characters: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut plain = Zeroizing::new(String::with_capacity(characters.len()));
    plain.extend(
        characters
            .chars()
            .filter(|character| !character.is_whitespace() && *character != '-')
            .map(|character| character.to_ascii_uppercase()),
    );
    let (chunk, check) = plain.split_at_checked(LINE_CHARACTERS - CHECK_CHARACTERS)?;
    let chunk = Zeroizing::new(BASE32_NOPAD.decode(chunk.as_bytes()).ok()?);
    (chunk.len() == LINE_BYTES && line_check(number, &chunk).eq_ignore_ascii_case(check)).then_some(chunk)
}

/// Twenty bits of a line's digest.
fn line_check(number: u8, chunk: &[u8]) -> String {
    let text = Zeroizing::new([&b"bailee share line"[..], &[number], chunk].concat());
    let mut check = BASE32_NOPAD.encode(&sha256(&text)).to_ascii_lowercase();
    check.truncate(CHECK_CHARACTERS);
    check
}

fn check_of(body: &[u8]) -> [u8; CHECK_BYTES] {
    let [a, b, c, ..] = sha256(&Zeroizing::new([&b"bailee share"[..], body].concat()));
    [a, b, c]
}
