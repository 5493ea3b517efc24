//! Postal codes as the country of the address writes them: `sw1a1aa` is `SW1A 1AA`, `1500001` is `150-0001`.
//!
//! Case, width, blanks and hyphens change; letters and digits never do, and none is added: a zero that a spreadsheet
//! lost is for people to put back. What has no shape of its country stays as it came.

use unicode_normalization::UnicodeNormalization;

use super::phone::ascii_form;

/// Longest postal code there is, with what people put between its parts.
const TEXT_CHARS_MAX: usize = 16;

/// The normal form of a postal code; `None` when it has no shape of that country.
pub(super) fn postal_code(text: &str, country: &str) -> Option<String> {
    let shapes = shapes(country)?;
    if text.chars().nth(TEXT_CHARS_MAX).is_some() {
        return None;
    }
    let is_between = |char: char| matches!(char, ' ' | '-' | '.' | '〒');
    let folded = text.nfkc().map(ascii_form).filter(|char| !is_between(*char));
    let bare: String = folded.map(|char| char.to_ascii_uppercase()).collect();
    shapes.split(' ').find_map(|shape| written(&bare, shape))
}

/// Letters and digits in a shape: `9` is a digit, `A` a letter, `X` either, `_` a blank; `-` is itself.
fn written(bare: &str, shape: &str) -> Option<String> {
    let mut signs = bare.chars();
    let mut code = String::with_capacity(shape.len());
    for place in shape.chars() {
        let sign = match place {
            '_' => ' ',
            '-' => '-',
            '9' => signs.next().filter(char::is_ascii_digit)?,
            'A' => signs.next().filter(char::is_ascii_uppercase)?,
            _ => signs.next().filter(char::is_ascii_alphanumeric)?,
        };
        code.push(sign);
    }
    signs.next().is_none().then_some(code)
}

/// The shapes of a country's postal codes (those of the Universal Postal Union), separated by blanks. The countries of
/// Amazon's marketplaces, and those to which they deliver most.
fn shapes(country: &str) -> Option<&'static str> {
    Some(match country {
        "US" | "PR" | "GU" | "VI" | "AS" | "MP" => "99999 99999-9999",
        "CA" => "A9A_9A9",
        "MX" | "DE" | "FR" | "MC" | "GP" | "MQ" | "GF" | "RE" | "YT" | "IT" | "SM" | "VA" | "ES" | "TR"
        | "EG" | "FI" | "EE" | "HR" | "UA" | "KR" | "TH" | "MY" | "ID" | "MA" | "RS" => "99999",
        "BR" => "99999-999",
        "GB" | "JE" | "GG" | "IM" => "A9_9AA A99_9AA A9A_9AA AA9_9AA AA99_9AA AA9A_9AA AAA_9AA",
        "IE" => "A9X_XXXX",
        "NL" => "9999_AA",
        "BE" | "AU" | "AT" | "CH" | "LI" | "DK" | "NO" | "HU" | "LU" | "SI" | "BG" | "CY" | "ZA" | "NZ" => {
            "9999"
        }
        "SE" | "CZ" | "SK" | "GR" => "999_99",
        "PL" => "99-999",
        "PT" => "9999-999 9999",
        "LV" | "LT" => "AA-9999 AA-99999",
        "MT" => "AAA_9999",
        "RO" | "IN" | "SG" | "CN" | "RU" | "VN" | "CO" => "999999",
        "JP" => "999-9999",
        "TW" => "999 99999 999999",
        "IL" => "9999999 99999",
        "SA" => "99999 99999-9999",
        "IS" => "999",
        _ => return None,
    })
}
