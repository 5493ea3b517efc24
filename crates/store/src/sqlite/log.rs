//! The ledger's tables: entries, tiles and signed head, written by the group commit that makes the events true.

use bailee_core::RequestId;
use bailee_crypto::keyring::Anchor;
use bailee_ledger::event::Entry;
use bailee_ledger::log::{Appended, Source, SourceError};
use bailee_ledger::note::{Signer, open_checkpoint};
use bailee_ledger::tree::{TileId, Tree};
use data_encoding::BASE64;
use rusqlite::{Connection, OptionalExtension, params};

use crate::records::StoreError;

/// The stored head of the tree.
struct Head {
    size: u64,
    root: [u8; 32],
    checkpoint: String,
}

/// Loads the tree as it was last committed; signs the empty one of a new home. Refuses a tree that is not the one
/// which its checkpoint signs, and a checkpoint of another home's key: better no ledger than two of one origin.
pub(super) fn load(connection: &Connection, signer: &Signer) -> Result<Tree, StoreError> {
    let Some(head) = head(connection)? else {
        let tree = Tree::empty();
        let sql = "INSERT INTO head (head, size, root, checkpoint) VALUES (1, 0, ?1, ?2)";
        let checkpoint = signer.checkpoint(0, &tree.root(), &[]);
        connection.execute(sql, params![tree.root(), checkpoint])?;
        return Ok(tree);
    };
    let signed = open_checkpoint(&head.checkpoint, &signer.verifier_key())
        .map_err(|_| StoreError::Unusable("ledger-of-another-key"))?;
    let mut unread = None;
    let tree = Tree::load(head.size, &mut |tile| match self::tile(connection, tile) {
        Ok(hashes) => hashes,
        Err(error) => {
            unread = Some(error);
            None
        }
    });
    if let Some(error) = unread {
        return Err(error);
    }
    let tree = tree.map_err(|_| StoreError::Damaged)?;
    let same = signed.size == head.size && signed.root == head.root && tree.root() == head.root;
    if same { Ok(tree) } else { Err(StoreError::Damaged) }
}

/// Leaves of the tree as it was last committed.
pub(super) fn size(connection: &Connection) -> Result<u64, StoreError> {
    Ok(connection.prepare_cached("SELECT size FROM head")?.query_row([], |row| row.get(0))?)
}

/// Appends an act's entries to tree and tables.
pub(super) fn append(
    connection: &Connection,
    tree: &mut Tree,
    entries: &[Entry],
) -> Result<Appended, StoreError> {
    let first = tree.size();
    let mut insert = connection.prepare_cached("INSERT INTO entry (entry, bytes) VALUES (?1, ?2)")?;
    for entry in entries {
        insert.execute(params![tree.size(), entry.bytes])?;
        tree.append(&entry.bytes);
    }
    let mut index =
        connection.prepare_cached("INSERT INTO request (request, first, count) VALUES (?1, ?2, ?3)")?;
    let mut start = first;
    for run in entries.chunk_by(|one, next| one.request == next.request) {
        if let Some(entry) = run.first() {
            index.execute(params![entry.request.as_bytes(), start, run.len()])?;
        }
        start += run.len() as u64;
    }
    Ok(Appended { first, size: tree.size() })
}

/// Writes the changed tiles and signs the head.
pub(super) fn sign(connection: &Connection, tree: &mut Tree, signer: &Signer) -> Result<(), StoreError> {
    let mut upsert = connection.prepare_cached(
        "INSERT INTO tile (level, tile, hashes) VALUES (?1, ?2, ?3)
         ON CONFLICT (level, tile) DO UPDATE SET hashes = excluded.hashes",
    )?;
    for (tile, hashes) in tree.take_changed() {
        upsert.execute(params![tile.level, tile.index, hashes])?;
    }
    let keyring: Vec<String> = anchor(connection)?.iter().map(extension).collect();
    let root = tree.root();
    let checkpoint = signer.checkpoint(tree.size(), &root, &keyring);
    let mut update = connection.prepare_cached("UPDATE head SET size = ?1, root = ?2, checkpoint = ?3")?;
    update.execute(params![tree.size(), root, checkpoint])?;
    Ok(())
}

/// The checkpoint's line about the keyring.
fn extension(anchor: &Anchor) -> String {
    format!("keyring {} {}", anchor.revision, BASE64.encode(&anchor.head))
}

/// The keyring's head as remembered.
pub(super) fn anchor(connection: &Connection) -> Result<Option<Anchor>, StoreError> {
    let mut select = connection.prepare_cached("SELECT anchor_revision, anchor_head FROM head")?;
    let (revision, head) = select.query_row([], |row| Ok((row.get::<_, Option<u64>>(0)?, row.get(1)?)))?;
    let head: Option<[u8; 32]> = head;
    Ok(revision.zip(head).map(|(revision, head)| Anchor { revision, head }))
}

fn head(connection: &Connection) -> Result<Option<Head>, StoreError> {
    let mut select = connection.prepare_cached("SELECT size, root, checkpoint FROM head")?;
    let head = select
        .query_row([], |row| Ok(Head { size: row.get(0)?, root: row.get(1)?, checkpoint: row.get(2)? }))
        .optional()?;
    Ok(head)
}

/// The newest signed checkpoint.
pub(super) fn checkpoint(connection: &Connection) -> Result<String, StoreError> {
    Ok(head(connection)?.ok_or(StoreError::Damaged)?.checkpoint)
}

/// An entry's bytes.
pub(super) fn entry(connection: &Connection, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
    // Beyond what an index can be, there is none.
    let Ok(index) = i64::try_from(index) else { return Ok(None) };
    let mut select = connection.prepare_cached("SELECT bytes FROM entry WHERE entry = ?1")?;
    Ok(select.query_row([index], |row| row.get(0)).optional()?)
}

/// A tile's hashes.
pub(super) fn tile(connection: &Connection, tile: TileId) -> Result<Option<Vec<u8>>, StoreError> {
    let Ok(index) = i64::try_from(tile.index) else { return Ok(None) };
    let mut select = connection.prepare_cached("SELECT hashes FROM tile WHERE level = ?1 AND tile = ?2")?;
    Ok(select.query_row(params![tile.level, index], |row| row.get(0)).optional()?)
}

/// The indexes of a request's entries.
pub(super) fn entries_of(connection: &Connection, request: RequestId) -> Result<Vec<u64>, StoreError> {
    let sql = "SELECT first, count FROM request WHERE request = ?1 ORDER BY first";
    let mut select = connection.prepare_cached(sql)?;
    let runs =
        select.query_map([request.as_bytes()], |row| Ok((row.get::<_, u64>(0)?, row.get::<_, u64>(1)?)))?;
    let mut indexes = Vec::new();
    for run in runs {
        let (first, count) = run?;
        indexes.extend(first..first + count);
    }
    Ok(indexes)
}

/// The ledger as of one moment, whatever is appended meanwhile: for a verification or an export. It holds a read
/// transaction open, and with it the write-ahead log's space: drop it when done.
pub struct LedgerSource {
    connection: Connection,
}

impl LedgerSource {
    /// The ledger as it is now.
    pub(super) fn new(connection: Connection) -> Result<Self, StoreError> {
        connection.execute_batch("BEGIN")?;
        // The moment is that of the first read.
        size(&connection)?;
        Ok(Self { connection })
    }
}

impl Source for LedgerSource {
    fn checkpoint(&self) -> Result<String, SourceError> {
        Ok(checkpoint(&self.connection)?)
    }

    fn entry(&self, index: u64) -> Result<Option<Vec<u8>>, SourceError> {
        Ok(entry(&self.connection, index)?)
    }

    fn tile(&self, tile: TileId) -> Result<Option<Vec<u8>>, SourceError> {
        Ok(self::tile(&self.connection, tile)?)
    }
}
