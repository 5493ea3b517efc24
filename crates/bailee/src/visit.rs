//! A command's visit to a home, by whatever way it is reached: in process, by a running server's socket, or elsewhere.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bailee_core::{Sensitive, Timestamp};
use bailee_crypto::keyring::{MirrorState, Repair};
use bailee_server::listener;

use crate::client::{Client, ClientIdentity, Remote, ServerAddress, Transport};
use crate::failure::{Exit, Failure, Result};
use crate::home::config::Config;
use crate::home::{self, Home};
use crate::screen::Screen;
use crate::state::Place;
use crate::{commands, serve, session};

/// How long a command hands notices to the mail server at its end; what is left then stays for the next.
const NOTICES_LIMIT: Duration = Duration::from_secs(10);

/// What every command is given.
pub(crate) struct Global {
    pub(crate) home: PathBuf,
    pub(crate) server: Option<ServerAddress>,
    pub(crate) now: Option<Timestamp>,
    /// Whether this machine is being enrolled: what it was enrolled as before is not shown.
    pub(crate) enrols: bool,
    pub(crate) screen: Screen,
}

/// A home with a client to it. The client goes first: the home's lock is given back when nothing holds the store.
pub(crate) struct Visit {
    pub(crate) client: Client,
    /// What this user keeps of it.
    pub(crate) state: Place,
    pub(crate) screen: Screen,
    /// The enrolled device that it shows, as it was when the command began.
    pub(crate) device: Option<ClientIdentity>,
    at: At,
}

/// Where the home is.
enum At {
    /// Here, and nobody else works on it.
    Open(Home),
    /// Here, and a server works on it.
    Served { root: PathBuf, config: Config },
    /// Somewhere else.
    Remote,
}

impl Global {
    /// Runs a command on the home. Where no server does it, the newest checkpoint leaves the home afterwards, whatever
    /// became of the command.
    pub(crate) fn visit(&self, command: impl FnOnce(&Visit) -> Result<Exit>) -> Result<Exit> {
        self.visit_with(None, command)
    }

    /// The same with the passphrase of the root key, for a command that has come by it already.
    pub(crate) fn visit_with(
        &self,
        passphrase: Option<&Sensitive<String>>,
        command: impl FnOnce(&Visit) -> Result<Exit>,
    ) -> Result<Exit> {
        let visit = match &self.server {
            Some(server) => self.remote(server)?,
            None => self.here(passphrase)?,
        };
        let done = command(&visit);
        if visit.client.device_ends_soon() {
            commands::device::renew_in_passing(&visit);
        }
        // What cannot be written of it is written the next time: the message is sent again then.
        if let At::Open(home) = &visit.at
            && !home.deliver(NOTICES_LIMIT).unwrap_or(false)
        {
            self.screen.note(
                "a notice could not be sent by mail; the next command tries again, see `bailee mail test`",
            );
        }
        let anchored = match &visit.at {
            At::Open(home) => home.anchor(),
            At::Served { .. } | At::Remote => Ok(()),
        };
        let exit = done?;
        anchored?;
        Ok(exit)
    }

    /// Refuses the address of a server to a command that asks none: it would do something else than was meant.
    pub(crate) fn refuse_server(&self) -> Result<()> {
        match self.server {
            Some(_) => Err(Failure::usage("this command works on this machine; leave out --server")),
            None => Ok(()),
        }
    }

    fn remote(&self, server: &ServerAddress) -> Result<Visit> {
        self.refuse_time("the time of a home elsewhere")?;
        let state = server.state();
        let identity = ClientIdentity::given()?;
        // Who shows a certificate is the service that has it, whoever has logged in here; and so is who shows a key.
        let device = match identity.is_some() || session::key().is_some() || self.enrols {
            true => None,
            false => ClientIdentity::of_device(&state)?,
        };
        let bearer = if identity.is_some() { session::key() } else { session::bearer(&state) };
        let remote = Remote::new(server.clone(), self.screen).showing(identity.or(device.clone()));
        let mut client = Client::new(Transport::Remote(remote), bearer)?;
        if device.is_some() {
            client = client.on_device();
        }
        Ok(Visit { client, state, screen: self.screen, device, at: At::Remote })
    }

    /// The home on this machine: by the server that runs on it, else by itself.
    fn here(&self, passphrase: Option<&Sensitive<String>>) -> Result<Visit> {
        if let Some(visit) = self.served()? {
            return Ok(visit);
        }
        // A server that has just begun holds the lock before it has its socket.
        let home = match Home::open_unless(&self.home, self.now, passphrase, || answers(&self.home)) {
            Ok(home) => home,
            Err(failure) => return self.served()?.ok_or(failure),
        };
        tell_repairs(&home, |words| self.screen.note(words));
        let state = Place::home(home.config().id);
        let client = Client::new(home.router(), session::bearer(&state))?;
        Ok(Visit { client, state, screen: self.screen, device: None, at: At::Open(home) })
    }

    /// The home by the socket of a server, where one answers.
    fn served(&self) -> Result<Option<Visit>> {
        if !answers(&self.home) {
            return Ok(None);
        }
        self.refuse_time("the time of a home on which a server runs")?;
        let config = Config::read(&self.home)?;
        let state = Place::home(config.id);
        let client = Client::new(Transport::Socket(serve::socket(&self.home)), session::bearer(&state))?;
        let at = At::Served { root: self.home.clone(), config };
        Ok(Some(Visit { client, state, screen: self.screen, device: None, at }))
    }

    fn refuse_time(&self, whose: &str) -> Result<()> {
        match self.now {
            Some(_) => Err(Failure::usage(format_args!(
                "{whose} cannot be set; stop the server, and start it with --now"
            ))),
            None => Ok(()),
        }
    }
}

impl Visit {
    /// The home's directory.
    pub(crate) fn root(&self) -> Result<&Path> {
        match &self.at {
            At::Open(home) => Ok(home.root()),
            At::Served { root, .. } => Ok(root),
            At::Remote => Err(elsewhere()),
        }
    }

    /// What the home is set to.
    pub(crate) fn config(&self) -> Result<&Config> {
        match &self.at {
            At::Open(home) => Ok(home.config()),
            At::Served { config, .. } => Ok(config),
            At::Remote => Err(elsewhere()),
        }
    }

    /// Whether the home is on another machine, so that nothing of it can be touched by a name here.
    pub(crate) fn is_remote(&self) -> bool {
        matches!(self.at, At::Remote)
    }

    /// Every checkpoint of the home that is on this machine.
    pub(crate) fn known_checkpoints(&self) -> Result<Vec<String>> {
        match &self.at {
            At::Open(home) => home.known_checkpoints(),
            At::Served { root, config } => home::known_checkpoints(root, config),
            At::Remote => Ok(Vec::new()),
        }
    }
}

/// Whether a server answers at the socket of a home.
fn answers(home: &Path) -> bool {
    listener::connect_now(&serve::socket(home)).is_ok()
}

/// That a command cannot be run on a home elsewhere.
pub(crate) fn elsewhere() -> Failure {
    Failure::failed("this touches files of the home; run it on its machine, without --server")
}

/// A mirror that was mended is told: what had been there before may still exist somewhere.
pub(crate) fn tell_repairs(home: &Home, tell: impl Fn(String)) {
    for Repair { mirror, was } in home.repairs() {
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
        tell(format!("the mirror {} {words}", mirror.display()));
    }
}
