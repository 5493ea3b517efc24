//! Splits an event that lists more than one entry can hold into several of the same kind.

use std::ops::Range;

use crate::entry::ENTRY_BYTES_MAX;
use crate::event::{Consent, Counts, Erased, PartRows, Restricted, RevealedItem, SubjectRequest, What};

/// Most fields in one item of a piece: some 24 kB, so that an item alone always fits.
const FIELDS_MAX: usize = 4096;

/// What is left of an entry for its list, at the least: every other member of a kind that splits is shorter than the
/// difference.
const LIST_BYTES: usize = ENTRY_BYTES_MAX - 1024;

/// The event in as many pieces as its encoded length demands, nearly equal, in order; nothing when it cannot be split.
pub(crate) fn pieces(what: &What, length: usize) -> Option<Vec<What>> {
    let narrow = narrowed(what);
    let what = narrow.as_ref().unwrap_or(what);
    let items = items(what);
    if items < 2 {
        return None;
    }
    let per_piece = items.div_ceil(length.div_ceil(LIST_BYTES).max(2));
    (0..items).step_by(per_piece).map(|first| piece(what, first..items.min(first + per_piece))).collect()
}

/// How many items an event lists.
fn items(what: &What) -> usize {
    match what {
        What::Collected { parts, .. } | What::Moved { parts, .. } | What::Reclassified { parts, .. } => {
            parts.0.len()
        }
        What::Quarantined { items, .. } | What::QuarantineRetried { items, .. } => items.len(),
        What::ExpiryChanged { changes, .. } => changes.len(),
        What::Erased(Erased { records, .. }) | What::Restricted(Restricted { records, .. }) => records.len(),
        What::Revealed { items, .. } | What::Denied { items, .. } => items.len(),
        What::Found { records, .. } | What::Shown { records, .. } => records.len(),
        What::QuarantineRead { items } | What::QuarantineDiscarded { items, .. } => items.len(),
        What::SubjectRequest(SubjectRequest { records, .. }) | What::Consent(Consent { records, .. }) => {
            records.len()
        }
        What::DestructionIntended { buckets, punctures, facts, details, requests, .. } => {
            buckets.len() + punctures.len() + facts.len() + details.len() + requests.len()
        }
        _ => 0,
    }
}

/// The same event with those of its items alone. What counts for the act as a whole stands in the first.
fn piece(what: &What, range: Range<usize>) -> Option<What> {
    let first = range.start == 0;
    let mut piece = without_items(what)?;
    match (&mut piece, what) {
        (What::Collected { counts, parts, .. }, What::Collected { parts: all, .. }) => {
            parts.0 = cut(&all.0, &range);
            if !first {
                *counts = Counts::default();
            }
        }
        (What::Moved { parts, .. }, What::Moved { parts: all, .. }) => parts.0 = cut(&all.0, &range),
        (What::Reclassified { facts, parts, .. }, What::Reclassified { parts: all, .. }) => {
            parts.0 = cut(&all.0, &range);
            if !first {
                *facts = 0;
            }
        }
        (What::Quarantined { items, .. }, What::Quarantined { items: all, .. })
        | (What::QuarantineRetried { items, .. }, What::QuarantineRetried { items: all, .. }) => {
            *items = cut(all, &range);
        }
        (What::ExpiryChanged { changes, .. }, What::ExpiryChanged { changes: all, .. }) => {
            *changes = cut(all, &range);
        }
        (What::Erased(Erased { records, .. }), What::Erased(Erased { records: all, .. }))
        | (What::Restricted(Restricted { records, .. }), What::Restricted(Restricted { records: all, .. })) =>
        {
            *records = cut(all, &range);
        }
        (
            What::SubjectRequest(SubjectRequest { records, .. }),
            What::SubjectRequest(SubjectRequest { records: all, .. }),
        )
        | (What::Consent(Consent { records, .. }), What::Consent(Consent { records: all, .. })) => {
            *records = cut(all, &range);
        }
        (What::Revealed { items, denied, .. }, What::Revealed { items: all, .. }) => {
            *items = cut(all, &range);
            if !first {
                *denied = 0;
            }
        }
        (What::Denied { items, .. }, What::Denied { items: all, .. }) => *items = cut(all, &range),
        (What::Found { records, .. }, What::Found { records: all, .. })
        | (What::Shown { records, .. }, What::Shown { records: all, .. }) => *records = cut(all, &range),
        (What::QuarantineRead { items }, What::QuarantineRead { items: all })
        | (What::QuarantineDiscarded { items, .. }, What::QuarantineDiscarded { items: all, .. }) => {
            *items = cut(all, &range);
        }
        (
            What::DestructionIntended { buckets, punctures, facts, details, requests, .. },
            What::DestructionIntended {
                buckets: all_buckets,
                punctures: all_punctures,
                facts: all_facts,
                details: all_details,
                requests: all_requests,
                ..
            },
        ) => {
            let mut rest = range;
            *buckets = cut_next(all_buckets, &mut rest);
            *punctures = cut_next(all_punctures, &mut rest);
            *facts = cut_next(all_facts, &mut rest);
            *details = cut_next(all_details, &mut rest);
            *requests = cut_next(all_requests, &mut rest);
        }
        _ => return None,
    }
    Some(piece)
}

/// The event with empty lists, so that a piece is made without copying what it leaves out.
fn without_items(what: &What) -> Option<What> {
    Some(match what {
        What::Collected { seller, kind, source, counts, .. } => What::Collected {
            seller: seller.clone(),
            kind: *kind,
            source: source.clone(),
            counts: *counts,
            parts: PartRows::default(),
        },
        What::Reclassified { seller, facts, .. } => {
            What::Reclassified { seller: seller.clone(), facts: *facts, parts: PartRows::default() }
        }
        What::Moved { seller, .. } => What::Moved { seller: seller.clone(), parts: PartRows::default() },
        What::Quarantined { seller, .. } => What::Quarantined { seller: seller.clone(), items: Vec::new() },
        What::QuarantineRetried { seller, .. } => {
            What::QuarantineRetried { seller: seller.clone(), items: Vec::new() }
        }
        What::QuarantineDiscarded { seller, reason, .. } => {
            What::QuarantineDiscarded { seller: seller.clone(), reason: reason.clone(), items: Vec::new() }
        }
        What::ExpiryChanged { seller, .. } => {
            What::ExpiryChanged { seller: seller.clone(), changes: Vec::new() }
        }
        What::Erased(Erased { seller, .. }) => {
            What::Erased(Erased { seller: seller.clone(), records: Vec::new() })
        }
        What::Restricted(Restricted { seller, lifted, .. }) => {
            What::Restricted(Restricted { seller: seller.clone(), lifted: *lifted, records: Vec::new() })
        }
        What::Revealed { seller, purpose, ticket, denied, .. } => What::Revealed {
            seller: seller.clone(),
            purpose: *purpose,
            ticket: ticket.clone(),
            items: Vec::new(),
            denied: *denied,
        },
        What::Denied { action, seller, purpose, reason, requirement, .. } => What::Denied {
            action: action.clone(),
            seller: seller.clone(),
            purpose: *purpose,
            reason: reason.clone(),
            requirement: *requirement,
            items: Vec::new(),
        },
        What::Found { seller, terms, .. } => {
            What::Found { seller: seller.clone(), terms: terms.clone(), records: Vec::new() }
        }
        What::Shown { seller, .. } => What::Shown { seller: seller.clone(), records: Vec::new() },
        What::QuarantineRead { .. } => What::QuarantineRead { items: Vec::new() },
        What::SubjectRequest(one) => {
            What::SubjectRequest(SubjectRequest { records: Vec::new(), ..one.clone() })
        }
        What::Consent(one) => What::Consent(Consent { records: Vec::new(), ..one.clone() }),
        What::DestructionIntended { destruction, .. } => What::DestructionIntended {
            destruction: *destruction,
            buckets: Vec::new(),
            punctures: Vec::new(),
            facts: Vec::new(),
            details: Vec::new(),
            requests: Vec::new(),
        },
        _ => return None,
    })
}

/// The event with no item of more than [`FIELDS_MAX`] fields: such an item becomes several of one record. Nothing when
/// there is no such item.
fn narrowed(what: &What) -> Option<What> {
    let (What::Revealed { items: all, .. } | What::Denied { items: all, .. }) = what else { return None };
    if all.iter().all(|item| item.fields.len() <= FIELDS_MAX) {
        return None;
    }
    let mut narrowed = without_items(what)?;
    if let What::Revealed { items, .. } | What::Denied { items, .. } = &mut narrowed {
        *items = all.iter().flat_map(narrow_items).collect();
    }
    Some(narrowed)
}

fn narrow_items(item: &RevealedItem) -> Vec<RevealedItem> {
    if item.fields.is_empty() {
        return vec![item.clone()];
    }
    let piece = |fields: &[_]| RevealedItem { record: item.record, fields: fields.to_vec() };
    item.fields.chunks(FIELDS_MAX).map(piece).collect()
}

fn cut<T: Clone>(all: &[T], range: &Range<usize>) -> Vec<T> {
    all.get(range.start.min(all.len())..range.end.min(all.len())).unwrap_or_default().to_vec()
}

/// Cuts a range that runs on over several lists: what lies in this one; the range is then counted from its end.
fn cut_next<T: Clone>(all: &[T], range: &mut Range<usize>) -> Vec<T> {
    let here = cut(all, range);
    *range = range.start.saturating_sub(all.len())..range.end.saturating_sub(all.len());
    here
}
