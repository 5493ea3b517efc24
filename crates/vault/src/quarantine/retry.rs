//! Retry: documents in quarantine are read again, after what kept them out was mended, and go in as they would have
//! when they came.
//!
//! One act takes a document in, removes it from quarantine and intends the puncture of its slot: there is no instant at
//! which it is in neither place, and afterwards no copy of the quarantined bytes opens. What fails again stays, with
//! its new reason and its old end (R20).

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use bailee_core::catalogue::Catalogue;
use bailee_core::{RecordId, SellerId, Sensitive};
use bailee_intake::IntakeError;
use bailee_intake::format::{Form, Format, Formats, Syntax};
use bailee_intake::reader::{self, Item, Raw, Reader, Shape};
use bailee_intake::source::{Charset, redecoded};
use bailee_intake::verify::Flaw;
use bailee_ledger::authorized::{Authorized, Context, RetryQuarantine};
use bailee_ledger::event::{Counts, What};
use bailee_store::act::{Change, QuarantineRow, SellerNo};
use bailee_store::records::StoreError;

use super::ROWS_AT_A_TIME;
use super::label::Opened;
use crate::batch::{Beside, Decided, Run};
use crate::collect::{BATCH_BYTES_MAX, BATCH_DOCUMENTS_MAX, Summary};
use crate::incoming::{Reading, Times};
use crate::parallel::in_parallel;
use crate::plan::Incoming;
use crate::{Vault, VaultError};

/// The code by which the ledger says that a document went in.
const TAKEN_IN: &str = "taken-in";

/// How often a batch is decided again when others changed its records or items meanwhile.
const TRIES_MAX: u32 = 10;

/// What to read again, and how.
#[derive(Clone, Debug)]
pub struct Retry {
    /// One item; all of the seller, when `None`.
    pub only: Option<RecordId>,
    /// The formats that there are now.
    pub formats: Formats,
    /// The format, where another than the one that it was read as.
    pub format: Option<Arc<Format>>,
    /// The character set of letters that could not be read.
    pub charset: Option<Charset>,
}

/// A document that was read again.
struct Reread<'a> {
    row: &'a QuarantineRow,
    opened: Opened,
    /// What it holds, or why it stays.
    result: Result<Vec<Incoming>, Flaw>,
    form: Arc<Form>,
}

/// A retry under way.
struct Retrying<'a> {
    vault: &'a Vault,
    context: Context,
    seller: SellerId,
    seller_no: SellerNo,
    retry: &'a Retry,
    counts: Counts,
    /// Values that had lost letters already at the source.
    lost: u64,
    /// How many items there were.
    items: u64,
    /// Whether a destruction was intended on the way.
    destroys: bool,
    /// Items for which their record has no room.
    too_long: HashSet<RecordId>,
}

impl Vault {
    /// Reads items again and takes in what verifies; `None` when the one asked for is not in quarantine (any more).
    /// Counts are of documents; those that stay are counted as quarantined. Beside them, how many values had lost
    /// letters already at the source.
    ///
    /// # Errors
    /// When something does not open or cannot be written; what was committed before stays, and a retry goes on from
    /// there.
    pub fn retry_quarantine(
        &self,
        authorized: Authorized<RetryQuarantine>,
        retry: &Retry,
    ) -> Result<Option<(Summary, u64)>, VaultError> {
        self.check_home(&authorized)?;
        let (context, seller) = (*authorized.context(), authorized.action().seller.clone());
        self.check_time(context.now)?;
        let seller_no = self.seller_no(&seller)?;
        self.refuse_ended(&seller)?;
        let started = std::time::Instant::now();
        let counts = Counts::default();
        let mut retrying = Retrying {
            vault: self,
            context,
            seller,
            seller_no,
            retry,
            counts,
            lost: 0,
            items: 0,
            destroys: false,
            too_long: HashSet::new(),
        };
        let result = retrying.all();
        if retrying.destroys {
            self.complete_destructions(&context, &mut |_, _| {})?;
        }
        result?;
        if retry.only.is_some() && retrying.items == 0 {
            return Ok(None);
        }
        let summary = Summary { counts: retrying.counts, seconds: started.elapsed().as_secs_f64() };
        Ok(Some((summary, retrying.lost)))
    }
}

impl Retrying<'_> {
    fn all(&mut self) -> Result<(), VaultError> {
        if let Some(id) = self.retry.only {
            let row = self.vault.base.store.quarantined(id)?;
            return self.batch(row.into_iter().filter(|row| row.bucket.seller == self.seller_no).collect());
        }
        let mut after = None;
        loop {
            let rows = self.rows(&mut after)?;
            if rows.is_empty() {
                return Ok(());
            }
            self.batch(rows)?;
        }
    }

    /// The next rows, as many as make a batch.
    fn rows(&self, after: &mut Option<RecordId>) -> Result<Vec<QuarantineRow>, VaultError> {
        let (mut rows, mut bytes) = (Vec::new(), 0);
        while rows.len() < BATCH_DOCUMENTS_MAX && bytes < BATCH_BYTES_MAX {
            let more = self.vault.base.store.quarantine(Some(self.seller_no), *after, ROWS_AT_A_TIME)?;
            let Some(last) = more.last() else { break };
            *after = Some(last.id);
            bytes += more.iter().map(|row| row.envelope.len()).sum::<usize>();
            rows.extend(more);
        }
        Ok(rows)
    }

    /// Retries a batch; what others change meanwhile is looked at again.
    fn batch(&mut self, mut rows: Vec<QuarantineRow>) -> Result<(), VaultError> {
        for _ in 0..TRIES_MAX {
            let done = self.attempt(&rows)?;
            rows.retain(|row| !done.contains(&row.id));
            if rows.is_empty() {
                return Ok(());
            }
            let again = rows.iter().map(|row| self.vault.base.store.quarantined(row.id));
            rows = again.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        }
        Err(VaultError::Changed)
    }

    /// Decides a batch once, one act for each format; the items that are done with.
    fn attempt(&mut self, rows: &[QuarantineRow]) -> Result<HashSet<RecordId>, VaultError> {
        let mut done = HashSet::new();
        let catalogue = self.vault.catalogue();
        let read = in_parallel(rows.iter().collect(), |row| (row.id, self.read_again(row, &catalogue)));
        let mut groups: BTreeMap<String, Vec<Reread<'_>>> = BTreeMap::new();
        for (id, read) in read {
            match read? {
                Some(read) => {
                    groups.entry(read.form.format.name().to_owned()).or_default().push(read);
                }
                // Its bucket has closed.
                None => drop(done.insert(id)),
            }
        }
        for items in groups.into_values() {
            let Some(form) = items.first().map(|item| Arc::clone(&item.form)) else { continue };
            let ids: Vec<RecordId> = items.iter().map(|item| item.row.id).collect();
            let run = Run {
                vault: self.vault,
                context: self.context,
                seller: self.seller.clone(),
                seller_no: self.seller_no,
                kind: form.format.kind(),
                form,
                tokenise: false,
            };
            match self.act(&run, items) {
                Ok(()) => {
                    self.items += ids.len() as u64;
                    done.extend(ids);
                }
                Err(VaultError::Changed | VaultError::Store(StoreError::Conflict)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// One act: takes in what verifies, and remembers of the rest why it stays.
    fn act(&mut self, run: &Run<'_>, items: Vec<Reread<'_>>) -> Result<(), VaultError> {
        let mut beside = Beside::default();
        let (mut documents, mut told) = (Vec::new(), Vec::new());
        let ids: Vec<RecordId> = items.iter().map(|item| item.row.id).collect();
        for (order, item) in items.into_iter().enumerate() {
            let Reread { row, opened, result, .. } = item;
            match result {
                Ok(incoming) => {
                    documents.extend(incoming.into_iter().map(|one| Incoming { order, ..one }));
                    beside.changes.push(Change::DeleteQuarantine { bucket: row.bucket, id: row.id });
                    beside.removal.puncture(&run.seller, row.bucket.held, row.bucket.day, row.slot);
                    told.push((row.id, TAKEN_IN.to_owned()));
                }
                Err(flaw) => {
                    beside.stays += 1;
                    beside.changes.extend(self.relabelled(row, opened, flaw)?);
                    told.push((row.id, flaw.code().to_owned()));
                }
            }
        }
        beside.events.push(What::QuarantineRetried { seller: run.seller.clone(), items: told });
        let mut sent = match run.send(documents, Vec::new(), beside)? {
            Decided::Sent(sent) => sent,
            Decided::TooLong(orders) => {
                self.too_long.extend(orders.into_iter().filter_map(|order| ids.get(order)));
                return Err(VaultError::Changed);
            }
        };
        if let Some(pending) = sent.pending.take() {
            pending.wait()?;
        }
        self.destroys |= sent.destroys;
        self.counts += sent.counts;
        self.lost += sent.lost;
        Ok(())
    }

    /// What gives an item another reason; nothing when it has that one already. Its reason is of the format that it came
    /// as: that it is none of another, which was only tried, says nothing of it.
    fn relabelled(&self, row: &QuarantineRow, opened: Opened, flaw: Flaw) -> Result<Vec<Change>, VaultError> {
        let Opened { seller, label, bytes } = opened;
        let is_other = self.retry.format.as_ref().is_some_and(|format| format.name() != label.format);
        if is_other || label.reason == flaw.code() {
            return Ok(Vec::new());
        }
        let label = label.with_reason(flaw);
        let key = self.vault.key_of_quarantined(&seller, row, self.context.now).ok_or(VaultError::Changed)?;
        let envelope = self.vault.seal_quarantined(&key, &seller, row.id, &label, bytes.expose())?;
        let (bucket, id, slot) = (row.bucket, row.id, row.slot);
        let put = Change::PutQuarantine(QuarantineRow { bucket, id, slot, envelope });
        Ok(vec![Change::DeleteQuarantine { bucket, id }, put])
    }

    /// Opens an item and reads it again; `None` when its bucket is closing or gone.
    fn read_again<'r>(
        &self,
        row: &'r QuarantineRow,
        catalogue: &Arc<Catalogue>,
    ) -> Result<Option<Reread<'r>>, VaultError> {
        let Some(opened) = self.vault.open_quarantined(row, self.context.now)? else { return Ok(None) };
        let (result, form) = match opened.label.form(&self.retry.formats, self.retry.format.as_ref()) {
            Some(form) if self.too_long.contains(&row.id) => (Err(Flaw::TooLong), form),
            Some(form) => (self.incoming(&opened, &form, catalogue), form),
            // The home's own mapping that it was read by is gone: it stays as it is.
            None => {
                let canonical = self.retry.formats.canonical().map_err(IntakeError::from)?;
                let flaw = Flaw::from_code(&opened.label.reason).unwrap_or(Flaw::Structure);
                (Err(flaw), Form::new(Arc::clone(canonical)))
            }
        };
        Ok(Some(Reread { row, opened, result, form: Arc::new(form) }))
    }

    /// Every document that an item holds, or the first flaw: an item goes in whole or stays whole.
    fn incoming(
        &self,
        opened: &Opened,
        form: &Form,
        catalogue: &Arc<Catalogue>,
    ) -> Result<Vec<Incoming>, Flaw> {
        let label = &opened.label;
        if label.is_cut() {
            return Err(Flaw::TooLong);
        }
        let times = Times { as_of: label.as_of, first: label.since, now: self.context.now };
        let reading = Reading { seller: &self.seller, form, catalogue, times };
        let take = |raw: &Raw| self.vault.incoming(reading, raw, 0);
        let bytes = opened.bytes.expose();
        let bytes = match self.retry.charset {
            Some(charset) => {
                let mut text = redecoded(bytes, charset).ok_or(Flaw::Charset)?;
                Sensitive::new(std::mem::take(&mut *text))
            }
            None => Sensitive::new(bytes.clone()),
        };
        let whole = Raw { position: label.position, shape: Shape::Bare, bytes, flaw: None };
        let flaw = match take(&whole) {
            Ok(incoming) => return Ok(vec![incoming]),
            Err(flaw) => flaw,
        };
        let framed = framed(whole.bytes, &self.retry.formats, form);
        if framed.is_empty() {
            return Err(flaw);
        }
        framed.iter().map(take).collect()
    }
}

/// The documents in what was kept as one: where its beginning or end was mistaken there may be several. The rows of a
/// table are without their header, so that they are one document or none.
fn framed(bytes: Sensitive<Vec<u8>>, formats: &Formats, form: &Form) -> Vec<Raw> {
    if form.format.syntax() == Syntax::Table {
        return Vec::new();
    }
    let request = reader::Request { format: Some(Arc::clone(&form.format)), charset: None };
    let Ok(mut reader) = Reader::open(Box::new(Bytes { bytes, read: 0 }), formats, request) else {
        return Vec::new();
    };
    // Bytes in memory always read.
    let items = reader.next_batch(usize::MAX, usize::MAX).unwrap_or_default();
    let document = |item| if let Item::Document(raw) = item { Some(raw) } else { None };
    items.into_iter().filter_map(document).collect()
}

/// Sensitive bytes as an input.
struct Bytes {
    bytes: Sensitive<Vec<u8>>,
    read: usize,
}

impl std::io::Read for Bytes {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mut rest = self.bytes.expose().get(self.read..).unwrap_or_default();
        let read = rest.read(buffer)?;
        self.read += read;
        Ok(read)
    }
}
