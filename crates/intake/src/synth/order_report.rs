//! The order reports that are XML: an envelope of messages, an order in each.

use bailee_core::Timestamp;
use bailee_core::time::saturating_add;

use super::items::Item;
use super::mess::Mess;
use super::notes::{Notes, Scalar};
use super::order::{HOUR_SECONDS, Order};
use super::xml::Writer;

const SHIP_TO: &str = "recipient.deliveryAddress";

/// The order as a record of the report.
pub(super) fn write(order: &Order, notes: Notes) -> (String, Notes) {
    let mut out = Writer::new(notes, order.mess);
    out.element("OrderReport", |out| {
        if let Some(id) = order.shown_id() {
            out.put("AmazonOrderID", "orderId", &id);
        }
        out.put("AmazonSessionID", "", &order.id);
        time(order, out, "OrderDate", "createdTime", order.created);
        let paid = saturating_add(order.created, HOUR_SECONDS);
        time(order, out, "OrderPostedDate", "payment.paymentTime", paid);
        out.element("BillingData", |out| billing(order, out));
        out.element("FulfillmentData", |out| fulfillment(order, out));
        programs(order, out);
        order.items.iter().for_each(|item| out.element("Item", |out| write_item(order, item, out)));
        unknown(order, out);
    });
    out.finish()
}

/// What stands before and behind a record: its message, and around all of them the envelope with the charset that it
/// says it is in.
pub(super) fn around(number: u64, is_last: bool, label: Option<&str>) -> (String, String) {
    let encoding = label.map(|label| format!(" encoding=\"{label}\"")).unwrap_or_default();
    let before = match number {
        0 => format!(
            "<?xml version=\"1.0\"{encoding}?>\n<AmazonEnvelope>\n<Header><DocumentVersion>1.01</DocumentVersion>\
             <MerchantIdentifier>ATESTMERCHANT</MerchantIdentifier></Header>\n<MessageType>OrderReport</MessageType>\n"
        ),
        _ => String::new(),
    };
    let after = if is_last { "</Message>\n</AmazonEnvelope>\n" } else { "</Message>\n" };
    (format!("{before}<Message><MessageID>{}</MessageID>", number + 1), after.to_owned())
}

/// With a line for each element, as people write it. Line breaks are put between tags; nothing else changes.
pub(super) fn pretty(xml: &str) -> String {
    xml.replace("><", ">\n<")
}

fn time(order: &Order, out: &mut Writer, name: &str, to: &str, instant: Timestamp) {
    if let Some((written, meant)) = order.reported_time(instant) {
        out.dressed(name, to, &written, &meant);
    }
}

fn billing(order: &Order, out: &mut Writer) {
    out.dressed("BuyerEmailAddress", "buyer.buyerEmail", &order.shown_mail(), &order.person.mail);
    out.put("BuyerName", "buyer.buyerName", &order.kept(&order.person.name));
    // Nothing beside it says of which country it is: it must say so itself.
    let digits: String = order.person.phone.chars().filter(char::is_ascii_digit).collect();
    out.dressed("BuyerPhoneNumber", "buyer.buyerPhone", &order.person.phone, &format!("+{digits}"));
    let Some(company) = order.company else { return };
    out.element("Address", |out| {
        out.at("buyer.billingAddress", |out| {
            out.put("Name", "name", &order.kept(company));
            out.put("AddressFieldOne", "addressLine1", &order.kept(&order.address.line1));
            out.put("City", "city", &order.kept(order.address.city));
            out.put("CountryCode", "countryCode", order.market.country);
        });
    });
}

fn fulfillment(order: &Order, out: &mut Writer) {
    out.put("FulfillmentMethod", "", "Ship");
    let level = match order.level {
        "EXPEDITED" => "Expedited",
        "SECOND_DAY" => "SecondDay",
        "FREE_ECONOMY" => "FreeEconomy",
        _ => "Standard",
    };
    out.dressed("FulfillmentServiceLevel", "fulfillment.fulfillmentServiceLevel", level, order.level);
    match order.mess {
        Some(Mess::WrongStructure) => out.put("Address", &format!("{SHIP_TO}.name"), &order.person.name),
        Some(Mess::UnknownEntity) => {
            out.element("Address", |out| {
                // What a page in HTML would know, and XML does not.
                out.raw("Name", &format!("{}&nbsp;", order.person.name));
                out.note(&format!("{SHIP_TO}.name"), Scalar::Text(order.person.name.clone()));
            });
        }
        _ => out.element("Address", |out| out.at(SHIP_TO, |out| address(order, out))),
    }
}

fn address(order: &Order, out: &mut Writer) {
    let dressed = |out: &mut Writer, name: &str, to: &str, text: &str| {
        out.dressed(name, to, &order.dressed(text), &order.meant(text, true));
    };
    dressed(out, "Name", "name", &order.person.name);
    dressed(out, "AddressFieldOne", "addressLine1", &order.address.line1);
    match &order.address.line2 {
        Some(line2) => dressed(out, "AddressFieldTwo", "addressLine2", line2),
        None => out.raw("AddressFieldTwo", ""),
    }
    if order.mess == Some(Mess::Dashes) {
        out.raw("AddressFieldThree", "--");
        out.raw("County", "  ");
    }
    dressed(out, "City", "city", order.address.city);
    out.put("StateOrRegion", "stateOrRegion", &order.kept(order.address.region));
    let (written, meant) = order.postal_code();
    out.dressed("PostalCode", "postalCode", &written, &meant);
    out.dressed("CountryCode", "countryCode", order.shown_country(), order.market.country);
    out.dressed("PhoneNumber", "phone", &order.phone.written, &order.phone.meant);
}

fn programs(order: &Order, out: &mut Writer) {
    let mut count = 0;
    let flags = [
        ("IsBusinessOrder", "AMAZON_BUSINESS", order.company.is_some()),
        ("IsPrime", "PRIME", order.is_prime),
        ("IsIba", "INVOICE_BY_AMAZON", false),
    ];
    for (name, program, has) in flags {
        out.raw(name, if has { "true" } else { "false" });
        if has {
            out.note(&format!("programs[{count}]"), Scalar::Text(program.to_owned()));
            count += 1;
        }
    }
}

fn write_item(order: &Order, item: &Item, out: &mut Writer) {
    out.at(&format!("orderItems[{}]", item.id), |out| {
        out.put("AmazonOrderItemCode", "orderItemId", &item.id);
        out.put("SKU", "product.sellerSku", &item.sku);
        out.put("Title", "product.title", item.title);
        out.integer("Quantity", "quantityOrdered", item.quantity);
        out.element("ItemPrice", |out| {
            out.at("proceeds", |out| price(order, item, out));
        });
        if let Some((message, wrap)) = item.gift {
            out.at("fulfillment.packing.giftOption", |out| {
                out.put("GiftWrapLevel", "giftWrapLevel", wrap);
                out.put("GiftMessageText", "giftMessage", message);
            });
        }
    });
}

/// The price of the item and its tax: components, of which each says what it is for.
fn price(order: &Order, item: &Item, out: &mut Writer) {
    let of_tax = "breakdowns[1].detailedBreakdowns[0]";
    let components = [
        ("Principal", "breakdowns[0].subtotal".to_owned(), item.cost()),
        ("Tax", format!("{of_tax}.value"), item.cost() / 10),
    ];
    for (kind, to, cents) in components {
        out.element("Component", |out| {
            out.raw("Type", kind);
            let meant = order.amount(cents);
            out.amount(&to, order.market.currency, &order.shown_amount(&meant), &meant);
        });
    }
    let words = [
        ("breakdowns[0].type", "ITEM"),
        ("breakdowns[1].type", "TAX"),
        (&format!("{of_tax}.subtype"), "ITEM"),
    ];
    words.into_iter().for_each(|(to, word)| out.note(to, Scalar::Text(word.to_owned())));
}

/// An element that no model has.
fn unknown(order: &Order, out: &mut Writer) {
    if order.mess == Some(Mess::UnknownField) {
        out.element("LoyaltyDetails", |out| {
            out.put("MemberNickname", "extra.LoyaltyDetails.MemberNickname", &order.person.name);
            out.put("MemberLevel", "extra.LoyaltyDetails.MemberLevel", "3");
        });
    }
}
