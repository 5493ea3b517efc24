//! The process itself, as the system sees it: memory, time of the processor, file descriptors.

use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

/// Adds what the system tells; what it does not tell is left out.
pub(super) fn register(registry: &mut Registry) {
    let registry = registry.sub_registry_with_prefix("process");
    if let Some(bytes) = resident_bytes() {
        let help = "Memory that is in use";
        registry.register_with_unit("resident_memory", help, Unit::Bytes, ConstGauge::new(bytes));
    }
    if let Some(seconds) = processor_seconds() {
        let help = "Time of the processor that was used, in user and system";
        registry.register_with_unit("cpu", help, Unit::Seconds, ConstGauge::new(seconds));
    }
    if let Some(open) = std::fs::read_dir("/proc/self/fd").ok().map(Iterator::count) {
        registry.register("open_fds", "File descriptors that are open", ConstGauge::new(open as f64));
    }
    if let Some(most) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        registry.register("max_fds", "File descriptors that may be open", ConstGauge::new(most as f64));
    }
}

fn resident_bytes() -> Option<f64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: f64 = pages.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as f64)
}

/// The 14th and 15th numbers of the line, in ticks; the second, a name in parentheses, can hold anything.
fn processor_seconds() -> Option<f64> {
    let line = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut numbers = line.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let mut ticks = || numbers.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / rustix::param::clock_ticks_per_second() as f64)
}
