//! Details of events: sealed, named by the commitments that events hold, and ended by the month with the ledger's time.

use super::Step;

pub(super) const STEP: Step = Step { number: 2, sqlite: SQLITE, postgres: None };

const SQLITE: &str = "
CREATE TABLE detail (
    month      INTEGER NOT NULL,
    commitment BLOB    NOT NULL,
    sealed     BLOB    NOT NULL,
    PRIMARY KEY (month, commitment)
) STRICT, WITHOUT ROWID;
";
