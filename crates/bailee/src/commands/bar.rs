//! The progress bar of a collect: on a terminal's stderr, and nowhere else.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often the bar moves while a batch takes its time.
const TICK: Duration = Duration::from_millis(250);

/// How far an input has come: of a file with the time left, of a pipe without.
#[derive(Clone)]
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// A bar for an input of so many bytes, where that is known.
    pub(super) fn new(bytes: Option<u64>) -> Self {
        let bar = ProgressBar::with_draw_target(bytes, ProgressDrawTarget::stderr());
        let template = match bytes {
            Some(_) => "{bar:30} {bytes}/{total_bytes}  {msg}  {eta} left",
            None => "{spinner} {bytes}  {msg}  {elapsed}",
        };
        // The templates are ours: one that does not parse leaves the default.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        if !bar.is_hidden() {
            bar.enable_steady_tick(TICK);
        }
        Self(bar)
    }

    /// So many bytes of the input are read, and so many records are in.
    pub(super) fn show(&self, bytes: u64, records: u64) {
        self.0.set_position(bytes);
        self.0.set_message(told(records, self.0.elapsed()));
    }

    /// Takes it away.
    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}

/// Records and their rate.
fn told(records: u64, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    if seconds < 1.0 {
        return format!("{records} records");
    }
    format!("{records} records, {:.0}/s", records as f64 / seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_told_once_there_is_one() {
        assert_eq!(told(1024, Duration::from_millis(500)), "1024 records");
        assert_eq!(told(30_000, Duration::from_secs(2)), "30000 records, 15000/s");
    }
}
