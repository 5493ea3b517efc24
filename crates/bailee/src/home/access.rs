//! `[access]` in `bailee.toml`: what the home asks of those who come in.

use std::path::{Path, PathBuf};

use bailee_access::Standards;
use bailee_access::breached::Breached;
use bailee_access::person::is_mail;
use bailee_core::Environment;
use bailee_core::profile::{Profile, Values};
use serde::Deserialize;

use super::mail::MailSettings;

/// The section as it is written. Its numbers are those of [`bailee_core::profile::VALUES`].
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccessSection {
    profile: Option<Profile>,
    second_factor: Option<bool>,
    second_person: Option<bool>,
    enrolled_device: Option<bool>,
    solo: Option<bool>,
    outside: Option<String>,
    breached_passwords: Option<PathBuf>,
    /// The file of the home's own policies.
    pub(super) policies: Option<PathBuf>,
    password_characters_min: Option<i64>,
    password_history: Option<i64>,
    password_days_min: Option<i64>,
    password_days_max: Option<i64>,
    key_days_max: Option<i64>,
    failures_max: Option<i64>,
    idle_minutes_max: Option<i64>,
    session_hours_max: Option<i64>,
    grant_days_max: Option<i64>,
}

impl AccessSection {
    /// Checks it; the error is one line.
    pub(crate) fn check(&self, environment: Environment) -> Result<Standards, String> {
        let profile = self.profile.unwrap_or(Profile::Strict);
        let mut values = Values::of(profile);
        for (name, value) in self.numbers() {
            if let Some(value) = value {
                values.set(name, value, profile).map_err(|error| format!("[access] {error}"))?;
            }
        }
        let usual = Standards::of(environment);
        let second_factor = self.second_factor.unwrap_or(usual.second_factor);
        let second_person = self.second_person.unwrap_or(usual.second_person);
        let strict = environment == Environment::Production && profile == Profile::Strict;
        if strict && !second_factor {
            return Err("[access] second_factor = false is not allowed by profile \"strict\": everybody comes in with one \
                        (1.1.d)"
                .to_owned());
        }
        if environment == Environment::Production && !second_person {
            return Err("[access] second_person = false is not allowed in production: what is dangerous takes two people \
                        (1.3.b)"
                .to_owned());
        }
        let enrolled_device = self.enrolled_device.unwrap_or(usual.enrolled_device);
        if strict && !enrolled_device {
            return Err("[access] enrolled_device = false is not allowed by profile \"strict\": over the network people come in \
                        on enrolled devices alone (1.2.e)"
                .to_owned());
        }
        let breached = self.breached_passwords.clone().map(Breached::at);
        Ok(Standards { values, second_factor, second_person, enrolled_device, breached, ..usual })
    }

    fn numbers(&self) -> [(&'static str, Option<i64>); 9] {
        [
            ("password_characters_min", self.password_characters_min),
            ("password_history", self.password_history),
            ("password_days_min", self.password_days_min),
            ("password_days_max", self.password_days_max),
            ("key_days_max", self.key_days_max),
            ("failures_max", self.failures_max),
            ("idle_minutes_max", self.idle_minutes_max),
            ("session_hours_max", self.session_hours_max),
            ("grant_days_max", self.grant_days_max),
        ]
    }
}

/// The address outside of a company of one; both keys or neither, and mail to tell it by.
pub(crate) fn outside(
    section: &AccessSection,
    mail: Option<&MailSettings>,
) -> Result<Option<String>, String> {
    let outside = match (section.solo.unwrap_or(false), section.outside.as_deref()) {
        (false, None) => return Ok(None),
        (true, Some(outside)) => outside.trim().to_lowercase(),
        _ => return Err("[access] solo = true and outside belong together: who is told, and may stop what takes two people \
                         (1.3.b)"
            .to_owned()),
    };
    let Some(mail) = mail else {
        return Err("[access] solo needs [mail], by which the address outside is told (1.3.b)".to_owned());
    };
    if !is_mail(&outside) {
        return Err("[access] outside is a mail address, such as tess@adviser.example".to_owned());
    }
    match outside == mail.from.address() {
        false => Ok(Some(outside)),
        true => {
            Err("[access] outside is the address that mail is from; name one of somebody outside (1.3.b)"
                .to_owned())
        }
    }
}

/// The standards of a home there: a relative path in them is below it.
pub(crate) fn below(home: &Path, standards: &Standards) -> Standards {
    let breached = standards.breached.as_ref().map(|file| Breached::at(home.join(file.path())));
    Standards { breached, ..standards.clone() }
}

#[cfg(test)]
mod tests {
    use bailee_core::profile::VALUES;

    use super::*;

    #[test]
    fn every_value_of_the_profiles_can_be_set() {
        let settable: Vec<&str> = AccessSection::default().numbers().iter().map(|(name, _)| *name).collect();
        let known: Vec<&str> = VALUES.iter().map(|value| value.name).collect();
        assert_eq!(settable, known);
    }
}
