//! The marketplaces: their ids, money, people, streets and goods. All people and streets are made up.

mod america;
mod asia;
mod edges;
mod europe;
mod people;

use super::charset::Charset;
use super::random::Random;

/// A marketplace and what its orders are made of.
pub(super) struct Market {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    /// The domain behind the masked mail address.
    pub(super) mail: &'static str,
    pub(super) country: &'static str,
    /// The country's alpha-3 code, for the mess in which it stands for the other.
    pub(super) alpha3: &'static str,
    pub(super) currency: &'static str,
    /// Digits behind the point.
    pub(super) cents: bool,
    /// Its reports' distance from UTC; the same all year, so that it is no business of a calendar.
    pub(super) offset_minutes: i64,
    /// First three digits of its order ids.
    pub(super) order_prefix: u16,
    /// Who orders there, and how often in relation to the others.
    pub(super) people: &'static [(&'static People, u64)],
    pub(super) companies: &'static [&'static str],
    /// The first line of an address: `$S` is the street, `$N` the number.
    pub(super) line1: &'static str,
    pub(super) streets: &'static [&'static str],
    pub(super) second_lines: &'static [&'static str],
    /// City, state or region, postal code; `#` becomes a digit.
    pub(super) cities: &'static [(&'static str, &'static str, &'static str)],
    /// Numbers set aside for fiction where there are any, else such as nobody can have; `#` becomes a digit.
    pub(super) phones: &'static [&'static str],
    /// Calling code and trunk prefix, to write a number as people at home do.
    pub(super) trunk: (&'static str, &'static str),
    /// What a company's tax number is called, and its pattern.
    pub(super) vat: Option<(&'static str, &'static str)>,
    pub(super) titles: &'static [&'static str],
    pub(super) gifts: &'static [&'static str],
    pub(super) instructions: &'static [&'static str],
    pub(super) carriers: &'static [(&'static str, &'static str)],
}

/// Names that go together.
pub(super) struct People {
    pub(super) given: &'static [&'static str],
    pub(super) family: &'static [&'static str],
    pub(super) family_first: bool,
    /// What stands between the two.
    pub(super) gap: &'static str,
}

/// Every marketplace; the likelier ones come twice.
static MARKETS: [&Market; 20] = [
    &america::US,
    &america::US,
    &europe::DE,
    &europe::DE,
    &asia::JP,
    &europe::GB,
    &america::BR,
    &asia::IN,
    &europe::FR,
    &america::CA,
    &america::MX,
    &europe::IT,
    &edges::ES,
    &edges::NL,
    &edges::PL,
    &edges::SE,
    &edges::TR,
    &asia::AE,
    &asia::AU,
    &asia::SG,
];

/// The one that orders come from when there is no other.
pub(super) fn likeliest() -> &'static Market {
    &america::US
}

impl Market {
    /// Every marketplace, once.
    pub(super) fn each() -> Vec<&'static Self> {
        let mut each: Vec<&'static Self> = Vec::new();
        for market in MARKETS {
            if each.iter().all(|one| one.id != market.id) {
                each.push(market);
            }
        }
        each
    }

    /// The marketplaces whose names, streets and companies a charset can write, in the order of the list.
    pub(super) fn of(charset: Charset) -> Vec<&'static Self> {
        MARKETS.iter().copied().filter(|market| market.is_written_in(charset)).collect()
    }

    fn is_written_in(&self, charset: Charset) -> bool {
        let lists = [self.companies, self.streets, self.second_lines];
        let cities = self.cities.iter().flat_map(|(city, region, _)| [*city, *region]);
        let is_written = lists.into_iter().flatten().copied().chain(cities).all(|text| charset.carries(text));
        is_written && self.people.iter().any(|(people, _)| people.are_written_in(charset))
    }

    /// A name, of those that a charset can write, of somebody who does not exist.
    pub(super) fn person(&self, charset: Charset, random: &mut Random) -> String {
        let people = self.people.iter().filter(|(people, _)| people.are_written_in(charset));
        let mut at = random.below(people.clone().map(|(_, share)| share).sum());
        let mut drawn = people.skip_while(|(_, share)| {
            let is_behind = at >= *share;
            at = at.saturating_sub(*share);
            is_behind
        });
        let Some((people, _)) = drawn.next() else { return String::new() };
        let (given, family, gap) = (random.text(people.given), random.text(people.family), people.gap);
        if people.family_first { format!("{family}{gap}{given}") } else { format!("{given}{gap}{family}") }
    }
}

impl People {
    fn are_written_in(&self, charset: Charset) -> bool {
        charset.is_unicode() || self.given.iter().chain(self.family).all(|text| charset.carries(text))
    }
}
