//! `bailee synth`: synthetic orders, for tests and test environments.

use std::io::{BufWriter, Write};

use clap::Args;

use crate::failure::{Exit, Failure, Result};
use crate::home::clock::system_now;
use crate::visit::Global;

/// Print synthetic SP-API orders of the 20 days before --now. Same seed and time, same bytes.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  bailee synth --orders 1000 --seed 7 --mess 20 --now 2026-11-01T00:00:00Z > orders.ndjson")]
pub(crate) struct Synth {
    /// How many orders.
    #[arg(long, value_name = "N")]
    orders: u64,

    /// What the randomness begins with.
    #[arg(long, default_value_t = 1, value_name = "K")]
    seed: u64,

    /// How many of a hundred documents are flawed.
    #[arg(long, default_value_t = 0, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    mess: u8,

    /// The format.
    #[arg(long, default_value = "orders-2026-01-01", value_name = "F", value_parser = ["orders-2026-01-01"])]
    format: String,
}

impl Synth {
    pub(crate) fn run(&self, global: &Global) -> Result<Exit> {
        let synth = bailee_intake::synth::Synth {
            orders: self.orders,
            seed: self.seed,
            mess_percent: self.mess,
            now: global.now.unwrap_or_else(system_now),
        };
        let mut out = BufWriter::new(std::io::stdout().lock());
        synth
            .lines()
            .try_for_each(|line| writeln!(out, "{line}"))
            .and_then(|()| out.flush())
            .map_err(|error| Failure::stdout(&error))?;
        Ok(Exit::Done)
    }
}
