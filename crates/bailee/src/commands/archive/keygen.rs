//! `bailee archive keygen`: the offline key. Made where no home is, and never brought to one.

use std::path::{Path, PathBuf};

use bailee_crypto::archive::OfflineKey;
use clap::Args;
use serde_json::json;

use crate::draft::Drafts;
use crate::failure::{Exit, Failure, Result};
use crate::visit::Global;

/// The sheet, with names in braces for what is of one key.
const SHEET: &str = include_str!("sheet.html");

/// Make an offline key, on another machine than the home's. No home is needed.
///
/// FILE.key is the private half: keep it apart from the archives, twice, on media that lie in two places. FILE.pub.pem is the
/// public half, for `bailee archive key add`. FILE.html is a sheet to be printed and laid beside FILE.key: what it is, how an
/// archive is opened with it, and how to destroy it. None of them may be there yet.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailee archive keygen --year 2036 --out 2036")]
pub(super) struct Keygen {
    /// The year in which the statutes end for which it is. When that is over the key is destroyed, and with it every archive
    /// under it, wherever its copies lie.
    #[arg(long, value_name = "YYYY", value_parser = clap::value_parser!(i16).range(2000..=9999))]
    year: i16,
    /// What the files are called.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Keygen {
    pub(super) fn run(&self, global: &Global) -> Result<Exit> {
        global.refuse_server()?;
        let [private, public, sheet] = ["key", "pub.pem", "html"].map(|ending| beside(&self.out, ending));
        // The private half comes first: what is made of it is of no use without it.
        let drafts = Drafts::of([&*private, &*public, &*sheet])?;
        let key = OfflineKey::generate().map_err(Failure::failed)?;
        let fingerprint = key.public.fingerprint();
        let public_pem = key.public.pem().map_err(Failure::failed)?;
        let printed = sheet_of(self.year, &fingerprint);
        drafts.write(&[key.private_pem.as_bytes(), public_pem.as_bytes(), printed.as_bytes()])?;
        if global.screen.is_json() {
            let made = json!({
                "year": self.year,
                "fingerprint": fingerprint,
                "private": private,
                "public": public,
                "sheet": sheet,
            });
            global.screen.json(&made)?;
            return Ok(Exit::Done);
        }
        global.screen.line(format_args!(
            "{} opens what is sealed to {fingerprint}; keep it apart from the archives, twice, and print {}",
            private.display(),
            sheet.display()
        ))?;
        global.screen.note(format_args!(
            "in the home: `bailee archive key add {} --year {}`",
            public.display(),
            self.year
        ));
        Ok(Exit::Done)
    }
}

fn sheet_of(year: i16, fingerprint: &str) -> String {
    let grouped: Vec<&str> =
        (0..fingerprint.len()).step_by(8).filter_map(|at| fingerprint.get(at..at + 8)).collect();
    SHEET.replace("{year}", &year.to_string()).replace("{fingerprint}", &grouped.join(" "))
}

fn beside(out: &Path, ending: &str) -> PathBuf {
    let mut path = out.as_os_str().to_owned();
    path.push(".");
    path.push(ending);
    PathBuf::from(path)
}
