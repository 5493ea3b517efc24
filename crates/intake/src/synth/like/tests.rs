use bailee_core::Timestamp;
use serde_json::json;

use super::*;

/// Orders that stand for those of production.
fn production(orders: u64) -> Vec<Json> {
    let lines = Synth { orders, seed: 99, mess_percent: 0, now: now() }.lines();
    lines.map(|line| serde_json::from_str(&line).unwrap()).collect()
}

fn now() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn profile_of<'a>(orders: impl IntoIterator<Item = &'a Json>) -> Result<Profile, ProfileError> {
    let mut tally = Tally::new().unwrap();
    orders.into_iter().for_each(|order| tally.add(order));
    tally.finish()
}

fn like(profile: &Profile, orders: u64, seed: u64) -> Vec<Json> {
    let like = Like::new(Synth { orders, seed, mess_percent: 0, now: now() }, profile).unwrap();
    like.lines().map(|line| serde_json::from_str(&line).unwrap()).collect()
}

/// How often a path is held over all groups, in a hundred.
fn percent(profile: &Profile, path: &str) -> f64 {
    let fields = || profile.groups.iter().flat_map(|group| &group.fields).filter(|one| one.path == path);
    let held: u64 = fields().map(|one| one.held).sum();
    100.0 * held as f64 / profile.orders as f64
}

fn mean_length(profile: &Profile, path: &str) -> f64 {
    let bins = profile.lengths.iter().find(|one| one.path == path).map(|one| &one.bins[..]).unwrap();
    let values: u64 = bins.iter().map(|bin| bin.values).sum();
    bins.iter().map(|bin| (bin.from + bin.to) as f64 / 2.0 * bin.values as f64).sum::<f64>() / values as f64
}

#[test]
fn orders_like_those_of_a_profile_have_its_shape() {
    let profile = profile_of(&production(2000)).unwrap();
    let made = profile_of(&like(&profile, 2000, 7)).unwrap();
    assert_eq!(made.orders, 2000);
    let marketplaces = |of: &Profile| of.marketplaces.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
    assert_eq!(marketplaces(&profile), marketplaces(&made));
    for (one, other) in profile.marketplaces.iter().zip(&made.marketplaces) {
        assert!(one.orders.abs_diff(other.orders) < 50, "{}: {} and {}", one.id, one.orders, other.orders);
    }
    for group in &profile.groups {
        let same = |other: &&Group| (other.status, other.fulfilled_by) == (group.status, group.fulfilled_by);
        let other = made.groups.iter().find(same).unwrap();
        assert!(
            group.orders.abs_diff(other.orders) < 100,
            "{:?}: {}, {}",
            group.status,
            group.orders,
            other.orders
        );
    }
    let mut looked_at = 0;
    for path in profile.groups.iter().flat_map(|group| &group.fields).map(|one| &*one.path) {
        let (wanted, is) = (percent(&profile, path), percent(&made, path));
        assert!((wanted - is).abs() < 5.0, "{path}: {wanted} and {is}");
        looked_at += 1;
    }
    assert!(looked_at > 300, "{looked_at}");
    // Of fewer it is chance how long they are.
    let are_many = |one: &&profile::Lengths| one.bins.iter().map(|bin| bin.values).sum::<u64>() >= 100;
    for one in profile.lengths.iter().filter(are_many) {
        let (wanted, is) = (mean_length(&profile, &one.path), mean_length(&made, &one.path));
        assert!((wanted - is).abs() / wanted < 0.15, "{}: {wanted} and {is}", one.path);
    }
}

#[test]
fn the_same_profile_seed_and_time_give_the_same_bytes_and_another_seed_others() {
    let profile = profile_of(&production(200)).unwrap();
    let lines = |seed| {
        let like = Like::new(Synth { orders: 50, seed, mess_percent: 0, now: now() }, &profile).unwrap();
        like.lines().collect::<Vec<_>>()
    };
    assert_eq!(lines(1), lines(1));
    assert_ne!(lines(1), lines(2));
    assert!(
        lines(1).iter().all(|line| line.contains("\"orderId\":\"000-")),
        "no order of Amazon's begins so"
    );
    let read = Profile::parse(&serde_json::to_vec(&profile).unwrap()).unwrap();
    assert_eq!(read, profile);
}

#[test]
fn what_few_have_is_told_of_nobody() {
    let few = |number: u64| CELL_MIN - number;
    let order = |number: u64, more: &str| -> Json {
        let text = format!(
            r#"{{"orderId":"302-1234567-{number:07}","salesChannel":{{"marketplaceId":"A1PA6795UKMFR9"}},
            "fulfillment":{{"fulfillmentStatus":"SHIPPED","fulfilledBy":"MERCHANT"}},
            "orderItems":[{{"orderItemId":"1","quantityOrdered":1}}]{more}}}"#
        );
        serde_json::from_str(&text).unwrap()
    };
    let named = r#","buyer":{"buyerName":"Wilma Larkspur"}"#;
    let all = |with: u64, without: u64| {
        let with = (0..with).map(|number| order(number, named));
        with.chain((0..without).map(|number| order(100 + number, ""))).collect::<Vec<_>>()
    };
    assert_eq!(profile_of(&all(few(1), 0)), Err(ProfileError::TooFew));
    assert!(profile_of(&all(CELL_MIN, 0)).is_ok());
    let names = |with, without| percent(&profile_of(&all(with, without)).unwrap(), "buyer.buyerName").round();
    for (with, without, percent) in [(4, 6, 0.0), (5, 5, 50.0), (6, 4, 100.0), (5, 0, 100.0), (0, 5, 0.0)] {
        assert!((names(with, without) - percent).abs() < 0.1, "{with}, {without}");
    }
    // A long name, a rare marketplace, a rare status, a path that nobody knows: each is one person's.
    let mut orders = all(20, 0);
    let long = format!(r#","buyer":{{"buyerName":"{}"}}"#, "Wilma ".repeat(60));
    orders.push(order(50, &long));
    let rare = r#"{"orderId":"302-1234567-0000060","salesChannel":{"marketplaceId":"A1VC38T7YXB528"},
        "fulfillment":{"fulfillmentStatus":"CANCELLED"},"Wilma Larkspur":{"wilma@example.com":"x"}}"#;
    orders.push(serde_json::from_str(rare).unwrap());
    let profile = profile_of(&orders).unwrap();
    assert_eq!(profile.groups.len(), 1, "the rare one is counted with the others");
    assert_eq!(profile.marketplaces.iter().map(|one| one.orders).sum::<u64>(), 22);
    let bins = &profile.lengths.iter().find(|one| one.path == "buyer.buyerName").unwrap().bins;
    assert_eq!(bins.iter().map(|bin| (bin.from, bin.to, bin.values)).collect::<Vec<_>>(), [(12, 15, 21)]);
    let text = serde_json::to_string(&profile).unwrap();
    for hidden in ["ilma", "CANCELLED", "A1VC38T7YXB528", "302-", "360"] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
}

#[test]
fn a_profile_that_no_tally_wrote_is_refused() {
    let profile = profile_of(&production(200)).unwrap();
    let good = serde_json::to_value(&profile).unwrap();
    let refused = |path: &str, value: serde_json::Value| {
        let mut changed = good.clone();
        *changed.pointer_mut(path).unwrap() = value;
        Profile::parse(changed.to_string().as_bytes()).is_err()
    };
    for (path, value) in [
        ("/format", json!("bailee-synth-profile/2")),
        ("/orders", json!(4)),
        ("/marketplaces/0/id", json!("Wilma Larkspur")),
        ("/marketplaces/0/orders", json!(4)),
        ("/groups/0/status", json!("WILMA")),
        ("/groups/0/orders", json!(4)),
        ("/groups/0/items/0/items", json!(21)),
        ("/groups/0/fields/0/path", json!("buyer.wilma")),
        ("/groups/0/fields/0/held", json!(4)),
        ("/groups/0/fields/0/held", json!(u64::MAX)),
        ("/lengths/0/path", json!("buyer.wilma")),
        ("/lengths/0/bins/0/values", json!(4)),
        ("/lengths/0/bins/0/to", json!(1025)),
        ("/lengths/0/bins/0/from", json!(0)),
    ] {
        assert!(refused(path, value.clone()), "{path}: {value}");
    }
    assert!(!refused("/lengths/0/bins/0/values", json!(5)));
    let text = good.to_string();
    assert_eq!(Profile::parse(&text.as_bytes()[1..]), Err(ProfileError::Foreign));
    let padded = |length: usize| format!("{text}{}", " ".repeat(length - text.len()));
    assert!(Profile::parse(padded(PROFILE_BYTES_MAX).as_bytes()).is_ok());
    assert!(Profile::parse(padded(PROFILE_BYTES_MAX + 1).as_bytes()).is_err());
}
