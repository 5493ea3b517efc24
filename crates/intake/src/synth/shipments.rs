//! Shipments of an order, in the words of four APIs, and vendor direct fulfilment orders.
//!
//! The order behind them is always one that a merchant has been shown with its address.

use bailee_core::Timestamp;
use bailee_core::time::saturating_add;

use super::address::filled;
use super::json::Writer;
use super::mess::Mess;
use super::notes::{Notes, Scalar};
use super::order::{HOUR_SECONDS, Order};

/// What the members of an address are called; no company name or e-mail where there is none.
struct Names {
    object: &'static str,
    name: &'static str,
    line1: &'static str,
    line2: &'static str,
    city: &'static str,
    region: &'static str,
    postal_code: &'static str,
    country: &'static str,
    phone: &'static str,
}

const LOWER: Names = Names {
    object: "destinationAddress",
    name: "name",
    line1: "addressLine1",
    line2: "addressLine2",
    city: "city",
    region: "stateOrRegion",
    postal_code: "postalCode",
    country: "countryCode",
    phone: "phone",
};

const UPPER: Names = Names {
    object: "ShippingAddress",
    name: "Name",
    line1: "AddressLine1",
    line2: "AddressLine2",
    city: "City",
    region: "StateOrRegion",
    postal_code: "PostalCode",
    country: "CountryCode",
    phone: "Phone",
};

impl Names {
    fn write(&self, order: &Order, out: &mut Writer) {
        if order.mess == Some(Mess::WrongStructure) {
            out.put(self.object, "recipient.deliveryAddress.name", &order.person.name);
            return;
        }
        let address = &order.address;
        let dressed = |out: &mut Writer, key: &str, to: &str, text: &str| {
            out.dressed(key, to, &order.dressed(text), &order.meant(text, false));
        };
        out.object(self.object, |out| {
            out.at("recipient.deliveryAddress", |out| {
                dressed(out, self.name, "name", &order.person.name);
                dressed(out, self.line1, "addressLine1", &address.line1);
                if let Some(line2) = &address.line2 {
                    dressed(out, self.line2, "addressLine2", line2);
                }
                dressed(out, self.city, "city", address.city);
                out.put(self.region, "stateOrRegion", &order.kept(address.region));
                let (written, meant) = order.postal_code();
                out.dressed(self.postal_code, "postalCode", &written, &meant);
                out.dressed(self.country, "countryCode", order.shown_country(), order.market.country);
                out.dressed(self.phone, "phone", &order.phone.written, &order.phone.meant);
            });
        });
    }
}

/// The id of a record that is named after an order, as the mess has it.
pub(super) fn id(order: &Order, out: &mut Writer, key: &str, to: &str, prefix: &str) {
    if let Some(id) = order.shown_id() {
        out.put(key, to, &format!("{prefix}{id}"));
    }
}

pub(super) fn time(order: &Order, out: &mut Writer, key: &str, to: &str, instant: Timestamp) {
    if let Some(time) = order.shown_time(instant) {
        out.put(key, to, &time);
    }
}

pub(super) fn hours(order: &Order, hours: i64) -> Timestamp {
    saturating_add(order.created, hours * HOUR_SECONDS)
}

/// A sum of money; `value` is what its number is called.
fn money(order: &Order, out: &mut Writer, key: &str, to: &str, value: &str, cents: u64) {
    out.object(key, |out| {
        out.put(value, &format!("{to}.amount"), &order.amount(cents));
        let currency = if value == "Amount" { "CurrencyCode" } else { "currencyCode" };
        out.put(currency, &format!("{to}.currencyCode"), order.market.currency);
    });
}

/// A member that no model has.
pub(super) fn unknown(order: &Order, out: &mut Writer) {
    if order.mess == Some(Mess::UnknownField) {
        out.object("loyaltyDetails", |out| {
            out.put("memberNickname", "extra.loyaltyDetails.memberNickname", &order.person.name);
            out.put_integer("memberLevel", "extra.loyaltyDetails.memberLevel", 3);
        });
    }
}

/// A key twice, in an object that has it once already.
pub(super) fn doubled(order: &Order, out: &mut Writer, key: &str) {
    if order.mess == Some(Mess::DuplicateKey) {
        out.string(key, "2026-01-01T00:00:00Z");
    }
}

/// The reference of the vendor's order: eleven signs at most, which the whole of Amazon's number fits in.
pub(super) fn purchase_order(order: &Order) -> String {
    let mut number: u64 = order
        .id
        .chars()
        .filter_map(|char| char.to_digit(10))
        .skip(3)
        .fold(0, |sum, digit| sum * 10 + u64::from(digit));
    let mut text = String::new();
    while number > 0 {
        let digit = u32::try_from(number % 36).unwrap_or(0);
        text.extend(char::from_digit(digit, 36).map(|digit| digit.to_ascii_uppercase()));
        number /= 36;
    }
    format!("T{text}")
}

/// Vendor direct fulfilment orders; version 1 wraps them, the later ones know whether an item can be customised.
pub(super) fn write_vendor(order: &Order, is_later: bool, notes: Notes) -> (String, Notes) {
    let mut out = Writer::foreign(notes);
    out.object("", |out| {
        match order.mess {
            Some(Mess::NoOrderId) => {}
            Some(Mess::UnusableOrderId) => out.string("purchaseOrderNumber", "T / 12"),
            _ => out.put("purchaseOrderNumber", "orderId", &purchase_order(order)),
        }
        out.object("orderDetails", |out| {
            out.put("customerOrderNumber", "orderAliases[0].aliasId", &order.id);
            out.note("orderAliases[0].aliasType", Scalar::Text("CUSTOMER_ORDER_NUMBER".to_owned()));
            time(order, out, "orderDate", "createdTime", order.created);
            doubled(order, out, "orderDate");
            if order.mess == Some(Mess::DuplicateKey) {
                out.string("orderDate", "2026-01-01T00:00:00Z");
            }
            out.put("orderStatus", "fulfillment.fulfillmentStatus", "NEW");
            vendor_shipment(order, out);
            out.object("sellingParty", |out| out.put("partyId", "sellingParty.partyId", "TEST9"));
            out.object("shipFromParty", |out| out.put("partyId", "fulfillment.shipFromPartyId", "TSTA"));
            Names { object: "shipToParty", ..LOWER }.write(order, out);
            out.object("billToParty", |out| out.put("partyId", "buyer.billToPartyId", "TSTB"));
            if is_later {
                let has_any = order.items.iter().any(|item| item.customisation.is_some());
                out.put_flag("hasCustomizableItems", "hasCustomizableItems", has_any);
            }
            out.list("items", |out| vendor_items(order, is_later, out));
        });
        unknown(order, out);
    });
    out.finish()
}

fn vendor_shipment(order: &Order, out: &mut Writer) {
    out.object("shipmentDetails", |out| {
        out.put_flag("isPriorityShipment", "fulfillment.isPriorityShipment", order.is_prime);
        out.put_flag("isPslipRequired", "fulfillment.isPackingSlipRequired", true);
        out.put("shipMethod", "fulfillment.shipMethod", "UPS_2ND");
        out.object("shipmentDates", |out| {
            let (ship, deliver) = ("fulfillment.shipByWindow", "fulfillment.deliverByWindow");
            time(order, out, "requiredShipDate", &format!("{ship}.latestDateTime"), hours(order, 74));
            time(order, out, "promisedDeliveryDate", &format!("{deliver}.latestDateTime"), hours(order, 168));
        });
    });
}

fn vendor_items(order: &Order, is_later: bool, out: &mut Writer) {
    for (number, item) in order.items.iter().enumerate() {
        let sequence = format!("{:05}", number + 1);
        out.object("", |out| {
            out.at(&format!("orderItems[{sequence}]"), |out| {
                out.put("itemSequenceNumber", "orderItemId", &sequence);
                out.put("buyerProductIdentifier", "product.asin", &item.asin);
                out.put("vendorProductIdentifier", "product.sellerSku", &item.sku);
                out.put("title", "product.title", item.title);
                out.object("orderedQuantity", |out| {
                    out.put_integer("amount", "quantityOrdered", item.quantity);
                    out.put("unitOfMeasure", "quantityUnit", "EACH");
                });
                money(order, out, "netPrice", "product.price.unitPrice", "amount", item.price);
                if let Some((message, _)) = item.gift {
                    let to = "fulfillment.packing.giftOption.giftMessage";
                    out.object("giftDetails", |out| out.put("giftMessage", to, message));
                }
                if let Some(url) = item.customisation.as_ref().filter(|_| is_later) {
                    let to = "product.customization.customizedUrl";
                    out.object("buyerCustomizedInfo", |out| out.put("customizedUrl", to, url));
                }
            });
        });
    }
}

/// Multi-channel fulfilment: an order of another channel that Amazon's warehouses send.
pub(super) fn write_outbound(order: &Order, notes: Notes) -> (String, Notes) {
    let mut out = Writer::foreign(notes);
    out.object("", |out| {
        out.object("fulfillmentOrder", |out| {
            id(order, out, "sellerFulfillmentOrderId", "shipmentId", "MCF-");
            out.put("displayableOrderId", "orderId", &order.id);
            time(order, out, "displayableOrderDate", "orderTime", order.created);
            doubled(order, out, "displayableOrderId");
            out.put("displayableOrderComment", "comment", &format!("Thank you, {}", order.person.name));
            out.put("marketplaceId", "salesChannel.marketplaceId", order.market.id);
            out.put("shippingSpeedCategory", "fulfillmentServiceLevel", "Standard");
            Names { ..LOWER }.write(order, out);
            out.put("fulfillmentAction", "fulfillmentAction", "Ship");
            time(order, out, "receivedDate", "createdTime", order.created);
            time(order, out, "statusUpdatedDate", "lastUpdatedTime", order.updated);
            out.put("fulfillmentOrderStatus", "status", "PROCESSING");
            out.strings("notificationEmails", "notificationEmails", [order.person.mail.as_str()]);
        });
        out.list("fulfillmentOrderItems", |out| {
            for item in &order.items {
                out.object("", |out| {
                    out.at(&format!("items[{}]", item.id), |out| {
                        out.put("sellerFulfillmentOrderItemId", "itemId", &item.id);
                        out.put("sellerSku", "sellerSku", &item.sku);
                        out.put_integer("quantity", "quantity", item.quantity);
                        out.put_integer("cancelledQuantity", "quantityCancelled", 0);
                        if let Some((message, _)) = item.gift {
                            out.put("giftMessage", "giftMessage", message);
                        }
                        money(order, out, "perUnitDeclaredValue", "declaredValue", "value", item.price);
                    });
                });
            }
        });
        out.list("fulfillmentShipments", |out| out.object("", |out| outbound_shipment(order, out)));
        unknown(order, out);
    });
    out.finish()
}

fn outbound_shipment(order: &Order, out: &mut Writer) {
    let mut random = order.random.branch("outbound");
    let reference = filled("D########", &mut random);
    out.at(&format!("packages[{reference}]"), |out| {
        out.put("amazonShipmentId", "packageReferenceId", &reference);
        out.put("fulfillmentCenterId", "fulfillmentCenterId", "TST1");
        out.put("fulfillmentShipmentStatus", "packageStatus.status", "PENDING");
        time(order, out, "estimatedArrivalDate", "estimatedArrivalTime", hours(order, 96));
        out.list("fulfillmentShipmentItem", |out| {
            for (number, item) in order.items.iter().enumerate() {
                out.object("", |out| {
                    out.at(&format!("packageItems[{number}]"), |out| {
                        out.string("sellerSku", &item.sku);
                        out.put("sellerFulfillmentOrderItemId", "orderItemId", &item.id);
                        out.put_integer("quantity", "quantity", item.quantity);
                        out.put_integer("packageNumber", "packageNumber", 1);
                    });
                });
            }
        });
        out.list("fulfillmentShipmentPackage", |out| {
            out.object("", |out| {
                out.at("parcels[0]", |out| {
                    out.put_integer("packageNumber", "packageNumber", 1);
                    out.put("carrierCode", "carrier", "TEST-POST");
                    out.put("trackingNumber", "trackingNumber", &filled("TEST0000########", &mut random));
                });
            });
        });
    });
}

/// External fulfilment: a shipment that the seller's own warehouse sends.
pub(super) fn write_external(order: &Order, notes: Notes) -> (String, Notes) {
    let mut out = Writer::foreign(notes);
    out.object("", |out| {
        id(order, out, "id", "shipmentId", "EF-");
        out.put("locationId", "warehouseId", "TST1");
        out.object("marketplaceAttributes", |out| {
            out.put("channelName", "salesChannel.channelName", "FBA");
            out.put("marketplaceId", "salesChannel.marketplaceId", order.market.id);
        });
        out.put("status", "status", "ACCEPTED");
        time(order, out, "creationDateTime", "createdTime", order.created);
        time(order, out, "lastUpdatedDateTime", "lastUpdatedTime", order.updated);
        doubled(order, out, "status");
        out.object("shipmentInfo", |out| {
            out.put("buyerOrderId", "orderId", &order.id);
            out.put_integer(
                "numberOfUnits",
                "numberOfUnits",
                order.items.iter().map(|item| item.quantity).sum(),
            );
        });
        out.object("shippingInfo", |out| {
            Names { object: "shipToAddress", region: "state", phone: "phoneNumber", ..LOWER }
                .write(order, out);
        });
        out.list("lineItems", |out| {
            for item in &order.items {
                out.object("", |out| {
                    out.at(&format!("items[{}]", item.id), |out| {
                        out.put("shipmentLineItemId", "itemId", &item.id);
                        out.put("merchantSku", "sellerSku", &item.sku);
                        out.put_integer("numberOfUnits", "quantity", item.quantity);
                    });
                });
            }
        });
        unknown(order, out);
    });
    out.finish()
}

/// Merchant fulfilment: a label that the seller bought.
pub(super) fn write_merchant(order: &Order, notes: Notes) -> (String, Notes) {
    let mut out = Writer::foreign(notes);
    out.object("", |out| {
        if let Some(id) = order.shown_id() {
            let id = format!("mf-{id}");
            out.put("ShipmentId", "shipmentId", &id);
            out.note(&format!("packages[{id}].packageReferenceId"), Scalar::Text(id.clone()));
        }
        out.put("AmazonOrderId", "orderId", &order.id);
        doubled(order, out, "AmazonOrderId");
        out.list("ItemList", |out| {
            for item in &order.items {
                out.object("", |out| {
                    out.at(&format!("items[{}]", item.id), |out| {
                        out.put("OrderItemId", "itemId", &item.id);
                        out.put_integer("Quantity", "quantity", item.quantity);
                    });
                });
            }
        });
        out.object("ShipFromAddress", |out| {
            out.put("Name", "shipFromAddress.name", "Sample Warehouse");
            out.put("AddressLine1", "shipFromAddress.addressLine1", "1 Depot Example");
            out.put("CountryCode", "shipFromAddress.countryCode", order.market.country);
        });
        Names { object: "ShipToAddress", region: "StateOrProvinceCode", ..UPPER }.write(order, out);
        merchant_package(order, out);
        out.dressed("Status", "status", "Purchased", "PURCHASED");
        time(order, out, "CreatedDate", "createdTime", order.created);
        time(order, out, "LastUpdatedDate", "lastUpdatedTime", order.updated);
        unknown(order, out);
    });
    out.finish()
}

fn merchant_package(order: &Order, out: &mut Writer) {
    let mut random = order.random.branch("merchant");
    let package = format!("packages[mf-{}]", order.id);
    out.object("ShippingService", |out| {
        out.put("ShippingServiceName", &format!("{package}.shippingService"), "Test 2nd Day");
        out.put("CarrierName", &format!("{package}.carrier"), "Test Post");
        if let Some(time) = order.shown_time(order.shipped) {
            out.put("ShipDate", "shipTime", &time);
            out.note(&format!("{package}.shipTime"), Scalar::Text(time.clone()));
        }
    });
    out.object("Label", |out| {
        out.object("FileContents", |out| {
            let contents = filled("H4sIAAAA####AAA####=", &mut random);
            out.put("Contents", &format!("{package}.label.fileContents"), &contents);
            out.put("FileType", &format!("{package}.label.fileType"), "image/png");
        });
    });
    let tracking = filled("TEST0000########", &mut random);
    out.put("TrackingId", &format!("{package}.trackingNumber"), &tracking);
}

/// Shipment invoicing: what an invoice in Brazil must tell.
pub(super) fn write_invoicing(order: &Order, notes: Notes) -> (String, Notes) {
    let mut out = Writer::foreign(notes);
    out.object("", |out| {
        id(order, out, "AmazonShipmentId", "shipmentId", "F");
        out.put("AmazonOrderId", "orderId", &order.id);
        doubled(order, out, "AmazonOrderId");
        out.put("WarehouseId", "warehouseId", "TST1");
        time(order, out, "PurchaseDate", "orderTime", order.created);
        out.put("MarketplaceId", "salesChannel.marketplaceId", order.market.id);
        out.put("BuyerName", "buyer.buyerName", &order.kept(&order.person.name));
        Names { ..UPPER }.write(order, out);
        if let Some((kind, number)) = &order.tax {
            out.object("BuyerTaxInfo", |out| {
                out.at("tax.taxRegistrations[0]", |out| {
                    let name = order.kept(order.company.unwrap_or(&order.person.name));
                    out.put("CompanyLegalName", "legalName", &name);
                    out.list("TaxClassifications", |out| {
                        out.object("", |out| {
                            out.put("Name", "taxRegistrationType", kind);
                            out.put("Value", "taxRegistrationNumber", number);
                        });
                    });
                });
            });
        }
        out.list("ShipmentItems", |out| {
            for item in &order.items {
                out.object("", |out| {
                    out.at(&format!("items[{}]", item.id), |out| {
                        out.put("OrderItemId", "itemId", &item.id);
                        out.put("ASIN", "asin", &item.asin);
                        out.put("SellerSKU", "sellerSku", &item.sku);
                        out.put("Title", "title", item.title);
                        out.put_integer("QuantityOrdered", "quantity", item.quantity);
                        money(order, out, "ItemPrice", "itemPrice", "Amount", item.cost());
                        if let Some(serial) = &item.serial {
                            out.strings("SerialNumbers", "serialNumbers", [serial.as_str()]);
                        }
                    });
                });
            }
        });
        unknown(order, out);
    });
    out.finish()
}
