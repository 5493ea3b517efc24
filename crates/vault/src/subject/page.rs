//! The page that a person reads: self-contained, every value escaped, no script, nothing loaded.

use std::io::{self, Write};

use bailee_core::{Json, Timestamp};

use super::Request;
use super::document::Record;
use crate::archive::plain::Wiped;

/// Where all of it comes from.
pub(super) const SOURCE: &str = "Amazon, by the Selling Partner API, from your orders";

/// Writes the page.
pub(super) fn write(
    to: &mut Wiped,
    request: &Request,
    records: &[Record],
    left_out: u32,
    now: Timestamp,
) -> io::Result<()> {
    to.write_all(BEGIN.as_bytes())?;
    writeln!(
        to,
        "<p>You asked on {} (request {}). This was put together on {now}.</p>",
        request.received, request.id
    )?;
    to.write_all(INFORMATION.as_bytes())?;
    records.iter().try_for_each(|one| record(to, one))?;
    if records.is_empty() {
        to.write_all(b"<p><strong>Nothing is held of you that can be shown.</strong></p>\n")?;
    }
    if left_out > 0 {
        writeln!(
            to,
            "<p>{left_out} more were found and are not shown here: they have ended, or are kept without being used, since you asked for \
             that.</p>"
        )?;
    }
    to.write_all(b"</main></body></html>\n")
}

fn record(to: &mut Wiped, record: &Record) -> io::Result<()> {
    write!(to, "<h2>{} ", record.kind)?;
    escaped(to, record.reference.as_str())?;
    to.write_all(b" <small>held for ")?;
    escaped(to, record.seller.as_str())?;
    to.write_all(b"</small></h2>\n")?;
    if let Some(ends) = record.personal_data_ends {
        writeln!(to, "<p>Your personal data in it is deleted by {ends} at the latest.</p>")?;
    }
    to.write_all(b"<table><thead><tr><th>What</th><th>Value</th><th>Used for</th></tr></thead><tbody>\n")?;
    for value in &record.personal_data {
        let purposes: Vec<&str> = value.purposes.iter().map(|purpose| purpose.as_str()).collect();
        row(to, &value.path, &value.value, &purposes.join(", "))?;
    }
    record.facts.iter().try_for_each(|fact| row(to, &fact.path, &fact.value, ""))?;
    to.write_all(b"</tbody></table>\n")?;
    if record.not_yet_classified > 0 {
        writeln!(
            to,
            "<p>{} values came with it that nobody has looked at or used. Ask again later, and they are shown once somebody has.</p>",
            record.not_yet_classified
        )?;
    }
    Ok(())
}

fn row(to: &mut Wiped, path: &str, value: &Json, purposes: &str) -> io::Result<()> {
    to.write_all(b"<tr><th scope=\"row\">")?;
    escaped(to, path)?;
    to.write_all(b"</th><td dir=\"auto\">")?;
    match value.as_str() {
        Some(text) => escaped(to, text)?,
        None => {
            let json = serde_json::to_string(value).map(zeroize::Zeroizing::new).map_err(io::Error::other)?;
            escaped(to, &json)?;
        }
    }
    writeln!(to, "</td><td>{purposes}</td></tr>")
}

/// A text as the page shows it and never takes it for anything else. What would turn the words around it is shown as what it is.
fn escaped(to: &mut Wiped, text: &str) -> io::Result<()> {
    for letter in text.chars() {
        match letter {
            '&' => to.write_all(b"&amp;")?,
            '<' => to.write_all(b"&lt;")?,
            '>' => to.write_all(b"&gt;")?,
            '"' => to.write_all(b"&quot;")?,
            '\'' => to.write_all(b"&#39;")?,
            '\n' => to.write_all(b"<br>")?,
            // Embeddings, overrides and isolates reach beyond where they stand.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => named(to, letter)?,
            letter if letter.is_control() => named(to, letter)?,
            letter => to.write_all(letter.encode_utf8(&mut [0; 4]).as_bytes())?,
        }
    }
    Ok(())
}

fn named(to: &mut Wiped, letter: char) -> io::Result<()> {
    write!(to, "[U+{:04X}]", u32::from(letter))
}

const BEGIN: &str = "<!DOCTYPE html>
<html lang=\"en\"><head><meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>Your data</title>
<style>
body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em }
table { border-collapse: collapse; width: 100% }
th, td { border: 1px solid #999; padding: .3em .5em; text-align: start; vertical-align: top; overflow-wrap: anywhere }
small { font-weight: normal }
</style>
</head><body><main><h1>Your data</h1>
";

const INFORMATION: &str = "<h2>What you may know</h2>
<ul>
<li>It comes from Amazon, by the Selling Partner API, from your orders.</li>
<li>It is used to deliver and support your order (fulfilment), to calculate tax (tax), to make invoices (invoice), to answer you \
(subject-request), and to look into security incidents (incident). Beside each value stands what it may be used for.</li>
<li>It is deleted on the day that is named with it at the latest; what a law obliges to keep is kept apart from it, encrypted.</li>
<li>Nothing is decided about you by a program alone.</li>
<li>Whoever gave you this tells you beside it who else has been given your data.</li>
<li>You may ask that it is corrected, erased, or kept without being used, and you may object to its use. You may complain to a data \
protection authority.</li>
</ul>
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_value_is_taken_for_the_page() {
        let check = |text: &str, shown: &str| {
            let mut to = Wiped::default();
            escaped(&mut to, text).unwrap();
            assert_eq!(std::str::from_utf8(&to.0).unwrap(), shown);
        };
        check("Müller 李 محمد", "Müller 李 محمد");
        check("</td><script>alert(1)</script>", "&lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
        check("\" onload='x' &amp;", "&quot; onload=&#39;x&#39; &amp;amp;");
        check("a\u{202e}b\u{2066}c\u{0}\n", "a[U+202E]b[U+2066]c[U+0000]<br>");
    }
}
