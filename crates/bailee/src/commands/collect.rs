//! `bailee collect`: takes documents in.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bailee_core::{Json, SellerId, Timestamp};
use bailee_intake::source::Charset;
use bailee_ledger::event::Counts;
use bailee_server::Tick;
use clap::Args;
use serde::Serialize;

use super::bar::Bar;
use super::counts;
use super::detection::{self, Heard};
use super::emission::{Emission, is_standard};
use super::input::{NotTaken, open};
use crate::client::{Interrupts, encoded};
use crate::failure::{Exit, Failure, Result};
use crate::screen::{DIM, Screen, shown};
use crate::visit::Visit;

/// Take orders in: verify, clean, seal. What fails verification goes into quarantine; the rest goes in.
///
/// The same document twice changes nothing, and an older one never overwrites a newer one.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  bailee collect --seller ALPHA orders.json
  bailee collect --seller ALPHA --emit tokens.ndjson orders-*.json
  bailee synth --orders 100 | bailee collect --seller ALPHA -

Formats: both generations of the Orders API, reports as tables and in XML, shipments, returns, and
what a mapping file of your own reads. `bailee mapping list` names them; which it is shows in the
first bytes, unless --format says it.
Inputs may be gzip, or zip archives of one file; neither needs to be named. Orders whose character set is not certain
go into quarantine, as do those that cannot be in the one that was named.
Ctrl-C ends after the batch on its way: what is in stays, and the same command goes on from there.
Exit status 3: done, but some orders were quarantined; `bailee quarantine list` says why.")]
pub(crate) struct Collect {
    /// Whose orders they are.
    #[arg(long, value_name = "S")]
    seller: SellerId,

    /// The format, instead of having it detected.
    #[arg(long, value_name = "F")]
    format: Option<String>,

    /// The character set, instead of having it decided: utf-8, utf-16le, utf-16be, windows-1252, iso-8859-1,
    /// iso-8859-15, shift_jis, gb18030, big5.
    #[arg(long, value_name = "C", value_parser = crate::usage::charset)]
    charset: Option<Charset>,

    /// As of when the input speaks: when it was fetched from Amazon. Never in the future.
    #[arg(long, value_name = "RFC3339", value_parser = crate::usage::time)]
    as_of: Option<Timestamp>,

    /// Write the documents with tokens in the place of personal data to this file (`-`: standard output).
    ///
    /// A file appears whole or not at all, and replaces one of that name. Never one of the inputs, nor anything of the
    /// home.
    #[arg(long, value_name = "FILE")]
    emit: Option<PathBuf>,

    /// The files to take in; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// What of an input is in by now.
#[derive(Clone, Copy, Default)]
struct WentIn {
    counts: Counts,
    /// Values that had lost letters already at the source.
    lost: u64,
}

/// Says of so many values that letters of theirs are gone.
pub(super) fn tell_lost(screen: Screen, of: impl std::fmt::Display, lost: u64) {
    if lost > 0 {
        screen.note(format_args!(
            "{of}: {} had lost letters before they came here (such as `?` in their place); fetch them again, or ask before a parcel leaves",
            counts::of(lost, "value")
        ));
    }
}

/// What became of the orders, over all inputs.
#[derive(Debug, Default, Serialize)]
pub(super) struct Summary {
    read: u64,
    collected: u64,
    updated: u64,
    unchanged: u64,
    past_retention: u64,
    quarantined: u64,
    seconds: f64,
}

impl Collect {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let mut summary = Summary::default();
        let mut bad = Vec::new();
        let emit = |place: &PathBuf| Emission::begin(visit, place, &self.files);
        let mut emission = self.emit.as_ref().map(emit).transpose()?;
        let mut interrupts = visit.client.interrupts(emission.as_ref().is_some_and(Emission::is_draft))?;
        for file in &self.files {
            let documents = emission.as_mut().map(Emission::out);
            let mut went_in = WentIn::default();
            let answer = self.collect(visit, file, documents, &mut interrupts, &mut went_in);
            tell_lost(visit.screen, shown(file), went_in.lost);
            if answer.is_err() {
                summary.add_counts(&went_in.counts);
            }
            match answer {
                Ok(answer) => summary.add(&answer),
                Err(NotTaken::Input(words)) => bad.push(words),
                Err(NotTaken::Any(failure)) => {
                    summary.show_so_far(visit)?;
                    return Err(failure);
                }
            }
        }
        if !bad.is_empty() {
            // The emission is whole or not at all: it is dropped.
            summary.show_so_far(visit)?;
            if let Some(place) = &self.emit
                && emission.as_ref().is_some_and(Emission::is_draft)
            {
                visit
                    .screen
                    .note(format_args!("{} is not complete, so no file was made of it", shown(place)));
            }
            return Err(Failure::failed(bad.join("; ")));
        }
        let on_stdout = self.emit.as_deref().is_some_and(is_standard);
        if let Some(emission) = emission {
            emission.finish()?;
        }
        summary.show(visit, on_stdout)?;
        Ok(if summary.quarantined > 0 { Exit::Quarantined } else { Exit::Done })
    }

    fn collect(
        &self,
        visit: &Visit,
        file: &Path,
        documents: Option<&mut dyn Write>,
        interrupts: &mut Interrupts,
        went_in: &mut WentIn,
    ) -> std::result::Result<Json, NotTaken> {
        let (input, bytes) = open(file)?;
        let charset = self.charset.or_else(|| detection::ask(visit.screen, file));
        let (bar, heard) = (Bar::new(bytes), Heard::default());
        let so_far = Arc::new(Mutex::new(WentIn::default()));
        let (moved, hears, counting) = (bar.clone(), heard.clone(), Arc::clone(&so_far));
        let path = self.path(file, charset);
        let answer = visit.client.collect(&path, input, documents, interrupts, move |tick| match tick {
            Tick::Detected(detected) => hears.hear(detected),
            Tick::Collected { bytes, counts, lost } => {
                moved.show(bytes, counts.read);
                *counting.lock().unwrap_or_else(PoisonError::into_inner) = WentIn { counts, lost };
            }
            Tick::BackedUp { .. } | Tick::Destroyed { .. } | Tick::Looked { .. } => {}
        });
        bar.end();
        *went_in = *so_far.lock().unwrap_or_else(PoisonError::into_inner);
        // Over a wire nothing is heard before the end.
        if let Ok(answer) = &answer {
            went_in.lost = count(answer, "lost_letters");
        }
        // Of what nothing went in, nothing that was found out matters.
        if answer.is_ok() || went_in.counts.read > 0 {
            heard.show(visit.screen, file);
        }
        answer.map_err(|refusal| NotTaken::of(file, refusal))
    }

    fn path(&self, file: &Path, charset: Option<Charset>) -> String {
        let mut path =
            format!("/v1/sellers/{}/orders:collect?source={}", self.seller, encoded(&source(file)));
        if let Some(format) = &self.format {
            path.push_str(&format!("&format={}", encoded(format)));
        }
        if let Some(charset) = charset {
            path.push_str(&format!("&charset={charset}"));
        }
        if let Some(as_of) = self.as_of {
            path.push_str(&format!("&as_of={}", encoded(&as_of.to_string())));
        }
        path
    }
}

/// What quarantine calls an input: the file's name, without where it lies.
fn source(file: &Path) -> String {
    file.file_name().map_or_else(|| "-".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// A number of an answer; none where it says nothing of it.
pub(super) fn count(answer: &Json, name: &str) -> u64 {
    match answer.member(name) {
        Some(Json::Integer(count)) => u64::try_from(*count).unwrap_or(0),
        _ => 0,
    }
}

impl Summary {
    pub(super) fn is_quarantined(&self) -> bool {
        self.quarantined > 0
    }

    pub(super) fn add(&mut self, answer: &Json) {
        let count = |name| count(answer, name);
        self.read += count("read");
        self.collected += count("collected");
        self.updated += count("updated");
        self.unchanged += count("unchanged");
        self.past_retention += count("past_retention");
        self.quarantined += count("quarantined");
        self.seconds += match answer.member("seconds") {
            Some(Json::Float(seconds)) => *seconds,
            _ => 0.0,
        };
    }

    /// Adds what went in of an input that came to no good end.
    fn add_counts(&mut self, counts: &Counts) {
        self.read += counts.read;
        self.collected += counts.collected;
        self.updated += counts.updated;
        self.unchanged += counts.unchanged;
        self.past_retention += counts.past_retention;
        self.quarantined += counts.quarantined;
    }

    /// Shows on stderr what went in before or beside what failed, when anything did.
    pub(super) fn show_so_far(&self, visit: &Visit) -> Result<()> {
        if self.read > 0 { self.show(visit, true) } else { Ok(()) }
    }

    /// Shows it; on stderr, when the documents went to stdout.
    pub(super) fn show(&self, visit: &Visit, on_stderr: bool) -> Result<()> {
        let told = counts::told(&[
            (self.collected, "new"),
            (self.updated, "updated"),
            (self.unchanged, "unchanged"),
            (self.past_retention, "past retention"),
            (self.quarantined, "quarantined"),
        ]);
        let line = format!("{} read in {:.1} s: {told}", self.read, self.seconds);
        counts::show(visit, self, &line, on_stderr)?;
        if self.quarantined > 0 && !visit.screen.is_json() {
            visit.screen.note(format_args!("{DIM}`bailee quarantine list` says why{DIM:#}"));
        }
        Ok(())
    }
}
