//! `bailee bench`: how fast this machine collects, reveals, finds, forgets and verifies, beside what it could do at all.
//!
//! Everything is measured in one run on a throw-away home, from the outside and as users reach it: orders through `bailee
//! collect`, questions over HTTPS to a server of its own. Beside each figure stands its limit, measured in the same run on
//! the same data. Nothing here knows what is to be reached: `docs/performance.md` does.
//!
//! A phase is a file: `collect`, `reveal` (with searches and starts), `decide`, `ledger`, `erase`, `dispose`. The rest: `orders` (what
//! goes in), `place` (where, and that nothing stays), `https` and `trivial` (a server, and one that does nothing), `limit`
//! (what the machine does raw), `pgcrypto` on `postgres` (what others do), `figure`, `table` and `plot` (what is told).

mod collect;
mod decide;
mod dispose;
mod erase;
mod figure;
mod https;
mod ledger;
mod limit;
mod machine;
mod orders;
mod pgcrypto;
mod place;
mod plot;
mod postgres;
mod progress;
mod reveal;
mod table;
mod trivial;

use std::path::PathBuf;
use std::time::Duration;

use bailee_core::Sensitive;
use clap::Args;

use self::collect::Collected;
use self::figure::{Figure, Measure, Unit, float};
use self::machine::Machine;
use self::orders::Orders;
use self::place::Place;
use self::reveal::Held;
use self::table::Report;
use crate::failure::{Exit, Failure, Result};
use crate::home::make::replace_private;
use crate::screen::Screen;

/// Orders that are collected into an empty home, and once more into the full one, at most: so many tell a rate.
const SAMPLE_MAX: u64 = 100_000;

/// Measure what this machine does with a home of so many orders, beside its limits, in one run.
///
/// Works in a throw-away directory, which takes some 3 kB an order; Ctrl-C takes it away too.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bailee bench --records 100000
  bailee bench --records 5000000 --dir /var/tmp --plot bench.svg
  bailee bench --only collect,reveal --output json
  bailee bench --against pgcrypto")]
pub(crate) struct Bench {
    /// How many orders the home holds.
    #[arg(long, default_value_t = 20_000, value_name = "N", value_parser = clap::value_parser!(u64).range(100..=50_000_000))]
    records: u64,

    /// Only these, instead of all.
    #[arg(long, value_delimiter = ',', value_name = "PHASE", value_enum)]
    only: Vec<Phase>,

    /// How long clients ask, in seconds.
    #[arg(long, default_value_t = 5, value_name = "S", value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,

    /// Where the throw-away directory is made, instead of the system's temporary directory.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    /// Draw the figures into this file, which is replaced.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,

    /// Compare reads and writes of single records with another way to keep them, instead of measuring all else.
    ///
    /// `pgcrypto` needs PostgreSQL on this machine, and starts a server of its own in the throw-away directory.
    #[arg(long, value_name = "OTHER", value_enum, conflicts_with = "only")]
    against: Option<Other>,

    /// Serve answers that stand on stdin, with the certificate of a home: the bench's own limit of HTTPS.
    #[arg(long, hide = true, value_name = "HOME")]
    trivial: Option<PathBuf>,
}

/// What can be measured by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Phase {
    /// Orders collected, into an empty home and into the full one.
    Collect,
    /// Records revealed over HTTPS.
    Reveal,
    /// One order found.
    Find,
    /// Who may see a field, decided.
    Decide,
    /// From the start of a server to its first answer.
    Start,
    /// Events appended and verified.
    Ledger,
    /// One order erased.
    Erase,
    /// A bucket disposed of.
    Dispose,
    /// The size of the program.
    Size,
}

/// What others do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Other {
    /// Columns sealed by PostgreSQL's pgcrypto.
    Pgcrypto,
}

/// The phases that need no home.
const WITHOUT_HOME: [Phase; 3] = [Phase::Decide, Phase::Ledger, Phase::Size];

impl Bench {
    pub(crate) fn run(&self, screen: Screen) -> Result<Exit> {
        if let Some(home) = &self.trivial {
            return trivial::serve(home);
        }
        let below = self.dir.clone().unwrap_or_else(std::env::temp_dir);
        let place = Place::make(&below)?;
        let (records, figures) = match self.against {
            Some(Other::Pgcrypto) => self.compare(&place)?,
            None => (self.records, self.measure(&place)?),
        };
        let report = Report::new(Machine::here(&below), records, figures);
        drop(place);
        report.show(screen)?;
        if let Some(file) = &self.plot {
            replace_private(file, plot::plot(&report).as_bytes())?;
        }
        Ok(Exit::Done)
    }

    fn wants(&self, phase: Phase) -> bool {
        self.only.is_empty() || self.only.contains(&phase)
    }

    /// Bailee beside pgcrypto; of how many records.
    fn compare(&self, place: &Place) -> Result<(u64, Vec<Figure>)> {
        let records = self.records.min(pgcrypto::RECORDS_MAX);
        let orders = Orders::new(records)?;
        let tokens = place.make_home(orders.now())?;
        collect::collect(place, &tokens.owner, &orders, 0..records, "orders collected")?;
        let lasts = Duration::from_secs(self.seconds);
        let held = Held { place, key: &tokens.service, records, lasts };
        Ok((records, pgcrypto::compare(&held, &orders)?.into()))
    }

    fn measure(&self, place: &Place) -> Result<Vec<Figure>> {
        let orders = Orders::new(self.records)?;
        let sync = limit::sync(&place.path("page"))?;
        let mut figures = vec![Figure::alone("sync", sync.clone())];
        if self.only.is_empty() || self.only.iter().any(|phase| !WITHOUT_HOME.contains(phase)) {
            figures.extend(self.with_home(place, &orders, &sync)?);
        }
        if self.wants(Phase::Decide) {
            figures.extend(decide::decide(orders.now(), Duration::from_secs(self.seconds) / 4)?);
        }
        if self.wants(Phase::Ledger) {
            figures.extend(ledger::ledger(place, self.records.min(ledger::EVENTS_MAX), orders.now())?);
        }
        if self.wants(Phase::Size) {
            figures.push(size()?);
        }
        Ok(figures)
    }

    /// The phases that need a home, in an order in which none spoils another: a disposal moves its time on.
    fn with_home(&self, place: &Place, orders: &Orders, sync: &Measure) -> Result<Vec<Figure>> {
        let tokens = place.make_home(orders.now())?;
        let mut figures = self.fill(place, orders, &tokens.owner)?;
        let lasts = Duration::from_secs(self.seconds);
        let held = Held { place, key: &tokens.service, records: self.records, lasts };
        if self.wants(Phase::Reveal) {
            figures.extend(held.reveal()?);
        }
        if self.wants(Phase::Find) {
            figures.push(held.find()?);
        }
        if self.wants(Phase::Start) {
            figures.push(held.start()?);
        }
        let behind = self.records + SAMPLE_MAX;
        if self.wants(Phase::Erase) {
            figures.extend(erase::erase(place, &tokens.owner, orders, behind, sync)?);
        }
        if self.wants(Phase::Dispose) {
            figures.extend(dispose::dispose(place, &tokens.owner, self.records, lasts, sync)?);
        }
        Ok(figures)
    }

    /// Fills the home: a sample goes into the empty one and is measured, then the rest, then a sample more into the full one.
    fn fill(&self, place: &Place, orders: &Orders, token: &Sensitive<String>) -> Result<Vec<Figure>> {
        let sample = self.records.min(SAMPLE_MAX);
        if !self.wants(Phase::Collect) {
            collect::collect(place, token, orders, 0..self.records, "orders collected")?;
            return Ok(Vec::new());
        }
        let collect = |numbers, what: &str| collect::collect(place, token, orders, numbers, what);
        let empty = collect(0..sample, "orders collected into an empty home")?;
        let mut peak = empty.peak_memory;
        if sample < self.records {
            peak = peak.max(collect(sample..self.records, "orders collected")?.peak_memory);
        }
        let what = format!("orders collected into a home that holds {}", self.records);
        let full = collect(self.records..self.records + sample, &what)?;
        peak = peak.max(full.peak_memory);
        self.beside_limits(place, orders, sample, (empty, full, peak))
    }

    fn beside_limits(
        &self,
        place: &Place,
        orders: &Orders,
        sample: u64,
        (empty, full, peak): (Collected, Collected, u64),
    ) -> Result<Vec<Figure>> {
        let insert = limit::insert(&place.home(), &place.path("raw.db"), sample)?;
        let [serde, ours] = limit::parse(orders, sample)?;
        let limits = [insert, serde, ours, limit::seal(sample)?];
        let memory = "most memory of the collecting process";
        let memory = Measure::plain(memory, Unit::Megabytes, float(peak) / 1e6, self.records);
        Ok(vec![
            Figure::beside("collect-empty", empty.rate.clone(), limits),
            Figure::beside("collect-full", full.rate, [empty.rate]),
            Figure::alone("collect-memory", memory),
        ])
    }
}

/// The program's own size.
fn size() -> Result<Figure> {
    let program = std::env::current_exe().map_err(Failure::failed)?;
    let bytes = std::fs::metadata(&program).map_err(|error| Failure::file(&program, &error))?.len();
    Ok(Figure::alone("size", Measure::plain("size of the program", Unit::Megabytes, float(bytes) / 1e6, 1)))
}
