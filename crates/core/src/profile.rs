//! Policy profiles: the values by which a home judges people's access, each with the requirement that it serves.
//!
//! A home names a [`Profile`]; its values can be made stricter, never looser. [`VALUES`] is the whole list: the
//! configuration, its errors and the documentation are made of it. (How long personal data lives is the clock's own:
//! [`crate::retention`].)

use crate::purpose::closed_set;
use crate::requirement::Requirement;

closed_set! {
    /// A set of policy values.
    Profile {
        /// The text of the policy alone.
        Policy => "policy",
        /// Whatever is stricter, of that text and of what Amazon has published since.
        Strict => "strict",
    }
}

/// Which way a value is stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stricter {
    Higher,
    Lower,
}

/// What there is to know of one value.
#[derive(Clone, Copy, Debug)]
pub struct Value {
    /// Its key in the configuration; ends with its unit.
    pub name: &'static str,
    /// What it serves.
    pub requirement: Requirement,
    stricter: Stricter,
    policy: u16,
    strict: u16,
    /// How strict it can be made: beyond it nobody could work.
    strictest: u16,
}

impl Value {
    /// What it is where nothing stricter is set.
    pub const fn of(&self, profile: Profile) -> u16 {
        match profile {
            Profile::Policy => self.policy,
            Profile::Strict => self.strict,
        }
    }

    fn checked(&self, value: i64, profile: Profile) -> Result<u16, OutOfBounds> {
        let loosest = self.of(profile);
        let (low, high) = match self.stricter {
            Stricter::Higher => (loosest, self.strictest),
            Stricter::Lower => (self.strictest, loosest),
        };
        u16::try_from(value).ok().filter(|value| (low..=high).contains(value)).ok_or(OutOfBounds {
            name: self.name,
            value,
            low,
            high,
            requirement: self.requirement,
            profile,
        })
    }
}

/// A value that the profile does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} = {value} is not allowed by profile \"{profile}\": give {low} to {high} ({requirement})")]
pub struct OutOfBounds {
    name: &'static str,
    value: i64,
    low: u16,
    high: u16,
    requirement: Requirement,
    profile: Profile,
}

macro_rules! values {
    ($($(#[$doc:meta])* $name:ident: $requirement:ident, $stricter:ident, $policy:literal, $strict:literal, $strictest:literal;)+) => {
        /// The values of one home.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Values { $($(#[$doc])* pub $name: u16),+ }

        /// Every value there is.
        pub const VALUES: &[Value] = &[$(Value {
            name: stringify!($name),
            requirement: Requirement::$requirement,
            stricter: Stricter::$stricter,
            policy: $policy,
            strict: $strict,
            strictest: $strictest,
        }),+];

        impl Values {
            /// Those of a profile.
            pub const fn of(profile: Profile) -> Self {
                match profile {
                    Profile::Policy => Self { $($name: $policy),+ },
                    Profile::Strict => Self { $($name: $strict),+ },
                }
            }

            fn slot(&mut self, name: &str) -> Option<&mut u16> {
                match name {
                    $(stringify!($name) => Some(&mut self.$name),)+
                    _ => None,
                }
            }
        }
    };
}

values! {
    /// Fewest characters of a password.
    password_characters_min: PasswordStrength, Higher, 8, 12, 64;
    /// So many earlier passwords of a person are refused.
    password_history: PasswordStrength, Higher, 0, 10, 24;
    /// A password is changed again after so many days at the earliest, so that nobody walks through the history in a minute.
    password_days_min: PasswordStrength, Higher, 0, 1, 30;
    /// A password opens nothing but its own change after so many days.
    password_days_max: PasswordRotation, Lower, 90, 90, 1;
    /// A service's key opens nothing but its own renewal after so many days.
    key_days_max: PasswordRotation, Lower, 90, 90, 1;
    /// After so many failed log-ins in a row an account is locked.
    failures_max: AccountLockout, Lower, 10, 10, 3;
    /// A session that nobody used for longer has ended.
    idle_minutes_max: UniqueIdentity, Lower, 15, 15, 1;
    /// A session ends after so long, used or not.
    session_hours_max: UniqueIdentity, Lower, 8, 8, 1;
    /// A grant ends after so many days at the latest.
    grant_days_max: NeedToKnow, Lower, 90, 90, 1;
}

impl Values {
    /// Sets one that is at least as strict as the profile's.
    ///
    /// # Errors
    /// [`OutOfBounds`] names the requirement. A name that is none of [`VALUES`] changes nothing.
    pub fn set(&mut self, name: &str, value: i64, profile: Profile) -> Result<(), OutOfBounds> {
        let (Some(about), Some(slot)) = (VALUES.iter().find(|one| one.name == name), self.slot(name)) else {
            return Ok(());
        };
        *slot = about.checked(value, profile)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(profile: Profile, name: &str, value: i64, refused: Option<&str>) {
        let mut values = Values::of(profile);
        let error = values.set(name, value, profile).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), refused, "{name} = {value}");
        if refused.is_none() {
            assert_eq!(values.slot(name).map(|slot| i64::from(*slot)), Some(value));
        }
    }

    #[test]
    fn a_value_can_be_made_stricter_and_a_looser_one_names_its_requirement() {
        use Profile::{Policy, Strict};
        check(Strict, "password_characters_min", 12, None);
        check(Strict, "password_characters_min", 64, None);
        check(
            Strict,
            "password_characters_min",
            11,
            Some("password_characters_min = 11 is not allowed by profile \"strict\": give 12 to 64 (1.4.a)"),
        );
        check(Policy, "password_characters_min", 8, None);
        check(
            Policy,
            "password_characters_min",
            7,
            Some("password_characters_min = 7 is not allowed by profile \"policy\": give 8 to 64 (1.4.a)"),
        );
        check(Strict, "key_days_max", 90, None);
        check(
            Strict,
            "key_days_max",
            91,
            Some("key_days_max = 91 is not allowed by profile \"strict\": give 1 to 90 (1.4.b)"),
        );
        check(
            Strict,
            "failures_max",
            -1,
            Some("failures_max = -1 is not allowed by profile \"strict\": give 3 to 10 (1.2.f)"),
        );
        check(
            Strict,
            "failures_max",
            i64::MAX,
            Some(
                "failures_max = 9223372036854775807 is not allowed by profile \"strict\": give 3 to 10 (1.2.f)",
            ),
        );
    }

    #[test]
    fn strict_is_nowhere_looser_than_the_policy() {
        for value in VALUES {
            let kept = value.checked(i64::from(value.strict), Profile::Policy);
            assert_eq!(kept, Ok(value.strict), "{}", value.name);
        }
    }
}
