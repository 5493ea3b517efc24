//! What is spoken, and what is not.

use std::io::Write;
use std::process::{Command, Stdio};

use bailee_server::listener::{Identity, IdentityError, Limits, Minimum, PublicKeyPin};

use crate::support::{Pem, Running, send, until_closed};

/// What `openssl s_client` says of a handshake with these words.
fn openssl(running: &Running, words: &[&str]) -> String {
    let mut command = Command::new("openssl");
    command
        .args([
            "s_client",
            "-connect",
            &format!("127.0.0.1:{}", running.port),
            "-brief",
            "-cipher",
            "ALL:@SECLEVEL=0",
        ])
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let ran = command.output().unwrap();
    String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned()
}

#[test]
fn tls_1_2_and_1_3_are_spoken_and_nothing_older() {
    let running = Running::new(Limits::default());
    assert!(openssl(&running, &["-tls1_3"]).contains("TLSv1.3"));
    assert!(openssl(&running, &["-tls1_2"]).contains("TLSv1.2"));
    for old in ["-tls1", "-tls1_1"] {
        let said = openssl(&running, &[old]);
        assert!(!said.contains("CONNECTION ESTABLISHED"), "{old}: {said}");
    }
    let strict = Running::with(Limits::default(), Minimum::V13);
    assert!(openssl(&strict, &["-tls1_3"]).contains("TLSv1.3"));
    assert!(!openssl(&strict, &["-tls1_2"]).contains("CONNECTION ESTABLISHED"));
}

#[test]
fn suites_without_forward_secrecy_or_with_broken_modes_are_refused() {
    let running = Running::new(Limits::default());
    for good in
        ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"]
    {
        let said = openssl(&running, &["-tls1_2", "-cipher", &format!("{good}:@SECLEVEL=0")]);
        assert!(said.contains("CONNECTION ESTABLISHED"), "{good}: {said}");
    }
    for bad in
        ["kRSA", "CBC", "SHA1", "aNULL", "eNULL", "DHE", "ECDHE-ECDSA-AES128-SHA256", "AES128-GCM-SHA256"]
    {
        let said = openssl(&running, &["-tls1_2", "-cipher", &format!("{bad}:@SECLEVEL=0")]);
        assert!(!said.contains("CONNECTION ESTABLISHED"), "{bad}: {said}");
    }
}

#[test]
fn http_1_1_and_http_2_are_served_as_the_handshake_agrees() {
    let running = Running::new(Limits::default());
    for (protocol, version) in [("--http1.1", "1.1"), ("--http2", "2")] {
        let answer = running.curl(&[protocol, "--write-out", " %{http_version}"], "/hello");
        assert_eq!(answer, (0, format!("hello {version}")));
    }
    let body = running.directory.path().join("body");
    std::fs::write(&body, vec![b'x'; 3_000_000]).unwrap();
    for protocol in ["--http1.1", "--http2"] {
        let words = [protocol, "--data-binary", &format!("@{}", body.display())];
        assert_eq!(running.curl(&words, "/count"), (0, "3000000".to_owned()));
    }
}

#[test]
fn plain_http_is_told_where_to_ask_and_nothing_else() {
    let running = Running::new(Limits::default());
    for asked in
        ["GET /hello?name=Wilma HTTP/1.1\r\nHost: Wilma\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "x"]
    {
        let mut stream = running.connect();
        stream.write_all(asked.as_bytes()).unwrap();
        let answer = until_closed(&mut stream);
        let (head, words) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 400 ") && head.contains("\r\nConnection: close"), "{head}");
        assert_eq!(words, format!("this is HTTPS; ask https://127.0.0.1:{}\n", running.port));
    }
}

#[test]
fn the_peer_is_known() {
    let running = Running::new(Limits::default());
    let (_, network) = running.curl(&["--ipv4"], "/peer");
    assert!(network.starts_with("Network { from: 127.0.0.1:") && network.contains("\"1.3\""), "{network}");
    let local = Command::new("curl")
        .args(["--silent", "--max-time", "20", "--unix-socket"])
        .arg(running.socket())
        .arg("http://localhost/peer")
        .output()
        .unwrap();
    let local = String::from_utf8(local.stdout).unwrap();
    assert!(local.starts_with("Local { uid: ") && local.contains("process: Some("), "{local}");
}

#[test]
fn a_certificate_is_replaced_while_connections_go_on() {
    let running = Running::new(Limits::default());
    let mut before = running.greet(b"http/1.1");
    before.conn.complete_io(&mut before.sock).unwrap();
    let pins = |running: &Running| {
        let pin = running.tls.identity().pin().unwrap().to_string();
        running.curl(&["--insecure", "--pinnedpubkey", &pin], "/hello")
    };
    let old = running.tls.identity().pin().unwrap();
    assert_eq!(pins(&running), (0, "hello".to_owned()));
    let other = Pem::new();
    // Under load: somebody asks all the while, and is always answered.
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            (0..30)
                .for_each(|_| assert_eq!(running.curl(&["--insecure"], "/hello"), (0, "hello".to_owned())));
        });
        for pem in [&other, &running.pem].into_iter().cycle().take(100) {
            running.tls.replace(pem.identity());
        }
        asking.join().unwrap();
    });
    running.tls.replace(other.identity());
    assert_ne!(running.tls.identity().pin().unwrap(), old);
    assert_eq!(pins(&running), (0, "hello".to_owned()));
    assert_eq!(PublicKeyPin::parse(&old.to_string()), Some(old));
    send(&mut before, "GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert!(until_closed(&mut before).ends_with("hello"));
}

#[test]
fn what_is_no_identity_is_refused_by_what_is_wrong_with_it() {
    let (pem, other) = (Pem::new(), Pem::key_alone());
    let read = |chain: &str, key: &str| Identity::from_pem(chain.as_bytes(), key.as_bytes()).map(drop);
    assert_eq!(read(&pem.chain, &pem.key), Ok(()));
    assert_eq!(read(&pem.chain, &other), Err(IdentityError::Mismatch));
    assert_eq!(read(&pem.chain, "nonsense"), Err(IdentityError::Key));
    assert_eq!(read("nonsense", &pem.key), Err(IdentityError::Certificate));
    let cut = &pem.chain[..pem.chain.len() / 2];
    assert_eq!(read(cut, &pem.key), Err(IdentityError::Certificate));
}
