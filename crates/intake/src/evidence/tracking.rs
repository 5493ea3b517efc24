//! Tracking answers: Shipping v2 (`eventHistory`) and Tracking 2026-01-30 (`trackingDetail`).
//!
//! Only what happened on the way to the buyer counts: what is on its way back came after (R8). Promises and estimates
//! are not looked at. An answer does not name the order: the caller does.

use bailee_core::retention::{News, OrderNews, ParcelNews, Seen, parse_date};
use bailee_core::{Json, Timestamp};

use super::feed::reference;
use super::json::{member, text};
use super::{Heard, Origin, Reason, Request};

/// Most events of an answer that are looked at, the first: a parcel has some ten, and one that travels the world thirty.
const EVENTS_MAX: usize = 1000;

/// Where an answer may name its order, if it does.
const REFERENCES: [&str; 2] = ["amazonorderid", "orderid"];

/// An event of a parcel's way.
pub(super) struct Event<'j> {
    code: &'j str,
    at: Option<Timestamp>,
}

/// The events of an answer; `None` when it is none.
pub(super) fn events(json: &Json) -> Option<Vec<Event<'_>>> {
    if let Some(history) = member(json, "eventhistory") {
        return Some(history.elements().iter().take(EVENTS_MAX).filter_map(shipping).collect());
    }
    let detail = member(json, "trackingdetail")?;
    let history = member(detail, "milestonehistory").map(Json::elements).unwrap_or_default();
    let all = history.iter().take(EVENTS_MAX).chain(member(detail, "latestmilestone"));
    Some(all.filter_map(milestone).collect())
}

/// An event of Shipping v2, unless it is of the way back.
fn shipping(event: &Json) -> Option<Event<'_>> {
    let is_forward = text(event, "shipmenttype").is_none_or(|way| way.eq_ignore_ascii_case("FORWARD"));
    let at = text(event, "eventtime").and_then(parse_date);
    is_forward.then_some(Event { code: text(event, "eventcode")?, at })
}

fn milestone(milestone: &Json) -> Option<Event<'_>> {
    let at = text(milestone, "occurredat").and_then(parse_date);
    Some(Event { code: text(member(milestone, "status")?, "code")?, at })
}

impl Event<'_> {
    /// What it says to the clock, if anything.
    fn news(&self, package: Option<&str>) -> Option<News> {
        let parcel =
            |what, at, as_of| News::Parcel(ParcelNews { package: package.map(Into::into), what, at, as_of });
        let letters = self.code.bytes().filter(u8::is_ascii_alphanumeric);
        let word: String = letters.map(|letter| char::from(letter.to_ascii_uppercase())).collect();
        match word.as_str() {
            "ORDERCANCELLED" | "ORDERCANCELED" => Some(News::Order(OrderNews {
                status: Some("CANCELLED".into()),
                changed: self.at,
                as_of: self.at,
                ..OrderNews::default()
            })),
            // What its buyer sends back has arrived before: by then, and nobody knows when.
            "RETURNDROPPEDOFF" | "RETURNPICKEDUP" | "RETURNINTRANSIT" | "RETURNRECEIVED" => {
                Some(parcel(Seen::Delivered, None, self.at))
            }
            _ => Seen::of_code(self.code).map(|what| parcel(what, self.at, None)),
        }
    }
}

/// What a tracking answer says of its order.
pub(super) fn read(json: &Json, events: &[Event<'_>], request: &Request) -> Result<Heard, Reason> {
    if request.origin.is_some_and(|origin| origin != Origin::Tracking) {
        return Err(Reason::OtherShape);
    }
    heard(json, events, request)
}

/// The same, wherever it stands.
pub(super) fn heard(json: &Json, events: &[Event<'_>], request: &Request) -> Result<Heard, Reason> {
    let detail = member(json, "trackingdetail");
    let places = [Some(json), detail, detail.and_then(|detail| member(detail, "identifier"))];
    let own =
        places.into_iter().flatten().find_map(|place| REFERENCES.iter().find_map(|name| text(place, name)));
    let reference = reference(own, request)?;
    let package = request.package_of(&reference);
    let news = events.iter().filter_map(|event| event.news(package.as_deref())).collect();
    Ok(Heard { reference, news })
}
