//! Amazon's marketplaces: their ids, and the country, language, money and domain of each, from Amazon's public list.
//!
//! A new one needs a line here; until then a home names its id in its own catalogue (`marketplaces = ["…"]`).

/// Fewest and most letters and digits of an id. Those of today have 13 or 14.
const ID_CHARS: std::ops::RangeInclusive<usize> = 10..=16;

/// A marketplace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marketplace {
    /// Its id, such as `ATVPDKIKX0DER`.
    pub id: &'static str,
    /// The country: ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// The language in which it is kept first: ISO 639-1.
    pub language: &'static str,
    /// The money in which it sells: ISO 4217.
    pub currency: &'static str,
    /// Its domain, in lower case. Reports write it as the sales channel (`Amazon.de`).
    pub domain: &'static str,
}

/// Every marketplace that Amazon names, the Americas first. China's sells no more, but its orders are still about.
#[rustfmt::skip]
pub const MARKETPLACES: [Marketplace; 24] = [
    of("ATVPDKIKX0DER", "US", "en", "USD", "amazon.com"),
    of("A2EUQ1WTGCTBG2", "CA", "en", "CAD", "amazon.ca"),
    of("A1AM78C64UM0Y8", "MX", "es", "MXN", "amazon.com.mx"),
    of("A2Q3Y263D00KWC", "BR", "pt", "BRL", "amazon.com.br"),
    of("A1F83G8C2ARO7P", "GB", "en", "GBP", "amazon.co.uk"),
    of("A28R8C7NBKEWEA", "IE", "en", "EUR", "amazon.ie"),
    of("A1PA6795UKMFR9", "DE", "de", "EUR", "amazon.de"),
    of("A13V1IB3VIYZZH", "FR", "fr", "EUR", "amazon.fr"),
    of("A1RKKUPIHCS9HS", "ES", "es", "EUR", "amazon.es"),
    of("APJ6JRA9NG5V4", "IT", "it", "EUR", "amazon.it"),
    of("A1805IZSGTT6HS", "NL", "nl", "EUR", "amazon.nl"),
    of("AMEN7PMS3EDWL", "BE", "fr", "EUR", "amazon.com.be"),
    of("A2NODRKZP88ZB9", "SE", "sv", "SEK", "amazon.se"),
    of("A1C3SOZRARQ6R3", "PL", "pl", "PLN", "amazon.pl"),
    of("A33AVAJ2PDY3EV", "TR", "tr", "TRY", "amazon.com.tr"),
    of("ARBP9OOSHTCHU", "EG", "ar", "EGP", "amazon.eg"),
    of("A17E79C6D8DWNP", "SA", "ar", "SAR", "amazon.sa"),
    of("A2VIGQ35RCS4UG", "AE", "en", "AED", "amazon.ae"),
    of("AE08WJ6YKNBMC", "ZA", "en", "ZAR", "amazon.co.za"),
    of("A21TJRUUN4KGV", "IN", "en", "INR", "amazon.in"),
    of("A1VC38T7YXB528", "JP", "ja", "JPY", "amazon.co.jp"),
    of("A19VAU5U5O7RUS", "SG", "en", "SGD", "amazon.sg"),
    of("A39IBJ37TRP1C6", "AU", "en", "AUD", "amazon.com.au"),
    of("AAHKV2X7AFYLW", "CN", "zh", "CNY", "amazon.cn"),
];

const fn of(
    id: &'static str,
    country: &'static str,
    language: &'static str,
    currency: &'static str,
    domain: &'static str,
) -> Marketplace {
    Marketplace { id, country, language, currency, domain }
}

/// The marketplace of that id.
pub fn marketplace(id: &str) -> Option<&'static Marketplace> {
    MARKETPLACES.iter().find(|marketplace| marketplace.id == id)
}

/// The marketplace of that domain, in any case: `Amazon.de`.
pub fn marketplace_at(domain: &str) -> Option<&'static Marketplace> {
    MARKETPLACES.iter().find(|marketplace| marketplace.domain.eq_ignore_ascii_case(domain))
}

/// Whether a text has the shape of a marketplace's id: an `A`, and capitals and digits behind it.
pub fn is_marketplace_id(id: &str) -> bool {
    ID_CHARS.contains(&id.len())
        && id.starts_with('A')
        && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_marketplace_stands_once_and_has_an_id() {
        let ids: BTreeSet<_> = MARKETPLACES.iter().map(|one| one.id).collect();
        let domains: BTreeSet<_> = MARKETPLACES.iter().map(|one| one.domain).collect();
        assert_eq!((ids.len(), domains.len()), (MARKETPLACES.len(), MARKETPLACES.len()));
        for one in &MARKETPLACES {
            assert!(is_marketplace_id(one.id), "{}", one.id);
            assert_eq!((marketplace(one.id), marketplace_at(one.domain)), (Some(one), Some(one)));
        }
        assert_eq!(marketplace_at("Amazon.co.uk").map(|one| one.country), Some("GB"));
        for none in
            ["", "A", "amazon.de", "BTVPDKIKX0DER", "atvpdkikx0der", "ATVPDKIKX0DER ", "A12345678901234567"]
        {
            assert!(!is_marketplace_id(none) && marketplace(none).is_none(), "{none}");
        }
    }
}
