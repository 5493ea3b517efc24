//! The time that is believed.
//!
//! A clock that jumps ahead would end data before its day, for good. So what is due by it is closed at once, as always, and
//! destroyed once the time is believed: because it went on from what was believed before, because a second source of time says the
//! same, or because two people confirm it. A test home is given its time, which is no jump.

use bailee_core::time::saturating_add;
use bailee_core::{Day, Environment, RequestId, Timestamp};
use bailee_ledger::authorized::{Authorized, Context, RunRetention};
use bailee_ledger::event::{TimeBelieved, What};
use bailee_store::act::{Act, Change};
use bailee_store::records::Store;

use crate::relocate::KEPT_UP;
use crate::{Vault, VaultError};

/// A time so far after the one that was believed last is not believed by itself.
pub const JUMP_SECONDS_MAX: i64 = 48 * 60 * 60;

/// How old what is remembered may be before it is written again.
const KEPT_SECONDS: i64 = 60 * 60;

/// The name under which the store remembers the time that was believed last.
const BELIEVED: &str = "time-believed";

/// The name under which it remembers on which day the alarm was raised last.
const TOLD: &str = "time-jumped";

impl Vault {
    /// Whether what is due at this time may be destroyed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn believes(&self, now: Timestamp) -> Result<bool, VaultError> {
        if self.base.keyring.binding().environment == Environment::Test {
            return Ok(true);
        }
        // A home that has just been made begins with the time that it is made at.
        Ok(self.believed()?.is_none_or(|before| now <= saturating_add(before, JUMP_SECONDS_MAX)))
    }

    /// Believes a time that two people have confirmed. Writes `TimeBelieved`.
    ///
    /// # Errors
    /// When it cannot be written: then it is not believed.
    pub fn believe(&self, authorized: Authorized<RunRetention>, at: Timestamp) -> Result<(), VaultError> {
        self.check_home(&authorized)?;
        self.believe_as(authorized.context(), at, "confirmed")
    }

    /// The same since a second source of time says it.
    ///
    /// # Errors
    /// As for [`Self::believe`].
    pub fn believe_source(&self, now: Timestamp) -> Result<(), VaultError> {
        let request = RequestId::new(now, &*self.base.entropy);
        self.believe_as(&Context::system(request, now), now, "second-source")
    }

    /// Refuses to go by a time that is not believed: to destroy by it, and to take in or seal anew by it, since what is due by
    /// it would lose what it holds, and what it dates would live for too long.
    pub(crate) fn check_time(&self, now: Timestamp) -> Result<(), VaultError> {
        match self.believes(now)? {
            true => Ok(()),
            false => Err(VaultError::TimeJumped),
        }
    }

    /// Remembers that the time went on, or raises the alarm that it jumped, once a day. One read, as long as less than an hour
    /// has passed.
    pub(crate) fn keep_time(&self, now: Timestamp) -> Result<(), VaultError> {
        if self.believes(now)? {
            let is_recent = |before: Timestamp| now < saturating_add(before, KEPT_SECONDS);
            if self.believed()?.is_some_and(is_recent) {
                return Ok(());
            }
            let changes = vec![to_believe(now)];
            self.base.store.commit(Act { name: "keep-time", changes, events: Vec::new() })?;
            return Ok(());
        }
        let today = Day::of(now).to_string();
        if self.base.store.meta(TOLD)?.is_some_and(|told| told == today) {
            return Ok(());
        }
        let context = Context::system(RequestId::new(now, &*self.base.entropy), now);
        let (component, code) = ("clock".to_owned(), "jumped".to_owned());
        let events = vec![context.event(What::SystemError { component, code })];
        let changes = vec![Change::SetMeta { name: TOLD.to_owned(), value: today }];
        self.base.store.commit(Act { name: "time-jumped", changes, events })?;
        Ok(())
    }

    fn believe_as(&self, context: &Context, at: Timestamp, how: &str) -> Result<(), VaultError> {
        let before = self.believed()?;
        // Approved again after it was cut off, it takes nothing back that was believed since.
        let at = before.map_or(at, |before| before.max(at));
        let event = context.event(What::TimeBelieved(TimeBelieved { before, how: how.to_owned() }));
        let changes = vec![to_believe(at)];
        self.base.store.commit(Act { name: "believe-time", changes, events: vec![event] })?;
        Ok(())
    }

    fn believed(&self) -> Result<Option<Timestamp>, VaultError> {
        believed_last(&*self.base.store)
    }
}

/// The time that a home believed last; of one that did not remember it yet, the day on which it was looked after last.
///
/// # Errors
/// When the store cannot be read, or holds no time there.
pub fn believed_last(store: &dyn Store) -> Result<Option<Timestamp>, VaultError> {
    let damaged = || VaultError::Damaged("the time that was believed last");
    if let Some(text) = store.meta(BELIEVED)? {
        return text.parse().map(Some).map_err(|_| damaged());
    }
    let Some(day) = store.meta(KEPT_UP)? else { return Ok(None) };
    day.parse::<Day>().map(|day| Some(day.start())).map_err(|_| damaged())
}

fn to_believe(now: Timestamp) -> Change {
    Change::SetMeta { name: BELIEVED.to_owned(), value: now.to_string() }
}
