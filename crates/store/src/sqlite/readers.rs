//! Connections that only read. A read takes one, sees one committed state, and waits for no writer.
//!
//! There are a few for each core and no more: who finds none waits for one that comes back, which is soon, rather than
//! open another, which costs more than most reads. A connection of one's own ([`Readers::take`]) is not among them.

use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;

use rusqlite::Connection;

use super::connection;
use crate::records::StoreError;

/// Connections that read at once, for each core: while some wait for the disk, others compute.
const READING_PER_CORE: usize = 4;
/// Most connections that read at once; each has a page cache of its own.
const READING_MAX: usize = 32;

pub(super) struct Readers {
    path: PathBuf,
    reading_max: usize,
    pool: Mutex<Pool>,
    returned: Condvar,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Connection>,
    /// How many somebody reads by.
    reading: usize,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        let reading_max = (cores * READING_PER_CORE).min(READING_MAX);
        Self { path, reading_max, pool: Mutex::default(), returned: Condvar::new() }
    }

    /// Reads in one snapshot. A connection that failed is not used again.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut lent = self.lend()?;
        let connection = lent.connection.as_ref().ok_or(StoreError::Closed)?;
        // Statements that are kept: to parse these two anew takes as long as a look-up.
        connection.prepare_cached("BEGIN")?.execute([])?;
        let found = read(connection)?;
        connection.prepare_cached("COMMIT")?.execute([])?;
        lent.is_sound = true;
        Ok(found)
    }

    /// A connection of one's own.
    pub(super) fn take(&self) -> Result<Connection, StoreError> {
        let idle = self.lock().idle.pop();
        match idle {
            Some(connection) => Ok(connection),
            None => connection::reader(&self.path),
        }
    }

    /// Closes those that are idle.
    pub(super) fn close(&self) {
        self.lock().idle.clear();
    }

    /// A connection to read by, once fewer than the most are in use.
    fn lend(&self) -> Result<Lent<'_>, StoreError> {
        let full = |pool: &mut Pool| pool.reading >= self.reading_max;
        let mut pool = self.returned.wait_while(self.lock(), full).unwrap_or_else(PoisonError::into_inner);
        pool.reading += 1;
        let idle = pool.idle.pop();
        drop(pool);
        // Counted as in use from here on, whatever becomes of it.
        let mut lent = Lent { readers: self, connection: idle, is_sound: false };
        if lent.connection.is_none() {
            lent.connection = Some(connection::reader(&self.path)?);
        }
        Ok(lent)
    }

    fn lock(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection in use. It comes back when this is dropped, also by a panic; closed, unless it is sound.
struct Lent<'r> {
    readers: &'r Readers,
    connection: Option<Connection>,
    is_sound: bool,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let sound = self.connection.take().filter(|_| self.is_sound);
        let mut pool = self.readers.lock();
        pool.reading -= 1;
        pool.idle.extend(sound);
        drop(pool);
        self.readers.returned.notify_one();
    }
}
