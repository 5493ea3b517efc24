//! `bailee service certificate`: a certificate that a service shows instead of a key.
//!
//! The key is made here and never leaves this machine; what is sent is a request that is signed with it.

use std::fs;
use std::path::{Path, PathBuf};

use bailee_core::Json;
use clap::Args;
use rcgen::{CertificateParams, DistinguishedName, KeyPair, PKCS_ECDSA_P256_SHA256};
use serde_json::json;
use zeroize::Zeroizing;

use super::service::show_proposal;
use crate::client::encoded;
use crate::draft::Drafts;
use crate::failure::{Failure, Result};
use crate::screen::text;
use crate::visit::Visit;

/// What a certificate is asked for with.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  bailee service certificate labels --out labels
  BAILEE_CERTIFICATE=labels.pem BAILEE_CERTIFICATE_KEY=labels.key bailee --server https://localhost:8443 show ALPHA/1
  openssl req -new -newkey rsa:3072 -noenc -subj / -keyout own.key | bailee service certificate labels --request -")]
pub(super) struct Certificate {
    /// The service, by name or id; the one that asks, unless told.
    #[arg(default_value = "current")]
    service: String,
    /// Where the key and the certificate go: FILE.key and FILE.pem. No FILE.pem may be there yet; a FILE.key that is there is
    /// used again.
    #[arg(long, value_name = "FILE", default_value = "service")]
    out: PathBuf,
    /// A request made elsewhere (PKCS#10, PEM), instead of a key made here; `-` reads it from standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "bind")]
    request: Option<PathBuf>,
    /// A certificate of an authority of your own, that `[server] client_authorities` names: its first URI, else its first
    /// host name, else its public key is what the service is known by.
    #[arg(long, value_name = "CERT")]
    bind: Option<PathBuf>,
}

impl Certificate {
    pub(super) fn run(&self, visit: &Visit) -> Result<()> {
        let path = format!("/v1/services/{}/certificates", encoded(&self.service));
        if let Some(bind) = &self.bind {
            let new = visit.client.post(&path, &json!({ "bind": read(bind)? }))?;
            let words = format!("the service is known by this certificate until {}", text(&new, "ends_at"));
            if visit.screen.is_json() {
                return visit.screen.json(&new);
            }
            visit.screen.line(words)?;
            return show_proposal(visit, "what it shows", &new);
        }
        let [key, certificate] = ["key", "pem"].map(|ending| beside(&self.out, ending));
        let (made, request) = match &self.request {
            Some(request) => (None, read(request)?),
            None => make_key(&key)?,
        };
        let drafts = Drafts::of(made.as_ref().map(|_| &*key).into_iter().chain([&*certificate]))?;
        let new = visit.client.post(&path, &json!({ "request": request }))?;
        let written = pem(&new).and_then(|pem| match &made {
            Some(key) => drafts.write(&[key.as_bytes(), pem.as_bytes()]),
            None => drafts.write(&[pem.as_bytes()]),
        });
        written.map_err(|failure| {
            let (service, id) = (text(&new, "service"), text(&new, "id"));
            failure.and(format_args!(
                "the certificate is issued all the same; end it with `bailee service end-key {service} {id}`"
            ))
        })?;
        if visit.screen.is_json() {
            return visit.screen.json(&new);
        }
        visit.screen.line(format_args!(
            "{} is good until {}; show it with BAILEE_CERTIFICATE and BAILEE_CERTIFICATE_KEY",
            certificate.display(),
            text(&new, "ends_at")
        ))?;
        show_proposal(visit, "what it shows", &new)
    }
}

/// A key and a request for it. One that is there is asked for again, as when its certificate was lost; one that is not is made, and
/// returned to be kept.
fn make_key(path: &Path) -> Result<(Option<Zeroizing<String>>, String)> {
    if fs::exists(path).map_err(|error| Failure::file(path, &error))? {
        let pem = crate::pem::read_key(path)?;
        let key = std::str::from_utf8(&pem).ok().and_then(|pem| KeyPair::from_pem(pem).ok());
        let key = key.ok_or_else(|| {
            Failure::failed(format_args!("{} is no key; name another place with --out", path.display()))
        })?;
        return Ok((None, request(&key)?));
    }
    let (key, request) = request_for(None)?;
    Ok((Some(key), request))
}

/// A key of one's own, the one of a PEM text or a new one, with a request for it.
pub(super) fn request_for(key: Option<&[u8]>) -> Result<(Zeroizing<String>, String)> {
    let key = match key {
        Some(pem) => std::str::from_utf8(pem)
            .ok()
            .and_then(|pem| KeyPair::from_pem(pem).ok())
            .ok_or_else(|| Failure::failed("this machine's key is damaged; enrol it anew"))?,
        None => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|_| unmade())?,
    };
    Ok((Zeroizing::new(key.serialize_pem()), request(&key)?))
}

fn request(key: &KeyPair) -> Result<String> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.serialize_request(key).and_then(|request| request.pem()).map_err(|_| unmade())
}

fn unmade() -> Failure {
    Failure::failed("the key could not be made")
}

/// The certificate of an answer: PEM, so nothing that a terminal or a file would take for something else.
pub(super) fn pem(answer: &Json) -> Result<&str> {
    let plain = |byte: u8| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\n');
    let text = answer.member("certificate").and_then(Json::as_str);
    text.filter(|text| text.bytes().all(plain))
        .ok_or_else(|| Failure::failed("the answer holds no certificate; ask again"))
}

fn beside(out: &Path, ending: &str) -> PathBuf {
    let mut path = out.as_os_str().to_owned();
    path.push(".");
    path.push(ending);
    PathBuf::from(path)
}

fn read(path: &Path) -> Result<String> {
    let read = match path == Path::new("-") {
        true => std::io::read_to_string(std::io::stdin()),
        false => fs::read_to_string(path),
    };
    read.map_err(|error| Failure::file(path, &error))
}
