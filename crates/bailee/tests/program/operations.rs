//! Whoever runs the machine: health, metrics, the log, and where requests came from. None of it holds anything personal.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;

use crate::served::Served;
use crate::support::{PASSWORD, Trial, assert_nowhere};

const NOW: &str = "2026-03-02T09:00:00Z";
/// Values that stand in one order, and must stand nowhere in the open.
pub(crate) const MARKED: [&str; 4] =
    ["Wilhelmina Markwitz", "wilhelmina@marked.example", "17 Marked Street", "999-8887776-5554443"];

fn marked_order() -> String {
    let [name, mail, street, reference] = MARKED;
    format!(
        r#"{{"orderId":"{reference}","createdTime":"2026-03-01T09:00:00Z","lastUpdatedTime":"2026-03-01T09:00:00Z","fulfillment":{{"fulfillmentStatus":"SHIPPED"}},"buyer":{{"buyerName":"{name}","buyerEmail":"{mail}"}},"recipient":{{"deliveryAddress":{{"name":"{name}","addressLine1":"{street}","city":"Markstadt","countryCode":"DE"}}}},"orderItems":[]}}"#
    )
}

fn by_socket(served: &Served<'_>, path: &str) -> String {
    let asked = Command::new("curl")
        .args(["--silent", "--fail-with-body", "--unix-socket", served.said["socket"].as_str().unwrap()])
        .arg(format!("http://localhost{path}"))
        .output()
        .unwrap();
    assert!(asked.status.success(), "{path}: {}", String::from_utf8_lossy(&asked.stdout));
    String::from_utf8(asked.stdout).unwrap()
}

/// The value of a series.
fn value(metrics: &str, series: &str) -> f64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{series} is not in\n{metrics}")).parse().unwrap()
}

/// Everything that can be asked about one order, well and badly.
pub(crate) fn ask_all(served: &Served<'_>, bearer: &str) {
    let [name, mail, street, reference] = MARKED;
    let post = |path: &str, body: &str| {
        let words = ["--header", bearer, "--header", "Content-Type: application/json", "--data", body];
        served.curl(path, &words).output().unwrap()
    };
    assert!(post("/v1/sellers/ALPHA/orders:collect", &marked_order()).status.success());
    let found = post("/v1/sellers/ALPHA/orders:find", &format!(r#"{{"name":"{name}"}}"#));
    assert!(String::from_utf8_lossy(&found.stdout).contains(reference));
    let items = format!(r#""items":[{{"seller":"ALPHA","reference":"{reference}"}}]}}"#);
    let revealed = post("/v1/reveal", &format!(r#"{{"purpose":"fulfilment",{items}"#));
    assert!(String::from_utf8_lossy(&revealed.stdout).contains(street));
    post("/v1/reveal", &format!(r#"{{"purpose":"{name}",{items}"#));
    post("/v1/sellers/ALPHA/orders:find", &format!(r#"{{"email":"{mail}","{street}":1}}"#));
    post("/v1/sellers/ALPHA/orders:collect?source=17%20Marked%20Street", &format!(r#"{{"orderId":"{name}""#));
    let percent = name.replace(' ', "%20");
    let agent = format!("User-Agent: {name}");
    for path in [
        format!("/v1/sellers/ALPHA/orders/{reference}"),
        format!("/v1/sellers/{percent}/orders/{reference}"),
        format!("/{percent}?mail={mail}"),
        format!("/v1/ledger/proofs/{percent}"),
    ] {
        served.curl(&path, &["--header", bearer, "--header", &agent]).output().unwrap();
    }
    let wrong = format!(r#"{{"mail":"{mail}","password":"{name}"}}"#);
    post("/v1/sessions", &wrong);
    post("/v1/sessions", &name.repeat(3));
}

#[test]
fn nothing_that_a_server_tells_of_itself_holds_a_marked_value_at_any_level() {
    let trial = Trial::at(NOW);
    trial.configure("[log]", "directory = \"log\"");
    let mut served = trial.serve_with(|command| {
        command.env("BAILEE_LOG", "trace");
    });
    // What it tells is read while it tells: a pipe does not hold it.
    let mut told = served.process.stderr.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut all = Vec::new();
        std::io::Read::read_to_end(&mut told, &mut all).unwrap();
        all
    });
    let bearer = served.bearer();
    ask_all(&served, &bearer);
    let metrics = by_socket(&served, "/metrics");
    served.signal("TERM");
    assert!(served.process.wait().unwrap().success());
    let told = reader.join().unwrap();
    let text = String::from_utf8(told.clone()).unwrap();
    assert!(text.lines().count() > 100, "trace tells more than this: {text}");
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        assert!(line["level"].is_string() && line["target"].is_string(), "{line}");
    }
    let mut files = trial.kept();
    files.push(("stderr".into(), told));
    files.push(("metrics".into(), metrics.into_bytes()));
    let token = bearer.trim_start_matches("Authorization: Bearer ").to_owned();
    let secrets =
        MARKED.map(str::to_owned).into_iter().chain([token, PASSWORD.to_owned(), "Markstadt".to_owned()]);
    assert_nowhere(&files, &secrets.collect::<Vec<_>>());
}

#[test]
fn the_access_log_has_a_line_for_each_request_and_never_its_path() {
    let trial = Trial::at(NOW);
    trial.configure("[log]", "directory = \"log\"");
    let served = trial.serve();
    let bearer = served.bearer();
    ask_all(&served, &bearer);
    let ran = served.end();
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    let mut files = Vec::new();
    crate::support::read_all(&trial.path("home/log"), &mut files);
    let [(path, content)] = files.as_slice() else { panic!("{files:?}") };
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    let lines: Vec<Value> = String::from_utf8_lossy(content)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| line["target"] == "bailee::access")
        .collect();
    assert_eq!(lines.len(), 13, "one for the log-in, twelve for the others");
    let shown = lines.iter().find(|line| line["route"] == "/v1/sellers/{seller}/orders/{reference}").unwrap();
    assert_eq!((&shown["method"], &shown["status"]), (&"GET".into(), &200.into()));
    assert!(shown["principal"].as_str().unwrap().starts_with("person:"), "{shown}");
    assert!(shown["bytes"].as_u64().unwrap() > 100 && shown["micros"].is_u64(), "{shown}");
    assert_eq!(shown["request"].as_str().unwrap().len(), 32);
    assert!(lines.iter().any(|line| line["route"] == "none" && line["status"] == 404));
    assert!(lines.iter().all(|line| line["dropped"].is_null()), "{lines:?}");
}

#[test]
fn metrics_are_for_this_machine_and_count_what_the_ledger_says() {
    let trial = Trial::at(NOW);
    trial.configure("[server]", "metrics_listen = \"127.0.0.1:0\"");
    let served = trial.serve();
    let bearer = served.bearer();
    ask_all(&served, &bearer);
    let metrics = by_socket(&served, "/metrics");
    for (series, least) in [
        ("bailee_events_total{event=\"revealed\"}", 1.0),
        ("bailee_revealed_total{of=\"records\"}", 1.0),
        ("bailee_revealed_total{of=\"fields\"}", 5.0),
        ("bailee_documents_total{outcome=\"collected\"}", 1.0),
        ("bailee_documents_total{outcome=\"quarantined\"}", 1.0),
        ("bailee_quarantined", 1.0),
        ("bailee_buckets{state=\"live\"}", 1.0),
        ("bailee_keyring_mirrors{state=\"current\"}", 2.0),
        ("bailee_connections_arrived_total", 10.0),
        ("bailee_store_group_acts_count", 5.0),
        ("bailee_process_resident_memory_bytes", 1e6),
        ("bailee_process_open_fds", 5.0),
        ("bailee_requests_total{route=\"/v1/reveal\",method=\"POST\",status=\"2xx\"}", 1.0),
        ("bailee_request_duration_seconds_count{route=\"/v1/reveal\"}", 2.0),
    ] {
        assert!(value(&metrics, series) >= least, "{series}: {metrics}");
    }
    assert!(metrics.contains("bailee_denied_total{") && metrics.ends_with("# EOF\n"));
    assert!(!metrics.contains("ALPHA"), "no seller's name stands in it");
    // Every series has its own place: none is told twice.
    let names: Vec<&str> = metrics
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), names.len());
    // The ledger says the same.
    let size = served.ask("/v1/ledger/events?limit=1", &["--header", &bearer])["size"].as_f64().unwrap();
    assert_eq!(value(&by_socket(&served, "/metrics"), "bailee_ledger_entries"), size);
    // Over the network there is no such route, and at its own door no other.
    let refused = served.curl("/metrics", &["--header", &bearer]).output().unwrap();
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stdout).contains("no such route"));
    let door = served.said["metrics"].as_str().unwrap().replace("127.0.0.1", "localhost");
    let at_door = |url: &str| {
        let ca = trial.path("ca.pem");
        let asked =
            Command::new("curl").args(["--silent", "--cacert", ca.to_str().unwrap(), url]).output().unwrap();
        String::from_utf8(asked.stdout).unwrap()
    };
    assert!(value(&at_door(&door), "bailee_ledger_entries") >= size);
    assert!(at_door(&door.replace("/metrics", "/v1/health")).contains("no such route"));
}

#[test]
fn readiness_names_what_does_not_work_and_nothing_else() {
    let trial = Trial::at(NOW);
    let served = trial.serve();
    assert_eq!(served.ask("/healthz", &[])["status"], "ok");
    assert_eq!(served.ask("/readyz", &[]), serde_json::json!({ "status": "ready" }));
    let (a, b, away) = (trial.path("home/keyring/a"), trial.path("home/keyring/b"), trial.path("away"));
    std::fs::rename(&a, &away).unwrap();
    // An answer is good for a moment: it is asked again until another one comes.
    let next = |unlike: &Value| {
        crate::served::until(|| {
            let asked = served.curl("/readyz", &[]).output().unwrap();
            let answer: Value = serde_json::from_slice(&asked.stdout).unwrap();
            (answer != *unlike).then_some((asked.status.success(), answer))
        })
    };
    let degraded = serde_json::json!({ "status": "ready", "degraded": ["keyring"] });
    assert_eq!(next(&serde_json::json!({ "status": "ready" })), (true, degraded.clone()));
    let there = trial.path("there");
    std::fs::rename(&b, &there).unwrap();
    let failing = serde_json::json!({ "status": "not-ready", "failing": ["keyring"] });
    assert_eq!(next(&degraded), (false, failing.clone()));
    std::fs::rename(&there, &b).unwrap();
    std::fs::rename(&away, &a).unwrap();
    assert_eq!(next(&failing), (true, serde_json::json!({ "status": "ready" })));
}

#[test]
fn where_a_request_came_from_is_seen_by_who_reads_the_ledger_and_by_nobody_else() {
    let trial = Trial::at(NOW);
    let served = trial.serve();
    let bearer = served.bearer();
    let words = ["--header", &bearer, "--user-agent", "curl/8 Wilhelmina Markwitz"];
    served.ask("/v1/retention", &words);
    let events = served.ask("/v1/ledger/events?details=true", &["--header", &bearer]);
    let events = events["events"].as_array().unwrap();
    let named = |name: &str| events.iter().rfind(|event| event["event"] == name).unwrap();
    let origin = &named("retention-read")["origin"];
    assert_eq!((&origin["state"], &origin["detail"]["address"]), (&"sound".into(), &"127.0.0.1".into()));
    assert_eq!((&origin["detail"]["face"], &origin["detail"]["agent"]), (&"https".into(), &"curl".into()));
    assert_eq!(origin["detail"]["tls"], "1.3");
    assert_eq!(named("logged-in")["origin"], *origin, "one caller, one detail");
    assert_eq!(named("ledger-read")["how"], "details", "to look is an event of its own");
    assert_eq!(named("seller-added")["origin"]["detail"]["face"], "in-process");
    assert!(named("home-made")["origin"].is_null());
    served.end();
    let shown = trial.run(&["ledger", "tail", "--details"]).ends(0).text();
    assert!(shown.contains("https 127.0.0.1 TLS 1.3 curl"), "{shown}");
    // An export commits to it and does not say it.
    trial.run(&["ledger", "export", "--out", "export"]).ends(0);
    let mut files = Vec::new();
    crate::support::read_all(&trial.path("export"), &mut files);
    assert_nowhere(
        &files,
        &["127.0.0.1".to_owned(), "TLS13_AES_256_GCM".to_owned(), "Wilhelmina".to_owned()],
    );
    trial.run(&["ledger", "verify", "export"]).ends(0);
}
