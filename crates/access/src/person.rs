//! People: who they are, what they may do, and how a new one is named.

use std::fmt;
use std::str::FromStr;

use bailee_core::requirement::Requirement;
use bailee_core::{Day, Environment, ParseIdError, PersonId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{AccessError, generic};

/// Most characters of a person's name.
pub const NAME_CHARACTERS_MAX: usize = 128;

/// Most bytes of a mail address (RFC 5321, 4.5.3.1.3: a path of 256 with its brackets).
pub const MAIL_BYTES_MAX: usize = 254;

/// Most bytes before its `@` (RFC 5321, 4.5.3.1.1).
const LOCAL_PART_BYTES_MAX: usize = 64;

/// Most bytes of one label of its domain (RFC 1035, 2.3.4).
const LABEL_BYTES_MAX: usize = 63;

/// A person, as others may see them. What opens an account is kept beside it and never leaves this crate.
#[derive(Clone, Serialize, Deserialize)]
pub struct Person {
    /// Never reused (1.2.a).
    pub id: PersonId,
    /// Name.
    pub name: String,
    /// Mail, lower case.
    pub mail: String,
    /// Roles.
    pub roles: Vec<Role>,
    /// How they belong to the company.
    #[serde(default)]
    pub relation: Relation,
    /// Where they stand.
    #[serde(default)]
    pub standing: Standing,
    /// Since when.
    pub since: Timestamp,
}

impl Person {
    /// Whether they may come in now: active, and no contract has ended.
    pub fn is_active(&self, now: Timestamp) -> bool {
        matches!(self.standing, Standing::Active) && !self.relation.has_ended(now)
    }
}

/// What a person may do; see [`crate::decision`] for the whole of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Administers.
    Owner,
    /// Decides about data, reads quarantine and retention.
    Officer,
    /// Reads the ledger.
    Auditor,
    /// Runs the machine; never sees data.
    Operator,
}

impl Role {
    /// The name by which commands and messages know it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Officer => "officer",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Officer, Self::Auditor, Self::Operator];
}

impl FromStr for Role {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(ParseIdError::new("not a role"))
    }
}

/// Refuses roles that would undo each other in one hand (1.3.a): who sees data neither administers nor releases, and who
/// audits does nothing else. A test home's data is nobody's, so its first person holds more; the operator's part is
/// never combined, there either.
///
/// # Errors
/// [`AccessError::Unacceptable`] says which two cannot go together.
pub(crate) fn check_roles(roles: &[Role], environment: Environment) -> Result<(), AccessError> {
    const PRODUCTION: &[(Role, Role)] = &[
        (Role::Owner, Role::Operator),
        (Role::Officer, Role::Operator),
        (Role::Owner, Role::Auditor),
        (Role::Officer, Role::Auditor),
        (Role::Operator, Role::Auditor),
    ];
    const TEST: &[(Role, Role)] =
        &[(Role::Owner, Role::Operator), (Role::Officer, Role::Operator), (Role::Operator, Role::Auditor)];
    let apart = match environment {
        Environment::Production => PRODUCTION,
        Environment::Test => TEST,
    };
    if roles.is_empty() {
        return Err(AccessError::Unacceptable("a person has one role at least".into()));
    }
    match apart.iter().find(|(one, other)| roles.contains(one) && roles.contains(other)) {
        None => Ok(()),
        Some((one, other)) => Err(AccessError::Against(
            Requirement::FineGrainedAccess,
            format!("one person cannot be {one} and {other}: duties are separated"),
        )),
    }
}

/// How a person belongs to the company.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "relation", rename_all = "kebab-case")]
pub enum Relation {
    /// Until they leave.
    #[default]
    Employee,
    /// Until the end of a contract.
    Contractor {
        /// The last day (UTC) on which they may come in.
        last_day: Day,
    },
}

impl Relation {
    /// Whether its end has come.
    pub fn has_ended(self, now: Timestamp) -> bool {
        match self {
            Self::Employee => false,
            Self::Contractor { last_day } => Day::of(now) > last_day,
        }
    }
}

/// The second person of an invitation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Second {
    /// It was made without one, since there was none, or the role takes none.
    #[default]
    None,
    /// Somebody has yet to approve it.
    Awaited,
    /// Somebody has, and has the other half of what opens it.
    Approved,
}

/// Where a person stands. Each step takes the state before and gives the one after, so that none can be skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "standing", rename_all = "kebab-case")]
pub enum Standing {
    /// Has a code with which to come in once, and nothing else.
    Invited {
        /// Until then.
        until: Timestamp,
        /// Whether it takes a second person.
        #[serde(default)]
        second: Second,
    },
    /// May come in.
    #[default]
    Active,
    /// May not, until somebody else decides.
    Suspended {
        /// Since when.
        since: Timestamp,
    },
    /// Is gone for good.
    Left {
        /// When it was told, or when the contract ended.
        told_at: Timestamp,
        /// When access had ended.
        ended_at: Timestamp,
    },
}

impl Standing {
    /// Its name.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Invited { .. } => "invited",
            Self::Active => "active",
            Self::Suspended { .. } => "suspended",
            Self::Left { .. } => "left",
        }
    }

    /// An invitation is accepted while it lasts.
    pub(crate) fn accept(self, now: Timestamp) -> Option<Self> {
        match self {
            Self::Invited { until, second: Second::None | Second::Approved } if now <= until => {
                Some(Self::Active)
            }
            _ => None,
        }
    }

    /// A second person approved an invitation that takes one; again, where the code that they were shown was lost.
    pub(crate) fn release(self) -> Option<Self> {
        match self {
            Self::Invited { until, second: Second::Awaited | Second::Approved } => {
                Some(Self::Invited { until, second: Second::Approved })
            }
            _ => None,
        }
    }

    /// Somebody who is active is suspended.
    pub(crate) fn suspend(self, now: Timestamp) -> Option<Self> {
        (self == Self::Active).then_some(Self::Suspended { since: now })
    }

    /// A suspension is lifted.
    pub(crate) fn resume(self) -> Option<Self> {
        matches!(self, Self::Suspended { .. }).then_some(Self::Active)
    }

    /// Anybody but who has left can leave.
    pub(crate) fn leave(self, told_at: Timestamp, now: Timestamp) -> Option<Self> {
        (!matches!(self, Self::Left { .. })).then_some(Self::Left { told_at, ended_at: now })
    }
}

/// A person's name with a mail address, written `Name <mail>`.
pub(crate) struct NamedMail {
    /// The name, as it was written.
    pub(crate) name: String,
    /// The address, in lower case.
    pub(crate) mail: String,
}

impl NamedMail {
    /// Refuses what is nobody's own (1.2.b).
    ///
    /// # Errors
    /// [`AccessError::Unacceptable`].
    pub(crate) fn refuse_generic(&self) -> Result<(), AccessError> {
        match generic::is_generic_name(&self.name) || generic::is_generic_mail(&self.mail) {
            false => Ok(()),
            true => Err(AccessError::Against(
                Requirement::NoGenericAccounts,
                "this is the name or the mailbox of a role, which several people would share; give a person's own".into(),
            )),
        }
    }
}

/// Whether a person can be made of this text, `Name <mail>`: to be asked before anything is made.
///
/// # Errors
///
/// [`AccessError::Unacceptable`], which says how a person is given.
pub fn check_named_mail(text: &str) -> Result<(), AccessError> {
    text.parse::<NamedMail>().map(drop)
}

impl FromStr for NamedMail {
    type Err = AccessError;

    fn from_str(text: &str) -> Result<Self, AccessError> {
        let parts = text.trim().strip_suffix('>').and_then(|text| text.split_once('<'));
        let (name, mail) = parts.map(|(name, mail)| (name.trim(), mail.trim())).unwrap_or_default();
        if !is_name(name) || !is_mail(mail) || text.chars().any(char::is_control) {
            return Err(AccessError::Unacceptable(
                "a person is given as \"Name <mail>\", such as \"Ada Example <ada@example.com>\"".into(),
            ));
        }
        Ok(Self { name: name.to_owned(), mail: normalised_mail(mail) })
    }
}

/// The one form in which a mail address is kept and looked up.
pub(crate) fn normalised_mail(mail: &str) -> String {
    mail.trim().to_lowercase()
}

fn is_name(name: &str) -> bool {
    (1..=NAME_CHARACTERS_MAX).contains(&name.chars().count())
        && name.chars().any(char::is_alphabetic)
        && !name.contains(['<', '>', '@'])
}

/// Whether this is `local@domain` of RFC 5321 without quoting, comments or address literals: what people really have.
pub fn is_mail(mail: &str) -> bool {
    let (local, domain) = mail.split_once('@').unwrap_or_default();
    let labels: Vec<&str> = domain.split('.').collect();
    mail.len() <= MAIL_BYTES_MAX
        && local.len() <= LOCAL_PART_BYTES_MAX
        && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom_byte))
        && labels.len() >= 2
        && labels.iter().all(|label| is_label(label))
}

fn is_atom_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

fn is_label(label: &str) -> bool {
    (1..=LABEL_BYTES_MAX).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_with_a_mail_is_taken_and_the_mail_put_in_lower_case() {
        for (text, name, mail) in [
            ("Ada Example <ada@example.com>", "Ada Example", "ada@example.com"),
            ("  Ада Пример <Ada.P+ops@Mail.Example.COM> ", "Ада Пример", "ada.p+ops@mail.example.com"),
            ("O'Neil, Kim<kim@x-y.example>", "O'Neil, Kim", "kim@x-y.example"),
        ] {
            let parsed: NamedMail = text.parse().unwrap_or_else(|_| panic!("{text}"));
            assert_eq!((parsed.name.as_str(), parsed.mail.as_str()), (name, mail));
        }
    }

    #[test]
    fn anything_else_is_refused_without_being_repeated() {
        for text in [
            "",
            "Ada",
            "ada@example.com",
            "<ada@example.com>",
            "Ada <ada@example.com> x",
            "Ada <<ada@example.com>>",
            "Ada <ada@example.com",
            "Ada <ada@localhost>",
            "Ada <ada@@example.com>",
            "Ada <.ada@example.com>",
            "Ada <ada.@example.com>",
            "Ada <ada@-example.com>",
            "Ada <ada@example..com>",
            "Ada <ada smith@example.com>",
            "Ada <ädä@example.com>",
            "Ada\n <ada@example.com>",
            "12 <ada@example.com>",
        ] {
            let error = text.parse::<NamedMail>().err().unwrap_or_else(|| panic!("{text}"));
            assert!(!error.to_string().contains("smith"), "{error}");
        }
    }

    #[test]
    fn the_limits_hold_at_n_and_n_plus_1() {
        let person = |name: usize, local: usize, label: usize| {
            format!("{} <{}@{}.example>", "n".repeat(name), "l".repeat(local), "d".repeat(label))
                .parse::<NamedMail>()
        };
        assert!(person(NAME_CHARACTERS_MAX, LOCAL_PART_BYTES_MAX, LABEL_BYTES_MAX).is_ok());
        assert!(person(NAME_CHARACTERS_MAX + 1, 1, 1).is_err());
        assert!(person(1, LOCAL_PART_BYTES_MAX + 1, 1).is_err());
        assert!(person(1, 1, LABEL_BYTES_MAX + 1).is_err());
        let long = |length: usize| format!("a@{}example", "d.".repeat((length - 9) / 2));
        assert!(is_mail(&long(253)) && long(253).len() == 253);
        assert!(!is_mail(&long(255)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn no_text_panics_and_what_is_taken_is_taken_again(text in "\\PC{0,40}", mail in "[a-z.@<>-]{0,12}") {
            for text in [text.clone(), format!("{text}<{mail}>")] {
                if let Ok(parsed) = text.parse::<NamedMail>() {
                    let again: NamedMail = format!("{} <{}>", parsed.name, parsed.mail).parse().unwrap();
                    prop_assert_eq!((again.name, again.mail), (parsed.name, parsed.mail));
                }
            }
        }
    }
}
