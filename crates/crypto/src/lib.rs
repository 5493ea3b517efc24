//! Keys: how personal data is sealed, and how it is forgotten.
//!
//! The crate promises two things. Once the key of a part has been punctured, or its bucket destroyed, nothing that
//! is stored opens that part again; and until then no crash and no single lost mirror takes a key away. It does no
//! cryptography of its own: AES-256-GCM, HKDF and HMAC are aws-lc's, AES-SIV is RustCrypto's. What is its own is the
//! order in which keys are derived, written and dropped, and `docs/formats/` fixes every byte of that.
//!
//! Start reading at [`keyring`] (which keys live, and in which files), then [`bucket`] (the key of one part) and
//! [`envelope`] (what is sealed under it). [`lasting`] holds the keys that outlive every bucket, [`provider`] the
//! root key above them all, and [`escrow`] what brings both back. The crate keeps no log: what it did, it returns as values.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::allow_attributes,
        clippy::disallowed_methods,
        reason = "tests may fail loudly"
    )
)]

pub mod archive;
pub mod backup;
pub mod bucket;
pub mod detail;
pub mod envelope;
pub mod escrow;
pub mod keyring;
pub mod lasting;
pub mod process;
pub mod provider;
pub mod random;
pub mod token;

mod kdf;
mod secret;
mod tree;
mod wire;

#[cfg(test)]
mod fixed;
#[cfg(test)]
mod vectors;
