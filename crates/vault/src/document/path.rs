//! The personal leaves of a stored skeleton, with their full paths.

use bailee_core::catalogue::{Catalogue, Field};
use bailee_core::{Json, Kind};

use super::Marker;
use super::mark::walk;

/// A personal leaf of a stored skeleton.
pub(crate) struct Place<'a> {
    pub(crate) marker: Marker,
    pub(crate) field: &'a Field,
    pub(crate) path: String,
}

/// Every personal leaf of a skeleton, in the order of the document.
pub(crate) fn places<'a>(skeleton: &Json, catalogue: &'a Catalogue, kind: Kind) -> Vec<Place<'a>> {
    let mut found = Vec::new();
    walk(skeleton, catalogue.root(kind), &mut |met| {
        if let Some(field) = met.node.field() {
            found.push(Place { marker: met.marker, field, path: met.path.to_owned() });
        }
    });
    found
}
