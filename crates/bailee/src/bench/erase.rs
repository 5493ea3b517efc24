//! Erasing one order: its slot is punctured, durable in every mirror, and no other loses its key: intent, keys rewritten without
//! the slot and read back, completion.

use std::fs;
use std::path::Path;
use std::time::Instant;

use bailee_core::Sensitive;
use serde_json::json;

use super::figure::{Figure, Measure, Unit, float};
use super::orders::{Order, Orders, SELLER};
use super::place::{Place, client};
use super::progress::Progress;
use crate::failure::{Failure, Result};
use crate::home::Home;

/// How many are erased.
const ERASED: u64 = 24;
/// Between two that follow each other: neighbours share most of what remembers them.
const STRIDE: u64 = 7;

/// Takes some orders in, and erases them one by one.
pub(super) fn erase(
    place: &Place,
    token: &Sensitive<String>,
    orders: &Orders,
    next: u64,
    sync: &Measure,
) -> Result<[Figure; 2]> {
    let _busy = Progress::spinning("erasing one by one");
    let home = Home::open(&place.home(), None)?;
    let client = client(&home, token)?;
    let mut input = String::new();
    (0..ERASED).for_each(|number| orders.line(next + number, &mut input));
    let path = format!("/v1/sellers/{SELLER}/orders:collect?source=bench");
    let input = Box::new(std::io::Cursor::new(input.into_bytes()));
    client.collect(&path, input, None, &mut client.interrupts(false)?, |_| {})?;
    let mirror = place.home().join("keyring/a/segments");
    let (mut took, mut grown) = (Vec::new(), 0);
    for step in 0..ERASED {
        let reference = Order::of(next + step * STRIDE % ERASED).reference();
        let before = bytes(&mirror)?;
        let begun = Instant::now();
        client
            .post("/v1/erase", &json!({ "items": [{ "seller": SELLER, "reference": reference }] }))
            .map_err(Failure::from)?;
        took.push(begun.elapsed());
        grown = grown.max(bytes(&mirror)?.saturating_sub(before));
    }
    let syncs = "four syncs: intent, a head in each of two mirrors, completion";
    let syncs = Measure::plain(syncs, Unit::Milliseconds, sync.value * 4.0, 1);
    let erased = Measure::latencies("one order erased, durable in two mirrors", took);
    let keys = "key material grown by one erasure, at most, in each mirror";
    Ok([
        Figure::beside("erase", erased, [syncs]),
        Figure::alone("erase-keys", Measure::plain(keys, Unit::Bytes, float(grown), ERASED)),
    ])
}

/// Bytes of all files in a directory.
fn bytes(directory: &Path) -> Result<u64> {
    let unusable = |error: std::io::Error| Failure::file(directory, &error);
    let mut all = 0;
    for entry in fs::read_dir(directory).map_err(unusable)? {
        all += entry.and_then(|entry| entry.metadata()).map_err(unusable)?.len();
    }
    Ok(all)
}
