//! A template: blocks of lines or tables, in which fields stand in braces. Data, in TOML; `docs/formats/template.md` fixes it.

use bailee_core::catalogue::Catalogue;
use bailee_core::path::{FieldSelector, Step as PathStep, steps};
use bailee_core::written;
use bailee_core::{Class, Kind};
use serde::Deserialize;

use crate::error::TemplateError;
use crate::paper::Paper;

/// Most bytes of a template: twenty times the longest of the program's own.
pub const TEMPLATE_BYTES_MAX: usize = 64 * 1024;
/// Most blocks of a template, and most lines, columns or cells of a block: more than a page has.
const BLOCK_MAX: usize = 100;

/// Millimetres that a page may be wide or high: from a small label to more than A4.
const PAGE_MM: std::ops::RangeInclusive<u16> = 20..=300;
/// Points that a text may be high.
const SIZE_POINTS: std::ops::RangeInclusive<u8> = 4..=72;
const SIZE_POINTS_USUAL: u8 = 10;

/// A template that was found to fit its paper.
#[derive(Clone, Debug)]
pub struct Template {
    pub(crate) paper: Paper,
    pub(crate) kind: Kind,
    pub(crate) title: String,
    pub(crate) page: Page,
    pub(crate) blocks: Vec<Block>,
}

/// Of a label.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    pub(crate) width_mm: u16,
    pub(crate) height_mm: u16,
    /// A font that lies on the printer and has more letters than its own.
    #[serde(default)]
    pub(crate) printer_font: Option<String>,
}

/// 100 by 150 mm, which most printers of labels hold.
impl Default for Page {
    fn default() -> Self {
        Self { width_mm: 100, height_mm: 150, printer_font: None }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) heading: Option<String>,
    pub(crate) size: u8,
    /// The list of which it shows each element.
    pub(crate) each: Option<Vec<Step>>,
    pub(crate) shows: Shows,
}

#[derive(Clone, Debug)]
pub(crate) enum Shows {
    Lines(Vec<Line>),
    Table { columns: Vec<String>, cells: Vec<Line> },
}

/// Words of the template's and fields.
pub(crate) type Line = Vec<Piece>;

#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Words(String),
    Field { path: String, steps: Vec<Step>, within: bool },
}

/// One step into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Member(String),
    Element,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    title: String,
    #[serde(default)]
    kind: Option<Kind>,
    #[serde(default)]
    page: Option<Page>,
    #[serde(default)]
    block: Vec<WrittenBlock>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenBlock {
    #[serde(default)]
    heading: Option<String>,
    #[serde(default)]
    size: Option<u8>,
    #[serde(default)]
    each: Option<String>,
    #[serde(default)]
    lines: Vec<String>,
    #[serde(default)]
    columns: Vec<String>,
    #[serde(default)]
    cells: Vec<String>,
}

impl Template {
    /// The template of a paper that comes with the program.
    ///
    /// # Errors
    /// A mistake in the program, which its tests find.
    pub fn embedded(paper: Paper) -> Result<Self, TemplateError> {
        let toml = match paper {
            Paper::Label => include_str!("templates/label.toml"),
            Paper::PackingSlip => include_str!("templates/packing-slip.toml"),
            Paper::Invoice => include_str!("templates/invoice.toml"),
        };
        Self::read(paper, toml)
    }

    /// Reads a template of a paper.
    ///
    /// # Errors
    /// The first thing in it that cannot be read or is not allowed.
    pub fn parse(paper: Paper, toml: &str, catalogue: &Catalogue) -> Result<Self, TemplateError> {
        let template = Self::read(paper, toml)?;
        template.check(catalogue)?;
        Ok(template)
    }

    fn read(paper: Paper, toml: &str) -> Result<Self, TemplateError> {
        if toml.len() > TEMPLATE_BYTES_MAX {
            return Err(TemplateError::TooLong);
        }
        let Written { title, kind, page, block } = written::read(toml, &[])?;
        let page = page.unwrap_or_default();
        if ![page.width_mm, page.height_mm].iter().all(|mm| PAGE_MM.contains(mm)) {
            return Err(TemplateError::Page);
        }
        if page.printer_font.as_deref().is_some_and(|font| !is_printer_font(font)) {
            return Err(TemplateError::PrinterFont);
        }
        if block.is_empty() || block.len() > BLOCK_MAX {
            return Err(TemplateError::Block(block.len()));
        }
        let numbered = block.into_iter().zip(1..);
        let blocks =
            numbered.map(|(block, number)| read_block(block, number, paper)).collect::<Result<_, _>>()?;
        Ok(Self { paper, kind: kind.unwrap_or(Kind::Order), title, page, blocks })
    }

    /// Of what it is.
    pub fn paper(&self) -> Paper {
        self.paper
    }

    /// Of which kind of record.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether it names nothing but facts and fields of its purpose, as the catalogue is now.
    ///
    /// # Errors
    /// [`TemplateError::Unknown`]; [`TemplateError::Purpose`].
    pub fn check(&self, catalogue: &Catalogue) -> Result<(), TemplateError> {
        let purpose = self.paper.purpose();
        for (block, path) in self.paths() {
            let field = catalogue.field_at(self.kind, path).ok_or(TemplateError::Unknown(block))?;
            if field.class == Some(Class::Unclassified) || !field.allows(purpose) {
                return Err(TemplateError::Purpose { block, path: path.to_owned(), purpose });
            }
        }
        Ok(())
    }

    /// The personal fields that it names: what has to be revealed for it.
    pub fn personal(&self, catalogue: &Catalogue) -> Vec<FieldSelector> {
        let personal = |path: &&str| {
            catalogue.field_at(self.kind, path).is_none_or(bailee_core::catalogue::Field::is_personal)
        };
        let paths = self.paths().map(|(_, path)| path).filter(personal);
        paths.filter_map(|path| path.parse().ok()).collect()
    }

    /// Every field that it names, with the number of its block.
    fn paths(&self) -> impl Iterator<Item = (usize, &str)> {
        self.blocks.iter().zip(1..).flat_map(|(block, number)| {
            let lines = match &block.shows {
                Shows::Lines(lines) => lines,
                Shows::Table { cells, .. } => cells,
            };
            lines.iter().flatten().filter_map(move |piece| match piece {
                Piece::Field { path, .. } => Some((number, path.as_str())),
                Piece::Words(_) => None,
            })
        })
    }
}

fn read_block(block: WrittenBlock, number: usize, paper: Paper) -> Result<Block, TemplateError> {
    let WrittenBlock { heading, size, each, lines, columns, cells } = block;
    let size = size.unwrap_or(SIZE_POINTS_USUAL);
    if !SIZE_POINTS.contains(&size) {
        return Err(TemplateError::Page);
    }
    let each = each.map(|path| read_steps(&path)).transpose().map_err(|()| TemplateError::Braces(number))?;
    let read = |lines: &[String]| -> Result<Vec<Line>, TemplateError> {
        let line = |line: &String| read_line(line, each.as_deref());
        lines.iter().map(line).collect::<Result<_, ()>>().map_err(|()| TemplateError::Braces(number))
    };
    let shows = match (lines.len(), columns.len(), cells.len()) {
        (1..=BLOCK_MAX, 0, 0) => Shows::Lines(read(&lines)?),
        (0, columns_count, 1..=BLOCK_MAX) if columns_count == cells.len() => {
            if paper == Paper::Label {
                return Err(TemplateError::Table(number));
            }
            Shows::Table { cells: read(&cells)?, columns }
        }
        _ => return Err(TemplateError::Block(number)),
    };
    Ok(Block { heading, size, each, shows })
}

/// Takes a line apart.
fn read_line(line: &str, each: Option<&[Step]>) -> Result<Line, ()> {
    let (mut pieces, mut words, mut rest) = (Vec::new(), String::new(), line);
    while let Some((before, after)) = rest.split_once('{') {
        words.push_str(before);
        if let Some(more) = after.strip_prefix('{') {
            words.push('{');
            rest = more;
            continue;
        }
        let (path, more) = after.split_once('}').ok_or(())?;
        if !words.is_empty() {
            pieces.push(Piece::Words(std::mem::take(&mut words)));
        }
        let all = read_steps(path)?;
        let inner = each.and_then(|each| all.strip_prefix(each)).map(<[Step]>::to_vec);
        let within = inner.is_some();
        pieces.push(Piece::Field { path: path.to_owned(), steps: inner.unwrap_or(all), within });
        rest = more;
    }
    words.push_str(rest);
    if !words.is_empty() {
        pieces.push(Piece::Words(words));
    }
    Ok(pieces)
}

fn read_steps(path: &str) -> Result<Vec<Step>, ()> {
    // As the catalogue reads it: what is no path there is none here.
    let _: FieldSelector = path.parse().map_err(|_| ())?;
    let step = |step: PathStep<'_>| match step {
        PathStep::Member(name) => Ok(Step::Member(name.into_owned())),
        PathStep::Element(id) if id.is_empty() => Ok(Step::Element),
        // A template is of every record, and no record has the same ids.
        PathStep::Element(_) => Err(()),
    };
    steps(path).map(step).collect()
}

/// A drive, a name and what kind of font: what goes into a printer's command unchanged.
fn is_printer_font(font: &str) -> bool {
    let Some((drive, name)) = font.split_once(':') else { return false };
    let Some((name, kind)) = name.split_once('.') else { return false };
    let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    drive.len() == 1
        && is_word(drive)
        && (1..=16).contains(&name.len())
        && is_word(name)
        && ["TTF", "TTE", "OTF", "FNT"].contains(&kind)
}
