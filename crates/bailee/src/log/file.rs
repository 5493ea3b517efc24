//! A log in files: one for each day, and another where one grows large; kept for their days, and then removed.
//!
//! `bailee-2026-03-02.0001.jsonl`, for their owner alone. A line is written whole before anything else happens, so none is
//! lost between two files. Where the disk is full, lines are lost and the service goes on; the next line that finds room
//! is preceded by one that says how many were.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bailee_core::Day;

use crate::home::clock::system_now;

/// Bytes after which a day gets another file: what an editor still opens.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Files of one day: with the limit above more than a disk holds.
const FILES_PER_DAY_MAX: u32 = 9999;

/// The log's files. Shared by every thread that says something.
#[derive(Debug)]
pub(super) struct LogFiles(Mutex<Open>);

/// The file that is written to.
#[derive(Debug)]
struct Open {
    directory: PathBuf,
    keep_days: u16,
    file: File,
    day: Day,
    number: u32,
    bytes: u64,
    bytes_max: u64,
    /// Lines that found no room.
    lost: u64,
    /// Whether the last line may have been written in part.
    torn: bool,
}

impl LogFiles {
    /// Goes on with the newest file of today, in a directory that is made when it is missing.
    pub(super) fn open(directory: &Path, keep_days: u16) -> io::Result<Self> {
        Open::begin(directory, keep_days, today(), FILE_BYTES_MAX).map(|open| Self(Mutex::new(open)))
    }

    /// Writes a line, which ends with its line break.
    pub(super) fn write(&self, line: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(line, today());
    }
}

fn today() -> Day {
    Day::of(system_now())
}

impl Open {
    fn begin(directory: &Path, keep_days: u16, day: Day, bytes_max: u64) -> io::Result<Self> {
        match DirBuilder::new().mode(0o700).create(directory) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let number = newest(directory, day)?.unwrap_or(1);
        let file = open(&path(directory, day, number))?;
        let bytes = file.metadata()?.len();
        let directory = directory.to_owned();
        let open =
            Self { directory, keep_days, file, day, number, bytes, bytes_max, lost: 0, torn: bytes > 0 };
        open.remove_old();
        Ok(open)
    }

    fn write(&mut self, line: &[u8], today: Day) {
        if today != self.day || self.bytes + line.len() as u64 > self.bytes_max {
            // Where there is no room for another file, the old one goes on.
            let _ = self.turn(today);
        }
        let mut whole = Vec::with_capacity(line.len());
        if std::mem::take(&mut self.torn) && !self.ends_a_line() {
            whole.push(b'\n');
        }
        if self.lost > 0 {
            whole.extend_from_slice(format!("{{\"lost\":{}}}\n", self.lost).as_bytes());
        }
        whole.extend_from_slice(line);
        match self.file.write_all(&whole) {
            Ok(()) => (self.bytes, self.lost) = (self.bytes + whole.len() as u64, 0),
            Err(_) => (self.lost, self.torn) = (self.lost + 1, true),
        }
    }

    /// Begins the next file.
    fn turn(&mut self, today: Day) -> io::Result<()> {
        let number =
            if today == self.day { self.number + 1 } else { newest(&self.directory, today)?.unwrap_or(1) };
        if number > FILES_PER_DAY_MAX {
            return Err(ErrorKind::QuotaExceeded.into());
        }
        let file = open(&path(&self.directory, today, number))?;
        let bytes = file.metadata()?.len();
        (self.file, self.day, self.number, self.bytes, self.torn) = (file, today, number, bytes, bytes > 0);
        self.remove_old();
        Ok(())
    }

    /// Whether the file ends with a whole line. One that cannot be read back is taken for torn.
    fn ends_a_line(&self) -> bool {
        use std::os::unix::fs::FileExt;
        let mut last = [0];
        let end = self.file.metadata().map_or(0, |about| about.len());
        end == 0 || (self.file.read_exact_at(&mut last, end - 1).is_ok() && last == *b"\n")
    }

    /// Removes files of days that are over. What cannot be removed is tried again with the next file.
    fn remove_old(&self) {
        let oldest = self.day.plus(-i32::from(self.keep_days));
        let Ok(files) = fs::read_dir(&self.directory) else { return };
        for file in files.flatten() {
            if named(&file.file_name().to_string_lossy()).is_some_and(|(day, _)| day < oldest.to_string()) {
                let _ = fs::remove_file(file.path());
            }
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)
}

fn path(directory: &Path, day: Day, number: u32) -> PathBuf {
    directory.join(format!("bailee-{day}.{number:04}.jsonl"))
}

/// The day and the number in a file's name, if it is one of the log's. Days compare as their texts do.
fn named(name: &str) -> Option<(String, u32)> {
    let (day, number) = name.strip_prefix("bailee-")?.strip_suffix(".jsonl")?.split_once('.')?;
    (day.len() == 10 && number.len() == 4).then_some((day.to_owned(), number.parse().ok()?))
}

/// The number of a day's newest file.
fn newest(directory: &Path, day: Day) -> io::Result<Option<u32>> {
    let mut newest = None;
    for file in fs::read_dir(directory)? {
        match named(&file?.file_name().to_string_lossy()) {
            Some((of, number)) if of == day.to_string() => newest = newest.max(Some(number)),
            _ => {}
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const DAY: Day = Day(20_800);

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn lines(directory: &Path) -> Vec<String> {
        let files = names(directory).into_iter();
        let text: String = files.map(|name| fs::read_to_string(directory.join(name)).unwrap()).collect();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn no_line_is_lost_when_days_and_files_change() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("log");
        let mut open = Open::begin(&directory, 90, DAY, 100).unwrap();
        for number in 0..1000 {
            open.write(format!("{{\"line\":{number}}}\n").as_bytes(), DAY.plus(number / 300));
        }
        drop(open);
        // A process that begins anew goes on where the last one was.
        let mut again = Open::begin(&directory, 90, DAY.plus(3), 100).unwrap();
        again.write(b"{\"line\":1000}\n", DAY.plus(3));
        let told: Vec<String> = (0..=1000).map(|number| format!("{{\"line\":{number}}}")).collect();
        assert_eq!(lines(&directory), told);
        for name in names(&directory) {
            let about = fs::metadata(directory.join(name)).unwrap();
            assert_eq!(about.permissions().mode() & 0o777, 0o600);
            assert!(about.len() <= 100);
        }
        assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_file_goes_when_its_days_are_over_and_not_one_day_earlier() {
        let home = tempfile::tempdir().unwrap();
        let mut open = Open::begin(home.path(), 90, DAY, 100).unwrap();
        fs::write(home.path().join("notes.txt"), "somebody else's").unwrap();
        open.write(b"{}\n", DAY);
        let first = path(home.path(), DAY, 1);
        open.write(b"{}\n", DAY.plus(90));
        assert!(first.exists());
        open.write(b"{}\n", DAY.plus(91));
        assert!(!first.exists() && path(home.path(), DAY.plus(90), 1).exists());
        assert!(home.path().join("notes.txt").exists());
    }

    #[test]
    fn a_full_disk_costs_lines_and_says_how_many() {
        let home = tempfile::tempdir().unwrap();
        let mut open = Open::begin(home.path(), 90, DAY, 1000).unwrap();
        open.write(b"{\"line\":1}\n", DAY);
        let sound =
            std::mem::replace(&mut open.file, OpenOptions::new().write(true).open("/dev/full").unwrap());
        (2..5).for_each(|number| open.write(format!("{{\"line\":{number}}}\n").as_bytes(), DAY));
        open.file = sound;
        open.write(b"{\"line\":5}\n", DAY);
        assert_eq!(lines(home.path()), ["{\"line\":1}", "{\"lost\":3}", "{\"line\":5}"]);
    }

    #[test]
    fn a_line_that_was_cut_in_two_spoils_no_other() {
        let home = tempfile::tempdir().unwrap();
        fs::write(path(home.path(), DAY, 1), "{\"line\":1}\n{\"li").unwrap();
        let mut open = Open::begin(home.path(), 90, DAY, 1000).unwrap();
        open.write(b"{\"line\":2}\n", DAY);
        assert_eq!(lines(home.path()), ["{\"line\":1}", "{\"li", "{\"line\":2}"]);
    }
}
