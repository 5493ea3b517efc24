//! Services that show a certificate, to a server that runs, with `openssl` and `curl` on the other side.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::served::Served;
use crate::support::Trial;

const NOW: &str = "2026-03-02T09:00:00Z";

fn trial() -> Trial {
    let trial = Trial::at(NOW);
    let words = ["--seller", "ALPHA", "--purpose", "fulfilment", "--class", "identity"];
    trial.run(&[&["service", "add", "labels"], words.as_slice()].concat()).ends(0);
    trial
}

fn openssl(trial: &Trial, words: &[&str]) {
    let ran = Command::new("openssl").args(words).current_dir(trial.path(".")).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

/// The status of an answer to whoever shows that certificate; none where there was no handshake.
fn status(served: &Served<'_>, name: &str, more: &[&str]) -> Option<String> {
    let path = |ending| served.trial.path(&format!("{name}.{ending}")).display().to_string();
    let (certificate, key) = (path("pem"), path("key"));
    let words =
        ["--cert", &certificate, "--key", &key, "--output", "/dev/null", "--write-out", "%{http_code}"];
    let ran = served.curl("/v1/sellers/ALPHA/orders/1-1-1", &[&words, more].concat()).output().unwrap();
    Some(String::from_utf8(ran.stdout).unwrap()).filter(|status| status != "000")
}

/// A connection that `openssl` holds, which speaks HTTP/1.1.
struct Held {
    process: Child,
    said: BufReader<ChildStdout>,
}

impl Held {
    fn new(served: &Served<'_>, words: &[&str]) -> Self {
        let address = served.url().replace("https://", "");
        let mut process = Command::new("openssl")
            .args([
                "s_client",
                "-quiet",
                "-ign_eof",
                "-alpn",
                "http/1.1",
                "-servername",
                "localhost",
                "-connect",
            ])
            .arg(address)
            .args(words)
            .current_dir(served.trial.path("."))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(process.stdout.take().unwrap());
        Self { process, said }
    }

    /// The status of the answer to the next request on it.
    fn asks(&mut self) -> String {
        let request = "GET /v1/sellers/ALPHA/orders/1-1-1 HTTP/1.1\r\nHost: localhost\r\n\r\n";
        self.process.stdin.as_mut().unwrap().write_all(request.as_bytes()).unwrap();
        let mut line = String::new();
        while self.said.read_line(&mut line).unwrap() > 0 {
            // What was left of the answer before may stand in front.
            if let Some((_, status)) = line.split_once("HTTP/1.1 ") {
                return status[..3].to_owned();
            }
            line.clear();
        }
        panic!("the connection was closed");
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_connection_that_stands_and_one_that_is_resumed_lose_a_certificate_that_is_ended_at_once() {
    let trial = trial();
    let served = trial.serve();
    let out = trial.path("labels").display().to_string();
    let made = trial.json(&["service", "certificate", "labels", "--out", &out]);
    let shows = ["-cert", "labels.pem", "-key", "labels.key"];
    for version in ["-tls1_2", "-tls1_3"] {
        let session = format!("session{version}");
        let mut first = Held::new(&served, &[&shows[..], &[version, "-sess_out", &session]].concat());
        assert_eq!(first.asks(), "404", "{version}");
        // Only who has the secret of a session resumes it.
        assert_eq!(Held::new(&served, &[version]).asks(), "401", "{version}");
        crate::served::until(|| trial.path(&session).exists().then_some(()));
        assert_eq!(Held::new(&served, &[version, "-sess_in", &session]).asks(), "404", "{version}");
    }
    let mut standing = Held::new(&served, &shows);
    assert_eq!(standing.asks(), "404");
    trial.run(&["service", "end-key", "labels", made["certificate_id"].as_str().unwrap()]).ends(0);
    assert_eq!(standing.asks(), "401");
    for version in ["-tls1_2", "-tls1_3"] {
        let session = format!("session{version}");
        assert_eq!(Held::new(&served, &[version, "-sess_in", &session]).asks(), "401", "{version}");
    }
    drop(standing);
    assert_eq!(served.end().status, 0);
}

#[test]
fn a_command_elsewhere_shows_a_certificate_and_renews_it() {
    let trial = trial();
    let served = trial.serve();
    let url = served.url();
    let out = trial.path("labels").display().to_string();
    trial.run(&["service", "certificate", "labels", "--out", &out]).ends(0);
    // Two at a time: the key that it came with makes room.
    let listed = trial.json(&["service", "list"]);
    let keys = listed["services"][0]["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["form"] == "key").unwrap();
    trial.run(&["service", "end-key", "labels", key["id"].as_str().unwrap()]).ends(0);
    let run = |certificate: &str, words: &[&str]| {
        let mut command = trial.command(&[&["--server", &url], words].concat());
        command.env("BAILEE_CERTIFICATE", format!("{certificate}.pem"));
        command.env("BAILEE_CERTIFICATE_KEY", format!("{certificate}.key"));
        command.output().unwrap().status.code()
    };
    let show = ["show", "ALPHA/1-1-1"];
    assert_eq!(run("labels", &show), Some(5), "known, and there is no such order");
    assert_eq!(run("labels", &["service", "certificate", "--out", "next"]), Some(0));
    assert_eq!(run("next", &show), Some(5));
    assert_eq!(run("labels", &show), Some(5), "both open");
    assert_eq!(run("labels", &["service", "certificate", "--out", "third"]), Some(1));
    assert_eq!(run("missing", &show), Some(1));
    assert_eq!(served.end().status, 0);
}

#[test]
fn a_service_comes_in_with_a_certificate_until_it_is_ended() {
    let trial = trial();
    let served = trial.serve();
    let out = trial.path("labels").display().to_string();
    let made = trial.json(&["service", "certificate", "labels", "--out", &out]);
    let mode = std::fs::metadata(trial.path("labels.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    trial.run(&["service", "certificate", "labels", "--out", &out]).ends(1);
    // Known, and there is no such order.
    for version in ["--http2", "--http1.1"] {
        assert_eq!(status(&served, "labels", &[version]).as_deref(), Some("404"), "{version}");
    }
    let authority = trial.run(&["authority", "show", "--output", "text"]).ends(0).text();
    trial.write("authority.pem", authority);
    openssl(&trial, &["verify", "-purpose", "sslclient", "-CAfile", "authority.pem", "labels.pem"]);
    // A request made elsewhere.
    openssl(
        &trial,
        &[
            "req", "-new", "-newkey", "rsa:2048", "-noenc", "-subj", "/CN=x", "-keyout", "own.key", "-out",
            "own.csr",
        ],
    );
    let (request, own) = (trial.path("own.csr"), trial.path("own"));
    let asked = ["service", "end-key", "labels", made["certificate_id"].as_str().unwrap()];
    trial.run(&asked).ends(0);
    assert_eq!(status(&served, "labels", &[]).as_deref(), Some("401"), "at once");
    let (request, own) = (request.display().to_string(), own.display().to_string());
    trial.run(&["service", "certificate", "labels", "--request", &request, "--out", &own]).ends(0);
    assert_eq!(status(&served, "own", &[]).as_deref(), Some("404"));
    assert_eq!(served.end().status, 0);
}

#[test]
fn a_certificate_of_another_authority_ends_the_handshake_and_one_for_servers_too() {
    let trial = trial();
    openssl(
        &trial,
        &[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-noenc",
            "-subj",
            "/CN=corp",
            "-keyout",
            "corp.key",
            "-out",
            "corp.pem",
            "-days",
            "30",
        ],
    );
    for (name, usage) in [("good", "clientAuth"), ("server", "serverAuth"), ("stranger", "clientAuth")] {
        let (csr, key, pem, ext) =
            (format!("{name}.csr"), format!("{name}.key"), format!("{name}.pem"), format!("{name}.ext"));
        openssl(
            &trial,
            &[
                "req",
                "-new",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-noenc",
                "-subj",
                "/",
                "-keyout",
                &key,
                "-out",
                &csr,
            ],
        );
        trial.write(
            &ext,
            format!("extendedKeyUsage={usage}\nsubjectAltName=URI:spiffe://corp.example/{name}\n"),
        );
        openssl(
            &trial,
            &[
                "x509", "-req", "-in", &csr, "-CA", "corp.pem", "-CAkey", "corp.key", "-days", "10",
                "-extfile", &ext, "-out", &pem,
            ],
        );
    }
    {
        let served = trial.serve();
        assert_eq!(status(&served, "good", &[]), None, "this home was not told of that authority");
        assert_eq!(served.end().status, 0);
    }
    let config = trial.path("home/bailee.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let named = format!("[server]\nclient_authorities = {:?}\n", trial.path("corp.pem"));
    std::fs::write(&config, text.replacen("[server]\n", &named, 1)).unwrap();
    let served = trial.serve();
    assert_eq!(status(&served, "good", &[]).as_deref(), Some("401"), "nobody is bound to it");
    let good = trial.path("good.pem").display().to_string();
    trial.run(&["service", "certificate", "labels", "--bind", &good]).ends(0);
    assert_eq!(status(&served, "good", &[]).as_deref(), Some("404"));
    assert_eq!(status(&served, "stranger", &[]).as_deref(), Some("401"));
    assert_eq!(status(&served, "server", &[]), None, "it is for servers");
    assert_eq!(served.end().status, 0);
}
