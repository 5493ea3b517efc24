//! What the two reports of returns tell.

use super::address::filled;
use super::items::Item;
use super::mess::Mess;
use super::order::Order;
use super::reports::{flag, unknown};
use super::table::Sheet;

/// What a buyer sent back to Amazon.
pub(super) fn fba(order: &Order, item: &Item, sheet: &mut Sheet<'_>) {
    sheet.row();
    let Some((written, meant)) = order.reported_time(order.updated) else { return };
    let id = format!("{written}/{}", item.sku);
    // A point in an id is written behind a stroke, since it would part two members.
    let place = id.replace('.', "\\.");
    let to = |name: &str| format!("returns[{place}].{name}");
    let in_item = |name: &str| format!("returns[{place}].items[{}].{name}", item.sku);
    sheet.put("order-id", "orderId", &order.shown_id().unwrap_or_default());
    sheet.dressed("return-date", &to("returnTime"), &written, &meant);
    sheet.note(&to("returnId"), || super::notes::Scalar::Text(id.clone()));
    sheet.put("sku", &in_item("sellerSku"), &item.sku);
    sheet.put("asin", &in_item("asin"), &item.asin);
    sheet.put("product-name", &in_item("title"), item.title);
    sheet.integer("quantity", &in_item("quantity"), 1);
    sheet.put("fulfillment-center-id", &to("fulfillmentCenterId"), "TST1");
    sheet.put("detailed-disposition", &in_item("disposition"), "SELLABLE");
    sheet.put("reason", &in_item("reason"), "UNWANTED_ITEM");
    sheet.put("status", &to("status"), "Unit returned to inventory");
    let plate = filled("LPNTEST#######", &mut order.random.branch(&item.id));
    sheet.put("license-plate-number", &to("licensePlateNumbers[0]"), &plate);
    let comment = format!("{}: {}", order.person.name, order.address.line1);
    sheet.address("customer-comments", &to("customerComments"), &comment);
    unknown(order, sheet, &to("extra"));
}

/// What a buyer sent back to the seller.
pub(super) fn flat(order: &Order, item: &Item, sheet: &mut Sheet<'_>) {
    let id = filled("R########RMA", &mut order.random.branch(&item.id));
    let to = |name: &str| format!("returns[{id}].{name}");
    let in_item = |name: &str| format!("returns[{id}].items[{}].{name}", item.sku);
    sheet.row();
    sheet.put("Order ID", "orderId", &order.shown_id().unwrap_or_default());
    if let Some((written, meant)) = order.reported_date(order.created) {
        sheet.dressed("Order date", "orderTime", &written, &meant);
    }
    if let Some((written, meant)) = order.reported_date(order.updated) {
        sheet.dressed("Return request date", &to("requestTime"), &written, &meant);
    }
    sheet.put("Return request status", &to("status"), "Approved");
    sheet.put("Amazon RMA ID", &to("returnId"), &id);
    sheet.put("Return carrier", &to("carrier"), "TEST-POST");
    let tracking = filled("TEST0000########", &mut order.random.branch("returned"));
    sheet.put("Tracking ID", &to("trackingNumber"), &tracking);
    flag(sheet, "A-to-Z Claim", &to("hasClaim"), false);
    flag(sheet, "Is prime", &to("isPrime"), order.is_prime);
    sheet.put("ASIN", &in_item("asin"), &item.asin);
    sheet.put("Merchant SKU", &in_item("sellerSku"), &item.sku);
    sheet.put("Item Name", &in_item("title"), item.title);
    sheet.integer("Return quantity", &in_item("quantity"), 1);
    sheet.put("Return Reason", &in_item("reason"), "AMZ-PG-BAD-DESC");
    sheet.integer("Order quantity", &in_item("quantityOrdered"), item.quantity);
    unknown(order, sheet, &to("extra"));
}

/// Whether a mess can be done to a return, which has no address.
pub(super) fn fits(mess: Mess) -> bool {
    !matches!(
        mess,
        Mess::PhoneStyle
            | Mess::CountryStyle
            | Mess::EmailStyle
            | Mess::PostalStyle
            | Mess::RowsDisagree
            | Mess::DecimalComma
            | Mess::MissingDates
            | Mess::NewerVersion
            | Mess::OlderVersion
    )
}
