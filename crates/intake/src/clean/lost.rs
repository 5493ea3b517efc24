//! Letters that were lost before a text came here: nobody can bring them back, but somebody should know.
//!
//! Three kinds: U+FFFD, which a decoder writes for bytes that it could not read; a question mark, which an encoder
//! writes for letters that it could not (`M?ller`, `????`); and UTF-8 that was read as windows-1252 or ISO 8859-1
//! (`MÃ¼ller`), or windows-1252 as ISO 8859-1, which leaves controls between letters. The last could often be
//! reversed, but not always in one way only, and a parcel goes where the label says: refuse, do not repair. Telling is
//! all that is done about any of them.

/// How letters were lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// U+FFFD stands for bytes that were no letters.
    Replaced,
    /// A question mark stands for letters.
    Questioned,
    /// The bytes of one character set were read as another's.
    Garbled,
}

/// How letters of a text were lost, if any were. `prose` is for what may hold a question of its own: free text and
/// whatever is no name and no address. There a question mark counts only inside a word, or when hardly anything else
/// is there.
pub fn lost(text: &str, prose: bool) -> Option<Lost> {
    if text.is_ascii() {
        let questioned = text.contains('?') && is_questioned(text, prose);
        return questioned.then_some(Lost::Questioned);
    }
    if text.contains('\u{FFFD}') {
        return Some(Lost::Replaced);
    }
    if is_garbled(text) {
        return Some(Lost::Garbled);
    }
    (text.contains('?') && is_questioned(text, prose)).then_some(Lost::Questioned)
}

fn is_questioned(text: &str, prose: bool) -> bool {
    if !prose {
        // A name or an address asks nothing; but one mark between digits may be somebody's doubt.
        return text.matches('?').count() > 1 || touches(text);
    }
    if text.split_whitespace().any(is_questioned_in_prose) {
        return true;
    }
    // ???? ??: an encoder's whole output. One such word may be somebody's astonishment.
    let marks = |word: &&str| word.len() > 1 && word.bytes().all(|byte| byte == b'?');
    let words = text.split_whitespace().filter(marks).count();
    words > 1 || (words == 1 && text.len() > 3 && !text.contains(char::is_alphabetic))
}

/// Whether a question mark stands beside a letter.
fn touches(text: &str) -> bool {
    let letter_then_mark = |pair: (char, char)| {
        (pair.0 == '?' && pair.1.is_alphabetic()) || (pair.1 == '?' && pair.0.is_alphabetic())
    };
    text.chars().zip(text.chars().skip(1)).any(letter_then_mark)
}

/// `M?ller` and `?ber`, but no `more?Please`, no `why?` and no address of a page.
fn is_questioned_in_prose(word: &str) -> bool {
    if word.contains("://") || word.contains('=') || word.starts_with("www.") {
        return false;
    }
    let mut last = None;
    let mut signs =
        word.trim_start_matches(|char: char| !char.is_alphanumeric() && char != '?').chars().peekable();
    while let Some(sign) = signs.next() {
        if sign == '?' {
            while signs.next_if_eq(&'?').is_some() {}
            let before = last.is_none_or(char::is_alphabetic);
            let after = signs.peek().is_some_and(|next| next.is_lowercase());
            let all_caps =
                last.is_some_and(char::is_uppercase) && signs.peek().is_some_and(|next| next.is_uppercase());
            if before && (after || all_caps) {
                return true;
            }
        }
        last = Some(sign);
    }
    false
}

/// Whether a text holds what UTF-8 looks like when it is read as windows-1252 or ISO 8859-1.
fn is_garbled(text: &str) -> bool {
    // What begins such a sign; most texts have none.
    if !text.contains(|char| matches!(char, '\u{80}'..='\u{9F}' | 'Â'..='ô')) {
        return false;
    }
    let chars: Vec<char> = text.chars().collect();
    (0..chars.len()).any(|at| {
        chars
            .get(at..)
            .is_some_and(|rest| begins_garbled(rest, at.checked_sub(1).and_then(|at| chars.get(at))))
    })
}

fn begins_garbled(rest: &[char], before: Option<&char>) -> bool {
    let follows = |at: usize| rest.get(at).copied().is_some_and(is_continuation);
    match rest {
        // ð Ÿ ˜ €: an emoji.
        ['ð' | 'ñ' | 'ó' | 'ô', ..] => follows(1) && follows(2) && follows(3),
        // Ã ¼, Å ›: a Latin letter with an accent. A dash or a quote is one continuation among others, but also what
        // people write behind a word that ends in such a capital: inside a word only, or where no capital can be.
        ['Â'..='Å', sign, tail @ ..] if is_continuation(*sign) => {
            let inside = tail.first().is_some_and(|next| next.is_alphabetic());
            inside || !is_punctuation(*sign) || before.is_some_and(|before| before.is_lowercase())
        }
        // Ð œ Ð ¾: letters of another alphabet, one after the other.
        ['Æ'..='ß', ..] => {
            follows(1) && rest.get(2).is_some_and(|next| matches!(next, 'Æ'..='ß')) && follows(3)
        }
        // æ ± : letters of East Asia; â € ™: the signs of typography.
        ['à'..='ï', one, two, ..] => {
            is_continuation(*one) && is_continuation(*two) && !(is_punctuation(*one) && is_punctuation(*two))
        }
        // A control between letters is a letter or a sign of windows-1252.
        ['\u{80}'..='\u{84}' | '\u{86}'..='\u{9F}', tail @ ..] => {
            before.is_some_and(|before| before.is_alphabetic())
                || tail.first().is_some_and(|next| next.is_alphabetic())
        }
        _ => false,
    }
}

/// What windows-1252, or ISO 8859-1, makes of the bytes 80 to BF, of which all but the first of a letter in UTF-8 are.
fn is_continuation(char: char) -> bool {
    matches!(
        char,
        '\u{80}'
            ..='\u{BF}'
                | 'Œ'
                | 'œ'
                | 'Š'
                | 'š'
                | 'Ÿ'
                | 'Ž'
                | 'ž'
                | 'ƒ'
                | 'ˆ'
                | '˜'
                | '†'
                | '‡'
                | '‰'
                | '€'
                | '™'
    ) || is_punctuation(char)
}

/// Those of them that also follow whole words, in one language or another.
fn is_punctuation(char: char) -> bool {
    matches!(
        char,
        '\u{A0}'
            | '«'
            | '»'
            | '–'
            | '—'
            | '‘'
            | '’'
            | '‚'
            | '“'
            | '”'
            | '„'
            | '•'
            | '…'
            | '‹'
            | '›'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, name: Option<Lost>, prose: Option<Lost>) {
        assert_eq!((lost(text, false), lost(text, true)), (name, prose), "{text}");
    }

    #[test]
    fn lost_letters_are_told_in_names_and_in_prose() {
        use Lost::{Garbled, Questioned, Replaced};
        for text in [
            "M?ller",
            "Stra?e 1",
            "Gro?k?tter-Test",
            "?bungsgasse",
            "???? ???",
            "Fran?ois d'Exemple",
            "M?LLER",
        ] {
            check(text, Some(Questioned), Some(Questioned));
        }
        for text in ["M\u{FFFD}ller", "\u{FFFD}"] {
            check(text, Some(Replaced), Some(Replaced));
        }
        for text in [
            "MÃ¼ller",
            "StraÃŸe",
            "Ã–STERREICH",
            "Ã\u{84}nne",
            "M\u{FC}ller\u{92}s",
            "Åukasz Å›wiat",
            "donâ€™t",
            "æ±äº¬éƒ½",
            "ÐœÐ¾ÑÐºÐ²Ð°",
            "Î‘Î¸Î®Î½Î±",
            "ðŸŽ‚ for you",
            "SÃ£o Paulo",
            "ZoÃ« Smith",
            "NÂº 5",
        ] {
            check(text, Some(Garbled), Some(Garbled));
        }
        // The last letter of a name; a question otherwise.
        for text in ["Andr?", "????", "Andr? Mod?"] {
            assert_eq!(lost(text, false), Some(Questioned), "{text}");
        }
        check("Andr?", Some(Questioned), None);
        check("????", Some(Questioned), Some(Questioned));
    }

    #[test]
    fn a_genuine_question_and_genuine_letters_are_none() {
        for text in [
            "Do you deliver?",
            "Do you deliver ? Please call",
            "Can you wait?Please call",
            "What?! Really???",
            "Where is it ????",
            "Warum? Wieso? \"Weshalb?\"",
            "¿Dónde está?",
            "https://example.com/a?b=c&d=e?f",
        ] {
            assert_eq!(lost(text, true), None, "{text}");
        }
        for text in [
            "",
            "?",
            "12 ? 14",
            "Jörg Süßmilch",
            "São Ninguém, Conceição",
            "AMANHÃ… CAFÉ” Ö–Ä",
            "« CAFÉ »",
            "Łukasz Ørsted",
            "Élodie d’Exemple – Bâtiment C",
            "“café”—déjà vu…”",
            "架空 花子",
            "अनामिका उदाहरणकर",
            "محمد العربي",
            "Ångström Åsa",
            "3º andar, nº 5, 21°",
            "ñandú ½ ñ¡Hola!",
            "Ελένη Иван",
        ] {
            check(text, None, None);
        }
    }
}
