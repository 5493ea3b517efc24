use super::*;
use crate::testing::{MemoryLog, sample, signer};

fn exported(log: &MemoryLog) -> Vec<(String, Vec<u8>)> {
    let mut written = Vec::new();
    let size = files(log, &signer().verifier_key(), &mut |path, content| {
        written.push((path.to_owned(), content.to_vec()));
        Ok(())
    });
    assert_eq!(size.unwrap(), log.tree.size());
    written
}

#[test]
fn an_export_has_the_layout_of_tlog_tiles() {
    let paths = |size| exported(&MemoryLog::of(size)).into_iter().map(|(path, _)| path).collect::<Vec<_>>();
    assert_eq!(paths(0), ["README.md", "bailee.pub", "checkpoint"]);
    assert_eq!(
        paths(257),
        [
            "README.md",
            "bailee.pub",
            "tile/entries/000",
            "tile/0/000",
            "tile/entries/001.p/1",
            "tile/0/001.p/1",
            "tile/1/000.p/1",
            "checkpoint"
        ]
    );
}

#[test]
fn a_bundle_frames_its_entries() {
    let log = MemoryLog::of(3);
    let files = exported(&log);
    let (_, bundle) = files.iter().find(|(path, _)| path == "tile/entries/000.p/3").unwrap();
    let expected: Vec<u8> = (0..3)
        .flat_map(|index| {
            let entry = sample(index);
            [&[0, u8::try_from(entry.len()).unwrap()][..], &entry].concat()
        })
        .collect();
    assert_eq!(*bundle, expected);
    assert_eq!(unbundle(bundle), log.entries);
    assert_eq!(unbundle(&bundle[..bundle.len() - 1]), log.entries[..2]);
}

#[test]
fn entries_of_the_greatest_length_are_framed_and_longer_ones_refused() {
    let mut log = MemoryLog::new();
    log.grow([vec![b'x'; 65_535]]);
    let files = exported(&log);
    let (_, bundle) = files.iter().find(|(path, _)| path == "tile/entries/000.p/1").unwrap();
    assert_eq!(unbundle(bundle), log.entries);
    log.grow([vec![b'x'; 65_536]]);
    assert!(super::files(&log, &signer().verifier_key(), &mut |_, _| Ok(())).is_err());
}

#[test]
fn an_export_is_of_the_signed_size_while_the_log_grows() {
    let mut log = MemoryLog::of(300);
    let (checkpoint, before) = (log.checkpoint.clone(), exported(&log));
    log.grow((300..600).map(sample));
    log.checkpoint = checkpoint;
    let mut after = Vec::new();
    let size = files(&log, &signer().verifier_key(), &mut |path, content| {
        after.push((path.to_owned(), content.to_vec()));
        Ok(())
    });
    assert_eq!(size.unwrap(), 300);
    assert_eq!(after, before);
}

#[test]
fn a_directory_that_cannot_be_written_is_an_error() {
    let full = &mut |_: &str, _: &[u8]| Err(io::ErrorKind::StorageFull.into());
    let error = files(&MemoryLog::of(3), &signer().verifier_key(), full).unwrap_err();
    assert!(error.to_string().contains("README.md"), "{error}");
}

#[test]
fn the_readme_names_the_log_and_its_key() {
    let text = readme("bailee/x", "bailee/x+00+AA");
    assert!(text.contains("bailee/x+00+AA"));
    assert!(!text.contains("{key}") && !text.contains("{origin}"), "every place is filled");
}
