//! What a person or a script sees: text on a terminal, plain text in a pipe, JSON when asked for.
//!
//! Nothing from a document reaches a terminal unfiltered: control characters could repaint it.

use std::fs::OpenOptions;
use std::io::{self, BufRead, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use bailee_core::{Json, Sensitive};
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::failure::{Failure, Result};

/// How answers are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Output {
    /// For people: tables and colour on a terminal, plain in a pipe.
    #[default]
    Text,
    /// For programs: one JSON document on stdout.
    Json,
}

/// The bold of headings.
pub(crate) const BOLD: Style = Style::new().bold();
/// The green of what is well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// The red of what is not.
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
/// The grey of what matters less.
pub(crate) const DIM: Style = Style::new().dimmed();

/// Most bytes of a value or a password that is read from standard input.
const LINE_BYTES_MAX: usize = 4096;

/// Where a command prints.
#[derive(Clone, Copy)]
pub(crate) struct Screen {
    output: Output,
}

impl Screen {
    pub(crate) fn new(output: Output) -> Self {
        Self { output }
    }

    /// Whether JSON was asked for.
    pub(crate) fn is_json(self) -> bool {
        self.output == Output::Json
    }

    /// Prints a line on stdout.
    pub(crate) fn line(self, text: impl std::fmt::Display) -> Result<()> {
        writeln!(anstream::stdout().lock(), "{text}").map_err(|error| Failure::stdout(&error))
    }

    /// Says that something was done: a line, or a member that is true.
    pub(crate) fn done(self, member: &str, words: &str) -> Result<()> {
        match self.is_json() {
            true => self.json(&serde_json::json!({ member: true })),
            false => self.line(words),
        }
    }

    /// Prints a heading.
    pub(crate) fn heading(self, text: impl std::fmt::Display) -> Result<()> {
        self.line(format_args!("{BOLD}{text}{BOLD:#}"))
    }

    /// Prints one JSON document on a line of its own.
    pub(crate) fn json(self, value: &impl Serialize) -> Result<()> {
        let mut out = io::stdout().lock();
        serde_json::to_writer(&mut out, value)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out))
            .map_err(|error| Failure::stdout(&error))
    }

    /// Prints a table: with lines on a terminal, plain columns in a pipe.
    pub(crate) fn table(self, header: &[&str], rows: Vec<Vec<String>>) -> Result<()> {
        let mut table = Table::new();
        let on_terminal = io::stdout().is_terminal();
        table.load_style(if on_terminal { presets::UTF8_FULL_CONDENSED } else { presets::NOTHING });
        // A terminal that nobody told its width, as under `script`, says that it has none.
        let is_wide = table.width().is_some_and(|width| width > 0);
        table.set_content_arrangement(match on_terminal && is_wide {
            true => ContentArrangement::Dynamic,
            false => ContentArrangement::Disabled,
        });
        if !header.is_empty() {
            table.set_header(header.to_vec());
        }
        table.add_rows(rows);
        if !on_terminal && let Some(first) = table.column_mut(0) {
            first.set_padding((0, 1));
        }
        table.to_string().lines().try_for_each(|line| self.line(line.trim_end()))
    }

    /// Says something on stderr that is not part of the answer.
    pub(crate) fn note(self, text: impl std::fmt::Display) {
        // When stderr is closed there is nobody left to tell.
        let _ = writeln!(anstream::stderr().lock(), "{text}");
    }
}

/// Text from outside as it may reach a terminal: control characters are shown, not obeyed.
pub(crate) fn safe(text: &str) -> String {
    text.chars()
        .flat_map(|c| -> Box<dyn Iterator<Item = char>> {
            if c.is_control() || is_bidi_control(c) {
                Box::new(c.escape_unicode())
            } else {
                Box::new([c].into_iter())
            }
        })
        .collect()
}

/// Most characters that a table shows of a name that people chose: longer ones would push the other columns away. JSON
/// has all of it.
const NAME_CHARACTERS_MAX: usize = 60;

/// A name that people chose, as a table shows it.
pub(crate) fn cut(name: &str) -> String {
    match name.char_indices().nth(NAME_CHARACTERS_MAX) {
        None => name.to_owned(),
        Some(_) => name.chars().take(NAME_CHARACTERS_MAX - 1).chain(['…']).collect(),
    }
}

/// A file's name as it may reach a terminal, on one line.
pub(crate) fn shown(file: &std::path::Path) -> String {
    safe(&file.to_string_lossy())
}

/// Characters that turn the direction of the text around them.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

/// A JSON leaf as people read it.
pub(crate) fn leaf(value: &Json) -> String {
    match value {
        Json::String(text) => safe(text),
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}

/// The text at a member of an answer of ours; empty when it is not there.
pub(crate) fn text(value: &Json, member: &str) -> String {
    value.member(member).map(leaf).filter(|text| text != "null").unwrap_or_default()
}

/// Just these members, in this order: the documented shape of an answer.
pub(crate) fn pick<'a>(value: &'a Json, members: &[&'a str]) -> Picked<'a> {
    Picked(members.iter().filter_map(|name| value.member(name).map(|value| (*name, value))).collect())
}

/// Members of a JSON object, by reference.
pub(crate) struct Picked<'a>(Vec<(&'a str, &'a Json)>);

impl Serialize for Picked<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// How often somebody is asked for the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// For what is known already.
    Once,
    /// For what is new: a slip of the hand would lock everybody out.
    Twice,
}

/// A passphrase, from whoever sits at the terminal. Not from standard input: that may be the data of a command.
pub(crate) fn passphrase(what: &str, asked: Asked) -> Result<Sensitive<String>> {
    let terminal = || OpenOptions::new().read(true).write(true).open("/dev/tty");
    let (Ok(read), Ok(write)) = (terminal(), terminal()) else {
        return Err(Failure::failed(format_args!(
            "there is no terminal to ask for the {what}; say with [keys] passphrase in bailee.toml where it is kept, \
             or give it by --passphrase-stdin where a command takes that"
        )));
    };
    let theme = dialoguer::theme::SimpleTheme;
    let mut prompt = dialoguer::Password::with_theme(&theme).with_prompt(what);
    if asked == Asked::Twice {
        prompt = prompt.with_confirmation("the same again", "these were not the same");
    }
    let given = prompt.interact_on(&dialoguer::console::Term::read_write_pair(read, write));
    given.map(Sensitive::new).map_err(|_| Failure::failed("no passphrase was given"))
}

/// A password: from the first line of standard input when told so, else from the terminal.
pub(crate) fn password(from_stdin: bool, twice: bool) -> Result<Sensitive<String>> {
    if from_stdin {
        return stdin_line();
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("there is no terminal to ask for the password; use --password-stdin"));
    }
    let theme = dialoguer::theme::SimpleTheme;
    let mut prompt = dialoguer::Password::with_theme(&theme).with_prompt("password");
    if twice {
        prompt = prompt.with_confirmation("the same again", "these were not the same");
    }
    prompt.interact().map(Sensitive::new).map_err(|_| Failure::failed("no password was given"))
}

/// A secret that is neither a password nor chosen by anybody: from the next line of standard input when told so, else from
/// the terminal.
pub(crate) fn secret(from_stdin: bool, what: &str, option: &str) -> Result<Sensitive<String>> {
    if from_stdin {
        return stdin_line();
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(format_args!("there is no terminal to ask for the {what}; use {option}")));
    }
    let theme = dialoguer::theme::SimpleTheme;
    let asked = dialoguer::Password::with_theme(&theme).with_prompt(what).interact();
    asked.map(Sensitive::new).map_err(|_| Failure::failed(format_args!("no {what} was given")))
}

/// The next line of standard input, without its end. A longer one than any value or password is not read to its end.
pub(crate) fn stdin_line() -> Result<Sensitive<String>> {
    line_of(io::stdin().lock(), "standard input")
}

/// The same of any input; `what` names it where it cannot be read.
pub(crate) fn line_of(input: impl BufRead, what: impl std::fmt::Display) -> Result<Sensitive<String>> {
    // Room for the line, its end and a byte more, so that it leaves no copies where it grew.
    let room = LINE_BYTES_MAX + 3;
    let mut line = Vec::with_capacity(room);
    let read = input.take(room as u64).read_until(b'\n', &mut line);
    let line = Sensitive::new(line);
    read.map_err(|_| Failure::failed(format_args!("{what} cannot be read")))?;
    let line = line.map(|line| {
        let end = line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
        line.get(..end).unwrap_or_default().to_vec()
    });
    if line.expose().len() > LINE_BYTES_MAX {
        return Err(Failure::usage(format_args!(
            "a line of {what} is longer than {LINE_BYTES_MAX} bytes, which no value or password is"
        )));
    }
    match std::str::from_utf8(line.expose()) {
        Ok(text) => Ok(Sensitive::new(text.to_owned())),
        Err(_) => Err(Failure::failed(format_args!("{what} is not text"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Exit;

    #[test]
    fn control_and_direction_characters_are_shown_not_obeyed() {
        assert_eq!(safe("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(safe("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(safe("Jürgen 山田"), "Jürgen 山田");
    }

    #[test]
    fn a_name_is_shown_whole_or_cut_to_its_room() {
        let name = |characters: usize| "é".repeat(characters);
        for (given, shown) in [
            (name(0), name(0)),
            (name(NAME_CHARACTERS_MAX), name(NAME_CHARACTERS_MAX)),
            (name(NAME_CHARACTERS_MAX + 1), name(NAME_CHARACTERS_MAX - 1) + "…"),
        ] {
            assert_eq!(cut(&given), shown);
        }
    }

    #[test]
    fn a_line_is_read_to_its_end_and_no_further_than_it_may_be_long() {
        let first_line = |input: &[u8]| line_of(input, "standard input");
        let line = |text: &str| first_line(text.as_bytes()).map(|line| line.expose().clone());
        let too_long = |line: Result<Sensitive<String>>| matches!(line.err(), Some(Failure::Said { exit: Exit::Usage, words }) if words.contains("4096 bytes"));
        let longest = "é".repeat(LINE_BYTES_MAX / 2);
        assert_eq!(line("one\r\ntwo\n").unwrap(), "one");
        assert_eq!(line("").unwrap(), "");
        assert_eq!(line(&format!("{longest}\r\nmore")).unwrap(), longest);
        assert!(too_long(first_line(format!("{longest}x\n").as_bytes())));
        // One without an end is not waited for.
        assert!(too_long(line_of(io::BufReader::new(io::repeat(b'x')), "standard input")));
        assert!(first_line(&b"\xff\n"[..]).is_err());
    }

    #[test]
    fn picking_keeps_the_order_asked_for() {
        let value: Json = serde_json::from_str(r#"{"b":2,"a":1,"c":3}"#).unwrap();
        assert_eq!(serde_json::to_string(&pick(&value, &["a", "b"])).unwrap(), r#"{"a":1,"b":2}"#);
    }
}
