//! Amounts, counts and flags: what reports and spreadsheets write for what JSON has types for.
//!
//! A decimal becomes digits with one point at most, without grouping, sign in front: `-1234.56`. Digits never change.
//! `1,234` alone is a thousand or one and a bit: where it is money of a currency whose units have no thousandths it is
//! the former, otherwise it stays as it came. `1.234` is already in the form that APIs write, and stays.

use unicode_normalization::UnicodeNormalization;

use super::phone::ascii_form;

/// No amount that anybody pays, and no count, is longer.
const TEXT_CHARS_MAX: usize = 40;

/// The money of Amazon's marketplaces and of their neighbours: all of it has hundredths at most (ISO 4217).
#[rustfmt::skip]
const CURRENCIES: [&str; 29] = [
    "AED", "AUD", "BGN", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EGP", "EUR", "GBP", "HKD", "HUF", "INR", "JPY",
    "KRW", "MXN", "NOK", "NZD", "PLN", "RON", "SAR", "SEK", "SGD", "TRY", "TWD", "USD", "ZAR",
];

/// The currency of that code, if it is one whose amounts have hundredths at most.
pub(crate) fn currency_code(code: &str) -> Option<&'static str> {
    CURRENCIES.iter().find(|known| known.eq_ignore_ascii_case(code)).copied()
}

/// The canonical form of a decimal number; `None` when it has it, or is not understood. `currency` is the alpha code
/// of the money it counts, where it counts money.
pub(super) fn decimal(text: &str, currency: Option<&str>) -> Option<String> {
    if is_canonical(text.as_bytes()) {
        return None;
    }
    let folded = fold(text)?;
    let (outside, rest) = minus(&folded);
    let (rest, written) = without_currency(rest)?;
    let currency = match currency {
        // Two currencies: nobody can say which of them is meant.
        Some(currency) if !written.is_empty() && !written.contains(&currency) => return None,
        Some(currency) => Some(currency),
        None => written.first().copied(),
    };
    let (inside, number) = minus(rest);
    let number = plain(number, currency)?;
    match (outside, inside) {
        (true, true) => None,
        (false, false) => Some(number),
        _ => Some(format!("-{number}")),
    }
}

/// Whether a text has the form already: nearly every one has, and needs no copy.
fn is_canonical(text: &[u8]) -> bool {
    let number = text.strip_prefix(b"-").unwrap_or(text);
    let whole = number.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match number.get(whole..) {
        Some([]) => whole > 0,
        Some([b'.', fraction @ ..]) => {
            whole > 0 && !fraction.is_empty() && fraction.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

/// The integer that a text is. `3.0` is three: that is how spreadsheets write it.
pub(super) fn integer(text: &str) -> Option<i64> {
    let folded = fold(text)?;
    let (negative, number) = minus(&folded);
    let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, "0"));
    // 3,000 may be three thousand.
    if whole.is_empty() || !matches!(fraction, "0" | "00") || !whole.bytes().all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let value: i64 = whole.parse().ok()?;
    Some(if negative { -value } else { value })
}

/// The flag that a text is, in the languages of the marketplaces.
pub(super) fn flag(text: &str) -> Option<bool> {
    const YES: [&str; 14] =
        ["true", "yes", "y", "1", "ja", "oui", "sí", "sì", "si", "sim", "tak", "evet", "はい", "是"];
    const NO: [&str; 13] =
        ["false", "no", "n", "0", "nein", "nee", "nej", "non", "não", "nie", "hayır", "いいえ", "否"];
    let folded: String = text.nfkc().flat_map(char::to_lowercase).take(TEXT_CHARS_MAX).collect();
    if YES.contains(&folded.as_str()) {
        return Some(true);
    }
    NO.contains(&folded.as_str()).then_some(false)
}

/// Lower case, common width, ASCII digits and signs.
fn fold(text: &str) -> Option<String> {
    if text.is_empty() || text.chars().nth(TEXT_CHARS_MAX).is_some() {
        return None;
    }
    let sign = |char| match ascii_form(char) {
        '٫' => '.',
        '٬' | '’' => '\'',
        char => char,
    };
    Some(text.nfkc().map(sign).flat_map(char::to_lowercase).collect())
}

/// The number without what says its currency, and the currencies that this can be.
fn without_currency(text: &str) -> Option<(&str, &'static [&'static str])> {
    /// Longer ones first, where one ends or begins another.
    #[rustfmt::skip]
    const SIGNS: [(&str, &[&str]); 14] = [
        ("us$", &["USD"]), ("mx$", &["MXN"]), ("ca$", &["CAD"]), ("a$", &["AUD"]), ("s$", &["SGD"]), ("r$", &["BRL"]),
        ("$", &["USD", "CAD", "MXN", "AUD", "SGD", "NZD", "HKD", "TWD"]), ("€", &["EUR"]), ("£", &["GBP", "EGP"]),
        ("¥", &["JPY", "CNY"]), ("円", &["JPY"]), ("₹", &["INR"]), ("₺", &["TRY"]), ("zł", &["PLN"]),
    ];
    let is_number = |char: char| char.is_ascii_digit() || matches!(char, '-' | '+' | '.' | ',' | '\'' | ' ');
    if text.chars().all(is_number) {
        return Some((text, &[]));
    }
    let without = |sign: &str| text.strip_prefix(sign).or_else(|| text.strip_suffix(sign)).map(str::trim);
    let signed = SIGNS.iter().find_map(|(sign, codes)| Some((without(sign)?, *codes)));
    let named = || {
        let code = |code: &&str| without(&code.to_ascii_lowercase());
        CURRENCIES.iter().find_map(|one| Some((code(one)?, std::slice::from_ref(one))))
    };
    signed.or_else(named).filter(|(number, _)| number.chars().all(is_number))
}

/// Whether a number is negative, and the rest of it: `-5`, `5-`, `(5)`.
fn minus(text: &str) -> (bool, &str) {
    let inner = text.strip_prefix('(').and_then(|inner| inner.strip_suffix(')'));
    match inner.or_else(|| text.strip_prefix('-')).or_else(|| text.strip_suffix('-')) {
        Some(rest) => (true, rest.trim()),
        None => (false, text.strip_prefix('+').unwrap_or(text).trim()),
    }
}

/// A number's digits with a point at most; `None` when it is none that begins and ends with a digit.
fn plain(number: &str, currency: Option<&str>) -> Option<String> {
    let is_digit = |char: char| char.is_ascii_digit();
    if !number.starts_with(is_digit) || !number.ends_with(is_digit) {
        return None;
    }
    let separators: Vec<char> = number.chars().filter(|char| !char.is_ascii_digit()).collect();
    let (grouped, fraction) = match separators[..] {
        ['.'] => number.split_once('.')?,
        [','] => match number.split_once(',')? {
            (before, behind) if behind.len() != 3 || before.starts_with('0') || before.len() > 3 => {
                (before, behind)
            }
            _ if has_no_thousandths(currency?) => (number, ""),
            _ => return None,
        },
        [.., other, last @ ('.' | ',')] if last != other => number.rsplit_once(last)?,
        _ => (number, ""),
    };
    let whole = ungrouped(grouped)?;
    Some(if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") })
}

/// The digits of a whole number whose groups are those of the west (1,234,567) or of India (12,34,567).
fn ungrouped(number: &str) -> Option<String> {
    let mut signs = number.chars().filter(|char| !char.is_ascii_digit());
    let Some(separator) = signs.next() else { return Some(number.to_owned()) };
    if signs.any(|sign| sign != separator) {
        return None;
    }
    let groups: Vec<usize> = number.split(separator).map(str::len).collect();
    let fits = match groups[..] {
        [first, ref middle @ .., 3] => {
            let western = (1..=3).contains(&first) && middle.iter().all(|length| *length == 3);
            let indian =
                separator == ',' && (1..=2).contains(&first) && middle.iter().all(|length| *length == 2);
            western || indian
        }
        _ => false,
    };
    (fits && !number.starts_with('0')).then(|| number.replace(separator, ""))
}

/// Whether no amount of that money has three digits behind its point.
fn has_no_thousandths(currency: &str) -> bool {
    CURRENCIES.contains(&currency)
}
