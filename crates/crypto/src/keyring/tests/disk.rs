//! A disk in memory that loses what was not synced, tears what was being written, fills up and falls away.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::keyring::files::Files;

/// What happens at the chosen step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The process is gone before the step.
    Killed,
    /// A write is cut short, then the process is gone.
    Torn,
    /// The step fails once, and the process goes on.
    Fails,
    /// The step is done and reported as failed, and the process goes on.
    DoneButFails,
}

#[derive(Clone, Default)]
struct World {
    directories: std::collections::BTreeSet<PathBuf>,
    /// As the running process sees it.
    files: BTreeMap<PathBuf, Vec<u8>>,
    /// As it would be found after a loss of power.
    durable: BTreeMap<PathBuf, Vec<u8>>,
    unreachable: Vec<PathBuf>,
    full: Vec<PathBuf>,
    step: usize,
    fault: Option<(usize, Fault)>,
    dead: bool,
}

pub(crate) struct MemoryDisk(Mutex<World>);

impl MemoryDisk {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(World::default())))
    }

    pub(super) fn copy(&self) -> Arc<Self> {
        Arc::new(Self(Mutex::new(self.world().clone())))
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    /// From here on, the step of this number has this fault.
    pub(super) fn arm(&self, step: usize, fault: Fault) {
        let mut world = self.world();
        (world.step, world.fault, world.dead) = (0, Some((step, fault)), false);
    }

    /// Whether the fault has happened.
    pub(super) fn struck(&self) -> bool {
        let world = self.world();
        world.fault.is_some_and(|(at, _)| world.step > at)
    }

    /// No fault from here on; the process goes on.
    pub(super) fn disarm(&self) {
        self.world().fault = None;
    }

    /// The process starts anew; with a loss of power, only what was synced is there.
    pub(super) fn restart(&self, power_lost: bool) {
        let mut world = self.world();
        (world.fault, world.dead) = (None, false);
        if power_lost {
            world.files = world.durable.clone();
        } else {
            world.durable = world.files.clone();
        }
    }

    pub(super) fn set_unreachable(&self, path: &str, unreachable: bool) {
        let mut world = self.world();
        world.unreachable.retain(|one| one != Path::new(path));
        if unreachable {
            world.unreachable.push(path.into());
        }
    }

    pub(super) fn set_full(&self, path: &str, full: bool) {
        let mut world = self.world();
        world.full.retain(|one| one != Path::new(path));
        if full {
            world.full.push(path.into());
        }
    }

    /// Removes a whole mirror.
    pub(super) fn lose(&self, path: &str) {
        let mut world = self.world();
        world.files.retain(|file, _| !file.starts_with(path));
        world.durable.retain(|file, _| !file.starts_with(path));
        world.directories.retain(|directory| !directory.starts_with(path));
    }

    /// Puts a mirror of another disk in the place of this one's.
    pub(super) fn bring_back(&self, path: &str, from: &Self) {
        self.lose(path);
        let from = from.world().clone();
        let mut world = self.world();
        for (file, bytes) in from.files.into_iter().filter(|(file, _)| file.starts_with(path)) {
            world.files.insert(file.clone(), bytes.clone());
            world.durable.insert(file, bytes);
        }
        world
            .directories
            .extend(from.directories.into_iter().filter(|directory| directory.starts_with(path)));
    }

    pub(super) fn change(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let mut world = self.world();
        let bytes = world.files.get_mut(path).unwrap();
        change(bytes);
        let bytes = bytes.clone();
        world.durable.insert(path.into(), bytes);
    }

    /// Every file that the mirror has.
    pub(crate) fn files(&self, path: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        self.world().files.clone().into_iter().filter(|(file, _)| file.starts_with(path)).collect()
    }

    /// Takes one step; `act` does it whole, `tear` half.
    fn step<T>(
        &self,
        path: &Path,
        act: impl FnOnce(&mut World) -> io::Result<T>,
        tear: impl FnOnce(&mut World),
    ) -> io::Result<T> {
        let mut world = self.world();
        if world.dead || world.unreachable.iter().any(|gone| path.starts_with(gone)) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        world.step += 1;
        let (step, fault) = (world.step, world.fault);
        match fault.filter(|(at, _)| at + 1 == step).map(|(_, fault)| fault) {
            None => return act(&mut world),
            Some(Fault::Killed) => world.dead = true,
            Some(Fault::Torn) => {
                tear(&mut world);
                world.dead = true;
            }
            Some(Fault::Fails) => {}
            Some(Fault::DoneButFails) => {
                act(&mut world)?;
            }
        }
        Err(io::ErrorKind::Other.into())
    }
}

impl World {
    /// Makes the names in a directory as durable as they are visible.
    fn sync(&mut self, directory: &Path) {
        let inside = |file: &Path| file.parent() == Some(directory);
        self.durable.retain(|file, _| !inside(file));
        let names = self
            .files
            .iter()
            .filter(|(file, _)| inside(file))
            .map(|(file, bytes)| (file.clone(), bytes.clone()));
        self.durable.extend(names.collect::<Vec<_>>());
    }

    /// Content is durable at once wherever the file's name is.
    fn put(&mut self, path: &Path, bytes: &[u8]) {
        self.files.insert(path.into(), bytes.into());
        if let Some(durable) = self.durable.get_mut(path) {
            *durable = bytes.into();
        }
    }
}

impl Files for MemoryDisk {
    fn make_directory(&self, path: &Path) -> io::Result<()> {
        let act = |world: &mut World| {
            world.directories.insert(path.into());
            Ok(())
        };
        self.step(path, act, |_| {})
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        let world = self.world();
        if world.dead || world.unreachable.iter().any(|gone| directory.starts_with(gone)) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if !world.directories.contains(directory) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let inside = world.files.keys().filter(|file| file.parent() == Some(directory));
        Ok(inside.map(|file| file.file_name().unwrap().to_str().unwrap().to_owned()).collect())
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let world = self.world();
        if world.dead || world.unreachable.iter().any(|gone| path.starts_with(gone)) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        world.files.get(path).cloned().ok_or(io::ErrorKind::NotFound.into())
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let half = bytes.get(..bytes.len() / 2).unwrap();
        let act = |world: &mut World| {
            if world.full.iter().any(|full| path.starts_with(full)) {
                world.put(path, half);
                return Err(io::ErrorKind::StorageFull.into());
            }
            world.put(path, bytes);
            Ok(())
        };
        self.step(path, act, |world| world.put(path, half))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let act = |world: &mut World| {
            let bytes = world.files.remove(from).ok_or(io::ErrorKind::NotFound)?;
            world.files.insert(to.into(), bytes);
            Ok(())
        };
        self.step(to, act, |_| {})
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        let act = |world: &mut World| {
            world.sync(path);
            Ok(())
        };
        // Torn: some of the names are durable, in no order of ours.
        let tear = |world: &mut World| {
            let every_second: Vec<_> =
                world.files.iter().filter(|(file, _)| file.parent() == Some(path)).step_by(2).collect();
            let every_second: Vec<_> =
                every_second.into_iter().map(|(file, bytes)| (file.clone(), bytes.clone())).collect();
            world.durable.extend(every_second);
        };
        self.step(path, act, tear)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        if !self.world().files.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let act = |world: &mut World| {
            let zeros = vec![0; world.files.get(path).map_or(0, Vec::len)];
            world.put(path, &zeros);
            world.files.remove(path);
            Ok(())
        };
        let tear = |world: &mut World| world.put(path, &[0; 9]);
        self.step(path, act, tear)
    }
}
