//! `bailee demo`: the whole story on sample orders, told with the real commands.
//!
//! Every command that the story shows is run as it stands, by this same program, on a throw-away home; what is printed
//! below it is what it printed.

mod search;
mod stage;
mod story;

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use crate::failure::{Exit, Failure, Result};
use crate::screen::Screen;
use stage::Stage;

/// Tell the whole story on sample orders, in a throw-away home: collect, reveal for a purpose, denial, thirty days pass,
/// disposal, ledger verified.
///
/// Then the home waits to be tried, until Ctrl-C or SIGTERM.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailee demo --once")]
pub(crate) struct Demo {
    /// End when the story is told.
    #[arg(long)]
    once: bool,
}

impl Demo {
    pub(crate) fn run(&self, screen: Screen) -> Result<Exit> {
        let interrupts = Interrupts::listen()?;
        let stage = Stage::set(screen, &interrupts)?;
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

/// Ctrl-C and SIGTERM, heard instead of ending the process at once: the stage must be cleared first. While the story is
/// told, either ends the story after the command that runs.
struct Interrupts {
    heard: Arc<(Mutex<bool>, Condvar)>,
}

impl Interrupts {
    fn listen() -> Result<Self> {
        let unheard = |_| Failure::failed("signals cannot be listened for");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unheard)?;
        let listen = |kind| runtime.block_on(async { signal(kind) }).map_err(unheard);
        let (mut interrupt, mut terminate) =
            (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
        let heard = Arc::<(Mutex<bool>, Condvar)>::default();
        let told = Arc::clone(&heard);
        std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            });
            *told.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
            told.1.notify_all();
        });
        Ok(Self { heard })
    }

    /// Whether one has come.
    fn is_heard(&self) -> bool {
        *self.heard.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for one.
    fn wait(&self) {
        let heard = self.heard.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.heard.1.wait_while(heard, |heard| !*heard).unwrap_or_else(PoisonError::into_inner));
    }
}
