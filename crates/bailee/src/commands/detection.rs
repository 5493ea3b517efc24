//! What was found out about an input: shown, and asked where it is not certain. No value of an input is shown.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use bailee_intake::reader::Detected;
use bailee_intake::source::{Charset, Compression, Inspection, inspect};

use crate::screen::{DIM, Screen, shown};

/// Hears what is found out while an input is read.
#[derive(Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Option<Detected>>>);

impl Heard {
    pub(super) fn hear(&self, detected: Detected) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(detected);
    }

    /// Says it on stderr: on a terminal always, else only of what is not plain UTF-8.
    pub(super) fn show(&self, screen: Screen, file: &Path) {
        let detected = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(detected) = detected.filter(|detected| io::stderr().is_terminal() || !is_plain(detected))
        else {
            return;
        };
        screen.note(format_args!("{DIM}{}: {}{DIM:#}", shown(file), words(&detected)));
    }
}

/// Whether nothing had to be decided but the format.
fn is_plain(detected: &Detected) -> bool {
    let source = detected.source;
    let is_utf8 = matches!(source.charset, None | Some(Charset::Utf8));
    is_utf8 && !source.unsure && !source.refused && source.compression == Compression::None
}

/// What was decided, in a line.
fn words(detected: &Detected) -> String {
    let source = detected.source;
    let mut words = vec![detected.format.to_string()];
    words.extend(detected.delimiter.map(|delimiter| format!("{}-separated", delimiter.as_str())));
    words.push(match source.charset {
        Some(charset) if source.refused => format!(
            "{charset}, but for orders whose letters cannot be in it: they are in quarantine, name theirs with \
            `bailee quarantine retry --charset`"
        ),
        Some(charset) => charset.to_string(),
        None if source.unsure => {
            "of no certain character set: letters beyond ASCII are in quarantine, name it with \
            --charset or `bailee quarantine retry --charset`"
                .to_owned()
        }
        None if source.refused => {
            "not in the character set that was named: letters beyond ASCII are in quarantine, \
            leave out --charset"
                .to_owned()
        }
        None => "ascii".to_owned(),
    });
    if source.compression != Compression::None {
        words.insert(1, source.compression.as_str().to_owned());
    }
    words.join(", ")
}

/// Asks how the letters of a file are to be read, when that is not certain and somebody is there to be asked.
pub(super) fn ask(screen: Screen, file: &Path) -> Option<Charset> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return None;
    }
    let opened =
        File::open(file).ok().filter(|opened| opened.metadata().is_ok_and(|about| about.is_file()))?;
    // What cannot be read is told when it is taken in.
    let found = inspect(Box::new(opened)).ok().filter(|found| found.detected.unsure)?;
    screen.note(format_args!(
        "{}: which character set its letters are in is not certain; read as each, there would be",
        shown(file)
    ));
    let choices = choices(&found);
    let chosen = dialoguer::Select::new().items(&choices).default(found.readings.len()).interact_opt();
    chosen.ok().flatten().and_then(|chosen| found.readings.get(chosen)).map(|reading| reading.charset)
}

/// The character sets with what each would make of the letters; and to leave it open.
fn choices(found: &Inspection) -> Vec<String> {
    let of = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let readings = found.readings.iter().map(|reading| {
        format!(
            "{:<14} {}, {}",
            reading.charset.as_str(),
            of(reading.letters, "letter"),
            of(reading.signs, "other sign")
        )
    });
    readings.chain(["none of them: orders with such letters go into quarantine".to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use bailee_intake::source;

    use super::*;

    #[test]
    fn only_what_is_not_plain_is_told_in_a_pipe() {
        let check = |source: source::Detected, expected: Option<&str>| {
            let detected = Detected { format: "orders-v0".into(), delimiter: None, source };
            let told = (!is_plain(&detected)).then(|| words(&detected));
            assert_eq!(told.as_deref(), expected);
        };
        let plain = source::Detected::default();
        check(plain, None);
        check(source::Detected { charset: Some(Charset::Utf8), marked: true, ..plain }, None);
        let gzip = source::Detected { compression: Compression::Gzip, ..plain };
        check(gzip, Some("orders-v0, gzip, ascii"));
        check(
            source::Detected { charset: Some(Charset::ShiftJis), ..gzip },
            Some("orders-v0, gzip, shift_jis"),
        );
        let unsure = source::Detected { unsure: true, ..plain };
        let told = words(&Detected { format: "orders-v0".into(), delimiter: None, source: unsure });
        assert!(
            told.contains("--charset")
                && !is_plain(&Detected { format: "a".into(), delimiter: None, source: unsure })
        );
    }

    #[test]
    fn a_choice_says_how_many_letters_and_shows_none() {
        let input = "{\"name\":\"B\u{BD} M\u{A4}\"}".chars().map(|letter| letter as u8).collect::<Vec<u8>>();
        let found = inspect(Box::new(io::Cursor::new(input))).unwrap();
        let choices = choices(&found);
        assert!(choices[0].starts_with("iso-8859-15    1 letter, 1 other sign"), "{choices:?}");
        assert!(choices.last().unwrap().contains("quarantine"));
        assert!(choices.iter().all(|choice| choice.is_ascii()));
    }
}
