//! A page for a browser: self-contained, without a script, and with a policy in it that lets none run.

use bailee_core::Sensitive;
use html_escape::encode_safe_to_string;

use crate::fill::{FilledShows, Sheet};

const STYLE: &str = "body{font:11pt sans-serif;margin:2cm}table{border-collapse:collapse;width:100%}\
    th,td{text-align:start;border-bottom:1px solid #999;padding:.2em .4em}p{margin:.1em 0}\
    section{margin:1em 0;overflow-wrap:anywhere}footer{margin-top:2em;font-size:8pt}";

/// Writes it.
pub(crate) fn write(sheet: &Sheet) -> Sensitive<Vec<u8>> {
    // With room for all of it, each letter as long as an escape can be, so that it is never moved as it grows.
    let mut html = String::with_capacity(2048 + letters(sheet) * "&quot;".len());
    html.push_str("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    html.push_str(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
    );
    element(&mut html, "title", &sheet.title);
    html.extend(["<style>", STYLE, "</style></head><body>\n"]);
    element(&mut html, "h1", &sheet.title);
    for block in &sheet.blocks {
        html.push_str(&format!("<section style=\"font-size:{}pt\">", block.size));
        if let Some(heading) = &block.heading {
            element(&mut html, "h2", heading);
        }
        match &block.shows {
            FilledShows::Lines(lines) => lines.iter().for_each(|line| value(&mut html, "p", line)),
            FilledShows::Table { columns, rows } => {
                html.push_str("<table><thead><tr>");
                columns.iter().for_each(|column| element(&mut html, "th", column));
                html.push_str("</tr></thead><tbody>");
                for row in rows {
                    html.push_str("<tr>");
                    row.iter().for_each(|cell| value(&mut html, "td", cell));
                    html.push_str("</tr>");
                }
                html.push_str("</tbody></table>");
            }
        }
        html.push_str("</section>\n");
    }
    element(&mut html, "footer", &sheet.footer);
    html.push_str("</body></html>\n");
    Sensitive::new(html.into_bytes())
}

fn element(html: &mut String, name: &str, text: &str) {
    html.extend(["<", name, ">"]);
    encode_safe_to_string(text, html);
    html.extend(["</", name, ">"]);
}

/// A value in its own direction, which says nothing of what stands around it.
fn value(html: &mut String, name: &str, text: &str) {
    html.extend(["<", name, " dir=\"auto\">"]);
    encode_safe_to_string(text, html);
    html.extend(["</", name, ">"]);
}

/// Bytes of all that stands on it, and of the marks around each.
fn letters(sheet: &Sheet) -> usize {
    const MARKS: usize = 40;
    let blocks = sheet.blocks.iter().map(|block| {
        let texts: usize = match &block.shows {
            FilledShows::Lines(lines) => lines.iter().map(|line| line.len() + MARKS).sum(),
            FilledShows::Table { columns, rows } => {
                let cells = rows.iter().flatten().map(|cell| cell.len() + MARKS).sum::<usize>();
                cells + columns.iter().map(|column| column.len() + MARKS).sum::<usize>() + rows.len() * MARKS
            }
        };
        texts + block.heading.as_deref().map_or(0, str::len) + 4 * MARKS
    });
    blocks.sum::<usize>() + 2 * sheet.title.len() + sheet.footer.len()
}
