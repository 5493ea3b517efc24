//! `bailee retention certificate` and `verify-certificate`: what was destroyed, for those who do not take our word for it.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use bailee_core::{Json, RequestId, SellerId};
use bailee_ledger::certificate::{CERTIFICATE_BYTES_MAX, verify};
use clap::Args;

use super::seller::day;
use crate::draft::Drafts;
use crate::failure::{Exit, Failure, Result};
use crate::screen::{GOOD, Screen, leaf, text};
use crate::visit::Visit;

/// Certify what was destroyed: a file that verifies without this home.
///
/// Without options it lists what there are certificates of. A certificate says in words and numbers what was destroyed, by which
/// rule, when that was intended and completed, and under which key, and holds the ledger's proofs of it (C2SP tlog-proof). It
/// holds nothing of a buyer, and no other seller's name.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bailee retention certificate
  bailee retention certificate --seller ALPHA --day 2026-04-01 --out alpha.json
  bailee retention certificate --seller ALPHA      all of a seller that ended
  bailee retention certificate --request REQUEST   what a request destroyed, such as an erasure")]
pub(crate) struct Certificate {
    /// Of this seller: all of it, once it has ended;
    #[arg(long, value_name = "S")]
    seller: Option<SellerId>,
    /// or what had to be gone by this day.
    #[arg(long, value_name = "DAY", requires = "seller", value_parser = day)]
    day: Option<String>,
    /// What this request destroyed.
    #[arg(long, conflicts_with = "seller")]
    request: Option<RequestId>,
    /// Write it to this file, which must not be there yet.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Verify a certificate of disposal, without any home.
///
/// Each of its statements is held against the proven entries of the ledger, and these against the key.
#[derive(Debug, Args)]
#[command(after_help = "\
The key is the public one of the home that made it, as `bailee ledger prove` and `bailee retention census` show it and as it lies in
an exported ledger. Take it from where you trust it: not from the certificate.

Example:
  bailee retention verify-certificate alpha.json --key bailee/0123456789abcdef0123456789abcdef+01234567+AQID…

Exit status 6: a statement is not what its proofs prove, or a proof does not hold.")]
pub(crate) struct VerifyCertificate {
    /// The certificate.
    file: PathBuf,
    /// The public key of the ledger that it is proven by.
    #[arg(long, value_name = "VERIFIER_KEY")]
    key: String,
}

impl Certificate {
    pub(crate) fn run(&self, visit: &Visit) -> Result<Exit> {
        let path = match (&self.seller, &self.day, &self.request) {
            (Some(seller), Some(day), _) => format!("/v1/sellers/{seller}/certificates/{day}"),
            (Some(seller), None, _) => format!("/v1/sellers/{seller}/certificate"),
            (None, _, Some(request)) => format!("/v1/retention/certificates/{request}"),
            (None, ..) if self.out.is_some() => {
                return Err(Failure::usage("say of what: name a --seller, with a --day, or a --request"));
            }
            (None, ..) => return list(visit),
        };
        let drafts = self.out.as_deref().map(|out| Drafts::of([out])).transpose()?;
        let certificate = visit.client.get(&path)?;
        if let Some((drafts, out)) = drafts.zip(self.out.as_deref()) {
            return write(visit.screen, (drafts, out), &certificate);
        }
        match visit.screen.is_json() {
            true => visit.screen.json(&certificate)?,
            false => show(visit.screen, &certificate)?,
        }
        Ok(Exit::Done)
    }
}

impl VerifyCertificate {
    pub(crate) fn run(&self, screen: Screen) -> Result<Exit> {
        let text = read(&self.file)?;
        let verified = verify(&text, &self.key).map_err(|error| {
            Failure::new(Exit::VerificationFailed, format_args!("{}: {error}", self.file.display()))
        })?;
        if screen.is_json() {
            screen.json(&verified)?;
            return Ok(Exit::Done);
        }
        verified.words.iter().try_for_each(|words| screen.line(words))?;
        screen.line(format_args!(
            "{GOOD}verified{GOOD:#}: each of these statements is in the ledger of this key"
        ))?;
        Ok(Exit::Done)
    }
}

fn list(visit: &Visit) -> Result<Exit> {
    let all = visit.client.get_all("/v1/retention/certificates", "certificates")?;
    if visit.screen.is_json() {
        visit.screen.json(&all)?;
        return Ok(Exit::Done);
    }
    let lines = all.member("certificates").map(Json::elements).unwrap_or_default();
    let row = |one: &Json| ["seller", "day", "held", "destroyed_at"].map(|name| text(one, name)).to_vec();
    visit.screen.table(&["SELLER", "GONE BY", "HELD", "DESTROYED"], lines.iter().map(row).collect())?;
    Ok(Exit::Done)
}

fn show(screen: Screen, certificate: &Json) -> Result<()> {
    let words = certificate.member("words").map(Json::elements).unwrap_or_default();
    words.iter().try_for_each(|words| screen.line(leaf(words)))?;
    let mut rows = Vec::new();
    for one in certificate.member("destructions").map(Json::elements).unwrap_or_default() {
        for bucket in one.member("buckets").map(Json::elements).unwrap_or_default() {
            let names = ["seller", "day", "held", "rule", "records", "parts", "quarantined"];
            rows.push(names.map(|name| text(bucket, name)).to_vec());
        }
    }
    if !rows.is_empty() {
        screen.line("")?;
        screen.table(&["SELLER", "GONE BY", "HELD", "RULE", "RECORDS", "PARTS", "QUARANTINED"], rows)?;
    }
    screen.note("`--out FILE` writes it with its proofs, to be verified anywhere");
    Ok(())
}

fn write(screen: Screen, (drafts, out): (Drafts, &Path), certificate: &Json) -> Result<Exit> {
    let content = serde_json::to_string_pretty(certificate);
    let content = content.map_err(|_| Failure::failed("the certificate cannot be written as JSON"))?;
    drafts.write(&[content.as_bytes()])?;
    let proofs = certificate.member("proofs").map(Json::elements).unwrap_or_default().len();
    match screen.is_json() {
        true => screen.json(&serde_json::json!({ "out": out, "proofs": proofs }))?,
        false => screen.line(format_args!(
            "the certificate was written to {} with {proofs} proofs; `bailee retention verify-certificate` verifies it anywhere",
            out.display()
        ))?,
    }
    Ok(Exit::Done)
}

/// Reads no more than a certificate may have, and a byte, so that one that is longer is found to be.
fn read(path: &Path) -> Result<String> {
    let failed = |error| Failure::file(path, &error);
    let mut text = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(CERTIFICATE_BYTES_MAX as u64 + 1).read_to_end(&mut text).map_err(failed)?;
    let refused =
        |_| Failure::new(Exit::VerificationFailed, format_args!("{}: this is no text", path.display()));
    String::from_utf8(text).map_err(refused)
}
