//! The person behind a synthetic order, and where the parcel goes.

use std::fmt::Write;

use super::json::Writer;
use super::market::Market;
use super::mess::Mess;
use super::random::Random;

/// Somebody who does not exist.
pub(super) struct Person {
    pub(super) name: String,
    pub(super) mail: String,
    phone: String,
}

impl Person {
    pub(super) fn new(market: &Market, mut random: Random) -> Self {
        let (given, family) = (random.text(market.given), random.text(market.family));
        let name =
            if market.family_first { format!("{family} {given}") } else { format!("{given} {family}") };
        let phone = random.text(market.phones);
        let phone = filled(phone, &mut random);
        // Thirteen letters and digits that lead to nobody.
        let mail = (0..13).map(|_| random.pick(b"abcdefghijklmnopqrstuvwxyz0123456789", b'x'));
        Self { name, mail: format!("{}@{}", mail.map(char::from).collect::<String>(), market.mail), phone }
    }

    /// The mail address as the mess would have it.
    pub(super) fn dressed_mail(&self, mess: Option<Mess>) -> String {
        if mess == Some(Mess::EmailStyle) {
            let (local, domain) = self.mail.split_once('@').unwrap_or((&self.mail, ""));
            return format!(" {local}@{} ", domain.to_ascii_uppercase());
        }
        self.mail.clone()
    }

    /// The phone number as the mess would have it: as people at home write it.
    fn dressed_phone(&self, market: &Market, mess: Option<Mess>, random: &mut Random) -> String {
        if mess != Some(Mess::PhoneStyle) {
            return self.phone.clone();
        }
        let (code, trunk) = market.trunk;
        let national = self.phone.strip_prefix(code).unwrap_or(&self.phone);
        let extension = random.between(10, 99_999);
        match random.below(4) {
            0 => format!("{} ext. {extension}", self.phone),
            1 => format!("{trunk}{national} x{extension}"),
            2 => format!("{trunk}{}", national.replace([' ', '-'], ".")),
            _ => format!("{trunk}{national}").chars().map(full_width).collect(),
        }
    }
}

/// Everything about one delivery address.
pub(super) struct Address<'a> {
    pub(super) market: &'a Market,
    pub(super) person: &'a Person,
    pub(super) company: Option<&'a str>,
    /// Whether Amazon shows the phone number, as it does to those who ship themselves.
    pub(super) with_phone: bool,
    /// A newer version of the order has a corrected address.
    pub(super) corrected: bool,
    pub(super) mess: Option<Mess>,
}

impl Address<'_> {
    /// Writes the object under a key.
    pub(super) fn write(&self, out: &mut Writer, key: &str, mut random: Random) {
        let market = self.market;
        let dress = |text: &str| self.mess.map_or(text.to_owned(), |mess| mess.dress(text).into_owned());
        let street = random.text(market.streets);
        let number = random.between(1, 240).to_string();
        let line1 = match market.country {
            "JP" => street.to_owned(),
            "DE" | "BR" => format!("{street} {number}"),
            _ => format!("{number} {street}"),
        };
        let second = random.text(market.second_lines);
        let has_second = random.chance(45);
        let (city, region, postal_code) = random.pick(market.cities, ("", "", ""));
        let postal_code = filled(postal_code, &mut random);
        out.object(key, |out| {
            out.string("name", &dress(&self.person.name));
            if let Some(company) = self.company {
                out.string("companyName", &dress(company));
            }
            out.string("addressLine1", &dress(&line1));
            if self.corrected {
                out.string("addressLine2", &format!("{second} (2)"));
            } else if has_second {
                out.string("addressLine2", &dress(second));
            }
            out.string("city", &dress(city));
            out.string("stateOrRegion", region);
            out.string("postalCode", &postal_code);
            out.string(
                "countryCode",
                if self.mess == Some(Mess::CountryStyle) { market.alpha3 } else { market.country },
            );
            if self.with_phone {
                out.string("phone", &self.person.dressed_phone(market, self.mess, &mut random));
            }
            if market.country == "BR" {
                out.object("extendedFields", |out| {
                    out.string("streetName", street);
                    out.string("streetNumber", &number);
                    out.string("complement", second);
                    out.string("neighborhood", "Jardim Fictício");
                });
            }
            out.string("addressType", if self.company.is_some() { "COMMERCIAL" } else { "RESIDENTIAL" });
        });
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
