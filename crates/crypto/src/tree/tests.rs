use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

fn root() -> Key {
    Key::stored(&[7; 32])
}

fn leaf(tree: &Tree, slot: u32) -> Result<[u8; 32], Forgotten> {
    Path::new().leaf(tree, Slot(slot)).map(|key| *key.bytes())
}

#[test]
fn neighbours_cost_one_derivation_and_give_the_same_keys() {
    let tree = Tree::new(&root());
    let mut path = Path::new();
    for slot in [0, 1, 2, 3, 4, 1000, 999, SLOTS - 1, 0] {
        assert_eq!(*path.leaf(&tree, Slot(slot)).unwrap().bytes(), leaf(&tree, slot).unwrap());
    }
}

#[test]
fn a_way_from_a_shoulder_leads_to_the_same_leaf_as_one_from_the_root() {
    let tree = Tree::new(&root());
    // More shoulders than are kept, each twice and the first once more when another has taken its place.
    let slots = (0..=SHOULDERS as u32).map(|number| number << (DEPTH - SHOULDER_DEPTH));
    for slot in slots.flat_map(|slot| [slot, slot + 77]).chain([5]) {
        let mut node = tree.nodes[0].clone();
        while node.depth < DEPTH {
            node = node.child(node.goes_right(slot));
        }
        assert_eq!(leaf(&tree, slot), Ok(node.key), "{slot}");
    }
    let kept = tree.shoulders.read().unwrap();
    assert!(kept.len() == SHOULDERS && kept.iter().all(Option::is_some));
}

#[test]
fn a_slot_beyond_the_last_is_none() {
    let tree = Tree::new(&root());
    assert!(leaf(&tree, SLOTS - 1).is_ok());
    assert_eq!(leaf(&tree, SLOTS), Err(Forgotten));
    assert_eq!(leaf(&tree, u32::MAX), Err(Forgotten));
}

#[test]
fn a_lone_puncture_costs_a_co_path() {
    let tree = Tree::new(&root()).without(&[Slot(5_000_000)]);
    assert_eq!(tree.nodes.len(), usize::from(DEPTH));
    assert_eq!(tree.punctured(), 1);
    assert_eq!(tree.bytes(), 868);
}

#[test]
fn what_was_passed_over_by_an_adoption_is_not_counted_as_forgotten() {
    let half = SLOTS / 2;
    let check = |runs: &[std::ops::Range<u32>], punctured: u32| {
        assert_eq!(Tree::new(&root()).keeping(runs).punctured(), punctured, "{runs:?}");
    };
    check(&[0..3, 5..9, half..SLOTS], 2);
    check(std::slice::from_ref(&(half..SLOTS)), 0);
    check(&[0..1, 1 + RUN_MAX..SLOTS], RUN_MAX);
    check(&[0..1, 2 + RUN_MAX..SLOTS], 0);
    check(std::slice::from_ref(&(0..SLOTS - 4)), 4);
}

#[test]
fn neighbours_punctured_together_leave_little() {
    let slots: Vec<Slot> = (0..1024).map(Slot).collect();
    let tree = Tree::new(&root()).without(&slots);
    assert_eq!(tree.nodes.len(), 14, "24 levels less the 10 that went whole");
    assert_eq!(tree.punctured(), 1024);
}

#[test]
fn nodes_out_of_order_or_overlapping_are_refused() {
    let tree = Tree::new(&root()).without(&[Slot(9)]);
    let mut bytes = Vec::new();
    tree.write(&mut bytes);
    assert!(Tree::read(&mut Reader::new(&bytes)).is_ok());
    let (first, second) = (4..4 + NODE_BYTES, 4 + NODE_BYTES..4 + 2 * NODE_BYTES);
    let mut swapped = bytes.clone();
    swapped[first.clone()].copy_from_slice(&bytes[second.clone()]);
    swapped[second.clone()].copy_from_slice(&bytes[first.clone()]);
    assert!(Tree::read(&mut Reader::new(&swapped)).is_err());
    let mut twice = bytes.clone();
    twice[second].copy_from_slice(&bytes[first]);
    assert!(Tree::read(&mut Reader::new(&twice)).is_err());
    let mut deep = bytes.clone();
    deep[4] = DEPTH + 1;
    assert!(Tree::read(&mut Reader::new(&deep)).is_err());
    let mut wide = bytes;
    wide[4] = 0;
    wide[7] = 1;
    assert!(Tree::read(&mut Reader::new(&wide)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is punctured, in whatever batches, with the tree stored and read again in between: those leaves are
    /// below no stored node, so nothing stored derives them; all others give the keys they always gave.
    #[test]
    fn a_punctured_leaf_never_derives_again_and_all_others_do(
        batches in prop::collection::vec(prop::collection::vec(prop_oneof![0..200_u32, 0..SLOTS], 1..20), 1..6),
        asked in prop::collection::vec(prop_oneof![0..220_u32, 0..SLOTS], 40),
    ) {
        let whole = Tree::new(&root());
        let mut tree = Tree::new(&root());
        let mut punctured = std::collections::BTreeSet::new();
        for batch in &batches {
            let slots: Vec<Slot> = batch.iter().map(|slot| Slot(*slot)).collect();
            punctured.extend(batch.iter().copied());
            let mut bytes = Vec::new();
            tree.without(&slots).write(&mut bytes);
            let mut reader = Reader::new(&bytes);
            tree = Tree::read(&mut reader).unwrap();
            prop_assert!(reader.finish().is_ok());
            // No key on the way from the root to a punctured leaf is among what is stored.
            let stored: HashSet<[u8; 32]> = tree.nodes.iter().map(|node| node.key).collect();
            for slot in &punctured {
                let mut node = whole.nodes[0].clone();
                while node.depth < DEPTH {
                    prop_assert!(!stored.contains(&node.key));
                    node = node.child(node.goes_right(*slot));
                }
                prop_assert!(!stored.contains(&node.key));
            }
        }
        prop_assert_eq!(tree.punctured() as usize, punctured.len());
        let mut path = Path::new();
        for slot in asked.into_iter().chain(punctured.iter().copied()) {
            let key = path.leaf(&tree, Slot(slot)).map(|key| *key.bytes());
            prop_assert_eq!(key.is_err(), punctured.contains(&slot));
            prop_assert_eq!(tree.holds(slot), key.is_ok());
            if let Ok(key) = key {
                prop_assert_eq!(key, leaf(&whole, slot).unwrap());
            }
        }
    }
}
