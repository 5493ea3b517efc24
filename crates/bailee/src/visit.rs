//! A command's visit to a home: the home, its client, and the screen.

use std::path::{Path, PathBuf};

use bailee_core::Timestamp;
use bailee_crypto::keyring::{MirrorState, Repair};

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
        visit.tell_repairs();
        let done = command(&visit);
        let anchored = visit.home.anchor();
        let exit = done?;
        anchored?;
        Ok(exit)
    }
}

impl Visit {
    /// A mirror that was mended is told: what had been there before may still exist somewhere.
    fn tell_repairs(&self) {
        for Repair { mirror, was } in self.home.repairs() {
            let words = match was {
                MirrorState::Unreachable => {
                    "cannot be reached; until it is back nothing new is sealed or destroyed"
                }
                MirrorState::Behind => "was behind and has been brought up to date",
                MirrorState::Empty => {
                    "was empty and has been filled; if its disk was taken away, destroy that disk"
                }
                MirrorState::Damaged | MirrorState::Current => "was damaged and has been mended",
            };
            self.screen.note(format_args!("the mirror {} {words}", mirror.display()));
        }
    }

    pub(crate) fn root(&self) -> &Path {
        self.home.root()
    }
}
