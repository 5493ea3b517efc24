//! `<home>/unwritten-events`: errors of the system that the ledger did not take before a program ended (2.6.a), such as
//! when its disk was full. The next program that opens the home writes them.
//!
//! Each line is an event in the bytes of a ledger's entry: a code, a time and a request's id. Nothing but an error of the
//! system is taken from the file, so that nobody writes acts into the ledger through it. It is removed once the ledger
//! has taken all: who dies between the two leaves events that are written twice, never none.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;

use bailee_core::{Entropy, PrincipalId, Timestamp};
use bailee_ledger::event::{Event, What};
use bailee_ledger::log::Append;
use bailee_server::Faults;

use super::by_system;
use super::make::replace_private;
use crate::failure::{Failure, Result};

/// The file in its home.
const FILE: &str = "unwritten-events";
/// Most events that are kept. Beyond it the oldest are dropped: a full disk repeats itself.
const EVENTS_MAX: usize = 256;
/// Most bytes that are read of the file; all events that it may hold take less.
const BYTES_MAX: u64 = 1024 * 1024;

/// Writes into the ledger what an earlier program could not. Where it still cannot be written, it stays in its file.
pub(super) fn replay(root: &Path, ledger: &dyn Append, entropy: &dyn Entropy, now: Timestamp) -> Result<()> {
    let path = root.join(FILE);
    let unusable = |error| Failure::file(&path, &error);
    let Some(content) = read(&path).map_err(unusable)? else { return Ok(()) };
    let lines = content.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let read: Vec<Option<Event>> = lines.map(|line| fault(line, now)).collect();
    let is_damaged = read.iter().any(Option::is_none);
    let mut events: Vec<Event> = read.into_iter().flatten().take(EVENTS_MAX).collect();
    if is_damaged {
        let (component, code) = ("store".to_owned(), "unwritten-events-damaged".to_owned());
        events.push(by_system(entropy, now, What::SystemError { component, code }));
    }
    if !events.is_empty() && ledger.append(&events).is_err() {
        tracing::warn!(
            "the ledger still does not take what went wrong earlier; the file `unwritten-events` keeps it"
        );
        return Ok(());
    }
    fs::remove_file(&path).map_err(unusable)
}

/// Keeps what the ledger has not taken, after all that its file holds already. Tries the ledger once more before.
pub(super) fn keep(root: &Path, ledger: &dyn Append, entropy: &dyn Entropy, faults: &Faults) {
    faults.flush(ledger);
    let waiting = faults.waiting();
    if waiting.is_empty() {
        return;
    }
    let path = root.join(FILE);
    let earlier = read(&path).ok().flatten().unwrap_or_default();
    let entries = waiting.iter().filter_map(|event| event.entries(entropy).ok()).flatten();
    let entries: Vec<Vec<u8>> = entries.map(|entry| entry.bytes).collect();
    let mut lines: Vec<&[u8]> =
        earlier.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    lines.extend(entries.iter().map(Vec::as_slice));
    let dropped = lines.len().saturating_sub(EVENTS_MAX);
    let content: Vec<u8> = lines.iter().skip(dropped).flat_map(|line| [line, &b"\n"[..]].concat()).collect();
    if replace_private(&path, &content).is_err() {
        tracing::warn!(events = waiting.len(), "errors of the system are in no ledger and could not be kept");
    }
}

fn read(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let mut content = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(BYTES_MAX).read_to_end(&mut content).map(|_| Some(content)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A line as an error of the system. One from a time to come would put the ledger's clock forward: it gets today's.
fn fault(line: &[u8], now: Timestamp) -> Option<Event> {
    let event = Event::parse(line).ok()?;
    let is_fault = event.principal == PrincipalId::System && matches!(event.what, What::SystemError { .. });
    is_fault.then(|| Event { at: event.at.min(now), ..event })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};

    use bailee_core::RequestId;
    use bailee_crypto::random::SystemEntropy;
    use bailee_ledger::log::{AppendError, Appended};

    use super::*;

    /// A ledger whose disk can be full.
    #[derive(Default)]
    struct Ledger {
        full: AtomicBool,
        events: Mutex<Vec<Event>>,
    }

    impl Ledger {
        fn full() -> Self {
            Self { full: true.into(), ..Self::default() }
        }

        fn codes(&self) -> Vec<String> {
            let events = self.events.lock().unwrap();
            let code = |event: &Event| match &event.what {
                What::SystemError { code, .. } => code.clone(),
                other => panic!("{other:?}"),
            };
            events.iter().map(code).collect()
        }
    }

    impl Append for Ledger {
        fn append(&self, events: &[Event]) -> std::result::Result<Appended, AppendError> {
            if self.full.load(Ordering::Relaxed) {
                return Err(AppendError("disk-full"));
            }
            self.events.lock().unwrap().extend_from_slice(events);
            Ok(Appended { first: 0, size: 0 })
        }
    }

    fn now() -> Timestamp {
        "2026-03-02T09:00:00Z".parse().unwrap()
    }

    fn error(code: &str) -> Event {
        let what = What::SystemError { component: "disk".to_owned(), code: code.to_owned() };
        Event { at: now(), principal: PrincipalId::System, request: RequestId([5; 16]), detail: None, what }
    }

    /// A program that meets errors and ends.
    fn end(root: &Path, ledger: &Ledger, codes: &[&str]) {
        let faults = Faults::default();
        codes.iter().for_each(|code| faults.report(ledger, error(code)));
        keep(root, ledger, &SystemEntropy, &faults);
    }

    fn begin(root: &Path, ledger: &Ledger) {
        replay(root, ledger, &SystemEntropy, now()).unwrap();
    }

    #[test]
    fn what_no_program_could_write_is_written_by_the_first_that_can_once_and_in_order() {
        let home = tempfile::tempdir().unwrap();
        let (root, ledger) = (home.path(), Ledger::full());
        end(root, &ledger, &["first", "second"]);
        begin(root, &ledger);
        end(root, &ledger, &["third"]);
        assert_eq!(fs::metadata(root.join(FILE)).unwrap().permissions().mode() & 0o777, 0o600);
        ledger.full.store(false, Ordering::Relaxed);
        begin(root, &ledger);
        begin(root, &ledger);
        assert_eq!(*ledger.events.lock().unwrap(), ["first", "second", "third"].map(error));
        assert_eq!(fs::read_dir(root).unwrap().count(), 0);
    }

    #[test]
    fn a_program_whose_ledger_takes_everything_leaves_no_file() {
        let home = tempfile::tempdir().unwrap();
        let (faults, ledger) = (Faults::default(), Ledger::full());
        faults.report(&ledger, error("first"));
        ledger.full.store(false, Ordering::Relaxed);
        keep(home.path(), &ledger, &SystemEntropy, &faults);
        assert_eq!(ledger.codes(), ["first"]);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_kept_has_a_limit_and_its_newest_stay() {
        let home = tempfile::tempdir().unwrap();
        let (root, ledger) = (home.path(), Ledger::full());
        (0..EVENTS_MAX).for_each(|_| end(root, &ledger, &["old"]));
        end(root, &ledger, &["new"]);
        ledger.full.store(false, Ordering::Relaxed);
        begin(root, &ledger);
        let codes = ledger.codes();
        assert_eq!((codes.len(), codes.last().unwrap().as_str()), (EVENTS_MAX, "new"));
    }

    #[test]
    fn nothing_but_an_error_of_the_system_comes_in_through_the_file() {
        let line = |event: &Event| event.entries(&SystemEntropy).unwrap().remove(0).bytes;
        let person: PrincipalId = "person:0102030405060708090a0b0c0d0e0f10".parse().unwrap();
        let act = Event { what: What::TimeSet {}, ..error("x") };
        for foreign in [
            line(&act),
            line(&Event { principal: person, ..error("x") }),
            b"Wilma Testperson".to_vec(),
            line(&error("x"))[1..].to_vec(),
        ] {
            let home = tempfile::tempdir().unwrap();
            let (root, ledger) = (home.path(), Ledger::default());
            let future = Event { at: "2099-01-01T00:00:00Z".parse().unwrap(), ..error("good") };
            fs::write(root.join(FILE), [foreign, line(&future)].join(&b'\n')).unwrap();
            begin(root, &ledger);
            assert_eq!(ledger.codes(), ["good", "unwritten-events-damaged"]);
            assert!(ledger.events.lock().unwrap().iter().all(|event| event.at == now()));
            assert_eq!(fs::read_dir(root).unwrap().count(), 0);
        }
    }
}
