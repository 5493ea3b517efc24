//! Signed-note checkpoints (C2SP tlog-checkpoint, signed-note) under Ed25519.
//!
//! A checkpoint is read only when the one key that the caller trusts signed it; signatures of other keys (witnesses) are
//! passed over. Anything that is not of the exact form is refused.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use bailee_core::{Environment, HomeId, RecordId};
use data_encoding::{BASE64, HEXLOWER};

use crate::tree::{HASH_BYTES, Hash, hash_of};

/// Most bytes of a note: a checkpoint has some 300, and the most verbose witness signature has 5 kB.
pub const NOTE_BYTES_MAX: usize = 128 * 1024;

/// Most signatures of a note. The specification asks for at least 16.
pub const SIGNATURES_MAX: usize = 16;

/// The signature type of Ed25519 in a signed note.
const ED25519_TYPE: u8 = 1;

/// What stands before the 32 bytes of an Ed25519 key in a `SubjectPublicKeyInfo` (RFC 8410).
const ED25519_KEY_INFO: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// What every signature line begins with: an em dash and a space.
const SIGNATURE_MARK: &str = "\u{2014} ";

/// Signs checkpoints of one origin.
pub struct Signer {
    key: Ed25519KeyPair,
    verifier: VerifierKey,
}

impl Signer {
    /// The signer of a home: origin `bailee/<home id>`, and as environment test `bailee-test/<home id>`.
    ///
    /// # Errors
    /// [`NoteError::SigningKey`] when the seed makes no key.
    pub fn new(home: HomeId, environment: Environment, seed: &[u8; 32]) -> Result<Self, NoteError> {
        let key = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| NoteError::SigningKey)?;
        let public = key.public_key().as_ref().try_into().map_err(|_| NoteError::SigningKey)?;
        Ok(Self { key, verifier: VerifierKey { name: first_origin(home, environment), public } })
    }

    /// The signer of a home whose ledger goes by that origin: the home's first, or that of a restore of it. Of any other it is
    /// that of the first, whose key such a ledger is not signed by.
    ///
    /// # Errors
    /// Those of [`Self::new`].
    pub fn of_origin(
        home: HomeId,
        environment: Environment,
        seed: &[u8; 32],
        origin: &str,
    ) -> Result<Self, NoteError> {
        let first = Self::new(home, environment, seed)?;
        let restore = restore_of(origin).and_then(|restore| restore.parse().ok());
        match restore.map(|restore| first.restored(restore)) {
            Some(signer) if signer.origin() == origin => Ok(signer),
            _ => Self::new(home, environment, seed),
        }
    }

    /// The same key under the origin of a restore, `<first origin>/<restore>`: a copy that goes on makes no second tree of the
    /// origin that it is a copy of.
    #[must_use]
    pub fn restored(self, restore: RecordId) -> Self {
        let mut pieces = self.verifier.name.split('/');
        let (kind, home) = (pieces.next().unwrap_or_default(), pieces.next().unwrap_or_default());
        let name = format!("{kind}/{home}/{restore}");
        Self { verifier: VerifierKey { name, ..self.verifier }, ..self }
    }

    /// The log's origin.
    pub fn origin(&self) -> &str {
        &self.verifier.name
    }

    /// The public key as a verifier key line (`origin+hash+base64`).
    pub fn verifier_key(&self) -> String {
        let typed: Vec<u8> = [&[ED25519_TYPE][..], &self.verifier.public].concat();
        format!("{}+{}+{}", self.origin(), HEXLOWER.encode(&self.verifier.id()), BASE64.encode(&typed))
    }

    /// The public key as a stock tool reads it (`SubjectPublicKeyInfo` in PEM).
    pub fn public_pem(&self) -> String {
        let key = [ED25519_KEY_INFO, &self.verifier.public].concat();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", BASE64.encode(&key))
    }

    /// A statement of this home, and the signature of its bytes, as a stock tool verifies it. It begins with `# bailee` and what
    /// it is about, and so is never taken for a checkpoint, which begins with an origin.
    pub fn statement(&self, about: &str, lines: &str) -> (String, Vec<u8>) {
        let text = format!("# bailee {about}\n{lines}");
        let signature = self.key.sign(text.as_bytes()).as_ref().to_vec();
        (text, signature)
    }

    /// The signed checkpoint. Extension lines (`keyring <revision> <base64 head hash>`) follow the root; one that is
    /// empty or holds a control character cannot stand in a note and is left out.
    pub fn checkpoint(&self, size: u64, root: &Hash, extensions: &[String]) -> String {
        let mut text = format!("{}\n{size}\n{}\n", self.origin(), BASE64.encode(root));
        for line in extensions.iter().filter(|line| !line.is_empty() && !line.chars().any(char::is_control)) {
            text.push_str(line);
            text.push('\n');
        }
        self.signed(&text)
    }

    /// A signed statement that is no checkpoint: its first line, which must not be the origin, says of what kind it is.
    pub fn note(&self, text: &str) -> String {
        self.signed(&format!("{}\n", text.trim_end_matches('\n')))
    }

    fn signed(&self, text: &str) -> String {
        let signature = self.key.sign(text.as_bytes());
        let signed = [&self.verifier.id()[..], signature.as_ref()].concat();
        format!("{text}\n{SIGNATURE_MARK}{} {}\n", self.origin(), BASE64.encode(&signed))
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.origin())
    }
}

/// A checkpoint whose signature was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Origin.
    pub origin: String,
    /// Leaves.
    pub size: u64,
    /// Root.
    pub root: Hash,
    /// Extension lines.
    pub extensions: Vec<String>,
}

/// The first origin of a home's ledger.
pub fn first_origin(home: HomeId, environment: Environment) -> String {
    match environment {
        Environment::Production => format!("bailee/{home}"),
        Environment::Test => format!("bailee-test/{home}"),
    }
}

/// The restore since which a ledger goes by its origin, if it is not the home's first.
pub fn restore_of(origin: &str) -> Option<&str> {
    origin.split('/').nth(2)
}

/// Checks a signed statement against a verifier key; what it says.
///
/// # Errors
/// When note or key is not of its form, or the key's signature is missing or does not hold: trust nothing in the note.
pub fn open_statement<'n>(note: &'n str, verifier_key: &str) -> Result<&'n str, NoteError> {
    verified(note, &VerifierKey::parse(verifier_key)?)
}

/// Checks a signed checkpoint against a verifier key.
///
/// # Errors
/// When note or key is not of its form, the key's signature is missing or does not hold, or the origin is
/// another's: trust nothing in the note.
pub fn open_checkpoint(note: &str, verifier_key: &str) -> Result<Checkpoint, NoteError> {
    let key = VerifierKey::parse(verifier_key)?;
    let checkpoint = parse_text(verified(note, &key)?)?;
    if checkpoint.origin == key.name { Ok(checkpoint) } else { Err(NoteError::Origin) }
}

/// The text of a note that the key has signed.
fn verified<'n>(note: &'n str, key: &VerifierKey) -> Result<&'n str, NoteError> {
    let (text, signatures) = split(note)?;
    let mut verified = false;
    for line in signatures {
        let (name, id, signature) = parse_signature(line)?;
        if name == key.name && id == key.id() {
            let public = UnparsedPublicKey::new(&ED25519, key.public);
            public.verify(text.as_bytes(), &signature).map_err(|_| NoteError::Signature)?;
            verified = true;
        }
    }
    if verified { Ok(text) } else { Err(NoteError::Unsigned) }
}

/// How many signatures a well-formed note carries.
pub(crate) fn signatures(note: &str) -> Result<usize, NoteError> {
    split(note).map(|(_, signatures)| signatures.len())
}

/// A verifier key line, taken apart.
struct VerifierKey {
    name: String,
    public: [u8; 32],
}

impl VerifierKey {
    fn parse(line: &str) -> Result<Self, NoteError> {
        let mut pieces = line.trim_end_matches('\n').splitn(3, '+');
        let (Some(name), Some(id), Some(typed)) = (pieces.next(), pieces.next(), pieces.next()) else {
            return Err(NoteError::VerifierKey);
        };
        let typed = BASE64.decode(typed.as_bytes()).map_err(|_| NoteError::VerifierKey)?;
        let Some((&ED25519_TYPE, public)) = typed.split_first() else { return Err(NoteError::VerifierKey) };
        let public = public.try_into().map_err(|_| NoteError::VerifierKey)?;
        let key = Self { name: name.to_owned(), public };
        if is_key_name(name) && HEXLOWER.encode(&key.id()) == id {
            Ok(key)
        } else {
            Err(NoteError::VerifierKey)
        }
    }

    /// SHA-256 of name, newline, type and key, cut to four bytes.
    fn id(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = hash_of(&[self.name.as_bytes(), b"\n", &[ED25519_TYPE], &self.public]);
        [a, b, c, d]
    }
}

/// The signed text (with its last newline) and the signature lines.
fn split(note: &str) -> Result<(&str, Vec<&str>), NoteError> {
    if note.len() > NOTE_BYTES_MAX || note.chars().any(|c| c < ' ' && c != '\n') {
        return Err(NoteError::Form);
    }
    let end = note.rfind("\n\n").ok_or(NoteError::Form)?;
    let (text, signatures) = note.split_at(end + 1);
    let lines =
        signatures.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n')).ok_or(NoteError::Form)?;
    let lines: Vec<&str> = lines.split('\n').collect();
    if lines.len() > SIGNATURES_MAX { Err(NoteError::Form) } else { Ok((text, lines)) }
}

/// Key name, key id and signature of a signature line.
fn parse_signature(line: &str) -> Result<(&str, [u8; 4], Vec<u8>), NoteError> {
    let (name, encoded) =
        line.strip_prefix(SIGNATURE_MARK).and_then(|rest| rest.split_once(' ')).ok_or(NoteError::Form)?;
    let bytes = BASE64.decode(encoded.as_bytes()).map_err(|_| NoteError::Form)?;
    match bytes.split_first_chunk::<4>() {
        Some((id, signature)) if is_key_name(name) && !signature.is_empty() => {
            Ok((name, *id, signature.to_vec()))
        }
        _ => Err(NoteError::Form),
    }
}

fn parse_text(text: &str) -> Result<Checkpoint, NoteError> {
    let mut lines = text.strip_suffix('\n').ok_or(NoteError::Form)?.split('\n');
    let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
        return Err(NoteError::Form);
    };
    let root = BASE64.decode(root.as_bytes()).ok().and_then(|root| <[u8; HASH_BYTES]>::try_from(root).ok());
    let extensions: Vec<String> = lines.map(str::to_owned).collect();
    match (parse_decimal(size), root) {
        (Some(size), Some(root)) if !origin.is_empty() && extensions.iter().all(|line| !line.is_empty()) => {
            Ok(Checkpoint { origin: origin.to_owned(), size, root, extensions })
        }
        _ => Err(NoteError::Form),
    }
}

/// A decimal number without sign or leading zeros.
pub(crate) fn parse_decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c == '+')
}

/// Why a note is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not the form of a signed checkpoint.
    #[error("this is not a signed checkpoint")]
    Form,
    /// No signature of the key that is trusted.
    #[error("the checkpoint is not signed by the key that was given")]
    Unsigned,
    /// The trusted key's signature does not hold.
    #[error("the checkpoint's signature does not hold: it was changed after it was signed")]
    Signature,
    /// Signed by the right key for another log.
    #[error("the checkpoint is of another log than the key")]
    Origin,
    /// The verifier key cannot be read.
    #[error("this is not a verifier key; it looks like `name+hash+key`")]
    VerifierKey,
    /// The seed makes no key.
    #[error("the ledger's signing key cannot be used")]
    SigningKey,
}

impl NoteError {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form => "checkpoint-form",
            Self::Unsigned => "checkpoint-unsigned",
            Self::Signature => "checkpoint-signature",
            Self::Origin => "checkpoint-origin",
            Self::VerifierKey => "verifier-key",
            Self::SigningKey => "signing-key",
        }
    }
}

#[cfg(test)]
#[path = "note_tests.rs"]
mod tests;
