//! Fonts, as a home has them. Of each letter the first that has it draws it.

use std::sync::Arc;

use krilla::Data;
use krilla::text::Font;
use rustybuzz::Face;

/// Most fonts that are looked through.
pub const FONTS_MAX: usize = 16;
/// Most bytes of one: those of Chinese, Japanese and Korean letters together have some 20 MB.
pub const FONT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The fonts that documents are drawn with, the first that has a letter first.
#[derive(Clone, Default)]
pub struct Fonts(Vec<(Font, Arc<Vec<u8>>)>);

impl Fonts {
    /// Takes one in; of a collection the first. Whether it is one, and finds room.
    pub fn add(&mut self, file: Vec<u8>) -> bool {
        let file = Arc::new(file);
        let shared: Arc<Vec<u8>> = Arc::clone(&file);
        let Some(font) = Font::new(Data::from(shared), 0) else { return false };
        if self.0.len() >= FONTS_MAX || Face::from_slice(&file, 0).is_none() {
            return false;
        }
        self.0.push((font, file));
        true
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same, ready to shape text.
    pub(crate) fn faces(&self) -> Vec<(Font, Face<'_>)> {
        self.0.iter().filter_map(|(font, file)| Some((font.clone(), Face::from_slice(file, 0)?))).collect()
    }
}
