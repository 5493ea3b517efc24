//! What a seller's own shop exports, as a spreadsheet or as lines of JSON, and the mapping files for both.

use super::items::Item;
use super::json::Writer;
use super::mess::Mess;
use super::notes::{Notes, Scalar};
use super::order::Order;
use super::table::Sheet;

/// Its columns.
pub(super) const COLUMNS: &[&str] = &[
    "Order No",
    "Ordered",
    "Customer",
    "E-mail",
    "Phone",
    "Company",
    "Street",
    "Street (2)",
    "Town",
    "State",
    "Post code",
    "Country",
    "VAT no",
    "Item no",
    "SKU",
    "Product",
    "Qty",
    "Price",
    "Currency",
    "Gift note",
    "Warehouse note",
];

/// The mapping file that reads the spreadsheet. Its last column is mapped to nothing, so that nobody can tell what it holds.
pub const MAPPING: &str = r#"format = "shop-export"
title = "The shop's own export, a row for each item"
kind = "order"
syntax = "table"

[recognise]
all = ["order-no", "customer", "item-no"]

[fields]
"order-no" = "orderId"
"ordered" = "createdTime"
"customer" = { to = ["buyer.buyerName", "recipient.deliveryAddress.name"] }
"e-mail" = "buyer.buyerEmail"
"phone" = "recipient.deliveryAddress.phone"
"company" = "recipient.deliveryAddress.companyName"
"street" = "recipient.deliveryAddress.addressLine1"
"street-2" = "recipient.deliveryAddress.addressLine2"
"town" = "recipient.deliveryAddress.city"
"state" = "recipient.deliveryAddress.stateOrRegion"
"post-code" = "recipient.deliveryAddress.postalCode"
"country" = "recipient.deliveryAddress.countryCode"
"vat-no" = "tax.taxRegistrations[0].taxRegistrationNumber"
"item-no" = "orderItems[].orderItemId"
"sku" = "orderItems[].product.sellerSku"
"product" = "orderItems[].product.title"
"qty" = "orderItems[].quantityOrdered"
"price" = "orderItems[].product.price.unitPrice.amount"
"currency" = "orderItems[].product.price.unitPrice.currencyCode"
"gift-note" = "orderItems[].fulfillment.packing.giftOption.giftMessage"
"#;

/// The mapping file that reads the lines of JSON.
pub(super) const MAPPING_OF_LINES: &str = r#"format = "shop-orders"
title = "The shop's own export, an order in each line"
kind = "order"
syntax = "json"

[recognise]
all = ["number", "customer", "lines"]

[fields]
"number" = "orderId"
"placed" = "createdTime"
"customer.name" = { to = ["buyer.buyerName", "recipient.deliveryAddress.name"] }
"customer.mail" = "buyer.buyerEmail"
"customer.phone" = "recipient.deliveryAddress.phone"
"customer.company" = "recipient.deliveryAddress.companyName"
"customer.address.street" = "recipient.deliveryAddress.addressLine1"
"customer.address.more" = "recipient.deliveryAddress.addressLine2"
"customer.address.town" = "recipient.deliveryAddress.city"
"customer.address.state" = "recipient.deliveryAddress.stateOrRegion"
"customer.address.code" = "recipient.deliveryAddress.postalCode"
"customer.address.country" = "recipient.deliveryAddress.countryCode"
"lines[].id" = "orderItems[].orderItemId"
"lines[].sku" = "orderItems[].product.sellerSku"
"lines[].title" = "orderItems[].product.title"
"lines[].count" = "orderItems[].quantityOrdered"
"lines[].gift" = "orderItems[].fulfillment.packing.giftOption.giftMessage"
"#;

/// The order as a line of JSON.
pub(super) fn write_line(order: &Order, notes: Notes) -> (String, Notes) {
    let mut out = Writer::foreign(notes);
    out.object("", |out| {
        if let Some(id) = order.shown_id() {
            out.put("number", "orderId", &id);
        }
        if let Some(time) = order.shown_time(order.created) {
            out.put("placed", "createdTime", &time);
        }
        if order.mess == Some(Mess::DuplicateKey) {
            out.string("number", &order.id);
        }
        out.object("customer", |out| customer(order, out));
        out.list("lines", |out| order.items.iter().for_each(|item| write_item(item, out)));
        if order.mess == Some(Mess::UnknownField) {
            out.put("note", "extra.note", &format!("shelf 7, asked for by {}", order.person.name));
        }
    });
    out.finish()
}

fn customer(order: &Order, out: &mut Writer) {
    let (address, to) = (&order.address, |name: &str| format!("recipient.deliveryAddress.{name}"));
    let dressed = |out: &mut Writer, key: &str, to: &str, text: &str| {
        out.dressed(key, to, &order.dressed(text), &order.meant(text, false));
    };
    dressed(out, "name", &to("name"), &order.person.name);
    out.note("buyer.buyerName", Scalar::Text(order.meant(&order.person.name, false).into_owned()));
    out.dressed("mail", "buyer.buyerEmail", &order.shown_mail(), &order.person.mail);
    out.dressed("phone", &to("phone"), &order.phone.written, &order.phone.meant);
    if let Some(company) = order.company {
        dressed(out, "company", &to("companyName"), company);
    }
    if order.mess == Some(Mess::WrongStructure) {
        out.put("address", &to("addressLine1"), &address.line1);
        return;
    }
    out.object("address", |out| {
        dressed(out, "street", &to("addressLine1"), &address.line1);
        if let Some(line2) = &address.line2 {
            dressed(out, "more", &to("addressLine2"), line2);
        }
        dressed(out, "town", &to("city"), address.city);
        out.put("state", &to("stateOrRegion"), &order.kept(address.region));
        let (written, meant) = order.postal_code();
        out.dressed("code", &to("postalCode"), &written, &meant);
        out.dressed("country", &to("countryCode"), order.shown_country(), order.market.country);
    });
}

fn write_item(item: &Item, out: &mut Writer) {
    out.object("", |out| {
        out.at(&format!("orderItems[{}]", item.id), |out| {
            out.put("id", "orderItemId", &item.id);
            out.put("sku", "product.sellerSku", &item.sku);
            out.put("title", "product.title", item.title);
            out.put_integer("count", "quantityOrdered", item.quantity);
            if let Some((message, _)) = item.gift {
                out.put("gift", "fulfillment.packing.giftOption.giftMessage", message);
            }
        });
    });
}

/// The row of an item.
pub(super) fn write(order: &Order, item: &Item, sheet: &mut Sheet<'_>) {
    sheet.row();
    let to = |name: &str| format!("recipient.deliveryAddress.{name}");
    sheet.put("Order No", "orderId", &order.shown_id().unwrap_or_default());
    if let Some((written, meant)) = order.reported_time(order.created) {
        sheet.dressed("Ordered", "createdTime", &written, &meant);
    }
    sheet.address("Customer", &to("name"), &order.named(sheet.rows()));
    let name = order.meant(&order.person.name, true).into_owned();
    sheet.note("buyer.buyerName", || Scalar::Text(name));
    sheet.dressed("E-mail", "buyer.buyerEmail", &order.shown_mail(), &order.person.mail);
    sheet.dressed("Phone", &to("phone"), &order.phone.written, &order.phone.meant);
    if let Some(company) = order.company {
        sheet.address("Company", &to("companyName"), company);
    }
    sheet.address("Street", &to("addressLine1"), &order.address.line1);
    if let Some(line2) = &order.address.line2 {
        sheet.address("Street (2)", &to("addressLine2"), line2);
    }
    sheet.address("Town", &to("city"), order.address.city);
    sheet.put("State", &to("stateOrRegion"), &order.kept(order.address.region));
    let (written, meant) = order.postal_code();
    sheet.dressed("Post code", &to("postalCode"), &written, &meant);
    sheet.dressed("Country", &to("countryCode"), order.shown_country(), order.market.country);
    if let Some((_, number)) = &order.tax {
        sheet.put("VAT no", "tax.taxRegistrations[0].taxRegistrationNumber", number);
    }
    let to = |name: &str| format!("orderItems[{}].{name}", item.id);
    sheet.put("Item no", &to("orderItemId"), &item.id);
    sheet.put("SKU", &to("product.sellerSku"), &item.sku);
    sheet.put("Product", &to("product.title"), item.title);
    sheet.integer("Qty", &to("quantityOrdered"), item.quantity);
    sheet.amount("Price", &to("product.price.unitPrice.amount"), item.price);
    sheet.put("Currency", &to("product.price.unitPrice.currencyCode"), order.market.currency);
    if let Some((message, _)) = item.gift {
        sheet.put("Gift note", &to("fulfillment.packing.giftOption.giftMessage"), message);
    }
    if order.mess == Some(Mess::UnknownField) {
        let note = format!("shelf 7, asked for by {}", order.person.name);
        sheet.put("Warehouse note", &to("extra.warehouse-note"), &note);
    }
}
