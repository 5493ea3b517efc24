//! `[server]` in `bailee.toml`: where the server listens, what it shows, and what it lets a caller hold.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use bailee_access::passkey::RelyingParty;
use bailee_server::Rates;
use bailee_server::listener::{Limits, Minimum};
use serde::Deserialize;

use crate::reference::SecretPlace;

/// Where a server listens unless told otherwise: on this machine alone.
const LISTEN: &str = "127.0.0.1:8443";
/// The certificate and key that `init` makes, in their home.
pub(super) const CERTIFICATE: &str = "server.pem";
pub(super) const KEY: &str = "server.key";

/// Seconds that a caller may be waited for.
const WAIT_SECONDS: RangeInclusive<u64> = 1..=600;
/// Seconds that requests under way may take to end.
const DRAIN_SECONDS: RangeInclusive<u64> = 0..=3600;
/// Connections at one time.
const CONNECTIONS: RangeInclusive<usize> = 1..=1_000_000;

/// Requests in a second or a minute; 0 is no limit.
const RATE: RangeInclusive<u32> = 0..=1_000_000;

/// What `[server]` says, checked.
#[derive(Clone, Debug)]
pub(crate) struct ServerSettings {
    pub(super) listen: Vec<SocketAddr>,
    /// The certificate and key of one's own; else those that `init` made.
    pub(super) own: Option<OwnIdentity>,
    pub(super) minimum: Minimum,
    pub(super) limits: Limits,
    /// The authorities of one's own whose certificates clients may show.
    pub(super) client_authorities: Option<PathBuf>,
    /// Where metrics are answered, besides at the socket.
    pub(super) metrics: Option<SocketAddr>,
    pub(crate) rates: Rates,
    /// Where people reach the server, for what is bound to that.
    pub(crate) relying_party: Option<RelyingParty>,
}

impl ServerSettings {
    /// Where the key of one's own certificate is, if there is one.
    pub(crate) fn own_key(&self) -> Option<&SecretPlace> {
        self.own.as_ref().map(|own| &own.key)
    }
}

/// Where one's own certificate and key are.
#[derive(Clone, Debug)]
pub(super) struct OwnIdentity {
    pub(super) certificate: PathBuf,
    pub(super) key: SecretPlace,
}

/// The section as it is written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerSection {
    listen: Option<Vec<String>>,
    certificate: Option<PathBuf>,
    key: Option<String>,
    client_authorities: Option<PathBuf>,
    tls_minimum: Option<String>,
    connections_max: Option<usize>,
    connections_per_address_max: Option<usize>,
    handshake_seconds: Option<u64>,
    header_seconds: Option<u64>,
    body_seconds: Option<u64>,
    idle_seconds: Option<u64>,
    drain_seconds: Option<u64>,
    metrics_listen: Option<String>,
    public_url: Option<String>,
    requests_per_second: Option<u32>,
    finds_per_minute: Option<u32>,
    log_ins_per_minute: Option<u32>,
    refusals_per_minute: Option<u32>,
}

impl ServerSection {
    /// Checks it; the error is one line.
    pub(crate) fn check(self) -> Result<ServerSettings, String> {
        let (limits, rates) = (self.limits()?, self.rates()?);
        Ok(ServerSettings {
            listen: listen(self.listen)?,
            own: own(self.certificate, self.key.as_deref())?,
            client_authorities: self.client_authorities,
            minimum: minimum(self.tls_minimum.as_deref())?,
            limits,
            metrics: metrics(self.metrics_listen.as_deref())?,
            relying_party: relying_party(self.public_url.as_deref())?,
            rates,
        })
    }

    fn rates(&self) -> Result<Rates, String> {
        let rate = |name, written: Option<u32>, default| within(name, written.unwrap_or(default), &RATE);
        let default = Rates::default();
        Ok(Rates {
            requests_per_second: rate(
                "requests_per_second",
                self.requests_per_second,
                default.requests_per_second,
            )?,
            finds_per_minute: rate("finds_per_minute", self.finds_per_minute, default.finds_per_minute)?,
            log_ins_per_minute: rate(
                "log_ins_per_minute",
                self.log_ins_per_minute,
                default.log_ins_per_minute,
            )?,
            refusals_per_minute: rate(
                "refusals_per_minute",
                self.refusals_per_minute,
                default.refusals_per_minute,
            )?,
        })
    }

    fn limits(&self) -> Result<Limits, String> {
        let default = Limits::default();
        let seconds = |name, written: Option<u64>, default: Duration, range| {
            let seconds = within(name, written.unwrap_or(default.as_secs()), range)?;
            Ok::<_, String>(Duration::from_secs(seconds))
        };
        let connections =
            |name, written: Option<usize>, default| within(name, written.unwrap_or(default), &CONNECTIONS);
        Ok(Limits {
            connections_max: connections("connections_max", self.connections_max, default.connections_max)?,
            connections_per_address_max: connections(
                "connections_per_address_max",
                self.connections_per_address_max,
                default.connections_per_address_max,
            )?,
            handshake: seconds(
                "handshake_seconds",
                self.handshake_seconds,
                default.handshake,
                &WAIT_SECONDS,
            )?,
            header: seconds("header_seconds", self.header_seconds, default.header, &WAIT_SECONDS)?,
            body: seconds("body_seconds", self.body_seconds, default.body, &WAIT_SECONDS)?,
            idle: seconds("idle_seconds", self.idle_seconds, default.idle, &WAIT_SECONDS)?,
            drain: seconds("drain_seconds", self.drain_seconds, default.drain, &DRAIN_SECONDS)?,
            ..default
        })
    }
}

fn within<N: PartialOrd + std::fmt::Display + Copy>(
    name: &str,
    value: N,
    range: &RangeInclusive<N>,
) -> Result<N, String> {
    match range.contains(&value) {
        true => Ok(value),
        false => Err(format!("[server] {name} = {value} is not from {} to {}", range.start(), range.end())),
    }
}

fn listen(written: Option<Vec<String>>) -> Result<Vec<SocketAddr>, String> {
    let written = written.unwrap_or_else(|| vec![LISTEN.to_owned()]);
    if written.is_empty() {
        return Err("[server] listen names no address".to_owned());
    }
    let parse = |text: &String| {
        text.parse().map_err(|_| {
            "[server] listen holds addresses with their port, such as \"127.0.0.1:8443\"".to_owned()
        })
    };
    written.iter().map(parse).collect()
}

/// Nobody is asked who he is there: so nobody but this machine may come.
fn metrics(written: Option<&str>) -> Result<Option<SocketAddr>, String> {
    let Some(text) = written else { return Ok(None) };
    match text.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => Ok(Some(address)),
        _ => Err("[server] metrics_listen is an address of this machine with its port, such as \"127.0.0.1:9465\", since \
                  nobody says there who he is (1.3.a)"
            .to_owned()),
    }
}

/// Passkeys are bound to it by browsers, which take nothing but a name under HTTPS for good.
fn relying_party(written: Option<&str>) -> Result<Option<RelyingParty>, String> {
    let Some(address) = written else { return Ok(None) };
    match RelyingParty::at(address) {
        Some(party) => Ok(Some(party)),
        None => Err("[server] public_url is the address at which people reach this server, such as \
                     \"https://bailee.example.com\": https, a name rather than a number, and no path (1.1.d)"
            .to_owned()),
    }
}

fn own(certificate: Option<PathBuf>, key: Option<&str>) -> Result<Option<OwnIdentity>, String> {
    match (certificate, key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => Ok(Some(OwnIdentity { certificate, key: key_place(key)? })),
        _ => Err("[server] certificate and key belong together; set both, or neither".to_owned()),
    }
}

fn key_place(reference: &str) -> Result<SecretPlace, String> {
    SecretPlace::parse(reference).ok_or_else(|| {
        "[server] key is a reference, such as \"file:server.key\" or \"credential:server-key\", never a key itself \
         (2.5.a)"
            .to_owned()
    })
}

fn minimum(written: Option<&str>) -> Result<Minimum, String> {
    match written {
        None | Some("1.2") => Ok(Minimum::V12),
        Some("1.3") => Ok(Minimum::V13),
        Some(_) => {
            Err("[server] tls_minimum is \"1.2\" or \"1.3\"; nothing older protects data in transit (1.5.a)"
                .to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<ServerSettings, String> {
        toml::from_str::<ServerSection>(text).map_err(|error| error.message().to_owned())?.check()
    }

    #[test]
    fn nothing_written_is_a_server_on_this_machine_alone() {
        let settings = check("").unwrap();
        assert!(settings.listen.iter().all(|address| address.ip().is_loopback()));
        assert!(settings.own.is_none());
        assert_eq!(settings.minimum, Minimum::V12);
    }

    #[test]
    fn what_is_written_is_taken() {
        let settings = check(
            "listen = [\"0.0.0.0:443\", \"[::]:443\"]\ncertificate = \"own.pem\"\nkey = \"credential:server-key\"\n\
             tls_minimum = \"1.3\"\nidle_seconds = 600\nconnections_max = 1\nfinds_per_minute = 0\n\
             public_url = \"https://bailee.example\"\n",
        )
        .unwrap();
        assert_eq!((settings.listen.len(), settings.minimum), (2, Minimum::V13));
        assert_eq!(settings.limits.idle, Duration::from_secs(600));
        assert_eq!((settings.limits.connections_max, settings.rates.finds_per_minute), (1, 0));
        assert!(settings.relying_party.is_some());
        assert!(matches!(settings.own.unwrap().key, SecretPlace::Credential(name) if name == "server-key"));
    }

    #[test]
    fn what_is_looser_than_the_policy_or_makes_no_sense_is_refused() {
        for (text, said) in [
            ("tls_minimum = \"1.1\"", "1.5.a"),
            ("tls_minimum = \"1.0\"", "1.5.a"),
            ("tls_minimum = \"\"", "1.5.a"),
            ("key = \"-----BEGIN PRIVATE KEY-----\"\ncertificate = \"a.pem\"", "2.5.a"),
            ("key = \"credential:../x\"\ncertificate = \"a.pem\"", "2.5.a"),
            ("key = \"file:a.key\"", "belong together"),
            ("listen = []", "no address"),
            ("listen = [\"localhost\"]", "with their port"),
            ("idle_seconds = 0", "1 to 600"),
            ("idle_seconds = 601", "1 to 600"),
            ("drain_seconds = 3601", "0 to 3600"),
            ("connections_max = 0", "1 to 1000000"),
            ("log_ins_per_minute = 1000001", "0 to 1000000"),
            ("public_url = \"http://localhost:8443\"", "1.1.d"),
            ("public_url = \"https://192.0.2.7\"", "1.1.d"),
            ("public_url = \"https://bailee.example/console\"", "1.1.d"),
            ("plaintext = true", "plaintext"),
        ] {
            let error = check(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
