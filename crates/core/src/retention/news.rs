//! What is heard of a record beside its documents: by a carrier's feed, a tracking answer, a notification.
//!
//! News joins the evidence as documents do: in any order, and heard twice it says nothing new.

use serde::Serialize;

use super::date::EARLIEST_SECOND;
use super::{Evidence, Seen, Sighting, Spoken};
use crate::{Json, Kind, Timestamp};

/// Something that was heard of a record.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum News {
    /// What somebody saw of a parcel.
    Parcel(ParcelNews),
    /// How an order stands.
    Order(OrderNews),
}

/// What somebody saw of a parcel.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParcelNews {
    /// The package; the whole order, when none is named.
    pub package: Option<Box<str>>,
    /// What was seen.
    pub what: Seen,
    /// When it happened.
    pub at: Option<Timestamp>,
    /// As of when it was known.
    pub as_of: Option<Timestamp>,
}

/// How an order stands, as far as the clock cares: what a document would say of it, and no more.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct OrderNews {
    /// Its status, in the words of any version of the Orders API.
    pub status: Option<Box<str>>,
    /// The status of its Easy Ship parcel.
    pub parcel: Option<Box<str>>,
    /// When it was ordered.
    pub ordered: Option<Timestamp>,
    /// When it changed.
    pub changed: Option<Timestamp>,
    /// Start of the window in which it is to be shipped.
    pub ship_from: Option<Timestamp>,
    /// Start and end of the window in which its delivery is promised.
    pub promised: (Option<Timestamp>, Option<Timestamp>),
    /// As of when it was known.
    pub as_of: Option<Timestamp>,
}

/// The circumstances in which news is heard.
#[derive(Clone, Copy, Debug)]
pub struct Hearing {
    /// As of when news speaks that does not say so itself: never later than now.
    pub as_of: Option<Timestamp>,
    /// The present.
    pub now: Timestamp,
    /// Whether news that counts by the present may have been heard before: then it raises nothing.
    pub again: bool,
}

impl News {
    /// Whether it would say more if it were heard later, since it has no time of its own that has come. Such news is
    /// news once: heard again it must not raise the earliest delivery.
    pub fn counts_by_the_present(&self, now: Timestamp) -> bool {
        match self {
            Self::Parcel(ParcelNews { what: Seen::UnderWay, at, as_of, .. }) => {
                settled(*as_of, now).or(settled(*at, now)).is_none()
            }
            // Without a time it lowers the latest delivery, and later it lowers it less.
            Self::Parcel(ParcelNews { at, .. }) => at.is_some_and(|at| at > now),
            Self::Order(OrderNews { changed, as_of, .. }) => {
                settled(*as_of, now).is_none() || changed.is_some_and(|changed| changed > now)
            }
        }
    }
}

impl Evidence {
    /// Takes in what was heard of a record.
    pub fn hear(&mut self, news: &News, hearing: Hearing) {
        let again = hearing.again && news.counts_by_the_present(hearing.now);
        match news {
            News::Parcel(news) => self.hear_of_parcel(news, hearing, again),
            News::Order(news) => {
                let as_of = settled(news.as_of, hearing.now).or(hearing.as_of).unwrap_or(hearing.now);
                let spoken = Spoken { as_of, fetched: false, seen_before: again, now: hearing.now };
                self.observe(Kind::Order, &news.document(), &spoken);
            }
        }
    }

    fn hear_of_parcel(&mut self, news: &ParcelNews, hearing: Hearing, again: bool) {
        let (own, at) = (settled(news.as_of, hearing.now), news.at);
        let fallback = hearing.as_of.unwrap_or(hearing.now);
        let (at, as_of) = match news.what {
            Seen::UnderWay if again => return,
            // That it was seen on its way then proves nothing of what came after.
            Seen::UnderWay => (None, own.or(settled(at, hearing.now)).unwrap_or(fallback)),
            Seen::Delivered | Seen::GivenUp => (at.filter(|_| !again), own.unwrap_or(fallback)),
        };
        let package = news.package.as_deref();
        let sighting = Sighting { package, what: news.what, at, as_of: as_of.min(hearing.now) };
        self.observe_sighting(&sighting, hearing.now);
    }
}

impl OrderNews {
    /// The same as a document in canonical names.
    fn document(&self) -> Json {
        let time = |time: Option<Timestamp>| time.map(|time| Json::String(time.to_string()));
        let word = |word: &Option<Box<str>>| word.as_deref().map(|word| Json::String(word.to_owned()));
        let (promised_from, promised_until) = self.promised;
        let fulfillment = object([
            ("fulfillmentStatus", word(&self.status)),
            ("easyShipShipmentStatus", word(&self.parcel)),
            ("shipByWindow", Some(object([("earliestDateTime", time(self.ship_from))]))),
            (
                "deliverByWindow",
                Some(object([
                    ("earliestDateTime", time(promised_from)),
                    ("latestDateTime", time(promised_until)),
                ])),
            ),
        ]);
        object([
            ("createdTime", time(self.ordered)),
            ("lastUpdatedTime", time(self.changed)),
            ("fulfillment", Some(fulfillment)),
        ])
    }
}

fn object<const N: usize>(members: [(&str, Option<Json>); N]) -> Json {
    let members = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Json::Object(members.collect())
}

/// A time that has come, and that R12 does not drop.
fn settled(time: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    time.filter(|time| time.as_second() >= EARLIEST_SECOND && *time <= now)
}

#[cfg(test)]
mod tests;
