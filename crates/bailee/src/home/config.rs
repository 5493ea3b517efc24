//! `<home>/bailee.toml`: what can be set, what it may be set to, and the file that `init` writes.
//!
//! A value looser than the policy allows is refused with the requirement's id. Nothing secret stands here: the root key
//! is a reference. The environment and the home's id are authenticated in the keyring as well, so that editing them
//! opens nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bailee_access::Standards;
use bailee_core::retention::{Policy, Profile};
use bailee_core::{Environment, HomeId, OwnSecret, Purpose, written};
use serde::Deserialize;

use super::access::{self, AccessSection};
use super::backups::{BackupSection, BackupSettings};
use super::exports::ExportSection;
use super::mail::{MailSection, MailSettings};
use super::places;
use super::root_key::RootKey;
use super::sign_on::{SignOnSection, SignOnSettings};
use super::subjects::SubjectsSection;
use super::time_source::TimeSource;
use super::unsealed;
use crate::failure::{Failure, Result};
use crate::log::settings::{LogSection, LogSettings};
use crate::reference::SecretPlace;
use crate::serve::settings::{ServerSection, ServerSettings};

/// The name of the file in its home.
pub(crate) const FILE: &str = "bailee.toml";

/// Fewest days that the ledger must be kept (2.6.e).
const LEDGER_KEEP_DAYS_MIN: u16 = 90;
/// Days that the ledger is kept unless set: the profile `strict`.
const LEDGER_KEEP_DAYS: u16 = 400;

/// A checked configuration.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) id: HomeId,
    pub(crate) environment: Environment,
    pub(crate) standards: Standards,
    pub(crate) policy: Policy,
    /// Asked when this machine's clock has jumped ahead.
    pub(crate) time_source: Option<TimeSource>,
    /// Relative ones are below the home.
    pub(crate) mirrors: Vec<PathBuf>,
    pub(crate) root_key: RootKey,
    /// How long the ledger is kept.
    pub(crate) ledger_days: u16,
    /// How many months what people leave with a request or a consent is kept.
    pub(crate) request_months: u16,
    pub(crate) checkpoints: Option<PathBuf>,
    pub(crate) catalogue: Option<PathBuf>,
    /// The file of the home's own policies.
    pub(crate) policies: Option<PathBuf>,
    pub(crate) server: ServerSettings,
    /// The provider by which people may sign on.
    pub(crate) sign_on: Option<SignOnSettings>,
    pub(crate) log: LogSettings,
    /// By which server notices leave, if they do.
    pub(crate) mail: Option<MailSettings>,
    /// For whom it is backed up, and to where.
    pub(crate) backup: BackupSettings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    home: HomeSection,
    #[serde(default)]
    access: AccessSection,
    #[serde(default)]
    retention: RetentionSection,
    keys: KeysSection,
    #[serde(default)]
    ledger: LedgerSection,
    #[serde(default)]
    subjects: SubjectsSection,
    #[serde(default)]
    export: ExportSection,
    #[serde(default)]
    catalogue: CatalogueSection,
    #[serde(default)]
    server: ServerSection,
    #[serde(default)]
    sign_on: SignOnSection,
    #[serde(default)]
    mail: MailSection,
    #[serde(default)]
    backup: BackupSection,
    #[serde(default)]
    log: LogSection,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HomeSection {
    id: HomeId,
    environment: Environment,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RetentionSection {
    days_after_delivery: Option<i64>,
    profile: Option<Profile>,
    accepted_by: Option<String>,
    time_source: Option<String>,
    time_authorities: Option<PathBuf>,
    #[serde(default)]
    purposes: BTreeMap<Purpose, i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysSection {
    root_key: String,
    passphrase: Option<String>,
    mirrors: Vec<PathBuf>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct LedgerSection {
    keep_days: Option<u16>,
    checkpoints: Option<PathBuf>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct CatalogueSection {
    extension: Option<PathBuf>,
}

impl Config {
    /// Reads and checks a home's configuration.
    pub(crate) fn read(home: &Path) -> Result<Self> {
        let path = home.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Failure::failed(format_args!(
                "there is no home at {}; make one with `bailee init`, or name yours with --home or BAILEE_HOME",
                home.display()
            )),
            _ => Failure::file(&path, &error),
        })?;
        Self::parse(&text)
            .and_then(|config| config.check_places(home).map(|()| config))
            .map_err(|words| Failure::failed(format_args!("{}: {words}", path.display())))
    }

    /// Refuses a production home whose keys lie with its data, for a home there.
    pub(crate) fn check_places(&self, home: &Path) -> std::result::Result<(), String> {
        places::backups_apart(home, &self.mirrors, &self.backup.places)
            .map_err(|words| format!("[backup] {words}"))?;
        match self.environment {
            Environment::Test => Ok(()),
            Environment::Production => places::apart(home, &self.mirrors, self.root_key.files())
                .map_err(|words| format!("[keys] {words}")),
        }
    }

    /// Every secret that the program uses itself, and where it is kept.
    pub(crate) fn own_secrets(&self) -> Vec<(OwnSecret, &SecretPlace)> {
        let named = [
            (OwnSecret::RootPassphrase, self.root_key.passphrase()),
            (OwnSecret::ServerKey, self.server.own_key()),
            (OwnSecret::MailPassword, self.mail.as_ref().and_then(MailSettings::password)),
            (OwnSecret::SignOnSecret, self.sign_on.as_ref().and_then(SignOnSettings::secret)),
        ];
        named.into_iter().filter_map(|(secret, place)| Some((secret, place?))).collect()
    }

    /// Checks a configuration; the error is one line.
    fn parse(text: &str) -> std::result::Result<Self, String> {
        unsealed::refuse(text)?;
        let written: Written = written::read(text, &[]).map_err(|error| error.to_string())?;
        let (mail, server) = (written.mail.check()?, written.server.check()?);
        let mut standards = written.access.check(written.home.environment)?;
        standards.mail = mail.is_some();
        standards.on_consent = written.subjects.purposes()?;
        standards.export_alone_max = written.export.alone_max()?;
        standards.relying_party = server.relying_party.clone();
        standards.outside = access::outside(&written.access, mail.as_ref())?;
        Ok(Self {
            id: written.home.id,
            environment: written.home.environment,
            standards,
            policy: policy(&written.retention)?,
            time_source: TimeSource::check(
                written.retention.time_source.as_deref(),
                written.retention.time_authorities,
            )?,
            mirrors: mirrors(written.keys.mirrors)?,
            root_key: RootKey::parse(&written.keys.root_key, written.keys.passphrase.as_deref())?,
            ledger_days: ledger_days(&written.ledger)?,
            request_months: written.subjects.months()?,
            checkpoints: written.ledger.checkpoints,
            catalogue: written.catalogue.extension,
            policies: written.access.policies,
            server,
            sign_on: written.sign_on.check()?,
            log: written.log.check()?,
            backup: written.backup.check()?,
            mail,
        })
    }
}

fn policy(written: &RetentionSection) -> std::result::Result<Policy, String> {
    let Policy { days_after_delivery, profile, .. } = Policy::default();
    let days = written.days_after_delivery.unwrap_or(days_after_delivery.into());
    let profile = written.profile.unwrap_or(profile);
    if profile != Profile::Strict && written.accepted_by.as_deref().unwrap_or("").trim().is_empty() {
        return Err(format!(
            "[retention] profile = \"{profile}\" reads the policy less strictly (2.1.a), which a named person must \
             accept: set accepted_by"
        ));
    }
    let policy = Policy::new(days, profile).map_err(|error| format!("[retention] {error}"))?;
    let with = |policy: Policy, (purpose, days): (&Purpose, &i64)| policy.with_purpose(*purpose, *days);
    written.purposes.iter().try_fold(policy, with).map_err(|error| format!("[retention.purposes] {error}"))
}

fn ledger_days(written: &LedgerSection) -> std::result::Result<u16, String> {
    match written.keep_days.unwrap_or(LEDGER_KEEP_DAYS) {
        days if days < LEDGER_KEEP_DAYS_MIN => Err(format!(
            "[ledger] keep_days = {days} is not allowed: the ledger is kept {LEDGER_KEEP_DAYS_MIN} days at least (2.6.e)"
        )),
        days => Ok(days),
    }
}

fn mirrors(written: Vec<PathBuf>) -> std::result::Result<Vec<PathBuf>, String> {
    match written.len() {
        0 | 1 => Err("[keys] mirrors needs two directories at least (2.4.b)".to_owned()),
        _ => Ok(written),
    }
}

/// What `init` decides of a new home's configuration.
pub(crate) struct NewConfig<'a> {
    pub(crate) id: HomeId,
    pub(crate) environment: Environment,
    pub(crate) mirrors: &'a [PathBuf],
    pub(crate) root_key: &'a RootKey,
}

impl NewConfig<'_> {
    /// The file, with every key and what it means.
    pub(crate) fn text(&self) -> String {
        TEMPLATE
            .replace("{id}", &self.id.to_string())
            .replace("{environment}", self.environment.as_str())
            .replace("{root_key}", &quoted(&self.root_key.reference()))
            .replace("{mirrors}", &mirrors_line(self.mirrors))
    }
}

/// The configuration with another list of mirrors, everything else as it was.
pub(crate) fn with_mirrors(text: &str, mirrors: &[PathBuf]) -> Result<String> {
    let line = mirrors_line(mirrors);
    let changed: String = text
        .lines()
        .map(|old| if old.trim_start().starts_with("mirrors =") { line.as_str() } else { old })
        .flat_map(|line| [line, "\n"])
        .collect();
    match Config::parse(&changed) {
        Ok(config) if config.mirrors == mirrors => Ok(changed),
        _ => Err(Failure::failed(
            "bailee.toml is not as `init` wrote it; add the mirror to [keys] mirrors by hand",
        )),
    }
}

/// The same with another root key, too, and what it makes of it. What it was written for, a home there, is for the caller to check.
pub(crate) fn with_keys(text: &str, mirrors: &[PathBuf], root_key: Option<&str>) -> Result<(String, Config)> {
    let text = match mirrors.is_empty() {
        true => text.to_owned(),
        false => with_mirrors(text, mirrors)?,
    };
    let line = root_key.map(|root_key| format!("root_key = {}", quoted(root_key)));
    let changed: String = text
        .lines()
        .map(|old| match &line {
            Some(line) if old.trim_start().starts_with("root_key =") => line.as_str(),
            _ => old,
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let config = Config::parse(&changed)
        .map_err(|words| Failure::failed(format_args!("bailee.toml in the backup: {words}")))?;
    Ok((changed, config))
}

fn mirrors_line(mirrors: &[PathBuf]) -> String {
    let list: Vec<String> = mirrors.iter().map(|mirror| quoted(&mirror.display().to_string())).collect();
    format!("mirrors = [{}]", list.join(", "))
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// What `init` writes.
pub(crate) const TEMPLATE: &str = include_str!("bailee.toml");

#[cfg(test)]
mod tests {
    use super::*;

    fn written(change: (&str, &str)) -> std::result::Result<Config, String> {
        let text = NewConfig {
            id: HomeId([7; 16]),
            environment: Environment::Test,
            mirrors: &["keyring/a".into(), "keyring/\"b".into()],
            root_key: &RootKey::Plain(SecretPlace::File("root.key".into())),
        }
        .text();
        Config::parse(&text.replace(change.0, change.1))
    }

    #[test]
    fn what_init_writes_is_what_is_read() {
        let config = written(("", "")).unwrap();
        assert_eq!(config.id, HomeId([7; 16]));
        assert_eq!(config.environment, Environment::Test);
        assert_eq!(config.policy.days_after_delivery, 30);
        assert_eq!(config.mirrors, [PathBuf::from("keyring/a"), PathBuf::from("keyring/\"b")]);
        assert_eq!(config.root_key, RootKey::Plain(SecretPlace::File("root.key".into())));
    }

    #[test]
    fn a_looser_value_names_its_requirement() {
        for (section, key, requirement) in [
            ("[retention]", "days_after_delivery = 45", "2.1.a"),
            ("[retention]", "days_after_delivery = 31", "2.1.a"),
            ("[retention]", "days_after_delivery = 0", "2.1.a"),
            ("[retention]", "days_after_delivery = -1", "2.1.a"),
            ("[retention]", "days_after_delivery = 70000", "2.1.a"),
            ("[retention.purposes]", "fulfilment = 31", "2.1.b"),
            ("[retention.purposes]", "tax = 2", "2.1.b"),
            ("[retention.purposes]", "incident = 10", "2.1.b"),
            ("[retention]", "profile = \"balanced\"", "2.1.a"),
            ("[ledger]", "keep_days = 60", "2.6.e"),
            ("[ledger]", "keep_days = 89", "2.6.e"),
            ("[server]", "tls_minimum = \"1.1\"", "1.5.a"),
            ("[server]", "metrics_listen = \"0.0.0.0:9465\"", "1.3.a"),
            ("[log]", "keep_days = 89", "2.6.e"),
            ("[access]", "password_characters_min = 11", "1.4.a"),
            ("[access]", "password_history = 9", "1.4.a"),
            ("[access]", "password_days_min = 0", "1.4.a"),
            ("[access]", "password_days_max = 91", "1.4.b"),
            ("[access]", "key_days_max = 91", "1.4.b"),
            ("[access]", "failures_max = 11", "1.2.f"),
            ("[access]", "idle_minutes_max = 16", "1.2.a"),
            ("[access]", "session_hours_max = 9", "1.2.a"),
            ("[access]", "grant_days_max = 91", "1.3.b"),
            ("[access]", "profile = \"policy\"\npassword_characters_min = 7", "1.4.a"),
        ] {
            let error = written((section, &format!("{section}\n{key}"))).unwrap_err();
            assert!(error.contains(requirement), "{key}: {error}");
        }
    }

    #[test]
    #[cfg(feature = "otlp")]
    fn a_collector_elsewhere_is_known_by_its_certificates() {
        let with = |lines: &str| written(("[log]", &format!("[log]\n{lines}")));
        for lines in [
            "otlp = \"https://collector.example:4318\"\notlp_ca = \"c.pem\"",
            "otlp = \"http://127.0.0.1:4318\"",
            "otlp = \"http://[::1]:4318/v1/logs\"",
        ] {
            assert!(with(lines).is_ok(), "{lines}");
        }
        for (lines, says) in [
            ("otlp = \"http://collector.example:4318\"", "1.5.a"),
            ("otlp = \"https://collector.example:4318\"", "otlp_ca"),
            ("otlp = \"http://127.0.0.1:4318\"\notlp_ca = \"c.pem\"", "https"),
            ("otlp = \"collector\"", "an address"),
            ("otlp = \"https://a:b@collector.example\"\notlp_ca = \"c.pem\"", "2.5.a"),
        ] {
            let error = with(lines).unwrap_err();
            assert!(error.contains(says) && !error.contains("a:b"), "{lines}: {error}");
        }
    }

    #[test]
    #[cfg(not(feature = "otlp"))]
    fn a_program_without_a_way_to_collectors_says_so() {
        let error = written(("[log]", "[log]\notlp = \"http://127.0.0.1:4318\"")).unwrap_err();
        assert!(error.contains("--features otlp"), "{error}");
    }

    #[test]
    fn production_asks_for_a_second_factor_and_a_second_person_and_a_test_home_when_it_is_told_to() {
        let with = |environment: &str, lines: &str| {
            let text = NewConfig {
                id: HomeId([7; 16]),
                environment: Environment::Test,
                mirrors: &["/a".into(), "/b".into()],
                root_key: &RootKey::Plain(SecretPlace::File("/root.key".into())),
            }
            .text();
            let text = text.replace("environment = \"test\"", &format!("environment = \"{environment}\""));
            Config::parse(&text.replace("[access]", &format!("[access]\n{lines}")))
                .map(|config| config.standards)
        };
        for (environment, asked) in [("production", true), ("test", false)] {
            let standards = with(environment, "").unwrap();
            assert_eq!((standards.second_factor, standards.second_person), (asked, asked));
        }
        let standards = with("test", "second_factor = true\nsecond_person = true").unwrap();
        assert!(standards.second_factor && standards.second_person);
        assert!(with("production", "second_factor = false").unwrap_err().contains("1.1.d"));
        assert!(with("production", "second_person = false").unwrap_err().contains("1.3.b"));
        assert!(!with("production", "profile = \"policy\"\nsecond_factor = false").unwrap().second_factor);
    }

    #[test]
    fn a_stricter_value_is_taken() {
        let config = written(("[retention]", "[retention]\ndays_after_delivery = 7")).unwrap();
        assert_eq!(config.policy.days_after_delivery, 7);
        let purposes = written(("[retention.purposes]", "[retention.purposes]\ntax = 9")).unwrap().policy;
        assert_eq!(purposes.early_by(&[Purpose::Tax]), 21);
        assert!(written(("[ledger]", "[ledger]\nkeep_days = 90")).is_ok());
        let balanced = "[retention]\nprofile = \"balanced\"\naccepted_by = \"Ada Muster\"";
        assert_eq!(written(("[retention]", balanced)).unwrap().policy.profile, Profile::Balanced);
    }

    #[test]
    fn an_unknown_key_is_an_error_with_its_line() {
        let error = written(("[ledger]", "[ledger]\nkeep_dasy = 400")).unwrap_err();
        assert!(error.starts_with("line ") && error.contains("`keep_days`"), "{error}");
        // Whatever stands there, it may be in the wrong file.
        assert!(!error.contains("keep_dasy"), "{error}");
    }

    #[test]
    fn a_key_itself_is_refused_where_a_reference_belongs() {
        let sealed = "passphrase:root.key\"\npassphrase = \"thirteen green barges";
        for written in [written(("file:root.key", "0123456789abcdef")), written(("file:root.key", sealed))] {
            let error = written.unwrap_err();
            assert!(
                error.contains("2.5.a") && !error.contains("0123") && !error.contains("barges"),
                "{error}"
            );
        }
        assert!(
            written(("file:root.key", "passphrase:root.key\"\npassphrase = \"credential:phrase")).is_ok()
        );
    }

    #[test]
    fn a_production_home_whose_keys_lie_with_its_data_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let home = directory.path().join("home");
        let outside = |name: &str| directory.path().join(name);
        std::fs::create_dir(&home).unwrap();
        let read = |environment, mirrors: [PathBuf; 2], root_key: PathBuf| {
            let root_key = RootKey::Plain(SecretPlace::File(root_key));
            let new = NewConfig { id: HomeId([7; 16]), environment, mirrors: &mirrors, root_key: &root_key };
            std::fs::write(home.join(FILE), new.text()).unwrap();
            match Config::read(&home) {
                Err(Failure::Said { words, .. }) => Some(words),
                _ => None,
            }
        };
        let apart = || [outside("one"), outside("two")];
        assert_eq!(read(Environment::Production, apart(), outside("root.key")), None);
        assert_eq!(read(Environment::Test, ["a".into(), "b".into()], "root.key".into()), None);
        for words in [
            read(Environment::Production, ["a".into(), outside("two")], outside("root.key")),
            read(Environment::Production, apart(), "root.key".into()),
        ] {
            assert!(words.is_some_and(|words| words.contains("[keys]") && words.contains("2.4.b")));
        }
    }

    #[test]
    fn a_mirror_is_added_without_touching_the_rest() {
        let text = NewConfig {
            id: HomeId([7; 16]),
            environment: Environment::Test,
            mirrors: &["keyring/a".into(), "keyring/b".into()],
            root_key: &RootKey::Plain(SecretPlace::File("root.key".into())),
        }
        .text();
        let mirrors: Vec<PathBuf> = ["keyring/a", "keyring/b", "/media/stick"].map(PathBuf::from).into();
        let changed = with_mirrors(&text, &mirrors).unwrap();
        assert_eq!(changed.lines().count(), text.lines().count());
        assert_eq!(changed.lines().zip(text.lines()).filter(|(new, old)| new != old).count(), 1);
    }
}
