//! Tokens: names of fields for the outside. A token is a name, never a right, and says nothing by itself.
//!
//! ```text
//! bt1t-0123456789abcdef-0001-AbC…   environment, first half of the home id, series, 54 characters of AES-SIV
//! ```
//! The sealing is deterministic (RFC 5297): the same field of the same record has the same token, always.

use aes_siv::KeyInit;
use aes_siv::siv::Aes256Siv;
use bailee_core::{Environment, FieldInstance, RecordId};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use zeroize::Zeroizing;

use crate::lasting::Binding;
use crate::wire::Reader;

/// Characters of a token, always.
pub const TOKEN_CHARACTERS: usize = 4 + 1 + 16 + 1 + 4 + 1 + 54;

/// A token, as text of constant length.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Token(pub String);

/// Why a text is not a token of this home.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not of a token's shape, or changed.
    #[error("this is not a token; check that it was copied whole")]
    NotAToken,
    /// Another home's.
    #[error("this token belongs to another home; ask there")]
    OtherHome,
    /// The other environment's.
    #[error(
        "this token belongs to another environment; a test home resolves no production token, nor the reverse"
    )]
    OtherEnvironment,
}

impl TokenError {
    /// A stable name of what went wrong.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAToken => "not-a-token",
            Self::OtherHome => "token-of-another-home",
            Self::OtherEnvironment => "token-of-another-environment",
        }
    }
}

/// One token key. A record keeps the series under which its tokens were made first.
pub(crate) struct Series {
    pub(crate) number: u16,
    /// MAC half and encryption half, as RFC 5297 joins them.
    pub(crate) key: Box<Zeroizing<[u8; 64]>>,
}

impl Series {
    pub(crate) fn stored(number: u16, bytes: &[u8; 64]) -> Self {
        let mut key = Box::new(Zeroizing::new([0; 64]));
        key.copy_from_slice(bytes);
        crate::process::lock_memory(key.as_slice());
        Self { number, key }
    }

    fn cipher(&self) -> Aes256Siv {
        Aes256Siv::new((&**self.key).into())
    }

    /// The parts that are authenticated beside the name; AES-SIV keeps them apart itself.
    fn bound<'a>(binding: &'a Binding, number: &'a [u8; 2]) -> [&'a [u8]; 4] {
        [b"bailee/v1/token", binding.home.as_bytes(), binding.environment.as_str().as_bytes(), number]
    }
}

/// The name of a field of a record.
#[expect(clippy::expect_used, reason = "AES-SIV seals any 24 bytes with four parts beside them")]
pub(crate) fn make(binding: &Binding, series: &Series, record: RecordId, field: FieldInstance) -> Token {
    let mut name = [0; 24];
    let (id, instance) = name.split_at_mut(16);
    id.copy_from_slice(record.as_bytes());
    instance.copy_from_slice(&field.0.to_be_bytes());
    let number = series.number.to_be_bytes();
    let sealed = series.cipher().encrypt(Series::bound(binding, &number), &name).expect("AES-SIV seals");
    let mut token = prefix(binding);
    HEXLOWER.encode_append(&number, &mut token);
    token.push('-');
    BASE64URL_NOPAD.encode_append(&sealed, &mut token);
    Token(token)
}

fn prefix(binding: &Binding) -> String {
    let mut text = String::with_capacity(TOKEN_CHARACTERS);
    text.push_str(match binding.environment {
        Environment::Production => "bt1p-",
        Environment::Test => "bt1t-",
    });
    let [half @ .., _, _, _, _, _, _, _, _] = binding.home.as_bytes();
    HEXLOWER.encode_append(half, &mut text);
    text.push('-');
    text
}

/// What a token names. Only the one text that [`make`] gave resolves.
pub(crate) fn resolve(
    binding: &Binding,
    all: &[Series],
    token: &str,
) -> Result<(RecordId, FieldInstance), TokenError> {
    let Shape { environment, home, number, sealed } = parse(token).ok_or(TokenError::NotAToken)?;
    if environment != binding.environment {
        return Err(TokenError::OtherEnvironment);
    }
    if !binding.home.as_bytes().starts_with(&home) {
        return Err(TokenError::OtherHome);
    }
    let series = all.iter().find(|series| series.number == number).ok_or(TokenError::NotAToken)?;
    let number = number.to_be_bytes();
    let name = series
        .cipher()
        .decrypt(Series::bound(binding, &number), &sealed)
        .map_err(|_| TokenError::NotAToken)?;
    let mut reader = Reader::new(&name);
    match (reader.array(), reader.u64()) {
        (Ok(record), Ok(instance)) => Ok((RecordId(record), FieldInstance(instance))),
        _ => Err(TokenError::NotAToken),
    }
}

struct Shape {
    environment: Environment,
    home: [u8; 8],
    number: u16,
    sealed: Vec<u8>,
}

fn parse(token: &str) -> Option<Shape> {
    // The length first: what is far too long is not even looked at.
    if token.len() != TOKEN_CHARACTERS || !token.is_ascii() {
        return None;
    }
    let (environment, rest) = if let Some(rest) = token.strip_prefix("bt1p-") {
        (Environment::Production, rest)
    } else {
        (Environment::Test, token.strip_prefix("bt1t-")?)
    };
    let (home, rest) = rest.split_at_checked(16)?;
    let (number, sealed) = rest.strip_prefix('-')?.split_at_checked(4)?;
    Some(Shape {
        environment,
        home: HEXLOWER.decode(home.as_bytes()).ok()?.try_into().ok()?,
        number: u16::from_be_bytes(HEXLOWER.decode(number.as_bytes()).ok()?.try_into().ok()?),
        sealed: BASE64URL_NOPAD.decode(sealed.strip_prefix('-')?.as_bytes()).ok()?,
    })
}

#[cfg(test)]
mod tests;
