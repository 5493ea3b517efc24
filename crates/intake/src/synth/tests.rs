use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use bailee_core::catalogue::Catalogue;
use bailee_core::{Json, Timestamp};

use super::market::Market;
use super::mess::Shares;
use super::notes::Notes;
use super::order::{Draw, Fixed, Order, Version};
use super::random::Random;
use super::*;
use crate::format::Formats;
use crate::reader::{Item, Reader, Request};
use crate::verify::{Document, Flaw, verify};

const NOW: &str = "2026-11-23T12:00:00Z";

fn synth(orders: u64, mess_percent: u8) -> Synth {
    Synth { orders, seed: 7, mess_percent, now: NOW.parse().unwrap() }
}

/// What reading and verifying makes of lines.
fn taken_in(lines: &[Line]) -> Vec<Result<Document, Flaw>> {
    let input = lines.iter().map(|line| format!("{}\n", line.text)).collect::<String>();
    let catalogue = Catalogue::embedded().unwrap();
    let formats = Formats::embedded().unwrap();
    let mut reader = Reader::open(Box::new(Cursor::new(input)), &formats, Request::default()).unwrap();
    let form = std::sync::Arc::clone(reader.form());
    let items = reader.next_batch(usize::MAX, usize::MAX).unwrap();
    items
        .iter()
        .map(|item| match item {
            Item::Document(raw) => verify(raw, &form, &catalogue),
            Item::PageEnd(_) => panic!("a page in lines of orders"),
        })
        .collect()
}

#[test]
fn the_same_seed_and_time_give_the_same_bytes() {
    // FNV-1a over every byte. A change here changes what everybody's tests were written against.
    let hash =
        synth(500, 20).lines().flat_map(String::into_bytes).fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
    insta::assert_snapshot!(format!("{hash:016x}"), @"e664ed88fa8d1a15");
    assert_ne!(synth(5, 0).lines().last(), Synth { seed: 8, ..synth(5, 0) }.lines().last());
    // More orders change none of those before.
    assert!(synth(20, 50).lines().eq(synth(40, 50).lines().take(20)));
}

#[test]
fn just_the_mess_that_must_be_is_quarantined() {
    let lines: Vec<Line> = synth(3000, 30).orders_with_truth().collect();
    let results = taken_in(&lines);
    assert_eq!(results.len(), lines.len());
    for (line, result) in lines.iter().zip(&results) {
        let must = line.mess.is_some_and(Mess::must_be_quarantined);
        assert_eq!(result.is_err(), must, "{:?} {:?} {}", line.mess, result.as_ref().err(), line.text);
        let expected = match line.mess {
            Some(Mess::Truncated) => Some(Flaw::Truncated),
            Some(Mess::DuplicateKey) => Some(Flaw::DuplicateKey),
            Some(Mess::NoOrderId) => Some(Flaw::NotAnOrder),
            Some(Mess::UnusableOrderId) => Some(Flaw::OrderId),
            Some(Mess::WrongStructure) => Some(Flaw::Structure),
            _ => None,
        };
        assert_eq!(result.as_ref().err().copied(), expected);
        if let Ok(document) = result {
            assert_eq!(document.reference.as_str(), line.order_id);
        }
    }
    let kinds: BTreeSet<Mess> = lines.iter().filter_map(|line| line.mess).collect();
    assert_eq!(kinds.len(), Mess::ALL.len());
    assert_eq!(synth(100, 0).orders_with_truth().filter(|line| line.mess.is_some()).count(), 0);
    assert_eq!(synth(100, 100).orders_with_truth().filter(|line| line.mess.is_none()).count(), 1);
}

#[test]
fn plain_documents_are_clean_already_but_for_their_phone_numbers() {
    for line in synth(300, 0).orders_with_truth() {
        let document = taken_in(std::slice::from_ref(&line)).remove(0).unwrap();
        let cleaned = serde_json::to_string(&document.json).unwrap();
        // Phone numbers alone are written for people.
        let phone = document.json.at("recipient.deliveryAddress.phone").and_then(Json::as_str);
        let written = line
            .text
            .split_once(r#""phone":""#)
            .and_then(|(_, rest)| rest.split_once('"'))
            .map(|(phone, _)| phone);
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        assert_eq!(phone.map(str::to_owned), written.map(|written| format!("+{}", digits(written))));
        assert_eq!(
            cleaned.replace(phone.unwrap_or("-"), "-"),
            line.text.replace(written.unwrap_or("-"), "-")
        );
    }
}

fn time(json: &Json, path: &str) -> Timestamp {
    json.at(path).and_then(Json::as_str).unwrap().parse().unwrap()
}

#[test]
fn times_statuses_and_parcels_fit_together() {
    let now: Timestamp = NOW.parse().unwrap();
    let mut seen = BTreeMap::<String, u32>::new();
    for result in taken_in(&synth(2000, 0).orders_with_truth().collect::<Vec<_>>()) {
        let order = result.unwrap().json;
        let (created, updated) = (time(&order, "createdTime"), time(&order, "lastUpdatedTime"));
        assert!(created <= updated && updated <= now, "{created} {updated}");
        assert!(now.as_second() - created.as_second() <= 20 * 24 * 3600);
        let status = order.at("fulfillment.fulfillmentStatus").and_then(Json::as_str).unwrap();
        *seen.entry(status.to_owned()).or_default() += 1;
        *seen
            .entry(order.at("salesChannel.marketplaceName").and_then(Json::as_str).unwrap().to_owned())
            .or_default() += 1;
        let packages = order.member("packages").map_or(&[][..], Json::elements);
        let by_merchant = order.at("fulfillment.fulfilledBy").and_then(Json::as_str) == Some("MERCHANT");
        let shipped = matches!(status, "SHIPPED" | "PARTIALLY_SHIPPED");
        assert_eq!(!packages.is_empty(), shipped && by_merchant, "{status}");
        for package in packages {
            let left = time(package, "shipTime");
            assert!(created <= left && left <= updated);
            *seen
                .entry(package.at("packageStatus.status").and_then(Json::as_str).unwrap().to_owned())
                .or_default() += 1;
        }
        if packages.len() > 1 {
            *seen.entry("several packages".to_owned()).or_default() += 1;
        }
        for item in order.member("orderItems").unwrap().elements() {
            let count = |path| {
                item.at(path).map(|json| if let Json::Integer(count) = json { *count } else { 0 }).unwrap()
            };
            let (done, open) =
                (count("fulfillment.quantityFulfilled"), count("fulfillment.quantityUnfulfilled"));
            assert_eq!(done + open, count("quantityOrdered"));
            assert!(done == 0 || shipped);
            assert!(open == 0 || status != "SHIPPED");
        }
    }
    for expected in [
        "PENDING_AVAILABILITY",
        "PENDING",
        "UNSHIPPED",
        "PARTIALLY_SHIPPED",
        "CANCELLED",
        "UNFULFILLABLE",
        "SHIPPED",
        "IN_TRANSIT",
        "DELIVERED",
        "UNDELIVERABLE",
        "several packages",
        "Amazon.com",
        "Amazon.de",
        "Amazon.co.jp",
        "Amazon.co.uk",
        "Amazon.com.br",
        "Amazon.in",
        "Amazon.fr",
        "Amazon.ca",
        "Amazon.com.mx",
        "Amazon.it",
        "Amazon.es",
        "Amazon.nl",
        "Amazon.pl",
        "Amazon.se",
        "Amazon.com.tr",
        "Amazon.ae",
        "Amazon.com.au",
        "Amazon.sg",
    ] {
        assert!(seen.get(expected).is_some_and(|count| *count > 5), "{expected}: {seen:?}");
    }
}

#[test]
fn documents_are_of_the_size_and_kind_that_the_figures_assume() {
    let lines: Vec<Line> = synth(1000, 0).orders_with_truth().collect();
    let bytes: usize = lines.iter().map(|line| line.text.len()).sum();
    assert!((1300..1800).contains(&(bytes / lines.len())), "{}", bytes / lines.len());
    let catalogue = Catalogue::embedded().unwrap();
    let personal: usize = taken_in(&lines)
        .into_iter()
        .map(|result| count_personal(&result.unwrap().json, Some(catalogue.root(bailee_core::Kind::Order))))
        .sum();
    assert!((8..14).contains(&(personal / lines.len())), "{}", personal / lines.len());
}

fn count_personal(json: &Json, node: Option<bailee_core::catalogue::Node<'_>>) -> usize {
    match json {
        Json::Object(members) => members
            .iter()
            .map(|(key, value)| count_personal(value, node.and_then(|node| node.member(key))))
            .sum(),
        Json::Array(elements) => {
            elements.iter().map(|value| count_personal(value, node.and_then(|node| node.element()))).sum()
        }
        _ => usize::from(node.expect("no unknown leaf").field().expect("a leaf").class.is_some()),
    }
}

#[test]
fn versions_of_an_order_differ_in_time_and_only_the_newer_is_newer() {
    let stream = Random::new(1);
    let markets = Market::of(Charset::Utf8);
    let draw = Draw {
        markets: &markets,
        charset: Charset::Utf8,
        now: NOW.parse().unwrap(),
        with_address: false,
        fixed: Fixed::default(),
    };
    for number in 0..200 {
        let of = |version| {
            let order = Order::new(stream.at(number), draw, version, None);
            let (text, _) = canonical::write(&order, Notes::default());
            (order.id, order.updated, text)
        };
        let (older, current, newer) = (of(Version::Older), of(Version::Current), of(Version::Newer));
        assert!(older.0 == current.0 && current.0 == newer.0);
        assert!(older.1 <= current.1 && current.1 <= newer.1 && newer.1 <= draw.now);
        assert_eq!(current, of(Version::Current));
    }
}

#[test]
fn of_every_hundred_documents_exactly_the_stated_share_is_messy_and_the_kinds_take_turns() {
    for percent in [1, 20, 50, 99] {
        let shares = Shares::new(percent, Random::new(5));
        let mut turns = BTreeMap::<Mess, u64>::new();
        for block in 0..44 {
            let kinds = (0..100).filter_map(|place| shares.of(block * 100 + place, Mess::ALL));
            let kinds: Vec<Mess> = kinds.collect();
            assert_eq!(kinds.len(), usize::from(percent));
            kinds.into_iter().for_each(|mess| *turns.entry(mess).or_default() += 1);
        }
        let (least, most) = (turns.values().min().unwrap(), turns.values().max().unwrap());
        assert!(turns.len() == Mess::ALL.len() && most - least <= 1, "{percent} %: {turns:?}");
    }
}

#[test]
fn every_marketplace_and_charset_has_its_people_in_unicode_normal_form() {
    use unicode_normalization::is_nfc;
    let mut names = BTreeSet::new();
    for (_, charset) in Charset::ALL {
        let markets = Market::of(*charset);
        assert!(!markets.is_empty(), "{charset:?}");
        for market in markets {
            names.insert(market.name);
            let mut random = Random::new(9);
            for _ in 0..50 {
                let name = market.person(*charset, &mut random);
                assert!(charset.carries(&name) && is_nfc(&name) && !name.is_empty(), "{charset:?} {name}");
            }
            let texts =
                [market.streets, market.second_lines, market.companies, market.instructions, market.gifts];
            assert!(texts.into_iter().flatten().all(|text| is_nfc(text)), "{}", market.name);
        }
    }
    assert!(names.len() >= 18, "{names:?}");
}

#[test]
fn every_input_is_the_same_whenever_it_is_made_and_packed_it_is_shorter() {
    for format in Format::all() {
        let ways = if matches!(format, Format::Table(_)) { Columns::ALL.len() } else { 1 };
        for columns in Columns::ALL.iter().map(|(_, columns)| *columns).take(ways) {
            let made = |packing| {
                let style = Style { format, columns, packing, ..Style::default() };
                synth(60, 40).input(style).flat_map(|chunk| chunk.bytes).collect::<Vec<u8>>()
            };
            let plain = made(Packing::None);
            assert_eq!(plain, made(Packing::None), "{}", format.name());
            for (name, packing) in Packing::ALL {
                let packed = made(*packing);
                assert!(
                    packed == made(*packing) && packed.len() < plain.len() / 2,
                    "{name} {}",
                    format.name()
                );
            }
        }
    }
}

#[test]
fn an_input_says_that_its_charset_is_what_it_is_told_to_say() {
    let begins = |format: &str, charset, label, expected: &[u8]| {
        let style = Style { format: Format::named(format).unwrap(), charset, label, ..Style::default() };
        let first = synth(1, 0).input(style).next().unwrap().bytes;
        assert!(first.starts_with(expected), "{format} {label:?}: {:?}", first.get(..60));
    };
    let xml = "GET_ORDER_REPORT_DATA_TAX";
    let latin1 = Charset::Iso8859_1;
    begins(xml, latin1, Label::True, b"<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>");
    begins(xml, latin1, Label::Other(Charset::Utf8), b"<?xml version=\"1.0\" encoding=\"utf-8\"?>");
    begins(xml, latin1, Label::None, b"<?xml version=\"1.0\"?>");
    begins(
        xml,
        Charset::Utf8Marked,
        Label::Other(latin1),
        b"\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"iso-8859-1\"",
    );
    let table = "GET_FLAT_FILE_ORDER_REPORT_DATA_TAX";
    begins(table, latin1, Label::True, b"order-id");
    begins(table, latin1, Label::Other(Charset::Utf8Marked), b"\xEF\xBB\xBForder-id");
    begins(table, Charset::Utf16Le, Label::None, b"o\0r\0");
}
