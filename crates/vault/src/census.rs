//! The census: once a day a home says what it holds, and that nothing of it is older than it may be (2.1.a).
//!
//! It is counted over the store and the keyring together, bucket by bucket: a row without a key opens nothing, and a key without a
//! row may open an old copy, so that neither alone is the truth. The statement is an event: the ledger's checkpoint signs it, and a
//! proof of it holds without the home.

use std::collections::BTreeMap;
use std::fmt::Write;

use aws_lc_rs::digest;
use bailee_core::retention::{Phase, phase};
use bailee_core::{Day, RequestId, SellerId, Timestamp};
use bailee_crypto::bucket::BucketUse;
use bailee_ledger::authorized::{Authorized, Context, ReadRetention};
use bailee_ledger::event::{self, What};
use bailee_store::act::{Act, BucketState, Change};
use data_encoding::HEXLOWER;

use crate::destruction::Held;
use crate::{Vault, VaultError};

/// What is asked. Whoever counts again counts this.
pub const QUERY: &str = "for each seller, use and day: whether the store has a bucket of it that is not destroyed, its parts and its \
     quarantined documents, and whether the keyring has a key of it; a line each, in this order";

/// The name under which the store remembers the request of the newest census.
const NEWEST: &str = "census";

/// What is held of a seller for one use and day.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    has_row: bool,
    has_key: bool,
    parts: u64,
    quarantined: u64,
}

/// The lines of a census, in their order.
type Lines = BTreeMap<(SellerId, &'static str, Day), Line>;

impl Vault {
    /// The request by which the newest census was taken, if there was one.
    ///
    /// # Errors
    /// When the store cannot be read, or the ledger written.
    pub fn newest_census(
        &self,
        authorized: Authorized<ReadRetention>,
    ) -> Result<Option<RequestId>, VaultError> {
        self.check_home(&authorized)?;
        self.log_retention_read(&authorized, None)?;
        let newest = self.base.store.meta(NEWEST)?.map(|request| request.parse());
        newest.transpose().map_err(|_| VaultError::Damaged("the request of a census"))
    }

    /// Counts what is held, and says so in the ledger.
    pub(crate) fn take_census(&self, context: &Context) -> Result<(), VaultError> {
        let census = self.census(context.now)?;
        let changes = vec![Change::SetMeta { name: NEWEST.to_owned(), value: context.request.to_string() }];
        let events = vec![context.event(What::Census(census))];
        self.base.store.commit(Act { name: "census", changes, events })?;
        Ok(())
    }

    fn census(&self, now: Timestamp) -> Result<event::Census, VaultError> {
        let lines = self.census_lines()?;
        let mut exceptions = BTreeMap::new();
        for (_, rule, parts) in self.base.store.exceptions()? {
            *exceptions.entry(rule).or_default() += parts;
        }
        let is_past = |day: &Day| phase(*day, now) == Phase::Past;
        let mut sellers: Vec<&SellerId> = lines.keys().map(|(seller, ..)| seller).collect();
        sellers.dedup();
        Ok(event::Census {
            days: self.base.policy.days_after_delivery,
            sellers: count(sellers.len()),
            parts: lines.values().map(|line| line.parts).sum(),
            quarantined: lines.values().map(|line| line.quarantined).sum(),
            earliest: lines.keys().map(|(.., day)| *day).min(),
            past: count(lines.keys().filter(|(.., day)| is_past(day)).count()),
            exceptions: exceptions.into_iter().collect(),
            query: half(QUERY),
            result: half(&written(&lines)),
        })
    }

    fn census_lines(&self) -> Result<Lines, VaultError> {
        let mut lines = Lines::new();
        for summary in self.base.store.buckets()? {
            if summary.state == BucketState::Destroyed {
                continue;
            }
            // Left out, it would make a signed statement untrue.
            let seller =
                self.seller_id(summary.bucket.seller).ok_or(VaultError::Damaged("a seller's number"))?;
            let line = lines.entry(key(seller, summary.bucket.held, summary.bucket.day)).or_default();
            *line = Line { has_row: true, parts: summary.parts, quarantined: summary.quarantined, ..*line };
        }
        for bucket in self.base.keyring.buckets() {
            lines.entry(key(bucket.id.seller, bucket.id.held, bucket.id.day)).or_default().has_key = true;
        }
        Ok(lines)
    }
}

fn key(seller: SellerId, held: BucketUse, day: Day) -> (SellerId, &'static str, Day) {
    (seller, Held::of(held).as_str(), day)
}

fn written(lines: &Lines) -> String {
    let mut text = String::new();
    for ((seller, held, day), line) in lines {
        let Line { has_row, has_key, parts, quarantined } = line;
        // To a text nothing fails.
        let _ = writeln!(
            text,
            "{seller} {held} {day} row={has_row} parts={parts} quarantined={quarantined} key={has_key}"
        );
    }
    text
}

/// The first half of the SHA-256 of a text, in hexadecimal digits.
fn half(text: &str) -> String {
    let whole = digest::digest(&digest::SHA256, text.as_bytes());
    HEXLOWER.encode(whole.as_ref().get(..16).unwrap_or_default())
}

fn count(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}
