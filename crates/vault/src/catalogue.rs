//! The catalogue of a home: what it says of each field, and how an officer decides of one that it does not name.
//!
//! A decision is written to the home's own file first, then to the ledger; then vault and gate go by it, and what is
//! sealed already follows ([`Vault::keep_following`]). A home that is stopped on the way has the old catalogue or the
//! new one, and with the new one goes on to follow.

use std::io;
use std::sync::{Arc, PoisonError};

use aws_lc_rs::digest;
use bailee_core::catalogue::suggest::{ValueName, value_name};
use bailee_core::catalogue::{Catalogue, Cleaner, Decision, Field, HOME_FIELD_ID_MIN, Mask, TermKind};
use bailee_core::path::{Step, steps};
use bailee_core::{Class, FieldId, Kind, Purpose, Timestamp};
use bailee_ledger::authorized::{Authorized, Classify, ReadCatalogue};
use bailee_ledger::event::{Digest, FieldClassified, What};
use bailee_store::act::{Act, Change};
use data_encoding::HEXLOWER;

pub use crate::follow::Followed;
use crate::{Vault, VaultError};

/// The name under which the store remembers the last number that this home gave a field.
const LAST_FIELD: &str = "catalogue/last-field";

/// The file that holds what this home's officer decided.
pub trait OwnCatalogue: Send + Sync {
    /// Replaces it, durably and as a whole: a crash leaves the old one or the new one.
    ///
    /// # Errors
    /// When it stays as it was.
    fn replace(&self, text: &str) -> io::Result<()>;
}

/// What the catalogue says of a field.
#[derive(Clone, Debug, serde::Serialize)]
pub struct FieldLine {
    /// Its number.
    pub id: FieldId,
    /// Of what it is a field.
    pub kind: Kind,
    /// Its schema path.
    pub path: String,
    /// How it identifies somebody; none for a fact.
    pub class: Option<Class>,
    /// Why it may be used.
    pub purposes: Vec<Purpose>,
    /// What may be shown of it.
    pub mask: Mask,
    /// How it is cleaned.
    pub cleaner: Cleaner,
    /// The term it is searched by.
    pub searched: Option<TermKind>,
    /// Where it comes from.
    pub source: String,
    /// Why it is a fact.
    pub reason: Option<String>,
    /// Whether this home gave it its number.
    pub own: bool,
}

/// How the field of a decision is named.
#[derive(Clone)]
pub enum Named {
    /// By its schema path.
    Path(String),
    /// By the number under which it was listed as unclassified.
    Number(u64),
}

/// What came of a decision.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Classified {
    /// What the catalogue says of the field now.
    pub field: FieldLine,
    /// Whether the catalogue is another now; not, when it said so already.
    pub changed: bool,
    /// What followed it.
    pub followed: Followed,
}

impl Vault {
    /// Every field of the catalogue, or those of one path.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn catalogue_fields(
        &self,
        authorized: Authorized<ReadCatalogue>,
        path: Option<&str>,
    ) -> Result<Vec<FieldLine>, VaultError> {
        self.check_home(&authorized)?;
        let events = vec![authorized.context().event(What::CatalogueRead {})];
        self.base.store.commit(Act { name: "read-catalogue", changes: Vec::new(), events })?;
        let catalogue = self.catalogue();
        let fields = Kind::ALL.iter().flat_map(|kind| catalogue.fields(*kind));
        Ok(fields.filter(|field| path.is_none_or(|path| *field.path == *path)).map(FieldLine::of).collect())
    }

    /// Decides what a field is: one that the catalogue does not name, or a known one, which can only become stricter.
    /// Everything that is sealed follows; `progress` hears of how many records.
    ///
    /// # Errors
    /// When the decision is looser than what is known, or does not fit: then nothing is changed. When the store fails
    /// after the decision is in the ledger, what is left follows at the next opening, or the next time.
    pub fn classify(
        &self,
        authorized: Authorized<Classify>,
        named: Named,
        decision: Decision,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Classified, VaultError> {
        self.check_home(&authorized)?;
        if decision.fact.is_some() && !authorized.action().fact {
            return Err(VaultError::FactNotAllowed);
        }
        let _one_at_a_time = self.classifying.lock().unwrap_or_else(PoisonError::into_inner);
        let context = *authorized.context();
        self.check_time(context.now)?;
        let (before, after, field) = self.decided(named, decision, context.now)?;
        let decided = after.field(field).ok_or(VaultError::NoMoreFields)?;
        let line = FieldLine::of(decided);
        let current = &self.base.catalogue;
        let (old, new) = (current.own_text(&before), current.own_text(&after));
        let changed = old != new;
        if changed {
            let salted = self.salted(&new);
            self.replace_own(&salted)?;
            let event = context.event(classified(decided, &salted));
            if let Err(error) = self.remember_decision(field, event) {
                // Nobody heard of it: the file goes back to what it said.
                self.replace_own(&self.salted(&old))?;
                return Err(error);
            }
            self.go_by(&before, after)?;
        }
        Ok(Classified { field: line, changed, followed: self.follow(&context, u64::MAX, progress)? })
    }

    /// Whether a decision would be taken, without taking it: what is proposed to a second person should be possible.
    ///
    /// # Errors
    /// As for [`Self::classify`], but for what is written.
    pub fn check_decision(
        &self,
        authorized: &Authorized<Classify>,
        named: Named,
        decision: Decision,
    ) -> Result<(), VaultError> {
        self.check_home(authorized)?;
        self.decided(named, decision, authorized.context().now).map(|_| ())
    }

    /// The catalogue before and after a decision, and the field that it is about.
    fn decided(
        &self,
        named: Named,
        decision: Decision,
        now: Timestamp,
    ) -> Result<(Arc<Catalogue>, Catalogue, FieldId), VaultError> {
        let path = self.path_of(named, decision.kind, now)?;
        let before = self.catalogue();
        let next = self.next_field(&before)?;
        let (after, field) = before
            .decided(&Decision { path, ..decision }, next)
            .map_err(|error| VaultError::Catalogue(error.without_path()))?;
        Ok((before, after, field))
    }

    fn replace_own(&self, text: &str) -> Result<(), VaultError> {
        self.base.own.replace(text).map_err(|error| VaultError::OwnCatalogue(error.kind()))
    }

    /// Vault and gate go by another catalogue.
    fn go_by(&self, before: &Catalogue, after: Catalogue) -> Result<(), VaultError> {
        let alike = Self::seals_alike(before, &after);
        let changes = Self::begin_to_follow(&after);
        {
            let _alone = self.planning.write().unwrap_or_else(PoisonError::into_inner);
            self.base.catalogue.replace(Arc::new(after));
        }
        if !alike {
            // Once this is through, so is every act that was planned by the catalogue before.
            self.base.store.commit(Act { name: "follow", changes, events: Vec::new() })?;
        }
        Ok(())
    }

    fn remember_decision(
        &self,
        field: FieldId,
        event: bailee_ledger::event::Event,
    ) -> Result<(), VaultError> {
        let last = self.last_field()?.max(field.0);
        let changes = vec![Change::SetMeta { name: LAST_FIELD.to_owned(), value: last.to_string() }];
        self.base.store.commit(Act { name: "classify", changes, events: vec![event] })?;
        Ok(())
    }

    /// The number of the next field: never one that was given before, also when its line was taken out of the file.
    fn next_field(&self, catalogue: &Catalogue) -> Result<FieldId, VaultError> {
        let last = self.last_field()?.max(HOME_FIELD_ID_MIN - 1);
        let free = catalogue.next_home_id().zip(last.checked_add(1)).ok_or(VaultError::NoMoreFields)?;
        Ok(FieldId(free.0.0.max(free.1)))
    }

    fn last_field(&self) -> Result<u16, VaultError> {
        Ok(self.base.store.meta(LAST_FIELD)?.and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    /// The path that is meant. One with a name that looks like a value is taken by its number only, and not at all when
    /// the name can be somebody's address or number: it would stand in the open, in the catalogue's file.
    fn path_of(&self, named: Named, kind: Kind, now: Timestamp) -> Result<String, VaultError> {
        let (path, by_number) = match named {
            Named::Path(path) => (path, false),
            Named::Number(number) => {
                let path = self.unclassified_path(kind, number, now)?;
                (path.ok_or(VaultError::NoSuchNumber)?, true)
            }
        };
        let like: Vec<ValueName> = steps(&path)
            .filter_map(|step| match step {
                Step::Member(name) => value_name(&name),
                Step::Element(_) => None,
            })
            .collect();
        if like.iter().any(|like| like.is_personal()) {
            return Err(VaultError::NameIsPersonal);
        }
        if !like.is_empty() && !by_number {
            return Err(VaultError::NameIsValue);
        }
        Ok(path)
    }

    /// A file that begins with random bytes, so that its digest says nothing of what is in it.
    fn salted(&self, text: &str) -> String {
        let mut salt = [0; 16];
        self.base.entropy.fill(&mut salt);
        format!("# {}\n{text}", HEXLOWER.encode(&salt))
    }
}

fn classified(field: &Field, file: &str) -> What {
    let mut bytes = [0; 32];
    let digest = digest::digest(&digest::SHA256, file.as_bytes());
    bytes.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    What::FieldClassified(FieldClassified {
        field: field.id,
        kind: field.kind,
        class: field.class,
        purposes: field.purposes.clone(),
        mask: field.mask,
        catalogue: Digest(bytes),
    })
}

impl FieldLine {
    fn of(field: &Field) -> Self {
        Self {
            id: field.id,
            kind: field.kind,
            path: field.path.to_string(),
            class: field.class,
            purposes: field.purposes.clone(),
            mask: field.mask,
            cleaner: field.cleaner,
            searched: field.searched,
            source: field.source.operation.to_string(),
            reason: field.reason.as_ref().map(ToString::to_string),
            own: field.id.0 >= HOME_FIELD_ID_MIN,
        }
    }
}
