//! Commands for a printer of labels (ZPL II). A value is written in hexadecimal digits wherever it is not a plain letter, so that
//! nothing in it is a command.

use bailee_core::Sensitive;

use crate::error::RenderError;
use crate::fill::{FilledShows, Sheet};
use crate::paper::Paper;
use crate::text::wrapped;

/// Dots of a millimetre at 203 dpi, which most printers of labels have; one with more prints it smaller, and whole.
const DOTS_PER_MM: f32 = 8.0;
const MM_PER_POINT: f32 = 25.4 / 72.0;
const MARGIN_MM: f32 = 4.0;
/// From one line to the next, in heights of a letter.
const LEADING: f32 = 1.25;
/// Points of the line with the print's number.
const FOOTER_POINTS: u8 = 6;
/// How wide a letter is at most, in heights: of the printer's own font the widest, a W. Nobody here can measure it.
const LETTER_WIDTH: f32 = 0.75;
/// The same of Chinese, Japanese and Korean letters, and all others of which less is known.
const WIDE_LETTER_WIDTH: f32 = 1.0;

/// Writes it.
pub(crate) fn write(sheet: &Sheet) -> Result<Sensitive<Vec<u8>>, RenderError> {
    if sheet.paper != Paper::Label {
        return Err(RenderError::Form);
    }
    let dots = |mm: f32| mm * DOTS_PER_MM;
    let (width, height) = (dots(sheet.page.width_mm.into()), dots(sheet.page.height_mm.into()));
    let margin = dots(MARGIN_MM);
    // UTF-8, its own bidirectional order, and letters joined as their script does.
    let mut zpl = String::with_capacity(64 * 1024);
    zpl.push_str(&format!("^XA^CI28^PA0,1,1,0^PW{width}^LL{height}\n"));
    let mut label = Label { zpl, font: sheet.page.printer_font.as_deref(), x: margin, y: margin };
    let end = height - margin - dots(f32::from(FOOTER_POINTS) * MM_PER_POINT * LEADING);
    for block in &sheet.blocks {
        let FilledShows::Lines(lines) = &block.shows else { return Err(RenderError::Form) };
        let texts = block.heading.iter().map(String::as_str).chain(lines.iter().map(|line| line.as_str()));
        for text in texts {
            label.text(text, block.size, width - 2.0 * margin, end)?;
        }
        label.y += dots(f32::from(block.size) * MM_PER_POINT) / 2.0;
    }
    label.y = end;
    label.text(&sheet.footer, FOOTER_POINTS, width - 2.0 * margin, height)?;
    label.zpl.push_str("^XZ\n");
    Ok(Sensitive::new(label.zpl.into_bytes()))
}

struct Label<'s> {
    zpl: String,
    font: Option<&'s str>,
    x: f32,
    y: f32,
}

impl Label<'_> {
    fn text(&mut self, text: &str, points: u8, width: f32, end: f32) -> Result<(), RenderError> {
        if self.font.is_none() && !text.chars().all(is_of_own_font) {
            return Err(RenderError::NoPrinterFont);
        }
        let letter = f32::from(points) * MM_PER_POINT * DOTS_PER_MM;
        let wide = |one: char| if is_of_own_font(one) { LETTER_WIDTH } else { WIDE_LETTER_WIDTH };
        for line in wrapped(text, width / letter, wide) {
            if self.y + letter > end {
                return Err(RenderError::TooLong);
            }
            let font = match self.font {
                Some(font) => format!("^A@N,{letter:.0},{letter:.0},{font}"),
                None => format!("^A0N,{letter:.0},{letter:.0}"),
            };
            self.zpl.push_str(&format!("^FO{:.0},{:.0}{font}^FH_^FD", self.x, self.y));
            escape(&mut self.zpl, &line);
            self.zpl.push_str("^FS\n");
            self.y += letter * LEADING;
        }
        Ok(())
    }
}

/// What the font has that every printer of labels is sold with: Latin, Greek and Cyrillic letters, and what stands between them.
const fn is_of_own_font(letter: char) -> bool {
    matches!(letter, ' '..='~' | '\u{a0}'..='\u{24f}' | '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{45f}'
        | '\u{1e00}'..='\u{1eff}' | '\u{2010}'..='\u{2027}' | '€' | '№')
}

/// `^FH_`: an underscore and two digits are a byte.
fn escape(zpl: &mut String, text: &str) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |half: u8| DIGITS.get(usize::from(half)).map_or('0', |digit| char::from(*digit));
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b' ' | b'.' | b',' | b'-' => zpl.push(byte.into()),
            byte => zpl.extend(['_', digit(byte >> 4), digit(byte & 15)]),
        }
    }
}
