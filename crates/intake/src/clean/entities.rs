//! HTML entities: what Amazon's reports write for letters that some reader of theirs could not take (`&uuml;`).
//!
//! No cleaner does this, since it cannot be done twice: `&amp;lt;` is `&lt;`, which somebody may well have meant. It is
//! for those who know that their source escapes its texts: cells of tables and the text of XML, once each.

use std::borrow::Cow;

use zeroize::Zeroize;

/// What reports write where there is nothing.
pub(crate) const ABSENT: &str = "--";

/// The text with its entities decoded exactly once.
///
/// Only what ends in `;` is an entity: a `&` in a company's name is one far more often than it begins a forgotten
/// entity. What HTML does not know stays as it is. Numbers from 128 to 159 are those of windows-1252, as HTML has it
/// (`&#150;` is a dash).
pub fn entities(text: &str) -> Cow<'_, str> {
    match html_escape::decode_html_entities(text) {
        // Controls of the text's own are none of this function's business; there are hardly ever any.
        Cow::Owned(mut decoded) if decoded.contains(is_c1) && !text.contains(is_c1) => {
            let meant = decoded.chars().map(from_windows_1252).collect();
            decoded.zeroize();
            Cow::Owned(meant)
        }
        decoded => decoded,
    }
}

fn is_c1(char: char) -> bool {
    matches!(char, '\u{80}'..='\u{9F}')
}

/// What windows-1252 has in the place of the controls that nobody uses; five of them it leaves.
fn from_windows_1252(char: char) -> char {
    const MEANT: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
    ];
    let place = u32::from(char).checked_sub(0x80).and_then(|place| usize::try_from(place).ok());
    place.and_then(|place| MEANT.get(place)).copied().unwrap_or(char)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_decoded_once_and_what_is_none_stays() {
        for (text, expected) in [
            ("M&uuml;ller &amp; S&#246;hne", "Müller & Söhne"),
            ("Stra&szlig;e 1&#x2F;2", "Straße 1/2"),
            ("&#26481;&#20140;&#37117;", "東京都"),
            ("O&#39;Sample &quot;Sam&quot; &lt;x&gt;", "O'Sample \"Sam\" <x>"),
            ("&amp;uuml; and &amp;amp;", "&uuml; and &amp;"),
            ("&#138;koda &#150; &#x80;", "Škoda – €"),
            ("Tom&Jerry; R&D, AT&T & Co; &copy 1", "Tom&Jerry; R&D, AT&T & Co; &copy 1"),
            (
                "&nosuchthing; &#; &#xZ; &#55296; &#1114112; &",
                "&nosuchthing; &#; &#xZ; &#55296; &#1114112; &",
            ),
            ("1 &lt 2", "1 &lt 2"),
            ("", ""),
        ] {
            assert_eq!(entities(text), expected, "{text}");
        }
        assert!(matches!(entities("no entity & none;"), Cow::Borrowed(_)));
    }
}
