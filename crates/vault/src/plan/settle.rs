//! From a merged record to its parts: which leaves lie where, what moves, and what is forgotten.

use std::collections::BTreeMap;

use bailee_core::retention::{Decision, Phase, Rule, bucket_day, moves_later, phase};
use bailee_core::{Day, PartNo, RecordId, Timestamp};
use bailee_ledger::event::ExpiryChange;

use super::draft::Draft;
use super::{Outcome, PartPlan, Plan, Planning, Target, Write};
use crate::Vault;
use crate::document::walk;
use crate::facts::{End, PartEntry};

/// A part's scope: the main one, or one item's.
type Scope = Option<String>;

/// What a record is to hold of one scope.
struct Wish {
    day: Day,
    leaves: Vec<usize>,
}

/// What a record is to hold.
struct Wishes {
    scopes: BTreeMap<Scope, Wish>,
    /// Leaves whose item's day has come: they are not stored again (R19).
    dropped: Vec<usize>,
}

impl Vault {
    /// Decides the parts of a record whose documents have been merged.
    pub(super) fn settle(&self, planning: Planning<'_>, mut draft: Draft) -> Plan {
        let decision = draft.about.evidence.decide(&self.base.policy, planning.now);
        let main_day = bucket_day(decision.expires_at);
        let past = phase(main_day, planning.now) != Phase::Open;
        if draft.ended || past || draft.is_gone() && !draft.returns {
            return draft.without_personal_data(planning, &decision);
        }
        if draft.outcomes.iter().all(|outcome| *outcome == Outcome::Unchanged) {
            return draft.into_plan(None);
        }
        let change = self.expiry_change(&mut draft, &decision);
        let wishes = self.wishes(planning, &draft, &decision, main_day);
        let layout = Layout::new(&draft, wishes, planning.now, &decision);
        draft.about.end = None;
        draft.into_write(layout, change)
    }

    /// What an event says of a changed decision (R14). A record's first decision stands in its collect's event.
    fn expiry_change(&self, draft: &mut Draft, decision: &Decision) -> Option<ExpiryChange> {
        let old = draft.about.expires_at.replace(decision.expires_at);
        let change = decision.change(old).filter(|_| draft.row.is_some())?;
        Some(ExpiryChange {
            record: draft.id,
            rule: change.rule,
            evidence: change.evidence,
            lo: change.lo,
            hi: change.hi,
            old: change.old,
            new: change.new,
            evidence_id: RecordId::random(&*self.base.entropy),
        })
    }

    /// Which leaves lie in which scope.
    fn wishes(&self, planning: Planning<'_>, draft: &Draft, decision: &Decision, main_day: Day) -> Wishes {
        let earlier: BTreeMap<&str, Day> = decision
            .items
            .iter()
            .map(|(item, expiry)| (item.as_str(), bucket_day(*expiry)))
            .filter(|(_, day)| *day < main_day)
            .collect();
        let mut main = Wish { day: main_day, leaves: Vec::new() };
        let mut scopes: BTreeMap<Scope, Wish> = BTreeMap::new();
        let mut dropped = Vec::new();
        walk(&draft.tree, self.base.catalogue.root(planning.kind), &mut |met| {
            let index = met.marker.0 as usize;
            if draft.leaves.get(index).is_none_or(|leaf| leaf.value.is_none()) {
                return;
            }
            let ends_with_item = met.node.field().is_some_and(|field| field.ends_with_item);
            match met.item.filter(|_| ends_with_item).and_then(|item| earlier.get_key_value(item)) {
                None => main.leaves.push(index),
                Some((_, day)) if phase(*day, planning.now) != Phase::Open => dropped.push(index),
                Some((item, day)) => {
                    let wish = scopes.entry(Some((*item).to_owned()));
                    wish.or_insert(Wish { day: *day, leaves: Vec::new() }).leaves.push(index);
                }
            }
        });
        let unclassified =
            draft.leaves.iter().enumerate().filter(|(_, leaf)| leaf.unclassified_path.is_some());
        main.leaves.extend(unclassified.filter(|(_, leaf)| leaf.value.is_some()).map(|(index, _)| index));
        scopes.insert(None, main);
        Wishes { scopes, dropped }
    }
}

/// How a record's parts are to lie.
#[derive(Default)]
struct Layout {
    parts: Vec<PartPlan>,
    removed: Vec<PartEntry>,
    punctured: Vec<(Day, bailee_crypto::bucket::Slot)>,
}

impl Layout {
    fn new(draft: &Draft, wishes: Wishes, now: Timestamp, decision: &Decision) -> Self {
        let rule = decision.rule.to_string();
        let mut layout = Self::default();
        for held in draft.open.iter().filter(|held| !wishes.scopes.contains_key(&held.item)) {
            layout.remove(held, true);
        }
        let placed: Vec<_> = (wishes.scopes.iter())
            .map(|(item, wish)| match draft.open.iter().find(|part| part.item == *item) {
                Some(held) => layout.place(held, wish.day, now, left_early(draft, held, &wishes)),
                None => (wish.day, Target::New),
            })
            .collect();
        let mut next_no = draft.about.parts.iter().map(|part| part.no.0 + 1).max().unwrap_or(0).max(1);
        for ((item, wish), (day, target)) in wishes.scopes.into_iter().zip(placed) {
            let before = draft.about.parts.iter().find(|part| part.item == item);
            let no = before.map_or_else(|| PartNo(if item.is_none() { 0 } else { next_no }), |part| part.no);
            next_no = next_no.max(no.0 + 1);
            layout.parts.push(PartPlan {
                no,
                day,
                due: wish.day.max(day),
                target,
                // The version goes on over every move, so that no place is ever sealed twice.
                version: before.map_or(0, |part| part.version) + 1,
                rule: if item.is_some() { Rule::R5.to_string() } else { rule.clone() },
                ended: decision.ended(),
                item,
                leaves: wish.leaves,
            });
        }
        layout
    }

    /// Where a part that is held goes: it stays, or moves, and its old slot is punctured where it must be.
    fn place(&mut self, held: &PartEntry, wished: Day, now: Timestamp, left_early: bool) -> (Day, Target) {
        if wished < held.day {
            self.remove(held, true);
            (wished, Target::New)
        } else if wished > held.day && moves_later(held.day, now) {
            self.remove(held, left_early);
            (wished, Target::New)
        } else if left_early {
            self.remove(held, true);
            (held.day, Target::New)
        } else {
            (held.day, Target::Keep(held.slot()))
        }
    }

    fn remove(&mut self, part: &PartEntry, puncture: bool) {
        self.removed.push(part.clone());
        if puncture {
            self.punctured.push((part.day, part.slot()));
        }
    }
}

/// Whether a leaf has left this part for one that ends earlier, or for good: then what the old envelope holds of it
/// must not open any more, not from a backup either.
fn left_early(draft: &Draft, held: &PartEntry, wishes: &Wishes) -> bool {
    let was_here = |index: &usize| {
        let instance = draft.leaves.get(*index).and_then(|leaf| leaf.instance);
        instance.and_then(|instance| draft.about.part_of(instance)).is_some_and(|part| part.no == held.no)
    };
    let mut others = wishes.scopes.iter().filter(|(item, wish)| **item != held.item && wish.day < held.day);
    wishes.dropped.iter().any(was_here) || others.any(|(_, wish)| wish.leaves.iter().any(was_here))
}

impl Draft {
    /// R19: facts only, with a record id and a tombstone.
    fn without_personal_data(mut self, planning: Planning<'_>, decision: &Decision) -> Plan {
        self.outcomes.iter_mut().for_each(|outcome| *outcome = Outcome::PastRetention);
        if self.ended {
            return self.into_plan(None);
        }
        if self.about.end.is_none() {
            let main = self.about.main();
            let rule = main.map_or_else(|| decision.rule.to_string(), |part| part.rule.clone());
            let ended = main.map_or_else(|| decision.ended(), |part| part.ended);
            self.about.end = Some(End { when: planning.now, rule, ended });
        }
        self.about.expires_at = self.about.expires_at.or(Some(decision.expires_at));
        self.about.unclassified.clear();
        self.leaves.iter_mut().for_each(|leaf| leaf.value = None);
        let removed = std::mem::take(&mut self.open);
        let punctured = removed.iter().map(|part| (part.day, part.slot())).collect();
        self.about.parts.retain(|part| part.item.is_none());
        self.into_write(Layout { parts: Vec::new(), removed, punctured }, None)
    }

    fn into_write(mut self, layout: Layout, change: Option<ExpiryChange>) -> Plan {
        let write = Write {
            row: self.row.take(),
            mac: self.mac,
            about: self.about.clone(),
            tree: std::mem::replace(&mut self.tree, bailee_core::Json::Null),
            state: std::mem::take(&mut self.state),
            digest: self.digest,
            parts: layout.parts,
            removed: layout.removed,
            punctured: layout.punctured,
            change,
        };
        self.into_plan(Some(write))
    }

    fn into_plan(self, write: Option<Write>) -> Plan {
        Plan { id: self.id, leaves: self.leaves, outcomes: self.outcomes, returned: self.returned, write }
    }
}
