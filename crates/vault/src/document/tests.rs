use bailee_core::Kind;
use bailee_core::catalogue::Catalogue;
use bailee_core::{FieldInstance, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn catalogue() -> Catalogue {
    Catalogue::embedded().unwrap()
}

fn parse(value: &Value) -> Json {
    serde_json::from_value(value.clone()).unwrap()
}

fn value(json: &Json) -> Value {
    serde_json::to_value(json).unwrap()
}

/// A record as the plan keeps it, without the rest of a plan.
struct Record {
    catalogue: Catalogue,
    tree: Json,
    leaves: Vec<Leaf>,
    shown: Shown,
    next: u64,
    /// The path of every instance ever given to a leaf that was stored.
    paths: std::collections::BTreeMap<u64, String>,
}

impl Record {
    fn new() -> Self {
        Self {
            catalogue: catalogue(),
            tree: Json::Object(Vec::new()),
            leaves: Vec::new(),
            shown: Shown::default(),
            next: 1,
            paths: std::collections::BTreeMap::new(),
        }
    }

    fn of(documents: &[(i64, Value)]) -> Self {
        let mut record = Self::new();
        documents.iter().for_each(|(at, document)| record.take_in(*at, document));
        record
    }

    fn take_in(&mut self, at: i64, document: &Value) {
        let marked = mark(parse(document), &self.catalogue, Kind::Order);
        let mut incoming = marked.document;
        let offset = self.leaves.len() as u64;
        fill(&mut incoming, &mut |marker| Marker(marker.0 + offset).into_json());
        self.leaves.extend(marked.leaves);
        let at = Timestamp::from_second(1_700_000_000 + at).unwrap();
        let tree = std::mem::replace(&mut self.tree, Json::Null);
        let root = self.catalogue.root(Kind::Order);
        self.tree = merge(tree, incoming, &mut self.shown, at, root, &mut self.leaves);
        for leaf in self.leaves.iter_mut().filter(|leaf| leaf.instance.is_none()) {
            leaf.instance = Some(FieldInstance(self.next));
            self.next += 1;
        }
        let mut met: Vec<(_, String)> = Vec::new();
        walk(&self.tree, root, &mut |one| met.push((self.instance(one.marker), one.trail.path().into())));
        for (instance, path) in met {
            let before = self.paths.insert(instance, path.clone()).unwrap_or_else(|| path.clone());
            assert_eq!(before, path, "an instance stands for one path for ever");
        }
    }

    fn instance(&self, marker: Marker) -> u64 {
        self.leaves[marker.0 as usize].instance.unwrap().0
    }

    /// The whole record in plaintext, in an order of its own.
    fn plain(&self) -> Value {
        let mut tree = copy(&self.tree);
        fill(&mut tree, &mut |marker| parse(&value(self.leaves[marker.0 as usize].value.as_ref().unwrap())));
        sorted(value(&tree))
    }

    fn instances(&self) -> Vec<(String, u64)> {
        let mut found = Vec::new();
        walk(&self.tree, self.catalogue.root(Kind::Order), &mut |met| {
            found.push((met.trail.path().into(), self.instance(met.marker)));
        });
        found.sort();
        found
    }
}

/// Lists with ids in the order of their ids: the order of arrival shows in them, and says nothing.
fn sorted(json: Value) -> Value {
    match json {
        Value::Array(elements) => {
            let mut elements: Vec<Value> = elements.into_iter().map(sorted).collect();
            elements.sort_by_key(|element| {
                ["orderItemId", "packageReferenceId"].map(|key| element[key].as_str().map(str::to_owned))
            });
            Value::Array(elements)
        }
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(key, value)| (key, sorted(value))).collect())
        }
        leaf => leaf,
    }
}

#[test]
fn two_documents_merge_as_the_source_meant_them() {
    let check = |name: &str, first: (i64, Value), then: (i64, Value), expected: Value| {
        assert_eq!(Record::of(&[first, then]).plain(), sorted(expected), "{name}");
    };
    let buyer = |value: Value| json!({ "buyer": value });
    let address = |value: Value| json!({"recipient": {"deliveryAddress": value}});
    check(
        "what a newer one does not show is kept",
        (1, buyer(json!({"buyerName": "A", "buyerEmail": "e"}))),
        (2, buyer(json!({"buyerName": "B"}))),
        buyer(json!({"buyerName": "B", "buyerEmail": "e"})),
    );
    check(
        "an older one fills in and overwrites nothing",
        (2, buyer(json!({"buyerName": "B"}))),
        (1, buyer(json!({"buyerName": "A", "buyerEmail": "e"}))),
        buyer(json!({"buyerName": "B", "buyerEmail": "e"})),
    );
    check(
        "null and empty say that there is nothing",
        (1, buyer(json!({"buyerName": "A", "buyerEmail": "e"}))),
        (2, buyer(json!({"buyerName": null, "buyerEmail": ""}))),
        buyer(json!({"buyerName": null, "buyerEmail": ""})),
    );
    check(
        "an address that contradicts is replaced as a whole",
        (1, address(json!({"name": "N", "addressLine1": "1", "addressLine2": "2"}))),
        (2, address(json!({"name": "N", "addressLine1": "9"}))),
        address(json!({"name": "N", "addressLine1": "9"})),
    );
    check(
        "one that does not is filled in",
        (1, address(json!({"name": "N", "addressLine2": "2"}))),
        (2, address(json!({"name": "N", "city": "C"}))),
        address(json!({"name": "N", "addressLine2": "2", "city": "C"})),
    );
    check(
        "items are told apart by their ids",
        (1, json!({"orderItems": [{"orderItemId": "1", "quantityOrdered": 1}, {"orderItemId": "2"}]})),
        (2, json!({"orderItems": [{"orderItemId": "3"}, {"orderItemId": "1", "quantityOrdered": 5}]})),
        json!({"orderItems": [{"orderItemId": "1", "quantityOrdered": 5}, {"orderItemId": "2"}, {"orderItemId": "3"}]}),
    );
    check(
        "items without ids are a whole, and do not pile up",
        (1, json!({"orderItems": [{"quantityOrdered": 1}, {"orderItemId": "2"}]})),
        (2, json!({"orderItems": [{"quantityOrdered": 7}]})),
        json!({"orderItems": [{"quantityOrdered": 7}, {"orderItemId": "2"}]}),
    );
    check(
        "a list without ids is a whole",
        (1, json!({"programs": ["A", "B"]})),
        (2, json!({"programs": ["C"]})),
        json!({"programs": ["C"]}),
    );
    check(
        "a leaf where an object was",
        (1, buyer(json!({"buyerName": "A"}))),
        (2, json!({"buyer": null})),
        json!({"buyer": null}),
    );
}

#[test]
fn a_document_between_two_others_has_the_word_where_the_newest_is_silent() {
    let documents = [
        (1, json!({"buyer": {"buyerName": "first"}, "salesChannel": {"channelName": "x"}})),
        (2, json!({"buyer": {"buyerName": "second"}})),
        (3, json!({"salesChannel": {"channelName": "y"}})),
    ];
    let expected = json!({"buyer": {"buyerName": "second"}, "salesChannel": {"channelName": "y"}});
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let record = Record::of(&order.map(|index: usize| documents[index].clone()));
        assert_eq!(record.plain(), expected, "{order:?}");
    }
}

#[test]
fn unknown_leaves_leave_no_key_behind_in_facts() {
    let document =
        json!({"orderId": "1", "Secret Key": {"deep": ["x", 1, true, null]}, "buyer": {"Odd": "y"}});
    let mut marked = mark(parse(&document), &catalogue(), Kind::Order);
    let paths: Vec<_> = marked.leaves.iter().filter_map(|leaf| leaf.unclassified_path.as_deref()).collect();
    assert_eq!(paths.len(), 4);
    assert_eq!(marked.blank.len(), 1);
    drop_unknown(&mut marked.document, catalogue().root(Kind::Order));
    assert_eq!(value(&marked.document), json!({"orderId": "1", "buyer": {}}));
}

#[test]
fn the_bytes_of_skeletons_and_values_are_those_that_the_format_fixes() {
    let skeleton = Json::Object(vec![
        ("a".into(), Json::Array(vec![Json::Null, Json::Bool(false), Json::Bool(true)])),
        ("é".into(), Marker(300).into_json()),
        ("i".into(), Json::Integer(-2)),
        ("f".into(), Json::Float(1.5)),
        ("s".into(), Json::String("xy".into())),
    ]);
    let mut bytes = Vec::new();
    encode_skeleton(&skeleton, &|marker| FieldInstance(marker.0), &mut bytes);
    let expected = "07050161060300010202c3a908ac02016903fffffffffffffffffffffffffffffffe0166043ff80000000000000173050278\
79";
    assert_eq!(data_encoding::HEXLOWER.encode(&bytes), expected);
    // The same bytes stand in the format's document.
    let document = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats/record.md"))
        .replace([' ', '\n'], "");
    assert!(document.contains(expected), "docs/formats/record.md has other bytes");
    for (value, expected) in [
        (Json::String("Ü".into()), &b"s\xc3\x9c"[..]),
        (Json::Bool(true), b"btrue"),
        (Json::Integer(-7), b"i-7"),
        (Json::Float(0.25), b"f0.25"),
        (Json::Null, b"n"),
    ] {
        assert_eq!(encode_value(&value), expected);
    }
}

#[test]
fn a_skeleton_that_claims_more_than_it_has_costs_nothing() {
    let huge = [7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
    assert!(decode_skeleton(&huge).is_none());
    assert!(decode_skeleton(&[[6, 1]; 5000].concat()).is_none(), "too deep");
}

/// Any document that the readers could let in.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9f64).prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("\\PC{0,6}", inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Parts of an order, any of which can be missing; an address is shown as a whole.
fn any_order() -> impl Strategy<Value = Value> {
    let text = || "[a-z]{1,3}";
    let item =
        (0..3u8, prop::option::of(text()), prop::option::of(1..5i64)).prop_map(|(id, gift, quantity)| {
            let mut item = json!({ "orderItemId": format!("I{id}") });
            if let Some(gift) = gift {
                item["fulfillment"] = json!({"packing": {"giftOption": {"giftMessage": gift}}});
            }
            if let Some(quantity) = quantity {
                item["quantityOrdered"] = json!(quantity);
            }
            item
        });
    let buyer = (prop::option::of(text()), prop::option::of(prop_oneof![Just(String::new()), text()]));
    let taxes = prop::collection::vec(text().prop_map(|text| json!({"taxRegistrationNumber": text})), 1..3);
    (
        prop::option::of(buyer),
        prop::option::of((text(), text())),
        prop::option::of(prop::collection::vec(item, 1..4)),
        prop::option::of(taxes),
        prop::option::of(prop::collection::vec(text(), 0..3)),
    )
        .prop_map(|(buyer, address, items, taxes, programs)| {
            let mut order = json!({"orderId": "302-1"});
            if let Some((name, email)) = buyer {
                order["buyer"] = json!({});
                name.into_iter().for_each(|name| order["buyer"]["buyerName"] = json!(name));
                email.into_iter().for_each(|email| order["buyer"]["buyerEmail"] = json!(email));
            }
            if let Some((name, line)) = address {
                order["recipient"] = json!({"deliveryAddress": {"name": name, "addressLine1": line}});
            }
            if let Some(items) = items {
                let mut by_id = std::collections::BTreeMap::new();
                for item in items {
                    by_id.insert(item["orderItemId"].to_string(), item);
                }
                order["orderItems"] = by_id.into_values().collect();
            }
            taxes.into_iter().for_each(|taxes| order["tax"] = json!({ "taxRegistrations": taxes }));
            programs.into_iter().for_each(|programs| order["programs"] = json!(programs));
            order
        })
}

/// Holds a tokenised document against its input: the same but for personal leaves, which are strings.
fn same_shape(input: &Value, output: &Value) -> bool {
    match (input, output) {
        (Value::Object(input), Value::Object(output)) => {
            input.keys().eq(output.keys())
                && input.iter().zip(output.values()).all(|((_, input), output)| same_shape(input, output))
        }
        (Value::Array(input), Value::Array(output)) => {
            input.len() == output.len() && input.iter().zip(output).all(|(one, other)| same_shape(one, other))
        }
        (leaf, Value::String(text)) => {
            text == "TOKEN" && !leaf.is_null() && leaf != "" || leaf.as_str() == Some(text)
        }
        (input, output) => input == output,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_skeleton_reads_back_and_no_truncation_of_it_does(document in any_json()) {
        let marked = mark(parse(&document), &catalogue(), Kind::Order);
        let mut bytes = Vec::new();
        encode_skeleton(&marked.document, &|marker| FieldInstance(marker.0), &mut bytes);
        let back = decode_skeleton(&bytes);
        prop_assert!(back.is_some_and(|back| back == marked.document));
        for end in 0..bytes.len() {
            prop_assert!(decode_skeleton(&bytes[..end]).is_none());
        }
        for leaf in &marked.leaves {
            let bytes = encode_value(leaf.value.as_ref().unwrap());
            prop_assert!(decode_value(&bytes) == leaf.value);
        }
    }

    #[test]
    fn garbage_is_refused_and_never_panics(bytes in prop::collection::vec(prop_oneof![0..10u8, any::<u8>()], 0..80)) {
        let _ = (decode_skeleton(&bytes), decode_value(&bytes));
    }

    #[test]
    fn a_tokenised_document_has_the_shape_of_its_input(document in any_json(), order in any_order()) {
        for document in [document, order] {
            let mut marked = mark(parse(&document), &catalogue(), Kind::Order);
            fill(&mut marked.document, &mut |_| Json::String("TOKEN".into()));
            prop_assert!(same_shape(&document, &value(&marked.document)));
        }
    }

    #[test]
    fn merging_does_not_depend_on_the_order_of_arrival(
        (documents, shuffled) in prop::collection::vec(any_order(), 1..6)
            .prop_map(|documents| (0i64..).zip(documents).collect::<Vec<_>>())
            .prop_flat_map(|documents| (Just(documents.clone()), Just(documents).prop_shuffle()))
    ) {
        let (one, other) = (Record::of(&documents), Record::of(&shuffled));
        prop_assert_eq!(one.plain(), other.plain());
        prop_assert_eq!(one.shown, other.shown);
    }

    #[test]
    fn the_same_documents_again_change_nothing(documents in prop::collection::vec(any_order(), 1..5)) {
        let documents: Vec<_> = (0i64..).zip(documents).collect();
        let mut record = Record::of(&documents);
        let (plain, instances) = (record.plain(), record.instances());
        documents.iter().for_each(|(at, document)| record.take_in(*at, document));
        prop_assert_eq!(record.plain(), plain);
        prop_assert_eq!(record.instances(), instances);
    }
}
