//! A server of a trial's home, as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{MAIL, PASSWORD, Ran, Trial};

/// Longer than anything that these tests wait for.
const LONG: Duration = Duration::from_secs(30);

/// A server that runs. Killed when a test fails before it has ended it.
pub(crate) struct Served<'a> {
    pub(crate) trial: &'a Trial,
    pub(crate) process: Child,
    /// What it said of itself when it was ready.
    pub(crate) said: Value,
}

impl Trial {
    pub(crate) fn serve(&self) -> Served<'_> {
        self.serve_at("127.0.0.1:0")
    }

    pub(crate) fn serve_at(&self, address: &str) -> Served<'_> {
        self.begin(self.command(&["serve", "--listen", address, "--output", "json"]))
    }

    /// A server whose process is prepared.
    pub(crate) fn serve_with(&self, prepare: impl FnOnce(&mut Command)) -> Served<'_> {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0", "--output", "json"]);
        prepare(&mut command);
        self.begin(command)
    }

    /// A server at that address, on a machine whose clock is so far ahead, as `faketime -f` takes it. Signals reach the server, which
    /// `faketime` does not pass on.
    pub(crate) fn serve_ahead(&self, ahead: &str, address: &str) -> Served<'_> {
        let library =
            Command::new("faketime").args(["-f", ahead, "printenv", "LD_PRELOAD"]).output().unwrap();
        let library = String::from_utf8(library.stdout).unwrap();
        let mut command = self.command(&["serve", "--listen", address, "--output", "json"]);
        command.env("LD_PRELOAD", library.trim()).env("FAKETIME", ahead);
        self.begin(command)
    }

    fn begin(&self, mut command: Command) -> Served<'_> {
        let mut process = command.stdin(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        if line.is_empty() {
            let mut err = String::new();
            process.stderr.as_mut().unwrap().read_to_string(&mut err).unwrap();
            panic!("the server did not begin: {err}");
        }
        // A copy: tests change what is in the home.
        std::fs::copy(self.path("home/server.pem"), self.path("ca.pem")).unwrap();
        Served { trial: self, process, said: serde_json::from_str(&line).unwrap() }
    }
}

impl Served<'_> {
    pub(crate) fn url(&self) -> String {
        self.said["urls"][0].as_str().unwrap().replace("127.0.0.1", "localhost")
    }

    /// `curl` over HTTPS, which believes the home's certificate.
    pub(crate) fn curl(&self, path: &str, words: &[&str]) -> Command {
        let mut command = Command::new("curl");
        command
            .args(["--silent", "--show-error", "--fail-with-body", "--max-time", "30", "--cacert"])
            .arg(self.trial.path("ca.pem"))
            .args(words)
            .arg(format!("{}{path}", self.url()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// What it answered, as JSON.
    #[track_caller]
    pub(crate) fn ask(&self, path: &str, words: &[&str]) -> Value {
        let ran = self.curl(path, words).output().unwrap();
        let out = String::from_utf8(ran.stdout).unwrap();
        assert!(ran.status.success(), "{out}{}", String::from_utf8_lossy(&ran.stderr));
        serde_json::from_str(&out).unwrap()
    }

    /// The header of somebody who has just logged in.
    pub(crate) fn bearer(&self) -> String {
        let question = format!("{{\"mail\":\"{MAIL}\",\"password\":\"{PASSWORD}\"}}");
        let words = ["--data", &question, "--header", "Content-Type: application/json"];
        let session = self.ask("/v1/sessions", &words);
        format!("Authorization: Bearer {}", session["token"].as_str().unwrap())
    }

    /// Sends it a signal, by its name.
    pub(crate) fn signal(&self, name: &str) {
        let number = self.process.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &number]).status().unwrap().success());
    }

    /// Tells it to end and waits until it has.
    pub(crate) fn end(self) -> Ran {
        self.signal("TERM");
        self.wait()
    }

    /// Waits until it has ended.
    pub(crate) fn wait(mut self) -> Ran {
        let status = until(|| self.process.try_wait().unwrap());
        let (mut out, mut err) = (Vec::new(), String::new());
        self.process.stdout.take().unwrap().read_to_end(&mut out).unwrap();
        self.process.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        Ran { status: status.code().unwrap_or(-1), out, err }
    }
}

impl Drop for Served<'_> {
    fn drop(&mut self) {
        // One that has ended already cannot be killed any more.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Looks again and again, until there is something to be seen.
#[track_caller]
pub(crate) fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(begun.elapsed() < LONG, "it did not come to pass");
        std::thread::sleep(Duration::from_millis(20));
    }
}
