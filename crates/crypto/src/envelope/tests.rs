use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::fixed::Fixed;

fn key(byte: u8) -> SealingKey {
    SealingKey::of(Key::stored(&[byte; 32]))
}

fn seller(name: &str) -> SellerId {
    name.parse().unwrap()
}

fn place(seller: Option<&SellerId>) -> Place<'_> {
    Place {
        home: HomeId([1; 16]),
        environment: Environment::Test,
        what: "part",
        seller,
        record: RecordId([2; 16]),
        part: PartNo(0),
        version: 1,
    }
}

fn fields(count: usize) -> Vec<(FieldInstance, &'static [u8])> {
    (0..count).map(|n| (FieldInstance(n as u64), &b"synthetic"[..])).collect()
}

fn texts(opened: Vec<(FieldInstance, Sensitive<Vec<u8>>)>) -> Vec<(u64, Vec<u8>)> {
    opened.into_iter().map(|(instance, text)| (instance.0, text.expose().clone())).collect()
}

#[test]
fn what_was_sealed_opens_in_its_order() {
    let seller = seller("SELLER");
    let place = place(Some(&seller));
    let given: [(FieldInstance, &[u8]); 4] = [
        (FieldInstance(9), b"one"),
        (FieldInstance(2), b""),
        (FieldInstance(u64::MAX), b"exactly 16 bytes"),
        (FieldInstance(3), b"\x80\x00\x00"),
    ];
    let sealed = seal(&key(1), &place, &given, &Fixed::new(1)).unwrap();
    let all = texts(open(&key(1), &place, &sealed, None).unwrap());
    assert_eq!(all, given.map(|(instance, text)| (instance.0, text.to_vec())).to_vec());
    let some = texts(open(&key(1), &place, &sealed, Some(&[FieldInstance(3), FieldInstance(9)])).unwrap());
    assert_eq!(some, vec![(9, b"one".to_vec()), (3, b"\x80\x00\x00".to_vec())]);
    assert!(open(&key(1), &place, &sealed, Some(&[FieldInstance(4)])).unwrap().is_empty());
}

#[test]
fn lengths_show_in_steps_of_16() {
    let length = |bytes: usize| {
        seal(&key(1), &place(None), &[(FieldInstance(1), &vec![1; bytes])], &Fixed::new(1)).unwrap().len()
    };
    assert_eq!(length(0), length(15));
    assert_eq!(length(16), length(31));
    assert_eq!(length(16), length(15) + 16);
}

#[test]
fn limits_hold_at_n_and_n_plus_1() {
    let place = place(None);
    let most = seal(&key(1), &place, &fields(FIELDS_MAX), &Fixed::new(1)).unwrap();
    assert_eq!(open(&key(1), &place, &most, None).unwrap().len(), FIELDS_MAX);
    let more = seal(&key(1), &place, &fields(FIELDS_MAX + 1), &Fixed::new(1));
    assert_eq!(more, Err(EnvelopeError::TooManyFields));
    let long = vec![7; FIELD_BYTES_MAX + 1];
    let longest =
        seal(&key(1), &place, &[(FieldInstance(1), &long[..FIELD_BYTES_MAX])], &Fixed::new(1)).unwrap();
    let opened = open(&key(1), &place, &longest, None).unwrap();
    assert_eq!(opened[0].1.expose(), &long[..FIELD_BYTES_MAX]);
    let longer = seal(&key(1), &place, &[(FieldInstance(1), &long)], &Fixed::new(1));
    assert_eq!(longer, Err(EnvelopeError::FieldTooLong));
    assert_eq!(seal(&key(1), &place, &[], &Fixed::new(1)), Err(EnvelopeError::NoFields));
    let twice = [(FieldInstance(1), &b"a"[..]), (FieldInstance(2), b"b"), (FieldInstance(1), b"c")];
    assert_eq!(seal(&key(1), &place, &twice, &Fixed::new(1)), Err(EnvelopeError::FieldTwice));
}

#[test]
fn an_envelope_that_was_moved_does_not_open() {
    let (one, other) = (seller("SELLER"), seller("OTHER"));
    let here = place(Some(&one));
    let sealed = seal(&key(1), &here, &fields(3), &Fixed::new(1)).unwrap();
    let elsewhere = [
        ("home", Place { home: HomeId([9; 16]), ..here }),
        ("environment", Place { environment: Environment::Production, ..here }),
        ("what", Place { what: "facts", ..here }),
        ("seller", Place { seller: Some(&other), ..here }),
        ("no seller", Place { seller: None, ..here }),
        ("record", Place { record: RecordId([9; 16]), ..here }),
        ("part", Place { part: PartNo(1), ..here }),
        ("version", Place { version: 2, ..here }),
    ];
    assert!(open(&key(1), &here, &sealed, None).is_ok());
    for (moved, place) in elsewhere {
        assert_eq!(open(&key(1), &place, &sealed, None).err(), Some(EnvelopeError::DoesNotOpen), "{moved}");
    }
    assert_eq!(open(&key(2), &here, &sealed, None).err(), Some(EnvelopeError::DoesNotOpen), "key");
}

/// Each part of the place is bound twice, into the key and beside the text. This proves the second binding alone: the
/// key is right and the associated data is not.
#[test]
fn the_place_is_authenticated_even_under_the_right_key() {
    let (one, other) = (seller("SELLER"), seller("OTHER"));
    let here = place(Some(&one));
    let sealed = seal(&key(1), &here, &fields(1), &Fixed::new(1)).unwrap();
    let parsed = parse(&sealed).unwrap();
    let cipher = part_cipher(&key(1), &here, &parsed.salt);
    let opens = |place: &Place<'_>| {
        open_field(&cipher, &mut Bound::new(place, parsed.header), &parsed.entries[0]).is_ok()
    };
    assert!(opens(&here));
    assert!(!opens(&Place { home: HomeId([9; 16]), ..here }));
    assert!(!opens(&Place { environment: Environment::Production, ..here }));
    assert!(!opens(&Place { what: "facts", ..here }));
    assert!(!opens(&Place { seller: Some(&other), ..here }));
    assert!(!opens(&Place { record: RecordId([9; 16]), ..here }));
    assert!(!opens(&Place { part: PartNo(1), ..here }));
    assert!(!opens(&Place { version: 2, ..here }));
}

#[test]
fn a_ciphertext_moved_to_another_field_or_item_does_not_open() {
    let place = place(None);
    let sealed = seal(&key(1), &place, &fields(2), &Fixed::new(1)).unwrap();
    let directory = 1 + SALT_BYTES + 2;
    let (first, second) = (directory + 24..directory + 56, directory + 56..directory + 88);
    let swap = |a: std::ops::Range<usize>, b: std::ops::Range<usize>| {
        let mut changed = sealed.clone();
        changed[a.clone()].copy_from_slice(&sealed[b.clone()]);
        changed[b].copy_from_slice(&sealed[a]);
        changed
    };
    let ciphertexts = swap(first, second);
    let instances = swap(directory..directory + 12, directory + 12..directory + 24);
    for changed in [ciphertexts, instances] {
        assert_eq!(open(&key(1), &place, &changed, None).err(), Some(EnvelopeError::DoesNotOpen));
    }
    // One field renamed, and only the other asked for, or one that is not there: the directory is proved all the same.
    let mut renamed = sealed.clone();
    renamed[directory + 7] = 77;
    for wanted in [1, 0, 77, 500] {
        assert!(open(&key(1), &place, &renamed, Some(&[FieldInstance(wanted)])).is_err(), "{wanted}");
    }
}

#[test]
fn every_changed_bit_and_length_is_refused() {
    let place = place(None);
    let sealed = seal(&key(1), &place, &fields(3), &Fixed::new(1)).unwrap();
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&key(1), &place, &changed, None).is_err(), "bit {bit}");
    }
    for length in 0..sealed.len() {
        assert!(open(&key(1), &place, &sealed[..length], None).is_err(), "{length} bytes");
    }
    assert!(open(&key(1), &place, &[&sealed[..], &[0]].concat(), None).is_err(), "a byte more");
}

#[test]
fn padding_is_taken_off_strictly() {
    let block = |end: &[u8]| [&[1; 32][..32 - end.len()], end].concat();
    assert_eq!(unpadded_bytes(&block(&[0x80])), Some(31));
    assert_eq!(unpadded_bytes(&block(&[0x80, 0, 0])), Some(29));
    assert_eq!(unpadded_bytes(&block(&[0x80, 1])), None);
    assert_eq!(unpadded_bytes(&block(&[0x81])), None);
    assert_eq!(unpadded_bytes(&[0; 16]), None);
    let mut longest = [0; 16];
    longest[0] = 0x80;
    assert_eq!(unpadded_bytes(&block(&longest)), Some(16));
    let mut longer = [0; 17];
    longer[0] = 0x80;
    assert_eq!(unpadded_bytes(&block(&longer)), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_fields_come_back(
        given in prop::collection::btree_map(any::<u64>(), prop::collection::vec(any::<u8>(), 0..70), 1..12),
        seed in any::<u64>(),
    ) {
        let fields: Vec<(FieldInstance, &[u8])> = given.iter().map(|(n, text)| (FieldInstance(*n), &text[..])).collect();
        let sealed = seal(&key(1), &place(None), &fields, &Fixed::new(seed)).unwrap();
        prop_assert_eq!(sealed.len(), sealed.capacity());
        let opened = texts(open(&key(1), &place(None), &sealed, None).unwrap());
        prop_assert_eq!(opened, given.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn no_bytes_of_any_kind_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(open(&key(1), &place(None), &bytes, None).is_err());
        let mut versioned = bytes;
        versioned.insert(0, VERSION);
        prop_assert!(open(&key(1), &place(None), &versioned, None).is_err());
    }

    /// Random histories of one record: partial updates, moves between slots, punctures, a restore of what was before,
    /// two nodes that seal the same version at once. Every sealing's (key, nonce) pairs, recomputed from the salt that
    /// it wrote, are new.
    #[test]
    fn no_key_and_nonce_ever_seal_two_texts(
        steps in prop::collection::vec((0_u8..5, any::<u8>(), any::<u8>()), 1..60),
    ) {
        use crate::bucket::{BucketKeys, Slot};
        let entropy = Fixed::new(7);
        let mut bucket = BucketKeys::random(&entropy);
        let mut backup = (bucket.clone(), Slot(0), 1);
        let (mut slot, mut version, mut next_slot) = (Slot(0), 1, 1);
        let mut seen = HashSet::new();
        let mut seal_once = |bucket: &BucketKeys, slot: Slot, version: u32, text: u8| {
            let Ok(key) = bucket.leaf(slot) else { return true };
            let place = Place { version, ..place(None) };
            let count = usize::from(text % 4) + 1;
            let fields: Vec<(FieldInstance, &[u8])> =
                (0..count).map(|n| (FieldInstance(n as u64), std::slice::from_ref(&text))).collect();
            let sealed = seal(&key, &place, &fields, &entropy).unwrap();
            let parsed = parse(&sealed).unwrap();
            let part_key = *part_key(&key, &place, &parsed.salt).bytes();
            parsed.entries.iter().all(|entry| seen.insert((part_key, entry.position)))
        };
        for (step, one, two) in steps {
            match step {
                0 => version += 1,
                1 => {
                    // A move: a new slot, the old one punctured.
                    bucket = bucket.without(&[slot]);
                    (slot, version, next_slot) = (Slot(next_slot), version + 1, next_slot + 1);
                }
                2 => backup = (bucket.clone(), slot, version),
                3 => (bucket, slot, version) = backup.clone(),
                _ => {}
            }
            // Two nodes that race; the commit will take one of them, but both have sealed.
            prop_assert!(seal_once(&bucket, slot, version, one));
            prop_assert!(seal_once(&bucket, slot, version, two));
        }
    }
}
