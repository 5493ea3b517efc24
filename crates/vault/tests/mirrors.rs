//! Mirrors of the keyring that are put back to an older state while a home is open.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod common;

use bailee_vault::collect::Request;
use bailee_vault::reveal::Resolved;
use common::{Home, value};
use serde_json::json;

const NOW: &str = "2026-03-02T12:00:00Z";

fn id(number: u32) -> String {
    format!("302-1111111-{number:07}")
}

fn order(number: u32) -> String {
    json!({
        "orderId": id(number), "createdTime": "2026-03-01T10:00:00Z", "lastUpdatedTime": "2026-03-02T10:00:00Z",
        "buyer": {"buyerName": "Quirina"}, "fulfillment": {"fulfillmentStatus": "UNSHIPPED"}
    })
    .to_string()
}

#[test]
fn nothing_is_sealed_under_keys_that_no_mirror_holds() {
    let directory = tempfile::tempdir().unwrap();
    let home = Home::new(directory.path(), NOW);
    let mirrors: Vec<_> = home.keyring.mirrors().into_iter().map(|(path, _)| path).collect();
    let put_back = |which: &[std::path::PathBuf], from: &std::path::Path| {
        for mirror in which {
            std::fs::remove_dir_all(mirror).unwrap();
            common::copy(from, mirror);
        }
    };
    let old = directory.path().join("old");
    common::copy(&mirrors[0], &old);
    home.collect(&order(1));
    // One is mended by the next collect, though it needs no new key.
    put_back(&mirrors[..1], &old);
    assert!(!home.vault.mirrors_are_current());
    home.collect(&order(2));
    assert!(home.vault.mirrors_are_current());
    // All of them: the keys of the bucket are in memory only.
    put_back(&mirrors, &old);
    let refused = home.collect_with(&order(3), Request::default()).unwrap_err();
    assert!(refused.to_string().contains("intact in no mirror"), "{refused}");
    assert!(matches!(home.resolve(&id(3)), Resolved::Unknown { .. }));
    assert_eq!(home.vault.tend_mirrors(home.now()).unwrap(), 2);
    assert_eq!(home.vault.tend_mirrors(home.now()).unwrap(), 0);
    assert_eq!(home.events().iter().filter(|name| *name == "mirrors-changed").count(), 1);
    home.collect(&order(3));
    drop(home);
    let home = Home::open(directory.path(), NOW).unwrap();
    for number in 1..=3 {
        assert_eq!(value(&home.reveal(&id(number)), "buyer.buyerName"), Some("Quirina"));
    }
    home.verify_ledger();
}
