//! SQLite's failures as the store's own. The class is kept; the text, which can carry values, is dropped.

use rusqlite::{Error, ErrorCode, ffi};

use crate::records::StoreError;

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::SqliteFailure(failure, _) => of_code(failure),
            // A row that is not of the shape in which it was written.
            Error::InvalidColumnType(..)
            | Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::QueryReturnedNoRows
            | Error::Utf8Error(..) => Self::Damaged,
            _ => Self::Unusable("internal"),
        }
    }
}

fn of_code(failure: ffi::Error) -> StoreError {
    match failure.code {
        ErrorCode::ConstraintViolation => StoreError::Conflict,
        ErrorCode::DiskFull => StoreError::DiskFull,
        // The shared-memory file could not grow: SQLite reports a full disk there as an I/O error.
        ErrorCode::SystemIoFailure if failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE => {
            StoreError::DiskFull
        }
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Damaged,
        ErrorCode::SystemIoFailure => StoreError::Unusable("input-output"),
        ErrorCode::CannotOpen => StoreError::Unusable("cannot-open"),
        ErrorCode::ReadOnly => StoreError::Unusable("read-only"),
        ErrorCode::PermissionDenied => StoreError::Unusable("permission-denied"),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Unusable("busy"),
        ErrorCode::OutOfMemory => StoreError::Unusable("out-of-memory"),
        ErrorCode::TooBig => StoreError::Unusable("too-big"),
        _ => StoreError::Unusable("internal"),
    }
}
