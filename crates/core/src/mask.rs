//! Masks: what may be shown of a value without a reveal (0.e).
//!
//! A mask lets a person recognise what they know already, and tells nothing else: first letters, the area of a postal
//! code, the country and the last two digits of a phone number. It works in any script and never shows more than three
//! letters or digits in a row. A value too short to hide anything shows nothing at all.

use crate::catalogue::Mask;

const HIDDEN: &str = "****";

/// Letters and digits of a value that stand behind its first letter are shown as at most so many stars.
const STARS_MAX: usize = 8;

/// Words of a name that are shown; the rest would only tell how many there are.
const WORDS_MAX: usize = 4;

/// Letters or digits of a postal code's area that are shown at most.
const AREA_MAX: usize = 3;

/// A phone number with fewer digits shows none.
const PHONE_DIGITS_MIN: usize = 8;

/// What may be shown of `value`. Empty for an empty value.
pub fn mask(mask: Mask, value: &str) -> String {
    let value = value.trim();
    if value.is_empty() {
        return String::new();
    }
    match mask {
        Mask::Name => name(value),
        Mask::Email => email(value),
        Mask::Phone => phone(value),
        Mask::PostalCode => postal_code(value),
        Mask::Initial => initial(value).map_or_else(|| HIDDEN.into(), |letter| format!("{letter}***")),
        Mask::Hidden => HIDDEN.into(),
    }
}

/// `John Smith` is `J*** S****`.
fn name(value: &str) -> String {
    let words: Vec<String> = value.split_whitespace().take(WORDS_MAX).map(word).collect();
    words.join(" ")
}

fn word(word: &str) -> String {
    let letters = word.chars().filter(|letter| letter.is_alphanumeric()).count();
    let stars = |count: usize| "*".repeat(count.clamp(1, STARS_MAX));
    initial(word).map_or_else(|| stars(letters), |first| format!("{first}{}", stars(letters - 1)))
}

/// The first letter, if it is one and others follow that it leaves hidden.
fn initial(word: &str) -> Option<char> {
    let mut letters = word.chars().filter(|letter| letter.is_alphanumeric());
    let first = letters.next().filter(|first| first.is_alphabetic());
    letters.next().and(first)
}

/// `john@mail.example.com` is `j***@m***.com`.
fn email(value: &str) -> String {
    let Some((local, domain)) = value.rsplit_once('@') else { return HIDDEN.into() };
    let Some((host, top)) = domain.rsplit_once('.') else { return HIDDEN.into() };
    let short = |part: &str| initial(part).map_or_else(|| "***".into(), |first| format!("{first}***"));
    let top = if (1..=3).contains(&top.chars().count()) { top } else { "***" };
    format!("{}@{}.{top}", short(local), short(host))
}

/// `+15550001230` is `+1 *** **30`; without a country `*** **30`.
fn phone(value: &str) -> String {
    // The extension begins at the first letter or sign that no number has.
    let number: String =
        value.chars().take_while(|sign| !sign.is_alphabetic() && !matches!(sign, ';' | '#' | ',')).collect();
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let (Some([tens, ones]), true) = (digits.last_chunk::<2>(), digits.len() >= PHONE_DIGITS_MIN) else {
        return HIDDEN.into();
    };
    let country: String = digits.iter().take(calling_code_length(&digits)).collect();
    let prefix = if number.starts_with('+') { format!("+{country} ") } else { String::new() };
    format!("{prefix}*** **{tens}{ones}")
}

/// How many digits an international number's country takes (ITU-T E.164).
fn calling_code_length(digits: &[char]) -> usize {
    match digits {
        ['1' | '7', ..] => 1,
        ['2', '0' | '7', ..]
        | ['3', '0'..='4' | '6' | '9', ..]
        | ['4', '0' | '1' | '3'..='9', ..]
        | ['5', '1'..='8', ..]
        | ['6', '0'..='6', ..]
        | ['8', '1' | '2' | '4' | '6', ..]
        | ['9', '0'..='5' | '8', ..] => 2,
        _ => 3,
    }
}

/// `150-0001` is `150-****`: less than half of it, and its separators.
fn postal_code(value: &str) -> String {
    let signs = value.chars().filter(|sign| sign.is_alphanumeric()).count();
    let shown = (signs / 2).min(AREA_MAX);
    let mut seen = 0;
    let shown_or_star = |sign: char| match sign {
        sign if !sign.is_alphanumeric() => {
            if matches!(sign, '-' | ' ') {
                sign
            } else {
                '*'
            }
        }
        sign => {
            seen += 1;
            if seen <= shown { sign } else { '*' }
        }
    };
    value.chars().take(2 * STARS_MAX).map(shown_or_star).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn masks_show_what_a_person_knows_already() {
        let cases = [
            (Mask::Name, "John Smith", "J*** S****"),
            (Mask::Name, "山田 太郎", "山* 太*"),
            (Mask::Name, "José da Silva e Sousa Filho", "J*** d* S**** *"),
            (Mask::Name, "O", "*"),
            (Mask::Name, "  ", ""),
            (Mask::Name, "Wolfeschlegelsteinhausen", "W********"),
            (Mask::Name, "(Müller)", "M*****"),
            (Mask::Name, "42 Ltd", "** L**"),
            (Mask::Email, "john@mail.example.com", "j***@m***.com"),
            (Mask::Email, "j@x.museum", "***@***.***"),
            (Mask::Email, "nonsense", "****"),
            (Mask::Email, "a b@c", "****"),
            (Mask::Phone, "+15550001230", "+1 *** **30"),
            (Mask::Phone, "+15550001230;ext=73824", "+1 *** **30"),
            (Mask::Phone, "+1 555-000-1230 ext. 73824", "+1 *** **30"),
            (Mask::Phone, "+81300000042", "+81 *** **42"),
            (Mask::Phone, "+351200000042", "+351 *** **42"),
            (Mask::Phone, "03-0000-0042", "*** **42"),
            (Mask::Phone, "110", "****"),
            (Mask::PostalCode, "150-0001", "150-****"),
            (Mask::PostalCode, "98101", "98***"),
            (Mask::PostalCode, "SW1A 1AA", "SW1* ***"),
            (Mask::PostalCode, "101", "1**"),
            (Mask::PostalCode, "7", "*"),
            (Mask::Initial, "Smith", "S***"),
            (Mask::Initial, "5 Main Street", "****"),
            (Mask::Initial, "S", "****"),
            (Mask::Hidden, "12 Main Street", "****"),
            (Mask::Hidden, "", ""),
        ];
        for (kind, value, expected) in cases {
            assert_eq!(mask(kind, value), expected, "{kind:?} {value}");
        }
    }

    const MASKS: [Mask; 6] =
        [Mask::Name, Mask::Email, Mask::Phone, Mask::PostalCode, Mask::Hidden, Mask::Initial];

    proptest! {
        #[test]
        fn no_four_letters_or_digits_in_a_row_are_ever_shown(value in "\\PC{0,40}|[a-z]{1,9}@[a-z.]{1,12}|\\+?[0-9 ().-]{1,20}|\\p{L}{1,9} \\p{L}{1,9}") {
            for kind in MASKS {
                let shown = mask(kind, &value);
                let mut run = 0;
                for sign in shown.chars() {
                    run = if sign.is_alphanumeric() { run + 1 } else { 0 };
                    prop_assert!(run < 4, "{kind:?} {value:?} {shown:?}");
                }
                prop_assert!(shown.chars().count() <= 80, "{}", shown);
            }
        }

        #[test]
        fn a_mask_never_shows_a_whole_value(value in "[\\p{L}\\p{N}]{1,12}( [\\p{L}\\p{N}]{1,12}){0,3}") {
            for kind in MASKS {
                let shown = mask(kind, &value);
                prop_assert!(shown.contains('*') && !shown.contains(value.trim()));
            }
        }
    }
}
