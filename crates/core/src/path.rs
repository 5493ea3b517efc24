//! Paths: where a value stands in a document, and what a user names with `--field`.
//!
//! An *instance path* names one value: `orderItems[25012345678901].fulfillment.packing.giftOption.giftMessage`, with an
//! element by its id, or by its position in lists without ids (`tax.taxRegistrations[0].legalName`). A *schema path*
//! names the field: the same with empty brackets. Names and ids come from outside, so `.`, `[`, `]` and `\` in them are
//! written behind a `\`; thus no document can pretend to be at another place.

use std::borrow::Cow;
use std::fmt::{self, Write};

use crate::ParseIdError;

/// The longest path that a user may name.
const PATH_BYTES_MAX: usize = 1024;

/// The place of one value in one document. Grows and shrinks as a reader walks.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstancePath(String);

/// A place on the way, to come back to.
#[derive(Clone, Copy, Debug)]
pub struct Mark(usize);

impl InstancePath {
    /// The top of a document.
    pub fn new() -> Self {
        Self::default()
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Goes into a member of an object. The mark leads back.
    pub fn push_member(&mut self, name: &str) -> Mark {
        let mark = Mark(self.0.len());
        if !self.0.is_empty() {
            self.0.push('.');
        }
        push_escaped(&mut self.0, name);
        mark
    }

    /// Goes into the element of a list that has this id. The mark leads back.
    pub fn push_element(&mut self, id: &str) -> Mark {
        let mark = Mark(self.0.len());
        self.0.push('[');
        push_escaped(&mut self.0, id);
        self.0.push(']');
        mark
    }

    /// Goes into the element at a position, from 0, of a list whose elements have no ids. The mark leads back.
    pub fn push_index(&mut self, position: usize) -> Mark {
        let mark = Mark(self.0.len());
        // Writing to a string does not fail.
        let _ = write!(self.0, "[{position}]");
        mark
    }

    /// Goes back to where a mark was made.
    pub fn back_to(&mut self, mark: Mark) {
        self.0.truncate(mark.0);
    }

    /// The path of the field: every element's name left out.
    pub fn schema(&self) -> String {
        schema_of(&self.0)
    }
}

impl fmt::Display for InstancePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<InstancePath> for String {
    fn from(path: InstancePath) -> Self {
        path.0
    }
}

/// The schema path of an instance path: `orderItems[1].quantityOrdered` is of `orderItems[].quantityOrdered`.
pub fn schema_of(instance: &str) -> String {
    let mut schema = String::with_capacity(instance.len());
    for token in tokens(instance) {
        match token {
            Token::Member(name) if schema.is_empty() => schema.push_str(name),
            Token::Member(name) => schema.extend([".", name]),
            Token::Element(_) => schema.push_str("[]"),
        }
    }
    schema
}

/// One step of a path, its name as documents have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Into a member of an object.
    Member(Cow<'a, str>),
    /// Into the element of a list: by its id or its position; empty in a schema path.
    Element(Cow<'a, str>),
}

/// The steps of a path, from the top of the document.
pub fn steps(path: &str) -> impl Iterator<Item = Step<'_>> {
    tokens(path).map(|token| match token {
        Token::Member(name) => Step::Member(plain(name)),
        Token::Element(id) => Step::Element(plain(id)),
    })
}

/// What a user names with `--field`: a schema path, which is all its instances, or an instance path. Both mix:
/// `orderItems[25012345678901].product.serialNumbers[]` are all serial numbers of that item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSelector(Box<str>);

impl FieldSelector {
    /// The selector as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The schema path of the fields that it can select.
    pub fn schema(&self) -> String {
        schema_of(&self.0)
    }

    /// Whether it selects the value at an instance path.
    pub fn matches(&self, instance: &str) -> bool {
        let mut of_instance = tokens(instance);
        let each_fits = tokens(&self.0).all(|wanted| match (wanted, of_instance.next()) {
            (Token::Element(""), Some(Token::Element(_))) => true,
            (wanted, found) => found == Some(wanted),
        });
        each_fits && of_instance.next().is_none()
    }
}

impl std::str::FromStr for FieldSelector {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let well_formed = !text.is_empty() && text.len() <= PATH_BYTES_MAX && is_well_formed(text);
        if well_formed {
            Ok(Self(text.into()))
        } else {
            Err(ParseIdError::new(
                "a field is written as members and lists, such as buyer.buyerName or orderItems[].programs[]",
            ))
        }
    }
}

/// One step of a path, its text still escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Member(&'a str),
    Element(&'a str),
}

/// The steps of a path. Anything malformed becomes some step or other, but never fails.
fn tokens(path: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = path;
    std::iter::from_fn(move || {
        if let Some(inside) = rest.strip_prefix('[') {
            let (element, after) = split_at_unescaped(inside, &[']']);
            rest = after.strip_prefix(']').unwrap_or(after);
            return Some(Token::Element(element));
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
        if rest.is_empty() {
            return None;
        }
        let (member, after) = split_at_unescaped(rest, &['.', '[']);
        rest = after;
        Some(Token::Member(member))
    })
}

/// Splits before the first of some signs that has no `\` before it.
fn split_at_unescaped<'a>(text: &'a str, signs: &[char]) -> (&'a str, &'a str) {
    let mut escaped = false;
    let end = text.char_indices().find_map(|(at, sign)| {
        let ends = !escaped && signs.contains(&sign);
        escaped = !escaped && sign == '\\';
        ends.then_some(at)
    });
    text.split_at_checked(end.unwrap_or(text.len())).unwrap_or((text, ""))
}

/// Whether writing the steps again gives the same text, which a stray sign anywhere would prevent.
fn is_well_formed(text: &str) -> bool {
    let mut again = String::with_capacity(text.len());
    for token in tokens(text) {
        match token {
            Token::Member("") => return false,
            Token::Member(text) | Token::Element(text) if !is_escaped(text) => return false,
            Token::Member(name) if again.is_empty() => again.push_str(name),
            Token::Member(name) => again.extend([".", name]),
            Token::Element(id) => again.extend(["[", id, "]"]),
        }
    }
    again == text && !text.starts_with('[')
}

/// Whether every sign that has a meaning in paths stands behind a `\`, and every `\` before something.
fn is_escaped(text: &str) -> bool {
    let escaped = text.chars().try_fold(false, |behind, sign| match (behind, sign) {
        (true, _) => Some(false),
        (false, '\\') => Some(true),
        (false, '.' | '[' | ']') => None,
        (false, _) => Some(false),
    });
    escaped == Some(false)
}

/// A name without the `\` before its signs.
fn plain(name: &str) -> Cow<'_, str> {
    if !name.contains('\\') {
        return Cow::Borrowed(name);
    }
    let mut signs = name.chars();
    let plain = std::iter::from_fn(|| {
        signs.next().and_then(|sign| if sign == '\\' { signs.next() } else { Some(sign) })
    });
    Cow::Owned(plain.collect())
}

fn push_escaped(path: &mut String, text: &str) {
    for sign in text.chars() {
        if matches!(sign, '.' | '[' | ']' | '\\') {
            path.push('\\');
        }
        path.push(sign);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_grows_and_shrinks_with_the_walk() {
        let mut path = InstancePath::new();
        path.push_member("orderItems");
        let items = path.push_element("25012345678901");
        path.push_member("product");
        path.push_member("serialNumbers");
        path.push_index(2);
        assert_eq!(path.as_str(), "orderItems[25012345678901].product.serialNumbers[2]");
        assert_eq!(path.schema(), "orderItems[].product.serialNumbers[]");
        path.back_to(items);
        assert_eq!(path.to_string(), "orderItems");
    }

    #[test]
    fn a_selector_is_a_field_or_one_instance_of_it() {
        let instance = "orderItems[1].product.serialNumbers[0]";
        for (selector, expected) in [
            ("orderItems[].product.serialNumbers[]", true),
            ("orderItems[1].product.serialNumbers[0]", true),
            ("orderItems[1].product.serialNumbers[]", true),
            ("orderItems[2].product.serialNumbers[]", false),
            ("orderItems[1].product.serialNumbers[1]", false),
            ("orderItems[1].product", false),
            ("orderItems[].product.serialNumbers[].x", false),
            ("orderItems.product.serialNumbers[]", false),
            ("buyer.buyerName", false),
        ] {
            assert_eq!(selector.parse::<FieldSelector>().unwrap().matches(instance), expected, "{selector}");
        }
    }

    #[test]
    fn a_malformed_selector_is_refused() {
        for bad in ["", ".", "a.", ".a", "a..b", "[0]", "a[0", "a]", "a[]b", "a[0]]", "a\\", "a.[0]"] {
            assert!(bad.parse::<FieldSelector>().is_err(), "{bad}");
        }
        assert!("a".repeat(PATH_BYTES_MAX).parse::<FieldSelector>().is_ok());
        assert!("a".repeat(PATH_BYTES_MAX + 1).parse::<FieldSelector>().is_err());
    }

    proptest! {
        #[test]
        fn the_steps_of_a_path_are_the_names_that_it_was_made_of(
            names in prop::collection::vec("[a.\\[\\]\\\\é]{1,4}", 1..5),
        ) {
            let mut path = InstancePath::new();
            for (at, name) in names.iter().enumerate() {
                if at % 2 == 0 { path.push_member(name); } else { path.push_element(name); }
            }
            let steps: Vec<String> = steps(path.as_str())
                .map(|step| match step { Step::Member(name) | Step::Element(name) => name.into_owned() })
                .collect();
            prop_assert_eq!(steps, names);
        }

        #[test]
        fn no_name_from_outside_leads_to_another_place(
            names in prop::collection::vec("[a.\\[\\]\\\\é]{1,4}", 1..4),
            others in prop::collection::vec("[a.\\[\\]\\\\é]{1,4}", 1..4),
        ) {
            let walk = |names: &[String]| {
                let mut path = InstancePath::new();
                for (at, name) in names.iter().enumerate() {
                    if at % 2 == 0 { path.push_member(name); } else { path.push_element(name); }
                }
                path
            };
            let (path, other) = (walk(&names), walk(&others));
            let selector: FieldSelector = path.as_str().parse().unwrap();
            prop_assert!(selector.matches(path.as_str()));
            prop_assert_eq!(selector.matches(other.as_str()), names == others);
            prop_assert!(path.schema().parse::<FieldSelector>().unwrap().matches(path.as_str()));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,20}|[a.\\[\\]\\\\]{0,12}") {
            let _ = schema_of(&text);
            if let Ok(selector) = text.parse::<FieldSelector>() {
                prop_assert!(selector.matches(&text), "{}", text);
            }
        }
    }
}
