//! Two people for what is dangerous; and a company of one, with somebody outside who can stop it.

use crate::grants::{BEN, CEM, accept, home, log_in};
use crate::post::Post;
use crate::support::*;

const OUTSIDE: &str = "tess@adviser.example";
const FACT: [&str; 5] =
    ["catalogue", "classify", "extra.colour", "--fact", "the colour of the thing, which the seller chose"];

/// Has the home ask for a second person, be a company of one, and name somebody outside.
fn declare(trial: &Trial, post: &Post) {
    trial.send_by(post.port, "implicit");
    trial.configure("[access]", &format!("second_person = true\nsolo = true\noutside = \"{OUTSIDE}\""));
}

fn end(trial: &Trial) {
    let path = trial.path("home/bailee.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace(&format!("solo = true\noutside = \"{OUTSIDE}\"\n"), "")).unwrap();
}

fn ask(trial: &Trial) -> String {
    let words = ["grant", "ask", "--for", "printer", "--seller", "ALPHA", "--class", "contact"];
    let more = ["--purpose", "fulfilment", "--until", "60d"];
    trial.json(&[&words[..], &more].concat())["id"].as_str().unwrap().to_owned()
}

/// The code in the newest message to the outside.
fn code(post: &Post) -> String {
    let messages = post.messages();
    let newest = messages.iter().rev().find(|message| message.contains(&format!("To: {OUTSIDE}"))).unwrap();
    let at = newest.find("bst_").unwrap();
    newest[at..at + 47].to_owned()
}

fn solitary() -> (Trial, Post) {
    let trial = Trial::at("2026-03-02T09:00:00Z");
    let post = trial.post("implicit", 0);
    // Before there is anybody to be told of it.
    let words = ["service", "add", "printer", "--seller", "ALPHA", "--purpose", "tax", "--class", "tax"];
    trial.run(&words).ends(0);
    declare(&trial, &post);
    (trial, post)
}

#[test]
fn a_company_of_one_asks_is_stopped_asks_again_and_may_a_day_later() {
    let (trial, post) = solitary();
    let first = ask(&trial);
    assert_eq!(post.messages().len(), 1, "the outside is told at once, and nobody else");
    let early = trial.run(&["grant", "approve", &first]).ends(4);
    assert!(early.err.contains("may stop it until 2026-03-03T09:00:00Z"), "{}", early.err);

    // Whoever has the code needs no account.
    trial.run(&["logout"]).ends(0);
    let stop = ["stop", "--code-stdin"];
    let wrong = trial.run_with(&stop, &code(&post).replace("bst_", "bss_")).ends(4);
    assert!(wrong.err.contains("stops nothing"), "{}", wrong.err);
    assert!(trial.run_with(&stop, &code(&post)).ends(0).text().contains("approve-grant"));
    trial.run_with(&stop, &code(&post)).ends(0);
    trial.log_in();
    assert!(post.messages()[1].contains("To: ada@example.com") && post.messages()[1].contains("stopped"));
    trial.later("2026-03-05T09:00:00Z");
    let refused = trial.run(&["grant", "approve", &first]).ends(1);
    assert!(refused.err.contains("ended already"), "for good: {}", refused.err);

    let second = ask(&trial);
    trial.later("2026-03-06T08:59:59Z");
    trial.run(&["grant", "approve", &second]).ends(4);
    trial.later("2026-03-06T09:00:00Z");
    trial.run(&["grant", "approve", &second]).ends(0);
    let late = trial.run_with(&stop, &code(&post)).ends(1);
    assert!(late.err.contains("done already"), "{}", late.err);

    let grants = trial.json(&["grant", "list"]);
    assert_eq!(grants["grants"][1]["state"], "live");
    for list in [grants, trial.json(&["proposal", "list"]), who(&trial)] {
        let exception = &list["exceptions"][0];
        assert_eq!((&exception["requirement"], &exception["code"]), (&"1.3.b".into(), &"solo".into()));
    }
    assert!(trial.run(&["grant", "list"]).ends(0).text().contains("exception from 1.3.b"));
    end(&trial);
    assert_eq!(trial.json(&["grant", "list"])["exceptions"], serde_json::json!([]));
    let events = trial.json(&["ledger", "tail", "-n", "100"]).to_string();
    for told in ["\"declared\":true", "\"declared\":false", "\"step\":\"stopped\"", "\"step\":\"done\""] {
        assert!(events.contains(told), "{told}: {events}");
    }
    assert!(!events.contains("bst_") && !events.contains("tess"), "{events}");
    let kept = trial.kept();
    let data: Vec<_> = kept.into_iter().filter(|(path, _)| !path.ends_with("bailee.toml")).collect();
    assert_nowhere(&data, &[OUTSIDE.to_owned(), code(&post)]);
}

fn who(trial: &Trial) -> serde_json::Value {
    trial.run_with(&["collect", "--seller", "ALPHA", "-"], crate::grants::ORDER).ends(0);
    trial.json(&["access", "who", "ALPHA/250-1234567-1234567", "--field", "buyer.buyerName"])
}

#[test]
fn the_day_counts_from_the_moment_at_which_the_mail_was_taken() {
    let (trial, post) = solitary();
    let port = post.port;
    drop(post);
    let id = ask(&trial);
    trial.later("2026-03-04T09:00:00Z");
    let denied = trial.run(&["grant", "approve", &id]).ends(4);
    assert!(denied.err.contains("not taken yet"), "{}", denied.err);
    let post = trial.post("implicit", port);
    trial.later("2026-03-04T12:00:00Z");
    assert_eq!(post.messages().len(), 1);
    trial.later("2026-03-05T11:59:59Z");
    trial.run(&["grant", "approve", &id]).ends(4);
    trial.later("2026-03-05T12:00:00Z");
    trial.run(&["grant", "approve", &id]).ends(0);
}

#[test]
fn a_stop_comes_in_over_the_network_with_nothing_but_its_code() {
    let (trial, post) = solitary();
    let id = ask(&trial);
    let served = trial.serve();
    let bearer = format!("Authorization: Bearer {}", code(&post));
    let stopped = served.ask("/v1/stops", &["--request", "POST", "--header", &bearer]);
    assert_eq!((&stopped["act"], &stopped["about"]), (&"approve-grant".into(), &id.as_str().into()));
    let refused = served.curl("/v1/stops", &["--request", "POST", "--header", "Authorization: Bearer bst_x"]);
    assert!(!{ refused }.status().unwrap().success());
    served.end().ends(0);
    assert_eq!(trial.json(&["grant", "list"])["grants"][0]["state"], "ended");
}

#[test]
fn that_a_field_is_a_fact_takes_two_people() {
    let trial = home();
    log_in(&trial, CEM);
    let known = trial.run(&["catalogue", "classify", "buyer.buyerName", "--fact", FACT[4]]).ends(1);
    assert!(known.err.contains("0.e"), "what would be refused is not proposed: {}", known.err);
    let filed = trial.json(&FACT);
    assert_eq!((&filed["act"], &filed["state"]), (&"declassify".into(), &"proposed".into()));
    let id = filed["id"].as_str().unwrap();
    let decide = |word: &str, status: i32| trial.run(&["proposal", word, id]).ends(status);
    assert!(decide("approve", 4).err.contains("themselves"));
    assert!(trial.json(&["catalogue", "list"]).to_string().find("extra.colour").is_none());
    log_in(&trial, BEN);
    decide("approve", 4);
    decide("show", 5);
    log_in(&trial, MAIL);
    let shown = trial.json(&["proposal", "show", id]);
    assert_eq!(shown["fact"], FACT[4]);
    decide("withdraw", 5);
    assert!(decide("approve", 0).text().contains("is done"));
    let fields = trial.json(&["catalogue", "list"]);
    let decided = fields["fields"].as_array().unwrap().iter().find(|one| one["path"] == "extra.colour");
    assert_eq!(decided.unwrap()["reason"], FACT[4], "as it was proposed");
    assert!(decide("approve", 1).err.contains("done already"), "once");

    // Refused, taken back, and over: none of them is carried out.
    let propose =
        || trial.json(&[&FACT[..2], &["extra.size"], &FACT[3..]].concat())["id"].as_str().unwrap().to_owned();
    let ids = [propose(), propose(), propose()];
    trial.run(&["proposal", "withdraw", &ids[0]]).ends(0);
    log_in(&trial, CEM);
    trial.run(&["proposal", "refuse", &ids[1]]).ends(0);
    trial.later("2026-03-09T09:00:00Z");
    for id in &ids {
        trial.run(&["proposal", "approve", id]).ends(1);
    }
    let all = trial.json(&["proposal", "list"]);
    let state_of = |id: &str| {
        let proposals = all["proposals"].as_array().unwrap();
        proposals.iter().find(|one| one["id"] == id).unwrap()["state"].clone()
    };
    assert_eq!([id, &ids[0], &ids[1], &ids[2]].map(state_of), ["done", "withdrawn", "refused", "expired"]);
    log_in(&trial, MAIL);
    let tail = trial.json(&["ledger", "tail", "-n", "100"]);
    let contents: std::collections::BTreeSet<String> = tail["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["proposal"] == id)
        .map(|one| format!("{}", one["content"]))
        .collect();
    assert_eq!(contents.len(), 1, "every step is of the same content: {tail}");
}

#[test]
fn solo_changes_nothing_while_two_could_approve() {
    let (trial, post) = solitary();
    // Nor does she make somebody the second alone without the outside knowing.
    let invited = trial.json(&["person", "invite", &format!("Cem Beispiel <{CEM}>"), "--role", "officer"]);
    let approve = ["proposal", "approve", invited["proposal"].as_str().unwrap()];
    assert!(trial.run(&approve).ends(4).err.contains("may stop it until 2026-03-03T09:00:00Z"));
    accept(&trial, &invited, None).ends(4);
    trial.later("2026-03-03T09:00:00Z");
    let approved = trial.json(&approve);
    accept(&trial, &invited, approved["code"].as_str()).ends(0);
    trial.log_in();
    let told = post.messages().len();
    let refused =
        trial.run(&["person", "invite", &format!("Tess Beispiel <{OUTSIDE}>"), "--role", "officer"]).ends(1);
    assert!(refused.err.contains("1.3.b"), "{}", refused.err);
    let id = ask(&trial);
    assert_eq!(post.messages().len(), told, "nobody outside is told");
    trial.later("2026-03-04T09:00:00Z");
    let denied = trial.run(&["grant", "approve", &id]).ends(4);
    assert!(denied.err.contains("while somebody else is active"), "{}", denied.err);
    let filed = trial.json(&FACT);
    log_in(&trial, CEM);
    trial.run(&["grant", "approve", &id]).ends(0);
    trial.run(&["proposal", "approve", filed["id"].as_str().unwrap()]).ends(0);
    let list = trial.run(&["proposal", "list"]).ends(0).text();
    assert!(list.contains("changes nothing"), "{list}");
}

#[test]
fn solo_and_whom_to_tell_belong_together_and_to_somebody_outside() {
    let (trial, post) = solitary();
    let path = trial.path("home/bailee.toml");
    let sound = std::fs::read_to_string(&path).unwrap();
    let outside = format!("outside = \"{OUTSIDE}\"\n");
    for (from, to, says) in [
        (outside.as_str(), "", "belong together"),
        ("solo = true\n", "", "belong together"),
        ("solo = true\n", "solo = false\n", "belong together"),
        (OUTSIDE, "bailee@warehouse.example", "mail is from"),
        (OUTSIDE, "nobody", "mail address"),
        (OUTSIDE, "Ada@Example.com", "somebody here"),
    ] {
        std::fs::write(&path, sound.replacen(from, to, 1)).unwrap();
        let refused = trial.run(&["grant", "list"]).ends(1);
        assert!(refused.err.contains(says), "{says}: {}", refused.err);
    }
    let (before, after) = sound.split_once("[mail]\n").unwrap();
    let rest = after.split_once("# The server to which").unwrap().1;
    std::fs::write(&path, format!("{before}[mail]\n#{rest}")).unwrap();
    assert!(trial.run(&["grant", "list"]).ends(1).err.contains("needs [mail]"));
    drop(post);
}
