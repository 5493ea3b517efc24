//! The retention clock as a table: what was said, and what follows.
//!
//! A case is one line per document, in the order of arrival. `fetched@DAY` comes from a collector, `file@DAY` from a
//! file that speaks as of that day, `again@DAY` is content that a file brings once more. Days stand for 00:00 UTC of
//! that day; `"…"` is a text as it is. The present is 2026-02-01 unless a case says otherwise.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

use bailee_core::retention::{Decision, Evidence, Policy, Profile, Spoken};
use bailee_core::{Json, Timestamp};
use serde_json::{Value, json};

const NOW: &str = "2026-02-01";

/// A case: a sentence, the documents, the decision.
type Case = (&'static str, &'static [&'static str], &'static str);

const STRICT: &[Case] = &[
    // R2: shipped, no proof of delivery
    (
        "shipped_counts_from_the_ship_time",
        &["fetched@2026-01-08 SHIPPED created=2026-01-01 ship-by=2026-01-03 P1(shipped=2026-01-05)"],
        "R2 not-delivered-at lo=2026-01-05 expires=2026-02-04",
    ),
    (
        "a_ship_time_before_the_earliest_ship_date_counts_all_the_same",
        &["fetched@2026-01-08 SHIPPED created=2026-01-01 ship-by=2026-01-06 P1(shipped=2026-01-04)"],
        "R2 not-delivered-at lo=2026-01-04 expires=2026-02-03",
    ),
    (
        "without_a_ship_time_the_earliest_ship_date_counts",
        &["fetched@2026-01-08 SHIPPED created=2026-01-01 ship-by=2026-01-03"],
        "R2 not-delivered-at lo=2026-01-03 expires=2026-02-02",
    ),
    (
        "an_earliest_ship_date_after_it_was_seen_as_shipped_is_a_plan_that_was_beaten",
        &["fetched@2026-01-08 SHIPPED created=2026-01-01 ship-by=2026-01-20"],
        "R2 not-delivered-at lo=2026-01-01 expires=2026-01-31",
    ),
    (
        "without_any_ship_date_the_order_time_counts",
        &["fetched@2026-01-08 SHIPPED created=2026-01-01"],
        "R2 not-delivered-at lo=2026-01-01 expires=2026-01-31",
    ),
    (
        "a_packing_time_is_evidence_too",
        &["fetched@2026-01-08 SHIPPED created=2026-01-01 P1(packed=2026-01-04)"],
        "R2 not-delivered-at lo=2026-01-04 expires=2026-02-03",
    ),
    (
        "in_transit_says_no_more_than_the_ship_time",
        &["fetched@2026-01-20 SHIPPED created=2026-01-01 P1(shipped=2026-01-05,IN_TRANSIT)"],
        "R2 not-delivered-at lo=2026-01-05 expires=2026-02-04",
    ),
    (
        "never_before_it_was_last_unshipped",
        &["fetched@2026-01-07 UNSHIPPED created=2026-01-01", "fetched@2026-01-09 SHIPPED ship-by=2026-01-03"],
        "R2 not-delivered-at lo=2026-01-07 expires=2026-02-06",
    ),
    (
        "a_ship_time_later_than_the_last_unshipped_counts",
        &[
            "fetched@2026-01-04 UNSHIPPED created=2026-01-01",
            "fetched@2026-01-09 SHIPPED P1(shipped=2026-01-06)",
        ],
        "R2 not-delivered-at lo=2026-01-06 expires=2026-02-05",
    ),
    (
        "a_promise_is_no_evidence",
        &["fetched@2026-01-08 SHIPPED created=2026-01-01 promise=2026-01-20 P1(shipped=2026-01-05)"],
        "R2 not-delivered-at lo=2026-01-05 expires=2026-02-04",
    ),
    (
        "a_status_nobody_knows_counts_as_shipped",
        &["fetched@2026-01-08 TELEPORTED created=2026-01-01 P1(shipped=2026-01-05)"],
        "R2 not-delivered-at lo=2026-01-05 expires=2026-02-04",
    ),
    (
        "no_status_counts_as_shipped_by_the_first_intake",
        &["fetched@2026-01-08 created=2025-12-28 ship-by=2025-12-30"],
        "R2 not-delivered-at lo=2025-12-30 expires=2026-01-29",
    ),
    (
        "a_corrected_ship_time_moves_it_on",
        &[
            "fetched@2026-01-08 SHIPPED created=2026-01-01 P1(shipped=2026-01-05)",
            "fetched@2026-01-09 SHIPPED P1(shipped=2026-01-06)",
        ],
        "R2 not-delivered-at lo=2026-01-06 expires=2026-02-05",
    ),
    (
        "the_newest_document_says_when_it_was_to_ship",
        &[
            "fetched@2026-01-08 SHIPPED created=2026-01-01 ship-by=2026-01-05",
            "fetched@2026-01-09 SHIPPED ship-by=2026-01-03",
        ],
        "R2 not-delivered-at lo=2026-01-03 expires=2026-02-02",
    ),
    (
        "a_part_without_packages_forgets_none",
        &[
            "fetched@2026-01-08 SHIPPED created=2026-01-01 P1(shipped=2026-01-05)",
            "fetched@2026-01-20 SHIPPED",
        ],
        "R2 not-delivered-at lo=2026-01-05 expires=2026-02-04",
    ),
    (
        "a_part_without_a_status_keeps_the_status",
        &["fetched@2026-01-20 UNSHIPPED created=2026-01-01", "fetched@2026-01-21 created=2026-01-01"],
        "R10 not-delivered-at lo=2026-01-20 expires=2026-02-19",
    ),
    // R1: delivered
    (
        "delivered_with_a_time",
        &["fetched@2026-01-08 SHIPPED created=2026-01-01 P1(shipped=2026-01-05)", "delivered=2026-01-07"],
        "R1 delivered-at lo=2026-01-07 hi=2026-01-07 expires=2026-02-06",
    ),
    (
        "delivered_before_the_ship_time_is_believed",
        &["fetched@2026-01-08 SHIPPED created=2026-01-01 P1(shipped=2026-01-05)", "delivered=2026-01-04"],
        "R1 delivered-at lo=2026-01-04 hi=2026-01-04 expires=2026-02-03",
    ),
    (
        "a_later_delivery_of_the_same_package_is_believed",
        &[
            "fetched@2026-01-08 SHIPPED created=2026-01-01 P1(shipped=2026-01-05)",
            "delivered:P1=2026-01-07",
            "delivered:P1=2026-01-09",
        ],
        "R1 delivered-at lo=2026-01-09 hi=2026-01-09 expires=2026-02-08",
    ),
    (
        "delivered_without_a_time_leaves_lo",
        &["fetched@2026-01-20 SHIPPED created=2026-01-01 P1(shipped=2026-01-05,DELIVERED)"],
        "R1 delivered-by lo=2026-01-05 hi=2026-01-20 expires=2026-02-04",
    ),
    (
        "the_first_that_saw_it_delivered_sets_hi",
        &[
            "fetched@2026-01-20 SHIPPED created=2026-01-01 P1(shipped=2026-01-05,DELIVERED)",
            "fetched@2026-01-25 SHIPPED P1(DELIVERED)",
        ],
        "R1 delivered-by lo=2026-01-05 hi=2026-01-20 expires=2026-02-04",
    ),
    (
        "hi_bounds_lo",
        &[
            "fetched@2026-01-06 SHIPPED created=2026-01-01 P1(DELIVERED)",
            "file@2026-01-10 UNSHIPPED updated=2026-01-02",
        ],
        "R1 delivered-by lo=2026-01-06 hi=2026-01-06 expires=2026-02-05",
    ),
    (
        "undeliverable_is_over_but_keeps_lo",
        &["fetched@2026-01-20 SHIPPED created=2026-01-01 P1(shipped=2026-01-05,UNDELIVERABLE)"],
        "R1 delivered-by lo=2026-01-05 hi=2026-01-20 expires=2026-02-04",
    ),
    // R5: several packages
    (
        "the_last_package_decides_for_the_order",
        &["fetched@2026-01-20 SHIPPED created=2026-01-01 P1(shipped=2026-01-05) P2(shipped=2026-01-12)"],
        "R5 not-delivered-at lo=2026-01-12 expires=2026-02-11",
    ),
    (
        "an_item_ends_with_its_own_package",
        &[
            "fetched@2026-01-20 SHIPPED created=2026-01-01 P1(shipped=2026-01-05,items=a) P2(shipped=2026-01-12,items=b)",
        ],
        "R5 not-delivered-at lo=2026-01-12 expires=2026-02-11 a=2026-02-04",
    ),
    (
        "an_item_in_two_packages_ends_with_the_later",
        &[
            "fetched@2026-01-20 SHIPPED created=2026-01-01 P1(shipped=2026-01-05,items=a+b) P2(shipped=2026-01-12,items=b)",
        ],
        "R5 not-delivered-at lo=2026-01-12 expires=2026-02-11 a=2026-02-04",
    ),
    (
        "all_packages_delivered_with_times",
        &[
            "fetched@2026-01-20 SHIPPED created=2026-01-01 P1(shipped=2026-01-05) P2(shipped=2026-01-12)",
            "delivered:P1=2026-01-07",
            "delivered:P2=2026-01-15",
        ],
        "R5 delivered-at lo=2026-01-15 hi=2026-01-15 expires=2026-02-14",
    ),
    (
        "one_package_still_on_its_way_leaves_hi_open",
        &[
            "fetched@2026-01-20 SHIPPED created=2026-01-01 P1(shipped=2026-01-05,DELIVERED) P2(shipped=2026-01-12)",
        ],
        "R5 not-delivered-at lo=2026-01-12 expires=2026-02-11",
    ),
    (
        "sixty_days_after_the_first_delivery_at_most",
        &[
            "fetched@2026-01-31 SHIPPED created=2025-11-01 P1(shipped=2025-11-20,DELIVERED) P2(shipped=2026-01-12)",
        ],
        "R5 not-delivered-at lo=2026-01-12 expires=2026-01-19 capped",
    ),
    (
        "the_cap_counts_from_the_time_of_the_first_delivery",
        &[
            "fetched@2026-01-31 SHIPPED created=2025-11-01 P1(shipped=2025-11-20) P2(shipped=2026-01-30)",
            "delivered:P1=2025-12-10",
        ],
        "R5 not-delivered-at lo=2026-01-30 expires=2026-02-08 capped",
    ),
    (
        "a_cancelled_package_does_not_count",
        &[
            "fetched@2026-01-20 SHIPPED created=2026-01-01 P1(shipped=2026-01-05) P2(packed=2026-01-12,CANCELLED)",
        ],
        "R2 not-delivered-at lo=2026-01-05 expires=2026-02-04",
    ),
    (
        "a_lone_cancelled_package_keeps_its_time",
        &[
            "fetched@2026-01-20 SHIPPED created=2026-01-01 ship-by=2026-01-10 P1(shipped=2026-01-05,CANCELLED)",
        ],
        "R2 not-delivered-at lo=2026-01-05 expires=2026-02-04",
    ),
    (
        "a_package_that_waits_counts_from_when_it_waited",
        &["fetched@2026-01-20 SHIPPED created=2026-01-01 P1(shipped=2026-01-05) P2(PENDING)"],
        "R5 not-delivered-at lo=2026-01-20 expires=2026-02-19",
    ),
    (
        "a_package_seen_by_nobody_is_later_than_the_last_partly_shipped",
        &[
            "fetched@2026-01-10 PARTIALLY_SHIPPED created=2026-01-01 P1(shipped=2026-01-05)",
            "fetched@2026-01-20 SHIPPED",
        ],
        "R5 not-delivered-at lo=2026-01-10 expires=2026-02-09",
    ),
    // R6: partly shipped
    (
        "partly_shipped_waits_for_the_rest",
        &["fetched@2026-01-20 PARTIALLY_SHIPPED created=2026-01-01 P1(shipped=2026-01-05,items=a)"],
        "R6 not-delivered-at lo=2026-01-20 expires=2026-02-19 a=2026-02-04",
    ),
    (
        "partly_shipped_180_days_after_purchase_at_most",
        &["fetched@2026-01-20 PARTIALLY_SHIPPED created=2025-08-10 P1(shipped=2026-01-05)"],
        "R6 not-delivered-at lo=2026-01-20 expires=2026-02-06 capped",
    ),
    (
        "partly_shipped_sixty_days_after_the_first_delivery_at_most",
        &["fetched@2026-01-20 PARTIALLY_SHIPPED created=2025-11-10 P1(shipped=2025-11-25,DELIVERED)"],
        "R6 not-delivered-at lo=2026-01-20 expires=2026-01-24 capped",
    ),
    // R7: cancelled
    (
        "cancelled_ends_five_days_after_the_change",
        &["fetched@2026-01-20 CANCELLED created=2026-01-01 updated=2026-01-15"],
        "R7 not-delivered-at lo=2026-01-15 expires=2026-01-20",
    ),
    (
        "unfulfillable_does_too",
        &["fetched@2026-01-20 UNFULFILLABLE created=2026-01-01 updated=2026-01-15"],
        "R7 not-delivered-at lo=2026-01-15 expires=2026-01-20",
    ),
    (
        "the_first_document_that_shows_it_counts",
        &[
            "fetched@2026-01-20 CANCELLED created=2026-01-01 updated=2026-01-15",
            "fetched@2026-01-31 CANCELLED updated=2026-01-30",
        ],
        "R7 not-delivered-at lo=2026-01-15 expires=2026-01-20",
    ),
    (
        "without_an_update_time_the_fetch_counts",
        &["fetched@2026-01-20 CANCELLED created=2026-01-01"],
        "R7 not-delivered-at lo=2026-01-20 expires=2026-01-25",
    ),
    (
        "a_cancelled_order_stays_cancelled",
        &[
            "fetched@2026-01-20 CANCELLED created=2026-01-01 updated=2026-01-15",
            "fetched@2026-01-25 UNSHIPPED updated=2026-01-24",
        ],
        "R7 not-delivered-at lo=2026-01-15 expires=2026-01-20",
    ),
    (
        "what_had_shipped_long_before_keeps_its_own_end",
        &["fetched@2026-01-31 CANCELLED created=2025-12-01 updated=2026-01-30 P1(shipped=2025-12-05)"],
        "R7 not-delivered-at lo=2026-01-30 expires=2026-01-04",
    ),
    // R9: another order
    (
        "a_replacement_does_not_touch_the_order_it_replaces",
        &["fetched@2026-01-20 SHIPPED created=2026-01-01 P1(shipped=2026-01-05) associated=REPLACEMENT"],
        "R2 not-delivered-at lo=2026-01-05 expires=2026-02-04",
    ),
    // R10: pending or unshipped
    (
        "unshipped_counts_from_the_fetch",
        &["fetched@2026-01-20 UNSHIPPED created=2026-01-01"],
        "R10 not-delivered-at lo=2026-01-20 expires=2026-02-19",
    ),
    (
        "pending_does_too",
        &["fetched@2026-01-20 PENDING created=2026-01-01"],
        "R10 not-delivered-at lo=2026-01-20 expires=2026-02-19",
    ),
    (
        "so_does_a_pre_order",
        &["fetched@2026-01-20 PENDING_AVAILABILITY created=2026-01-01"],
        "R10 not-delivered-at lo=2026-01-20 expires=2026-02-19",
    ),
    (
        "every_fetch_counts_anew",
        &[
            "fetched@2026-01-20 UNSHIPPED created=2026-01-01",
            "refetched@2026-01-31 UNSHIPPED created=2026-01-01",
        ],
        "R10 not-delivered-at lo=2026-01-31 expires=2026-03-02",
    ),
    (
        "a_file_speaks_as_of_its_last_update",
        &["file@2026-01-10 UNSHIPPED created=2026-01-01 updated=2026-01-10"],
        "R10 not-delivered-at lo=2026-01-10 expires=2026-02-09",
    ),
    (
        "the_same_content_from_a_file_says_nothing_new",
        &["file@2026-01-10 UNSHIPPED created=2026-01-01", "again@2026-01-31 UNSHIPPED created=2026-01-01"],
        "R10 not-delivered-at lo=2026-01-10 expires=2026-02-09",
    ),
    (
        "open_180_days_after_purchase_at_most",
        &["fetched@2026-01-31 UNSHIPPED created=2025-08-12"],
        "R10 not-delivered-at lo=2026-01-31 expires=2026-02-08 capped",
    ),
    (
        "an_as_of_in_the_future_is_now",
        &["fetched@2026-06-01 UNSHIPPED created=2026-01-01"],
        "R10 not-delivered-at lo=2026-02-01 expires=2026-03-03",
    ),
    (
        "an_older_document_does_not_undo_a_newer",
        &[
            "fetched@2026-01-20 SHIPPED created=2026-01-01 updated=2026-01-19 P1(shipped=2026-01-18)",
            "file@2026-01-10 UNSHIPPED updated=2026-01-10",
        ],
        "R2 not-delivered-at lo=2026-01-18 expires=2026-02-17",
    ),
    // R12: no usable date
    (
        "nothing_usable_counts_from_first_intake",
        &["fetched@2026-01-20 SHIPPED"],
        "R12 not-delivered-at lo=2026-01-02 expires=2026-02-01 fallback",
    ),
    (
        "a_date_before_2010_is_dropped",
        &["fetched@2026-01-20 SHIPPED created=2009-12-31 ship-by=2026-01-03"],
        "R2 not-delivered-at lo=2026-01-03 expires=2026-02-02",
    ),
    (
        "2010_is_not",
        &["fetched@2026-01-20 SHIPPED created=2010-01-01"],
        "R2 not-delivered-at lo=2010-01-01 expires=2010-01-31",
    ),
    (
        "a_date_more_than_400_days_ahead_is_dropped",
        &["fetched@2026-01-20 SHIPPED created=2027-03-09"],
        "R12 not-delivered-at lo=2026-01-02 expires=2026-02-01 fallback",
    ),
    (
        "nonsense_is_dropped",
        &["fetched@2026-01-20 SHIPPED created=\"1.569521782042E9\" ship-by=\"soon\" P1(shipped=\"\")"],
        "R12 not-delivered-at lo=2026-01-02 expires=2026-02-01 fallback",
    ),
    (
        "an_actual_time_later_than_now_counts_as_now",
        &["fetched@2026-01-20 SHIPPED created=2026-01-01 P1(shipped=2026-04-01)"],
        "R2 not-delivered-at lo=2026-02-01 expires=2026-03-03",
    ),
    (
        "a_delivery_before_the_purchase_is_dropped",
        &["fetched@2026-01-20 SHIPPED created=2026-01-10 P1(shipped=2026-01-12)", "delivered=2026-01-09"],
        "R2 not-delivered-at lo=2026-01-12 expires=2026-02-11",
    ),
    (
        "an_unusable_as_of_of_an_open_order_is_dropped",
        &["file@2001-01-01 UNSHIPPED"],
        "R12 not-delivered-at lo=2026-01-02 expires=2026-02-01 fallback",
    ),
    // R13: vague dates
    (
        "a_date_alone_is_read_as_early_as_can_be",
        &["fetched@2026-01-20 SHIPPED P1(shipped=\"2026-01-05\")"],
        "R2 not-delivered-at lo=2026-01-04T10:00:00Z expires=2026-02-03T10:00:00Z",
    ),
    (
        "so_is_a_time_without_a_zone",
        &["fetched@2026-01-20 SHIPPED P1(shipped=\"2026-01-05T12:30:00\")"],
        "R2 not-delivered-at lo=2026-01-04T22:30:00Z expires=2026-02-03T22:30:00Z",
    ),
    (
        "an_offset_is_heeded",
        &["fetched@2026-01-20 SHIPPED P1(shipped=\"2026-01-05T09:00:00+09:00\")"],
        "R2 not-delivered-at lo=2026-01-05 expires=2026-02-04",
    ),
    (
        "parts_of_a_second_are_cut_off",
        &["fetched@2026-01-20 SHIPPED P1(shipped=\"2026-01-05T00:00:00.999Z\")"],
        "R2 not-delivered-at lo=2026-01-05 expires=2026-02-04",
    ),
];

const BALANCED: &[Case] = &[
    (
        "the_start_of_the_promised_window_counts",
        &["fetched@2026-01-08 SHIPPED created=2026-01-01 promise=2026-01-10 P1(shipped=2026-01-05)"],
        "R2 not-delivered-at lo=2026-01-10 expires=2026-02-09",
    ),
    (
        "a_window_before_the_ship_time_does_not",
        &["fetched@2026-01-08 SHIPPED created=2026-01-01 promise=2026-01-04 P1(shipped=2026-01-05)"],
        "R2 not-delivered-at lo=2026-01-05 expires=2026-02-04",
    ),
    (
        "nor_does_one_after_it_was_delivered",
        &[
            "fetched@2026-01-08 SHIPPED created=2026-01-01 promise=2026-01-10 P1(shipped=2026-01-05,DELIVERED)",
        ],
        "R1 delivered-by lo=2026-01-08 hi=2026-01-08 expires=2026-02-07",
    ),
    (
        "a_delivery_with_a_time_beats_every_promise",
        &[
            "fetched@2026-01-08 SHIPPED created=2026-01-01 promise=2026-01-10 P1(shipped=2026-01-05)",
            "delivered=2026-01-07",
        ],
        "R1 delivered-at lo=2026-01-07 hi=2026-01-07 expires=2026-02-06",
    ),
    (
        "no_expiry_lies_more_than_45_days_ahead",
        &["fetched@2026-01-08 SHIPPED created=2026-01-01 promise=2026-05-10 P1(shipped=2026-01-05)"],
        "R2 not-delivered-at lo=2026-05-10 expires=2026-03-18",
    ),
];

const SHIPMENT: &[Case] = &[
    (
        "always_the_ship_time",
        &[
            "fetched@2026-01-08 SHIPPED created=2026-01-01 promise=2026-01-10 P1(shipped=2026-01-05)",
            "delivered=2026-01-20",
        ],
        "R1 delivered-by lo=2026-01-05 hi=2026-01-20 expires=2026-02-04",
    ),
    (
        "but_never_after_the_delivery",
        &["fetched@2026-01-08 SHIPPED created=2026-01-01 P1(shipped=2026-01-05)", "delivered=2026-01-04"],
        "R1 delivered-by lo=2026-01-04 hi=2026-01-04 expires=2026-02-03",
    ),
    (
        "open_orders_as_ever",
        &["fetched@2026-01-20 UNSHIPPED created=2026-01-01"],
        "R10 not-delivered-at lo=2026-01-20 expires=2026-02-19",
    ),
];

const TEN_DAYS: &[Case] = &[
    (
        "a_smaller_number_of_days_is_heeded",
        &["fetched@2026-01-08 SHIPPED created=2026-01-01 P1(shipped=2026-01-05)"],
        "R2 not-delivered-at lo=2026-01-05 expires=2026-01-15",
    ),
    (
        "cancelled_still_ends_after_five",
        &["fetched@2026-01-20 CANCELLED created=2026-01-01 updated=2026-01-15"],
        "R7 not-delivered-at lo=2026-01-15 expires=2026-01-20",
    ),
];

const ONE_DAY: &[Case] = &[(
    "cancelled_ends_no_later_than_the_rest",
    &["fetched@2026-01-20 CANCELLED created=2026-01-01 updated=2026-01-15"],
    "R7 not-delivered-at lo=2026-01-15 expires=2026-01-16",
)];

#[test]
fn every_case_of_the_clock() {
    let tables = [
        (Policy::default(), STRICT),
        (Policy::new(30, Profile::Balanced).unwrap(), BALANCED),
        (Policy::new(30, Profile::Shipment).unwrap(), SHIPMENT),
        (Policy::new(10, Profile::Strict).unwrap(), TEN_DAYS),
        (Policy::new(1, Profile::Strict).unwrap(), ONE_DAY),
    ];
    assert!(tables.iter().map(|(_, cases)| cases.len()).sum::<usize>() >= 60);
    let wrong: Vec<String> = tables
        .iter()
        .flat_map(|(policy, cases)| cases.iter().filter_map(|case| check(policy, case)))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What is wrong with a case. Every case is also tried with its documents in reverse.
fn check(policy: &Policy, (name, documents, expected): &Case) -> Option<String> {
    let decide = |documents: &mut dyn Iterator<Item = &&'static str>| {
        let mut evidence = Evidence::new(day("2026-01-02"));
        documents.for_each(|document| observe(&mut evidence, document));
        let stored: Evidence = serde_json::from_str(&serde_json::to_string(&evidence).unwrap()).unwrap();
        assert_eq!(stored, evidence, "{name}");
        evidence.decide(policy, day(NOW))
    };
    let decision = decide(&mut documents.iter());
    let words = decision.words(policy);
    assert!(words.contains(decision.rule.as_str()) && words.ends_with("(R3)."), "{name}: {words}");
    let actual = written(&decision);
    if actual != *expected {
        return Some(format!("{name}\n  expected {expected}\n  actual   {actual}"));
    }
    let depends_on_order = documents.iter().any(|document| document.starts_with("again"));
    let reversed = written(&decide(&mut documents.iter().rev()));
    (!depends_on_order && reversed != *expected)
        .then(|| format!("{name}, reversed\n  expected {expected}\n  actual   {reversed}"))
}

fn observe(evidence: &mut Evidence, document: &str) {
    if let Some((who, at)) = document.strip_prefix("delivered").and_then(|rest| rest.split_once('=')) {
        return evidence.observe_delivery(who.strip_prefix(':'), day(at), day(NOW));
    }
    let mut words = document.split(' ');
    let (how, as_of) = words.next().unwrap().split_once('@').unwrap();
    let spoken = Spoken {
        as_of: day(as_of),
        fetched: how.ends_with("fetched"),
        seen_before: matches!(how, "again" | "refetched"),
        now: day(NOW),
    };
    let mut order = json!({ "fulfillment": {}, "packages": [] });
    words.for_each(|word| put(&mut order, word));
    evidence.observe_order(&from_value(&order), &spoken);
}

fn put(order: &mut Value, word: &str) {
    if let Some((id, inside)) = word.strip_suffix(')').and_then(|word| word.split_once('(')) {
        let mut package = json!({ "packageReferenceId": id });
        for part in inside.split(',') {
            match part.split_once('=') {
                Some(("shipped", at)) => package["shipTime"] = text(at),
                Some(("packed", at)) => package["createdTime"] = text(at),
                Some(("items", items)) => {
                    package["packageItems"] =
                        items.split('+').map(|item| json!({ "orderItemId": item })).collect();
                }
                _ => package["packageStatus"] = json!({ "status": part }),
            }
        }
        return order["packages"].as_array_mut().unwrap().push(package);
    }
    match word.split_once('=') {
        Some(("created", at)) => order["createdTime"] = text(at),
        Some(("updated", at)) => order["lastUpdatedTime"] = text(at),
        Some(("ship-by", at)) => {
            order["fulfillment"]["shipByWindow"] = json!({ "earliestDateTime": text(at) })
        }
        Some(("promise", at)) => {
            order["fulfillment"]["deliverByWindow"] = json!({ "earliestDateTime": text(at) })
        }
        Some(("associated", how)) => order["associatedOrders"] = json!([{ "associationType": how }]),
        Some(other) => panic!("{other:?}"),
        None => order["fulfillment"]["fulfillmentStatus"] = json!(word),
    }
}

fn text(at: &str) -> Value {
    match at.strip_prefix('"') {
        Some(raw) => json!(raw.trim_end_matches('"')),
        None => json!(format!("{at}T00:00:00Z")),
    }
}

fn written(decision: &Decision) -> String {
    let shown = |at: Timestamp| at.to_string().trim_end_matches("T00:00:00Z").to_owned();
    let mut line = format!("{} {} lo={}", decision.rule, decision.evidence, shown(decision.lo));
    line.extend(decision.hi.map(|hi| format!(" hi={}", shown(hi))));
    line.push_str(&format!(" expires={}", shown(decision.expires_at)));
    line.push_str(if decision.capped { " capped" } else { "" });
    line.push_str(if decision.fallback { " fallback" } else { "" });
    line.extend(decision.items.iter().map(|(item, expires)| format!(" {item}={}", shown(*expires))));
    line
}

fn day(text: &str) -> Timestamp {
    format!("{text}T00:00:00Z").parse().unwrap()
}

fn from_value(value: &Value) -> Json {
    serde_json::from_str(&value.to_string()).unwrap()
}
