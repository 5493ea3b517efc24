//! The catalogue: what it says of each field, what it does not name, and the decision of an officer.

use std::ops::ControlFlow;

use axum::http::Uri;
use axum::{Extension, Json};
use bailee_core::catalogue::{Cleaner, Decision, Mask, TermKind};
use bailee_core::{Class, Kind, Purpose, SellerId};
use bailee_vault::catalogue::{Classified, FieldLine, Named};
use bailee_vault::unclassified::Unclassified;
use serde::{Deserialize, Serialize};

use crate::body::{self, JsonBody};
use crate::edge::Edge;
use crate::problem::Problem;
use crate::watch::{Tick, Watch};

/// Most characters of the reason why a field is a fact.
const REASON_CHARACTERS_MAX: usize = 400;

/// Fewest: a reason is a sentence.
const REASON_CHARACTERS_MIN: usize = 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhichField {
    #[serde(default)]
    path: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    #[serde(default)]
    seller: Option<String>,
}

/// What is decided of a field.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewDecision {
    #[serde(default)]
    kind: Option<Kind>,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    number: Option<u64>,
    #[serde(default)]
    class: Option<Class>,
    #[serde(default)]
    fact: Option<String>,
    #[serde(default)]
    purposes: Option<Vec<Purpose>>,
    #[serde(default)]
    mask: Option<Mask>,
    #[serde(default)]
    cleaner: Option<Cleaner>,
    #[serde(default)]
    searched: Option<TermKind>,
}

/// The fields of the catalogue.
#[derive(Serialize)]
pub(crate) struct Fields {
    fields: Vec<FieldLine>,
}

/// `GET /v1/catalogue/fields?path=…` answers
/// `{"fields":[{"id","kind","path","class","purposes","mask","cleaner","searched","source","reason","own"}]}`.
pub(crate) async fn fields(edge: Edge, uri: Uri) -> Result<Json<Fields>, Problem> {
    edge.run(move |call| {
        let authorized = call.gate().read_catalogue(call.caller())?;
        let path = body::query::<WhichField>(&uri)?.path;
        let fields = call.vault().catalogue_fields(authorized, path.as_deref())?;
        if fields.is_empty() {
            return Err(Problem::not_found("the catalogue does not name this field"));
        }
        Ok(Json(Fields { fields }))
    })
    .await
}

/// `GET /v1/catalogue/unclassified?seller=…` answers `{"unclassified":[{"number","kind","path","masked","records",
/// "values","first_day","last_day","suggestion"}],"more","records"}`.
pub(crate) async fn unclassified(
    edge: Edge,
    uri: Uri,
    watch: Option<Extension<Watch>>,
) -> Result<Json<Unclassified>, Problem> {
    edge.run(move |call| {
        let seller = body::query::<Whose>(&uri)?.seller.map(|text| text.parse::<SellerId>()).transpose()?;
        let authorized = call.gate().read_unclassified(call.caller(), seller.as_ref())?;
        Ok(Json(call.vault().unclassified(authorized, &mut looked(watch))?))
    })
    .await
}

/// `POST /v1/catalogue/fields` takes `{"kind"?,"path"|"number","class"|"fact","purposes"?,"mask"?,"cleaner"?,
/// "searched"?}` and answers `{"field","changed","followed":{"records","changed"}}`.
pub(crate) async fn classify(
    edge: Edge,
    watch: Option<Extension<Watch>>,
    body: JsonBody,
) -> Result<Json<Classified>, Problem> {
    edge.run(move |call| {
        // Asked before the body is looked at: who may decide nothing learns nothing about what would be accepted.
        let authorized = call.gate().classify(call.caller(), false)?;
        let (named, decision) = body.parse::<NewDecision>()?.check()?;
        let authorized = match decision.fact {
            Some(_) => call.gate().classify(call.caller(), true)?,
            None => authorized,
        };
        Ok(Json(call.vault().classify(authorized, named, decision, &mut looked(watch))?))
    })
    .await
}

impl NewDecision {
    fn check(self) -> Result<(Named, Decision), Problem> {
        let unacceptable = |words| Err(Problem::unacceptable("bad-decision", words));
        let named = match (self.path, self.number) {
            (Some(path), None) => Named::Path(path),
            (None, Some(number)) => Named::Number(number),
            _ => {
                return unacceptable("name the field by its path, or by the number under which it is listed");
            }
        };
        let reason = self.fact.map(|reason| reason.trim().to_owned());
        let length = reason.as_ref().map_or(REASON_CHARACTERS_MIN, |reason| reason.chars().count());
        if !(REASON_CHARACTERS_MIN..=REASON_CHARACTERS_MAX).contains(&length) {
            return unacceptable("say in a sentence of 10 to 400 characters why it is a fact");
        }
        let decision = Decision {
            kind: self.kind.unwrap_or(Kind::Order),
            path: String::new(),
            class: self.class,
            fact: reason,
            purposes: self.purposes,
            mask: self.mask,
            cleaner: self.cleaner,
            searched: self.searched,
        };
        Ok((named, decision))
    }
}

/// Tells a watching caller how many records were looked at.
fn looked(watch: Option<Extension<Watch>>) -> impl FnMut(u64) {
    move |records| {
        if let Some(Extension(watch)) = &watch {
            // Only a collect can be stopped: what is decided is followed to its end.
            let _: ControlFlow<()> = watch.tick(Tick::Looked { records });
        }
    }
}
