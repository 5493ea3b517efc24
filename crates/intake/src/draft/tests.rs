use std::io::Cursor;

use super::*;
use crate::format::Format;

fn drafted(input: &str) -> String {
    draft(Box::new(Cursor::new(input.to_owned())), "our-shop", None).unwrap()
}

/// Each line must stand in the draft, and the draft must be a mapping.
fn check(input: &str, lines: &[&str]) {
    let text = drafted(input);
    for line in lines {
        assert!(
            text.lines().any(|found| found.trim_end_matches("  # a guess") == *line),
            "{line} in\n{text}"
        );
    }
    let format = Format::parse(&text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    let catalogue = bailee_core::catalogue::Catalogue::embedded().unwrap();
    format.mapping().unwrap().check(&catalogue, format.kind()).unwrap();
}

#[test]
fn a_table_is_drafted_in_several_languages() {
    check(
        "Bestellnummer;Bestelldatum;Kundenname;Liefer-Straße;PLZ;Ort;Land;E-Mail;Telefon;Artikelnummer;Menge;Hinweis\n\
         A-1;01.03.2026;Käthe Beispiel;Musterweg 1;10115;Berlin;DE;k@example.com;+49 30 123456;X-9;2;bitte klingeln\n",
        &[
            r#""bestellnummer" = "orderId""#,
            r#""bestelldatum" = "createdTime""#,
            r#""liefer-straße" = "recipient.deliveryAddress.addressLine1""#,
            r#""plz" = "recipient.deliveryAddress.postalCode""#,
            r#""ort" = "recipient.deliveryAddress.city""#,
            r#""land" = "recipient.deliveryAddress.countryCode""#,
            r#""e-mail" = "buyer.buyerEmail""#,
            r#""telefon" = "recipient.deliveryAddress.phone""#,
            r#""artikelnummer" = "orderLines[].sellerSku""#,
            r#""menge" = "orderLines[].quantityOrdered""#,
            r#""hinweis" = "recipient.deliveryPreference.addressInstruction""#,
        ],
    );
    check(
        "numéro de commande,nom,adresse 1,code postal,ville,pays\nF-1,Zoé Exemple,1 rue d'Essai,75001,Paris,FR\n",
        &[r#""numéro-de-commande" = "orderId""#, r#""code-postal" = "recipient.deliveryAddress.postalCode""#],
    );
    check(
        "注文番号\t氏名\t郵便番号\t住所\t電話番号\n77\t見本 花子\t100-0001\t千代田1-1\t03-1234-5678\n",
        &[
            r#""注文番号" = "orderId""#,
            r#""氏名" = "recipient.deliveryAddress.name""#,
            r#""郵便番号" = "recipient.deliveryAddress.postalCode""#,
        ],
    );
}

#[test]
fn json_of_any_shape_is_drafted() {
    let order = r#"{"id":9,"order_number":"B-7","customer":{"name":"Ann Sample","email":"ann@example.com"},"shippingAddress":{"name":"Ann Sample","street":"1 Any St","city":"Any","zip":"12345","country":"US"},"billing":{"city":"Else"},"lineItems":[{"sku":"S-1","quantity":2,"giftMessage":"hi"}],"colour":"red"}"#;
    let lines = [
        r#""order_number" = "orderId""#,
        r#""customer.name" = "buyer.buyerName""#,
        r#""customer.email" = "buyer.buyerEmail""#,
        r#""shippingAddress.street" = "recipient.deliveryAddress.addressLine1""#,
        r#""shippingAddress.zip" = "recipient.deliveryAddress.postalCode""#,
        r#""billing.city" = "buyer.billingAddress.city""#,
        r#""lineItems[].sku" = "orderItems[].product.sellerSku""#,
        r#""lineItems[].giftMessage" = "orderItems[].fulfillment.packing.giftOption.giftMessage""#,
        r##"# "colour" = "…""##,
    ];
    check(&format!("{order}\n{order}\n"), &lines);
    check(&format!("[{order}]"), &lines);
    check(&format!(r#"{{"data":[{order}],"next":null}}"#), &[lines[0], r#"lists = ["data"]"#]);
}

#[test]
fn a_draft_never_holds_a_value() {
    let text = drafted(
        "order id,name,e mail,odd,+49 30 1234567\nSECRET-1,Secret Valerie,secret@example.com,secret,1\nSECRET-2,Secret Victor,s@example.com,x,2\n",
    );
    assert!(!text.to_lowercase().contains("secret") && !text.contains("1234567"), "{text}");
    // Without a header line the first row would be taken for names.
    let headless = "SECRET-1,Secret Valerie,secret@example.com\nSECRET-2,Secret Victor,s@example.com\n";
    let refused = draft(Box::new(Cursor::new(headless)), "x", None).unwrap_err();
    assert_eq!(refused.code(), "no-names");
}

#[test]
fn members_that_are_somebodys_names_are_not_written_down() {
    let text = drafted(
        "{\"order_number\":\"B-7\",\"giftNotes\":{\"Zoë Beispiel\":\"hi\",\"Quirina\":\"ho\"},\"colour\":\"red\"}\n",
    );
    assert!(!text.contains("Beispiel") && !text.contains("Quirina"), "{text}");
    assert_eq!(text.matches("# one name looks like a value and is not shown").count(), 2, "{text}");
    assert!(text.contains(r##"# "colour" = "…""##), "{text}");
    // Neither what stands below such a name nor what its value looks like tells it.
    let text = drafted(
        r#"{"order_number":"B-7","by":{"Zoë Beispiel":{"city":"Any"}},"mails":{"Quirina Muster":"q@example.com"}}"#,
    );
    assert!(
        !text.contains("Beispiel") && !text.contains("Quirina") && text.contains("order_number"),
        "{text}"
    );
}

#[test]
fn orders_of_one_line_each_are_no_pages() {
    let order = |number: u32| {
        format!(
            "{{\"code\":\"B-{number}\",\"lines\":[{{\"sku\":\"S-1\",\"quantity\":2}}],\"email\":\"a{number}@example.com\"}}\n"
        )
    };
    let text = drafted(&(order(1) + &order(2)));
    assert!(
        !text.contains("[frame]") && text.contains(r#""lines[].sku" = "orderItems[].product.sellerSku""#),
        "{text}"
    );
}

#[test]
fn values_overrule_names_and_unknown_references_are_asked_for() {
    let text = drafted("email,contact,city\nnobody,a@example.com,Any\nno one,b@example.com,Else\n");
    assert!(
        text.contains(r##"# "email" = "…""##) && text.contains(r#""contact" = "buyer.buyerEmail""#),
        "{text}"
    );
    assert!(text.contains("Nothing here looks like an order's number"), "{text}");
    assert_eq!(Format::parse(&text).unwrap_err().code(), "mapping-without-reference");
}

#[test]
fn a_draft_has_a_name_that_formats_can_have() {
    let refused = draft(Box::new(Cursor::new("order id,name\n1,x\n")), "Bad Name!", None).unwrap_err();
    assert_eq!(refused.code(), "mapping-name");
}

#[test]
fn what_is_neither_table_nor_json_has_no_draft() {
    for input in ["", "\n\n", "just a sentence", "%PDF-1.7"] {
        assert!(draft(Box::new(Cursor::new(input)), "x", None).is_err(), "{input}");
    }
}
