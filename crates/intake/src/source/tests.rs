use std::io::{Cursor, Read, Write};

use flate2::Compression as Level;
use flate2::write::{DeflateEncoder, GzEncoder};
use proptest::prelude::*;

use super::*;
use crate::verify::Flaw;

/// Gives its bytes in pieces of a size.
struct Pieces(Cursor<Vec<u8>>, usize);

impl Read for Pieces {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let length = self.1.min(to.len());
        self.0.read(&mut to[..length])
    }
}

/// Everything that a source gives, and the error it ends with.
fn all(input: &[u8], charset: Option<Charset>) -> (Vec<u8>, Detected, Option<SourceError>) {
    let read = |size: usize| {
        let pieces = Pieces(Cursor::new(input.to_vec()), size);
        let mut source = Source::open(Box::new(pieces), charset);
        let mut text = Vec::new();
        let error = source.read_to_end(&mut text).err();
        (text, source.detected(), error.map(|error| SourceError::of(&error).unwrap()))
    };
    let whole = read(1 << 20);
    if input.len() < 10_000 {
        assert!(read(1) == whole && read(7) == whole, "pieces matter");
    }
    whole
}

fn text(input: &[u8], charset: Option<Charset>) -> String {
    String::from_utf8(all(input, charset).0).unwrap()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Level::default());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

/// A local entry of a zip archive.
fn entry(name: &str, text: &[u8], method: u16, flags: u16) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(text);
    let packed = match method {
        8 => {
            let mut packed = DeflateEncoder::new(Vec::new(), Level::default());
            packed.write_all(text).unwrap();
            packed.finish().unwrap()
        }
        _ => text.to_vec(),
    };
    let sizes = [crc.sum(), packed.len() as u32, text.len() as u32];
    let numbers: Vec<u8> = sizes.iter().flat_map(|number| number.to_le_bytes()).collect();
    let described = flags & 8 != 0;
    let mut bytes = b"PK\x03\x04\x14\0".to_vec();
    bytes.extend(flags.to_le_bytes());
    bytes.extend(method.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(if described { &[0; 12][..] } else { &numbers });
    bytes.extend((name.len() as u16).to_le_bytes());
    bytes.extend([0, 0]);
    bytes.extend(name.as_bytes());
    bytes.extend(packed);
    if described {
        bytes.extend(b"PK\x07\x08");
        bytes.extend(numbers);
    }
    bytes
}

fn zip(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = entries.concat();
    bytes.extend(b"PK\x01\x02 a directory PK\x05\x06");
    bytes
}

#[test]
fn compression_is_known_by_its_first_bytes() {
    let order = "{\"orderId\":\"1\",\"name\":\"Käthe\"}\n".repeat(300);
    let plain = order.as_bytes();
    let members = [gzip(b""), gzip(&plain[..1000]), gzip(&plain[1000..])].concat();
    let folder = entry("a/", b"", 0, 0);
    let mac = entry("__MACOSX/._a", b"x", 8, 8);
    for (packed, compression) in [
        (plain.to_vec(), Compression::None),
        (gzip(plain), Compression::Gzip),
        (members, Compression::Gzip),
        (zip(&[entry("a", plain, 8, 0)]), Compression::Zip),
        (zip(&[entry("a", plain, 8, 8)]), Compression::Zip),
        (zip(&[folder, entry("a/b", plain, 0, 0), mac]), Compression::Zip),
    ] {
        let (text, detected, error) = all(&packed, None);
        assert_eq!((text == plain, detected.compression, error), (true, compression, None));
        assert_eq!(detected.charset, Some(Charset::Utf8));
    }
    let mut source = Source::open(Box::new(Cursor::new(gzip(plain))), None);
    std::io::copy(&mut source, &mut std::io::sink()).unwrap();
    assert_eq!(source.bytes_read(), gzip(plain).len() as u64);
}

#[test]
fn what_cannot_be_unpacked_says_why_and_keeps_what_came_before() {
    let text: String = (0..20_000).map(|number| format!("{{\"orderId\":\"{number}\"}}\n")).collect();
    let plain = text.as_bytes();
    let good = entry("a", plain, 8, 0);
    let mut wrong_sum = zip(&[entry("a", plain, 0, 0)]);
    wrong_sum[14] ^= 1;
    let mut damaged = gzip(plain);
    let last = damaged.len() - 6;
    damaged[last] ^= 1;
    for (packed, expected, some) in [
        (gzip(plain)[..20_000].to_vec(), SourceError::Cut, true),
        (damaged, SourceError::Damaged, true),
        (wrong_sum, SourceError::Damaged, true),
        (zip(std::slice::from_ref(&good))[..20_000].to_vec(), SourceError::Cut, true),
        (good.clone(), SourceError::Cut, true),
        ([good.clone(), b"PK\x01\x02".to_vec()].concat(), SourceError::Cut, true),
        (zip(&[good.clone(), good]), SourceError::SeveralFiles, true),
        (zip(&[]), SourceError::Damaged, false),
        (b"PK\x05\x06".repeat(9), SourceError::NoFile, false),
        (zip(&[entry("a/", b"", 0, 0)]), SourceError::NoFile, false),
        (zip(&[entry("a", plain, 8, 1)]), SourceError::Encrypted, false),
        (zip(&[entry("a", plain, 0, 8)]), SourceError::Method, false),
        (zip(&[entry("a", plain, 12, 0)]), SourceError::Method, false),
        (zip(&[entry("[Content_Types].xml", plain, 8, 0)]), SourceError::Office, false),
        (gzip(&gzip(plain)), SourceError::Nested, false),
        (zip(&[entry("a", &gzip(plain), 8, 0)]), SourceError::Nested, false),
        (b"\x28\xB5\x2F\xFD zstandard".to_vec(), SourceError::Method, false),
        (b"\xFF\xFE\0\0{\0\0\0".to_vec(), SourceError::Utf32, false),
        (b"%PDF-1.7\n1 0 obj".to_vec(), SourceError::Document, false),
        (b"\x89PNG\r\n\x1A\n".to_vec(), SourceError::Document, false),
        (b"\xFF\xD8\xFF\xE0 JFIF".to_vec(), SourceError::Document, false),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec(), SourceError::Office, false),
    ] {
        let (text, _, error) = all(&packed, None);
        if packed.starts_with(b"PK\x01\x02") {
            continue; // A directory alone is no archive that begins as one.
        }
        assert_eq!(error, Some(expected));
        assert_eq!(!text.is_empty(), some, "{expected:?}");
        assert!(plain.starts_with(&text));
    }
}

#[test]
fn a_bomb_is_refused_and_an_honest_file_of_equal_rows_is_not() {
    struct Zeros(u64);
    impl Read for Zeros {
        fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
            to.fill(b'0');
            let length = to.len().min(usize::try_from(self.0).unwrap());
            self.0 -= length as u64;
            Ok(length)
        }
    }
    for (bytes, expected) in [(EXPANDED_FREE_BYTES, None), (2 * EXPANDED_FREE_BYTES, Some(SourceError::Bomb))]
    {
        let mut packed = GzEncoder::new(Vec::new(), Level::best());
        std::io::copy(&mut Zeros(bytes), &mut packed).unwrap();
        let mut source = Source::open(Box::new(Cursor::new(packed.finish().unwrap())), None);
        let error = std::io::copy(&mut source, &mut std::io::sink()).err();
        assert_eq!(error.and_then(|error| SourceError::of(&error)), expected);
    }
}

#[test]
fn marks_decide_and_are_no_text() {
    let order = "{\"orderId\":\"1\",\"name\":\"Jörg 架空\"}";
    let utf16 = |big: bool| -> Vec<u8> {
        order
            .encode_utf16()
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    };
    let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
    for (bytes, charset, is_marked) in [
        (order.as_bytes().to_vec(), Charset::Utf8, false),
        (marked(b"\xEF\xBB\xBF", order.as_bytes()), Charset::Utf8, true),
        (marked(b"\xFF\xFE", &utf16(false)), Charset::Utf16Le, true),
        (marked(b"\xFE\xFF", &utf16(true)), Charset::Utf16Be, true),
        (utf16(false), Charset::Utf16Le, false),
        (utf16(true), Charset::Utf16Be, false),
    ] {
        let (text, detected, error) = all(&bytes, None);
        assert_eq!((String::from_utf8(text).unwrap(), error), (order.to_owned(), None));
        assert_eq!((detected.charset, detected.marked), (Some(charset), is_marked));
        let other = if charset == Charset::Utf8 { Charset::Utf16Le } else { Charset::Big5 };
        assert_eq!(all(&bytes, Some(other)).2, Some(SourceError::NotAsNamed));
    }
    assert_eq!(all(b"{}", None).1, Detected::default());
}

#[test]
fn malformed_bytes_are_carried_and_can_be_had_back() {
    let damaged = b"{\"name\":\"K\xFFthe\"} \xF4\x8F\x98\x80 \xC3".to_vec();
    let text = all(&damaged, Some(Charset::Utf8)).0;
    assert_eq!(flaw(&text), Some(Flaw::Encoding));
    assert_eq!(*original(&text), damaged);
    for (bytes, charset) in [
        (&b"ab\x81\x8D"[..], Charset::Windows1252),
        (b"ab\x80", Charset::Iso8859_1),
        (b"ab\x82\xA0\x82", Charset::ShiftJis),
        (b"ab\x82\"", Charset::ShiftJis),
        (b"ab\xB0\xA1\xFF\xB0\xA1", Charset::Gb18030),
        (b"ab\xA4\x40\xA4 ", Charset::Big5),
        (b"a\0\0\xD8b\0c", Charset::Utf16Le),
    ] {
        let text = all(bytes, Some(charset)).0;
        assert_eq!(flaw(&text), Some(Flaw::Encoding), "{charset}");
        let carried = original(&text);
        let lost = bytes.iter().filter(|byte| !carried.contains(byte));
        assert!(charset.is_utf16() || lost.count() <= 4, "{charset}");
    }
    // What the source itself had lost is no damage.
    assert_eq!(flaw(&all("K\u{FFFD}the ?".as_bytes(), None).0), None);
}

#[test]
fn what_is_not_certain_is_carried_whole_and_decoded_once_it_is_named() {
    let input = "{\"orderId\":\"1\"}\n{\"orderId\":\"2\",\"name\":\"B\u{00BD} M\u{00A4}\"}\n".to_owned();
    let bytes: Vec<u8> = input.chars().map(|letter| letter as u8).collect();
    let (text, detected, _) = all(&bytes, None);
    assert!(detected.unsure && detected.charset.is_none());
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    assert_eq!((flaw(lines[0]), flaw(lines[1])), (None, Some(Flaw::Charset)));
    assert_eq!(*original(&text), bytes);
    let named =
        |text: &[u8], charset| redecoded(text, charset).map(|text| String::from_utf8(text.to_vec()).unwrap());
    assert_eq!(named(&text, Charset::Iso8859_1), Some(input));
    assert!(named(&text, Charset::Iso8859_15).unwrap().contains("Bœ M€"));
    // Where letters were certain, only what was carried is decoded.
    let mixed = all(b"K\xC3\xA4the \xFCber M\xFC\xC3\xBC", Some(Charset::Utf8)).0;
    assert_eq!(named(&mixed, Charset::Windows1252).unwrap(), "Käthe über Müü");
    let found = inspect(Box::new(Cursor::new(bytes))).unwrap();
    assert!(found.detected.unsure);
    assert!(
        found.readings.iter().any(|reading| reading.charset == Charset::Iso8859_15 && reading.letters == 1)
    );
}

#[test]
fn a_name_that_does_not_fit_spoils_nothing() {
    // UTF-8 that is called something else, and something else that is called UTF-8.
    for named in [Charset::Windows1252, Charset::Iso8859_15, Charset::ShiftJis, Charset::Gb18030] {
        let (text, detected, _) = all("{\"name\":\"Käthe Müller\"}".as_bytes(), Some(named));
        assert_eq!((flaw(&text), detected.refused, detected.charset), (Some(Flaw::Charset), true, None));
    }
    let (text, ..) = all(b"{\"name\":\"K\xE4the\"}", Some(Charset::Utf8));
    assert_eq!(flaw(&text), Some(Flaw::Encoding));
    let declared = |name: &str, rest: &[u8]| {
        [format!("<?xml version=\"1.0\" encoding=\"{name}\"?><a>").as_bytes(), rest].concat()
    };
    assert!(text_of(&declared("ISO-8859-1", "Käthe Müller".as_bytes())).contains("Käthe Müller"));
    assert!(text_of(&declared("UTF-8", b"K\xE4the M\xFCller</a>")).contains("Käthe Müller"));
    assert!(text_of(&declared("ISO-8859-15", b"K\xE4the \xA4 M\xFCller</a>")).contains("Käthe € Müller"));
    assert!(text_of(&declared("windows-1252", b"K\xE4the \xA4 M\xFCller</a>")).contains("Käthe ¤ Müller"));
    // A declaration of what the bytes cannot be is not believed.
    let (text, ..) = all(&declared("Shift_JIS", b"K\xE4the M\xFCller</a>"), None);
    assert_ne!(flaw(&text), Some(Flaw::Encoding));
}

#[test]
fn from_quarantine_nothing_is_decoded_as_what_it_cannot_be() {
    let undecided = |bytes: &[u8]| all(bytes, Some(Charset::ShiftJis)).0;
    let utf8 = undecided("{\"name\":\"Käthe Müller\"}".as_bytes());
    let western = undecided(b"{\"name\":\"K\xE4the M\xFCller, Gro\xDFk\xF6tter\"}");
    for (text, fits) in
        [(&utf8, &[Charset::Utf8][..]), (&western, &[Charset::Windows1252, Charset::Iso8859_15])]
    {
        assert_eq!(flaw(text), Some(Flaw::Charset));
        for charset in
            [Charset::Utf16Le, Charset::Windows1252, Charset::Iso8859_15, Charset::ShiftJis, Charset::Big5]
        {
            assert_eq!(redecoded(text, charset).is_some(), fits.contains(&charset), "{charset}");
        }
        let text = fits.first().and_then(|charset| redecoded(text, *charset)).unwrap();
        assert!(String::from_utf8(text.to_vec()).unwrap().contains("Käthe Müller"));
    }
    // Where there is nothing to decode, no name changes anything.
    assert_eq!(**redecoded(b"{\"name\":\"Anne\"}", Charset::Utf16Le).unwrap(), *b"{\"name\":\"Anne\"}");
}

#[test]
fn a_document_in_another_set_than_the_rest_is_found_out_and_a_sign_behind_a_capital_is_not_one() {
    let doubted =
        |text: &str, charset| doubted(text.as_bytes(), charset).map(|text| original(&text).to_vec());
    for (text, charset, of_utf8) in [
        ("KÃ¤the", Charset::Windows1252, Some("Käthe")),
        ("Rue Ã\u{A0} Paris", Charset::Iso8859_1, Some("Rue à Paris")),
        ("ZoÃ«", Charset::Iso8859_15, Some("Zoë")),
        ("Käthe", Charset::Windows1252, None),
        ("Käthe KÃ¤the", Charset::Windows1252, None),
        ("CAFÉ’S", Charset::Windows1252, None),
        ("KÃ¤the", Charset::Utf8, None),
        ("架空 花子", Charset::ShiftJis, None),
        ("Anne", Charset::Big5, None),
    ] {
        assert_eq!(doubted(text, charset), of_utf8.map(|text| text.as_bytes().to_vec()), "{text} {charset}");
    }
    // Bytes that windows-1252 does not have are carried already.
    let (of_utf8, mut text) = ("Kä Árpád", Vec::new());
    decode::Decoder::new(Charset::Windows1252).decode(of_utf8.as_bytes(), true, &mut text);
    assert_eq!(
        super::doubted(&text, Charset::Windows1252).map(|text| original(&text)).as_deref(),
        Some(&of_utf8.as_bytes().to_vec())
    );
    let sign = b"{\"name\":\"CAF\xC9\x92S\"}";
    assert!(String::from_utf8(all(sign, Some(Charset::Windows1252)).0).unwrap().contains("CAFÉ’S"));
}

fn text_of(input: &[u8]) -> String {
    text(input, None)
}

#[test]
fn western_sets_are_told_apart_only_by_what_differs() {
    let name = |extra: &[u8]| [b"{\"n\":\"Gro\xDFk\xF6tter, K\xE4the\"", extra, b"}\n"].concat();
    let decided = |extra: &[u8]| all(&name(extra), None).1.charset;
    assert_eq!(decided(b""), Some(Charset::Iso8859_1));
    assert_eq!(decided(b",\"e\":\"12 \x80\""), Some(Charset::Windows1252));
    assert_eq!(decided(b",\"e\":\"c\xBDur\""), Some(Charset::Iso8859_15));
    assert_eq!(decided(b",\"e\":\"C\xBDur\""), Some(Charset::Iso8859_15));
    // The euro sign of the one is the currency sign of the others: that document is not certain, the others are.
    let input = [name(b""), name(b",\"e\":\"12 \xA4\""), name(b"")].concat();
    let (text, ..) = all(&input, None);
    let flaws: Vec<_> = text.split(|byte| *byte == b'\n').map(flaw).collect();
    assert_eq!(flaws, [None, Some(Flaw::Charset), None, None]);
    // What Turkish and Polish have in those places is never read as Western.
    for foreign in
        [&b"\"I\xFE\xFDk\",\"TR\""[..], b"\"Pozna\xF1\",\"PL\"", b"\"\xA3\xF3d\x9F\",\"PL\"", b"\"Yi\xF0it\""]
    {
        assert_eq!(all(foreign, None).1.charset, None, "{foreign:?}");
    }
    // Nor letters that old Macs and DOS have where windows-1252 has others.
    for old in [&b"\"J\x9Arg\""[..], b"\"K\x9Aln\"", b"\"J\x94rg M\x81ller\""] {
        assert_eq!(all(old, None).1.charset, None, "{old:?}");
    }
    assert!(all(b"\"\x1B$B2M6u\x1B(B\"", None).1.unsure);
}

#[test]
fn every_name_of_a_charset_is_read() {
    for charset in Charset::ALL {
        assert_eq!(charset.as_str().parse(), Ok(*charset));
        assert_eq!(charset.as_str().to_uppercase().parse(), Ok(*charset));
    }
    assert_eq!("Cp1252".parse(), Ok(Charset::Windows1252));
    assert_eq!("koi8-r".parse::<Charset>(), Err(UnknownCharset));
    let codes: std::collections::BTreeSet<_> = SourceError::ALL.iter().map(|error| error.code()).collect();
    assert_eq!(codes.len(), SourceError::ALL.len());
}

#[test]
fn a_control_character_at_the_end_of_a_piece_is_no_shift_yet() {
    for ascii in ["{\"name\":\"Ann\u{1B}\u{1B}e\"}", "Anne\u{1B}", "\u{1B}[31mAnne"] {
        assert_eq!(text(ascii.as_bytes(), None), ascii);
        assert!(!all(ascii.as_bytes(), None).1.unsure, "{ascii:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn shifts_are_seen_whatever_the_pieces(bytes in prop::collection::vec(prop::sample::select(&b"\x1B\x1B$(Ba\xE4"[..]), 0..12)) {
        all(&[&[b'a'; 300], &bytes[..]].concat(), None);
    }

    #[test]
    fn any_bytes_give_text_and_pieces_do_not_matter(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        charset in prop::option::of(prop::sample::select(Charset::ALL)),
    ) {
        let (text, _, error) = all(&bytes, charset);
        prop_assert!(std::str::from_utf8(&text).is_ok());
        if error.is_none() && charset == Some(Charset::Utf8) && !bytes.starts_with(b"\xEF\xBB\xBF") {
            prop_assert_eq!(original(&text).to_vec(), bytes);
        }
    }
}
