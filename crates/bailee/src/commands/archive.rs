//! `bailee archive`: what a law obliges to keep, sealed to a key that no home has (2.1.c).

mod keygen;

use std::path::{Path, PathBuf};

use bailee_core::{Day, Json, SellerId, Statute};
use clap::{Args, Subcommand, ValueEnum};
use data_encoding::BASE64;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::counts;
use super::record::{OfKind, RecordName};
use crate::client::encoded;
use crate::commands::proposal::tell_filed;
use crate::draft::Drafts;
use crate::failure::{Exit, Failure, Result};
use crate::screen::{BAD, text};
use crate::visit::{Global, Visit};

/// Seal what a law obliges to keep to an offline key, and keep track of where it lies.
///
/// The live data goes on its ordinary clock; an archive is a copy for whoever has the key, and this home cannot open it.
#[derive(Debug, Args)]
#[command(after_help = "\
On another machine, one key for each year in which a statute ends:
  bailee archive keygen --year 2036 --out 2036

In the home:
  bailee archive key add 2036.pub.pem --year 2036
  bailee archive create ALPHA/250-1234567-1234567 --purpose invoice --statute DE-USTG-14b --until 2036-12-31 --field buyer.buyerName
  bailee archive fetch ID --out /media/stick/archive.cms
  bailee archive place ID --place 'safe 3, shelf B'

Where the key is:
  openssl cms -decrypt -text -inform DER -in archive.cms -inkey 2036.key -out archive.tar && tar -xf archive.tar")]
pub(crate) struct Archive {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Keygen(keygen::Keygen),
    /// The offline keys that this home seals to: public halves, one for each year.
    #[command(subcommand)]
    Key(Key),
    Create(Create),
    /// Fetch the file of an archive, to be carried where it shall lie.
    ///
    /// FILE is the archive; FILE.txt says what it is, with its SHA-256; FILE.sig is the signature of FILE.txt by the ledger's key,
    /// and FILE.pem the public half of that. None of them may be there yet.
    #[command(after_help = "\
Example:
  bailee archive fetch ID --out archive.cms
  sha256sum -c archive.cms.txt < archive.cms
  openssl pkeyutl -verify -rawin -pubin -inkey archive.cms.pem -in archive.cms.txt -sigfile archive.cms.sig")]
    Fetch {
        /// Its id.
        id: String,
        /// Where it goes.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Say where an archive's file lies; the home lets go of its own copy.
    #[command(after_help = "Example:\n  bailee archive place ID --place 'safe 3, shelf B'")]
    Place {
        /// Its id.
        id: String,
        /// The place, in a few words.
        #[arg(long, value_name = "WORDS")]
        place: String,
    },
    /// List the archives: where each lies, and when it is to be destroyed.
    List,
    /// Say that an archive's file was destroyed.
    #[command(after_help = "Example:\n  bailee archive destroyed ID --how shredded --by 'Ben Beispiel'")]
    Destroyed {
        /// Its id.
        id: String,
        #[command(flatten)]
        ended: Ended,
    },
}

#[derive(Debug, Subcommand)]
enum Key {
    /// Add the public half of an offline key.
    #[command(after_help = "Example:\n  bailee archive key add 2036.pub.pem --year 2036")]
    Add {
        /// The public key in PEM, as `bailee archive keygen` made it.
        file: PathBuf,
        /// The year in which the statutes end for which it is.
        #[arg(long, value_name = "YYYY")]
        year: i16,
    },
    /// List the keys.
    List,
    /// Say that an offline key was destroyed: with it every archive under it has ended.
    #[command(after_help = "Example:\n  bailee archive key destroyed ID --how burned")]
    Destroyed {
        /// Its id, as the list says it.
        id: String,
        #[command(flatten)]
        ended: Ended,
    },
}

/// How something was destroyed, and by whom.
#[derive(Debug, Args)]
struct Ended {
    /// How.
    #[arg(long, value_enum)]
    how: How,
    /// Who did it, where it was somebody else.
    #[arg(long, value_name = "WHO")]
    by: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum How {
    Erased,
    Shredded,
    Burned,
    Lost,
}

impl Ended {
    fn question(&self) -> Value {
        let how = self.how.to_possible_value().map(|value| value.get_name().to_owned());
        json!({ "how": how, "who": self.by })
    }
}

/// Seal the fields that a law names to the key of the year in which the statute ends.
///
/// Of the named records, or of all of a seller whose personal data ends on a day. It takes two people, where the home asks for a
/// second one: then it is proposed, and made when it is approved. The file is kept until it is fetched and its place is said.
#[derive(Debug, Args)]
#[command(after_help = "\
Purposes: tax, invoice. A field must be for that purpose; `bailee catalogue list` says which are.

Example:
  bailee archive create ALPHA/250-1234567-1234567 --purpose tax --statute DE-AO-147 --until 2036-12-31 \\
    --field 'tax.taxRegistrations[].legalName' --out archive.cms
  bailee archive create --seller ALPHA --day 2026-12-15 --purpose invoice --statute DE-USTG-14b --until 2036-12-31 \\
    --field buyer.buyerName buyer.buyerCompanyName

Exit status 4: you may not, or a field is not for that purpose. 5: nothing of it is held any more.")]
struct Create {
    /// The orders, shipments or returns, of one seller.
    #[arg(value_name = "S/REF", required_unless_present = "seller", conflicts_with = "seller")]
    records: Vec<RecordName>,
    #[command(flatten)]
    of: OfKind,
    /// The seller, where all records are meant whose personal data ends on a day.
    #[arg(long, value_name = "S", requires = "day", conflicts_with = "kind")]
    seller: Option<SellerId>,
    /// That day.
    #[arg(long, value_name = "DAY", requires = "seller")]
    day: Option<Day>,
    /// What the law has it kept for: tax or invoice.
    #[arg(long, value_name = "P")]
    purpose: String,
    /// The statute: a country, a law and a section.
    #[arg(long, value_name = "CODE")]
    statute: Statute,
    /// The last day on which it obliges.
    #[arg(long, value_name = "DAY")]
    until: Day,
    /// A field, by its path.
    #[arg(long = "field", value_name = "PATH", num_args = 1.., required = true)]
    fields: Vec<String>,
    /// Where the file goes, where it is made at once.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Archive {
    pub(crate) fn run(&self, global: &Global) -> Result<Exit> {
        match &self.command {
            Command::Keygen(keygen) => keygen.run(global),
            Command::Key(key) => global.visit(|visit| key.run(visit)),
            Command::Create(create) => global.visit(|visit| create.run(visit)),
            Command::Fetch { id, out } => global.visit(|visit| fetch(visit, id, out)),
            Command::Place { id, place } => global.visit(|visit| {
                let question = json!({ "place": place });
                let answer = visit.client.post(&format!("/v1/archives/{}/place", encoded(id)), &question)?;
                tell(visit, &answer, "this home has no copy of it any more")
            }),
            Command::List => global.visit(list),
            Command::Destroyed { id, ended } => global.visit(|visit| {
                let path = format!("/v1/archives/{}/destruction", encoded(id));
                tell(visit, &visit.client.post(&path, &ended.question())?, "it is destroyed")
            }),
        }
    }
}

fn tell(visit: &Visit, answer: &Json, words: &str) -> Result<Exit> {
    match visit.screen.is_json() {
        true => visit.screen.json(answer)?,
        false => visit.screen.line(format_args!("{}: {words}", text(answer, "id")))?,
    }
    Ok(Exit::Done)
}

impl Key {
    fn run(&self, visit: &Visit) -> Result<Exit> {
        match self {
            Self::Add { file, year } => {
                let pem = public_key(file)?;
                let question = json!({ "key": pem, "year": year });
                let key = visit.client.post("/v1/archive-keys", &question)?;
                if visit.screen.is_json() {
                    visit.screen.json(&key)?;
                    return Ok(Exit::Done);
                }
                visit.screen.line(format_args!(
                    "archives whose statute ends in {year} are sealed to {}; compare that with the sheet of the key",
                    text(&key, "fingerprint")
                ))?;
                Ok(Exit::Done)
            }
            Self::List => list_keys(visit),
            Self::Destroyed { id, ended } => {
                let path = format!("/v1/archive-keys/{}/destruction", encoded(id));
                let words = "the key is destroyed, and with it every archive under it";
                tell(visit, &visit.client.post(&path, &ended.question())?, words)
            }
        }
    }
}

/// A public key in PEM. A private one goes nowhere.
fn public_key(file: &Path) -> Result<String> {
    let refused = |words| Failure::failed(format_args!("{} {words}", file.display()));
    let pem = Zeroizing::new(crate::pem::read(file)?);
    let pem = std::str::from_utf8(&pem).map_err(|_| {
        refused("is no public key; give the file FILE.pub.pem that `bailee archive keygen` made")
    })?;
    match pem.contains("PRIVATE KEY") {
        true => Err(refused(
            "holds a private key, which was not sent and must never come to a home; give its public half, FILE.pub.pem (2.1.c)",
        )),
        false => Ok(pem.to_owned()),
    }
}

fn list_keys(visit: &Visit) -> Result<Exit> {
    let all = visit.client.get_all("/v1/archive-keys", "keys")?;
    if visit.screen.is_json() {
        visit.screen.json(&all)?;
        return Ok(Exit::Done);
    }
    let keys = all.member("keys").map(Json::elements).unwrap_or_default();
    let row = |key: &Json| {
        let state = match key.member("destroyed").is_some_and(|ended| ended.member("how").is_some()) {
            true => "destroyed",
            false if text(key, "overdue") == "true" => "to be destroyed",
            false => "in use",
        };
        vec![text(key, "id"), text(key, "year"), state.to_owned(), text(key, "fingerprint")]
    };
    visit.screen.table(&["KEY", "YEAR", "STATE", "SHA-256"], keys.iter().map(row).collect())?;
    Ok(Exit::Done)
}

impl Create {
    fn run(&self, visit: &Visit) -> Result<Exit> {
        let files = self.out.as_deref().map(Files::begin).transpose()?;
        let answer = visit.client.post("/v1/archives", &self.question()?)?;
        if answer.member("proposed_by").is_some() {
            tell_filed(visit, &answer)?;
            let id = text(&answer, "id");
            visit.screen.note(format_args!(
                "once it is approved, fetch the file with `bailee archive fetch {id} --out FILE`"
            ));
            return Ok(Exit::Done);
        }
        let id = text(&answer, "id");
        if let Some(files) = files {
            files.write(visit, &file_of(&id)).map_err(|failure| {
                let words = "the archive is made all the same; fetch it with `bailee archive fetch";
                failure.and(format_args!("{words} {id} --out FILE`"))
            })?;
        }
        if visit.screen.is_json() {
            visit.screen.json(&answer)?;
            return Ok(Exit::Done);
        }
        visit.screen.line(format_args!(
            "{} of {} are sealed as archive {id}, to be destroyed after {}",
            counts::of(text(&answer, "values"), "value"),
            counts::of(text(&answer, "records"), "record"),
            text(&answer, "until")
        ))?;
        let next = match &self.out {
            Some(_) => format!("carry it where it shall lie, then `bailee archive place {id} --place WORDS`"),
            None => format!("fetch the file with `bailee archive fetch {id} --out FILE`"),
        };
        visit.screen.note(next);
        Ok(Exit::Done)
    }

    fn question(&self) -> Result<Value> {
        let named = self.records.first().map(|record| &record.seller);
        if self.records.iter().any(|record| Some(&record.seller) != named) {
            return Err(Failure::usage("an archive is of one seller; make one for each"));
        }
        let references: Vec<_> = self.records.iter().map(|record| &record.reference).collect();
        Ok(json!({
            "seller": self.seller.as_ref().or(named),
            "kind": self.of.kind,
            "references": references,
            "day": self.day.map(|day| day.to_string()),
            "fields": self.fields,
            "purpose": self.purpose,
            "statute": self.statute,
            "until": self.until.to_string(),
        }))
    }
}

/// Where the API has the file of an archive.
fn file_of(id: &str) -> String {
    format!("/v1/archives/{}/file", encoded(id))
}

/// The files of what is sealed, and of what is said of it, about to be written.
pub(crate) struct Files(Drafts);

impl Files {
    /// The member of an answer that each is of. The archive itself last: where it is, all are.
    const MEMBERS: [&str; 4] = ["statement", "signature", "ledger_key", "file"];

    /// Refuses a place where one could not be kept.
    pub(crate) fn begin(out: &Path) -> Result<Self> {
        let beside = [".txt", ".sig", ".pem", ""].map(|ending| {
            let mut path = out.as_os_str().to_owned();
            path.push(ending);
            PathBuf::from(path)
        });
        Drafts::of(beside.iter().map(|path| &**path)).map(Self)
    }

    /// Fetches and writes them; how long the sealed one is.
    pub(crate) fn write(self, visit: &Visit, path: &str) -> Result<usize> {
        let answer = visit.client.get(path)?;
        let broken = || Failure::failed("the answer is no such file; ask again");
        let content = |member| {
            let said = answer.member(member).and_then(Json::as_str).ok_or_else(broken)?;
            match member {
                "file" | "signature" => BASE64.decode(said.as_bytes()).map_err(|_| broken()),
                _ => Ok(said.as_bytes().to_vec()),
            }
        };
        let contents = Self::MEMBERS.into_iter().map(content).collect::<Result<Vec<_>>>()?;
        let contents: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
        self.0.write(&contents)?;
        Ok(contents.last().map_or(0, |file| file.len()))
    }
}

fn fetch(visit: &Visit, id: &str, out: &Path) -> Result<Exit> {
    let bytes = Files::begin(out)?.write(visit, &file_of(id))?;
    if visit.screen.is_json() {
        visit.screen.json(&json!({ "id": id, "out": out, "bytes": bytes }))?;
        return Ok(Exit::Done);
    }
    visit.screen.line(format_args!("{bytes} bytes are in {}", out.display()))?;
    visit
        .screen
        .note(format_args!("carry it where it shall lie, then `bailee archive place {id} --place WORDS`"));
    Ok(Exit::Done)
}

fn list(visit: &Visit) -> Result<Exit> {
    let all = visit.client.get_all("/v1/archives", "archives")?;
    if visit.screen.is_json() {
        visit.screen.json(&all)?;
        return Ok(Exit::Done);
    }
    let archives = all.member("archives").map(Json::elements).unwrap_or_default();
    let row = |one: &Json| {
        let place = match text(one, "state").as_str() {
            "here" => "in this home".to_owned(),
            _ => text(one, "place"),
        };
        let mut row: Vec<String> = ["id", "seller", "statute", "until", "year", "records", "state"]
            .map(|name| text(one, name))
            .into();
        row.push(place);
        row
    };
    let header = ["ARCHIVE", "SELLER", "STATUTE", "UNTIL", "KEY", "RECORDS", "STATE", "PLACE"];
    visit.screen.table(&header, archives.iter().map(row).collect())?;
    for one in archives.iter().filter(|one| text(one, "overdue") == "true") {
        let [id, lifted, until] = ["id", "lifted", "until"].map(|name| text(one, name));
        let since = match lifted.is_empty() {
            true => format!("was to be destroyed after {until}"),
            false => "is to be destroyed, since its hold was lifted".to_owned(),
        };
        visit.screen.line(format_args!("{BAD}{id} {since} (2.1.c){BAD:#}"))?;
    }
    Ok(Exit::Done)
}
