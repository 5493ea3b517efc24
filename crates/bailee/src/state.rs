//! The user's state directory: what this user of this machine keeps of a home or a server. Files of mode 0600.
//!
//! ```text
//! $XDG_STATE_HOME/bailee/<home id>.session        a session; of a server, its address stands in place of the id
//! $XDG_STATE_HOME/bailee/<server's address>.key   the public key by which a server is known again
//! $XDG_STATE_HOME/bailee/<server's address>.device.pem, .device.key   the certificate of this machine there, and its key
//! $XDG_STATE_HOME/bailee/<server's address>.device.lock   held by the command that changes those
//! ```

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bailee_core::HomeId;
use bailee_server::listener::PublicKeyPin;
use rustix::fs::{FlockOperation, OFlags, flock};

use crate::failure::{Failure, Result};
use crate::home::make::replace_private;

/// How often a command looks whether another has let go of what it holds.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What the files of one home or server are called.
#[derive(Clone, Debug)]
pub(crate) struct Place(String);

impl Place {
    /// A home's.
    pub(crate) fn home(id: HomeId) -> Self {
        Self(id.to_string())
    }

    /// A server's; the host is written as in an address, so it leads nowhere else.
    pub(crate) fn server(host: &str, port: u16) -> Self {
        Self(format!("{host}_{port}"))
    }

    /// Where its session is.
    pub(crate) fn session_file(&self) -> Result<PathBuf> {
        self.file("session")
    }

    /// Where the key is by which it is known again.
    pub(crate) fn pin_file(&self) -> Result<PathBuf> {
        self.file("key")
    }

    /// Where the certificate is that this machine shows there, and its key.
    pub(crate) fn device_files(&self) -> Result<[PathBuf; 2]> {
        Ok([self.file("device.pem")?, self.file("device.key")?])
    }

    /// Takes what this machine is there for this command alone, for as long as the file is held; none where another command has it.
    /// `patience` is how long that may take.
    pub(crate) fn hold_device(&self, patience: Duration) -> Result<Option<File>> {
        let path = self.file("device.lock")?;
        make_directory(&path)?;
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(false).mode(0o600);
        let file = options
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(&path)
            .map_err(|error| Failure::file(&path, &error))?;
        let begun = Instant::now();
        while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            if begun.elapsed() >= patience {
                return Ok(None);
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(Some(file))
    }

    /// That key, once it was remembered.
    pub(crate) fn pin(&self) -> Result<Option<PublicKeyPin>> {
        let path = self.pin_file()?;
        let damaged = || {
            Failure::failed(format_args!(
                "{} is damaged; remove it, and the next visit is the first",
                path.display()
            ))
        };
        match std::fs::read_to_string(&path) {
            Ok(text) => PublicKeyPin::parse(text.trim()).map(Some).ok_or_else(damaged),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::file(&path, &error)),
        }
    }

    /// Remembers it.
    pub(crate) fn remember_pin(&self, pin: PublicKeyPin) -> Result<()> {
        keep(&self.pin_file()?, &pin.to_string())
    }

    /// `$XDG_STATE_HOME/bailee/…`, by default below `~/.local/state`.
    fn file(&self, kind: &str) -> Result<PathBuf> {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let state = variable("XDG_STATE_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| variable("HOME").map(|home| home.join(".local/state")))
            .ok_or_else(|| Failure::failed("there is no place for a session: set XDG_STATE_HOME or HOME"))?;
        Ok(state.join("bailee").join(format!("{}.{kind}", self.0)))
    }
}

/// Makes the directory of a file, for this user alone.
pub(crate) fn make_directory(path: &Path) -> Result<()> {
    let Some(directory) = path.parent() else { return Ok(()) };
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(|error| Failure::file(directory, &error))
}

/// Writes a line into a file, for this user alone.
pub(crate) fn keep(path: &Path, line: &str) -> Result<()> {
    make_directory(path)?;
    replace_private(path, format!("{line}\n").as_bytes())
}
