use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::testing::{MemoryLog, sample, signer};
use crate::verify::verify;

fn place() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let outer = tempfile::tempdir().unwrap();
    let (home, anchors) = (outer.path().join("home"), outer.path().join("safe/anchors"));
    fs::create_dir(&home).unwrap();
    (outer, home, anchors)
}

fn open(home: &Path, directory: &Path) -> Anchors {
    Anchors::open(directory, home, &signer().verifier_key()).unwrap()
}

#[test]
fn what_was_written_is_known_again() {
    let (_outer, home, directory) = place();
    let anchors = open(&home, &directory);
    assert_eq!(anchors.newest(), Ok(None));
    assert_eq!(anchors.known(), Ok(vec![]));
    for (size, day) in [(1, 100), (2, 100), (300, 101)] {
        anchors.write(&MemoryLog::of(size), Day(day)).unwrap();
    }
    // The last of each day, and the newest.
    let expected = [2, 300, 300].map(|size| MemoryLog::of(size).checkpoint);
    assert_eq!(anchors.known().unwrap(), expected);
    assert_eq!(anchors.newest().unwrap().unwrap().size, 300);
    verify(&MemoryLog::of(400), &signer().verifier_key(), &anchors.known().unwrap()).unwrap();
    let mode = fs::metadata(&directory).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert_eq!(fs::metadata(directory.join(NEWEST)).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_log_that_was_rolled_back_or_rewritten_does_not_replace_its_anchor() {
    let (_outer, home, directory) = place();
    let anchors = open(&home, &directory);
    anchors.write(&MemoryLog::of(300), Day(1)).unwrap();
    let error = anchors.write(&MemoryLog::of(299), Day(2)).unwrap_err();
    assert_eq!(error, AnchorError::Behind { anchored: 300, given: 299 });
    let mut forked = MemoryLog::of(299);
    forked.grow([sample(7)]);
    assert_eq!(anchors.write(&forked, Day(2)), Err(AnchorError::Forked { size: 300 }));
    // However long it grows.
    forked.grow((0..500).map(sample));
    assert_eq!(anchors.check(&forked), Err(AnchorError::Forked { size: 300 }));
    assert_eq!(anchors.write(&forked, Day(2)), Err(AnchorError::Forked { size: 300 }));
    assert_eq!(anchors.newest().unwrap().unwrap().root, MemoryLog::of(300).tree.root());
    anchors.write(&MemoryLog::of(300), Day(2)).unwrap();
}

#[test]
fn the_days_kept_have_a_limit() {
    let (_outer, home, directory) = place();
    let anchors = open(&home, &directory);
    let log = MemoryLog::of(1);
    let days = i32::try_from(DAYS_MAX).unwrap();
    for day in 0..days {
        // As `write` would, without waiting for the disk each time.
        fs::write(directory.join(format!("{}{ENDING}", Day(day))), &log.checkpoint).unwrap();
    }
    anchors.write(&log, Day(days - 1)).unwrap();
    assert_eq!(anchors.names().unwrap().len(), DAYS_MAX + 1);
    anchors.write(&log, Day(days)).unwrap();
    let names = anchors.names().unwrap();
    assert_eq!(names.len(), DAYS_MAX + 1);
    assert_eq!(names.first().unwrap(), "1970-01-02.checkpoint");
    assert_eq!(names.last().unwrap(), NEWEST);
}

#[test]
fn a_directory_inside_the_home_is_refused() {
    let (outer, home, _) = place();
    std::os::unix::fs::symlink(&home, outer.path().join("link")).unwrap();
    let sneaky = [
        home.clone(),
        home.join("anchors"),
        home.join("not/yet/there"),
        outer.path().join("link/anchors"),
        outer.path().join("home/../home/anchors"),
    ];
    for directory in sneaky {
        let error = Anchors::open(&directory, &home, &signer().verifier_key()).unwrap_err();
        assert_eq!(error, AnchorError::InsideHome, "{}", directory.display());
    }
    assert_eq!(fs::read_dir(&home).unwrap().count(), 0, "nothing was made in it");
    open(&home, &outer.path().join("home-anchors"));
}

#[test]
fn a_checkpoint_that_is_not_of_this_log_is_refused() {
    let (_outer, home, directory) = place();
    let anchors = open(&home, &directory);
    let mut unsigned = MemoryLog::of(1);
    unsigned.checkpoint = "nonsense".to_owned();
    assert!(matches!(anchors.write(&unsigned, Day(1)), Err(AnchorError::Note(_))));
    fs::write(directory.join(NEWEST), "nonsense").unwrap();
    assert!(matches!(anchors.newest(), Err(AnchorError::Note(_))));
    assert!(matches!(anchors.write(&MemoryLog::of(1), Day(1)), Err(AnchorError::Note(_))));
    fs::write(directory.join(NEWEST), vec![b'x'; NOTE_BYTES_MAX + 1]).unwrap();
    assert_eq!(anchors.known(), Err(AnchorError::Note(NoteError::Form)));
}

#[test]
fn a_draft_that_a_crash_left_is_passed_over() {
    let (_outer, home, directory) = place();
    let anchors = open(&home, &directory);
    fs::write(directory.join(format!("{NEWEST}.new")), "half a no").unwrap();
    assert_eq!(anchors.known(), Ok(vec![]));
    anchors.write(&MemoryLog::of(1), Day(1)).unwrap();
    assert_eq!(anchors.known().unwrap().len(), 2);
}
