//! The file of a Unix socket: for its owner alone, and gone when its server is.

use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fd::{AsRawFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use tokio::net::{UnixListener, UnixStream};

/// Most bytes of a socket's path that the system takes, its end included (`sun_path`).
const PATH_BYTES_MAX: usize = 108;

/// A socket that is bound. Its file is removed on drop.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    /// Device and number of the file, so that none but this one is removed.
    file: (u64, u64),
}

/// Why a socket cannot be bound.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Another server answers at it.
    #[error("another server answers at this socket; stop it first")]
    Live,
    /// Something else has its name.
    #[error("what is there is no socket; it was left as it is")]
    Foreign,
    /// Its directory is open to others.
    #[error("the socket's directory is not for its owner alone; give it the mode 0700")]
    Shared,
    /// The system refused.
    #[error("the socket cannot be made: {0}")]
    System(ErrorKind),
}

impl From<io::Error> for SocketError {
    fn from(error: io::Error) -> Self {
        Self::System(error.kind())
    }
}

impl SocketFile {
    /// Binds a socket of mode 0600 in a directory of mode 0700, which is made when it is missing. What a dead server left
    /// behind is replaced, a live one is not. Must be called inside the runtime.
    ///
    /// # Errors
    /// [`SocketError`].
    pub fn bind(path: &Path) -> Result<(UnixListener, Self), SocketError> {
        let directory =
            path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match std::fs::DirBuilder::new().mode(0o700).create(directory) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error.into()),
            _ => {}
        }
        // Between its making and its mode nobody else can reach it: the directory keeps them out.
        let about = std::fs::metadata(directory)?;
        if about.permissions().mode() & 0o077 != 0 || about.uid() != rustix::process::geteuid().as_raw() {
            return Err(SocketError::Shared);
        }
        remove_dead(path)?;
        let listener = UnixListener::bind(Reach::of(path)?.path())?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        let made = std::fs::symlink_metadata(path)?;
        Ok((listener, Self { path: path.to_owned(), file: (made.dev(), made.ino()) }))
    }
}

/// Connects to a socket, however long its path is.
///
/// # Errors
/// Those of the system.
pub async fn connect(path: &Path) -> io::Result<UnixStream> {
    UnixStream::connect(Reach::of(path)?.path()).await
}

/// The same, on a thread that may block: for whoever only asks whether somebody answers.
///
/// # Errors
/// Those of the system.
pub fn connect_now(path: &Path) -> io::Result<std::os::unix::net::UnixStream> {
    std::os::unix::net::UnixStream::connect(Reach::of(path)?.path())
}

/// A way to a socket that is short enough for the system: a long one goes by a descriptor of its directory.
struct Reach {
    path: PathBuf,
    /// Held for as long as the way is used.
    _directory: Option<OwnedFd>,
}

impl Reach {
    fn of(path: &Path) -> io::Result<Self> {
        if path.as_os_str().len() < PATH_BYTES_MAX {
            return Ok(Self { path: path.to_owned(), _directory: None });
        }
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(ErrorKind::InvalidInput.into());
        };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::open(directory, flags, Mode::empty())?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", directory.as_raw_fd())).join(name);
        Ok(Self { path, _directory: Some(directory) })
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

/// Removes a socket at which nobody answers.
fn remove_dead(path: &Path) -> Result<(), SocketError> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
        Ok(about) if !about.file_type().is_socket() => return Err(SocketError::Foreign),
        Ok(_) => {}
    }
    match connect_now(path) {
        Ok(_) => Err(SocketError::Live),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(std::fs::remove_file(path)?),
        Err(error) => Err(error.into()),
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let made = std::fs::symlink_metadata(&self.path);
        if made.is_ok_and(|about| (about.dev(), about.ino()) == self.file) {
            // The process is ending: there is nobody left to tell.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_dead_servers_socket_is_replaced_and_a_live_ones_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run/socket");
        let (listener, file) = SocketFile::bind(&path).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert!(matches!(SocketFile::bind(&path), Err(SocketError::Live)));
        // As after a kill: nobody listens, and nobody has removed the file.
        drop(listener);
        std::mem::forget(file);
        let (listener, file) = SocketFile::bind(&path).unwrap();
        drop((listener, file));
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_socket_may_have_a_long_path() {
        let directory = tempfile::tempdir().unwrap();
        for bytes in [PATH_BYTES_MAX - 1, PATH_BYTES_MAX, 2 * PATH_BYTES_MAX] {
            let name = "x".repeat(bytes - directory.path().as_os_str().len() - "/".len() - "/socket".len());
            let path = directory.path().join(name).join("socket");
            assert_eq!(path.as_os_str().len(), bytes);
            let (_listener, file) = SocketFile::bind(&path).unwrap();
            connect(&path).await.unwrap();
            assert!(matches!(SocketFile::bind(&path), Err(SocketError::Live)));
            drop(file);
            assert!(!path.exists());
        }
    }

    #[tokio::test]
    async fn what_is_no_socket_is_left_alone_and_a_shared_directory_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = directory.path().join("socket");
        assert!(matches!(SocketFile::bind(&path), Err(SocketError::Shared)));
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        std::fs::File::create_new(&path).unwrap();
        assert!(matches!(SocketFile::bind(&path), Err(SocketError::Foreign)));
        assert!(path.is_file());
    }
}
