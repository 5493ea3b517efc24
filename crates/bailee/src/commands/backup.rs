//! `bailee backup`: a home sealed for those who keep a key elsewhere, verified, and gone on from.

mod gone;

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::ops::ControlFlow;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use bailee_core::{Json, RecordId};
use bailee_crypto::backup::BackupKey;
use bailee_crypto::random::SystemEntropy;
use bailee_server::{Tick, Watch};
use bailee_vault::backup::drill;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use self::gone::{Gone, told_by_keys, told_by_ledger};
use crate::draft::Drafts;
use crate::failure::{Exit, Failure, Result};
use crate::home::restore::{Contents, Restored, Restoring};
use crate::screen::{self, BAD, GOOD, Screen, text};
use crate::visit::{Global, Visit, elsewhere};

/// Backups: all that a home keeps, sealed for those who keep a key elsewhere. They hold no key, and so bring nothing back.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the key that opens backups, on another machine than the home's.
    ///
    /// Its public half is printed, and goes into `[backup] recipients` of the home's bailee.toml. The file, and a sheet with the key to be
    /// printed, stay offline: whoever has either opens every backup that is sealed for it.
    #[command(after_help = "Example:\n  bailee backup keygen --out backup.key --sheet backup-sheet.txt")]
    Keygen {
        /// The file for the private key. It must not be there yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// A file for a sheet to be printed, with the private key to be typed in again.
        #[arg(long, value_name = "FILE")]
        sheet: Option<PathBuf>,
    },
    /// Back the home up, while it is used or not.
    ///
    /// All that the home keeps, as of one moment, goes into a new file, sealed with AES-256 for the recipients that `[backup] recipients` names. It
    /// holds no key of the keyring and no root key. It is read back to the byte, and written into the ledger, before it gets its name.
    #[command(after_help = "\
It goes to a directory that [backup] places names, or one below, and on no removable medium. Of server.key, the root key, the
keyring, and files outside the home nothing is in it.

Example:
  bailee backup create --out /srv/backups")]
    Create {
        /// The directory.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Verify a backup: that it is whole, signed by its home, opens, and that its database and its ledger hold.
    ///
    /// It needs no home. A copy of what it holds, sealed as it is in a home, lies in the directory for temporary files meanwhile.
    #[command(after_help = "\
Example:
  bailee backup verify /srv/backups/bailee-….backup --key backup.key

Exit status 6: a byte was changed, is missing or was added.")]
    Verify {
        /// The backup.
        file: PathBuf,
        /// The file with the private key of a recipient.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Try out whether the home could go on from a backup, how long that takes, and how old its data is.
    ///
    /// It is taken apart beside the home, its database and its ledger are verified, and every part of it that lives is opened by the
    /// present keyring. The home stays as it is, served or not. What was found is in the ledger, as evidence; one is due every 90 days,
    /// since nobody but a person can bring the key.
    #[command(after_help = "\
Bring the key, drill, and take it away again. Exit status 6: something did not open, or a byte was changed, is missing or was added.

Example:
  bailee backup drill /srv/backups/bailee-….backup --key /media/backup.key")]
    Drill {
        /// The backup.
        file: PathBuf,
        /// The file with the private key of a recipient.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Show the last backup, the last drill, and by when the next is due.
    Status,
    /// Go on from a backup, in a new home, by the present keyring.
    ///
    /// What was disposed of or erased since the backup does not come back: the keyring has no key of it any more, and its rows become
    /// tombstones. Give a copy of the ledger (`--ledger`) where there is one: it alone tells what was restricted, corrected and ended since.
    /// What was taken in since is lost, and is to be collected again. The ledger goes on under a new origin, whose first
    /// event says what lies between. All sessions end. The home that was lost must not be used again.
    #[command(after_help = "\
The keyring's mirrors and the root key are those of the home that was lost, as they are now; one mirror of two may be empty. A
keyring older than the backup, or than the checkpoints that left the home, is refused. Whoever left since, and keys of services
that ended since, are to be ended again. From a backup older than two days a production home takes nothing in until two people
have confirmed the time (`bailee retention confirm-time`).

Example:
  bailee --home /srv/bailee backup restore /srv/backups/bailee-….backup --key backup.key \\
    --mirror /mnt/a/keyring --mirror /mnt/b/keyring --root-key /etc/bailee/root.key")]
    Restore {
        /// The backup.
        file: PathBuf,
        /// The file with the private key of a recipient.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// A mirror of the present keyring; give each. Without any, those that the backup names.
        #[arg(long = "mirror", value_name = "DIR")]
        mirrors: Vec<PathBuf>,
        /// The file of the root key; without it, that which the backup names.
        #[arg(long, value_name = "FILE")]
        root_key: Option<PathBuf>,
        /// A copy of the ledger of the home that was lost, as `bailee ledger export` makes it.
        ///
        /// It tells of erasures, corrections, restrictions and ends of sellers since the backup, and none of its entries is lost. Without
        /// one, restrictions and ends of sellers of that time do not hold, and what was corrected stays gone as what was erased does. One
        /// that goes as far as the newest checkpoint that left the home is gone on with, under the same origin.
        #[arg(long, value_name = "DIR")]
        ledger: Option<PathBuf>,
        /// The checkpoints that left the home that was lost; without it, those where its configuration says, or beside the new home.
        #[arg(long, value_name = "DIR")]
        checkpoints: Option<PathBuf>,
        /// Read the passphrase of the root key from the first line of standard input.
        #[arg(long)]
        passphrase_stdin: bool,
    },
}

impl Backup {
    pub(crate) fn run(self, global: &Global) -> Result<Exit> {
        match self.command {
            Command::Keygen { out, sheet } => {
                global.refuse_server()?;
                keygen(global.screen, &out, sheet.as_deref())
            }
            Command::Create { out } => global.visit(|visit| create(visit, &out)),
            Command::Verify { file, key } => {
                global.refuse_server()?;
                verify(global.screen, &file, &key)
            }
            Command::Drill { file, key } => global.visit(|visit| drilled(visit, &file, &key)),
            Command::Status => global.visit(status),
            Command::Restore { file, key, mirrors, root_key, ledger, checkpoints, passphrase_stdin } => {
                if global.server.is_some() {
                    return Err(elsewhere());
                }
                let absolute =
                    |path: PathBuf| std::path::absolute(&path).map_err(|error| Failure::file(&path, &error));
                let restoring = Restoring {
                    root: absolute(global.home.clone())?,
                    mirrors: mirrors.into_iter().map(absolute).collect::<Result<_>>()?,
                    root_key: root_key.map(absolute).transpose()?,
                    ledger: ledger.map(absolute).transpose()?,
                    checkpoints,
                    passphrase: if passphrase_stdin { Some(screen::stdin_line()?) } else { None },
                    now: global.now,
                };
                restore(global.screen, restoring, &file, &key)
            }
        }
    }
}

fn keygen(screen: Screen, out: &Path, sheet: Option<&Path>) -> Result<Exit> {
    let drafts = Drafts::of([Some(out), sheet].into_iter().flatten())?;
    let key = BackupKey::random(&SystemEntropy);
    let recipient = key.recipient().map_err(Failure::failed)?;
    let (file, printed) = (key.file(), {
        let public = recipient.to_string();
        zeroize::Zeroizing::new(SHEET.replace("{public}", &public).replace("{private}", &key.grouped()))
    });
    match sheet {
        Some(_) => drafts.write(&[file.as_bytes(), printed.as_bytes()])?,
        None => drafts.write(&[file.as_bytes()])?,
    }
    if screen.is_json() {
        let id = recipient.id().to_string();
        screen.json(&json!({ "recipient": recipient.to_string(), "id": id, "file": out, "sheet": sheet }))?;
        return Ok(Exit::Done);
    }
    screen.line(recipient)?;
    screen.note(format_args!(
        "this is the public half: name it in [backup] recipients of the home's bailee.toml; the private one is in {}, which stays \
         offline",
        out.display()
    ));
    Ok(Exit::Done)
}

/// What is printed and put away.
const SHEET: &str = "\
RECOVERY SHEET: THE KEY TO BACKUPS

Whoever holds this sheet opens every backup that was sealed for it. Keep it where money is kept, and apart from the backups. It
opens no personal data without the keyring and the root key of the home.

Public half (in [backup] recipients of bailee.toml):

    {public}

Private key. Capitals, gaps and line ends make no difference; a typing error is told:

    {private}

To go on from a backup: type the private key into a file, run `chmod 600` on it, and then

    bailee --home NEW-HOME backup restore BACKUP --key THAT-FILE --mirror DIR --mirror DIR --root-key FILE

`bailee backup verify BACKUP --key THAT-FILE` tries it out.

Made on: ______________________   By: ______________________   Kept at: ______________________
Tried out on: _________________   By: ______________________
";

fn create(visit: &Visit, out: &Path) -> Result<Exit> {
    // The file goes where the home is.
    if visit.is_remote() {
        return Err(elsewhere());
    }
    let directory = std::path::absolute(out).map_err(|error| Failure::file(out, &error))?;
    let made = watched(visit, "/v1/backups", &json!({ "directory": directory }))?;
    let exit = if text(&made, "sent") == "false" { Exit::Failed } else { Exit::Done };
    if exit == Exit::Failed {
        visit.screen.note("it is there, and the command of [backup] send failed; run that again by hand");
    }
    if visit.screen.is_json() {
        visit.screen.json(&made)?;
        return Ok(exit);
    }
    visit.screen.line(format_args!("{GOOD}backed up{GOOD:#}, and read back: {}", text(&made, "file")))?;
    let rows = ["backup", "made_at", "bytes", "digest", "ledger_size"];
    let rows = rows.iter().map(|name| vec![format!("  {name}"), text(&made, name)]);
    visit.screen.table(&[], rows.collect())?;
    Ok(Exit::Done)
}

/// Asks for long work on a backup, with a bar.
fn watched(visit: &Visit, route: &str, asked: &Value) -> Result<Json> {
    let bar = bar(0);
    let hear = bar.clone();
    let watch = Watch::new(move |tick| {
        if let Tick::BackedUp { done, total } = tick {
            hear.set_length(total);
            hear.set_position(done);
        }
        ControlFlow::Continue(())
    });
    let answer = visit.client.post_watched(route, asked, &watch);
    bar.finish_and_clear();
    Ok(answer?)
}

fn drilled(visit: &Visit, file: &Path, key: &Path) -> Result<Exit> {
    if visit.is_remote() {
        return Err(elsewhere());
    }
    let absolute = |path: &Path| std::path::absolute(path).map_err(|error| Failure::file(path, &error));
    let asked = json!({ "file": absolute(file)?, "key": absolute(key)? });
    let drilled = watched(visit, "/v1/backups:drill", &asked)?;
    let exit = if text(&drilled, "failed") == "0" { Exit::Done } else { Exit::VerificationFailed };
    if visit.screen.is_json() {
        visit.screen.json(&drilled)?;
        return Ok(exit);
    }
    visit.screen.line(match exit {
        Exit::Done => format!("{GOOD}drilled{GOOD:#}: this home could go on from this backup"),
        _ => "this backup has parts that do not open; make another, and look for what changed it".to_owned(),
    })?;
    visit.screen.table(&[], rows_of(&drilled))?;
    Ok(exit)
}

/// What a drill found, a line each.
fn rows_of(drilled: &Json) -> Vec<Vec<String>> {
    let rows = [
        ("backup", "backup"),
        ("made at", "made_at"),
        ("milliseconds until everything was there", "took_ms"),
        ("seconds of data that would be lost", "age_seconds"),
        ("entries of its ledger, verified", "ledger_size"),
        ("parts that live, each opened", "opened"),
        ("parts that stay gone", "gone"),
        ("parts that did not open", "failed"),
    ];
    rows.iter().map(|(what, name)| vec![format!("  {what}"), text(drilled, name)]).collect()
}

fn status(visit: &Visit) -> Result<Exit> {
    let standing = visit.client.get("/v1/backups")?;
    if visit.screen.is_json() {
        visit.screen.json(&standing)?;
        return Ok(Exit::Done);
    }
    let member = |name: &str| standing.member(name).filter(|one| !one.is_blank());
    let Some(last) = member("last") else {
        visit.screen.line("this home was never backed up; see `bailee backup create --help`")?;
        return Ok(Exit::Done);
    };
    visit.screen.line(format_args!("last backup: {}, of {}", text(last, "backup"), text(last, "made_at")))?;
    match member("drill") {
        None => visit.screen.line("no drill yet; see `bailee backup drill --help`")?,
        Some(drill) => {
            visit.screen.line(format_args!("last drill: {}", text(drill, "drilled_at")))?;
            visit.screen.table(&[], rows_of(drill))?;
        }
    }
    if let Some(failed) = member("drill_failed") {
        visit.screen.line(format_args!(
            "{BAD}a drill on {} could not be done ({}){BAD:#}",
            text(failed, "at"),
            text(failed, "code")
        ))?;
    }
    visit.screen.line(format_args!("next drill due: {}", text(&standing, "drill_due")))?;
    Ok(Exit::Done)
}

/// A bar over bytes, on a terminal.
fn bar(bytes: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr());
    // The template is ours: one that does not parse leaves the default.
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes}  {eta} left") {
        bar.set_style(style);
    }
    bar
}

/// Opens a backup for reading, with a bar.
fn open(path: &Path) -> Result<(ProgressBar, impl Read)> {
    let file = File::open(path).map_err(|error| Failure::file(path, &error))?;
    let bar = bar(file.metadata().map_or(0, |about| about.len()));
    let input = BufReader::new(bar.wrap_read(file));
    Ok((bar, input))
}

/// The private key in a file, which nobody else may read.
pub(crate) fn read_key(path: &Path) -> Result<BackupKey> {
    drill::read_key(path).map_err(Failure::failed)
}

fn verify(screen: Screen, file: &Path, key: &Path) -> Result<Exit> {
    let key = read_key(key)?;
    let (bar, input) = open(file)?;
    let scratch = Scratch::new()?;
    let read = Contents::read(input, &key, &scratch.0);
    bar.finish_and_clear();
    let contents = read?;
    if screen.is_json() {
        screen.json(&told(&contents))?;
        return Ok(Exit::Done);
    }
    screen.line(format_args!(
        "{GOOD}verified{GOOD:#}: a backup of {}, {} home {}, of {}, with {} entries of its ledger",
        contents.about.backup,
        contents.about.binding.environment,
        contents.about.binding.home,
        contents.about.made_at,
        contents.ledger_size
    ))?;
    screen.note(format_args!("signed by {}", contents.signed_by));
    Ok(Exit::Done)
}

/// A backup, for programs.
fn told(contents: &Contents) -> serde_json::Value {
    json!({
        "backup": contents.about.backup,
        "home": contents.about.binding.home,
        "environment": contents.about.binding.environment,
        "made_at": contents.about.made_at,
        "ledger_size": contents.ledger_size,
        "signed_by": contents.signed_by,
    })
}

/// A directory that goes when this is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self> {
        let name = RecordId::random(&SystemEntropy);
        let path = std::env::temp_dir().join(format!("bailee-verify-{name}"));
        let made = fs::DirBuilder::new().mode(0o700).create(&path);
        made.map(|()| Self(path.clone())).map_err(|error| Failure::file(&path, &error))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What it holds is sealed; the system empties its temporary files in time.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn restore(screen: Screen, restoring: Restoring, file: &Path, key: &Path) -> Result<Exit> {
    let key = read_key(key)?;
    let (bar, input) = open(file)?;
    let root = restoring.root.clone();
    let restored = restoring.go_on(input, &key);
    bar.finish_and_clear();
    let Restored { contents, restore, replayed, parts, origin } = restored?;
    let has = restore.taken_up.map_or(restore.size, |taken_up| taken_up.max(restore.size));
    let lost = restore.known.map(|known| known.saturating_sub(has));
    if screen.is_json() {
        screen.json(&json!({
            "home": root,
            "backup": contents.about.backup,
            "made_at": contents.about.made_at,
            "origin": origin,
            "ledger_size": has,
            "ledger_lost": lost,
            "parts": parts,
            "gone": Gone::of(&restore, replayed),
        }))?;
        return Ok(Exit::Done);
    }
    screen.line(format_args!(
        "{GOOD}restored{GOOD:#}: {} goes on from {}",
        root.display(),
        contents.about.made_at
    ))?;
    let lost = lost.map_or("not known: no checkpoint of it was found".to_owned(), |lost| lost.to_string());
    let gone = Gone::of(&restore, replayed);
    let rows = [
        ("parts that live", parts.to_string()),
        ("records that stay gone, their day being over", told_by_keys(gone.disposed)),
        ("parts that stay gone, having been ended one by one since the backup", told_by_keys(gone.parts)),
        ("parts lost, to be collected again", told_by_ledger(gone.lost)),
        ("records rectified since, to be rectified again", told_by_ledger(gone.rectified)),
        ("records that stay erased, as the ledger says", told_by_ledger(gone.erased)),
        ("records restricted again, or not any more", told_by_ledger(gone.restricted)),
        ("restrictions that wait until their records are collected again", told_by_ledger(gone.not_here)),
        ("sellers that stay ended", told_by_ledger(gone.ended)),
        ("quarantined documents that stay gone", told_by_keys(gone.quarantined)),
        ("months of facts that stay gone", told_by_keys(gone.facts)),
        ("sessions ended", gone.sessions.to_string()),
        ("entries of the ledger that are lost", lost),
        ("origin of the ledger from now on", origin),
    ];
    screen.table(&[], rows.into_iter().map(|(what, value)| vec![what.to_owned(), value]).collect())?;
    if restore.taken_up.is_none() {
        screen.note(
            "without a copy of the ledger (`--ledger`) nothing tells what was asked for since the backup: restrictions and ends of \
             sellers of that time DO NOT HOLD; restore again with a copy, into another directory, or restrict and end again now what was \
             restricted and ended since",
        );
    }
    screen.note(
        "collect again what was taken in since; end again who left since, and keys of services that ended since; never use the \
         home that was lost again",
    );
    Ok(Exit::Done)
}
