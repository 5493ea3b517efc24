//! Show: facts, masked fields, clock. Nothing that a mask hides leaves.

use std::collections::HashMap;

use bailee_core::mask::mask;
use bailee_core::{Class, FieldInstance, Json, Reference};
use bailee_ledger::authorized::{Authorized, Show};
use bailee_ledger::event::What;
use bailee_store::act::Act;

use crate::document::{fill, places};
use crate::retention::Explained;
use crate::{Vault, VaultError};

/// A record as it may be shown without a reveal.
pub struct Shown {
    /// Its reference.
    pub reference: Reference,
    /// `"live"`, `"restricted"`, `"closing"`, `"disposed"`, `"erased"` or `"lost"`.
    pub state: &'static str,
    /// Its facts as a document, with masks in the place of personal data; null where it is gone.
    pub document: Json,
    /// Path, class and mask of every personal field that is held, in order.
    pub fields: Vec<(String, Class, String)>,
    /// Paths of those of them that somebody corrected: the source's word on them is passed over.
    pub rectified: Vec<String>,
    /// How many leaves are held that the catalogue does not name.
    pub unclassified: u64,
    /// Its clock.
    pub retention: Explained,
}

impl Vault {
    /// Shows a record; `None` when there is no such record, or its facts have ended.
    ///
    /// # Errors
    /// When it does not open, or the ledger cannot be written.
    pub fn show(
        &self,
        authorized: Authorized<Show>,
        reference: &Reference,
    ) -> Result<Option<Shown>, VaultError> {
        self.check_home(&authorized)?;
        let (seller, kind) = (&authorized.action().seller, authorized.action().kind);
        let now = authorized.context().now;
        let row = self.row(seller, kind, reference)?;
        // Who asks for what is not there learns that it is not: that is an event as well.
        let records = row.iter().map(|row| row.id).collect();
        let events = vec![authorized.context().event(What::Shown { seller: seller.clone(), records })];
        self.base.store.commit(Act { name: "show", changes: Vec::new(), events })?;

        let Some(row) = row else { return Ok(None) };
        let Some(facts) = self.open_facts(seller, &row)? else { return Ok(None) };
        let (state, retention) = self.explained(seller, &row, &facts, now)?;
        // To mask is to open: of what is restricted no masks are made.
        let state = if state == "live" && facts.about.restricted.is_some() { "restricted" } else { state };
        let mut values: HashMap<FieldInstance, Json> = HashMap::new();
        for part in facts.about.parts.iter().filter(|_| state == "live") {
            values.extend(
                self.open_part(seller, &row, part, None, now)?.map(|part| part.values).unwrap_or_default(),
            );
        }
        let mut masks: HashMap<u64, String> = HashMap::new();
        let (mut fields, mut rectified) = (Vec::new(), Vec::new());
        for place in places(&facts.skeleton, &self.catalogue(), kind) {
            let value = values.get(&FieldInstance(place.marker.0)).and_then(text);
            if let (Some(value), Some(class)) = (value, place.field.class) {
                let masked = mask(place.field.mask, &value);
                masks.insert(place.marker.0, masked.clone());
                if facts.about.rectified.contains(&place.marker.instance()) {
                    rectified.push(place.path.clone());
                }
                fields.push((place.path, class, masked));
            }
        }
        let unclassified = if state == "live" { facts.about.unclassified.len() as u64 } else { 0 };
        let mut document = facts.skeleton;
        fill(&mut document, &mut |marker| masks.remove(&marker.0).map_or(Json::Null, Json::String));
        Ok(Some(Shown {
            reference: facts.about.reference,
            state,
            document,
            fields,
            rectified,
            unclassified,
            retention,
        }))
    }
}

/// The text of a leaf, for its mask.
fn text(value: &Json) -> Option<zeroize::Zeroizing<String>> {
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Integer(number) => number.to_string(),
        Json::Float(number) => number.to_string(),
        Json::Bool(value) => value.to_string(),
        Json::Null | Json::Array(_) | Json::Object(_) => return None,
    };
    Some(zeroize::Zeroizing::new(text))
}
