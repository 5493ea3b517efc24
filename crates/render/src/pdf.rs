//! A page for any printer. Letters are drawn by the fonts that the home has; where none has a letter, nothing is drawn.

use bailee_core::Sensitive;
use krilla::Document;
use krilla::geom::Point;
use krilla::page::PageSettings;
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, Face, UnicodeBuffer};
use unicode_bidi::{BidiInfo, Level};

use crate::error::RenderError;
use crate::fill::{FilledShows, Sheet};
use crate::font::Fonts;
use crate::paper::Paper;
use crate::text::wrapped;

const POINTS_PER_MM: f32 = 72.0 / 25.4;
const MARGIN_MM: f32 = 5.0;
/// From one line to the next, in heights of a letter.
const LEADING: f32 = 1.25;
const FOOTER_POINTS: f32 = 6.0;

/// Writes it.
pub(crate) fn write(sheet: &Sheet, fonts: &Fonts) -> Result<Sensitive<Vec<u8>>, RenderError> {
    if sheet.paper != Paper::Label {
        return Err(RenderError::Form);
    }
    let (width, height) =
        (f32::from(sheet.page.width_mm) * POINTS_PER_MM, f32::from(sheet.page.height_mm) * POINTS_PER_MM);
    let margin = MARGIN_MM * POINTS_PER_MM;
    let mut document = Document::new();
    let settings = PageSettings::from_wh(width, height).ok_or(RenderError::Failed)?;
    let mut page = document.start_page_with(settings);
    let mut pen = Pen {
        surface: page.surface(),
        faces: fonts.faces(),
        left: margin,
        width: width - 2.0 * margin,
        y: margin,
        end: height - margin - FOOTER_POINTS * LEADING,
    };
    for block in &sheet.blocks {
        let FilledShows::Lines(lines) = &block.shows else { return Err(RenderError::Form) };
        let size = f32::from(block.size);
        let texts = block.heading.iter().map(String::as_str).chain(lines.iter().map(|line| line.as_str()));
        for text in texts {
            pen.text(text, size)?;
        }
        pen.y += size / 2.0;
    }
    (pen.y, pen.end) = (pen.end, height);
    pen.text(&sheet.footer, FOOTER_POINTS)?;
    drop(pen);
    page.finish();
    document.finish().map(Sensitive::new).map_err(|_| RenderError::Failed)
}

struct Pen<'p, 'f> {
    surface: Surface<'p>,
    faces: Vec<(Font, Face<'f>)>,
    left: f32,
    width: f32,
    y: f32,
    end: f32,
}

/// Letters of one font in one direction.
struct Run<'t> {
    text: &'t str,
    face: usize,
    glyphs: Vec<KrillaGlyph>,
    width: f32,
}

impl Pen<'_, '_> {
    /// Draws a text in as many lines as it takes.
    fn text(&mut self, text: &str, size: f32) -> Result<(), RenderError> {
        if text.chars().any(|letter| !is_of_another(letter) && self.face_of(letter).is_none()) {
            return Err(RenderError::NoFont);
        }
        for line in wrapped(text, self.width / size, |letter| self.letter_width(letter)) {
            if self.y + size > self.end {
                return Err(RenderError::TooLong);
            }
            self.line(&line, size)?;
            self.y += size * LEADING;
        }
        Ok(())
    }

    fn line(&mut self, line: &str, size: f32) -> Result<(), RenderError> {
        let bidi = BidiInfo::new(line, None);
        let Some(paragraph) = bidi.paragraphs.first() else { return Ok(()) };
        let (levels, ranges) = bidi.visual_runs(paragraph, paragraph.range.clone());
        let mut runs = Vec::new();
        for range in ranges {
            let level = levels.get(range.start).copied().unwrap_or_else(Level::ltr);
            runs.extend(self.runs(line.get(range).unwrap_or_default(), level.is_rtl())?);
        }
        let whole: f32 = runs.iter().map(|run| run.width * size).sum();
        let mut x = if paragraph.level.is_rtl() { self.left + self.width - whole } else { self.left };
        for run in runs {
            let Some((font, _)) = self.faces.get(run.face) else { continue };
            let at = Point::from_xy(x, self.y + size);
            self.surface.draw_glyphs(at, &run.glyphs, font.clone(), run.text, size, false);
            x += run.width * size;
        }
        Ok(())
    }

    /// Cuts a text of one direction where another font has to draw it; from left to right, as it is read on paper.
    fn runs<'t>(&self, text: &'t str, is_rtl: bool) -> Result<Vec<Run<'t>>, RenderError> {
        let mut pieces: Vec<(usize, usize)> = Vec::new();
        for (at, letter) in text.char_indices() {
            let held = pieces.last().map(|(_, face)| *face);
            let own = if is_of_another(letter) { None } else { self.face_of(letter) };
            let face = own.or(held).unwrap_or(0);
            if held != Some(face) {
                pieces.push((at, face));
            }
        }
        let ends = pieces.iter().skip(1).map(|(at, _)| *at).chain([text.len()]);
        let runs = pieces
            .iter()
            .zip(ends)
            .map(|((start, face), end)| self.shape(text.get(*start..end).unwrap_or_default(), *face, is_rtl));
        let mut runs: Vec<Run<'t>> = runs.collect::<Result<_, _>>()?;
        if is_rtl {
            runs.reverse();
        }
        Ok(runs)
    }

    fn shape<'t>(&self, text: &'t str, face: usize, is_rtl: bool) -> Result<Run<'t>, RenderError> {
        let (_, shaper) = self.faces.get(face).ok_or(RenderError::NoFont)?;
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(if is_rtl { Direction::RightToLeft } else { Direction::LeftToRight });
        let shaped = rustybuzz::shape(shaper, &[], buffer);
        let mut starts: Vec<usize> = shaped.glyph_infos().iter().map(|info| info.cluster as usize).collect();
        starts.sort_unstable();
        let em = units(shaper.units_per_em());
        let (mut glyphs, mut width) = (Vec::with_capacity(shaped.len()), 0.0);
        for (info, position) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
            if info.glyph_id == 0 {
                return Err(RenderError::NoFont);
            }
            let start = info.cluster as usize;
            let end = starts.iter().copied().find(|other| *other > start).unwrap_or(text.len());
            let advance = units(position.x_advance) / em;
            width += advance;
            glyphs.push(KrillaGlyph::new(
                GlyphId::new(info.glyph_id),
                advance,
                units(position.x_offset) / em,
                units(position.y_offset) / em,
                units(position.y_advance) / em,
                start..end,
                None,
            ));
        }
        Ok(Run { text, face, glyphs, width })
    }

    fn face_of(&self, letter: char) -> Option<usize> {
        self.faces.iter().position(|(_, face)| face.glyph_index(letter).is_some())
    }

    /// How wide a letter is by itself, in heights.
    fn letter_width(&self, letter: char) -> f32 {
        let face = self.face_of(letter).and_then(|face| self.faces.get(face));
        let width = face.and_then(|(_, face)| {
            let glyph = face.glyph_index(letter)?;
            Some(f32::from(face.glyph_hor_advance(glyph)?) / units(face.units_per_em()))
        });
        width.unwrap_or(0.0)
    }
}

/// What shows nothing by itself and belongs to the letter before it: joiners and selectors of a variant.
const fn is_of_another(letter: char) -> bool {
    matches!(letter, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

/// A font's units are small whole numbers, which a float holds exactly.
#[expect(clippy::cast_precision_loss, reason = "less than 2^24")]
fn units(number: i32) -> f32 {
    number as f32
}
