//! When a source last showed each place of a document.
//!
//! Most documents show everything, so most records need one time. Where a newer document left something out, the place
//! keeps its older time below. Only names of the catalogue and ids of elements stand in here: it is a fact.

use std::collections::BTreeMap;

use bailee_core::Timestamp;
use serde::{Deserialize, Serialize};

/// When a place, and all below it that has no time of its own, was last shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shown {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    /// By member, or by element id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    below: BTreeMap<String, Shown>,
}

impl Shown {
    /// All of a place at one time.
    pub(crate) fn at(at: Timestamp) -> Self {
        Self { at: Some(at), below: BTreeMap::new() }
    }

    /// Whether nothing has been shown yet.
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// The times of what is one step below.
    pub(super) fn of(&mut self, name: &str) -> Self {
        self.below.remove(name).unwrap_or(Self { at: self.at, below: BTreeMap::new() })
    }

    /// The newer of two times for a place whose parts are about to be [noted](Self::note). Returns what was.
    pub(super) fn renew(&mut self, at: Timestamp) -> Self {
        std::mem::replace(self, Self::at(self.at.map_or(at, |known| known.max(at))))
    }

    /// Notes the times of what is one step below, where they differ.
    pub(super) fn note(&mut self, name: &str, shown: Self) {
        if shown.at != self.at || !shown.below.is_empty() {
            self.below.insert(name.to_owned(), shown);
        }
    }

    /// Whether a whole gives way to one shown at a time. It is then as old as the newer of both.
    pub(super) fn gives_way(&mut self, at: Timestamp) -> bool {
        let newest = self.newest();
        *self = Self::at(newest.map_or(at, |newest| newest.max(at)));
        newest.is_none_or(|newest| newest <= at)
    }

    fn newest(&self) -> Option<Timestamp> {
        self.below.values().map(Self::newest).fold(self.at, Option::max)
    }
}
