//! Collecting: `bailee collect` in a process of its own, which reads orders from a pipe as fast as it takes them.

use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use bailee_core::{Json, Sensitive};

use super::figure::{Measure, Unit};
use super::machine;
use super::orders::{Orders, SELLER};
use super::place::{Place, Process};
use super::progress::Progress;
use crate::failure::{Failure, Result};
use crate::session::KEY_VARIABLE;

/// Bytes that are written into the pipe at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// How often the memory of the collecting process is looked at. The system keeps the peak, so that none between is missed.
const LOOK: Duration = Duration::from_millis(10);

/// What a collect came to.
pub(super) struct Collected {
    /// Orders a second, and CPU for each.
    pub(super) rate: Measure,
    /// Most memory that its process had in use, in bytes.
    pub(super) peak_memory: u64,
}

/// Collects these orders.
pub(super) fn collect(
    place: &Place,
    token: &Sensitive<String>,
    orders: &Orders,
    numbers: std::ops::Range<u64>,
    what: impl Into<String>,
) -> Result<Collected> {
    let count = numbers.end - numbers.start;
    let mut command = place.program()?;
    command
        .args(["collect", "--seller", SELLER, "--output", "json", "--home"])
        .arg(place.home())
        .arg("-")
        .env(KEY_VARIABLE, token.expose())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut process = place.start(&mut command)?;
    let memory = Memory::watch(&process);
    feed(&mut process, orders, numbers)?;
    let mut said = Vec::new();
    let mut out = process.child().stdout.take().ok_or_else(uncollected)?;
    out.read_to_end(&mut said).map_err(|_| uncollected())?;
    let peak_memory = memory.peak();
    let summary: Json = serde_json::from_slice(&said).map_err(|_| uncollected())?;
    let seconds = match (summary.member("collected"), summary.member("seconds")) {
        (Some(Json::Integer(collected)), Some(Json::Float(seconds))) if *collected == i128::from(count) => {
            *seconds
        }
        _ => return Err(uncollected()),
    };
    // It has ended, and nobody has asked how: what it has computed is still known.
    let computed = machine::computed(process.id())?;
    let rate = Measure::rate(what, Unit::Orders, count, Duration::from_secs_f64(seconds));
    Ok(Collected { rate: rate.with_cpu(computed), peak_memory })
}

/// Writes orders into its pipe.
fn feed(process: &mut Process, orders: &Orders, numbers: std::ops::Range<u64>) -> Result<()> {
    let mut pipe = process.child().stdin.take().ok_or_else(uncollected)?;
    let bar = Progress::of("collecting", numbers.end - numbers.start);
    let mut chunk = String::with_capacity(2 * CHUNK_BYTES);
    let first = numbers.start;
    for number in numbers.clone() {
        orders.line(number, &mut chunk);
        if chunk.len() >= CHUNK_BYTES || number + 1 == numbers.end {
            pipe.write_all(chunk.as_bytes()).map_err(|_| uncollected())?;
            chunk.clear();
            bar.at(number - first);
        }
    }
    Ok(())
}

/// Looks at a process's memory as long as it lives.
struct Memory {
    peak: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
    looking: JoinHandle<()>,
}

impl Memory {
    fn watch(process: &Process) -> Self {
        let (peak, over, id) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)), process.id());
        let (keeps, ends) = (Arc::clone(&peak), Arc::clone(&over));
        let looking = std::thread::spawn(move || {
            while !ends.load(Ordering::Relaxed) {
                keeps.fetch_max(machine::peak_memory(id).unwrap_or(0), Ordering::Relaxed);
                std::thread::sleep(LOOK);
            }
        });
        Self { peak, over, looking }
    }

    fn peak(self) -> u64 {
        self.over.store(true, Ordering::Relaxed);
        // What it saw until then is what it saw.
        let _ = self.looking.join();
        self.peak.load(Ordering::Relaxed)
    }
}

fn uncollected() -> Failure {
    Failure::failed("the orders of the bench were not collected")
}
