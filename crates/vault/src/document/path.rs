//! Where a leaf stands: the way to it, and the personal leaves of a stored skeleton with their full paths.

use bailee_core::catalogue::{Catalogue, Field};
use bailee_core::path::InstancePath;
use bailee_core::{Json, Kind};

use super::Marker;
use super::mark::walk;

/// The way from the top of a document to a place. A walk carries it down at no cost, and writes it out only where it is
/// asked for, which is seldom.
#[derive(Clone, Copy)]
pub(crate) struct Trail<'p> {
    above: Option<&'p Trail<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Top,
    Member(&'p str),
    /// The element with an id, of a list whose elements have ids.
    Element(&'p str),
    /// The element at a position, of one whose elements have none.
    Index(usize),
}

impl Trail<'_> {
    pub(super) const TOP: Trail<'static> = Trail { above: None, step: Step::Top };

    pub(super) fn member<'p>(&'p self, key: &'p str) -> Trail<'p> {
        Trail { above: Some(self), step: Step::Member(key) }
    }

    pub(super) fn element<'p>(&'p self, id: Option<&'p str>, index: usize) -> Trail<'p> {
        Trail { above: Some(self), step: id.map_or(Step::Index(index), Step::Element) }
    }

    /// The full path.
    pub(crate) fn path(&self) -> InstancePath {
        let mut path = self.above.map_or_else(InstancePath::new, Trail::path);
        match self.step {
            Step::Top => {}
            Step::Member(key) => drop(path.push_member(key)),
            Step::Element(id) => drop(path.push_element(id)),
            Step::Index(index) => drop(path.push_index(index)),
        }
        path
    }

    /// The id of the innermost element with an id around this place.
    pub(crate) fn item(&self) -> Option<&str> {
        match self.step {
            Step::Element(id) => Some(id),
            _ => self.above.and_then(Trail::item),
        }
    }
}

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
            // Outside lists, a place is where its schema says.
            let path =
                if field.path.contains('[') { met.trail.path().into() } else { field.path.to_string() };
            found.push(Place { marker: met.marker, field, path });
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_lists_a_place_is_where_its_schema_says() {
        let catalogue = Catalogue::embedded().unwrap();
        let mut compared = 0;
        for kind in Kind::ALL {
            for field in catalogue.fields(*kind).filter(|field| !field.path.contains('[')) {
                let mut path = InstancePath::new();
                bailee_core::path::steps(&field.path).for_each(|step| match step {
                    bailee_core::path::Step::Member(name) => drop(path.push_member(&name)),
                    bailee_core::path::Step::Element(_) => panic!("{} is in a list", field.path),
                });
                assert_eq!(String::from(path), &*field.path);
                compared += 1;
            }
        }
        assert!(compared > 100);
    }
}
