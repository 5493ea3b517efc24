//! How a command ends: its exit status, and the one line that says what is wrong and what to do.

use std::fmt;
use std::io;

/// Exit statuses. Scripts depend on them: never renumbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// Asked in a way that cannot be understood.
    Usage = 2,
    /// Done, but some input was quarantined.
    Quarantined = 3,
    /// Denied.
    Denied = 4,
    /// Not found, or gone.
    NotFound = 5,
    /// A verification failed.
    VerificationFailed = 6,
    /// Interrupted twice, as shells know it.
    Interrupted = 130,
    /// Told to end, as shells know it.
    Terminated = 143,
}

/// Why a command did not end well.
#[derive(Debug)]
pub(crate) enum Failure {
    /// To be said on one line of stderr.
    Said {
        /// The status to exit with.
        exit: Exit,
        /// The line. Never a plaintext value.
        words: String,
    },
    /// Whoever read our output has stopped reading: no error at all.
    PipeClosed,
}

/// What commands return.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub(crate) fn new(exit: Exit, words: impl fmt::Display) -> Self {
        Self::Said { exit, words: words.to_string() }
    }

    pub(crate) fn failed(words: impl fmt::Display) -> Self {
        Self::new(Exit::Failed, words)
    }

    pub(crate) fn usage(words: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, words)
    }

    /// The same, with what is to be known beside it.
    pub(crate) fn and(self, more: impl fmt::Display) -> Self {
        match self {
            Self::Said { exit, words } => Self::new(exit, format_args!("{words}; {more}")),
            Self::PipeClosed => Self::PipeClosed,
        }
    }

    /// A file that could not be used.
    pub(crate) fn file(path: &std::path::Path, error: &io::Error) -> Self {
        let path = path.display();
        match error.kind() {
            io::ErrorKind::NotFound => Self::failed(format_args!(
                "{path} is not there, or a directory on the way to it is not; check its name"
            )),
            io::ErrorKind::PermissionDenied => Self::failed(format_args!(
                "{path} cannot be used: permission denied; run this as a user who may, or change its rights"
            )),
            kind => Self::failed(format_args!("{path} cannot be used: {kind}")),
        }
    }

    /// An error of writing to stdout.
    pub(crate) fn stdout(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::PipeClosed,
            kind => Self::failed(format_args!("the output cannot be written: {kind}")),
        }
    }
}
