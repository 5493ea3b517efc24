//! The listener on real sockets: what slow, silent, many and strange callers cost the others (1.5.a).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod many;
mod slow;
mod stop;
mod support;
mod tls;
