//! What values look like, without keeping any.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::RECORDS_TOLD_MIN;
use crate::Json;

/// What the values of a field look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// E-mail addresses.
    Email,
    /// Phone numbers.
    Phone,
    /// Postal codes with letters or a sign in them; those of digits alone are told from numbers by their name only.
    PostalCode,
    /// Days or instants.
    Date,
    /// Amounts and counts.
    Amount,
    /// Yes or no.
    Flag,
    /// Few different words, each in many records.
    FewWords,
    /// What people write.
    LongText,
}

/// Shares of the values of a field that have a shape. Holds counts, and short hashes that never leave it.
#[derive(Clone, Debug, Default)]
pub struct Shapes {
    values: u64,
    email: u64,
    phone: u64,
    postal_code: u64,
    date: u64,
    amount: u64,
    flag: u64,
    long_text: u64,
    /// Of different values; none once there are too many.
    words: Option<Vec<u64>>,
}

/// Of so many values one may look otherwise.
const OF_VALUES: u64 = 10;

/// Most different words of a field that has few.
const WORDS_MAX: usize = 16;

/// Fewest values for each different word of a field that has few.
const VALUES_PER_WORD: u64 = 4;

/// From so many characters on a text is long.
const LONG_CHARACTERS: usize = 40;

/// From so many words on a text is what somebody wrote.
const LONG_WORDS: usize = 6;

impl Shapes {
    /// Counts a value.
    pub fn add(&mut self, value: &Json) {
        let first = self.values == 0;
        self.values += 1;
        let text = match value {
            Json::String(text) => text.trim(),
            Json::Bool(_) => {
                self.flag += 1;
                return;
            }
            Json::Integer(_) | Json::Float(_) => {
                self.amount += 1;
                return;
            }
            Json::Null | Json::Array(_) | Json::Object(_) => return,
        };
        self.email += u64::from(is_email(text));
        self.phone += u64::from(is_phone(text));
        self.postal_code += u64::from(is_postal_code(text));
        self.date += u64::from(is_date(text));
        self.amount += u64::from(is_amount(text));
        self.flag += u64::from(is_flag(text));
        self.long_text += u64::from(is_long(text));
        self.remember_word(first, text);
    }

    /// What they look like, when they are of so many records that this tells of none, and nearly all look alike.
    pub fn look(&self, records: u64) -> Option<Look> {
        if records < RECORDS_TOLD_MIN {
            return None;
        }
        let nearly_all = |count: u64| self.values > 0 && count * OF_VALUES >= self.values * (OF_VALUES - 1);
        let looks = [
            (self.email, Look::Email),
            (self.flag, Look::Flag),
            (self.date, Look::Date),
            (self.amount, Look::Amount),
            (self.phone, Look::Phone),
            (self.postal_code, Look::PostalCode),
        ];
        let alike = looks.into_iter().find(|(count, _)| nearly_all(*count)).map(|(_, look)| look);
        let words = self.words.as_ref().map_or(0, Vec::len) as u64;
        let few = words > 0 && self.values.min(records) >= words.max(RECORDS_TOLD_MIN) * VALUES_PER_WORD;
        // Comments are often short: that some are long is enough.
        let long = self.long_text * 4 >= self.values && self.long_text > 0;
        alike.or(few.then_some(Look::FewWords)).or(long.then_some(Look::LongText))
    }

    fn remember_word(&mut self, first: bool, text: &str) {
        if first {
            self.words = Some(Vec::new());
        }
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let hash = hasher.finish();
        let Some(words) = &mut self.words else { return };
        if !words.contains(&hash) {
            words.push(hash);
        }
        if words.len() > WORDS_MAX {
            self.words = None;
        }
    }
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    !local.is_empty() && domain.contains('.') && !text.contains(char::is_whitespace)
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let fits = |sign: char| sign.is_ascii_digit() || " +-()/.".contains(sign);
    (7..=17).contains(&digits) && text.chars().all(fits)
}

fn is_postal_code(text: &str) -> bool {
    let (digits, letters) = text.chars().fold((0, 0), |(digits, letters), sign| {
        (digits + usize::from(sign.is_ascii_digit()), letters + usize::from(sign.is_ascii_alphabetic()))
    });
    let signs = text.chars().count() - digits - letters;
    let fits = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, ' ' | '-');
    let is_mixed = (1..=5).contains(&letters) && letters + digits <= 8 || letters == 0 && signs == 1;
    (2..=9).contains(&digits) && signs <= 1 && is_mixed && text.chars().all(fits)
}

fn is_date(text: &str) -> bool {
    let starts = |pattern: &str| {
        text.len() >= pattern.len()
            && text.chars().zip(pattern.chars()).all(|(sign, wanted)| match wanted {
                '0' => sign.is_ascii_digit(),
                wanted => sign == wanted,
            })
    };
    ["0000-00-00", "00.00.0000", "00/00/0000", "0000/00/00", "00-00-0000"].into_iter().any(starts)
}

fn is_amount(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let number = text.trim_start_matches('-');
    // A longer one may be somebody's number.
    (1..=6).contains(&digits) && number.chars().all(|sign| sign.is_ascii_digit() || matches!(sign, '.' | ','))
}

fn is_flag(text: &str) -> bool {
    ["true", "false", "yes", "no", "y", "n"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn is_long(text: &str) -> bool {
    text.chars().count() >= LONG_CHARACTERS || text.split_whitespace().count() >= LONG_WORDS
}
