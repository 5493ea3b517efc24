//! Reveal: what is asked is found out without opening anything, the gate decides and logs, then it is opened.
//!
//! A record of a seller that the caller may not see is denied whether or not it exists: existence is information.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::routing::post;
use bailee_access::{Asked, AskedField, Denial, Gate};
use bailee_core::requirement::Requirement;
use bailee_core::{Kind, Purpose, RecordId, SellerId, Ticket};
use bailee_vault::VaultError;
use bailee_vault::reveal::{Held, ITEMS_MAX, Resolved, Wanted};
use serde::Deserialize;
use serde_json::json;

use crate::api::schema::{Schema, either, list, list_max, nullable, object, pattern, text};
use crate::api::{Operation, Tag, words};
use crate::body::JsonBody;
use crate::edge::{Call, Edge};
use crate::problem::Problem;

mod told;

use told::{Answer, Denied, Unknown, answer};

pub(crate) fn operations() -> Vec<Operation> {
    let record = json!({
        "seller": words::SELLER,
        "kind": "order",
        "reference": words::REFERENCE,
        "fields": { "recipient.deliveryAddress.city": "Leeds" },
    });
    vec![
        Operation::post("/v1/reveal", "reveal", post(reveal))
            .says(
                Tag::Reveal,
                "Reveal personal data",
                "Up to 1,000 items, answered item by item: what was revealed, what was refused, what is gone and what is not \
                 known here. Without a kind an item is the first of `order`, `shipment` and `return` that has the \
                 reference. Before anything is opened the ledger durably names every pair of record and field. Only when \
                 no item has another answer than being malformed or unknown is the answer a problem.",
            )
            .takes("What, and why.", question(), json!({
                "purpose": "fulfilment",
                "ticket": "OPS-1234",
                "items": [{
                    "seller": words::SELLER,
                    "reference": words::REFERENCE,
                    "fields": ["recipient.deliveryAddress.city"],
                }],
            }))
            .answers(
                200,
                "Item by item.",
                answer(),
                json!({ "records": [record], "denied": [], "gone": [] }),
            )
            .refuses(&["no-grant", "restricted", "no-consent", "home-policy"])
            .refuses(&[
                "bad-id",
                "too-many-items",
                "purpose-unknown",
                "not-a-token",
                "token-of-another-home",
                "token-of-another-environment",
                "unknown-seller",
            ])
            .opens(),
    ]
}

fn question() -> Schema {
    let by_token = object(&[("token", text("A token, as collecting answered it."))]);
    let by_reference = object(&[
        ("seller", words::seller_id()),
        ("kind?", nullable(words::kind())),
        ("reference", words::reference()),
        ("fields?", nullable(list(&text("A field's path. Without any, whatever is allowed is given.")))),
    ]);
    let ticket = pattern("^[A-Z]{1,10}-[0-9]{1,10}$", "The ticket that it is for, such as `OPS-1234`.");
    object(&[
        ("purpose", words::purpose()),
        ("ticket?", nullable(ticket)),
        ("items", list_max(&either(&[by_token, by_reference]), ITEMS_MAX)),
    ])
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    purpose: String,
    #[serde(default)]
    ticket: Option<String>,
    items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Item {
    Token {
        token: String,
    },
    Reference {
        seller: String,
        #[serde(default)]
        kind: Option<String>,
        reference: String,
        #[serde(default)]
        fields: Option<Vec<String>>,
    },
}

async fn reveal(edge: Edge, body: JsonBody) -> Result<Json<Answer>, Problem> {
    edge.run(move |call| {
        let Question { purpose, ticket, items } = body.parse()?;
        let ticket = ticket.as_deref().map(str::parse::<Ticket>).transpose()?;
        let Some(known) = Gate::purpose(&purpose) else {
            // A denial whatever it is asked for: nothing is even looked up.
            call.gate().reveal(call.caller(), &purpose, ticket, &[])?;
            return Ok(Json(Answer::default()));
        };
        if items.len() > ITEMS_MAX {
            return Err(VaultError::TooManyItems.into());
        }
        let (mut sorted, mut sight) = (Sorted::default(), Sight::new(known));
        let asked = sorted.admit(call, &mut sight, items)?;
        sorted.look_up(call, &mut sight, asked)?;
        let (sellers, reasons) = (std::mem::take(&mut sorted.missed), std::mem::take(&mut sorted.reasons));
        call.gate().missed(call.caller(), known, ticket.as_ref(), sellers, reasons)?;
        sorted.decide_and_open(call, &purpose, ticket.as_ref())?;
        sorted.answer().map(Json)
    })
    .await
}

impl Item {
    /// Whether its fields are named: then one refused is a denial of what was asked.
    fn is_named(&self) -> bool {
        matches!(self, Self::Token { .. } | Self::Reference { fields: Some(_), .. })
    }

    fn wanted(self) -> Result<Wanted, Problem> {
        Ok(match self {
            Self::Token { token } => Wanted::Token(token),
            Self::Reference { seller, kind, reference, fields } => {
                let fields = fields.map(|fields| fields.iter().map(|field| field.parse()).collect());
                let (seller, reference) = (seller.parse()?, reference.parse()?);
                let kind = kind.as_deref().map(known_kind).transpose()?;
                Wanted::Reference { seller, kind, reference, fields: fields.transpose()? }
            }
        })
    }
}

/// Items that may be looked up: which of the question's each is, whether its fields are named, and what it wants.
struct Admitted {
    items: Vec<(usize, bool)>,
    wanted: Vec<Wanted>,
}

/// A held item: which of the question's it is, and whether its fields are named.
struct Found {
    item: usize,
    named: bool,
}

/// What was asked for, sorted by what became of it.
#[derive(Default)]
struct Sorted {
    held: Vec<Held>,
    /// Of each that is held.
    found: Vec<Found>,
    answer: Answer,
    /// Sellers of whom something was asked for that is not there.
    missed: BTreeSet<SellerId>,
    /// Why items that name nothing of a seller, or do not open, are not answered.
    reasons: BTreeSet<&'static str>,
    /// The first item that was malformed or does not open: the answer, when there is nothing else to say.
    trouble: Option<Problem>,
}

impl Sorted {
    /// Refuses items of sellers that the caller may reveal nothing of, before anything is looked up.
    fn admit(&mut self, call: &Call, sight: &mut Sight, items: Vec<Item>) -> Result<Admitted, Problem> {
        let mut wanted = Vec::with_capacity(items.len());
        for (number, item) in items.into_iter().enumerate() {
            let named = item.is_named();
            match item.wanted() {
                Ok(one) => wanted.push((number, named, one)),
                Err(problem) => self.fail(number, None, problem),
            }
        }
        let sellers = wanted.iter().filter_map(|(_, _, wanted)| match wanted {
            Wanted::Reference { seller, .. } => Some(seller),
            Wanted::Token(_) => None,
        });
        sight.look(call, sellers)?;
        let mut admitted = Admitted { items: Vec::new(), wanted: Vec::new() };
        for (number, named, wanted) in wanted {
            if let Wanted::Reference { seller, reference, .. } = &wanted
                && let Some(denial) = sight.denial(seller)
            {
                self.answer.denied.push(Denied::of(Some(seller), Some(reference), denial));
                continue;
            }
            admitted.items.push((number, named));
            admitted.wanted.push(wanted);
        }
        Ok(admitted)
    }

    /// Finds out what each item is. A token names its seller only now: of one that the caller may reveal nothing of, no
    /// more is said than that.
    fn look_up(&mut self, call: &Call, sight: &mut Sight, asked: Admitted) -> Result<(), Problem> {
        let resolved = call.vault().resolve(&asked.wanted, call.now())?;
        sight.look(call, resolved.iter().filter_map(seller_of))?;
        for (((item, named), wanted), resolved) in asked.items.into_iter().zip(asked.wanted).zip(resolved) {
            if let Some(denial) = seller_of(&resolved).and_then(|seller| sight.denial(seller)) {
                self.answer.denied.push(Denied::of(None, None, denial));
                continue;
            }
            match resolved {
                Resolved::Held(held) => self.hold(item, held, named),
                Resolved::Gone(gone) => {
                    self.missed.insert(gone.seller.clone());
                    self.answer.gone.push(gone);
                }
                Resolved::Unknown { code } => self.miss(call, Unknown::of(item, Some(wanted), code)),
                Resolved::Failed { seller, error } => {
                    self.missed.insert(seller);
                    self.reasons.insert(error.code());
                    self.fail(item, Some(wanted), error.into());
                }
            }
        }
        Ok(())
    }

    fn hold(&mut self, item: usize, mut held: Held, named: bool) {
        if held.fields.is_empty() {
            self.missed.insert(held.seller.clone());
        }
        for field in held.absent.drain(..) {
            self.answer.unknown.push(Unknown {
                item,
                seller: Some(held.seller.clone()),
                reference: Some(held.reference.clone()),
                field: Some(field),
                code: "no-such-field",
            });
        }
        self.held.push(held);
        self.found.push(Found { item, named });
    }

    /// Keeps an item that names nothing here. A seller that this home does not have has no place in the ledger.
    fn miss(&mut self, call: &Call, unknown: Unknown) {
        match unknown.seller.as_ref().filter(|seller| call.vault().has_seller(seller)) {
            Some(seller) => self.missed.insert(seller.clone()),
            None => self.reasons.insert(unknown.code),
        };
        self.answer.unknown.push(unknown);
    }

    /// Keeps an item that cannot be answered, without which the others are.
    fn fail(&mut self, item: usize, wanted: Option<Wanted>, problem: Problem) {
        self.reasons.insert(problem.code());
        self.answer.unknown.push(Unknown::of(item, wanted, problem.code()));
        self.trouble.get_or_insert(problem);
    }

    /// Lets the gate decide, then opens exactly what it allowed.
    fn decide_and_open(
        &mut self,
        call: &Call,
        purpose: &str,
        ticket: Option<&Ticket>,
    ) -> Result<(), Problem> {
        let asked: Vec<Asked<'_>> =
            self.held.iter().zip(&self.found).map(|(held, found)| ask(held, found.named)).collect();
        let decided = call.decide(|caller| call.gate().reveal(caller, purpose, ticket.cloned(), &asked))?;
        for refused in decided.denied {
            // Of several tokens of a record, the one that asked for this field.
            let asked_for = self.held.iter().filter(|held| held.record == refused.record).find_map(|held| {
                let field = held.fields.iter().find(|field| field.instance == refused.instance)?;
                Some((held, field))
            });
            if let Some((held, field)) = asked_for {
                let whole = Denied::of(Some(&held.seller), Some(&held.reference), refused.denial);
                self.answer.denied.push(Denied { field: Some(field.path.clone()), ..whole });
            }
        }
        if let Some(authorized) = decided.authorized {
            let opened = call.vault().reveal(authorized, &self.held)?;
            let revealed = opened.revealed.into_iter().filter(|one| !one.fields.is_empty());
            self.answer.records.extend(revealed.map(Into::into));
            self.answer.gone.extend(opened.gone);
            for failed in opened.failed {
                let (Some(held), Some(found)) = (self.held.get(failed.held), self.found.get(failed.held))
                else {
                    continue;
                };
                let (seller, reference) = (held.seller.clone(), held.reference.clone());
                let wanted = Wanted::Reference { seller, kind: Some(held.kind), reference, fields: None };
                self.fail(found.item, Some(wanted), failed.error.into());
            }
        }
        Ok(())
    }

    /// The answer, item by item. Where there is nothing to say of any item but that it was malformed, does not open or
    /// is unknown, the first that was malformed or does not open is the answer: that is not the same as not being held.
    fn answer(self) -> Result<Answer, Problem> {
        let Answer { records, denied, gone, .. } = &self.answer;
        match self.trouble {
            Some(problem) if records.is_empty() && denied.is_empty() && gone.is_empty() => Err(problem),
            _ => Ok(self.answer),
        }
    }
}

/// Of which sellers the caller may reveal anything; each is asked about once.
struct Sight {
    purpose: Purpose,
    asked: BTreeSet<SellerId>,
    denied: BTreeMap<SellerId, Denial>,
}

impl Sight {
    fn new(purpose: Purpose) -> Self {
        Self { purpose, asked: BTreeSet::new(), denied: BTreeMap::new() }
    }

    /// Asks the gate about those of these sellers that it has not been asked about.
    fn look<'s>(&mut self, call: &Call, sellers: impl Iterator<Item = &'s SellerId>) -> Result<(), Problem> {
        let new: BTreeSet<SellerId> = sellers.filter(|one| !self.asked.contains(*one)).cloned().collect();
        self.denied.extend(call.gate().may_reveal(call.caller(), self.purpose, &new)?);
        self.asked.extend(new);
        Ok(())
    }

    /// Why the caller may reveal nothing of a seller that was looked at.
    fn denial(&self, seller: &SellerId) -> Option<Denial> {
        self.denied.get(seller).cloned()
    }
}

pub(crate) fn known_kind(name: &str) -> Result<Kind, Problem> {
    name.parse().map_err(|_| Problem::unacceptable("bad-id", "a kind is one of: order, shipment, return"))
}

fn seller_of(resolved: &Resolved) -> Option<&SellerId> {
    match resolved {
        Resolved::Held(held) => Some(&held.seller),
        Resolved::Gone(gone) => Some(&gone.seller),
        Resolved::Failed { seller, .. } => Some(seller),
        Resolved::Unknown { .. } => None,
    }
}

/// The ids of records of a seller, each once. One that is not held here, or has ended, refuses the whole, by its place: what lacks it
/// would be taken for whole.
pub(crate) fn held_of(
    call: &Call,
    seller: &SellerId,
    kind: Option<&str>,
    (references, done, requirement): (&[String], &str, Requirement),
) -> Result<Vec<RecordId>, Problem> {
    let kind = kind.map(known_kind).transpose()?;
    let wanted = references.iter().map(|reference| {
        let reference = reference.parse()?;
        Ok(Wanted::Reference { seller: seller.clone(), kind, reference, fields: None })
    });
    let wanted: Vec<Wanted> = wanted.collect::<Result<_, Problem>>()?;
    let (mut seen, mut records) = (BTreeSet::new(), Vec::with_capacity(wanted.len()));
    for some in wanted.chunks(ITEMS_MAX) {
        for (resolved, place) in call.vault().resolve(some, call.now())?.into_iter().zip(records.len() + 1..)
        {
            match resolved {
                Resolved::Held(held) => records.push(held.record),
                Resolved::Gone(_) | Resolved::Unknown { .. } => {
                    let words = "of those named is not held here, or has ended;";
                    return Err(
                        Problem::not_found(format!("number {place} {words} {done}")).serving(requirement)
                    );
                }
                Resolved::Failed { error, .. } => return Err(error.into()),
            }
        }
    }
    records.retain(|record| seen.insert(*record));
    Ok(records)
}

pub(crate) fn ask(held: &Held, named: bool) -> Asked<'_> {
    let fields = held.fields.iter();
    Asked {
        seller: &held.seller,
        kind: held.kind,
        record: held.record,
        fields: fields
            .map(|field| AskedField { instance: field.instance, field: field.field, class: field.class })
            .collect(),
        restricted: held.restricted,
        consented: &held.consented,
        named,
    }
}
