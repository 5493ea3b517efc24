//! Who may come in, and what they may see: people, services, credentials, sessions, and the gate that decides.
//!
//! Every request passes [`Gate`] three times over: it *authenticates* (whose session or key is this?), *decides*
//! ([`decision`]: policies in Cedar, asked as a pure function) and *mints* an [`Authorized`](bailee_ledger::authorized::Authorized)
//! value, without which the vault does nothing. The gate alone holds the right to mint.
//!
//! What it promises:
//!
//! - every refusal is a durable event before the caller hears of it, and so is every log-in, tried or done;
//! - a reveal is minted only after its event, with its exact (record, field) pairs, is durable;
//! - no credential is kept: passwords as Argon2id, session tokens and service keys as SHA-256, and all of it sealed;
//! - a log-in takes the same work and gives the same answer whether or not the account exists;
//! - what is past its age, or not yet complete, opens nothing but its own renewal.
//!
//! Start reading at [`decision`] (who may do what), then [`gate`].
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unimplemented,
        clippy::allow_attributes,
        reason = "tests may fail loudly"
    )
)]

mod account;
pub mod authority;
pub mod breached;
pub mod certificate;
pub mod credential;
pub mod decision;
pub mod device;
pub mod error;
pub mod factor;
pub mod gate;
mod generic;
pub mod grant;
pub mod lockout;
pub mod notice;
pub mod origin;
pub mod own_secret;
pub mod passkey;
pub mod password;
pub mod person;
pub mod proposal;
mod register;
pub mod repetition;
pub mod service;
pub mod session;
pub mod sign_on;
pub mod standards;
#[cfg(test)]
mod testing;
pub mod wait;

pub use error::{AccessError, Denial};
pub use gate::{
    Asked, AskedField, Caller, Decided, DeniedField, Gate, OpenedOrigin, Presented, Seen, ToExplain, Who,
};
pub use lockout::Door;
pub use origin::{Agent, Face, Origin};
pub use standards::Standards;
