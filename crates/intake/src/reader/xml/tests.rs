use proptest::prelude::*;

use super::*;

const MAPPING: &str = r#"
format = "some-xml"
title = "Some XML"
kind = "order"
syntax = "xml"
[recognise]
all = ["OrderReport", "AmazonOrderID"]
[frame]
record = "OrderReport"
[fields]
"AmazonOrderID" = "orderId"
"#;

fn items(input: &[u8], cuts: &[usize]) -> Vec<String> {
    let mut framer = XmlFramer::new(Arc::new(Format::parse(MAPPING).unwrap()));
    let mut found = Vec::new();
    let mut say = |framer: &mut XmlFramer| {
        while let Some(Item::Document(raw)) = framer.next_item() {
            let flaw = raw.flaw.map_or("ok", Flaw::code);
            let (line, byte) = (raw.position.line, raw.position.byte);
            let text = String::from_utf8_lossy(raw.bytes.expose()).into_owned();
            found.push(format!("{line}:{byte} {flaw} {text}"));
        }
    };
    let mut pieces = Vec::new();
    let mut from = 0;
    for cut in cuts.iter().copied().filter(|cut| *cut < input.len()).chain([input.len()]) {
        pieces.push(&input[from.min(cut)..cut]);
        from = cut.max(from);
    }
    for mut piece in pieces {
        while !piece.is_empty() {
            let taken = framer.take(piece);
            piece = &piece[taken..];
            say(&mut framer);
        }
    }
    framer.end();
    say(&mut framer);
    found
}

fn check(input: &str, expected: &[&str]) {
    assert_eq!(items(input.as_bytes(), &[]), expected, "of {input}");
    let bytewise: Vec<usize> = (1..input.len()).collect();
    assert_eq!(items(input.as_bytes(), &bytewise), expected, "of {input}, byte by byte");
}

#[test]
fn records_are_found_whatever_stands_around_them() {
    check(
        "<?xml version=\"1.0\"?>\n<E><Header>x</Header>\n<OrderReport a=\"1\"><b>2</b></OrderReport><OrderReport/></E>",
        &["3:44 ok <OrderReport a=\"1\"><b>2</b></OrderReport>", "3:85 ok <OrderReport/>"],
    );
    check("<n:OrderReport\n>1</n:OrderReport >", &["1:0 ok <n:OrderReport\n>1</n:OrderReport >"]);
    // Not in comments, character data, instructions and quotes.
    for quiet in ["<!--<OrderReport>-->", "<![CDATA[<OrderReport>]]]>", "<?p <OrderReport>?>"] {
        check(quiet, &[]);
        let inside = format!("<OrderReport>{quiet}</OrderReport>");
        check(&inside, &[&format!("1:0 ok {inside}")]);
    }
    check("<OrderReports>1</OrderReports>", &[]);
}

#[test]
fn a_broken_record_costs_itself_alone() {
    check(
        "<OrderReport><a>1<OrderReport>2</OrderReport>",
        &["1:0 truncated <OrderReport><a>1", "1:17 ok <OrderReport>2</OrderReport>"],
    );
    check(
        "<OrderReport>1</OrderReport><OrderReport>2",
        &["1:0 ok <OrderReport>1</OrderReport>", "1:28 truncated <OrderReport>2"],
    );
    // Its beginning is lost: what is left of it is kept all the same.
    check(
        "<E><rRep>\n<AmazonOrderID>7</AmazonOrderID></OrderReport><OrderReport>2</OrderReport></E>",
        &[
            "1:0 syntax <E><rRep>\n<AmazonOrderID>7</AmazonOrderID></OrderReport>",
            "2:56 ok <OrderReport>2</OrderReport>",
        ],
    );
    check("<E><a/></OrderReport>", &["1:0 syntax <E><a/></OrderReport>"]);
    check("<OrderReport a='</x>'>1</OrderReport>", &["1:0 syntax <OrderReport a='</x>'>1</OrderReport>"]);
    check(
        "<OrderReport a=\"1><b>2</b></OrderReport>",
        &["1:0 syntax <OrderReport a=\"1><b>2</b></OrderReport>"],
    );
}

#[test]
fn declared_entities_cost_every_record() {
    check(
        "<!DOCTYPE E [<!ENTITY a \"b\">]><OrderReport>&a;</OrderReport><OrderReport>1</OrderReport>",
        &["1:30 entities <OrderReport>&a;</OrderReport>", "1:60 entities <OrderReport>1</OrderReport>"],
    );
    check(
        "<!DOCTYPE E SYSTEM \"http://127.0.0.1/e.dtd\"><OrderReport>1</OrderReport>",
        &["1:44 ok <OrderReport>1</OrderReport>"],
    );
}

#[test]
fn a_record_that_is_too_long_keeps_its_beginning_and_the_next_is_found() {
    let long = "x".repeat(super::super::DOCUMENT_BYTES_MAX);
    let input = format!("<OrderReport><![CDATA[{long}<OrderReport>2</OrderReport>");
    let found = items(input.as_bytes(), &[]);
    assert_eq!(found.len(), 2);
    assert!(found[0].starts_with("1:0 too-long <OrderReport><![CDATA[xx"));
    assert!(found[0].len() < 70_000 && found[1].ends_with("ok <OrderReport>2</OrderReport>"));
}

/// Bytes in which XML's own are frequent.
fn xmlish() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        Just("<OrderReport>".to_owned()),
        Just("</OrderReport>".to_owned()),
        Just("<AmazonOrderID>".to_owned()),
        Just("<![CDATA[".to_owned()),
        Just("]]>".to_owned()),
        Just("<!--".to_owned()),
        Just("-->".to_owned()),
        "[<>/!?&;\"'\\-\n x]{1,4}",
    ];
    prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_same_bytes_give_the_same_items_however_they_are_cut(
        bytes in xmlish(),
        mut cuts in prop::collection::vec(0..200_usize, 0..12),
    ) {
        cuts.sort_unstable();
        prop_assert_eq!(items(&bytes, &cuts), items(&bytes, &[]));
    }
}
