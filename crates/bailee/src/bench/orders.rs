//! The orders of the bench: 1.5 kB each, ten personal fields, four terms to search by, as many as are wanted.
//!
//! Made by number, in a microsecond, and never held: a stream of them costs next to nothing beside what is measured.
//! Nobody in them exists; their phone numbers are those that are set aside for fiction. They come in the order of their
//! days, as a seller's do: a fifth was shipped on the first, and is one bucket; the others on the days after it, and what
//! follows them on the last. The same number of as many gives the same order, for ever.

use std::fmt::Write as _;

use bailee_core::Timestamp;
use jiff::ToSpan;

use crate::failure::{Failure, Result};

/// Whose orders they are.
pub(super) const SELLER: &str = "BENCH";
/// The time of the home that they go into.
const NOW: &str = "2026-11-20T12:00:00Z";
/// What every reference begins with, where it stands in JSON.
pub(super) const REFERENCE_BEGINS: &str = "\"114-";
/// Personal fields of each.
pub(super) const FIELDS: [&str; 10] = [
    "buyer.buyerName",
    "buyer.buyerEmail",
    "recipient.deliveryAddress.name",
    "recipient.deliveryAddress.addressLine1",
    "recipient.deliveryAddress.addressLine2",
    "recipient.deliveryAddress.city",
    "recipient.deliveryAddress.stateOrRegion",
    "recipient.deliveryAddress.postalCode",
    "recipient.deliveryAddress.phone",
    "packages[1].trackingNumber",
];
/// Rows of each in the store that go with its bucket: the part, its envelope, its terms.
pub(super) const ROWS_OF_A_BUCKET: u64 = 2 + 4;

/// Of so many orders, one is of the day that is disposed of first, which is the earliest.
const HEAVY_ONE_OF: u64 = 5;
/// On so many days before [`NOW`] they were shipped: the first is the heavy one.
const DAYS: u64 = 20;

const FIRST_NAMES: [&str; 16] = [
    "Ada", "Björn", "Chloé", "Dinah", "Emil", "Fatima", "Günther", "Hana", "Ines", "Joris", "Kamala",
    "Lucía", "Milan", "Noor", "Olivia", "Pavel",
];
const SYLLABLES: [&str; 32] = [
    "ba", "del", "fi", "gor", "hu", "ka", "len", "mi", "no", "pur", "ra", "sen", "ti", "vor", "wa", "zel",
    "bri", "cho", "dra", "fel", "gan", "hol", "jan", "kre", "lu", "mor", "nis", "ol", "pa", "ros", "sta",
    "tum",
];
const STREETS: [&str; 8] = [
    "Fictional Avenue",
    "Sample Road",
    "Nowhere Lane",
    "Invented Boulevard",
    "Placeholder Street",
    "Imaginary Court",
    "Made-Up Drive",
    "Specimen Way",
];
const CITIES: [(&str, &str); 8] = [
    ("Sampleton", "WA"),
    ("Port Example", "OR"),
    ("New Specimen", "NY"),
    ("Fort Placeholder", "TX"),
    ("Testville", "OH"),
    ("Mock Springs", "CO"),
    ("Saint Fiction", "MN"),
    ("Nowhere Falls", "GA"),
];
const AREA_CODES: [&str; 16] = [
    "206", "503", "212", "512", "614", "303", "612", "404", "415", "312", "617", "702", "305", "215", "313",
    "801",
];

/// Makes orders by their number.
#[derive(Clone, Debug)]
pub(super) struct Orders {
    now: Timestamp,
    records: u64,
    /// For each day, counted from the earliest, when what was shipped then was ordered and shipped.
    days: Vec<(String, String)>,
}

impl Orders {
    /// So many, and those that follow them.
    pub(super) fn new(records: u64) -> Result<Self> {
        let unknown = |_| Failure::failed("the time of the bench is none");
        let now: Timestamp = NOW.parse().map_err(unknown)?;
        let before = |hours: u64| -> Result<String> {
            let hours = i64::try_from(hours).unwrap_or(i64::MAX).hours();
            now.checked_sub(hours).map(|at| at.to_string()).map_err(|_| Failure::failed("no such day"))
        };
        let days = (0..DAYS).rev().map(|day| Ok((before(day * 24 + 30)?, before(day * 24 + 6)?)));
        Ok(Self { now, records, days: days.collect::<Result<_>>()? })
    }

    /// The time of the home that they go into.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// Appends an order as a line.
    pub(super) fn line(&self, number: u64, out: &mut String) {
        let order = Order::of(number);
        let (ordered, shipped) = self.day(number);
        let id = Digits(order.mixed);
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            r#"{{"orderId":"{}","createdTime":"{ordered}","lastUpdatedTime":"{shipped}","programs":["PRIME"],"salesChannel":{{"channelName":"AMAZON","marketplaceId":"ATVPDKIKX0DER","marketplaceName":"Amazon.com"}},"#,
            order.reference()
        );
        let _ = write!(
            out,
            r#""buyer":{{"buyerName":"{name}","buyerEmail":"{mail}"}},"recipient":{{"deliveryAddress":{{"name":"{name}","addressLine1":"{house} {street}","addressLine2":"Apartment {flat}","city":"{city}","stateOrRegion":"{state}","postalCode":"{zip:05}","countryCode":"US","phone":"{phone}","addressType":"RESIDENTIAL"}}}},"#,
            name = order.name(),
            mail = order.mail(),
            house = 1 + order.at(11, 9_000),
            street = order.pick(&STREETS, 24),
            flat = 1 + order.at(31, 400),
            city = order.city().0,
            state = order.city().1,
            zip = 10_000 + order.at(37, 89_000),
            phone = order.phone()
        );
        let _ = write!(
            out,
            r#""proceeds":{{"grandTotal":{{"amount":"{price}.99","currencyCode":"USD"}}}},"fulfillment":{{"fulfillmentStatus":"SHIPPED","fulfilledBy":"MERCHANT","fulfillmentServiceLevel":"STANDARD"}},"#,
            price = 5 + order.at(17, 90)
        );
        let _ = write!(
            out,
            r#""orderItems":[{{"orderItemId":"7{id}","quantityOrdered":1,"product":{{"asin":"B0TEST{asin:04}","title":"A desk lamp that nobody has ever made, blue, with a long arm and a heavy foot","sellerSku":"SKU-{asin:04}-07","price":{{"unitPrice":{{"amount":"{price}.99","currencyCode":"USD"}}}}}},"proceeds":{{"proceedsTotal":{{"amount":"{price}.99","currencyCode":"USD"}}}},"fulfillment":{{"quantityFulfilled":1,"quantityUnfulfilled":0}}}}],"#,
            asin = order.at(41, 10_000),
            price = 5 + order.at(17, 90)
        );
        let _ = write!(
            out,
            r#""packages":[{{"packageReferenceId":"1","createdTime":"{shipped}","packageStatus":{{"status":"SHIPPED","detailedStatus":"PICKED_UP"}},"carrier":"Sample Post","shipTime":"{shipped}","shippingService":"Standard","trackingNumber":"TEST{id}","packageItems":[{{"orderItemId":"7{id}","quantity":1}}]}}]}}"#
        );
        out.push('\n');
    }

    fn day(&self, number: u64) -> (&str, &str) {
        let heavy = Self::heavy(self.records);
        let day = match number.checked_sub(heavy) {
            None => 0,
            Some(later) => 1 + (later * (DAYS - 1) / (self.records - heavy).max(1)).min(DAYS - 2),
        };
        let day = usize::try_from(day).ok().and_then(|day| self.days.get(day));
        day.map_or(("", ""), |(ordered, shipped)| (ordered, shipped))
    }

    /// How many are of the day that is disposed of first: the first of them.
    pub(super) fn heavy(records: u64) -> u64 {
        records / HEAVY_ONE_OF
    }
}

/// What of an order hangs on its number.
pub(super) struct Order {
    number: u64,
    mixed: u64,
}

impl Order {
    pub(super) fn of(number: u64) -> Self {
        Self { number, mixed: mix(number) }
    }

    pub(super) fn reference(&self) -> String {
        format!("114-{:07}-{:07}", self.number / 10_000_000, self.number % 10_000_000)
    }

    /// Of one person among millions.
    pub(super) fn name(&self) -> String {
        let mut surname = String::new();
        (0..5).for_each(|place| surname.push_str(self.pick(&SYLLABLES, 5 * place)));
        if let Some(first) = surname.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        format!("{} {surname}", self.pick(&FIRST_NAMES, 32))
    }

    pub(super) fn mail(&self) -> String {
        format!("t{:016x}@marketplace.amazon.com", self.mixed)
    }

    pub(super) fn phone(&self) -> String {
        format!("+1 {} 555 01{:02}", self.pick(&AREA_CODES, 44), self.at(48, 100))
    }

    pub(super) fn city(&self) -> (&'static str, &'static str) {
        self.pick(&CITIES, 28)
    }

    /// The plaintexts of its personal fields, in the order of [`FIELDS`].
    pub(super) fn values(&self) -> [String; 10] {
        let (city, state) = self.city();
        [
            self.name(),
            self.mail(),
            self.name(),
            format!("{} {}", 1 + self.at(11, 9_000), self.pick(&STREETS, 24)),
            format!("Apartment {}", 1 + self.at(31, 400)),
            city.to_owned(),
            state.to_owned(),
            format!("{:05}", 10_000 + self.at(37, 89_000)),
            self.phone(),
            format!("TEST{}", Digits(self.mixed)),
        ]
    }

    /// A number below a bound, from its bits behind a place.
    fn at(&self, place: u32, bound: u64) -> u64 {
        self.mixed.rotate_right(place) % bound
    }

    fn pick<T: Copy + Default>(&self, all: &[T], place: u32) -> T {
        let at = usize::try_from(self.at(place, all.len() as u64)).unwrap_or(0);
        all.get(at).copied().unwrap_or_default()
    }
}

/// Ten digits.
struct Digits(u64);

impl std::fmt::Display for Digits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:010}", self.0 % 10_000_000_000)
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014): neighbours become strangers, and no two numbers become one.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use bailee_core::Kind;
    use bailee_core::catalogue::{Catalogue, Field, Node};

    use super::*;

    fn lines(numbers: std::ops::Range<u64>) -> Vec<String> {
        let orders = Orders::new(5_000_000).unwrap();
        let line = |number| {
            let mut line = String::new();
            orders.line(number, &mut line);
            line
        };
        numbers.map(line).collect()
    }

    #[test]
    fn an_order_is_a_line_of_a_kilobyte_and_a_half() {
        for line in lines(0..1000) {
            assert!((1400..=1600).contains(&line.len()), "{} bytes: {line}", line.len());
            assert_eq!(line.matches('\n').count(), 1);
        }
    }

    #[test]
    fn its_personal_values_are_ten_and_stand_in_it() {
        for number in [0, 1, 4_999_999] {
            let line = &lines(number..number + 1)[0];
            let json: serde_json::Value = serde_json::from_str(line).unwrap();
            let order = Order::of(number);
            assert_eq!(json["orderId"], order.reference());
            for (field, value) in FIELDS.iter().zip(order.values()) {
                let path = format!("/{}", field.replace("[1]", ".0").replace('.', "/"));
                assert_eq!(json.pointer(&path).unwrap(), &value, "{field}");
            }
        }
    }

    /// The fields of all leaves of a document.
    fn fields<'a>(value: &serde_json::Value, node: Node<'a>, found: &mut Vec<&'a Field>) {
        match value {
            serde_json::Value::Object(members) => {
                members.iter().for_each(|(key, value)| fields(value, node.member(key).unwrap(), found));
            }
            serde_json::Value::Array(elements) => {
                elements.iter().for_each(|value| fields(value, node.element().unwrap(), found));
            }
            _ => found.push(node.field().unwrap()),
        }
    }

    #[test]
    fn the_catalogue_finds_ten_personal_fields_in_it_and_four_kinds_of_terms() {
        let catalogue = Catalogue::embedded().unwrap();
        let document = serde_json::from_str(&lines(7..8)[0]).unwrap();
        let mut found = Vec::new();
        fields(&document, catalogue.root(Kind::Order), &mut found);
        let personal: HashSet<String> =
            found.iter().filter(|field| field.is_personal()).map(|field| field.path.to_string()).collect();
        assert_eq!(personal, FIELDS.map(|path| path.replace("[1]", "[]")).into());
        let kinds: HashSet<_> =
            found.iter().filter_map(|field| field.searched).map(|kind| format!("{kind:?}")).collect();
        assert_eq!(kinds.len(), 4, "{kinds:?}");
    }

    #[test]
    fn a_fifth_is_of_the_first_day_and_the_rest_of_nineteen_others() {
        let orders = Orders::new(9500).unwrap();
        let days: Vec<_> = (0..9600).map(|number| orders.day(number)).collect();
        assert_eq!(days.iter().collect::<HashSet<_>>().len(), 20);
        assert!(days.is_sorted_by_key(|(_, shipped)| *shipped), "they come in the order of their days");
        assert_eq!(days.iter().filter(|day| **day == days[0]).count(), 9500 / 5);
        assert_eq!(Orders::heavy(9500), 9500 / 5);
        assert_eq!(
            days.iter().filter(|day| **day == days[9499]).count(),
            400 + 100,
            "what follows is of the last"
        );
    }

    #[test]
    fn buyers_are_told_apart() {
        let orders: Vec<_> = (0..20_000).map(Order::of).collect();
        let distinct = |value: fn(&Order) -> String| orders.iter().map(value).collect::<HashSet<_>>().len();
        assert_eq!(distinct(Order::mail), 20_000);
        assert_eq!(distinct(Order::reference), 20_000);
        assert!(distinct(Order::name) > 19_900);
    }
}
