//! The program on a terminal: what it asks, what it shows of its progress, and Ctrl-C.

use std::io::{Read, Write};
use std::process::Child;

use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};
use rustix::termios::{LocalModes, tcgetattr};

use crate::support::Trial;

const NOW: &str = "2026-03-02T09:00:00Z";
const CTRL_C: u8 = 3;
const DOWN: &[u8] = b"\x1b[B";
const ENTER: &[u8] = b"\r";

/// A command on a terminal of its own.
pub(crate) struct Session {
    terminal: Pty,
    child: Child,
    seen: String,
    /// What was seen before the last answer.
    past: String,
}

impl Session {
    pub(crate) fn begin(trial: &Trial, words: &[&str]) -> Self {
        Self::spawn(Command::from(trial.command(words)))
    }

    /// The same, with this file as its standard input.
    pub(crate) fn begin_with(trial: &Trial, words: &[&str], input: std::fs::File) -> Self {
        Self::spawn(Command::from(trial.command(words)).stdin(input))
    }

    fn spawn(command: Command) -> Self {
        let (terminal, end) = open().unwrap();
        terminal.resize(Size::new(40, 160)).unwrap();
        let child = command.env("TERM", "xterm-256color").spawn(end).unwrap();
        Self { terminal, child, seen: String::new(), past: String::new() }
    }

    /// Answers a question for a secret, once the terminal has ceased to show what is typed.
    pub(crate) fn answer(&mut self, asked: &str, secret: &str) {
        self.wait_for(asked);
        // What is typed before is thrown away.
        while tcgetattr(&self.terminal).unwrap().local_modes.contains(LocalModes::ECHO) {
            std::thread::yield_now();
        }
        self.past.push_str(&std::mem::take(&mut self.seen));
        self.type_in(secret.as_bytes());
        self.type_in(ENTER);
    }

    /// Reads until this is on the terminal.
    fn wait_for(&mut self, said: &str) {
        let mut piece = [0; 4096];
        while !self.seen.contains(said) {
            // A terminal whose other end is closed answers with an error.
            let read = self.terminal.read(&mut piece).unwrap_or(0);
            assert!(read > 0, "{said:?} was never said: {}", self.seen);
            self.seen.push_str(&String::from_utf8_lossy(&piece[..read]));
        }
    }

    fn type_in(&mut self, keys: &[u8]) {
        self.terminal.write_all(keys).unwrap();
    }

    /// Ends it at once, wherever it is.
    fn kill(mut self) {
        self.child.kill().unwrap();
        assert!(!self.child.wait().unwrap().success());
    }

    /// Reads what is left; how it ended and all that was on the terminal.
    pub(crate) fn end(mut self) -> (i32, String) {
        let mut piece = [0; 4096];
        while let Ok(read @ 1..) = self.terminal.read(&mut piece) {
            self.seen.push_str(&String::from_utf8_lossy(&piece[..read]));
        }
        (self.child.wait().unwrap().code().unwrap(), self.past + &self.seen)
    }
}

/// An order whose name is in a charset that nothing tells.
fn unsure() -> Vec<u8> {
    let order = |id: u8, name: &[u8]| {
        let before =
            format!("{{\"orderId\":\"250-0000000-000000{id}\",\"lastUpdatedTime\":\"{NOW}\",\"buyer\":");
        [before.as_bytes(), b"{\"buyerName\":\"", name, b"\"}}\n"].concat()
    };
    [order(1, b"Plain"), order(2, b"M\xA4 \xBD")].concat()
}

#[test]
fn letters_of_no_certain_charset_are_read_as_whoever_sits_there_says() {
    let trial = Trial::at(NOW);
    let file = trial.write("orders.json", unsure());
    let mut session = Session::begin(&trial, &["collect", "--seller", "ALPHA", &file]);
    session.wait_for("is not certain");
    session.wait_for("none of them");
    // The choice that is offered first is to leave it open: from there once around to the first charset.
    session.type_in(DOWN);
    session.wait_for("> iso-8859-15");
    session.type_in(ENTER);
    let (status, seen) = session.end();
    assert_eq!(status, 0, "{seen}");
    assert!(seen.contains("2 read in") && seen.contains("iso-8859-15"), "{seen}");
    assert!(!seen.contains('€') && !seen.contains('œ') && !seen.contains("Plain"), "{seen}");
    let revealed = trial.json(&["reveal", "ALPHA/250-0000000-0000002", "--purpose", "fulfilment"]);
    assert_eq!(revealed["records"][0]["fields"]["buyer.buyerName"], "M€ œ");
}

#[test]
fn letters_of_no_certain_charset_wait_when_whoever_sits_there_does_not_know() {
    let trial = Trial::at(NOW);
    let file = trial.write("orders.json", unsure());
    for keys in [ENTER, b"\x1b"] {
        let mut session = Session::begin(&trial, &["collect", "--seller", "ALPHA", &file]);
        session.wait_for("none of them");
        session.type_in(keys);
        let (status, seen) = session.end();
        assert_eq!(status, 3, "{seen}");
        assert!(seen.contains("--charset"), "{seen}");
    }
    let listed = trial.json(&["quarantine", "list"]);
    let items = listed["quarantined"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{listed}");
    assert_eq!(items[0]["reason"], "charset");
}

/// The first so many lines, and the rest.
fn split(input: &[u8], lines: usize) -> (&[u8], &[u8]) {
    let ends = input.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    input.split_at(ends.take(lines).last().unwrap())
}

#[test]
fn a_collect_shows_how_far_it_is_and_ctrl_c_ends_it_where_it_goes_on() {
    let trial = Trial::at(NOW);
    let synth = ["synth", "--orders", "3200", "--seed", "9", "--now", NOW];
    let input = trial.run(&synth).ends(0).out;
    // A pipe holds it where it is, however fast the machine: in its second batch, in its third, behind that.
    let (first, rest) = split(&input, 1100);
    let (second, rest) = split(rest, 900);
    let pipe = trial.path("orders.ndjson");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
    // As long as it is held open for reading here, nothing is lost between two who open it.
    let held = std::fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
    let mut feed = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    let mut session = Session::begin(&trial, &["collect", "--seller", "ALPHA", pipe.to_str().unwrap()]);
    feed.write_all(first).unwrap();
    drop(held);
    // More than a second, however it is rounded: by then there is a rate.
    session.wait_for(" 2s");
    feed.write_all(second).unwrap();
    session.wait_for(" 768 records, ");
    session.wait_for("/s");
    session.type_in(&[CTRL_C]);
    // The terminal says it, and by then the program has been told.
    session.wait_for("^C");
    let rest = rest.to_vec();
    let feeding = std::thread::spawn(move || drop(feed.write_all(&rest)));
    let (status, seen) = session.end();
    feeding.join().unwrap();
    assert_eq!(status, 1, "{seen}");
    assert!(seen.contains("stopped; what was taken in so far stays"), "{seen}");
    // The batch that is told, and the one that is on its way behind it.
    assert!(seen.contains("1536 read in") || seen.contains("2304 read in"), "{seen}");

    std::fs::remove_file(&pipe).unwrap();
    let file = trial.write("orders.ndjson", &input);
    let mut again = Session::begin(&trial, &["collect", "--seller", "ALPHA", &file]);
    again.wait_for(" records");
    again.wait_for(" left");
    let (status, seen) = again.end();
    assert_eq!(status, 0, "{seen}");
    assert!(
        seen.contains("3200 read in") && seen.contains(" new, ") && seen.contains(" unchanged"),
        "{seen}"
    );
    let once_more = trial.run(&["--output", "json", "collect", "--seller", "ALPHA", &file]).ends(0).json();
    assert_eq!((&once_more["collected"], &once_more["updated"]), (&0.into(), &0.into()));
    trial.run(&["ledger", "verify"]).ends(0);
}

#[test]
fn a_classification_that_is_killed_on_its_way_is_followed_by_everything() {
    const NOTE: &str = "orderItems[].extra.gift-note";
    let trial = Trial::at(NOW);
    let orders = (0..1600).map(|number| {
        serde_json::json!({
            "orderId": format!("302-1111111-{number:07}"), "createdTime": "2026-03-01T10:00:00Z",
            "lastUpdatedTime": "2026-03-01T10:00:00Z", "fulfillment": {"fulfillmentStatus": "UNSHIPPED"},
            "orderItems": [{"orderItemId": "A", "extra": {"gift-note": format!("ring twice {number}")}}]
        })
        .to_string()
    });
    let file = trial.write("orders.ndjson", orders.collect::<Vec<_>>().join("\n"));
    trial.run(&["collect", "--seller", "ALPHA", &file]).ends(0);
    let classify = ["catalogue", "classify", NOTE, "--class", "free-text", "--purpose", "fulfilment"];
    let mut session = Session::begin(&trial, &classify);
    session.wait_for("500 records");
    session.kill();

    let again = trial.json(&classify);
    assert_eq!(again["changed"], false, "the decision was made: {again}");
    assert_eq!(trial.json(&["catalogue", "unclassified"])["unclassified"], serde_json::json!([]));
    for part in (0..1600).collect::<Vec<u32>>().chunks(400) {
        let names: Vec<String> = part.iter().map(|number| format!("ALPHA/302-1111111-{number:07}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let field = "orderItems[A].extra.gift-note";
        let revealed =
            trial.json(&[&["reveal"], &names[..], &["--purpose", "fulfilment", "--field", field]].concat());
        let records = revealed["records"].as_array().unwrap();
        assert_eq!(records.len(), part.len());
        for (record, number) in records.iter().zip(part) {
            assert_eq!(record["fields"][field], format!("ring twice {number}"));
        }
    }
    trial.run(&["ledger", "verify"]).ends(0);
}
