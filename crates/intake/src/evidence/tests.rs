use std::io::Cursor;

use bailee_core::retention::{OrderNews, ParcelNews};

use super::*;

const REFERENCE: &str = "250-1234567-1234567";

fn request() -> Request {
    Request::default()
}

fn beside() -> Request {
    Request { reference: Some(REFERENCE.parse().unwrap()), ..Request::default() }
}

/// Every entry in short: its line, and what it says or the code of why it is refused.
fn read_with(input: &[u8], request: Request) -> Result<Vec<(u64, String)>, IntakeError> {
    let mut reader = Reader::open(Box::new(Cursor::new(input.to_vec())), request)?;
    let mut all = Vec::new();
    loop {
        let entries = reader.next_batch(3, 1 << 20)?;
        if entries.is_empty() {
            return Ok(all);
        }
        for Entry { position, said } in entries {
            assert_eq!(position.entry, all.len() as u64 + 1);
            let said = match said {
                Err(reason) => reason.code().to_owned(),
                Ok(heard) => {
                    let news: Vec<String> = heard.news.iter().map(shown).collect();
                    format!("{} {}", heard.reference, news.join(" ")).trim_end().to_owned()
                }
            };
            all.push((position.line, said));
        }
    }
}

fn shown(news: &News) -> String {
    let time = |time: Option<bailee_core::Timestamp>| time.map_or("?".to_owned(), |time| time.to_string());
    match news {
        News::Parcel(ParcelNews { package, what, at, as_of }) => {
            let package = package.as_deref().map_or(String::new(), |package| format!("{package}:"));
            format!("{package}{what}@{}/{}", time(*at), time(*as_of))
        }
        News::Order(OrderNews { status, parcel, changed, as_of, .. }) => {
            let status = status.as_deref().or(parcel.as_deref()).unwrap_or("?");
            format!("order:{status}@{}/{}", time(*changed), time(*as_of))
        }
    }
}

#[track_caller]
fn check(input: &str, request: Request, expected: &[(u64, &str)]) {
    let read = read_with(input.as_bytes(), request).unwrap();
    let read: Vec<(u64, &str)> = read.iter().map(|(line, said)| (*line, said.as_str())).collect();
    assert_eq!(read, expected, "{input}");
}

#[test]
fn a_table_is_read_by_its_headings() {
    check(
        "reference,status,time\n1-1-1,delivered,2026-03-05T10:00:00Z\n1-1-2,OUT_FOR_DELIVERY,\n1-1-3,LabelCreated,\n",
        request(),
        &[(2, "1-1-1 delivered@2026-03-05T10:00:00Z/?"), (3, "1-1-2 under-way@?/?"), (4, "1-1-3")],
    );
    // Any order, any delimiter, other headings; columns that nobody knows are passed over; two rows of one order are two.
    check(
        "City;Event Code;Package ID;Order-ID;Event Time;As of\r\nLeeds;Delivered;P1;1-1-1;2026-03-05;\r\n\
         Leeds;Lost;P2;1-1-1;;2026-03-06T01:00:00Z\r\n",
        request(),
        &[(2, "1-1-1 P1:delivered@2026-03-04T10:00:00Z/?"), (3, "1-1-1 P2:given-up@?/2026-03-06T01:00:00Z")],
    );
    let rows = "reference\tstatus\ttime\n\tdelivered\t\n1-1-1\t\t\n1-1-1\tzugestellt\t\n1-1-1\tdelivered\tsoon\n\
                1-1-1\tdelivered\t2026-03-05\ttoo\tmany\n1 1 1\tdelivered\t\n1-1-9\tdelivered\t\n";
    check(
        rows,
        request(),
        &[
            (2, "no-reference"),
            (3, "no-status"),
            (4, "unknown-status"),
            (5, "bad-time"),
            (6, "syntax"),
            (7, "bad-reference"),
            (8, "1-1-9 delivered@?/?"),
        ],
    );
}

#[test]
fn lines_of_json_are_read_by_their_names_and_a_broken_one_costs_itself() {
    check(
        "{\"orderId\":\"1-1-1\",\"status\":\"delivered\",\"deliveredAt\":\"2026-03-05T10:00:00+01:00\"}\n\
         {\"orderId\":\"1-1-1\",\n{\"reference\":11,\"status\":\"given-up\",\"package\":\"P\"}\nnonsense\n\
         {\"name\":\"Juniper Fernsby\"}\n{\"status\":\"delivered\"}\n{\"orderId\":\"1-1-1\",\"status\":{\"a\":1}}\n\
         {\"orderId\":\"1 1 1\",\"status\":\"delivered\"}\n",
        request(),
        &[
            (1, "1-1-1 delivered@2026-03-05T09:00:00Z/?"),
            (2, "truncated"),
            (3, "11 P:given-up@?/?"),
            (4, "syntax"),
            (5, "unknown-shape"),
            (6, "no-reference"),
            (7, "no-status"),
            (8, "bad-reference"),
        ],
    );
    check(
        r#"[{"order_id":"1-1-1","status":"under-way","as_of":"2026-03-05T10:00:00Z"},{"reference":"1-1-2","status":"x"}]"#,
        request(),
        &[(1, "1-1-1 under-way@?/2026-03-05T10:00:00Z"), (1, "unknown-status")],
    );
}

#[test]
fn of_a_tracking_answer_only_the_way_there_counts() {
    let shipping = r#"{"payload":{"trackingId":"X","eventHistory":[
        {"eventCode":"ReadyForReceive","eventTime":"2026-03-03T10:00:00Z","shipmentType":"FORWARD"},
        {"eventCode":"Undeliverable","eventTime":"2026-03-05T10:00:00Z","shipmentType":"FORWARD"},
        {"eventCode":"Delivered","eventTime":"2026-03-09T10:00:00Z","shipmentType":"RETURNS"}],
        "promisedDeliveryDate":"2026-03-04T10:00:00Z"}}"#;
    let expected = format!("{REFERENCE} given-up@2026-03-05T10:00:00Z/?");
    check(shipping, beside(), &[(1, &expected)]);
    check(shipping, request(), &[(1, "no-reference")]);
    let package = Request { package: Some("P1".into()), ..beside() };
    let tracking = r#"{"trackingDetail":{"latestMilestone":{"status":{"code":"RETURN_IN_TRANSIT"},"occurredAt":"2026-03-09T10:00:00Z"},
        "milestoneHistory":[{"status":{"code":"ORDER_CANCELLED"},"occurredAt":"2026-03-05T10:00:00Z"},
        {"status":{"code":"OUT_FOR_DELIVERY"},"occurredAt":"gibberish"}, {"status":7}, 8],
        "trackingEstimates":[{"type":"ESTIMATED_DELIVERY_DATE"}]}}"#;
    let expected = format!(
        "{REFERENCE} order:CANCELLED@2026-03-05T10:00:00Z/2026-03-05T10:00:00Z P1:under-way@?/? \
         P1:delivered@?/2026-03-09T10:00:00Z"
    );
    check(tracking, package, &[(1, &expected)]);
}

fn order_change(status: &str) -> String {
    format!(
        r#"{{"NotificationType":"ORDER_CHANGE","EventTime":"2026-03-05T11:00:00Z","Payload":{{"OrderChangeNotification":{{
        "AmazonOrderId":"{REFERENCE}","OrderChangeTrigger":{{"TimeOfOrderChange":"2026-03-05T10:00:00Z"}},
        "Summary":{{"OrderStatus":"{status}","DestinationPostalCode":"LS1 4AP","PurchaseDate":"2026-03-01T10:00:00Z"}}}}}}}}"#
    )
    .replace('\n', "")
}

#[test]
fn a_notification_says_what_a_document_of_its_status_would() {
    let expected = format!("{REFERENCE} order:Canceled@2026-03-05T10:00:00Z/2026-03-05T11:00:00Z");
    let change = order_change("Canceled");
    check(&change, request(), &[(1, &expected)]);
    // As text inside a topic's message, or inside what a bus hands over.
    let message = serde_json::json!({ "Type": "Notification", "Message": change }).to_string();
    check(&message, request(), &[(1, &expected)]);
    check(&format!(r#"{{"id":"1","detail":{change}}}"#), request(), &[(1, &expected)]);
    let milestone = r#"{"notificationType":"SHIPMENT_TRACKING_MILESTONE_CHANGED","payload":{
        "shipmentTrackingMilestoneChangedNotification":{"trackingDetail":{"identifier":{"aftn":"A1"},
        "latestMilestone":{"status":{"code":"DELIVERED"},"occurredAt":"2026-03-06T10:00:00Z"}}}}}"#;
    check(milestone, beside(), &[(1, &format!("{REFERENCE} delivered@2026-03-06T10:00:00Z/?"))]);
    check(milestone, request(), &[(1, "no-reference")]);
    let other = r#"{"notificationType":"ANY_OFFER_CHANGED","payload":{}}"#;
    check(other, request(), &[(1, "other-notification")]);
    check(r#"{"notificationType":"ORDER_CHANGE"}"#, request(), &[(1, "unknown-shape")]);
}

#[test]
fn what_was_named_is_held_to() {
    let named = |origin| Request { origin: Origin::named(origin), ..beside() };
    let line = r#"{"orderId":"1-1-1","status":"delivered"}"#;
    let tracking = r#"{"eventHistory":[]}"#;
    let change = order_change("Shipped");
    for (input, own) in [(line, "carrier-feed"), (tracking, "tracking"), (&change, "notification")] {
        for origin in Origin::ALL {
            let read = read_with(input.as_bytes(), named(origin.as_str())).unwrap();
            assert_eq!(read[0].1 == "other-shape", origin.as_str() != own, "{input} as {origin:?}");
        }
    }
    assert!(Origin::named("csv").is_none());
}

#[test]
fn what_is_nothing_of_it_is_refused_as_a_whole_and_nothing_at_all_is_no_fault() {
    for input in ["Dear customer,\nyour parcel\n", "a,b\n1,2\n", r#"{"buyer":{"name":"x"}}"#, "<a/>"] {
        let refused = read_with(input.as_bytes(), request());
        assert!(matches!(refused, Err(IntakeError::UnknownFormat)), "{input}");
    }
    for input in ["", "\n\n", "reference,status\n", "[]"] {
        assert_eq!(read_with(input.as_bytes(), request()).unwrap(), [], "{input:?}");
    }
}

#[test]
fn every_reason_has_a_code_of_its_own_and_says_what_to_do() {
    let codes: std::collections::BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    assert_eq!(codes.len(), Reason::ALL.len());
    for reason in Reason::ALL {
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
        assert!(!reason.words().ends_with('.'));
    }
}

#[test]
fn a_package_named_beside_the_input_is_of_the_record_that_was_named_with_it() {
    let package = Request { package: Some("P1".into()), ..beside() };
    check(
        &format!("reference,status\n{REFERENCE},delivered\n1-1-2,delivered\n,delivered\n"),
        package.clone(),
        &[
            (2, &format!("{REFERENCE} P1:delivered@?/?")),
            (3, "1-1-2 delivered@?/?"),
            (4, &format!("{REFERENCE} P1:delivered@?/?")),
        ],
    );
    let other = r#"{"orderId":"1-1-2","eventHistory":[{"eventCode":"Delivered","eventTime":"2026-03-05T10:00:00Z"}]}"#;
    check(other, package, &[(1, "1-1-2 delivered@2026-03-05T10:00:00Z/?")]);
}

#[test]
fn a_name_may_be_written_together_or_apart() {
    for (reference, status, time) in
        [("order-reference", "status-code", "event-date"), ("OrderReference", "StatusCode", "EventDate")]
    {
        let line = format!("{reference},{status},{time}\n1-1-1,delivered,2026-03-05T10:00:00Z\n");
        check(&line, request(), &[(2, "1-1-1 delivered@2026-03-05T10:00:00Z/?")]);
    }
    for (reference, status) in [("orderNumber", "deliveryStatus"), ("order_number", "shipmentStatus")] {
        let line = format!(r#"{{"{reference}":"1-1-1","{status}":"delivered"}}"#);
        check(&line, request(), &[(1, "1-1-1 delivered@?/?")]);
    }
}

#[test]
fn a_package_has_a_length() {
    for (length, said) in [(ID_BYTES_MAX, "delivered"), (ID_BYTES_MAX + 1, "bad-package")] {
        let line = format!(r#"{{"orderId":"1","status":"delivered","package":"{}"}}"#, "p".repeat(length));
        assert!(read_with(line.as_bytes(), request()).unwrap()[0].1.contains(said));
    }
}

#[test]
fn hostile_input_is_bounded_and_costs_itself() {
    let deep =
        format!("{}{}", r#"{"orderId":"1","status":"#.to_owned() + &"[".repeat(500), "]".repeat(500) + "}");
    let good = r#"{"orderId":"1","status":"delivered"}"#;
    check(
        &format!("{good}\n{deep}\n{good}\n"),
        request(),
        &[(1, "1 delivered@?/?"), (2, "too-deep"), (3, "1 delivered@?/?")],
    );
    // Letters whose character set nobody can tell.
    let mut wrong = b"reference,status,city\n1,delivered,Leeds\n2,delivered,L\x81\x8d\xffs\n".to_vec();
    let read = read_with(&wrong, request()).unwrap();
    assert_eq!(
        read.iter().map(|(_, said)| said.as_str()).collect::<Vec<_>>(),
        ["1 delivered@?/?", "encoding"]
    );
    wrong.truncate(40);
    assert_eq!(read_with(&wrong, request()).unwrap()[0].1, "1 delivered@?/?");
}
