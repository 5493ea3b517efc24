//! The names of columns: one spelling for all the ways in which a heading is written.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;

use super::Cell;

/// Most letters of a column's name. It becomes part of a path when the catalogue does not know the column.
const NAME_CHARS_MAX: usize = 100;

/// A heading in its one spelling: compatible letters as one, lower case, one `-` for blanks and signs. `Order_ID`,
/// `"Order ID"` and `order-id` are one column.
pub(crate) fn normalised(heading: &str) -> String {
    if heading.is_ascii() {
        return joined(heading.chars().map(|letter| letter.to_ascii_lowercase()))
            .take(NAME_CHARS_MAX)
            .collect();
    }
    // Which of its two small forms a Turkish capital I has hangs on the language, which a heading does not tell; the
    // dot of the other would stay behind as a mark of its own.
    let letters = heading.nfkc().flat_map(char::to_lowercase).filter(|letter| *letter != '\u{307}');
    let letters = letters.map(|letter| if letter == 'ı' { 'i' } else { letter });
    joined(letters).nfc().take(NAME_CHARS_MAX).collect()
}

/// Words with one `-` between them.
fn joined(letters: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let (mut pending, mut begun) = (false, false);
    letters
        .flat_map(move |letter| {
            if !letter.is_alphanumeric() {
                pending = true;
                return [None, None];
            }
            let dash = (pending && begun).then_some('-');
            (pending, begun) = (false, true);
            [dash, Some(letter)]
        })
        .flatten()
}

/// The names of a header's columns. One without a heading is called by its place; one that has the same name as one
/// before it gets a number, so that a mapping can speak of both.
pub(super) fn columns(row: &[u8], cells: &[Cell]) -> Vec<Box<str>> {
    let mut known = HashSet::new();
    let name = |(place, cell): (usize, &Cell)| {
        let heading = cell.bytes(row);
        let heading = normalised(&String::from_utf8_lossy(&heading));
        let heading = if heading.is_empty() { format!("column-{}", place + 1) } else { heading };
        let mut name = heading.clone();
        let mut number = 2;
        while !known.insert(name.clone()) {
            name = format!("{heading}-{number}");
            number += 1;
        }
        name.into()
    };
    cells.iter().enumerate().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_has_one_spelling() {
        for (heading, expected) in [
            ("order-id", "order-id"),
            ("Order ID", "order-id"),
            ("\u{feff}\"Order_ID\" ", "order-id"),
            ("delivery-Instructions", "delivery-instructions"),
            ("A-to-Z Claim", "a-to-z-claim"),
            ("Ship To  City (new)", "ship-to-city-new"),
            ("Rücksendegrund", "rücksendegrund"),
            ("Ru\u{308}cksendegrund", "rücksendegrund"),
            ("İade Nedeni", "iade-nedeni"),
            ("SATICI ADI", "satici-adi"),
            ("Satıcı Adı", "satici-adi"),
            ("注文 ID", "注文-id"),
            ("注文\u{3000}ID", "注文-id"),
            ("\0\t", ""),
        ] {
            assert_eq!(normalised(heading), expected, "{heading:?}");
        }
        assert_eq!(normalised(&"x".repeat(NAME_CHARS_MAX + 1)).len(), NAME_CHARS_MAX);
    }
}
