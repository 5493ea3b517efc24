use bailee_core::catalogue::Cleaner;
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::*;

fn check(cleaner: Cleaner, value: &str, expected: &str) {
    check_in(cleaner, value, None, expected);
}

fn check_in(cleaner: Cleaner, value: &str, country: Option<&str>, expected: &str) {
    let once = clean(cleaner, value, country);
    assert_eq!(once, expected, "{cleaner:?} of {value:?} in {country:?}");
    assert_eq!(clean(cleaner, &once, country), once, "{cleaner:?} twice of {value:?}");
}

#[test]
fn text_keeps_every_script_and_loses_what_nobody_sees() {
    for (value, expected) in [
        ("plain", "plain"),
        ("", ""),
        ("  two   words \t\r\n", "two words"),
        ("東京都\u{3000}架空区", "東京都 架空区"),
        ("ｶﾞ半角", "ｶﾞ半角"),
        ("か\u{3099}", "が"),
        ("Ka\u{308}the", "Käthe"),
        ("Süßmilch", "Süßmilch"),
        ("Moegliche\u{AD}r\u{200B}weise", "Moeglicherweise"),
        ("\u{FEFF}\u{202E}abc\u{202C}\u{0}\u{7}\u{9F}", "abc"),
        ("a\u{A0}b\u{2003}c\u{85}d\u{2028}e", "a b c d e"),
        // Joiners spell words in Persian, Malayalam and Hindi; elsewhere they are noise.
        ("می\u{200C}خواهم", "می\u{200C}خواهم"),
        ("ന\u{D4D}\u{200D}", "ന\u{D4D}\u{200D}"),
        ("क\u{94D}\u{200D}ष \u{200D}", "क\u{94D}\u{200D}ष"),
        ("a\u{200D}b\u{200C}c", "abc"),
        ("e\u{200D}\u{301}", "é"),
        ("محمد\u{200F} العربي\u{640}", "محمد العربي\u{640}"),
        // Emoji of several parts, and a flag spelt with tags.
        ("👩🏽\u{200D}⚕\u{FE0F} 👨\u{200D}👩\u{200D}👧", "👩🏽\u{200D}⚕\u{FE0F} 👨\u{200D}👩\u{200D}👧"),
        (
            "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}!",
            "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}!",
        ),
        ("x\u{E0067}y", "xy"),
        // The variant of a Japanese name's first character.
        ("葛\u{E0100}飾", "葛\u{E0100}飾"),
        ("किरण", "किरण"),
        ("100&amp;200", "100&amp;200"),
        // Names in capitals, or in none, are as their bearers wrote them.
        ("KÄTHE SÜSSMILCH", "KÄTHE SÜSSMILCH"),
        ("käthe von süßmilch", "käthe von süßmilch"),
        ("MCDONALD-o'sample III", "MCDONALD-o'sample III"),
    ] {
        check(Cleaner::Text, value, expected);
    }
}

#[test]
fn lines_keep_their_breaks() {
    for (value, expected) in [
        ("Alles Gute!\r\n\r\n\r\n  Deine   Käthe  \r\n", "Alles Gute!\n\nDeine Käthe"),
        ("one\rtwo\u{2028}three\n four", "one\ntwo\nthree\nfour"),
        ("\n\n  one line  ", "one line"),
        ("誕生日\u{3000}おめでとう\nございます", "誕生日 おめでとう\nございます"),
    ] {
        check(Cleaner::Lines, value, expected);
    }
    assert_eq!(visible(" a\t\u{200B} b\r\n "), " a\t b\r\n ");
}

#[test]
fn phones_of_many_countries_become_one_form() {
    for (country, value, expected) in [
        ("US", "+1 480-386-0930 ext. 73824", "+14803860930;ext=73824"),
        ("US", "+14803860930;ext=73824", "+14803860930;ext=73824"),
        ("US", "(480) 386-0930 x 73824", "+14803860930;ext=73824"),
        ("US", "480.386.0930 #73824", "+14803860930;ext=73824"),
        ("US", "1-480-386-0930, Extension 73824", "+14803860930;ext=73824"),
        ("US", "480 386 0930 (ext 73824)", "+14803860930;ext=73824"),
        ("US", "480-386-0930 EXT# 73824", "+14803860930;ext=73824"),
        ("DE", "030 23125007 Durchwahl 12", "+493023125007;ext=12"),
        ("DE", "030 23125007 (DW: 12)", "+493023125007;ext=12"),
        ("ES", "910 000 123 Extensión 5", "+34910000123;ext=5"),
        ("IT", "06 1234 5678 int. 9", "+390612345678;ext=9"),
        ("PL", "22 123 45 67 wew. 8", "+48221234567;ext=8"),
        ("TR", "0212 000 00 00 Dahili: 4", "+902120000000;ext=4"),
        ("SE", "08-123 456 78 ankn 3", "+46812345678;ext=3"),
        ("RU", "8 (495) 000-00-00 Доб. 21", "+74950000000;ext=21"),
        ("US", "555-123-4567", "+15551234567"),
        ("US", "011 44 20 7946 0958", "+442079460958"),
        ("CA", "tel:+1-604-555-0123", "+16045550123"),
        ("GB", "020 7946 0958", "+442079460958"),
        ("GB", "+44 (0)20 7946 0958", "+442079460958"),
        ("GB", "+44 020 7946 0958", "+442079460958"),
        ("DE", "030/23125-007", "+493023125007"),
        ("DE", "0049 30 23125007", "+493023125007"),
        ("DE", "493023125007", "+493023125007"),
        ("FR", "06 39 98 12 34", "+33639981234"),
        ("IT", "06 1234 5678", "+390612345678"),
        ("JP", "090-0000-1234", "+819000001234"),
        ("JP", "０９０－００００－１２３４", "+819000001234"),
        ("JP", "03(0000)1234 内線 56", "+81300001234;ext=56"),
        ("JP", "+81 90-0000-1234", "+819000001234"),
        ("BR", "(11) 90000-1234 ramal 12", "+5511900001234;ext=12"),
        ("IN", "90000 01234", "+919000001234"),
        ("IN", "+91 ९०००० ०१२३४", "+919000001234"),
        ("AE", "٠٥٠ ١٢٣ ٤٥٦٧", "+971501234567"),
    ] {
        check_in(Cleaner::Phone, value, Some(country), expected);
    }
    check_in(Cleaner::Phone, "+49 171 3920012", None, "+491713920012");
}

#[test]
fn a_phone_number_that_is_not_understood_stays_as_it_is() {
    for value in [
        "123-4567",
        "1-800-FLOWERS",
        "after six, 480-386-0930",
        "480-386-0930 / 480-386-0931",
        "480-386-0930 x",
        "480-386-0930 ext. 12 or 13",
        // Masked by Amazon, or by whoever exported it.
        "***-***-0930",
        "+1 *** **30",
        "XXX-XXX-0930",
        "xxxxxx0930",
        "480-386-xxxx",
        "480-XXX-0930",
        "n/a",
        "+",
        "++1 480",
        "-",
        "#12",
    ] {
        check_in(Cleaner::Phone, value, Some("US"), value);
    }
    check(Cleaner::Phone, " 090-0000-1234\u{200B} ", "090-0000-1234");
    check_in(Cleaner::Phone, "090-0000-1234", Some("XX"), "090-0000-1234");
}

#[test]
fn mail_addresses_and_countries_have_one_form() {
    for (value, expected) in [
        (" A.B+c@Marketplace.AMAZON.de ", "A.B+c@marketplace.amazon.de"),
        ("a @ b.c", "a@b.c"),
        ("no address", "no address"),
        // Masked addresses are as good as any other.
        ("abc123@marketplace.amazon.de", "abc123@marketplace.amazon.de"),
        ("Abc123XyZ@marketplace.amazon.co.jp", "Abc123XyZ@marketplace.amazon.co.jp"),
    ] {
        check(Cleaner::Email, value, expected);
    }
    for (value, expected) in [
        ("de", "DE"),
        ("DEU", "DE"),
        (" Deutschland ", "DE"),
        ("UK", "GB"),
        ("ＪＰ", "JP"),
        ("日本", "JP"),
        ("United States", "US"),
        ("Nowhere", "Nowhere"),
        ("XX", "XX"),
    ] {
        check(Cleaner::Country, value, expected);
    }
}

#[test]
fn postal_codes_are_written_as_their_country_does() {
    for (country, value, expected) in [
        ("GB", "sw1a1aa", "SW1A 1AA"),
        ("GB", "zz1-1aa", "ZZ1 1AA"),
        ("GB", "M1 1AA", "M1 1AA"),
        ("GB", "gir0aa", "GIR 0AA"),
        ("IE", "d02x285", "D02 X285"),
        ("CA", "k1a0b1", "K1A 0B1"),
        ("NL", "1234ab", "1234 AB"),
        ("JP", "1500001", "150-0001"),
        ("JP", "〒１５０−０００１", "150-0001"),
        ("JP", "150ー0001", "150-0001"),
        ("PL", "00950", "00-950"),
        ("BR", "01310100", "01310-100"),
        ("PT", "1000 001", "1000-001"),
        ("SE", "12345", "123 45"),
        ("US", "98101", "98101"),
        ("US", "981011234", "98101-1234"),
        ("US", "98101 - 1234", "98101-1234"),
        ("IN", "110 001", "110001"),
        ("SA", "١٢٣٤٥", "12345"),
        ("DE", "10 115", "10115"),
        ("AU", "2000", "2000"),
        ("TR", "34 000", "34000"),
        ("SG", "018989", "018989"),
        ("LV", "lv1010", "LV-1010"),
    ] {
        check_in(Cleaner::PostalCode, value, Some(country), expected);
    }
}

#[test]
fn a_postal_code_of_another_shape_stays_clean_text() {
    for (country, value, expected) in [
        // A zero that a spreadsheet lost is not put back.
        (Some("US"), "2134", "2134"),
        (Some("DE"), "1067", "1067"),
        (Some("DE"), "D-10115", "D-10115"),
        (Some("SE"), "SE-123 45", "SE-123 45"),
        (Some("GB"), " 10115 ", "10115"),
        (Some("GB"), "sw1a 1aa london", "sw1a 1aa london"),
        (Some("AE"), "00000", "00000"),
        (Some("XX"), "sw1a1aa", "sw1a1aa"),
        (None, "sw1a1aa", "sw1a1aa"),
        (None, " 1500001 ", "1500001"),
        (Some("CA"), "K1A OB1", "K1A OB1"),
    ] {
        check_in(Cleaner::PostalCode, value, country, expected);
    }
}

fn check_amount(value: &str, currency: Option<&str>, expected: &str) {
    let around = Around { country: None, currency };
    let once = cleaned(Cleaner::Decimal, value, around);
    assert_eq!(once, expected, "{value} of {currency:?}");
    assert_eq!(cleaned(Cleaner::Decimal, &once, around), once, "twice of {value}");
}

#[test]
fn decimals_of_both_kinds_become_one() {
    for (value, expected) in [
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1 234,56", "1234.56"),
        ("1\u{A0}234\u{202F}567,5", "1234567.5"),
        ("1'234.50", "1234.50"),
        ("1’234.50", "1234.50"),
        ("1,23,456.78", "123456.78"),
        ("12,34,567", "1234567"),
        ("1.234.567", "1234567"),
        ("¥1,200", "1200"),
        ("￥１,２００", "1200"),
        ("1200円", "1200"),
        ("12,5", "12.5"),
        ("0,125", "0.125"),
        ("1234,567", "1234.567"),
        ("-12,50", "-12.50"),
        ("−12.50", "-12.50"),
        ("12,50-", "-12.50"),
        ("(12.50)", "-12.50"),
        ("-$5.00", "-5.00"),
        ("$-5.00", "-5.00"),
        ("+5", "5"),
        ("12,50 €", "12.50"),
        ("EUR 1.234,00", "1234.00"),
        ("R$ 1.234,00", "1234.00"),
        ("1.234,00 zł", "1234.00"),
        ("£1,234", "1234"),
        ("١٬٢٣٤٫٥٦", "1234.56"),
        ("₹1,00,000", "100000"),
        ("19.99", "19.99"),
        ("1.234", "1.234"),
        ("0", "0"),
        ("007.50", "007.50"),
    ] {
        check_amount(value, None, expected);
    }
    check_amount("1,234", Some("EUR"), "1234");
    check_amount("1,234", Some("JPY"), "1234");
}

#[test]
fn a_decimal_that_can_be_two_numbers_stays_as_it_is() {
    for value in [
        "1,234",
        "-1,234",
        "12,34,56",
        "1.23.456",
        "1,2345,678",
        "1.234.56",
        "1,5,5",
        "1.5,5.5",
        "01,234,567",
        "19%",
        "1E5",
        "NaN",
        "Infinity",
        "12 5",
        "five",
        "5 kg",
        "(-5)",
        "--5",
        ".5",
        "5.",
        "-",
        "",
        "$",
        "﷼1,234",
    ] {
        check_amount(value, None, value);
    }
    // A thousandth of a dinar is money. And who writes pounds where euros are owed means nothing that can be known.
    check_amount("1,234", Some("KWD"), "1,234");
    check_amount("£1,234.00", Some("EUR"), "£1,234.00");
    check_amount("$1,234", Some("CAD"), "1234");
    let long = "1,234,567,".repeat(5);
    check_amount(&long, None, &long);
}

#[test]
fn counts_and_flags_change_their_type() {
    let leaf_is = |cleaner, text: &str, expected: Option<&str>| {
        let json: Json = serde_json::from_str(text).unwrap();
        let cleaned = leaf(cleaner, &json, Around::default());
        if let Some(cleaned) = &cleaned {
            assert!(leaf(cleaner, cleaned, Around::default()).is_none(), "twice of {text}");
        }
        assert_eq!(cleaned.map(|json| serde_json::to_string(&json).unwrap()).as_deref(), expected, "{text}");
    };
    for (text, expected) in [
        ("\"3\"", Some("3")),
        ("\" ３ \"", Some("3")),
        ("\"-1\"", Some("-1")),
        ("\"2.0\"", Some("2")),
        ("2.0", Some("2")),
        ("3", None),
        ("2.5", None),
        ("1e300", None),
        ("\"3,000\"", None),
        ("\"three\"", None),
        ("\"\"", None),
        ("\"99999999999999999999\"", None),
        ("true", None),
        ("null", None),
    ] {
        leaf_is(Cleaner::Integer, text, expected);
    }
    for (text, expected) in [
        ("\"true\"", Some("true")),
        ("\"Yes\"", Some("true")),
        ("\"Y\"", Some("true")),
        ("\"1\"", Some("true")),
        ("1", Some("true")),
        ("\"FALSE\"", Some("false")),
        ("\"No\"", Some("false")),
        ("\"n\"", Some("false")),
        ("\"Nein\"", Some("false")),
        ("\"はい\"", Some("true")),
        ("0", Some("false")),
        ("2", None),
        ("true", None),
        ("\"maybe\"", None),
    ] {
        leaf_is(Cleaner::Flag, text, expected);
    }
    for number in ["1234.50", "1234", "-0.5"] {
        leaf_is(Cleaner::Decimal, number, None);
    }
    leaf_is(Cleaner::Decimal, "\"12,5\"", Some("\"12.5\""));
}

#[test]
fn what_is_clean_is_borrowed() {
    for cleaner in Cleaner::ALL.iter().copied() {
        let clean = ["", "12 Example Avenue", "a@b.example", "+14805550123", "DE", "架空 花子", "Käthe"];
        // A decimal has no plus.
        for value in clean.into_iter().filter(|value| cleaner != Cleaner::Decimal || !value.starts_with('+'))
        {
            assert!(
                matches!(cleaned(cleaner, value, Around::default()), Cow::Borrowed(_)),
                "{cleaner:?} of {value}"
            );
        }
    }
}

/// Letters and digits, in whatever form and order of marks.
fn letters(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = text.nfkd().filter(|char| char.is_alphanumeric()).collect();
    letters.sort_unstable();
    letters
}

/// Text in which what cleaning looks at is frequent.
fn any_text() -> impl Strategy<Value = String> {
    let char = prop_oneof![
        4 => any::<char>(),
        2 => prop::sample::select(vec![
            ' ', '\n', '\r', '\t', '\u{200C}', '\u{200D}', '\u{200B}', '\u{301}', '\u{93C}', '\u{94D}', '\u{34F}', '\u{180E}',
            '\u{E0067}', '\u{1F3F4}', '\u{FE0F}', '\u{3000}', '\u{2000}', '\u{958}', '\u{212B}', '\u{85}', '@', '\u{ad}',
        ]),
        2 => prop::char::range('\u{600}', '\u{DFF}'),
        1 => prop::char::range(' ', '~'),
    ];
    prop::collection::vec(char, 0..24).prop_map(String::from_iter)
}

fn any_phone() -> impl Strategy<Value = String> {
    prop_oneof!["[+(]?[0-9() ./-]{0,20}( ?(ext|x|#|;ext=)[. ]?[0-9]{0,6})?", "\\+[1-9][0-9]{5,16}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn cleaning_twice_is_cleaning_once(text in any_text(), country in prop::option::of("[A-Z]{2}")) {
        for cleaner in Cleaner::ALL.iter().copied() {
            let once = clean(cleaner, &text, country.as_deref());
            prop_assert_eq!(clean(cleaner, &once, country.as_deref()), once, "{:?}", cleaner);
        }
    }

    #[test]
    fn no_letter_or_digit_is_lost(text in any_text()) {
        for cleaner in [Cleaner::Text, Cleaner::Lines] {
            prop_assert_eq!(letters(&clean(cleaner, &text, None)), letters(&text), "{:?}", cleaner);
        }
        prop_assert_eq!(letters(&visible(&text)), letters(&text));
    }

    #[test]
    fn no_digit_of_a_phone_number_is_lost_but_a_trunk_prefix(
        text in any_phone(),
        country in prop::sample::select(vec!["US", "DE", "JP", "BR", "IN", "GB", "FR", "IT", "AU", "RU"]),
    ) {
        let once = clean(Cleaner::Phone, &text, Some(country));
        prop_assert_eq!(&clean(Cleaner::Phone, &once, Some(country)), &once);
        // What may go: zeros, and up to two other digits dialled to leave a town or a country (8, 1, 011).
        let (given, kept) = (without_zeros(&text), without_zeros(&once));
        let shown = (0..=given.len().min(2)).any(|start| kept.ends_with(&given[start..]));
        prop_assert!(shown, "{} from {}", kept, given);
    }
}

fn without_zeros(text: &str) -> String {
    text.chars().filter(|char| ('1'..='9').contains(char)).collect()
}
