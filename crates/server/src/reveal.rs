//! Reveal: what is asked is found out without opening anything, the gate decides and logs, then it is opened.
//!
//! A record of a seller that the caller may not see is denied whether or not it exists: existence is information.

use std::collections::BTreeMap;

use axum::Json;
use bailee_access::{AccessError, Asked, AskedField, Denial, Gate};
use bailee_core::{Kind, Reference, SellerId, Ticket};
use bailee_vault::reveal::{Gone, Held, Resolved, Revealed, Wanted};
use serde::{Deserialize, Serialize};

use crate::body::JsonBody;
use crate::edge::{Call, Edge};
use crate::problem::Problem;

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
        reference: String,
        #[serde(default)]
        fields: Option<Vec<String>>,
    },
}

/// What was revealed, refused, gone and unknown. `unknown` is there only when something is.
#[derive(Default, Serialize)]
pub(crate) struct Answer {
    records: Vec<RevealedRecord>,
    denied: Vec<Denied>,
    gone: Vec<Gone>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<Unknown>,
}

/// A record's plaintext.
#[derive(Serialize)]
struct RevealedRecord {
    seller: SellerId,
    kind: Kind,
    reference: Reference,
    #[serde(serialize_with = "as_map")]
    fields: Vec<(String, bailee_core::Json)>,
}

/// Something refused: a field of a record, or all that was asked of a seller. Of a token whose seller is none of the
/// caller's, not even that is told.
#[derive(Serialize)]
struct Denied {
    #[serde(skip_serializing_if = "Option::is_none")]
    seller: Option<SellerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    code: &'static str,
    detail: String,
    requirement: &'static str,
    remedy: String,
}

/// Something asked for that is not there. `item` counts the items of the question, from 0.
#[derive(Serialize)]
struct Unknown {
    item: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    seller: Option<SellerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    code: &'static str,
}

/// `POST /v1/reveal` takes `{"purpose","ticket"?,"items":[{"token"}|{"seller","reference","fields"?}]}` and answers
/// `{"records":[{"seller","kind","reference","fields":{"PATH":value}}],"denied":[…],"gone":[…],"unknown"?:[…]}`.
pub(crate) async fn reveal(edge: Edge, body: JsonBody) -> Result<Json<Answer>, Problem> {
    edge.run(move |call| {
        let Question { purpose, ticket, items } = body.parse()?;
        let ticket = ticket.as_deref().map(str::parse::<Ticket>).transpose()?;
        if Gate::purpose(&purpose).is_none() {
            // A denial whatever it is asked for: nothing is even looked up.
            call.gate().reveal(call.caller(), &purpose, ticket, &[])?;
            return Ok(Json(Answer::default()));
        }
        let (mut sorted, mut sight) = (Sorted::default(), Sight::new(&purpose));
        let asked = sorted.admit(call, &mut sight, items)?;
        sorted.look_up(call, &mut sight, asked)?;
        sorted.decide_and_open(call, &purpose, ticket)?;
        Ok(Json(sorted.answer))
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
            Self::Reference { seller, reference, fields } => {
                let fields = fields.map(|fields| fields.iter().map(|field| field.parse()).collect());
                let (seller, reference) = (seller.parse()?, reference.parse()?);
                Wanted::Reference { seller, reference, fields: fields.transpose()? }
            }
        })
    }
}

/// Items that may be looked up: which of the question's each is, whether its fields are named, and what it wants.
struct Admitted {
    items: Vec<(usize, bool)>,
    wanted: Vec<Wanted>,
}

/// What was asked for, sorted by what became of it.
#[derive(Default)]
struct Sorted {
    held: Vec<Held>,
    named: Vec<bool>,
    answer: Answer,
}

impl Sorted {
    /// Refuses items of sellers that the caller may reveal nothing of, before anything is looked up.
    fn admit(&mut self, call: &Call, sight: &mut Sight<'_>, items: Vec<Item>) -> Result<Admitted, Problem> {
        let mut admitted = Admitted { items: Vec::new(), wanted: Vec::new() };
        for (number, item) in items.into_iter().enumerate() {
            let (named, wanted) = (item.is_named(), item.wanted()?);
            if let Wanted::Reference { seller, reference, .. } = &wanted
                && let Some(denial) = sight.of(call, seller)?
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
    fn look_up(&mut self, call: &Call, sight: &mut Sight<'_>, asked: Admitted) -> Result<(), Problem> {
        let resolved = call.vault().resolve(&asked.wanted, call.now())?;
        for (((item, named), wanted), resolved) in asked.items.into_iter().zip(asked.wanted).zip(resolved) {
            let seller = match &resolved {
                Resolved::Held(held) => Some(&held.seller),
                Resolved::Gone(gone) => Some(&gone.seller),
                Resolved::Unknown { .. } => None,
            };
            if let Some(denial) = seller.map(|seller| sight.of(call, seller)).transpose()?.flatten() {
                self.answer.denied.push(Denied::of(None, None, denial));
                continue;
            }
            match resolved {
                Resolved::Held(held) => self.hold(item, held, named),
                Resolved::Gone(gone) => self.answer.gone.push(gone),
                Resolved::Unknown { code } => self.answer.unknown.push(Unknown::of(item, wanted, code)),
            }
        }
        Ok(())
    }

    fn hold(&mut self, item: usize, mut held: Held, named: bool) {
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
        self.named.push(named);
    }

    /// Lets the gate decide, then opens exactly what it allowed.
    fn decide_and_open(&mut self, call: &Call, purpose: &str, ticket: Option<Ticket>) -> Result<(), Problem> {
        let asked: Vec<Asked<'_>> =
            self.held.iter().zip(&self.named).map(|(held, named)| ask(held, *named)).collect();
        let decided = call.gate().reveal(call.caller(), purpose, ticket, &asked)?;
        for refused in decided.denied {
            if let Some(held) = self.held.iter().find(|held| held.record == refused.record) {
                let field = held.fields.iter().find(|field| field.instance == refused.instance);
                let whole = Denied::of(Some(&held.seller), Some(&held.reference), refused.denial);
                self.answer.denied.push(Denied { field: field.map(|field| field.path.clone()), ..whole });
            }
        }
        if let Some(authorized) = decided.authorized {
            let (revealed, gone) = call.vault().reveal(authorized, &self.held)?;
            self.answer
                .records
                .extend(revealed.into_iter().filter(|one| !one.fields.is_empty()).map(Into::into));
            self.answer.gone.extend(gone);
        }
        Ok(())
    }
}

/// Of which sellers the caller may reveal anything; each is asked about once.
struct Sight<'a> {
    purpose: &'a str,
    asked: BTreeMap<SellerId, Option<Denial>>,
}

impl<'a> Sight<'a> {
    fn new(purpose: &'a str) -> Self {
        Self { purpose, asked: BTreeMap::new() }
    }

    fn of(&mut self, call: &Call, seller: &SellerId) -> Result<Option<Denial>, Problem> {
        if let Some(known) = self.asked.get(seller) {
            return Ok(known.clone());
        }
        let denial = match call.gate().may_reveal(call.caller(), self.purpose, seller) {
            Ok(()) => None,
            Err(AccessError::Denied(denial)) => Some(denial),
            Err(other) => return Err(other.into()),
        };
        self.asked.insert(seller.clone(), denial.clone());
        Ok(denial)
    }
}

impl Denied {
    fn of(seller: Option<&SellerId>, reference: Option<&Reference>, denial: Denial) -> Self {
        Self {
            seller: seller.cloned(),
            reference: reference.cloned(),
            field: None,
            code: denial.code,
            detail: denial.words,
            requirement: denial.requirement.as_str(),
            remedy: denial.remedy,
        }
    }
}

impl Unknown {
    fn of(item: usize, wanted: Wanted, code: &'static str) -> Self {
        let (seller, reference) = match wanted {
            Wanted::Reference { seller, reference, .. } => (Some(seller), Some(reference)),
            Wanted::Token(_) => (None, None),
        };
        Self { item, seller, reference, field: None, code }
    }
}

impl From<Revealed> for RevealedRecord {
    fn from(revealed: Revealed) -> Self {
        let Revealed { seller, kind, reference, fields } = revealed;
        Self { seller, kind, reference, fields }
    }
}

fn ask(held: &Held, named: bool) -> Asked<'_> {
    let fields = held.fields.iter();
    Asked {
        seller: &held.seller,
        kind: held.kind,
        record: held.record,
        fields: fields
            .map(|field| AskedField { instance: field.instance, field: field.field, class: field.class })
            .collect(),
        named,
    }
}

fn as_map<S: serde::Serializer>(
    fields: &[(String, bailee_core::Json)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(fields.iter().map(|(path, value)| (path, value)))
}
