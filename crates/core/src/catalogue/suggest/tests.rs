//! What names and shapes suggest.

use super::*;
use crate::Json;

fn look(values: &[&str], records: u64) -> Option<Look> {
    let mut shapes = Shapes::default();
    values.iter().for_each(|value| shapes.add(&Json::String((*value).into())));
    shapes.look(records)
}

#[test]
fn a_name_speaks_in_many_languages_and_spellings() {
    for (name, class) in [
        ("extra.buyerEmail", Some(Class::Contact)),
        ("extra.E_MAIL", Some(Class::Contact)),
        ("extra.correo-electronico", Some(Class::Contact)),
        ("orderItems[].extra.gift-note", Some(Class::FreeText)),
        ("extra.Bemerkung", Some(Class::FreeText)),
        ("extra.Partita IVA", Some(Class::Tax)),
        ("extra.cpf", Some(Class::Tax)),
        ("extra.ship_to_zip", Some(Class::Address)),
        ("extra.都道府県", Some(Class::Address)),
        ("extra.氏名", Some(Class::Identity)),
        ("extra.Vorname", Some(Class::Identity)),
        ("extra.birthday", Some(Class::Identity)),
        ("extra.product-name", None),
        ("extra.warehouse", None),
        ("extra.colour", None),
    ] {
        assert_eq!(suggestion(name, None).and_then(|one| one.class), class, "{name}");
    }
}

#[test]
fn every_suggestion_of_a_class_has_its_purposes() {
    for name in ["mail", "phone", "name", "birthday", "ip", "city", "zip", "vat", "note"] {
        let one = suggestion(name, None).unwrap();
        assert!(one.class.is_some() && one.purposes.len() > 2, "{name}");
    }
}

#[test]
fn what_values_look_like_is_told_of_no_few() {
    let five = ["a@example.com", "b@example.com", "c@example.com", "d@example.com", "e@example.com"];
    assert_eq!(look(&five, RECORDS_TOLD_MIN), Some(Look::Email));
    assert_eq!(look(&five[..4], RECORDS_TOLD_MIN - 1), None);
    // Many values of one record are one person's.
    assert_eq!(look(&five, 1), None);
}

#[test]
fn values_are_told_apart_by_their_shape() {
    let of = |value: &str| look(&[value; 6], 6);
    assert_eq!(of("+49 30 1234567"), Some(Look::Phone));
    assert_eq!(of("SW1A 2AA"), Some(Look::PostalCode));
    assert_eq!(of("2026-11-24T10:00:00Z"), Some(Look::Date));
    assert_eq!(of("24.11.2026"), Some(Look::Date));
    assert_eq!(of("12,50"), Some(Look::Amount));
    assert_eq!(of("Yes"), Some(Look::Flag));
    assert_eq!(of("please ring twice and leave it with the neighbour"), Some(Look::LongText));
    assert_eq!(of("Qxyz"), None);
    let colours = ["red", "green", "blue"].repeat(10);
    assert_eq!(look(&colours, 30), Some(Look::FewWords));
    let names: Vec<String> = (0..30).map(|number| format!("Quirin{number}")).collect();
    assert_eq!(look(&names.iter().map(String::as_str).collect::<Vec<_>>(), 30), None);
}

#[test]
fn whether_it_is_a_gift_is_a_fact_and_its_card_is_not() {
    let gift = |look| suggestion("extra.is-gift", Some(look)).unwrap();
    assert_eq!(gift(Look::Flag).class, None);
    assert_eq!(gift(Look::LongText).class, Some(Class::FreeText));
    assert_eq!(gift(Look::LongText).by, Ground::NameAndShape);
}

#[test]
fn a_name_that_is_a_value_is_known() {
    for (name, expected) in [
        ("jane@example.com", Some(ValueName::Mail)),
        ("+49301234567", Some(ValueName::Account)),
        ("2026-11-24", Some(ValueName::Number)),
        ("please leave it with the neighbour in the third house", Some(ValueName::Text)),
        ("gift-note", None),
        ("@type", None),
        ("Address Line 2", None),
        ("field12345", None),
        ("123456", Some(ValueName::Number)),
    ] {
        assert_eq!(value_name(name), expected, "{name}");
    }
}

#[test]
fn what_is_written_as_fields_are_is_one_and_what_may_be_somebodys_name_is_not() {
    for name in ["giftNote", "gift-note", "GiftNote", "Gift Note", "_x", "colour", "PLZ", "備考"] {
        assert!(is_field_name(name), "{name}");
    }
    for name in
        ["Jane Smith", "Jane", "JANE", "山田 花子", "Zoë van der Berg", "jane smith", "jane@sample.example"]
    {
        assert!(!is_field_name(name), "{name}");
    }
}
