//! Normal forms for the index: what two spellings of the same e-mail, phone or name have in common.
//!
//! The same function serves what is stored and what somebody types who searches. A normal form is wider than the
//! value (it is there to find); who must know whether a hit is meant compares further, as [`same_phone`] does.

use bailee_core::catalogue::Cleaner;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use crate::clean::{Around, ascii_form, clean, cleaned, phone_number};

/// The last digits by which a phone number is found: as many as every country's national numbers share with their
/// international form.
const PHONE_DIGITS: usize = 8;

/// Fewest digits of what is a phone number at all.
const PHONE_DIGITS_MIN: usize = 6;

/// The normal form of an e-mail address; `None` when it is none. Case and width do not count.
pub fn email(value: &str) -> Option<String> {
    let clean = cleaned(Cleaner::Email, value, Around::default());
    let folded = if clean.is_ascii() {
        clean.to_ascii_lowercase()
    } else {
        clean.nfkc().collect::<String>().to_lowercase().nfc().collect()
    };
    let (local, domain) = folded.rsplit_once('@')?;
    let sound = !local.is_empty() && !domain.is_empty() && !folded.contains(char::is_whitespace);
    sound.then_some(folded)
}

/// The normal form of a phone number without its extension; `None` when too short to be one. Its last eight digits,
/// so that `+81 90-1234-5678` is found by `090-1234-5678` too.
pub fn phone(value: &str, country: Option<&str>) -> Option<String> {
    let digits = phone_digits(value, country);
    let kept = digits.len().saturating_sub(PHONE_DIGITS);
    (digits.len() >= PHONE_DIGITS_MIN).then(|| digits.get(kept..).unwrap_or_default().to_owned())
}

/// Whether two phone numbers with one normal form can be the same number: the shorter, without trunk zeros, ends the
/// longer.
pub fn same_phone(one: &str, other: &str, country: Option<&str>) -> bool {
    let (one, other) = (phone_digits(one, country), phone_digits(other, country));
    let (shorter, longer) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let shorter = shorter.trim_start_matches('0');
    shorter.len() >= PHONE_DIGITS_MIN && longer.ends_with(shorter)
}

fn phone_digits(value: &str, country: Option<&str>) -> String {
    let text = clean(Cleaner::Text, value, None);
    if let Some(number) = phone_number(&text, country) {
        return number.digits;
    }
    // Not understood, or without a country: the digits before what may be an extension.
    let mut digits = String::new();
    for char in text.nfkc().map(ascii_form) {
        if char.is_ascii_digit() {
            digits.push(char);
        } else if digits.len() >= PHONE_DIGITS_MIN && (char.is_alphabetic() || matches!(char, '#' | ';')) {
            break;
        }
    }
    digits
}

/// The normal form of a name: case, width, accents, the order of words and white space do not count.
pub fn name(value: &str) -> Option<String> {
    let folded = fold(value);
    let mut words: Vec<&str> = folded.split(|char| !is_word(char)).filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return None;
    }
    if folded.chars().any(is_written_without_spaces) {
        return Some(words.concat());
    }
    words.sort_unstable();
    Some(words.join(" "))
}

/// The normal form of a name with a postal code. `name` is the name's own normal form.
pub fn name_postal_code(name: &str, postal_code: &str) -> Option<String> {
    let code: String =
        fold(postal_code).chars().map(ascii_form).filter(|char| char.is_alphanumeric()).collect();
    (!code.is_empty()).then(|| format!("{name}\n{code}"))
}

/// Width, case and the accents of alphabets folded. Marks that make another letter (in Devanagari, or が from か) stay.
fn fold(value: &str) -> String {
    let clean = cleaned(Cleaner::Text, value, Around::default());
    if clean.is_ascii() {
        // The usual case: nothing to compose or to take apart.
        let kept = clean.chars().filter(|char| !matches!(char, '\'' | '`'));
        return kept.map(|char| char.to_ascii_lowercase()).collect();
    }
    let mut folded = String::with_capacity(clean.len());
    for char in clean.nfkc().flat_map(char::to_lowercase).nfd() {
        match char {
            '\u{300}'..='\u{36F}' | '\'' | '’' | '‘' | '`' | '\u{200C}' | '\u{200D}' => {}
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'þ' => folded.push_str("th"),
            'ı' => folded.push('i'),
            char => folded.push(char),
        }
    }
    match is_nfkc_quick(folded.chars()) {
        IsNormalized::Yes => folded,
        IsNormalized::No | IsNormalized::Maybe => folded.nfkc().collect(),
    }
}

/// Letters, digits, and the marks that belong to them.
fn is_word(char: char) -> bool {
    char.is_alphanumeric() || unicode_normalization::char::is_combining_mark(char)
}

/// Han and kana: their words are often written apart in one place and together in another.
fn is_written_without_spaces(char: char) -> bool {
    matches!(char, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_mail_address_agree() {
        for value in
            ["A.B@Mail.example", " a.b@mail.EXAMPLE ", "ａ.b@mail.example", "a.b\u{200B}@mail.example"]
        {
            assert_eq!(email(value).as_deref(), Some("a.b@mail.example"), "{value}");
        }
        for none in ["", "@", "a@", "@b", "a b@c", "nobody"] {
            assert_eq!(email(none), None, "{none}");
        }
    }

    #[test]
    fn spellings_of_one_phone_number_agree() {
        for (country, value) in [
            (Some("JP"), "+819000001234"),
            (Some("JP"), "090-0000-1234"),
            (None, "090-0000-1234"),
            (None, "+81 90 0000 1234 ext. 5"),
            (None, "０９０－００００－１２３４"),
            (Some("JP"), "09000001234x77"),
            (None, "090-0000-1234 内線 77"),
            (None, "Tel. 090-0000-1234 Durchwahl 77"),
        ] {
            assert_eq!(phone(value, country).as_deref(), Some("00001234"), "{value}");
            assert!(same_phone(value, "+819000001234;ext=9", country), "{value}");
        }
        assert_eq!(phone("12345", None), None);
        assert_eq!(phone("no number", None), None);
        // Found by the same term, but another number.
        assert_eq!(phone("+1 206-555-0123", None), phone("+1 216-555-0123", None));
        assert!(!same_phone("+1 206-555-0123", "+1 216-555-0123", None));
    }

    #[test]
    fn spellings_of_one_name_agree() {
        for (one, other) in [
            ("Käthe Süßmilch", "SÜSSMILCH,  kathe"),
            ("François d'Exemple", "Francois D’EXEMPLE"),
            ("Jean-Luc Modèle", "Modele Jean Luc"),
            ("架空 花子", "架空花子"),
            ("架空\u{3000}花子", "架空 花子"),
            ("ｶｸｳ ﾊﾅｺ", "カクウ ハナコ"),
            ("Łukasz Ørsted", "lukasz orsted"),
            ("अनामिका उदाहरणकर", " उदाहरणकर  अनामिका"),
            ("İnci Işık", "inci isik"),
        ] {
            assert_eq!(name(one), name(other), "{one} and {other}");
            assert!(name(one).is_some());
        }
        assert_ne!(name("かき"), name("かぎ"));
        assert_ne!(name("किरण"), name("करण"));
        assert_eq!(name(" -.' "), None);
        let with_code = |name, code| name_postal_code(&self::name(name).unwrap(), code);
        assert_eq!(with_code("Käthe", " zz1 1aa"), with_code("KATHE", "ZZ11AA"));
        assert_eq!(with_code("محمد", "١٢٣٤٥"), with_code("محمد", "12345"));
        assert_eq!(with_code("花子", "〒１５０ー０００１"), with_code("花子", "150-0001"));
        assert_ne!(with_code("Käthe", "10115"), with_code("Käthe", "10117"));
        assert_eq!(with_code("Käthe", "-"), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn a_stored_and_a_typed_value_meet(text in "\\PC{0,20}") {
            // What is stored has been cleaned; what is typed has not.
            prop_assert_eq!(name(&clean(Cleaner::Text, &text, None)), name(&text));
            prop_assert_eq!(email(&clean(Cleaner::Email, &text, None)), email(&text));
            prop_assert_eq!(phone(&clean(Cleaner::Phone, &text, Some("DE")), Some("DE")), phone(&text, Some("DE")));
        }

        #[test]
        fn a_stored_and_a_typed_postal_code_meet(
            code in "[0-9]{3,9}|[A-Za-z]{1,2}[0-9]{1,2}[A-Z]? ?[0-9][A-Za-z]{2}|[０-９]{3}[-ー]?[０-９]{4}|\\PC{0,12}",
            country in prop::sample::select(vec!["GB", "US", "CA", "NL", "JP", "PL", "BR", "PT", "SE", "IN", "SA", "DE"]),
        ) {
            let stored = clean(Cleaner::PostalCode, &code, Some(country));
            prop_assert_eq!(name_postal_code("x", &stored), name_postal_code("x", &code));
        }

        #[test]
        fn a_phone_number_is_found_with_and_without_its_country(number in "0[1-9][0-9]{8,9}") {
            let stored = clean(Cleaner::Phone, &number, Some("DE"));
            prop_assert_eq!(phone(&stored, Some("DE")), phone(&number, None));
            prop_assert!(same_phone(&stored, &number, None));
        }
    }
}
