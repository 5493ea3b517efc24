//! Which canonical name a name of the input may be.

use std::collections::HashSet;

use bailee_core::Sensitive;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::sample::Sample;
use super::words::{About, Called, Shape, words};
use crate::format::Syntax;

/// A target that a name may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Guess {
    pub(super) target: String,
    /// The whole name is one that such columns have, and the values look like it.
    pub(super) sure: bool,
    /// The name says it, and not only the values.
    pub(super) named: bool,
}

/// How well a name fits. Whole names before those with a word of whom they speak, before the last part of a path.
const WHOLE: u32 = 100;
const WITHOUT_WHOM: u32 = 90;
const LAST_PART: u32 = 70;
const BY_VALUES: u32 = 30;

/// How many of a hundred values must look like what they are taken for.
const FITTING_PERCENT: usize = 80;

/// Words that say no more than that an address is an address.
const FILLERS: &[&str] = &[
    "address",
    "adresse",
    "anschrift",
    "adres",
    "direccion",
    "indirizzo",
    "endereco",
    "info",
    "details",
    "data",
];

/// A guess for each name of a sample, in their order; each target once.
pub(super) fn guesses(sample: &Sample) -> Vec<(String, Option<Guess>)> {
    let mut candidates = Vec::new();
    for (number, (source, values)) in sample.fields.iter().enumerate() {
        let name = Name::of(source, sample.syntax);
        for (target, score) in name.candidates(sample.syntax).into_iter().chain(by_values(values)) {
            if fits(shape_of(&target), values) {
                candidates.push((score, number, target));
            }
        }
    }
    candidates.sort_by_key(|(score, number, _)| (std::cmp::Reverse(*score), *number));
    let mut taken = HashSet::new();
    let mut found: Vec<(String, Option<Guess>)> =
        sample.fields.iter().map(|(source, _)| (source.clone(), None)).collect();
    for (score, number, target) in candidates {
        let has_values = sample.fields.get(number).is_some_and(|(_, values)| !values.is_empty());
        if let Some((_, guess @ None)) = found.get_mut(number)
            && taken.insert(target.clone())
        {
            *guess = Some(Guess {
                target,
                sure: score >= WITHOUT_WHOM - 1 && has_values,
                named: score > BY_VALUES,
            });
        }
    }
    items_in_rows(sample.syntax, &mut found);
    found
}

/// Whether a name is one of those that an order's number has.
pub(super) fn is_reference(name: &str) -> bool {
    words().order.first().is_some_and(|called| called.words.contains(&folded(name).as_str()))
}

/// A name in the one spelling in which names are compared.
pub(super) fn folded(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    let mut small_before = false;
    for letter in name.nfkd().filter(|letter| !is_combining_mark(*letter)) {
        // `orderId` is two words.
        let begins = letter.is_uppercase() && small_before;
        small_before = letter.is_lowercase() || letter.is_numeric();
        if (begins || !letter.is_alphanumeric()) && !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
        match letter {
            'ß' => folded.push_str("ss"),
            'ł' | 'Ł' => folded.push('l'),
            'ø' | 'Ø' => folded.push('o'),
            'ı' => folded.push('i'),
            _ if letter.is_alphanumeric() => folded.extend(letter.to_lowercase()),
            _ => {}
        }
    }
    // What decomposition took apart, such as the signs of voiced kana, is put together again.
    folded.trim_end().nfc().collect()
}

struct Name {
    whole: String,
    last: String,
    about: Option<About>,
    /// Without the word that says of whom it speaks.
    rest: String,
    lists: usize,
}

impl Name {
    fn of(source: &str, syntax: Syntax) -> Self {
        let (lists, last) = match syntax {
            Syntax::Table => (0, source),
            Syntax::Json | Syntax::Xml => {
                (source.matches("[]").count(), source.rsplit('.').next().unwrap_or(source))
            }
        };
        let whole = folded(source);
        let about = words().about.iter().find_map(|(about, words)| {
            let word = words.iter().filter(|word| has_word(&whole, word)).max_by_key(|word| word.len())?;
            Some((*about, *word))
        });
        let rest = about.map_or_else(|| whole.clone(), |(_, word)| without(&whole, word));
        Self { last: folded(last), about: about.map(|(about, _)| about), rest, whole, lists }
    }

    fn score(&self, words: &[&str]) -> Option<u32> {
        let is_one = |name: &str| words.contains(&name);
        let without_fillers = FILLERS.iter().map(|filler| without(&self.rest, filler));
        if is_one(&self.whole) {
            Some(WHOLE)
        } else if is_one(&self.rest) || without_fillers.into_iter().any(|rest| is_one(&rest)) {
            Some(WITHOUT_WHOM)
        } else if self.last != self.whole && is_one(&self.last) {
            Some(LAST_PART)
        } else {
            None
        }
    }

    fn candidates(&self, syntax: Syntax) -> Vec<(String, u32)> {
        let mut found = Vec::new();
        let parts = &words().parts_of_names;
        if parts.contains(&self.last.as_str()) || parts.contains(&self.rest.as_str()) {
            return found;
        }
        let is_of = |about| self.about.is_none() || self.about == Some(about);
        if self.lists == 0 {
            for Called { field, words, .. } in &words().order {
                found.extend(self.score(words).map(|score| (field.replace("[]", "[0]"), score)));
            }
            if !is_of(About::Item) || self.about.is_none() {
                for Called { field: leaf, words, .. } in &words().address {
                    found.extend(self.score(words).map(|score| (self.address(leaf), score)));
                }
            }
        }
        let one_list = match (syntax, self.lists) {
            (Syntax::Table, _) | (_, 1) => "orderItems[].",
            (_, 0) => "orderItems[0].",
            _ => return found,
        };
        if is_of(About::Item) || self.lists == 1 {
            for Called { field: leaf, words, .. } in &words().item {
                // Without a word that says so, an order's own name comes first.
                let least = u32::from(self.about.is_none() && self.lists == 0);
                found.extend(self.score(words).map(|score| (format!("{one_list}{leaf}"), score - least)));
            }
        }
        found
    }

    /// Where a part of an address goes.
    fn address(&self, leaf: &str) -> String {
        match (self.about, leaf) {
            (Some(About::Buyer), "name") => "buyer.buyerName".to_owned(),
            (Some(About::Buyer), "companyName") => "buyer.buyerCompanyName".to_owned(),
            (Some(About::Buyer) | None, "email") => "buyer.buyerEmail".to_owned(),
            (Some(About::Billing), "email") => "buyer.buyerEmail".to_owned(),
            (Some(About::Billing), _) => format!("buyer.billingAddress.{leaf}"),
            _ => format!("recipient.deliveryAddress.{leaf}"),
        }
    }
}

/// The rows of a table that has no number for its items are told apart by what is sold.
fn items_in_rows(syntax: Syntax, found: &mut [(String, Option<Guess>)]) {
    const OF_LINES: &[&str] = &["product.sellerSku", "product.asin", "product.title", "quantityOrdered"];
    let has = |found: &[(String, Option<Guess>)], target: &str| {
        found.iter().any(|(_, guess)| guess.as_ref().is_some_and(|guess| guess.target == target))
    };
    if syntax != Syntax::Table || has(found, "orderItems[].orderItemId") {
        return;
    }
    let has_sku = has(found, "orderItems[].product.sellerSku");
    for (_, guess) in found.iter_mut() {
        let Some(leaf) = guess.as_ref().and_then(|guess| guess.target.strip_prefix("orderItems[].")) else {
            continue;
        };
        *guess = (has_sku && OF_LINES.contains(&leaf)).then(|| Guess {
            target: format!("orderLines[].{}", leaf.trim_start_matches("product.")),
            sure: false,
            named: true,
        });
    }
}

fn has_word(text: &str, word: &str) -> bool {
    // Scripts without blanks between words have them anywhere.
    if !word.is_ascii() {
        return text.contains(word);
    }
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(word)) {
        let (from, to) = (at + found, at + found + word.len());
        let begins = text.get(..from).is_none_or(|before| before.is_empty() || before.ends_with(' '));
        // `lieferadresse` begins with the word; what follows is the rest of the name.
        if begins
            && text
                .get(to..)
                .is_some_and(|after| after.is_empty() || after.starts_with(' ') || word.len() > 5)
        {
            return true;
        }
        at = to;
    }
    false
}

fn without(text: &str, word: &str) -> String {
    match text.find(word) {
        Some(at) => {
            let (before, after) =
                (text.get(..at).unwrap_or_default(), text.get(at + word.len()..).unwrap_or_default());
            format!("{before} {after}").split_whitespace().collect::<Vec<_>>().join(" ")
        }
        None => text.to_owned(),
    }
}

fn shape_of(target: &str) -> Shape {
    let words = words();
    let fields = || words.order.iter().chain(&words.address).chain(&words.item);
    let plain = target.replace("[0]", "[]");
    let exact = fields().find(|called| plain == called.field);
    let is_inside = |called: &&Called| plain.ends_with(&format!(".{}", called.field));
    let inside = fields().filter(is_inside).max_by_key(|called| called.field.len());
    match (exact.or(inside), target) {
        (_, "buyer.buyerEmail") => Shape::Email,
        (Some(called), _) => called.shape,
        (None, _) => Shape::Any,
    }
}

fn by_values(values: &[Sensitive<String>]) -> Option<(String, u32)> {
    if values.is_empty() {
        return None;
    }
    let is_amazon = |value: &Sensitive<String>| {
        let lengths: Vec<usize> = value.expose().trim().split('-').map(str::len).collect();
        lengths == [3, 7, 7]
    };
    if values.iter().all(is_amazon) {
        return Some(("orderId".to_owned(), BY_VALUES));
    }
    let is_mail = values.iter().all(|value| looks(Shape::Email, value.expose()));
    is_mail.then(|| ("buyer.buyerEmail".to_owned(), BY_VALUES))
}

fn fits(shape: Shape, values: &[Sensitive<String>]) -> bool {
    let fitting = values.iter().filter(|value| looks(shape, value.expose())).count();
    fitting * 100 >= values.len() * FITTING_PERCENT
}

fn looks(shape: Shape, value: &str) -> bool {
    let value = value.trim();
    let count = |is: fn(char) -> bool| value.chars().filter(|c| is(*c)).count();
    let digits = count(char::is_numeric);
    match shape {
        Shape::Any => true,
        Shape::Code => value.len() <= 64 && value.split_whitespace().count() <= 2 && !value.contains('@'),
        Shape::Text => count(char::is_alphabetic) > 0 && !value.contains('@'),
        Shape::Email => {
            value.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
        }
        Shape::Phone => (5..=20).contains(&digits) && digits * 2 > value.chars().count(),
        Shape::Time => digits >= 4 && value.chars().count() <= 40,
        Shape::Number => digits > 0 && count(char::is_alphabetic) <= 4,
        Shape::Short => value.chars().count() <= 4,
    }
}
