use std::sync::Arc;
use std::time::Instant;

use bailee_core::catalogue::{Mask, TermKind};
use bailee_core::purpose::{Class, Purpose};
use bailee_core::requirement::Requirement;
use bailee_core::retention::{EvidenceKind, Rule};
use bailee_core::{Environment, FieldId, Kind, Month, PersonId, SellerId, ServiceId, SessionId};
use proptest::prelude::*;

use super::*;
use crate::event::{
    BucketName, Consent, Counts, Digest, Erased, ExpiryChange, KeyedReference, NamedRecord, Restricted,
    RevealedItem, SubjectRequest,
};
use crate::testing::Repeatable;

#[cfg(test)]
#[path = "entry_tests_kinds.rs"]
mod kinds;

#[cfg(test)]
#[path = "entry_tests_subject.rs"]
mod subject;

fn event(what: What) -> Event {
    Event {
        at: "2026-11-23T12:00:00.123Z".parse().unwrap(),
        principal: PrincipalId::Person(PersonId([0xaa; 16])),
        request: RequestId([0xbb; 16]),
        detail: None,
        what,
    }
}

fn entries(what: What) -> Result<Vec<Entry>, EntryError> {
    event(what).entries(&Repeatable::default())
}

fn parsed(entries: &[Entry]) -> Vec<What> {
    entries.iter().map(|entry| Event::parse(&entry.bytes).unwrap().what).collect()
}

fn seller() -> SellerId {
    "A1SELLER".parse().unwrap()
}

fn id(number: usize) -> RecordId {
    let mut bytes = [0x11; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    RecordId(bytes)
}

fn row(number: usize) -> PartRow {
    PartRow { record: id(number), part: PartNo(0), version: 1, digest: [0xdd; 32], day: Day(20_800) }
}

fn rows(count: usize) -> PartRows {
    PartRows((0..count).map(row).collect())
}

fn item(number: usize) -> RevealedItem {
    RevealedItem { record: id(number), fields: vec![FieldId(3), FieldId(14)] }
}

fn bucket() -> BucketName {
    BucketName { seller: seller(), held: "order".to_owned(), day: Day(20_800), holds: None }
}

fn change(number: usize) -> ExpiryChange {
    ExpiryChange {
        record: id(number),
        rule: Rule::R2,
        evidence: EvidenceKind::NotDeliveredAt,
        lo: "2026-11-20T00:00:00Z".parse().unwrap(),
        hi: None,
        old: None,
        new: "2026-12-20T00:00:00Z".parse().unwrap(),
        evidence_id: id(99),
    }
}

fn named(number: usize) -> NamedRecord {
    let reference = KeyedReference([0xee; 16]);
    NamedRecord { record: id(number), kind: Kind::Order, reference, month: Month(660) }
}

fn erased(count: usize) -> What {
    What::Erased(Erased { seller: seller(), records: (0..count).map(named).collect() })
}

fn restricted(count: usize) -> What {
    What::Restricted(Restricted { seller: seller(), lifted: false, records: (0..count).map(named).collect() })
}

fn collected(parts: PartRows) -> What {
    let counts = Counts { read: 9, collected: 7, updated: 1, quarantined: 1, ..Counts::default() };
    What::Collected {
        seller: seller(),
        kind: Kind::Order,
        source: "orders-2026-01-01".to_owned(),
        counts,
        parts,
    }
}

fn denied(items: Vec<RevealedItem>) -> What {
    What::Denied {
        action: "reveal".to_owned(),
        seller: Some(seller()),
        purpose: Some(Purpose::Tax),
        reason: "purpose-not-granted".to_owned(),
        requirement: Requirement::PurposeLimits,
        items,
    }
}

fn revealed(items: Vec<RevealedItem>) -> What {
    let ticket = Some("OPS-1234".parse().unwrap());
    What::Revealed { seller: seller(), purpose: Purpose::Fulfilment, ticket, items, denied: 2 }
}

fn intended(buckets: usize, punctures: usize, facts: usize) -> What {
    What::DestructionIntended {
        destruction: id(1),
        buckets: vec![bucket(); buckets],
        punctures: vec![(bucket(), 3); punctures],
        facts: vec![(seller(), Month(660)); facts],
        details: vec![Month(661)],
        requests: vec![Month(624)],
    }
}

#[test]
fn an_entry_has_exactly_these_bytes() {
    let bytes = entries(What::LoggedIn { session: SessionId([0xcc; 16]) }).unwrap().remove(0).bytes;
    let text = String::from_utf8(bytes).unwrap();
    let (open, close) = text.split_at(text.len() - 2 * BLIND_BYTES - 2);
    assert_eq!(
        open,
        "{\"v\":1,\"at\":\"2026-11-23T12:00:00.123Z\",\"principal\":\"person:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\
         \"request\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\",\"event\":\"logged-in\",\
         \"session\":\"cccccccccccccccccccccccccccccccc\",\"blind\":\""
    );
    assert!(close.ends_with("\"}"));
    assert_eq!(CLOSING_BYTES, ",\"blind\":\"".len() + close.len());
}

#[test]
fn a_part_row_has_58_bytes() {
    let row =
        PartRow { record: id(5), part: PartNo(0x0102), version: 0x0304_0506, digest: [9; 32], day: Day(-2) };
    let mut bytes = Vec::new();
    row.write(&mut bytes);
    let mut expected = id(5).0.to_vec();
    expected.extend([1, 2, 3, 4, 5, 6]);
    expected.extend([9; 32]);
    expected.extend([0xff, 0xff, 0xff, 0xfe]);
    assert_eq!(bytes, expected);
    assert_eq!(bytes.len(), PART_ROW_BYTES);
    assert!(serde_json::from_str::<PartRows>("\"AAAA\"").is_err());
    assert!(serde_json::from_str::<PartRows>("\"AAA\"").is_err());
}

#[test]
fn two_entries_of_one_event_have_different_blinds() {
    let entropy = Repeatable::default();
    let event = event(What::KeysRead {});
    assert_ne!(event.entries(&entropy).unwrap(), event.entries(&entropy).unwrap());
}

#[test]
fn nothing_but_our_own_bytes_is_read() {
    let written = entries(collected(rows(2))).unwrap().remove(0).bytes;
    let text = str::from_utf8(&written).unwrap();
    let altered = [
        text.replace("\"v\":1", "\"v\":1,\"note\":\"Jane Doe\""),
        text.replace(",\"blind\"", ",\"note\":\"Jane Doe\",\"blind\""),
        text.replace("\"kind\":\"order\"", "\"kind\":\"order\",\"kind\":\"order\""),
        text.replace("\"read\":9", "\"read\":9,\"extra\":1"),
        text.replace("\"read\":9", "\"read\": 9"),
        text.replace("\"read\":9", "\"read\":9.0"),
        text.replace("\"read\":9", "\"read\":09"),
        text.replace(".123Z", ".1230Z"),
        text.replace("\"A1SELLER\"", "\"\\u00411SELLER\""),
        text.replace("orders-2026-01-01", "Orders of Jane"),
        text.replace("\"event\":\"collected\"", "\"event\":\"taken\""),
        format!("{text}\n"),
        format!(" {text}"),
        text[..text.len() - 3].to_owned() + "A\"}",
    ];
    for bad in altered {
        assert_ne!(bad, text);
        assert!(Event::parse(bad.as_bytes()).is_err(), "{bad}");
    }
    assert_eq!(Event::parse(text.replace("\"v\":1", "\"v\":2").as_bytes()), Err(EntryError::Version(2)));
    for at in 0..written.len() {
        assert!(Event::parse(&written[..at]).is_err());
    }
}

#[test]
fn free_text_makes_no_entry() {
    let bad = ["Jane Doe", "", "UPPER", "a.b", "straße", "a/b", &"a".repeat(41)];
    for bad in bad.map(str::to_owned) {
        let (ok, fail) = ("ok".to_owned(), bad);
        let bucket = BucketName { held: fail.clone(), ..bucket() };
        let destroyed = |buckets, punctures| What::DestructionIntended {
            destruction: id(1),
            buckets,
            punctures,
            facts: vec![],
            details: vec![],
            requests: vec![],
        };
        let events = [
            What::Collected {
                seller: seller(),
                kind: Kind::Order,
                source: fail.clone(),
                counts: Counts::default(),
                parts: rows(0),
            },
            What::Quarantined { seller: seller(), items: vec![(id(1), ok.clone()), (id(2), fail.clone())] },
            What::QuarantineRetried { seller: seller(), items: vec![(id(1), fail.clone())] },
            What::QuarantineDiscarded { seller: seller(), reason: fail.clone(), items: vec![] },
            What::RevealFailed { reason: fail.clone() },
            What::LedgerRead { how: fail.clone() },
            What::SystemError { component: ok.clone(), code: fail.clone() },
            What::SystemError { component: fail.clone(), code: ok },
            destroyed(vec![bucket.clone()], vec![]),
            destroyed(vec![], vec![(bucket, 1)]),
        ];
        for what in events {
            assert_eq!(entries(what), Err(EntryError::Code));
        }
    }
    assert!(entries(What::RevealFailed { reason: "a".repeat(CODE_BYTES_MAX) }).is_ok());
}

/// How many items of a list one entry holds at the most.
fn fitting(make: &dyn Fn(usize) -> What) -> usize {
    let (mut fits, mut splits) = (1, 6_000);
    while splits - fits > 1 {
        let middle = usize::midpoint(fits, splits);
        let bytes = event(make(middle)).open_line(&make(middle)).unwrap().len() + CLOSING_BYTES;
        if bytes <= ENTRY_BYTES_MAX { fits = middle } else { splits = middle }
    }
    fits
}

#[test]
fn every_list_is_split_where_one_entry_ends() {
    type Make = dyn Fn(usize) -> What;
    let makers: [&Make; 18] = [
        &erased,
        &restricted,
        &|n| collected(rows(n)),
        &|n| What::Moved { seller: seller(), parts: rows(n) },
        &|n| What::Reclassified { seller: seller(), facts: 7, parts: rows(n) },
        &|n| What::Quarantined { seller: seller(), items: vec![(id(1), "bad-date".to_owned()); n] },
        &|n| What::QuarantineRetried { seller: seller(), items: vec![(id(1), "taken-in".to_owned()); n] },
        &|n| What::QuarantineDiscarded {
            seller: seller(),
            reason: "test-data".to_owned(),
            items: (0..n).map(id).collect(),
        },
        &|n| What::ExpiryChanged { seller: seller(), changes: (0..n).map(change).collect() },
        &|n| revealed((0..n).map(item).collect()),
        &|n| denied((0..n).map(item).collect()),
        &|n| What::Found {
            seller: seller(),
            terms: vec![TermKind::Email],
            records: (0..n).map(id).collect(),
        },
        &|n| What::Shown { seller: seller(), records: (0..n).map(id).collect() },
        &|n| What::QuarantineRead { items: (0..n).map(id).collect() },
        &|n| intended(n / 3, n - n / 3 - n / 4, n / 4),
        &|n| intended(0, 0, n),
        &subject::request,
        &subject::consent,
    ];
    for make in makers {
        let fits = fitting(make);
        assert_eq!(parsed(&entries(make(fits)).unwrap()), [make(fits)]);
        for count in [fits + 1, 3 * fits, 3 * fits + 1] {
            let written = entries(make(count)).unwrap();
            let least = count.div_ceil(fits);
            assert!((least..=least + 1).contains(&written.len()), "{} for {count} of {fits}", written.len());
            assert!(written.iter().all(|entry| entry.bytes.len() <= ENTRY_BYTES_MAX));
            assert_eq!(joined(parsed(&written)), make(count));
        }
    }
}

/// Puts the pieces of an event together again; what counts for the whole act may stand in the first alone.
fn joined(pieces: Vec<What>) -> What {
    pieces
        .into_iter()
        .reduce(|mut whole, piece| {
            match (&mut whole, piece) {
                (What::Collected { parts, .. }, What::Collected { parts: more, counts, .. }) => {
                    assert_eq!(counts, Counts::default());
                    parts.0.extend(more.0);
                }
                (What::Moved { parts, .. }, What::Moved { parts: more, .. }) => parts.0.extend(more.0),
                (What::Reclassified { parts, .. }, What::Reclassified { facts, parts: more, .. }) => {
                    assert_eq!(facts, 0);
                    parts.0.extend(more.0);
                }
                (What::Quarantined { items, .. }, What::Quarantined { items: more, .. })
                | (What::QuarantineRetried { items, .. }, What::QuarantineRetried { items: more, .. }) => {
                    items.extend(more);
                }
                (What::QuarantineDiscarded { items, .. }, What::QuarantineDiscarded { items: more, .. }) => {
                    items.extend(more);
                }
                (What::ExpiryChanged { changes, .. }, What::ExpiryChanged { changes: more, .. }) => {
                    changes.extend(more);
                }
                (What::Revealed { items, .. }, What::Revealed { items: more, denied, .. }) => {
                    assert_eq!(denied, 0);
                    items.extend(more);
                }
                (What::Denied { items, .. }, What::Denied { items: more, .. }) => items.extend(more),
                (What::Found { records, .. }, What::Found { records: more, .. })
                | (What::Shown { records, .. }, What::Shown { records: more, .. }) => records.extend(more),
                (What::QuarantineRead { items }, What::QuarantineRead { items: more }) => items.extend(more),
                (What::Erased(Erased { records, .. }), What::Erased(Erased { records: more, .. }))
                | (
                    What::Restricted(Restricted { records, .. }),
                    What::Restricted(Restricted { records: more, .. }),
                ) => {
                    records.extend(more);
                }
                (
                    What::SubjectRequest(SubjectRequest { records, .. }),
                    What::SubjectRequest(SubjectRequest { records: more, .. }),
                )
                | (What::Consent(Consent { records, .. }), What::Consent(Consent { records: more, .. })) => {
                    records.extend(more);
                }
                (
                    What::DestructionIntended { buckets, punctures, facts, details, requests, .. },
                    What::DestructionIntended {
                        buckets: more_buckets,
                        punctures: more_punctures,
                        facts: more,
                        details: more_details,
                        requests: more_requests,
                        ..
                    },
                ) => {
                    buckets.extend(more_buckets);
                    punctures.extend(more_punctures);
                    facts.extend(more);
                    details.extend(more_details);
                    requests.extend(more_requests);
                }
                (whole, piece) => panic!("{} after {}", piece.name(), whole.name()),
            }
            whole
        })
        .unwrap()
}

#[test]
fn an_item_with_more_fields_than_an_entry_holds_is_split_too() {
    let fields: Vec<FieldId> = (0..=u16::MAX).map(FieldId).collect();
    let what = revealed(vec![RevealedItem { record: id(1), fields: fields.clone() }, item(2)]);
    let mut found = Vec::new();
    for what in parsed(&entries(what).unwrap()) {
        let What::Revealed { items, .. } = what else { panic!("another kind") };
        found.extend(items);
    }
    let (last, wide) = found.split_last().unwrap();
    assert_eq!(*last, item(2));
    assert!(wide.iter().all(|item| item.record == id(1)));
    assert_eq!(wide.iter().flat_map(|item| item.fields.clone()).collect::<Vec<_>>(), fields);
}

#[test]
fn what_cannot_be_split_is_refused_when_it_is_too_long() {
    let make = |count| What::ServiceAdded {
        service: ServiceId([1; 16]),
        owner: PersonId([2; 16]),
        sellers: vec!["S".repeat(64).parse().unwrap(); count],
        purposes: vec![],
        classes: vec![],
    };
    let fits = fitting(&make);
    assert_eq!(entries(make(fits)).unwrap().len(), 1);
    assert_eq!(entries(make(fits + 1)), Err(EntryError::TooLong));
}

#[test]
fn an_entry_of_800_parts_is_one_and_is_written_quickly() {
    let event = Arc::new(event(collected(rows(800))));
    let started = Instant::now();
    assert_eq!(event.entries(&Repeatable::default()).unwrap().len(), 1);
    // Far below a millisecond when optimised; this only catches what is a hundred times slower.
    assert!(started.elapsed().as_millis() < 100);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_parts_survive_a_round_trip(
        parts in prop::collection::vec((any::<[u8; 16]>(), any::<u16>(), any::<u32>(), any::<[u8; 32]>(), any::<i32>()), 0..40),
        read in any::<u64>(),
    ) {
        let parts = parts.into_iter().map(|(record, part, version, digest, day)| PartRow {
            record: RecordId(record), part: PartNo(part), version, digest, day: Day(day),
        });
        let what = What::Collected {
            seller: seller(),
            kind: Kind::Order,
            source: "synth".to_owned(),
            counts: Counts { read, ..Counts::default() },
            parts: PartRows(parts.collect()),
        };
        prop_assert_eq!(parsed(&entries(what.clone()).unwrap()), [what]);
    }

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0_usize..400, byte: u8) {
        let _ = Event::parse(&bytes);
        let mut entry = entries(revealed(vec![item(1)])).unwrap().remove(0).bytes;
        if let Some(place) = entry.get_mut(at) {
            *place = byte;
        }
        let _ = Event::parse(&entry);
    }
}
