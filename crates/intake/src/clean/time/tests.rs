use bailee_core::catalogue::Cleaner;
use bailee_core::retention::parse_date;
use proptest::prelude::*;

use super::*;
use crate::clean::clean;

fn check(value: &str, expected: &str) {
    let once = clean(Cleaner::Time, value, None);
    assert_eq!(once, expected, "{value}");
    assert_eq!(clean(Cleaner::Time, &once, None), once, "twice of {value}");
}

#[test]
fn what_is_rfc_3339_stays_byte_for_byte() {
    for value in [
        "2025-07-30T08:34:47+00:00",
        "2025-07-30T08:34:47Z",
        "2025-07-30t08:34:47.120z",
        "2025-07-30T08:34:47.123456789-07:00",
        "2025-07-30T08:34:47",
        "2025-07-30",
        "1970-01-19T03:58:30Z",
        "2025-02-30T08:34:47Z",
    ] {
        check(value, value);
        assert_eq!(parse_date(value).is_some(), !value.starts_with("2025-02-30"), "the clock reads {value}");
    }
}

#[test]
fn every_style_of_the_facts_becomes_rfc_3339() {
    for (value, expected) in [
        ("2020-06-09 14:00:00Z", "2020-06-09T14:00:00Z"),
        ("2020-06-09 14:00:00", "2020-06-09T14:00:00"),
        ("2020-06-09T14:00Z", "2020-06-09T14:00:00Z"),
        ("2020-06-09T14:00:00+0900", "2020-06-09T14:00:00+09:00"),
        ("2020-06-09T14:00:00.5+09", "2020-06-09T14:00:00.5+09:00"),
        ("2020-06-09T14:00:00+09:00[Asia/Tokyo]", "2020-06-09T14:00:00+09:00"),
        ("20200609T140000Z", "2020-06-09T14:00:00Z"),
        ("20200609", "2020-06-09"),
        // A date in a zone has no time of day that could be written.
        ("27-Nov-2021 UTC", "2021-11-27"),
        ("10-Jul-2025", "2025-07-10"),
        ("10-JUL-25", "2025-07-10"),
        ("05-17-2011", "2011-05-17"),
        ("05-17-2011 10:22:33 PDT", "2011-05-17T10:22:33-07:00"),
        ("17.05.2011 10:22:33 MEZ", "2011-05-17T10:22:33+01:00"),
        ("17.05.2011 10:22 MESZ", "2011-05-17T10:22:00+02:00"),
        ("17.05.2011 10:22:33 GMT+02:00", "2011-05-17T10:22:33+02:00"),
        ("1.2.2011", "2011-02-01"),
        ("2025/07/30 17:34:47 JST", "2025-07-30T17:34:47+09:00"),
        ("2025/07/30 8:34:47JST", "2025-07-30T08:34:47+09:00"),
        ("2025年7月30日 17時34分47秒", "2025-07-30T17:34:47"),
        ("２０２５年７月３０日　午後５時３４分", "2025-07-30T17:34:00"),
        ("Nov 30, 2021 11:15:38 PM PST", "2021-11-30T23:15:38-08:00"),
        ("Jan. 1, 2022 12:00:00 a.m. PST", "2022-01-01T00:00:00-08:00"),
        ("1 Jan 2021 00:18:06 GMT+00:00", "2021-01-01T00:18:06+00:00"),
        ("Sat, 27 Nov 2021 10:00:00 +0000", "2021-11-27T10:00:00+00:00"),
        ("Sat Nov 27 10:00:00 UTC 2021", "2021-11-27T10:00:00Z"),
        ("Sat Nov 27 2021 10:00:00 GMT+0100 (Central European Standard Time)", "2021-11-27T10:00:00+01:00"),
        ("17. Mai 2011 um 10:22 Uhr", "2011-05-17T10:22:00"),
        ("1 janv. 2021 00:18:06 UTC", "2021-01-01T00:18:06Z"),
        ("12 août 2021", "2021-08-12"),
        ("1 gen 2021 00:18:06 UTC", "2021-01-01T00:18:06Z"),
        ("1 ene. 2021 0:18:06 GMT-8", "2021-01-01T00:18:06-08:00"),
        ("3 de dez. de 2021 00:18:06 GMT-3", "2021-12-03T00:18:06-03:00"),
        ("3 stycznia 2021", "2021-01-03"),
        ("3 Ağu 2021 10:00:00 GMT+3", "2021-08-03T10:00:00+03:00"),
        ("3 يناير 2021", "2021-01-03"),
        ("٣ يناير ٢٠٢١", "2021-01-03"),
        ("3 फ़रवरी 2021", "2021-02-03"),
        ("30/07/2025 05:34", "2025-07-30T05:34:00"),
        ("07/30/2025 5:34 pm", "2025-07-30T17:34:00"),
        ("04/04/2025", "2025-04-04"),
        // A zone of several meanings says nothing.
        ("2025-07-30 17:34:47 IST", "2025-07-30T17:34:47"),
    ] {
        check(value, expected);
    }
}

#[test]
fn the_separator_decides_where_both_orders_are_possible_and_a_slash_does_not() {
    check("03-04-2025", "2025-03-04");
    check("03.04.2025", "2025-04-03");
    for value in ["03/04/2025", "03/04/2025 10:00:00", "03 04 2025", "03.04-2025", "03/04/25", "03-04-25"] {
        check(value, value);
    }
}

#[test]
fn what_is_no_date_stays_as_it_is() {
    for value in [
        "1.569521782042E9",
        "1569521782",
        "30.02.2025",
        "2025-13-01 10:00:00",
        "0000-00-00 00:00:00",
        "someday",
        "2025-07-30 25:00:00",
        "2025-07-30 10:00-12:00",
        "2025-07-30 10:00 - 12:00",
        "2025-07-30 - 2025-08-02",
        "2025-07-30 10:00:00 +19:00",
        "2025-07-30 10:00:00 sharp",
        "2025-07-30 13:00 pm",
        "07/2025",
        "Nov 2021",
        "12:30",
        "",
    ] {
        check(value, value);
    }
    let long = format!("2025/07/30{}", " ,".repeat(40));
    check(&long, &long);
}

#[test]
fn a_month_has_its_name_in_the_form_in_which_it_is_looked_for() {
    let mut seen = std::collections::BTreeMap::new();
    for (index, names) in words::MONTHS.iter().enumerate() {
        for name in *names {
            assert_eq!(fold(name), *name);
            assert!(!words::is_filler(name) && words::zone(name).is_none(), "{name}");
            assert_eq!(seen.insert(*name, index), None, "{name} twice");
            check(&format!("3 {name} 2021"), &format!("2021-{:02}-03", index + 1));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// The clock reads whatever the cleaner writes, and the same instant from both.
    #[test]
    fn the_clock_reads_what_is_written(
        text in "[0-9]{1,4}[-/. ]([0-9]{1,2}|[A-Z][a-z]{2})[-/. ][0-9]{2,4}([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2})?( ?(Z|JST|MEZ|PM|[+-][0-9]{4}))?)?",
    ) {
        let once = clean(Cleaner::Time, &text, None);
        prop_assert_eq!(&clean(Cleaner::Time, &once, None), &once);
        if once != text {
            prop_assert!(is_canonical(once.as_bytes()), "{}", once);
            prop_assert!(parse_date(&once).is_some(), "{} from {}", once, text);
        }
        if let Some(instant) = parse_date(&text) {
            prop_assert_eq!(parse_date(&once), Some(instant));
        }
    }
}
