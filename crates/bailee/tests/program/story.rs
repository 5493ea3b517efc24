//! The whole story of a home: one hundred and twenty days of orders, their evidence, their end; an archive, an erasure, backups, a
//! disaster and what comes after it. And every act of it killed somewhere in the middle, and finished by the next.
//!
//! `BAILEE_STORY_ORDERS` makes it longer: `docs/performance.md` has the command for 100,000, and its figures.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::support::*;

const START: &str = "2026-01-01T09:00:00Z";
const DAYS: i64 = 120;
/// Orders come on so many days.
const COMING: i64 = 90;
/// Days from an order to its parcel's delivery.
const UNDER_WAY: i64 = 5;
/// How long personal data may live after that.
const MOST: i64 = 30;
const BACKUP_EVERY: i64 = 7;
const DISASTER: i64 = 100;

fn number_of(variable: &str, unless: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(unless)
}

fn on(day: i64) -> Timestamp {
    START.parse::<Timestamp>().unwrap() + (24 * day).hours()
}

/// How the world learns that an order has arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Tier {
    /// Its document says so, without a time.
    Document,
    /// The carrier's feed.
    Feed,
    /// A tracking answer.
    Tracking,
    /// Nobody says so.
    Nothing,
    /// It was cancelled; a notification says so.
    Cancelled,
}

struct Order {
    reference: String,
    tier: Tier,
    document: Value,
}

/// The story as it goes: a home and what the world knows of its orders.
struct Story {
    trial: Trial,
    /// By the day on which they came.
    orders: BTreeMap<i64, Vec<Order>>,
    erased: BTreeSet<String>,
    /// The greatest age, in days since delivery, at which something could be read.
    oldest: i64,
    backups: Vec<(i64, String)>,
}

impl Story {
    fn run(&self, words: &[&str], stdin: &str) -> Ran {
        self.trial.run_with(words, stdin)
    }

    fn collect(&self, documents: impl Iterator<Item = Value>) -> Value {
        let text: String = documents.map(|document| document.to_string() + "\n").collect();
        let words = ["--output", "json", "collect", "--seller", "ALPHA", "-"];
        if text.is_empty() { Value::Null } else { self.run(&words, &text).ends(0).json() }
    }

    /// What comes in on a day: new orders, and what became of others.
    fn take_in(&mut self, day: i64, count: usize) {
        if day < COMING {
            let (count, seed, now) = (count.to_string(), day.to_string(), on(day).to_string());
            let made = self.run(&["synth", "--orders", &count, "--seed", &seed, "--now", &now], "").ends(0);
            let tiers = [Tier::Document, Tier::Feed, Tier::Nothing, Tier::Feed, Tier::Cancelled];
            let order = |(index, line): (usize, &str)| {
                let document = came(serde_json::from_str(line).unwrap(), day, index);
                let tier = if index == 0 { Tier::Tracking } else { tiers[index % tiers.len()] };
                Order { reference: document["orderId"].as_str().unwrap().to_owned(), tier, document }
            };
            let orders = made.text().lines().enumerate().map(order).collect();
            self.orders.insert(day, orders);
        }
        self.collect_of(day);
    }

    /// The documents of a day.
    fn collect_of(&self, day: i64) {
        let new = self.of(day).map(|order| order.document.clone());
        let sent =
            self.of(day - 2).filter(|one| one.tier != Tier::Cancelled).map(|one| at(one, day, "SHIPPED"));
        let arrived = self.of(day - UNDER_WAY - 1).filter(|one| one.tier == Tier::Document);
        self.collect(new.chain(sent).chain(arrived.map(|one| at(one, day, "DELIVERED"))));
    }

    fn of(&self, day: i64) -> impl Iterator<Item = &Order> {
        self.orders.get(&day).into_iter().flatten()
    }

    /// The evidence of a day, by whichever way it comes.
    fn hear(&self, day: i64) {
        let add = |words: &[&str], text: &str| {
            let words = [&["evidence-of-delivery", "add", "--seller", "ALPHA"], words, &["-"]].concat();
            let ran = self.run(&words, text);
            assert!(matches!(ran.status, 0 | 3), "{}", ran.err);
        };
        let (arrived, came) = (on(day), day - UNDER_WAY);
        let mut feed = "order-id,status,time\n".to_owned();
        for order in self.of(came).filter(|order| order.tier == Tier::Feed) {
            writeln!(feed, "{},delivered,{arrived}", order.reference).unwrap();
        }
        if feed.lines().count() > 1 {
            add(&[], &feed);
        }
        for order in self.of(came).filter(|order| order.tier == Tier::Tracking) {
            let event = json!({"eventCode": "Delivered", "eventTime": arrived.to_string(), "shipmentType": "FORWARD"});
            let answer = json!({"payload": {"eventHistory": [event]}}).to_string();
            add(&["--record", &order.reference], &answer);
        }
        let cancelled = |order: &Order| {
            let summary = json!({"AmazonOrderId": order.reference, "Summary": {"OrderStatus": "Canceled"}});
            json!({"NotificationType": "ORDER_CHANGE", "EventTime": on(day).to_string(),
                   "Payload": {"OrderChangeNotification": summary}})
            .to_string()
        };
        let lines = self.of(day - 1).filter(|order| order.tier == Tier::Cancelled).map(cancelled);
        let lines: Vec<String> = lines.collect();
        if !lines.is_empty() {
            add(&[], &lines.join("\n"));
        }
    }

    /// Asks for every order of some days; how many of each can still be read.
    fn read(&self, days: impl Iterator<Item = i64>) -> BTreeMap<i64, usize> {
        let days: Vec<i64> = days.collect();
        let of: BTreeMap<&str, i64> =
            days.iter().flat_map(|day| self.of(*day).map(|order| (order.reference.as_str(), *day))).collect();
        let all: Vec<String> = of.keys().map(|reference| format!("ALPHA/{reference}")).collect();
        let mut read: BTreeMap<i64, usize> = days.iter().map(|day| (*day, 0)).collect();
        for some in all.chunks(1000) {
            let mut words = vec!["--output", "json", "reveal", "--purpose", "fulfilment"];
            words.extend(some.iter().map(String::as_str));
            let ran = self.run(&words, "");
            assert!(matches!(ran.status, 0 | 5), "{}", ran.err);
            for record in ran.json()["records"].as_array().unwrap() {
                let reference = record["reference"].as_str().unwrap();
                assert!(!self.erased.contains(reference));
                if !record["fields"].as_object().unwrap().is_empty() {
                    *read.get_mut(&of[reference]).unwrap() += 1;
                }
            }
        }
        read
    }

    /// Looks at what should be about to end, and at what should be gone.
    fn check(&mut self, day: i64) {
        let ages = [MOST - 4, MOST - 3, MOST - 2, MOST - 1, MOST, MOST + 1];
        let read = self.read(ages.into_iter().map(|age| day - age - UNDER_WAY));
        for age in ages {
            let count = read[&(day - age - UNDER_WAY)];
            let is_there = self.orders.contains_key(&(day - age - UNDER_WAY));
            assert!(age < MOST || count == 0, "day {day}: {count} can be read {age} days after delivery");
            assert!(age > MOST - 4 || count > 0 || !is_there, "day {day}: all are gone before their time");
            if count > 0 {
                self.oldest = self.oldest.max(age);
            }
        }
    }

    fn back_up(&mut self, day: i64) {
        let made = self.trial.json(&["backup", "create", "--out", "backups"]);
        self.backups.push((day, made["file"].as_str().unwrap().to_owned()));
    }

    /// The home is lost, and gone on from its newest backup. How long that took.
    fn lose_and_restore(&self, day: i64) -> Duration {
        self.run(&["ledger", "export", "--out", "copy"], "").ends(0);
        fs::rename(self.trial.path("home"), self.trial.path("lost")).unwrap();
        let (of, file) = self.backups.last().unwrap().clone();
        let begun = Instant::now();
        let restored = self.trial.json(&restore(&file));
        let took = begun.elapsed();
        assert_eq!(restored["ledger_lost"], 0, "{restored}");
        self.trial.log_in_with(&password_of(day));
        // What came since comes again.
        for since in of + 1..=day {
            self.collect_of(since);
            self.hear(since);
        }
        took
    }
}

fn restore(file: &str) -> [&str; 14] {
    [
        "backup",
        "restore",
        file,
        "--key",
        "backup.key",
        "--checkpoints",
        "home.checkpoints",
        "--mirror",
        "lost/keyring/a",
        "--mirror",
        "lost/keyring/b",
        "--root-key",
        "lost/root.key",
        "--ledger=copy",
    ]
}

/// A password lives for ninety days.
const CHANGED: i64 = 80;

fn password_of(day: i64) -> String {
    if day < CHANGED { PASSWORD.to_owned() } else { "Violet-Anvil-7781".to_owned() }
}

/// An order as it comes: ordered and not shipped.
fn came(mut document: Value, day: i64, index: usize) -> Value {
    let time = (on(day) - 1.hour()).to_string();
    document["orderId"] = format!("{:03}-{:07}-{:07}", 200 + day, day, index).into();
    document["createdTime"] = time.clone().into();
    document["lastUpdatedTime"] = time.into();
    document["fulfillment"]["fulfillmentStatus"] = "UNSHIPPED".into();
    let object = document.as_object_mut().unwrap();
    object.remove("packages");
    object["fulfillment"].as_object_mut().unwrap().remove("shipByWindow");
    document
}

/// The same, as it stands on a later day: in one package, which was sent two days after the order.
fn at(order: &Order, day: i64, status: &str) -> Value {
    let mut document = order.document.clone();
    document["lastUpdatedTime"] = (on(day) - 1.hour()).to_string().into();
    document["fulfillment"]["fulfillmentStatus"] = "SHIPPED".into();
    let items = document["orderItems"].as_array().cloned().unwrap_or_default();
    let items: Vec<Value> =
        items.iter().map(|item| json!({"orderItemId": item["orderItemId"], "quantity": 1})).collect();
    let sent = order.document["createdTime"].as_str().unwrap().parse::<Timestamp>().unwrap() + 48.hours();
    document["packages"] = json!([{
        "packageReferenceId": "1", "shipTime": sent.to_string(), "packageStatus": {"status": status},
        "packageItems": items
    }]);
    document
}

fn begin(orders: u64) -> (Story, usize) {
    let trial = Trial::at(START);
    let made = trial.json(&["backup", "keygen", "--out", "backup.key"]);
    fs::create_dir(trial.path("backups")).unwrap();
    let (recipient, place) = (made["recipient"].as_str().unwrap(), trial.path("backups"));
    trial.configure(
        "[backup]",
        &format!("recipients = [{recipient:?}]\nplaces = [{:?}]", place.to_str().unwrap()),
    );
    trial.run(&["archive", "keygen", "--year", "2036", "--out", "2036"]).ends(0);
    trial.run(&["archive", "key", "add", "2036.pub.pem", "--year", "2036"]).ends(0);
    let count = usize::try_from(orders / COMING.unsigned_abs()).unwrap().max(6);
    let (orders, erased) = (BTreeMap::new(), BTreeSet::new());
    (Story { trial, orders, erased, oldest: 0, backups: Vec::new() }, count)
}

#[test]
fn one_hundred_and_twenty_days_of_a_home() {
    let (mut story, count) = begin(number_of("BAILEE_STORY_ORDERS", 540));
    let mut figures = BTreeMap::new();
    for day in 0..=DAYS {
        story.trial.later(&on(day).to_string());
        if day == CHANGED {
            let both = format!("{PASSWORD}\n{}\n", password_of(day));
            story.run(&["person", "password", "--password-stdin"], &both).ends(0);
        }
        story.take_in(day, count);
        story.hear(day);
        story.run(&["retention", "run"], "").ends(0);
        if day == 20 {
            let order = format!("ALPHA/{}", story.orders[&15][1].reference);
            let law = ["--purpose", "invoice", "--statute", "DE-USTG-14b", "--until", "2036-12-31"];
            let words = [&["archive", "create", &order, "--field", "buyer.buyerName"][..], &law].concat();
            story.run(&words, "").ends(0);
        }
        if day == 60 {
            let reference = story.orders[&55][1].reference.clone();
            let begun = Instant::now();
            story.run(&["erase", &format!("ALPHA/{reference}")], "").ends(0);
            figures.insert("seconds to erase one person", begun.elapsed().as_secs_f64());
            // It is in yesterday's file, too.
            let again = story.collect([at(&story.orders[&55][1], day, "SHIPPED")].into_iter());
            assert_eq!(again["past_retention"], 1, "{again}");
            story.erased.insert(reference);
        }
        if day > 0 && day % BACKUP_EVERY == 0 {
            story.back_up(day);
        }
        if day == DISASTER {
            let took = story.lose_and_restore(day);
            figures.insert("seconds to restore", took.as_secs_f64());
        }
        story.check(day);
    }
    // Every backup that was ever made, by the keyring as it is: nothing opens that is not alive.
    let living = story.read(0..COMING);
    let mut expired = 0;
    for (made, file) in &story.backups {
        let drilled = story.trial.json(&["backup", "drill", file, "--key", "backup.key"]);
        let lives: usize = living.range(..=made).map(|(_, count)| count).sum();
        let (opened, lives) = (drilled["opened"].as_u64().unwrap(), lives as u64);
        assert_eq!(drilled["failed"], 0, "the backup of day {made}: {drilled}");
        assert!(opened <= lives, "the backup of day {made} gives what is gone: {drilled}");
        expired += opened.saturating_sub(lives);
    }
    let verified = story.trial.json(&["ledger", "verify"]);
    assert_eq!(verified["checkpoint_ok"], true);
    assert!(story.oldest < MOST && story.oldest >= MOST - 4, "{}", story.oldest);
    figures.insert("days after delivery at which something was read at most", story.oldest as f64);
    figures.insert("expired values that old backups gave", expired as f64);
    figures.insert("orders", (count as i64 * COMING) as f64);
    println!("{}", serde_json::to_string_pretty(&figures).unwrap());
}
