//! How figures are told: a table for people, one document for programs.

use serde::Serialize;

use super::figure::{Figure, Measure, number};
use super::machine::Machine;
use crate::failure::Result;
use crate::screen::{DIM, Screen};

/// What was measured, where, and by which version.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) version: &'static str,
    /// Whether it is a build for speed; figures of another say nothing.
    pub(super) release: bool,
    pub(super) machine: Machine,
    /// Orders in the home.
    pub(super) records: u64,
    pub(super) figures: Vec<Figure>,
}

impl Report {
    pub(super) fn new(machine: Machine, records: u64, figures: Vec<Figure>) -> Self {
        let release = !cfg!(debug_assertions);
        Self { version: env!("CARGO_PKG_VERSION"), release, machine, records, figures }
    }

    pub(super) fn show(&self, screen: Screen) -> Result<()> {
        if screen.is_json() {
            return screen.json(self);
        }
        screen.heading(self.title())?;
        screen.line(format_args!("{DIM}{}{DIM:#}", self.about()))?;
        let header = ["WHAT", "FIGURE", "OF LIMIT", "MEDIAN", "P99", "CPU EACH"];
        screen.table(&header, self.figures.iter().flat_map(rows).collect())
    }

    pub(super) fn title(&self) -> String {
        format!("bailee {} with {} synthetic orders", self.version, number(self.records as f64))
    }

    /// The machine in one line.
    pub(super) fn about(&self) -> String {
        let Machine { cores, cpu, memory_mb, kernel, file_system } = &self.machine;
        let build = if self.release { "" } else { "; a debug build, whose figures say nothing of speed" };
        format!("{cores} cores of {cpu}, {} MB, {kernel}, {file_system}{build}", number(*memory_mb as f64))
    }
}

/// A figure, and each of its limits below it.
fn rows(figure: &Figure) -> Vec<Vec<String>> {
    let mut rows = vec![row(String::new(), &figure.measure, String::new())];
    rows.extend(figure.limits.iter().map(|limit| {
        row("  beside ".to_owned(), &limit.measure, format!("{} %", number(100.0 * limit.share)))
    }));
    rows
}

fn row(before: String, measure: &Measure, share: String) -> Vec<String> {
    let of_latency = |value: f64| format!("{} ms", number(value));
    vec![
        before + &measure.what,
        measure.shown(),
        share,
        measure.latency.map(|latency| of_latency(latency.median_ms)).unwrap_or_default(),
        measure.latency.map(|latency| of_latency(latency.p99_ms)).unwrap_or_default(),
        measure.cpu_us.map(|cpu| format!("{} µs", number(cpu))).unwrap_or_default(),
    ]
}
