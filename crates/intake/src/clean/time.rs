//! Times: every style that Amazon's reports, their localised variants and spreadsheets use, as RFC 3339.
//!
//! What comes out is `2025-07-30T17:34:47+09:00` with a zone that is known, the same without one where it is not, or
//! the date alone. No time of day and no zone is made up: the retention clock reads what is missing as early as it can
//! be (R13). What is in that form already stays byte for byte. A date that can be read in two ways stays as it came,
//! and the clock drops it (R12): a wrong date would let data live too long.
//!
//! Numeric dates with the year last: what is possible decides (`17/05/2011`); where both orders are, the separator
//! does. Points put the day first. Dashes put the month first: `MM-DD-YYYY` is what the order reports of the US and of
//! Seller Central in Europe write. A slash is written both ways, so it decides nothing.

#[cfg(test)]
mod tests;
mod words;

use bailee_core::retention::parse_date;
use unicode_normalization::UnicodeNormalization;

use super::phone::ascii_form;

/// No style is longer.
const TEXT_CHARS_MAX: usize = 80;

/// Years in which something can have been ordered; other numbers are something else.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// The canonical form of a time; `None` when it has it, or is not understood.
pub(super) fn time(text: &str) -> Option<String> {
    if is_canonical(text.as_bytes()) || text.chars().nth(TEXT_CHARS_MAX).is_some() {
        return None;
    }
    let folded = fold(text);
    let mut tokens = tokens(&folded);
    let clock = Clock::take(&mut tokens)?;
    let date = date(&tokens)?;
    let time = match clock {
        Some(Clock { time, zone }) => format!("{date}T{time}{}", zone.unwrap_or_default()),
        None => date,
    };
    // Only what the retention clock can read: a 30th of February is no date, however it is written.
    parse_date(&time).map(|_| time)
}

/// Whether a text is a date, or RFC 3339 with or without its zone, as far as its signs tell.
fn is_canonical(text: &[u8]) -> bool {
    let shape = |text: &[u8], shape: &[u8]| {
        text.len() == shape.len()
            && text.iter().zip(shape).all(|(byte, sign)| match sign {
                b'0' => byte.is_ascii_digit(),
                b'T' => matches!(byte, b'T' | b't'),
                b'+' => matches!(byte, b'+' | b'-'),
                sign => byte == sign,
            })
    };
    let Some((moment, rest)) = text.split_at_checked(19) else { return shape(text, b"0000-00-00") };
    let zone = match rest.strip_prefix(b".") {
        Some(fraction) => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 {
                return false;
            }
            fraction.get(digits..).unwrap_or_default()
        }
        None => rest,
    };
    shape(moment, b"0000-00-00T00:00:00") && (matches!(zone, b"" | b"Z" | b"z") || shape(zone, b"+00:00"))
}

/// Lower case and common width, with the signs between the parts of a time in one form.
fn fold(text: &str) -> String {
    let folded: String = text.nfkc().map(ascii_form).flat_map(char::to_lowercase).collect();
    let folded = folded.replace("a. m.", "am").replace("p. m.", "pm").replace("a.m.", "am");
    let folded = folded.replace("p.m.", "pm").replace("午前", "am ").replace("午後", "pm ");
    // 17時34分47秒
    let folded = folded.replace("分", if folded.contains('秒') { ":" } else { "" });
    let folded = folded.replace("時", if folded.ends_with('時') { ":00" } else { ":" });
    folded.replace('秒', "")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Number(&'a str),
    Word(&'a str),
    Sign(char),
    Space,
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let kind = Class::of(first);
        let same = |char: char| Class::of(char) == kind;
        let length = match kind {
            Class::Sign => first.len_utf8(),
            _ => rest.find(|char| !same(char)).unwrap_or(rest.len()),
        };
        let (part, behind) = rest.split_at(length);
        tokens.push(match kind {
            Class::Number => Token::Number(part),
            Class::Word => Token::Word(part),
            Class::Sign => Token::Sign(first),
            Class::Space => Token::Space,
        });
        rest = behind;
    }
    tokens
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Number,
    Word,
    Sign,
    Space,
}

impl Class {
    fn of(char: char) -> Self {
        match char {
            '0'..='9' => Self::Number,
            // Each of these stands for itself behind its number.
            '年' | '月' | '日' => Self::Sign,
            char if char.is_whitespace() => Self::Space,
            char if char.is_alphabetic() || unicode_normalization::char::is_combining_mark(char) => {
                Self::Word
            }
            _ => Self::Sign,
        }
    }
}

/// The time of day, and where.
struct Clock {
    /// `17:34:47`, with its fraction.
    time: String,
    /// `Z`, `+09:00`; `None` when it is not said, or not clearly.
    zone: Option<String>,
}

impl Clock {
    /// Takes the time of day out of the tokens. `None` when there is one that is not understood, `Some(None)` when
    /// there is none.
    #[expect(clippy::option_option, reason = "the two kinds of absence are told apart by the caller at once")]
    fn take(tokens: &mut Vec<Token<'_>>) -> Option<Option<Self>> {
        if let Some(taken) = Self::take_compact(tokens) {
            return Some(Some(taken));
        }
        let Some(colon) = tokens.iter().position(|token| *token == Token::Sign(':')) else {
            return Some(None);
        };
        let start = colon.checked_sub(1)?;
        let behind = tokens.split_off(start);
        let mut rest = Rest(&behind);
        let hour = rest.number(1..=2)?;
        rest.sign(':')?;
        let minute = rest.number(2..=2)?;
        let second = if rest.sign(':').is_some() { Some(rest.number(2..=2)?) } else { None };
        let fraction = match rest.fraction() {
            Some(digits) => format!(".{digits}"),
            None => String::new(),
        };
        rest.space();
        let half = rest.word(|word| matches!(word, "am" | "pm").then_some(word)).or_else(|| leading(tokens));
        let hour = hour_of_day(hour.parse().ok()?, half)?;
        rest.space();
        rest.word(|word| (word == "uhr").then_some(()));
        rest.space();
        if second.is_none() && tokens.last() == Some(&Token::Space) && rest.sign('-').is_some() {
            // 2025-07-30 10:00-12:00 is from ten to twelve.
            return None;
        }
        let zone = rest.zone()?;
        tokens.extend(rest.0);
        let second = second.unwrap_or("00");
        Some(Some(Self { time: format!("{hour:02}:{minute}:{second}{fraction}"), zone }))
    }

    /// `20250730T083447Z`: the date stays.
    fn take_compact(tokens: &mut Vec<Token<'_>>) -> Option<Self> {
        let [Token::Number(date), Token::Word("t"), Token::Number(time), behind @ ..] = &tokens[..] else {
            return None;
        };
        let (date, time) = (*date, *time);
        if date.len() != 8 || !matches!(time.len(), 4 | 6) {
            return None;
        }
        let mut rest = Rest(behind);
        let zone = rest.zone()?.filter(|_| rest.0.is_empty());
        if zone.is_none() && !behind.is_empty() {
            return None;
        }
        let second = time.get(4..).filter(|second| !second.is_empty()).unwrap_or("00");
        let time = format!("{}:{}:{second}", time.get(..2)?, time.get(2..4)?);
        tokens.truncate(1);
        Some(Self { time, zone })
    }
}

/// `pm` before the time, as in Japanese.
fn leading<'a>(tokens: &mut Vec<Token<'a>>) -> Option<&'a str> {
    let at = tokens.iter().rposition(|token| *token != Token::Space)?;
    match tokens.get(at).copied() {
        Some(Token::Word(half @ ("am" | "pm"))) => {
            tokens.truncate(at);
            Some(half)
        }
        _ => None,
    }
}

fn hour_of_day(hour: u8, half: Option<&str>) -> Option<u8> {
    match (half, hour) {
        (None, 0..=23) => Some(hour),
        (Some("am"), 1..=12) => Some(hour % 12),
        (Some("pm"), 1..=12) => Some(hour % 12 + 12),
        // 0:18 pm is what some write for 12:18 pm, and others for 0:18.
        _ => None,
    }
}

/// What is still to be read.
struct Rest<'a, 'b>(&'b [Token<'a>]);

impl<'a> Rest<'a, '_> {
    fn number(&mut self, length: std::ops::RangeInclusive<usize>) -> Option<&'a str> {
        match self.0 {
            [Token::Number(digits), rest @ ..] if length.contains(&digits.len()) => {
                self.0 = rest;
                Some(digits)
            }
            _ => None,
        }
    }

    fn sign(&mut self, sign: char) -> Option<char> {
        match self.0 {
            [Token::Sign(first), rest @ ..] if *first == sign => {
                self.0 = rest;
                Some(sign)
            }
            _ => None,
        }
    }

    fn space(&mut self) {
        if let [Token::Space, rest @ ..] = self.0 {
            self.0 = rest;
        }
    }

    fn word<T>(&mut self, known: impl FnOnce(&'a str) -> Option<T>) -> Option<T> {
        match self.0 {
            [Token::Word(word), rest @ ..] => known(word).inspect(|_| self.0 = rest),
            _ => None,
        }
    }

    /// Fractions of a second, nine digits at most.
    fn fraction(&mut self) -> Option<&'a str> {
        match self.0 {
            [Token::Sign('.' | ','), Token::Number(digits), rest @ ..] if digits.len() <= 9 => {
                self.0 = rest;
                Some(digits)
            }
            _ => None,
        }
    }

    /// A zone, if one follows; `None` when there is something else that could be one.
    #[expect(
        clippy::option_option,
        reason = "no zone and a zone that is not understood are told apart at once"
    )]
    fn zone(&mut self) -> Option<Option<String>> {
        let named = self.word(words::zone);
        let offset = if named.is_none_or(|zone| zone.is_universal()) { self.offset()? } else { None };
        // JavaScript, Java: the zone's name once more, in brackets.
        self.space();
        if let [Token::Sign('(' | '['), inner @ .., Token::Sign(')' | ']')] = self.0 {
            let name =
                |token: &Token<'_>| !matches!(token, Token::Number(_) | Token::Sign('(' | ')' | '[' | ']'));
            if !inner.iter().all(name) {
                return None;
            }
            self.0 = &[];
        }
        Some(offset.or_else(|| named.and_then(words::Zone::offset)))
    }

    /// `+09:00`, `-0800`, `+9`; `None` when it is out of range.
    #[expect(
        clippy::option_option,
        reason = "no offset and one that is not understood are told apart at once"
    )]
    fn offset(&mut self) -> Option<Option<String>> {
        let (sign, digits, rest) = match self.0 {
            [Token::Sign(sign @ ('+' | '-')), Token::Number(digits), rest @ ..] => (*sign, *digits, rest),
            _ => return Some(None),
        };
        let (hour, minute, rest) = match (digits.len(), rest) {
            (1 | 2, [Token::Sign(':'), Token::Number(minute), rest @ ..]) => (digits, *minute, rest),
            (1 | 2, rest) => (digits, "00", rest),
            (4, rest) => (digits.get(..2)?, digits.get(2..)?, rest),
            _ => return None,
        };
        let hour: u8 = hour.parse().ok()?;
        if hour > 14 || minute.len() != 2 || minute > "59" {
            return None;
        }
        self.0 = rest;
        Some(Some(format!("{sign}{hour:02}:{minute}")))
    }
}

/// A part of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<'a> {
    Number(&'a str),
    Month(u8),
}

/// The date that the tokens are; `None` when they are something else, or two dates.
fn date(tokens: &[Token<'_>]) -> Option<String> {
    let mut parts = Vec::new();
    let mut signs = Vec::new();
    for token in tokens {
        match token {
            Token::Number(digits) => parts.push(Part::Number(digits)),
            Token::Word(word) => match words::month(word) {
                Some(month) => parts.push(Part::Month(month)),
                None if words::is_filler(word) || words::zone(word).is_some() => {}
                None => return None,
            },
            Token::Sign(sign @ ('-' | '/' | '.')) => signs.push(*sign),
            Token::Sign(',' | '年' | '月' | '日') | Token::Space => {}
            Token::Sign(_) => return None,
        }
    }
    let (year, month, day) = match parts[..] {
        [Part::Number(compact)] if compact.len() == 8 && signs.is_empty() => {
            (year(compact.get(..4)?)?, number(compact.get(4..6)?)?, number(compact.get(6..)?)?)
        }
        [Part::Number(first), Part::Number(month), Part::Number(day)] if first.len() == 4 => {
            (year(first)?, number(month)?, number(day)?)
        }
        [Part::Number(one), Part::Number(two), Part::Number(last)] => {
            let (month, day) = in_order(number(one)?, number(two)?, &signs)?;
            (year(last)?, month, day)
        }
        [Part::Number(first), Part::Month(month), Part::Number(day)] if first.len() == 4 => {
            (year(first)?, month, number(day)?)
        }
        [Part::Number(day), Part::Month(month), Part::Number(last)]
        | [Part::Month(month), Part::Number(day), Part::Number(last)] => {
            (short_year(last)?, month, number(day)?)
        }
        _ => return None,
    };
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

/// Month and day of a date with the year last.
fn in_order(one: u8, two: u8, signs: &[char]) -> Option<(u8, u8)> {
    let (month_first, day_first) = (Some((one, two)), Some((two, one)));
    match (one, two, signs) {
        _ if one == two => month_first,
        (13.., ..) => day_first,
        (_, 13.., _) => month_first,
        (.., ['.', '.', ..]) => day_first,
        (.., ['-', '-']) => month_first,
        _ => None,
    }
}

fn number(digits: &str) -> Option<u8> {
    (digits.len() <= 2).then(|| digits.parse().ok())?
}

fn year(digits: &str) -> Option<i32> {
    let year = digits.parse().ok().filter(|year| YEARS.contains(year))?;
    (digits.len() == 4).then_some(year)
}

/// `27-Nov-21`: beside a month in letters the last number is the year.
fn short_year(digits: &str) -> Option<i32> {
    if digits.len() == 2 { Some(2000 + digits.parse::<i32>().ok()?) } else { year(digits) }
}
