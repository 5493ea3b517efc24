//! The API as a whole: its operations, the router that they make, and the documents that describe it.
//!
//! Each noun lists its own [`Operation`]s beside their handlers. From that one list come the router, the OpenAPI
//! document ([`document`]), the page that shows it ([`html`]) and the references in Markdown ([`reference`]).

mod document;
mod html;
mod markdown;
pub(crate) mod operation;
pub mod reference;
pub(crate) mod schema;
mod serve;
mod shorthand;
pub(crate) mod words;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;

use crate::edge::refuse_behind;
use crate::house::House;
use crate::{
    access, account, archive, authority, backup, catalogue, census, certificate, collect, consent, device,
    escrow, export, find, grant, health, hear, hold, keys, ledger, mail, mapping, passkey, person, print,
    proposal, quarantine, recipient, record, render, retention, reveal, rights, secret, seller, service,
    session, shape, sign_on, stop, subject,
};
pub(crate) use operation::{Answered, Body, Operation};

/// What an operation is about: a chapter of the documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tag {
    Home,
    Sessions,
    Account,
    People,
    Sellers,
    Services,
    Access,
    Grants,
    Orders,
    Reveal,
    Prints,
    Rights,
    Quarantine,
    Catalogue,
    Mappings,
    Retention,
    Archives,
    Exports,
    Keys,
    Ledger,
}

impl Tag {
    const ALL: [Self; 20] = [
        Self::Home,
        Self::Sessions,
        Self::Account,
        Self::People,
        Self::Sellers,
        Self::Services,
        Self::Access,
        Self::Grants,
        Self::Orders,
        Self::Reveal,
        Self::Prints,
        Self::Rights,
        Self::Quarantine,
        Self::Catalogue,
        Self::Mappings,
        Self::Retention,
        Self::Archives,
        Self::Exports,
        Self::Keys,
        Self::Ledger,
    ];

    /// Its name, and what it is about.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Home => ("Home", "Whether somebody is at home, and this description."),
            Self::Sessions => ("Sessions", "People log in; services have a key instead."),
            Self::Account => ("Account", "One's own invitation, password and second factor."),
            Self::People => ("People", "Who may come in."),
            Self::Sellers => ("Sellers", "Whose buyers' data is held."),
            Self::Services => ("Services", "Programs with a key of their own."),
            Self::Access => ("Access", "Why somebody may do something, and who could see a field."),
            Self::Grants => ("Grants", "Who needs what, of whom, for what, and until when."),
            Self::Orders => {
                ("Orders", "Documents in, records shown without their personal data, records found.")
            }
            Self::Reveal => ("Reveal", "Personal data, for a purpose, after the ledger has durably said so."),
            Self::Prints => {
                ("Prints", "Documents that are made inside, and what became of all that is on paper.")
            }
            Self::Rights => ("Rights", "What people may ask for of their own data, done on the records."),
            Self::Quarantine => ("Quarantine", "What failed verification, sealed, until somebody decides."),
            Self::Catalogue => ("Catalogue", "Which fields exist, and which of them are personal."),
            Self::Mappings => ("Mappings", "How the names of a format become canonical ones."),
            Self::Retention => ("Retention", "What ends when, why, and the run that ends it."),
            Self::Archives => {
                ("Archives", "What a law obliges to keep, sealed to a key that the home does not have.")
            }
            Self::Exports => (
                "Exports",
                "What leaves sealed to a registered recipient, and what they are told of it later.",
            ),
            Self::Keys => ("Keys", "How the keyring and its mirrors stand."),
            Self::Ledger => ("Ledger", "What was done, by whom, and the proof of it."),
        }
    }
}

/// Every operation, in the order in which they are told.
fn operations() -> Vec<Operation> {
    [
        without_keys(health::operations()),
        without_keys(serve::operations()),
        mail::operations(),
        without_keys(session::operations()),
        without_keys(sign_on::operations()),
        without_keys(account::operations()),
        without_keys(passkey::operations()),
        without_keys(device::operations()),
        person::operations(),
        seller::operations(),
        service::operations(),
        authority::operations(),
        access::operations(),
        grant::operations(),
        without_keys(proposal::operations()),
        without_keys(stop::operations()),
        collect::operations(),
        record::operations(),
        find::operations(),
        reveal::operations(),
        render::operations(),
        print::operations(),
        rights::operations(),
        subject::operations(),
        consent::operations(),
        quarantine::operations(),
        catalogue::operations(),
        shape::operations(),
        mapping::operations(),
        retention::operations(),
        census::operations(),
        certificate::operations(),
        hear::operations(),
        archive::operations(),
        hold::operations(),
        export::operations(),
        recipient::operations(),
        keys::operations(),
        escrow::operations(),
        backup::operations(),
        secret::operations(),
        without_keys(ledger::operations()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Those that are open while the keyring is older than the home: log-ins, what takes two people, the ledger.
fn without_keys(operations: Vec<Operation>) -> Vec<Operation> {
    operations.into_iter().map(Operation::without_keys).collect()
}

/// The router of every operation.
pub(crate) fn routes(house: &Arc<House>) -> Router<Arc<House>> {
    let mut known = BTreeSet::new();
    operations().into_iter().fold(Router::new(), |router, operation| {
        // Two verbs after one parameter are one route.
        match known.insert((operation.route, operation.method)) {
            true if operation.without_keys => router.route(operation.route, operation.handler),
            true => {
                let refuse = from_fn_with_state(Arc::clone(house), refuse_behind);
                router.route(operation.route, operation.handler.layer(refuse))
            }
            false => router,
        }
    })
}
