//! What the orders that are held are like, for test data that is like them (2.5.b): counts and shares, never a value.
//!
//! Every live order is opened and counted inside, in bounded memory; what leaves is the [`Profile`], in which nothing is of fewer
//! orders than may be told of.

use std::collections::{BTreeSet, HashMap};

use bailee_core::{Json, Kind, SellerId, Timestamp};
use bailee_intake::synth::{Profile, Tally};
use bailee_ledger::authorized::{Authorized, ReadShape};
use bailee_ledger::event::{self, What};
use bailee_store::act::{Act, RecordRow, RecordState};

use crate::document::fill;
use crate::{Vault, VaultError};

/// Records that are read at once.
const RECORDS_MAX: usize = 500;

/// How often a record that changes while it is being read is read again.
const TRIES_MAX: usize = 5;

impl Vault {
    /// The shape of the orders that are held: of a seller, or of all. What is restricted, or about to be destroyed, is left out.
    /// `progress` hears how many records were looked at.
    ///
    /// # Errors
    /// [`VaultError::Shape`] for too few; when the store cannot be read, or the ledger written.
    pub fn shape(
        &self,
        authorized: Authorized<ReadShape>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Profile, VaultError> {
        self.check_home(&authorized)?;
        let context = *authorized.context();
        let seller = authorized.action().seller.clone();
        let only = seller.as_ref().map(|seller| self.seller_no(seller)).transpose()?;
        let mut tally = Tally::new().map_err(VaultError::Catalogue)?;
        let (mut after, mut looked, mut failed) = (None, 0, BTreeSet::new());
        loop {
            let rows = self.base.store.records_after(after, RECORDS_MAX)?;
            let Some(last) = rows.last().map(|row| row.no) else { break };
            after = Some(last);
            let is_asked = |row: &RecordRow| {
                row.kind == Kind::Order
                    && row.state == RecordState::Live
                    && only.is_none_or(|only| row.seller == only)
            };
            for row in rows.into_iter().filter(is_asked) {
                looked += 1;
                match self.whole(row, context.now) {
                    Ok(order) => order.iter().for_each(|order| tally.add(order)),
                    Err(error @ (VaultError::Damaged(_) | VaultError::Envelope(_))) => {
                        failed.insert(error.code());
                    }
                    Err(error) => return Err(error),
                }
            }
            progress(looked);
        }
        let read = What::ShapeRead(event::ShapeRead { seller, records: looked });
        let failed = failed
            .into_iter()
            .map(|code| What::SystemError { component: "store".to_owned(), code: code.to_owned() });
        let events = [read].into_iter().chain(failed).map(|what| context.event(what)).collect();
        self.base.store.commit(Act { name: "read-shape", changes: Vec::new(), events })?;
        Ok(tally.finish()?)
    }

    /// A record's document with its values in it, read again while others change it.
    fn whole(&self, mut row: RecordRow, now: Timestamp) -> Result<Option<Json>, VaultError> {
        let Some(seller) = self.seller_id(row.seller) else { return Ok(None) };
        for _ in 1..TRIES_MAX {
            match self.read_whole(&seller, &row, now) {
                Err(VaultError::Changed) => {}
                read => return read,
            }
            row = self.base.store.record_by_no(row.no)?.ok_or(VaultError::Changed)?;
        }
        self.read_whole(&seller, &row, now)
    }

    fn read_whole(
        &self,
        seller: &SellerId,
        row: &RecordRow,
        now: Timestamp,
    ) -> Result<Option<Json>, VaultError> {
        let Some(mut facts) = self.open_facts(seller, row)? else { return Ok(None) };
        // To measure is to open: what is restricted is kept and not looked at.
        if facts.about.restricted.is_some() || facts.about.main().is_none() {
            return Ok(None);
        }
        let mut values = HashMap::new();
        for part in &facts.about.parts {
            let is_main = part.is_main();
            match self.open_part(seller, row, part, None, now)? {
                Some(mut opened) => values.extend(opened.values.drain()),
                None if is_main => return Ok(None),
                // A part of its own that ended sooner: its fields are missing.
                None => {}
            }
        }
        fill(&mut facts.skeleton, &mut |marker| values.remove(&marker.instance()).unwrap_or(Json::Null));
        Ok(Some(facts.skeleton))
    }
}
