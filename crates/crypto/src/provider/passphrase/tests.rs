use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::fixed::Fixed;
use crate::provider::KeyProvider;

const OLD: &str = "Blue-Kettle-on-7-Stoves";
const NEW: &str = "thirteen green barges in the reeds";

fn phrase(text: &str) -> Sensitive<String> {
    Sensitive::new(text.to_owned())
}

/// A directory with a root key under [`OLD`], and what was wrapped under it.
struct Kept {
    directory: tempfile::TempDir,
    path: PathBuf,
    wrapped: Vec<u8>,
}

impl Kept {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("root.key");
        let made = KeyFile::create_sealed(&path, &phrase(OLD), &Fixed::new(1)).unwrap();
        let wrapped = made.wrap(b"here", &[5; 32]).unwrap();
        Self { directory, path, wrapped }
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.path).unwrap()
    }

    fn write(&self, text: impl AsRef<[u8]>) {
        fs::write(&self.path, text).unwrap();
    }

    fn refused(&self, passphrase: &str) -> ProviderError {
        KeyFile::open_sealed(&self.path, &phrase(passphrase)).err().unwrap()
    }

    /// Opens with this passphrase, and is the root key that it was.
    #[track_caller]
    fn opens(&self, passphrase: &str) {
        let opened = KeyFile::open_sealed(&self.path, &phrase(passphrase)).unwrap();
        assert_eq!(*opened.unwrap(b"here", &self.wrapped).unwrap(), [5; 32]);
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

#[test]
fn a_root_key_opens_with_its_passphrase_and_no_other() {
    let kept = Kept::new();
    assert_eq!(kept.path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    kept.opens(OLD);
    let long = OLD.repeat(1000);
    for wrong in ["", NEW, "blue-kettle-on-7-stoves", "Blue-Kettle-on-7-Stoves ", &long] {
        let error = kept.refused(wrong);
        assert!(matches!(error, ProviderError::WrongPassphrase(_)), "{error}");
        assert!(wrong.is_empty() || !error.to_string().contains(wrong), "{error}");
    }
    let again = KeyFile::create_sealed(&kept.path, &phrase(OLD), &Fixed::new(2));
    assert!(matches!(again, Err(ProviderError::Exists(_))));
    kept.opens(OLD);
}

#[test]
fn every_line_of_the_file_is_authenticated() {
    let kept = Kept::new();
    let text = kept.text();
    let lines: Vec<&str> = text.lines().collect();
    let turned = |line: &str| match line.strip_prefix('A') {
        Some(rest) => format!("B{rest}"),
        None => format!("A{}", &line[1..]),
    };
    let (salt, boxed) = (turned(lines[2]), turned(lines[3]));
    for (was, is) in
        [("m=65536", "m=65537"), ("t=3", "t=4"), ("p=4", "p=3"), (lines[2], &salt), (lines[3], &boxed)]
    {
        kept.write(text.replace(was, is));
        assert!(matches!(kept.refused(OLD), ProviderError::WrongPassphrase(_)), "{is}");
    }
    kept.write(text);
    kept.opens(OLD);
}

#[test]
fn anything_but_the_exact_form_is_refused() {
    let kept = Kept::new();
    let text = kept.text();
    for length in 0..text.len() {
        assert!(Sealed::parse(&text.as_bytes()[..length]).is_none(), "{length}");
    }
    for (was, is) in [
        ("passphrase 1", "passphrase 2"),
        ("argon2id", "argon2i"),
        ("v=19", "v=16"),
        ("m=65536", "m=065536"),
        ("m=65536", "m=+65536"),
        ("m=65536", "m=65536,"),
        ("m=65536", "m=4294967296"),
        ("m=65536 t=3", "t=3 m=65536"),
        ("p=4", "p=4 x=1"),
        ("p=4\n", "p=4\r\n"),
        ("p=4\n", "p=4\n\n"),
    ] {
        assert!(Sealed::parse(text.replace(was, is).as_bytes()).is_none(), "{is}");
    }
    let longest = text.replace("m=65536 t=3 p=4", "m=4294967295 t=4294967295 p=4294967295");
    assert!(longest.len() <= FILE_BYTES_MAX && Sealed::parse(longest.as_bytes()).is_some());
    let endless = format!("{text}{}", "\n".repeat(1 << 20));
    let plain = format!("bailee root key 1\n{}\n", BASE64.encode(&[7; 32]));
    for wrong in [endless.as_bytes(), plain.as_bytes(), b"", &text.as_bytes()[..100], b"\xff\xfe"] {
        kept.write(wrong);
        assert!(matches!(kept.refused(OLD), ProviderError::NotSealed(_)));
    }
    kept.write(&text);
    assert!(matches!(KeyFile::open(&kept.path), Err(ProviderError::NotARootKey(_))));
    let missing = KeyFile::open_sealed(&kept.directory.path().join("none"), &phrase(OLD));
    assert!(matches!(missing, Err(ProviderError::File(..))));
    let directory = KeyFile::open_sealed(kept.directory.path(), &phrase(OLD));
    assert!(matches!(directory, Err(ProviderError::NotSealed(_))));
}

#[test]
fn a_hostile_file_takes_no_more_than_a_root_key_may() {
    let allowed = |memory_kib, passes, lanes| Cost { memory_kib, passes, lanes }.is_allowed();
    assert!(COST.is_allowed());
    for (memory_kib, is) in [(0, false), (65_535, false), (65_536, true), (262_144, true), (262_145, false)] {
        assert_eq!(allowed(memory_kib, 3, 4), is, "{memory_kib}");
    }
    for (passes, is) in [(0, false), (2, false), (3, true), (12, true), (13, false), (u32::MAX, false)] {
        assert_eq!(allowed(65_536, passes, 4), is, "{passes}");
    }
    for (lanes, is) in [(0, false), (1, true), (8, true), (9, false), (u32::MAX, false)] {
        assert_eq!(allowed(65_536, 3, lanes), is, "{lanes}");
    }
    let kept = Kept::new();
    let text = kept.text();
    for cost in ["m=4294967295 t=3 p=4", "m=65536 t=4294967295 p=4", "m=8 t=1 p=1"] {
        kept.write(text.replace("m=65536 t=3 p=4", cost));
        let error = kept.refused(OLD);
        assert!(
            matches!(error, ProviderError::Cost(_)) && error.to_string().contains("64 to 256 MiB"),
            "{error}"
        );
    }
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let kept = Kept::new();
    for mode in [0o640, 0o604, 0o660, 0o601] {
        fs::set_permissions(&kept.path, Permissions::from_mode(mode)).unwrap();
        assert!(matches!(kept.refused(OLD), ProviderError::ReadableByOthers(_)), "{mode:o}");
    }
}

#[test]
fn another_passphrase_opens_the_same_root_key_and_the_old_one_nothing() {
    let kept = Kept::new();
    let draft =
        |old: &str, new: &str| Resealed::draft(&kept.path, &phrase(old), &phrase(new), &Fixed::new(3));
    // Until it is kept, and when it never is, the old one stands.
    let resealed = draft(OLD, NEW).unwrap();
    kept.opens(OLD);
    drop(resealed);
    assert_eq!(kept.names(), ["root.key"]);
    // What a crash left behind is no hindrance.
    fs::write(kept.directory.path().join("root.key.new"), "half of").unwrap();
    draft(OLD, NEW).unwrap().keep().unwrap();
    kept.opens(NEW);
    assert!(matches!(kept.refused(OLD), ProviderError::WrongPassphrase(_)));
    assert_eq!(kept.names(), ["root.key"]);
    assert_eq!(kept.path.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    let before = kept.text();
    assert!(matches!(draft(OLD, OLD), Err(ProviderError::WrongPassphrase(_))));
    assert!(matches!(draft(NEW, "short"), Err(ProviderError::WeakPassphrase(_))));
    assert!(matches!(draft(NEW, NEW), Err(ProviderError::WeakPassphrase(_))));
    assert_eq!((kept.text(), kept.names()), (before, vec!["root.key".to_owned()]));
}

#[test]
fn a_link_to_a_root_key_stays_one() {
    let kept = Kept::new();
    let link = kept.directory.path().join("link");
    std::os::unix::fs::symlink(&kept.path, &link).unwrap();
    Resealed::draft(&link, &phrase(OLD), &phrase(NEW), &Fixed::new(3)).unwrap().keep().unwrap();
    assert!(link.is_symlink());
    kept.opens(NEW);
}

/// What a passphrase lacks.
fn lacks(passphrase: &str, expected: &[&str]) {
    assert_eq!(missing(passphrase), expected, "{passphrase}");
}

#[test]
fn a_refusal_says_all_that_is_missing_at_once_and_never_the_passphrase() {
    lacks(OLD, &[]);
    lacks(NEW, &[]);
    lacks("blue-kettle-on-7-st", &["an upper-case letter (or 24 characters)"]);
    lacks("BLUE-KETTLE-ON-7-ST", &["a lower-case letter (or 24 characters)"]);
    lacks("Blue-Kettle-on-x-St", &["a digit (or 24 characters)"]);
    lacks("BlueKettleOn7Stoves", &["a special character (or 24 characters)"]);
    lacks(&"aaaa".repeat(10), &["at least 8 different characters"]);
    let error = check(&phrase("Blue-Kettles")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the passphrase needs at least 16 characters, a digit (or 24 characters) (1.4.a)"
    );
    assert_eq!(error.code(), "weak-passphrase");
}

#[test]
fn the_limits_of_a_passphrase_hold_at_n_and_n_plus_1() {
    lacks("Blue-Kettle-on-7", &[]);
    lacks("Blue-Kettle-n-7", &["at least 16 characters"]);
    lacks("thirteen-green-barges-in", &[]);
    assert_eq!(missing("thirteen-green-barges-n").len(), 2);
    lacks("Aa1-efgAa1-efgAa1", &["at least 8 different characters"]);
    lacks("Aa1-efghAa1-efgh", &[]);
    lacks(&"Aa1-efgh".repeat(CHARACTERS_MAX / 8), &[]);
    lacks(&format!("{}x", "Aa1-efgh".repeat(CHARACTERS_MAX / 8)), &["at most 1024 characters"]);
}
