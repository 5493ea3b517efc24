//! A seller's own spreadsheet, and the mapping file for it.

use super::items::Item;
use super::mess::Mess;
use super::notes::Scalar;
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

/// The mapping file that reads it. Its last column is mapped to nothing, so that nobody can tell what it holds.
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
