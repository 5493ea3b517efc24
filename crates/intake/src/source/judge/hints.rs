//! What the ASCII around the letters says of where they come from: countries, currencies, marketplaces. A hint never
//! decides; it withholds a decision, or lets few letters be enough.

use crate::source::Charset;

/// Where letters may come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Region {
    /// The languages that windows-1252 was made for.
    Western,
    /// Those whose letters other single-byte sets put in the same places.
    Foreign,
    Japan,
    China,
    Taiwan,
    Korea,
}

/// Words that stand alone in a cell or a string.
const WORDS: &[(&str, Region)] = &[
    ("JP", Region::Japan),
    ("JPN", Region::Japan),
    ("JPY", Region::Japan),
    ("Amazon.co.jp", Region::Japan),
    ("amazon.co.jp", Region::Japan),
    ("A1VC38T7YXB528", Region::Japan),
    ("CN", Region::China),
    ("CHN", Region::China),
    ("CNY", Region::China),
    ("AAHKV2X7AFYLW", Region::China),
    ("TW", Region::Taiwan),
    ("TWN", Region::Taiwan),
    ("TWD", Region::Taiwan),
    ("HK", Region::Taiwan),
    ("HKD", Region::Taiwan),
    ("KR", Region::Korea),
    ("KOR", Region::Korea),
    ("KRW", Region::Korea),
    ("DE", Region::Western),
    ("FR", Region::Western),
    ("IT", Region::Western),
    ("ES", Region::Western),
    ("GB", Region::Western),
    ("US", Region::Western),
    ("AT", Region::Western),
    ("NL", Region::Western),
    ("BE", Region::Western),
    ("SE", Region::Western),
    ("DK", Region::Western),
    ("IE", Region::Western),
    ("PT", Region::Western),
    ("CH", Region::Western),
    ("CA", Region::Western),
    ("MX", Region::Western),
    ("BR", Region::Western),
    ("AU", Region::Western),
    ("PL", Region::Foreign),
    ("PLN", Region::Foreign),
    ("Amazon.pl", Region::Foreign),
    ("A1C3SOZRARQ6R3", Region::Foreign),
    ("CZ", Region::Foreign),
    ("CZK", Region::Foreign),
    ("HU", Region::Foreign),
    ("HUF", Region::Foreign),
    ("RO", Region::Foreign),
    ("RON", Region::Foreign),
    ("HR", Region::Foreign),
    ("SI", Region::Foreign),
    ("LT", Region::Foreign),
    ("LV", Region::Foreign),
    ("EE", Region::Foreign),
    ("TR", Region::Foreign),
    ("TRY", Region::Foreign),
    ("Amazon.com.tr", Region::Foreign),
    ("A33AVAJ2PDY3EV", Region::Foreign),
    ("IS", Region::Foreign),
    ("GR", Region::Foreign),
    ("BG", Region::Foreign),
    ("RU", Region::Foreign),
    ("UA", Region::Foreign),
    ("EG", Region::Foreign),
    ("ARBP9OOSHTCHU", Region::Foreign),
    ("SA", Region::Foreign),
    ("A17E79C6D8DWNP", Region::Foreign),
    ("AE", Region::Foreign),
    ("A2VIGQ35RCS4UG", Region::Foreign),
];

/// How often each region was named.
#[derive(Default)]
pub(super) struct Hints {
    western: usize,
    foreign: usize,
    japan: usize,
    china: usize,
    taiwan: usize,
    korea: usize,
}

impl Hints {
    pub(super) fn of(before: &[u8], window: &[u8]) -> Self {
        let mut hints = Self::default();
        for text in [before, window] {
            // A country stands alone in its cell, string or element; in a street it has blanks around it.
            let cells = text.split(|byte| {
                matches!(byte, b'"' | b'\t' | b',' | b';' | b'|' | b'<' | b'>' | b'\n' | b'\r')
            });
            for cell in cells.filter(|cell| (2..=14).contains(&cell.len())) {
                if let Some((_, region)) = WORDS.iter().find(|(word, _)| word.as_bytes() == cell) {
                    *hints.count(*region) += 1;
                }
            }
        }
        hints
    }

    fn count(&mut self, region: Region) -> &mut usize {
        match region {
            Region::Western => &mut self.western,
            Region::Foreign => &mut self.foreign,
            Region::Japan => &mut self.japan,
            Region::China => &mut self.china,
            Region::Taiwan => &mut self.taiwan,
            Region::Korea => &mut self.korea,
        }
    }

    fn all(&self) -> usize {
        self.western + self.foreign + self.japan + self.china + self.taiwan + self.korea
    }

    /// A quarter or more of what is named lies where Western letters are written with other bytes.
    pub(super) fn are_foreign(&self) -> bool {
        self.foreign > 0 && self.foreign * 4 >= self.all()
    }

    /// Half or more of what is named lies where this set is at home, and nothing of the others' homes.
    pub(super) fn speak_for(&self, charset: Charset) -> bool {
        let (own, others) = self.homes(charset);
        own > 0 && own * 2 >= self.all() && others == 0
    }

    /// Only homes of other wide sets are named.
    pub(super) fn speak_against(&self, charset: Charset) -> bool {
        let (own, others) = self.homes(charset);
        others > own
    }

    fn homes(&self, charset: Charset) -> (usize, usize) {
        let all = self.japan + self.china + self.taiwan + self.korea;
        let own = match charset {
            Charset::ShiftJis => self.japan,
            Charset::Gb18030 => self.china,
            Charset::Big5 => self.taiwan,
            _ => 0,
        };
        (own, all - own)
    }

    /// Where the other witness shall imagine the text to be from.
    pub(super) fn top_level_domain(&self) -> Option<&'static [u8]> {
        let domains: [(usize, &[u8]); 4] =
            [(self.japan, b"jp"), (self.china, b"cn"), (self.taiwan, b"tw"), (self.korea, b"kr")];
        let most = domains.into_iter().max_by_key(|(count, _)| *count)?;
        (most.0 * 2 > self.all()).then_some(most.1)
    }
}
