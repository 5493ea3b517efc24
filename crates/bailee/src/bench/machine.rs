//! What the figures were measured on: figures without it say nothing.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::failure::{Failure, Result};

/// How many of the kernel's ticks there are in a second, for what `/proc` says of a process (`USER_HZ` of Linux).
const TICKS_PER_SECOND: u64 = 100;

/// The machine, as far as figures depend on it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Machine {
    pub(super) cores: usize,
    pub(super) cpu: String,
    pub(super) memory_mb: u64,
    pub(super) kernel: String,
    /// Of the directory in which the bench works.
    pub(super) file_system: String,
}

impl Machine {
    /// This machine, working in that directory. What the system does not say is `unknown`.
    pub(super) fn here(directory: &Path) -> Self {
        let unknown = || "unknown".to_owned();
        let name = rustix::system::uname();
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            cpu: named("/proc/cpuinfo", "model name").unwrap_or_else(unknown),
            memory_mb: kilobytes("/proc/meminfo", "MemTotal").unwrap_or(0) / 1024,
            kernel: format!("{} {}", name.sysname().to_string_lossy(), name.release().to_string_lossy()),
            file_system: file_system(directory).unwrap_or_else(unknown),
        }
    }
}

/// The type of the file system under a directory: that of the longest mount point above it.
fn file_system(directory: &Path) -> Option<String> {
    let directory = directory.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        Some((fields.next()?.to_owned(), fields.next()?.to_owned()))
    });
    // The last of several at one place hides the others.
    let above = mounts.filter(|(point, _)| directory.starts_with(point));
    above.max_by_key(|(point, _)| point.len()).map(|(_, kind)| kind)
}

/// The most memory that a process has ever had in use, in bytes; none once it has ended.
pub(super) fn peak_memory(process: u32) -> Option<u64> {
    kilobytes(&format!("/proc/{process}/status"), "VmHWM").map(|kilobytes| kilobytes * 1024)
}

/// How long the threads of a process have computed so far, also once it has ended and nobody has asked how.
pub(super) fn computed(process: u32) -> Result<Duration> {
    let unknown = |_| Failure::failed("this system does not say what a process has computed");
    let said = fs::read_to_string(format!("/proc/{process}/stat")).map_err(unknown)?;
    // The name, which may hold anything, ends with the last `)`. Behind it, user and system time are the 12th and 13th.
    let fields = said.rsplit(')').next().unwrap_or_default().split_ascii_whitespace().skip(11).take(2);
    let ticks: u64 = fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * (1000 / TICKS_PER_SECOND)))
}

fn kilobytes(file: &str, name: &str) -> Option<u64> {
    named(file, name)?.strip_suffix("kB")?.trim().parse().ok()
}

/// What stands behind a name and a colon, at its first line.
fn named(file: &str, name: &str) -> Option<String> {
    let said = fs::read_to_string(file).ok()?;
    let line = said.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'));
    line.map(|value| value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_used_memory_and_the_machine_has_a_name() {
        let own = std::process::id();
        assert!(peak_memory(own).unwrap() > 1024 * 1024);
        assert!(computed(own).is_ok());
        let machine = Machine::here(&std::env::temp_dir());
        assert!(machine.kernel.starts_with("Linux "), "{machine:?}");
        assert!(machine.memory_mb > 0 && machine.cores > 0, "{machine:?}");
    }
}
