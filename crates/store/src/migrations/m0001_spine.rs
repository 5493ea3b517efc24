//! The spine: records, parts, terms, quarantine, buckets, registers, leases, the ledger. `docs/formats/store.md`
//! explains every column and what it tells a thief.

use super::Step;

pub(super) const STEP: Step = Step { number: 1, sqlite: SQLITE, postgres: None };

const SQLITE: &str = "
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE seller (
    seller INTEGER PRIMARY KEY,
    id     TEXT NOT NULL UNIQUE
) STRICT;

-- Record numbers and ids grow with time: this table and the index by id are written at their ends.
CREATE TABLE record (
    record        INTEGER PRIMARY KEY,
    seller        INTEGER NOT NULL,
    kind          INTEGER NOT NULL,
    reference_mac BLOB    NOT NULL,
    id            BLOB    NOT NULL,
    version       INTEGER NOT NULL,
    state         INTEGER NOT NULL,
    facts_month   INTEGER NOT NULL,
    content_mac   BLOB    NOT NULL,
    facts         BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX record_by_reference ON record (seller, kind, reference_mac);
CREATE UNIQUE INDEX record_by_id ON record (id);

-- A month's records lie together, since numbers grow with time: the range finds them without an index.
CREATE TABLE facts_month (
    seller INTEGER NOT NULL,
    month  INTEGER NOT NULL,
    first  INTEGER NOT NULL,
    last   INTEGER NOT NULL,
    ended  INTEGER NOT NULL,
    PRIMARY KEY (seller, month)
) STRICT, WITHOUT ROWID;

CREATE TABLE bucket (
    bucket      INTEGER PRIMARY KEY,
    state       INTEGER NOT NULL,
    parts       INTEGER NOT NULL,
    quarantined INTEGER NOT NULL
) STRICT;

-- Small rows, clustered by bucket; the envelopes lie beside them, since big rows ruin a tree without rowids.
CREATE TABLE part (
    bucket  INTEGER NOT NULL,
    record  INTEGER NOT NULL,
    part    INTEGER NOT NULL,
    slot    INTEGER NOT NULL,
    version INTEGER NOT NULL,
    due     INTEGER NOT NULL,
    terms   BLOB    NOT NULL,
    PRIMARY KEY (bucket, record, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX part_by_record ON part (record);

-- place = bucket << 24 | slot: a bucket's envelopes are one range, and a slot holds one of them.
CREATE TABLE sealed (
    place    INTEGER PRIMARY KEY,
    envelope BLOB NOT NULL
) STRICT;

CREATE TABLE term (
    bucket INTEGER NOT NULL,
    term   INTEGER NOT NULL,
    record INTEGER NOT NULL,
    part   INTEGER NOT NULL,
    PRIMARY KEY (bucket, term, record, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantined (
    id     BLOB    PRIMARY KEY,
    seller INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    slot   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX quarantined_by_seller ON quarantined (seller, id);
CREATE INDEX quarantined_by_bucket ON quarantined (bucket);

CREATE TABLE register (
    register TEXT    NOT NULL,
    id       BLOB    NOT NULL,
    version  INTEGER NOT NULL,
    sealed   BLOB    NOT NULL,
    PRIMARY KEY (register, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE lease (
    job    TEXT PRIMARY KEY,
    holder BLOB    NOT NULL,
    until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE entry (
    entry INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

-- Entries of one request in one act are neighbours: a row names a run of them.
CREATE TABLE request (
    request BLOB    NOT NULL,
    first   INTEGER NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (request, first)
) STRICT, WITHOUT ROWID;

CREATE TABLE tile (
    level  INTEGER NOT NULL,
    tile   INTEGER NOT NULL,
    hashes BLOB    NOT NULL,
    PRIMARY KEY (level, tile)
) STRICT, WITHOUT ROWID;

-- One row: the tree's head as signed, and the keyring's head that it names.
CREATE TABLE head (
    head            INTEGER PRIMARY KEY CHECK (head = 1),
    size            INTEGER NOT NULL,
    root            BLOB    NOT NULL,
    checkpoint      TEXT    NOT NULL,
    anchor_revision INTEGER,
    anchor_head     BLOB
) STRICT;
";
