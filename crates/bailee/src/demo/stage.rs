//! Where the story plays: a throw-away directory, and a way to run commands in it for everybody to see.

use std::fs;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bailee_core::{Entropy, RecordId};
use bailee_crypto::random::SystemEntropy;

use super::Interrupts;
use crate::failure::{Exit, Failure, Result};
use crate::screen::{BAD, BOLD, DIM, Screen};
use crate::session::KEY_VARIABLE;

/// Most lines of an answer that are shown.
const LINES_SHOWN_MAX: usize = 14;
/// Most characters of a line that are shown.
const LINE_CHARS_MAX: usize = 118;

/// The throw-away directory. Taken away when the story ends.
pub(super) struct Stage<'i> {
    pub(super) screen: Screen,
    interrupts: &'i Interrupts,
    directory: PathBuf,
    program: PathBuf,
}

/// A command of the story.
#[derive(Default)]
pub(super) struct Line<'a> {
    /// Its words after `bailee`.
    pub(super) words: &'a [&'a str],
    /// What it reads.
    pub(super) stdin: &'a str,
    /// The service whose key it shows, instead of a session.
    pub(super) key: Option<&'a str>,
    /// How it must end.
    pub(super) ends: u8,
    /// Whether nothing of it is shown.
    pub(super) quiet: bool,
}

impl<'i> Stage<'i> {
    /// Makes the directory, below the system's temporary one and for this user only.
    pub(super) fn set(screen: Screen, interrupts: &'i Interrupts) -> Result<Self> {
        let program =
            std::env::current_exe().map_err(|_| Failure::failed("the program does not find itself"))?;
        let entropy: &dyn Entropy = &SystemEntropy;
        let directory = std::env::temp_dir().join(format!("bailee-demo-{}", RecordId::random(entropy)));
        let made = fs::DirBuilder::new().mode(0o700).create(&directory);
        made.map_err(|error| Failure::file(&directory, &error))?;
        Ok(Self { screen, interrupts, directory, program })
    }

    /// A file or directory of the story.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The program itself.
    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    /// Begins a chapter.
    pub(super) fn chapter(&self, title: &str) -> Result<()> {
        self.screen.line("")?;
        self.screen.heading(title)
    }

    /// Says something.
    pub(super) fn say(&self, text: impl std::fmt::Display) -> Result<()> {
        self.screen.line(text)
    }

    /// Runs a command that must end well, and shows it.
    pub(super) fn run(&self, words: &[&str]) -> Result<String> {
        self.play(&Line { words, ..Line::default() })
    }

    /// Runs a command and shows it with its answer. Ends the story when it does not end as it must.
    pub(super) fn play(&self, line: &Line<'_>) -> Result<String> {
        if self.interrupts.is_heard() {
            return Err(Failure::failed("the story was interrupted; its home was taken away"));
        }
        if !line.quiet {
            let key = line.key.map(|_| "BAILEE_KEY=… ").unwrap_or_default();
            self.screen.line(format_args!("{BOLD}  $ {key}bailee {}{BOLD:#}", spoken(line.words)))?;
        }
        let (status, out, err) = self.execute(line)?;
        if !line.quiet || status != line.ends {
            self.show(&out, DIM)?;
            self.show(&err, if status == 0 { DIM } else { BAD })?;
        }
        if status != line.ends {
            return Err(Failure::failed(format_args!(
                "the story stopped: `bailee {}` ended with status {status} instead of {}",
                spoken(line.words),
                line.ends
            )));
        }
        if status != Exit::Done as u8 && !line.quiet {
            self.screen.line(format_args!("{DIM}  (exit status {status}){DIM:#}"))?;
        }
        Ok(out)
    }

    fn execute(&self, line: &Line<'_>) -> Result<(u8, String, String)> {
        let lost = |_| Failure::failed("the program could not be run again");
        let mut command = Command::new(&self.program);
        command
            .args(line.words)
            .current_dir(&self.directory)
            .env_remove("BAILEE_LOG")
            .env_remove(KEY_VARIABLE)
            .env("BAILEE_HOME", "home")
            .env("XDG_STATE_HOME", self.path("state"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(key) = line.key {
            command.env(KEY_VARIABLE, key);
        }
        let mut child = command.spawn().map_err(lost)?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that does not read closes its end early.
            let _ = stdin.write_all(line.stdin.as_bytes());
        }
        let ended = child.wait_with_output().map_err(lost)?;
        let status = ended.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX);
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok((status, text(ended.stdout), text(ended.stderr)))
    }

    /// Shows an answer, indented; a long one by its beginning.
    pub(super) fn show(&self, text: &str, style: anstyle::Style) -> Result<()> {
        let lines = text.lines().count();
        for line in text.lines().take(LINES_SHOWN_MAX) {
            let shown: String = line.chars().take(LINE_CHARS_MAX).collect();
            let more = if shown.len() < line.len() { "…" } else { "" };
            self.screen.line(format_args!("{style}    {shown}{more}{style:#}"))?;
        }
        match lines.checked_sub(LINES_SHOWN_MAX) {
            Some(more) if more > 0 => {
                self.screen.line(format_args!("{style}    … {more} lines more{style:#}"))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        // The last thing this process does: there is nobody left to tell.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// A command as a person would type it.
fn spoken(words: &[&str]) -> String {
    let quoted = words.iter().map(|word| match word.contains([' ', '<', '*']) {
        true => format!("'{word}'"),
        false => (*word).to_owned(),
    });
    quoted.collect::<Vec<_>>().join(" ")
}
