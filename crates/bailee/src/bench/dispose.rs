//! The end of a bucket while applications go on reading from others: when its key is gone, and how fast its rows follow.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bailee_core::{Json, Sensitive, Timestamp};
use bailee_crypto::bucket::{BucketId, BucketUse};
use bailee_store::act::{BucketNo, BucketState};
use serde_json::json;

use super::figure::{Figure, Latency, Measure, Unit};
use super::limit;
use super::orders::{Order, Orders, ROWS_OF_A_BUCKET, SELLER};
use super::place::{Place, client};
use super::progress::Progress;
use crate::client::Client;
use crate::failure::{Failure, Result};
use crate::home::Home;

/// Applications that read meanwhile.
const READERS: u64 = 4;
/// How often it is looked whether the key is still in a mirror.
const LOOK: Duration = Duration::from_micros(500);
/// The mirrors of a test home.
const MIRRORS: [&str; 2] = ["keyring/a/segments", "keyring/b/segments"];

/// Disposes of the bucket that is due first, and measures.
pub(super) fn dispose(
    place: &Place,
    token: &Sensitive<String>,
    records: u64,
    lasts: Duration,
    sync: &Measure,
) -> Result<[Figure; 3]> {
    let (bucket, closes_at) = first_bucket(place)?;
    let home = Home::open(&place.home(), Some(closes_at))?;
    let watched = Watched { home: &home, token, records };
    let before = {
        let _busy = Progress::spinning("reading while nothing is disposed of");
        let (over, begin, readers) = (AtomicBool::new(false), start(), watched.readers()?);
        let begun = Instant::now();
        let read = std::thread::scope(|scope| {
            let reading = scope.spawn(|| watched.read(readers, &over, &begin));
            begin.wait();
            std::thread::sleep(lasts);
            over.store(true, Ordering::Relaxed);
            reading.join().unwrap_or_else(|_| Err(unread()))
        })?;
        reads("records read with no disposal going on", read, begun.elapsed())
    };
    let run = watched.run(place)?;
    drop(home);
    let rows = run.disposed * ROWS_OF_A_BUCKET;
    let what = format!("rows swept of a bucket of {} records while reads go on", run.disposed);
    let swept = Measure::rate(what, Unit::Rows, rows, run.took.saturating_sub(run.unreadable));
    let what = format!("until a bucket of {} records opens from no mirror", run.disposed);
    let syncs = "three syncs: the intent, and a head in each of two mirrors";
    let syncs = Measure::plain(syncs, Unit::Milliseconds, sync.value * 3.0, 1);
    let during = reads("records read, one each, by 4 readers while it is swept", run.read, run.took);
    let raw = place.path("raw.db");
    if !raw.exists() {
        limit::insert(&place.home(), &raw, records)?;
    }
    Ok([
        Figure::beside("dispose-unreadable", Measure::duration(what, run.unreadable), [syncs]),
        Figure::beside("dispose-sweep", swept, [limit::delete(&raw, bucket)?]),
        Figure::beside("dispose-reads", during, [before]),
    ])
}

fn reads(what: &str, latencies: Vec<Duration>, took: Duration) -> Measure {
    let count = latencies.len() as u64;
    Measure { latency: Latency::of(latencies), ..Measure::rate(what, Unit::Records, count, took) }
}

/// The bucket that is due first, and when.
fn first_bucket(place: &Place) -> Result<(BucketNo, Timestamp)> {
    let home = Home::open(&place.home(), None)?;
    let buckets = home.store().buckets().map_err(Failure::failed)?;
    let open = buckets.iter().filter(|bucket| bucket.state == BucketState::Open && bucket.parts > 0);
    let first = open.map(|bucket| bucket.bucket).filter(|bucket| bucket.held == BucketUse::Order);
    let first = first.min_by_key(|bucket| bucket.day);
    let first = first.ok_or_else(|| Failure::failed("the home of the bench holds nothing to dispose of"))?;
    let seller = SELLER.parse().map_err(|_| Failure::failed("the seller of the bench has no name"))?;
    Ok((first, BucketId { seller, held: first.held, day: first.day }.closes_at()))
}

/// A home in which something is due.
struct Watched<'a> {
    home: &'a Home,
    token: &'a Sensitive<String>,
    records: u64,
}

/// What a disposal came to.
struct Ran {
    disposed: u64,
    /// Until no mirror held the key any more.
    unreadable: Duration,
    /// Until it was done.
    took: Duration,
    /// What single reads took meanwhile.
    read: Vec<Duration>,
}

impl Watched<'_> {
    /// Runs what is due, and reads until that is done.
    fn run(&self, place: &Place) -> Result<Ran> {
        let _busy = Progress::spinning("disposing of a bucket");
        let segments: Vec<PathBuf> = MIRRORS.iter().map(|mirror| place.home().join(mirror)).collect();
        let keys: Vec<usize> = segments.iter().map(PathBuf::as_path).map(entries).collect();
        let (over, begin, readers) = (AtomicBool::new(false), start(), self.readers()?);
        let client = client(self.home, self.token)?;
        std::thread::scope(|scope| {
            let reading = scope.spawn(|| self.read(readers, &over, &begin));
            let watching = scope.spawn(|| {
                let is_held = || segments.iter().zip(&keys).any(|(mirror, keys)| entries(mirror) >= *keys);
                while is_held() && !over.load(Ordering::Relaxed) {
                    std::thread::sleep(LOOK);
                }
                Instant::now()
            });
            begin.wait();
            let begun = Instant::now();
            let ran = client.post("/v1/retention:run", &json!({}));
            let took = begun.elapsed();
            over.store(true, Ordering::Relaxed);
            let disposed = match ran?.member("disposed") {
                Some(Json::Integer(disposed)) => u64::try_from(*disposed).unwrap_or(0),
                _ => 0,
            };
            let unreadable = watching.join().map_err(|_| unread())?.saturating_duration_since(begun);
            Ok(Ran { disposed, unreadable, took, read: reading.join().map_err(|_| unread())?? })
        })
    }

    fn readers(&self) -> Result<Vec<Client>> {
        (0..READERS).map(|_| client(self.home, self.token)).collect()
    }

    /// Lets readers reveal what lives from the beginning until it is over; what each reveal took.
    fn read(&self, readers: Vec<Client>, over: &AtomicBool, begin: &Barrier) -> Result<Vec<Duration>> {
        std::thread::scope(|scope| {
            let reader = |(client, first)| {
                scope.spawn(move || {
                    let mut latencies = Vec::new();
                    begin.wait();
                    let heavy = Orders::heavy(self.records);
                    let live =
                        (0..).map(|step| heavy + (first + step * READERS) % (self.records - heavy).max(1));
                    for number in live {
                        if over.load(Ordering::Relaxed) {
                            break;
                        }
                        let item = json!({ "seller": SELLER, "reference": Order::of(number).reference() });
                        let question = json!({ "purpose": "fulfilment", "items": [item] });
                        let asked = Instant::now();
                        let answer: Json = Client::post(&client, "/v1/reveal", &question)?;
                        latencies.push(asked.elapsed());
                        if answer.member("records").is_none_or(Json::is_blank) {
                            return Err(unread());
                        }
                    }
                    Ok(latencies)
                })
            };
            let reading: Vec<_> = readers.into_iter().zip(0_u64..).map(reader).collect();
            let mut all = Vec::new();
            for one in reading {
                all.extend(one.join().map_err(|_| unread())??);
            }
            Ok(all)
        })
    }
}

/// Where readers and whoever measures them wait for each other.
fn start() -> Barrier {
    Barrier::new(READERS as usize + 1)
}

/// How many files a directory holds.
fn entries(directory: &Path) -> usize {
    fs::read_dir(directory).map_or(usize::MAX, Iterator::count)
}

fn unread() -> Failure {
    Failure::failed("what lives could not be read while a bucket was disposed of")
}
