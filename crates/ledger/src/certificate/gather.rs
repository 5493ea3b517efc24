//! From proofs to what their events say together: each destruction with both its entries, and the end of a seller.

use std::collections::BTreeMap;

use bailee_core::{PrincipalId, RecordId, RequestId, SellerId, Timestamp};

use super::{Bucket, CertificateError, Destruction, End, FactsKey, Puncture};
use crate::event::{self, BucketName, DropsEpoch, Event, Holds, Went, What};
use crate::note::Checkpoint;
use crate::prove::verify_proof;

/// The events that are proven, of one tree and in its order.
pub(super) fn prove_all(
    verifier_key: &str,
    proofs: &[String],
) -> Result<(Checkpoint, Vec<Event>), CertificateError> {
    let mut tree: Option<Checkpoint> = None;
    let (mut events, mut last) = (Vec::with_capacity(proofs.len()), None);
    for (at, proof) in proofs.iter().enumerate() {
        let proven = verify_proof(proof, verifier_key)
            .map_err(|error| CertificateError::Proof { number: at + 1, error })?;
        if last.is_some_and(|last| proven.index <= last) {
            return Err(CertificateError::Order);
        }
        last = Some(proven.index);
        if *tree.get_or_insert_with(|| proven.checkpoint.clone()) != proven.checkpoint {
            return Err(CertificateError::Trees);
        }
        events.push(Event::parse(&proven.entry).map_err(|_| CertificateError::Entry(at + 1))?);
    }
    tree.map(|tree| (tree, events)).ok_or(CertificateError::Incomplete)
}

/// A destruction that is intended, and perhaps completed.
struct Draft {
    intended: Destruction,
    is_completed: bool,
}

impl Draft {
    fn complete(self) -> Result<Destruction, CertificateError> {
        if self.is_completed { Ok(self.intended) } else { Err(CertificateError::Incomplete) }
    }
}

/// What proven events say together.
pub(super) struct Gathered {
    /// A seller, and its end but for when all of it was gone.
    pub(super) ended: Option<(SellerId, End)>,
    /// When it was, and what went.
    pub(super) gone: Option<(Timestamp, SellerId, Went)>,
    /// In the order of their intents.
    pub(super) destructions: Vec<Destruction>,
}

impl Gathered {
    pub(super) fn of(events: Vec<Event>) -> Result<Self, CertificateError> {
        let mut gathering = Gathering::default();
        events.into_iter().try_for_each(|event| gathering.add(event))?;
        let Gathering { ended, gone, drafts, .. } = gathering;
        let destructions = drafts.into_values().map(Draft::complete).collect::<Result<_, _>>()?;
        Ok(Self { ended, gone, destructions })
    }
}

#[derive(Default)]
struct Gathering {
    ended: Option<(SellerId, End)>,
    gone: Option<(Timestamp, SellerId, Went)>,
    /// By the order of their intents.
    drafts: BTreeMap<usize, Draft>,
    places: BTreeMap<RecordId, usize>,
}

impl Gathering {
    fn add(&mut self, event: Event) -> Result<(), CertificateError> {
        // That all of a seller is gone is the last that is said of it.
        if self.gone.is_some() {
            return Err(CertificateError::Order);
        }
        let Event { at, principal, request, what, .. } = event;
        match what {
            What::DestructionIntended { destruction, buckets, punctures, facts, details, requests } => {
                let next = self.drafts.len();
                let place = *self.places.entry(destruction).or_insert(next);
                let draft = self
                    .drafts
                    .entry(place)
                    .or_insert_with(|| Draft::new(destruction, request, principal, at));
                // A long intent is written in several entries.
                if draft.is_completed || draft.intended.request != request {
                    return Err(CertificateError::Order);
                }
                let Destruction {
                    buckets: all,
                    punctures: single,
                    facts: months,
                    details: of_events,
                    requests: of_people,
                    ..
                } = &mut draft.intended;
                all.extend(buckets.into_iter().map(bucket).collect::<Result<Vec<_>, _>>()?);
                single.extend(punctures.into_iter().map(puncture));
                months.extend(
                    facts.into_iter().map(|(seller, month)| FactsKey { seller, month: month.to_string() }),
                );
                of_events.extend(details.iter().map(ToString::to_string));
                of_people.extend(requests.iter().map(ToString::to_string));
                Ok(())
            }
            What::DestructionCompleted(destroyed) => {
                let place = self.places.get(&destroyed.destruction).ok_or(CertificateError::Order)?;
                let draft = self.drafts.get_mut(place).ok_or(CertificateError::Order)?;
                draft.completed(at, &destroyed)
            }
            What::SellerEnded(end) => self.end(at, principal, end),
            _ => Err(CertificateError::Foreign),
        }
    }

    fn end(
        &mut self,
        at: Timestamp,
        ended_by: PrincipalId,
        end: event::SellerEnd,
    ) -> Result<(), CertificateError> {
        let event::SellerEnd { seller, reason, on, went, .. } = end;
        let (reason, on) = (reason.as_str().to_owned(), on.to_string());
        match (went, &mut self.ended, &self.gone) {
            (None, None, None) => {
                let end = End { reason, ended_at: at, ended_by, on, gone_at: at };
                self.ended = Some((seller, end));
                Ok(())
            }
            // It was made stricter. Whoever said so, it had ended before.
            (None, Some((of, end)), None) if *of == seller => {
                (end.reason, end.on) = (reason, on);
                Ok(())
            }
            (Some(went), Some(_), None) => {
                self.gone = Some((at, seller, went));
                Ok(())
            }
            _ => Err(CertificateError::Order),
        }
    }
}

impl Draft {
    fn new(destruction: RecordId, request: RequestId, by: PrincipalId, at: Timestamp) -> Self {
        let intended = Destruction {
            destruction,
            request,
            by,
            intended_at: at,
            completed_at: at,
            buckets: Vec::new(),
            punctures: Vec::new(),
            facts: Vec::new(),
            details: Vec::new(),
            requests: Vec::new(),
            disposed: 0,
            epoch: 0,
            revision: 0,
            mirrors: 0,
            drops_epoch: String::new(),
        };
        Self { intended, is_completed: false }
    }

    fn completed(&mut self, at: Timestamp, destroyed: &event::Destroyed) -> Result<(), CertificateError> {
        if std::mem::replace(&mut self.is_completed, true) {
            return Err(CertificateError::Order);
        }
        let drops_epoch = match destroyed.drops_epoch.ok_or(CertificateError::Uncounted)? {
            DropsEpoch::AtOnce => "at-once".to_owned(),
            DropsEpoch::AfterDays(days) => format!("after-{days}-days"),
            DropsEpoch::Cannot => "cannot".to_owned(),
        };
        self.intended.completed_at = at;
        self.intended.disposed = destroyed.disposed;
        self.intended.epoch = destroyed.epoch;
        self.intended.revision = destroyed.revision;
        self.intended.mirrors = destroyed.mirrors;
        self.intended.drops_epoch = drops_epoch;
        Ok(())
    }
}

fn bucket(name: BucketName) -> Result<Bucket, CertificateError> {
    let BucketName { seller, held, day, holds } = name;
    let Holds { rule, records, parts, quarantined } = holds.ok_or(CertificateError::Uncounted)?;
    let (day, rule) = (day.to_string(), rule.as_str().to_owned());
    Ok(Bucket { seller, held, day, rule, records, parts, quarantined })
}

fn puncture((name, keys): (BucketName, u32)) -> Puncture {
    let BucketName { seller, held, day, .. } = name;
    Puncture { seller, held, day: day.to_string(), keys: keys.into() }
}
