//! What stands on a page is read back by a program that is not ours.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    clippy::allow_attributes,
    missing_docs,
    reason = "tests may fail loudly"
)]

use std::process::Command;

use bailee_core::Json;
use bailee_render::{Fonts, Form, Paper, RenderError, Template};

/// Where Debian's `fonts-dejavu-core` lies.
const FONT: &str = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";

fn fonts() -> Fonts {
    let mut fonts = Fonts::default();
    let file =
        std::fs::read(FONT).unwrap_or_else(|error| panic!("{FONT}: {error}; install fonts-dejavu-core"));
    assert!(fonts.add(file));
    fonts
}

fn label(name: &str) -> Result<Vec<u8>, RenderError> {
    let text = |text: &str| Json::String(text.to_owned());
    let object = |name: &str, value| Json::Object(vec![(name.to_owned(), value)]);
    let document = object("recipient", object("deliveryAddress", object("name", text(name))));
    let template = Template::embedded(Paper::Label).unwrap();
    template.fill(&document, 4711).write(Form::Pdf, &fonts()).map(|file| file.expose().clone())
}

/// What `pdftotext` reads.
fn read(pdf: &[u8]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("label.pdf");
    std::fs::write(&file, pdf).unwrap();
    let read = Command::new("pdftotext").arg(&file).arg("-").output();
    let read = read.unwrap_or_else(|error| panic!("pdftotext: {error}; install poppler-utils"));
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    String::from_utf8(read.stdout).unwrap()
}

#[test]
fn another_program_reads_from_a_page_what_was_put_on_it() {
    for name in
        ["Ada Muster", "Zoë Čapek-Łukasz", "Ольга Иванова", "Ωμέγα Παπαδοπούλου", "^XZ </p> {a} \\ (b)"]
    {
        let text = read(&label(name).unwrap());
        assert!(text.contains(name) && text.contains("Print 4711"), "{name}: {text}");
    }
}

#[test]
fn letters_that_are_read_from_the_right_are_all_there_in_their_order() {
    // Marks of direction are the reader's own.
    let plain =
        |text: &str| text.chars().filter(|one| !('\u{202a}'..='\u{202e}').contains(one)).collect::<String>();
    for name in ["דוד כהן", "محمد علي"] {
        let text = plain(&read(&label(name).unwrap()));
        let found = name.split(' ').all(|word| text.contains(word));
        assert!(found, "{name}: {text}");
    }
}

#[test]
fn a_letter_that_no_font_has_is_never_left_out() {
    for name in ["王小明", "Ada 山田", "กนกวรรณ"] {
        assert_eq!(label(name).map(drop), Err(RenderError::NoFont), "{name}");
    }
    assert_eq!(label(&"Wolfeschlegelsteinhausen ".repeat(400)).map(drop), Err(RenderError::TooLong));
}

#[test]
fn a_long_name_takes_the_lines_that_it_needs() {
    let name = "Wolfeschlegelsteinhausenbergerdorff ".repeat(8);
    let text = read(&label(&name).unwrap());
    assert_eq!(text.matches("Wolfeschlegelsteinhausen").count(), 8, "{text}");
}
