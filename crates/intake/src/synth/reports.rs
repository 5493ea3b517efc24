//! What the reports tell of an order: a row for each item, by the names of their columns.

use bailee_core::Timestamp;
use bailee_core::time::saturating_add;

use super::address::filled;
use super::items::Item;
use super::mess::Mess;
use super::notes::Scalar;
use super::order::{HOUR_SECONDS, Order};
use super::table::Sheet;

const SHIP_TO: &str = "recipient.deliveryAddress";

/// A row for each item, of orders that have items with ids: what order, unshipped and VAT invoice reports share.
pub(super) fn order(order: &Order, item: &Item, sheet: &mut Sheet<'_>) {
    let to = |name: &str| format!("orderItems[{}].{name}", item.id);
    sheet.row();
    sheet.put("order-id", "orderId", &order.shown_id().unwrap_or_default());
    sheet.put("order-item-id", &to("orderItemId"), &item.id);
    time(order, sheet, "purchase-date", "createdTime", 0);
    time(order, sheet, "payments-date", "payment.paymentTime", 1);
    buyer(order, sheet);
    recipient(order, sheet);
    sheet.put("sku", &to("product.sellerSku"), &item.sku);
    sheet.put("product-name", &to("product.title"), item.title);
    sheet.integer("quantity-purchased", &to("quantityOrdered"), item.quantity);
    sheet.put("sales-channel", "salesChannel.marketplaceName", order.market.name);
    level(order, sheet);
    if let Some(preference) = &order.preference {
        let to = "recipient.deliveryPreference.addressInstruction";
        sheet.put("delivery-Instructions", to, preference.instruction);
    }
    money(order, item, sheet, &to("proceeds"));
    unknown(order, sheet, &to("extra"));
}

/// What only the report of unshipped orders tells.
pub(super) fn unshipped(order: &Order, item: &Item, sheet: &mut Sheet<'_>) {
    self::order(order, item, sheet);
    let to = |name: &str| format!("orderItems[{}].{name}", item.id);
    time(order, sheet, "reporting-date", "reportingTime", 3);
    time(order, sheet, "promise-date", "fulfillment.promiseTime", 74);
    let days = |sheet: &mut Sheet<'_>| {
        sheet.value("days-past-promise", "fulfillment.daysPastPromise", "-2", || Scalar::Integer(-2));
    };
    days(sheet);
    sheet.integer("quantity-shipped", &to("fulfillment.quantityFulfilled"), item.fulfilled);
    sheet.integer("quantity-to-ship", &to("fulfillment.quantityUnfulfilled"), item.quantity - item.fulfilled);
    business(order, sheet, &to("product.price"));
    flag(sheet, "verge-of-cancellation", "fulfillment.isOnVergeOfCancellation", false);
    flag(sheet, "verge-of-lateShipment", "fulfillment.isOnVergeOfLateShipment", order.is_promised);
}

/// Shipments out of Amazon's warehouses: a row for each item of each.
pub(super) fn fba_shipment(order: &Order, item: &Item, sheet: &mut Sheet<'_>) {
    let to = |name: &str| format!("orderItems[{}].{name}", item.id);
    let package = filled("D########", &mut order.random.branch("fba shipment"));
    let in_package = |name: &str| format!("packages[{package}].{name}");
    let packed = |name: &str| format!("packages[{package}].packageItems[{}].{name}", item.id);
    sheet.row();
    sheet.put("amazon-order-id", "orderId", &order.shown_id().unwrap_or_default());
    alias(order, sheet);
    sheet.put("shipment-id", &in_package("packageReferenceId"), &package);
    sheet.put("shipment-item-id", &packed("shipmentItemId"), &format!("S{}", item.id));
    sheet.put("amazon-order-item-id", &to("orderItemId"), &item.id);
    sheet.note(&packed("orderItemId"), || Scalar::Text(item.id.clone()));
    time(order, sheet, "purchase-date", "createdTime", 0);
    time(order, sheet, "payments-date", "payment.paymentTime", 1);
    time(order, sheet, "shipment-date", &in_package("shipTime"), 20);
    time(order, sheet, "reporting-date", &in_package("reportingTime"), 21);
    time(order, sheet, "estimated-arrival-date", &in_package("estimatedArrivalTime"), 70);
    buyer(order, sheet);
    recipient(order, sheet);
    sheet.put("sku", &to("product.sellerSku"), &item.sku);
    sheet.put("product-name", &to("product.title"), item.title);
    sheet.integer("quantity-shipped", &packed("quantity"), item.quantity);
    level(order, sheet);
    sheet.put("carrier", &in_package("carrier"), "TEST-POST");
    let tracking = filled("TEST0000########", &mut order.random.branch("fba tracking"));
    sheet.put("tracking-number", &in_package("trackingNumber"), &tracking);
    sheet.put("fulfillment-center-id", &in_package("fulfillmentCenterId"), "TST1");
    channel(order, sheet);
    sheet.put("sales-channel", "salesChannel.marketplaceName", order.market.name);
    money(order, item, sheet, &packed("proceeds"));
    unknown(order, sheet, &to("extra"));
}

/// All orders: a row for each stock keeping unit, without ids of items.
pub(super) fn all_orders(order: &Order, item: &Item, sheet: &mut Sheet<'_>) {
    let to = |name: &str| format!("orderLines[{}].{name}", item.sku);
    sheet.row();
    sheet.put("amazon-order-id", "orderId", &order.shown_id().unwrap_or_default());
    alias(order, sheet);
    time(order, sheet, "purchase-date", "createdTime", 0);
    if let Some((written, meant)) = order.reported_time(order.updated) {
        sheet.dressed("last-updated-date", "lastUpdatedTime", &written, &meant);
    }
    sheet.dressed(
        "order-status",
        "fulfillment.fulfillmentStatus",
        order.status.title(),
        order.status.as_str(),
    );
    channel(order, sheet);
    sheet.put("sales-channel", "salesChannel.marketplaceName", order.market.name);
    level(order, sheet);
    sheet.put("product-name", &to("title"), item.title);
    sheet.put("sku", &to("sellerSku"), &item.sku);
    sheet.put("asin", &to("asin"), &item.asin);
    sheet.put("item-status", &to("itemStatus"), order.status.title());
    sheet.integer("quantity", &to("quantityOrdered"), item.quantity);
    if !order.status.is_pending() {
        place(order, sheet);
    }
    if let Some(("CPF", number)) = &order.tax {
        sheet.put("cpf", "tax.taxRegistrations[0].taxRegistrationNumber", number);
        if sheet.has("cpf") {
            let to = "tax.taxRegistrations[0].taxRegistrationType";
            sheet.note(to, || Scalar::Text("CPF".to_owned()));
        }
    }
    if order.company.is_some() {
        sheet.dressed("is-business-order", "programs[0]", "true", "AMAZON_BUSINESS");
        sheet.put("purchase-order-number", "buyer.buyerPurchaseOrderNumber", &order.purchase_order);
        sheet.dressed("price-designation", &to("priceDesignation"), "BusinessPrice", "BUSINESS_PRICE");
    } else {
        sheet.put("is-business-order", "", "false");
    }
    money(order, item, sheet, &to("proceeds"));
    unknown(order, sheet, &to("extra"));
}

/// What an invoice with value added tax must tell.
pub(super) fn vat_invoice(order: &Order, item: &Item, sheet: &mut Sheet<'_>) {
    let to = |name: &str| format!("orderItems[{}].{name}", item.id);
    let transaction = format!("T{}", item.id);
    let tax = |name: &str| format!("taxTransactions[{transaction}].{name}");
    let package = filled("X########", &mut order.random.branch("vat shipment"));
    sheet.row();
    sheet.put("marketplace-id", "salesChannel.marketplaceId", order.market.id);
    sheet.put("order-id", "orderId", &order.shown_id().unwrap_or_default());
    sheet.put("order-item-id", &to("orderItemId"), &item.id);
    sheet.note(&tax("orderItemId"), || Scalar::Text(item.id.clone()));
    sheet.put("shipping-id", &format!("packages[{package}].packageReferenceId"), &package);
    sheet.note(&tax("shipmentId"), || Scalar::Text(package.clone()));
    sheet.put("transaction-id", &tax("transactionId"), &transaction);
    sheet.put("transaction-type", &tax("transactionType"), "SHIPMENT");
    time(order, sheet, "order-date", "createdTime", 0);
    time(order, sheet, "shipment-date", &format!("packages[{package}].shipTime"), 20);
    flag(sheet, "is-amazon-invoiced", "tax.taxInvoicing.isAmazonInvoiced", false);
    if let Some((_, number)) = &order.tax {
        sheet.put("buyer-vat-number", "tax.taxRegistrations[0].taxRegistrationNumber", number);
        sheet.note("tax.taxRegistrations[0].taxRegistrationType", || Scalar::Text("VAT".to_owned()));
    }
    sheet.put("asin", &to("product.asin"), &item.asin);
    sheet.put("sku", &to("product.sellerSku"), &item.sku);
    sheet.put("product-name", &to("product.title"), item.title);
    sheet.integer("quantity-purchased", &tax("quantity"), item.quantity);
    sheet.put("currency", &tax("currencyCode"), order.market.currency);
    sheet.amount("item-vat-incl-amount", &tax("item.taxInclusive"), item.cost());
    sheet.amount("item-vat-amount", &tax("item.tax"), item.cost() / 10);
    sheet.amount("item-vat-excl-amount", &tax("item.taxExclusive"), item.cost() - item.cost() / 10);
    recipient(order, sheet);
    level(order, sheet);
    business(order, sheet, &to("product.price"));
    unknown(order, sheet, &to("extra"));
}

/// Amazon's calculation of value added tax: a row for each transaction.
pub(super) fn sc_vat(order: &Order, item: &Item, sheet: &mut Sheet<'_>) {
    let transaction = format!("T{}", item.id);
    let to = |name: &str| format!("taxTransactions[{transaction}].{name}");
    sheet.row();
    sheet.put("Marketplace ID", "salesChannel.marketplaceId", order.market.id);
    sheet.put("Merchant ID", &to("merchantId"), "ATESTMERCHANT");
    sheet.put("Order ID", "orderId", &order.shown_id().unwrap_or_default());
    sheet.put("Transaction ID", &to("transactionId"), &transaction);
    sheet.put("Transaction Type", &to("transactionType"), "SHIPMENT");
    let package = filled("X########", &mut order.random.branch("vat shipment"));
    sheet.put("Shipment ID", &format!("packages[{package}].packageReferenceId"), &package);
    sheet.note(&to("shipmentId"), || Scalar::Text(package.clone()));
    date(order, sheet, "Order Date", "createdTime", 0);
    date(order, sheet, "Shipment Date", &format!("packages[{package}].shipTime"), 20);
    date(order, sheet, "Tax Calculation Date", &to("taxCalculationTime"), 20);
    sheet.put("ASIN", &to("asin"), &item.asin);
    sheet.put("SKU", &to("sellerSku"), &item.sku);
    sheet.integer("Quantity", &to("quantity"), item.quantity);
    sheet.put("Currency", &to("currencyCode"), order.market.currency);
    sheet.put("Tax Type", &to("taxType"), "VAT");
    sheet.amount("OUR_PRICE Tax Inclusive Selling Price", &to("item.taxInclusive"), item.cost());
    sheet.amount("OUR_PRICE Tax Amount", &to("item.tax"), item.cost() / 10);
    if let Some((kind, number)) = &order.tax {
        let to = |name: &str| format!("tax.taxRegistrations[0].{name}");
        sheet.put("Buyer Tax Registration", &to("taxRegistrationNumber"), number);
        sheet.put("Buyer Tax Registration Type", &to("taxRegistrationType"), kind);
        sheet.note(&to("entityType"), || Scalar::Text("BUYER".to_owned()));
    }
    sheet.address("Ship To City", &to("shipTo.city"), order.address.city);
    sheet.put("Ship To State", &to("shipTo.stateOrRegion"), &order.kept(order.address.region));
    sheet.dressed("Ship To Country", &to("shipTo.countryCode"), order.shown_country(), order.market.country);
    let (written, meant) = order.postal_code();
    sheet.dressed("Ship To Postal Code", &to("shipTo.postalCode"), &written, &meant);
    flag(sheet, "Is Amazon Invoiced", "tax.taxInvoicing.isAmazonInvoiced", true);
    unknown(order, sheet, &format!("packages[{package}].extra"));
}

fn instant(order: &Order, hours: i64) -> Timestamp {
    saturating_add(order.created, hours * HOUR_SECONDS)
}

pub(super) fn time(order: &Order, sheet: &mut Sheet<'_>, column: &'static str, to: &str, hours: i64) {
    if let Some((written, meant)) = order.reported_time(instant(order, hours)) {
        sheet.dressed(column, to, &written, &meant);
    }
}

/// `27-Nov-2026 UTC`, as only one report writes it.
fn date(order: &Order, sheet: &mut Sheet<'_>, column: &'static str, to: &str, hours: i64) {
    let Some((written, meant)) = order.reported_date(instant(order, hours)) else { return };
    let written = if written == meant { written } else { format!("{written} UTC") };
    sheet.dressed(column, to, &written, &meant);
}

pub(super) fn flag(sheet: &mut Sheet<'_>, column: &'static str, to: &str, value: bool) {
    sheet.value(column, to, if value { "true" } else { "false" }, || Scalar::Flag(value));
}

fn alias(order: &Order, sheet: &mut Sheet<'_>) {
    if let Some(alias) = &order.alias {
        sheet.put("merchant-order-id", "orderAliases[0].aliasId", alias);
        sheet.note("orderAliases[0].aliasType", || Scalar::Text("SELLER_ORDER_ID".to_owned()));
    }
}

fn channel(order: &Order, sheet: &mut Sheet<'_>) {
    let (written, meant) = if order.by_amazon { ("Amazon", "AMAZON") } else { ("Merchant", "MERCHANT") };
    sheet.dressed("fulfillment-channel", "fulfillment.fulfilledBy", written, meant);
}

fn level(order: &Order, sheet: &mut Sheet<'_>) {
    let written = match order.level {
        "EXPEDITED" => "Expedited",
        "SECOND_DAY" => "SecondDay",
        "FREE_ECONOMY" => "FreeEconomy",
        _ => "Standard",
    };
    sheet.dressed("ship-service-level", "fulfillment.fulfillmentServiceLevel", written, order.level);
}

fn buyer(order: &Order, sheet: &mut Sheet<'_>) {
    sheet.dressed("buyer-email", "buyer.buyerEmail", &order.shown_mail(), &order.person.mail);
    sheet.put("buyer-name", "buyer.buyerName", &order.kept(&order.person.name));
    // Nothing beside it says of which country it is: it must say so itself.
    let digits: String = order.person.phone.chars().filter(char::is_ascii_digit).collect();
    sheet.dressed("buyer-phone-number", "buyer.buyerPhone", &order.person.phone, &format!("+{digits}"));
}

fn recipient(order: &Order, sheet: &mut Sheet<'_>) {
    sheet.address("recipient-name", &format!("{SHIP_TO}.name"), &order.named(sheet.rows()));
    sheet.address("ship-address-1", &format!("{SHIP_TO}.addressLine1"), &order.address.line1);
    if let Some(line2) = &order.address.line2 {
        sheet.address("ship-address-2", &format!("{SHIP_TO}.addressLine2"), line2);
    }
    place(order, sheet);
    let (written, meant) = (&order.phone.written, &order.phone.meant);
    sheet.dressed("ship-phone-number", &format!("{SHIP_TO}.phone"), written, meant);
}

/// As much of an address as everybody is told.
fn place(order: &Order, sheet: &mut Sheet<'_>) {
    sheet.address("ship-city", &format!("{SHIP_TO}.city"), order.address.city);
    sheet.put("ship-state", &format!("{SHIP_TO}.stateOrRegion"), &order.kept(order.address.region));
    let (written, meant) = order.postal_code();
    sheet.dressed("ship-postal-code", &format!("{SHIP_TO}.postalCode"), &written, &meant);
    let country = order.shown_country();
    sheet.dressed("ship-country", &format!("{SHIP_TO}.countryCode"), country, order.market.country);
}

fn business(order: &Order, sheet: &mut Sheet<'_>, price: &str) {
    if order.company.is_some() {
        sheet.dressed("is-business-order", "programs[0]", "true", "AMAZON_BUSINESS");
        sheet.put("purchase-order-number", "buyer.buyerPurchaseOrderNumber", &order.purchase_order);
        sheet.dressed(
            "price-designation",
            &format!("{price}.priceDesignation"),
            "BusinessPrice",
            "BUSINESS_PRICE",
        );
    } else {
        sheet.put("is-business-order", "", "false");
    }
}

/// The price of the item and its tax.
fn money(order: &Order, item: &Item, sheet: &mut Sheet<'_>, to: &str) {
    if !sheet.has("item-price") {
        return;
    }
    sheet.put("currency", "", order.market.currency);
    sheet.amount("item-price", &format!("{to}.breakdowns[0].subtotal.amount"), item.cost());
    sheet.amount(
        "item-tax",
        &format!("{to}.breakdowns[1].detailedBreakdowns[0].value.amount"),
        item.cost() / 10,
    );
    let words = [
        ("breakdowns[0].type", "ITEM"),
        ("breakdowns[0].subtotal.currencyCode", order.market.currency),
        ("breakdowns[1].type", "TAX"),
        ("breakdowns[1].detailedBreakdowns[0].subtype", "ITEM"),
        ("breakdowns[1].detailedBreakdowns[0].value.currencyCode", order.market.currency),
    ];
    for (place, word) in words {
        sheet.note(&format!("{to}.{place}"), || Scalar::Text(word.to_owned()));
    }
}

/// What stands in a column that no report has.
pub(super) fn unknown(order: &Order, sheet: &mut Sheet<'_>, to: &str) {
    if order.mess == Some(Mess::UnknownField) {
        sheet.put("loyalty-nickname", &format!("{to}.loyalty-nickname"), &order.person.name);
    }
}
