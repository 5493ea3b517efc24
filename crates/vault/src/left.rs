//! What people leave with a request or a consent: sealed registers whose keys end (R22).
//!
//! An entry is sealed under the request key of the month in which it was touched last, and says which that is in front of its
//! envelope. Each step seals it anew in the month of that step, so that it ends so many months after its last step, in the
//! store and in every copy.

use std::collections::BTreeSet;
use std::sync::{MutexGuard, PoisonError};

use bailee_core::{Day, FieldInstance, Month, PartNo, RecordId, Timestamp};
use bailee_crypto::envelope::{self, Place};
use bailee_ledger::authorized::Context;
use bailee_ledger::event::What;
use bailee_store::act::{Act, Change, RegisterRow};
use bailee_store::records::{Registers, StoreError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Vault, VaultError};

/// Most requests, and most consents, that a home remembers: all of a register are read to list it.
pub(crate) const LEFT_MAX: usize = 10_000;
/// How long ago somebody can have asked or agreed, at most: a year, which no period of a law outlasts.
pub(crate) const DAYS_BACK_MAX: i32 = 366;

/// What is known of it, which is not about who somebody is.
const CARD: FieldInstance = FieldInstance(0);
/// Who somebody is. Personal.
const MATTER: FieldInstance = FieldInstance(1);

/// Bytes of the month in front of an envelope.
const MONTH_BYTES: usize = 4;

/// A register of what people leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    Requests,
    Consents,
}

impl Left {
    const ALL: [Self; 2] = [Self::Requests, Self::Consents];

    const fn register(self) -> &'static str {
        match self {
            Self::Requests => "subject-request",
            Self::Consents => "consent",
        }
    }

    const fn place(self) -> &'static str {
        match self {
            Self::Requests => "register/subject-request",
            Self::Consents => "register/consent",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Requests => "request",
            Self::Consents => "consent",
        }
    }
}

/// An entry as it is kept.
pub(crate) struct Kept<T> {
    pub(crate) version: u32,
    pub(crate) card: T,
    /// Personal.
    pub(crate) matter: bailee_core::Sensitive<Vec<u8>>,
}

impl Vault {
    /// Held by who changes what was left.
    pub(crate) fn leaving(&self) -> MutexGuard<'_, ()> {
        self.leaving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every entry of a register that still opens, without who it is about.
    pub(crate) fn left<T: DeserializeOwned>(&self, of: Left) -> Result<Vec<T>, VaultError> {
        let mut cards = Vec::new();
        for row in self.base.store.entries(of.register())? {
            // One whose key has ended meanwhile is as good as swept.
            if let Some(opened) = self.open_left(of, &row, Some(&[CARD]))? {
                let (_, card) = opened.first().ok_or(VaultError::Damaged(of.words()))?;
                cards.push(read(of, card.expose())?);
            }
        }
        Ok(cards)
    }

    /// One entry, with who it is about.
    pub(crate) fn left_one<T: DeserializeOwned>(
        &self,
        of: Left,
        id: RecordId,
    ) -> Result<Kept<T>, VaultError> {
        let missing = || VaultError::NotLeft(of.words());
        let row = Registers::entry(&*self.base.store, of.register(), id)?.ok_or_else(missing)?;
        let opened = self.open_left(of, &row, None)?.ok_or_else(missing)?;
        let mut opened = opened.into_iter();
        let (Some((CARD, card)), Some((MATTER, matter))) = (opened.next(), opened.next()) else {
            return Err(VaultError::Damaged(of.words()));
        };
        Ok(Kept { version: row.version, card: read(of, card.expose())?, matter })
    }

    /// Keeps an entry anew, with its event, in the month of the act.
    pub(crate) fn keep_left<T: Serialize>(
        &self,
        context: &Context,
        of: Left,
        (id, kept): (RecordId, &Kept<T>),
        what: What,
    ) -> Result<(), VaultError> {
        if kept.version == 1 && self.base.store.entries(of.register())?.len() >= LEFT_MAX {
            return Err(VaultError::TooManyLeft);
        }
        let month = Month::of(context.now);
        // Durable in every mirror before anything is sealed under it.
        let key = self.base.keyring.ensure_request(month, &*self.base.entropy)?;
        let card = serde_json::to_vec(&kept.card).map_err(|_| VaultError::Damaged(of.words()))?;
        let fields: [(FieldInstance, &[u8]); 2] = [(CARD, &card), (MATTER, kept.matter.expose())];
        let place = self.left_place(of, id, kept.version);
        let mut sealed = month.0.to_be_bytes().to_vec();
        sealed.extend(envelope::seal(&key, &place, &fields, &*self.base.entropy)?);
        let row = RegisterRow { register: of.register().to_owned(), id, version: kept.version, sealed };
        let changes = vec![Change::PutRegister(row), self.sealed_by()?];
        let name = match of {
            Left::Requests => "keep-request",
            Left::Consents => "keep-consent",
        };
        match self.base.store.commit(Act { name, changes, events: vec![context.event(what)] }) {
            // Another node was quicker.
            Err(StoreError::Conflict) => Err(VaultError::Changed),
            other => other.map(drop).map_err(VaultError::from),
        }
    }

    /// The months of which something is still there.
    pub(crate) fn left_months(&self) -> Result<Vec<Month>, VaultError> {
        let mut months = BTreeSet::new();
        for of in Left::ALL {
            for row in self.base.store.entries(of.register())? {
                months.extend(split(&row.sealed).map(|(month, _)| month));
            }
        }
        Ok(months.into_iter().collect())
    }

    /// What takes the rows of months away whose keys are gone.
    pub(crate) fn sweep_left(&self, months: &[Month]) -> Result<Vec<Change>, VaultError> {
        let mut changes = Vec::new();
        if months.is_empty() {
            return Ok(changes);
        }
        for of in Left::ALL {
            for row in self.base.store.entries(of.register())? {
                if split(&row.sealed).is_some_and(|(month, _)| months.contains(&month)) {
                    let RegisterRow { register, id, version, .. } = row;
                    changes.push(Change::DeleteRegister { register, id, version });
                }
            }
        }
        Ok(changes)
    }

    /// Takes away what lies under request keys that are lost with a keyring, before a month gets another; what that was.
    pub(crate) fn lose_left(&self, changes: &mut Vec<Change>) -> Result<LostLeft, VaultError> {
        let mut lost = LostLeft::default();
        for of in Left::ALL {
            for row in self.base.store.entries(of.register())? {
                let (month, _) = split(&row.sealed).ok_or(VaultError::Damaged(of.words()))?;
                if self.base.keyring.request(month).is_some() {
                    continue;
                }
                match of {
                    Left::Requests => drop(lost.requests.insert(row.id)),
                    Left::Consents => lost.consents += 1,
                }
                let RegisterRow { register, id, version, .. } = row;
                changes.push(Change::DeleteRegister { register, id, version });
            }
        }
        Ok(lost)
    }

    /// The day on which somebody said something: not ahead, and not so long ago that it cannot be.
    pub(crate) fn check_said(day: Day, now: Timestamp) -> Result<(), VaultError> {
        let today = Day::of(now);
        // Whoever is ahead of UTC writes down tomorrow's date for some hours.
        let can_be = today.plus(-DAYS_BACK_MAX) <= day && day <= today.plus(1);
        if can_be { Ok(()) } else { Err(VaultError::SaidDay) }
    }

    /// The fields of an entry; none, where its key has ended.
    fn open_left(
        &self,
        of: Left,
        row: &RegisterRow,
        wanted: Option<&[FieldInstance]>,
    ) -> Result<Option<Vec<Field>>, VaultError> {
        let (month, sealed) = split(&row.sealed).ok_or(VaultError::Damaged(of.words()))?;
        let Some(key) = self.base.keyring.request(month) else { return Ok(None) };
        Ok(Some(envelope::open(&key, &self.left_place(of, row.id, row.version), sealed, wanted)?))
    }

    fn left_place(&self, of: Left, id: RecordId, version: u32) -> Place<'static> {
        let binding = self.base.keyring.binding();
        Place {
            home: binding.home,
            environment: binding.environment,
            what: of.place(),
            seller: None,
            record: id,
            part: PartNo(0),
            version,
        }
    }
}

/// What people had left that is lost.
#[derive(Default)]
pub(crate) struct LostLeft {
    pub(crate) requests: BTreeSet<RecordId>,
    pub(crate) consents: u64,
}

/// A field of an entry, opened.
type Field = (FieldInstance, bailee_core::Sensitive<Vec<u8>>);

/// The month of an entry, and its envelope.
fn split(sealed: &[u8]) -> Option<(Month, &[u8])> {
    let (month, envelope) = sealed.split_first_chunk::<MONTH_BYTES>()?;
    Some((Month(i32::from_be_bytes(*month)), envelope))
}

fn read<T: DeserializeOwned>(of: Left, card: &[u8]) -> Result<T, VaultError> {
    serde_json::from_slice(card).map_err(|_| VaultError::Damaged(of.words()))
}
