//! One operation: its route, and all that a caller has to know of it, in one place.
//!
//! The router and the OpenAPI document are made from the same list of these, so a route that is not described does not
//! exist, and neither does a description without a route.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::routing::MethodRouter;
use serde_json::Value;

use super::schema::{Schema, within};
use super::{Tag, words};
use crate::house::House;
use crate::paging::PAGE_MAX;

/// Refusals of whoever is not known.
const UNKNOWN: [&str; 9] = [
    "no-credential",
    "unknown-credential",
    "session-ended",
    "key-too-old",
    "session-elsewhere",
    "device-missing",
    "password-expired",
    "second-factor-missing",
    "invitation-open",
];
/// What any act may run into that reaches the store.
const TROUBLE: [&str; 9] = [
    "internal",
    "ledger-unwritable",
    "ledger-unreadable",
    "disk-full",
    "store-unusable",
    "conflict",
    "register-unreadable",
    "register-does-not-open",
    "too-many-requests",
];

/// What may be wrong with the keyring.
const KEYRING: [&str; 16] = [
    "bucket-full",
    "bucket-gone",
    "key-removed",
    "keyring-fork",
    "keyring-older-than-anchor",
    "keyring-strayed",
    "keyring-damaged",
    "keyring-file-lost",
    "mirror-unusable",
    "mirror-newer",
    "mirror-not-read-back",
    "mirror-of-another-home",
    "mirror-of-another-root-key",
    "root-key-file",
    "root-key-readable-by-others",
    "root-key-does-not-open",
];

/// Where a parameter stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum In {
    Path,
    Query,
    Header,
}

/// A parameter.
pub(crate) struct Parameter {
    pub(super) name: &'static str,
    pub(super) place: In,
    pub(super) says: &'static str,
    pub(super) schema: Schema,
    pub(super) example: Option<Value>,
}

/// What is sent.
pub(crate) struct Body {
    pub(crate) says: &'static str,
    /// Media type, schema, and an example.
    pub(crate) contents: Vec<(&'static str, Schema, Option<Value>)>,
    pub(crate) required: bool,
}

/// What is answered when all goes well.
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) says: &'static str,
    /// Media type, schema, and an example.
    pub(crate) contents: Vec<(&'static str, Schema, Option<Value>)>,
    /// Names and meanings of headers that belong to it; trailers among them.
    pub(crate) headers: Vec<(&'static str, &'static str)>,
}

/// A route with one method.
pub(crate) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    /// The part of the path that the router matches; another where a verb follows a parameter.
    pub(super) route: &'static str,
    pub(super) id: &'static str,
    pub(super) tag: Tag,
    pub(super) summary: &'static str,
    pub(super) says: &'static str,
    pub(super) handler: MethodRouter<Arc<House>>,
    pub(super) anonymous: bool,
    /// Whether it is open while the keyring is older than the home.
    pub(super) without_keys: bool,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<Body>,
    pub(super) answers: Vec<Answered>,
    pub(super) refusals: BTreeSet<&'static str>,
}

impl Operation {
    /// An operation under the name by which generated clients call it.
    pub(crate) fn new(
        method: &'static str,
        path: &'static str,
        id: &'static str,
        handler: MethodRouter<Arc<House>>,
    ) -> Self {
        let refusals = UNKNOWN.into_iter().chain(TROUBLE).collect();
        let mut operation = Self {
            method,
            path,
            route: path,
            id,
            tag: Tag::Home,
            summary: "",
            says: "",
            handler,
            anonymous: false,
            without_keys: false,
            parameters: Vec::new(),
            body: None,
            answers: Vec::new(),
            refusals,
        };
        operation.path_parameters();
        operation
    }

    /// Every name in the path is one of these.
    fn path_parameters(&mut self) {
        for name in self.path.split(['{', '}']).skip(1).step_by(2) {
            let (says, schema, example) = match name {
                "seller" => ("The seller.", words::seller_id(), words::SELLER),
                "reference" => ("The record, by its reference.", words::reference(), words::REFERENCE),
                "request" => {
                    ("The request, by the id that its answer carried.", words::id("An id."), words::ID)
                }
                "service" => (
                    "The service, by its id or name; `current` is the one that asks.",
                    super::schema::text("An id or a name."),
                    "current",
                ),
                "day" => ("The day.", words::day("A day."), "2026-04-01"),
                "name" => ("The mapping, by its name.", super::schema::text("A name."), "orders-v0"),
                _ => ("Its id.", words::id("An id."), words::ID),
            };
            let name = self.path.split(['{', '}']).find(|part| *part == name).unwrap_or_default();
            let example = Some(Value::from(example));
            self.parameters.push(Parameter { name, place: In::Path, says, schema, example });
            if !["name", "service"].contains(&name) {
                self.refusals.insert("bad-id");
            }
        }
    }

    pub(crate) fn get(path: &'static str, id: &'static str, handler: MethodRouter<Arc<House>>) -> Self {
        Self::new("GET", path, id, handler)
    }

    pub(crate) fn post(path: &'static str, id: &'static str, handler: MethodRouter<Arc<House>>) -> Self {
        Self::new("POST", path, id, handler)
    }

    pub(crate) fn delete(path: &'static str, id: &'static str, handler: MethodRouter<Arc<House>>) -> Self {
        Self::new("DELETE", path, id, handler)
    }

    /// The router matches this: the verb that follows the parameter is the handler's to tell.
    pub(crate) fn within(self, route: &'static str, handler: MethodRouter<Arc<House>>) -> Self {
        Self { route, handler, ..self }
    }

    /// What it is about, in a line, and what there is to know of it.
    pub(crate) fn says(self, tag: Tag, summary: &'static str, says: &'static str) -> Self {
        Self { tag, summary, says, ..self }
    }

    /// Nobody is asked who he is.
    pub(crate) fn anonymous(mut self) -> Self {
        UNKNOWN.iter().chain(&TROUBLE).for_each(|code| {
            self.refusals.remove(code);
        });
        self.anonymous = true;
        self
    }

    /// It is open while the keyring is older than the home: it opens and seals nothing, and somebody has to decide.
    pub(crate) fn without_keys(self) -> Self {
        Self { without_keys: true, ..self }
    }

    /// Not everything that it does is without trouble, though nobody is asked who he is.
    pub(crate) fn works(self) -> Self {
        self.refuses(&TROUBLE)
    }

    /// It reaches for keys, which may be out of reach.
    pub(crate) fn works_on_keys(self) -> Self {
        self.refuses(&KEYRING)
    }

    /// It opens what is sealed, which may not open.
    pub(crate) fn opens(self) -> Self {
        self.refuses(&["damaged", "does-not-open", "changed-meanwhile"])
    }

    /// The roles that may are named elsewhere; here, that somebody may not.
    pub(crate) fn for_people(self) -> Self {
        self.refuses(&["role-not-allowed", "service-not-allowed", "home-policy"])
    }

    /// Also a service of the seller may.
    pub(crate) fn for_services(self) -> Self {
        self.refuses(&["role-not-allowed", "service-not-allowed", "seller-not-granted", "home-policy"])
    }

    pub(crate) fn query(mut self, name: &'static str, says: &'static str, schema: Schema) -> Self {
        self.parameters.push(Parameter { name, place: In::Query, says, schema, example: None });
        self.refuses(&["bad-query"])
    }

    pub(crate) fn header(
        mut self,
        name: &'static str,
        says: &'static str,
        schema: Schema,
        example: &str,
    ) -> Self {
        let example = Some(Value::from(example));
        self.parameters.push(Parameter { name, place: In::Header, says, schema, example });
        self
    }

    /// A list that is answered page by page.
    pub(crate) fn in_pages(self) -> Self {
        self.query("limit", "Most entries of this page.", within(1, PAGE_MAX as u64, "How many."))
            .query("cursor", "Where the page before ended: its `next`.", super::schema::text("A cursor."))
            .refuses(&["bad-cursor"])
    }

    /// A JSON body.
    pub(crate) fn takes(mut self, says: &'static str, schema: Schema, example: Value) -> Self {
        let contents = vec![("application/json", schema, Some(example))];
        self.body = Some(Body { says, contents, required: true });
        self.refuses(&["bad-body", "body-incomplete", "body-too-long"])
    }

    /// A body that is no JSON of ours.
    pub(crate) fn takes_any(mut self, body: Body) -> Self {
        self.body = Some(body);
        self
    }

    /// A write that can be repeated under an `Idempotency-Key`.
    pub(crate) fn once(self) -> Self {
        self.header(
            "Idempotency-Key",
            "A name that you give to this request, so that sending it again gives the first answer again instead of \
             doing it twice. Kept for 24 hours.",
            super::schema::pattern("^(\"[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,128}\"|[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,128})$", "1 to 128 visible ASCII characters without quotes and backslashes; in quotes or not."),
            "8e03978e-40d5-43e8-bc93-6894a57f9324",
        )
        .refuses(&[
            "bad-idempotency-key",
            "idempotency-key-reused",
            "idempotency-key-in-use",
            "idempotency-outcome-unknown",
        ])
    }

    /// A JSON answer.
    pub(crate) fn answers(self, status: u16, says: &'static str, schema: Schema, example: Value) -> Self {
        self.answers_with(Answered {
            status,
            says,
            contents: vec![("application/json", schema, Some(example))],
            headers: Vec::new(),
        })
    }

    /// An answer without a body.
    pub(crate) fn answers_nothing(self, says: &'static str) -> Self {
        self.answers_with(Answered { status: 204, says, contents: Vec::new(), headers: Vec::new() })
    }

    pub(crate) fn answers_with(mut self, answered: Answered) -> Self {
        self.answers.push(answered);
        self
    }

    /// Problems that it can answer besides those that its other properties bring with them.
    pub(crate) fn refuses(mut self, codes: &[&'static str]) -> Self {
        self.refusals.extend(codes);
        self
    }
}
