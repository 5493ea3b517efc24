//! How far a long phase has come: on a terminal's stderr, and nowhere else.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often it moves while nothing is heard.
const TICK: Duration = Duration::from_millis(250);

/// A bar, or a spinner where the end is not known. Gone when it is dropped.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Of a phase of so many steps.
    pub(super) fn of(what: &'static str, steps: u64) -> Self {
        Self::new(what, Some(steps), "{msg} {bar:30} {human_pos} of {human_len}, {eta} left")
    }

    /// Of a phase that takes its time.
    pub(super) fn spinning(what: &'static str) -> Self {
        Self::new(what, None, "{spinner} {msg}  {elapsed}")
    }

    fn new(what: &'static str, steps: Option<u64>, template: &str) -> Self {
        let bar = ProgressBar::with_draw_target(steps, ProgressDrawTarget::stderr());
        // The templates are ours: one that does not parse leaves the default.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what);
        if !bar.is_hidden() {
            bar.enable_steady_tick(TICK);
        }
        Self(bar)
    }

    pub(super) fn at(&self, step: u64) {
        self.0.set_position(step);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
