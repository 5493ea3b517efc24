//! How an order is named on the command line: `SELLER/REFERENCE`.

use std::str::FromStr;

use bailee_core::{ParseIdError, Reference, SellerId};

/// An order's name.
#[derive(Clone, Debug)]
pub(crate) struct OrderName {
    pub(crate) seller: SellerId,
    pub(crate) reference: Reference,
}

/// What is no order's name, and why. Nothing of the text is in it.
#[derive(Debug)]
pub(crate) enum NotAnOrder {
    /// There is no `/` in it.
    Form,
    /// Its seller or its reference is none.
    Id(ParseIdError),
}

impl std::fmt::Display for NotAnOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Form => {
                f.write_str("an order is named SELLER/REFERENCE, such as ALPHA/250-1234567-1234567")
            }
            Self::Id(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NotAnOrder {}

impl From<ParseIdError> for NotAnOrder {
    fn from(error: ParseIdError) -> Self {
        Self::Id(error)
    }
}

impl FromStr for OrderName {
    type Err = NotAnOrder;

    fn from_str(text: &str) -> Result<Self, NotAnOrder> {
        let (seller, reference) = text.split_once('/').ok_or(NotAnOrder::Form)?;
        Ok(Self { seller: seller.parse()?, reference: reference.parse()? })
    }
}

impl OrderName {
    /// Its address in the API.
    pub(crate) fn path(&self) -> String {
        format!("/v1/sellers/{}/orders/{}", self.seller, self.reference)
    }
}

impl std::fmt::Display for OrderName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.seller, self.reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_named_by_seller_and_reference() {
        let name: OrderName = "ALPHA/250-1234567-1234567".parse().unwrap();
        assert_eq!(name.path(), "/v1/sellers/ALPHA/orders/250-1234567-1234567");
        for bad in ["ALPHA", "/x", "ALPHA/", "ALPHA/a b", "A/B/C"] {
            assert!(bad.parse::<OrderName>().is_err(), "{bad}");
        }
    }
}
