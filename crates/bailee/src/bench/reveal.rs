//! Reveals, searches and the first answer after a start: what an application sees, over HTTPS.

use std::time::{Duration, Instant};

use axum::body::Bytes;
use bailee_core::Sensitive;
use serde_json::json;

use super::figure::{Figure, Measure, Unit};
use super::https::{Asking, Question, Server};
use super::orders::{Order, REFERENCE_BEGINS, SELLER};
use super::place::Place;
use super::progress::Progress;
use super::trivial;
use crate::failure::{Failure, Result};

/// Clients that ask at the same time.
pub(super) const CLIENTS: usize = 32;
/// Orders of a batch.
const BATCH: u64 = 100;
/// Orders that are asked for, at most: evenly from all of them.
const ASKED_MAX: u64 = 50_000;
/// How often the server is started.
const STARTS: usize = 5;

const ONES: &str = "records revealed over HTTPS, one each, 32 clients";
const HUNDREDS: &str = "records revealed over HTTPS, 100 at a time, 32 clients";
const NOTHING: &str = "the same answers by a handler that does nothing";

const REVEAL: &str = "/v1/reveal";
const FIND: &str = "/v1/sellers/BENCH/orders:find";
/// Stands once in an answer for each record that was revealed.
const REVEALED: &str = "\"reference\":";

/// A home with so many records, and who may ask it.
pub(super) struct Held<'a> {
    pub(super) place: &'a Place,
    /// Of a service.
    pub(super) key: &'a Sensitive<String>,
    pub(super) records: u64,
    /// How long clients ask.
    pub(super) lasts: Duration,
}

impl Held<'_> {
    /// The number of the order that a question is about: evenly from all of them.
    fn asked(&self) -> impl Fn(u64) -> u64 + Send + Sync + Copy + 'static {
        let (records, step) = (self.records, self.records.div_ceil(ASKED_MAX));
        move |number| number * step % records
    }

    /// Questions for so many orders each.
    fn reveals(&self, each: u64) -> Question {
        let asked = self.asked();
        Box::new(move |number| {
            let orders: Vec<u64> = (number * each..(number + 1) * each).map(asked).collect();
            reveal(&orders)
        })
    }

    fn asking(&self, path: &'static str, question: Question, each: u64) -> Asking {
        Asking { path, question, each, holds: REVEALED, clients: CLIENTS, lasts: self.lasts }
    }

    fn ask(&self, server: &Server, what: &'static str, asking: Asking) -> Result<Measure> {
        let _busy = Progress::spinning(what);
        server.ask(what, Unit::Records, asking, self.key)
    }

    /// Reveals one by one, as the server of this home does it.
    pub(super) fn reveal_ones(&self, server: &Server) -> Result<Measure> {
        self.ask(server, ONES, self.asking(REVEAL, self.reveals(1), 1))
    }

    /// Reveals one by one and in hundreds, beside a handler that does nothing.
    pub(super) fn reveal(&self) -> Result<[Figure; 2]> {
        let server = Server::of_home(self.place)?;
        let answer = |each| server.answer(REVEAL, self.reveals(each)(0), self.key);
        let answers = (answer(1)?, answer(BATCH)?);
        let one = self.reveal_ones(&server)?;
        let many = self.ask(&server, HUNDREDS, self.asking(REVEAL, self.reveals(BATCH), BATCH))?;
        drop(server);
        let trivial = trivial::start(self.place, &answers.0, &answers.1)?;
        let limit = |path, each| self.ask(&trivial, NOTHING, self.asking(path, self.reveals(each), each));
        Ok([
            Figure::beside("reveal", one, [limit(trivial::ONE, 1)?]),
            Figure::beside("reveal-hundreds", many, [limit(trivial::MANY, BATCH)?]),
        ])
    }

    /// Searches one after another, beside a handler that syncs a page: each search is an event.
    pub(super) fn find(&self) -> Result<Figure> {
        let server = Server::of_home(self.place)?;
        let asked = self.asked();
        let by_mail =
            move |number| Bytes::from(json!({ "email": Order::of(asked(number)).mail() }).to_string());
        let answer = server.answer(FIND, by_mail(0), self.key)?;
        let asking = |path| Asking {
            path,
            question: Box::new(by_mail),
            each: 1,
            holds: REFERENCE_BEGINS,
            clients: 1,
            lasts: self.lasts,
        };
        let what = format!("one order found among {} by its e-mail, over HTTPS", self.records);
        let found = server.ask(&what, Unit::Milliseconds, asking(FIND), self.key)?;
        drop(server);
        let trivial = trivial::start(self.place, &answer, &answer)?;
        let what = "the same answer by a handler that writes a page and syncs it";
        let limit = trivial.ask(what, Unit::Milliseconds, asking(trivial::SYNCED), self.key)?;
        Ok(Figure::beside("find", found, [limit]))
    }

    /// From the start of the process to the first order that it reveals, beside a process that only says its version.
    pub(super) fn start(&self) -> Result<Figure> {
        let question = reveal(&[0]);
        let (mut answered, mut said) = (Vec::new(), Vec::new());
        for _ in 0..STARTS {
            let begun = Instant::now();
            let server = Server::of_home(self.place)?;
            server.answer(REVEAL, question.clone(), self.key)?;
            answered.push(begun.elapsed());
            drop(server);
            let begun = Instant::now();
            let mut command = self.place.program()?;
            command.arg("--version").stdout(std::process::Stdio::null());
            let ended = self.place.start(&mut command)?.child().wait();
            ended.map_err(|_| Failure::failed("the program cannot be started once more"))?;
            said.push(begun.elapsed());
        }
        let what = format!("from start to the first order revealed, {} records held", self.records);
        let limit = Measure::latencies("the same program started to say its version", said);
        Ok(Figure::beside("start", Measure::latencies(what, answered), [limit]))
    }
}

/// A question for these orders, for fulfilment.
fn reveal(numbers: &[u64]) -> Bytes {
    let item = |number: &u64| json!({ "seller": SELLER, "reference": Order::of(*number).reference() });
    let items: Vec<_> = numbers.iter().map(item).collect();
    Bytes::from(json!({ "purpose": "fulfilment", "items": items }).to_string())
}
