//! The lasting keyring: keys that outlive every bucket.
//!
//! It is a file of its own, `lasting`, under a secret that the root key wraps directly and that no epoch touches:
//! epochs are dropped, and an escrowed copy must go on opening (`docs/decisions/0002-lasting-keyring-under-the-root-key.md`).

use aws_lc_rs::hmac;
use bailee_core::{Entropy, Environment, FieldInstance, HomeId, Kind, RecordId, Reference, SellerId};
use zeroize::Zeroizing;

use crate::bucket::mac;
use crate::envelope::SealingKey;
use crate::kdf::{NotOpened, context, expand, open_box, seal_box};
use crate::provider::{KeyProvider, ProviderError};
use crate::secret::Key;
use crate::token::{self, Series};
pub use crate::token::{Token, TokenError};
use crate::wire::{Malformed, Reader, put_prefixed};

/// The home and environment that all keys are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The home.
    pub home: HomeId,
    /// Its environment.
    pub environment: Environment,
}

impl Binding {
    /// The context of something that only this home and environment may open.
    pub(crate) fn context(&self, label: &str, more: &[&[u8]]) -> Vec<u8> {
        let mut out = context(label, &[self.home.as_bytes(), self.environment.as_str().as_bytes()]);
        for piece in more {
            put_prefixed(&mut out, piece);
        }
        out
    }
}

/// Token key, tombstone key, ledger signing key, register root, pending-chain key.
pub struct Lasting {
    binding: Binding,
    /// The newest last; all resolve, the newest names.
    series: Vec<Series>,
    tombstone: Key,
    tombstone_mac: hmac::Key,
    ledger_seed: Box<Zeroizing<[u8; 32]>>,
    registers: Key,
    /// Kept for the chain of pending events, which has a use beyond one node only.
    pending: Key,
}

/// The first bytes of the file, and its version.
const MAGIC: &[u8; 16] = b"bailee lasting 1";
/// Most series of token keys: a new one is made by hand, a few times in a home's life.
const SERIES_MAX: usize = 1024;

impl Lasting {
    /// New keys, with a first series of tokens.
    pub(crate) fn random(binding: Binding, entropy: &dyn Entropy) -> Self {
        let mut token = Zeroizing::new([0; 64]);
        entropy.fill(&mut *token);
        let series = vec![Series::stored(1, &token)];
        let [tombstone, ledger, registers, pending] = std::array::from_fn(|_| Key::random(entropy));
        Self::of(binding, series, tombstone, &ledger, registers, pending)
    }

    fn of(
        binding: Binding,
        series: Vec<Series>,
        tombstone: Key,
        ledger: &Key,
        registers: Key,
        pending: Key,
    ) -> Self {
        let tombstone_mac = hmac::Key::new(hmac::HMAC_SHA256, tombstone.bytes());
        let mut ledger_seed = Box::new(Zeroizing::new([0; 32]));
        ledger_seed.copy_from_slice(ledger.bytes());
        crate::process::lock_memory(ledger_seed.as_slice());
        Self { binding, series, tombstone, tombstone_mac, ledger_seed, registers, pending }
    }

    /// The file: magic, home, environment, the wrapped secret, and the keys in a salted box under that secret.
    pub(crate) fn seal(
        &self,
        provider: &dyn KeyProvider,
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, ProviderError> {
        let secret = Key::random(entropy);
        let wrapped =
            provider.wrap(&self.binding.context("bailee/v1/lasting-secret", &[]), secret.bytes())?;
        let mut file = MAGIC.to_vec();
        put_prefixed(&mut file, &wrapped);
        let bound = self.binding.context("bailee/v1/lasting", &[&file]);
        file.extend(seal_box(&secret, &bound, &self.text(), entropy));
        Ok(file)
    }

    pub(crate) fn text(&self) -> Zeroizing<Vec<u8>> {
        let mut text = Zeroizing::new(Vec::with_capacity(2 + self.series.len() * 66 + 4 * 32));
        text.extend_from_slice(&u16::try_from(self.series.len()).unwrap_or(u16::MAX).to_be_bytes());
        for series in &self.series {
            text.extend_from_slice(&series.number.to_be_bytes());
            text.extend_from_slice(&**series.key);
        }
        for key in [self.tombstone.bytes(), &self.ledger_seed, self.registers.bytes(), self.pending.bytes()] {
            text.extend_from_slice(key);
        }
        text
    }

    /// Opens the file of this home.
    pub(crate) fn open(
        provider: &dyn KeyProvider,
        binding: Binding,
        file: &[u8],
    ) -> Result<Self, LastingError> {
        let mut reader = Reader::new(file);
        if reader.array()? != *MAGIC {
            return Err(LastingError::Damaged);
        }
        let length = reader.count(1)?;
        let wrapped = reader.take(length)?;
        let header = file.get(..file.len() - reader.left().len()).ok_or(LastingError::Damaged)?;
        let secret =
            Key::stored(&*provider.unwrap(&binding.context("bailee/v1/lasting-secret", &[]), wrapped)?);
        let text = open_box(&secret, &binding.context("bailee/v1/lasting", &[header]), reader.left())?;
        Ok(Self::parse(binding, &text)?)
    }

    pub(crate) fn parse(binding: Binding, text: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(text);
        let count = usize::from(reader.u16()?);
        if count == 0 || count > SERIES_MAX {
            return Err(Malformed);
        }
        let mut all: Vec<Series> = Vec::with_capacity(count);
        for _ in 0..count {
            let number = reader.u16()?;
            if all.last().is_some_and(|last| last.number >= number) {
                return Err(Malformed);
            }
            all.push(Series::stored(number, reader.take(64)?.try_into().map_err(|_| Malformed)?));
        }
        let mut key =
            || reader.take(32).and_then(|bytes| bytes.try_into().map(Key::stored).map_err(|_| Malformed));
        let (tombstone, ledger, registers, pending) = (key()?, key()?, key()?, key()?);
        reader.finish()?;
        Ok(Self::of(binding, all, tombstone, &ledger, registers, pending))
    }

    /// The home and environment that it is of.
    pub fn binding(&self) -> Binding {
        self.binding
    }

    /// The keyed hash of a reference, under the tombstone key.
    pub fn reference_mac(&self, seller: &SellerId, kind: Kind, reference: &Reference) -> [u8; 16] {
        let pieces: [&[u8]; 3] = [seller.as_str().as_bytes(), &[kind.code()], reference.as_str().as_bytes()];
        mac(&self.tombstone_mac, "bailee/v1/reference", &pieces)
    }

    /// The keyed hash of a path that the catalogue does not name: to speak of it without saying it.
    pub fn path_mac(&self, kind: Kind, path: &str) -> [u8; 16] {
        mac(&self.tombstone_mac, "bailee/v1/path", &[&[kind.code()], path.as_bytes()])
    }

    /// The 32-byte seed of the ledger's Ed25519 key. Handed to the ledger alone.
    pub fn ledger_seed(&self) -> &Zeroizing<[u8; 32]> {
        &self.ledger_seed
    }

    /// The key of a register (`"person"`, `"session"` …).
    pub fn register_key(&self, register: &str) -> SealingKey {
        SealingKey::of(expand(self.registers.bytes(), &context("bailee/v1/register", &[register.as_bytes()])))
    }

    /// The name of a field of a record for the outside, under the newest series.
    #[expect(clippy::expect_used, reason = "a lasting keyring without a series is neither made nor opened")]
    pub fn token(&self, record: RecordId, field: FieldInstance) -> Token {
        token::make(&self.binding, self.series.last().expect("there is a series"), record, field)
    }

    /// What a token names, whatever its series.
    ///
    /// # Errors
    /// [`TokenError::OtherHome`] or [`TokenError::OtherEnvironment`]: ask there. Else
    /// [`TokenError::NotAToken`].
    pub fn resolve(&self, token: &str) -> Result<(RecordId, FieldInstance), TokenError> {
        token::resolve(&self.binding, &self.series, token)
    }

    /// The same keys with one more series, under which tokens are made from then on.
    #[cfg(test)]
    pub(crate) fn with_series(&self, number: u16, key: &[u8; 64]) -> Self {
        let mut text = self.text();
        let mut changed = Self::parse(self.binding, &text).unwrap();
        changed.series.push(Series::stored(number, key));
        text = changed.text();
        Self::parse(self.binding, &text).unwrap()
    }
}

/// Why a lasting keyring does not open.
#[derive(Debug)]
pub(crate) enum LastingError {
    Provider(ProviderError),
    Damaged,
}

impl From<Malformed> for LastingError {
    fn from(Malformed: Malformed) -> Self {
        Self::Damaged
    }
}

impl From<NotOpened> for LastingError {
    fn from(NotOpened: NotOpened) -> Self {
        Self::Damaged
    }
}

impl From<ProviderError> for LastingError {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

#[cfg(test)]
mod tests;
