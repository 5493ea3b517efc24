//! A home in a throw-away directory, and the program as a person runs it.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

pub(crate) const PASSWORD: &str = "Correct-Horse-7-Battery";
pub(crate) const MAIL: &str = "ada@example.com";
/// Where Amazon's sandbox documents are.
pub(crate) const SANDBOX: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/sp-api/sandbox");
/// What Amazon calls personal, field by field.
pub(crate) const FACTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/sp-api/fields.tsv");

/// How a command ended.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.out.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.out).unwrap_or_else(|_| panic!("no JSON: {}\n{}", self.text(), self.err))
    }

    /// Fails the test unless the command ended with this status.
    #[track_caller]
    pub(crate) fn ends(self, status: i32) -> Self {
        assert_eq!(self.status, status, "stdout: {}\nstderr: {}", self.text(), self.err);
        self
    }
}

/// A directory with a home, a state directory and a temporary directory of its own.
pub(crate) struct Trial {
    pub(crate) directory: tempfile::TempDir,
    key: Option<String>,
}

impl Trial {
    pub(crate) fn empty() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("tmp")).unwrap();
        Self { directory, key: None }
    }

    /// A home made at that time, with its owner logged in and the seller ALPHA.
    pub(crate) fn at(now: &str) -> Self {
        let trial = Self::empty();
        let owner = format!("Ada Muster <{MAIL}>");
        let init = ["init", "--environment", "test", "--owner", &owner, "--now", now, "--password-stdin"];
        trial.run_with(&init, PASSWORD).ends(0);
        trial.log_in();
        trial.run(&["seller", "add", "ALPHA"]).ends(0);
        trial
    }

    /// Makes the home go by its own `catalogue.toml` too, or no longer.
    pub(crate) fn extend_catalogue(&self, extension: bool) {
        let path = self.path("home/bailee.toml");
        let (off, on) = ("# extension = \"catalogue.toml\"", "extension = \"catalogue.toml\"");
        let text = std::fs::read_to_string(&path).unwrap().replace(off, on);
        std::fs::write(&path, if extension { text } else { text.replace(on, off) }).unwrap();
    }

    /// Puts lines into a section of the configuration.
    pub(crate) fn configure(&self, section: &str, lines: &str) {
        let path = self.path("home/bailee.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, text.replacen(section, &format!("{section}\n{lines}"), 1)).unwrap();
    }

    pub(crate) fn log_in(&self) {
        self.log_in_with(PASSWORD);
    }

    pub(crate) fn log_in_with(&self, password: &str) {
        self.run_with(&["login", "--as", MAIL, "--password-stdin"], password).ends(0);
    }

    /// Sets the home's time. The session stays: nobody was idle.
    pub(crate) fn later(&self, now: &str) {
        self.run(&["--now", now, "retention", "status"]).ends(0);
    }

    /// The same by a command that whoever is logged in may run.
    pub(crate) fn later_as(&self, now: &str, words: &[&str]) {
        self.run(&[&["--now", now], words].concat()).ends(0);
    }

    /// The same home, with a service's key instead of the session.
    pub(crate) fn with_key(self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self }
    }

    /// The same home, with the session again.
    pub(crate) fn without_key(self) -> Self {
        Self { key: None, ..self }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        self.run_with(words, "")
    }

    pub(crate) fn json(&self, words: &[&str]) -> Value {
        self.run(&[&["--output", "json"], words].concat()).ends(0).json()
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bailee"));
        command
            .args(words)
            .current_dir(self.directory.path())
            .env_remove("BAILEE_LOG")
            .env_remove("BAILEE_KEY")
            .env("BAILEE_HOME", "home")
            .env("XDG_STATE_HOME", self.path("state"))
            .env("TMPDIR", self.path("tmp"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(key) = &self.key {
            command.env("BAILEE_KEY", key);
        }
        command
    }

    pub(crate) fn run_with(&self, words: &[&str], stdin: &str) -> Ran {
        Self::end(self.command(words), stdin)
    }

    /// The same on a machine whose clock is so far ahead, as `faketime -f` takes it.
    pub(crate) fn run_ahead(&self, ahead: &str, words: &[&str], stdin: &str) -> Ran {
        let command = self.command(words);
        let mut faked = Command::new("faketime");
        faked.args(["-f", ahead]).arg(command.get_program()).args(command.get_args());
        faked.current_dir(self.directory.path());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => faked.env(name, value),
                None => faked.env_remove(name),
            };
        }
        faked.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self::end(faked, stdin)
    }

    fn end(mut command: Command, stdin: &str) -> Ran {
        let mut child = command.spawn().unwrap();
        // Written from here: what these tests write fits into a pipe, or is read while it is written.
        let mut pipe = child.stdin.take().unwrap();
        let stdin = stdin.to_owned();
        let writer = std::thread::spawn(move || drop(pipe.write_all(stdin.as_bytes())));
        let ended = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Ran {
            status: ended.status.code().unwrap(),
            out: ended.stdout,
            err: String::from_utf8(ended.stderr).unwrap(),
        }
    }

    /// Everything that the program keeps: home with mirrors, checkpoints, temporary files. What a test put beside them
    /// is not among it, nor is the user's session.
    pub(crate) fn kept(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        for name in ["home", "home.checkpoints", "tmp"] {
            read_all(&self.path(name), &mut files);
        }
        // Made before there is any input, of the machine's name and the date: in base64 the noughts of midnight look like
        // those of a telephone number.
        files.retain(|(path, _)| !path.ends_with("server.pem"));
        files
    }
}

pub(crate) fn read_all(directory: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, files);
        } else {
            files.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
}

/// Copies a directory.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// The form of a token.
pub(crate) fn is_token(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with("bt1t-"))
}

/// Whether this is the document with tokens in the place of some leaves and the same otherwise; collects what the tokens
/// stand for. Facts come back clean, and of them only country codes are ever unclean here.
pub(crate) fn is_tokenised(input: &Value, output: &Value, personal: &mut Vec<Value>) -> bool {
    match (input, output) {
        (Value::Object(before), Value::Object(after)) => {
            before.keys().eq(after.keys())
                && before
                    .iter()
                    .all(|(key, value)| key == "countryCode" || is_tokenised(value, &after[key], personal))
        }
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len()
                && before.iter().zip(after).all(|(before, after)| is_tokenised(before, after, personal))
        }
        (before, after) if is_token(after) => {
            personal.push(before.clone());
            true
        }
        (before, after) => before == after,
    }
}

/// Fewer bytes are found anywhere by chance.
const FORM_BYTES_MIN: usize = 6;

/// A text as JSON writes it: as short as may be, and in nothing but ASCII.
fn escaped(value: &str) -> [Vec<u8>; 2] {
    let quoted = serde_json::to_string(value).unwrap();
    let short = &quoted[1..quoted.len() - 1];
    let units = |letter: char| letter.encode_utf16(&mut [0; 2]).to_vec();
    let unit = |letter: char| -> String {
        let escapes = units(letter).into_iter().map(|unit| format!("\\u{unit:04x}"));
        if letter.is_ascii() { letter.into() } else { escapes.collect() }
    };
    [short.as_bytes().to_vec(), short.chars().map(unit).collect::<String>().into_bytes()]
}

/// The forms in which a value could hide: plain, base64 at each alignment, hexadecimal, percent-encoded, UTF-16, JSON,
/// windows-1252.
pub(crate) fn forms(value: &str) -> Vec<Vec<u8>> {
    use data_encoding::{BASE64, HEXLOWER, HEXUPPER};
    let bytes = value.as_bytes();
    let percent = |keep: fn(u8) -> bool| -> Vec<u8> {
        bytes
            .iter()
            .flat_map(|byte| if keep(*byte) { vec![*byte] } else { format!("%{byte:02X}").into_bytes() })
            .collect()
    };
    let mut forms = vec![
        bytes.to_vec(),
        HEXLOWER.encode(bytes).into_bytes(),
        HEXUPPER.encode(bytes).into_bytes(),
        percent(|byte| byte.is_ascii_alphanumeric()),
        percent(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)),
        value.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        value.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    ];
    forms.extend(escaped(value));
    // Of windows-1252 the letters of Latin-1, which are nearly all of it.
    forms.extend(value.chars().map(|letter| u8::try_from(letter).ok()).collect::<Option<Vec<u8>>>());
    for pad in 0..3 {
        let encoded = BASE64.encode(&[&vec![0; pad], bytes].concat());
        let encoded = encoded.trim_end_matches('=');
        // The first and the last characters depend on what stands around the value.
        let (begin, end) = (if pad == 0 { 0 } else { 4 }, encoded.len().saturating_sub(2));
        if begin < end {
            forms.push(encoded.as_bytes()[begin..end].to_vec());
            forms.push(encoded[begin..end].replace('+', "-").replace('/', "_").into_bytes());
        }
    }
    forms.retain(|form| form.len() >= FORM_BYTES_MIN);
    forms.sort();
    forms.dedup();
    forms
}

/// Fails the test when a value is in any of the files, in any form.
#[track_caller]
pub(crate) fn assert_nowhere(files: &[(PathBuf, Vec<u8>)], values: &[String]) {
    assert!(!files.is_empty() && !values.is_empty(), "a search of nothing proves nothing");
    // Thousands of forms in megabytes: every place is looked at once, and compared where a form begins like it.
    let forms: Vec<(&String, Vec<u8>)> =
        values.iter().flat_map(|value| forms(value).into_iter().map(move |form| (value, form))).collect();
    let mut beginnings: HashMap<&[u8], Vec<&(&String, Vec<u8>)>> = HashMap::new();
    for form in &forms {
        beginnings.entry(&form.1[..FORM_BYTES_MIN]).or_default().push(form);
    }
    // Nearly everywhere two bytes tell that nothing begins there.
    let pair = |bytes: &[u8]| usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
    let mut pairs = vec![false; 1 << 16];
    beginnings.keys().for_each(|beginning| pairs[pair(beginning)] = true);
    for (path, content) in files {
        for (at, beginning) in content.windows(FORM_BYTES_MIN).enumerate() {
            if !pairs[pair(beginning)] {
                continue;
            }
            for (value, form) in beginnings.get(beginning).into_iter().flatten() {
                assert!(!content[at..].starts_with(form), "{value:?} is in {} as {form:?}", path.display());
            }
        }
    }
}

#[test]
fn a_value_is_found_in_each_of_its_forms_wherever_it_stands() {
    let value = "Wilma Testpérson".to_owned();
    for form in forms(&value) {
        for content in [form.clone(), [b"x", &form[..], b"y"].concat(), [vec![0; 9], form.clone()].concat()] {
            let files = [("file".into(), content)];
            assert!(
                std::panic::catch_unwind(|| assert_nowhere(&files, std::slice::from_ref(&value))).is_err()
            );
        }
        let files = [("file".into(), form[..form.len() - 1].to_vec())];
        if forms(&value).iter().all(|other| !files[0].1.starts_with(other) && !files[0].1.ends_with(other)) {
            assert_nowhere(&files, std::slice::from_ref(&value));
        }
    }
}
