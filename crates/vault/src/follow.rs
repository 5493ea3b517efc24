//! What is sealed follows the catalogue: after a change of it, every record is brought in line.
//!
//! The catalogue is changed first, and from then on every reader and every collect goes by the new one: a collect
//! brings in line what it touches, and until a record's turn has come a leaf that its path is now named for goes on to
//! be unclassified. So a home that is stopped half-way is whole, and goes on where it stopped: each batch is an act
//! that remembers how far it came.

use std::sync::PoisonError;

use aws_lc_rs::digest;
use bailee_core::catalogue::{Catalogue, Node};
use bailee_core::{FieldInstance, Json, RequestId, SellerId, Timestamp};
use bailee_crypto::bucket::BucketUse;
use bailee_crypto::envelope;
use bailee_ledger::authorized::Context;
use bailee_ledger::event::{PartRow as SealedPart, PartRows, What};
use bailee_store::act::{Act, BucketNo, Change, RecordNo, RecordRow, RecordState, SellerNo};
use bailee_store::records::StoreError;
use data_encoding::HEXLOWER;

use crate::document::{Leaf, Marker, align, fill, is_in_line};
use crate::facts::{Facts, PartEntry};
use crate::part::{LEAVES_MAX, OpenedPart};
use crate::{Vault, VaultError};

/// Records that one act brings in line.
const RECORDS_MAX: usize = 500;

/// How often a batch is decided again when others change its records meanwhile.
const TRIES_MAX: u32 = 10;

/// Records that are looked at whenever a home is opened, until none is left: some seconds.
const AT_OPENING_MAX: u64 = 50_000;

/// The name under which the store remembers the catalogue that every record is in line with.
const FOLLOWED: &str = "catalogue/followed";
/// The name under which it remembers how far the records follow another, as `DIGEST NUMBER`.
const FOLLOWING: &str = "catalogue/following";

/// How far the records follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Followed {
    /// Records looked at.
    pub records: u64,
    /// Records that were sealed anew.
    pub changed: u64,
}

/// What brings one record in line.
struct InLine {
    part: Option<SealedPart>,
    changes: Vec<Change>,
}

/// What a batch does, by seller.
#[derive(Default)]
struct Batch {
    changes: Vec<Change>,
    events: Vec<What>,
    changed: u64,
}

impl Vault {
    /// Brings every record in line with the catalogue, if they are not. `progress` hears how many were looked at.
    pub(crate) fn follow(
        &self,
        context: &Context,
        most: u64,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Followed, VaultError> {
        let mut followed = Followed::default();
        let mark = digest_of(&self.catalogue());
        if self.base.store.meta(FOLLOWED)?.is_some_and(|done| done == mark) {
            return Ok(followed);
        }
        let mut after = self.position(&mark)?;
        while followed.records < most {
            let rows = self.base.store.records_after(after, RECORDS_MAX)?;
            let Some(last) = rows.last().map(|row| row.no) else {
                self.remember(FOLLOWED, mark)?;
                return Ok(followed);
            };
            followed.records += rows.len() as u64;
            followed.changed += self.follow_batch(context, rows, (&mark, last))?;
            after = Some(last);
            progress(followed.records);
        }
        Ok(followed)
    }

    /// Goes on where a home was stopped, or follows a catalogue that was changed while it was closed.
    ///
    /// # Errors
    /// When the store cannot be used; what is left is done at the next opening.
    pub fn keep_following(&self, now: Timestamp) -> Result<(), VaultError> {
        // What is closed by a time that jumped could not be moved, and would be lost.
        if !self.believes(now)? {
            return Ok(());
        }
        let catalogue = self.catalogue();
        let mark = digest_of(&catalogue);
        let known = self.base.store.meta(FOLLOWED)?;
        if known.as_ref() == Some(&mark) {
            return Ok(());
        }
        if self.base.store.records_after(None, 1)?.is_empty() {
            return self.remember(FOLLOWED, mark);
        }
        let context = Context::system(RequestId::new(now, &*self.base.entropy), now);
        if self.position(&mark)?.is_none() {
            let fields =
                bailee_core::Kind::ALL.iter().map(|kind| catalogue.fields(*kind).count()).sum::<usize>();
            let fields = u32::try_from(fields).unwrap_or(u32::MAX);
            let events = vec![context.event(What::CatalogueChanged { fields })];
            let changes = Self::begin_to_follow(&catalogue);
            self.base.store.commit(Act { name: "catalogue-changed", changes, events })?;
        }
        self.follow(&context, AT_OPENING_MAX, &mut |_| {}).map(drop)
    }

    /// What says of a change of the catalogue that no record follows it yet. A home that goes back to the catalogue
    /// before must be looked through again as well.
    pub(crate) fn begin_to_follow(catalogue: &Catalogue) -> Vec<Change> {
        let nothing = Change::SetMeta { name: FOLLOWED.to_owned(), value: String::new() };
        vec![nothing, at(&digest_of(catalogue), None)]
    }

    /// Whether what is sealed is the same under two catalogues.
    pub(crate) fn seals_alike(one: &Catalogue, other: &Catalogue) -> bool {
        digest_of(one) == digest_of(other)
    }

    fn remember(&self, name: &str, value: String) -> Result<(), VaultError> {
        let changes = vec![Change::SetMeta { name: name.to_owned(), value }];
        self.base.store.commit(Act { name: "follow", changes, events: Vec::new() })?;
        Ok(())
    }

    /// The last record that is in line with this catalogue already.
    fn position(&self, mark: &str) -> Result<Option<RecordNo>, VaultError> {
        let text = self.base.store.meta(FOLLOWING)?.unwrap_or_default();
        let number = text.strip_prefix(mark).and_then(|rest| rest.trim_start().parse().ok());
        Ok(number.map(RecordNo))
    }

    /// Brings the records of one batch in line, and decides again those that others changed meanwhile.
    fn follow_batch(
        &self,
        context: &Context,
        mut rows: Vec<RecordRow>,
        (mark, last): (&str, RecordNo),
    ) -> Result<u64, VaultError> {
        for _ in 0..TRIES_MAX {
            let _planned = self.planning.read().unwrap_or_else(PoisonError::into_inner);
            let mut batch = self.batch_in_line(&rows, context.now)?;
            batch.changes.push(at(mark, Some(last)));
            if batch.changed > 0 {
                batch.changes.push(self.sealed_by()?);
            }
            let events = batch.events.into_iter().map(|what| context.event(what)).collect();
            match self.base.store.commit(Act { name: "follow", changes: batch.changes, events }) {
                Err(StoreError::Conflict) => {
                    let again: Result<Vec<_>, _> =
                        rows.iter().map(|row| self.base.store.record_by_no(row.no)).collect();
                    rows = again?.into_iter().flatten().collect();
                }
                done => return done.map(|_| batch.changed).map_err(VaultError::from),
            }
        }
        Err(VaultError::Changed)
    }

    fn batch_in_line(&self, rows: &[RecordRow], now: Timestamp) -> Result<Batch, VaultError> {
        let mut batch = Batch::default();
        let mut by_seller: std::collections::BTreeMap<SellerNo, (u32, PartRows)> = Default::default();
        for row in rows {
            let Some(seller) = self.seller_id(row.seller) else { continue };
            match self.in_line(&seller, row, now) {
                Ok(None) => {}
                Ok(Some(in_line)) => {
                    let (facts, parts) = by_seller.entry(row.seller).or_default();
                    batch.changed += 1;
                    batch.changes.extend(in_line.changes);
                    match in_line.part {
                        Some(part) => parts.0.push(part),
                        None => *facts += 1,
                    }
                }
                // One that is damaged must not keep the others from following.
                Err(error @ (VaultError::Damaged(_) | VaultError::Envelope(_))) => {
                    let (component, code) = ("store".to_owned(), error.code().to_owned());
                    batch.events.push(What::SystemError { component, code });
                }
                Err(error) => return Err(error),
            }
        }
        for (no, (facts, parts)) in by_seller {
            let Some(seller) = self.seller_id(no) else { continue };
            batch.events.push(What::Reclassified { seller, facts, parts });
        }
        Ok(batch)
    }

    /// What brings a record in line; nothing when it is, or when its facts have ended.
    fn in_line(
        &self,
        seller: &SellerId,
        row: &RecordRow,
        now: Timestamp,
    ) -> Result<Option<InLine>, VaultError> {
        let Some(facts) = self.open_facts(seller, row)? else { return Ok(None) };
        let catalogue = self.catalogue();
        let root = catalogue.root(row.kind);
        let main = facts.about.main().filter(|_| row.state == RecordState::Live).cloned();
        let is_in_line = is_in_line(&facts.skeleton, root);
        if is_in_line && (facts.about.unclassified.is_empty() || main.is_none()) {
            return Ok(None);
        }
        let opened = match &main {
            Some(main) => self.open_part(seller, row, main, None, now)?,
            None => None,
        };
        // What is closing or gone has no leaves to move; a fact that has become personal ends all the same.
        let (opened, main) = match (opened, main) {
            (Some(opened), Some(main)) => (opened, Some(main)),
            _ if is_in_line => return Ok(None),
            _ => (OpenedPart::default(), None),
        };
        let mut held = HeldRecord { facts, opened };
        self.renumber(&mut held.facts.about);
        if !held.align(root, main.is_some()) || held.opened.values.len() > LEAVES_MAX {
            return Ok(None);
        }
        self.seal_in_line(seller, row, held, main).map(Some)
    }

    fn seal_in_line(
        &self,
        seller: &SellerId,
        row: &RecordRow,
        held: HeldRecord,
        main: Option<PartEntry>,
    ) -> Result<InLine, VaultError> {
        let HeldRecord { mut facts, opened } = held;
        let mut changes = Vec::new();
        let mut part = None;
        if let Some(main) = main {
            let entry = PartEntry { version: main.version + 1, ..main };
            let bucket = BucketNo { seller: row.seller, held: BucketUse::Order, day: entry.day };
            let sealed = self.seal_moved(seller, row, &facts, &entry, &opened, bucket)?;
            part = Some(SealedPart {
                record: row.id,
                part: entry.no,
                version: entry.version,
                digest: envelope::digest(&sealed.envelope),
                day: entry.day,
            });
            if let Some(place) = facts.about.parts.iter_mut().find(|part| part.is_main()) {
                *place = entry;
            }
            changes.push(Change::PutPart(sealed));
        }
        let content_mac = row.content_mac;
        let record = RecordRow { content_mac, ..self.with_facts(seller, row.clone(), &facts)? };
        // The record first: its part refers to it.
        changes.insert(0, Change::PutRecord(record));
        Ok(InLine { part, changes })
    }
}

/// A record that is being brought in line, as it is stored: its markers are instances.
struct HeldRecord {
    facts: Facts,
    /// Its main part.
    opened: OpenedPart,
}

impl HeldRecord {
    /// Brings it in line; whether anything changed. What the catalogue does not name is known when its part is open.
    fn align(&mut self, root: Node<'_>, is_open: bool) -> bool {
        let about = &mut self.facts.about;
        let (values, state) = (&mut self.opened.values, &mut self.opened.state);
        let mut leaves: Vec<Leaf> = Vec::new();
        let mut tree = std::mem::replace(&mut self.facts.skeleton, Json::Null);
        fill(&mut tree, &mut |stored| {
            let instance = FieldInstance(stored.0);
            let value = values.remove(&instance);
            leaves.push(Leaf { unclassified_path: None, instance: Some(instance), value });
            Marker(leaves.len() as u64 - 1).into_json()
        });
        for (instance, path) in std::mem::take(&mut state.unclassified) {
            let value = values.remove(&instance);
            leaves.push(Leaf { unclassified_path: Some(path), instance: Some(instance), value });
        }
        let changed = align(&mut tree, &mut leaves, root);
        for leaf in leaves.iter_mut().filter(|leaf| leaf.instance.is_none()) {
            leaf.instance = Some(FieldInstance(about.next_instance));
            about.next_instance += 1;
        }
        fill(&mut tree, &mut |marker| {
            let instance = leaves.get(marker.0 as usize).and_then(|leaf| leaf.instance);
            Marker(instance.map_or(0, |instance| instance.0)).into_json()
        });
        for leaf in leaves {
            let (Some(instance), Some(value)) = (leaf.instance, leaf.value) else { continue };
            values.insert(instance, value);
            if let Some(path) = leaf.unclassified_path {
                state.unclassified.push((instance, path));
            }
        }
        if is_open {
            about.unclassified = state.unclassified.iter().map(|(instance, _)| *instance).collect();
        }
        self.facts.skeleton = tree;
        changed
    }
}

/// How far the records follow a catalogue.
fn at(mark: &str, last: Option<RecordNo>) -> Change {
    let number = last.map_or_else(|| i64::MIN, |last| last.0);
    Change::SetMeta { name: FOLLOWING.to_owned(), value: format!("{mark} {number}") }
}

/// What tells one catalogue from another: all that decides how a record is sealed.
fn digest_of(catalogue: &Catalogue) -> String {
    let mut text = String::new();
    for kind in bailee_core::Kind::ALL {
        for field in catalogue.fields(*kind) {
            let searched = field.searched;
            let line = (field.id.0, *kind, &field.path, field.is_personal(), field.cleaner, searched);
            text.push_str(&format!("{line:?}\n"));
        }
    }
    HEXLOWER.encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}
