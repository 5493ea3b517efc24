//! The secrets that the program uses itself: seen, known again, told of.

use std::collections::BTreeMap;

use bailee_core::{OwnSecret, RequestId, Timestamp};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::What;
use bailee_store::act::Act;

use super::{Caller, Gate};
use crate::decision::Action;
use crate::error::AccessError;
use crate::own_secret::{Listed, Remembered, Sight};
use crate::register::Entry;
use crate::service::KeyAge;

impl Gate {
    /// Looks at the secrets that the configuration names, all of them. One that is new, or another than before, is written
    /// as `SecretSeen`; one that is past its age, once, as `SecretOutlived`; one that is no longer named is forgotten.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn see_own_secrets(
        &self,
        sights: &[Sight],
        request: RequestId,
        now: Timestamp,
    ) -> Result<(), AccessError> {
        self.follow()?;
        let _writing = self.writing();
        let context = Context::system(request, now);
        let before = self.known().own_secrets.clone();
        let (mut changes, mut events) = (Vec::new(), Vec::new());
        let mut after: BTreeMap<OwnSecret, Option<Entry<Remembered>>> = BTreeMap::new();
        for Sight { secret, content } in sights {
            let kept = before.get(secret).cloned().flatten();
            let is_other = |content| !kept.as_ref().is_some_and(|kept| kept.value.is(content));
            let mut next = match content.as_ref().filter(|content| is_other(content)) {
                None => kept.clone().map(|entry| (entry, false)),
                Some(content) => {
                    let new = Remembered::new(*secret, content, now, &*self.sealer.entropy);
                    events.push(context.event(What::SecretSeen { secret: *secret, bits: new.seen().bits }));
                    let entry = match &kept {
                        Some(kept) => kept.next(new),
                        None => Entry::first(Remembered::entry_id(*secret), new),
                    };
                    Some((entry, true))
                }
            };
            if let Some((entry, is_changed)) = &mut next
                && !entry.value.is_told
                && self.has_outlived(entry, now)
            {
                events.push(context.event(What::SecretOutlived { secret: *secret }));
                *entry = entry.next(entry.value.clone().told());
                *is_changed = true;
            }
            if let Some((entry, true)) = &next {
                changes.push(self.sealer.put(entry)?);
            }
            after.insert(*secret, next.map(|(entry, _)| entry));
        }
        let gone = before.iter().filter(|(secret, _)| !after.contains_key(secret));
        changes.extend(gone.filter_map(|(_, kept)| kept.as_ref().map(Entry::deletion)));
        if changes.is_empty() {
            self.known_mut().own_secrets = after;
            return Ok(());
        }
        let act = Act { name: "see-own-secrets", changes, events };
        self.commit_aside(act, |known| known.own_secrets = after)
    }

    /// The secrets that the configuration names, with their age and strength.
    ///
    /// # Errors
    /// Those of [`Self::collect`].
    pub fn own_secrets(&self, caller: &Caller) -> Result<Vec<Listed>, AccessError> {
        self.allow(caller, &Action::ReadKeys)?;
        let known = self.known();
        let listed = known.own_secrets.iter().map(|(secret, kept)| Listed {
            secret: *secret,
            seen: kept.as_ref().map(|entry| entry.value.seen()),
        });
        Ok(listed.collect())
    }

    fn has_outlived(&self, entry: &Entry<Remembered>, now: Timestamp) -> bool {
        let age = entry.value.seen().age(now, &self.standards.values);
        matches!(age, KeyAge::Ended | KeyAge::Forgotten)
    }
}
