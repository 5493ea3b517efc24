//! The root key split among people, any few of whom bring it back, and the lasting keyring in a file of its own.
//!
//! The key is split by Shamir's scheme over GF(256), byte by byte: fewer shares than the threshold say nothing of it, but its
//! [`Fingerprint`], by which what comes back is verified. A share also says of which home and of which splitting it is, so that shares
//! of two are told apart ([`share`]: how one is written on paper). [`export`] is the lasting half of the keyring, which outlives every
//! mirror: the perishable half is never in it. `docs/formats/escrow.md` fixes both.

use std::convert::Infallible;
use std::fmt;

use bailee_core::Entropy;
use rand_core::{TryCryptoRng, TryRng};
use vsss_rs::Gf256;
use zeroize::Zeroizing;

use crate::kdf::{context, expand_into};
use crate::lasting::Binding;
use crate::provider::KeyFile;
use crate::secret::{Key, random};

pub mod export;
pub mod share;
#[cfg(test)]
mod tests;

pub use share::Share;

/// Most shares: as many people as can be asked to keep a sheet.
pub const SHARES_MAX: u8 = 16;
/// Fewest people who bring the key back: with one it would be a copy, and no share.
pub const THRESHOLD_MIN: u8 = 2;

/// Tells one root key from another, and nothing of it: 16 bytes derived from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 16]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, pair) in self.0.chunks(2).enumerate() {
            let gap = if at == 0 { "" } else { " " };
            write!(f, "{gap}{}", data_encoding::HEXLOWER.encode(pair))?;
        }
        Ok(())
    }
}

/// What all shares of one splitting say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// Whose key it is.
    pub binding: Binding,
    /// Names the splitting: shares of two are never joined.
    pub set: [u8; 8],
    /// How many bring the key back.
    pub threshold: u8,
    /// How many there are.
    pub shares: u8,
    /// The key's.
    pub root: Fingerprint,
}

impl KeyFile {
    /// Tells it from others.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut whole = Zeroizing::new([0; 32]);
        expand_into(self.root().bytes(), &context("bailee/v1/root-fingerprint", &[]), &mut whole);
        let [first @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = *whole;
        Fingerprint(first)
    }
}

/// Refuses numbers by which no key is split.
///
/// # Errors
/// [`EscrowError::Numbers`].
pub fn check(shares: u8, threshold: u8) -> Result<(), EscrowError> {
    match threshold >= THRESHOLD_MIN && threshold <= shares && shares <= SHARES_MAX {
        true => Ok(()),
        false => Err(EscrowError::Numbers),
    }
}

/// Splits a root key.
///
/// # Errors
/// [`EscrowError::Numbers`].
pub fn split(
    root: &KeyFile,
    binding: Binding,
    shares: u8,
    threshold: u8,
    entropy: &dyn Entropy,
) -> Result<Vec<Share>, EscrowError> {
    check(shares, threshold)?;
    let about = About { binding, set: random(entropy), threshold, shares, root: root.fingerprint() };
    let (limit, needed) = (usize::from(shares), usize::from(threshold));
    let parts = Gf256::split_bytes(needed, limit, root.root().bytes(), Drawn(entropy));
    let parts = parts.map_err(|_| EscrowError::Numbers)?;
    let shares = parts.into_iter().map(|part| {
        let part = Zeroizing::new(part);
        let (number, value) = part.split_first().ok_or(EscrowError::Numbers)?;
        let value: &[u8; 32] = value.try_into().map_err(|_| EscrowError::Numbers)?;
        Ok(Share { about, number: *number, part: Zeroizing::new(*value) })
    });
    shares.collect()
}

/// Brings a root key back from shares: as many as it takes are used, whichever they are, and the key is held against its fingerprint.
///
/// # Errors
/// [`EscrowError::OtherSet`], [`EscrowError::TooFew`], [`EscrowError::NotTheKey`].
pub fn join(shares: &[Share]) -> Result<(KeyFile, About), EscrowError> {
    let first = shares.first().ok_or(EscrowError::NotAShare)?;
    let about = first.about;
    let mut different: Vec<&Share> = Vec::new();
    for share in shares {
        if share.about != about {
            return Err(EscrowError::OtherSet { one: first.number, other: share.number });
        }
        if !different.iter().any(|one| one.number == share.number) {
            different.push(share);
        }
    }
    let needed = usize::from(about.threshold);
    if different.len() < needed {
        return Err(EscrowError::TooFew { given: different.len(), threshold: about.threshold });
    }
    let of = |share: &&Share| [&[share.number], &share.part[..]].concat();
    let parts: Zeroizing<Vec<Vec<u8>>> = Zeroizing::new(different.iter().take(needed).map(of).collect());
    let joined = Gf256::combine_bytes(&*parts).map(Zeroizing::new).map_err(|_| EscrowError::NotTheKey)?;
    let bytes: &[u8; 32] = joined.as_slice().try_into().map_err(|_| EscrowError::NotTheKey)?;
    let root = KeyFile::holding(Key::stored(bytes));
    match root.fingerprint() == about.root {
        true => Ok((root, about)),
        false => Err(EscrowError::NotTheKey),
    }
}

/// The system's randomness, as the library of the scheme asks for it.
struct Drawn<'e>(&'e dyn Entropy);

impl TryRng for Drawn<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_be_bytes(random(self.0)))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_be_bytes(random(self.0)))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Drawn<'_> {}

/// Why a root key is not split or brought back. Each says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EscrowError {
    /// No such numbers.
    #[error(
        "a root key is split into {THRESHOLD_MIN} to {SHARES_MAX} shares, of which {THRESHOLD_MIN} at least, and at most all, bring it back"
    )]
    Numbers,
    /// No share.
    #[error(
        "this is no share of a root key; name the files of the sheets, or type the numbered lines of one into a file"
    )]
    NotAShare,
    /// A line of a share is not as it was written.
    #[error("line {0} of this share has a typing error; compare it with the sheet")]
    Line(u8),
    /// A line of a share is missing, or there twice.
    #[error("line {0} of this share is missing or there twice; a share has {lines} lines, each with its number", lines = share::LINES)]
    Missing(u8),
    /// Lines of different shares.
    #[error("these lines are not of one share; compare each with the sheet")]
    Mixed,
    /// Shares of different splittings.
    #[error(
        "shares {one} and {other} are of different splittings, keys or homes; bring sheets that name the same set"
    )]
    OtherSet {
        /// The number of the first.
        one: u8,
        /// Of the other.
        other: u8,
    },
    /// Fewer than it takes.
    #[error("{given} different shares do not bring the key back; it takes {threshold}")]
    TooFew {
        /// How many there are.
        given: usize,
        /// How many it takes.
        threshold: u8,
    },
    /// Something else came of it.
    #[error(
        "these shares do not bring their key back: one was changed by somebody; try it with others of the same set"
    )]
    NotTheKey,
}

impl EscrowError {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Numbers => "share-numbers",
            Self::NotAShare => "not-a-share",
            Self::Line(_) => "share-line",
            Self::Missing(_) => "share-line-missing",
            Self::Mixed => "share-mixed",
            Self::OtherSet { .. } => "shares-of-different-sets",
            Self::TooFew { .. } => "too-few-shares",
            Self::NotTheKey => "shares-without-key",
        }
    }
}
