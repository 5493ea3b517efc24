//! `bailee demo`: the whole story on sample orders, told with the real commands.
//!
//! Every command that the story shows is run as it stands, by this same program, on a throw-away home; what is printed
//! below it is what it printed.

mod search;
mod stage;
mod story;

use clap::Args;

use crate::failure::{Exit, Failure, Result};
use crate::screen::Screen;
use stage::Stage;

/// Tell the whole story on sample orders, in a throw-away home: collect, reveal for a purpose, denial, thirty days pass,
/// disposal, ledger verified.
///
/// Then the home waits to be tried, until Ctrl-C.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailee demo --once")]
pub(crate) struct Demo {
    /// End when the story is told.
    #[arg(long)]
    once: bool,
}

impl Demo {
    pub(crate) fn run(&self, screen: Screen) -> Result<Exit> {
        let stage = Stage::set(screen)?;
        story::tell(&stage)?;
        if self.once {
            return Ok(Exit::Done);
        }
        story::invite(&stage)?;
        wait_for_interrupt()?;
        screen.note("the home was taken away");
        Ok(Exit::Done)
    }
}

fn wait_for_interrupt() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|_| Failure::failed("no runtime could be started"))?;
    runtime.block_on(tokio::signal::ctrl_c()).map_err(|_| Failure::failed("Ctrl-C cannot be waited for"))
}
