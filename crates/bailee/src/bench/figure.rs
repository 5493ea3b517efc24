//! A figure beside its limits: what was measured of Bailee, and what the machine does at most with the same data.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::failure::Result;

/// What a figure counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Unit {
    #[serde(rename = "orders/s")]
    Orders,
    #[serde(rename = "records/s")]
    Records,
    #[serde(rename = "rows/s")]
    Rows,
    #[serde(rename = "events/s")]
    Events,
    #[serde(rename = "decisions/s")]
    Decisions,
    #[serde(rename = "ms")]
    Milliseconds,
    #[serde(rename = "bytes")]
    Bytes,
    #[serde(rename = "MB")]
    Megabytes,
}

impl Unit {
    /// Whether a larger value is the better one.
    pub(super) fn is_rate(self) -> bool {
        matches!(self, Self::Orders | Self::Records | Self::Rows | Self::Events | Self::Decisions)
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Orders => "orders/s",
            Self::Records => "records/s",
            Self::Rows => "rows/s",
            Self::Events => "events/s",
            Self::Decisions => "decisions/s",
            Self::Milliseconds => "ms",
            Self::Bytes => "bytes",
            Self::Megabytes => "MB",
        }
    }
}

/// One thing that was measured.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Measure {
    pub(super) what: String,
    pub(super) value: f64,
    pub(super) unit: Unit,
    /// How many there were of what was measured.
    pub(super) count: u64,
    /// How long that took in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seconds: Option<f64>,
    #[serde(flatten)]
    pub(super) latency: Option<Latency>,
    /// Microseconds of CPU for each, of the process that did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cpu_us: Option<f64>,
}

/// How long single answers take, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Latency {
    pub(super) median_ms: f64,
    pub(super) p99_ms: f64,
}

impl Latency {
    /// Of what single answers took; none without any.
    pub(super) fn of(mut answers: Vec<Duration>) -> Option<Self> {
        answers.sort_unstable();
        let at = |part: usize| {
            let place = answers.len().saturating_sub(1) * part / 100;
            answers.get(place).map(|answer| milliseconds(*answer))
        };
        Some(Self { median_ms: at(50)?, p99_ms: at(99)? })
    }
}

impl Measure {
    /// So many in that time.
    pub(super) fn rate(what: impl Into<String>, unit: Unit, count: u64, took: Duration) -> Self {
        let seconds = took.as_secs_f64();
        let value = float(count) / seconds.max(f64::MIN_POSITIVE);
        Self { seconds: Some(seconds), ..Self::plain(what, unit, value, count) }
    }

    /// Measures what `work` does; it says how many it did.
    pub(super) fn of(what: &str, unit: Unit, work: impl FnOnce() -> Result<u64>) -> Result<Self> {
        let begun = Instant::now();
        let count = work()?;
        Ok(Self::rate(what, unit, count, begun.elapsed()))
    }

    /// The median of what single ones took.
    pub(super) fn latencies(what: impl Into<String>, took: Vec<Duration>) -> Self {
        let (count, all) = (took.len() as u64, took.iter().sum::<Duration>());
        let latency = Latency::of(took);
        let value = latency.map_or(0.0, |latency| latency.median_ms);
        Self {
            seconds: Some(all.as_secs_f64()),
            latency,
            ..Self::plain(what, Unit::Milliseconds, value, count)
        }
    }

    /// One duration.
    pub(super) fn duration(what: impl Into<String>, took: Duration) -> Self {
        Self::plain(what, Unit::Milliseconds, milliseconds(took), 1)
    }

    /// A value that needs no more saying.
    pub(super) fn plain(what: impl Into<String>, unit: Unit, value: f64, count: u64) -> Self {
        Self { what: what.into(), value, unit, count, seconds: None, latency: None, cpu_us: None }
    }

    /// The same with the CPU time that all of them took together.
    pub(super) fn with_cpu(mut self, computed: Duration) -> Self {
        self.cpu_us = Some(computed.as_secs_f64() * 1e6 / float(self.count).max(1.0));
        self
    }

    /// The value with its unit, as people read it.
    pub(super) fn shown(&self) -> String {
        format!("{} {}", number(self.value), self.unit.as_str())
    }
}

/// A figure of Bailee with the limits that it stands beside.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figure {
    /// A stable name, for whoever compares runs.
    pub(super) figure: &'static str,
    #[serde(flatten)]
    pub(super) measure: Measure,
    pub(super) limits: Vec<Limit>,
}

/// A limit, and how much of it was reached (1 is all).
#[derive(Clone, Debug, Serialize)]
pub(super) struct Limit {
    #[serde(flatten)]
    pub(super) measure: Measure,
    pub(super) share: f64,
}

impl Figure {
    /// Beside these limits, all in its own unit.
    pub(super) fn beside(
        figure: &'static str,
        measure: Measure,
        limits: impl IntoIterator<Item = Measure>,
    ) -> Self {
        let share = |limit: &Measure| match measure.unit.is_rate() {
            true => measure.value / limit.value.max(f64::MIN_POSITIVE),
            false => limit.value / measure.value.max(f64::MIN_POSITIVE),
        };
        let limits = limits.into_iter().map(|limit| Limit { share: share(&limit), measure: limit }).collect();
        Self { figure, measure, limits }
    }

    /// One that has no limit but what it is for.
    pub(super) fn alone(figure: &'static str, measure: Measure) -> Self {
        Self { figure, measure, limits: Vec::new() }
    }
}

/// Counts here are far below 2^53.
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// A number to three digits or more, with its thousands apart.
pub(super) fn number(value: f64) -> String {
    match value {
        value if value >= 1000.0 => thousands(&format!("{value:.0}")),
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

fn thousands(digits: &str) -> String {
    let mut shown = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_rate_the_share_is_what_was_reached_and_of_a_time_what_was_needed() {
        let rate = |count| Measure::rate("x", Unit::Orders, count, Duration::from_secs(2));
        let figure = Figure::beside("x", rate(300), [rate(400)]);
        assert!((figure.limits[0].share - 0.75).abs() < 1e-9);
        let time = |millis| Measure::duration("x", Duration::from_millis(millis));
        let figure = Figure::beside("x", time(40), [time(10)]);
        assert!((figure.limits[0].share - 0.25).abs() < 1e-9);
    }

    #[test]
    fn a_median_is_in_the_middle_and_a_hundredth_takes_longer_than_the_rest() {
        let latency = Latency::of((1..=100).map(Duration::from_millis).collect()).unwrap();
        assert!((latency.median_ms - 50.0).abs() < 1.5 && (latency.p99_ms - 99.0).abs() < 1.5, "{latency:?}");
        assert!(Latency::of(Vec::new()).is_none());
    }

    #[test]
    fn numbers_are_written_as_people_read_them() {
        let shown = [0.125, 9.994, 42.04, 999.4, 1234.0, 1_234_567.8].map(number);
        assert_eq!(shown, ["0.12", "9.99", "42.0", "999", "1,234", "1,234,568"]);
    }
}
