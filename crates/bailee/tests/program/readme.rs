//! The tour of the README is run as it stands, so that what it shows is what a reader will see.
//!
//! With `BAILEE_WRITE_REFERENCE` set, the answers are written into it anew.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use crate::support::Trial;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
/// Where the reader's home lies, in the README.
const READER: &str = "/home/ada";
/// The port of the server in the README; here it has a free one.
const PORT: &str = "8443";
/// What the program says of an order or a name that the tour's sample does not hold: then the tour shows nothing.
const NOT_THERE: &[&str] = &["there is no order", "nothing was found", "nor ever was"];
/// Printed by the shell between two commands; nothing else prints it.
const BETWEEN: &str = "\u{1e}";

#[test]
fn the_tour_shows_what_a_reader_will_see() {
    let readme = std::fs::read_to_string(README).unwrap();
    let commands: Vec<&str> = console(&readme)
        .into_iter()
        .flat_map(|block| block.lines())
        .filter_map(|line| line.strip_prefix("$ "))
        .collect();
    let mut answers = run(&commands).into_iter();
    let mut written = readme.clone();
    for block in console(&readme) {
        let mut shown = String::new();
        for command in block.lines().filter(|line| line.starts_with("$ ")) {
            write!(shown, "{command}\n{}", answers.next().unwrap()).unwrap();
        }
        written = written.replacen(block, &shown, 1);
    }
    let shows_nothing =
        NOT_THERE.iter().find(|words| console(&written).iter().any(|block| block.contains(**words)));
    assert_eq!(
        shows_nothing, None,
        "the tour asks for something that its sample does not hold: name another"
    );
    if std::env::var_os("BAILEE_WRITE_REFERENCE").is_some() {
        std::fs::write(README, &written).unwrap();
    } else {
        for (kept, shown) in console(&readme).into_iter().zip(console(&written)) {
            assert_eq!(
                steady(kept),
                steady(shown),
                "the README has drifted; run the tests with BAILEE_WRITE_REFERENCE=1"
            );
        }
    }
}

/// What stands in the console blocks.
fn console(readme: &str) -> Vec<&str> {
    readme.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// Runs the commands in one shell, as a reader does; returns what each printed.
fn run(commands: &[&str]) -> Vec<String> {
    let trial = Trial::empty();
    let port = free_port().to_string();
    let script: String = commands.iter().map(|command| format!("{command}\nprintf '{BETWEEN}'\n")).collect();
    let program = Path::new(env!("CARGO_BIN_EXE_bailee")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let ran = Command::new("bash")
        .args(["-c", &format!("exec 2>&1\n{}", script.replace(PORT, &port))])
        .current_dir(trial.directory.path())
        .env("PATH", path)
        .env("XDG_STATE_HOME", trial.path("state"))
        .env_remove("CURL_CA_BUNDLE")
        .env_remove("BAILEE_HOME")
        .env_remove("BAILEE_KEY")
        .env_remove("BAILEE_LOG")
        .output()
        .unwrap();
    let place = trial.directory.path().canonicalize().unwrap();
    let printed = String::from_utf8(ran.stdout).unwrap().replace(place.to_str().unwrap(), READER);
    let printed = printed.replace(&port, PORT);
    printed.split_terminator(BETWEEN).map(str::to_owned).collect()
}

/// A port that nobody listens at; of five digits, so that no figure of the tour is taken for it.
fn free_port() -> u16 {
    let port = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    std::iter::repeat_with(port).find(|port| *port >= 10_000).unwrap()
}

/// Without what differs each time: ids, keys, tokens, hashes and how long it took.
fn steady(text: &str) -> String {
    let is_random = |word: &&str| {
        let long = word.len() >= 20
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let hex = word.len() >= 16 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let pin = word.starts_with("sha256//");
        !word.is_empty() && (pin || hex || long && word.bytes().any(|byte| byte.is_ascii_digit()))
    };
    let steady_line = |line: &str| -> String {
        let words = line.split([' ', '"', ':', ',']).filter(|word| !is_random(word));
        words.filter(|word| word.parse::<f64>().is_err() || !word.contains('.')).collect::<Vec<_>>().join(" ")
    };
    text.lines().map(|line| steady_line(line).split_whitespace().collect::<Vec<_>>().join(" ")).fold(
        String::new(),
        |mut all, line| {
            all.push_str(&line);
            all.push('\n');
            all
        },
    )
}
