//! `bailee bench`: how fast this machine collects and reveals, beside what it could do at all.
//!
//! Everything is measured in one run on a throw-away home: orders through the router as any client sends them, reveals
//! over HTTPS from a server of its own, then the same rows inserted raw, and the same bytes sealed raw.

mod https;
mod limit;

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bailee_core::{Entropy, Environment, Json, RecordId, Sensitive};
use bailee_crypto::random::SystemEntropy;
use bailee_intake::synth::Synth;
use clap::Args;
use serde::Serialize;
use serde_json::json;

use crate::client::Client;
use crate::failure::{Exit, Failure, Result};
use crate::home::Home;
use crate::home::clock::system_now;
use crate::home::make::NewHome;
use crate::screen::{DIM, Screen};

/// Orders that are revealed, at most: evenly from all of them.
const REVEALED_MAX: usize = 50_000;
/// Orders of a batch.
const BATCH: usize = 100;
/// What the synthetic orders begin with.
const SEED: u64 = 1;
/// Who owns the home that is measured.
const OWNER: &str = "Bench <bench@example.com>";

/// Measure collecting and revealing on this machine, beside its limits, in one run.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailee bench --records 100000")]
pub(crate) struct Bench {
    /// How many orders.
    #[arg(long, default_value_t = 20_000, value_name = "N", value_parser = clap::value_parser!(u64).range(100..))]
    records: u64,
}

/// A measured figure.
#[derive(Debug, Serialize)]
struct Figure {
    what: &'static str,
    count: u64,
    seconds: f64,
    per_second: f64,
    #[serde(flatten)]
    latency: Option<Latency>,
    /// Microseconds that the server's threads computed for each.
    #[serde(skip_serializing_if = "Option::is_none")]
    computed_us: Option<f64>,
}

/// How long answers take, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
struct Latency {
    median_ms: f64,
    p99_ms: f64,
}

impl Latency {
    /// Of what single answers took; none without any.
    fn of(mut answers: Vec<Duration>) -> Option<Self> {
        answers.sort_unstable();
        let at = |part: usize| {
            let place = answers.len().saturating_sub(1) * part / 100;
            answers.get(place).map(|answer| answer.as_secs_f64() * 1000.0)
        };
        Some(Self { median_ms: at(50)?, p99_ms: at(99)? })
    }
}

impl Figure {
    fn new(what: &'static str, count: u64, took: Duration) -> Self {
        let seconds = took.as_secs_f64();
        // Counts here are far below 2^53.
        #[expect(clippy::cast_precision_loss, reason = "a rate is shown to three digits")]
        let per_second = count as f64 / seconds.max(f64::MIN_POSITIVE);
        Self { what, count, seconds, per_second, latency: None, computed_us: None }
    }

    /// Measures what `work` does; it says how many it did.
    fn of(what: &'static str, work: impl FnOnce() -> Result<u64>) -> Result<Self> {
        let begun = Instant::now();
        let count = work()?;
        Ok(Self::new(what, count, begun.elapsed()))
    }
}

impl Bench {
    pub(crate) fn run(&self, screen: Screen) -> Result<Exit> {
        let place = Place::make()?;
        let (home, client, token) = place.home()?;
        screen.note(format_args!("{DIM}making {} orders …{DIM:#}", self.records));
        let synth = Synth { orders: self.records, seed: SEED, mess_percent: 0, now: system_now() };
        let mut input = Vec::new();
        let mut references = Vec::new();
        for line in synth.orders_with_truth() {
            input.extend_from_slice(line.text.as_bytes());
            input.push(b'\n');
            references.push(line.order_id);
        }
        screen.note(format_args!("{DIM}measuring …{DIM:#}"));
        let mut figures = vec![collect(&client, input)?];
        // A home is opened once at a time.
        drop((home, client));
        figures.extend(reveal(&place.path("home"), &spread(&references, REVEALED_MAX), &token)?);
        let home = Home::open(&place.path("home"), None)?;
        figures.extend(limit::measure(home.store(), &place.path("home/store.db"), &place.path("raw.db"))?);
        show(screen, self.records, &figures)
    }
}

fn collect(client: &Client, input: Vec<u8>) -> Result<Figure> {
    Figure::of("orders collected", || {
        let input = Box::new(std::io::Cursor::new(input));
        let path = "/v1/sellers/BENCH/orders:collect?source=bench";
        let summary = client.collect(path, input, None, &mut client.interrupts(false)?, |_| {})?;
        match summary.member("read") {
            Some(Json::Integer(read)) => Ok(u64::try_from(*read).unwrap_or(0)),
            _ => Err(Failure::failed("the summary says nothing")),
        }
    })
}

/// At most so many references, evenly from all of them.
fn spread(references: &[String], most: usize) -> Vec<&str> {
    let step = references.len().div_ceil(most).max(1);
    references.iter().step_by(step).map(String::as_str).collect()
}

/// Lets many clients reveal orders for fulfilment.
fn reveal(home: &Path, references: &[&str], token: &Sensitive<String>) -> Result<[Figure; 2]> {
    let server = https::Server::start(home)?;
    let ask = |what, records| server.ask(what, https::questions(references, records), records, token);
    Ok([ask("orders revealed over HTTPS", 1)?, ask("orders revealed over HTTPS, 100 at a time", BATCH)?])
}

fn show(screen: Screen, records: u64, figures: &[Figure]) -> Result<Exit> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if screen.is_json() {
        screen.json(&json!({ "records": records, "cores": cores, "figures": figures }))?;
        return Ok(Exit::Done);
    }
    let rows = figures.iter().map(|figure| {
        vec![
            figure.what.to_owned(),
            figure.count.to_string(),
            format!("{:.2} s", figure.seconds),
            format!("{:.0}", figure.per_second),
            figure.latency.map(|latency| format!("{:.1} ms", latency.median_ms)).unwrap_or_default(),
            figure.latency.map(|latency| format!("{:.1} ms", latency.p99_ms)).unwrap_or_default(),
            figure.computed_us.map(|computed| format!("{computed:.0} µs")).unwrap_or_default(),
        ]
    });
    screen.heading(format_args!("{records} synthetic orders on {cores} cores"))?;
    screen.table(&["WHAT", "COUNT", "TOOK", "A SECOND", "MEDIAN", "P99", "CPU EACH"], rows.collect())?;
    Ok(Exit::Done)
}

/// A throw-away directory. Taken away on drop.
struct Place {
    directory: PathBuf,
}

impl Place {
    fn make() -> Result<Self> {
        let entropy: &dyn Entropy = &SystemEntropy;
        let directory = std::env::temp_dir().join(format!("bailee-bench-{}", RecordId::random(entropy)));
        let made = fs::DirBuilder::new().mode(0o700).create(&directory);
        made.map_err(|error| Failure::file(&directory, &error))?;
        Ok(Self { directory })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// A home in it with a seller, a client of its owner, and her session.
    fn home(&self) -> Result<(Home, Client, Sensitive<String>)> {
        let entropy: &dyn Entropy = &SystemEntropy;
        let password = Sensitive::new(format!("Aa1-{}", RecordId::random(entropy)));
        let new = NewHome {
            root: self.path("home"),
            environment: Environment::Test,
            owner: OWNER.to_owned(),
            password: Sensitive::new(password.expose().clone()),
            mirrors: Vec::new(),
            root_key: None,
            now: None,
        };
        new.make()?;
        let home = Home::open(&self.path("home"), None)?;
        let log_in = json!({ "mail": "bench@example.com", "password": password.expose() });
        let session = Client::new(home.router(), None)?.post("/v1/sessions", &log_in)?;
        let token = session.member("token").and_then(Json::as_str).unwrap_or_default();
        let token = || Sensitive::new(token.to_owned());
        let client = Client::new(home.router(), Some(token()))?;
        client.post("/v1/sellers", &json!({ "id": "BENCH" }))?;
        Ok((home, client, token()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // The last thing this process does: there is nobody left to tell.
        let _ = fs::remove_dir_all(Path::new(&self.directory));
    }
}
