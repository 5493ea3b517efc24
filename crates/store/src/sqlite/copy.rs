//! A database as a file of its own: made of one that is in use, and looked at or taken up where nobody works on it.

use std::path::Path;

use bailee_ledger::event::{Entry, Event};
use bailee_ledger::log::Source;
use bailee_ledger::note::{Signer, open_checkpoint};
use rusqlite::Connection;

use super::{LedgerSource, connection, log};
use crate::records::StoreError;

/// What SQLite says of a database in which it finds nothing wrong.
const SOUND: &str = "ok";

/// Writes all that a connection sees into another file. It is built anew, table by table: free pages, and what still lies in
/// them, are not in it.
pub(super) fn snapshot(connection: &Connection, to: &Path) -> Result<(), StoreError> {
    connection::make_private(to)?;
    let name = to.to_str().ok_or(StoreError::Unusable("name-not-utf-8"))?;
    connection.execute("VACUUM INTO ?1", [name])?;
    Ok(())
}

/// A database that nobody works on: one of a backup.
pub struct Copy {
    connection: Connection,
}

impl Copy {
    /// Opens one, for reading only.
    ///
    /// # Errors
    /// [`StoreError::Newer`], [`StoreError::Damaged`] or [`StoreError::Unusable`] where it is no store.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = connection::reader(path)?;
        match connection::version(&connection)? {
            0 => Err(StoreError::Unusable("not-a-store")),
            _ => Ok(Self { connection }),
        }
    }

    /// Has the database look at all of itself.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where anything is wrong with it.
    pub fn check(&self) -> Result<(), StoreError> {
        let found: String = self.connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if found == SOUND { Ok(()) } else { Err(StoreError::Damaged) }
    }

    /// The origin of its ledger, as its checkpoint says; nothing of that is verified yet.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where it has none.
    pub fn origin(&self) -> Result<String, StoreError> {
        let checkpoint = log::checkpoint(&self.connection)?;
        checkpoint.lines().next().map(str::to_owned).ok_or(StoreError::Damaged)
    }

    /// Its ledger.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn ledger(self) -> Result<LedgerSource, StoreError> {
        LedgerSource::new(self.connection)
    }
}

/// Has the ledger of a database that nobody works on go on under another origin of its home. Its entries stay; what comes after
/// them is not of the tree before. How many entries it has.
///
/// # Errors
/// [`StoreError::Damaged`] where the ledger is not what its checkpoint signs, else what the system said. It stays as it was.
pub fn move_origin(path: &Path, from: &Signer, to: &Signer) -> Result<u64, StoreError> {
    let connection = connection::writer(path)?;
    let mut tree = log::load(&connection, from)?;
    log::sign(&connection, &mut tree, to)?;
    Ok(tree.size())
}

/// Has the ledger of a database that nobody works on take up what a verified copy of it has beyond its own end, as far as `size`,
/// and signs the whole under the origin that it has. Nothing else that those entries tell of is in the database.
///
/// # Errors
/// [`StoreError::Damaged`] where the copy is not the same ledger, or lacks an entry, else what the system said. It stays as it was.
pub fn take_up(path: &Path, signer: &Signer, copy: &dyn Source, size: u64) -> Result<(), StoreError> {
    let root = open_checkpoint(&copy.checkpoint().map_err(|_| StoreError::Damaged)?, &signer.verifier_key())
        .map_err(|_| StoreError::Damaged)?
        .root;
    let mut connection = connection::writer(path)?;
    let transaction = connection.transaction()?;
    let mut tree = log::load(&transaction, signer)?;
    while tree.size() < size {
        let bytes = copy.entry(tree.size()).ok().flatten().ok_or(StoreError::Damaged)?;
        let request = Event::parse(&bytes).map_err(|_| StoreError::Damaged)?.request;
        log::append(&transaction, &mut tree, &[Entry { request, bytes }])?;
    }
    if tree.root() != root {
        return Err(StoreError::Damaged);
    }
    log::sign(&transaction, &mut tree, signer)?;
    transaction.commit()?;
    Ok(())
}
