use bailee_core::catalogue::Catalogue;
use bailee_core::{Json, Purpose};

use super::*;
use crate::text::{Text, append_plain, wrapped};

fn catalogue() -> Catalogue {
    Catalogue::embedded().unwrap()
}

fn order(name: &str) -> Json {
    let text = |text: &str| Json::String(text.to_owned());
    let object = |members: Vec<(&str, Json)>| {
        Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    };
    let item = |title: &str, count| {
        object(vec![
            ("quantityOrdered", Json::Integer(count)),
            ("product", object(vec![("title", text(title))])),
        ])
    };
    let address = object(vec![
        ("name", text(name)),
        ("addressLine1", text("12 Mill Lane")),
        ("postalCode", text("LS1 4AP")),
        ("city", text("Leeds")),
    ]);
    object(vec![
        ("orderId", text("250-1234567-1234567")),
        ("recipient", object(vec![("deliveryAddress", address)])),
        ("orderItems", Json::Array(vec![item("Kettle", 1), item("Cup <blue>", 4)])),
    ])
}

fn written(paper: Paper, form: Form, name: &str, fonts: &Fonts) -> Result<Vec<u8>, RenderError> {
    let template = Template::embedded(paper).unwrap();
    template.fill(&order(name), 17).write(form, fonts).map(|file| file.expose().clone())
}

fn html(name: &str) -> String {
    String::from_utf8(written(Paper::PackingSlip, Form::Html, name, &Fonts::default()).unwrap()).unwrap()
}

fn zpl(name: &str) -> Result<String, RenderError> {
    written(Paper::Label, Form::Zpl, name, &Fonts::default()).map(|file| String::from_utf8(file).unwrap())
}

#[test]
fn the_templates_of_the_program_name_fields_of_their_purpose_alone() {
    for paper in Paper::ALL {
        let template = Template::embedded(paper).unwrap();
        assert_eq!(template.check(&catalogue()), Ok(()));
        assert!(!template.personal(&catalogue()).is_empty());
        for selector in template.personal(&catalogue()) {
            let field = catalogue().field_at(template.kind(), selector.as_str()).unwrap().clone();
            assert!(field.allows(paper.purpose()), "{paper:?} {}", field.path);
        }
    }
    assert_eq!(Paper::Invoice.purpose(), Purpose::Invoice);
}

#[test]
fn a_template_names_no_field_of_another_purpose_and_says_so() {
    let of = |paper, line: &str| {
        let toml = format!("title = 'A'\n[[block]]\nlines = ['A']\n[[block]]\nlines = ['{line}']");
        Template::parse(paper, &toml, &catalogue()).map(drop)
    };
    for (paper, line) in [
        (Paper::Invoice, "{buyer.buyerName}"),
        (Paper::Label, "{recipient.deliveryAddress.phone}"),
        (Paper::Label, "{orderId} {{and}} {orderItems[].product.title}"),
        (Paper::Invoice, "{tax.taxRegistrations[].taxRegistrationNumber}"),
    ] {
        assert_eq!(of(paper, line), Ok(()), "{line}");
    }
    for (paper, path) in [
        (Paper::Invoice, "recipient.deliveryAddress.phone"),
        (Paper::Invoice, "buyer.buyerEmail"),
        (Paper::PackingSlip, "tax.taxRegistrations[].taxRegistrationNumber"),
    ] {
        let error = of(paper, &format!("{{{path}}}")).unwrap_err();
        assert_eq!((error.code(), error.requirement().unwrap().as_str()), ("purpose-not-of-field", "2.1.b"));
        let words = error.to_string();
        assert!(words.contains("block 2") && words.contains(path) && words.contains("(2.1.b)"), "{words}");
    }
}

#[test]
fn a_template_that_cannot_be_meant_is_refused_and_not_repeated() {
    let long = format!("title = 'A'\n#{}", " ".repeat(TEMPLATE_BYTES_MAX));
    let many = |blocks: usize| format!("title = 'A'\n{}", "[[block]]\nlines = ['A']\n".repeat(blocks));
    let with = |line: &str| format!("title = 'A'\n[[block]]\n{line}");
    for (toml, says) in [
        (long, "bytes"),
        ("Ada Muster".into(), "line 1"),
        ("title = 'A'".into(), "block 0"),
        (many(101), "block 101"),
        (with("lines = []"), "block 1"),
        (with("lines = ['{Ada.Muster}']"), "catalogue"),
        (with("lines = ['{orderId']"), "braces"),
        (with("lines = ['{}']"), "braces"),
        (with("lines = ['{orderItems[3].product.title}']"), "braces"),
        (with("lines = ['A']\nsize = 73"), "points"),
        (with("lines = ['A']\nAda = 'Muster'"), "line"),
        (with("columns = ['A', 'B']\ncells = ['A']"), "columns"),
        (with("columns = ['A']\ncells = ['A']"), "table"),
        (with("lines = ['A']\n[page]\nwidth_mm = 19\nheight_mm = 50"), "mm"),
        (
            with("lines = ['A']\n[page]\nwidth_mm = 50\nheight_mm = 50\nprinter_font = 'E:A^XZ.TTF'"),
            "printer",
        ),
    ] {
        let words = Template::parse(Paper::Label, &toml, &catalogue()).map(drop).unwrap_err().to_string();
        assert!(
            words.contains(says) && !words.contains("Ada") && !words.contains("Muster"),
            "{toml}: {words}"
        );
    }
    assert!(Template::parse(Paper::Label, &many(100), &catalogue()).is_ok());
}

#[test]
fn a_line_without_any_of_its_fields_is_left_out_and_so_is_an_empty_block() {
    let slip = html("Ada Muster");
    assert!(slip.contains("Ada Muster") && slip.contains("12 Mill Lane") && slip.contains("Print 17"));
    assert!(slip.contains("<td dir=\"auto\">4</td>") && slip.contains("Cup &lt;blue&gt;"));
    assert!(!slip.contains("<p dir=\"auto\"></p>"));
    // Nothing that no template names, although it is there.
    let label = zpl("Ada Muster").unwrap();
    assert!(!label.contains("Kettle") && label.contains("LS1 4AP Leeds") && !label.contains("Tel"));
}

/// Values that try to be something else than text.
const HOSTILE: [&str; 6] = [
    "</p></section><script>alert(1)</script>",
    "\" onload=\"alert(1)",
    "^XZ^XA^FD~JR",
    "_5E_7E\\^FS",
    "Ada\u{202e}retsuM\u{200f}\u{2066}\u{0}\u{1b}[2J\r\n^XZ",
    "&lt;b&gt; {buyer.buyerEmail} <!--",
];

#[test]
fn nothing_in_a_value_is_markup_or_a_printers_command() {
    let clean = html("");
    let marks = |page: &str| (page.matches('<').count(), page.matches('>').count());
    for value in HOSTILE {
        let page = html(value);
        // One more line, and no more marks than it has.
        assert_eq!(marks(&page), (marks(&clean).0 + 2, marks(&clean).1 + 2), "{value}");
        assert!(!page.contains("<script") && page.contains("default-src 'none'"));
        assert!(
            page.chars()
                .all(|one| one == '\n' || !one.is_control() && !('\u{202a}'..='\u{202e}').contains(&one))
        );
        let label = zpl(value).unwrap();
        assert_eq!((label.matches("^XZ").count(), label.matches('~').count()), (1, 0), "{label}");
        let fields = label.lines().filter(|line| line.contains("^FD"));
        for field in fields {
            let data = field.split_once("^FD").unwrap().1.strip_suffix("^FS").unwrap();
            assert!(
                data.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" .,-_".contains(&byte)),
                "{data}"
            );
        }
    }
    assert!(html("{buyer.buyerEmail}").contains("{buyer.buyerEmail}"), "a value is no template");
}

#[test]
fn a_printer_of_labels_gets_utf_8_in_digits_and_only_letters_that_it_has() {
    assert!(zpl("Zoë Čapek").unwrap().contains("Zo_C3_AB _C4_8Capek"));
    assert!(zpl("Ольга Ωμέγα").is_ok());
    for name in ["王小明", "محمد", "דוד"] {
        assert_eq!(zpl(name).unwrap_err(), RenderError::NoPrinterFont, "{name}");
    }
    let toml = "title = 'A'\n[page]\nwidth_mm = 100\nheight_mm = 150\nprinter_font = 'E:NOTO.TTF'\n\
        [[block]]\nlines = ['{recipient.deliveryAddress.name}']";
    let template = Template::parse(Paper::Label, toml, &catalogue()).unwrap();
    let label = template.fill(&order("王小明"), 1).write(Form::Zpl, &Fonts::default()).unwrap();
    let label = String::from_utf8(label.expose().clone()).unwrap();
    assert!(label.contains(",E:NOTO.TTF^FH_^FD_E7_8E_8B"), "{label}");
}

#[test]
fn what_does_not_fit_is_refused_and_never_cut_off() {
    let long = "Wolfeschlegelsteinhausen ".repeat(400);
    assert_eq!(zpl(&long).unwrap_err(), RenderError::TooLong);
    assert!(html(&long).contains(long.trim_end()));
    assert_eq!(written(Paper::Label, Form::Html, "A", &Fonts::default()).map(drop), Ok(()));
    for form in [Form::Pdf, Form::Zpl] {
        let made = written(Paper::Invoice, form, "A", &Fonts::default());
        assert_eq!(made.unwrap_err(), RenderError::Form);
    }
}

#[test]
fn without_a_font_that_has_a_letter_there_is_no_pdf() {
    let made = written(Paper::Label, Form::Pdf, "Ada Muster", &Fonts::default());
    assert_eq!(made.unwrap_err(), RenderError::NoFont);
    assert!(!Fonts::default().add(b"no font".to_vec()));
}

#[test]
fn a_text_is_cut_between_its_words_and_loses_no_letter() {
    let text = |text: &str| {
        let mut plain = Text::default();
        append_plain(&mut plain, text);
        plain
    };
    let lines = |text: &Text, width| -> Vec<String> {
        wrapped(text, width, |_| 1.0).iter().map(|line| line.to_string()).collect()
    };
    assert_eq!(lines(&text("12 Mill Lane"), 7.0), ["12 Mill", "Lane"]);
    assert_eq!(lines(&text("12 Mill Lane"), 8.0), ["12 Mill", "Lane"]);
    assert_eq!(lines(&text("abcdefgh"), 3.0), ["abc", "def", "gh"]);
    assert_eq!(lines(&text("a abcdefgh i"), 3.0), ["a", "abc", "def", "gh", "i"]);
    assert_eq!(lines(&text(""), 3.0), Vec::<String>::new());
    for width in 1..20 {
        let whole = text("Wolfeschlegelsteinhausenbergerdorff 12 b, 王小明 Leeds");
        let joined: String = lines(&whole, width as f32).concat();
        assert_eq!(joined.replace(' ', ""), whole.replace(' ', ""), "{width}");
    }
    assert_eq!(text("a\u{202e}b\tc\u{feff}\u{200d}").as_str(), "ab c\u{200d}");
}
