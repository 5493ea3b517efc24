//! The decisions of one request, of which many are alike.
//!
//! A home's own policies that read the hour, an address or the ticket cannot be kept from one request to the next. Within one
//! they answer alike for every field of one class and kind, so a reveal of thousands asks Cedar of them a few times.

use std::collections::HashMap;

use bailee_core::{Purpose, SellerId};

use super::question::Question;
use super::rules::Rules;
use super::steady::Key;
use super::{Action, Circumstances, Field, Permit, Subject};
use crate::Denial;

/// The decisions of one request. Between two of them nothing of the circumstances changes but what was shown today.
pub struct Sitting<'r> {
    rules: &'r Rules,
    /// The home's own policy that forbids it, if any.
    passing: HashMap<SellerId, HashMap<Key, Option<String>>>,
}

impl Rules {
    /// Begins the decisions of a request.
    pub fn sit(&self) -> Sitting<'_> {
        Sitting { rules: self, passing: HashMap::new() }
    }
}

impl Sitting<'_> {
    /// As [`Rules::decide`].
    ///
    /// # Errors
    /// As for it.
    pub fn decide(
        &mut self,
        subject: Subject<'_>,
        action: &Action<'_>,
        circumstances: &Circumstances,
    ) -> Result<Permit, Denial> {
        self.answer(&Question::of(subject, *action), circumstances)
    }

    /// As [`Rules::decide_field`].
    ///
    /// # Errors
    /// As for it.
    pub fn decide_field(
        &mut self,
        subject: Subject<'_>,
        purpose: Purpose,
        field: &Field<'_>,
        circumstances: &Circumstances,
    ) -> Result<Permit, Denial> {
        self.answer(&Question::of_field(subject, purpose, *field), circumstances)
    }

    fn answer(&mut self, question: &Question<'_>, circumstances: &Circumstances) -> Result<Permit, Denial> {
        let Self { rules, passing } = self;
        rules.answer(question, circumstances, || {
            let anew = || rules.passing(question, circumstances);
            let Some((seller, key)) = Key::of(question, circumstances) else { return anew() };
            if let Some(told) = passing.get(seller).and_then(|told| told.get(&key)) {
                return told.clone();
            }
            let told = anew();
            passing.entry(seller.clone()).or_default().insert(key, told.clone());
            told
        })
    }
}
