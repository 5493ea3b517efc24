//! What became of many things, as counts: in one line, or as JSON.

use serde::Serialize;

use crate::failure::Result;
use crate::visit::Visit;

/// Those counts that are not none, such as `3 new, 1 quarantined`.
pub(super) fn told(counts: &[(u64, &str)]) -> String {
    let some = counts.iter().filter(|(count, _)| *count > 0);
    some.map(|(count, what)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
}

/// Shows a summary in that line, or whole as JSON; on stderr, when stdout is for something else.
pub(super) fn show(visit: &Visit, summary: &impl Serialize, line: &str, on_stderr: bool) -> Result<()> {
    let screen = visit.screen;
    match (screen.is_json(), on_stderr) {
        (true, true) => screen.note(serde_json::to_string(summary).unwrap_or_default()),
        (true, false) => screen.json(summary)?,
        (false, true) => screen.note(line),
        (false, false) => screen.line(line)?,
    }
    Ok(())
}
