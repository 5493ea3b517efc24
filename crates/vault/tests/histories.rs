//! Random histories of an order's life against a simple model of what must open and what must not.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod common;

use std::collections::BTreeMap;
use std::path::PathBuf;

use bailee_core::{Day, Timestamp};
use bailee_vault::reveal::Resolved;
use common::{Home, time, value};
use proptest::prelude::*;
use serde_json::json;

const START: &str = "2026-03-01T12:00:00Z";
const DAY: i64 = 86_400;
const ORDERS: u8 = 5;

/// What happens.
#[derive(Clone, Debug)]
enum Step {
    /// A document of an order arrives.
    Collect {
        order: u8,
        status: Status,
        shows: u8,
    },
    /// The same file as last time.
    Again,
    /// Days pass.
    Pass(i64),
    Retention,
    Reopen,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Status {
    Unshipped,
    Shipped,
    Cancelled,
}

fn step() -> impl Strategy<Value = Step> {
    let status = prop_oneof![
        5 => Just(Status::Unshipped),
        2 => Just(Status::Shipped),
        1 => Just(Status::Cancelled)
    ];
    prop_oneof![
        6 => (0..ORDERS, status, 0..4u8).prop_map(|(order, status, shows)| Step::Collect { order, status, shows }),
        1 => Just(Step::Again),
        3 => (1..9i64).prop_map(Step::Pass),
        2 => Just(Step::Retention),
        1 => Just(Step::Reopen),
    ]
}

/// What the model knows of an order: the rules R2, R7, R10 and R16 for files without `--as-of`, in the plainest words.
#[derive(Clone, Default)]
struct Model {
    known: bool,
    name: Option<String>,
    city: Option<String>,
    unshipped: Option<i64>,
    shipped: bool,
    cancelled: Option<i64>,
    /// The day of the bucket that it lies in.
    lies: Option<i32>,
    /// Gone for good.
    gone: bool,
}

impl Model {
    fn expires(&self) -> i64 {
        match self.cancelled {
            // What had shipped keeps its own clock when that is sooner.
            Some(cancelled) if self.shipped => (cancelled + 5 * DAY).min(self.unshipped.unwrap() + 30 * DAY),
            Some(cancelled) => cancelled + 5 * DAY,
            None => self.unshipped.unwrap() + 30 * DAY,
        }
    }

    /// Where it lies: earlier at once, later only in the last three days before its bucket closes.
    fn lie(&mut self, now: i64) {
        let (wished, today) = (day(self.expires()), day(now));
        if wished - 2 <= today {
            (self.gone, self.lies) = (true, None);
            return;
        }
        self.lies = Some(match self.lies {
            Some(lies) if wished > lies && today < lies - 5 => lies,
            _ => wished,
        });
    }

    /// The clock alone: what lies in a bucket that closes is gone.
    fn tick(&mut self, now: i64) {
        if self.lies.is_some_and(|lies| day(now) >= lies - 2) {
            (self.gone, self.lies) = (true, None);
        }
    }

    /// What any collect does once a day, and every run of retention.
    fn move_if_due(&mut self, now: i64) {
        if let Some(lies) = self.lies
            && day(now) >= lies - 5
            && day(self.expires()) > lies
        {
            self.lies = Some(day(self.expires()));
        }
    }
}

fn day(instant: i64) -> i32 {
    Day::of(Timestamp::from_second(instant).unwrap()).0
}

fn id(order: u8) -> String {
    format!("302-1111111-000000{order}")
}

fn text(instant: i64) -> String {
    Timestamp::from_second(instant).unwrap().to_string()
}

struct History {
    directory: tempfile::TempDir,
    home: Option<Home>,
    now: i64,
    orders: Vec<Model>,
    last: Option<(u8, String)>,
    count: u32,
    /// Every place that was ever seen in use, with its record and part.
    places: BTreeMap<(i32, u32), (i64, u16)>,
}

impl History {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let home = Some(Home::new(directory.path(), START));
        let orders = vec![Model::default(); ORDERS.into()];
        let now = time(START).as_second();
        Self { directory, home, now, orders, last: None, count: 0, places: BTreeMap::new() }
    }

    fn home(&self) -> &Home {
        self.home.as_ref().unwrap()
    }

    fn set_time(&mut self) {
        let home = self.home.take().unwrap();
        self.home = Some(home.at(&text(self.now)));
        self.orders.iter_mut().for_each(|order| order.tick(self.now));
    }

    fn step(&mut self, step: &Step) {
        // Each act at an instant of its own, so that source times differ.
        self.now += 60;
        match *step {
            Step::Collect { order, status, shows } => self.collect(order, status, shows),
            Step::Again => {
                if let Some((_, document)) = self.last.clone() {
                    self.set_time();
                    let counts = self.home().collect(&document).counts;
                    assert_eq!(counts.unchanged + counts.past_retention, 1);
                    self.moved();
                }
            }
            Step::Pass(days) => {
                self.now += days * DAY;
                self.set_time();
            }
            Step::Retention => {
                self.set_time();
                self.home().run_retention().unwrap();
                self.moved();
            }
            Step::Reopen => {
                self.home = None;
                self.home = Some(Home::open(self.directory.path(), &text(self.now)).unwrap());
                self.set_time();
            }
        }
        self.check();
    }

    fn moved(&mut self) {
        self.orders.iter_mut().for_each(|order| order.move_if_due(self.now));
    }

    fn collect(&mut self, number: u8, status: Status, shows: u8) {
        self.set_time();
        self.count += 1;
        let now = self.now;
        let mut document = json!({
            "orderId": id(number), "createdTime": START, "lastUpdatedTime": text(now),
            "fulfillment": {"fulfillmentStatus": match status {
                Status::Unshipped => "UNSHIPPED",
                Status::Shipped => "SHIPPED",
                Status::Cancelled => "CANCELLED",
            }}
        });
        let (name, city) = (format!("Name {}", self.count), format!("City {}", self.count));
        if shows & 1 != 0 {
            document["buyer"] = json!({ "buyerName": name });
        }
        if shows & 2 != 0 {
            document["recipient"] = json!({"deliveryAddress": {"city": city}});
        }
        let counts = self.home().collect(&document.to_string()).counts;
        let start = time(START).as_second();
        let order = &mut self.orders[usize::from(number)];
        order.unshipped = order.unshipped.max(Some(start));
        match status {
            Status::Unshipped => order.unshipped = order.unshipped.max(Some(now)),
            Status::Shipped => order.shipped = true,
            Status::Cancelled => order.cancelled = order.cancelled.or(Some(now)),
        }
        if !order.gone {
            order.lie(now);
        }
        if order.gone {
            assert_eq!(counts.past_retention, 1);
        } else {
            assert_eq!((counts.collected, counts.updated), if order.known { (0, 1) } else { (1, 0) });
            if shows & 1 != 0 {
                order.name = Some(name);
            }
            if shows & 2 != 0 {
                order.city = Some(city);
            }
        }
        order.known = true;
        self.last = Some((number, document.to_string()));
        self.moved();
    }

    fn check(&mut self) {
        let home = self.home.as_ref().unwrap();
        for (number, order) in (0..).zip(&self.orders) {
            match home.resolve(&id(number)) {
                Resolved::Unknown { .. } => assert!(!order.known),
                Resolved::Failed { error, .. } => panic!("order {number}: {error}"),
                Resolved::Gone(_) => assert!(order.known && order.gone, "order {number} is gone too early"),
                Resolved::Held(held) => {
                    assert!(order.known && !order.gone, "order {number} lives too long");
                    if held.fields.is_empty() {
                        assert_eq!((&order.name, &order.city), (&None, &None));
                        continue;
                    }
                    let fields = home.reveal_held(&held);
                    assert_eq!(value(&fields, "buyer.buyerName"), order.name.as_deref());
                    assert_eq!(value(&fields, "recipient.deliveryAddress.city"), order.city.as_deref());
                }
            }
        }
        for bucket in home.store.buckets().unwrap() {
            for part in home.store.parts(bucket.bucket, None, 1000).unwrap() {
                let place = (part.bucket.day.0, part.slot.0);
                let whose = (part.record.0, part.part.0);
                assert_eq!(*self.places.entry(place).or_insert(whose), whose, "a slot was given out twice");
            }
        }
    }

    /// No copy of the store that was ever made opens anything that is gone now, and each opens what lay in it and lives.
    fn check_copies(&mut self, copies: &[(PathBuf, Vec<Model>)]) {
        self.home().run_retention().unwrap();
        self.moved();
        self.home = None;
        for (copy, then) in copies {
            // An earlier clock, so that the keys alone decide.
            let old = Home::open_store(self.directory.path(), START, copy).unwrap();
            for (number, (order, then)) in (0..).zip(self.orders.iter().zip(then)) {
                let opened = match old.resolve(&id(number)) {
                    Resolved::Held(held) if !held.fields.is_empty() => {
                        let action = bailee_ledger::authorized::Reveal {
                            purpose: bailee_core::Purpose::Fulfilment,
                            pairs: vec![(
                                held.record,
                                held.fields.iter().map(|field| field.instance).collect(),
                            )],
                        };
                        old.try_reveal(action, &held).is_ok_and(|opened| !opened.revealed.is_empty())
                    }
                    _ => false,
                };
                assert!(!(opened && order.gone), "order {number} opens from a copy");
                let had_something = then.name.is_some() || then.city.is_some();
                if then.lies.is_some() && then.lies == order.lies && had_something {
                    assert!(opened, "order {number} lives and does not open from a copy");
                }
            }
        }
        self.home = Some(Home::open(self.directory.path(), &text(self.now)).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_must_open_opens_and_what_must_not_does_not(steps in prop::collection::vec(step(), 1..28)) {
        let mut history = History::new();
        let mut copies: Vec<(PathBuf, Vec<Model>)> = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            history.step(step);
            if index % 9 == 4 {
                let to = history.directory.path().join(format!("copy{index}"));
                copies.push((history.home().back_up_store(&to), history.orders.clone()));
            }
        }
        history.check_copies(&copies);
        history.check();
        history.home().verify_ledger();
    }
}
