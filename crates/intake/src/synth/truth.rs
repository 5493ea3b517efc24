//! What a correct reader must find, document by document.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::notes::{Nature, Scalar};

/// What must be found in one document of an input, in the order of the input.
#[derive(Clone, Debug)]
pub struct Truth {
    /// Counts documents, from 1.
    pub document: u64,
    /// `order`, `shipment` or `return`.
    pub kind: &'static str,
    /// What it is about, unless the document hides it.
    pub reference: Option<String>,
    /// What was done to it.
    pub mess: Vec<&'static str>,
    /// The flaw for which it must go into quarantine; without one it must be taken in.
    pub flaw: Option<&'static str>,
    /// Every value with its canonical instance path, clean. Where there is a flaw: what was in the document before it.
    pub leaves: Vec<(String, Scalar)>,
    /// Texts of persons that stand in the input otherwise than they are found.
    pub written: Vec<String>,
}

impl Truth {
    /// The values of one nature.
    pub fn of(&self, nature: Nature) -> impl Iterator<Item = (&str, &Scalar)> {
        let leaves = self.leaves.iter().map(|(path, value)| (path.as_str(), value));
        leaves.filter(move |(path, _)| Nature::of(path) == nature)
    }
}

/// Values under their paths.
struct Values<'a>(&'a Truth, Nature);

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.of(self.1))
    }
}

impl Serialize for Truth {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("document", &self.document)?;
        map.serialize_entry("kind", self.kind)?;
        map.serialize_entry("reference", &self.reference)?;
        map.serialize_entry("mess", &self.mess)?;
        map.serialize_entry("expected", if self.flaw.is_some() { "quarantined" } else { "collected" })?;
        if let Some(flaw) = self.flaw {
            map.serialize_entry("flaw", flaw)?;
        }
        map.serialize_entry("fields", &Values(self, Nature::Personal))?;
        map.serialize_entry("facts", &Values(self, Nature::Fact))?;
        map.serialize_entry("unclassified", &Values(self, Nature::Unclassified))?;
        map.serialize_entry("written", &self.written)?;
        map.end()
    }
}
