//! Whether the numbers of a document survive being kept as 64-bit floats.
//!
//! Called only for documents that hold a number which is no 64-bit integer; hardly any do.

/// Whether every number in a sound JSON text is the same number after a trip through `f64`. Integers within 64 bits
/// are not kept as floats and always are.
pub(super) fn all_are_kept(json: &str) -> bool {
    let mut outside_strings = true;
    // An escaped quote would seem to end a string; none is left once escapes are skipped.
    let mut escaped = false;
    let mut start = None;
    for (at, byte) in json.bytes().enumerate() {
        let in_number = outside_strings && matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        match start {
            // `e` also stands in `true`, `false`: a number begins with a digit or a minus.
            None if in_number && (byte.is_ascii_digit() || byte == b'-') => start = Some(at),
            Some(from) if !in_number => {
                start = None;
                if !json.get(from..at).is_none_or(is_kept) {
                    return false;
                }
            }
            _ => {}
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => outside_strings = !outside_strings,
            _ => {}
        }
    }
    start.and_then(|from| json.get(from..)).is_none_or(is_kept)
}

fn is_kept(number: &str) -> bool {
    if number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok() {
        return true;
    }
    let Ok(float) = number.parse::<f64>() else { return false };
    // As it will be written: of two spellings as near, this one.
    let written = serde_json::to_string(&float).unwrap_or_default();
    float.is_finite() && decimal(number) == decimal(&written)
}

/// A number's sign, significant digits and power of ten: equal for two spellings of one number.
fn decimal(number: &str) -> Option<(bool, String, i64)> {
    let (negative, number) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number),
    };
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Some((negative, String::new(), 0));
    }
    let trailing = digits.len() - digits.trim_end_matches('0').len();
    let shift = i64::try_from(trailing).ok()?.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    Some((negative, significant.to_owned(), exponent.parse::<i64>().ok()?.checked_add(shift)?))
}
