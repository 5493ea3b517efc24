//! What every engine of the store must do, case by case. An engine's test file writes
//! `conformance::suite!(make)`, where `make` is a function that makes an empty home of it.

mod acts;
mod concurrency;
pub mod home;
mod ledger;
mod parts;

pub use acts::*;
pub use concurrency::*;
pub use ledger::*;
pub use parts::*;

/// One test for each case.
macro_rules! suite {
    ($make:path) => {
        $crate::conformance::suite! { @cases $make;
            a_record_is_found_by_reference_id_and_number
            records_are_read_in_the_order_asked
            a_record_is_replaced_only_from_the_version_that_was_read
            a_record_never_changes_what_names_it
            two_records_never_share_a_name
            a_tombstone_lives_again_only_with_a_part
            swept_facts_are_gone_and_their_month_is_over
            lost_facts_are_gone_and_their_month_goes_on
            a_register_entry_is_replaced_and_deleted_only_from_its_version
            a_seller_is_added_once
            values_and_anchors_are_remembered
            what_was_decided_by_rules_that_have_moved_is_not_written
            a_detail_is_kept_once_and_ends_with_its_month
            an_anchor_never_goes_back_nor_forks
            what_no_store_can_hold_is_refused_before_it_is_queued
            record_numbers_are_given_out_once
            everything_is_there_after_reopening
            a_part_needs_an_open_bucket_and_a_record
            a_part_is_replaced_with_its_terms
            a_part_is_deleted_with_its_terms
            a_slot_holds_one_part
            a_due_day_is_changed
            parts_are_paged_in_the_order_of_their_records
            parts_of_no_ordinary_course_are_counted_by_bucket_and_rule
            slots_in_use_are_walked_in_their_order
            parts_that_are_due_later_than_their_bucket_are_found_alone
            a_record_is_hit_once_and_hits_have_a_limit
            a_bucket_goes_from_open_to_destroyed_and_not_back
            a_sweep_leaves_nothing_and_makes_tombstones
            a_sweep_in_steps_leaves_what_a_whole_one_does
            a_sweep_can_be_done_again_but_not_of_an_open_bucket
            a_sweep_takes_what_its_own_act_put
            changes_apply_in_their_order
            quarantine_pages_newest_first
            quarantine_needs_an_open_bucket_and_an_item_that_is_there
            counts_follow_what_buckets_hold
            what_is_said_of_a_bucket_is_so_when_it_is_written
            events_follow_each_other_without_gaps
            a_request_finds_its_entries
            an_act_that_conflicts_leaves_no_event
            the_ledger_verifies_and_continues_after_reopening
            a_checkpoint_names_the_keyring
            an_event_that_is_appended_is_in_a_signed_tree
            acts_sent_together_are_applied_in_order
            a_conflict_undoes_its_own_act_alone
            of_two_that_read_the_same_version_one_wins
            many_threads_lose_nothing
            a_read_sees_whole_acts_only
            a_lease_has_one_holder_at_a_time
            a_lease_is_given_back_by_its_holder_alone
            of_many_who_take_a_lease_one_gets_it
        }
    };
    (@cases $make:path; $($case:ident)+) => {
        $(
            #[test]
            fn $case() {
                let mut home = $make();
                $crate::conformance::$case(&mut home);
            }
        )+
    };
}

pub(crate) use suite;
