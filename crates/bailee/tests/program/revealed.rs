//! What is revealed of records for one purpose or another: all that anybody may ever see of them.

use std::collections::{BTreeMap, BTreeSet};

use bailee_core::Purpose;
use serde_json::Value;

use crate::support::Trial;

/// What is revealed of records, by `SELLER/REFERENCE`.
#[derive(Default)]
pub(crate) struct Revealed {
    pub(crate) fields: BTreeMap<String, BTreeMap<String, Value>>,
    /// Those whose personal data is no more.
    pub(crate) gone: BTreeSet<String>,
}

impl Revealed {
    /// Reveals them for every purpose. A value that depends on the purpose fails the test.
    pub(crate) fn of(trial: &Trial, kind: &str, names: &[String]) -> Self {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut all = Self::default();
        for purpose in Purpose::ALL {
            let words = ["--kind", kind, "--ticket", "T-1", "--purpose", purpose.as_str()];
            let ran = trial.run(&[&["--output", "json", "reveal"], &names[..], &words].concat());
            // Nothing of them may be for this purpose, or be left.
            assert!([0, 4, 5].contains(&ran.status), "{purpose}: {}", ran.err);
            all.add(&ran.json());
        }
        all
    }

    fn add(&mut self, answer: &Value) {
        for record in answer["records"].as_array().unwrap() {
            let fields = self.fields.entry(name(record)).or_default();
            for (path, value) in record["fields"].as_object().unwrap() {
                let before = fields.insert(path.clone(), value.clone());
                assert!(before.is_none_or(|before| before == *value), "{path} depends on the purpose");
            }
        }
        self.gone.extend(answer["gone"].as_array().unwrap().iter().map(name));
    }
}

fn name(record: &Value) -> String {
    format!("{}/{}", record["seller"].as_str().unwrap(), record["reference"].as_str().unwrap())
}
