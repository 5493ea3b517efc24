//! The time that is believed.
//!
//! A clock that jumps ahead would end data before its day, for good. So what is due by it is closed at once, as always, and
//! destroyed once the time is believed: because it went on from what was believed before, because a second source of time says the
//! same, or because two people confirm it. A test home is given its time, which is no jump.

use bailee_core::time::saturating_add;
use bailee_core::{Environment, RequestId, Timestamp};
use bailee_ledger::authorized::{Authorized, Context, RunRetention};
use bailee_ledger::event::{TimeBelieved, What};
use bailee_store::act::{Act, Change};

use crate::{Vault, VaultError};

/// A time so far after the one that was believed last is not believed by itself.
pub const JUMP_SECONDS_MAX: i64 = 48 * 60 * 60;

/// The name under which the store remembers the time that was believed last.
const BELIEVED: &str = "time-believed";

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

    /// Believes the time, since two people have confirmed it. Writes `TimeBelieved`.
    ///
    /// # Errors
    /// When it cannot be written: then it is not believed.
    pub fn believe(&self, authorized: Authorized<RunRetention>) -> Result<(), VaultError> {
        self.check_home(&authorized)?;
        self.believe_as(authorized.context(), "confirmed")
    }

    /// The same since a second source of time says it.
    ///
    /// # Errors
    /// As for [`Self::believe`].
    pub fn believe_source(&self, now: Timestamp) -> Result<(), VaultError> {
        let request = RequestId::new(now, &*self.base.entropy);
        self.believe_as(&Context::system(request, now), "second-source")
    }

    /// Refuses to go by a time that is not believed.
    pub(crate) fn check_time(&self, now: Timestamp) -> Result<(), VaultError> {
        match self.believes(now)? {
            true => Ok(()),
            false => Err(VaultError::TimeJumped),
        }
    }

    /// What a day's work writes of the time: that it is believed, or the alarm that it is not.
    pub(crate) fn look_at_time(&self, now: Timestamp) -> Result<(Option<Change>, Option<What>), VaultError> {
        if self.believes(now)? {
            return Ok((Some(to_believe(now)), None));
        }
        let (component, code) = ("clock".to_owned(), "jumped".to_owned());
        Ok((None, Some(What::SystemError { component, code })))
    }

    fn believe_as(&self, context: &Context, how: &str) -> Result<(), VaultError> {
        let before = self.believed()?;
        let event = context.event(What::TimeBelieved(TimeBelieved { before, how: how.to_owned() }));
        let changes = vec![to_believe(context.now)];
        self.base.store.commit(Act { name: "believe-time", changes, events: vec![event] })?;
        Ok(())
    }

    fn believed(&self) -> Result<Option<Timestamp>, VaultError> {
        let Some(text) = self.base.store.meta(BELIEVED)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| VaultError::Damaged("the time that was believed last"))
    }
}

fn to_believe(now: Timestamp) -> Change {
    Change::SetMeta { name: BELIEVED.to_owned(), value: now.to_string() }
}
