//! Inputs of a command that takes several: one that cannot be used does not keep the others out.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use axum::http::StatusCode;

use super::emission::is_standard;
use crate::client::Refusal;
use crate::failure::{Failure, Result};
use crate::screen::shown;

/// Why an input was not taken in.
pub(super) enum NotTaken {
    /// It is the input's fault, in words: the others may be better.
    Input(String),
    /// It would be the same with any input.
    Any(Failure),
}

impl NotTaken {
    fn input(failure: Failure) -> Self {
        match failure {
            Failure::Said { words, .. } => Self::Input(words),
            closed @ Failure::PipeClosed => Self::Any(closed),
        }
    }

    /// What a refusal of an input means for the others.
    pub(super) fn of(file: &Path, refusal: Refusal) -> Self {
        let of_input = refusal.status == StatusCode::UNPROCESSABLE_ENTITY;
        let failure = match Failure::from(refusal) {
            Failure::Said { exit, words } => Failure::new(exit, format_args!("{}: {words}", shown(file))),
            closed @ Failure::PipeClosed => closed,
        };
        if of_input { Self::input(failure) } else { Self::Any(failure) }
    }
}

/// An input and, when it is known, its length.
pub(super) fn open(file: &Path) -> std::result::Result<(Box<dyn Read + Send>, Option<u64>), NotTaken> {
    try_open(file).map_err(NotTaken::input)
}

fn try_open(file: &Path) -> Result<(Box<dyn Read + Send>, Option<u64>)> {
    if is_standard(file) {
        return Ok((Box::new(io::stdin()), None));
    }
    let unusable = |error| Failure::file(file, &error);
    let opened = File::open(file).map_err(unusable)?;
    let about = opened.metadata().map_err(unusable)?;
    if about.is_dir() {
        return Err(Failure::failed(format_args!("{} is a directory; name the files in it", shown(file))));
    }
    Ok((Box::new(opened), about.is_file().then_some(about.len())))
}
