//! A command's visit to a home: the home, its client, and the screen.

use std::path::{Path, PathBuf};

use bailee_core::Timestamp;

use crate::client::Client;
use crate::failure::{Exit, Result};
use crate::home::Home;
use crate::screen::Screen;
use crate::session;

/// What every command is given.
pub(crate) struct Global {
    pub(crate) home: PathBuf,
    pub(crate) now: Option<Timestamp>,
    pub(crate) screen: Screen,
}

/// An open home with a client. The client goes first: the home's lock is given back when nothing holds the store.
pub(crate) struct Visit {
    pub(crate) client: Client,
    pub(crate) home: Home,
    pub(crate) screen: Screen,
}

impl Global {
    /// Runs a command on the home. Whatever becomes of it, the newest checkpoint leaves the home afterwards.
    pub(crate) fn visit(&self, command: impl FnOnce(&Visit) -> Result<Exit>) -> Result<Exit> {
        let home = Home::open(&self.home, self.now)?;
        let client = Client::new(home.router(), session::bearer(home.config().id))?;
        let visit = Visit { client, home, screen: self.screen };
        let done = command(&visit);
        let anchored = visit.home.anchor();
        let exit = done?;
        anchored?;
        Ok(exit)
    }
}

impl Visit {
    pub(crate) fn root(&self) -> &Path {
        self.home.root()
    }
}
