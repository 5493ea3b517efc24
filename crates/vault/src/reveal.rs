//! Reveal: first resolve what is asked (nothing personal is opened), then the gate decides and logs, then open exactly
//! what was authorised.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::Ordering;

use bailee_core::path::FieldSelector;
use bailee_core::{
    Class, Day, FieldId, FieldInstance, Json, Kind, Purpose, RecordId, Reference, SellerId, Timestamp,
};
use bailee_crypto::lasting::TokenError;
use bailee_ledger::authorized::{Authorized, Reveal};
use bailee_ledger::event::{Event, What};
use bailee_store::act::{Act, RecordRow, RecordState};

use crate::document::places;
use crate::facts::{Facts, PartEntry};
pub use crate::gone::Gone;
use crate::{Vault, VaultError};

/// Most items of one reveal.
pub const ITEMS_MAX: usize = 1000;

/// What stands for the path of a leaf that the catalogue does not name: its keys came from outside and may be personal.
pub const UNCLASSIFIED_PATH: &str = "unclassified";

/// Most failed reveals that wait to be written: each has its own entry already, which says what was allowed.
const FAILURES_MAX: usize = 1000;

/// How often a record that changes while it is being read is read again.
const TRIES_MAX: usize = 5;

/// One thing asked for.
pub enum Wanted {
    /// Fields of a record.
    Reference {
        /// Whose.
        seller: SellerId,
        /// Of what kind; the first of [`Kind::ALL`] that has this reference, when `None`.
        kind: Option<Kind>,
        /// Its reference.
        reference: Reference,
        /// Which fields; all that it has, when `None`.
        fields: Option<Vec<FieldSelector>>,
    },
    /// One field, by its token.
    Token(String),
}

/// What a wanted item is.
pub enum Resolved {
    /// Held.
    Held(Held),
    /// Its personal data is gone.
    Gone(Gone),
    /// Neither held nor known to have been, or no token of this home.
    Unknown {
        /// Why: `"unknown"`, `"not-a-token"`, `"other-home"`, `"other-environment"`.
        code: &'static str,
    },
    /// Held, and it does not open.
    Failed {
        /// Whose it is.
        seller: SellerId,
        /// Why it does not.
        error: VaultError,
    },
}

/// A held record and those of its fields that were asked for.
pub struct Held {
    /// Whose.
    pub seller: SellerId,
    /// Of what kind.
    pub kind: Kind,
    /// Its reference.
    pub reference: Reference,
    /// Its id.
    pub record: RecordId,
    /// The fields asked for that it has.
    pub fields: Vec<HeldField>,
    /// What was asked for by name and is not there.
    pub absent: Vec<String>,
    /// Whether it is kept and nothing else: then nothing of it is opened, whatever is allowed.
    pub restricted: bool,
    /// For which purposes a consent covers it.
    pub consented: Vec<Purpose>,
    /// How many restrictions there had been when it was looked at.
    restrictions: u64,
    /// How many corrections there had been by then.
    pub(crate) corrections: u32,
    pub(crate) row: RecordRow,
    pub(crate) parts: Vec<PartEntry>,
}

impl Held {
    /// The earliest day of the parts that hold some of its fields: before it begins they are gone.
    pub(crate) fn day_of(&self, instances: &[FieldInstance]) -> Option<Day> {
        let main = self.parts.iter().find(|part| part.is_main());
        let part = |instance: &FieldInstance| {
            self.parts.iter().find(|part| part.instances.contains(instance)).or(main)
        };
        instances.iter().filter_map(part).map(|part| part.day).min()
    }
}

/// A field of a held record.
#[derive(Clone, Debug)]
pub struct HeldField {
    /// Its number in the record.
    pub instance: FieldInstance,
    /// The catalogue's field.
    pub field: FieldId,
    /// Its class.
    pub class: Class,
    /// Its full path; [`UNCLASSIFIED_PATH`] for a leaf that the catalogue does not name.
    pub path: String,
}

/// A revealed record. Plaintext.
pub struct Revealed {
    /// Its id.
    pub record: RecordId,
    /// Whose.
    pub seller: SellerId,
    /// Of what kind.
    pub kind: Kind,
    /// Its reference.
    pub reference: Reference,
    /// Path and value.
    pub fields: Vec<(String, Json)>,
}

/// What came of opening what was authorised.
#[derive(Default)]
pub struct Opened {
    /// What was opened. Plaintext.
    pub revealed: Vec<Revealed>,
    /// What ended since it was resolved.
    pub gone: Vec<Gone>,
    /// What does not open.
    pub failed: Vec<Failed>,
}

/// A record that does not open.
pub struct Failed {
    /// Its index in what was held.
    pub held: usize,
    /// Why it does not.
    pub error: VaultError,
}

/// A row that was asked for, or the code of why there is none.
type Named<'w> = Result<(SellerId, RecordRow, Selected<'w>), &'static str>;

impl Vault {
    /// Finds out what each wanted item is, in order, without opening anything personal. One that is unknown or does
    /// not open says nothing of the others.
    ///
    /// # Errors
    /// [`VaultError::TooManyItems`] past [`ITEMS_MAX`]; when the store cannot be used.
    pub fn resolve(&self, wanted: &[Wanted], now: Timestamp) -> Result<Vec<Resolved>, VaultError> {
        if wanted.len() > ITEMS_MAX {
            return Err(VaultError::TooManyItems);
        }
        wanted.iter().map(|one| self.resolve_one(one, now)).collect()
    }

    fn resolve_one(&self, wanted: &Wanted, now: Timestamp) -> Result<Resolved, VaultError> {
        // Before the row is read: a restriction that comes after it is noticed at opening.
        let restrictions = self.restrictions.load(Ordering::SeqCst);
        let (seller, row, selected) = match self.named_row(wanted)? {
            Ok(named) => named,
            Err(code) => return Ok(Resolved::Unknown { code }),
        };
        let facts = self.open_facts(&seller, &row);
        match facts.and_then(|facts| self.resolve_row(&seller, row, facts, &selected, (restrictions, now))) {
            Err(error) if error.is_of_one_record() => Ok(Resolved::Failed { seller, error }),
            Ok(Resolved::Gone(gone)) => Ok(Resolved::Gone(gone.asked_for(wanted))),
            resolved => resolved,
        }
    }

    /// Finds out what records of a seller are, by their ids, with the selected fields of each (all, when `None`), without opening
    /// anything personal. Of another seller's there is none.
    ///
    /// # Errors
    /// Those of [`Self::resolve`].
    pub fn resolve_records(
        &self,
        seller: &SellerId,
        records: &[RecordId],
        fields: Option<&[FieldSelector]>,
        now: Timestamp,
    ) -> Result<Vec<Resolved>, VaultError> {
        if records.len() > ITEMS_MAX {
            return Err(VaultError::TooManyItems);
        }
        let (no, restrictions) = (self.seller_no(seller)?, self.restrictions.load(Ordering::SeqCst));
        let resolve = |id: &RecordId| {
            let Some(row) = self.base.store.record_by_id(*id)?.filter(|row| row.seller == no) else {
                return Ok(Resolved::Unknown { code: "unknown" });
            };
            let facts = self.open_facts(seller, &row);
            let selected = Selected::Paths(fields);
            match facts.and_then(|facts| self.resolve_row(seller, row, facts, &selected, (restrictions, now)))
            {
                Err(error) if error.is_of_one_record() => {
                    Ok(Resolved::Failed { seller: seller.clone(), error })
                }
                resolved => resolved,
            }
        };
        records.iter().map(resolve).collect()
    }

    /// The row that a wanted item names, with nothing opened.
    fn named_row<'w>(&self, wanted: &'w Wanted) -> Result<Named<'w>, VaultError> {
        match wanted {
            Wanted::Reference { seller, kind, reference, fields } => {
                let row = match self.row_of_kinds(
                    seller,
                    kind.as_ref().map_or(Kind::ALL, std::slice::from_ref),
                    reference,
                ) {
                    Err(VaultError::UnknownSeller(_)) => None,
                    row => row?,
                };
                let selected = Selected::Paths(fields.as_deref());
                Ok(row.map(|row| (seller.clone(), row, selected)).ok_or("unknown"))
            }
            Wanted::Token(token) => {
                let (record, instance) = match self.base.keyring.lasting().resolve(token) {
                    Ok(named) => named,
                    Err(TokenError::OtherHome) => return Ok(Err("other-home")),
                    Err(TokenError::OtherEnvironment) => return Ok(Err("other-environment")),
                    Err(TokenError::NotAToken) => return Ok(Err("not-a-token")),
                };
                let row = self.base.store.record_by_id(record)?;
                let named = row.and_then(|row| Some((self.seller_id(row.seller)?, row)));
                let selected = Selected::Instance(instance);
                Ok(named.map(|(seller, row)| (seller, row, selected)).ok_or("unknown"))
            }
        }
    }

    fn resolve_row(
        &self,
        seller: &SellerId,
        row: RecordRow,
        facts: Option<Facts>,
        selected: &Selected<'_>,
        (restrictions, now): (u64, Timestamp),
    ) -> Result<Resolved, VaultError> {
        let Some(facts) = facts else {
            if self.has_lost_facts(seller, &row, now) {
                return Ok(Resolved::Gone(self.lost(seller, None, None, now)?));
            }
            let when = bailee_core::retention::facts_end(row.facts_month).min(now);
            let rule = "R18".to_owned();
            return Ok(Resolved::Gone(Gone {
                seller: seller.clone(),
                reference: None,
                state: "disposed",
                when,
                rule,
            }));
        };
        let is_open = |part: &PartEntry| row.state == RecordState::Live && self.is_open(seller, part, now);
        let open: Vec<PartEntry> = facts.about.parts.iter().filter(|part| is_open(part)).cloned().collect();
        let (fields, lost) = self.held_fields(&facts, row.kind, &open, selected);
        let asked_for_lost = fields.is_empty() && lost.is_some();
        if open.is_empty() || asked_for_lost {
            let part = lost.and_then(|instance| facts.about.part_of(instance)).or(facts.about.main());
            return Ok(Resolved::Gone(self.gone(seller, &row, &facts, part, now)?));
        }
        Ok(Resolved::Held(Held {
            seller: seller.clone(),
            kind: row.kind,
            reference: facts.about.reference,
            record: row.id,
            absent: selected.absent(&fields),
            fields,
            restricted: facts.about.restricted.is_some(),
            corrections: u32::try_from(facts.about.corrections.len()).unwrap_or(u32::MAX),
            consented: self.consented(row.id),
            restrictions,
            row,
            parts: open,
        }))
    }

    /// Whether a part can be opened: its bucket is neither closing nor gone, and its key was not lost with a keyring.
    pub(crate) fn is_open(&self, seller: &SellerId, part: &PartEntry, now: Timestamp) -> bool {
        self.live_keys(&Self::bucket_id(seller, part), now).is_some_and(|keys| keys.holds(part.slot()))
    }

    /// The selected fields that can be opened, and one that cannot any more, if there is one.
    fn held_fields(
        &self,
        facts: &Facts,
        kind: Kind,
        open: &[PartEntry],
        selected: &Selected<'_>,
    ) -> (Vec<HeldField>, Option<FieldInstance>) {
        let mut held = Vec::new();
        let mut lost = None;
        for place in places(&facts.skeleton, &self.catalogue(), kind) {
            let instance = FieldInstance(place.marker.0);
            if !selected.names(instance, &place.path) {
                continue;
            }
            let part = facts.about.part_of(instance);
            if part.is_none_or(|part| !open.contains(part)) {
                lost = Some(instance);
            } else if let Some(class) = place.field.class {
                held.push(HeldField { instance, field: place.field.id, class, path: place.path });
            }
        }
        let main_is_open = open.iter().any(|part| part.is_main());
        let unclassified = (facts.about.unclassified.iter())
            .filter(|one| main_is_open && selected.names(**one, UNCLASSIFIED_PATH));
        held.extend(unclassified.map(|instance| HeldField {
            instance: *instance,
            field: FieldId::UNCLASSIFIED,
            class: Class::Unclassified,
            path: UNCLASSIFIED_PATH.to_owned(),
        }));
        (held, lost)
    }

    /// Opens exactly what was authorised; `held` gives the paths and references of it. A record that ended since it
    /// was resolved is given back as gone, one that does not open as failed.
    ///
    /// # Errors
    /// When the store cannot be used. The event that names what was authorised is in the ledger already; a
    /// `reveal-failed` follows it, as it follows for what does not open.
    pub fn reveal(&self, authorized: Authorized<Reveal>, held: &[Held]) -> Result<Opened, VaultError> {
        self.check_home(&authorized)?;
        let result = self.open_authorized(&authorized, held);
        let reasons: BTreeSet<&'static str> = match &result {
            Ok(opened) => opened.failed.iter().map(|failed| failed.error.code()).collect(),
            Err(error) => [error.code()].into(),
        };
        let failed = reasons.into_iter().map(|reason| What::RevealFailed { reason: reason.to_owned() });
        self.write_failures(failed.map(|failed| authorized.context().event(failed)));
        result
    }

    /// Writes what failed into the ledger. While that cannot be written itself, failures wait for the next reveal.
    pub(crate) fn write_failures(&self, failed: impl Iterator<Item = Event>) {
        let mut waiting = self.failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        waiting.extend(failed);
        let excess = waiting.len().saturating_sub(FAILURES_MAX);
        waiting.drain(..excess);
        if waiting.is_empty() {
            return;
        }
        let act = Act { name: "reveal-failed", changes: Vec::new(), events: waiting.clone() };
        if self.base.store.commit(act).is_ok() {
            waiting.clear();
        }
    }

    fn open_authorized(&self, authorized: &Authorized<Reveal>, held: &[Held]) -> Result<Opened, VaultError> {
        let now = authorized.context().now;
        let mut opened = Opened::default();
        // In the order asked. INVARIANT: what is not among the authorised pairs is not opened.
        let Reveal { purpose, pairs } = authorized.action();
        let purpose = *purpose;
        let allowed: HashMap<RecordId, &[FieldInstance]> =
            pairs.iter().map(|(record, instances)| (*record, instances.as_slice())).collect();
        for (index, held) in held.iter().enumerate() {
            let instances = allowed.get(&held.record).copied().unwrap_or_default();
            let asked = |field: &&HeldField| instances.contains(&field.instance);
            let fields: Vec<&HeldField> = held.fields.iter().filter(asked).collect();
            if fields.is_empty() {
                continue;
            }
            // Before, and after: whoever took it back and was told so is not met by what comes later.
            let opened_one = self.refuse_unconsented(purpose, held.record).and_then(|()| {
                let one = self.open_held(held, &fields, now)?;
                self.refuse_unconsented(purpose, held.record).map(|()| one)
            });
            match opened_one {
                Ok(Ok(one)) => opened.revealed.push(one),
                Ok(Err(one)) => opened.gone.push(one),
                Err(error) if error.is_of_one_record() => opened.failed.push(Failed { held: index, error }),
                Err(error) => return Err(error),
            }
        }
        Ok(opened)
    }

    /// Opens fields of a record as it was resolved, or as it is now when it changed meanwhile: an instance stands for
    /// the same field of the same record whatever the version.
    fn open_held(
        &self,
        held: &Held,
        fields: &[&HeldField],
        now: Timestamp,
    ) -> Result<Result<Revealed, Gone>, VaultError> {
        // INVARIANT: every reveal comes through here, whoever allowed it.
        if held.restricted {
            return Err(VaultError::Restricted);
        }
        let (mut row, mut parts) = (held.row.clone(), held.parts.clone());
        let mut restrictions = held.restrictions;
        for _ in 0..TRIES_MAX {
            match self.open_fields(&held.seller, &row, &parts, fields, now) {
                Ok(values) if self.restrictions.load(Ordering::SeqCst) == restrictions => {
                    let (seller, reference) = (held.seller.clone(), held.reference.clone());
                    let (record, kind) = (held.record, held.kind);
                    return Ok(Ok(Revealed { record, seller, kind, reference, fields: values }));
                }
                // Something was restricted meanwhile; whether it is this is looked at.
                Ok(_) | Err(VaultError::Changed) => {}
                Err(error) => return Err(error),
            }
            restrictions = self.restrictions.load(Ordering::SeqCst);
            let newer = self.base.store.record_by_no(held.row.no)?.ok_or(VaultError::Changed)?;
            let facts = self.open_facts(&held.seller, &newer)?.ok_or(VaultError::Changed)?;
            if facts.about.restricted.is_some() {
                return Err(VaultError::Restricted);
            }
            let part = fields.first().and_then(|field| facts.about.part_of(field.instance));
            let is_open = part.is_some_and(|part| self.is_open(&held.seller, part, now));
            if newer.state == RecordState::Gone || !is_open {
                return Ok(Err(self.gone(&held.seller, &newer, &facts, part, now)?));
            }
            (row, parts) = (newer, facts.about.parts);
        }
        Err(VaultError::Changed)
    }

    fn open_fields(
        &self,
        seller: &SellerId,
        row: &RecordRow,
        parts: &[PartEntry],
        fields: &[&HeldField],
        now: Timestamp,
    ) -> Result<Vec<(String, Json)>, VaultError> {
        let mut values = Vec::with_capacity(fields.len());
        let main = parts.iter().find(|part| part.is_main());
        for part in parts {
            let own = |instance: &FieldInstance| {
                parts
                    .iter()
                    .find(|other| other.instances.contains(instance))
                    .or(main)
                    .is_some_and(|one| one.no == part.no)
            };
            let wanted: Vec<FieldInstance> =
                fields.iter().map(|field| field.instance).filter(|instance| own(instance)).collect();
            if wanted.is_empty() {
                continue;
            }
            let mut opened =
                self.open_part(seller, row, part, Some(&wanted), now)?.ok_or(VaultError::Changed)?;
            values.extend(
                fields
                    .iter()
                    .filter_map(|field| Some((field.path.clone(), opened.values.remove(&field.instance)?))),
            );
        }
        Ok(values)
    }
}

/// What of a record is asked for.
enum Selected<'a> {
    Paths(Option<&'a [FieldSelector]>),
    Instance(FieldInstance),
}

impl Selected<'_> {
    fn names(&self, instance: FieldInstance, path: &str) -> bool {
        match self {
            Self::Paths(None) => true,
            Self::Paths(Some(selectors)) => selectors.iter().any(|selector| selector.matches(path)),
            Self::Instance(one) => *one == instance,
        }
    }

    /// What was asked for by name and none of the fields is.
    fn absent(&self, fields: &[HeldField]) -> Vec<String> {
        let Self::Paths(Some(selectors)) = self else { return Vec::new() };
        let missing = selectors.iter().filter(|one| !fields.iter().any(|field| one.matches(&field.path)));
        missing.map(|selector| selector.as_str().to_owned()).collect()
    }
}
