//! The ledger alone: events appended in batches, each durable, and verified as `bailee ledger verify` does.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use bailee_core::purpose::Purpose;
use bailee_core::{
    Entropy, Environment, FieldId, HomeId, PersonId, PrincipalId, RecordId, RequestId, Timestamp,
};
use bailee_crypto::random::SystemEntropy;
use bailee_ledger::event::{Event, RevealedItem, What};
use bailee_ledger::log::{Append, Source};
use bailee_ledger::note::Signer;
use bailee_ledger::verify::verify;
use bailee_store::records::Store;
use bailee_store::sqlite::Sqlite;

use super::figure::{Figure, Measure, Unit};
use super::orders::SELLER;
use super::place::Place;
use super::progress::Progress;
use crate::failure::{Failure, Result};

/// Events of a batch.
const BATCH: u64 = 1000;
/// Events, at most.
pub(super) const EVENTS_MAX: u64 = 1_000_000;

/// Appends and verifies so many events.
pub(super) fn ledger(place: &Place, events: u64, now: Timestamp) -> Result<[Figure; 2]> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let mut seed = [0; 32];
    entropy.fill(&mut seed);
    let signer = Signer::new(HomeId::random(&*entropy), Environment::Test, &seed).map_err(Failure::failed)?;
    let path = place.path("ledger.db");
    let store = Sqlite::open(&path, signer, Arc::clone(&entropy)).map_err(Failure::failed)?;
    let revealed = revealed(now, &*entropy)?;
    let appended = Measure::of("events appended to the ledger, 1,000 to a batch", Unit::Events, || {
        append(&store, &revealed, events, &*entropy)
    })?;
    let verified = Measure::of("events verified", Unit::Events, || {
        let _busy = Progress::spinning("verifying the ledger");
        let source = store.ledger().map_err(Failure::failed)?;
        let verified = verify(&source, &store.verifier_key(), &[]).map_err(Failure::failed)?;
        Ok(verified.events_checked)
    })?;
    let hashed = hash(&store, events)?;
    Ok([
        Figure::beside("ledger-append", appended, [hashed.clone()]),
        Figure::beside("ledger-verify", verified, [hashed]),
    ])
}

fn append(store: &dyn Store, event: &Event, events: u64, entropy: &dyn Entropy) -> Result<u64> {
    let bar = Progress::of("appending to the ledger", events);
    let mut appended = 0;
    while appended < events {
        let batch: Vec<Event> = (0..BATCH.min(events - appended))
            .map(|_| Event { request: RequestId::new(event.at, entropy), ..event.clone() })
            .collect();
        let done = Append::append(store, &batch);
        appended = done.map_err(|error| Failure::failed(error.0))?.size;
        bar.at(appended);
    }
    Ok(appended)
}

/// The event that there is most of: an order that was revealed.
fn revealed(now: Timestamp, entropy: &dyn Entropy) -> Result<Event> {
    let seller = SELLER.parse().map_err(|_| Failure::failed("the seller of the bench has no name"))?;
    let item = RevealedItem { record: RecordId::random(entropy), fields: (20..30).map(FieldId).collect() };
    Ok(Event {
        at: now,
        principal: PrincipalId::Person(PersonId::random(entropy)),
        request: RequestId::new(now, entropy),
        detail: None,
        what: What::Revealed {
            seller,
            purpose: Purpose::Fulfilment,
            ticket: None,
            items: vec![item],
            denied: 0,
        },
    })
}

/// Hashes the same entries, each by itself. Only the hashing is timed.
fn hash(store: &dyn Store, events: u64) -> Result<Measure> {
    let entry = |index| -> Result<Vec<u8>> {
        let entry = Source::entry(store, index).map_err(|error| Failure::failed(error.0))?;
        entry.ok_or_else(|| Failure::failed("the ledger of the bench lacks an entry"))
    };
    let bar = Progress::of("hashing the same entries", events);
    let (mut hashed, mut took) = (0, Duration::ZERO);
    while hashed < events {
        let end = events.min(hashed + BATCH);
        let entries = (hashed..end).map(entry).collect::<Result<Vec<_>>>()?;
        let begun = Instant::now();
        for entry in &entries {
            black_box(digest(&SHA256, entry));
        }
        took += begun.elapsed();
        hashed = end;
        bar.at(hashed);
    }
    Ok(Measure::rate("SHA-256 of the same entries, one core", Unit::Events, hashed, took))
}
