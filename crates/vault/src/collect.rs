//! Collect: `bytes → reader → canonical document → verify → clean → classify → seal → commit`, a batch at a time.
//!
//! While the store writes a batch, the next one is read, verified, planned and sealed, unless the two have a record in
//! common. A batch is an act: it is there whole, with its events, or not at all; so a killed collect can be repeated
//! without harm.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;

use bailee_core::{Json, Timestamp};
use bailee_intake::format::Form;
use bailee_intake::reader::{Item, Raw, Reader, Shape};
use bailee_intake::verify::Flaw;
use bailee_ledger::authorized::{Authorized, Collect};
use bailee_ledger::event::Counts;
use bailee_store::records::StoreError;

use crate::batch::{Beside, Decided, Run, Sent};
use crate::incoming::{Reading, Times};
use crate::parallel::in_parallel;
use crate::plan::Incoming;
use crate::quarantine::{Flawed, Known, content};
use crate::{Vault, VaultError};

/// Most documents of a batch. Larger batches sort and sync better, and hold more: a document takes some fifteen times
/// its bytes while it is taken apart, planned and sealed, and up to three batches are under way at once: one read, one
/// sealed, one written. With these a collect stays below 150 MB whatever the length of its input and the size of its
/// home. A third more was 3 % faster and held 12 MB more; four times as much held twice that and was no faster.
pub const BATCH_DOCUMENTS_MAX: usize = 768;

/// Most bytes of a batch, so that memory stays bounded whatever the documents.
pub const BATCH_BYTES_MAX: usize = 3 * 1024 * 1024;

/// How often a batch is decided again when others changed its records meanwhile.
const TRIES_MAX: u32 = 10;

/// How to take an input in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request {
    /// As of when a file speaks; never in the future.
    pub as_of: Option<Timestamp>,
    /// Whether tokenised documents are wanted.
    pub tokenise: bool,
}

/// What a collect tells while it goes on, in the order of the input.
pub enum Step<'a> {
    /// A batch is durable.
    Batch {
        /// Bytes read so far.
        bytes: u64,
        /// Counts so far.
        counts: Counts,
        /// Values so far that had lost letters already at the source.
        lost: u64,
    },
    /// A document that went in, with tokens in the place of personal data.
    Document {
        /// What stood around it.
        shape: Shape,
        /// The document.
        json: &'a Json,
    },
    /// A page or array ended.
    PageEnd(&'a Json),
}

/// The collect summary.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Summary {
    /// Orders by outcome.
    #[serde(flatten)]
    pub counts: Counts,
    /// How long it took.
    pub seconds: f64,
}

/// One item of the input after verification.
enum Checked<'a> {
    Document(Box<Incoming>),
    Flawed(&'a Raw, Flaw),
    PageEnd,
}

/// A batch on its way to the disk, with what is needed to decide it again.
struct InFlight {
    items: Vec<Item>,
    /// The records that it is about, by the MACs of their references.
    records: HashSet<[u8; 16]>,
    /// Of those that are flawed, whether they are in quarantine already.
    repeated: HashMap<usize, bool>,
    sent: Sent,
    bytes: u64,
}

impl Vault {
    /// Takes in what a reader finds. `source` names the input for quarantine and is sealed. `each` hears every step;
    /// to break stops after the batch that is on its way.
    ///
    /// # Errors
    /// [`VaultError::OtherKind`] when the reader's documents are of another kind than was authorised;
    /// [`VaultError::NoOrders`] when the input holds none; [`VaultError::Stopped`] when `each` broke; what was
    /// committed before any error stays.
    pub fn collect(
        &self,
        authorized: Authorized<Collect>,
        reader: Reader,
        source: &str,
        request: Request,
        each: &mut dyn FnMut(Step<'_>) -> ControlFlow<()>,
    ) -> Result<Summary, VaultError> {
        let form = Arc::clone(reader.form());
        let run = Run::begin(self, &authorized, request.as_of, form, request.tokenise)?;
        if reader.kind() != run.kind {
            return Err(VaultError::OtherKind);
        }
        let started = std::time::Instant::now();
        let mut collecting = Collecting {
            run,
            input: source,
            request,
            each,
            counts: Counts::default(),
            lost: 0,
            known: None,
            destroys: false,
        };
        let result = collecting.all(reader);
        collecting.run.end(collecting.destroys, result)?;
        let counts = collecting.counts;
        Ok(Summary { counts, seconds: started.elapsed().as_secs_f64() })
    }
}

struct Collecting<'a, 'e> {
    run: Run<'a>,
    /// What the input is called.
    input: &'a str,
    request: Request,
    each: &'e mut dyn FnMut(Step<'_>) -> ControlFlow<()>,
    counts: Counts,
    lost: u64,
    /// What was in quarantine before; looked up when something is to go there.
    known: Option<Known>,
    /// Whether a destruction was intended on the way.
    destroys: bool,
}

impl Collecting<'_, '_> {
    fn all(&mut self, reader: Reader) -> Result<(), VaultError> {
        let mut in_flight = VecDeque::with_capacity(2);
        let mut result = self.batches(reader, &mut in_flight);
        // Whatever stopped it: what is on its way to the disk is waited for, since it may intend a destruction.
        for batch in in_flight {
            result = result.and(self.land(batch));
        }
        result
    }

    /// At most two batches are on their way at once, and they land in their order.
    fn batches(&mut self, mut reader: Reader, in_flight: &mut VecDeque<InFlight>) -> Result<(), VaultError> {
        let mut first = true;
        loop {
            let items = reader.next_batch(BATCH_DOCUMENTS_MAX, BATCH_BYTES_MAX)?;
            if items.is_empty() {
                return if first { Err(VaultError::NoOrders) } else { Ok(()) };
            }
            let checked = check(&self.run, &self.request, &items);
            if std::mem::take(&mut first) && holds_no_order(&self.run.form, &checked) {
                return Err(VaultError::NoOrders);
            }
            let records = records(&checked);
            // What the batch before changes of a record must be known before that is planned anew.
            if in_flight.back().is_some_and(|before| !before.records.is_disjoint(&records)) {
                self.land_next(in_flight)?;
            }
            let mut repeated = HashMap::new();
            let sent = self.send(checked, &items, &mut repeated)?;
            let bytes = reader.bytes_read();
            in_flight.push_back(InFlight { items, records, repeated, sent, bytes });
            if in_flight.len() > 1 {
                self.land_next(in_flight)?;
            }
        }
    }

    fn land_next(&mut self, in_flight: &mut VecDeque<InFlight>) -> Result<(), VaultError> {
        in_flight.pop_front().map_or(Ok(()), |batch| self.land(batch))
    }

    /// Finds out which flawed documents of a batch are in quarantine already; each is asked about once.
    fn note_repeated(
        &mut self,
        checked: &[Checked<'_>],
        repeated: &mut HashMap<usize, bool>,
    ) -> Result<(), VaultError> {
        for (order, one) in checked.iter().enumerate() {
            let Checked::Flawed(raw, _) = one else { continue };
            let Entry::Vacant(unasked) = repeated.entry(order) else { continue };
            let known = match &mut self.known {
                Some(known) => known,
                unknown => unknown
                    .insert(self.run.vault.known_in_quarantine(self.run.seller_no, self.run.context.now)?),
            };
            unasked.insert(known.repeats(&content(self.run.form.format.name(), raw, self.input)));
        }
        Ok(())
    }

    /// Sends a batch. While others change its records under it, and when a record has no room for a document, it is
    /// decided again.
    fn send<'i>(
        &mut self,
        mut checked: Vec<Checked<'i>>,
        items: &'i [Item],
        repeated: &mut HashMap<usize, bool>,
    ) -> Result<Sent, VaultError> {
        let mut too_long = HashSet::new();
        for _ in 0..TRIES_MAX {
            self.note_repeated(&checked, repeated)?;
            match self.send_once(checked, repeated) {
                Ok(Decided::Sent(sent)) => return Ok(sent),
                Ok(Decided::TooLong(orders)) => too_long.extend(orders),
                Err(VaultError::Changed) => {}
                Err(error) => return Err(error),
            }
            checked = check(&self.run, &self.request, items);
            for (order, (one, item)) in checked.iter_mut().zip(items).enumerate() {
                if let (Item::Document(raw), true) = (item, too_long.contains(&order)) {
                    *one = Checked::Flawed(raw, Flaw::TooLong);
                }
            }
        }
        Err(VaultError::Changed)
    }

    fn send_once(
        &self,
        checked: Vec<Checked<'_>>,
        repeated: &HashMap<usize, bool>,
    ) -> Result<Decided, VaultError> {
        let mut documents = Vec::with_capacity(checked.len());
        let mut flawed = Vec::new();
        let mut beside = Beside::default();
        for (order, one) in checked.into_iter().enumerate() {
            match one {
                Checked::Document(incoming) => documents.push(*incoming),
                Checked::Flawed(..) if repeated.get(&order) == Some(&true) => beside.stays += 1,
                Checked::Flawed(raw, flaw) => {
                    flawed.push(Flawed { raw, flaw, source: self.input, as_of: self.request.as_of });
                }
                Checked::PageEnd => {}
            }
        }
        self.run.send(documents, flawed, beside)
    }

    /// Waits until a batch is durable, deciding it again where others were quicker, and tells what became of it.
    fn land(&mut self, mut batch: InFlight) -> Result<(), VaultError> {
        let mut tries_left = TRIES_MAX;
        while let Some(pending) = batch.sent.pending.take() {
            tries_left -= 1;
            match pending.wait() {
                Ok(_) => {}
                Err(StoreError::Conflict) if tries_left == 0 => return Err(VaultError::Changed),
                Err(StoreError::Conflict) => {
                    let checked = check(&self.run, &self.request, &batch.items);
                    batch.sent = self.send(checked, &batch.items, &mut batch.repeated)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.destroys |= batch.sent.destroys;
        self.counts += batch.sent.counts;
        self.lost += batch.sent.lost;
        self.tell(&batch)
    }

    fn tell(&mut self, batch: &InFlight) -> Result<(), VaultError> {
        let mut flow = ControlFlow::Continue(());
        let mut returned = batch.sent.returned.iter().peekable();
        for (order, item) in batch.items.iter().enumerate().filter(|_| self.request.tokenise) {
            if let Some(document) = returned.next_if(|document| document.order == order) {
                flow = (self.each)(Step::Document { shape: document.shape, json: &document.document });
            } else if let Item::PageEnd(members) = item {
                flow = (self.each)(Step::PageEnd(members));
            }
            if flow.is_break() {
                return Err(VaultError::Stopped);
            }
        }
        match (self.each)(Step::Batch { bytes: batch.bytes, counts: self.counts, lost: self.lost }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(VaultError::Stopped),
        }
    }
}

/// Verifies and takes apart every document of a batch, in parallel.
fn check<'i>(run: &Run<'_>, request: &Request, items: &'i [Item]) -> Vec<Checked<'i>> {
    let (now, catalogue) = (run.context.now, run.vault.catalogue());
    let times = Times { as_of: request.as_of, first: now, now };
    let reading = Reading { seller: &run.seller, form: &run.form, catalogue: &catalogue, times };
    in_parallel(items.iter().enumerate().collect(), |(order, item)| match item {
        Item::PageEnd(_) => Checked::PageEnd,
        Item::Document(raw) => match run.vault.incoming(reading, raw, order) {
            Ok(incoming) => Checked::Document(Box::new(incoming)),
            Err(flaw) => Checked::Flawed(raw, flaw),
        },
    })
}

/// The records that a batch is about.
fn records(checked: &[Checked<'_>]) -> HashSet<[u8; 16]> {
    let mac = |one: &Checked<'_>| match one {
        Checked::Document(incoming) => Some(incoming.mac),
        Checked::Flawed(..) | Checked::PageEnd => None,
    };
    checked.iter().filter_map(mac).collect()
}

/// Whether nothing in the first batch looks like an order, so that the input is something else altogether. Then it is
/// refused as a whole, and nothing of it is kept.
fn holds_no_order(form: &Form, checked: &[Checked<'_>]) -> bool {
    checked.iter().all(|one| match one {
        Checked::Document(_) => false,
        Checked::Flawed(raw, _) => !form.format.is_meant(raw.bytes.expose()),
        Checked::PageEnd => true,
    })
}
