//! Notifications of Amazon: ORDER_CHANGE and SHIPMENT_TRACKING_MILESTONE_CHANGED.
//!
//! Names are found however they are written, since envelopes of different years differ. Of an order its status and its
//! dates are picked; where it goes, to whom and with what is not looked at.

use bailee_core::retention::{News, OrderNews, parse_date};
use bailee_core::{Json, Timestamp};

use super::feed::reference;
use super::json::{member, text};
use super::{Heard, Origin, Reason, Request, tracking};

/// Longest status of an order that is looked at.
const STATUS_BYTES_MAX: usize = 64;

/// What a notification of this type says.
pub(super) fn read(envelope: &Json, kind: &str, request: &Request) -> Result<Heard, Reason> {
    if request.origin.is_some_and(|origin| origin != Origin::Notification) {
        return Err(Reason::OtherShape);
    }
    let payload = member(envelope, "payload").ok_or(Reason::UnknownShape)?;
    match kind {
        "ORDER_CHANGE" | "ORDER_STATUS_CHANGE" => {
            let body = body(payload, &["orderchangenotification", "orderstatuschangenotification"]);
            order(envelope, body, request)
        }
        "SHIPMENT_TRACKING_MILESTONE_CHANGED" => {
            let body = body(payload, &["shipmenttrackingmilestonechangednotification"]);
            let events = tracking::events(body).ok_or(Reason::UnknownShape)?;
            tracking::heard(body, &events, request)
        }
        _ => Err(Reason::OtherNotification),
    }
}

/// What a payload is about: it stands alone, or under its name.
fn body<'j>(payload: &'j Json, names: &[&str]) -> &'j Json {
    names.iter().find_map(|name| member(payload, name)).unwrap_or(payload)
}

fn order(envelope: &Json, body: &Json, request: &Request) -> Result<Heard, Reason> {
    let own = ["amazonorderid", "orderid"].iter().find_map(|name| text(body, name));
    let reference = reference(own, request)?;
    let summary = member(body, "summary").unwrap_or(body);
    let word = |name| text(summary, name).filter(|word| word.len() <= STATUS_BYTES_MAX).map(Into::into);
    let date = |name| time(summary, name);
    let sent = time(envelope, "eventtime")
        .or_else(|| time(member(envelope, "notificationmetadata")?, "publishtime"));
    let changed = member(body, "orderchangetrigger").and_then(|trigger| time(trigger, "timeoforderchange"));
    let status: Option<Box<str>> = word("orderstatus");
    let parcel: Option<Box<str>> = word("easyshipshipmentstatus");
    if status.is_none() && parcel.is_none() {
        return Err(Reason::NoStatus);
    }
    let news = OrderNews {
        status,
        parcel,
        ordered: date("purchasedate"),
        changed: changed.or(sent),
        ship_from: date("earliestshipdate"),
        promised: (date("earliestdeliverydate"), date("latestdeliverydate")),
        as_of: sent.or(changed),
    };
    Ok(Heard { reference, news: vec![News::Order(news)] })
}

fn time(json: &Json, name: &str) -> Option<Timestamp> {
    parse_date(text(json, name)?)
}
