//! `bailee demo`: the whole story on sample orders, told with the real commands.
//!
//! Every command that the story shows is run as it stands, by this same program, on a throw-away home; what is printed
//! below it is what it printed.

mod search;
mod stage;
mod story;

use clap::Args;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

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
        let mut interrupts = Interrupts::listen()?;
        let stage = Stage::set(screen)?;
        story::tell(&stage)?;
        if self.once {
            return Ok(Exit::Done);
        }
        story::invite(&stage)?;
        interrupts.wait();
        screen.note("the home was taken away");
        Ok(Exit::Done)
    }
}

/// Ctrl-C, heard instead of ending the process at once: the stage must be cleared first. While the story is told, it ends
/// the command that runs, and so the story.
struct Interrupts {
    runtime: Runtime,
    signal: Signal,
}

impl Interrupts {
    fn listen() -> Result<Self> {
        let unheard = |_| Failure::failed("Ctrl-C cannot be listened for");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unheard)?;
        let signal = runtime.block_on(async { signal(SignalKind::interrupt()) }).map_err(unheard)?;
        Ok(Self { runtime, signal })
    }

    fn wait(&mut self) {
        self.runtime.block_on(self.signal.recv());
    }
}
