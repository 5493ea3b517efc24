//! One question, in the form in which all of them are decided.

use bailee_core::{Class, Purpose, SellerId};

use super::{Action, Field, Subject, term_classes};

/// Who asks for what; of a reveal also of which field, once its seller was decided.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) subject: Subject<'a>,
    pub(super) action: Action<'a>,
    pub(super) field: Option<Field<'a>>,
}

impl<'a> Question<'a> {
    pub(super) const fn of(subject: Subject<'a>, action: Action<'a>) -> Self {
        Self { subject, action, field: None }
    }

    pub(super) const fn of_field(subject: Subject<'a>, purpose: Purpose, field: Field<'a>) -> Self {
        Self { subject, action: Action::Reveal(field.seller, purpose), field: Some(field) }
    }

    /// The same asked by somebody else.
    pub(super) const fn asked_by(self, subject: Subject<'a>) -> Self {
        Self { subject, ..self }
    }

    /// The seller it is about, when it is about one.
    pub(super) const fn seller(&self) -> Option<&'a SellerId> {
        self.action.seller()
    }

    /// The classes that it takes a right on: of what is searched by, or of the field.
    pub(super) fn classes(&self) -> Vec<Class> {
        match (self.action, self.field) {
            (Action::Find(_, terms), _) => {
                terms.iter().flat_map(|term| term_classes(*term)).copied().collect()
            }
            (_, Some(field)) => vec![field.class],
            _ => Vec::new(),
        }
    }

    /// Whether a grant can allow it.
    pub(super) const fn is_by_grant(&self) -> bool {
        matches!(self.action, Action::Find(..) | Action::Reveal(..))
    }
}
