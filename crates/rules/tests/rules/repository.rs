//! Reads the repository: its crates, its sources, its documents. Build output and hidden directories are passed over.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file of the repository.
pub(crate) struct Text {
    /// Its path from the root of the repository, with `/`.
    pub(crate) path: String,
    pub(crate) content: String,
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A file of the repository, which must be there.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A TOML file of the repository.
pub(crate) fn read_toml(path: &str) -> toml::Table {
    read(path).parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names of the directories under `crates/`, sorted.
pub(crate) fn crates() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Every Rust file of a crate, its tests included.
pub(crate) fn sources_of(name: &str) -> Vec<Text> {
    texts(&format!("crates/{name}"), "rs")
}

/// Every Rust file of the repository.
pub(crate) fn sources() -> Vec<Text> {
    texts("crates", "rs")
}

/// Every Markdown file of the repository.
pub(crate) fn documents() -> Vec<Text> {
    texts("", "md")
}

fn texts(under: &str, extension: &str) -> Vec<Text> {
    let root = root();
    let mut found = Vec::new();
    let mut waiting = vec![root.join(under)];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                if name != "target" && !name.starts_with('.') && !name.starts_with("bailee-data") {
                    waiting.push(path);
                }
            } else if path.extension().is_some_and(|of| of == extension) {
                let content = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                found.push(Text { path, content });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

/// Fails with every complaint on a line of its own, so that one run shows all that is to be done.
pub(crate) fn refuse(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
