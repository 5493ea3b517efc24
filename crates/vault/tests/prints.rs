//! Prints: a document is made of what was allowed, under a number that stays open until somebody says what became of it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod common;

use bailee_core::Day;
use bailee_ledger::authorized::{self, KeepPrints};
use bailee_render::{Fonts, Form, Paper, Template};
use bailee_vault::VaultError;
use bailee_vault::prints::{COPIES_MAX, Drawn, ENDED_MAX, Elsewhere, How, Standing};
use bailee_vault::reveal::{Held, Resolved};
use common::{Home, seller};
use serde_json::json;

const NOW: &str = "2026-03-02T12:00:00Z";
const ORDER: &str = "302-1111111-0000001";
const NAME: &str = "Quirina Zettelmann";

fn home(directory: &std::path::Path, name: &str) -> Home {
    let home = Home::new(directory, NOW);
    let order = json!({
        "orderId": ORDER, "createdTime": "2026-03-01T10:00:00Z", "lastUpdatedTime": "2026-03-02T10:00:00Z",
        "buyer": { "buyerName": name },
        "recipient": { "deliveryAddress": { "name": name, "addressLine1": "1 Mill Lane", "city": "Leeds", "countryCode": "GB" } },
        "orderItems": [{ "orderItemId": "1", "quantityOrdered": 2, "product": { "title": "Kettle" } }],
        "fulfillment": { "fulfillmentStatus": "SHIPPED" },
        "packages": [{ "packageReferenceId": "1", "shipTime": "2026-03-02T09:00:00Z" }]
    });
    home.collect(&order.to_string());
    home
}

fn held(home: &Home) -> Held {
    match home.resolve(ORDER) {
        Resolved::Held(held) => held,
        _ => panic!("not held"),
    }
}

fn draw(home: &Home, held: &Held, paper: Paper, form: Form) -> Result<Drawn, VaultError> {
    let template = Template::embedded(paper).unwrap();
    let authorized = home.allow(held, paper.purpose());
    home.vault.draw(authorized, held, (&template, form, &Fonts::default()))
}

fn prints(home: &Home) -> Vec<Standing> {
    home.vault.prints(&home.act(KeepPrints)).unwrap()
}

fn elsewhere(copies: u32, until: Option<&str>) -> Elsewhere {
    let until = until.map(|day| day.parse::<Day>().unwrap());
    Elsewhere {
        what: "pick list of Monday".into(),
        record: None,
        copies,
        place: Some("packing table".into()),
        until,
    }
}

fn code<T>(done: Result<T, VaultError>) -> &'static str {
    done.err().unwrap().code()
}

#[test]
fn a_document_has_a_number_that_is_open_until_its_end_is_said_and_is_an_event_after_the_reveal() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path(), NAME);
    let one = held(&home);
    let slip = draw(&home, &one, Paper::PackingSlip, Form::Html).unwrap();
    let text = String::from_utf8(slip.file.expose().clone()).unwrap();
    assert!(text.contains(NAME) && text.contains("Kettle") && text.contains("Print 1 "), "{text}");
    let label = draw(&home, &one, Paper::Label, Form::Zpl).unwrap();
    assert_eq!((slip.print.number, label.print.number), (1, 2));
    let events = home.events();
    assert_eq!(events[events.len() - 4..], ["revealed", "print", "revealed", "print"]);
    assert!(prints(&home).iter().all(|one| !one.overdue && one.print.ended.is_none()));
    assert_eq!(prints(&home)[0].reference.as_ref().unwrap().as_str(), ORDER);

    let end = |numbers: &[u64]| {
        home.vault.end_prints(home.act(KeepPrints), numbers, How::Shredded, Some("Ben Beispiel"))
    };
    assert_eq!(code(end(&[2, 3])), "not-found");
    assert!(prints(&home)[1].print.ended.is_none(), "all or none");
    assert_eq!(end(&[2, 2]).unwrap().len(), 1);
    assert_eq!(code(end(&[2])), "print-ended");
    let ended = prints(&home).remove(1).print.ended.unwrap();
    assert_eq!((ended.how, ended.done_by.as_deref()), (How::Shredded, Some("Ben Beispiel")));
    assert_eq!(code(end(&[])), "unacceptable");
    assert_eq!(code(end(&(1..=ENDED_MAX as u64 + 1).collect::<Vec<_>>())), "unacceptable");
    let text = home.ledger_text();
    assert!(!text.contains("Ben") && !text.contains(ORDER) && !text.contains("Quirina"));
    assert!(!home.files_hold(b"Ben Beispiel") && !home.files_hold(NAME.as_bytes()));
    home.verify_ledger();
}

#[test]
fn a_print_is_overdue_once_the_personal_data_on_it_has_ended() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path(), NAME);
    let one = held(&home);
    draw(&home, &one, Paper::Label, Form::Zpl).unwrap();
    home.vault.add_print(home.act(KeepPrints), elsewhere(12, Some("2026-03-05"))).unwrap();
    let overdue = |home: &Home| prints(home).iter().map(|one| one.overdue).collect::<Vec<_>>();
    assert_eq!(overdue(&home), [false, false]);
    let home = home.at("2026-03-06T00:00:00Z");
    assert_eq!(overdue(&home), [false, true]);
    // Two days before its day begins it is closing.
    let home = home.at("2026-03-30T00:00:00Z");
    assert_eq!(overdue(&home), [true, true]);
    home.vault.end_prints(home.act(KeepPrints), &[1, 2], How::Sent, None).unwrap();
    assert_eq!(overdue(&home), [false, false]);
}

#[test]
fn prints_of_elsewhere_are_taken_within_their_limits() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path(), NAME);
    let add = |copies, until| home.vault.add_print(home.act(KeepPrints), elsewhere(copies, until));
    for (copies, until) in [(1, None), (COPIES_MAX, Some("2026-03-02")), (1, Some("2026-04-01"))] {
        assert!(add(copies, until).is_ok(), "{copies} {until:?}");
    }
    for (copies, until) in
        [(0, None), (COPIES_MAX + 1, None), (1, Some("2026-03-01")), (1, Some("2026-04-02"))]
    {
        assert_eq!(code(add(copies, until)), "unacceptable", "{copies} {until:?}");
    }
    let nameless = Elsewhere { what: " \u{1b} ".into(), ..elsewhere(1, None) };
    assert_eq!(code(home.vault.add_print(home.act(KeepPrints), nameless)), "unacceptable");
    let last = prints(&home).pop().unwrap().print;
    assert_eq!((last.number, last.until.unwrap().to_string().as_str()), (3, "2026-04-01"));
}

#[test]
fn what_cannot_be_drawn_is_no_print_and_the_ledger_says_that_it_failed() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path(), "王小明");
    let one = held(&home);
    assert_eq!(code(draw(&home, &one, Paper::Label, Form::Zpl)), "print-without-font");
    assert_eq!(code(draw(&home, &one, Paper::Label, Form::Pdf)), "print-without-font");
    assert_eq!(home.events().last().unwrap(), "reveal-failed");
    assert!(prints(&home).is_empty());
    // The number was not used up.
    assert_eq!(draw(&home, &one, Paper::PackingSlip, Form::Html).unwrap().print.number, 1);

    let records = vec![(seller(), one.record)];
    home.vault.restrict(home.act(authorized::Restrict { records, lift: false })).unwrap();
    assert_eq!(code(draw(&home, &one, Paper::PackingSlip, Form::Html)), "restricted");
    assert_eq!(prints(&home).len(), 1);
}

#[test]
fn a_document_is_there_with_its_entry_and_its_event_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let home = home(directory.path(), NAME);
    let one = held(&home);
    // The event of the reveal is written, and the print's own is not.
    home.writes_left(1);
    assert!(draw(&home, &one, Paper::PackingSlip, Form::Html).is_err());
    home.heal();
    assert!(prints(&home).is_empty() && !home.events().iter().any(|name| name == "print"));
    assert_eq!(draw(&home, &one, Paper::PackingSlip, Form::Html).unwrap().print.number, 1);
}
