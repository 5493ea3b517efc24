//! A mail server, over TLS from the first byte or from STARTTLS on, never without.

use std::error::Error as _;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bailee_core::{NoticeId, Sensitive, Timestamp};
use lettre::address::Envelope;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls as Encryption, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::words::Words;

/// Most characters of the name beside the address from which mail is sent.
const NAME_CHARACTERS_MAX: usize = 128;

/// Most bytes of a file of authorities: a system's whole bundle has a quarter of a million.
const AUTHORITIES_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// How a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// From its first byte.
    Implicit,
    /// By STARTTLS, without which nothing is said.
    StartTls,
}

/// Whom mail is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(Mailbox);

impl Sender {
    /// Its address, in lower case.
    pub fn address(&self) -> String {
        self.0.email.to_string().to_lowercase()
    }
}

/// A text that is no sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a sender is written \"Name <mail>\", or as an address alone, in one line of at most 128 characters of name"
)]
pub struct NotASender;

impl std::str::FromStr for Sender {
    type Err = NotASender;

    fn from_str(text: &str) -> Result<Self, NotASender> {
        let mailbox: Mailbox = text.parse().map_err(|_| NotASender)?;
        let name = mailbox.name.as_deref().unwrap_or_default();
        let is_plain = !text.chars().any(char::is_control) && name.chars().count() <= NAME_CHARACTERS_MAX;
        (is_plain && mailbox.email.domain().contains('.')).then_some(Self(mailbox)).ok_or(NotASender)
    }
}

/// Gives the password by which mail is handed in, as it is now.
pub type Password = Box<dyn Fn() -> Option<Sensitive<String>> + Send + Sync>;

/// A mail server, and how to hand mail in.
pub struct Mailer {
    /// Its name, by which its certificate must know it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: Tls,
    /// Whom mail is from.
    pub from: Sender,
    /// Who hands it in, and by which password; none where the server asks nobody.
    pub log_in: Option<(String, Password)>,
    /// A file with the authorities that sign its certificate; those of this machine, where none is named.
    pub authorities: Option<PathBuf>,
}

/// Why a message was not handed in. The code is one of the program's; what the server said is not repeated, since it can
/// hold anything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the mail server did not take it ({code})")]
pub struct MailError {
    /// `smtp-535` and the like for what the server answered; or `unreachable`, `timeout`, `certificate`, `tls`,
    /// `not-offered` (no STARTTLS, or no way to log in), `not-smtp`, `password`, `authorities`, `address`, `message`; or, of
    /// what was not tried, `no-mail` (the home has no mail server), `nobody` (the recipient is gone), `no-runtime`.
    pub code: String,
}

impl MailError {
    pub(crate) fn new(code: &str) -> Self {
        Self { code: code.to_owned() }
    }
}

impl Mailer {
    /// Hands a message in. Returns once the server has taken it.
    ///
    /// # Errors
    /// When it has not, within that time: it may have all the same, where the connection broke at the very end.
    pub async fn send(
        &self,
        id: NoticeId,
        to: &str,
        words: &Words,
        machine_now: Timestamp,
        limit: Duration,
    ) -> Result<(), MailError> {
        let to: Address = to.parse().map_err(|_| MailError::new("address"))?;
        let message = self.message(id, &to, words, machine_now)?;
        let envelope = Envelope::new(Some(self.from.0.email.clone()), vec![to]);
        let envelope = envelope.map_err(|_| MailError::new("address"))?;
        let transport = self.transport(limit)?;
        let sending = transport.send_raw(&envelope, &message);
        match tokio::time::timeout(limit, sending).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(MailError { code: code(&error) }),
            Err(_) => Err(MailError::new("timeout")),
        }
    }

    /// The message: plain text, under a name that stays the same however often it is sent, and marked so that no machine
    /// answers it (RFC 3834).
    fn message(
        &self,
        id: NoticeId,
        to: &Address,
        words: &Words,
        machine_now: Timestamp,
    ) -> Result<Vec<u8>, MailError> {
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        let message = Message::builder()
            .from(self.from.0.clone())
            .to(Mailbox::new(None, to.clone()))
            .date(date(machine_now))
            .message_id(Some(format!("<{id}@{}>", self.from.0.email.domain())))
            .subject(words.subject)
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .body(words.body.expose().clone())
            .map_err(|_| MailError::new("message"))?;
        Ok(message.formatted())
    }

    fn transport(&self, limit: Duration) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailError> {
        let mut tls = TlsParameters::builder(self.host.clone());
        if let Some(path) = &self.authorities {
            let unusable = || MailError::new("authorities");
            let size = std::fs::metadata(path).map_err(|_| unusable())?.len();
            if size > AUTHORITIES_BYTES_MAX {
                return Err(unusable());
            }
            let pem = std::fs::read(path).map_err(|_| unusable())?;
            let certificate = Certificate::from_pem(&pem).map_err(|_| unusable())?;
            tls = tls.certificate_store(CertificateStore::None).add_root_certificate(certificate);
        }
        let tls = tls.build().map_err(|_| MailError::new("tls"))?;
        let tls = match self.tls {
            Tls::Implicit => Encryption::Wrapper(tls),
            Tls::StartTls => Encryption::Required(tls),
        };
        let hello = ClientId::Domain(self.from.0.email.domain().to_owned());
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(self.host.clone())
            .port(self.port)
            .tls(tls)
            .hello_name(hello)
            .timeout(Some(limit));
        if let Some((user, password)) = &self.log_in {
            let password = password().ok_or_else(|| MailError::new("password"))?;
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().clone()));
        }
        Ok(builder.build())
    }
}

/// The same instant as the library takes it, to the second.
fn date(at: Timestamp) -> SystemTime {
    let seconds = u64::try_from(at.as_second()).unwrap_or_default();
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(UNIX_EPOCH)
}

/// What went wrong, as a code.
fn code(error: &lettre::transport::smtp::Error) -> String {
    if let Some(status) = error.status() {
        return format!("smtp-{status}");
    }
    let named = match tls_error(error) {
        Some(rustls::Error::InvalidCertificate(_)) => "certificate",
        Some(_) => "tls",
        None if error.is_timeout() => "timeout",
        None if error.is_client() => "not-offered",
        None if error.is_response() => "not-smtp",
        None => "unreachable",
    };
    named.to_owned()
}

/// What TLS said, where it was TLS: it stands inside an error of the connection.
fn tls_error(error: &lettre::transport::smtp::Error) -> Option<&rustls::Error> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(tls) = error.downcast_ref() {
            return Some(tls);
        }
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(tls) = inner.and_then(|inner| inner.downcast_ref()) {
            return Some(tls);
        }
        source = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailer(from: &str) -> Mailer {
        Mailer {
            host: "localhost".into(),
            port: 1,
            tls: Tls::Implicit,
            from: from.parse().unwrap(),
            log_in: None,
            authorities: None,
        }
    }

    fn message(from: &str, body: &str) -> String {
        let words = Words { subject: "Bailee: a test", body: Sensitive::new(body.to_owned()) };
        let to = "ada@example.com".parse().unwrap();
        let now = "2026-11-23T08:00:00Z".parse().unwrap();
        String::from_utf8(mailer(from).message(NoticeId([7; 16]), &to, &words, now).unwrap()).unwrap()
    }

    #[test]
    fn a_sender_is_one_line_with_an_address() {
        for (text, address) in [
            ("Bailee <bailee@warehouse.example>", Some("bailee@warehouse.example")),
            ("Bailee@Warehouse.Example", Some("bailee@warehouse.example")),
            ("Läger <a@b.example>", Some("a@b.example")),
            ("", None),
            ("Bailee", None),
            ("bailee@localhost", None),
            ("Bailee <a@b.example>\r\nBcc: <c@d.example>", None),
            ("Bailee\n <a@b.example>", None),
        ] {
            assert_eq!(text.parse::<Sender>().ok().map(|it| it.address()).as_deref(), address, "{text:?}");
        }
        let long = |letters: usize| format!("{} <a@b.example>", "n".repeat(letters)).parse::<Sender>();
        assert!(long(NAME_CHARACTERS_MAX).is_ok() && long(NAME_CHARACTERS_MAX + 1).is_err());
    }

    #[test]
    fn a_message_is_named_by_its_notice_and_marked_as_automatic() {
        let text = message("Bailee <bailee@warehouse.example>", "One.\nTwo.\n");
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("Message-ID: <07070707070707070707070707070707@warehouse.example>"), "{head}");
        assert!(head.contains("Auto-Submitted: auto-generated") && head.contains("To: ada@example.com"));
        assert!(head.contains("Date: Mon, 23 Nov 2026 08:00:00 +0000"), "{head}");
        assert_eq!(body, "One.\r\nTwo.\r\n");
        assert!(text.is_ascii());
    }

    #[test]
    fn nothing_in_a_text_becomes_a_header_or_a_command_or_is_more_than_seven_bits() {
        let hostile = "Zoë 倉庫\r\nBcc: <eve@example.com>\r\n\r\n.\r\nMAIL FROM:<eve@example.com>\n";
        let text = message("Läger 倉庫 <bailee@warehouse.example>", hostile);
        assert!(text.is_ascii() && !text.replace("\r\n", "").contains(['\r', '\n']));
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(!head.contains("eve@"), "{head}");
        assert!(text.lines().all(|line| line.len() <= 998), "RFC 5322, 2.1.1");
    }
}
