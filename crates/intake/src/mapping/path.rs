//! Paths of a mapping file: `a.b[].c`, in targets also `a[0].b` and `a[type=ITEM].b`.

use std::fmt;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Into a member of an object.
    Member(Box<str>),
    /// Into each element of a list: `[]`.
    Each,
    /// Into the one element of a list of one: `[0]`.
    One,
    /// Into the element of a list of which a member is this word, such as `[type=ITEM]`.
    Which(Box<str>, Box<str>),
}

/// A path of steps. Begins with a member.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path {
    steps: Vec<Step>,
}

impl Path {
    /// A path as it is written; `None` when it is written wrongly.
    pub fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        for segment in text.split('.') {
            let name = segment.split('[').next().unwrap_or_default();
            let sound = |c: char| !matches!(c, ']' | '\\') && !c.is_control();
            if name.is_empty() || !name.chars().all(sound) {
                return None;
            }
            steps.push(Step::Member(name.into()));
            let mut rest = segment.get(name.len()..)?;
            while !rest.is_empty() {
                let (inside, after) = rest.strip_prefix('[')?.split_once(']')?;
                steps.push(match (inside, inside.split_once('=')) {
                    ("", _) => Step::Each,
                    ("0", _) => Step::One,
                    (_, Some((name, word))) if is_word(name) && is_word(word) => {
                        Step::Which(name.into(), word.into())
                    }
                    _ => return None,
                });
                rest = after;
            }
        }
        Some(Self { steps })
    }

    /// A single member, whatever signs its name holds: a column.
    pub fn column(name: &str) -> Self {
        Self { steps: vec![Step::Member(name.into())] }
    }

    /// A path of these steps.
    pub(super) fn from_steps(steps: Vec<Step>) -> Self {
        Self { steps }
    }

    /// Its steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The field that it leads to, as the catalogue writes it: every list is `[]`.
    pub fn schema(&self) -> String {
        let mut schema = String::new();
        for step in &self.steps {
            match step {
                Step::Member(name) if schema.is_empty() => schema.push_str(name),
                Step::Member(name) => schema.extend([".", name]),
                Step::Each | Step::One | Step::Which(..) => schema.push_str("[]"),
            }
        }
        schema
    }

    /// How many lists it leads through whose elements are many.
    pub fn lists(&self) -> usize {
        self.steps.iter().filter(|step| **step == Step::Each).count()
    }

    /// Whether it ends in `[]`: values are collected there.
    pub fn collects(&self) -> bool {
        self.steps.last() == Some(&Step::Each)
    }
}

/// Whether this is a plain word, as selects an element.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}

/// As it is written in a mapping file.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.steps.iter().enumerate() {
            match step {
                Step::Member(name) if number == 0 => f.write_str(name)?,
                Step::Member(name) => write!(f, ".{name}")?,
                Step::Each => f.write_str("[]")?,
                Step::One => f.write_str("[0]")?,
                Step::Which(name, word) => write!(f, "[{name}={word}]")?,
            }
        }
        Ok(())
    }
}
