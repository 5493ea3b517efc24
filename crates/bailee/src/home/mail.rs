//! `[mail]` in `bailee.toml`: the server to which notices are handed, and who is told outside.

use std::path::{Path, PathBuf};

use bailee_watch::{Mailer, Sender, Tls};
use serde::Deserialize;

use crate::reference::SecretPlace;

/// The section as it is written.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailSection {
    server: Option<String>,
    tls: Option<Spoken>,
    from: Option<String>,
    user: Option<String>,
    password: Option<String>,
    authorities: Option<PathBuf>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum Spoken {
    Implicit,
    Starttls,
}

/// A mail server that was checked as far as it can be without asking it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MailSettings {
    host: String,
    port: u16,
    tls: Tls,
    /// Whom mail is from.
    pub(crate) from: Sender,
    log_in: Option<(String, SecretPlace)>,
    authorities: Option<PathBuf>,
}

impl MailSection {
    /// Checks it; the error is one line. None where nothing of it is set.
    pub(crate) fn check(self) -> Result<Option<MailSettings>, String> {
        let Self { server, tls, from, user, password, authorities } = self;
        let (server, from) = match (server, from) {
            (Some(server), Some(from)) => (server, from),
            (None, None) if user.is_none() && password.is_none() && authorities.is_none() => return Ok(None),
            _ => return Err("[mail] needs both server and from; without either no mail is sent".to_owned()),
        };
        let (host, port) = host_and_port(&server).ok_or(
            "[mail] server is written HOST:PORT, such as mail.example:465; mail goes over TLS alone (1.5.a)",
        )?;
        let from = from.parse().map_err(|error| format!("[mail] from: {error}"))?;
        let log_in = match (user, password) {
            (None, None) => None,
            (Some(user), Some(reference)) if is_user(&user) => Some((user, secret(&reference)?)),
            (Some(_), Some(_)) => return Err("[mail] user is 1 to 256 characters of one line".to_owned()),
            _ => return Err("[mail] user and password belong together".to_owned()),
        };
        let tls = match tls {
            None | Some(Spoken::Implicit) => Tls::Implicit,
            Some(Spoken::Starttls) => Tls::StartTls,
        };
        Ok(Some(MailSettings { host, port, tls, from, log_in, authorities }))
    }
}

/// Most characters of a user's name: more than an address has.
const USER_CHARACTERS_MAX: usize = 256;

fn is_user(user: &str) -> bool {
    (1..=USER_CHARACTERS_MAX).contains(&user.chars().count()) && !user.chars().any(char::is_control)
}

fn secret(reference: &str) -> Result<SecretPlace, String> {
    SecretPlace::parse(reference).ok_or_else(|| {
        "[mail] password says where it is kept, \"file:PATH\" or \"credential:NAME\", and never what it is (2.5.a)"
            .to_owned()
    })
}

fn host_and_port(server: &str) -> Option<(String, u16)> {
    let (host, port) = server.rsplit_once(':')?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    let is_name = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    let port = port.parse().ok().filter(|port| *port != 0)?;
    (!host.is_empty() && (is_address || is_name)).then(|| (host.to_owned(), port))
}

impl MailSettings {
    /// Where the password is kept.
    pub(crate) fn password(&self) -> Option<&SecretPlace> {
        self.log_in.as_ref().map(|(_, place)| place)
    }

    /// The server of a home there. The password is read whenever it is needed, so that another holds at once.
    pub(crate) fn mailer(&self, root: &Path) -> Mailer {
        let root = root.to_owned();
        let authorities = self.authorities.as_ref().map(|path| root.join(path));
        let log_in = self.log_in.clone().map(|(user, place)| {
            let read = move || place.line(&root, "[mail] password").ok();
            let read: bailee_watch::mailer::Password = Box::new(read);
            (user, read)
        });
        let (host, port, tls, from) = (self.host.clone(), self.port, self.tls, self.from.clone());
        Mailer { host, port, tls, from, log_in, authorities }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &str) -> Result<Option<MailSettings>, String> {
        toml::from_str::<MailSection>(lines).map_err(|error| error.to_string())?.check()
    }

    #[test]
    fn a_server_is_spoken_to_over_tls_alone() {
        let from = "from = \"Bailee <bailee@warehouse.example>\"\n";
        for (server, is) in [
            ("mail.example:465", Some(("mail.example", 465))),
            ("127.0.0.1:2525", Some(("127.0.0.1", 2525))),
            ("[::1]:465", Some(("::1", 465))),
            ("mail.example", None),
            ("mail.example:0", None),
            ("smtp://mail.example:25", None),
            ("ada:pw@mail.example:465", None),
            (":465", None),
        ] {
            let checked = check(&format!("{from}server = \"{server}\"")).ok().flatten();
            let found = checked.as_ref().map(|settings| (settings.host.as_str(), settings.port));
            assert_eq!(found, is, "{server}");
        }
        assert!(check(&format!("{from}server = \"a.example:25\"\ntls = \"none\"")).is_err());
        let starttls = check(&format!("{from}server = \"a.example:587\"\ntls = \"starttls\"")).unwrap();
        assert_eq!(starttls.unwrap().tls, Tls::StartTls);
        assert_eq!(check(""), Ok(None));
    }

    #[test]
    fn a_password_is_a_reference_and_belongs_to_a_user() {
        let with = |more: &str| check(&format!("server = \"a.example:465\"\nfrom = \"a@b.example\"\n{more}"));
        assert!(with("user = \"bailee\"\npassword = \"file:mail.password\"").is_ok());
        let refused = with("user = \"bailee\"\npassword = \"Grey-Anvil-203-Kettle\"").unwrap_err();
        assert!(refused.contains("2.5.a") && !refused.contains("Anvil"), "{refused}");
        assert!(with("user = \"bailee\"").is_err() && with("password = \"file:x\"").is_err());
        let long =
            |letters: usize| with(&format!("user = \"{}\"\npassword = \"file:x\"", "u".repeat(letters)));
        assert!(long(USER_CHARACTERS_MAX).is_ok() && long(USER_CHARACTERS_MAX + 1).is_err());
        assert!(check("from = \"a@b.example\"").is_err() && check("user = \"x\"").is_err());
    }
}
