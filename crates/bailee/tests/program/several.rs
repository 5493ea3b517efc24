//! Several inputs at once, of which some are not what they should be.

use crate::support::Trial;

const NOW: &str = "2026-03-02T09:00:00Z";

#[test]
fn an_input_that_holds_nothing_keeps_no_other_from_going_in() {
    let trial = Trial::at(NOW);
    let orders = |seed| trial.run(&["synth", "--orders", "5", "--seed", seed, "--now", NOW]).ends(0).text();
    let [one, other] = [trial.write("a", orders("1")), trial.write("b", orders("2"))];
    let empty = trial.write("empty", "");
    for emit in [&[][..], &["--emit", "tokens.ndjson"]] {
        let words =
            [&["collect", "--seller", "ALPHA"][..], emit, &[&one, &empty, "missing", &other]].concat();
        let ended = trial.run(&words).ends(1);
        assert!(ended.err.starts_with("10 orders in "), "{}", ended.err);
        let last = ended.err.lines().last().unwrap();
        assert!(last.contains("/empty: ") && last.contains("missing "), "{last}");
        assert!(!last.contains("/a") && !last.contains("/b") && ended.out.is_empty(), "{last}");
        assert!(!trial.path("tokens.ndjson").exists());
    }
    let again = trial.run(&["collect", "--seller", "ALPHA", &other]).ends(0).text();
    assert!(!again.contains("new"), "{again}");
}

#[test]
fn an_input_in_utf_16_is_told_so() {
    let trial = Trial::at(NOW);
    let order = trial.run(&["synth", "--orders", "1", "--now", NOW]).ends(0).text();
    let text = || "\u{feff}".chars().chain(order.chars()).collect::<String>();
    let little: Vec<u8> = text().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text().encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [little, big] {
        let file = trial.write("order.json", bytes);
        let refused = trial.run(&["collect", "--seller", "ALPHA", &file]).ends(1);
        assert!(refused.err.contains("UTF-8"), "{}", refused.err);
    }
    let refused = trial.run_with(&["collect", "--seller", "ALPHA", "-"], "nothing").ends(1);
    assert!(!refused.err.contains("UTF-8"), "{}", refused.err);
}
