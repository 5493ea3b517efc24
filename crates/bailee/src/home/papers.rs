//! What a home's documents are made with: `<home>/templates/PAPER.toml`, and fonts of `<home>/fonts` and of the system.
//!
//! A template that cannot be read, or names a field that is not for its paper's purpose, stops the home: what is printed
//! must not be otherwise than its owner believes.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use bailee_core::catalogue::Catalogue;
use bailee_render::{FONT_BYTES_MAX, FONTS_MAX, Fonts, Paper, TEMPLATE_BYTES_MAX, Template};
use bailee_server::Papers;

use crate::failure::{Failure, Result};

const TEMPLATES: &str = "templates";
const FONTS: &str = "fonts";

/// Where systems keep fonts with many letters: Latin, Greek, Cyrillic, Arabic and Hebrew ones first, then Chinese, Japanese and
/// Korean ones.
const OF_THE_SYSTEM: [&str; 5] = [
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
    "/usr/share/fonts/TTF/DejaVuSans.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
];

/// The home's own templates.
pub(super) fn templates(root: &Path, catalogue: &Catalogue) -> Result<Vec<Template>> {
    let mut templates = Vec::new();
    for paper in Paper::ALL {
        let path = root.join(TEMPLATES).join(format!("{}.toml", paper.as_str()));
        let told =
            |words: &dyn std::fmt::Display| Failure::failed(format_args!("{}: {words}", path.display()));
        match fs::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(Failure::file(&path, &error)),
            Ok(found) if found.len() > TEMPLATE_BYTES_MAX as u64 => {
                return Err(told(&format_args!("a template has at most {TEMPLATE_BYTES_MAX} bytes")));
            }
            Ok(_) => {}
        }
        let toml = fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
        templates.push(Template::parse(paper, &toml, catalogue).map_err(|error| told(&error))?);
    }
    Ok(templates)
}

/// Those, and the fonts once they are needed.
pub(super) fn of(root: &Path, templates: &[Template]) -> Papers {
    let own = root.join(FONTS);
    Papers::new(templates.to_vec(), Box::new(move || fonts(&own)))
}

/// A file that is no font, or too long for one, is passed over: where a letter is missing, that is said.
fn fonts(own: &Path) -> Fonts {
    let entries = fs::read_dir(own).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).take(FONTS_MAX).collect();
    files.sort();
    files.extend(OF_THE_SYSTEM.map(PathBuf::from));
    let mut fonts = Fonts::default();
    for file in files {
        let fits = fs::metadata(&file).is_ok_and(|found| found.is_file() && found.len() <= FONT_BYTES_MAX);
        if let Some(bytes) = fits.then(|| fs::read(&file).ok()).flatten() {
            fonts.add(bytes);
        }
    }
    fonts
}
