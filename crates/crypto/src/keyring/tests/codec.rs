//! Heads and segments as bytes: what was written is read, and no bytes of any kind panic.

use proptest::prelude::*;

use super::*;
use crate::keyring::head::{Head, Unopened, new_epoch};
use crate::wire::Reader;

fn id() -> impl Strategy<Value = SegmentId> {
    let seller = "[A-Za-z0-9_-]{1,64}".prop_map(|text| text.parse::<SellerId>().unwrap());
    (0_u8..5, seller, any::<i32>()).prop_map(|(kind, seller, number)| match kind {
        0 => SegmentId::Bucket(BucketId { seller, held: BucketUse::Order, day: Day(number) }),
        1 => SegmentId::Bucket(BucketId { seller, held: BucketUse::Quarantine, day: Day(number) }),
        2 => SegmentId::Facts(seller, Month(number)),
        3 => SegmentId::Detail(Month(number)),
        _ => SegmentId::Request(Month(number)),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_head_says_what_it_was_made_of(
        ids in prop::collection::btree_map(id(), 0..SLOTS_MAX + 1, 0..20),
        gone in prop::collection::btree_set(id(), 0..8),
        back in prop::collection::vec(any::<[u8; 32]>(), 0..8),
        epoch in any::<u64>(),
    ) {
        let entropy = Fixed::new(1);
        let (secret, wrapped) = new_epoch(&*provider(), &binding(), epoch, &entropy).unwrap();
        let revision = 1000;
        let ancestors = (1..).zip(back).map(|(below, head)| Anchor { revision: revision - below, head }).collect();
        let gone = gone.into_iter().filter_map(|id| match id {
            SegmentId::Bucket(bucket) => Some(bucket),
            _ => None,
        }).collect();
        let segments = ids.into_iter().map(|(id, given)| {
            let given = if matches!(id, SegmentId::Bucket(_)) { given } else { 0 };
            let (segment, _) = Live::random(&id, &entropy).seal(&binding(), &id, given, &entropy);
            (id, segment)
        }).collect();
        let head = Head {
            binding: binding(), revision, previous: [3; 32], epoch, wrapped, lasting: [4; 32], ancestors, gone, segments,
        };
        let file = head.seal(&secret, &entropy);
        let read = Unopened::read(&file).unwrap().open(&*provider()).unwrap();
        let plain = |head: &Head| {
            let segments: Vec<_> = head.segments.iter()
                .map(|(id, one)| (id.clone(), one.name, *one.key.bytes(), one.hash, one.given)).collect();
            (head.binding, head.revision, head.previous, head.epoch, head.wrapped.clone(), head.lasting,
                (head.ancestors.clone(), head.gone.clone(), segments))
        };
        prop_assert_eq!(plain(&read.head), plain(&head));
        prop_assert_eq!(read.secret.bytes(), secret.bytes());
    }

    #[test]
    fn no_bytes_of_any_kind_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Unopened::read(&bytes).is_err());
        // With a sum that is right, and a magic that is.
        for start in [&b""[..], b"bailee keyring 1"] {
            let mut summed = [start, &bytes].concat();
            summed.extend(crate::kdf::sha256(&summed));
            if let Ok(head) = Unopened::read(&summed) {
                prop_assert!(head.open(&*provider()).is_err());
            }
        }
        prop_assert!(Lasting::open(&*provider(), binding(), &[b"bailee lasting 1", &bytes[..]].concat()).is_err());
        prop_assert!(crate::tree::Tree::read(&mut Reader::new(&bytes)).is_err() || bytes.starts_with(&[0; 4]) || bytes.len() > 39);
        let _ = SegmentId::read(&mut Reader::new(&bytes));
        let id = SegmentId::Detail(Month(1));
        let (segment, _) = Live::random(&id, &Fixed::new(1)).seal(&binding(), &id, 0, &Fixed::new(2));
        prop_assert!(Live::open(&binding(), &id, &segment, &bytes).is_err());
    }

    #[test]
    fn no_text_of_any_kind_is_a_token(text in "\\PC{0,100}", tail in "[A-Za-z0-9_-]{54}") {
        let lasting = Lasting::random(binding(), &Fixed::new(1));
        prop_assert!(lasting.resolve(&text).is_err());
        let shaped = format!("bt1t-{}-0001-{tail}", "01".repeat(8));
        prop_assert!(lasting.resolve(&shaped).is_err());
    }
}
