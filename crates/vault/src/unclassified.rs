//! What the catalogue does not name, for the officer to decide of: paths, counts and what each may be; never a value.
//!
//! Everything that is held is looked through, in bounded memory. Of values, only what many have in common leaves:
//! where few records hold a path, neither how many they are nor what their values look like. A name in a path that
//! looks like a value itself is not shown, nor one that few records hold and that is not written as fields are; such a path
//! has its number to be spoken of.

use std::collections::{BTreeMap, BTreeSet};

use bailee_core::catalogue::suggest::{
    RECORDS_TOLD_MIN, Shapes, Suggestion, ValueName, is_field_name, suggestion, value_name,
};
use bailee_core::catalogue::{Catalogue, Cleaner};
use bailee_core::path::{InstancePath, Step, schema_of, steps};
use bailee_core::{Day, FieldInstance, Json, Kind, SellerId, Timestamp};
use bailee_ledger::authorized::{Authorized, ReadUnclassified};
use bailee_ledger::event::What;
use bailee_store::act::{Act, RecordRow, RecordState, SellerNo};
use serde::{Serialize, Serializer};

use crate::part::STATE;
use crate::{Vault, VaultError};

/// Most paths that are listed. Documents whose keys are values have one for each.
pub const PATHS_MAX: usize = 10_000;

/// The longest path that is listed.
const PATH_BYTES_MAX: usize = 1024;

/// Records that are read at once.
const RECORDS_MAX: usize = 500;

/// How often a record that changes while it is being read is read again.
const TRIES_MAX: usize = 5;

/// What the catalogue does not name.
#[derive(Clone, Debug, Serialize)]
pub struct Unclassified {
    /// Each path, in order.
    pub unclassified: Vec<Line>,
    /// Whether there are more than are listed.
    pub more: bool,
    /// Live records looked through.
    pub records: u64,
}

/// A path that the catalogue does not name.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Speaks of it where its path is not shown.
    pub number: u64,
    /// Of what it is a field.
    pub kind: Kind,
    /// Its schema path, with `<mail>`, `<account>`, `<number>` or `<text>` in the place of a name that looks like one.
    pub path: String,
    /// Whether a name is hidden: then it can be classified by its number only.
    pub masked: bool,
    /// How many records hold it.
    pub records: Count,
    /// How many values there are.
    pub values: Count,
    /// The day on which the first of these records came in.
    pub first_day: String,
    /// The last day on which one of these records came in, or of which its document spoke.
    pub last_day: String,
    /// What it may be.
    pub suggestion: Option<Suggestion>,
    /// The form in which the catalogue has it as a fact, and which these values have not.
    pub misses: Option<Cleaner>,
}

/// A count, unless it is so small that it would tell of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Exactly(u64),
    /// At least one, and fewer than [`RECORDS_TOLD_MIN`] records.
    Few,
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exactly(count) => write!(f, "{count}"),
            Self::Few => write!(f, "<{RECORDS_TOLD_MIN}"),
        }
    }
}

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Exactly(count) => serializer.serialize_u64(*count),
            Self::Few => serializer.collect_str(self),
        }
    }
}

/// What is counted of one path.
#[derive(Default)]
struct Gathered {
    records: u64,
    values: u64,
    first: Option<Day>,
    last: Option<Day>,
    shapes: Shapes,
}

/// The leaves of a record that the catalogue does not name.
struct Leaves {
    kind: Kind,
    first: Day,
    last: Day,
    /// Schema path and value.
    leaves: Vec<(String, Json)>,
}

impl Vault {
    /// Lists what the catalogue does not name. `progress` hears how many records were looked at.
    ///
    /// # Errors
    /// When the store cannot be read, or the ledger written.
    pub fn unclassified(
        &self,
        authorized: Authorized<ReadUnclassified>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Unclassified, VaultError> {
        self.check_home(&authorized)?;
        let context = *authorized.context();
        let seller = authorized.action().seller.clone();
        let only = seller.as_ref().map(|seller| self.seller_no(seller)).transpose()?;
        let mut gathered: BTreeMap<(Kind, String), Gathered> = BTreeMap::new();
        let (mut more, mut looked) = (false, 0);
        let mut each = |held: Leaves| {
            more |= gather(&mut gathered, &held);
            true
        };
        let failed = self.look_through(only, context.now, &mut each, &mut |records| {
            looked = records;
            progress(records);
        })?;
        let lines: Vec<Line> =
            gathered.into_iter().map(|((kind, path), one)| self.line(kind, &path, &one)).collect();
        let paths = u32::try_from(lines.len()).unwrap_or(u32::MAX);
        let read = What::UnclassifiedRead { seller, paths, records: looked };
        let failed = failed
            .into_iter()
            .map(|code| What::SystemError { component: "store".to_owned(), code: code.to_owned() });
        let events = [read].into_iter().chain(failed).map(|what| context.event(what)).collect();
        self.base.store.commit(Act { name: "read-unclassified", changes: Vec::new(), events })?;
        Ok(Unclassified { unclassified: lines, more, records: looked })
    }

    /// The path that is listed under a number.
    pub(crate) fn unclassified_path(
        &self,
        kind: Kind,
        number: u64,
        now: Timestamp,
    ) -> Result<Option<String>, VaultError> {
        let mut found = None;
        let mut each = |held: Leaves| {
            let is_meant = |path: &String| held.kind == kind && self.number_of(kind, path) == number;
            found = held.leaves.into_iter().map(|(path, _)| path).find(is_meant);
            found.is_none()
        };
        self.look_through(None, now, &mut each, &mut |_| {})?;
        Ok(found)
    }

    /// Gives `each` the unclassified leaves of every live record, until it has enough. Returns why some could not be
    /// looked at.
    fn look_through(
        &self,
        only: Option<SellerNo>,
        now: Timestamp,
        each: &mut dyn FnMut(Leaves) -> bool,
        progress: &mut dyn FnMut(u64),
    ) -> Result<BTreeSet<&'static str>, VaultError> {
        let (mut after, mut looked, mut failed) = (None, 0, BTreeSet::new());
        let catalogue = self.catalogue();
        loop {
            let rows = self.base.store.records_after(after, RECORDS_MAX)?;
            let Some(last) = rows.last().map(|row| row.no) else { return Ok(failed) };
            after = Some(last);
            let is_asked = |row: &RecordRow| only.is_none_or(|only| row.seller == only);
            for row in rows.into_iter().filter(|row| row.state == RecordState::Live).filter(is_asked) {
                looked += 1;
                match self.unclassified_of(&catalogue, row, now) {
                    Ok(None) => {}
                    Ok(Some(held)) => {
                        if !each(held) {
                            return Ok(failed);
                        }
                    }
                    Err(error @ (VaultError::Damaged(_) | VaultError::Envelope(_))) => {
                        failed.insert(error.code());
                    }
                    Err(error) => return Err(error),
                }
            }
            progress(looked);
        }
    }

    /// The unclassified leaves of a record, read again while others change it.
    fn unclassified_of(
        &self,
        catalogue: &Catalogue,
        mut row: RecordRow,
        now: Timestamp,
    ) -> Result<Option<Leaves>, VaultError> {
        let Some(seller) = self.seller_id(row.seller) else { return Ok(None) };
        for _ in 1..TRIES_MAX {
            match self.read_unclassified(catalogue, &seller, &row, now) {
                Err(VaultError::Changed) => {}
                read => return read,
            }
            row = self.base.store.record_by_no(row.no)?.ok_or(VaultError::Changed)?;
        }
        self.read_unclassified(catalogue, &seller, &row, now)
    }

    fn read_unclassified(
        &self,
        catalogue: &Catalogue,
        seller: &SellerId,
        row: &RecordRow,
        now: Timestamp,
    ) -> Result<Option<Leaves>, VaultError> {
        let Some(facts) = self.open_facts(seller, row)? else { return Ok(None) };
        let about = facts.about;
        // To list is to open: what is restricted is kept and not looked at.
        let is_listed = !about.unclassified.is_empty() && about.restricted.is_none();
        let Some(main) = about.main().filter(|_| is_listed) else { return Ok(None) };
        let wanted: Vec<FieldInstance> = about.unclassified.iter().copied().chain([STATE]).collect();
        let Some(mut opened) = self.open_part(seller, row, main, Some(&wanted), now)? else {
            return Ok(None);
        };
        let leaves = std::mem::take(&mut opened.state.unclassified)
            .into_iter()
            .filter_map(|(instance, path)| Some((schema_of(&path), opened.values.remove(&instance)?)))
            // One that has been classified and whose record has not followed yet is decided of.
            .filter(|(path, value)| {
                catalogue.field_at(row.kind, path).is_none_or(|field| !field.has_form(value))
            })
            .collect();
        let last = about.spoken_at.map_or(about.first_intake, |spoken| spoken.max(about.first_intake));
        Ok(Some(Leaves { kind: row.kind, first: Day::of(about.first_intake), last: Day::of(last), leaves }))
    }

    fn line(&self, kind: Kind, path: &str, gathered: &Gathered) -> Line {
        let few = gathered.records < RECORDS_TOLD_MIN;
        let shown = shown(path, few);
        let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
        let misses = self.catalogue().field_at(kind, path).map(|field| field.cleaner);
        let count = |count| if few { Count::Few } else { Count::Exactly(count) };
        Line {
            number: self.number_of(kind, path),
            kind,
            masked: shown != path,
            path: shown,
            records: count(gathered.records),
            values: count(gathered.values),
            first_day: day(gathered.first),
            last_day: day(gathered.last),
            suggestion: suggestion(path, gathered.shapes.look(gathered.records)).filter(|_| misses.is_none()),
            misses,
        }
    }

    /// A number by which a path can be named without saying it: 48 bits of a keyed hash.
    fn number_of(&self, kind: Kind, path: &str) -> u64 {
        let mac = self.base.keyring.lasting().path_mac(kind, path);
        mac.iter().take(6).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

/// Counts the leaves of a record; whether some could not be listed.
fn gather(gathered: &mut BTreeMap<(Kind, String), Gathered>, held: &Leaves) -> bool {
    let mut more = false;
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (path, value) in &held.leaves {
        let key = (held.kind, path.clone());
        let is_known = gathered.contains_key(&key);
        if path.len() > PATH_BYTES_MAX || !is_known && gathered.len() >= PATHS_MAX {
            more = true;
            continue;
        }
        let one = gathered.entry(key).or_default();
        one.values += 1;
        one.shapes.add(value);
        if seen.insert(path) {
            one.records += 1;
            one.first = one.first.map_or(Some(held.first), |first| Some(first.min(held.first)));
            one.last = one.last.max(Some(held.last));
        }
    }
    more
}

/// A path as it may be shown. What `few` records hold shows no name that may be somebody's.
fn shown(path: &str, few: bool) -> String {
    let mut shown = InstancePath::new();
    for step in steps(path) {
        match step {
            Step::Member(name) => {
                let like = value_name(&name).or((few && !is_field_name(&name)).then_some(ValueName::Text));
                let _ = shown.push_member(like.map_or(&*name, |like| like.shown()));
            }
            Step::Element(_) => {
                let _ = shown.push_element("");
            }
        }
    }
    shown.into()
}
