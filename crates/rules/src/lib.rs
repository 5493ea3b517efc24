//! The rules of the repository that a machine can check, and nothing else.
//!
//! A rule that is only written down is kept until somebody is in a hurry. So what `ARCHITECTURE.md` says about the
//! house is read by `tests/rules` and compared with the crates, the sources and the documents as they are. No crate
//! depends on this one and it depends on none, so it can judge them all.
