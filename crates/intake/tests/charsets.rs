//! Whatever character set an input is in: what is decided is right, and what is not certain is not decided.
//!
//! Texts are the synthesiser's, of all its markets, and a few invented names of places where it has no market; in every
//! character set that can carry them; also in sets that are not read here, and under names that lie.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::allow_attributes,
    reason = "tests may fail loudly, and these show their figures"
)]

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use bailee_intake::source::{Charset, Source, flaw};
use bailee_intake::synth::Synth;
use bailee_intake::verify::Flaw;
use encoding_rs::Encoding;

const SMALL_FILES: u64 = 5_000;

/// The bytes of a text in a set, if that can carry it.
fn encoded(text: &str, charset: Charset) -> Option<Vec<u8>> {
    let latin = |letter: char, differing: &[(char, u8)]| {
        let other = differing.iter().find(|(other, _)| *other == letter).map(|(_, byte)| *byte);
        let own = u8::try_from(u32::from(letter))
            .ok()
            .filter(|byte| !(0x80..0xA0).contains(byte) && !differing.iter().any(|(_, taken)| taken == byte));
        other.or(own)
    };
    const LATIN9: [(char, u8); 8] = [
        ('€', 0xA4),
        ('Š', 0xA6),
        ('š', 0xA8),
        ('Ž', 0xB4),
        ('ž', 0xB8),
        ('Œ', 0xBC),
        ('œ', 0xBD),
        ('Ÿ', 0xBE),
    ];
    match charset {
        Charset::Utf8 => Some(text.as_bytes().to_vec()),
        Charset::Utf16Le => Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        Charset::Utf16Be => Some(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        Charset::Iso8859_1 => text.chars().map(|letter| latin(letter, &[])).collect(),
        Charset::Iso8859_15 => text.chars().map(|letter| latin(letter, &LATIN9)).collect(),
        Charset::Windows1252 => foreign(text, encoding_rs::WINDOWS_1252),
        Charset::ShiftJis => foreign(text, encoding_rs::SHIFT_JIS),
        Charset::Gb18030 => foreign(text, encoding_rs::GB18030),
        Charset::Big5 => foreign(text, encoding_rs::BIG5),
    }
}

fn foreign(text: &str, encoding: &'static Encoding) -> Option<Vec<u8>> {
    let (bytes, _, lost) = encoding.encode(text);
    (!lost).then(|| bytes.into_owned())
}

fn orders(seed: u64, orders: u64) -> Vec<String> {
    let now = "2026-11-01T00:00:00Z".parse().unwrap();
    Synth { orders, seed, mess_percent: 0, now }.lines().collect()
}

/// The strings of an order.
fn strings(json: &serde_json::Value, found: &mut Vec<String>) {
    match json {
        serde_json::Value::String(text) => found.push(text.clone()),
        serde_json::Value::Array(list) => list.iter().for_each(|value| strings(value, found)),
        serde_json::Value::Object(members) => members.values().for_each(|value| strings(value, found)),
        _ => {}
    }
}

/// Orders that are made once.
fn pool() -> &'static [String] {
    static POOL: std::sync::LazyLock<Vec<String>> = std::sync::LazyLock::new(|| orders(1, SMALL_FILES + 3));
    &POOL
}

/// Orders as lines of JSON, as rows of a table, or as elements.
fn layout(lines: &[String], form: u64) -> String {
    let cells = |line: &String| {
        let mut found = Vec::new();
        strings(&serde_json::from_str(line).unwrap(), &mut found);
        found
    };
    match form % 3 {
        0 => lines.iter().map(|line| format!("{line}\n")).collect(),
        1 => {
            let rows = lines.iter().map(|line| format!("{}\r\n", cells(line).join("\t")));
            std::iter::once("order-id\tbuyer-name\tship-address-1\r\n".to_owned()).chain(rows).collect()
        }
        _ => {
            let element = |line| cells(line).iter().map(|cell| format!("<c>{cell}</c>")).collect::<String>();
            let rows: String = lines.iter().map(|line| format!("<o>{}</o>\n", element(line))).collect();
            format!("<os>\n{rows}</os>\n")
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Right,
    Unsure,
    Damaged,
    Refused,
    Wrong,
}

/// What became of a text. Wrong is what goes in and is not what was meant.
fn outcome(bytes: Vec<u8>, named: Option<Charset>, truth: &str) -> Outcome {
    let mut source = Source::open(Box::new(Cursor::new(bytes)), named);
    let mut text = Vec::new();
    if source.read_to_end(&mut text).is_err() {
        return Outcome::Refused;
    }
    let lines = text.split(|byte| *byte == b'\n').map(Some).chain(std::iter::repeat(None));
    let each = truth.split('\n').zip(lines).map(|(truth, line)| match line.map(|line| (flaw(line), line)) {
        Some((Some(Flaw::Charset), _)) => Outcome::Unsure,
        Some((Some(_), _)) => Outcome::Damaged,
        Some((None, line)) if line == truth.as_bytes() => Outcome::Right,
        _ => Outcome::Wrong,
    });
    each.max().unwrap_or(Outcome::Right)
}

#[derive(Default)]
struct Figures(BTreeMap<(String, Outcome), u32>);

impl Figures {
    fn add(&mut self, what: &str, outcome: Outcome) {
        *self.0.entry((what.to_owned(), outcome)).or_default() += 1;
    }

    fn count(&self, outcome: Outcome) -> u32 {
        self.0.iter().filter(|((_, other), _)| *other == outcome).map(|(_, count)| count).sum()
    }

    /// Shows the figures; says how many there are.
    fn show(&self, title: &str) -> u32 {
        let all: u32 = self.0.values().sum();
        println!("{title}: {all} files");
        for ((what, outcome), count) in &self.0 {
            let of: u32 = self.0.iter().filter(|((other, _), _)| other == what).map(|(_, count)| count).sum();
            println!("  {what:24} {outcome:?} {count} ({} %)", count * 100 / of);
        }
        for outcome in [Outcome::Right, Outcome::Unsure, Outcome::Damaged, Outcome::Refused, Outcome::Wrong] {
            println!(
                "  all {outcome:?}: {:.2} %",
                f64::from(self.count(outcome)) * 100.0 / f64::from(all.max(1))
            );
        }
        all
    }
}

#[test]
fn of_five_thousand_small_files_in_every_charset_none_is_decided_wrongly() {
    let mut figures = Figures::default();
    for number in 0..SMALL_FILES {
        let first = usize::try_from(number).unwrap();
        let truth = layout(&pool()[first..=first + first / 3 % 3], number);
        // The charset whose turn it is, or the next that can carry it.
        let turn = usize::try_from(number / 3).unwrap();
        let charsets = (0..Charset::ALL.len()).map(|step| Charset::ALL[(turn + step) % Charset::ALL.len()]);
        let mut carried = charsets.filter_map(|charset| Some((charset, encoded(&truth, charset)?)));
        let (charset, bytes) = carried.next().unwrap();
        let is_ascii = if truth.is_ascii() { " (ASCII)" } else { "" };
        let became = outcome(bytes, None, &truth);
        assert_ne!(became, Outcome::Wrong, "{charset}{is_ascii} of {number}: {truth}");
        figures.add(&format!("{charset}{is_ascii}"), became);
    }
    assert_eq!(u64::from(figures.show("small")), SMALL_FILES);
    assert_eq!((figures.count(Outcome::Wrong), figures.count(Outcome::Damaged)), (0, 0));
}

/// A single name or line of an address is the least that there can be of a text.
#[test]
fn no_single_value_is_decided_wrongly() {
    let mut values = Vec::new();
    for line in orders(7, 400) {
        strings(&serde_json::from_str(&line).unwrap(), &mut values);
    }
    values.retain(|value| !value.is_ascii());
    values.sort();
    values.dedup();
    let mut figures = Figures::default();
    for value in &values {
        for charset in Charset::ALL {
            // A few bytes in UTF-16 without a mark may be anything.
            if matches!(charset, Charset::Utf16Le | Charset::Utf16Be) {
                continue;
            }
            let truth = format!("{{\"name\":\"{value}\"}}\n");
            let Some(bytes) = encoded(&truth, *charset) else { continue };
            let became = outcome(bytes, None, &truth);
            assert_ne!(became, Outcome::Wrong, "{charset}: {truth}");
            figures.add(charset.as_str(), became);
        }
    }
    assert!(figures.show("single values") > 500);
}

#[test]
fn names_that_lie_spoil_nothing() {
    let mut figures = Figures::default();
    for number in 0..1_500 {
        let truth = layout(&pool()[usize::try_from(number).unwrap()..][..1], 2);
        let (is, says) = (number % 9, (number / 9) % 9);
        let [is, says] = [is, says].map(|charset| Charset::ALL[usize::try_from(charset).unwrap()]);
        let truth = format!("<?xml version=\"1.0\" encoding=\"{says}\"?>{truth}");
        let Some(bytes) = encoded(&truth, is) else { continue };
        let became = outcome(bytes.clone(), None, &truth);
        assert_ne!(became, Outcome::Wrong, "{is} declared as {says}, {number}: {truth}");
        figures.add(if is == says { "declared" } else { "declared wrongly" }, became);
        if says == Charset::Utf8 || is == Charset::Utf8 {
            let became = outcome(bytes, Some(says), &truth);
            assert_ne!(became, Outcome::Wrong, "{is} named {says}, {number}: {truth}");
            figures.add(if is == says { "named" } else { "named wrongly" }, became);
        }
    }
    assert!(figures.show("labels") > 900);
}

#[test]
fn long_files_are_decided() {
    let mut figures = Figures::default();
    for seed in 0..2 {
        let mut by_country: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in orders(seed, 2_000) {
            let json: serde_json::Value = serde_json::from_str(&line).unwrap();
            let market = json["salesChannel"]["marketplaceName"].as_str().unwrap().to_owned();
            by_country.entry(market).or_default().push(line);
        }
        for (market, lines) in by_country {
            let charsets: &[Charset] = match market.as_str() {
                "Amazon.co.jp" => &[Charset::Utf8, Charset::Utf16Le, Charset::ShiftJis],
                _ => &[Charset::Utf8, Charset::Windows1252, Charset::Iso8859_1, Charset::Iso8859_15],
            };
            for charset in charsets {
                // Orders with what the set cannot carry would hold `?` there.
                let carried = |line: &&String| encoded(line, *charset).is_some();
                let lines: Vec<String> = lines.iter().filter(carried).take(200).cloned().collect();
                let truth = layout(&lines, seed);
                if lines.len() < 100 || truth.is_ascii() {
                    continue;
                }
                let became = outcome(encoded(&truth, *charset).unwrap(), None, &truth);
                assert_ne!(became, Outcome::Wrong, "{charset} of {market}");
                figures.add(&format!("{charset} {market}"), became);
            }
        }
    }
    let all = figures.show("200 orders");
    assert!(all > 30 && figures.count(Outcome::Right) * 100 >= all * 98);
}

/// Invented names and addresses of where the synthesiser has no market.
const CHINA: &[&str] = &[
    "样例省虚构市测试区示范路十二号",
    "张样例",
    "李虚构",
    "王测试 先生",
    "模拟大厦三楼五零一室",
    "请放在门口，谢谢",
    "不存在县想象镇幻想村七组",
    "祝你生日快乐",
];
const TAIWAN: &[&str] = &[
    "範例縣虛構市測試區示範路一段十二號三樓",
    "陳範例",
    "林虛構",
    "黃測試 小姐",
    "想像大樓五樓之一",
    "請放在管理室，謝謝",
    "不存在鄉幻想村七鄰",
    "祝你生日快樂",
];
const KOREA: &[&str] = &[
    "가상시 예시구 견본로 12",
    "김견본",
    "이가상",
    "박시험",
    "문 앞에 놓아 주세요",
    "상상동 가짜아파트 101동",
];
const POLAND: &[&str] = &[
    "Wzorcowa Łąka",
    "Grzegorz Przykładowy",
    "ul. Źródlana 5",
    "Święta Próba",
    "Gdańsk-Przykład",
    "Kołacz Żółć",
];
const CZECHIA: &[&str] =
    &["Vzorová Říha", "Jiří Příklad", "Zkušební náměstí 4", "Dvořáček Smyšlený", "Ústí nad Vzorem"];
const TURKEY: &[&str] =
    &["Örnek Işık", "Ayşe Deneme", "Hayali Çığ Sokağı 7", "İğne Şahin", "Kurgu Mahallesi Güneş"];
const RUSSIA: &[&str] = &["Образцов Пример", "улица Вымышленная, 5", "Тестовая Анна"];
const GERMANY: &[&str] =
    &["Jörg Möchtegern", "Änne Übungsmeier", "Großkötter Straße", "Süßmilch", "Käthe Müßig"];

fn sheet(words: &[&str], country: &str, rows: usize, seed: usize) -> String {
    let row = |number: usize| {
        let word = |step: usize| words[(number * 3 + seed * 5 + step) % words.len()];
        format!("900-{number:07}\t{}\t{}\t{}\t{country}\r\n", word(0), word(1), word(2))
    };
    std::iter::once("order-id\tname\taddress\tcity\tcountry\r\n".to_owned())
        .chain((0..rows).map(row))
        .collect()
}

#[test]
fn chinese_of_both_scripts_is_decided_when_there_is_enough_of_it() {
    let mut figures = Figures::default();
    for seed in 0..20 {
        for (words, country, charset) in [(CHINA, "CN", Charset::Gb18030), (TAIWAN, "TW", Charset::Big5)] {
            for (rows, size) in [(1, "small"), (200, "long")] {
                for country in [country, "", "DE"] {
                    let truth = sheet(words, country, rows, seed);
                    let became = outcome(encoded(&truth, charset).unwrap(), None, &truth);
                    assert_ne!(became, Outcome::Wrong, "{truth}");
                    figures.add(&format!("{charset} {size}"), became);
                    if size == "long" {
                        assert_eq!(became, Outcome::Right, "{charset} {country}");
                    }
                }
            }
        }
    }
    figures.show("Chinese");
}

#[test]
fn a_charset_that_is_not_read_here_is_never_taken_for_one_that_is() {
    let mut figures = Figures::default();
    let sets: [(&[&str], &str, &[&'static Encoding]); 7] = [
        (POLAND, "PL", &[encoding_rs::WINDOWS_1250, encoding_rs::ISO_8859_2]),
        (CZECHIA, "CZ", &[encoding_rs::WINDOWS_1250, encoding_rs::ISO_8859_2]),
        (TURKEY, "TR", &[encoding_rs::WINDOWS_1254]),
        (RUSSIA, "RU", &[encoding_rs::WINDOWS_1251, encoding_rs::KOI8_R, encoding_rs::ISO_8859_5]),
        (KOREA, "KR", &[encoding_rs::EUC_KR]),
        (GERMANY, "DE", &[encoding_rs::MACINTOSH]),
        (
            &["架空 花子", "見本が丘4-5-6", "仮名 一郎", "東京都架空区", "ひながたビル 5階"],
            "JP",
            &[encoding_rs::EUC_JP],
        ),
    ];
    for (words, country, encodings) in sets {
        for encoding in encodings {
            for seed in 0..words.len() {
                for rows in [1, 3, 200] {
                    for country in [country, "", "DE"] {
                        let truth = sheet(words, country, rows, seed);
                        let Some(bytes) = foreign(&truth, encoding) else { continue };
                        let became = outcome(bytes, None, &truth);
                        assert_ne!(became, Outcome::Wrong, "{} {country}: {truth}", encoding.name());
                        figures.add(encoding.name(), became);
                    }
                }
            }
        }
    }
    figures.show("strangers");
}
