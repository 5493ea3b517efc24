//! Find: by e-mail, phone, name, or name with postal code; never by a postal code alone.
//!
//! A search computes one term per live bucket and kind. Terms are short, so each hit is confirmed inside, and only
//! references leave. Each search is an oracle, so it is an event that names the kinds of term and the records found.

use std::collections::BTreeSet;

use bailee_core::catalogue::TermKind;
use bailee_core::{Json, Kind, Reference, SellerId, Sensitive, Timestamp};
use bailee_crypto::bucket::{BucketId, BucketUse};
use bailee_intake::terms;
use bailee_ledger::authorized::{Authorized, Find};
use bailee_ledger::event::What;
use bailee_store::act::{Act, BucketNo, BucketState, RecordNo, RecordRow};

use crate::document::places;
use crate::facts::Facts;
use crate::{Vault, VaultError};

/// How often a record that changes while it is being read is read again.
const TRIES_MAX: u32 = 5;

/// What to search for: all that are given must match.
#[derive(Default)]
pub struct Query {
    /// E-mail.
    pub email: Option<Sensitive<String>>,
    /// Phone, in any style.
    pub phone: Option<Sensitive<String>>,
    /// Name.
    pub name: Option<Sensitive<String>>,
    /// Postal code; needs a name.
    pub postal_code: Option<Sensitive<String>>,
}

/// One condition of a query: a kind of term and its normal form. As personal as the query.
struct Condition {
    kind: TermKind,
    form: zeroize::Zeroizing<String>,
    /// A phone as it was typed: its normal form is only its last digits.
    phone: Option<zeroize::Zeroizing<String>>,
}

/// What a search came upon.
#[derive(Default)]
struct Search {
    /// The records that match.
    found: Vec<(RecordRow, Reference)>,
    /// Why some could not be looked at.
    failed: BTreeSet<&'static str>,
}

impl Query {
    /// The kinds of term that it searches by, for the gate.
    ///
    /// # Errors
    /// [`VaultError::EmptyQuery`] without a term, or with a postal code and no name.
    pub fn terms(&self) -> Result<Vec<TermKind>, VaultError> {
        let name = match (&self.name, &self.postal_code) {
            (Some(_), Some(_)) => Some(TermKind::NamePostalCode),
            (Some(_), None) => Some(TermKind::Name),
            (None, None) => None,
            (None, Some(_)) => return Err(VaultError::EmptyQuery),
        };
        let email = self.email.as_ref().map(|_| TermKind::Email);
        let phone = self.phone.as_ref().map(|_| TermKind::Phone);
        let kinds: Vec<_> = [email, phone, name].into_iter().flatten().collect();
        if kinds.is_empty() { Err(VaultError::EmptyQuery) } else { Ok(kinds) }
    }

    /// Whether all of it can be searched by.
    ///
    /// # Errors
    /// Those of [`Self::terms`]; [`VaultError::UnusableTerm`].
    pub fn check(&self) -> Result<(), VaultError> {
        self.conditions().map(drop)
    }

    /// Whether it is of one person: a name alone is that of many.
    ///
    /// # Errors
    /// Those of [`Self::check`]; [`VaultError::NameAlone`].
    pub fn check_is_one(&self) -> Result<(), VaultError> {
        self.check()?;
        if self.terms()? == [TermKind::Name] { Err(VaultError::NameAlone) } else { Ok(()) }
    }

    fn conditions(&self) -> Result<Vec<Condition>, VaultError> {
        self.terms()?.into_iter().map(|kind| self.condition(kind)).collect()
    }

    fn condition(&self, kind: TermKind) -> Result<Condition, VaultError> {
        let text = |given: &Option<Sensitive<String>>| {
            zeroize::Zeroizing::new(given.as_ref().map(|one| one.expose().clone()).unwrap_or_default())
        };
        let (what, form) = match kind {
            TermKind::Email => ("an e-mail", terms::email(&text(&self.email))),
            TermKind::Phone => ("a phone", terms::phone(&text(&self.phone), None)),
            TermKind::Name => ("a name", terms::name(&text(&self.name))),
            TermKind::NamePostalCode => (
                "a name with a postal code",
                terms::name(&text(&self.name))
                    .and_then(|name| terms::name_postal_code(&name, &text(&self.postal_code))),
            ),
        };
        let form = form.map(zeroize::Zeroizing::new).ok_or(VaultError::UnusableTerm(what))?;
        let phone = (kind == TermKind::Phone).then(|| text(&self.phone));
        Ok(Condition { kind, form, phone })
    }
}

impl Vault {
    /// Kind and reference of the records that match, of whatever kind, in the order of their first intake. Restricted ones
    /// are found where the authorisation says so.
    ///
    /// # Errors
    /// When the query is empty, or the ledger cannot be written. The search is an event even where it failed.
    pub fn find(
        &self,
        authorized: Authorized<Find>,
        query: &Query,
    ) -> Result<Vec<(Kind, Reference)>, VaultError> {
        self.check_home(&authorized)?;
        let conditions = query.conditions()?;
        let seller = &authorized.action().seller;
        let mut search = Search::default();
        let searched = self.search(&mut search, authorized.action(), &conditions, authorized.context().now);
        // However it ended: what was opened on the way was opened.
        let found = What::Found {
            seller: seller.clone(),
            terms: conditions.iter().map(|condition| condition.kind).collect(),
            records: search.found.iter().map(|(row, _)| row.id).collect(),
        };
        let failed = search
            .failed
            .into_iter()
            .map(|code| What::SystemError { component: "store".to_owned(), code: code.to_owned() });
        let events = [found].into_iter().chain(failed).map(|what| authorized.context().event(what)).collect();
        self.base.store.commit(Act { name: "find", changes: Vec::new(), events })?;
        searched?;
        Ok(search.found.into_iter().map(|(row, reference)| (row.kind, reference)).collect())
    }

    /// Confirms every candidate. One that does not open keeps no other from being found.
    fn search(
        &self,
        search: &mut Search,
        find: &Find,
        conditions: &[Condition],
        now: Timestamp,
    ) -> Result<(), VaultError> {
        for no in self.candidates(&find.seller, conditions, now)? {
            let mut confirmed = self.confirm(find, no, conditions, now);
            for _ in 1..TRIES_MAX {
                if !matches!(confirmed, Err(VaultError::Changed)) {
                    break;
                }
                confirmed = self.confirm(find, no, conditions, now);
            }
            match confirmed {
                Err(error @ (VaultError::Damaged(_) | VaultError::Envelope(_))) => {
                    search.failed.insert(error.code());
                }
                confirmed => search.found.extend(confirmed?),
            }
        }
        Ok(())
    }

    /// The records with a term of the first condition in a live bucket.
    fn candidates(
        &self,
        seller: &SellerId,
        conditions: &[Condition],
        now: Timestamp,
    ) -> Result<BTreeSet<RecordNo>, VaultError> {
        let seller_no = self.seller_no(seller)?;
        let mut records = BTreeSet::new();
        let Some(first) = conditions.first() else { return Ok(records) };
        for bucket in self.base.store.buckets()? {
            let BucketNo { seller: owner, held, day } = bucket.bucket;
            if owner != seller_no || held != BucketUse::Order || bucket.state != BucketState::Open {
                continue;
            }
            let Some(keys) = self.live_keys(&BucketId { seller: seller.clone(), held, day }, now) else {
                continue;
            };
            records.extend(self.base.store.hits(
                bucket.bucket,
                keys.term(first.kind, &first.form),
                usize::MAX,
            )?);
        }
        Ok(records)
    }

    /// The record, if it is one that was searched for.
    fn confirm(
        &self,
        Find { seller, restricted, .. }: &Find,
        no: RecordNo,
        conditions: &[Condition],
        now: Timestamp,
    ) -> Result<Option<(RecordRow, Reference)>, VaultError> {
        let Some(row) = self.base.store.record_by_no(no)? else { return Ok(None) };
        let Some(facts) = self.open_facts(seller, &row)? else { return Ok(None) };
        if facts.about.restricted.is_some() && !restricted {
            return Ok(None);
        }
        let holds = self.satisfies(seller, &row, &facts, conditions, now)?;
        Ok(holds.then_some((row, facts.about.reference)))
    }

    /// Whether a record really holds what was searched for: a term is only a short hash.
    fn satisfies(
        &self,
        seller: &SellerId,
        row: &RecordRow,
        facts: &Facts,
        conditions: &[Condition],
        now: Timestamp,
    ) -> Result<bool, VaultError> {
        let catalogue = self.catalogue();
        let places = places(&facts.skeleton, &catalogue, row.kind);
        let mut values = std::collections::HashMap::new();
        for part in &facts.about.parts {
            if let Some(opened) = self.open_part(seller, row, part, None, now)? {
                values.extend(opened.values);
            }
        }
        let leaves: Vec<(_, &Json)> = places
            .iter()
            .filter_map(|place| Some((place.field, values.get(&bailee_core::FieldInstance(place.marker.0))?)))
            .collect();
        let held = crate::terms::of_leaves(&leaves, &facts.skeleton);
        let country = crate::terms::country(&facts.skeleton);
        Ok(conditions.iter().all(|condition| match &condition.phone {
            None => held.iter().any(|term| term.kind == condition.kind && term.form == condition.form),
            Some(phone) => leaves.iter().any(|(field, value)| {
                let held = value.as_str().filter(|_| field.searched == Some(TermKind::Phone));
                held.is_some_and(|held| terms::same_phone(phone, held, country))
            }),
        }))
    }
}
