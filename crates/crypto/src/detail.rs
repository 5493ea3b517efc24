//! Details of events: what an event must not say in the open, sealed under the key of its month, and the commitment by
//! which the event names it.
//!
//! The salt of a commitment is derived from the month's key and the text. So the same text has one commitment in its
//! month, whichever process or node makes it, and is kept once; without the key nobody can test a guess; and once the
//! month's key is gone the commitment says nothing for ever. `docs/formats/envelope.md` fixes the bytes.

use bailee_core::{Commitment, Entropy, FieldInstance, PartNo, RecordId, Sensitive};

use crate::envelope::{self, EnvelopeError, Place, SealingKey};
use crate::kdf::{context, expand, sha256};
use crate::lasting::Binding;

/// The one field of a detail's envelope.
const FIELD: FieldInstance = FieldInstance(0);

/// A detail that was opened, with what its commitment was made of.
pub struct Opened {
    /// Its text.
    pub text: Sensitive<Vec<u8>>,
    /// Its salt: with it anybody can compute the commitment of the text again.
    pub salt: [u8; 32],
}

/// The commitment to a detail under its month's key.
pub fn commit(key: &SealingKey, binding: Binding, text: &[u8]) -> Commitment {
    commitment(&salt(key, binding, text), text)
}

/// The commitment to a text under a salt: SHA-256 of both behind a label, each behind its length.
pub fn commitment(salt: &[u8; 32], text: &[u8]) -> Commitment {
    Commitment(sha256(&context("bailee/v1/detail", &[salt, text])))
}

/// Seals a detail at the place of its commitment.
///
/// # Errors
/// When it is longer than a field may be.
pub fn seal(
    key: &SealingKey,
    binding: Binding,
    commitment: Commitment,
    text: &[u8],
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, EnvelopeError> {
    envelope::seal(key, &place(binding, commitment), &[(FIELD, text)], entropy)
}

/// Opens a detail, and checks that it is what was committed to.
///
/// # Errors
/// [`EnvelopeError::DoesNotOpen`] when it was changed, or is another one.
pub fn open(
    key: &SealingKey,
    binding: Binding,
    commitment: Commitment,
    sealed: &[u8],
) -> Result<Opened, EnvelopeError> {
    let opened = envelope::open(key, &place(binding, commitment), sealed, None)?;
    let Ok([(FIELD, text)]) = <[_; 1]>::try_from(opened) else { return Err(EnvelopeError::DoesNotOpen) };
    let salt = salt(key, binding, text.expose());
    match self::commitment(&salt, text.expose()) == commitment {
        true => Ok(Opened { text, salt }),
        false => Err(EnvelopeError::DoesNotOpen),
    }
}

fn salt(key: &SealingKey, binding: Binding, text: &[u8]) -> [u8; 32] {
    *expand(key.key().bytes(), &binding.context("bailee/v1/detail-salt", &[text])).bytes()
}

fn place(binding: Binding, commitment: Commitment) -> Place<'static> {
    let mut id = [0; 16];
    id.iter_mut().zip(commitment.0).for_each(|(to, from)| *to = from);
    Place {
        home: binding.home,
        environment: binding.environment,
        what: "detail",
        seller: None,
        record: RecordId(id),
        part: PartNo(0),
        version: 1,
    }
}

#[cfg(test)]
mod tests {
    use bailee_core::{Environment, HomeId};

    use super::*;
    use crate::fixed::Fixed;
    use crate::secret::Key;

    const TEXT: &[u8] = br#"{"v":1,"face":"https","address":"192.0.2.7"}"#;

    fn key(byte: u8) -> SealingKey {
        SealingKey::of(Key::filled(|bytes| bytes.fill(byte)))
    }

    fn binding(byte: u8) -> Binding {
        Binding { home: HomeId([byte; 16]), environment: Environment::Test }
    }

    #[test]
    fn a_detail_has_one_commitment_in_its_month_and_another_in_every_other_month_and_home() {
        let one = commit(&key(1), binding(1), TEXT);
        assert_eq!(one, commit(&key(1), binding(1), TEXT));
        assert_ne!(one, commit(&key(2), binding(1), TEXT));
        assert_ne!(one, commit(&key(1), binding(2), TEXT));
        assert_ne!(one, commit(&key(1), binding(1), b"{}"));
    }

    #[test]
    fn a_detail_opens_as_what_was_committed_to_and_as_nothing_else() {
        let (one, other) = (commit(&key(1), binding(1), TEXT), commit(&key(1), binding(1), b"{}"));
        let sealed = seal(&key(1), binding(1), one, TEXT, &Fixed::new(1)).unwrap();
        let opened = open(&key(1), binding(1), one, &sealed).ok().unwrap();
        assert_eq!(opened.text.expose(), TEXT);
        assert_eq!(commitment(&opened.salt, TEXT), one, "whoever has both can compute it again");
        assert!(open(&key(1), binding(1), other, &sealed).is_err());
        assert!(open(&key(2), binding(1), one, &sealed).is_err());
        assert!(open(&key(1), binding(2), one, &sealed).is_err());
        // Sealed by whoever has the key, but not what was committed to.
        let forged = seal(&key(1), binding(1), one, b"{}", &Fixed::new(2)).unwrap();
        assert!(open(&key(1), binding(1), one, &forged).is_err());
    }
}
