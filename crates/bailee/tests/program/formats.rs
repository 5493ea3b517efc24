//! Each synthetic format with a fifth of mess, from the file to the reveal: what was read, what came in, what is in
//! quarantine and why, that all of every record's personal values are revealed and nothing else, and that no personal
//! value of the file lies anywhere, whether it came in or not.

use std::collections::{BTreeMap, BTreeSet};

use bailee_core::Timestamp;
use bailee_core::retention::parse_date;
use bailee_intake::synth::{Columns, Format, Shape};
use serde_json::{Map, Value};

use crate::revealed::Revealed;
use crate::support::{Ran, Trial, assert_nowhere};

const NOW: &str = "2026-03-02T09:00:00Z";

/// So many that every kind of mess of every format is among them.
const ORDERS: &str = "140";

/// Tests among which the formats are dealt out, so that they run beside each other.
const TESTS: usize = 4;

/// Charsets that need no question; the truth of the others is held by the readers' own tests.
const CHARSETS: [&str; 3] = ["utf-8", "utf-8-bom", "utf-16le"];

/// Takes in one test's share of the formats: those of whoever adds one are among them by themselves.
fn hold_share(number: usize) {
    let mut held = 0;
    for (place, format) in Format::all().enumerate().skip(number).step_by(TESTS) {
        Input {
            format,
            shape: Shape::ALL[place % 3].0,
            columns: Columns::ALL[place % 4].0,
            charset: CHARSETS[place / 3 % 3],
            compress: [None, Some("gzip"), Some("zip")][place / 2 % 3],
        }
        .holds();
        held += 1;
    }
    assert!(held > 0);
}

/// An input of a format.
struct Input {
    format: Format,
    shape: &'static str,
    columns: &'static str,
    charset: &'static str,
    compress: Option<&'static str>,
}

impl Input {
    /// Takes it in and holds what became of it against the truth.
    fn holds(&self) {
        let name = self.format.name();
        let trial = Trial::at(NOW);
        let truth = self.write(&trial);
        let ran = collect(&trial);
        let count = |name: &str| ran.json()[name].as_u64().unwrap();
        let flaws: Vec<&str> = truth.iter().filter_map(|one| one["flaw"].as_str()).collect();
        assert_eq!(count("read"), truth.len() as u64, "{name}");
        assert_eq!(count("quarantined"), flaws.len() as u64, "{name}");
        let came_in: u64 = ["collected", "updated", "unchanged", "past_retention"].map(count).iter().sum();
        assert_eq!(came_in, (truth.len() - flaws.len()) as u64, "{name}");
        assert_eq!(reasons(&trial), tally(flaws.into_iter().map(str::to_owned)), "{name}");
        self.reveals(&trial, &truth);
        lists_what_nobody_named(&trial, &truth);
        let mut files = trial.kept();
        files.push(("standard error, logs in it".into(), ran.err.into_bytes()));
        files.push(("standard output".into(), ran.out));
        assert_nowhere(&files, &personal(&truth));
    }

    /// What it says of its charset: a declaration lies, and of UTF-16 nothing tells but its zeros.
    fn label(&self) -> Option<&'static str> {
        match (self.format, self.charset) {
            (_, "utf-16le") => Some("none"),
            (Format::OrderReport(_), _) => Some("windows-1252"),
            _ => None,
        }
    }

    /// Writes the input; what must be found in it, document by document.
    fn write(&self, trial: &Trial) -> Vec<Value> {
        if self.format.own_mapping().is_some() {
            let words = ["synth", "--mapping", "--format", self.format.name()];
            let mapping = trial.run(&words).ends(0).out;
            let mapping = trial.write("own.toml", mapping);
            trial.run(&["mapping", "add", &mapping]).ends(0);
        }
        let mut words = vec![
            "synth",
            "--orders",
            ORDERS,
            "--seed",
            "5",
            "--mess",
            "20",
            "--format",
            self.format.name(),
            "--shape",
            self.shape,
            "--columns",
            self.columns,
            "--charset",
            self.charset,
            "--truth",
            "truth.ndjson",
            "--now",
            NOW,
        ];
        words.extend(self.label().into_iter().flat_map(|label| ["--label", label]));
        words.extend(self.compress.into_iter().flat_map(|packing| ["--compress", packing]));
        trial.write("input", trial.run(&words).ends(0).out);
        let truth = std::fs::read_to_string(trial.path("truth.ndjson")).unwrap();
        truth.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What is revealed of all records, for one purpose or another, is what their documents say: all of it, and no more.
    fn reveals(&self, trial: &Trial, truth: &[Value]) {
        let mut records = BTreeMap::<String, Vec<&Value>>::new();
        for one in truth.iter().filter(|one| one["flaw"].is_null()) {
            let name = format!("ALPHA/{}", one["reference"].as_str().unwrap());
            records.entry(name).or_default().push(one);
        }
        let names: Vec<String> = records.keys().cloned().collect();
        let mut revealed = Revealed::of(trial, self.format.kind(), &names);
        let mut compared = 0;
        for (record, documents) in records {
            let name = format!("{}: {record}", self.format.name());
            if revealed.gone.contains(&record) {
                assert!(documents.iter().any(|one| may_be_over(one)), "{name} is gone: {documents:#?}");
                continue;
            }
            let fields = revealed.fields.remove(&record).unwrap_or_default();
            Expected::of(documents).compare(&name, &fields);
            compared += fields.len();
        }
        assert!(revealed.fields.is_empty());
        assert!(compared > 100, "{}: only {compared} values were revealed", self.format.name());
    }
}

/// Collects with all that can be logged.
fn collect(trial: &Trial) -> Ran {
    let words = ["--output", "json", "collect", "--seller", "ALPHA", "input"];
    let ended = trial.command(&words).env("BAILEE_LOG", "trace").output().unwrap();
    let err = String::from_utf8(ended.stderr).unwrap();
    Ran { status: ended.status.code().unwrap(), out: ended.stdout, err }.ends(3)
}

fn reasons(trial: &Trial) -> BTreeMap<String, usize> {
    let listed = trial.json(&["quarantine", "list"]);
    let items = listed["quarantined"].as_array().unwrap();
    tally(items.iter().map(|item| item["reason"].as_str().unwrap().to_owned()))
}

fn tally(words: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    words.for_each(|word| *counts.entry(word).or_default() += 1);
    counts
}

/// Whether the time of a document's personal data may be over within the twenty days of which the orders are: it was
/// cancelled (R7), or speaks of 1970.
fn may_be_over(document: &Value) -> bool {
    let status = &document["facts"]["fulfillment.fulfillmentStatus"];
    let is_odd = document["mess"].as_array().unwrap().contains(&"odd-dates".into());
    is_odd || ["CANCELLED", "UNFULFILLABLE"].iter().any(|one| status == one)
}

/// What a record must hold.
#[derive(Default)]
struct Expected<'a> {
    must: BTreeMap<&'a str, &'a Value>,
    /// What an older document says, in a place of which a newer one says something else: it may have gone with that.
    may: BTreeMap<&'a str, &'a Value>,
}

impl<'a> Expected<'a> {
    /// Merges documents: the newest that speaks of a place has the word, the last in the file among those of one time.
    fn of(mut documents: Vec<&'a Value>) -> Self {
        documents.sort_by_key(|one| time(one));
        let mut expected = Self::default();
        let mut newer: Vec<&Value> = Vec::new();
        for document in documents.into_iter().rev() {
            for (path, value) in of(document, "fields") {
                if expected.must.contains_key(path.as_str()) || expected.may.contains_key(path.as_str()) {
                    continue;
                }
                let has_given_way = newer.iter().any(|newer| gives_way(path, document, newer));
                let place = if has_given_way { &mut expected.may } else { &mut expected.must };
                place.insert(path, value);
            }
            newer.push(document);
        }
        expected
    }

    fn compare(&self, name: &str, revealed: &BTreeMap<String, Value>) {
        for (path, value) in revealed {
            let said = self.must.get(path.as_str()).or_else(|| self.may.get(path.as_str()));
            assert_eq!(Some(&value), said, "{name}: {path}");
        }
        for (path, value) in &self.must {
            assert!(revealed.contains_key(*path), "{name}: {path} is not revealed: {value}");
        }
    }
}

/// What no catalogue names is revealed to nobody, and listed until somebody decides.
fn lists_what_nobody_named(trial: &Trial, truth: &[Value]) {
    let listed = trial.json(&["catalogue", "unclassified"]);
    let lines = listed["unclassified"].as_array().unwrap();
    let listed: BTreeSet<&str> = lines.iter().map(|line| line["path"].as_str().unwrap()).collect();
    let is_in = |one: &&Value| one["flaw"].is_null() && !may_be_over(one);
    let expected: BTreeSet<String> = truth
        .iter()
        .filter(is_in)
        .flat_map(|one| of(one, "unclassified").keys())
        .map(|path| path.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest)))
        .map(|parts| parts.collect::<Vec<_>>().join("[]"))
        .collect();
    assert!(expected.iter().all(|path| listed.contains(path.as_str())), "{expected:?}, not {listed:?}");
}

fn of<'a>(document: &'a Value, nature: &str) -> &'a Map<String, Value> {
    document[nature].as_object().unwrap()
}

/// When a document says that its order was changed; now, when that is not known.
fn time(document: &Value) -> Timestamp {
    let now: Timestamp = NOW.parse().unwrap();
    let said = document["facts"]["lastUpdatedTime"].as_str().and_then(parse_date);
    said.filter(|said| *said <= now).unwrap_or(now)
}

/// Whether a newer document contradicts an older one around a place: in a member beside it, or with a list without ids.
fn gives_way(path: &str, older: &Value, newer: &Value) -> bool {
    let around = path.rsplit_once(['.', '[']).map_or("", |(around, _)| around);
    ["fields", "facts"].iter().any(|nature| {
        of(newer, nature).iter().any(|(place, value)| {
            place.starts_with(around) && of(older, nature).get(place).is_some_and(|before| before != value)
        })
    })
}

/// Every personal value of the input, clean and as it is written in it, that is long enough to be found nowhere by chance.
fn personal(truth: &[Value]) -> Vec<String> {
    let objects = truth.iter().flat_map(|one| [of(one, "fields"), of(one, "unclassified")]);
    let written = truth.iter().flat_map(|one| one["written"].as_array().unwrap());
    let values = objects.flat_map(Map::values).chain(written).filter_map(Value::as_str);
    let values = values.map(|value| value.trim_start_matches('+')).filter(|value| value.len() >= 8);
    let mut all: BTreeSet<String> = values.map(str::to_owned).collect();
    let quoted: Vec<String> = all.iter().filter(|value| value.contains('"')).cloned().collect();
    all.extend(quoted.iter().flat_map(|value| [value.replace('"', "\\\""), value.replace('"', "\"\"")]));
    all.into_iter().collect()
}

#[test]
fn a_first_share_of_the_synthetic_formats_comes_in_and_nothing_of_it_lies_about() {
    hold_share(0);
}

#[test]
fn a_second_share_of_the_synthetic_formats_comes_in_and_nothing_of_it_lies_about() {
    hold_share(1);
}

#[test]
fn a_third_share_of_the_synthetic_formats_comes_in_and_nothing_of_it_lies_about() {
    hold_share(2);
}

#[test]
fn a_fourth_share_of_the_synthetic_formats_comes_in_and_nothing_of_it_lies_about() {
    hold_share(3);
}
