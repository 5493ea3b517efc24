//! What a home asks of those who come in: the profile's values, and what its configuration adds.

use std::fmt;
use std::sync::Arc;

use bailee_core::export::APPROVE_OVER;
use bailee_core::profile::{Profile, Values};
use bailee_core::{Environment, Purpose};

use crate::breached::Breached;
use crate::passkey::RelyingParty;
use crate::sign_on::Provider;

/// What a home asks.
#[derive(Clone)]
pub struct Standards {
    /// Numbers.
    pub values: Values,
    /// Whether everybody comes in with a second factor (1.1.d). From a public address everybody does in any case.
    pub second_factor: bool,
    /// Whether a second person approves what is dangerous (1.3.b).
    pub second_person: bool,
    /// Whether people come in over the network on enrolled devices alone (1.2.e).
    pub enrolled_device: bool,
    /// Purposes for which nothing is revealed but with a consent that covers the record (2.1.b).
    pub on_consent: Vec<Purpose>,
    /// Most records that one person exports in a day alone (2.6.g).
    pub export_alone_max: u32,
    /// Whether the home can send mail, so that notices are filed.
    pub mail: bool,
    /// Of a company of one: the address outside that is told of what takes two people, and may stop it (1.3.b).
    pub outside: Option<String>,
    /// Passwords that are known from breaches.
    pub breached: Option<Breached>,
    /// The address that passkeys are bound to; without one there are none.
    pub relying_party: Option<RelyingParty>,
    /// By which people may sign on.
    pub provider: Option<Arc<Provider>>,
}

/// Without the address outside, which is somebody's.
impl fmt::Debug for Standards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { values, second_factor, second_person, enrolled_device, mail, .. } = self;
        f.debug_struct("Standards")
            .field("values", values)
            .field("second_factor", second_factor)
            .field("second_person", second_person)
            .field("enrolled_device", enrolled_device)
            .field("mail", mail)
            .finish_non_exhaustive()
    }
}

impl Standards {
    /// Those of a home that sets nothing: the profile `strict`; a test home, whose data is nobody's, asks for no second
    /// factor, no second person and no enrolled device.
    pub fn of(environment: Environment) -> Self {
        let production = environment == Environment::Production;
        Self {
            values: Values::of(Profile::Strict),
            second_factor: production,
            second_person: production,
            enrolled_device: production,
            on_consent: Vec::new(),
            export_alone_max: APPROVE_OVER,
            mail: false,
            outside: None,
            breached: None,
            relying_party: None,
            provider: None,
        }
    }
}
