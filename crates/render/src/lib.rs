//! Documents that are made inside, so that plaintext need not leave as data: labels, packing slips, invoices.
//!
//! A [`Template`] is data: it says which fields stand where, and can only name facts and fields of its paper's purpose
//! (2.1.b). [`Template::fill`] puts a record's values into it; [`Sheet::write`] makes a file of that. What a value holds
//! is text and never anything else: no markup, no printer's command, no script.
//!
//! Pure: templates and fonts are handed in, and nothing is kept.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::allow_attributes,
        reason = "tests may fail loudly"
    )
)]

mod error;
mod fill;
mod font;
mod html;
mod paper;
mod pdf;
mod template;
mod text;
mod zpl;

use bailee_core::Sensitive;

pub use error::{RenderError, TemplateError};
pub use fill::Sheet;
pub use font::{FONT_BYTES_MAX, FONTS_MAX, Fonts};
pub use paper::{Form, Paper};
pub use template::{TEMPLATE_BYTES_MAX, Template};

impl Sheet {
    /// Makes a file of it.
    ///
    /// # Errors
    /// [`RenderError`] where that form cannot show all of it: nothing is left out in silence.
    pub fn write(&self, form: Form, fonts: &Fonts) -> Result<Sensitive<Vec<u8>>, RenderError> {
        match form {
            Form::Html => Ok(html::write(self)),
            Form::Zpl => zpl::write(self),
            Form::Pdf => pdf::write(self, fonts),
        }
    }
}

#[cfg(test)]
mod tests;
