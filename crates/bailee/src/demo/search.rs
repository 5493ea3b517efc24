//! Searches files for values, in the forms in which values hide.

use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER};

use crate::failure::{Failure, Result};

/// What a search came to.
pub(super) struct Searched {
    pub(super) files: usize,
    pub(super) bytes: u64,
    /// Files in which a value was found.
    pub(super) found: Vec<PathBuf>,
}

/// Searches every file below these directories for the values: plain, base64 at each of its three alignments,
/// hexadecimal, percent-encoded, and UTF-16.
pub(super) fn search(directories: &[PathBuf], values: &[String]) -> Result<Searched> {
    let needles: Vec<Vec<u8>> = values.iter().flat_map(|value| forms(value)).collect();
    let mut searched = Searched { files: 0, bytes: 0, found: Vec::new() };
    for directory in directories {
        each_file(directory, &mut |path, content| {
            searched.files += 1;
            searched.bytes += content.len() as u64;
            if needles.iter().any(|needle| contains(content, needle)) {
                searched.found.push(path.to_owned());
            }
        })?;
    }
    Ok(searched)
}

/// The forms of a value.
fn forms(value: &str) -> Vec<Vec<u8>> {
    let bytes = value.as_bytes();
    let percent = bytes.iter().map(|byte| match byte.is_ascii_alphanumeric() {
        true => char::from(*byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    let mut forms = vec![
        bytes.to_vec(),
        HEXLOWER.encode(bytes).into_bytes(),
        percent.collect::<String>().into_bytes(),
        value.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        value.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    ];
    // Without their first and last characters, which depend on what stands around the value.
    forms.extend((0..3).filter_map(|pad| {
        let encoded = BASE64.encode(&[&vec![0; pad], bytes].concat());
        encoded
            .trim_end_matches('=')
            .get(4..)
            .and_then(|text| text.get(..text.len().saturating_sub(2)))
            .map(Into::into)
    }));
    forms.retain(|form: &Vec<u8>| form.len() >= 4);
    forms
}

fn contains(content: &[u8], needle: &[u8]) -> bool {
    content.windows(needle.len()).any(|window| window == needle)
}

fn each_file(directory: &Path, visit: &mut dyn FnMut(&Path, &[u8])) -> Result<()> {
    let unusable = |error| Failure::file(directory, &error);
    for entry in fs::read_dir(directory).map_err(unusable)? {
        let path = entry.map_err(unusable)?.path();
        if path.is_dir() {
            each_file(&path, visit)?;
        } else {
            visit(&path, &fs::read(&path).map_err(unusable)?);
        }
    }
    Ok(())
}

/// Copies a directory with everything in it but what `skip` names at its top.
pub(super) fn copy(from: &Path, to: &Path, skip: &[&str]) -> Result<()> {
    fs::create_dir_all(to).map_err(|error| Failure::file(to, &error))?;
    for entry in fs::read_dir(from).map_err(|error| Failure::file(from, &error))? {
        let path = entry.map_err(|error| Failure::file(from, &error))?.path();
        let Some(name) = path.file_name() else { continue };
        if skip.iter().any(|skipped| name == *skipped) {
            continue;
        }
        if path.is_dir() {
            copy(&path, &to.join(name), &[])?;
        } else {
            fs::copy(&path, to.join(name)).map_err(|error| Failure::file(&path, &error))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_value_is_found() {
        let value = "Jürgen Äckermann".to_owned();
        let needles = forms(&value);
        let hidden = [
            value.clone().into_bytes(),
            BASE64.encode(format!("xy{value}z").as_bytes()).into_bytes(),
            BASE64.encode(format!("x{value}").as_bytes()).into_bytes(),
            HEXLOWER.encode(format!("--{value}").as_bytes()).into_bytes(),
            "J%C3%BCrgen%20%C3%84ckermann".into(),
            value.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ];
        for content in hidden {
            assert!(needles.iter().any(|needle| contains(&content, needle)));
        }
        assert!(!needles.iter().any(|needle| contains(b"nothing of it", needle)));
    }
}
