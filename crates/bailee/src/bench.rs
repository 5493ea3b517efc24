//! bench
use crate::failure::{Exit, Result};
use crate::screen::Screen;
use clap::Args;
/// Measure.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Orders.
    #[arg(long, default_value_t = 20_000)]
    records: u64,
}
impl Bench {
    pub(crate) fn run(&self, _screen: Screen) -> Result<Exit> {
        let _ = self.records;
        Ok(Exit::Done)
    }
}
