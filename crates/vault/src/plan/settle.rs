//! From a merged record to its parts: which leaves lie where, what moves, and what is forgotten.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bailee_core::retention::{Decision, Phase, Rule, bucket_day, moves_later, phase};
use bailee_core::{Day, FieldInstance, PartNo, RecordId, Timestamp};
use bailee_crypto::bucket::{BucketId, BucketUse};
use bailee_ledger::event::ExpiryChange;

use super::draft::Draft;
use super::{Outcome, PartLeaf, PartPlan, Plan, Planning, Target, Write};
use crate::Vault;
use crate::document::walk;
use crate::facts::{About, End, PartEntry, Scope, SlotNo};

/// The rule by which a field ends whose purposes have.
const PURPOSE_ENDED: &str = "R21";

/// What a record is to hold of one scope.
struct Wish {
    day: Day,
    leaves: Vec<PartLeaf>,
}

/// What a record is to hold.
struct Wishes {
    scopes: BTreeMap<Scope, Wish>,
    /// Leaves whose own day has come: they are not stored again (R19).
    dropped: Vec<usize>,
}

impl Vault {
    /// Decides the parts of a record whose documents have been merged.
    pub(super) fn settle(&self, planning: Planning<'_>, mut draft: Draft) -> Plan {
        let decision = draft.about.evidence.decide(&self.base.policy, planning.now);
        let main_day = bucket_day(decision.expires_at);
        let past = !self.takes(planning, main_day);
        if draft.ended || past || draft.is_gone() && !draft.returns {
            let ends_now = !draft.is_gone();
            let change = ends_now.then(|| self.draft_change(&mut draft, &decision)).flatten();
            return draft.without_personal_data(planning, &decision, change);
        }
        let is_numbered = draft.about.next_instance == draft.stored_next_instance;
        if is_numbered && draft.outcomes.iter().all(|outcome| *outcome == Outcome::Unchanged) {
            return draft.into_plan();
        }
        if draft.is_gone() {
            // What begins anew is what the source says.
            draft.about.rectified.clear();
            draft.about.corrections.clear();
        }
        let change = self.draft_change(&mut draft, &decision);
        let wishes = self.wishes(planning, &draft, &decision, main_day);
        let layout = Layout::new(self, &draft, wishes, planning.now, &decision);
        draft.about.end = None;
        draft.about.next_part = layout.next_part;
        draft.into_write(layout, change)
    }

    /// Whether the bucket of a day is open. One that the keyring has destroyed before its day, as it does with all of a seller that
    /// ended, is not, also where a store from before that knows nothing of it (R19).
    fn takes(&self, planning: Planning<'_>, day: Day) -> bool {
        let id = BucketId { seller: planning.seller.clone(), held: BucketUse::Order, day };
        phase(day, planning.now) == Phase::Open && !self.base.keyring.is_gone(&id)
    }

    /// The change of a draft's decision. A record's first decision stands in its collect's event.
    fn draft_change(&self, draft: &mut Draft, decision: &Decision) -> Option<ExpiryChange> {
        self.expiry_change(draft.id, &mut draft.about, decision).filter(|_| draft.row.is_some())
    }

    /// Remembers a decision; what an event says of it when it is another than the last (R14).
    pub(crate) fn expiry_change(
        &self,
        record: RecordId,
        about: &mut About,
        decision: &Decision,
    ) -> Option<ExpiryChange> {
        let old = about.expires_at.replace(decision.expires_at);
        let change = decision.change(old)?;
        Some(ExpiryChange {
            record,
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
        let sooner: BTreeSet<&str> = decision.items.iter().map(|(item, _)| item.as_str()).collect();
        let over = Over::of(draft);
        let mut main = Wish { day: main_day, leaves: Vec::new() };
        let mut scopes: BTreeMap<Scope, Wish> = BTreeMap::new();
        let mut dropped = Vec::new();
        walk(&draft.tree, self.catalogue().root(planning.kind), &mut |met| {
            let index = met.marker.0 as usize;
            let Some(leaf) = draft.leaves.get(index).filter(|leaf| leaf.value.is_some()) else { return };
            let field = met.node.field();
            let early = field.map_or(0, |field| self.base.policy.early_by(&field.purposes));
            let own_item = met.trail.item().filter(|_| field.is_some_and(|field| field.ends_with_item));
            let item = own_item.filter(|item| sooner.contains(item)).map(str::to_owned);
            let (scope, leaf_of) =
                (Scope { item, early }, PartLeaf { index, field: field.map(|field| field.id) });
            let day = scope.day(decision);
            if over.holds(leaf.instance, own_item, early) {
                dropped.push(index);
            } else if day >= main_day {
                main.leaves.push(leaf_of);
            } else if self.takes(planning, day) {
                scopes.entry(scope).or_insert(Wish { day, leaves: Vec::new() }).leaves.push(leaf_of);
            } else {
                dropped.push(index);
            }
        });
        let unclassified = (draft.leaves.iter().enumerate())
            .filter(|(_, leaf)| leaf.unclassified_path.is_some() && leaf.value.is_some())
            .map(|(index, _)| PartLeaf { index, field: None });
        // INVARIANT: no more than an envelope holds, since no document was taken in that the record has no room for.
        main.leaves.extend(unclassified);
        scopes.insert(Scope::MAIN, main);
        Wishes { scopes, dropped }
    }
}

/// A record's parts that have ended before it: they stay ended, as a record does (R16).
struct Over<'a>(Vec<&'a PartEntry>);

impl<'a> Over<'a> {
    fn of(draft: &'a Draft) -> Self {
        let lives = |part: &PartEntry| draft.open.iter().chain(&draft.lost).any(|open| open.no == part.no);
        let is_over = |part: &&PartEntry| !part.is_main() && !draft.returns && !lives(part);
        Self(draft.about.parts.iter().filter(is_over).collect())
    }

    /// Whether a leaf was in one of them, or would have been.
    fn holds(&self, instance: Option<FieldInstance>, item: Option<&str>, early: u8) -> bool {
        self.0.iter().any(|part| match part.early {
            0 => part.item.as_deref() == item,
            // An item's leaf is in its item's part while that ends before the record does, and else in the record's.
            _ => part.early == early && (part.item.is_none() || part.item.as_deref() == item),
        } || instance.is_some_and(|instance| part.instances.contains(&instance)))
    }
}

/// Where a part is to lie, and where it has lain.
struct Placed {
    day: Day,
    target: Target,
    left: Vec<(Day, SlotNo)>,
}

/// How a record's parts are to lie.
#[derive(Default)]
struct Layout {
    parts: Vec<PartPlan>,
    removed: Vec<PartEntry>,
    punctured: Vec<(Day, bailee_crypto::bucket::Slot)>,
    /// The number of the next new part.
    next_part: u16,
}

impl Layout {
    fn new(vault: &Vault, draft: &Draft, wishes: Wishes, now: Timestamp, decision: &Decision) -> Self {
        let homes = Homes::of(draft);
        let mut layout = Self { next_part: draft.about.next_part, ..Self::default() };
        for held in draft.open.iter().filter(|held| !wishes.scopes.contains_key(&held.scope())) {
            layout.remove(held, true);
        }
        draft.lost.iter().for_each(|lost| layout.remove(lost, false));
        let placed: Vec<_> = (wishes.scopes.iter())
            .map(|(scope, wish)| match draft.open.iter().find(|part| part.scope() == *scope) {
                Some(held) => layout.place(held, wish.day, now, homes.left_early(held, &wishes)),
                None => Placed { day: wish.day, target: Target::New, left: Vec::new() },
            })
            .collect();
        for ((scope, wish), Placed { day, target, left }) in wishes.scopes.into_iter().zip(placed) {
            let before = draft.about.parts.iter().find(|part| part.scope() == scope);
            let no = before.map_or_else(|| layout.number(&scope), |part| part.no);
            let due = vault.due_day(&draft.about.evidence, &scope, day);
            let rule = match scope {
                Scope { early: 1.., .. } => PURPOSE_ENDED.to_owned(),
                Scope { item: Some(_), .. } => Rule::R5.to_string(),
                Scope { .. } => decision.rule.to_string(),
            };
            layout.parts.push(PartPlan {
                no,
                day,
                due: wish.day.max(due),
                exception: if scope.is_main() { decision.exception() } else { None },
                target,
                // The version goes on over every move, so that no place is ever sealed twice.
                version: before.map_or(draft.version, |part| part.version) + 1,
                rule,
                ended: decision.ended(),
                scope,
                leaves: wish.leaves,
                left,
            });
        }
        layout
    }

    /// A new part's number: 0 for the main one.
    fn number(&mut self, scope: &Scope) -> PartNo {
        if scope.is_main() {
            return PartNo(0);
        }
        let no = PartNo(self.next_part);
        self.next_part = self.next_part.saturating_add(1);
        no
    }

    /// Where a part that is held goes: it stays, or moves, and its old slot is punctured where it must be.
    fn place(&mut self, held: &PartEntry, wished: Day, now: Timestamp, left_early: bool) -> Placed {
        let anew = |day, left| Placed { day, target: Target::New, left };
        if wished < held.day {
            self.remove(held, true);
            anew(wished, Vec::new())
        } else if wished > held.day && moves_later(held.day, now) {
            self.remove(held, left_early);
            anew(wished, if left_early { Vec::new() } else { held.left_behind(now) })
        } else if left_early {
            self.remove(held, true);
            anew(held.day, Vec::new())
        } else {
            Placed { day: held.day, target: Target::Keep(held.slot()), left: held.left.clone() }
        }
    }

    fn remove(&mut self, part: &PartEntry, puncture: bool) {
        self.removed.push(part.clone());
        if puncture {
            self.punctured.extend(part.places());
        }
    }
}

/// Which part each leaf of a record was in, as an index into the leaves.
struct Homes(Vec<Option<PartNo>>);

impl Homes {
    fn of(draft: &Draft) -> Self {
        let own: HashMap<FieldInstance, PartNo> = (draft.about.parts.iter())
            .flat_map(|part| part.instances.iter().map(|instance| (*instance, part.no)))
            .collect();
        let main = draft.about.main().map(|part| part.no);
        let home = |instance: FieldInstance| own.get(&instance).copied().or(main);
        Self(draft.leaves.iter().map(|leaf| leaf.instance.and_then(home)).collect())
    }

    /// Whether a leaf has left this part for one that ends earlier, or for good: then what the old envelope holds of it
    /// must not open any more, not from a backup either.
    fn left_early(&self, held: &PartEntry, wishes: &Wishes) -> bool {
        let was_here = |index: &usize| self.0.get(*index).copied().flatten() == Some(held.no);
        let mut earlier =
            wishes.scopes.iter().filter(|(scope, wish)| **scope != held.scope() && wish.day < held.day);
        let left = |leaf: &PartLeaf| was_here(&leaf.index);
        wishes.dropped.iter().any(was_here) || earlier.any(|(_, wish)| wish.leaves.iter().any(left))
    }
}

impl Draft {
    /// R19: facts only, with a record id and a tombstone.
    fn without_personal_data(
        mut self,
        planning: Planning<'_>,
        decision: &Decision,
        change: Option<ExpiryChange>,
    ) -> Plan {
        self.outcomes.iter_mut().for_each(|outcome| *outcome = Outcome::PastRetention);
        if self.ended {
            return self.into_plan();
        }
        // Where its bucket ended it, the main part knows the rule and the bucket when.
        let ends_now = self.about.main().is_none() || !self.is_gone();
        if self.about.end.is_none() && ends_now {
            let (rule, ended) = (decision.rule.to_string(), decision.ended());
            self.about.end = Some(End { when: planning.now, rule, ended });
        }
        self.about.expires_at = self.about.expires_at.or(Some(decision.expires_at));
        self.about.unclassified.clear();
        self.about.rectified.clear();
        self.about.corrections.clear();
        self.leaves.iter_mut().for_each(|leaf| leaf.value = None);
        let removed = std::mem::take(&mut self.open);
        let punctured = removed.iter().flat_map(PartEntry::places).collect();
        self.about.parts.retain(PartEntry::is_main);
        self.into_write(Layout { removed, punctured, ..Layout::default() }, change)
    }

    fn into_write(self, layout: Layout, change: Option<ExpiryChange>) -> Plan {
        let Layout { parts, removed, punctured, .. } = layout;
        let Self {
            row,
            mac,
            id,
            about,
            tree,
            is_named,
            leaves,
            state,
            digest,
            outcomes,
            returned,
            too_long,
            ..
        } = self;
        let write =
            Write { row, mac, about, tree, is_named, state, digest, parts, removed, punctured, change };
        Plan { id, leaves, outcomes, returned, too_long, write: Some(write) }
    }

    fn into_plan(self) -> Plan {
        let Self { id, leaves, outcomes, returned, too_long, .. } = self;
        Plan { id, leaves, outcomes, returned, too_long, write: None }
    }
}
