//! Text that is nothing but text: what directs a machine or hides from the reader's eye is not in it.

use bailee_core::Json;
use zeroize::Zeroizing;

/// Text of a value, wiped when it is dropped.
pub(crate) type Text = Zeroizing<String>;

/// Appends the text of a leaf. Controls become spaces; marks of direction go, since a page's own order is the only one, and so does
/// what nobody sees.
pub(crate) fn append(to: &mut Text, leaf: &Json) {
    match leaf {
        Json::String(text) => append_plain(to, text),
        Json::Integer(number) => append_plain(to, &number.to_string()),
        Json::Float(number) => append_plain(to, &number.to_string()),
        Json::Bool(true) => append_plain(to, "yes"),
        Json::Bool(false) => append_plain(to, "no"),
        Json::Null | Json::Array(_) | Json::Object(_) => {}
    }
}

pub(crate) fn append_plain(to: &mut Text, text: &str) {
    // At once, so that no shorter copy is left behind as it grows.
    let mut longer = Text::new(String::with_capacity(to.len() + text.len()));
    longer.push_str(to);
    for letter in text.chars() {
        match letter {
            letter if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}') => longer.push(' '),
            letter if is_unseen(letter) => {}
            letter => longer.push(letter),
        }
    }
    *to = longer;
}

/// Marks of direction, joints that show nothing, and tags. The joiners that letters of some scripts need stay.
const fn is_unseen(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// The same with one space where several are, and none at its ends.
pub(crate) fn tidy(text: &Text) -> Text {
    let mut tidy = Text::new(String::with_capacity(text.len()));
    for word in text.split_whitespace() {
        if !tidy.is_empty() {
            tidy.push(' ');
        }
        tidy.push_str(word);
    }
    tidy
}

/// Cuts a text into lines no wider than that: between words, and within one that is wider by itself. `width` is of one letter.
pub(crate) fn wrapped(text: &str, width_max: f32, width: impl Fn(char) -> f32) -> Vec<Text> {
    let mut lines = Vec::new();
    let (mut start, mut used, mut after_space) = (0, 0.0_f32, None);
    for (at, letter) in text.char_indices() {
        let one = width(letter);
        // A space may hang over the end: nobody sees it.
        if letter != ' ' && used + one > width_max && at > start {
            let end = after_space.filter(|space| *space > start).unwrap_or(at);
            lines.push(Text::new(text.get(start..end).unwrap_or_default().trim_end().to_owned()));
            used = text.get(end..at).unwrap_or_default().chars().map(&width).sum();
            (start, after_space) = (end, None);
        }
        used += one;
        if letter == ' ' {
            after_space = Some(at + 1);
        }
    }
    let last = text.get(start..).unwrap_or_default().trim_end();
    if !last.is_empty() {
        lines.push(Text::new(last.to_owned()));
    }
    lines
}
