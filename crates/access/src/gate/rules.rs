//! The rules that the gate decides by, and that the ledger hears when they are others.

use std::sync::{Arc, PoisonError};

use bailee_core::{RequestId, Timestamp};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::{Digest, What};
use bailee_store::act::{Act, Change};
use data_encoding::HEXLOWER;

use super::Gate;
use crate::decision::Rules;
use crate::error::AccessError;
use crate::grant::Grant;

/// The hash of the rules that this home went by last.
const RULES: &str = "access-rules";

impl Gate {
    /// Goes by the program's policies and a home's own (in Cedar; none are the empty text) from here on. Writes
    /// `RulesChanged` first when they are not those that the home went by before.
    ///
    /// # Errors
    /// [`AccessError::Rules`] says which line of `own` cannot be taken; any other means that the change could not be
    /// written down. The gate goes on by the rules that it had.
    pub fn keep_rules(&self, own: &str, now: Timestamp) -> Result<(), AccessError> {
        self.follow()?;
        let _writing = self.writing();
        let before = self.rules();
        let rules = Rules::new(own)?.with_grants(before.grants().cloned());
        let hash = HEXLOWER.encode(&rules.hash());
        if self.store.meta(RULES)?.as_ref() != Some(&hash) {
            let context = Context::system(RequestId::new(now, &*self.sealer.entropy), now);
            let changed = What::RulesChanged {
                rules: Digest(rules.hash()),
                policies: u32::try_from(rules.count()).unwrap_or(u32::MAX),
            };
            let act = Act {
                name: "rules-changed",
                changes: vec![Change::SetMeta { name: RULES.to_owned(), value: hash }],
                events: vec![context.event(changed)],
            };
            return self.commit(act, |_| self.set_rules(rules));
        }
        self.set_rules(rules);
        Ok(())
    }

    /// Decides by these grants from here on, in the place of those before. Whoever approves or ends one commits that
    /// first, and calls this before anybody else can write.
    pub fn keep_grants(&self, grants: impl IntoIterator<Item = Grant>) {
        let rules = self.rules().with_grants(grants);
        self.set_rules(rules);
    }

    /// The rules as they are now.
    pub(crate) fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set_rules(&self, rules: Rules) {
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
    }
}
