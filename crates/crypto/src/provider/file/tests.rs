use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::fixed::Fixed;

#[test]
fn a_root_key_file_opens_again_and_is_for_its_owner_only() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("root.key");
    let made = KeyFile::create(&path, &Fixed::new(1)).unwrap();
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let opened = KeyFile::open(&path).unwrap();
    let wrapped = made.wrap(b"here", &[5; 32]).unwrap();
    assert_eq!(*opened.unwrap(b"here", &wrapped).unwrap(), [5; 32]);
    assert_eq!(opened.drops_epoch(), DropsEpoch::Cannot);
}

#[test]
fn an_existing_file_is_never_touched() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("root.key");
    std::fs::write(&path, "something else").unwrap();
    assert!(matches!(KeyFile::create(&path, &Fixed::new(1)), Err(ProviderError::Exists(_))));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "something else");
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("root.key");
    KeyFile::create(&path, &Fixed::new(1)).unwrap();
    for mode in [0o640, 0o604, 0o660, 0o610, 0o601, 0o644] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert!(matches!(KeyFile::open(&path), Err(ProviderError::ReadableByOthers(_))), "{mode:o}");
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    assert!(KeyFile::open(&path).is_ok());
}

#[test]
fn anything_but_the_exact_form_is_refused() {
    let good = format!("{HEADER}{}\n", BASE64.encode(&[7; 32]));
    assert_eq!(good.len(), FILE_BYTES);
    assert!(parse(good.as_bytes()).is_some());
    for bad in [
        String::new(),
        good.trim_end().to_owned(),
        format!("{good}\n"),
        format!(" {good}"),
        good.replace("key 1", "key 2"),
        format!("{HEADER}{}\n", BASE64.encode(&[7; 31])),
        format!("{HEADER}{}\n", BASE64.encode(&[7; 33])),
        // The same bytes, spelled another way.
        good.replace("c=\n", "d=\n"),
    ] {
        assert!(parse(bad.as_bytes()).is_none(), "{bad:?}");
    }
    let directory = tempfile::tempdir().unwrap();
    assert!(matches!(KeyFile::open(directory.path()), Err(ProviderError::NotARootKey(_))));
    assert!(matches!(KeyFile::open(&directory.path().join("none")), Err(ProviderError::File(..))));
}

#[test]
fn a_wrapped_secret_opens_under_its_root_key_and_context_only() {
    let (one, other) = (KeyFile::of(&[1; 32]), KeyFile::of(&[2; 32]));
    let wrapped = one.wrap(b"here", &[5; 32]).unwrap();
    assert!(one.unwrap(b"there", &wrapped).is_err());
    assert!(other.unwrap(b"here", &wrapped).is_err());
    for bit in 0..wrapped.len() * 8 {
        let mut changed = wrapped.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(one.unwrap(b"here", &changed).is_err(), "bit {bit}");
    }
    for length in 0..wrapped.len() {
        assert!(one.unwrap(b"here", &wrapped[..length]).is_err());
    }
    assert_ne!(wrapped, one.wrap(b"here", &[5; 32]).unwrap(), "each wrapping has a salt of its own");
}

#[test]
fn a_credential_is_guarded_by_its_access_list_and_never_open_to_everybody() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("root-key");
    KeyFile::create(&path, &Fixed::new(1)).unwrap();
    // The mask of an access list stands where the group's rights do.
    for (mode, opens) in
        [(0o400, true), (0o440, true), (0o600, true), (0o444, false), (0o460, false), (0o404, false)]
    {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(KeyFile::open_credential(&path).is_ok(), opens, "{mode:o}");
    }
}
