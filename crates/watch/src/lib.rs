//! What must be told leaves the machine: notices, by mail.
//!
//! [`bailee_access`] files a notice with the commit of the act that it tells of; here it becomes a message ([`words`]) and
//! is handed to a mail server over TLS ([`mailer`]), as often as it takes ([`post`]).
//!
//! What it promises:
//!
//! - nothing is said over a connection that is not encrypted, or to a server that cannot prove who it is;
//! - a notice is kept until a server has taken it: at least once, always under the same `Message-ID`, or given up loudly;
//! - no text from anywhere becomes a header, and no message holds anything of a buyer's.
//!
//! Start reading at [`Post`].
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

pub mod mailer;
pub mod post;
pub mod words;

pub use mailer::{MailError, Mailer, Sender, Tls};
pub use post::{Outcome, Post};
