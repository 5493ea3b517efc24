use std::io::{self, Cursor, Read, Write};

use bailee_core::{Environment, HomeId};
use bailee_crypto::lasting::Binding;

use super::*;

fn about(environment: Environment) -> About {
    let binding = Binding { home: HomeId([3; 16]), environment };
    About { binding, backup: RecordId([9; 16]), made_at: "2031-05-01T09:30:00Z".parse().unwrap() }
}

fn signer(environment: Environment) -> Signer {
    Signer::new(HomeId([3; 16]), environment, &[7; 32]).unwrap()
}

fn bundle(signer: &Signer) -> Vec<u8> {
    let mut bundle = Bundle::new(Vec::new());
    bundle.put("bailee.toml", 5, &mut &b"[ome]"[..]).unwrap();
    bundle.put("mappings/own.toml", 0, &mut io::empty()).unwrap();
    bundle.put(bundle::STORE, 9, &mut &b"the store and more"[..]).unwrap();
    bundle.finish(&about(Environment::Production), signer).unwrap()
}

type Files = Vec<(String, Vec<u8>)>;

fn unpacked(bytes: &[u8], environment: Environment) -> Result<(String, Files), BackupError> {
    let mut files = Vec::new();
    let key = bundle::unpack(&mut Cursor::new(bytes), &about(environment), &mut |name, input| {
        let mut content = Vec::new();
        // Of one file the beginning alone is wanted.
        input.take(if name == "bailee.toml" { 2 } else { u64::MAX }).read_to_end(&mut content)?;
        files.push((name.to_owned(), content));
        Ok(())
    })?;
    Ok((key, files))
}

#[test]
fn what_was_put_in_comes_out_with_the_key_that_signed_it() {
    for signer in
        [signer(Environment::Production), signer(Environment::Production).restored(RecordId([1; 16]))]
    {
        let (key, files) = unpacked(&bundle(&signer), Environment::Production).unwrap();
        assert_eq!(key, signer.verifier_key());
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["bailee.toml", "mappings/own.toml", "store.db"]);
        assert_eq!((files[0].1.as_slice(), files[2].1.as_slice()), (&b"[o"[..], &b"the store"[..]));
    }
}

#[test]
fn every_changed_missing_or_added_byte_is_found_and_so_is_another_environment() {
    let whole = bundle(&signer(Environment::Production));
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        assert!(unpacked(&changed, Environment::Production).is_err(), "byte {at}");
        assert!(unpacked(&whole[..at], Environment::Production).is_err(), "cut at {at}");
    }
    assert!(unpacked(&[&whole[..], &[0]].concat(), Environment::Production).is_err());
    assert!(unpacked(&whole, Environment::Test).is_err());
    assert!(unpacked(&bundle(&signer(Environment::Test)), Environment::Production).is_err());
}

#[test]
fn a_file_that_is_shorter_than_was_said_or_has_no_name_is_not_put_in() {
    let mut bundle = Bundle::new(io::sink());
    assert!(bundle.put("a", 5, &mut &b"four"[..]).is_err());
    assert!(bundle.put("", 0, &mut io::empty()).is_err());
    assert!(bundle.put(&"n".repeat(256), 0, &mut io::empty()).is_err());
    assert!(bundle.put(&"n".repeat(255), 0, &mut io::empty()).is_ok());
    bundle.flush().unwrap();
}

#[test]
fn a_name_that_leads_elsewhere_is_refused() {
    for name in ["/etc/passwd", "../up", "a/../../b", "."] {
        let mut bundle = Bundle::new(Vec::new());
        bundle.put(name, 1, &mut &b"x"[..]).unwrap();
        let bytes = bundle.finish(&about(Environment::Production), &signer(Environment::Production)).unwrap();
        assert_eq!(unpacked(&bytes, Environment::Production).unwrap_err(), BackupError::Changed, "{name}");
    }
}
