//! What people give by mistake or by bad luck: each is refused in one line that says what to do, or goes in whole.
//! Nothing of it is said again, nothing is lost, and a good file behind it goes in.

use crate::support::{Ran, Trial};

const NOW: &str = "2026-11-01T09:00:00Z";

/// What stands in every odd file.
const SECRET: &str = "Zettelmann";

fn synth(trial: &Trial, words: &[&str]) -> Vec<u8> {
    let common = ["synth", "--orders", "5", "--seed", "3", "--now", NOW];
    trial.run(&[&common[..], words].concat()).ends(0).out
}

fn collect(trial: &Trial, words: &[&str]) -> Ran {
    trial.run(&[&["collect", "--seller", "ALPHA"], words].concat())
}

#[track_caller]
fn assert_one_line(ran: &Ran, says: &str) {
    assert_eq!(ran.text(), "");
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    assert!(ran.err.starts_with("bailee: ") && ran.err.contains(says), "not {says:?}: {}", ran.err);
    assert!(!ran.err.contains(SECRET), "{}", ran.err);
}

#[test]
fn what_is_no_input_is_refused_in_one_line_that_says_what_to_do() {
    let trial = Trial::at(NOW);
    let mut noise = b"{\n".to_vec();
    noise.extend((0..40_000_u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()));
    let with = |begins: &[u8]| [begins, SECRET.as_bytes()].concat();
    for (name, content, says) in [
        ("book.xls", with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), "save it as CSV"),
        ("report.pdf", with(b"%PDF-1.7\n%\xE2\xE3\n"), "have the report exported"),
        ("scan.jpg", with(b"\xFF\xD8\xFF\xE0\0\x10JFIF\0"), "have the report exported"),
        ("empty", Vec::new(), "holds no order, shipment or return"),
        ("blank", b"\n\n \n".to_vec(), "holds no order, shipment or return"),
        ("noise", noise, "holds no order, shipment or return"),
        ("letter.txt", with(b"Dear Sir or Madam,\nhere are the orders of "), "bailee mapping draft"),
        ("page.html", with(b"<!DOCTYPE html><html><body>Sign in, "), "bailee mapping draft"),
        ("long", vec![b'A'; 30_000_000], "bailee mapping draft"),
        ("denied.json", b"{\"errors\":[{\"code\":\"Unauthorized\"}]}".to_vec(), "fetch it again"),
        ("archive.7z", with(b"7z\xBC\xAF\x27\x1C\0\x04"), "give it as gzip"),
    ] {
        let file = trial.write(name, content);
        let refused = collect(&trial, &[&file]).ends(1);
        assert_one_line(&refused, says);
        assert!(refused.err.contains(name), "{}", refused.err);
    }
    assert_one_line(&collect(&trial, &["missing.json"]).ends(1), "missing.json is not there");
    std::fs::create_dir(trial.path("folder")).unwrap();
    assert_one_line(&collect(&trial, &["folder"]).ends(1), "name the files in it");
    assert_eq!(trial.json(&["quarantine", "list"])["quarantined"], serde_json::json!([]));
}

#[test]
fn a_format_that_is_named_wrongly_says_so_and_a_good_file_beside_it_goes_in() {
    let trial = Trial::at(NOW);
    let orders = trial.write("orders.ndjson", synth(&trial, &[]));
    let report =
        trial.write("report.txt", synth(&trial, &["--format", "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING"]));
    for (format, file, says) in [
        ("order-report", &orders, "leave out --format"),
        ("orders-2026-01-01", &report, "name another format"),
        ("order-report-xml", &orders, "name another format"),
        ("no-such-format", &orders, "formats are: "),
    ] {
        assert_one_line(&collect(&trial, &["--format", format, file]).ends(1), says);
    }
    for (charset, status) in [("utf-16le", 1), ("shift_jis", 3)] {
        let told = collect(&trial, &["--charset", charset, &orders]).ends(status);
        assert!(told.err.contains("leave out --charset"), "{}", told.err);
    }
    let mixed = collect(&trial, &[&orders, "missing.json", &report]).ends(1);
    assert!(
        mixed.err.contains("10 read") && mixed.err.contains("missing.json is not there"),
        "{}",
        mixed.err
    );
    collect(&trial, &[&orders, &report]).ends(0);
}

#[test]
fn unusual_line_ends_marks_and_shapes_change_nothing() {
    let trial = Trial::at(NOW);
    let orders = String::from_utf8(synth(&trial, &[])).unwrap();
    let report = synth(&trial, &["--format", "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING"]);
    let report = String::from_utf8(report).unwrap();
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let array = format!("[{}]", orders.lines().collect::<Vec<_>>().join(","));
    collect(&trial, &[&trial.write("first.ndjson", &orders)]).ends(0);
    collect(&trial, &[&trial.write("first.txt", &report)]).ends(0);
    for (name, content) in [
        ("old-mac.ndjson", orders.replace('\n', "\r").into_bytes()),
        ("windows.ndjson", orders.replace('\n', "\r\n").into_bytes()),
        ("marked.ndjson", [b"\xEF\xBB\xBF", orders.as_bytes()].concat()),
        ("array.json", array.into_bytes()),
        ("unmarked-utf-16.ndjson", utf16(&orders)),
        ("old-mac.txt", report.replace('\n', "\r").into_bytes()),
        ("unmarked-utf-16.txt", utf16(&report)),
        ("no-last-line-end.txt", report.trim_end().as_bytes().to_vec()),
    ] {
        let told = collect(&trial, &[&trial.write(name, content)]).ends(0);
        let text = told.text();
        let is_unchanged =
            text.contains(" unchanged") && !text.contains(" new") && !text.contains(" updated");
        assert!(text.starts_with("5 read in ") && is_unchanged, "{name}: {text}");
    }
}

#[test]
fn a_pipe_with_a_name_is_read_like_a_file() {
    let trial = Trial::at(NOW);
    let pipe = trial.path("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
    let orders = synth(&trial, &[]);
    let path = pipe.clone();
    let writer = std::thread::spawn(move || std::fs::write(path, orders).unwrap());
    let told = collect(&trial, &[pipe.to_str().unwrap()]).ends(0);
    writer.join().unwrap();
    assert!(told.text().contains("5 read"), "{}", told.text());
}
