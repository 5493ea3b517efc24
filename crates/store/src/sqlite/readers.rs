//! Connections that only read. A read takes one, sees one committed state, and waits for no writer.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::connection;
use crate::records::StoreError;

/// Most connections kept for the next read; more are opened when more read at once.
const IDLE_MAX: usize = 8;

pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::new(Vec::new()) }
    }

    /// Reads in one snapshot. A connection that failed is not used again.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let connection = self.take()?;
        let snapshot = connection.unchecked_transaction()?;
        let found = read(&snapshot)?;
        snapshot.finish()?;
        self.keep(connection);
        Ok(found)
    }

    /// A connection of one's own.
    pub(super) fn take(&self) -> Result<Connection, StoreError> {
        let idle = self.lock().pop();
        match idle {
            Some(connection) => Ok(connection),
            None => connection::reader(&self.path),
        }
    }

    /// Closes those that are idle.
    pub(super) fn close(&self) {
        self.lock().clear();
    }

    fn keep(&self, connection: Connection) {
        let mut idle = self.lock();
        if idle.len() < IDLE_MAX {
            idle.push(connection);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
