//! Why there is no document. No text of these quotes a value, nor what stands in a template.

use bailee_core::requirement::Requirement;
use bailee_core::written::Unreadable;

/// Why a template is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Longer than any template.
    #[error("a template has at most {} bytes", crate::TEMPLATE_BYTES_MAX)]
    TooLong,
    /// No TOML, or not what belongs there.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// More blocks, lines or columns than a page has.
    #[error("block {0} has more lines or cells than a page, or none, or as many columns as it has no cells")]
    Block(usize),
    /// A brace without its other half, or a path that is none.
    #[error(
        "block {0}: a field stands in braces, as in `{{buyer.buyerName}}`; a brace itself is written `{{{{`"
    )]
    Braces(usize),
    /// A page that is none.
    #[error("a label's page is 20 to 300 mm wide and high, and its text 4 to 72 points")]
    Page,
    /// A font of a printer that is none.
    #[error("a printer's font is written as on the printer, such as `E:NOTO.TTF`")]
    PrinterFont,
    /// A table on a label.
    #[error("block {0} is a table, and a label has lines only")]
    Table(usize),
    /// A field that there is not.
    #[error(
        "block {0} names a field that the catalogue does not know; `bailee catalogue list` says which there are"
    )]
    Unknown(usize),
    /// A field that is not for its purpose.
    #[error(
        "block {block} names `{path}`, which is not for the purpose `{purpose}` (2.1.b); leave it out, or see `bailee catalogue list`"
    )]
    Purpose {
        /// In which block, from 1.
        block: usize,
        /// Which field: a path of the catalogue's own.
        path: String,
        /// What the paper is for.
        purpose: bailee_core::Purpose,
    },
}

impl TemplateError {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Purpose { .. } => "purpose-not-of-field",
            _ => "template-unusable",
        }
    }

    /// The requirement that it serves to refuse it, where it does.
    pub const fn requirement(&self) -> Option<Requirement> {
        match self {
            Self::Purpose { .. } => Some(Requirement::PurposeLimits),
            _ => None,
        }
    }
}

/// Why a sheet cannot be written in a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The form is not one of this paper.
    #[error("a label comes as pdf or zpl, a packing-slip or an invoice as html")]
    Form,
    /// It does not fit on its page.
    #[error(
        "this does not fit on its page, and nothing is cut off; use a template with a larger page or smaller text"
    )]
    TooLong,
    /// No font has all of its letters.
    #[error(
        "no font here has all letters of this document, and none is left out; put one that has them into the home's directory `fonts`, and start anew"
    )]
    NoFont,
    /// The printer's own font may not have all of its letters.
    #[error(
        "a label printer's own font may not have all letters of this document; name a font that lies on the printer as `printer_font` in the template, or ask for pdf"
    )]
    NoPrinterFont,
    /// The library made none.
    #[error("the document could not be made")]
    Failed,
}

impl RenderError {
    /// A stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Form => "unacceptable",
            Self::TooLong => "print-too-long",
            Self::NoFont | Self::NoPrinterFont => "print-without-font",
            Self::Failed => "print-not-made",
        }
    }
}
