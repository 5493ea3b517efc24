//! `bailee synth profile`: what the orders of a home are like, as counts and shares.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use bailee_core::SellerId;
use bailee_intake::synth::{CELL_MIN, PROFILE_BYTES_MAX, Profile as Shape};
use clap::Args;
use serde_json::json;

use crate::commands::{catalogue, counts};
use crate::draft::Drafts;
use crate::failure::{Exit, Failure, Result};
use crate::visit::{Global, Visit};

/// Write down what the orders of a home are like, for `bailee synth --like`: counts and shares, never a value.
///
/// An officer may. Every live order is opened for it inside, and an event says so. What fewer than 5 orders or values have in common
/// is not told.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  bailee synth profile --out shape.json
  bailee synth --like shape.json --now 2026-11-01T00:00:00Z > orders.ndjson")]
pub(super) struct Profile {
    /// This seller's orders alone.
    #[arg(long, value_name = "S")]
    seller: Option<SellerId>,
    /// Where it goes. The file must not be there yet.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Profile {
    pub(super) fn run(&self, visit: &Visit) -> Result<Exit> {
        let drafts = Drafts::of([&*self.out])?;
        let shape = measured(visit, self.seller.as_ref())?;
        let mut text = serde_json::to_vec_pretty(&shape).map_err(|_| unusable())?;
        text.push(b'\n');
        drafts.write(&[&text])?;
        match visit.screen.is_json() {
            true => visit.screen.json(&json!({ "out": self.out, "orders": shape.orders }))?,
            false => visit.screen.line(format_args!(
                "the shape of {} is in {}; nothing in it is of fewer than {CELL_MIN}",
                counts::of(shape.orders, "order"),
                self.out.display()
            ))?,
        }
        Ok(Exit::Done)
    }
}

/// Measures a home's orders.
fn measured(visit: &Visit, seller: Option<&SellerId>) -> Result<Shape> {
    let query = seller.map(|seller| format!("?seller={seller}")).unwrap_or_default();
    let (bar, watch) = catalogue::progress();
    let answer = visit.client.get_watched(&format!("/v1/shape{query}"), &watch);
    bar.finish_and_clear();
    let text = serde_json::to_vec(&answer?).map_err(|_| unusable())?;
    Shape::parse(&text).map_err(Failure::failed)
}

fn unusable() -> Failure {
    Failure::failed("the answer is no profile; ask again")
}

/// That of a home of this machine, in which somebody is logged in.
pub(super) fn of_home(global: &Global, home: &Path) -> Result<Shape> {
    let mut shape = None;
    // The time that was given is the one of the orders that are made up.
    let there =
        Global { home: home.to_owned(), server: None, now: None, enrols: false, screen: global.screen };
    there.visit(|visit| {
        shape = Some(measured(visit, None)?);
        Ok(Exit::Done)
    })?;
    shape.ok_or_else(unusable)
}

/// That of a file.
pub(super) fn read(path: &Path) -> Result<Shape> {
    let failed = |error| Failure::file(path, &error);
    let mut text = Vec::new();
    // A byte more than a profile may have, so that one that is longer is found to be.
    let file = File::open(path).map_err(failed)?;
    file.take(PROFILE_BYTES_MAX as u64 + 1).read_to_end(&mut text).map_err(failed)?;
    Shape::parse(&text).map_err(|error| Failure::failed(format_args!("{}: {error}", path.display())))
}
