//! What leaves is sealed whole or not at all, and what its recipient has to be told follows from how each record stands.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    clippy::disallowed_methods,
    reason = "tests may fail loudly"
)]

mod common;

use std::path::Path;

use bailee_core::export::Plan;
use bailee_core::{Purpose, RecordId};
use bailee_crypto::archive::OfflineKey;
use bailee_ledger::authorized;
use bailee_vault::VaultError;
use bailee_vault::exports::notices::{Act, Due};
use bailee_vault::exports::{Draft, Export};
use bailee_vault::recipients::{New, Recipient, SELLERS_MAX};
use bailee_vault::reveal::Resolved;
use common::{Home, seller};

const NOW: &str = "2026-03-02T10:00:00Z";
const NAME: &str = "Quirina Zettelmann";

fn order(number: u32) -> String {
    format!(
        r#"{{"orderId":"{}","createdTime":"2026-03-01T10:00:00Z","lastUpdatedTime":"2026-03-01T11:00:00Z","buyer":{{"buyerName":"{NAME}"}},"fulfillment":{{"fulfillmentStatus":"UNSHIPPED"}}}}"#,
        reference(number)
    )
}

fn reference(number: u32) -> String {
    format!("250-1234567-{number:07}")
}

fn new(purposes: &[Purpose]) -> New {
    New {
        name: "Carrier X".to_owned(),
        mail: None,
        key: OfflineKey::generate().unwrap().public.pem().unwrap(),
        purposes: purposes.to_vec(),
        sellers: vec![seller()],
    }
}

/// A home with a recipient.
fn home(directory: &Path) -> (Home, Recipient) {
    let home = Home::new(directory, NOW);
    let recipient =
        home.vault.add_recipient(home.act(authorized::Administer), new(&[Purpose::Fulfilment])).unwrap();
    (home, recipient)
}

fn act(home: &Home) -> bailee_ledger::authorized::Authorized<authorized::Export> {
    home.act(authorized::Export { seller: seller() })
}

fn record(home: &Home, number: u32) -> RecordId {
    match home.resolve(&reference(number)) {
        Resolved::Held(held) => held.record,
        _ => panic!("{number} is held"),
    }
}

/// Gathers and seals as the gate and the face do.
fn make(home: &Home, id: u8, recipient: &Recipient, records: &[RecordId]) -> Result<Export, VaultError> {
    let mut draft = Draft::new(Purpose::Fulfilment);
    for resolved in home.vault.resolve_records(&seller(), records, None, home.now())? {
        let Resolved::Held(held) = resolved else {
            draft.leave_out(1);
            continue;
        };
        let pairs = vec![(held.record, held.fields.iter().map(|field| field.instance).collect())];
        let opened = home.try_reveal(authorized::Reveal { purpose: Purpose::Fulfilment, pairs }, &held)?;
        draft.take(opened, std::slice::from_ref(&held))?;
    }
    let plan = Plan {
        seller: seller(),
        records: records.to_vec(),
        fields: Vec::new(),
        purpose: Purpose::Fulfilment,
        recipient: recipient.id,
        fingerprint: recipient.fingerprint.clone(),
        count: 1,
    };
    home.vault.file_export(act(home), RecordId([id; 16]), &plan, draft, None, Some(3))
}

fn exports(home: &Home) -> Vec<Export> {
    home.vault.exports(&home.act(authorized::ReadExports)).unwrap()
}

fn due(home: &Home) -> Vec<Due> {
    home.vault.due_to_recipients(&home.act(authorized::ReadExports), None).unwrap()
}

fn code(result: Result<impl Sized, VaultError>) -> &'static str {
    result.err().unwrap().code()
}

#[test]
fn an_export_is_there_with_its_file_its_records_and_its_event_or_not_at_all() {
    for writes in 0..4 {
        let directory = tempfile::tempdir().unwrap();
        let (home, recipient) = home(directory.path());
        home.collect(&order(1));
        let records = [record(&home, 1)];
        home.writes_left(writes);
        let made = make(&home, 1, &recipient, &records).is_ok();
        // One write tells of the reveal, one is the export.
        assert_eq!(made, writes >= 2, "{writes} writes");
        drop(home);
        let home = Home::open(directory.path(), NOW).unwrap();
        assert_eq!(exports(&home).len(), usize::from(made), "{writes} writes");
        let events = home.ledger_text();
        assert_eq!(events.contains("\"step\":\"made\""), made);
        assert_eq!(home.vault.fetch_export(act(&home), RecordId([1; 16])).is_ok(), made);
        assert!(
            !events.contains("Quirina") && !events.contains(&reference(1)) && !events.contains("Carrier")
        );
        home.verify_ledger();
    }
}

#[test]
fn who_is_told_and_who_confirms_is_written_whole_or_not_at_all() {
    for writes in 0..2 {
        let directory = tempfile::tempdir().unwrap();
        let (home, recipient) = home(directory.path());
        home.collect(&order(1));
        let one = record(&home, 1);
        make(&home, 1, &recipient, &[one]).unwrap();
        home.vault.fetch_export(act(&home), RecordId([1; 16])).unwrap();
        home.vault.erase(home.act(authorized::Erase { records: vec![(seller(), one)] })).unwrap();
        assert_eq!(home.vault.recipients_to_tell(&[one], home.now()).unwrap(), 1);
        home.writes_left(writes);
        let told = home.vault.tell_recipient(home.act(authorized::TellRecipients), recipient.id);
        assert_eq!(told.is_ok(), writes == 1);
        home.heal();
        let now = due(&home);
        assert!(matches!(&now[..], [Due { act: Act::Delete, line: 1, .. }]), "{now:?}");
        assert_eq!(now[0].told_at.is_some(), writes == 1);
        assert_eq!(home.vault.recipients_to_tell(&[one], home.now()).unwrap(), usize::from(writes == 0));
        let Ok(told) = told else { continue };
        let confirm = || {
            let tell = home.act(authorized::TellRecipients);
            home.vault.confirm_notice(tell, (recipient.id, told.notice.id), Some("Tess"))
        };
        home.writes_left(0);
        assert_eq!(code(confirm()), "store");
        home.heal();
        assert_eq!((due(&home).len(), exports(&home)[0].state()), (1, "out"));
        confirm().unwrap();
        assert_eq!((due(&home).len(), exports(&home)[0].state()), (0, "gone"));
        home.verify_ledger();
    }
}

#[test]
fn a_confirmed_copy_is_asked_for_no_more_and_a_correction_tells_before_from_after() {
    let directory = tempfile::tempdir().unwrap();
    let (home, recipient) = home(directory.path());
    home.collect(&order(1));
    let one = record(&home, 1);
    make(&home, 1, &recipient, &[one]).unwrap();
    home.vault.fetch_export(act(&home), RecordId([1; 16])).unwrap();
    let rectify = authorized::Rectify { seller: seller(), record: one };
    let value = bailee_core::Sensitive::new("Quirina Zettel".to_owned());
    home.vault.rectify(home.act(rectify), &"buyer.buyerName".parse().unwrap(), &value).unwrap();
    make(&home, 2, &recipient, &[one]).unwrap();
    home.vault.fetch_export(act(&home), RecordId([2; 16])).unwrap();
    let now = due(&home);
    assert!(matches!(&now[..], [Due { act: Act::Replace, .. }]), "{now:?}");
    assert_eq!(now[0].export, RecordId([1; 16]));
    // What is confirmed of the older is not asked for again, whatever becomes of the record.
    let told = home.vault.tell_recipient(home.act(authorized::TellRecipients), recipient.id).unwrap();
    let names = (recipient.id, told.notice.id);
    home.vault.confirm_notice(home.act(authorized::TellRecipients), names, None).unwrap();
    home.vault.erase(home.act(authorized::Erase { records: vec![(seller(), one)] })).unwrap();
    let now = due(&home);
    assert!(matches!(&now[..], [Due { act: Act::Delete, .. }]), "{now:?}");
    assert_eq!(now[0].export, RecordId([2; 16]));
}

#[test]
fn how_much_somebody_exported_alone_is_counted_for_a_day() {
    let directory = tempfile::tempdir().unwrap();
    let (home, recipient) = home(directory.path());
    home.collect(&(order(1) + "\n" + &order(2)));
    let records = [record(&home, 1), record(&home, 2)];
    make(&home, 1, &recipient, &records).unwrap();
    make(&home, 2, &recipient, &records[..1]).unwrap();
    let by = home.context().principal;
    assert_eq!(home.vault.exported_alone(by, home.now()).unwrap(), 3);
    assert_eq!(home.vault.exported_alone(bailee_core::PrincipalId::Anonymous, home.now()).unwrap(), 0);
    assert_eq!(
        code(make(&home, 3, &recipient, &records[..1])),
        "changed-meanwhile",
        "counted once more under the lock"
    );
    let (last, next) = ("2026-03-03T09:59:59Z".parse().unwrap(), "2026-03-03T10:00:00Z".parse().unwrap());
    assert_eq!(home.vault.exported_alone(by, last).unwrap(), 3);
    assert_eq!(home.vault.exported_alone(by, next).unwrap(), 0);
}

#[test]
fn a_recipient_is_registered_for_what_leaves_and_for_sellers_that_are_here() {
    let directory = tempfile::tempdir().unwrap();
    let (home, recipient) = home(directory.path());
    let add = |new: New| home.vault.add_recipient(home.act(authorized::Administer), new);
    for purpose in [Purpose::SubjectRequest, Purpose::Incident] {
        assert_eq!(code(add(new(&[purpose]))), "unacceptable");
    }
    assert_eq!(code(add(new(&[]))), "unacceptable");
    let tax = || new(&[Purpose::Tax]);
    assert_eq!(code(add(New { sellers: Vec::new(), ..tax() })), "unacceptable");
    let many = |count: usize| (0..count).map(|one| format!("S{one}").parse().unwrap()).collect::<Vec<_>>();
    assert_eq!(code(add(New { sellers: many(SELLERS_MAX + 1), ..tax() })), "unacceptable");
    assert_eq!(code(add(New { sellers: many(SELLERS_MAX), ..tax() })), "unknown-seller");
    for name in ["", "a\nb", &"n".repeat(201)] {
        assert_eq!(code(add(New { name: name.to_owned(), ..tax() })), "unacceptable", "{name}");
    }
    add(New { name: "n".repeat(200), ..tax() }).unwrap();
    home.collect(&order(1));
    let one = record(&home, 1);
    make(&home, 1, &recipient, &[one]).unwrap();
    home.vault.remove_recipient(home.act(authorized::Administer), recipient.id).unwrap();
    assert_eq!(code(home.vault.fetch_export(act(&home), RecordId([1; 16]))), "recipient-removed");
    assert_eq!(exports(&home)[0].state(), "let-go", "what waits for them is let go");
    assert_eq!(code(make(&home, 2, &recipient, &[one])), "recipient-removed");
}
