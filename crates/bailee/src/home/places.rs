//! Where a home's keys may lie: the mirrors of the keyring, the root key, its passphrase (2.4.b).
//!
//! Whoever copies a home must not have copied its keys, and whoever has one mirror must not have the other, or the root
//! key. So a production home keeps them apart; a test home, which is for trying, may keep all inside itself.

use std::path::{Component, Path, PathBuf};

use bailee_core::Environment;

/// Where a new home and its keys shall lie, as absolute paths.
pub(crate) struct Places {
    pub(crate) root: PathBuf,
    /// Inside the home, when none is given.
    pub(crate) mirrors: Vec<PathBuf>,
    pub(crate) root_key: Option<PathBuf>,
}

impl Places {
    /// Refuses what leaves the keys unprotected; the error is one line that says what to do.
    pub(crate) fn check(&self, environment: Environment) -> Result<(), String> {
        if self.mirrors.len() == 1 {
            return Err("a keyring needs two mirrors at least (2.4.b); give --mirror once more".to_owned());
        }
        if same_twice(&self.mirrors) {
            return Err(
                "the same directory is no second mirror (2.4.b); give --mirror with another one".to_owned()
            );
        }
        match environment {
            Environment::Test => Ok(()),
            Environment::Production => self.check_production(),
        }
    }

    fn check_production(&self) -> Result<(), String> {
        if self.mirrors.is_empty() {
            return Err(
                "a production home has its keyring in two mirrors outside of itself (2.4.b); give --mirror \
                        twice, best with directories on two disks"
                    .to_owned(),
            );
        }
        let Some(root_key) = &self.root_key else {
            return Err(
                "a production home has its root key outside of itself and of its mirrors (2.4.b); give \
                        --root-key with a file elsewhere"
                    .to_owned(),
            );
        };
        apart(&self.root, &self.mirrors, [("root key", root_key.as_path())])
    }
}

/// Refuses keys that lie with the data, or with each other; relative paths are below the home. The error is one line
/// that says what to do.
pub(crate) fn apart<'a>(
    root: &Path,
    mirrors: &[PathBuf],
    secrets: impl IntoIterator<Item = (&'static str, &'a Path)>,
) -> Result<(), String> {
    let home = resolved(root);
    let mirrors: Vec<PathBuf> = mirrors.iter().map(|mirror| resolved(&home.join(mirror))).collect();
    for (at, mirror) in mirrors.iter().enumerate() {
        if overlap(mirror, &home) {
            return Err(format!(
                "the mirror {} and the home do not lie apart, so that who copies one has both (2.4.b); use a directory \
                 elsewhere, best on another disk",
                mirror.display()
            ));
        }
        if let Some(other) = mirrors.iter().skip(at + 1).find(|other| overlap(mirror, other)) {
            return Err(format!(
                "the mirrors {} and {} do not lie apart (2.4.b); use two directories, best on two disks",
                mirror.display(),
                other.display()
            ));
        }
    }
    secrets.into_iter().try_for_each(|(name, file)| outside(&home, &mirrors, name, &home.join(file)))
}

/// Refuses something that opens a home, or brings it back, where it lies inside the home or a mirror. The error is one line that says what
/// to do.
pub(crate) fn outside(root: &Path, mirrors: &[PathBuf], name: &str, path: &Path) -> Result<(), String> {
    let (home, path) = (resolved(root), resolved(path));
    let in_mirror = || mirrors.iter().any(|mirror| path.starts_with(resolved(&home.join(mirror))));
    let holder = match path.starts_with(&home) {
        true => "the home",
        false if in_mirror() => "a mirror of the keyring",
        false => return Ok(()),
    };
    Err(format!(
        "the {name} {} lies inside {holder}, so that who copies that has both (2.4.b); use a place elsewhere",
        path.display()
    ))
}

/// Refuses places for backups that lie with the home, or with its keys. The error is one line that says what to do.
pub(crate) fn backups_apart(root: &Path, mirrors: &[PathBuf], backups: &[PathBuf]) -> Result<(), String> {
    let home = resolved(root);
    for place in backups {
        let place = resolved(place);
        if overlap(&place, &home) {
            return Err(format!(
                "the place {} and the home do not lie apart, so that what takes one takes both; use a directory elsewhere, best on \
                 another machine's disk",
                place.display()
            ));
        }
        if mirrors.iter().any(|mirror| overlap(&place, &resolved(&home.join(mirror)))) {
            return Err(format!(
                "the place {} and a mirror of the keyring do not lie apart, so that who copies one has both (2.4.b); use a \
                 directory elsewhere",
                place.display()
            ));
        }
    }
    Ok(())
}

/// Whether one is the other, or lies in it.
fn overlap(one: &Path, other: &Path) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

/// Whether one directory is named twice, by whatever way.
fn same_twice(mirrors: &[PathBuf]) -> bool {
    let mut found: Vec<PathBuf> = mirrors.iter().map(|mirror| resolved(mirror)).collect();
    found.sort_unstable();
    found.windows(2).any(|two| matches!(two, [one, other] if one == other))
}

/// Where a name leads, through every link on the way; what is not there yet is taken as it is written.
fn resolved(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut found = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                found.pop();
            }
            other => found.push(other),
        }
        if let Ok(there) = found.canonicalize() {
            found = there;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::fs::create_dir;
    use std::os::unix::fs::symlink;

    use super::*;

    /// What is said of a production home `home` with these mirrors and this root key.
    fn said(mirrors: &[&str], root_key: Option<&str>) -> Option<String> {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for name in ["home", "disk", "disk/one", "other"] {
            create_dir(at(name)).unwrap();
        }
        symlink(at("home"), at("way")).unwrap();
        symlink(at("disk/one"), at("same")).unwrap();
        let mirrors = mirrors.iter().map(|name| at(name)).collect();
        let places = Places { root: at("home"), mirrors, root_key: root_key.map(at) };
        // None of this is asked of a home for trying, but that its mirrors are two.
        let tried = places.check(Environment::Test);
        assert_eq!(tried.is_err(), places.mirrors.len() == 1 || same_twice(&places.mirrors));
        places.check(Environment::Production).err()
    }

    #[test]
    fn keys_that_lie_apart_are_taken() {
        for (mirrors, root_key) in [
            (&["disk/one", "other/two"][..], "root.key"),
            (&["disk/one", "disk/two"], "disk/root.key"),
            (&["new/one", "new/two", "other/three"], "new/root.key"),
            // A name that begins as another does is no directory inside it.
            (&["home.one", "home.two"], "home.key"),
            (&["home/../disk/one", "other"], "disk/one/../root.key"),
        ] {
            assert_eq!(said(mirrors, Some(root_key)), None, "{mirrors:?} {root_key}");
        }
    }

    #[test]
    fn keys_that_lie_together_are_refused_with_what_to_do() {
        let key = Some("root.key");
        for (mirrors, root_key, says) in [
            (&[][..], key, "give --mirror twice"),
            (&["disk/one"], key, "give --mirror once more"),
            (&["disk/one", "disk/one"], key, "give --mirror with another"),
            (&["disk/one", "same"], key, "give --mirror with another"),
            (&["disk/one", "other"], None, "give --root-key"),
            (&["home/a", "other"], key, "use a directory elsewhere"),
            (&["other", "home/a/b"], key, "use a directory elsewhere"),
            (&["way/a", "other"], key, "use a directory elsewhere"),
            (&["disk/../home/a", "other"], key, "use a directory elsewhere"),
            (&["home", "other"], key, "use a directory elsewhere"),
            // The home inside a mirror.
            (&[".", "other"], key, "use a directory elsewhere"),
            (&["disk", "disk/one"], key, "use two directories"),
            (&["disk/one/two", "disk/one"], key, "use two directories"),
            (&["same/two", "disk/one"], key, "use two directories"),
            (&["new", "new/two"], key, "use two directories"),
            (&["disk/one", "other"], Some("home/root.key"), "use a place elsewhere"),
            (&["disk/one", "other"], Some("way/root.key"), "use a place elsewhere"),
            (&["disk/one", "other"], Some("disk/one/root.key"), "use a place elsewhere"),
            (&["disk/one", "other"], Some("same/keys/root.key"), "use a place elsewhere"),
        ] {
            let said = said(mirrors, root_key).unwrap_or_else(|| panic!("{mirrors:?} {root_key:?}"));
            assert!(said.contains(says) && said.contains("2.4.b"), "{mirrors:?} {root_key:?}: {said}");
        }
    }

    #[test]
    fn backups_lie_apart_from_home_and_keys() {
        let mirrors = ["/keys/one", "keyring/b"].map(PathBuf::from);
        let of = |place: &str| backups_apart(Path::new("/home-of"), &mirrors, &[place.into()]);
        for place in ["/srv/backups", "/home-of.backups", "/keys/one-backups"] {
            assert_eq!(of(place), Ok(()), "{place}");
        }
        for place in ["/home-of", "/home-of/backups", "/", "/keys", "/keys/one/below", "/home-of/keyring/b"] {
            assert!(of(place).unwrap_err().contains("use a directory elsewhere"), "{place}");
        }
    }

    #[test]
    fn a_passphrase_lies_apart_as_well() {
        let mirrors = ["/keys/one", "/keys/two"].map(PathBuf::from);
        let of =
            |file: &'static str| apart(Path::new("/home-of"), &mirrors, [("passphrase", Path::new(file))]);
        assert_eq!(of("/etc/phrase"), Ok(()));
        for file in ["phrase", "/home-of/phrase", "/keys/two/phrase"] {
            assert!(of(file).unwrap_err().contains("2.4.b"), "{file}");
        }
    }
}
