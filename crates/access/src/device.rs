//! Enrolled devices: the machines on which people work over the network, each known by certificates of the home's authority.
//!
//! A device proves itself in the handshake of TLS, and so with each request. A session is bound to where it was begun, and goes
//! on there alone. Certificates go by the machine's time. What a device is like, its inventory or its posture, is not known here.

use bailee_core::profile::Values;
use bailee_core::time::{DAY_SECONDS, is_ahead, saturating_add};
use bailee_core::{DeviceId, PersonId, RecordId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::credential::CredentialHash;
use crate::lockout::Door;
use crate::register::Kept;
use crate::service::{self, KeyAge};

/// Most devices of one person: those that somebody works on, and some to spare.
pub const DEVICES_MAX: usize = 10;

/// Most certificates of one device at a time: the newest, and those by which commands still run that began before it.
const CERTIFICATES_MAX: usize = 4;

/// From then on a certificate that was never shown is taken for lost on its way: a device that has it shows it.
pub(crate) const LOST_SECONDS: i64 = DAY_SECONDS;

/// A device, as kept sealed in the register `device`.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Device {
    pub(crate) id: DeviceId,
    /// Whose it is.
    pub(crate) person: PersonId,
    /// As that person calls it.
    pub(crate) name: String,
    /// Since when, by the home's time.
    pub(crate) since: Timestamp,
    /// Whether an invitation enrolled it, which enrols one at a time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) invited: bool,
    /// The oldest first.
    pub(crate) certificates: Vec<Certified>,
}

/// A certificate of a device.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Certified {
    pub(crate) hash: CredentialHash,
    /// Since when, by the machine's time.
    pub(crate) since: Timestamp,
}

impl Kept for Device {
    const REGISTER: &'static str = "device";
    const PLACE: &'static str = "register/device";
}

impl Device {
    /// The id of its entry.
    pub(crate) fn entry_id(&self) -> RecordId {
        RecordId(*self.id.as_bytes())
    }

    /// Its certificate of that hash.
    pub(crate) fn certified(&self, hash: &CredentialHash) -> Option<&Certified> {
        self.certificates.iter().find(|one| one.hash.matches(hash))
    }

    /// The same with the next certificate, which one of its own asks for: the newest; or, a day after that was issued, one of
    /// before, since then the answer was lost, and what it held opens nothing more. Those of before go on until their own end:
    /// whoever asked may not have got the next.
    ///
    /// # Errors
    /// Since when there is a newer one, which is to be used.
    pub(crate) fn renewed(&self, by: &CredentialHash, next: Certified) -> Result<Self, Timestamp> {
        let newest = self.certificates.last().filter(|one| !one.hash.matches(by));
        let is_in_use = |one: &&Certified| {
            !is_ahead(one.since, next.since) && next.since < saturating_add(one.since, LOST_SECONDS)
        };
        if let Some(newer) = newest.filter(is_in_use) {
            return Err(newer.since);
        }
        let asks = self.certificates.iter().position(|one| one.hash.matches(by));
        let still = self.certificates.iter().take(asks.map_or(0, |position| position + 1));
        let kept: Vec<_> = still.rev().take(CERTIFICATES_MAX - 1).cloned().collect();
        Ok(Self { certificates: kept.into_iter().rev().chain([next]).collect(), ..self.clone() })
    }

    /// The last instant at which it opens anything.
    pub(crate) fn ends_at(&self, values: &Values) -> Option<Timestamp> {
        self.certificates.iter().map(|one| one.ends_at(values)).max()
    }
}

impl Certified {
    /// The last instant at which it opens anything, by the machine's time.
    pub(crate) fn ends_at(&self, values: &Values) -> Timestamp {
        service::ends_at(self.since, values)
    }

    pub(crate) fn age(&self, machine_now: Timestamp, values: &Values) -> KeyAge {
        KeyAge::of(self.since, machine_now, values)
    }
}

/// A device, as its owner may see it.
#[derive(Clone, Debug)]
pub struct ShownDevice {
    /// Names it; opens nothing.
    pub id: DeviceId,
    /// Whose it is.
    pub person: PersonId,
    /// As that person calls it.
    pub name: String,
    /// Since when.
    pub since: Timestamp,
    /// The last instant at which it opens anything, by the machine's time.
    pub ends_at: Timestamp,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// Where a session is begun, and where alone it goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Place {
    /// At a door of the home's own machine.
    #[default]
    Here,
    /// Over the network, from any machine that shows no certificate.
    Network,
    /// Over the network, from this device.
    Device(DeviceId),
}

impl Place {
    pub(crate) fn at(door: Door, device: Option<DeviceId>) -> Self {
        match (door, device) {
            (Door::Local, _) => Self::Here,
            (Door::Network(_), None) => Self::Network,
            (Door::Network(_), Some(device)) => Self::Device(device),
        }
    }

    pub(crate) fn is_here(&self) -> bool {
        *self == Self::Here
    }

    pub(crate) fn device(self) -> Option<DeviceId> {
        match self {
            Self::Device(device) => Some(device),
            Self::Here | Self::Network => None,
        }
    }
}
