//! The ground floor of Bailee: the words every other floor uses.
//!
//! Ids, time, the catalogue of fields, documents, purposes, and the arithmetic of retention. Everything here is
//! pure: no I/O, no clock and no randomness of its own; what a function needs, it is given. So every rule in this
//! crate can be tested as a table of cases.
//!
//! Start reading at [`catalogue`] (what is personal, and why it may be used) and [`retention`] (when it must go).

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::allow_attributes,
        reason = "tests may fail loudly"
    )
)]

pub mod archive;
pub mod catalogue;
pub mod clock;
pub mod export;
pub mod hold;
pub mod ids;
pub mod json;
pub mod marketplace;
pub mod mask;
pub mod path;
pub mod profile;
pub mod purpose;
pub mod recipient;
pub mod requirement;
pub mod retention;
pub mod secret;
pub mod sensitive;
pub mod subject;
pub mod time;
pub mod written;

pub use clock::{Clock, Entropy};
pub use ids::{
    ChallengeId, Commitment, DeviceId, Environment, FieldId, FieldInstance, GrantId, HomeId, Kind, NoticeId,
    ParseIdError, PartNo, PasskeyId, PersonId, PrincipalId, ProposalId, RecordId, Reference, RequestId,
    SellerId, ServiceId, SessionId, SignOnId, Statute, Ticket, WaitId,
};
pub use json::Json;
pub use purpose::{Class, Purpose};
pub use recipient::Recipient;
pub use secret::OwnSecret;
pub use sensitive::Sensitive;
pub use time::{Day, Month, Timestamp};
