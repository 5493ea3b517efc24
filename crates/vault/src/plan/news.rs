//! Plans what news of a record changes: its evidence, and by it the day on which its personal data ends. Nothing is
//! merged, and what has ended stays ended: no tombstone yields to news (R16).

use aws_lc_rs::digest;
use bailee_core::Reference;
use bailee_core::retention::{Hearing, News};
use bailee_store::act::{RecordRow, RecordState};
use data_encoding::BASE64;

use super::draft::{Beginning, Draft};
use super::{Outcome, Plan, Planning};
use crate::part::SEEN_MAX;
use crate::{Vault, VaultError};

/// Bytes of a content's digest that are remembered.
const DIGEST_BYTES: usize = 16;

/// News on its way into a record's evidence.
pub(crate) struct Heard {
    pub(crate) reference: Reference,
    pub(crate) mac: [u8; 16],
    pub(crate) news: Vec<News>,
    /// As of when it speaks where it does not say so.
    pub(crate) as_of: Option<bailee_core::Timestamp>,
    /// Its place in the batch.
    pub(crate) order: usize,
}

impl Vault {
    /// Plans one record that is held from what was heard of it, in the order in which that came.
    pub(crate) fn plan_news(
        &self,
        planning: Planning<'_>,
        row: RecordRow,
        heard: Vec<Heard>,
    ) -> Result<Plan, VaultError> {
        let first = heard.first().ok_or(VaultError::Miscounted)?;
        let is_live = row.state == RecordState::Live;
        let begins = Beginning { mac: first.mac, reference: &first.reference, first: planning.now };
        let mut draft = self.draft(planning, Some(row), begins)?;
        let main = draft.about.main().filter(|_| is_live && !draft.ended);
        // What was lost with a keyring is not ended by news: its document makes it anew.
        let is_open = main.is_some_and(|main| self.is_open(planning.seller, main, planning.now));
        if !is_open {
            return Ok(draft.unchanged_as(heard.len(), Outcome::PastRetention));
        }
        if draft.knows(planning, &heard) {
            return Ok(draft.unchanged_as(heard.len(), Outcome::Unchanged));
        }
        self.open_draft(planning, &mut draft)?;
        for one in &heard {
            draft.hear(planning, one);
        }
        Ok(self.settle(planning, draft))
    }
}

impl Draft {
    /// Whether the evidence holds all of it, as its own times tell without opening anything personal.
    fn knows(&self, planning: Planning<'_>, heard: &[Heard]) -> bool {
        let mut evidence = self.about.evidence.clone();
        heard.iter().all(|one| {
            let hearing = Hearing { as_of: one.as_of, now: planning.now, again: false };
            one.news.iter().all(|news| {
                evidence.hear(news, hearing);
                !news.counts_by_the_present(planning.now) && evidence == self.about.evidence
            })
        })
    }

    /// Takes in what was heard at once. What counts by the present is remembered as the contents of documents are, so
    /// that the same input never raises the earliest delivery when it comes again.
    fn hear(&mut self, planning: Planning<'_>, heard: &Heard) {
        let before = self.about.evidence.clone();
        let mut remembers = false;
        for news in &heard.news {
            let digest = digest_of(news);
            if self.state.seen.contains(&digest) {
                continue;
            }
            let is_full = self.state.seen.len() >= SEEN_MAX;
            let hearing = Hearing { as_of: heard.as_of, now: planning.now, again: is_full };
            self.about.evidence.hear(news, hearing);
            if news.counts_by_the_present(planning.now) && !is_full {
                self.state.seen.push(digest);
                remembers = true;
            }
        }
        let changed = remembers || self.about.evidence != before;
        self.outcomes.push(if changed { Outcome::Updated } else { Outcome::Unchanged });
    }

    /// The plan of a record of which nothing is written.
    fn unchanged_as(self, count: usize, outcome: Outcome) -> Plan {
        let mut plan = self.unchanged(count);
        plan.outcomes.fill(outcome);
        plan
    }
}

/// What is remembered of news: the beginning of SHA-256 of what it says, without the as-of that its caller named.
fn digest_of(news: &News) -> String {
    // Words and times of our own types always serialise.
    let said = serde_json::to_vec(news).unwrap_or_default();
    let digest = digest::digest(&digest::SHA256, &said);
    BASE64.encode(digest.as_ref().get(..DIGEST_BYTES).unwrap_or_default())
}
