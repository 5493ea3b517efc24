//! Where backups may lie (2.3.c): in listed places, and on no medium that somebody can carry away in a pocket.
//!
//! Whether a disk can be, the system tells: it is removable, hangs on a USB port, or is a memory card; so is whatever lies on such a
//! one, as an encrypted volume does. A place whose disk the system does not tell of, as on a share of the network, is taken by the
//! list alone.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Dev, major, minor};

use super::BackupFault;

/// How deep volumes are followed to the disks they lie on.
const DEPTH_MAX: u8 = 8;

/// Refuses a place that is not listed, or is removable; where it really is.
///
/// # Errors
/// [`BackupFault::NotListed`], [`BackupFault::Removable`], [`BackupFault::Place`].
pub fn check(directory: &Path, places: &[PathBuf]) -> Result<PathBuf, BackupFault> {
    let unusable =
        |error: std::io::Error| BackupFault::Place { path: directory.to_owned(), kind: error.kind() };
    let listed: Vec<PathBuf> = places.iter().filter_map(|place| place.canonicalize().ok()).collect();
    // What is not there cannot be looked at; that it is not listed is said first.
    let found = directory.canonicalize().map_err(|error| {
        match places.iter().any(|place| directory.starts_with(place)) {
            true => unusable(error),
            false => BackupFault::NotListed(directory.to_owned()),
        }
    })?;
    if !listed.iter().any(|place| found.starts_with(place)) {
        return Err(BackupFault::NotListed(directory.to_owned()));
    }
    let about = fs::metadata(&found).map_err(unusable)?;
    if !about.is_dir() {
        return Err(BackupFault::Place { path: found, kind: std::io::ErrorKind::NotADirectory });
    }
    match SYSTEM.is_removable(about.dev()) {
        true => Err(BackupFault::Removable(directory.to_owned())),
        false => Ok(found),
    }
}

const SYSTEM: System<'static> = System { sys: "/sys", mounts: "/proc/self/mountinfo" };

/// Where the system tells of its disks.
struct System<'s> {
    sys: &'s str,
    mounts: &'s str,
}

impl System<'_> {
    fn is_removable(&self, dev: Dev) -> bool {
        // Some file systems have a number of their own in the place of their disk's.
        let disk = if major(dev) == 0 { self.mounted(dev) } else { Some(dev) };
        disk.is_some_and(|disk| {
            let device = format!("{}/dev/block/{}:{}", self.sys, major(disk), minor(disk));
            fs::canonicalize(device).is_ok_and(|device| is_removable(&device, DEPTH_MAX))
        })
    }

    /// The disk that is mounted under a number.
    fn mounted(&self, dev: Dev) -> Option<Dev> {
        let mounts = fs::read_to_string(self.mounts).ok()?;
        let number = format!("{}:{}", major(dev), minor(dev));
        let line = mounts.lines().find(|line| line.split(' ').nth(2) == Some(&number))?;
        let source = line.split(" - ").nth(1)?.split(' ').nth(1)?;
        fs::metadata(source).ok().map(|about| about.rdev())
    }
}

/// Whether a device, as the system tells of it, or one that it lies on, can be carried away.
fn is_removable(device: &Path, depth: u8) -> bool {
    let says = |path: PathBuf, what: &str| fs::read_to_string(path).is_ok_and(|text| text.trim() == what);
    let on_usb = device.components().any(|part| {
        let name = part.as_os_str().to_string_lossy();
        name.strip_prefix("usb")
            .is_some_and(|bus| !bus.is_empty() && bus.bytes().all(|byte| byte.is_ascii_digit()))
    });
    // A partition's own disk is the directory above it.
    let disk = device.parent().filter(|_| device.join("partition").exists()).unwrap_or(device);
    let itself = on_usb || says(disk.join("removable"), "1") || says(disk.join("device/type"), "SD");
    let below = fs::read_dir(device.join("slaves")).into_iter().flatten().flatten();
    itself
        || depth > 0
            && below.filter_map(|one| one.path().canonicalize().ok()).any(|one| is_removable(&one, depth - 1))
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a file of a test is nobody's loss")]
mod tests {
    use std::os::unix::fs::symlink;

    use rustix::fs::makedev;

    use super::*;

    /// A system as the kernel shows it: a disk that stays, a stick, a USB disk, a memory card, an encrypted volume on the stick.
    fn system(root: &Path) {
        let make = |number: &str, device: &str, files: &[(&str, &str)]| {
            let device = root.join("devices").join(device);
            fs::create_dir_all(&device).unwrap();
            for (name, text) in files {
                let path = device.join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            fs::create_dir_all(root.join("dev/block")).unwrap();
            symlink(&device, root.join("dev/block").join(number)).unwrap();
        };
        make("8:0", "pci0/ata1/block/sda", &[("removable", "0\n")]);
        make("8:1", "pci0/ata1/block/sda/sda1", &[("partition", "1\n")]);
        make("8:16", "pci0/ata2/block/sdb", &[("removable", "1\n")]);
        make("8:17", "pci0/ata2/block/sdb/sdb1", &[("partition", "1\n")]);
        make("8:33", "pci0/usb2/2-1/block/sdc/sdc1", &[("partition", "1\n"), ("../removable", "0\n")]);
        make("179:1", "mmc/block/mmcblk0/mmcblk0p1", &[("partition", "1\n"), ("../device/type", "SD\n")]);
        make("179:9", "mmc/block/mmcblk1/mmcblk1p1", &[("partition", "1\n"), ("../device/type", "MMC\n")]);
        make("253:0", "virtual/block/dm-0", &[("slaves/.keep", "")]);
        symlink(
            root.join("devices/pci0/ata2/block/sdb/sdb1"),
            root.join("devices/virtual/block/dm-0/slaves/sdb1"),
        )
        .unwrap();
        make("253:1", "virtual/block/dm-1", &[("slaves/.keep", "")]);
        symlink(
            root.join("devices/pci0/ata1/block/sda/sda1"),
            root.join("devices/virtual/block/dm-1/slaves/sda1"),
        )
        .unwrap();
    }

    #[test]
    fn what_can_be_carried_away_is_told_also_through_a_volume_on_it() {
        let root = tempfile::tempdir().unwrap();
        system(root.path());
        let told = System { sys: root.path().to_str().unwrap(), mounts: "/nowhere" };
        for (number, is) in [
            ((8, 0), false),
            ((8, 1), false),
            ((8, 16), true),
            ((8, 17), true),
            ((8, 33), true),
            ((179, 1), true),
            ((179, 9), false),
            ((253, 0), true),
            ((253, 1), false),
            // The system says nothing of it.
            ((9, 9), false),
            ((0, 44), false),
        ] {
            assert_eq!(told.is_removable(makedev(number.0, number.1)), is, "{number:?}");
        }
    }

    #[test]
    fn a_place_is_taken_where_it_is_listed_by_whatever_way_it_is_named() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        for name in ["disk/backups/daily", "disk/backups-2", "other"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        fs::write(at("disk/backups/file"), "").unwrap();
        symlink(at("disk/backups"), at("way")).unwrap();
        symlink(at("other"), at("disk/backups/out")).unwrap();
        let places = [at("disk/backups"), at("gone")];
        let code = |name: &str| check(&at(name), &places).map_err(|fault| fault.code());
        for name in ["disk/backups", "disk/backups/daily", "way/daily", "disk/backups-2/../backups"] {
            assert!(code(name).is_ok(), "{name}");
        }
        for (name, said) in [
            ("disk", "backup-place-not-listed"),
            ("disk/backups-2", "backup-place-not-listed"),
            ("disk/backups/..", "backup-place-not-listed"),
            ("disk/backups/out", "backup-place-not-listed"),
            ("other", "backup-place-not-listed"),
            ("missing", "backup-place-not-listed"),
            ("gone", "backup-place-unusable"),
            ("disk/backups/missing", "backup-place-unusable"),
            ("disk/backups/file", "backup-place-unusable"),
        ] {
            assert_eq!(code(name), Err(said), "{name}");
        }
        assert!(check(&at("disk"), &[]).is_err());
    }
}
