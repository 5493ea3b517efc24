use super::*;
use crate::fixed::Fixed;

#[test]
fn a_term_depends_on_bucket_kind_and_value() {
    let keys = BucketKeys::random(&Fixed::new(1));
    let kinds = [TermKind::Email, TermKind::Phone, TermKind::Name, TermKind::NamePostalCode];
    let terms: std::collections::BTreeSet<Term> = kinds.iter().map(|kind| keys.term(*kind, "x")).collect();
    assert_eq!(terms.len(), 4);
    assert_eq!(keys.term(TermKind::Name, "x"), keys.term(TermKind::Name, "x"));
    assert_ne!(keys.term(TermKind::Name, "x"), keys.term(TermKind::Name, "y"));
    assert_ne!(keys.term(TermKind::Name, "x"), BucketKeys::random(&Fixed::new(2)).term(TermKind::Name, "x"));
    assert_ne!(keys.content_mac(b"x"), BucketKeys::random(&Fixed::new(2)).content_mac(b"x"));
}

#[test]
fn index_and_content_outlive_a_puncture_and_the_leaf_does_not() {
    let keys = BucketKeys::random(&Fixed::new(1));
    let left = keys.without(&[Slot(3)]);
    assert_eq!(left.leaf(Slot(3)).err(), Some(Forgotten));
    assert_eq!(left.leaf(Slot(4)).unwrap().key().bytes(), keys.leaf(Slot(4)).unwrap().key().bytes());
    assert_eq!(left.term(TermKind::Name, "x"), keys.term(TermKind::Name, "x"));
    assert_eq!(left.content_mac(b"x"), keys.content_mac(b"x"));
}

#[test]
fn threads_that_share_it_get_the_same_keys() {
    let keys = BucketKeys::random(&Fixed::new(1));
    let expected: Vec<[u8; 32]> =
        (0..200).map(|slot| *keys.leaf(Slot(slot)).unwrap().key().bytes()).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for (slot, expected) in (0..).zip(&expected) {
                    assert_eq!(keys.leaf(Slot(slot)).unwrap().key().bytes(), expected);
                }
            });
        }
    });
}

#[test]
fn a_bucket_closes_two_days_before_its_day() {
    let id = BucketId { seller: "S".parse().unwrap(), held: BucketUse::Order, day: Day(100) };
    assert_eq!(id.closes_at(), Day(98).start());
}
