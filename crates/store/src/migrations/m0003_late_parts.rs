//! What is few among the parts of a bucket is found without a look at the others: a disposal of a million records does not
//! wait for them.

use super::Step;

pub(super) const STEP: Step = Step { number: 3, sqlite: SQLITE, postgres: None };

// A bucket's number ends in 16 bits for its day.
const SQLITE: &str = "
CREATE INDEX part_late ON part (bucket, record, part) WHERE due > (bucket & 65535);
CREATE INDEX part_of_item ON part (bucket) WHERE part > 0;
";

#[cfg(test)]
mod tests {
    use crate::limits::DAY_BITS;

    #[test]
    fn the_mask_is_that_of_a_day() {
        assert!(super::SQLITE.contains(&format!("& {})", (1 << DAY_BITS) - 1)));
    }
}
