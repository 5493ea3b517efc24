//! The columns of reports, in the order in which Amazon writes them.

/// The order reports: ordered, and reconciled.
#[rustfmt::skip]
pub(super) const ORDER_REPORT: &[&str] = &[
    "order-id", "order-item-id", "purchase-date", "payments-date", "buyer-email", "buyer-name",
    "buyer-phone-number", "sku", "product-name", "quantity-purchased", "currency", "item-price",
    "item-tax", "shipping-price", "shipping-tax", "ship-service-level", "recipient-name", "ship-address-1",
    "ship-address-2", "ship-address-3", "ship-city", "ship-state", "ship-postal-code", "ship-country",
    "ship-phone-number", "bill-address-1", "bill-address-2", "bill-address-3", "bill-city", "bill-state",
    "bill-postal-code", "bill-country", "item-promotion-discount", "item-promotion-id",
    "ship-promotion-discount", "ship-promotion-id", "delivery-start-date", "delivery-end-date",
    "delivery-time-zone", "delivery-Instructions", "sales-channel",
];

/// Orders that are still to be shipped.
#[rustfmt::skip]
pub(super) const UNSHIPPED: &[&str] = &[
    "order-id", "order-item-id", "purchase-date", "payments-date", "reporting-date", "promise-date",
    "days-past-promise", "buyer-email", "buyer-name", "buyer-phone-number", "sku", "product-name",
    "quantity-purchased", "quantity-shipped", "quantity-to-ship", "ship-service-level", "recipient-name",
    "ship-address-1", "ship-address-2", "ship-address-3", "ship-city", "ship-state", "ship-postal-code",
    "ship-country", "is-business-order", "purchase-order-number", "price-designation", "is-iba",
    "verge-of-cancellation", "verge-of-lateShipment",
];

/// Shipments out of Amazon's warehouses.
#[rustfmt::skip]
pub(super) const FBA_SHIPMENTS: &[&str] = &[
    "amazon-order-id", "merchant-order-id", "shipment-id", "shipment-item-id", "amazon-order-item-id",
    "merchant-order-item-id", "purchase-date", "payments-date", "shipment-date", "reporting-date",
    "buyer-email", "buyer-name", "buyer-phone-number", "sku", "product-name", "quantity-shipped",
    "currency", "item-price", "item-tax", "shipping-price", "shipping-tax", "gift-wrap-price",
    "gift-wrap-tax", "ship-service-level", "recipient-name", "ship-address-1", "ship-address-2",
    "ship-address-3", "ship-city", "ship-state", "ship-postal-code", "ship-country", "ship-phone-number",
    "bill-address-1", "bill-address-2", "bill-address-3", "bill-city", "bill-state", "bill-postal-code",
    "bill-country", "item-promotion-discount", "ship-promotion-discount", "carrier", "tracking-number",
    "estimated-arrival-date", "fulfillment-center-id", "fulfillment-channel", "sales-channel",
];

/// All orders by the date of the order.
#[rustfmt::skip]
pub(super) const ALL_BY_ORDER_DATE: &[&str] = &[
    "amazon-order-id", "merchant-order-id", "purchase-date", "last-updated-date", "order-status",
    "fulfillment-channel", "sales-channel", "order-channel", "ship-service-level", "product-name", "sku",
    "asin", "item-status", "quantity", "currency", "item-price", "item-tax", "shipping-price",
    "shipping-tax", "gift-wrap-price", "gift-wrap-tax", "item-promotion-discount",
    "ship-promotion-discount", "ship-city", "ship-state", "ship-postal-code", "ship-country",
    "promotion-ids", "cpf", "is-business-order", "purchase-order-number", "price-designation",
];

/// All orders by their last update.
#[rustfmt::skip]
pub(super) const ALL_BY_LAST_UPDATE: &[&str] = &[
    "amazon-order-id", "merchant-order-id", "purchase-date", "last-updated-date", "order-status",
    "fulfillment-channel", "sales-channel", "order-channel", "ship-service-level", "product-name", "sku",
    "asin", "item-status", "quantity", "currency", "item-price", "item-tax", "shipping-price",
    "shipping-tax", "gift-wrap-price", "gift-wrap-tax", "item-promotion-discount",
    "ship-promotion-discount", "ship-city", "ship-state", "ship-postal-code", "ship-country",
    "promotion-ids", "is-business-order", "purchase-order-number", "price-designation",
];

/// What an invoice with value added tax must tell.
#[rustfmt::skip]
pub(super) const VAT_INVOICE: &[&str] = &[
    "marketplace-id", "order-id", "order-item-id", "shipping-id", "transaction-id", "transaction-type",
    "invoice-number", "invoice-status", "invoice-status-description", "is-amazon-invoiced", "order-date",
    "shipment-date", "buyer-vat-number", "seller-vat-number", "asin", "sku", "product-name",
    "quantity-purchased", "currency", "item-vat-incl-amount", "item-vat-amount", "item-vat-excl-amount",
    "item-vat-rate", "item-promo-vat-incl-amount", "item-promo-vat-excl-amount", "item-promo-vat-amount",
    "item-promo-vat-rate", "item-promotion-id", "gift-wrap-vat-incl-amount", "gift-wrap-vat-amount",
    "gift-wrap-vat-excl-amount", "gift-wrap-vat-rate", "gift-promo-vat-incl-amount",
    "gift-promo-vat-excl-amount", "gift-promo-vat-amount", "gift-promo-vat-rate", "gift-promotion-id",
    "shipping-vat-incl-amount", "shipping-vat-amount", "shipping-vat-excl-amount", "shipping-vat-rate",
    "shipping-promo-vat-incl-amount", "shipping-promo-vat-excl-amount", "shipping-promo-vat-amount",
    "shipping-promo-vat-rate", "ship-promotion-id", "is-business-order", "price-designation",
    "purchase-order-number", "recipient-name", "ship-service-level", "fulfilled-by", "ship-address-1",
    "ship-address-2", "ship-address-3", "ship-city", "ship-state", "ship-postal-code", "ship-country",
    "ship-phone-number",
];

/// Amazon's calculation of value added tax.
#[rustfmt::skip]
pub(super) const SC_VAT: &[&str] = &[
    "Marketplace ID", "Merchant ID", "Order Date", "Transaction Type", "Is Invoice Corrected", "Order ID",
    "Shipment Date", "Shipment ID", "Transaction ID", "ASIN", "SKU", "Quantity", "Tax Calculation Date",
    "Tax Rate", "Product Tax Code", "Currency", "Tax Type", "Tax Calculation Reason Code",
    "Tax Reporting Scheme", "Tax Collection Responsibility", "Tax Address Role", "Jurisdiction Level",
    "Jurisdiction Name", "OUR_PRICE Tax Inclusive Selling Price", "OUR_PRICE Tax Amount",
    "OUR_PRICE Tax Exclusive Selling Price", "OUR_PRICE Tax Inclusive Promo Amount",
    "OUR_PRICE Tax Amount Promo", "OUR_PRICE Tax Exclusive Promo Amount",
    "SHIPPING Tax Inclusive Selling Price", "SHIPPING Tax Amount", "SHIPPING Tax Exclusive Selling Price",
    "SHIPPING Tax Inclusive Promo Amount", "SHIPPING Tax Amount Promo",
    "SHIPPING Tax Exclusive Promo Amount", "GIFTWRAP Tax Inclusive Selling Price", "GIFTWRAP Tax Amount",
    "GIFTWRAP Tax Exclusive Selling Price", "GIFTWRAP Tax Inclusive Promo Amount",
    "GIFTWRAP Tax Amount Promo", "GIFTWRAP Tax Exclusive Promo Amount", "Seller Tax Registration",
    "Seller Tax Registration Jurisdiction", "Buyer Tax Registration",
    "Buyer Tax Registration Jurisdiction", "Buyer Tax Registration Type", "Buyer E Invoice Account Id",
    "Invoice Level Currency Code", "Invoice Level Exchange Rate", "Invoice Level Exchange Rate Date",
    "Converted Tax Amount", "VAT Invoice Number", "Invoice Url", "Export Outside EU", "Ship From City",
    "Ship From State", "Ship From Country", "Ship From Postal Code", "Ship From Tax Location Code",
    "Ship To City", "Ship To State", "Ship To Country", "Ship To Postal Code", "Ship To Location Code",
    "Return Fc Country", "Is Amazon Invoiced", "Original VAT Invoice Number", "Invoice Correction Details",
    "E-Invoice Delivery Status", "E-Invoice Error Code", "E-Invoice Error Description",
    "E-Invoice Status Last Updated Date", "EInvoice URL", "Buyer Peppol Id", "Seller Peppol Id",
    "Buyer NIP", "Seller NIP", "KSeF Number", "Seller SIREN", "Buyer SIREN", "Seller SIRET", "Buyer SIRET",
    "Seller Routing Code", "Buyer Routing Code",
];

/// What buyers sent back to Amazon.
#[rustfmt::skip]
pub(super) const FBA_RETURNS: &[&str] = &[
    "return-date", "order-id", "sku", "asin", "fnsku", "product-name", "quantity", "fulfillment-center-id",
    "detailed-disposition", "reason", "status", "license-plate-number", "customer-comments",
];

/// What buyers sent back to the seller.
#[rustfmt::skip]
pub(super) const RETURNS: &[&str] = &[
    "Order ID", "Order date", "Return request date", "Return request status", "Amazon RMA ID",
    "Merchant RMA ID", "Label type", "Label cost", "Currency code", "Return carrier", "Tracking ID",
    "Label to be paid by", "A-to-Z Claim", "Is prime", "ASIN", "Merchant SKU", "Item Name",
    "Return quantity", "Return Reason", "In policy", "Return type", "Resolution", "Invoice number",
    "Return delivery date", "Order Amount", "Order quantity", "SafeT Action reason", "SafeT claim id",
    "SafeT claim state", "SafeT claim creation time", "SafeT claim reimbursement amount",
    "Refunded Amount",
];
