//! `[export]`: how much may leave by one person alone.

use bailee_core::export::{APPROVE_OVER, APPROVE_OVER_MAX};
use serde::Deserialize;

/// As it is written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportSection {
    approve_over: Option<u32>,
}

impl ExportSection {
    /// Most records that one person exports in a day alone.
    pub(super) fn alone_max(&self) -> Result<u32, String> {
        match self.approve_over.unwrap_or(APPROVE_OVER) {
            records @ 0..=APPROVE_OVER_MAX => Ok(records),
            records => Err(format!(
                "[export] approve_over = {records} is not allowed: more than {APPROVE_OVER_MAX} records leave with a second person alone (2.6.g)"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_without_a_second_person_is_bounded() {
        let section = |text: &str| {
            let section: Result<ExportSection, _> = toml::from_str(text);
            section.map_err(|error| error.to_string()).and_then(|section| section.alone_max())
        };
        assert_eq!(section(""), Ok(100));
        assert_eq!(section("approve_over = 0"), Ok(0));
        assert_eq!(section("approve_over = 1000"), Ok(1000));
        assert!(section("approve_over = 1001").unwrap_err().contains("2.6.g"));
        for bad in ["approve_over = -1", "approve = 1"] {
            assert!(section(bad).is_err(), "{bad}");
        }
    }
}
