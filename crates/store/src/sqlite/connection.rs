//! How the database is opened: its file's mode, its settings, its schema.

use std::fs::OpenOptions;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::migrations::{KNOWN, STEPS};
use crate::records::StoreError;

/// Marks the file as a store of Bailee: `"Bail"`.
const APPLICATION_ID: i32 = 0x4261_696c;

/// How long to wait for a lock that only another program can hold (a backup tool, a shell).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Memory of the writer's page cache, in KiB: the pages of a batch fit in it; behind it is the system's own cache.
const WRITER_CACHE_KIB: i32 = 24 * 1024;
/// Memory of a reader's page cache, in KiB; the system's own cache is behind it.
const READER_CACHE_KIB: i32 = 4 * 1024;
/// Distinct statements of this crate are fewer than this.
const STATEMENTS_MAX: usize = 64;

/// Pages of write-ahead log (4 KiB each) after which it is moved into the file: late enough that a hot page is moved
/// once for many commits.
const CHECKPOINT_PAGES: i32 = 16 * 1024;

/// Opens the database for its writer, makes it if missing, and brings its schema up to date.
pub(super) fn writer(path: &Path) -> Result<Connection, StoreError> {
    make_private(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    common(&connection, WRITER_CACHE_KIB)?;
    let found = version(&connection)?;
    // The page size must be set before the first table. 4 KiB: index terms land on random pages of their bucket, and
    // each page touched is written whole.
    connection.execute_batch("PRAGMA page_size = 4096")?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::Unusable("no-write-ahead-log"));
    }
    // FULL: a commit is on the disk when it returns. FAST: what was deleted is zeroed in pages that are written
    // anyway; more would double a sweep's writing, and what lies there is ciphertext whose key is destroyed.
    connection.execute_batch(&format!(
        "PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA secure_delete = FAST;
         PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES};
         PRAGMA journal_size_limit = {};",
        i64::from(CHECKPOINT_PAGES) * 4096
    ))?;
    migrate(&connection, found)?;
    Ok(connection)
}

/// Opens the database for reading only. The writer has opened it before.
pub(super) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    common(&connection, READER_CACHE_KIB)?;
    Ok(connection)
}

fn common(connection: &Connection, cache_kib: i32) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // A plan stays whatever is bound to it. Without this SQLite parses and plans a statement anew whenever the values of
    // a range change, which cost half of a read.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // No memory map: an I/O error there would be a signal that kills the process. Nothing spills into temporary files.
    // A schema that was tampered with runs no function of ours.
    connection.execute_batch(&format!(
        "PRAGMA cache_size = -{cache_kib};
         PRAGMA mmap_size = 0;
         PRAGMA temp_store = MEMORY;
         PRAGMA trusted_schema = OFF;
         PRAGMA foreign_keys = OFF;"
    ))?;
    Ok(())
}

/// Makes the file, readable by its owner alone, before SQLite does: the files beside it take their mode from it.
pub(super) fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|error| of_io(&error))?;
    #[cfg(unix)]
    {
        let owner_alone = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        file.set_permissions(owner_alone).map_err(|error| of_io(&error))?;
    }
    drop(file);
    Ok(())
}

fn of_io(error: &std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::DiskFull,
        std::io::ErrorKind::PermissionDenied => StoreError::Unusable("permission-denied"),
        std::io::ErrorKind::ReadOnlyFilesystem => StoreError::Unusable("read-only"),
        _ => StoreError::Unusable("cannot-open"),
    }
}

/// The schema's version, 0 of a new file. Refuses what is no store of ours, or a newer one.
pub(super) fn version(connection: &Connection) -> Result<u32, StoreError> {
    let application: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if application == APPLICATION_ID {
        return if found > KNOWN { Err(StoreError::Newer { found, known: KNOWN }) } else { Ok(found) };
    }
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application == 0 && found == 0 && tables == 0 {
        Ok(0)
    } else {
        Err(StoreError::Unusable("not-a-store"))
    }
}

/// Takes the steps that are missing, each with its number in one transaction.
fn migrate(connection: &Connection, found: u32) -> Result<(), StoreError> {
    for step in STEPS.iter().filter(|step| step.number > found) {
        connection.execute_batch(&format!(
            "BEGIN IMMEDIATE;
             {}
             PRAGMA application_id = {APPLICATION_ID};
             PRAGMA user_version = {};
             COMMIT;",
            step.sqlite, step.number
        ))?;
    }
    Ok(())
}
