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
        assert!(ended.err.starts_with("10 read in "), "{}", ended.err);
        let last = ended.err.lines().last().unwrap();
        assert!(last.contains("/empty: ") && last.contains("missing "), "{last}");
        assert!(!last.contains("/a") && !last.contains("/b") && ended.out.is_empty(), "{last}");
        assert!(!trial.path("tokens.ndjson").exists());
    }
    let again = trial.run(&["collect", "--seller", "ALPHA", &other]).ends(0).text();
    assert!(!again.contains("new"), "{again}");
}

#[test]
fn an_input_in_any_charset_and_packing_is_taken_in_and_what_was_decided_is_said() {
    let trial = Trial::at(NOW);
    let order =
        |seed: &str| trial.run(&["synth", "--orders", "3", "--seed", seed, "--now", NOW]).ends(0).text();
    let utf16 = |text: String, unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(unit).collect()
    };
    for (bytes, said) in [
        (order("1").into_bytes(), ""),
        (utf16(order("2"), u16::to_le_bytes), "orders-2026-01-01, utf-16le"),
        (utf16(order("3"), u16::to_be_bytes), "orders-2026-01-01, utf-16be"),
    ] {
        let file = trial.write("order.json", bytes);
        let taken = trial.run(&["collect", "--seller", "ALPHA", &file]).ends(0);
        assert!(taken.err.trim_end().ends_with(said), "{}", taken.err);
        assert_eq!(taken.err.is_empty(), said.is_empty(), "{}", taken.err);
    }
    let refused = trial.run_with(&["collect", "--seller", "ALPHA", "-"], "nothing").ends(1);
    assert!(!refused.err.contains("UTF-8"), "{}", refused.err);
}

/// An order of a person whose name has these bytes in it.
fn named(id: &str, name: &[u8]) -> Vec<u8> {
    let order = format!(
        r#"{{"orderId":"250-0000000-{id}","createdTime":"{NOW}","lastUpdatedTime":"{NOW}","buyer":{{"buyerName":"N"}}}}"#
    );
    let (before, behind) = order.split_once("\"N\"").unwrap();
    [before.as_bytes(), b"\"", name, b"\"", behind.as_bytes(), b"\n"].concat()
}

#[test]
fn letters_of_no_certain_charset_wait_in_quarantine_until_it_is_named() {
    let trial = Trial::at(NOW);
    let unsure = [named("0000001", b"Plain"), named("0000002", b"M\xA4 \xBD")].concat();
    let file = trial.write("orders.json", unsure);
    let taken = trial.run(&["collect", "--seller", "ALPHA", &file]).ends(3);
    assert!(
        taken.err.contains("no certain character set") && taken.err.contains("--charset"),
        "{}",
        taken.err
    );
    let listed = trial.run(&["quarantine", "list", "--seller", "ALPHA"]).ends(0).text();
    assert!(listed.contains("charset"), "{listed}");
    let taken = trial.run(&["collect", "--seller", "ALPHA", "--charset", "iso-8859-15", &file]).ends(0);
    assert!(taken.err.contains("iso-8859-15"), "{}", taken.err);
    let lies = trial.write("lies.json", named("0000003", "Käthe".as_bytes()));
    let refused = trial.run(&["collect", "--seller", "ALPHA", "--charset", "cp1252", &lies]).ends(3);
    assert!(refused.err.contains("leave out --charset"), "{}", refused.err);
    let unknown = trial.run(&["collect", "--seller", "ALPHA", "--charset", "Wilma", &lies]).ends(2);
    assert!(unknown.err.contains("shift_jis") && !unknown.err.contains("Wilma"), "{}", unknown.err);
}
