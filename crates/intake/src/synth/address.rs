//! The person behind a synthetic order, and where the parcel goes.

use std::fmt::Write;

use super::charset::Charset;
use super::market::Market;
use super::random::Random;

/// Somebody who does not exist.
pub(super) struct Person {
    pub(super) name: String,
    pub(super) mail: String,
    /// With calling code, as it is written for other countries.
    pub(super) phone: String,
}

impl Person {
    pub(super) fn new(market: &Market, charset: Charset, mut random: Random) -> Self {
        let name = market.person(charset, &mut random);
        let phone = random.text(market.phones);
        let phone = filled(phone, &mut random);
        // Thirteen letters and digits that lead to nobody.
        let mail = (0..13).map(|_| random.pick(b"abcdefghijklmnopqrstuvwxyz0123456789", b'x'));
        Self { name, mail: format!("{}@{}", mail.map(char::from).collect::<String>(), market.mail), phone }
    }
}

/// A phone number as it is written, and what it means after RFC 3966.
pub(super) struct Phone {
    pub(super) written: String,
    pub(super) meant: String,
}

impl Phone {
    /// As marketplaces write it, or as people at home do, some with an extension.
    pub(super) fn new(number: &str, market: &Market, at_home: bool, random: &mut Random) -> Self {
        let meant = format!("+{}", number.chars().filter(char::is_ascii_digit).collect::<String>());
        if !at_home {
            return Self { written: number.to_owned(), meant };
        }
        let (code, trunk) = market.trunk;
        let national = number.strip_prefix(code).unwrap_or(number);
        let extension = random.between(10, 99_999);
        let extended = format!("{meant};ext={extension}");
        match random.below(4) {
            0 => Self { written: format!("{number} ext. {extension}"), meant: extended },
            1 => Self { written: format!("{trunk}{national} x{extension}"), meant: extended },
            2 => Self { written: format!("{trunk}{}", national.replace([' ', '-'], ".")), meant },
            _ if market.country == "JP" => {
                Self { written: format!("{trunk}{national}").chars().map(full_width).collect(), meant }
            }
            _ => Self { written: format!("{trunk}{}", national.replace(' ', "-")), meant },
        }
    }
}

/// Where a parcel goes.
pub(super) struct Address {
    pub(super) line1: String,
    pub(super) line2: Option<String>,
    pub(super) city: &'static str,
    pub(super) region: &'static str,
    pub(super) postal_code: String,
    pub(super) street: &'static str,
    pub(super) number: String,
    /// What `line2` holds when there is one.
    pub(super) second: &'static str,
}

impl Address {
    /// A newer version of an order has a corrected one.
    pub(super) fn new(market: &Market, corrected: bool, mut random: Random) -> Self {
        let street = random.text(market.streets);
        let number = random.between(1, 240).to_string();
        let second = random.text(market.second_lines);
        let has_second = random.chance(45);
        let (city, region, postal_code) = random.pick(market.cities, ("", "", ""));
        let line2 =
            if corrected { Some(format!("{second} (2)")) } else { has_second.then(|| second.to_owned()) };
        Self {
            line1: market.line1.replace("$S", street).replace("$N", &number),
            line2,
            city,
            region,
            postal_code: filled(postal_code, &mut random),
            street,
            number,
            second,
        }
    }
}

/// A pattern with a digit in each place of `#`.
pub(super) fn filled(pattern: &str, random: &mut Random) -> String {
    let mut text = String::with_capacity(pattern.len());
    for char in pattern.chars() {
        if char == '#' {
            let _ = write!(text, "{}", random.below(10));
        } else {
            text.push(char);
        }
    }
    text
}

/// The form twice as wide, as Japanese input methods write it.
fn full_width(char: char) -> char {
    match char {
        '!'..='~' => char::from_u32(u32::from(char) + 0xFEE0).unwrap_or(char),
        char => char,
    }
}
