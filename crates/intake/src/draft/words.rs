//! What columns are called, in several languages: `words.txt`, read once.

use std::sync::LazyLock;

/// What values of a field look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Anything.
    Any,
    /// One word of letters, digits and signs: a number of something.
    Code,
    /// With letters in it.
    Text,
    /// A mail address.
    Email,
    /// Digits, with the signs of phone numbers.
    Phone,
    /// A date or a time.
    Time,
    /// A number.
    Number,
    /// Two or three letters.
    Short,
}

/// Of whom or what a name speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// Where it goes, or nobody in particular.
    Recipient,
    /// Who pays.
    Billing,
    /// Who bought it.
    Buyer,
    /// A line of the order.
    Item,
}

/// A field, or a part of an address or of an item, with the names that it has.
pub(super) struct Called {
    pub(super) field: &'static str,
    pub(super) shape: Shape,
    pub(super) words: Vec<&'static str>,
}

/// Everything that `words.txt` says.
#[derive(Default)]
pub(super) struct Words {
    /// Words that say of whom or what a name speaks.
    pub(super) about: Vec<(About, Vec<&'static str>)>,
    /// Fields of an order as a whole; its number comes first.
    pub(super) order: Vec<Called>,
    /// Parts of an address.
    pub(super) address: Vec<Called>,
    /// Parts of a line of an order.
    pub(super) item: Vec<Called>,
    /// Parts of a person's name, which no field takes.
    pub(super) parts_of_names: Vec<&'static str>,
}

/// The words, read once.
pub(super) fn words() -> &'static Words {
    static WORDS: LazyLock<Words> = LazyLock::new(|| {
        let mut words = Words::default();
        for line in include_str!("words.txt").lines() {
            let _ = words.read(line);
        }
        words
    });
    &WORDS
}

impl Words {
    /// A line that says nothing is left out; that there is none is tested.
    fn read(&mut self, line: &'static str) -> Option<()> {
        let (head, names) = line.split_once(": ").filter(|_| !line.starts_with('#'))?;
        let names: Vec<&str> = names.split(", ").collect();
        let mut head = head.split(' ');
        let (group, field) = (head.next()?, head.next()?);
        let called = Called { field, shape: shape(head.next()?)?, words: names };
        match group {
            "about" => self.about.push((about(field)?, called.words)),
            "order" => self.order.push(called),
            "address" => self.address.push(called),
            "item" => self.item.push(called),
            "part" => self.parts_of_names = called.words,
            _ => return None,
        }
        Some(())
    }
}

fn about(name: &str) -> Option<About> {
    Some(match name {
        "recipient" => About::Recipient,
        "billing" => About::Billing,
        "buyer" => About::Buyer,
        "item" => About::Item,
        _ => return None,
    })
}

fn shape(name: &str) -> Option<Shape> {
    Some(match name {
        "any" => Shape::Any,
        "code" => Shape::Code,
        "text" => Shape::Text,
        "email" => Shape::Email,
        "phone" => Shape::Phone,
        "time" => Shape::Time,
        "number" => Shape::Number,
        "short" => Shape::Short,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_words_says_something() {
        let mut words = Words::default();
        for line in
            include_str!("words.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            assert!(words.read(line).is_some(), "{line}");
        }
        assert_eq!(words.order[0].field, "orderId");
        assert!(words.about.len() == 4 && words.address.len() > 8 && words.item.len() > 5);
        assert!(words.parts_of_names.len() > 5);
    }
}
