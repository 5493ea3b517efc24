//! `bailee keys split` and `join`: the root key in the hands of several people, some of whom bring it back.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use bailee_core::Sensitive;
use bailee_crypto::escrow::share::TEXT_BYTES_MAX;
use bailee_crypto::escrow::{self, About, SHARES_MAX, Share, THRESHOLD_MIN};
use bailee_crypto::keyring::Unanchored;
use bailee_crypto::lasting::Binding;
use bailee_crypto::random::SystemEntropy;
use clap::Args;
use serde_json::json;
use zeroize::Zeroizing;

use crate::commands::proposal::tell_filed;
use crate::draft::{Drafts, refuse_existing};
use crate::failure::{Exit, Failure, Result};
use crate::home::config::Config;
use crate::home::places;
use crate::screen::{self, Asked, GOOD};
use crate::visit::{Global, elsewhere};

/// The sheets, with names in braces for what is of one share.
const SHEET_HTML: &str = include_str!("share.html");
const SHEET_TEXT: &str = include_str!("share.txt");

/// Split the root key among people, any few of whom bring it back.
///
/// Each gets a sheet: DIR/share-1.html to be printed, and DIR/share-1.txt with the same for a medium. Fewer shares than the threshold say
/// nothing of the key. Give each to its person and destroy the files: whoever has enough of them has the key. It works where the home
/// is, and where its root key is a file, under a passphrase, or a credential of the service manager. The root key stays as it is.
#[derive(Debug, Args)]
#[command(after_help = "\
It takes an owner with a fresh second factor, and a second person where the home asks for one: then it is proposed, another owner or
officer approves it with `bailee proposal approve`, and you run the same command again.

Example:
  bailee keys split --shares 5 --threshold 3 --out /media/ramdisk/shares

Where the root key is a credential, with that handed over as to the service:
  systemd-run --pty --uid=bailee -p LoadCredentialEncrypted=bailee-root-key bailee keys split …")]
pub(super) struct Split {
    /// How many shares: one for each person.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(i64::from(THRESHOLD_MIN)..=i64::from(SHARES_MAX)))]
    shares: u8,
    /// How many of them bring the key back.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u8).range(i64::from(THRESHOLD_MIN)..=i64::from(SHARES_MAX)))]
    threshold: u8,
    /// The directory for the sheets. It must be missing.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Read the passphrase of the root key from the first line of standard input.
    #[arg(long)]
    passphrase_stdin: bool,
}

impl Split {
    pub(super) fn run(&self, global: &Global) -> Result<Exit> {
        if global.server.is_some() {
            return Err(elsewhere());
        }
        escrow::check(self.shares, self.threshold).map_err(Failure::usage)?;
        refuse_existing(&self.out)?;
        let config = Config::read(&global.home)?;
        places::outside(&global.home, &config.mirrors, "directory for the sheets", &self.out)
            .map_err(Failure::usage)?;
        let passphrase = config.root_key.ask(self.passphrase_stdin)?;
        let root = config.root_key.open(&global.home, passphrase.as_ref())?;
        let binding = Binding { home: config.id, environment: config.environment };
        let shares = escrow::split(&root, binding, self.shares, self.threshold, &SystemEntropy);
        let shares = shares.map_err(Failure::failed)?;
        // A key that does not open this keyring is not worth keeping.
        let mirrors: Vec<PathBuf> = config.mirrors.iter().map(|mirror| global.home.join(mirror)).collect();
        Unanchored::look(Box::new(root), binding, &mirrors).map(drop).map_err(Failure::failed)?;
        // Before it is asked for: an approval is good for once.
        let sheets = Sheets::begin(&self.out, self.shares)?;
        global.visit_with(passphrase.as_ref(), |visit| {
            let question = json!({ "shares": self.shares, "threshold": self.threshold });
            let answer = visit.client.post("/v1/keys/splits", &question)?;
            if answer.member("proposed_by").is_some() {
                tell_filed(visit, &answer)?;
                visit.screen.note("once it is approved, run the same command again");
                return Ok(Exit::Done);
            }
            let files = sheets.write(&shares)?;
            let Some(about) = shares.first().map(Share::about) else { return Ok(Exit::Done) };
            if visit.screen.is_json() {
                visit.screen.json(&json!({
                    "home": about.binding.home,
                    "set": set(about),
                    "root_key": about.root.to_string(),
                    "shares": about.shares,
                    "threshold": about.threshold,
                    "files": files,
                }))?;
                return Ok(Exit::Done);
            }
            visit.screen.line(format_args!(
                "{GOOD}split{GOOD:#}: any {} of {} shares in {} bring the root key {} back",
                about.threshold,
                about.shares,
                self.out.display(),
                about.root
            ))?;
            visit.screen.note("print each sheet, give it to its person, and destroy the files; try it out with `bailee keys join`");
            Ok(Exit::Done)
        })
    }
}

fn set(about: &About) -> String {
    data_encoding::HEXLOWER.encode(&about.set)
}

/// The files of the sheets, begun in a directory of their own, which goes again where none is written.
struct Sheets<'a> {
    out: &'a Path,
    drafts: Option<Drafts>,
}

impl<'a> Sheets<'a> {
    fn begin(out: &'a Path, shares: u8) -> Result<Self> {
        let made = fs::DirBuilder::new().mode(0o700).create(out);
        made.map_err(|error| Failure::file(out, &error))?;
        let mut sheets = Self { out, drafts: None };
        let names: Vec<PathBuf> = (1..=shares)
            .flat_map(|number| ["html", "txt"].map(|ending| sheets.file(number, ending)))
            .collect();
        sheets.drafts = Some(Drafts::of(names.iter().map(PathBuf::as_path))?);
        Ok(sheets)
    }

    fn file(&self, number: u8, ending: &str) -> PathBuf {
        self.out.join(format!("share-{number}.{ending}"))
    }

    /// Writes them; the text files.
    fn write(mut self, shares: &[Share]) -> Result<Vec<PathBuf>> {
        let written: Vec<_> = shares
            .iter()
            .flat_map(|share| [SHEET_HTML, SHEET_TEXT].map(|sheet| filled(sheet, share)))
            .collect();
        let contents: Vec<&[u8]> = written.iter().map(|sheet| sheet.as_bytes()).collect();
        self.drafts.take().map_or(Ok(()), |drafts| drafts.write(&contents))?;
        Ok(shares.iter().map(|share| self.file(share.number(), "txt")).collect())
    }
}

impl Drop for Sheets<'_> {
    fn drop(&mut self) {
        self.drafts = None;
        // Best effort, and none where the sheets are in it.
        let _ = fs::remove_dir(self.out);
    }
}

fn filled(sheet: &str, share: &Share) -> Zeroizing<String> {
    let about = share.about();
    let lines = share.lines();
    let room = lines.iter().map(|line| line.len() + 1).sum();
    let mut written = Zeroizing::new(String::with_capacity(room));
    for line in &lines {
        written.push_str(line);
        written.push('\n');
    }
    let open = sheet
        .replace("{number}", &share.number().to_string())
        .replace("{shares}", &about.shares.to_string())
        .replace("{threshold}", &about.threshold.to_string())
        .replace("{home}", &about.binding.home.to_string())
        .replace("{environment}", about.binding.environment.as_str())
        .replace("{set}", &set(about))
        .replace("{root}", &about.root.to_string());
    // Last, so that no copy of a share is left where something else was put in.
    Zeroizing::new(open.replace("{lines}", &written))
}

/// Bring the root key back from shares. No home is needed.
///
/// As many shares of one set as it takes, whichever they are, each in a file: share-1.txt, or the numbered lines of a sheet as somebody
/// typed them. A typing error is told by its line. What comes of it is held against the fingerprint on the sheets before it is written.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailee keys join --out root.key share-1.txt share-4.txt share-5.txt")]
pub(super) struct Join {
    /// The file for the root key. It must not be there yet.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Seal it under a passphrase, which is asked for at the terminal.
    #[arg(long)]
    passphrase: bool,
    /// The same, and read the passphrase from the first line of standard input.
    #[arg(long, conflicts_with = "passphrase")]
    passphrase_stdin: bool,
    /// A file with a share.
    #[arg(value_name = "SHARE", required = true, num_args = 1..)]
    shares: Vec<PathBuf>,
}

impl Join {
    pub(super) fn run(&self, global: &Global) -> Result<Exit> {
        if global.server.is_some() {
            return Err(Failure::usage("this command works on this machine; leave out --server"));
        }
        refuse_existing(&self.out)?;
        let shares: Vec<Share> = self.shares.iter().map(|path| read(path)).collect::<Result<_>>()?;
        let (root, about) = escrow::join(&shares).map_err(Failure::failed)?;
        let passphrase: Option<Sensitive<String>> = match (self.passphrase, self.passphrase_stdin) {
            (false, false) => None,
            (true, _) => Some(screen::passphrase("new passphrase of the root key", Asked::Twice)?),
            (false, true) => Some(screen::stdin_line()?),
        };
        let kept = match &passphrase {
            None => root.keep(&self.out),
            Some(passphrase) => root.keep_sealed(&self.out, passphrase, &SystemEntropy),
        };
        kept.map_err(Failure::failed)?;
        let Binding { home, environment } = about.binding;
        if global.screen.is_json() {
            global.screen.json(&json!({
                "out": self.out,
                "home": home,
                "environment": environment,
                "root_key": about.root.to_string(),
            }))?;
            return Ok(Exit::Done);
        }
        global.screen.line(format_args!(
            "{GOOD}joined{GOOD:#}: the root key {} of {environment} home {home} is in {}",
            about.root,
            self.out.display()
        ))?;
        Ok(Exit::Done)
    }
}

/// A share in a file, which nobody else may read.
fn read(path: &Path) -> Result<Share> {
    use std::io::Read;
    let unusable = |error: std::io::Error| Failure::file(path, &error);
    let file = fs::File::open(path).map_err(unusable)?;
    if file.metadata().map_err(unusable)?.mode() & 0o077 != 0 {
        return Err(Failure::failed(format_args!(
            "{} may be read by others; run `chmod 600` on it (2.4.b)",
            path.display()
        )));
    }
    let limit = TEXT_BYTES_MAX as u64 + 1;
    let mut text = Zeroizing::new(String::with_capacity(TEXT_BYTES_MAX + 1));
    file.take(limit).read_to_string(&mut text).map_err(unusable)?;
    Share::parse(&text).map_err(|error| Failure::failed(format_args!("{}: {error}", path.display())))
}
