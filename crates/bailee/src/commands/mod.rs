//! The commands: one file per noun, each with its arguments and what they do.

pub(crate) mod access;
mod bar;
pub(crate) mod catalogue;
pub(crate) mod collect;
pub(crate) mod completions;
mod detection;
mod emission;
mod factor;
pub(crate) mod find;
pub(crate) mod grant;
pub(crate) mod init;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod mail;
pub(crate) mod mapping;
pub(crate) mod person;
pub(crate) mod proposal;
pub(crate) mod quarantine;
pub(crate) mod record;
pub(crate) mod retention;
pub(crate) mod reveal;
pub(crate) mod secret;
pub(crate) mod seller;
pub(crate) mod service;
pub(crate) mod session;
pub(crate) mod show;
pub(crate) mod synth;
