//! One program at a time works on a home: an exclusive lock on `<home>/lock`, which names its holder.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, OFlags, flock};

use crate::failure::{Failure, Result};

/// How long a command waits for another to end. Most end in less.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The lock of a home. Given back when it is dropped, and by the system when the process dies.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock; says who holds it when it cannot. Waits a moment for whoever holds it, unless there is another way.
    pub(crate) fn take(path: &Path, is_another_way: impl Fn() -> bool) -> Result<Self> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            // A link put in its place would have this process write its number into somebody else's file.
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(path)
            .map_err(|error| Failure::file(path, &error))?;
        let begun = Instant::now();
        while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            if begun.elapsed() > PATIENCE || is_another_way() {
                return Err(held(&mut file));
            }
            std::thread::sleep(LOOK_EVERY);
        }
        name_holder(&mut file).map_err(|error| Failure::file(path, &error))?;
        Ok(Self { _file: file })
    }
}

fn name_holder(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{}", std::process::id())
}

fn held(file: &mut File) -> Failure {
    let mut holder = String::new();
    let process = match file.read_to_string(&mut holder) {
        Ok(_) if holder.trim().bytes().all(|byte| byte.is_ascii_digit()) && !holder.trim().is_empty() => {
            format!("process {}", holder.trim())
        }
        _ => "another process".to_owned(),
    };
    Failure::failed(format_args!("this home is in use by {process}; try again when it has ended"))
}
