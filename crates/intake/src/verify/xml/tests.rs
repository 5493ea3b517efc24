use proptest::prelude::*;

use super::*;

/// Without elements that go by another name.
fn parsed(bytes: &[u8]) -> Result<Json, Flaw> {
    super::parse(bytes, &Keyed::new())
}

fn check(xml: &str, expected: Result<&str, Flaw>) {
    let found = parsed(xml.as_bytes()).map(|json| serde_json::to_string(&json).unwrap());
    assert_eq!(found.as_deref().map_err(|flaw| *flaw), expected, "of {xml}");
}

#[test]
fn an_element_becomes_a_tree() {
    check("<a>1</a>", Ok("\"1\""));
    check("<a/>", Ok("null"));
    check("<a><b> -- </b><c>--x</c></a>", Ok(r#"{"b":null,"c":"--x"}"#));
    check("<a>\n <b> 1 </b>\n <c/></a>", Ok(r#"{"b":"1","c":null}"#));
    check("<a><b>1</b><c>2</c><b>3</b><b><d>4</d></b></a>", Ok(r#"{"b":["1","3",{"d":"4"}],"c":"2"}"#));
    check(
        "<a x='1' y=\"2\"><b c='EUR'>3.50</b>t</a>",
        Ok(r##"{"@x":"1","@y":"2","b":{"@c":"EUR","#text":"3.50"},"#text":"t"}"##),
    );
    check("<n:a xmlns:n='u' xmlns='v' n:x='1'><n:b>2</n:b></n:a>", Ok(r#"{"@x":"1","b":"2"}"#));
    check("<a><!-- x --><b><![CDATA[<Käthe> & Co ]]>x</b><?p i?></a>", Ok(r#"{"b":"<Käthe> & Co x"}"#));
    let many: String = (0..60).map(|n| format!("<b{}>{n}</b{}>", n % 40, n % 40)).collect();
    let tree = parsed(format!("<a>{many}</a>").as_bytes()).unwrap();
    assert_eq!(tree.at("b39").and_then(Json::as_str), Some("39"));
    assert!(matches!(tree.at("b0"), Some(Json::Array(list)) if list.len() == 2));
}

#[test]
fn entities_are_decoded_once_by_xml_and_once_by_html() {
    check("<a>M&#252;ller &amp; S&#xF6;hne &lt;x&gt; &apos;&quot;</a>", Ok(r#""Müller & Söhne <x> '\"""#));
    check("<a>M&amp;uuml;ller &amp;amp; &amp;amp;uuml;</a>", Ok("\"Müller & &uuml;\""));
    check("<a x='&amp;uuml;&#10;'/>", Ok("{\"@x\":\"ü\\n\"}"));
    check("<a>&uuml;</a>", Err(Flaw::Entities));
    check("<a>&x;</a>", Err(Flaw::Entities));
    for broken in ["<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&#99999999;</a>", "<a>R&D</a>", "<a x='&x;'/>"] {
        check(broken, Err(Flaw::Syntax));
    }
}

#[test]
fn what_is_no_single_sound_element_is_refused() {
    for broken in ["<a><b></a>", "<a></b>", "<a/><b/>", "<a/>x", "x<a/>", "<a x=1/>", "<a x/>", "<a></a >x"] {
        assert!(parsed(broken.as_bytes()).is_err(), "{broken}");
    }
    check("<a x='1' x='2'/>", Err(Flaw::DuplicateKey));
    check("", Err(Flaw::NotAnOrder));
    check("<!DOCTYPE a><a/>", Err(Flaw::Syntax));
    check("<a><?xml version='1.0'?></a>", Err(Flaw::Syntax));
    assert!(matches!(parsed(b"<a>\xFF</a>"), Err(Flaw::Encoding)));
    for cut in ["<a>", "<a><b>1</b>", "<a><b", "<a><![CDATA[x", "<a><!-- "] {
        assert!(matches!(parsed(cut.as_bytes()), Err(Flaw::Truncated | Flaw::Syntax)), "{cut}");
    }
}

#[test]
fn limits_hold_at_n_and_not_at_one_more() {
    let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    assert!(parsed(nested(DEPTH_MAX).as_bytes()).is_ok());
    check(&nested(DEPTH_MAX + 1), Err(Flaw::TooDeep));
    check(&nested(10_000), Err(Flaw::TooDeep));
    let listed = |values: usize| format!("<a>{}</a>", "<b/>".repeat(values - 1));
    assert!(parsed(listed(VALUES_MAX).as_bytes()).is_ok());
    check(&listed(VALUES_MAX + 1), Err(Flaw::TooLong));
    let attributes: String = (0..200).map(|n| format!(" a{n}='1'")).collect();
    assert!(parsed(format!("<a{attributes}/>").as_bytes()).is_ok());
}

#[test]
fn a_keyed_element_goes_by_what_it_says_of_itself() {
    let keyed = Keyed::from([("C".into(), "T".into())]);
    let parsed = |xml: &str| serde_json::to_string(&parse(xml.as_bytes(), &keyed).unwrap()).unwrap();
    assert_eq!(
        parsed("<p><C><T>Tax</T><A>1</A></C><C><A>2</A><T>Fee</T></C></p>"),
        r#"{"Tax":{"A":"1"},"Fee":{"A":"2"}}"#
    );
    assert_eq!(parsed("<p><C><A>1</A></C><C><T>a b</T></C></p>"), r#"{"C":[{"A":"1"},{"T":"a b"}]}"#);
    assert_eq!(parsed("<p><C><T>x</T></C><C><T>x</T></C></p>"), r#"{"x":[{},{}]}"#);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_make_it_panic(bytes in "[<>/a!&;#x0='\"\\[\\]CDATA ?-]{0,60}") {
        let _ = parsed(bytes.as_bytes());
    }
}
