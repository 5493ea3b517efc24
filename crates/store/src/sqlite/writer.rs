//! The one thread that writes: takes what waits as a group, applies it in one transaction, answers after the sync.
//!
//! Each act of a group stands under a savepoint: one that conflicts is undone alone. When the group itself fails (disk
//! full, I/O), every act of it is answered with the reason, connection and tree are dropped, and the next group opens
//! them anew from what is committed: so the writer recovers by itself, and by the same way as after a crash.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bailee_ledger::event::Entry;
use bailee_ledger::log::Appended;
use bailee_ledger::note::Signer;
use bailee_ledger::tree::Tree;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::lease::LeaseChange;
use super::queue::{Order, Queue};
use super::{apply, connection, lease, log};
use crate::act::{Act, Change};
use crate::limits;
use crate::observe::Observer;
use crate::records::StoreError;

/// An act with its entries, ready to be written.
pub(super) struct Prepared {
    pub(super) act: Act,
    pub(super) entries: Vec<Entry>,
}

/// What the writer is asked to do, and whom to tell.
pub(super) enum Work {
    Act(Prepared, oneshot::Sender<Result<Appended, StoreError>>),
    Lease(LeaseChange, oneshot::Sender<Result<bool, StoreError>>),
}

impl Order for Work {
    fn weight(&self) -> usize {
        match self {
            Self::Act(prepared, _) => {
                let entries: usize = prepared.entries.iter().map(|entry| entry.bytes.len()).sum();
                limits::weight(&prepared.act) + entries
            }
            Self::Lease(..) => size_of::<Self>(),
        }
    }

    fn alone(&self) -> bool {
        matches!(self, Self::Act(prepared, _) if limits::sweeps(&prepared.act))
    }
}

/// What was done, to be told once it is durable.
enum Outcome {
    Appended(Appended),
    Lease(bool),
}

/// What each act of a group came to; or why none was written.
type Outcomes = Result<Vec<Result<Outcome, StoreError>>, StoreError>;

/// The writer's state.
pub(super) struct Writer {
    path: PathBuf,
    signer: Signer,
    observer: Arc<dyn Observer>,
    /// Gone after a failure, until the next group.
    open: Option<Open>,
}

struct Open {
    connection: Connection,
    tree: Tree,
}

impl Writer {
    /// Opens the database and loads the tree.
    pub(super) fn open(
        path: PathBuf,
        signer: Signer,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, StoreError> {
        let mut writer = Self { path, signer, observer, open: None };
        writer.open = Some(writer.reopen()?);
        Ok(writer)
    }

    fn reopen(&self) -> Result<Open, StoreError> {
        let connection = connection::writer(&self.path)?;
        let tree = log::load(&connection, &self.signer)?;
        Ok(Open { connection, tree })
    }

    /// The largest record number in use.
    pub(super) fn last_record(&self) -> Result<i64, StoreError> {
        let open = self.open.as_ref().ok_or(StoreError::Closed)?;
        Ok(open.connection.query_row("SELECT coalesce(max(record), 0) FROM record", [], |row| row.get(0))?)
    }

    /// Writes group after group until the queue is closed and empty.
    pub(super) fn run(mut self, queue: &Arc<Queue<Work>>) {
        // However this thread ends, nobody may wait for it.
        let _close = CloseOnDrop(queue);
        let mut last = 0;
        while let Some(group) = queue.group(last) {
            last = group.len();
            let begun = Instant::now();
            let outcomes = self.write(&group);
            self.tell(&group, &outcomes, begun.elapsed());
            answer(group, outcomes);
        }
    }

    /// Tells who counts what has become true.
    fn tell(&self, group: &[Work], outcomes: &Outcomes, took: Duration) {
        let failed = outcomes.as_ref().err().map(StoreError::code);
        self.observer.group(group.len(), took, failed);
        for (work, outcome) in group.iter().zip(outcomes.iter().flatten()) {
            if let (Work::Act(prepared, _), Ok(_)) = (work, outcome) {
                self.observer.committed(&prepared.act);
            }
        }
    }

    /// Writes a group; what each act came to, or why none is written.
    fn write(&mut self, group: &[Work]) -> Outcomes {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.reopen()?,
        };
        let written = open.write(group, &self.signer);
        match &written {
            Ok(_) => self.open = Some(open),
            // A failed group leaves nothing to be trusted: dropping the connection rolls back. Whoever asked is told by
            // the error itself.
            Err(error) => {
                tracing::info!(code = error.code(), acts = group.len(), "a group of acts was not written");
            }
        }
        written
    }
}

impl Open {
    fn write(&mut self, group: &[Work], signer: &Signer) -> Outcomes {
        self.statement("BEGIN IMMEDIATE")?;
        // Another process may hold the same file open: never two trees of one origin.
        if log::size(&self.connection)? != self.tree.size() {
            self.tree = log::load(&self.connection, signer)?;
        }
        let before = self.tree.size();
        let outcomes = match group {
            [lone] => vec![self.lone(lone)?],
            several => several.iter().map(|work| self.one_of_several(work)).collect::<Result<_, _>>()?,
        };
        let done = || group.iter().zip(&outcomes).filter(|(_, outcome)| outcome.is_ok());
        if done().next().is_none() {
            self.statement("ROLLBACK")?;
            return Ok(outcomes);
        }
        if self.tree.size() != before || done().any(|(work, _)| sets_anchor(work)) {
            log::sign(&self.connection, &mut self.tree, signer)?;
        }
        self.statement("COMMIT")?;
        Ok(outcomes)
    }

    /// Needs no savepoint: when it conflicts, the transaction is rolled back. (A savepoint keeps in memory every page
    /// that is changed under it, and a sweep changes many.)
    fn lone(&mut self, work: &Work) -> Result<Result<Outcome, StoreError>, StoreError> {
        refused_alone(self.work(work))
    }

    fn one_of_several(&mut self, work: &Work) -> Result<Result<Outcome, StoreError>, StoreError> {
        self.statement("SAVEPOINT act")?;
        let outcome = refused_alone(self.work(work))?;
        if outcome.is_err() {
            self.statement("ROLLBACK TO act")?;
        }
        self.statement("RELEASE act")?;
        Ok(outcome)
    }

    /// The changes first: only an act that holds reaches the tree.
    fn work(&mut self, work: &Work) -> Result<Outcome, StoreError> {
        match work {
            Work::Act(prepared, _) => {
                let _span = tracing::debug_span!("act", name = prepared.act.name).entered();
                apply::apply(&self.connection, &prepared.act.changes)?;
                log::append(&self.connection, &mut self.tree, &prepared.entries)
                    .map(Outcome::Appended)
                    // An index that is taken already is no matter of the act.
                    .map_err(|error| if error == StoreError::Conflict { StoreError::Damaged } else { error })
            }
            Work::Lease(change, _) => lease::apply(&self.connection, change).map(Outcome::Lease),
        }
    }

    fn statement(&self, sql: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}

/// A conflict concerns its act alone; anything else concerns the group.
fn refused_alone(outcome: Result<Outcome, StoreError>) -> Result<Result<Outcome, StoreError>, StoreError> {
    match outcome {
        Ok(outcome) => Ok(Ok(outcome)),
        Err(StoreError::Conflict) => Ok(Err(StoreError::Conflict)),
        Err(error) => Err(error),
    }
}

fn sets_anchor(work: &Work) -> bool {
    matches!(work, Work::Act(prepared, _)
        if prepared.act.changes.iter().any(|change| matches!(change, Change::SetAnchor(_))))
}

/// Tells everybody. Who does not wait any more is not told.
fn answer(group: Vec<Work>, outcomes: Outcomes) {
    let (outcomes, failure) = match outcomes {
        Ok(outcomes) => (outcomes, StoreError::Closed),
        Err(error) => (Vec::new(), error),
    };
    let mut outcomes = outcomes.into_iter();
    for work in group {
        let outcome = outcomes.next().unwrap_or_else(|| Err(failure.clone()));
        match (work, outcome) {
            (Work::Act(_, sender), Ok(Outcome::Appended(appended))) => drop(sender.send(Ok(appended))),
            (Work::Lease(_, sender), Ok(Outcome::Lease(held))) => drop(sender.send(Ok(held))),
            (Work::Act(_, sender), Err(error)) => drop(sender.send(Err(error))),
            (Work::Lease(_, sender), Err(error)) => drop(sender.send(Err(error))),
            // An act comes to an index, a lease to yes or no.
            (_, Ok(_)) => {}
        }
    }
}

struct CloseOnDrop<'q>(&'q Queue<Work>);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests;
