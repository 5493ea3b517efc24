//! Synthetic SP-API orders, for tests and test environments: the only source of this project's own fixtures.
//!
//! Nobody in them exists: names and streets are made up, phone numbers come from the ranges that regulators set aside
//! for fiction where there are any, tax numbers begin with zeros, mail addresses are masked as a marketplace masks them.
//! The same seed and time give the same bytes on every machine, for ever: each order draws from its own stream, which
//! depends on the seed and its number only.

mod address;
mod items;
mod json;
mod market;
mod mess;
mod order;
mod random;
#[cfg(test)]
mod tests;

use bailee_core::Timestamp;

pub use mess::Mess;
use order::{Order, Version};
use random::Random;

/// What to make.
#[derive(Clone, Copy, Debug)]
pub struct Synth {
    /// How many orders: so many lines.
    pub orders: u64,
    /// Same seed and time, same bytes.
    pub seed: u64,
    /// Share of messy documents, 0 to 100.
    pub mess_percent: u8,
    /// Orders of the 20 days before.
    pub now: Timestamp,
}

/// A line, and what was done to it.
#[derive(Clone, Debug)]
pub struct Line {
    /// The document, without a line end.
    pub text: String,
    /// The id of the order that it is about, also where the text hides it.
    pub order_id: String,
    /// What is wrong or odd with it.
    pub mess: Option<Mess>,
}

impl Synth {
    /// The orders as lines of NDJSON, without line ends.
    pub fn lines(self) -> impl Iterator<Item = String> {
        self.orders_with_truth().map(|line| line.text)
    }

    /// The same lines, each with what was done to it.
    pub fn orders_with_truth(self) -> impl Iterator<Item = Line> {
        (0..self.orders).map(move |number| self.line(number))
    }

    fn line(&self, number: u64) -> Line {
        let Some(mess) = self.mess_of(number) else {
            return self.plain(number);
        };
        let earlier = self.plain_before(number);
        let (number, version) = match mess {
            Mess::Duplicate => (earlier, Version::Current),
            Mess::OlderVersion => (earlier, Version::Older),
            Mess::NewerVersion => (earlier, Version::Newer),
            _ => (number, Version::Current),
        };
        let order = Order::new(self.stream(number), self.now, version, Some(mess));
        let mut text = order.write();
        if mess == Mess::Truncated {
            mess::truncate(&mut text, &mut self.stream(number).branch("truncate"));
        }
        Line { text, order_id: order.id, mess: Some(mess) }
    }

    fn plain(&self, number: u64) -> Line {
        let order = Order::new(self.stream(number), self.now, Version::Current, None);
        Line { text: order.write(), order_id: order.id, mess: None }
    }

    /// What is done to a line. The first is always plain, so that there is one to repeat.
    fn mess_of(&self, number: u64) -> Option<Mess> {
        let mut random = self.stream(number).branch("mess");
        (number > 0 && random.chance(self.mess_percent.into()))
            .then(|| random.pick(Mess::ALL, Mess::Duplicate))
    }

    /// The nearest plain line before.
    fn plain_before(&self, number: u64) -> u64 {
        (0..number).rev().find(|earlier| self.mess_of(*earlier).is_none()).unwrap_or(0)
    }

    fn stream(&self, number: u64) -> Random {
        Random::new(self.seed).at(number)
    }
}
