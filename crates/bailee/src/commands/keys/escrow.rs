//! `bailee keys export` and `import`: the lasting half of the keyring, put away and brought back.

use std::path::PathBuf;

use bailee_core::Json;
use bailee_crypto::escrow::export::FILE_BYTES_MAX;
use clap::Args;
use data_encoding::BASE64;
use serde_json::json;

use crate::commands::backup::read_key;
use crate::commands::proposal::tell_filed;
use crate::draft::Drafts;
use crate::failure::{Exit, Failure, Result};
use crate::home::import::{Import as Importing, Place};
use crate::home::places;
use crate::screen::{GOOD, text};
use crate::visit::{Global, Visit, elsewhere};

/// Put the lasting keyring into a sealed file, for the day on which every mirror is lost.
///
/// It has the keys by which the ledger is signed, registers open, tokens resolve and tombstones hold. Never a key of what is sealed by
/// the day: with the file alone nothing personal opens, and nothing comes back that has ended. It is sealed under the root key, or for
/// the recipients of backups. Once is enough in a home's life, unless the root key or those recipients change.
#[derive(Debug, Args)]
#[command(after_help = "\
It takes an owner with a fresh second factor, and a second person where the home asks for one: then it is proposed, another owner or
officer approves it with `bailee proposal approve`, and you run the same command again.

Example:
  bailee keys export --out /media/stick/lasting.escrow
  bailee keys export --for-recipients --out /media/stick/lasting.escrow")]
pub(super) struct Export {
    /// The file. It must not be there yet.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Seal it for those whom `[backup] recipients` names, and not under the root key.
    #[arg(long)]
    for_recipients: bool,
}

impl Export {
    pub(super) fn run(&self, visit: &Visit) -> Result<Exit> {
        if !visit.is_remote() {
            places::outside(visit.root()?, &visit.config()?.mirrors, "exported keyring", &self.out)
                .map_err(Failure::usage)?;
        }
        let drafts = Drafts::of([&*self.out])?;
        let sealed_for = if self.for_recipients { "recipients" } else { "root-key" };
        let answer = visit.client.post("/v1/keys/exports", &json!({ "sealed_for": sealed_for }))?;
        if answer.member("proposed_by").is_some() {
            tell_filed(visit, &answer)?;
            visit.screen.note("once it is approved, run the same command again");
            return Ok(Exit::Done);
        }
        let file =
            answer.member("file").and_then(Json::as_str).and_then(|file| BASE64.decode(file.as_bytes()).ok());
        let file = file.ok_or_else(|| Failure::failed("the answer is no exported keyring; ask again"))?;
        drafts.write(&[&file])?;
        if visit.screen.is_json() {
            let recipients = answer.member("recipients").map(Json::elements).unwrap_or_default();
            let recipients: Vec<&str> = recipients.iter().filter_map(Json::as_str).collect();
            visit.screen.json(&json!({
                "out": self.out,
                "bytes": file.len(),
                "made_at": text(&answer, "made_at"),
                "sealed_for": sealed_for,
                "recipients": recipients,
            }))?;
            return Ok(Exit::Done);
        }
        let under = if self.for_recipients { "for the recipients of backups" } else { "under the root key" };
        visit
            .screen
            .line(format_args!("the lasting keyring is in {}, sealed {under}", self.out.display()))?;
        visit.screen.note("keep it apart from the home, its mirrors and what opens it");
        Ok(Exit::Done)
    }
}

/// Make a keyring of an exported lasting half, where every mirror is lost.
///
/// What lives on: the ledger, people and whatever else the home keeps of itself, what tokens mean, tombstones. What is lost: every value that is sealed,
/// whatever its day, since its key was in the mirrors alone; collect it again while Amazon has it. Requests of people and their consents are
/// lost, too: ask again those whose requests were open. Restrictions hold: what was restricted is so again once it is collected. A home is
/// shut until `bailee keys adopt`, which takes two people where the home asks for a second one, and tells how much is lost.
#[derive(Debug, Args)]
#[command(after_help = "\
In a home whose mirrors are lost; they are made where its bailee.toml names them:
  bailee keys import lasting.escrow && bailee login --as MAIL && bailee keys adopt

Where the home is lost, too: make the mirrors, then restore a backup by them:
  bailee keys import lasting.escrow --mirror /mnt/a/keyring --mirror /mnt/b/keyring --root-key /etc/bailee/root.key
  bailee --home /srv/bailee backup restore FILE --key backup.key --mirror /mnt/a/keyring --mirror /mnt/b/keyring \\
    --root-key /etc/bailee/root.key

Exit status 6: it is not the keyring by which this home's ledger was signed.")]
pub(super) struct Import {
    /// The file that `bailee keys export` made.
    file: PathBuf,
    /// The file with the private key of a recipient, where it was sealed for recipients.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Make a new root key where the home has its own, since that is lost, too.
    #[arg(long, requires = "key")]
    new_root_key: bool,
    /// A directory for a mirror, empty or missing, where there is no home; give two at least.
    #[arg(long = "mirror", value_name = "DIR", requires = "root_key")]
    mirrors: Vec<PathBuf>,
    /// The file of the root key, where there is no home.
    #[arg(long, value_name = "FILE", requires = "mirrors")]
    root_key: Option<PathBuf>,
    /// Read the passphrase of the root key from the first line of standard input.
    #[arg(long)]
    passphrase_stdin: bool,
}

impl Import {
    pub(super) fn run(&self, global: &Global) -> Result<Exit> {
        if global.server.is_some() {
            return Err(elsewhere());
        }
        let file = read(&self.file)?;
        let key = self.key.as_deref().map(read_key).transpose()?;
        let absolute =
            |path: &PathBuf| std::path::absolute(path).map_err(|error| Failure::file(path, &error));
        let place = match &self.root_key {
            None => Place::Home(absolute(&global.home)?),
            Some(root_key) => Place::Mirrors {
                mirrors: self.mirrors.iter().map(absolute).collect::<Result<_>>()?,
                root_key: absolute(root_key)?,
            },
        };
        let importing = Importing {
            file: &file,
            key: key.as_ref(),
            new_root_key: self.new_root_key,
            passphrase_stdin: self.passphrase_stdin,
        };
        let imported = importing.go_on(&place)?;
        let binding = imported.about.binding;
        if global.screen.is_json() {
            global.screen.json(&json!({
                "home": binding.home,
                "environment": binding.environment,
                "made_at": imported.about.made_at,
                "mirrors": imported.mirrors,
                "root_key": imported.root,
            }))?;
            return Ok(Exit::Done);
        }
        global.screen.line(format_args!(
            "{GOOD}imported{GOOD:#}: the lasting keyring of {} home {}, as of {}",
            binding.environment, binding.home, imported.about.made_at
        ))?;
        global.screen.note(match place {
            Place::Home(_) => {
                "every value that was sealed is lost, and so are requests of people and their consents; restrictions hold; next: \
                 `bailee login --as MAIL`, then `bailee keys adopt`, which tells how many, then collect again"
            }
            Place::Mirrors { .. } => {
                "next: `bailee backup restore` with these mirrors; every value in the backup is lost, and so are requests of people and \
                 their consents"
            }
        });
        Ok(Exit::Done)
    }
}

fn read(path: &PathBuf) -> Result<Vec<u8>> {
    use std::io::Read;
    let unusable = |error: std::io::Error| Failure::file(path, &error);
    let mut file = Vec::new();
    let limit = FILE_BYTES_MAX as u64 + 1;
    std::fs::File::open(path).map_err(unusable)?.take(limit).read_to_end(&mut file).map_err(unusable)?;
    Ok(file)
}
