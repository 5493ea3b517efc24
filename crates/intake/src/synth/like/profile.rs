//! The shape of the orders of a home, as it leaves it: counts and shares, never a value.
//!
//! Names in it are those of closed sets (marketplaces, statuses, fields of the embedded catalogue) and the numbers are of
//! [`CELL_MIN`] orders or values at least, so that nothing in it is of one person.

use bailee_core::Kind;
use bailee_core::catalogue::Catalogue;
use bailee_core::catalogue::suggest::RECORDS_TOLD_MIN;
use serde::{Deserialize, Serialize};

use super::super::order::Status;

/// What such a file begins with.
const FORMAT: &str = "bailee-synth-profile/1";

/// Most bytes of such a file: a dozen groups with every field of the catalogue, several times over.
pub const PROFILE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Fewest orders or values that anything is told of.
pub const CELL_MIN: u64 = RECORDS_TOLD_MIN;

/// From so many on the items of an order are not told apart.
pub(super) const ITEMS_MAX: u64 = 20;

/// From so many characters on the lengths of texts are not told apart.
pub(super) const LENGTH_MAX: u64 = 1024;

/// The largest count that is believed: what JSON carries exactly everywhere.
const COUNT_MAX: u64 = 1 << 53;

/// The shape of a home's orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub(super) format: String,
    /// How many orders were measured.
    pub orders: u64,
    /// How many of them are of each marketplace; the others are counted with the one that has most.
    pub(super) marketplaces: Vec<Marketplace>,
    pub(super) groups: Vec<Group>,
    /// How long personal texts are.
    pub(super) lengths: Vec<Lengths>,
}

/// The orders of a marketplace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Marketplace {
    pub(super) id: String,
    pub(super) orders: u64,
}

/// Orders of one status, fulfilled by the same party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub(super) status: Option<Status>,
    pub(super) fulfilled_by: Option<By>,
    pub(super) orders: u64,
    /// How many orders have so many items.
    pub(super) items: Vec<Items>,
    /// The fields and lists that are held, by path.
    pub(super) fields: Vec<Held>,
}

/// Who ships.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum By {
    Amazon,
    Merchant,
}

/// Orders with that many items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Items {
    pub(super) items: u64,
    pub(super) orders: u64,
}

/// How often a field, or a list, is held: by so many of so many orders, or elements of the list around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Held {
    pub(super) path: String,
    pub(super) held: u64,
    pub(super) of: u64,
}

/// How long the values of a field are, in characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lengths {
    pub(super) path: String,
    pub(super) bins: Vec<Bin>,
}

/// Values of `from` to `to` characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bin {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) values: u64,
}

/// Why there is no profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// Too few orders were measured.
    #[error(
        "fewer than {CELL_MIN} orders are held that can be measured; their shape would tell of single people (2.5.b)"
    )]
    TooFew,
    /// A file that is none.
    #[error("this is no profile; `bailee synth profile --out FILE` writes one")]
    Foreign,
    /// A file that says what none says.
    #[error("this profile cannot be used: {0}; write it anew with `bailee synth profile --out FILE`")]
    Unfit(&'static str),
}

impl Profile {
    pub(super) fn new(
        orders: u64,
        marketplaces: Vec<Marketplace>,
        groups: Vec<Group>,
        lengths: Vec<Lengths>,
    ) -> Self {
        Self { format: FORMAT.to_owned(), orders, marketplaces, groups, lengths }
    }

    /// Reads one, as [`serde_json`] writes it.
    ///
    /// # Errors
    /// When it is none, or holds what none holds, such as a count that is too small to be told.
    pub fn parse(json: &[u8]) -> Result<Self, ProfileError> {
        if json.len() > PROFILE_BYTES_MAX {
            return Err(ProfileError::Foreign);
        }
        let profile: Self = serde_json::from_slice(json).map_err(|_| ProfileError::Foreign)?;
        if profile.format != FORMAT {
            return Err(ProfileError::Foreign);
        }
        profile.check().map_err(ProfileError::Unfit)?;
        Ok(profile)
    }

    /// What it must be to have been written by [`super::Tally`].
    fn check(&self) -> Result<(), &'static str> {
        let catalogue = Catalogue::embedded().map_err(|_| "this program's catalogue is damaged")?;
        let is_told = |count: u64| (CELL_MIN..=COUNT_MAX).contains(&count);
        let sum = self.groups.iter().try_fold(0_u64, |sum, group| sum.checked_add(group.orders));
        if !is_told(self.orders) || sum != Some(self.orders) {
            return Err("its groups do not add up to its orders");
        }
        let marketplaces = self.marketplaces.iter();
        if !marketplaces.clone().all(|one| catalogue.knows_marketplace(&one.id) && is_told(one.orders)) {
            return Err("a marketplace is not known, or has too few orders");
        }
        for group in &self.groups {
            let is_fine = |items: &Items| (1..=ITEMS_MAX).contains(&items.items) && is_told(items.orders);
            if !is_told(group.orders) || !group.items.iter().all(is_fine) {
                return Err("a group has too few orders, or too many items");
            }
            let is_known = |path: &str| super::is_held_path(&catalogue, path);
            let is_share =
                |one: &Held| one.held <= one.of && (one.held == one.of || is_told(one.of - one.held));
            if !group.fields.iter().all(|one| is_known(&one.path) && is_told(one.held) && is_share(one)) {
                return Err("a field is not known, or is held too seldom");
            }
        }
        let is_length = |bin: &Bin| {
            (1..=LENGTH_MAX).contains(&bin.from)
                && (bin.from..=LENGTH_MAX).contains(&bin.to)
                && is_told(bin.values)
        };
        let is_known = |path: &str| catalogue.field_at(Kind::Order, path).is_some();
        match self.lengths.iter().all(|one| is_known(&one.path) && one.bins.iter().all(is_length)) {
            true => Ok(()),
            false => Err("a length is out of range, or of too few values"),
        }
    }
}
