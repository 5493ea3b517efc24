//! An independent decoder in another language opens backups that this crate sealed, and the one of the documentation.
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

use bailee_core::{Environment, HomeId, RecordId};
use bailee_crypto::backup::{About, BackupKey, CHUNK_BYTES, Sealer};
use bailee_crypto::lasting::Binding;
use bailee_crypto::random::SystemEntropy;
use data_encoding::BASE64;
use serde_json::{Value, json};

const DECODER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/decoder/backup.py");
const VECTOR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats/vectors/backup.json");

/// Runs the decoder; without its interpreter or its package the test fails and says what to run.
fn decode(request: &Value) -> Value {
    let python = std::env::var("BAILEE_PYTHON").unwrap_or_else(|_| "python3".into());
    let mut child = Command::new(&python)
        .args(["-B", DECODER])
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

#[test]
fn the_decoder_opens_what_is_sealed_for_each_recipient() {
    let keys = [BackupKey::random(&SystemEntropy), BackupKey::random(&SystemEntropy)];
    let recipients = [keys[0].recipient().unwrap(), keys[1].recipient().unwrap()];
    let about = About {
        binding: Binding { home: HomeId::random(&SystemEntropy), environment: Environment::Production },
        backup: RecordId::random(&SystemEntropy),
        made_at: "2031-05-01T09:30:00.25Z".parse().unwrap(),
    };
    for bytes in [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES] {
        let content: Vec<u8> = (0..bytes).map(|at| (at % 251) as u8).collect();
        let mut sealer = Sealer::begin(Vec::new(), &about, &recipients, &SystemEntropy).unwrap();
        sealer.write_all(&content).unwrap();
        let (file, _) = sealer.finish().unwrap();
        for (key, recipient) in keys.iter().zip(&recipients) {
            let told = decode(&json!({ "file": BASE64.encode(&file), "key": *key.file() }));
            assert_eq!(
                told,
                json!({
                    "home": about.binding.home.to_string(),
                    "environment": "production",
                    "backup": about.backup.to_string(),
                    "made_at": about.made_at.as_millisecond(),
                    "recipient": recipient.to_string(),
                    "content": BASE64.encode(&content),
                })
            );
        }
    }
}

#[test]
fn the_decoder_opens_the_vector() {
    let vector: Value = serde_json::from_str(&std::fs::read_to_string(VECTOR).unwrap()).unwrap();
    let told = decode(&json!({ "file": vector["file"], "key": vector["key_file"] }));
    for member in ["home", "environment", "backup", "recipient", "content"] {
        assert_eq!(told[member], vector[member], "{member}");
    }
}
