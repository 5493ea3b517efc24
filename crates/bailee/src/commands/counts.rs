//! What became of many things, as counts: in one line, or as JSON.

use serde::Serialize;

use crate::failure::Result;
use crate::visit::Visit;

/// Those counts that are not none, such as `3 new, 1 quarantined`.
pub(super) fn told(counts: &[(u64, &str)]) -> String {
    let some = counts.iter().filter(|(count, _)| *count > 0);
    some.map(|(count, what)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
}

/// So many of something, such as `1 value` or `3 values`.
pub(super) fn of(count: impl std::fmt::Display, one: &str) -> String {
    let count = count.to_string();
    let ending = if count == "1" { "" } else { "s" };
    format!("{count} {one}{ending}")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_something_is_not_several() {
        for (count, words) in [(0, "0 values"), (1, "1 value"), (2, "2 values"), (11, "11 values")] {
            assert_eq!(of(count, "value"), words);
        }
    }
}
