//! Passwords that were seen in breaches elsewhere: a local file of their SHA-1, as Have I Been Pwned gives it out.
//!
//! A line is 40 hexadecimal digits, a colon and a count; lines are sorted by the digits. The file is as large as 40 GB, so
//! it is searched where it lies: some thirty reads. Nothing leaves the machine, and SHA-1 is that file's choice, not ours:
//! nothing is protected by it here.

use std::cmp::Ordering;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use bailee_core::Sensitive;
use data_encoding::HEXUPPER;

/// Hexadecimal digits of a SHA-1.
const DIGITS: usize = 40;

/// Most bytes of a line: the digits, a colon, and a count of any length with its end.
const LINE_BYTES_MAX: usize = 96;

/// Where the file is.
#[derive(Clone, Debug)]
pub struct Breached(PathBuf);

impl Breached {
    /// A file, not looked at yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Whether a password is in it.
    ///
    /// # Errors
    /// When it cannot be read, or is not such a file: then no password can be judged by it.
    pub(crate) fn holds(&self, password: &Sensitive<String>) -> io::Result<bool> {
        let wanted =
            HEXUPPER.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, password.expose().as_bytes()).as_ref());
        let mut file = File::open(&self.0)?;
        let (mut low, mut high) = (0, file.metadata()?.len());
        // Lines that begin in low..high may be the one. Each round looks at the first that begins after the middle.
        while low < high {
            let middle = low + (high - low) / 2;
            let Some(line) = line_from(&mut file, middle, high)? else {
                high = middle;
                continue;
            };
            match line.digits.as_str().cmp(&wanted) {
                Ordering::Equal => return Ok(true),
                Ordering::Less => low = line.ends_at,
                Ordering::Greater => high = middle,
            }
        }
        Ok(false)
    }
}

/// A line of the file.
struct Line {
    digits: String,
    /// Where the next one begins.
    ends_at: u64,
}

/// The first line that begins at `from` or after it, and before `before`.
fn line_from(file: &mut File, from: u64, before: u64) -> io::Result<Option<Line>> {
    // One byte earlier: where that ends a line, one begins at `from` itself.
    let start = from.saturating_sub(1);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::with_capacity(2 * LINE_BYTES_MAX);
    file.take(2 * LINE_BYTES_MAX as u64).read_to_end(&mut bytes)?;
    let skipped = match from {
        0 => 0,
        _ => match bytes.iter().position(|byte| *byte == b'\n') {
            Some(end) => end + 1,
            None => return Ok(None),
        },
    };
    let begins_at = start + skipped as u64;
    let rest = bytes.get(skipped..).unwrap_or_default();
    if begins_at >= before || rest.is_empty() {
        return Ok(None);
    }
    let length = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
    let digits = rest.get(..DIGITS).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    let well_formed = matches!(rest.get(DIGITS), None | Some(b':' | b'\r' | b'\n'));
    match digits.and_then(|digits| str::from_utf8(digits).ok()).filter(|_| well_formed) {
        Some(digits) => {
            Ok(Some(Line { digits: digits.to_ascii_uppercase(), ends_at: begins_at + length as u64 }))
        }
        None => Err(io::ErrorKind::InvalidData.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn sha1(password: &str) -> String {
        HEXUPPER.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes()).as_ref())
    }

    fn file(lines: &[String], end: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(lines.join(end).as_bytes()).unwrap();
        file
    }

    fn holds(file: &tempfile::NamedTempFile, password: &str) -> io::Result<bool> {
        Breached::at(file.path()).holds(&Sensitive::new(password.to_owned()))
    }

    #[test]
    fn every_password_of_a_file_is_found_and_no_other() {
        for (number, end) in [(1, "\n"), (2, "\r\n"), (1000, "\n"), (999, "\r\n")] {
            let passwords: Vec<String> = (0..number).map(|n| format!("Synthetic-{n}")).collect();
            let mut lines: Vec<String> =
                passwords.iter().enumerate().map(|(n, one)| format!("{}:{}", sha1(one), n * n * n)).collect();
            lines.sort_unstable();
            let file = file(&lines, end);
            for password in &passwords {
                assert!(holds(&file, password).unwrap(), "{password} of {number}");
            }
            for n in 0..200 {
                assert!(!holds(&file, &format!("Other-{n}")).unwrap());
            }
        }
    }

    #[test]
    fn an_empty_file_holds_none_and_another_kind_of_file_is_an_error() {
        assert!(!holds(&file(&[], "\n"), "x").unwrap());
        assert!(
            holds(&file(&[sha1("x").to_lowercase()], "\n"), "x").unwrap(),
            "in lower case, without a count"
        );
        for line in ["password", &"Z".repeat(40), &format!("{}0:1", sha1("y"))] {
            assert!(holds(&file(&[line.to_owned()], "\n"), "x").is_err(), "{line}");
        }
        assert!(Breached::at("/nowhere/at/all").holds(&Sensitive::new("x".to_owned())).is_err());
    }
}
