//! Prints: documents that are made inside of what a reveal opened, and the register of what is on paper (2.3.d).
//!
//! A document is a way out as any other: the gate has allowed and the ledger has named exactly its fields before anything is opened.
//! It carries a number, under which it stays open in the register until somebody says what became of it. Prints that were made
//! elsewhere are taken into the same register.

mod kept;

use std::collections::HashMap;

use bailee_core::time::DAY_SECONDS;
use bailee_core::{Day, RecordId, Reference, SellerId, Sensitive, Timestamp};
use bailee_ledger::authorized::{Authorized, Context, KeepPrints, Reveal};
use bailee_ledger::event::{self, What};
use bailee_render::{Fonts, Form, RenderError, Template, TemplateError};
use bailee_store::act::{Act, Change, RecordState};

use crate::archive::{LABEL_CHARACTERS_MAX, label};
use crate::document::{fill, places};
use crate::reveal::{Held, Revealed};
use crate::{Vault, VaultError};
pub use kept::{Ended, How, Of, Print};
pub(crate) use kept::{NUMBERS, PRINTS};
use kept::{Numbers, entry_id};

/// Most prints that a home remembers: all of them are read to list them. Those that ended longest ago are forgotten first; the ledger has
/// them all.
pub const PRINTS_MAX: u32 = 100_000;
/// How many of those are forgotten at a time, so that not each print reads the whole register.
const FORGOTTEN_AT_A_TIME: usize = 1000;
/// Most prints whose end is said at once.
pub const ENDED_MAX: usize = 1000;
/// Most sheets of one entry.
pub const COPIES_MAX: u32 = 100_000;
/// The last day of a print that is of no record here, at most so far ahead: no personal data is kept longer (2.1.a).
pub const UNTIL_DAYS_MAX: i64 = 30;

/// Why nothing is printed, or nothing can be done with a print.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// The document cannot be made.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The home's template names what it may not.
    #[error("the template cannot be used any more: {0}")]
    Template(#[from] TemplateError),
    /// No such print.
    #[error("there is no print {0}")]
    Missing(u64),
    /// Its end was said.
    #[error("what became of print {0} was said already")]
    Ended(u64),
    /// All that a home remembers are open.
    #[error(
        "a home remembers {PRINTS_MAX} prints, and all of them are open; say what became of them with `bailee print destroyed`"
    )]
    TooMany,
    /// None, or too many at once.
    #[error("name 1 to {ENDED_MAX} prints at a time")]
    Count,
    /// No sheet, or more than anybody prints.
    #[error("a print has 1 to {COPIES_MAX} sheets")]
    Copies,
    /// A name or a place that cannot be kept.
    #[error("a name or a place has 1 to {LABEL_CHARACTERS_MAX} characters")]
    Label,
    /// A last day that is none.
    #[error("a print is destroyed today or within {UNTIL_DAYS_MAX} days; give such a day")]
    Until,
}

impl PrintError {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Render(error) => error.code(),
            Self::Template(_) => "template-unusable",
            Self::Missing(_) => "not-found",
            Self::Ended(_) => "print-ended",
            Self::TooMany => "too-many-prints",
            Self::Count | Self::Copies | Self::Label | Self::Until => "unacceptable",
        }
    }
}

/// A document, and its entry in the register.
pub struct Drawn {
    /// Its entry.
    pub print: Print,
    /// The document. Plaintext.
    pub file: Sensitive<Vec<u8>>,
}

/// A print, as it stands now.
pub struct Standing {
    /// Its entry.
    pub print: Print,
    /// The reference of its record, while its facts live. For who may see records.
    pub reference: Option<Reference>,
    /// Whether it is to be destroyed and nobody said that it was: its record's personal data has ended, or its last day is over.
    pub overdue: bool,
}

/// What there is besides the records: prints that were made elsewhere.
pub struct Elsewhere {
    /// What it is, in a few words.
    pub what: String,
    /// Of which record, where of one.
    pub record: Option<(SellerId, RecordId)>,
    /// How many sheets.
    pub copies: u32,
    /// Where they lie, in a few words.
    pub place: Option<String>,
    /// When they are to be destroyed, where of no record here.
    pub until: Option<Day>,
}

impl Vault {
    /// Makes a document of exactly what was authorised of a record, and keeps its number. What comes out is there with its entry and its
    /// event, or nothing is.
    ///
    /// # Errors
    /// [`PrintError::Render`] where the form cannot show all of it; [`VaultError::Changed`] where the record ended meanwhile. A
    /// `reveal-failed` says so in the ledger, as it does of every reveal.
    pub fn draw(
        &self,
        authorized: Authorized<Reveal>,
        held: &Held,
        (template, form, fonts): (&Template, Form, &Fonts),
    ) -> Result<Drawn, VaultError> {
        let context = *authorized.context();
        let facts = self.open_facts(&held.seller, &held.row)?.ok_or(VaultError::Changed)?;
        let mut opened = self.reveal(authorized, std::slice::from_ref(held))?;
        if let Some(failed) = opened.failed.pop() {
            return Err(failed.error);
        }
        let Revealed { fields, .. } = opened.revealed.pop().ok_or(VaultError::Changed)?;
        let mut values: HashMap<String, bailee_core::Json> = fields.into_iter().collect();
        let mut by_marker = HashMap::new();
        for place in places(&facts.skeleton, &self.catalogue(), held.kind) {
            by_marker.extend(values.remove(&place.path).map(|value| (place.marker.0, value)));
        }
        let mut document = facts.skeleton;
        fill(&mut document, &mut |marker| by_marker.remove(&marker.0).unwrap_or(bailee_core::Json::Null));

        let _alone = self.archiving();
        let number = self.next_print()?;
        let file = template.fill(&document, number.next).write(form, fonts).map_err(PrintError::from);
        let file = file.inspect_err(|error| {
            let reason = error.code().to_owned();
            self.write_failures(std::iter::once(context.event(What::RevealFailed { reason })));
        })?;
        let of = Of::Drawn { paper: template.paper(), form };
        let print = Print::new(number.next, of, Some((held.seller.clone(), held.record)), &context);
        let made = event::Print::Made {
            print: print.number,
            seller: held.seller.clone(),
            record: held.record,
            paper: template.paper().as_str().to_owned(),
            form: form.as_str().to_owned(),
        };
        self.keep_print(&context, number, &print, made)?;
        Ok(Drawn { print, file })
    }

    /// Takes prints that were made elsewhere into the register.
    ///
    /// # Errors
    /// [`PrintError::Copies`]; [`PrintError::Until`]; a name or place that cannot be kept.
    pub fn add_print(
        &self,
        authorized: Authorized<KeepPrints>,
        elsewhere: Elsewhere,
    ) -> Result<Print, VaultError> {
        self.check_home(&authorized)?;
        let context = *authorized.context();
        let Elsewhere { what, record, copies, place, until } = elsewhere;
        if !(1..=COPIES_MAX).contains(&copies) {
            return Err(PrintError::Copies.into());
        }
        let last = Day::of(bailee_core::time::saturating_add(context.now, UNTIL_DAYS_MAX * DAY_SECONDS));
        if until.is_some_and(|until| !(Day::of(context.now)..=last).contains(&until)) {
            return Err(PrintError::Until.into());
        }
        // Of a record, it ends with that at the latest.
        let until = if record.is_none() { until.or(Some(last)) } else { until };
        let of = Of::Elsewhere { what: named(&what)? };
        let _alone = self.archiving();
        let number = self.next_print()?;
        let place = place.as_deref().map(named).transpose()?;
        let print = Print { copies, place, until, ..Print::new(number.next, of, record.clone(), &context) };
        let added =
            event::Print::Added { print: print.number, record: record.map(|(_, record)| record), copies };
        self.keep_print(&context, number, &print, added)?;
        Ok(print)
    }

    /// Every print that is remembered, in the order of their numbers, and how it stands.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn prints(&self, authorized: &Authorized<KeepPrints>) -> Result<Vec<Standing>, VaultError> {
        self.check_home_only(authorized)?;
        let now = authorized.context().now;
        let mut prints = self.entries_of::<Print>(PRINTS, "a print")?;
        prints.sort_by_key(|(_, print)| print.number);
        prints.into_iter().map(|(_, print)| self.standing(print, now)).collect()
    }

    fn standing(&self, print: Print, now: Timestamp) -> Result<Standing, VaultError> {
        if print.ended.is_some() {
            return Ok(Standing { print, reference: None, overdue: false });
        }
        let is_past = print.until.is_some_and(|until| Day::of(now) > until);
        let (reference, lives) = match &print.record {
            Some((seller, record)) => self.lives(seller, *record, now)?,
            None => (None, true),
        };
        Ok(Standing { print, reference, overdue: is_past || !lives })
    }

    /// The reference of a record, and whether any of its personal data can still be opened.
    pub(crate) fn lives(
        &self,
        seller: &SellerId,
        record: RecordId,
        now: Timestamp,
    ) -> Result<(Option<Reference>, bool), VaultError> {
        let Some(row) = self.base.store.record_by_id(record)? else { return Ok((None, false)) };
        let facts = match self.open_facts(seller, &row) {
            Err(error) if !error.is_of_one_record() => return Err(error),
            facts => facts.ok().flatten(),
        };
        let Some(facts) = facts else { return Ok((None, false)) };
        let opens = facts.about.parts.iter().any(|part| self.is_open(seller, part, now));
        Ok((Some(facts.about.reference), row.state == RecordState::Live && opens))
    }

    /// Writes down what became of prints. All of them, or none.
    ///
    /// # Errors
    /// [`PrintError::Missing`]; [`PrintError::Ended`]; [`PrintError::Count`].
    pub fn end_prints(
        &self,
        authorized: Authorized<KeepPrints>,
        numbers: &[u64],
        how: How,
        who: Option<&str>,
    ) -> Result<Vec<Print>, VaultError> {
        let _alone = self.archiving();
        self.check_home(&authorized)?;
        let context = *authorized.context();
        let mut numbers = numbers.to_vec();
        numbers.sort_unstable();
        numbers.dedup();
        if !(1..=ENDED_MAX).contains(&numbers.len()) {
            return Err(PrintError::Count.into());
        }
        let who = who.map(named).transpose()?;
        let (mut changes, mut ended) = (Vec::new(), Vec::new());
        for number in &numbers {
            let found = self.entry_of::<Print>(PRINTS, entry_id(*number), "a print")?;
            let (version, mut print) = found.ok_or(PrintError::Missing(*number))?;
            if print.ended.is_some() {
                return Err(PrintError::Ended(*number).into());
            }
            print.ended =
                Some(Ended { at: context.now, said_by: context.principal, how, done_by: who.clone() });
            changes.push(self.entry_change(PRINTS, entry_id(*number), version.saturating_add(1), &print)?);
            ended.push(print);
        }
        let what = What::Print(event::Print::Ended { prints: numbers, how: how.as_str().to_owned() });
        self.base.store.commit(Act { name: "prints-ended", changes, events: vec![context.event(what)] })?;
        Ok(ended)
    }

    /// The number that comes next, and how many are remembered. The caller holds the lock until it has committed.
    fn next_print(&self) -> Result<Numbers, VaultError> {
        let found = self.entry_of::<Numbers>(NUMBERS, RecordId([0; 16]), "the number of prints")?;
        Ok(found.map_or_else(Numbers::default, |(version, numbers)| Numbers { version, ..numbers }))
    }

    fn keep_print(
        &self,
        context: &Context,
        number: Numbers,
        print: &Print,
        what: event::Print,
    ) -> Result<(), VaultError> {
        let mut changes = if number.remembered >= PRINTS_MAX { self.forget_prints()? } else { Vec::new() };
        let forgotten = u32::try_from(changes.len()).unwrap_or(u32::MAX);
        let remembered = number.remembered.saturating_sub(forgotten).saturating_add(1);
        let next = Numbers { next: number.next.saturating_add(1), remembered, version: 0 };
        let version = number.version.saturating_add(1);
        changes.push(self.entry_change(NUMBERS, RecordId([0; 16]), version, &next)?);
        changes.push(self.entry_change(PRINTS, entry_id(print.number), 1, print)?);
        let events = vec![context.event(What::Print(what))];
        self.base.store.commit(Act { name: "print", changes, events })?;
        Ok(())
    }

    /// What lets go of those that ended longest ago.
    fn forget_prints(&self) -> Result<Vec<Change>, VaultError> {
        let prints = self.entries_of::<Print>(PRINTS, "a print")?.into_iter();
        let mut ended: Vec<(Timestamp, u64, u32)> = prints
            .filter_map(|(version, print)| Some((print.ended.as_ref()?.at, print.number, version)))
            .collect();
        ended.sort_unstable();
        ended.truncate(FORGOTTEN_AT_A_TIME);
        if ended.is_empty() {
            return Err(PrintError::TooMany.into());
        }
        let forget = |(_, number, version): (Timestamp, u64, u32)| Change::DeleteRegister {
            register: PRINTS.to_owned(),
            id: entry_id(number),
            version,
        };
        Ok(ended.into_iter().map(forget).collect())
    }
}

fn named(text: &str) -> Result<String, PrintError> {
    label(text).map_err(|_| PrintError::Label)
}
