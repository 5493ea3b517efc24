//! Cleaning, over what people of every marketplace of the synthesiser write: in every script, and with noise in it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    reason = "tests"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use bailee_core::catalogue::{Catalogue, Cleaner};
use bailee_core::{Kind, Sensitive};
use bailee_intake::clean::{Around, Lost, clean, cleaned, leaf, lost};
use bailee_intake::format::{Form, Formats};
use bailee_intake::reader::{Position, Raw, Shape};
use bailee_intake::synth::Synth;
use bailee_intake::verify::verify;
use proptest::prelude::*;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

/// Cleaners of text that somebody wrote: whatever it is, none of its letters and digits may go.
const OF_TEXT: [Cleaner; 4] = [Cleaner::Text, Cleaner::Lines, Cleaner::Email, Cleaner::PostalCode];

/// A text of an order, and where it stood.
#[derive(Clone, Debug)]
struct Leaf {
    path: String,
    text: String,
    country: String,
}

fn orders(mess_percent: u8) -> Vec<String> {
    let now = "2026-11-01T00:00:00Z".parse().unwrap();
    let synth = Synth { orders: 800, seed: 17, mess_percent, now };
    synth
        .orders_with_truth()
        .filter(|line| line.mess.is_none_or(|mess| mess.flaw().is_none()))
        .map(|line| line.text)
        .collect()
}

/// The texts of many orders, each once, by their schema paths.
static LEAVES: LazyLock<Vec<Leaf>> = LazyLock::new(|| {
    let mut leaves = Vec::new();
    for order in orders(0) {
        let order: Value = serde_json::from_str(&order).unwrap();
        let country =
            order["recipient"]["deliveryAddress"]["countryCode"].as_str().unwrap_or("US").to_owned();
        walk(&order, String::new(), &country, &mut leaves);
    }
    let key = |leaf: &Leaf| (leaf.path.clone(), leaf.text.clone(), leaf.country.clone());
    let mut seen = BTreeSet::new();
    // Times, ids and amounts differ from order to order, and are of one style.
    leaves.retain(|leaf| {
        let is_text = leaf.text.chars().any(|char| char.is_alphabetic());
        (is_text || seen.len() % 4 == 0) && seen.insert(key(leaf))
    });
    leaves
});

fn walk(value: &Value, path: String, country: &str, leaves: &mut Vec<Leaf>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            let dot = if path.is_empty() { "" } else { "." };
            walk(value, format!("{path}{dot}{name}"), country, leaves);
        }),
        Value::Array(elements) => {
            elements.iter().for_each(|value| walk(value, format!("{path}[]"), country, leaves));
        }
        Value::String(text) => {
            leaves.push(Leaf { path, text: text.clone(), country: country.to_owned() });
        }
        _ => {}
    }
}

/// Letters and digits, in whatever case, width and order of marks.
fn letters(text: &str) -> Vec<char> {
    let folded: String = text.nfkd().flat_map(char::to_lowercase).collect();
    let mut letters: Vec<char> = folded.nfkd().filter(|char| char.is_alphanumeric()).collect();
    letters.sort_unstable();
    letters
}

#[test]
fn what_people_of_every_marketplace_write_is_clean_already_or_becomes_so_once() {
    let catalogue = Catalogue::embedded().unwrap();
    let countries: BTreeSet<_> = LEAVES.iter().map(|leaf| &*leaf.country).collect();
    assert!(countries.len() >= 12, "{countries:?}");
    for Leaf { path, text, country } in LEAVES.iter() {
        let around = Around { country: Some(country), currency: None };
        for cleaner in Cleaner::ALL.iter().copied() {
            let once = cleaned(cleaner, text, around);
            assert_eq!(cleaned(cleaner, &once, around), once, "{cleaner:?} of {path}");
        }
        for cleaner in OF_TEXT {
            assert_eq!(
                letters(&cleaned(cleaner, text, around)),
                letters(text),
                "{cleaner:?} of {path}: {text}"
            );
        }
        // A plain order is in the form that the catalogue wants, but for how people write numbers and codes.
        let own = catalogue.field_at(Kind::Order, path).map(|field| field.cleaner);
        if let Some(
            own @ (Cleaner::Text | Cleaner::Lines | Cleaner::Time | Cleaner::Decimal | Cleaner::PostalCode),
        ) = own
        {
            assert_eq!(&cleaned(own, text, around), text, "{path} in {country}");
        }
    }
}

#[test]
fn address_lines_are_neither_merged_nor_cut() {
    let form = Form::new(Formats::embedded().unwrap().canonical().unwrap().clone());
    let catalogue = Catalogue::embedded().unwrap();
    let mut lines = 0;
    for order in orders(40) {
        let position = Position { document: 1, line: 1, byte: 0 };
        let bytes = Sensitive::new(order.clone().into_bytes());
        let raw = Raw { position, shape: Shape::Bare, bytes, flaw: None };
        let document = verify(&raw, &form, &catalogue).map_err(|flaw| flaw.code()).unwrap();
        let cleaned: Value = serde_json::to_value(&document.json).unwrap();
        let given: Value = serde_json::from_str(&order).unwrap();
        let (given, cleaned) =
            (&given["recipient"]["deliveryAddress"], &cleaned["recipient"]["deliveryAddress"]);
        let Some(members) = given.as_object() else { continue };
        let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(cleaned), names(given));
        for (name, text) in
            members.iter().filter(|(name, _)| !matches!(name.as_str(), "phone" | "countryCode"))
        {
            if let (Some(given), Some(cleaned)) = (text.as_str(), cleaned[name].as_str()) {
                assert_eq!(letters(cleaned), letters(given), "{name}");
                lines += 1;
            }
        }
    }
    assert!(lines > 2_000, "{lines}");
}

#[test]
fn no_letter_of_a_sound_text_is_taken_for_lost_and_lost_ones_are_found() {
    let mut seen: BTreeMap<&str, (u32, u32, u32)> = BTreeMap::new();
    for Leaf { path, text, country } in LEAVES.iter() {
        let is_name = path.starts_with("recipient.deliveryAddress") || path.starts_with("buyer");
        assert_eq!(lost(text, true), None, "{path}: {text}");
        if !is_name {
            continue;
        }
        assert_eq!(lost(text, false), None, "{path}: {text}");
        // º and ª stand behind digits, where a question mark says nothing.
        if !text.chars().any(|char| !char.is_ascii() && char.is_alphabetic() && !matches!(char, 'º' | 'ª'))
        {
            continue;
        }
        // What an encoder for ASCII makes of it, and what a reader of windows-1252 does.
        let questioned: String = text.chars().map(|char| if char.is_ascii() { char } else { '?' }).collect();
        let (garbled, _, _) = encoding_rs::WINDOWS_1252.decode(text.as_bytes());
        let entry = seen.entry(country).or_default();
        entry.0 += 1;
        entry.1 += u32::from(lost(&questioned, false) == Some(Lost::Questioned));
        entry.2 += u32::from(lost(&garbled, false) == Some(Lost::Garbled));
    }
    assert!(seen.len() >= 8, "{seen:?}");
    for (country, (texts, questioned, garbled)) in seen {
        // A letter that stands between signs could be anything; nearly all stand beside another.
        assert!(questioned * 100 >= texts * 97, "{country}: {questioned} of {texts} as question marks");
        assert!(garbled * 100 >= texts * 97, "{country}: {garbled} of {texts} as windows-1252");
    }
}

#[test]
fn counts_and_flags_of_orders_are_counts_and_flags() {
    for Leaf { text, .. } in LEAVES.iter() {
        let json: bailee_core::Json = serde_json::from_value(Value::String(text.clone())).unwrap();
        for cleaner in [Cleaner::Integer, Cleaner::Flag] {
            if let Some(changed) = leaf(cleaner, &json, Around::default()) {
                assert!(leaf(cleaner, &changed, Around::default()).is_none(), "{text}");
            }
        }
    }
}

/// A text of an order with noise in it.
fn noisy() -> impl Strategy<Value = Leaf> {
    let noise = prop::sample::select(vec![
        " ", "\u{A0}", "\u{3000}", "\u{200B}", "\u{200D}", "\u{FEFF}", "\u{301}", "\t", "\r\n", "\u{202E}",
        "-", ",", ".", "?", "0", "ſ", "İ", "ｱ", "﷽", "🎂",
    ]);
    let edits = prop::collection::vec((any::<prop::sample::Index>(), noise), 0..6);
    (any::<prop::sample::Index>(), edits).prop_map(|(leaf, edits)| {
        let mut leaf = leaf.get(&LEAVES).clone();
        for (at, noise) in edits {
            let at = leaf.text.floor_char_boundary(at.index(leaf.text.len() + 1));
            leaf.text.insert_str(at, noise);
        }
        leaf
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn with_noise_too_cleaning_is_idempotent_and_keeps_every_letter_and_digit(leaf in noisy()) {
        let Leaf { text, country, path } = leaf;
        for cleaner in Cleaner::ALL.iter().copied() {
            let once = clean(cleaner, &text, Some(&country));
            prop_assert_eq!(clean(cleaner, &once, Some(&country)), once, "{:?} of {}", cleaner, path);
        }
        for cleaner in OF_TEXT {
            prop_assert_eq!(letters(&clean(cleaner, &text, Some(&country))), letters(&text), "{:?} of {}", cleaner, path);
        }
        // An amount keeps its digits, whatever stands between them.
        let digits = |text: &str| text.nfkc().filter(char::is_ascii_digit).collect::<String>();
        prop_assert_eq!(digits(&clean(Cleaner::Decimal, &text, None)), digits(&text));
    }
}
