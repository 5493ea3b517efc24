//! Framing of tables: which rows become one document, and which are flawed.

use std::io::{Cursor, Read};
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;

use super::*;
use crate::format::{Format, Formats};
use crate::reader::{DOCUMENT_BYTES_MAX, Item, Raw, Reader, Request, TOO_LONG_BYTES_KEPT};
use crate::verify::Flaw;

/// A table of orders with two lines of an address.
fn formats() -> Formats {
    static FORMATS: LazyLock<Formats> = LazyLock::new(made);
    FORMATS.clone()
}

fn made() -> Formats {
    let own = Format::parse(
        r#"
        format = "own"
        title = "a table for tests"
        kind = "order"
        syntax = "table"
        [recognise]
        all = ["order-id", "city"]
        [fields]
        "order-id" = "orderId"
        "street" = "recipient.deliveryAddress.addressLine1"
        "city" = "recipient.deliveryAddress.city"
        "#,
    );
    Formats::embedded().unwrap().with(own.unwrap()).unwrap()
}

/// Gives its bytes a few at a time.
struct Pieces(Cursor<Vec<u8>>, usize);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(self.1);
        self.0.read(&mut buffer[..length])
    }
}

fn open(input: &[u8], piece: usize) -> Reader {
    let source = Box::new(Pieces(Cursor::new(input.to_vec()), piece));
    Reader::open(source, &formats(), Request::default()).unwrap()
}

fn read(input: &[u8], piece: usize) -> Vec<Raw> {
    let mut reader = open(input, piece);
    let mut raws = Vec::new();
    loop {
        let batch = reader.next_batch(3, 1 << 20).unwrap();
        if batch.is_empty() {
            return raws;
        }
        raws.extend(batch.into_iter().map(|item| match item {
            Item::Document(raw) => raw,
            Item::PageEnd(_) => panic!("a table has no pages"),
        }));
    }
}

/// What the rows of an input become: the text of each document, behind its flaw if it has one.
fn check(input: &str, expected: &[&str]) {
    for piece in [1, 7, 64 * 1024] {
        let shown: Vec<String> = read(input.as_bytes(), piece)
            .iter()
            .map(|raw| {
                let flaw = raw.flaw.map_or(String::new(), |flaw| format!("{}: ", flaw.code()));
                format!("{flaw}{}", std::str::from_utf8(raw.bytes.expose()).unwrap())
            })
            .collect();
        assert_eq!(shown, expected, "{input:?} in pieces of {piece}");
    }
}

/// The same with the header of a tab-separated table before it.
fn check_rows(rows: &str, expected: &[&str]) {
    check(&format!("order-id\tstreet\tcity\n{rows}"), expected);
}

#[test]
fn rows_of_one_order_that_follow_each_other_are_one_document() {
    check_rows(
        "1-1\ta\tb\n1-1\tc\td\n1-2\te\tf\n1-1\tg\th",
        &["1-1\ta\tb\n1-1\tc\td\n", "1-2\te\tf\n", "1-1\tg\th"],
    );
    check_rows("", &[]);
}

#[test]
fn every_dialect_is_found_out() {
    for (input, delimiter, line_end) in [
        ("order-id\tcity\n1-1\tb\n", Delimiter::Tab, LineEnd::Lf),
        ("\u{feff}\"Order ID\",\"City\"\r\n1-1,b\r\n", Delimiter::Comma, LineEnd::Lf),
        ("order_id;city\r1-1;b\r", Delimiter::Semicolon, LineEnd::Cr),
        ("\n\r\n Order-ID | City \n1-1|b", Delimiter::Bar, LineEnd::Lf),
        ("sep=;\r\norder-id;city\r\n1-1;b", Delimiter::Semicolon, LineEnd::Lf),
        ("city\torder-id, old; or new\torder-id\nb\t1-2\t1-1\n", Delimiter::Tab, LineEnd::Lf),
    ] {
        let reader = open(input.as_bytes(), 5);
        let table = reader.form().table.clone().unwrap();
        assert_eq!(table.dialect, Dialect { delimiter, line_end }, "{input:?}");
        assert_eq!(read(input.as_bytes(), 5).len(), 1, "{input:?}");
    }
}

#[test]
fn line_ends_of_every_kind_end_a_row_and_the_last_row_needs_none() {
    for end in ["\n", "\r\n", "\r", "\r\r\n", "\n\n \n"] {
        let input = ["order-id,street,city", "1-1,a,b", "1-2,c,d", "1-3,e,f"].join(end);
        let raws = read(input.as_bytes(), 4);
        assert_eq!(raws.len(), 3, "{end:?}");
        assert!(raws.iter().all(|raw| raw.flaw.is_none()), "{end:?}");
        assert!(raws[2].bytes.expose() == b"1-3,e,f", "{end:?}");
    }
    // In a table whose lines end in \n, a \r is a letter of an address like any other.
    check_rows("1-1\ta\rx\tb\n", &["1-1\ta\rx\tb\n"]);
}

#[test]
fn in_a_tab_separated_table_a_quote_is_a_letter() {
    check_rows(
        "1-1\t\"a\tb\n1-2\tc \"x\"\td\n1-3\t\"e\"\t\"f\n",
        &["1-1\t\"a\tb\n", "1-2\tc \"x\"\td\n", "1-3\t\"e\"\t\"f\n"],
    );
}

#[test]
fn a_quoted_cell_holds_delimiters_line_ends_and_quotes() {
    check(
        "order-id,street,city\n1-1,\"a, 1\nb \"\"c\"\"\",d\n\"1-2\",\"\",\"\"\r\n1-3,e\"f,g\n",
        &["1-1,\"a, 1\nb \"\"c\"\"\",d\n", "\"1-2\",\"\",\"\"\r\n", "1-3,e\"f,g\n"],
    );
}

#[test]
fn a_quote_that_closes_nowhere_costs_its_own_line() {
    let header = "order-id,street,city\n";
    check(
        &format!("{header}1-1,a,b\n1-2,\"c,d\n1-3,e,f\n1-4,g,h\n"),
        &["1-1,a,b\n", "structure: 1-2,\"c,d\n", "1-3,e,f\n", "1-4,g,h\n"],
    );
    check(&format!("{header}1-1,\"a\"b,c\n1-2,d,e\n"), &["structure: 1-1,\"a\"b,c\n", "1-2,d,e\n"]);
    // Two stray quotes must not make one order of two.
    check(
        &format!("{header}1-1,\"a,b\n1-2,c\",d\n1-3,e,f\n"),
        &["structure: 1-1,\"a,b\n", "1-2,c\",d\n", "1-3,e,f\n"],
    );
}

#[test]
fn a_stray_delimiter_never_moves_an_address() {
    check_rows(
        "1-1\ta\tb\n1-2\tc\tx\td\n1-3\te\tf\n",
        &["1-1\ta\tb\n", "structure: 1-2\tc\tx\td\n", "1-3\te\tf\n"],
    );
}

#[test]
fn cells_missing_at_the_end_of_a_row_are_absent() {
    check_rows("1-1\ta\n1-1\ta\tb\n1-2\n1-3\tc\n", &["1-1\ta\n1-1\ta\tb\n", "1-2\n", "1-3\tc\n"]);
}

#[test]
fn a_row_that_a_line_end_has_cut_in_two_is_flawed_as_one() {
    check_rows(
        "1-1\ta\tb\n1-2\tSample Street\n5\tc\n1-3\td\te\n",
        &["1-1\ta\tb\n", "structure: 1-2\tSample Street\n5\tc\n", "1-3\td\te\n"],
    );
    check_rows(
        "1-1\ta\tb\n1-1\tSample\nStreet 5\nBack house\tc\n1-3\td\te\n",
        &["1-1\ta\tb\n", "structure: 1-1\tSample\nStreet 5\nBack house\tc\n", "1-3\td\te\n"],
    );
    check_rows("1-1\ta\tb\n1-2\tc", &["1-1\ta\tb\n", "truncated: 1-2\tc"]);
}

#[test]
fn ids_of_digits_alone_do_not_hide_a_row_cut_in_two() {
    check_rows("1\tSample Street\n5\tc\n3\td\te\n", &["structure: 1\tSample Street\n5\tc\n", "3\td\te\n"]);
}

#[test]
fn what_has_no_id_is_flawed_and_costs_its_neighbours_nothing() {
    check_rows(
        "1-1\ta\tb\nnothing of use\n1-1\tc\td\n\tno id\te\n",
        &["1-1\ta\tb\n", "structure: nothing of use\n", "1-1\tc\td\n", "order-id: \tno id\te\n"],
    );
}

#[test]
fn headers_within_a_file_are_passed_over_and_others_are_not_trusted() {
    check_rows(
        "1-1\ta\tb\norder-id\tstreet\tcity\r\n1-1\tc\td\n\u{feff}ORDER_ID\tStreet\tCity\n\n\t\t\n1-2\te\tf\n\u{1a}",
        &["1-1\ta\tb\n1-1\tc\td\n", "1-2\te\tf\n"],
    );
    check_rows(
        "1-1\ta\tb\norder-id\tcity\tstreet\n1-2\tc\td\norder-id\tstreet\tcity\n1-3\te\tf\n",
        &["1-1\ta\tb\n", "structure: order-id\tcity\tstreet\n", "structure: 1-2\tc\td\n", "1-3\te\tf\n"],
    );
    check_rows("none\tof\tus\n", &["none\tof\tus\n"]);
}

#[test]
fn a_table_without_a_header_is_in_no_format() {
    for input in ["1-1\ta\tb\n", "order-id\n1-1\n", "order-id\tstreet\n1-1\ta\n", "a,b\n"] {
        let source = Box::new(Cursor::new(input.as_bytes().to_vec()));
        assert!(Reader::open(source, &formats(), Request::default()).is_err(), "{input:?}");
    }
}

#[test]
fn a_named_format_needs_the_column_of_the_id() {
    let formats = formats();
    let open = |input: &str| {
        let request = Request { format: formats.named("own").cloned(), ..Request::default() };
        Reader::open(Box::new(Cursor::new(input.as_bytes().to_vec())), &formats, request)
    };
    assert!(open("order-id;street\n1-1;a\n").is_ok());
    assert!(open("street;city\na;b\n").is_err());
}

#[test]
fn a_position_says_where_the_first_row_stands() {
    let raws = read(b"\xEF\xBB\xBForder-id,street,city\n\n1-1,\"a\nb\",c\n1-1,d,e\n1-2,f,g\n", 3);
    let at = |raw: &Raw| (raw.position.document, raw.position.line, raw.position.byte);
    assert_eq!(raws.iter().map(at).collect::<Vec<_>>(), [(1, 3, 22), (2, 6, 42)]);
}

#[test]
fn so_many_rows_are_one_document_and_one_more_begins_another() {
    let rows = |count: usize| {
        let raws = read(format!("order-id,street,city\n{}", "1-1,a,b\n".repeat(count)).as_bytes(), 4096);
        raws.iter().map(|raw| raw.bytes.expose().len() / 8).collect::<Vec<_>>()
    };
    assert_eq!(rows(ROWS_MAX), [ROWS_MAX]);
    assert_eq!(rows(ROWS_MAX + 1), [ROWS_MAX, 1]);
    let bytes = |more: usize| {
        let row = |length: usize| format!("1-1,{},b\n", "a".repeat(length - 7));
        let input = format!("order-id,street,city\n{}{}", row(1000), row(ROWS_BYTES_MAX - 1000 + more));
        read(input.as_bytes(), 4096).len()
    };
    assert_eq!((bytes(0), bytes(1)), (1, 2));
}

#[test]
fn rows_of_one_order_without_end_come_in_documents_of_bounded_size() {
    const ROW: &[u8] = b"1-1,a,b\n";
    const ROWS: u64 = 200_000;
    let header = Cursor::new(b"order-id,street,city\n".to_vec());
    let endless = Endless { row: ROW, left: ROWS * 8 };
    let source = Box::new(header.chain(endless));
    let mut reader = Reader::open(source, &formats(), Request::default()).unwrap();
    let mut read = 0;
    loop {
        let batch = reader.next_batch(8, 1 << 20).unwrap();
        assert!(batch.len() <= 8);
        let documents = batch.iter().map(|item| match item {
            Item::Document(raw) => raw.bytes.expose().len() / ROW.len(),
            Item::PageEnd(_) => panic!("a table has no pages"),
        });
        let rows: Vec<usize> = documents.collect();
        if rows.is_empty() {
            break;
        }
        assert!(rows.iter().all(|rows| *rows <= ROWS_MAX));
        read += rows.iter().sum::<usize>();
    }
    assert_eq!(u64::try_from(read).unwrap(), ROWS);
}

/// The same row again and again.
struct Endless {
    row: &'static [u8],
    left: u64,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.left).unwrap();
        // Whole rows, so that the next read begins with one.
        let length = left.min(buffer.len() / self.row.len() * self.row.len());
        for (to, from) in buffer.iter_mut().zip(self.row.iter().cycle().take(length)) {
            *to = *from;
        }
        self.left -= u64::try_from(length).unwrap();
        Ok(length)
    }
}

#[test]
fn a_line_as_long_as_a_document_is_read_and_a_longer_one_is_not() {
    let flaws = |length: usize| {
        let long = "a".repeat(length - 7);
        let input = format!("order-id,street,city\n1-1,a,b\n1-2,{long},b\n1-3,a,b\n");
        let raws = read(input.as_bytes(), 64 * 1024);
        assert_eq!(raws.len(), 3);
        assert!(raws[2].flaw.is_none() && raws[2].position.line == 4);
        (raws[1].flaw, raws[1].bytes.expose().len())
    };
    assert_eq!(flaws(DOCUMENT_BYTES_MAX), (None, DOCUMENT_BYTES_MAX));
    assert_eq!(flaws(DOCUMENT_BYTES_MAX + 1), (Some(Flaw::TooLong), TOO_LONG_BYTES_KEPT));
    assert_eq!(flaws(3 * DOCUMENT_BYTES_MAX), (Some(Flaw::TooLong), TOO_LONG_BYTES_KEPT));
}

#[test]
fn a_quoted_cell_as_long_as_allowed_is_read_and_a_longer_one_is_broken() {
    let flaw = |length: usize| {
        let long = format!("x\n{}", "a".repeat(length - 2));
        let raws = read(format!("order-id,street,city\n1-1,\"{long}\",b\n").as_bytes(), 4096);
        raws[0].flaw
    };
    assert_eq!(flaw(QUOTED_BYTES_MAX), None);
    assert_eq!(flaw(QUOTED_BYTES_MAX + 1), Some(Flaw::Structure));
}

#[test]
fn quotes_that_open_in_every_line_are_given_up_line_by_line() {
    // Each line ends the quoted cell of the one before it and opens another.
    let lines = 20_000;
    let input = format!("order-id,street,city\n{}1-2,a,b\n", "a\",\"\n".repeat(lines));
    let raws = read(input.as_bytes(), 64 * 1024);
    assert!(raws.last().unwrap().flaw.is_none());
    let flawed = raws.iter().filter(|raw| raw.flaw == Some(Flaw::Structure));
    let kept: usize = flawed.map(|raw| raw.bytes.expose().len()).sum();
    assert_eq!(kept, lines * 5);
}

#[test]
fn so_many_columns_are_a_table_and_one_more_is_none() {
    let table = |columns: usize| {
        let header = vec!["x"; columns].join("\t");
        Table::candidates(header.as_bytes(), true).unwrap().len()
    };
    assert_eq!((table(1), table(2), table(COLUMNS_MAX), table(COLUMNS_MAX + 1)), (0, 1, 1, 0));
}

/// Bytes that a table is made of, and others.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec!["\t", ",", ";", "|", "\"", "\n", "\r", "\r\n", "\"\"", ",\""]),
        2 => prop::sample::select(vec!["1-1", "1-2", "a", "Ä", "\0", " ", "order-id", "city\n", "\u{feff}"]),
    ]
    .prop_map(|piece| piece.as_bytes().to_vec());
    // What is not UTF-8, or may begin a shift (ESC), never comes as far as here as it is: see `source`.
    let any = "[\\u{1}\\u{20}-\\u{d7ff}]{0,2}".prop_map(String::into_bytes);
    prop::collection::vec(prop_oneof![6 => piece, 1 => any], 0..80).prop_map(|pieces| pieces.concat())
}

/// What is left of bytes that say something.
fn said<'a>(bytes: impl IntoIterator<Item = &'a u8>) -> Vec<u8> {
    let silent =
        |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b',' | b'"' | 0x1A | 0xEF | 0xBB | 0xBF);
    bytes.into_iter().copied().filter(|byte| !silent(byte)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_says_something_is_in_some_document_and_pieces_do_not_matter(
        rows in bytes(),
        piece in 1..40_usize,
        delimiter in prop::sample::select(vec!['\t', ',', ';', '|']),
    ) {
        let header = format!("order-id{delimiter}street{delimiter}city\n").into_bytes();
        let input = [header, rows.clone()].concat();
        let shown = |raws: Vec<Raw>| -> Vec<_> {
            raws.into_iter().map(|raw| (raw.bytes.expose().clone(), raw.flaw, raw.position.byte)).collect()
        };
        let whole = shown(read(&input, 64 * 1024));
        prop_assert!(whole == shown(read(&input, piece)));
        // In its place, byte for byte; what lies between says nothing, or is a header again.
        let mut end = 0;
        let mut between = Vec::new();
        for (bytes, _, start) in &whole {
            let start = usize::try_from(*start).unwrap();
            between.extend_from_slice(&input[end..start]);
            // Rows of one document may have empty lines between them.
            let rest = said(&input[start..]);
            prop_assert!(rest.starts_with(&said(bytes)) || bytes.len() > 1);
            end = start + bytes.len().min(input.len() - start);
        }
        let kept: usize = whole.iter().map(|(bytes, ..)| said(bytes).len()).sum();
        let headers = said(&input).len() - kept;
        prop_assert!(headers >= said(b"order-idstreetcity").len());
        if !rows.windows(8).any(|window| window.eq_ignore_ascii_case(b"order-id")) {
            let delimiters = |bytes: &[u8]| bytes.iter().filter(|byte| matches!(byte, b'\t' | b';' | b'|')).count();
            let in_kept: usize = whole.iter().map(|(bytes, ..)| delimiters(bytes)).sum();
            let lost = headers - said(b"order-idstreetcity").len();
            prop_assert!(lost <= delimiters(&input) - in_kept, "lost {}", lost);
        }
    }

    #[test]
    fn no_bytes_at_all_upset_the_search_for_a_header(head in prop::collection::vec(any::<u8>(), 0..200)) {
        let tables = Table::candidates(&head, true).unwrap();
        prop_assert!(tables.iter().all(|table| table.columns.len() >= 2));
        let _ = Table::candidates(&head, false);
    }
}

#[test]
fn candidates_wait_for_the_end_of_the_header() {
    assert!(Table::candidates(b"order-id\tci", false).is_none());
    assert!(Table::candidates(b"order-id\tcity\r", false).is_none());
    let table = Table::candidates(b"order-id\tcity\r\n", false).unwrap().remove(0);
    assert_eq!(table.columns, [Box::from("order-id"), Box::from("city")]);
    assert_eq!(table.position("city"), Some(1));
    let _: Arc<Table> = Arc::new(table);
}
