//! A mail server beside a trial's home, over TLS, and what it took.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::support::Trial;

pub(crate) const PASSWORD: &str = "Quiet-Mill-31-Lantern";

/// A mail server that runs, and ends with the test.
pub(crate) struct Post {
    process: Child,
    pub(crate) port: u16,
    kept: PathBuf,
}

impl Drop for Post {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }
}

impl Post {
    /// Every message taken, in its order.
    pub(crate) fn messages(&self) -> Vec<String> {
        (0..)
            .map_while(|number| std::fs::read_to_string(self.kept.join(format!("{number}.eml"))).ok())
            .collect()
    }
}

impl Trial {
    /// A server that is known by `authority.pem`, at this port, or at any that is free.
    pub(crate) fn post(&self, mode: &str, port: u16) -> Post {
        let kept = self.path("post");
        if !kept.exists() {
            std::fs::create_dir(&kept).unwrap();
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
            let key = KeyPair::generate().unwrap();
            let own = CertificateParams::new(["localhost".to_owned()]).unwrap();
            let own = own.signed_by(&key, &authority).unwrap();
            self.write("authority.pem", authority.pem());
            self.write("post.pem", own.pem());
            self.write("post.key", key.serialize_pem());
            self.secret("mail.password", PASSWORD);
        }
        let mut process = Command::new(std::env::var_os("BAILEE_PYTHON").unwrap_or("python3".into()))
            .args(["-c", include_str!("mail_server.py"), mode, &port.to_string()])
            .args(["post.pem", "post.key", "post"].map(|name| self.path(name)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().expect("aiosmtpd is missing; ./test installs it");
        Post { process, port, kept }
    }

    /// A file that nobody else may read.
    pub(crate) fn secret(&self, name: &str, content: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.write(name, content);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Has the home send its mail there. A later call replaces what an earlier one set.
    pub(crate) fn send_by(&self, port: u16, tls: &str) {
        let path = self.path("home/bailee.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let (before, after) = text.split_once("[mail]\n").unwrap();
        let rest = after.split_once("# The server to which").unwrap().1;
        let mail = format!(
            "[mail]\nserver = \"localhost:{port}\"\ntls = \"{tls}\"\nfrom = \"Läger 倉庫 <bailee@warehouse.example>\"\n\
             user = \"bailee\"\npassword = \"file:../mail.password\"\nauthorities = \"../authority.pem\"\n# The server to which"
        );
        std::fs::write(&path, format!("{before}{mail}{rest}")).unwrap();
    }
}
