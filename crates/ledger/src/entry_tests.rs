use std::sync::Arc;
use std::time::Instant;

use bailee_core::catalogue::TermKind;
use bailee_core::purpose::{Class, Purpose};
use bailee_core::requirement::Requirement;
use bailee_core::retention::{EvidenceKind, Rule};
use bailee_core::{Environment, FieldId, Kind, Month, PersonId, SellerId, ServiceId, SessionId};
use proptest::prelude::*;

use super::*;
use crate::event::{BucketName, Counts, ExpiryChange, RevealedItem};
use crate::testing::Repeatable;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats/events.md");
const MARK: &str =
    "<!-- generated: `UPDATE_DOCS=1 cargo test -p bailee-ledger events` writes what follows -->\n";

fn event(what: What) -> Event {
    Event {
        at: "2026-11-23T12:00:00.123Z".parse().unwrap(),
        principal: PrincipalId::Person(PersonId([0xaa; 16])),
        request: RequestId([0xbb; 16]),
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
    BucketName { seller: seller(), held: "order".to_owned(), day: Day(20_800) }
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
    }
}

/// One of each kind, with what it says. A new kind fails to compile here until it has its sentence; then it needs its
/// sample below.
fn sentence(what: &What) -> &'static str {
    match what {
        What::HomeMade { .. } => "A home was made, with its environment and its owner.",
        What::LoggedIn { .. } => "A person came in; `session` names the new session and does not open it.",
        What::LogInFailed { .. } => "Somebody did not come in. `person` is null when no such account exists.",
        What::LoggedOut { .. } => "A session ended.",
        What::SellerAdded { .. } => "A seller was added.",
        What::ServiceAdded { .. } => "A service was added, bound to sellers, purposes and classes.",
        What::Collected { .. } => {
            "Documents were taken in: the counts of the commit, and every part sealed by it."
        }
        What::Quarantined { .. } => {
            "Documents failed verification: the id of each in quarantine, and the reason's code."
        }
        What::ExpiryChanged { .. } => "The retention clock decided anew (rule R14).",
        What::Revealed { .. } => {
            "Plaintext is about to be handed out. Written before anything is opened: an upper bound on what was \
             disclosed. `denied` counts the fields that the same request was refused. Without items, something was \
             asked for that is gone, or was never held."
        }
        What::RevealFailed { .. } => {
            "A reveal with the same request id could not be finished, or named something that is not here or does not \
             open: the reason's code."
        }
        What::Denied { .. } => "Something was refused: what, why, and which requirement that serves.",
        What::Found { .. } => "Records were searched for, by these kinds of term; those found.",
        What::Shown { .. } => {
            "Facts and masked fields of records were shown; without records, there was none of the reference asked for."
        }
        What::QuarantineRead { .. } => "Quarantine was listed (no items) or items of it were shown.",
        What::RetentionRead { .. } => "The retention clock was asked about, in general or for one record.",
        What::DestructionIntended { .. } => {
            "Keys are about to be made underivable: of whole buckets, of so many parts of a bucket, of the facts of a \
             month. Days and months count from 1970."
        }
        What::DestructionCompleted { .. } => {
            "They are underivable, in that many mirrors, under the keyring's new epoch and revision; that many records \
             have ended."
        }
        What::Moved { .. } => "Parts were sealed anew in a later bucket.",
        What::MirrorsChanged { .. } => "Mirrors of the keyring were repaired, or added.",
        What::KeysRead {} => "The state of the keys was looked at.",
        What::LedgerRead { .. } => "The ledger was read: `tail`, `verify`, `prove` or `export`.",
        What::SystemError { .. } => "Something went wrong in the system itself (requirement 2.6.a).",
        What::TimeSet {} => "The time of a test home was set.",
    }
}

fn samples() -> Vec<What> {
    let (person, session) = (PersonId([0xaa; 16]), SessionId([0xcc; 16]));
    let code = str::to_owned;
    vec![
        What::HomeMade { environment: Environment::Test, owner: person },
        What::LoggedIn { session },
        What::LogInFailed { person: None },
        What::LoggedOut { session },
        What::SellerAdded { seller: seller() },
        What::ServiceAdded {
            service: ServiceId([0xee; 16]),
            owner: person,
            sellers: vec![seller()],
            purposes: vec![Purpose::Fulfilment],
            classes: vec![Class::Identity, Class::Address],
        },
        collected(rows(1)),
        What::Quarantined { seller: seller(), items: vec![(id(1), code("order-id-missing"))] },
        What::ExpiryChanged { seller: seller(), changes: vec![change(1)] },
        revealed(vec![item(1)]),
        What::RevealFailed { reason: code("bucket-closing") },
        denied(vec![item(1)]),
        What::Found { seller: seller(), terms: vec![TermKind::NamePostalCode], records: vec![id(1)] },
        What::Shown { seller: seller(), records: vec![id(1)] },
        What::QuarantineRead { items: vec![id(1)] },
        What::RetentionRead { record: Some(id(1)) },
        intended(1, 1, 1),
        What::DestructionCompleted { destruction: id(1), epoch: 2, revision: 17, mirrors: 2, disposed: 40 },
        What::Moved { seller: seller(), parts: rows(1) },
        What::MirrorsChanged { repaired: 1, added: 0 },
        What::KeysRead {},
        What::LedgerRead { how: code("verify") },
        What::SystemError { component: code("disk"), code: code("disk-full") },
        What::TimeSet {},
    ]
}

#[test]
fn every_kind_survives_a_round_trip_and_is_named_as_it_says() {
    for what in samples() {
        let written = entries(what.clone()).unwrap();
        assert_eq!(written.len(), 1);
        let text = str::from_utf8(&written[0].bytes).unwrap();
        assert!(text.contains(&format!(",\"event\":\"{}\"", what.name())), "{text}");
        assert!(!text.contains(['\n', ' ']), "{text}");
        assert_eq!(Event::parse(&written[0].bytes).unwrap(), event(what));
    }
}

#[test]
fn the_documentation_of_events_is_up_to_date() {
    let mut generated = String::new();
    for what in samples() {
        let bytes = entries(what.clone()).unwrap().remove(0).bytes;
        let line = String::from_utf8(bytes).unwrap();
        generated.push_str(&format!(
            "\n### `{}`\n{}\n\n```json\n{line}\n```\n",
            what.name(),
            sentence(&what)
        ));
    }
    let text = std::fs::read_to_string(DOCUMENT).unwrap();
    let (head, found) = text.split_once(MARK).unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(DOCUMENT, format!("{head}{MARK}{generated}")).unwrap();
    } else {
        assert!(found == generated, "docs/formats/events.md is out of date: run with UPDATE_DOCS=1");
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
    let makers: [&Make; 11] = [
        &|n| collected(rows(n)),
        &|n| What::Moved { seller: seller(), parts: rows(n) },
        &|n| What::Quarantined { seller: seller(), items: vec![(id(1), "bad-date".to_owned()); n] },
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
                (What::Quarantined { items, .. }, What::Quarantined { items: more, .. }) => {
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
                (
                    What::DestructionIntended { buckets, punctures, facts, .. },
                    What::DestructionIntended {
                        buckets: more_buckets,
                        punctures: more_punctures,
                        facts: more,
                        ..
                    },
                ) => {
                    buckets.extend(more_buckets);
                    punctures.extend(more_punctures);
                    facts.extend(more);
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
