//! The test vectors of `docs/formats/vectors/keys.json`, made from fixed randomness. They freeze the bytes: a change of
//! any format fails here. `BAILEE_UPDATE_VECTORS=1` writes them anew, for a format with a new version.

use std::path::Path;
use std::sync::Arc;

use bailee_core::catalogue::TermKind;
use bailee_core::{
    Day, Entropy, Environment, FieldInstance, HomeId, Kind, Month, PartNo, RecordId, SellerId, Sensitive,
};
use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::bucket::{BucketId, BucketKeys, BucketUse, Slot};
use crate::detail;
use crate::envelope::{Place, SealingKey, digest, part_key, seal};
use crate::fixed::Fixed;
use crate::keyring::{Keyring, Removals};
use crate::lasting::{Binding, Lasting};
use crate::provider::passphrase::Sealed;
use crate::provider::{DropsEpoch, KeyFile, KeyProvider, ProviderError};
use crate::secret::Key;
use crate::token::{Series, make};
use crate::tree::{Path as Way, Tree};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats/vectors/keys.json");
const ROOT: [u8; 32] = *b"the root key of the test vectors";

fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

fn binding() -> Binding {
    Binding {
        home: HomeId(*b"\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"),
        environment: Environment::Test,
    }
}

fn seller() -> SellerId {
    "SELLER-1".parse().unwrap()
}

/// A key file whose salts are fixed.
struct FixedProvider(KeyFile, Fixed);

impl KeyProvider for FixedProvider {
    fn wrap(&self, context: &[u8], secret: &[u8; 32]) -> Result<Vec<u8>, ProviderError> {
        Ok(self.0.wrap_with(context, secret, &self.1))
    }

    fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<Zeroizing<[u8; 32]>, ProviderError> {
        self.0.unwrap(context, wrapped)
    }

    fn drops_epoch(&self) -> DropsEpoch {
        self.0.drops_epoch()
    }
}

#[test]
fn the_bytes_are_those_of_the_vectors() {
    let made = format!("{:#}\n", vectors());
    if std::env::var_os("BAILEE_UPDATE_VECTORS").is_some() {
        std::fs::create_dir_all(Path::new(FILE).parent().unwrap()).unwrap();
        std::fs::write(FILE, &made).unwrap();
    }
    let kept = std::fs::read_to_string(FILE).unwrap();
    assert!(made == kept, "a format has changed: stored data would no longer open");
}

fn vectors() -> Value {
    json!({
        "about": "Test vectors of docs/formats/{keyring,envelope,tokens}.md. Bytes are hexadecimal unless they are base64.",
        "binding": { "home": binding().home.to_string(), "environment": binding().environment.as_str() },
        "root_key": { "key": hex(&ROOT), "file": format!("bailee root key 1\n{}\n", BASE64.encode(&ROOT)) },
        "root_key_under_a_passphrase": under_a_passphrase(),
        "wrap": wrap(),
        "tree": tree(),
        "envelopes": [envelope("part", Some(&seller()), 1), envelope("register/person", None, 2)],
        "detail": detail(),
        "index": index(),
        "tokens": [token(1, 0), token(0xbeef, u64::MAX >> 1)],
        "reference": reference(),
        "register": register(),
        "keyring": keyring(),
    })
}

fn under_a_passphrase() -> Value {
    let passphrase = Sensitive::new("dreizehn grüne Kähne im Schilf".to_owned());
    let sealed = Sealed::seal(&Key::stored(&ROOT), &passphrase, &Fixed::new(9)).unwrap();
    let derived = sealed.derive(&passphrase).unwrap();
    json!({ "passphrase": passphrase.expose(), "derived": hex(derived.bytes()), "file": sealed.text() })
}

fn wrap() -> Value {
    let wrapped = KeyFile::of(&ROOT).wrap_with(b"a context", &[0x5a; 32], &Fixed::new(10));
    json!({ "context": hex(b"a context"), "secret": hex(&[0x5a; 32]), "wrapped": hex(&wrapped) })
}

fn tree() -> Value {
    let whole = Tree::new(&Key::stored(&[0x11; 32]));
    let leaf = |slot: u32| {
        let key = Way::new().leaf(&whole, Slot(slot)).unwrap();
        json!({ "slot": slot, "key": hex(key.bytes()) })
    };
    let mut nodes = Vec::new();
    whole.without(&[Slot(2), Slot(3), Slot(1000)]).write(&mut nodes);
    json!({
        "root": hex(&[0x11; 32]),
        "leaves": ([0, 1, 2, 3, 4, 999, 1000, (1 << 24) - 1].map(leaf)),
        "punctured": { "slots": [2, 3, 1000], "nodes": hex(&nodes) },
    })
}

fn envelope(what: &str, seller: Option<&SellerId>, seed: u64) -> Value {
    let key = Key::stored(&[0x22; 32]);
    let Binding { home, environment } = binding();
    let place = Place {
        home,
        environment,
        what,
        seller,
        record: RecordId([0x33; 16]),
        part: PartNo(4),
        version: 0x0102_0304,
    };
    let fields: [(FieldInstance, &[u8]); 3] = [
        (FieldInstance(5), b"first"),
        (FieldInstance(u64::MAX >> 1), b"sixteen bytes ok"),
        (FieldInstance(1), b""),
    ];
    let key = SealingKey::of(key);
    let sealed = seal(&key, &place, &fields, &Fixed::new(seed)).unwrap();
    let salt = sealed[1..17].try_into().unwrap();
    let texts: Vec<Value> =
        fields.iter().map(|(instance, text)| json!({ "instance": instance.0, "text": hex(text) })).collect();
    json!({
        "sealing_key": hex(key.key().bytes()),
        "place": {
            "home": home.to_string(), "environment": environment.as_str(), "what": what,
            "seller": seller.map(SellerId::as_str), "record": place.record.to_string(), "part": 4,
            "version": place.version,
        },
        "fields": texts,
        "part_key": hex(part_key(&key, &place, &salt).bytes()),
        "envelope": hex(&sealed),
        "digest": hex(&digest(&sealed)),
    })
}

fn detail() -> Value {
    let key = SealingKey::of(Key::stored(&[0x24; 32]));
    let text = br#"{"v":1,"face":"https","address":"192.0.2.7","tls":"1.3","suite":"TLS13_AES_256_GCM_SHA384","agent":"curl"}"#;
    let commitment = detail::commit(&key, binding(), text);
    let sealed = detail::seal(&key, binding(), commitment, text, &Fixed::new(3)).unwrap();
    let opened = detail::open(&key, binding(), commitment, &sealed).ok().unwrap();
    json!({
        "detail_key": hex(key.key().bytes()), "text": String::from_utf8_lossy(text), "salt": hex(&opened.salt),
        "commitment": commitment.to_string(), "envelope": hex(&sealed),
    })
}

/// A bucket's keys, and its index key, from fixed randomness: the root is drawn first.
fn bucket_keys() -> (BucketKeys, [u8; 32]) {
    let entropy = Fixed::new(20);
    let mut drawn = [[0; 32]; 2];
    drawn.iter_mut().for_each(|key| entropy.fill(key));
    (BucketKeys::random(&Fixed::new(20)), drawn[1])
}

fn index() -> Value {
    let (keys, key) = bucket_keys();
    let cases = [
        (1, TermKind::Email, "someone@example.test"),
        (2, TermKind::Phone, "+4930123456"),
        (3, TermKind::Name, "example someone"),
        (4, TermKind::NamePostalCode, "example someone 10115"),
    ];
    let term = |(code, kind, value): (u8, TermKind, &str)| json!({ "kind": code, "value": value, "term": keys.term(kind, value).0 });
    json!({
        "key": hex(&key),
        "terms": cases.map(term),
        "content": hex(b"some content"),
        "content_mac": hex(&keys.content_mac(b"some content")),
    })
}

fn token(number: u16, instance: u64) -> Value {
    let key: [u8; 64] = std::array::from_fn(|at| at as u8);
    let made = make(&binding(), &Series::stored(number, &key), RecordId([0x44; 16]), FieldInstance(instance));
    json!({
        "series": number, "key": hex(&key), "record": hex(&[0x44; 16]), "instance": instance, "token": made.0,
    })
}

/// The lasting keys are drawn in the order of the file: token key, tombstone, ledger, registers, pending.
fn lasting() -> (Lasting, [[u8; 32]; 4]) {
    let entropy = Fixed::new(30);
    entropy.fill(&mut [0; 64]);
    let mut drawn = [[0; 32]; 4];
    drawn.iter_mut().for_each(|key| entropy.fill(key));
    (Lasting::random(binding(), &Fixed::new(30)), drawn)
}

fn reference() -> Value {
    let (lasting, [tombstone, ..]) = lasting();
    let mac = lasting.reference_mac(&seller(), Kind::Order, &"100-0000001-0000001".parse().unwrap());
    json!({
        "key": hex(&tombstone), "seller": seller().as_str(), "kind": Kind::Order.code(),
        "reference": "100-0000001-0000001", "mac": hex(&mac),
    })
}

fn register() -> Value {
    let (lasting, [_, _, registers, _]) = lasting();
    json!({ "root": hex(&registers), "register": "person", "key": hex(lasting.register_key("person").key().bytes()) })
}

/// A whole mirror after some life: two buckets, a facts key, a detail key, punctures, an end.
fn keyring() -> Value {
    let disk = crate::keyring::memory_disk();
    let mirrors = ["/a".into(), "/b".into()];
    let provider = Box::new(FixedProvider(KeyFile::of(&ROOT), Fixed::new(41)));
    let entropy = Fixed::new(40);
    let keyring =
        Keyring::create_on(Arc::clone(&disk) as _, provider, binding(), &mirrors, &entropy).unwrap();
    let bucket = |held, day| BucketId { seller: seller(), held, day: Day(day) };
    let (orders, quarantine, ended) = (
        bucket(BucketUse::Order, 20_800),
        bucket(BucketUse::Quarantine, 20_790),
        bucket(BucketUse::Order, 20_799),
    );
    for id in [&orders, &quarantine, &ended] {
        keyring.reserve(id, 1, &entropy).unwrap();
    }
    let facts = keyring.ensure_facts(&seller(), Month(682), &entropy).unwrap();
    let detail = keyring.ensure_detail(Month(682), &entropy).unwrap();
    let removals = Removals {
        punctures: vec![(orders.clone(), vec![Slot(1), Slot(5)])],
        buckets: vec![ended],
        ..Removals::default()
    };
    let done = keyring.destroy(&removals, &entropy).unwrap();
    let files: serde_json::Map<String, Value> = disk
        .files("/a")
        .into_iter()
        .map(|(path, file)| {
            (path.strip_prefix("/a").unwrap().to_str().unwrap().into(), BASE64.encode(&file).into())
        })
        .collect();
    let segment = |kind: u8, id: &BucketId| {
        let keys = keyring.bucket(id).unwrap();
        let leaf = |slot: u32| json!({ "slot": slot, "key": keys.leaf(Slot(slot)).ok().map(|key| hex(key.key().bytes())) });
        json!({
            "kind": kind, "seller": id.seller.as_str(), "number": id.day.0, "given": 64,
            "index_key": hex(keys.index_key().bytes()), "leaves": ([0, 1, 2, 5, 63].map(leaf)),
        })
    };
    let one = |kind: u8, seller: &str, key: &SealingKey| json!({ "kind": kind, "seller": seller, "number": 682, "given": 0, "key": hex(key.key().bytes()) });
    json!({
        "revision": done.anchor.revision, "epoch": done.epoch, "head": hex(&done.anchor.head),
        "segments": [segment(1, &orders), segment(2, &quarantine), one(3, seller().as_str(), &facts), one(4, "", &detail)],
        "ledger_seed": hex(&**keyring.lasting().ledger_seed()),
        "files": files,
    })
}
