//! Reads what the synthesiser writes and holds each document against its truth.

use std::collections::BTreeMap;
use std::io::Read;

use bailee_core::catalogue::{Catalogue, Node};
use bailee_core::path::InstancePath;
use bailee_core::{Json, Kind};
use bailee_intake::format::{Format, Formats};
use bailee_intake::reader::{Item, Reader, Request};
use bailee_intake::synth::{self, Chunk, Nature, Scalar, Style, Synth, Truth};
use bailee_intake::verify::{Document, Flaw, verify};

/// Documents taken from the reader at once.
const BATCH: usize = 256;

/// One input.
pub(crate) struct Trial {
    pub(crate) synth: Synth,
    pub(crate) style: Style,
    /// Whether what the input says of its charset is a lie: then nobody names the true one, and a document with letters
    /// may wait in quarantine. None may come in with other letters than its own.
    pub(crate) is_mislabelled: bool,
}

/// What the documents of an input came to.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) collected: u64,
    pub(crate) quarantined: BTreeMap<&'static str, u64>,
    pub(crate) leaves: u64,
    /// Those that wait for somebody who names their charset.
    pub(crate) waiting: u64,
}

impl Trial {
    /// Reads it all; fails where a document is not what its truth says.
    #[track_caller]
    pub(crate) fn run(self) -> Counts {
        let name = self.style.format.name();
        let (truths, input) = std::sync::mpsc::channel();
        let chunks = self.synth.input(self.style);
        let pipe = Pipe { chunks, truths, rest: Vec::new(), at: 0 };
        let catalogue = Catalogue::embedded().unwrap();
        let formats = formats();
        let mut counts = Counts::default();
        let mut reader = match Reader::open(Box::new(pipe), &formats, self.request()) {
            Ok(reader) => reader,
            Err(_) if self.is_mislabelled => return counts,
            Err(error) => panic!("{name}: {error}"),
        };
        let form = std::sync::Arc::clone(reader.form());
        assert_eq!(form.format.name(), self.style.format.reads_as(), "{name} is taken for another format");
        loop {
            let items = reader.next_batch(BATCH, usize::MAX).unwrap();
            if items.is_empty() {
                break;
            }
            for item in items {
                let Item::Document(raw) = item else { continue };
                let truth: Truth = input.try_recv().unwrap_or_else(|_| panic!("{name}: a document too many"));
                assert_eq!(raw.position.document, truth.document, "{name}");
                let result = verify(&raw, &form, &catalogue);
                let waits = matches!(result, Err(Flaw::Charset | Flaw::Encoding));
                if self.is_mislabelled && waits && !raw.bytes.expose().is_ascii() {
                    counts.waiting += 1;
                    continue;
                }
                let text = || String::from_utf8_lossy(raw.bytes.expose()).into_owned();
                if let Err(difference) = compare(&truth, &result, &catalogue, &mut counts) {
                    panic!("{name}, document {}, {:?}: {difference}\n{}", truth.document, truth.mess, text());
                }
            }
        }
        assert!(input.try_recv().is_err(), "{name}: a document is missing");
        counts
    }
}

/// The program's formats, and those of a seller's own exports.
fn formats() -> Formats {
    let own: std::collections::BTreeSet<_> =
        synth::Format::all().filter_map(synth::Format::own_mapping).collect();
    assert_eq!(own.len(), 2, "spreadsheets, and lines of JSON");
    own.into_iter()
        .fold(Formats::embedded().unwrap(), |formats, own| formats.with(Format::parse(own).unwrap()).unwrap())
}

impl Trial {
    /// A charset of one country is named, as whoever fetched the report would; the others are found.
    fn request(&self) -> Request {
        let charset = self.style.charset;
        let named = (!self.is_mislabelled && (!charset.is_unicode() || charset.name() == "gb18030"))
            .then(|| charset.name().parse().unwrap());
        Request { charset: named, ..Request::default() }
    }
}

/// Holds one document against its truth.
pub(crate) fn compare(
    truth: &Truth,
    result: &Result<Document, Flaw>,
    catalogue: &Catalogue,
    counts: &mut Counts,
) -> Result<(), String> {
    let document = match (truth.flaw, result) {
        (None, Ok(document)) => document,
        (Some(code), Err(flaw)) if code == flaw.code() => {
            *counts.quarantined.entry(code).or_default() += 1;
            return Ok(());
        }
        (expected, Err(flaw)) => return Err(format!("flaw {} instead of {expected:?}", flaw.code())),
        (Some(expected), Ok(_)) => return Err(format!("taken in, but its flaw is {expected}")),
    };
    counts.collected += 1;
    if Some(document.reference.as_str()) != truth.reference.as_deref() {
        return Err(format!("{} is not {:?}", document.reference, truth.reference));
    }
    let mut expected: Vec<(&str, &Scalar)> =
        truth.leaves.iter().map(|(path, value)| (path.as_str(), value)).collect();
    expected.sort_unstable_by_key(|(path, _)| *path);
    let mut walk = Walk { expected, found: 0, path: InstancePath::new(), wrong: Vec::new() };
    walk.visit(&document.json, Some(catalogue.root(kind(truth.kind))));
    counts.leaves += walk.found;
    if walk.wrong.is_empty() && usize::try_from(walk.found).unwrap() == walk.expected.len() {
        return Ok(());
    }
    let missing: Vec<_> = walk.expected.iter().map(|(path, value)| format!("{path}: {value:?}")).collect();
    Err(format!(
        "{:#?} of {} values found; wrong: {:#?}; expected: {missing:#?}",
        walk.found,
        missing.len(),
        walk.wrong
    ))
}

fn kind(name: &str) -> Kind {
    name.parse().unwrap_or_else(|_| panic!("no kind {name}"))
}

/// A walk over a document, each leaf held against what is expected at its place.
struct Walk<'a> {
    expected: Vec<(&'a str, &'a Scalar)>,
    found: u64,
    path: InstancePath,
    wrong: Vec<String>,
}

impl Walk<'_> {
    fn visit(&mut self, json: &Json, node: Option<Node<'_>>) {
        match json {
            Json::Object(members) => {
                for (key, value) in members {
                    let mark = self.path.push_member(key);
                    self.visit(value, node.and_then(|node| node.member(key)));
                    self.path.back_to(mark);
                }
            }
            Json::Array(elements) => {
                let key = node.and_then(|node| node.list_key());
                for (position, value) in elements.iter().enumerate() {
                    let id = key.and_then(|key| value.member(key)).and_then(Json::as_str);
                    let mark = match id {
                        Some(id) => self.path.push_element(id),
                        None => self.path.push_index(position),
                    };
                    self.visit(value, node.and_then(|node| node.element()));
                    self.path.back_to(mark);
                }
            }
            leaf => self.leaf(leaf, node),
        }
    }

    fn leaf(&mut self, leaf: &Json, node: Option<Node<'_>>) {
        let path = self.path.as_str();
        let Ok(at) = self.expected.binary_search_by_key(&path, |(path, _)| *path) else {
            self.wrong.push(format!("{path} is not expected: {}", shown(leaf)));
            return;
        };
        self.found += 1;
        let value = self.expected[at].1;
        let is_same = match (leaf, value) {
            (Json::String(text), Scalar::Text(value)) => text == value,
            (Json::Integer(number), Scalar::Integer(value)) => *number == i128::from(*value),
            (Json::Bool(flag), Scalar::Flag(value)) => flag == value,
            (Json::Float(number), Scalar::Number(value)) => Some(*number) == value.as_f64(),
            _ => false,
        };
        if !is_same {
            self.wrong.push(format!("{path} is {} instead of {value:?}", shown(leaf)));
        }
        let nature = match node.and_then(|node| node.field()) {
            None => Nature::Unclassified,
            Some(field) if field.class.is_some() => Nature::Personal,
            Some(_) => Nature::Fact,
        };
        if nature != Nature::of(path) {
            self.wrong.push(format!("{path} is {nature:?}"));
        }
    }
}

fn shown(leaf: &Json) -> String {
    serde_json::to_string(leaf).unwrap()
}

/// The input as the reader pulls it; the truths of what has been pulled go ahead of it.
struct Pipe<I> {
    chunks: I,
    truths: std::sync::mpsc::Sender<Truth>,
    rest: Vec<u8>,
    at: usize,
}

impl<I: Iterator<Item = Chunk>> Read for Pipe<I> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.at == self.rest.len() {
            let Some(chunk) = self.chunks.next() else { return Ok(0) };
            self.rest = chunk.bytes;
            self.at = 0;
            chunk.truths.into_iter().for_each(|truth| self.truths.send(truth).unwrap());
        }
        let count = buffer.len().min(self.rest.len() - self.at);
        buffer[..count].copy_from_slice(&self.rest[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
