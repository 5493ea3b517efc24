//! Orders v0: orders as `getOrders` answers them, and the six answers that each hold a part of one.

use bailee_core::Timestamp;
use bailee_core::time::saturating_add;

use super::easy_ship;
use super::items::Item;
use super::json::Writer;
use super::mess::Mess;
use super::notes::{Notes, Scalar};
use super::order::{HOUR_SECONDS, Order, Status};

/// Answers that each hold a part of an order.
pub(super) const ANSWERS: u64 = 6;

/// An order of a page of `getOrders`.
pub(super) fn write(order: &Order, notes: Notes) -> (String, Notes) {
    let mut out = Writer::foreign(notes);
    out.object("", |out| {
        head(order, out);
        if !order.status.is_pending() {
            address(order, out);
        }
        out.object("BuyerInfo", |out| buyer(order, out));
        unknown(order, out);
    });
    out.finish()
}

/// One of the answers about an order: `getOrder`, `getOrderAddress`, `getOrderBuyerInfo`, `getOrderItems`,
/// `getOrderItemsBuyerInfo`, `getOrderRegulatedInfo`.
pub(super) fn write_answer(order: &Order, answer: u64, notes: Notes) -> (String, Notes) {
    let mut out = Writer::foreign(notes);
    out.object("", |out| {
        out.object("payload", |out| match answer {
            0 => head(order, out),
            1 => {
                id(order, out);
                if !order.status.is_pending() {
                    address(order, out);
                }
            }
            2 => {
                id(order, out);
                buyer(order, out);
            }
            3 => {
                id(order, out);
                items(order, out, item);
                out.string("NextToken", "c3ludGhldGlj");
            }
            4 => {
                id(order, out);
                items(order, out, |order, item, out| wishes(order, item, out, 0));
            }
            _ => {
                id(order, out);
                regulated(order, out);
            }
        });
    });
    out.finish()
}

/// Whether a mess is seen in an answer.
pub(super) fn shows(mess: Mess, answer: u64) -> bool {
    match mess {
        Mess::Duplicate
        | Mess::OlderVersion
        | Mess::NewerVersion
        | Mess::Truncated
        | Mess::NoOrderId
        | Mess::UnusableOrderId => true,
        Mess::Partial | Mess::DuplicateKey => answer == 0,
        Mess::MissingDates | Mess::OddDates => matches!(answer, 0 | 3),
        Mess::EmailStyle => answer == 2,
        Mess::LostLetters => matches!(answer, 1 | 2 | 5),
        _ => answer == 1,
    }
}

fn id(order: &Order, out: &mut Writer) {
    if let Some(id) = order.shown_id() {
        out.put("AmazonOrderId", "orderId", &id);
    }
}

fn time(order: &Order, out: &mut Writer, key: &str, to: &str, instant: Timestamp) {
    if let Some(time) = order.shown_time(instant) {
        out.put(key, to, &time);
    }
}

fn hours(order: &Order, hours: i64) -> Timestamp {
    saturating_add(order.created, hours * HOUR_SECONDS)
}

fn amount(order: &Order, out: &mut Writer, key: &str, to: &str, cents: u64) {
    out.object(key, |out| {
        out.put("CurrencyCode", &format!("{to}.currencyCode"), order.market.currency);
        out.put("Amount", &format!("{to}.amount"), &order.amount(cents));
    });
}

fn head(order: &Order, out: &mut Writer) {
    id(order, out);
    if let Some(alias) = &order.alias {
        out.put("SellerOrderId", "orderAliases[0].aliasId", alias);
        out.note("orderAliases[0].aliasType", Scalar::Text("SELLER_ORDER_ID".to_owned()));
    }
    time(order, out, "PurchaseDate", "createdTime", order.created);
    time(order, out, "LastUpdateDate", "lastUpdatedTime", order.updated);
    if order.mess == Some(Mess::DuplicateKey) {
        out.string("LastUpdateDate", "2026-01-01T00:00:00Z");
    }
    out.dressed("OrderStatus", "fulfillment.fulfillmentStatus", order.status.title(), order.status.as_str());
    let (channel, by) = if order.by_amazon { ("AFN", "AMAZON") } else { ("MFN", "MERCHANT") };
    out.dressed("FulfillmentChannel", "fulfillment.fulfilledBy", channel, by);
    if let Some((written, meant)) = easy_ship::status(order) {
        out.dressed("EasyShipShipmentStatus", "fulfillment.easyShipShipmentStatus", written, meant);
    }
    if order.mess == Some(Mess::Partial) {
        return;
    }
    out.put("SalesChannel", "salesChannel.marketplaceName", order.market.name);
    out.put("MarketplaceId", "salesChannel.marketplaceId", order.market.id);
    amount(order, out, "OrderTotal", "proceeds.grandTotal", order.total());
    let shipped: u64 = order.items.iter().map(|item| item.fulfilled).sum();
    let ordered: u64 = order.items.iter().map(|item| item.quantity).sum();
    out.put_integer("NumberOfItemsShipped", "fulfillment.numberOfItemsShipped", shipped);
    out.put_integer("NumberOfItemsUnshipped", "fulfillment.numberOfItemsUnshipped", ordered - shipped);
    payments(order, out);
    let level = match order.level {
        "EXPEDITED" => "Expedited",
        "SECOND_DAY" => "SecondDay",
        "FREE_ECONOMY" => "FreeEconomy",
        _ => "Standard",
    };
    out.dressed("ShipmentServiceLevelCategory", "fulfillment.fulfillmentServiceLevel", level, order.level);
    time(order, out, "EarliestShipDate", "fulfillment.shipByWindow.earliestDateTime", hours(order, 2));
    time(order, out, "LatestShipDate", "fulfillment.shipByWindow.latestDateTime", hours(order, 74));
    if order.is_promised {
        let window = "fulfillment.deliverByWindow";
        time(order, out, "EarliestDeliveryDate", &format!("{window}.earliestDateTime"), hours(order, 48));
        time(order, out, "LatestDeliveryDate", &format!("{window}.latestDateTime"), hours(order, 168));
    }
    programs(order, out);
}

fn programs(order: &Order, out: &mut Writer) {
    let mut count = 0;
    for (key, program, has) in [
        ("IsPrime", "PRIME", order.is_prime),
        ("IsBusinessOrder", "AMAZON_BUSINESS", order.company.is_some()),
        ("IsPremiumOrder", "PREMIUM", false),
    ] {
        out.bare(key, has);
        if has {
            out.note(&format!("programs[{count}]"), Scalar::Text(program.to_owned()));
            count += 1;
        }
    }
    out.put_flag("IsGlobalExpressEnabled", "isGlobalExpressEnabled", false);
    out.put_flag("IsAccessPointOrder", "isAccessPointOrder", order.id.ends_with('7'));
}

fn payments(order: &Order, out: &mut Writer) {
    let Some(payment) = &order.payment else { return };
    out.list("PaymentExecutionDetail", |out| {
        out.object("", |out| {
            out.at("payment.paymentExecutions[0]", |out| {
                amount(order, out, "Payment", "paymentAmount", order.total());
                out.put("PaymentMethod", "paymentMethod", payment.method);
                if order.market.country == "BR" {
                    out.put("AcquirerId", "acquirerId", &payment.acquirer);
                    if let Some(brand) = payment.card_brand {
                        out.put("CardBrand", "cardBrand", brand);
                    }
                    out.put("AuthorizationCode", "authorizationCode", &payment.authorisation);
                }
            });
        });
    });
}

fn address(order: &Order, out: &mut Writer) {
    if order.mess == Some(Mess::WrongStructure) {
        out.put("ShippingAddress", "recipient.deliveryAddress.name", &order.person.name);
        return;
    }
    let (address, market) = (&order.address, order.market);
    let dressed = |out: &mut Writer, key: &str, to: &str, text: &str| {
        out.dressed(key, to, &order.dressed(text), &order.meant(text, false));
    };
    out.object("ShippingAddress", |out| {
        out.at("recipient.deliveryAddress", |out| {
            dressed(out, "Name", "name", &order.person.name);
            if let Some(company) = order.company {
                dressed(out, "CompanyName", "companyName", company);
            }
            dressed(out, "AddressLine1", "addressLine1", &address.line1);
            if let Some(line2) = &address.line2 {
                dressed(out, "AddressLine2", "addressLine2", line2);
            }
            dressed(out, "City", "city", address.city);
            out.put("StateOrRegion", "stateOrRegion", &order.kept(address.region));
            let (written, meant) = order.postal_code();
            out.dressed("PostalCode", "postalCode", &written, &meant);
            out.dressed("CountryCode", "countryCode", order.shown_country(), market.country);
            if order.shows_phone() {
                out.dressed("Phone", "phone", &order.phone.written, &order.phone.meant);
            }
            if market.country == "BR" {
                out.object("ExtendedFields", |out| {
                    out.at("extendedFields", |out| {
                        out.put("StreetName", "streetName", &order.kept(address.street));
                        out.put("StreetNumber", "streetNumber", &address.number);
                        out.put("Complement", "complement", &order.kept(address.second));
                        out.put("Neighborhood", "neighborhood", &order.kept("Jardim Fictício"));
                    });
                });
            }
            let (kind, meant) = match order.company {
                Some(_) => ("Commercial", "COMMERCIAL"),
                None => ("Residential", "RESIDENTIAL"),
            };
            out.dressed("AddressType", "addressType", kind, meant);
        });
    });
}

fn buyer(order: &Order, out: &mut Writer) {
    out.dressed("BuyerEmail", "buyer.buyerEmail", &order.shown_mail(), &order.person.mail);
    if !order.status.is_pending() {
        out.put("BuyerName", "buyer.buyerName", &order.kept(&order.person.name));
    }
    if order.company.is_some() {
        out.put("PurchaseOrderNumber", "buyer.buyerPurchaseOrderNumber", &order.purchase_order);
    }
    let Some((kind, number)) = &order.tax else { return };
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

fn items(order: &Order, out: &mut Writer, write: impl Fn(&Order, &Item, &mut Writer)) {
    out.list("OrderItems", |out| {
        for item in &order.items {
            out.object("", |out| {
                out.at(&format!("orderItems[{}]", item.id), |out| {
                    out.put("OrderItemId", "orderItemId", &item.id);
                    write(order, item, out);
                });
            });
        }
    });
}

fn item(order: &Order, item: &Item, out: &mut Writer) {
    out.put("ASIN", "product.asin", &item.asin);
    out.put("SellerSKU", "product.sellerSku", &item.sku);
    out.put("Title", "product.title", item.title);
    out.put_integer("QuantityOrdered", "quantityOrdered", item.quantity);
    out.put_integer("QuantityShipped", "fulfillment.quantityFulfilled", item.fulfilled);
    out.note("proceeds.breakdowns[0].type", Scalar::Text("ITEM".to_owned()));
    amount(order, out, "ItemPrice", "proceeds.breakdowns[0].subtotal", item.cost());
    if item.has_condition {
        out.dressed("ConditionId", "product.condition.conditionType", "New", "NEW");
        out.dressed("ConditionSubtypeId", "product.condition.conditionSubtype", "New", "NEW");
    }
    if order.company.is_some() {
        out.dressed("PriceDesignation", "product.price.priceDesignation", "BusinessPrice", "BUSINESS_PRICE");
    }
    if let Some(serial) = &item.serial {
        out.strings("SerialNumbers", "product.serialNumbers", [serial.as_str()]);
    }
    if order.status == Status::Cancelled && item.is_cancelled_by_buyer {
        out.object("BuyerRequestedCancel", |out| {
            out.string("IsBuyerRequestedCancel", "true");
            out.note("isBuyerRequestedCancel", Scalar::Flag(true));
            let to = "cancellation.cancellationRequest.cancelReason";
            out.put("BuyerCancelReason", to, "Changed mind about purchase");
        });
    }
    if item.is_signed_for {
        let window = "fulfillment.shipping.scheduledDeliveryWindow";
        let (begin, end) = (format!("{window}.earliestDateTime"), format!("{window}.latestDateTime"));
        time(order, out, "ScheduledDeliveryStartDate", &begin, hours(order, 72));
        time(order, out, "ScheduledDeliveryEndDate", &end, hours(order, 80));
    }
    if item.gift.is_some() || item.customisation.is_some() {
        out.object("BuyerInfo", |out| wishes(order, item, out, 1));
    }
}

/// What the buyer wants with an item; the price of the wrapping is the breakdown of that number.
fn wishes(order: &Order, item: &Item, out: &mut Writer, breakdown: u8) {
    if let Some(url) = &item.customisation {
        out.object("BuyerCustomizedInfo", |out| {
            out.put("CustomizedURL", "product.customization.customizedUrl", url);
        });
    }
    let Some((message, wrap)) = item.gift else { return };
    out.at("fulfillment.packing.giftOption", |out| {
        out.put("GiftMessageText", "giftMessage", message);
        out.put("GiftWrapLevel", "giftWrapLevel", wrap);
    });
    let to = format!("proceeds.breakdowns[{breakdown}]");
    out.note(&format!("{to}.type"), Scalar::Text("GIFT_WRAP".to_owned()));
    amount(order, out, "GiftWrapPrice", &format!("{to}.subtotal"), 399);
}

fn regulated(order: &Order, out: &mut Writer) {
    out.at("regulatedInformation", |out| {
        out.put_flag("RequiresDosageLabel", "requiresDosageLabel", order.id.ends_with('3'));
        out.object("RegulatedInformation", |out| {
            out.list("Fields", |out| {
                for (number, (id, label, value)) in [
                    ("pet_prescription_name", "Name", order.person.name.as_str()),
                    ("pet_prescription_species", "Species", "Dog"),
                ]
                .into_iter()
                .enumerate()
                {
                    out.object("", |out| {
                        out.at(&format!("fields[{number}]"), |out| {
                            out.put("FieldId", "fieldId", id);
                            out.put("FieldLabel", "fieldLabel", label);
                            out.put("FieldType", "fieldType", "Text");
                            out.put("FieldValue", "fieldValue", &order.kept(value));
                        });
                    });
                }
            });
        });
        out.object("RegulatedOrderVerificationStatus", |out| {
            out.dressed("Status", "verification.status", "Pending", "PENDING");
            out.put_flag("RequiresMerchantAction", "verification.requiresMerchantAction", true);
        });
    });
}

/// A member that no model has.
fn unknown(order: &Order, out: &mut Writer) {
    if order.mess == Some(Mess::UnknownField) {
        out.object("LoyaltyDetails", |out| {
            out.put("MemberNickname", "extra.LoyaltyDetails.MemberNickname", &order.person.name);
            out.put_integer("MemberLevel", "extra.LoyaltyDetails.MemberLevel", 3);
        });
    }
}
