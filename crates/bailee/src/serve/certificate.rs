//! The server's certificate: made at `init`, renewed under the same key before it ends, read again when its files change.
//!
//! Time is the real one here, also in a home that was given another: clients go by theirs.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bailee_core::Timestamp;
use bailee_server::listener::{Clients, Identity, Tls};
use jiff::tz::TimeZone;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::{RootCertStore, crypto::aws_lc_rs::default_provider};
use tokio::signal::unix::Signal;

use super::settings::{CERTIFICATE, KEY, OwnIdentity, ServerSettings};
use crate::failure::{Failure, Result};
use crate::home::Home;
use crate::home::clock::system_now;
use crate::home::make::replace_private;
use crate::pem;

/// Days that a certificate of ours is good for: less than the 366 that Mozilla's profiles allow.
const DAYS: i64 = 364;
/// The day on which it begins, from today: yesterday, since clocks differ.
const BEGIN_DAYS: i64 = -1;
/// Days before its end at which it is renewed.
const RENEW_DAYS: i64 = 30;
/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Makes a certificate and its key, in their home.
pub(crate) fn make(root: &Path) -> Result<()> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|_| unmade())?;
    replace_private(&root.join(KEY), key.serialize_pem().as_bytes())?;
    write(root, &key, BEGIN_DAYS)
}

/// Writes a certificate of ours for a key, that begins so many days from today.
fn write(root: &Path, key: &KeyPair, begin_days: i64) -> Result<()> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    names.extend(host_name());
    let mut params = CertificateParams::new(names).map_err(|_| unmade())?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "bailee");
    let [(year, month, day), (end_year, end_month, end_day)] = [date(begin_days)?, date(begin_days + DAYS)?];
    params.not_before = date_time_ymd(year, month, day);
    params.not_after = date_time_ymd(end_year, end_month, end_day);
    params.is_ca = IsCa::ExplicitNoCa;
    // Some clients want it of every certificate that is none of an authority.
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = params.self_signed(key).map_err(|_| unmade())?;
    replace_private(&root.join(CERTIFICATE), certificate.pem().as_bytes())
}

fn unmade() -> Failure {
    Failure::failed("the server's certificate could not be made")
}

/// The name of this machine, where it is one that a certificate can hold.
fn host_name() -> Option<String> {
    let name = rustix::system::uname().nodename().to_str().ok()?.to_ascii_lowercase();
    let is_name = matches!(ServerName::try_from(name.as_str()), Ok(ServerName::DnsName(_)));
    (is_name && name != "localhost").then_some(name)
}

/// The date so many days from today: year, month, day.
fn date(days: i64) -> Result<(i32, u8, u8)> {
    let date = TimeZone::UTC.to_datetime(later(days)?).date();
    let part = |part: i8| u8::try_from(part).map_err(|_| unmade());
    Ok((date.year().into(), part(date.month())?, part(date.day())?))
}

fn later(days: i64) -> Result<Timestamp> {
    system_now().checked_add(jiff::SignedDuration::from_hours(24 * days)).map_err(|_| unmade())
}

/// Whether the home has none yet: one from before there were servers.
pub(super) fn is_to_be_made(root: &Path, settings: &ServerSettings) -> bool {
    settings.own.is_none() && !root.join(CERTIFICATE).exists() && !root.join(KEY).exists()
}

/// Makes sure that there is one: a home from before has one made, and one of ours that ends soon is renewed under its
/// key, so that whoever pinned it notices nothing.
pub(super) fn keep(root: &Path, settings: &ServerSettings) -> Result<()> {
    if is_to_be_made(root, settings) {
        return make(root);
    }
    if settings.own.is_some() || lasts(&read(root, settings)?) {
        return Ok(());
    }
    let path = root.join(KEY);
    let pem = fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
    write(root, &KeyPair::from_pem(&pem).map_err(|_| unmade())?, BEGIN_DAYS)?;
    tracing::warn!(
        "server.pem would have ended soon and was renewed under its key; give the new file to clients that trust a copy of \
         it (--cacert); those that pin the key need nothing"
    );
    Ok(())
}

/// Whether a certificate of ours will still be good when it is next looked at.
fn lasts(identity: &Identity) -> bool {
    let verified = || {
        let certificate = identity.certificate()?;
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone().into_owned()).ok()?;
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::new(default_provider()))
                .build();
        let then = u64::try_from(later(RENEW_DAYS).ok()?.as_second()).ok()?;
        let then = UnixTime::since_unix_epoch(Duration::from_secs(then));
        let name = ServerName::try_from("localhost").ok()?;
        verifier.ok()?.verify_server_cert(certificate, &[], &name, &[], then).ok()
    };
    verified().is_some()
}

/// Reads the certificate and its key.
pub(super) fn read(root: &Path, settings: &ServerSettings) -> Result<Identity> {
    let Files { certificate, key } = Files::of(root, settings)?;
    Identity::from_pem(&pem::read(&certificate)?, &pem::read_key(&key)?).map_err(|error| {
        Failure::failed(format_args!("{} and {}: {error}", certificate.display(), key.display()))
    })
}

/// Whose certificates clients may show: those of the home's authority, and of the authorities that `[server]` names.
pub(super) fn clients(home: &Home) -> Result<Clients> {
    let own = home.keep_authority()?;
    let others = authorities(home.root(), &home.config().server)?;
    Clients::of(own.pem.as_bytes(), others.as_deref())
        .map_err(|error| Failure::failed(format_args!("the home's own authority is damaged: {error}")))
}

/// The authorities that `[server]` names, if it names any, and they are such.
pub(super) fn authorities(root: &Path, settings: &ServerSettings) -> Result<Option<Vec<u8>>> {
    let Some(path) = settings.client_authorities.as_ref().map(|path| root.join(path)) else {
        return Ok(None);
    };
    let authorities = pem::read(&path)?;
    Clients::check(&authorities).map_err(|error| {
        Failure::failed(format_args!("[server] client_authorities, {}: {error}", path.display()))
    })?;
    Ok(Some(authorities))
}

/// Where the two are.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    fn of(root: &Path, settings: &ServerSettings) -> Result<Self> {
        let Some(OwnIdentity { certificate, key }) = &settings.own else {
            return Ok(Self { certificate: root.join(CERTIFICATE), key: root.join(KEY) });
        };
        Ok(Self { certificate: root.join(certificate), key: key.path(root, "[server] key")? })
    }

    /// What changes when either is replaced or written to.
    fn state(&self) -> [Option<(u64, i64, i64, u64)>; 2] {
        [&self.certificate, &self.key].map(|path| {
            let about = fs::metadata(path).ok()?;
            Some((about.ino(), about.mtime(), about.mtime_nsec(), about.len()))
        })
    }
}

/// Shows another certificate as soon as its files hold one; keeps the old one as long as they hold none. Never ends.
pub(super) async fn follow(home: Arc<Home>, tls: Tls, mut reload: Signal) {
    let Ok(files) = Files::of(home.root(), &home.config().server) else { return };
    let mut seen = files.state();
    let mut renewal = tokio::time::interval(Duration::from_secs(24 * 60 * 60));
    renewal.tick().await;
    loop {
        let asked = tokio::select! {
            _ = reload.recv() => true,
            _ = renewal.tick() => {
                if keep(home.root(), &home.config().server).is_err() {
                    tracing::error!("the certificate could not be renewed; `bailee serve --check` says why");
                }
                false
            }
            () = tokio::time::sleep(LOOK_EVERY) => false,
        };
        let state = files.state();
        if !asked && state == seen {
            continue;
        }
        seen = state;
        match read(home.root(), &home.config().server) {
            Ok(identity) => {
                let pin = identity.pin().map(|pin| pin.to_string()).unwrap_or_default();
                tls.replace(identity);
                tracing::info!(public_key = pin, "the certificate was read again");
            }
            Err(_) => {
                tracing::error!(
                    "the certificate cannot be used, and the one from before stays; `bailee serve --check` says why"
                );
                let home = Arc::clone(&home);
                drop(tokio::task::spawn_blocking(move || home.report("tls", "certificate-unusable")).await);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::serve::settings::ServerSection;

    #[test]
    fn a_certificate_of_ours_is_renewed_under_its_key_before_it_ends() {
        let home = tempfile::tempdir().unwrap();
        let (root, settings) = (home.path(), ServerSection::default().check().unwrap());
        assert!(is_to_be_made(root, &settings));
        keep(root, &settings).unwrap();
        let of_now = || read(root, &settings).unwrap();
        let certificate = || of_now().certificate().unwrap().clone().into_owned();
        let (made, pin) = (certificate(), of_now().pin());
        assert_eq!(fs::metadata(root.join(KEY)).unwrap().permissions().mode() & 0o777, 0o600);
        keep(root, &settings).unwrap();
        assert_eq!(certificate(), made, "there is no need yet");
        let key = KeyPair::from_pem(&fs::read_to_string(root.join(KEY)).unwrap()).unwrap();
        for (left_days, is_renewed) in [(RENEW_DAYS + 1, false), (RENEW_DAYS, true), (1, true), (-1, true)] {
            write(root, &key, left_days - DAYS).unwrap();
            let old = certificate();
            keep(root, &settings).unwrap();
            assert_eq!(certificate() != old, is_renewed, "{left_days}");
            assert_eq!(of_now().pin(), pin);
        }
    }
}
