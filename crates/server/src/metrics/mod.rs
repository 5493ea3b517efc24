//! What is counted, for Prometheus: numbers under labels of closed sets.
//!
//! A label is a route's template, a method, a status, or a code of the program: never a seller, a reference, an id or an
//! address. So nothing personal can stand here (2.6.d), and the number of series is bounded by the program's own words.
//!
//! Acts are counted from their events, by the store's writer, when they have become true ([`Observer`]); requests at the
//! edge; connections by the listener; what stands at the moment (buckets, quarantine, mirrors) when it is asked for.

mod process;
mod standing;

use std::sync::Arc;
use std::time::Duration;

use bailee_ledger::event::{Counts, What};
use bailee_store::act::Act;
use bailee_store::observe::Observer;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::listener::Traffic;
pub(crate) use standing::Standing;

/// Labels: names of ours, and values of closed sets.
type Labels<const N: usize> = [(&'static str, &'static str); N];
/// Labels whose values are routes' templates, or codes that events hold.
type CodeLabels<const N: usize> = [(&'static str, String); N];
/// How long something took, by route.
type Durations = Family<CodeLabels<1>, Histogram, fn() -> Histogram>;

/// Everything that is counted of one home, for as long as the process lives.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<CodeLabels<3>, Counter>,
    seconds: Durations,
    events: Family<Labels<1>, Counter>,
    revealed: Family<Labels<1>, Counter>,
    denied: Family<CodeLabels<3>, Counter>,
    documents: Family<Labels<1>, Counter>,
    faults: Family<CodeLabels<2>, Counter>,
    groups: Family<Labels<1>, Counter>,
    group_acts: Histogram,
    group_seconds: Histogram,
    traffic: Arc<Traffic>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// From half a millisecond to some eight seconds.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.000_5, 2.0, 15))
}

impl Metrics {
    /// Nothing counted yet.
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("bailee"),
            requests: Family::default(),
            seconds: Family::new_with_constructor(seconds),
            events: Family::default(),
            revealed: Family::default(),
            denied: Family::default(),
            documents: Family::default(),
            faults: Family::default(),
            groups: Family::default(),
            group_acts: Histogram::new(exponential_buckets(1.0, 2.0, 11)),
            group_seconds: Histogram::new(exponential_buckets(0.000_1, 2.0, 15)),
            traffic: Arc::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("requests", "Requests answered", self.requests.clone());
        registry.register_with_unit(
            "request_duration",
            "From a request to the head of its answer",
            Unit::Seconds,
            self.seconds.clone(),
        );
        registry.register("events", "Events in the ledger, by kind", self.events.clone());
        registry.register(
            "revealed",
            "Records and fields that reveals were allowed, an upper bound on what was handed out",
            self.revealed.clone(),
        );
        registry.register("denied", "Refusals, by what was asked and why not", self.denied.clone());
        registry.register("documents", "Documents taken in, by outcome", self.documents.clone());
        registry.register("faults", "Errors of the system itself", self.faults.clone());
        registry.register(
            "store_groups",
            "Groups of acts that the store wrote, or did not",
            self.groups.clone(),
        );
        registry.register("store_group_acts", "Acts in a group", self.group_acts.clone());
        registry.register_with_unit(
            "store_group_duration",
            "From taking a group to its sync",
            Unit::Seconds,
            self.group_seconds.clone(),
        );
    }

    /// The connections of the listener.
    pub fn traffic(&self) -> &Arc<Traffic> {
        &self.traffic
    }

    /// A request was answered. The route is its template, `"none"` where it has none.
    pub(crate) fn request(&self, route: &str, method: &'static str, status: u16, took: Duration) {
        let labels = [
            ("route", route.to_owned()),
            ("method", method.to_owned()),
            ("status", format!("{}xx", status / 100)),
        ];
        self.requests.get_or_create(&labels).inc();
        self.seconds.get_or_create(&[("route", route.to_owned())]).observe(took.as_secs_f64());
    }

    /// All of it, with how the home stands, in Prometheus' text format.
    pub(crate) fn text(&self, standing: &Standing) -> String {
        let mut now = Registry::with_prefix("bailee");
        standing.register(&mut now);
        self.traffic.register(&mut now);
        process::register(&mut now);
        let mut text = String::new();
        // Writing into a string does not fail. The end is marked once, at the end of the second part.
        let _ = encode(&mut text, &self.registry);
        let mut text = text.strip_suffix("# EOF\n").map(str::to_owned).unwrap_or(text);
        let _ = encode(&mut text, &now);
        text
    }

    fn count(&self, what: &What) {
        self.events.get_or_create(&[("event", what.name())]).inc();
        match what {
            What::Revealed { items, .. } => {
                let fields: usize = items.iter().map(|item| item.fields.len()).sum();
                self.revealed.get_or_create(&[("of", "records")]).inc_by(items.len() as u64);
                self.revealed.get_or_create(&[("of", "fields")]).inc_by(fields as u64);
            }
            What::Denied { action, reason, requirement, .. } => {
                let labels = [
                    ("action", action.clone()),
                    ("reason", reason.clone()),
                    ("requirement", requirement.to_string()),
                ];
                self.denied.get_or_create(&labels).inc();
            }
            What::Collected { counts, .. } => self.count_documents(counts),
            What::SystemError { component, code } => {
                let labels = [("component", component.clone()), ("code", code.clone())];
                self.faults.get_or_create(&labels).inc();
            }
            _ => {}
        }
    }

    fn count_documents(&self, counts: &Counts) {
        for (outcome, count) in [
            ("collected", counts.collected),
            ("updated", counts.updated),
            ("unchanged", counts.unchanged),
            ("past-retention", counts.past_retention),
            ("quarantined", counts.quarantined),
        ] {
            self.documents.get_or_create(&[("outcome", outcome)]).inc_by(count);
        }
    }
}

impl Observer for Metrics {
    fn committed(&self, act: &Act) {
        act.events.iter().for_each(|event| self.count(&event.what));
    }

    fn group(&self, acts: usize, took: Duration, failed: Option<&'static str>) {
        self.groups.get_or_create(&[("outcome", failed.unwrap_or("written"))]).inc();
        self.group_acts.observe(acts as f64);
        self.group_seconds.observe(took.as_secs_f64());
    }
}
