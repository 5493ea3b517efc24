//! Hear: what carriers, tracking answers and notifications say of records that are held, a batch at a time.
//!
//! ```text
//! bytes ─ entries ─ which record ─ evidence ─ decide ─ move or leave ─ commit
//! ```
//!
//! It does what a document with the same news would do: a part that is to end sooner moves at once, and its old slot is
//! punctured; one that may end later moves when its bucket is about to close. It makes no record, and nothing of an
//! entry is kept but what the clock knows. A batch is an act, so a killed one can be repeated without harm.

use std::ops::ControlFlow;
use std::sync::Arc;

use bailee_core::Timestamp;
use bailee_intake::evidence::{Entry, Position, Reader, Reason};
use bailee_ledger::authorized::{Authorized, Collect};
use bailee_ledger::event::Counts;
use bailee_store::records::StoreError;

use crate::batch::{Run, Sent};
use crate::collect::{BATCH_BYTES_MAX, BATCH_DOCUMENTS_MAX};
use crate::plan::Heard;
use crate::{Vault, VaultError};

/// Most positions of each list that is told; more are counted.
pub const POSITIONS_MAX: usize = 1000;

/// How often a batch is decided again when others changed its records meanwhile.
const TRIES_MAX: u32 = 10;

/// What became of an input's entries.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Told {
    /// Entries read: each is one of the following.
    pub read: u64,
    /// Those that changed what is known.
    pub changed: u64,
    /// Those that did not.
    pub unchanged: u64,
    /// Those of records whose personal data has ended, or ended by them.
    pub past_retention: u64,
    /// Those of records that are not held.
    pub unknown: u64,
    /// Those that could not be used.
    pub refused: u64,
    /// Where those of records that are not held stood: the first of them.
    pub unknown_at: Vec<Position>,
    /// Where those stood that could not be used, and why: the first of them.
    pub refused_at: Vec<Refused>,
}

/// An entry that could not be used.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Refused {
    /// Where it stood.
    #[serde(flatten)]
    pub position: Position,
    /// Why.
    pub reason: Reason,
}

/// How far it has come: a batch is durable.
pub struct Step<'a> {
    /// Bytes read so far.
    pub bytes: u64,
    /// What became of the entries so far.
    pub told: &'a Told,
}

impl Vault {
    /// Takes in what a reader hears of records that are held. `as_of` is when it speaks where it does not say so itself.
    /// `each` hears of every batch; to break stops after it.
    ///
    /// # Errors
    /// [`VaultError::AsOfInFuture`]; [`VaultError::Stopped`] when `each` broke; what was committed before any error
    /// stays.
    pub fn hear(
        &self,
        authorized: Authorized<Collect>,
        reader: Reader,
        as_of: Option<Timestamp>,
        each: &mut dyn FnMut(Step<'_>) -> ControlFlow<()>,
    ) -> Result<Told, VaultError> {
        let run = Run::begin(self, &authorized, as_of, Arc::clone(reader.form()), false)?;
        let mut listening = Listening { run, as_of, told: Told::default(), destroys: false };
        let result = listening.all(reader, each);
        listening.run.end(listening.destroys, result)?;
        Ok(listening.told)
    }
}

struct Listening<'a> {
    run: Run<'a>,
    as_of: Option<Timestamp>,
    told: Told,
    /// Whether a destruction was intended on the way.
    destroys: bool,
}

impl Listening<'_> {
    fn all(
        &mut self,
        mut reader: Reader,
        each: &mut dyn FnMut(Step<'_>) -> ControlFlow<()>,
    ) -> Result<(), VaultError> {
        loop {
            let entries = reader.next_batch(BATCH_DOCUMENTS_MAX, BATCH_BYTES_MAX)?;
            if entries.is_empty() {
                return Ok(());
            }
            self.batch(entries)?;
            if each(Step { bytes: reader.bytes_read(), told: &self.told }).is_break() {
                return Err(VaultError::Stopped);
            }
        }
    }

    fn batch(&mut self, entries: Vec<Entry>) -> Result<(), VaultError> {
        self.told.read += entries.len() as u64;
        let positions: Vec<Position> = entries.iter().map(|entry| entry.position).collect();
        let mut heard = Vec::with_capacity(entries.len());
        for (order, Entry { position, said }) in entries.into_iter().enumerate() {
            match said {
                Ok(said) => heard.push((order, said)),
                Err(reason) => {
                    self.told.refused += 1;
                    note(&mut self.told.refused_at, Refused { position, reason });
                }
            }
        }
        if heard.is_empty() {
            return Ok(());
        }
        let (counts, unknown) = self.commit(&heard)?;
        self.told.changed += counts.updated;
        self.told.unchanged += counts.unchanged;
        self.told.past_retention += counts.past_retention;
        self.told.unknown += unknown.len() as u64;
        for position in unknown.into_iter().filter_map(|order| positions.get(order)) {
            note(&mut self.told.unknown_at, *position);
        }
        Ok(())
    }

    /// Commits a batch, deciding it again where others were quicker. Returns the counts of what is held, and the places of
    /// what is not.
    fn commit(
        &mut self,
        heard: &[(usize, bailee_intake::evidence::Heard)],
    ) -> Result<(Counts, Vec<usize>), VaultError> {
        for _ in 0..TRIES_MAX {
            let sent = self.run.send_news(heard.iter().map(|one| self.of_record(one)).collect());
            let (mut sent, mut unknown): (Sent, _) = match sent {
                Err(VaultError::Changed) => continue,
                sent => sent?,
            };
            match sent.pending.take().map(bailee_store::records::Pending::wait) {
                Some(Err(StoreError::Conflict)) => continue,
                Some(Err(error)) => return Err(error.into()),
                Some(Ok(_)) | None => {}
            }
            self.destroys |= sent.destroys;
            unknown.sort_unstable();
            return Ok((sent.counts, unknown));
        }
        Err(VaultError::Changed)
    }

    fn of_record(&self, (order, said): &(usize, bailee_intake::evidence::Heard)) -> Heard {
        let Run { vault, seller, kind, .. } = &self.run;
        Heard {
            mac: vault.base.keyring.lasting().reference_mac(seller, *kind, &said.reference),
            reference: said.reference.clone(),
            news: said.news.clone(),
            as_of: self.as_of,
            order: *order,
        }
    }
}

fn note<T>(list: &mut Vec<T>, one: T) {
    if list.len() < POSITIONS_MAX {
        list.push(one);
    }
}
