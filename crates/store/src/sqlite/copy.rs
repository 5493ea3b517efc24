//! A database as a file of its own: made of one that is in use, and looked at or taken up where nobody works on it.

use std::path::Path;

use bailee_ledger::note::Signer;
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
