//! The formats in which synthetic orders are written.

use super::mess::Mess;

/// A format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Orders 2026-01-01.
    #[default]
    Orders,
    /// Orders v0, as `getOrders` answers them.
    OrdersV0,
    /// Orders v0, as the six answers that each hold a part of an order, shuffled.
    OrdersV0Answers,
}

/// How documents of a JSON format stand in the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// One per line.
    #[default]
    Lines,
    /// Pages as the API answers them, a hundred orders each.
    Page,
    /// The same, written for people.
    Pretty,
}

impl Shape {
    /// Every shape with its name.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("lines", Self::Lines), ("page", Self::Page), ("pretty", Self::Pretty)];

    /// The shape of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(one, _)| *one == name).map(|(_, shape)| *shape)
    }
}

impl Format {
    /// Every format with its name.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("orders-2026-01-01", Self::Orders),
        ("orders-v0", Self::OrdersV0),
        ("orders-v0-answers", Self::OrdersV0Answers),
    ];

    /// The format of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(one, _)| one.eq_ignore_ascii_case(name)).map(|(_, format)| *format)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }

    /// The name of the format that reads it.
    pub fn reads_as(self) -> &'static str {
        match self {
            Self::Orders => "orders-2026-01-01",
            Self::OrdersV0 | Self::OrdersV0Answers => "orders-v0",
        }
    }

    /// What its documents are about.
    pub fn kind(self) -> &'static str {
        "order"
    }

    /// What stands around the orders of a page.
    pub(super) fn page(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Orders => Some(("{\"orders\":[", "],\"pagination\":{\"nextToken\":\"c3ludGhldGlj\"}}\n")),
            Self::OrdersV0 => Some(("{\"payload\":{\"Orders\":[", "],\"NextToken\":\"c3ludGhldGlj\"}}\n")),
            Self::OrdersV0Answers => None,
        }
    }

    /// What is done to documents of it in a shape.
    pub fn mess(self, shape: Shape) -> Vec<Mess> {
        let fits = |mess: &Mess| match mess {
            // Within a page it would break those behind it too.
            Mess::Truncated => shape == Shape::Lines,
            Mess::UnknownField => self != Self::OrdersV0Answers,
            _ => true,
        };
        Mess::ALL.iter().copied().filter(fits).collect()
    }
}
