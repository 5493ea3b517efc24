//! A home as a service: it answers over HTTPS and by its socket, ends in order, and goes on after a kill.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::served::{Served, until};
use crate::support::{MAIL, PASSWORD, Trial, copy};

const NOW: &str = "2026-03-02T09:00:00Z";

fn orders(trial: &Trial, number: &str) -> String {
    trial.run(&["synth", "--orders", number, "--mess", "0", "--now", NOW]).ends(0).text()
}

/// Events of the ledger by their name.
fn events(served: &Served<'_>, bearer: &str, name: &str) -> usize {
    let page = served.ask("/v1/ledger/events?limit=100", &["--header", bearer]);
    page["events"].as_array().unwrap().iter().filter(|event| event["event"] == name).count()
}

#[test]
fn a_home_is_served_over_https_and_by_its_socket() {
    let trial = Trial::at(NOW);
    let served = trial.serve();
    assert_eq!(served.ask("/v1/health", &[])["status"], "ok");
    let bearer = served.bearer();
    let sellers = served.ask("/v1/sellers", &["--header", &bearer]);
    assert_eq!(sellers["sellers"][0]["id"], "ALPHA");
    let socket = served.said["socket"].as_str().unwrap();
    assert_eq!(std::fs::metadata(socket).unwrap().permissions().mode() & 0o777, 0o600);
    // A session of its own: one from the network opens nothing here.
    let here = |words: &[&str]| {
        let mut command = Command::new("curl");
        command.args(["--silent", "--unix-socket", socket]).args(words);
        command.output().unwrap()
    };
    let question = format!("{{\"mail\":\"{MAIL}\",\"password\":\"{PASSWORD}\"}}");
    let session = here(&["--json", &question, "http://localhost/v1/sessions"]);
    let session: serde_json::Value = serde_json::from_slice(&session.stdout).unwrap();
    let own = format!("Authorization: Bearer {}", session["token"].as_str().unwrap());
    let by_socket = here(&["--header", &own, "http://localhost/v1/sellers"]);
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&by_socket.stdout).unwrap(), sellers);
    let plain = Command::new("curl")
        .args(["--silent", "--header", &bearer, &served.url().replace("https", "http")])
        .output()
        .unwrap();
    assert!(String::from_utf8(plain.stdout).unwrap().starts_with("this is HTTPS; ask https://"));
    let socket = socket.to_owned();
    let ran = served.end();
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert!(!std::path::Path::new(&socket).exists());
    trial.run(&["ledger", "verify"]).ends(0);
}

#[test]
fn a_collect_that_is_under_way_when_the_server_is_told_to_end_finishes_and_is_in_the_ledger() {
    let trial = Trial::at(NOW);
    let input = orders(&trial, "20");
    let served = trial.serve();
    let mut collect = begin_collect(&served);
    let mut pipe = collect.stdin.take().unwrap();
    let (first, rest) = input.split_at(input.len() / 2);
    pipe.write_all(first.as_bytes()).unwrap();
    served.signal("TERM");
    until_closed(&served);
    pipe.write_all(rest.as_bytes()).unwrap();
    drop(pipe);
    let answered = collect.wait_with_output().unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&answered.stdout).unwrap();
    assert_eq!((&summary["read"], &summary["quarantined"]), (&20.into(), &0.into()), "{summary}");
    assert_eq!(served.wait().status, 0);
    let tail = trial.run(&["ledger", "tail"]).ends(0).text();
    assert!(tail.contains("collected"), "{tail}");
    trial.run(&["ledger", "verify"]).ends(0);
}

#[test]
fn documents_that_end_early_are_no_whole_answer_for_any_client() {
    let trial = Trial::at(NOW);
    let input = trial.write("orders.ndjson", orders(&trial, "2000"));
    assert!(Command::new("gzip").arg(&input).status().unwrap().success());
    let packed = format!("{input}.gz");
    let mut bytes = std::fs::read(&packed).unwrap();
    bytes.truncate(bytes.len() - 100);
    std::fs::write(&packed, bytes).unwrap();
    let served = trial.serve();
    let bearer = served.bearer();
    let (data, heads) = (format!("@{packed}"), trial.write("heads", ""));
    for (http, more) in [("--http1.1", None), ("--http1.1", Some("TE: trailers")), ("--http2", None)] {
        let mut words = vec![http, "--header", &bearer, "--header", "Prefer: return=representation"];
        words.extend(["--data-binary", &data, "--dump-header", &heads]);
        words.extend(more.iter().flat_map(|more| ["--header", more]));
        let ran = served.curl("/v1/sellers/ALPHA/orders:collect", &words).output().unwrap();
        let told = std::fs::read_to_string(&heads).unwrap();
        assert!(!ran.stdout.is_empty() && told.contains("200"), "{told}");
        assert_eq!(told.contains("bailee-problem: {"), more.is_some() || http == "--http2", "{http}: {told}");
        if !told.contains("bailee-problem: {") {
            assert!(!ran.status.success(), "{http}: {told}");
        }
    }
}

/// Begins to collect over the network; what goes in is written to its standard input. Returns once the server has taken
/// the request and asks for its body.
fn begin_collect(served: &Served<'_>) -> Child {
    let bearer = served.bearer();
    let words = [
        "--header",
        &bearer,
        "--header",
        "Expect: 100-continue",
        "--expect100-timeout",
        "20",
        "--http1.1",
        "--upload-file",
        "-",
        "--request",
        "POST",
        "--no-buffer",
        "--verbose",
    ];
    let mut collect = served.curl("/v1/sellers/ALPHA/orders:collect", &words).spawn().unwrap();
    let mut told = BufReader::new(collect.stderr.take().unwrap()).lines();
    assert!(told.any(|line| line.unwrap().contains("100 Continue")), "the request was not taken");
    // It goes on telling, and must be heard.
    std::thread::spawn(move || told.count());
    collect
}

/// Waits until nobody new is let in.
fn until_closed(served: &Served<'_>) {
    until(|| {
        let refused = served.curl("/v1/health", &["--max-time", "1"]).output().unwrap();
        (refused.status.code() == Some(7)).then_some(())
    });
}

#[test]
fn a_second_server_on_a_home_is_refused_and_one_after_a_kill_is_not() {
    let trial = Trial::at(NOW);
    let served = trial.serve();
    let number = served.process.id();
    let refused = trial.run(&["serve", "--listen", "127.0.0.1:0"]).ends(1);
    assert!(refused.err.contains(&format!("process {number}")), "{}", refused.err);
    served.signal("KILL");
    let socket = served.said["socket"].as_str().unwrap().to_owned();
    served.wait();
    assert!(std::path::Path::new(&socket).exists(), "a killed server leaves its socket");
    let served = trial.serve();
    let bearer = served.bearer();
    assert_eq!(events(&served, &bearer, "seller-added"), 1);
    served.end();
    trial.run(&["ledger", "verify"]).ends(0);
}

#[test]
fn told_twice_it_ends_at_once() {
    let trial = Trial::at(NOW);
    let served = trial.serve();
    let mut held = begin_collect(&served);
    held.stdin.as_mut().unwrap().write_all(b"{\"orderId\":").unwrap();
    served.signal("TERM");
    until_closed(&served);
    served.signal("INT");
    assert_eq!(served.wait().status, 0);
    held.kill().unwrap();
    held.wait().unwrap();
    let summary = trial.json(&["quarantine", "list"]);
    assert_eq!(summary["quarantined"].as_array().unwrap().len(), 0, "half an order is none");
}

/// The public key that a server shows now.
fn shown(served: &Served<'_>) -> String {
    let address = served.url().replace("https://localhost", "127.0.0.1");
    let client = Command::new("openssl")
        .args(["s_client", "-connect", &address])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8(client.stdout).unwrap().split("-----").nth(2).unwrap_or_default().to_owned()
}

#[test]
fn a_certificate_that_changes_is_shown_without_a_restart_and_a_broken_one_is_not() {
    let (trial, other) = (Trial::at(NOW), Trial::at(NOW));
    let served = trial.serve();
    let before = shown(&served);
    let pem = |trial: &Trial, name: &str| std::fs::read(trial.path(&format!("home/{name}"))).unwrap();
    let put =
        |name: &str, content: &[u8]| std::fs::write(trial.path(&format!("home/{name}")), content).unwrap();
    let bearer = served.bearer();
    let faults = || events(&served, &bearer, "system-error");
    assert_eq!(faults(), 0);
    put("server.pem", b"nonsense");
    served.signal("HUP");
    until(|| (faults() > 0).then_some(()));
    assert_eq!(shown(&served), before);
    put("server.key", &pem(&other, "server.key"));
    put("server.pem", &pem(&other, "server.pem"));
    until(|| (shown(&served) != before).then_some(()));
    served.end();
}

#[test]
fn a_home_from_before_gets_a_certificate_and_one_of_ones_own_is_taken() {
    let trial = Trial::at(NOW);
    for name in ["server.pem", "server.key"] {
        std::fs::remove_file(trial.path(&format!("home/{name}"))).unwrap();
    }
    trial.run(&["serve", "--check"]).ends(0);
    let served = trial.serve();
    assert_eq!(served.ask("/v1/health", &[])["status"], "ok");
    served.end();
    let own = |name: &str| trial.path(name).to_str().unwrap().to_owned();
    let (certificate, key) = (own("own.pem"), own("own.key"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=own", "-days", "30"])
        .args(["-addext", "subjectAltName=DNS:localhost", "-out", &certificate, "-keyout", &key])
        .output()
        .unwrap();
    assert!(made.status.success());
    let path = trial.path("home/bailee.toml");
    let written = std::fs::read_to_string(&path).unwrap();
    let section = format!("[server]\ncertificate = \"{certificate}\"\nkey = \"file:{key}\"");
    std::fs::write(&path, written.replace("[server]", &section)).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = trial.run(&["serve", "--check"]).ends(1);
    assert!(refused.err.contains("2.4.b"), "{}", refused.err);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    trial.run(&["serve", "--check"]).ends(0);
    let served = trial.serve();
    assert!(served.curl("/v1/health", &["--cacert", &certificate]).status().unwrap().success());
    served.end();
}

#[test]
fn a_configuration_that_is_not_sound_is_said_so_before_anything_is_served() {
    let trial = Trial::at(NOW);
    let path = trial.path("home/bailee.toml");
    let written = std::fs::read_to_string(&path).unwrap();
    for (line, said) in [
        ("tls_minimum = \"1.1\"", "1.5.a"),
        ("plaintext = true", "not known here"),
        ("listen = [\"x\"]", "port"),
    ] {
        std::fs::write(&path, written.replace("[server]", &format!("[server]\n{line}"))).unwrap();
        for words in [&["serve", "--check"][..], &["serve"]] {
            let refused = trial.run(words).ends(1);
            assert!(refused.err.contains(said) && refused.err.lines().count() == 1, "{}", refused.err);
        }
    }
}

#[test]
fn checkpoints_leave_the_home_while_it_is_served() {
    let trial = Trial::at(NOW);
    let newest = || std::fs::read_to_string(trial.path("home.checkpoints/newest.checkpoint")).unwrap();
    let served = trial.serve();
    let before = newest();
    served.bearer();
    until(|| (newest() != before).then_some(()));
    served.end();
}

#[test]
fn a_checkpoint_that_cannot_leave_is_an_event_and_fails_the_server_in_the_end() {
    let trial = Trial::at(NOW);
    let served = trial.serve();
    let bearer = served.bearer();
    std::fs::write(trial.path("home.checkpoints/newest.checkpoint"), "nonsense").unwrap();
    served.ask("/v1/ledger/events", &["--header", &bearer]);
    until(|| (events(&served, &bearer, "system-error") > 0).then_some(()));
    until(|| (served.ask("/readyz", &[])["degraded"][0] == "checkpoints").then_some(()));
    let ran = served.end();
    assert_eq!(ran.status, 1, "{}", ran.err);
    assert!(ran.err.contains("checkpoint"), "{}", ran.err);
}

#[test]
fn mirrors_that_are_put_back_under_a_server_are_made_whole_before_anything_is_sealed_again() {
    let trial = Trial::at(NOW);
    let mirrors = ["home/keyring/a", "home/keyring/b"].map(|mirror| trial.path(mirror));
    let snapshot = trial.path("snapshot");
    copy(&mirrors[0], &snapshot);
    let served = trial.serve();
    let bearer = served.bearer();
    let json = "Content-Type: application/json";
    let collect = |number: &str| {
        let orders = orders(&trial, number);
        let words = ["--data-binary", &orders, "--header", json, "--header", &bearer];
        served.ask("/v1/sellers/ALPHA/orders:collect", &words)["collected"].clone()
    };
    assert_eq!(collect("3"), 3);
    for mirror in &mirrors {
        std::fs::remove_dir_all(mirror).unwrap();
        copy(&snapshot, mirror);
    }
    let is_ready = || served.curl("/readyz", &[]).output().unwrap().status.success();
    until(|| is_ready().then_some(()));
    assert_eq!(events(&served, &bearer, "mirrors-changed"), 1);
    assert_eq!(collect("5"), 2);
    served.end();
    let orders = orders(&trial, "5");
    for order in orders.lines() {
        let order: serde_json::Value = serde_json::from_str(order).unwrap();
        let name = format!("ALPHA/{}", order["orderId"].as_str().unwrap());
        let shown = trial.json(&["reveal", &name, "--purpose", "fulfilment"]);
        assert!(!shown["records"][0]["fields"].as_object().unwrap().is_empty(), "{shown}");
    }
}

#[test]
fn the_service_manager_is_told_that_it_is_ready_lives_and_stops() {
    let trial = Trial::at(NOW);
    let path = trial.path("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let served = trial.serve_with(|command| {
        command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "200000");
    });
    let hear = || {
        let mut told = [0; 64];
        let bytes = manager.recv(&mut told).unwrap();
        String::from_utf8(told[..bytes].to_vec()).unwrap()
    };
    let mut told: Vec<String> = (0..4).map(|_| hear()).collect();
    told.sort();
    assert_eq!(told, ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]);
    served.signal("TERM");
    until(|| (hear() == "STOPPING=1").then_some(()));
    assert_eq!(served.wait().status, 0);
}

#[test]
fn a_server_ends_what_fell_due_before_it_answers_anybody() {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    let order = crate::grants::ORDER.replace("UNSHIPPED", "SHIPPED");
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], &order).ends(0);
    let served = trial.serve_with(|command| {
        command.args(["--now", "2026-03-30T00:00:00Z"]);
    });
    let bearer = served.bearer();
    let status = served.ask("/v1/retention", &["--header", &bearer]);
    assert_eq!(
        (&status["sellers"][0]["destroyed"], &status["sellers"][0]["buckets"]),
        (&1.into(), &json!([]))
    );
    served.end().ends(0);
    let events = trial.json(&["ledger", "tail", "-n", "100"]).to_string();
    assert!(events.contains("destruction-completed"), "{events}");
    let explained = trial.json(&["retention", "explain", "ALPHA/250-1234567-1234567"]);
    assert_eq!(explained["state"], "disposed");

    // And says what it holds, so that others can check it without the home.
    let census = trial.json(&["retention", "census"]);
    assert_eq!((&census["parts"], &census["past"]), (&0.into(), &0.into()));
    let (proof, key) = (census["proof"].as_str().unwrap(), census["verifier_key"].as_str().unwrap());
    let proven = bailee_ledger::prove::verify_proof(proof, key).unwrap();
    let event = bailee_ledger::event::Event::parse(&proven.entry).unwrap();
    assert!(matches!(event.what, bailee_ledger::event::What::Census(told) if told.past == 0));
    let words = trial.run(&["retention", "census"]).ends(0).text();
    assert!(words.contains("for more than 30 days"), "{words}");
}
