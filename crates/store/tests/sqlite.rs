//! The conformance suite on SQLite.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    unreachable_pub,
    reason = "tests may fail loudly"
)]

mod conformance;

use std::sync::Arc;

use bailee_store::records::Store;
use bailee_store::sqlite::Sqlite;
use conformance::home::{Counting, Home, signer};
use tempfile::TempDir;

struct SqliteHome {
    store: Option<Sqlite>,
    directory: TempDir,
}

fn make() -> SqliteHome {
    let mut home = SqliteHome { store: None, directory: TempDir::new().unwrap() };
    home.reopen();
    home
}

impl Home for SqliteHome {
    fn store(&self) -> &dyn Store {
        self.store.as_ref().unwrap()
    }

    fn reopen(&mut self) {
        self.store = None;
        let path = self.directory.path().join("store.db");
        self.store = Some(Sqlite::open(&path, signer(), Arc::new(Counting::default())).unwrap());
    }
}

conformance::suite!(make);
