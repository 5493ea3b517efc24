//! Cleaning (0.c): one clean form per value. Idempotent, and nothing a carrier needs is lost, in any script.

use bailee_core::catalogue::Cleaner;

/// Cleans a value. `country` is the alpha-2 code of the address it belongs to, when known (phones need it).
pub fn clean(_cleaner: Cleaner, _value: &str, _country: Option<&str>) -> String { todo!() }
