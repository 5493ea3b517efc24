//! Where a bench works: a throw-away directory, the home in it, and the processes that it starts. Nothing of it stays,
//! however the bench ends.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bailee_core::{Class, Entropy, Environment, Json, Purpose, RecordId, Sensitive, Timestamp};
use bailee_crypto::random::SystemEntropy;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::orders::SELLER;
use crate::client::Client;
use crate::failure::{Exit, Failure, Result};
use crate::home::make::{NewHome, replace_private};
use crate::home::places::Places;
use crate::home::{Home, config};
use crate::session::KEY_VARIABLE;

/// Who owns the home that is measured.
const OWNER: &str = "Bench <bench@example.com>";
/// Her address.
const MAIL: &str = "bench@example.com";
/// How often a directory is taken away while a killed process still puts something into it.
const REMOVALS_MAX: u32 = 50;
/// How long it is waited between two of them.
const REMOVAL_REST: Duration = Duration::from_millis(20);

/// A throw-away directory. Taken away on drop, and when the bench is interrupted.
pub(super) struct Place {
    kept: Arc<Kept>,
}

/// Who may ask a home.
pub(super) struct Tokens {
    /// The session of its owner, on this machine.
    pub(super) owner: Sensitive<String>,
    /// The key of a service that sees everything for fulfilment, as an application does over the network.
    pub(super) service: Sensitive<String>,
}

/// What must be gone when the bench ends.
struct Kept {
    directory: PathBuf,
    /// Directories of other users, beside it.
    annexes: Mutex<Vec<PathBuf>>,
    processes: Mutex<BTreeSet<u32>>,
    /// Whether the bench was interrupted.
    is_ending: AtomicBool,
}

impl Place {
    /// Makes one below that directory, for this user only, and listens for Ctrl-C.
    pub(super) fn make(below: &Path) -> Result<Self> {
        // Absolute: some of what is started here stands elsewhere.
        let below = std::path::absolute(below).map_err(|error| Failure::file(below, &error))?;
        let directory = new_name(&below);
        let kept = Arc::new(Kept {
            directory,
            annexes: Mutex::default(),
            processes: Mutex::default(),
            is_ending: AtomicBool::new(false),
        });
        let place = Self { kept: Arc::clone(&kept) };
        // Listens before there is anything to take away.
        let (listens, listening) = std::sync::mpsc::channel();
        std::thread::spawn(move || wait_for_the_end(&kept, &listens));
        // Where the thread could not listen, nobody waits for it.
        let _ = listening.recv();
        make_private(&place.kept.directory)?;
        Ok(place)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.kept.directory.join(name)
    }

    /// A directory beside it that belongs to another user, who cannot enter this one.
    pub(super) fn annex(&self, user: u32, group: u32) -> Result<PathBuf> {
        let below = self.kept.directory.parent().unwrap_or(Path::new("."));
        let annex = new_name(below);
        self.kept.annexes.lock().unwrap_or_else(PoisonError::into_inner).push(annex.clone());
        make_private(&annex)?;
        chown(&annex, Some(user), Some(group)).map_err(|error| Failure::file(&annex, &error))?;
        Ok(annex)
    }

    /// Where the home is.
    pub(super) fn home(&self) -> PathBuf {
        self.path("home")
    }

    /// This program, to be started once more.
    pub(super) fn program(&self) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe().map_err(Failure::failed)?);
        command.env_remove("BAILEE_LOG").env_remove(KEY_VARIABLE);
        Ok(command)
    }

    /// Starts a process, which ends with the bench.
    pub(super) fn start(&self, command: &mut Command) -> Result<Process> {
        // Held meanwhile, so that whoever ends all processes does not miss one.
        let mut processes = self.kept.processes.lock().unwrap_or_else(PoisonError::into_inner);
        let child = command.spawn().map_err(|error| {
            let program = Path::new(command.get_program());
            Failure::failed(format_args!("{} cannot be started: {}", program.display(), error.kind()))
        })?;
        processes.insert(child.id());
        Ok(Process { child, kept: Arc::clone(&self.kept) })
    }

    /// How fast finds are is measured, not how often somebody may ask for them.
    fn lift_rates(&self) -> Result<()> {
        let path = self.home().join(config::FILE);
        let written = fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
        let lifted = written.replace("# finds_per_minute = 600", "finds_per_minute = 0");
        replace_private(&path, lifted.as_bytes())
    }

    /// Makes a home there with a seller; who may ask it.
    pub(super) fn make_home(&self, now: Timestamp) -> Result<Tokens> {
        let entropy: &dyn Entropy = &SystemEntropy;
        let password = Sensitive::new(format!("Aa1-{}", RecordId::random(entropy)));
        let new = NewHome {
            places: Places { root: self.home(), mirrors: Vec::new(), root_key: None },
            environment: Environment::Test,
            owner: OWNER.to_owned(),
            password: Sensitive::new(password.expose().clone()),
            passphrase: None,
            now: Some(now),
        };
        new.make()?;
        self.lift_rates()?;
        let home = Home::open(&self.home(), None)?;
        let log_in = json!({ "mail": MAIL, "password": password.expose() });
        let session = Client::new(home.router(), None)?.post("/v1/sessions", &log_in)?;
        let owner = secret(&session, "token");
        let client = client(&home, &owner)?;
        client.post("/v1/sellers", &json!({ "id": SELLER }))?;
        let revealed: Vec<_> = Class::ALL.iter().filter(|class| **class != Class::Unclassified).collect();
        let service = json!({
            "name": "bench",
            "sellers": [SELLER],
            "purposes": [Purpose::Fulfilment],
            "classes": revealed,
        });
        let added = client.post("/v1/services", &service)?;
        Ok(Tokens { owner, service: secret(&added, "key") })
    }
}

fn secret(answer: &Json, member: &str) -> Sensitive<String> {
    Sensitive::new(answer.member(member).and_then(Json::as_str).unwrap_or_default().to_owned())
}

/// A name that nothing has.
fn new_name(below: &Path) -> PathBuf {
    let entropy: &dyn Entropy = &SystemEntropy;
    below.join(format!("bailee-bench-{}", RecordId::random(entropy)))
}

/// Makes a directory for this user only.
fn make_private(directory: &Path) -> Result<()> {
    let made = fs::DirBuilder::new().mode(0o700).create(directory);
    made.map_err(|error| Failure::file(directory, &error))
}

/// A client of an open home.
pub(super) fn client(home: &Home, token: &Sensitive<String>) -> Result<Client> {
    Client::new(home.router(), Some(Sensitive::new(token.expose().clone())))
}

impl Drop for Place {
    fn drop(&mut self) {
        // What fails because it was interrupted is no failure of its own: this process is about to end.
        while self.kept.is_ending.load(Ordering::Acquire) {
            std::thread::park();
        }
        self.kept.remove();
    }
}

impl Kept {
    /// Takes the directories away, best effort: there is nobody left to tell.
    fn remove(&self) {
        let annexes = self.annexes.lock().unwrap_or_else(PoisonError::into_inner);
        for directory in annexes.iter().chain([&self.directory]) {
            for _ in 0..REMOVALS_MAX {
                match fs::remove_dir_all(directory) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        std::thread::sleep(REMOVAL_REST);
                    }
                    _ => break,
                }
            }
        }
    }

    /// Ends every process at once: what they write is thrown away.
    fn kill(&self) {
        let processes = self.processes.lock().unwrap_or_else(PoisonError::into_inner);
        for process in processes.iter().copied() {
            send(process, Signal::KILL);
        }
    }
}

/// Waits for Ctrl-C, or for being told to end: then everything goes, and this process with it. Tells once it listens.
fn wait_for_the_end(kept: &Kept, listens: &std::sync::mpsc::Sender<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return };
    let exit = runtime.block_on(async {
        let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            let _ = listens.send(());
            return std::future::pending().await;
        };
        // Whoever waits for it is there.
        let _ = listens.send(());
        tokio::select! {
            _ = interrupt.recv() => Exit::Interrupted,
            _ = terminate.recv() => Exit::Terminated,
        }
    });
    kept.is_ending.store(true, Ordering::Release);
    kept.kill();
    kept.remove();
    std::process::exit(exit as i32);
}

/// A process that was started. On drop it is asked to end, and waited for.
pub(super) struct Process {
    child: Child,
    kept: Arc<Kept>,
}

impl Process {
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Asks it to end in another way than by SIGTERM; it is waited for on drop all the same.
    pub(super) fn signal(&self, with: Signal) {
        send(self.child.id(), with);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended already needs no asking, and is not yet waited for: its number is nobody else's.
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal(Signal::TERM);
        }
        let _ = self.child.wait();
        self.kept.processes.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.child.id());
    }
}

fn send(process: u32, with: Signal) {
    if let Some(pid) = i32::try_from(process).ok().and_then(Pid::from_raw) {
        // One that has just ended hears nothing.
        let _ = kill_process(pid, with);
    }
}
