//! Deciding a reveal field by field. Its events are durable before the proof exists.

use std::collections::{BTreeMap, BTreeSet};

use bailee_core::catalogue::Catalogue;
use bailee_core::requirement::Requirement;
use bailee_core::{
    Class, FieldId, FieldInstance, PrincipalId, Purpose, RecordId, SellerId, Ticket, archive, export,
};
use bailee_ledger::authorized::{self, Authorized, Context};
use bailee_ledger::event::{RevealedItem, What};
use bailee_ledger::log::Append;

use super::follow::not_written;
use super::{Asked, AskedField, Caller, Decided, DeniedField, Gate};
use crate::decision::{self, Action, Circumstances, Field, REVEAL, Sitting};
use crate::error::{AccessError, Denial};

impl Gate {
    /// Decides field by field; the event (what is allowed, an upper bound; and denials) is durable when it returns.
    /// `purpose` is the text that was asked: one outside the closed set is a denial that names 2.1.b.
    ///
    /// # Errors
    /// [`AccessError::Denied`] for a purpose that is none; a refused field is no error but in
    /// [`Decided::denied`]. [`AccessError::Moved`] when who may do what has changed since the caller was recognised: recognise
    /// and ask again. [`AccessError::Ledger`] when an event cannot be written: reveal nothing.
    pub fn reveal(
        &self,
        caller: &Caller,
        purpose: &str,
        ticket: Option<Ticket>,
        asked: &[Asked<'_>],
    ) -> Result<Decided, AccessError> {
        let Some(purpose) = Self::purpose(purpose) else {
            return self.refuse_purpose(caller, asked);
        };
        let mut verdicts = Verdicts::new(purpose, ticket);
        self.decide_records(caller, asked, &mut verdicts)?;
        let events = verdicts.events();
        let authorized = if verdicts.pairs.is_empty() {
            self.append_to(&self.ledger_at(caller.version), caller, events)?;
            None
        } else {
            let pairs =
                verdicts.pairs.into_iter().map(|(id, fields)| (id, fields.into_iter().collect())).collect();
            let action = authorized::Reveal { purpose, pairs };
            let ledger = self.ledger_at(caller.version);
            Some(self.mint.reveal(&ledger, caller.context, &events, action).map_err(not_written)?)
        };
        Ok(Decided { authorized, denied: verdicts.denied })
    }

    /// Decides field by field what is sealed for an archive that was allowed: each for a purpose for which a law obliges to
    /// keep, and which the field has. The events are durable when it returns. Nobody sees anything of it.
    ///
    /// # Errors
    /// [`AccessError::Denied`] where any field is not for that purpose: then nothing is opened. Else those of
    /// [`Self::reveal`].
    pub fn reveal_to_archive(
        &self,
        caller: &Caller,
        _allowed: &Authorized<authorized::Archive>,
        purpose: Purpose,
        asked: &[Asked<'_>],
    ) -> Result<Authorized<authorized::Reveal>, AccessError> {
        self.minted(caller, self.decide_archived(caller, purpose, asked)?)
    }

    /// Whether all of that could be sealed for an archive, before anybody is asked to approve it.
    ///
    /// # Errors
    /// Those of [`Self::reveal_to_archive`].
    pub fn check_archived(
        &self,
        caller: &Caller,
        purpose: Purpose,
        asked: &[Asked<'_>],
    ) -> Result<(), AccessError> {
        self.decide_archived(caller, purpose, asked).map(drop)
    }

    fn decide_archived(
        &self,
        caller: &Caller,
        purpose: Purpose,
        asked: &[Asked<'_>],
    ) -> Result<Verdicts, AccessError> {
        no_law(purpose)?;
        self.all_or_nothing(caller, purpose, asked)
    }

    /// Decides field by field what is sealed for an export that was allowed: each for a purpose for which somebody outside may get
    /// it, and which the field has. The events are durable when it returns. Nobody here sees anything of it.
    ///
    /// # Errors
    /// Those of [`Self::reveal_to_archive`].
    pub fn reveal_to_recipient(
        &self,
        caller: &Caller,
        _allowed: &Authorized<authorized::Export>,
        purpose: Purpose,
        asked: &[Asked<'_>],
    ) -> Result<Authorized<authorized::Reveal>, AccessError> {
        self.minted(caller, self.decide_exported(caller, purpose, asked)?)
    }

    /// Whether all of that could be sealed for an export, before it is begun or anybody is asked to approve it.
    ///
    /// # Errors
    /// Those of [`Self::reveal_to_archive`].
    pub fn check_exported(
        &self,
        caller: &Caller,
        purpose: Purpose,
        asked: &[Asked<'_>],
    ) -> Result<(), AccessError> {
        self.decide_exported(caller, purpose, asked).map(drop)
    }

    fn decide_exported(
        &self,
        caller: &Caller,
        purpose: Purpose,
        asked: &[Asked<'_>],
    ) -> Result<Verdicts, AccessError> {
        if !export::PURPOSES.contains(&purpose) {
            return Err(AccessError::Against(
                Requirement::PurposeLimits,
                "personal data leaves for `fulfilment`, `tax` or `invoice` alone".into(),
            ));
        }
        self.all_or_nothing(caller, purpose, asked)
    }

    /// Writes the events of what is allowed whole, and mints.
    fn minted(
        &self,
        caller: &Caller,
        verdicts: Verdicts,
    ) -> Result<Authorized<authorized::Reveal>, AccessError> {
        let (purpose, events) = (verdicts.purpose, verdicts.events());
        let pairs =
            verdicts.pairs.into_iter().map(|(id, fields)| (id, fields.into_iter().collect())).collect();
        let ledger = self.ledger_at(caller.version);
        let action = authorized::Reveal { purpose, pairs };
        self.mint.reveal(&ledger, caller.context, &events, action).map_err(not_written)
    }

    /// What holds for everybody; one field that is closed refuses the whole.
    fn all_or_nothing(
        &self,
        caller: &Caller,
        purpose: Purpose,
        asked: &[Asked<'_>],
    ) -> Result<Verdicts, AccessError> {
        let verdicts = self.closed_to_nobody(purpose, asked);
        match verdicts.denied.first() {
            None => Ok(verdicts),
            Some(first) => {
                let denial = first.denial.clone();
                self.append(caller, verdicts.refusals.events(Some(purpose)))?;
                Err(denial.into())
            }
        }
    }

    /// Of which of these sellers the caller may reveal nothing at all for a purpose, and why. A face asks this before
    /// it looks references up, since whether a reference exists is itself information. The refusals are events in one
    /// act, and those of sellers that this home does not have are one event, however many a request invents.
    ///
    /// # Errors
    /// When the ledger cannot take the refusals; then nobody is told anything.
    pub fn may_reveal(
        &self,
        caller: &Caller,
        purpose: Purpose,
        sellers: &BTreeSet<SellerId>,
    ) -> Result<BTreeMap<SellerId, Denial>, AccessError> {
        let rules = self.rules();
        // Whether a ticket is named is asked when its fields are; who has one may look a reference up.
        let mut circumstances = self.circumstances(caller).with_ticket(true);
        let Context { principal, now, .. } = caller.context;
        circumstances.spent_today = self.spending.with(principal, now, |spent| spent.clone());
        let decide = |seller: &SellerId| {
            let asked = Action::Reveal(seller, purpose);
            let denial = rules.decide(self.subject(caller), &asked, &circumstances).err()?;
            Some((seller.clone(), denial))
        };
        let denied: BTreeMap<SellerId, Denial> = sellers.iter().filter_map(decide).collect();
        if denied.is_empty() {
            return Ok(denied);
        }
        let existing = self.sellers()?;
        let named = |seller: &SellerId| existing.contains(seller).then(|| seller.clone());
        let refusals: BTreeMap<_, _> =
            denied.iter().map(|(seller, denial)| ((named(seller), denial.code), denial)).collect();
        let events = refusals.into_iter().map(|((seller, _), denial)| What::Denied {
            action: REVEAL.into(),
            seller,
            purpose: Some(purpose),
            reason: denial.code.into(),
            requirement: denial.requirement,
            items: Vec::new(),
        });
        self.append(caller, events.collect())?;
        Ok(denied)
    }

    /// Writes down that a reveal asked for what is not there: of these sellers, something gone or never held; for
    /// these reasons, something that names nothing here, or does not open. Who asks learns from that, too.
    pub fn missed(
        &self,
        caller: &Caller,
        purpose: Purpose,
        ticket: Option<&Ticket>,
        sellers: BTreeSet<SellerId>,
        reasons: BTreeSet<&'static str>,
    ) -> Result<(), AccessError> {
        let revealed = sellers.into_iter().map(|seller| What::Revealed {
            seller,
            purpose,
            ticket: ticket.cloned(),
            items: Vec::new(),
            denied: 0,
        });
        let failed = reasons.into_iter().map(|reason| What::RevealFailed { reason: reason.into() });
        self.append(caller, revealed.chain(failed).collect())
    }

    /// The verdict on each field of each record. What is allowed is spent from here on, whatever comes of it: as its
    /// event, that is an upper bound. One principal's requests wait for each other here, so that two of them do not spend
    /// the same.
    fn decide_records(
        &self,
        caller: &Caller,
        asked: &[Asked<'_>],
        verdicts: &mut Verdicts,
    ) -> Result<(), AccessError> {
        let rules = self.rules();
        let mut sitting = rules.sit();
        let mut circumstances = self.circumstances(caller).with_ticket(verdicts.ticket.is_some());
        let Context { principal, now, .. } = caller.context;
        self.spending.with(principal, now, |spent| {
            let before = spent.clone();
            circumstances.spent_today = std::mem::take(spent);
            for record in asked {
                let decided =
                    self.decide_record(&mut sitting, caller, verdicts.purpose, record, &mut circumstances);
                verdicts.take(record, decided);
            }
            *spent = circumstances.spent_today;
            // What is kept of it is an upper bound: it is written before anything is opened.
            self.keep_spent(now, &before, spent).inspect_err(|_| *spent = before)
        })
    }

    /// The verdict on each field of a record, in the order asked.
    fn decide_record(
        &self,
        sitting: &mut Sitting<'_>,
        caller: &Caller,
        purpose: Purpose,
        record: &Asked<'_>,
        circumstances: &mut Circumstances,
    ) -> Vec<Result<(), Denial>> {
        let (subject, seller) = (self.subject(caller), record.seller);
        let catalogue = self.catalogue.now();
        let anything = sitting.decide(subject, &Action::Reveal(seller, purpose), circumstances);
        let mut decide_field = |asked: &AskedField| {
            let (class, purposes) = attributes(&catalogue, asked);
            let field = Field { seller, kind: record.kind, class, purposes };
            anything.clone()?;
            let permit = sitting.decide_field(subject, purpose, &field, circumstances)?;
            // Last: who may not see it anyway is told no more than that.
            if let Some(denial) = self.kept_from(record, purpose) {
                return Err(denial);
            }
            circumstances.spent_today.add(permit.grant, 1);
            Ok(())
        };
        record.fields.iter().map(&mut decide_field).collect()
    }

    /// Decides field by field what is given to the person whom it is about: each that may be used to answer them. Who does that is
    /// not who found out who they are, where the home asks for two. The events are durable when it returns. `None`, where nothing
    /// of it may be given.
    ///
    /// # Errors
    /// [`AccessError::Denied`] where the caller may not; else those of [`Self::reveal`].
    pub fn reveal_to_person(
        &self,
        caller: &Caller,
        identified_by: PrincipalId,
        asked: &[Asked<'_>],
    ) -> Result<Option<Authorized<authorized::Reveal>>, AccessError> {
        let sellers = asked.iter().map(|record| record.seller.clone()).collect();
        self.may_answer(caller, identified_by, &sellers)?;
        let purpose = Purpose::SubjectRequest;
        let verdicts = self.closed_to_nobody(purpose, asked);
        let events = verdicts.events();
        let ledger = self.ledger_at(caller.version);
        if verdicts.pairs.is_empty() {
            self.append_to(&ledger, caller, events)?;
            return Ok(None);
        }
        let pairs =
            verdicts.pairs.into_iter().map(|(id, fields)| (id, fields.into_iter().collect())).collect();
        let action = authorized::Reveal { purpose, pairs };
        Ok(Some(self.mint.reveal(&ledger, caller.context, &events, action).map_err(not_written)?))
    }

    /// Decides field by field by what holds for everybody alone: the catalogue, a restriction, a consent.
    pub(super) fn closed_to_nobody(&self, purpose: Purpose, asked: &[Asked<'_>]) -> Verdicts {
        let catalogue = self.catalogue.now();
        let mut verdicts = Verdicts::new(purpose, None);
        for record in asked {
            let decide = |field: &AskedField| {
                let (class, purposes) = attributes(&catalogue, field);
                let field = Field { seller: record.seller, kind: record.kind, class, purposes };
                let kept = || self.kept_from(record, purpose);
                decision::closed_to_all(&field, purpose).or_else(kept).map_or(Ok(()), Err)
            };
            verdicts.take(record, record.fields.iter().map(decide).collect());
        }
        verdicts
    }

    /// Why nothing of a record is opened for a purpose, whoever asks: it is restricted, or the purpose rests on a consent that
    /// there is not.
    fn kept_from(&self, record: &Asked<'_>, purpose: Purpose) -> Option<Denial> {
        if record.restricted {
            return Some(decision::restricted());
        }
        let rests_on_it = self.standards.on_consent.contains(&purpose);
        (rests_on_it && !record.consented.contains(&purpose)).then(|| decision::no_consent(purpose))
    }

    /// Refuses a request whose purpose is none, naming the records it was about.
    fn refuse_purpose(&self, caller: &Caller, asked: &[Asked<'_>]) -> Result<Decided, AccessError> {
        let denial = decision::unknown_purpose();
        let mut refusals = Refusals::default();
        for record in asked {
            for field in &record.fields {
                refusals.add(record.seller, &denial, record.record, field.field);
            }
        }
        if refusals.0.is_empty() {
            return self.refuse(&caller.context, REVEAL, None, None, denial);
        }
        self.append(caller, refusals.events(None))?;
        Err(denial.into())
    }

    fn append(&self, caller: &Caller, events: Vec<What>) -> Result<(), AccessError> {
        self.append_to(&*self.store, caller, events)
    }

    fn append_to(&self, ledger: &dyn Append, caller: &Caller, events: Vec<What>) -> Result<(), AccessError> {
        if events.is_empty() {
            return Ok(());
        }
        let events: Vec<_> = events.into_iter().map(|what| caller.context.event(what)).collect();
        ledger.append(&events).map(drop).map_err(not_written)
    }
}

/// Refuses a purpose for which no law obliges to keep.
pub(super) fn no_law(purpose: Purpose) -> Result<(), AccessError> {
    match archive::PURPOSES.contains(&purpose) {
        true => Ok(()),
        false => Err(AccessError::Against(
            Requirement::ColdArchive,
            "a law obliges to keep personal data for `tax` or `invoice` alone".into(),
        )),
    }
}

/// Class and purposes of a field, as the catalogue says now. What it does not name, or no longer takes for personal
/// though it was sealed as that, is unclassified.
fn attributes<'a>(catalogue: &'a Catalogue, asked: &AskedField) -> (Class, &'a [Purpose]) {
    match catalogue.field(asked.field) {
        Some(field) if asked.class != Class::Unclassified => {
            (field.class.unwrap_or(Class::Unclassified), field.purposes.as_slice())
        }
        _ => (Class::Unclassified, &[]),
    }
}

/// Records and the catalogue fields of each, as events list them.
type Items = BTreeMap<RecordId, BTreeSet<FieldId>>;

/// The verdicts of one request, sorted for its proof, its answer and its events.
pub(super) struct Verdicts {
    purpose: Purpose,
    ticket: Option<Ticket>,
    /// What is allowed, each pair once, however often it was asked for.
    pub(super) pairs: BTreeMap<RecordId, BTreeSet<FieldInstance>>,
    /// What is refused, in the order asked.
    denied: Vec<DeniedField>,
    /// What is allowed, by seller.
    revealed: BTreeMap<SellerId, Items>,
    /// How many fields are refused, by seller.
    denied_of: BTreeMap<SellerId, u32>,
    /// What is refused and to be an event.
    refusals: Refusals,
}

impl Verdicts {
    fn new(purpose: Purpose, ticket: Option<Ticket>) -> Self {
        Self {
            purpose,
            ticket,
            pairs: BTreeMap::new(),
            denied: Vec::new(),
            revealed: BTreeMap::new(),
            denied_of: BTreeMap::new(),
            refusals: Refusals::default(),
        }
    }

    fn take(&mut self, asked: &Asked<'_>, verdicts: Vec<Result<(), Denial>>) {
        // Of a record asked for whole, that one field of it is refused is no attempt at anything.
        let is_denial = asked.named || verdicts.iter().all(Result::is_err);
        for (field, verdict) in asked.fields.iter().zip(verdicts) {
            match verdict {
                Ok(()) => self.allow(asked, field),
                Err(denial) => self.deny(asked, field, denial, is_denial),
            }
        }
    }

    fn allow(&mut self, asked: &Asked<'_>, field: &AskedField) {
        self.pairs.entry(asked.record).or_default().insert(field.instance);
        let items = self.revealed.entry(asked.seller.clone()).or_default();
        items.entry(asked.record).or_default().insert(field.field);
    }

    fn deny(&mut self, asked: &Asked<'_>, field: &AskedField, denial: Denial, is_event: bool) {
        if is_event {
            self.refusals.add(asked.seller, &denial, asked.record, field.field);
        }
        *self.denied_of.entry(asked.seller.clone()).or_default() += 1;
        self.denied.push(DeniedField { record: asked.record, instance: field.instance, denial });
    }

    /// One `Revealed` for each seller, one `Denied` for each seller and reason.
    pub(super) fn events(&self) -> Vec<What> {
        let revealed = self.revealed.iter().map(|(seller, items)| What::Revealed {
            seller: seller.clone(),
            purpose: self.purpose,
            ticket: self.ticket.clone(),
            items: listed(items),
            denied: self.denied_of.get(seller).copied().unwrap_or(0),
        });
        revealed.chain(self.refusals.events(Some(self.purpose))).collect()
    }
}

/// Refusals by seller and reason.
#[derive(Default)]
struct Refusals(BTreeMap<(SellerId, &'static str), (Denial, Items)>);

impl Refusals {
    fn add(&mut self, seller: &SellerId, denial: &Denial, record: RecordId, field: FieldId) {
        let (_, items) =
            self.0.entry((seller.clone(), denial.code)).or_insert_with(|| (denial.clone(), Items::new()));
        items.entry(record).or_default().insert(field);
    }

    fn events(&self, purpose: Option<Purpose>) -> Vec<What> {
        let event =
            |((seller, _), (denial, items)): (&(SellerId, &'static str), &(Denial, Items))| What::Denied {
                action: REVEAL.into(),
                seller: Some(seller.clone()),
                purpose,
                reason: denial.code.into(),
                requirement: denial.requirement,
                items: listed(items),
            };
        self.0.iter().map(event).collect()
    }
}

fn listed(items: &Items) -> Vec<RevealedItem> {
    let item = |(record, fields): (&RecordId, &BTreeSet<FieldId>)| RevealedItem {
        record: *record,
        fields: fields.iter().copied().collect(),
    };
    items.iter().map(item).collect()
}
