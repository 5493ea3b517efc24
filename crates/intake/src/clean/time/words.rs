//! The words of dates in the languages of the marketplaces: months, weekdays, zones. In lower case, without points.

/// A zone that a word names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    /// UTC, which an offset may follow (`GMT+9`).
    Universal,
    /// So many minutes east of it.
    Offset(i16),
    /// One of several, hours apart: as good as none.
    Unclear,
}

impl Zone {
    pub(super) fn is_universal(&self) -> bool {
        *self == Self::Universal
    }

    /// As RFC 3339 writes it; `None` when nobody can tell.
    pub(super) fn offset(self) -> Option<String> {
        match self {
            Self::Universal => Some("Z".to_owned()),
            Self::Offset(minutes) => {
                let sign = if minutes < 0 { '-' } else { '+' };
                let minutes = minutes.unsigned_abs();
                Some(format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60))
            }
            Self::Unclear => None,
        }
    }
}

/// The zone of that name.
pub(super) fn zone(word: &str) -> Option<Zone> {
    let hours = |hours: i16| Some(Zone::Offset(hours * 60));
    match word {
        "z" | "utc" | "gmt" => Some(Zone::Universal),
        "wet" => hours(0),
        "west" | "bst" | "cet" | "mez" => hours(1),
        "cest" | "mesz" | "eet" | "sast" => hours(2),
        "eest" | "trt" => hours(3),
        "sgt" | "awst" => hours(8),
        "jst" => hours(9),
        "aest" => hours(10),
        "aedt" => hours(11),
        "brt" => hours(-3),
        "edt" => hours(-4),
        "cdt" => hours(-5),
        "mdt" => hours(-6),
        "pdt" => hours(-7),
        "pst" => hours(-8),
        // India, Ireland, Israel; China and Chicago; the Gulf and Georgia; Australia and America.
        "ist" | "cst" | "gst" | "est" | "mst" | "ast" => Some(Zone::Unclear),
        _ => None,
    }
}

/// Words that say nothing: prepositions, ordinals, weekdays, the `T` of ISO 8601.
pub(super) fn is_filler(word: &str) -> bool {
    /// The weekdays' beginnings; no other word of a date has one of them.
    #[rustfmt::skip]
    const WEEKDAYS: &[&str] = &[
        "sun", "mon", "tue", "wed", "thu", "fri", "sat", "sonntag", "montag", "dienstag", "mittwoch", "donnerstag",
        "freitag", "samstag", "so", "mo", "di", "mi", "do", "fr", "sa", "sunday", "monday", "tuesday", "wednesday",
        "thursday", "friday", "saturday", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
        "lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo", "lunedì", "martedì", "mercoledì",
        "giovedì", "venerdì", "sabato", "domenica", "thur", "thurs", "tues",
    ];
    /// Between the parts.
    #[rustfmt::skip]
    const BETWEEN: &[&str] = &[
        "t", "at", "of", "the", "um", "den", "am", "à", "le", "de", "del", "el", "a", "alle", "il", "ore", "kl", "om",
        "o", "as", "às", "st", "nd", "rd", "th", "er", "em",
    ];
    BETWEEN.contains(&word) || WEEKDAYS.contains(&word)
}

/// The month of that name, 1 to 12.
pub(super) fn month(word: &str) -> Option<u8> {
    let at = MONTHS.iter().position(|names| names.contains(&word))?;
    u8::try_from(at + 1).ok()
}

/// English, German, French, Spanish, Italian, Portuguese, Dutch, Swedish, Polish, Turkish, Arabic, Hindi.
///
/// No word stands in two months (`mar` is March in every language that has it; Turkish `ara` and `oca` are its own).
#[rustfmt::skip]
pub(super) const MONTHS: [&[&str]; 12] = [
    &["jan", "january", "januar", "jän", "jänner", "janv", "janvier", "ene", "enero", "gen", "gennaio", "janeiro",
      "januari", "sty", "styczeń", "stycznia", "oca", "ocak", "يناير", "जनवरी", "जन"],
    &["feb", "february", "februar", "févr", "février", "fév", "fevr", "febrero", "febbraio", "fev", "fevereiro",
      "februari", "lut", "luty", "lutego", "şub", "şubat", "فبراير", "फ़रवरी", "फरवरी"],
    &["mar", "march", "märz", "mär", "mrz", "mars", "marzo", "março", "maart", "mrt", "marzec", "marca", "mart",
      "مارس", "मार्च"],
    &["apr", "april", "avr", "avril", "abr", "abril", "aprile", "kwi", "kwiecień", "kwietnia", "nis", "nisan",
      "أبريل", "ابريل", "अप्रैल"],
    &["may", "mai", "mayo", "mag", "maggio", "maio", "mei", "maj", "maja", "mayıs", "مايو", "मई"],
    &["jun", "june", "juni", "juin", "junio", "giu", "giugno", "junho", "cze", "czerwiec", "czerwca", "haz",
      "haziran", "يونيو", "जून"],
    &["jul", "july", "juli", "juil", "juillet", "julio", "lug", "luglio", "julho", "lip", "lipiec", "lipca", "tem",
      "temmuz", "يوليو", "जुलाई"],
    &["aug", "august", "août", "aout", "ago", "agosto", "augustus", "augusti", "sie", "sierpień", "sierpnia", "ağu",
      "ağustos", "أغسطس", "اغسطس", "अगस्त"],
    &["sep", "sept", "september", "septembre", "septiembre", "set", "settembre", "setembro", "wrz", "wrzesień",
      "września", "eyl", "eylül", "سبتمبر", "सितंबर", "सितम्बर"],
    &["oct", "october", "okt", "oktober", "octobre", "octubre", "ott", "ottobre", "out", "outubro", "paź",
      "październik", "października", "eki", "ekim", "أكتوبر", "اكتوبر", "अक्टूबर", "अक्तूबर"],
    &["nov", "november", "novembre", "noviembre", "novembro", "lis", "listopad", "listopada", "kas", "kasım",
      "نوفمبر", "नवंबर", "नवम्बर"],
    &["dec", "december", "dez", "dezember", "déc", "décembre", "dic", "diciembre", "dicembre", "dezembro", "gru",
      "grudzień", "grudnia", "ara", "aralık", "ديسمبر", "दिसंबर", "दिसम्बर"],
];
