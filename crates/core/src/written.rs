//! Files in TOML that people write, and what is said of one that cannot be read.
//!
//! The words of a parser quote what it stumbled over. A data file that is given by mistake would show a buyer's address
//! with them, so nothing of the text leaves here: the place, the kind of reason, and names that the program knows itself.

use std::fmt;

use serde::de::DeserializeOwned;

/// Why a file cannot be read: where, and what kind of thing is wrong. Holds nothing of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Unreadable {
    /// The line, from 1.
    pub line: usize,
    /// The character in its line, from 1.
    pub column: usize,
    reason: Reason,
}

/// What kind of thing is wrong. All texts are the program's own.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    NotToml,
    /// A name that has to be there.
    Missing(String),
    /// A name that is not known here, and those that are.
    UnknownName(Option<String>),
    /// A word where others are allowed.
    UnknownWord(Option<String>),
    /// Another type of value than this.
    OtherType(Option<String>),
    Twice,
    /// A sentence that the reader knows.
    Said(&'static str),
    NotMeant,
}

/// Reads a file. `sentences` are the reader's own, which its types give as reasons and which quote nothing.
///
/// # Errors
/// [`Unreadable`] for what is no TOML, or not what belongs there.
pub fn read<T: DeserializeOwned>(text: &str, sentences: &[&'static str]) -> Result<T, Unreadable> {
    toml::from_str(text).map_err(|error| Unreadable::of(text, &error, sentences))
}

impl Unreadable {
    fn of(text: &str, error: &toml::de::Error, sentences: &[&'static str]) -> Self {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line, column, reason: reason(text, error.message(), sentences) }
    }
}

fn reason(text: &str, message: &str, sentences: &[&'static str]) -> Reason {
    if let Some(said) = sentences.iter().find(|sentence| **sentence == message) {
        return Reason::Said(said);
    }
    // Whether it is TOML at all is not to be told from the words.
    if toml::from_str::<toml::Table>(text).is_err() {
        return Reason::NotToml;
    }
    let begins = |words: &str| message.starts_with(words);
    if let Some(name) = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        return Reason::Missing(name.to_owned());
    }
    if begins("unknown field ") {
        Reason::UnknownName(expected(message))
    } else if begins("unknown variant ") {
        Reason::UnknownWord(expected(message))
    } else if begins("invalid ") {
        Reason::OtherType(expected(message))
    } else if begins("duplicate ") {
        Reason::Twice
    } else {
        Reason::NotMeant
    }
}

/// The end of a message, which the program wrote. What stands before may quote, also these words: the last ones count.
fn expected(message: &str) -> Option<String> {
    if message.ends_with("there are no fields") || message.ends_with("there are no variants") {
        return None;
    }
    let (_, known) = message.rsplit_once(", expected ")?;
    Some(known.trim_start_matches("one of ").to_owned())
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: ", self.line, self.column)?;
        let known = |f: &mut fmt::Formatter<'_>, before: &str, known: &Option<String>| match known {
            Some(known) => write!(f, "{before}; it takes {known}"),
            None => f.write_str(before),
        };
        match &self.reason {
            Reason::NotToml => f.write_str("this is not TOML"),
            Reason::Missing(name) => write!(f, "`{name}` is missing"),
            Reason::UnknownName(names) => known(f, "this name is not known here", names),
            Reason::UnknownWord(words) => known(f, "this word is not known here", words),
            Reason::OtherType(wanted) => known(f, "a value of another kind belongs here", wanted),
            Reason::Twice => f.write_str("this is said twice"),
            Reason::Said(sentence) => f.write_str(sentence),
            Reason::NotMeant => f.write_str("this is not what belongs here"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read counts")]
    struct File {
        name: String,
        #[serde(default)]
        word: Option<Word>,
        #[serde(default)]
        numbers: BTreeMap<String, u8>,
        #[serde(default)]
        either: Option<Either>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Word {
        One,
        Two,
    }

    const EITHER: &str = "a number or a flag";

    #[derive(Debug, Deserialize)]
    #[serde(untagged, expecting = "a number or a flag")]
    #[expect(dead_code, reason = "only whether it can be read counts")]
    enum Either {
        Number(u8),
        Flag(bool),
    }

    #[test]
    fn what_cannot_be_read_is_told_by_its_place_and_without_its_text() {
        for (text, told) in [
            ("name = \"a\"\nWilma Larkspur,Fliederweg 3\n", "line 2, column 7: this is not TOML"),
            ("order-id,wilma@larkspur.example\n", "line 1, column 9: this is not TOML"),
            ("{\"buyer\": \"Wilma Larkspur\"}", "line 1, column 1: this is not TOML"),
            ("name = \"a\"\nname = \"Wilma\"", "line 2, column 1: this is not TOML"),
            ("name = \"Wilma", "line 1, column 14: this is not TOML"),
            ("", "line 1, column 1: `name` is missing"),
            (
                "name = \"ä\"\n\"Wilma Larkspur\" = 1",
                "line 2, column 1: this name is not known here; it takes `name`, `word`, `numbers`, `either`",
            ),
            (
                "name = \"a\"\n\"Wilma, expected Larkspur\" = 1",
                "line 2, column 1: this name is not known here; it takes `name`, `word`, `numbers`, `either`",
            ),
            (
                "name = \"a\"\nword = \"Wilma\"",
                "line 2, column 8: this word is not known here; it takes `one` or `two`",
            ),
            ("name = 17\n", "line 1, column 8: a value of another kind belongs here; it takes a string"),
            (
                "name = \"a\"\n[numbers]\na = \"Wilma, expected Larkspur\"",
                "line 3, column 5: a value of another kind belongs here; it takes u8",
            ),
            ("name = \"a\"\neither = \"Wilma\"", "line 2, column 10: a number or a flag"),
        ] {
            let error = read::<File>(text, &[EITHER]).unwrap_err().to_string();
            assert_eq!(error, told, "{text}");
        }
        // A sentence that is not known to quote nothing is not said.
        let error = read::<File>("name = \"a\"\neither = \"Wilma\"", &[]).unwrap_err().to_string();
        assert_eq!(error, "line 2, column 10: this is not what belongs here");
    }
}
