//! Which format an input is in, from its first bytes.

use std::sync::Arc;

use super::IntakeError;
use super::json::BYTE_ORDER_MARK;
use crate::format::{Format, Formats};

/// The format of an input that begins so; `None` while more of it may tell. `is_all`: there is no more, or it has been
/// enough. JSON begins with `{` or `[`; a first line may be broken, then a later one tells.
pub(super) fn detect(
    head: &[u8],
    is_all: bool,
    formats: &Formats,
) -> Result<Option<Arc<Format>>, IntakeError> {
    let begins_json = |line: &[u8]| {
        let blank = |byte: &u8| byte.is_ascii_whitespace() || BYTE_ORDER_MARK.contains(byte);
        line.iter().find(|byte| !blank(byte)).is_some_and(|byte| matches!(byte, b'{' | b'['))
    };
    let canonical = || formats.canonical().map(|format| Some(Arc::clone(format))).map_err(Into::into);
    if head.split(|byte| *byte == b'\n').any(begins_json) {
        return canonical();
    }
    if !is_all {
        return Ok(None);
    }
    if head.iter().all(u8::is_ascii_whitespace) { canonical() } else { Err(IntakeError::UnknownFormat) }
}
