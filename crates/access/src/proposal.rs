//! Proposals: an act that somebody proposes, somebody else approves, and that is then carried out as it was proposed, once.
//!
//! What can be proposed is a closed set. What is proposed is kept whole and sealed; events hold a salted commitment to it,
//! the same in every step, so that what was done can be held against what was proposed.

use std::fmt;

use aws_lc_rs::digest;
use bailee_core::archive::Plan;
use bailee_core::catalogue::Cleaner;
use bailee_core::export;
use bailee_core::hold::LiftReason;
use bailee_core::retention::EndReason;
use bailee_core::time::{DAY_SECONDS, is_ahead, saturating_add};
use bailee_core::{
    Class, Commitment, Day, Entropy, Kind, PersonId, ProposalId, Purpose, RecordId, SellerId, ServiceId,
    Timestamp,
};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::AccessError;
use crate::person::Role;
use crate::register::Kept;

/// A proposal that nobody decides about ends by itself after so long.
pub(crate) const PROPOSAL_SECONDS: i64 = 7 * DAY_SECONDS;

/// Bytes of the salt of a commitment.
const SALT_BYTES: usize = 32;

/// What is proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum Proposed {
    /// That a field is a fact: what was sealed as personal can then be read by all who may see facts.
    Declassify {
        /// Of what it is a field.
        kind: Kind,
        /// The field, by its path;
        path: Option<String>,
        /// or by the number under which it is listed.
        number: Option<u64>,
        /// Why it is a fact.
        fact: String,
        /// How it is cleaned.
        cleaner: Option<Cleaner>,
    },
    /// What a service that was added may see; or that one more key or certificate of it, which somebody was shown, may show
    /// that.
    ReleaseService {
        /// Which.
        service: ServiceId,
        /// The key or certificate, where it is about that alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<RecordId>,
        /// Its sellers.
        sellers: Vec<SellerId>,
        /// Its purposes.
        purposes: Vec<Purpose>,
        /// Its classes.
        classes: Vec<Class>,
    },
    /// That personal data of records is erased, since somebody asked.
    Erase {
        /// Each, once.
        records: Vec<Concerned>,
    },
    /// That somebody who was invited may come in, who could then approve what others ask for.
    Invite {
        /// Who.
        person: PersonId,
        /// The same as `Name <mail>`.
        named: String,
        /// What they shall do.
        roles: Vec<Role>,
    },
    /// That a time which has jumped ahead is right, and what is due by it may be destroyed.
    ConfirmTime {
        /// What time it was when that was proposed.
        at: Timestamp,
    },
    /// That what a law obliges to keep is sealed to an offline key, and outlives the data so.
    Archive {
        /// What, and why.
        plan: Box<Plan>,
    },
    /// That what a law obliges to keep is archived before each record's day, from now on.
    Hold {
        /// What, and why: of the named records, or of all, where it names neither records nor a day.
        plan: Box<Plan>,
    },
    /// That a hold ends before its statute does, and its archives are to be destroyed.
    LiftHold {
        /// Which.
        hold: RecordId,
        /// Why.
        reason: LiftReason,
    },
    /// That records leave, sealed to a registered recipient: more of them than one person may let out alone.
    Export {
        /// What, to whom and for what.
        plan: Box<export::Plan>,
    },
    /// That the home goes on with a keyring that is older than its data, without what that does not know.
    AdoptKeyring {
        /// The keyring's revision.
        keyring: u64,
        /// The revision that the home knows of.
        anchor: u64,
    },
    /// That whoever proposes it is given the lasting keyring, as a sealed file.
    ExportKeyring {
        /// The ids of those for whom it is sealed; nobody, where that is the root key.
        recipients: Vec<String>,
    },
    /// That whoever proposes it splits the root key.
    SplitRootKey {
        /// Into how many shares.
        shares: u8,
        /// How many of them bring it back.
        threshold: u8,
    },
    /// That a seller ends: nothing of it is taken in or opened any more, and all of it is destroyed (R17).
    EndSeller {
        /// Which.
        seller: SellerId,
        /// Why.
        reason: EndReason,
        /// On which day it is destroyed: at once, where none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on: Option<Day>,
    },
}

/// A record that a proposal is about: by its id, since its reference ends with its facts, and this is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concerned {
    /// Whose.
    pub seller: SellerId,
    /// Its id.
    pub record: RecordId,
}

impl Proposed {
    /// The code by which events name it. Never renamed.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Declassify { .. } => "declassify",
            Self::ReleaseService { .. } => "release-service",
            Self::Erase { .. } => "erase",
            Self::Invite { .. } => "invite",
            Self::ConfirmTime { .. } => "confirm-time",
            Self::Archive { .. } => "archive",
            Self::Hold { .. } => "hold",
            Self::LiftHold { .. } => "lift-hold",
            Self::Export { .. } => "export",
            Self::AdoptKeyring { .. } => "adopt-keyring",
            Self::ExportKeyring { .. } => "export-keyring",
            Self::SplitRootKey { .. } => "split-root-key",
            Self::EndSeller { .. } => "end-seller",
        }
    }
}

impl Proposal {
    /// Whether it is about that key alone.
    pub(crate) fn is_of_key(&self, of: RecordId) -> bool {
        matches!(self.proposed, Proposed::ReleaseService { key: Some(key), .. } if key == of)
    }

    /// Whether it is about what a service may see at all.
    pub(crate) fn releases(&self, service: ServiceId) -> bool {
        matches!(self.proposed, Proposed::ReleaseService { service: of, key: None, .. } if of == service)
    }
}

/// Where a proposal stands. Each step takes the state before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Stage {
    /// Nobody has decided yet.
    Proposed,
    /// Somebody else approved it, and it is being carried out: again, where that was cut off.
    Approved {
        /// Who.
        by: PersonId,
    },
    /// It was carried out.
    Done {
        /// Who approved it.
        by: PersonId,
        /// When.
        at: Timestamp,
    },
    /// Somebody decided against it: nobody of this home, where it was stopped from outside.
    Refused {
        /// Who.
        by: Option<PersonId>,
    },
    /// Whoever proposed it took it back.
    Withdrawn,
    /// Its time is over.
    Expired,
}

impl Stage {
    /// Its name.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved { .. } => "approved",
            Self::Done { .. } => "done",
            Self::Refused { .. } => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }

    /// Approving what is approved already goes on with it.
    pub(crate) fn approve(self, by: PersonId) -> Option<Self> {
        match self {
            Self::Proposed => Some(Self::Approved { by }),
            Self::Approved { .. } => Some(self),
            _ => None,
        }
    }

    pub(crate) fn done(self, at: Timestamp) -> Option<Self> {
        match self {
            Self::Approved { by } => Some(Self::Done { by, at }),
            _ => None,
        }
    }

    pub(crate) fn refuse(self, by: Option<PersonId>) -> Option<Self> {
        (self == Self::Proposed).then_some(Self::Refused { by })
    }

    pub(crate) fn withdraw(self) -> Option<Self> {
        (self == Self::Proposed).then_some(Self::Withdrawn)
    }

    /// Also what was approved and could not be carried out ends.
    pub(crate) fn expire(self) -> Option<Self> {
        matches!(self, Self::Proposed | Self::Approved { .. }).then_some(Self::Expired)
    }

    /// Who approved it.
    pub const fn approved_by(&self) -> Option<PersonId> {
        match self {
            Self::Approved { by } | Self::Done { by, .. } => Some(*by),
            _ => None,
        }
    }
}

/// A proposal from its making on, as kept sealed in the register `proposal`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Names it.
    pub id: ProposalId,
    /// What is proposed.
    pub proposed: Proposed,
    /// Who proposed it.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// Where it stands.
    pub stage: Stage,
    /// In hexadecimal digits.
    pub(crate) salt: String,
}

/// Without what is proposed, which somebody wrote, and the salt of its commitment.
impl fmt::Debug for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, by, stage, .. } = self;
        f.debug_struct("Proposal")
            .field("id", id)
            .field("by", by)
            .field("stage", stage)
            .finish_non_exhaustive()
    }
}

impl Kept for Proposal {
    const REGISTER: &'static str = "proposal";
    const PLACE: &'static str = "register/proposal";
}

impl Proposal {
    pub(crate) fn new(proposed: Proposed, by: PersonId, at: Timestamp, entropy: &dyn Entropy) -> Self {
        let mut salt = [0; SALT_BYTES];
        entropy.fill(&mut salt);
        let id = ProposalId::random(entropy);
        Self { id, proposed, by, at, stage: Stage::Proposed, salt: HEXLOWER.encode(&salt) }
    }

    /// It opens nothing from then on.
    pub fn until(&self) -> Timestamp {
        saturating_add(self.at, PROPOSAL_SECONDS)
    }

    /// Whether it has outlived its time, and nobody has written that down.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        (now >= self.until() || is_ahead(self.at, now)) && self.stage.expire().is_some()
    }

    /// Where it stands now, in a word.
    pub fn state(&self, now: Timestamp) -> &'static str {
        if self.is_over(now) { Stage::Expired.as_str() } else { self.stage.as_str() }
    }

    /// What events hold of what is proposed.
    pub(crate) fn content(&self) -> Result<Commitment, AccessError> {
        let content = serde_json::to_vec(&self.proposed).map_err(|_| AccessError::Unreadable("proposal"))?;
        let mut hasher = digest::Context::new(&digest::SHA256);
        hasher.update(b"bailee/proposal");
        hasher.update(self.salt.as_bytes());
        hasher.update(&content);
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(hasher.finish().as_ref()).for_each(|(to, from)| *to = *from);
        Ok(Commitment(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHO: PersonId = PersonId([1; 16]);

    #[test]
    fn a_proposal_goes_one_way() {
        let at: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        let (approved, done) = (Stage::Approved { by: WHO }, Stage::Done { by: WHO, at });
        let check = |from: Stage, may: [bool; 5]| {
            let steps = [
                from.approve(WHO).is_some(),
                from.done(at).is_some(),
                from.refuse(None).is_some(),
                from.withdraw().is_some(),
                from.expire().is_some(),
            ];
            assert_eq!(steps, may, "{from:?}");
        };
        check(Stage::Proposed, [true, false, true, true, true]);
        check(approved, [true, true, false, false, true]);
        for end in [done, Stage::Refused { by: None }, Stage::Withdrawn, Stage::Expired] {
            check(end, [false; 5]);
        }
    }
}
