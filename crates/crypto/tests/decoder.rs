//! An independent decoder in another language reads what this crate writes, and writes what this crate reads.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

use std::io::Write;
use std::process::{Command, Stdio};

use bailee_core::catalogue::TermKind;
use bailee_core::{Day, Environment, FieldInstance, HomeId, PartNo, RecordId, SellerId};
use bailee_crypto::bucket::{BucketId, BucketUse, Slot};
use bailee_crypto::envelope::{Place, open, seal};
use bailee_crypto::keyring::{Keyring, Removals};
use bailee_crypto::lasting::Binding;
use bailee_crypto::provider::KeyFile;
use bailee_crypto::random::SystemEntropy;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

const DECODER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/decoder/decode.py");
const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats/vectors/keys.json");

/// Runs the decoder; without its interpreter or its package the test fails and says what to run.
fn decode(arguments: &[&str], request: &Value) -> Value {
    let python = std::env::var("BAILEE_PYTHON").unwrap_or_else(|_| "python3".into());
    let mut child = Command::new(&python)
        .arg("-B")
        .arg(DECODER)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("{python} does not start ({error}); install Python 3, or name it in BAILEE_PYTHON")
        });
    // A decoder that ended early says why on its standard error, which is shown below.
    let _ = child.stdin.take().unwrap().write_all(request.to_string().as_bytes());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn unhex(value: &Value) -> Vec<u8> {
    HEXLOWER.decode(value.as_str().unwrap().as_bytes()).unwrap()
}

#[test]
fn the_decoder_derives_and_opens_every_vector() {
    assert_eq!(decode(&["vectors", VECTORS], &Value::Null), json!({"checked": true}));
}

#[test]
fn the_decoder_opens_a_real_keyring_and_this_crate_opens_what_it_sealed() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root.key");
    let mirrors = [directory.path().join("one"), directory.path().join("two")];
    let binding = Binding { home: HomeId::random(&SystemEntropy), environment: Environment::Test };
    let provider = KeyFile::create(&root, &SystemEntropy).unwrap();
    let keyring = Keyring::create(Box::new(provider), binding, &mirrors, &SystemEntropy).unwrap();
    let seller: SellerId = "SELLER-1".parse().unwrap();
    let bucket = BucketId { seller: seller.clone(), held: BucketUse::Order, day: Day(20_800) };
    keyring.reserve(&bucket, 1, &SystemEntropy).unwrap();
    let punctures = vec![(bucket.clone(), vec![Slot(3), Slot(9)])];
    keyring.destroy(&Removals { punctures, ..Removals::default() }, &SystemEntropy).unwrap();

    let keys = keyring.bucket(&bucket).unwrap();
    let record = RecordId::random(&SystemEntropy);
    let place = Place {
        home: binding.home,
        environment: binding.environment,
        what: "part",
        seller: Some(&seller),
        record,
        part: PartNo(1),
        version: 3,
    };
    let fields = [
        (FieldInstance(7), "Ümläut".as_bytes()),
        (FieldInstance(1), b""),
        (FieldInstance(2), b"sixteen bytes ok"),
    ];
    let envelope = seal(&keys.leaf(Slot(10)).unwrap(), &place, &fields, &SystemEntropy).unwrap();
    let request = json!({
        "root_key_file": root, "mirror": mirrors[1], "day": bucket.day.0, "slot": 10,
        "place": {
            "home": binding.home.to_string(), "environment": binding.environment.as_str(), "what": place.what,
            "seller": seller.as_str(), "record": record.to_string(), "part": 1, "version": 3,
        },
        "envelope": HEXLOWER.encode(&envelope),
        "token": keyring.lasting().token(record, FieldInstance(41)).0,
        "email": "someone@example.test",
    });
    let answer = decode(&["keyring"], &request);

    let read: Vec<Value> =
        fields.iter().map(|(instance, text)| json!([instance.0, HEXLOWER.encode(text)])).collect();
    assert_eq!(answer["fields"], Value::Array(read));
    assert_eq!(answer["moved"], "refused");
    assert_eq!(answer["punctured"], json!([3, 9]));
    assert_eq!(answer["revision"], keyring.anchor().revision);
    assert_eq!((&answer["record"], &answer["instance"]), (&json!(record.to_string()), &json!(41)));
    assert_eq!(answer["term"], keys.term(TermKind::Email, "someone@example.test").0);
    assert_eq!(unhex(&answer["ledger_seed"]), keyring.lasting().ledger_seed().to_vec());

    let theirs = open(&keys.leaf(Slot(10)).unwrap(), &place, &unhex(&answer["envelope"]), None).unwrap();
    for ((instance, text), (given, expected)) in theirs.iter().zip(&fields) {
        let reversed: Vec<u8> = expected.iter().rev().copied().collect();
        assert_eq!((instance, text.expose()), (given, &reversed));
    }
    assert_eq!(theirs.len(), fields.len());
    let token = answer["token"].as_str().unwrap();
    assert_eq!(keyring.lasting().resolve(token), Ok((record, FieldInstance(42))));
    assert_eq!(keyring.lasting().token(record, FieldInstance(42)).0, token);
}
