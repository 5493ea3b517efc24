//! An account: a person, and what opens it. What opens it never leaves this crate.
//!
//! A password knows since when it is (1.4.b) and which came before it (1.4.a); codes from an authenticator know which
//! was used last, since none opens twice.

use bailee_core::profile::Values;
use bailee_core::time::{DAY_SECONDS, is_ahead, saturating_add};
use bailee_core::{Entropy, PasskeyId, PersonId, Sensitive, Timestamp};
use serde::{Deserialize, Serialize};

use crate::credential::CredentialHash;
use crate::factor::{self, Totp};
use crate::passkey::OwnPasskey;
use crate::person::Person;
use crate::sign_on::Subject;

/// A person with what opens the account, as kept sealed in the register `person`.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) person: Person,
    /// Of the code with which an invited person comes in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) invitation: Option<CredentialHash>,
    /// None before an invitation is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) password: Option<Password>,
    #[serde(default, skip_serializing_if = "Factors::is_empty")]
    pub(crate) factors: Factors,
    /// Who made the invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) invited_by: Option<PersonId>,
    /// The code of whoever approved the invitation, which its acceptance takes, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) approval: Option<CredentialHash>,
    /// With which the person enrols one device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) device: Option<DeviceCode>,
    /// How the home's provider names the person, once they have signed on by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sign_on: Option<Subject>,
}

impl Account {
    /// An account of nobody who can come in yet.
    pub(crate) fn of(person: Person) -> Self {
        Self {
            person,
            invitation: None,
            invited_by: None,
            approval: None,
            password: None,
            factors: Factors::default(),
            device: None,
            sign_on: None,
        }
    }
}

/// What is kept of a code that enrols a device, once.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct DeviceCode {
    pub(crate) hash: CredentialHash,
    /// The last instant at which it does.
    pub(crate) until: Timestamp,
}

/// What is kept of a password.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Password {
    /// Argon2id in PHC form.
    pub(crate) phc: String,
    pub(crate) since: Timestamp,
    /// Those before it, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) earlier: Vec<String>,
}

impl Password {
    pub(crate) fn first(phc: String, now: Timestamp) -> Self {
        Self { phc, since: now, earlier: Vec::new() }
    }

    /// The one that comes after it; as many are remembered as the profile says.
    pub(crate) fn next(&self, phc: String, now: Timestamp, values: &Values) -> Self {
        let earlier = std::iter::once(&self.phc).chain(&self.earlier).cloned();
        Self { phc, since: now, earlier: earlier.take(values.password_history.into()).collect() }
    }

    /// Whether it opens nothing but its own change (1.4.b).
    pub(crate) fn is_past(&self, now: Timestamp, values: &Values) -> bool {
        let expires_at = saturating_add(self.since, i64::from(values.password_days_max) * DAY_SECONDS);
        now > expires_at || is_ahead(self.since, now)
    }

    /// When it may be changed again, unless that is now (1.4.a).
    pub(crate) fn changeable_at(&self, now: Timestamp, values: &Values) -> Option<Timestamp> {
        let changeable_at = saturating_add(self.since, i64::from(values.password_days_min) * DAY_SECONDS);
        (now < changeable_at && !is_ahead(self.since, now)).then_some(changeable_at)
    }
}

/// Second factors, and the codes for when they are lost.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Factors {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    totp: Option<Totp>,
    /// One that was shown and not yet confirmed with a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) begun: Option<Totp>,
    /// Of codes that open once each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    recovery: Vec<CredentialHash>,
    /// The oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    passkeys: Vec<OwnPasskey>,
}

/// What a code was good for.
pub(crate) enum Checked {
    /// It opened; keep these instead, in which it opens no more.
    Opened(Factors),
    /// It did not.
    Refused,
}

impl Factors {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.totp.is_none() && self.begun.is_none() && self.passkeys.is_empty()
    }

    /// Whether one can be asked for.
    pub(crate) fn is_enrolled(&self) -> bool {
        self.totp.is_some() || !self.passkeys.is_empty()
    }

    /// Those that are set up.
    pub(crate) fn passkeys(&self) -> &[OwnPasskey] {
        &self.passkeys
    }

    /// How many recovery codes are left.
    pub(crate) fn recovery_codes(&self) -> usize {
        self.recovery.len()
    }

    /// Checks a code of the authenticator, or a recovery code. `at` is the machine's time, which authenticators go by.
    pub(crate) fn check(&self, code: &Sensitive<String>, at: Timestamp) -> Checked {
        if let Some(totp) = self.totp.as_ref().and_then(|totp| totp.used(code, at)) {
            return Checked::Opened(Self { totp: Some(totp), ..self.clone() });
        }
        let hash = factor::recovery_hash(code);
        match self.recovery.iter().position(|kept| kept.matches(&hash)) {
            Some(position) if self.is_enrolled() => {
                let mut left = self.clone();
                left.recovery.remove(position);
                Checked::Opened(left)
            }
            _ => Checked::Refused,
        }
    }

    /// The same while another authenticator is being set up.
    pub(crate) fn beginning(&self, totp: Totp) -> Self {
        Self { begun: Some(totp), ..self.clone() }
    }

    /// Puts an authenticator, which was confirmed with a code, in the place of the one before; with it come new recovery
    /// codes, shown once.
    pub(crate) fn enrolled(&self, totp: Totp, entropy: &dyn Entropy) -> (Self, Vec<Sensitive<String>>) {
        let (codes, recovery) = factor::recovery_codes(entropy).into_iter().unzip();
        (Self { totp: Some(totp), begun: None, recovery, passkeys: self.passkeys.clone() }, codes)
    }

    /// The same with one passkey more; where it is the first factor of all, recovery codes come with it, shown once.
    pub(crate) fn with_passkey(
        &self,
        passkey: OwnPasskey,
        entropy: &dyn Entropy,
    ) -> (Self, Vec<Sensitive<String>>) {
        let mut next = Self { begun: None, ..self.clone() };
        next.passkeys.push(passkey);
        if self.is_enrolled() {
            return (next, Vec::new());
        }
        let (codes, recovery) = factor::recovery_codes(entropy).into_iter().unzip();
        (Self { recovery, ..next }, codes)
    }

    /// The same after a passkey has signed.
    pub(crate) fn with_used(&self, used: &OwnPasskey) -> Self {
        let mut next = self.clone();
        next.passkeys.iter_mut().filter(|one| one.id == used.id).for_each(|one| one.clone_from(used));
        next
    }

    /// The same without a passkey; `None` when there is none of that name. Recovery codes go with the last factor.
    pub(crate) fn without(&self, passkey: PasskeyId) -> Option<Self> {
        let mut next = self.clone();
        next.passkeys.retain(|one| one.id != passkey);
        if next.passkeys.len() == self.passkeys.len() {
            return None;
        }
        if !next.is_enrolled() {
            next.recovery.clear();
        }
        Some(next)
    }
}
