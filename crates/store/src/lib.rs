//! What is kept: records, registers, ledger, leases. One small trait each; SQLite now, PostgreSQL later, one
//! conformance suite for both.

pub mod act;
pub mod records;
pub mod sqlite;
