//! What each fuzz target does with its bytes. Also compiled into a test of `bailee-intake`, which runs the kept corpus
//! with the stable toolchain.
//!
//! A target fails when something panics, when it hangs, when it takes memory without end, and where a promise of the
//! readers is broken: the same bytes give the same documents however they are cut, what is accepted can be written and
//! is accepted again, and text is text.

use std::io::{Cursor, Read};
use std::sync::{Arc, LazyLock};

use bailee_core::catalogue::Catalogue;
use bailee_intake::format::{Format, Formats, Syntax};
use bailee_intake::reader::{Item, Reader, Request};
use bailee_intake::source::{Charset, Compression, Source, flaw, original, redecoded};
use bailee_intake::verify::verify;

static FORMATS: LazyLock<Formats> =
    LazyLock::new(|| Formats::embedded().expect("the program's own mappings"));
static CATALOGUE: LazyLock<Arc<Catalogue>> =
    LazyLock::new(|| Arc::new(Catalogue::embedded().expect("the program's own catalogue")));

/// Most bytes of a piece when an input is cut.
const PIECE_BYTES: usize = 13;

/// Gives its bytes in small pieces.
struct Pieces(Cursor<Vec<u8>>);

impl Read for Pieces {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let length = to.len().min(PIECE_BYTES);
        self.0.read(&mut to[..length])
    }
}

/// Every document of an input: its bytes and what verification says of it.
fn documents(
    input: Box<dyn Read + Send>,
    format: Option<Arc<Format>>,
) -> Vec<(Vec<u8>, Result<String, &'static str>)> {
    let request = Request { format, ..Request::default() };
    let Ok(mut reader) = Reader::open(input, &FORMATS, request) else { return Vec::new() };
    let form = Arc::clone(reader.form());
    let mut found = Vec::new();
    while let Ok(items) = reader.next_batch(64, 1 << 20) {
        if items.is_empty() {
            break;
        }
        for item in items {
            let Item::Document(raw) = item else { continue };
            let verified = verify(&raw, &form, &CATALOGUE).map_err(|flaw| flaw.code());
            let write = |json: &_| serde_json::to_string(json).expect("what is accepted can be written");
            let written = verified.map(|document| write(&document.json));
            found.push((raw.bytes.expose().clone(), written));
        }
    }
    found
}

/// Reads the bytes as a format of this syntax, which the first byte picks (detection, when it picks none), whole and in
/// pieces.
fn read_as(data: &[u8], syntax: Syntax) {
    let Some((pick, bytes)) = data.split_first() else { return };
    if [&b"\x1F\x8B"[..], b"PK"].iter().any(|packed| bytes.starts_with(packed)) {
        return; // of `source`
    }
    let formats: Vec<&Arc<Format>> = FORMATS.iter().filter(|format| format.syntax() == syntax).collect();
    let format = formats.get(usize::from(*pick)).map(|format| Arc::clone(format));
    let whole = documents(Box::new(Cursor::new(bytes.to_vec())), format.clone());
    let pieces = documents(Box::new(Pieces(Cursor::new(bytes.to_vec()))), format);
    assert!(whole == pieces, "pieces make a difference");
}

/// Everything that frames, parses, maps and verifies JSON.
pub fn json(data: &[u8]) {
    read_as(data, Syntax::Json);
}

/// The same for tables.
pub fn tables(data: &[u8]) {
    read_as(data, Syntax::Table);
}

/// The same for XML.
pub fn xml(data: &[u8]) {
    read_as(data, Syntax::Xml);
}

/// Unpacking, deciding of a character set, decoding. The first byte picks a name, or none.
pub fn source(data: &[u8]) {
    let Some((pick, bytes)) = data.split_first() else { return };
    let named = Charset::ALL.get(usize::from(*pick)).copied();
    let read = |input: Box<dyn Read + Send>| {
        let mut source = Source::open(input, named);
        let mut text = Vec::new();
        let failed = source.read_to_end(&mut text).is_err();
        (text, failed, source.detected())
    };
    let (text, failed, detected) = read(Box::new(Cursor::new(bytes.to_vec())));
    let pieces = read(Box::new(Pieces(Cursor::new(bytes.to_vec()))));
    // How much is unpacked before a damage depends on the pieces; that there is one does not.
    if failed && detected.compression != Compression::None {
        assert!(pieces.1, "pieces hide a damage");
    } else {
        assert!(pieces == (text.clone(), failed, detected), "pieces make a difference");
    }
    assert!(std::str::from_utf8(&text).is_ok(), "text is text");
    if detected.unsure && !failed && detected.compression == Compression::None {
        assert_eq!(*original(&text), bytes, "what is not certain is not lost");
    }
    if flaw(&text).is_none() && detected.charset == Some(Charset::Utf8) {
        assert_eq!(redecoded(&text, Charset::Utf8).map(|text| text.to_vec()), Some(text));
    }
}

/// A mapping file.
pub fn mapping(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(format) = Format::parse(text) {
        assert!(!format.name().is_empty() && !format.identifying().is_empty());
        if let Ok(formats) = FORMATS.with(format) {
            assert!(formats.iter().count() > 1);
        }
    }
}
