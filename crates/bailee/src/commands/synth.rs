//! `bailee synth`: synthetic orders, for tests and test environments.

mod profile;

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use bailee_intake::synth::{
    Charset, Columns, Format, Label, Like, Mess, OWN_MAPPING, Packing, Shape, Style, Truth,
};
use clap::{Args, Subcommand};

use super::counts;
use crate::failure::{Exit, Failure, Result};
use crate::home::clock::system_now;
use crate::visit::Global;

/// Print synthetic SP-API orders of the 20 days before --now. Same seed and time, same bytes.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  bailee synth --orders 1000 --seed 7 --mess 20 --now 2026-11-01T00:00:00Z > orders.ndjson
  bailee synth profile --out shape.json && bailee synth --like shape.json > orders.ndjson")]
#[command(after_long_help = after_long_help())]
#[command(subcommand_negates_reqs = true, args_conflicts_with_subcommands = true)]
pub(crate) struct Synth {
    #[command(subcommand)]
    command: Option<Command>,

    /// How many orders; with --like as many as were measured, unless told.
    #[arg(long, value_name = "N", required_unless_present_any = ["mapping", "like"])]
    orders: Option<u64>,

    /// Orders like those of a home: a file that `bailee synth profile` wrote, or the home itself, where you are logged in.
    ///
    /// Marketplaces, statuses, how many items there are, which fields are missing how often and how long personal texts are
    /// are as there; no value is, since none is in the profile (2.5.b).
    #[arg(long, value_name = "FILE|HOME", conflicts_with_all = LIKE_IS_ALL)]
    like: Option<PathBuf>,

    /// Print the mapping file that reads the shop's own export, and no orders: that of shop-orders with --format
    /// shop-orders, else that of the spreadsheets (shop-export-…).
    #[arg(long)]
    mapping: bool,

    /// What the randomness begins with.
    #[arg(long, default_value_t = 1, value_name = "K")]
    seed: u64,

    /// How many of a hundred documents are flawed: exactly so many of every hundred, the kinds that fit the format in
    /// turn.
    #[arg(long, default_value_t = 0, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    mess: u8,

    /// The format.
    #[arg(long, default_value = "orders-2026-01-01", value_name = "F", value_parser = formats())]
    format: String,

    /// How documents of JSON stand in it; `pretty` is for XML, too.
    #[arg(long, default_value = "lines", value_name = "SHAPE", value_parser = names(Shape::ALL))]
    shape: String,

    /// How the columns of a table stand in it: in another order, under other names that mean the same, or in another
    /// language where Amazon does so (the report of returns).
    #[arg(long, default_value = "plain", value_name = "COLUMNS", value_parser = names(Columns::ALL))]
    columns: String,

    /// The charset. No order is made whose letters it cannot write.
    #[arg(long, default_value = "utf-8", value_name = "CHARSET", value_parser = names(Charset::ALL))]
    charset: String,

    /// What it says that its charset is, if not the true one: in the declaration of XML, elsewhere by a byte-order mark.
    /// `none` says nothing.
    #[arg(long, value_name = "CHARSET", value_parser = labels())]
    label: Option<String>,

    /// Pack it.
    #[arg(long, value_name = "PACKING", value_parser = names(Packing::ALL))]
    compress: Option<String>,

    /// Write into this file what a correct reader must find: a line of JSON for each document, in their order.
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
}

/// What says how orders stand in a format of their own, or what is wrong with them: orders like others are plain.
const LIKE_IS_ALL: [&str; 9] =
    ["mapping", "mess", "format", "shape", "columns", "charset", "label", "compress", "truth"];

#[derive(Debug, Subcommand)]
enum Command {
    Profile(profile::Profile),
}

/// The names of the formats.
fn formats() -> clap::builder::PossibleValuesParser {
    Format::all().map(Format::name).collect::<Vec<_>>().into()
}

/// The names of a list.
fn names<T>(all: &'static [(&'static str, T)]) -> clap::builder::PossibleValuesParser {
    all.iter().map(|(name, _)| *name).collect::<Vec<_>>().into()
}

/// The name of no charset.
const NO_LABEL: &str = "none";

/// What an input can say of its charset.
fn labels() -> clap::builder::PossibleValuesParser {
    Charset::ALL.iter().map(|(name, _)| *name).chain([NO_LABEL]).collect::<Vec<_>>().into()
}

fn after_long_help() -> String {
    let kinds = Mess::kinds().map(|(name, words)| format!("  {name:<18} {words}\n"));
    format!(
        "Kinds of mess (a format has those that make sense for it; the truth says for each document what was done):
{}
Example:
  bailee synth --orders 1000 --seed 7 --mess 20 --truth truth.ndjson --now 2026-11-01T00:00:00Z > orders.ndjson",
        kinds.collect::<String>()
    )
}

impl Synth {
    pub(crate) fn run(&self, global: &Global) -> Result<Exit> {
        if let Some(Command::Profile(profile)) = &self.command {
            return global.visit(|visit| profile.run(visit));
        }
        global.refuse_server()?;
        if let Some(like) = &self.like {
            return self.like(global, like);
        }
        let synth = bailee_intake::synth::Synth {
            orders: self.orders.unwrap_or(0),
            seed: self.seed,
            mess_percent: self.mess,
            now: global.now.unwrap_or_else(system_now),
        };
        let mut out = BufWriter::new(std::io::stdout().lock());
        let style = self.style()?;
        if self.mapping {
            let mapping = style.format.own_mapping().unwrap_or(OWN_MAPPING);
            let written = out.write_all(mapping.as_bytes()).and_then(|()| out.flush());
            return written.map(|()| Exit::Done).map_err(|error| Failure::stdout(&error));
        }
        let mut truth = self.truth_file()?;
        for chunk in synth.input(style) {
            out.write_all(&chunk.bytes).map_err(|error| Failure::stdout(&error))?;
            if let (Some(truth), Some(path)) = (&mut truth, &self.truth) {
                let written = chunk.truths.iter().try_for_each(|one| line(truth, one));
                written.map_err(|error| Failure::file(path, &error))?;
            }
        }
        if let (Some(truth), Some(path)) = (&mut truth, &self.truth) {
            truth.flush().map_err(|error| Failure::file(path, &error))?;
        }
        out.flush().map_err(|error| Failure::stdout(&error))?;
        Ok(Exit::Done)
    }

    /// Prints orders like those of a profile, or of a home.
    fn like(&self, global: &Global, like: &Path) -> Result<Exit> {
        let profile = match like.is_dir() {
            true => profile::of_home(global, like)?,
            false => profile::read(like)?,
        };
        let synth = bailee_intake::synth::Synth {
            orders: self.orders.unwrap_or(profile.orders),
            seed: self.seed,
            mess_percent: 0,
            now: global.now.unwrap_or_else(system_now),
        };
        let like = Like::new(synth, &profile).map_err(Failure::failed)?;
        let (left_out, others) = (like.left_out(), like.other_marketplaces());
        if !left_out.is_empty() {
            let words = "that nothing can be made up for, and which are left out";
            global.screen.note(format_args!(
                "there are {} {words}: {}",
                counts::of(left_out.len(), "field"),
                left_out.join(", ")
            ));
        }
        if others > 0 {
            global.screen.note(format_args!(
                "of {} nobody is made up; their orders are drawn from the others",
                counts::of(others, "marketplace")
            ));
        }
        let mut out = BufWriter::new(std::io::stdout().lock());
        let mut lines = like.lines();
        let written = lines.try_for_each(|line| writeln!(out, "{line}")).and_then(|()| out.flush());
        written.map(|()| Exit::Done).map_err(|error| Failure::stdout(&error))
    }

    /// What the words stand for. clap has refused all others.
    fn style(&self) -> Result<Style> {
        let unknown =
            || Failure::usage("name a format, shape, charset and the like that bailee synth --help lists");
        let label = match self.label.as_deref() {
            None => Label::True,
            Some(NO_LABEL) => Label::None,
            Some(name) => Label::Other(Charset::named(name).ok_or_else(unknown)?),
        };
        let packing = self.compress.as_deref();
        Ok(Style {
            format: Format::named(&self.format).ok_or_else(unknown)?,
            shape: Shape::named(&self.shape).ok_or_else(unknown)?,
            columns: Columns::named(&self.columns).ok_or_else(unknown)?,
            charset: Charset::named(&self.charset).ok_or_else(unknown)?,
            label,
            packing: packing.map_or(Some(Packing::None), Packing::named).ok_or_else(unknown)?,
        })
    }

    /// The truth holds nothing but what the synthesiser made up; it is replaced, as standard output would be.
    fn truth_file(&self) -> Result<Option<BufWriter<File>>> {
        let Some(path) = &self.truth else { return Ok(None) };
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        Ok(Some(BufWriter::new(file.map_err(|error| Failure::file(path, &error))?)))
    }
}

fn line(out: &mut impl Write, truth: &Truth) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, truth)?;
    out.write_all(b"\n")
}
