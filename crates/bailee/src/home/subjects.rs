//! `[subjects]`: what people ask for and agree to.

use bailee_core::Purpose;
use bailee_core::subject::{KEPT_MONTHS, KEPT_MONTHS_MIN};
use bailee_vault::consent::NEVER_ON_CONSENT;
use serde::Deserialize;

/// As it is written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct SubjectsSection {
    on_consent: Option<Vec<String>>,
    keep_months: Option<u16>,
}

impl SubjectsSection {
    /// The purposes that rest on consent.
    pub(super) fn purposes(&self) -> Result<Vec<Purpose>, String> {
        let read = |text: &String| match text.parse::<Purpose>() {
            Ok(purpose) if NEVER_ON_CONSENT.contains(&purpose) => Err(format!(
                "[subjects] on_consent: {purpose} never rests on consent, since people must be answered and incidents looked into (2.2.d)"
            )),
            Ok(purpose) => Ok(purpose),
            Err(_) => Err(format!(
                "[subjects] on_consent names purposes of a closed set (2.1.b): {}",
                Purpose::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(", ")
            )),
        };
        self.on_consent.iter().flatten().map(read).collect()
    }

    /// How many months what they leave is kept after its last step.
    pub(super) fn months(&self) -> Result<u16, String> {
        match self.keep_months.unwrap_or(KEPT_MONTHS) {
            months @ KEPT_MONTHS_MIN..=KEPT_MONTHS => Ok(months),
            months => Err(format!(
                "[subjects] keep_months = {months} is not allowed: what people leave with a request is kept {KEPT_MONTHS_MIN} months at \
                 least, as laws have it, and {KEPT_MONTHS} at most (2.2.d)"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(text: &str) -> Result<(Vec<Purpose>, u16), String> {
        let section: SubjectsSection = toml::from_str(text).map_err(|error| error.to_string())?;
        Ok((section.purposes()?, section.months()?))
    }

    #[test]
    fn nothing_rests_on_consent_unless_it_is_said_and_what_is_left_is_kept_within_bounds() {
        assert_eq!(section(""), Ok((Vec::new(), 36)));
        let said = "on_consent = [\"fulfilment\", \"tax\"]\nkeep_months = 24";
        assert_eq!(section(said), Ok((vec![Purpose::Fulfilment, Purpose::Tax], 24)));
        for (text, says) in [
            ("on_consent = [\"subject-request\"]", "2.2.d"),
            ("on_consent = [\"incident\"]", "2.2.d"),
            ("on_consent = [\"marketing\"]", "2.1.b"),
            ("keep_months = 23", "2.2.d"),
            ("keep_months = 37", "2.2.d"),
            ("keep = 1", "unknown"),
        ] {
            assert!(section(text).is_err_and(|words| words.contains(says)), "{text}");
        }
    }
}
