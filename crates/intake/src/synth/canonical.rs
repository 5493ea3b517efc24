//! Orders 2026-01-01: the format whose names are the canonical ones.

use bailee_core::Timestamp;
use bailee_core::time::saturating_add;

use super::items::{Item, Package};
use super::json::Writer;
use super::mess::Mess;
use super::notes::Notes;
use super::order::{HOUR_SECONDS, Order, Status};

/// The document.
pub(super) fn write(order: &Order, notes: Notes) -> (String, Notes) {
    let mut out = Writer::canonical(notes);
    let is_whole = order.mess != Some(Mess::Partial);
    out.object("", |out| {
        head(order, out);
        if is_whole {
            out.object("salesChannel", |out| {
                out.string("channelName", "AMAZON");
                out.string("marketplaceId", order.market.id);
                out.string("marketplaceName", order.market.name);
            });
        }
        buyer(order, out);
        if !order.status.is_pending() {
            recipient(order, out);
        }
        if is_whole {
            money(order, out);
            tax(order, out);
            fulfillment(order, out);
            out.list("orderItems", |out| order.items.iter().for_each(|item| write_item(order, item, out)));
            packages(order, out);
        }
        if order.mess == Some(Mess::UnknownField) {
            out.object("loyaltyDetails", |out| {
                out.string("memberNickname", &order.person.name);
                out.integer("memberLevel", 3);
            });
        }
    });
    out.finish()
}

fn time(order: &Order, out: &mut Writer, key: &str, instant: Timestamp) {
    if let Some(time) = order.shown_time(instant) {
        out.written(key, time);
    }
}

/// A span around an instant, in hours from it.
fn window(order: &Order, out: &mut Writer, key: &str, around: Timestamp, hours: (i64, i64)) {
    out.object(key, |out| {
        time(order, out, "earliestDateTime", saturating_add(around, hours.0 * HOUR_SECONDS));
        time(order, out, "latestDateTime", saturating_add(around, hours.1 * HOUR_SECONDS));
    });
}

fn amount(order: &Order, out: &mut Writer, key: &str, cents: u64) {
    out.object(key, |out| {
        out.written("amount", order.amount(cents));
        out.string("currencyCode", order.market.currency);
    });
}

fn head(order: &Order, out: &mut Writer) {
    if let Some(id) = order.shown_id() {
        out.string("orderId", &id);
    }
    if let Some(alias) = &order.alias {
        out.list("orderAliases", |out| {
            out.element(0, |out| {
                out.string("aliasId", alias);
                out.string("aliasType", "SELLER_ORDER_ID");
            });
        });
    }
    time(order, out, "createdTime", order.created);
    time(order, out, "lastUpdatedTime", order.updated);
    if order.mess == Some(Mess::DuplicateKey) {
        out.written("lastUpdatedTime", order.created);
    }
    let programs = [("PRIME", order.is_prime), ("AMAZON_BUSINESS", order.company.is_some())];
    if programs.iter().any(|(_, has)| *has) {
        let programs = programs.iter().filter(|(_, has)| *has).map(|(program, _)| *program);
        out.strings("programs", "programs", programs);
    }
    if let Some((id, kind)) = &order.associated {
        out.list("associatedOrders", |out| {
            out.element(0, |out| {
                out.string("orderId", id);
                out.string("associationType", kind);
            });
        });
    }
}

fn buyer(order: &Order, out: &mut Writer) {
    out.object("buyer", |out| {
        if !order.status.is_pending() {
            let name = order.kept(&order.person.name);
            out.string("buyerName", &name);
        }
        out.dressed("buyerEmail", "buyerEmail", &order.shown_mail(), &order.person.mail);
        if let Some(company) = order.company {
            out.string("buyerCompanyName", &order.kept(company));
            out.string("buyerPurchaseOrderNumber", &order.purchase_order);
        }
    });
}

fn recipient(order: &Order, out: &mut Writer) {
    out.object("recipient", |out| {
        if order.mess == Some(Mess::WrongStructure) {
            out.put("deliveryAddress", "deliveryAddress.name", &order.person.name);
            return;
        }
        address(order, out, "deliveryAddress", order.shows_phone());
        let Some(preference) = &order.preference else { return };
        out.object("deliveryPreference", |out| {
            out.string("dropOffLocation", preference.drop_off);
            out.string("addressInstruction", preference.instruction);
            if order.company.is_some() {
                business_hours(out);
            }
        });
    });
}

fn address(order: &Order, out: &mut Writer, key: &str, with_phone: bool) {
    let (address, market) = (&order.address, order.market);
    let dressed = |out: &mut Writer, key: &str, text: &str| {
        out.dressed(key, key, &order.dressed(text), &order.meant(text, false));
    };
    out.object(key, |out| {
        dressed(out, "name", &order.person.name);
        if let Some(company) = order.company {
            dressed(out, "companyName", company);
        }
        dressed(out, "addressLine1", &address.line1);
        if let Some(line2) = &address.line2 {
            dressed(out, "addressLine2", line2);
        }
        dressed(out, "city", address.city);
        out.string("stateOrRegion", &order.kept(address.region));
        let (written, meant) = order.postal_code();
        out.dressed("postalCode", "postalCode", &written, &meant);
        out.dressed("countryCode", "countryCode", order.shown_country(), market.country);
        if with_phone {
            out.dressed("phone", "phone", &order.phone.written, &order.phone.meant);
        }
        if market.country == "BR" {
            out.object("extendedFields", |out| {
                out.string("streetName", &order.kept(address.street));
                out.string("streetNumber", &address.number);
                out.string("complement", &order.kept(address.second));
                out.string("neighborhood", &order.kept("Jardim Fictício"));
            });
        }
        out.string("addressType", if order.company.is_some() { "COMMERCIAL" } else { "RESIDENTIAL" });
    });
}

fn money(order: &Order, out: &mut Writer) {
    out.object("proceeds", |out| amount(order, out, "grandTotal", order.total()));
    let Some(payment) = &order.payment else { return };
    out.object("payment", |out| {
        out.list("paymentExecutions", |out| {
            out.element(0, |out| {
                out.string("paymentMethod", payment.method);
                amount(order, out, "paymentAmount", order.total());
                if order.market.country == "BR" {
                    out.string("acquirerId", &payment.acquirer);
                    if let Some(brand) = payment.card_brand {
                        out.string("cardBrand", brand);
                    }
                    out.string("authorizationCode", &payment.authorisation);
                }
            });
        });
    });
}

fn tax(order: &Order, out: &mut Writer) {
    let Some((kind, number)) = &order.tax else { return };
    out.object("tax", |out| {
        out.list("taxRegistrations", |out| {
            out.element(0, |out| {
                out.string("entityType", "BUYER");
                out.string("legalName", &order.kept(order.company.unwrap_or(&order.person.name)));
                out.string("taxRegistrationType", kind);
                out.string("taxRegistrationNumber", number);
                let shows_address = order.company.is_some() && !order.status.is_pending();
                if shows_address && order.mess != Some(Mess::WrongStructure) {
                    address(order, out, "taxRegistrationAddress", false);
                }
            });
        });
        if order.market.country == "BR" {
            out.object("taxInvoicing", |out| out.string("invoiceStatus", "NOT_FOUND"));
        }
    });
}

fn fulfillment(order: &Order, out: &mut Writer) {
    out.object("fulfillment", |out| {
        out.string("fulfillmentStatus", order.status.as_str());
        out.string("fulfilledBy", if order.by_amazon { "AMAZON" } else { "MERCHANT" });
        out.string("fulfillmentServiceLevel", order.level);
        window(order, out, "shipByWindow", order.created, (2, 74));
        if order.is_promised {
            window(order, out, "deliverByWindow", order.created, (48, 168));
        }
    });
}

fn write_item(order: &Order, item: &Item, out: &mut Writer) {
    out.element(&item.id, |out| {
        out.string("orderItemId", &item.id);
        out.integer("quantityOrdered", item.quantity);
        product(order, item, out);
        out.object("proceeds", |out| {
            amount(order, out, "proceedsTotal", item.cost());
            if item.has_breakdown {
                out.list("breakdowns", |out| {
                    out.element(0, |out| {
                        out.string("type", "ITEM");
                        amount(order, out, "subtotal", item.cost());
                    });
                });
            }
        });
        if order.status == Status::Cancelled {
            cancellation(item, out);
        }
        out.object("fulfillment", |out| item_fulfillment(order, item, out));
    });
}

fn product(order: &Order, item: &Item, out: &mut Writer) {
    out.object("product", |out| {
        out.string("asin", &item.asin);
        out.string("title", item.title);
        out.string("sellerSku", &item.sku);
        if item.has_condition {
            out.object("condition", |out| {
                out.string("conditionType", "NEW");
                out.string("conditionSubtype", "NEW");
            });
        }
        out.object("price", |out| {
            amount(order, out, "unitPrice", item.price);
            if order.company.is_some() {
                out.string("priceDesignation", "BUSINESS_PRICE");
            }
        });
        if let Some(serial) = &item.serial {
            out.strings("serialNumbers", "serialNumbers", [serial.as_str()]);
        }
        if let Some(url) = &item.customisation {
            out.object("customization", |out| out.string("customizedUrl", url));
        }
    });
}

fn cancellation(item: &Item, out: &mut Writer) {
    let by_buyer = item.is_cancelled_by_buyer;
    out.object("cancellation", |out| {
        if by_buyer {
            out.object("cancellationRequest", |out| {
                out.string("requester", "BUYER");
                out.string("cancelReason", "Changed mind about purchase");
            });
        }
        out.object("cancellationExecution", |out| {
            out.string("cancelledBy", if by_buyer { "BUYER" } else { "MERCHANT" });
            out.string(
                "cancelReason",
                if by_buyer { "Buyer requested cancellation" } else { "Out of stock" },
            );
        });
    });
}

fn item_fulfillment(order: &Order, item: &Item, out: &mut Writer) {
    out.integer("quantityFulfilled", item.fulfilled);
    out.integer("quantityUnfulfilled", item.quantity - item.fulfilled);
    if let Some((message, wrap)) = item.gift {
        out.object("packing", |out| {
            out.object("giftOption", |out| {
                out.string("giftMessage", message);
                out.string("giftWrapLevel", wrap);
            });
        });
    }
    if item.is_signed_for {
        out.object("shipping", |out| {
            window(order, out, "scheduledDeliveryWindow", order.created, (72, 80));
            out.object("shippingConstraints", |out| out.string("signatureConfirmation", "MANDATORY"));
        });
    }
}

fn packages(order: &Order, out: &mut Writer) {
    if order.packages.is_empty() {
        return;
    }
    out.list("packages", |out| {
        (1_u64..).zip(&order.packages).for_each(|(number, package)| {
            out.element(number, |out| write_package(order, number, package, out));
        });
    });
    if order.market.country == "IN" {
        let id = super::address::filled("LdTest###", &mut order.random.branch("packages").branch("id"));
        out.list("fulfillmentOrders", |out| {
            out.element(&id, |out| out.string("fulfillmentOrderId", &id));
        });
    }
}

fn write_package(order: &Order, number: u64, package: &Package, out: &mut Writer) {
    out.written("packageReferenceId", number);
    time(order, out, "createdTime", package.created);
    out.object("packageStatus", |out| {
        out.string("status", package.status);
        out.string("detailedStatus", package.detail);
    });
    out.string("carrier", package.carrier);
    time(order, out, "shipTime", package.shipped);
    out.string("shippingService", package.service);
    out.string("trackingNumber", &package.tracking);
    if package.has_sender {
        out.object("shipFromAddress", |out| {
            out.string("name", "Sample Warehouse");
            out.string("addressLine1", "1 Depot Example");
            out.string("countryCode", order.market.country);
        });
    }
    out.list("packageItems", |out| {
        for (id, quantity) in &package.items {
            out.element(id, |out| {
                out.string("orderItemId", id);
                out.integer("quantity", *quantity);
            });
        }
    });
}

fn business_hours(out: &mut Writer) {
    out.object("deliveryTime", |out| {
        out.list("businessHours", |out| {
            for (number, day) in ["MON", "WED", "FRI"].into_iter().enumerate() {
                out.element(number, |out| {
                    out.string("dayOfWeek", day);
                    out.list("timeWindows", |out| {
                        out.element(0, |out| {
                            for (key, hour) in [("startTime", 9), ("endTime", 17)] {
                                out.object(key, |out| {
                                    out.integer("hour", hour);
                                    out.integer("minute", 0);
                                });
                            }
                        });
                    });
                });
            }
        });
    });
    out.strings("deliveryCapabilities", "deliveryCapabilities", ["HAS_ACCESS_POINT"]);
}
