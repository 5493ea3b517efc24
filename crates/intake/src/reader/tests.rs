use std::io::Read;

use proptest::prelude::*;

use super::*;
use crate::format::CANONICAL;

/// Gives its bytes in pieces that end at the given places.
struct Pieces {
    bytes: Vec<u8>,
    cuts: Vec<usize>,
    at: usize,
}

impl Read for Pieces {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let end = self.cuts.iter().copied().find(|cut| *cut > self.at).unwrap_or(self.bytes.len());
        let length = to.len().min(end.min(self.bytes.len()) - self.at);
        to[..length].copy_from_slice(&self.bytes[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

fn open(input: Box<dyn Read + Send>, format: Option<&str>) -> Result<Reader, IntakeError> {
    let formats = Formats::embedded().unwrap();
    let format = format.map(|name| Arc::clone(formats.named(name).unwrap()));
    Reader::open(input, &formats, Request { format, charset: None })
}

fn items(bytes: &[u8], cuts: &[usize]) -> Vec<Item> {
    let pieces = Pieces { bytes: bytes.to_vec(), cuts: cuts.to_vec(), at: 0 };
    let mut reader = open(Box::new(pieces), Some(CANONICAL)).unwrap();
    let mut all = Vec::new();
    loop {
        let batch = reader.next_batch(3, 1 << 20).unwrap();
        if batch.is_empty() {
            return all;
        }
        all.extend(batch);
    }
}

/// An item on one line: `Shape line:byte flaw? bytes`, or `end members`.
fn line(item: &Item) -> String {
    match item {
        Item::Document(raw) => format!(
            "{:?} {}:{} {}{}",
            raw.shape,
            raw.position.line,
            raw.position.byte,
            raw.flaw.map_or(String::new(), |flaw| format!("{} ", flaw.code())),
            String::from_utf8_lossy(raw.bytes.expose())
        ),
        Item::PageEnd(members) => format!("end {}", serde_json::to_string(members).unwrap()),
    }
}

fn lines(bytes: &[u8], cuts: &[usize]) -> Vec<String> {
    items(bytes, cuts).iter().map(line).collect()
}

fn check(input: &str, expected: &[&str]) {
    assert_eq!(lines(input.as_bytes(), &[]), expected, "of {input:?}");
    let everywhere: Vec<usize> = (1..input.len()).collect();
    assert_eq!(lines(input.as_bytes(), &everywhere), expected, "of {input:?}, byte by byte");
}

#[test]
fn orders_are_found_whatever_stands_around_them() {
    check(r#"{"orderId":"1"}"#, &[r#"Bare 1:0 {"orderId":"1"}"#]);
    check(
        "{\"orderId\":\"1\"}\n{\"orderId\":\"2\"}\n",
        &[r#"Bare 1:0 {"orderId":"1"}"#, r#"Bare 2:16 {"orderId":"2"}"#],
    );
    check(
        "{\"orderId\":\"1\"}{\"orderId\":\"2\"}",
        &[r#"Bare 1:0 {"orderId":"1"}"#, r#"Bare 1:15 {"orderId":"2"}"#],
    );
    check(
        "{\n \"orderId\": \"1\"\n}\n{\n \"orderId\": \"2\"\n}",
        &["Bare 1:0 {\n \"orderId\": \"1\"\n}", "Bare 4:20 {\n \"orderId\": \"2\"\n}"],
    );
    check(r#"{"order": {"orderId":"1"} }"#, &[r#"Order 1:10 {"orderId":"1"}"#]);
    check(
        r#"[{"orderId":"1"}, {"orderId":"2"}]"#,
        &[r#"Array 1:1 {"orderId":"1"}"#, r#"Array 1:18 {"orderId":"2"}"#, "end null"],
    );
    check("\u{FEFF}{\"orderId\":\"1\"}", &[r#"Bare 1:0 {"orderId":"1"}"#]);
    check(r#"{"orderId":"a\"}{\\","x":[{}]}"#, &[r#"Bare 1:0 {"orderId":"a\"}{\\","x":[{}]}"#]);
}

#[test]
fn a_page_gives_its_orders_and_then_the_members_that_cannot_be_personal() {
    check(
        r#"{"orders":[{"orderId":"1"},{"orderId":"2"}],"pagination":{"nextToken":"t"},"note":"for Käthe"}"#,
        &[
            r#"Page 1:11 {"orderId":"1"}"#,
            r#"Page 1:27 {"orderId":"2"}"#,
            r#"end {"pagination":{"nextToken":"t"}}"#,
        ],
    );
    check(
        "{\"createdBefore\":\"x\",\"orders\":[\n]}\n{\"orders\":[]}",
        &[r#"end {"createdBefore":"x"}"#, "end {}"],
    );
    check(
        "{\"orders\":[{\"orderId\":\"1\"}]}\n{\"orders\":[{\"orderId\":\"2\"}]}\n",
        &[r#"Page 1:11 {"orderId":"1"}"#, "end {}", r#"Page 2:40 {"orderId":"2"}"#, "end {}"],
    );
    // A page that repeats its orders loses none of them unseen.
    check(
        r#"{"orders":[],"orders":[{"orderId":"1"}]}"#,
        &[r#"Page 1:40 duplicate-key {"orders":[],"orders":[{"orderId":"1"}]}"#, "end {}"],
    );
}

#[test]
fn members_of_an_order_may_be_called_as_a_frame_is() {
    check(
        r#"{"orderId":"1","orders":[{"orderId":"2"}]}"#,
        &[r#"Bare 1:0 {"orderId":"1","orders":[{"orderId":"2"}]}"#],
    );
    check(
        r#"{"orders":[{"order":{"a":1},"orderId":"1"}]}"#,
        &[r#"Page 1:11 {"order":{"a":1},"orderId":"1"}"#, "end {}"],
    );
    check(
        r#"{"buyer":{"orders":[{"orderId":"2"}]},"orderId":"1"}"#,
        &[r#"Bare 1:0 {"buyer":{"orders":[{"orderId":"2"}]},"orderId":"1"}"#],
    );
}

#[test]
fn a_broken_line_costs_only_itself() {
    check(
        "{\"orderId\":\"1\"}\n{\"orderId\":\"2\n{\"orderId\":\"3\",[\n]\n{\"orderId\":\"4\"}",
        &[
            r#"Bare 1:0 {"orderId":"1"}"#,
            r#"Bare 2:16 truncated {"orderId":"2"#,
            r#"Bare 3:30 truncated {"orderId":"3",["#,
            r#"Bare 5:49 {"orderId":"4"}"#,
        ],
    );
    check(
        "{\"orderId\":\"1\"}\n{\"orderId\":\"2\"]}\nnonsense\n{\"orderId\":\"4\"}",
        &[
            r#"Bare 1:0 {"orderId":"1"}"#,
            r#"Bare 2:16 syntax {"orderId":"2"]}"#,
            "Bare 3:33 not-an-order nonsense",
            r#"Bare 4:42 {"orderId":"4"}"#,
        ],
    );
    // Also when it is the first, which does not tell yet that the input is lines.
    for first in ["{\"orderId\":\"1\",\"a", "{\"orderId\":\"1\",\"a\":{", "{\"orderId\":\"1\"]", "nonsense"] {
        let input = format!("{first}\n{{\"orderId\":\"2\"}}\n{{\"orderId\":\"3\"\n{{\"orderId\":\"4\"}}");
        let found = lines(input.as_bytes(), &[]);
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found[1].ends_with(r#"{"orderId":"2"}"#) && found[2].contains("truncated"), "{found:?}");
        assert!(found[3].ends_with(r#"{"orderId":"4"}"#), "{found:?}");
    }
}

#[test]
fn a_broken_document_over_several_lines_ends_where_the_next_begins() {
    check(
        "{\n \"orderId\": \"1\",\n \"a\": {\n{\n \"orderId\": \"2\"\n}",
        &["Bare 1:0 truncated {\n \"orderId\": \"1\",\n \"a\": {\n", "Bare 4:27 {\n \"orderId\": \"2\"\n}"],
    );
    check(
        "{\n \"orderId\": \"1\",\n \"a\":\n{\n \"b\": 2\n}\n}",
        &["Bare 1:0 {\n \"orderId\": \"1\",\n \"a\":\n{\n \"b\": 2\n}\n}"],
    );
    check(
        "[\n{\"orderId\":\"1\"},\n{\"orderId\":\"2\"}\n]",
        &[r#"Array 2:2 {"orderId":"1"}"#, r#"Array 3:19 {"orderId":"2"}"#, "end null"],
    );
}

#[test]
fn a_truncated_input_gives_what_came_before_and_one_flawed_document() {
    check(
        r#"{"orderId":"1"}{"orderId":"#,
        &[r#"Bare 1:0 {"orderId":"1"}"#, r#"Bare 1:15 truncated {"orderId":"#],
    );
    check(
        r#"{"orders":[{"orderId":"1"},{"ord"#,
        &[r#"Page 1:11 {"orderId":"1"}"#, r#"Page 1:27 truncated {"ord"#, "end {}"],
    );
    check(
        r#"{"orders":[{"orderId":"1"},"#,
        &[r#"Page 1:11 {"orderId":"1"}"#, r#"Page 1:27 truncated {"orders":["#, "end {}"],
    );
    check(r#"[{"orderId":"1"}"#, &[r#"Array 1:1 {"orderId":"1"}"#, "Array 1:16 truncated [", "end null"]);
    check(
        r#"{"order":{"orderId":"1"}"#,
        &[r#"Order 1:9 {"orderId":"1"}"#, r#"Order 1:24 truncated {"order":{}"#],
    );
}

#[test]
fn what_is_no_order_is_kept_and_says_so() {
    check(
        r#"{"payload":{"AmazonOrderId":"1"}}"#,
        &[r#"Bare 1:0 not-an-order {"payload":{"AmazonOrderId":"1"}}"#],
    );
    check(
        r#"[1,"a",null,[{}]]"#,
        &[
            "Array 1:1 not-an-order 1",
            "Array 1:3 not-an-order \"a\"",
            "Array 1:7 not-an-order null",
            "Array 1:12 not-an-order [{}]",
            "end null",
        ],
    );
    check("", &[]);
    check(" \n\t\r\n", &[]);
    check("[]", &["end null"]);
}

#[test]
fn a_document_that_is_too_long_is_cut_and_the_next_one_is_read() {
    let document = |length: usize| {
        let frame = r#"{"orderId":"1","a":""}"#.len();
        format!(r#"{{"orderId":"1","a":"{}"}}"#, "x".repeat(length - frame))
    };
    for (length, flaw) in [(DOCUMENT_BYTES_MAX, None), (DOCUMENT_BYTES_MAX + 1, Some(Flaw::TooLong))] {
        for separator in ["", "\n"] {
            let input = format!("{}{separator}{{\"orderId\":\"2\"}}", document(length));
            let found = items(input.as_bytes(), &[]);
            let [Item::Document(long), Item::Document(next)] = &found[..] else { panic!("{}", found.len()) };
            assert_eq!((long.flaw, next.flaw), (flaw, None));
            let kept = if flaw.is_some() { TOO_LONG_BYTES_KEPT } else { length };
            assert_eq!(long.bytes.expose().len(), kept);
            assert!(input.as_bytes().starts_with(long.bytes.expose()));
        }
    }
    let endless = format!("[{}", r#"{"a":["#.repeat(1_000_000));
    assert!(items(endless.as_bytes(), &[]).iter().all(|item| line(item).len() < 2 * TOO_LONG_BYTES_KEPT));
}

#[test]
fn a_batch_holds_no_more_than_asked_for() {
    let input = "{\"orderId\":\"1\"}\n".repeat(10);
    let mut reader = open(Box::new(std::io::Cursor::new(input.clone())), None).unwrap();
    assert_eq!(reader.next_batch(4, 1 << 20).unwrap().len(), 4);
    assert_eq!(reader.next_batch(100, 16).unwrap().len(), 2);
    assert_eq!(reader.next_batch(100, 1 << 20).unwrap().len(), 4);
    assert!(reader.next_batch(100, 1 << 20).unwrap().is_empty());
    assert_eq!(reader.bytes_read(), u64::try_from(input.len()).unwrap());
}

#[test]
fn the_format_is_detected_or_refused() {
    let name = |input: &'static str, format| {
        open(Box::new(input.as_bytes()), format).map(|reader| reader.detected().format)
    };
    for input in ["", "\n", "{}", " [", "\u{FEFF}{", "nonsense\n{\"orderId\":\"1\"}"] {
        assert_eq!(&*name(input, None).unwrap(), CANONICAL, "{input:?}");
    }
    for input in ["order-id\torder-item-id\n1\t2", "# notes {}", "<orders/>"] {
        assert_eq!(name(input, None).unwrap_err().code(), "unknown-format", "{input:?}");
        assert!(name(input, Some(CANONICAL)).is_ok());
    }
}

/// Fails after its bytes.
struct Failing(&'static [u8]);

impl Read for Failing {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(to)? {
            0 => Err(std::io::Error::other("a path that must not be shown")),
            length => Ok(length),
        }
    }
}

#[test]
fn a_failing_input_gives_what_came_first_and_then_its_failure() {
    let mut reader = open(Box::new(Failing(b"{\"orderId\":\"1\"}\n{\"ord")), None).unwrap();
    assert_eq!(reader.next_batch(10, 1 << 20).unwrap().len(), 1);
    let error = reader.next_batch(10, 1 << 20).map(drop).unwrap_err();
    assert_eq!(error.code(), "input-unreadable");
    assert!(!error.to_string().contains("path"));
}

/// Bytes in which JSON's own are frequent.
fn jsonish() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        Just(r#"{"orderId":"1"}"#.to_owned()),
        Just(r#"{"orders":["#.to_owned()),
        Just(r#"{"order":"#.to_owned()),
        Just("],\"pagination\":{\"nextToken\":\"\"}}".to_owned()),
        "[\\[\\]{}\":,\\\\\n x0]{1,3}",
    ];
    let soup = prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat().into_bytes());
    prop_oneof![4 => soup, 1 => prop::collection::vec(any::<u8>(), 0..200)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_same_bytes_give_the_same_items_however_they_are_cut(
        bytes in jsonish(),
        mut cuts in prop::collection::vec(0..300_usize, 0..12),
    ) {
        cuts.sort_unstable();
        prop_assert_eq!(lines(&bytes, &cuts), lines(&bytes, &[]));
    }

    #[test]
    fn no_letter_of_any_input_is_lost(bytes in jsonish()) {
        // Every byte is in some document, but for the frames and what stands between documents.
        let all = items(&bytes, &[]);
        let kept: usize = all.iter().map(|item| match item {
            Item::Document(raw) => raw.bytes.expose().iter().filter(|byte| **byte == b'x').count(),
            Item::PageEnd(_) => 0,
        }).sum();
        let framed = all.iter().any(|item| matches!(item, Item::PageEnd(_)) || line(item).starts_with("Order"));
        let given = bytes.iter().filter(|byte| **byte == b'x').count();
        prop_assert!(kept == given || framed, "{} of {}", kept, given);
    }
}
