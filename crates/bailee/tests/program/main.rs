//! The program as a person runs it: the built binary, in homes of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

mod adoption;
mod answers;
mod archive;
mod backups;
mod bench;
mod catalogue;
mod certificates;
mod charsets;
#[cfg(feature = "otlp")]
mod collector;
mod commands;
mod described;
mod devices;
mod emit;
mod escrow;
mod evidence;
mod exports;
mod flood;
mod formats;
mod grants;
mod holds;
mod killed;
mod kinds;
mod ledger;
mod mails;
mod mapping;
mod misplaced;
mod odd;
mod operations;
mod passkeys;
mod people;
mod post;
mod prints;
mod quarantine;
mod reached;
mod readme;
mod revealed;
mod rights;
mod root_key;
mod same;
mod sandbox;
mod scanned;
mod secrets;
mod seller_end;
mod serve;
mod served;
mod several;
mod sign_on;
mod solo;
mod spine;
mod story;
mod subject;
mod support;
mod synth_like;
mod terminal;
mod time;
mod told;
mod way_in;
mod wrong_file;
