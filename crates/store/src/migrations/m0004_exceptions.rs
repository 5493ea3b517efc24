//! Parts whose day is not the ordinary course of the clock say by which rule: they are few, and counted without a look at the
//! others.

use super::Step;

pub(super) const STEP: Step = Step { number: 4, sqlite: SQLITE, postgres: None };

const SQLITE: &str = "
ALTER TABLE part ADD COLUMN exception INTEGER NOT NULL DEFAULT 0;
CREATE INDEX part_exception ON part (bucket, exception) WHERE exception > 0;
";
