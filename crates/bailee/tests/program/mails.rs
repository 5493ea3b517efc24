//! Notices: over TLS of both kinds and no other way, to everybody who should know, until they are taken.

use crate::grants::{BEN, CEM, home, log_in};
use crate::served::until;
use crate::support::*;

const GLASS: [&str; 8] =
    ["grant", "break-glass", "--seller", "ALPHA", "--purpose", "incident", "--ticket", "OPS-1234"];

#[test]
fn mail_is_handed_in_over_tls_of_both_kinds_and_no_other_way() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    let refused = trial.run(&["mail", "test"]).ends(1);
    assert!(refused.err.contains("[mail]"), "{}", refused.err);
    let failed = |code: &str| {
        let failed = trial.run(&["--output", "json", "mail", "test"]).ends(1).json();
        assert_eq!((&failed["sent"], &failed["reason"]), (&false.into(), &code.into()));
    };
    for (number, tls) in ["implicit", "starttls"].into_iter().enumerate() {
        let post = trial.post(tls, 0);
        trial.send_by(post.port, tls);
        assert_eq!(trial.json(&["mail", "test"])["sent"], true);
        let message = post.messages().remove(number);
        assert!(message.is_ascii() && message.contains("To: ada@example.com\r\n"), "{message}");
        assert!(
            message.contains("Subject: Bailee: a test\r\n") && message.contains("@warehouse.example>\r\n")
        );

        trial.secret("mail.password", "Another-One-12");
        failed("smtp-535");
        trial.secret("mail.password", crate::post::PASSWORD);
        // Another authority, which signed nothing here.
        let own = std::fs::read(trial.path("authority.pem")).unwrap();
        std::fs::copy(trial.path("home/server.pem"), trial.path("authority.pem")).unwrap();
        failed("certificate");
        trial.write("authority.pem", own);
        // Encrypted in the one way, asked for in the other.
        trial.send_by(post.port, if tls == "implicit" { "starttls" } else { "implicit" });
        trial.run(&["mail", "test"]).ends(1);
        assert_eq!(post.messages().len(), number + 1, "nothing was said to whom is not believed");
    }
    let post = trial.post("plain", 0);
    trial.send_by(post.port, "starttls");
    failed("not-offered");
    assert_eq!(post.messages().len(), 2);
    let secret = trial.run(&["secret", "list"]).ends(0).text();
    assert!(secret.contains("mail-password") && !secret.contains("Quiet-Mill"), "{secret}");
}

#[test]
fn broken_glass_is_told_once_to_each_who_should_know_though_the_mail_server_was_away() {
    let trial = home();
    let port = trial.post("implicit", 0).port;
    trial.send_by(port, "implicit");
    log_in(&trial, BEN);
    // Nobody is there: the glass breaks all the same, and what is to be told waits.
    let broken = trial.run(&GLASS).ends(0);
    assert!(broken.err.contains("could not be sent"), "{}", broken.err);
    let post = trial.post("implicit", port);
    std::fs::write(trial.path("post/refuse"), "").unwrap();
    trial.later_as("2026-03-02T09:00:30Z", &["grant", "list"]);
    assert!(post.messages().is_empty());
    std::fs::remove_file(trial.path("post/refuse")).unwrap();
    trial.later_as("2026-03-02T09:10:00Z", &["grant", "list"]);
    trial.run(&["grant", "list"]).ends(0);
    let mut told: Vec<String> = post.messages().iter().map(|message| header(message, "To")).collect();
    told.sort();
    assert_eq!(told, [MAIL, BEN, CEM], "each once");
    let id = trial.json(&["grant", "list"])["grants"][0]["id"].as_str().unwrap().to_owned();
    for message in post.messages() {
        for what in ["Ben Beispiel", "ALPHA", "incident", "OPS-1234", "2026-03-03T09:00:00Z", &id] {
            assert!(message.contains(what), "{what}: {message}");
        }
    }
    let names = |post: &crate::post::Post| -> Vec<String> {
        post.messages().iter().map(|message| header(message, "Message-ID")).collect()
    };
    let mut first = names(&post);
    first.sort();
    first.dedup();
    assert_eq!(first.len(), 3);

    // Nobody reviews it.
    log_in(&trial, MAIL);
    trial.later("2026-03-03T09:00:01Z");
    assert_eq!(post.messages().len(), 6);
    assert!(post.messages()[3..].iter().all(|message| message.contains("nobody reviewed")));
    let tail = trial.run(&["ledger", "tail", "-n", "100"]).ends(0).text();
    assert!(tail.contains("notice") && !tail.contains('@'), "{tail}");
    let events = trial.json(&["ledger", "tail", "-n", "100"]).to_string();
    assert!(events.contains("\"step\":\"failed\"") && events.contains("smtp-451"), "{events}");
    assert!(events.contains("unreachable") && !events.contains('@'), "{events}");
}

#[test]
fn a_server_sends_what_is_to_be_told_within_seconds() {
    let trial = home();
    let post = trial.post("starttls", 0);
    trial.send_by(post.port, "starttls");
    log_in(&trial, BEN);
    let served = trial.serve();
    trial.run(&GLASS).ends(0);
    until(|| (post.messages().len() == 3).then_some(()));
    served.end().ends(0);
    assert_eq!(post.messages().len(), 3);
}

fn header(message: &str, name: &str) -> String {
    let line = message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap().to_owned()
}
