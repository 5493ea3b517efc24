//! A record in memory while documents are merged into it.

use std::collections::{HashMap, HashSet};

use bailee_core::catalogue::Node;
use bailee_core::retention::{Evidence, Spoken, tombstone_yields};
use bailee_core::{FieldInstance, Json, RecordId, Reference, Timestamp};
use bailee_store::act::{RecordRow, RecordState};
use data_encoding::BASE64;

use super::room::Weight;
use super::{Incoming, Outcome, Plan, Planning, Returned};
use crate::document::{Leaf, Marker, align, copy, fill, leave_out, merge, shows_instead};
use crate::facts::{About, Facts, PartEntry};
use crate::part::{PartState, SEEN_MAX};
use crate::{Vault, VaultError};

/// What a record begins with that is not held yet.
pub(super) struct Beginning<'a> {
    pub(super) mac: [u8; 16],
    pub(super) reference: &'a Reference,
    /// Its first intake.
    pub(super) first: Timestamp,
}

/// A record whose facts were lost with a keyring numbers its leaves anew, this many bits above those of each of its versions
/// before: a token that was given for one of them must not stand for another leaf.
const LOST_INSTANCES_BITS: u32 = 24;

/// A record while it is being planned.
pub(super) struct Draft {
    pub(super) row: Option<RecordRow>,
    pub(super) mac: [u8; 16],
    pub(super) id: RecordId,
    pub(super) about: About,
    /// The next instance as it is written down.
    pub(super) stored_next_instance: u64,
    /// The merged document; its markers are indexes into `leaves`.
    pub(super) tree: Json,
    /// Whether the catalogue names all of it. What is held, it does.
    pub(super) is_named: bool,
    pub(super) leaves: Vec<Leaf>,
    pub(super) state: PartState,
    /// The parts that could be opened.
    pub(super) open: Vec<PartEntry>,
    /// Parts whose keys were lost with a keyring: their rows are there, and nothing opens them.
    pub(super) lost: Vec<PartEntry>,
    /// What a part that its facts do not know counts its versions from.
    pub(super) version: u32,
    /// Its facts have ended too: nothing but the tombstone is kept.
    pub(super) ended: bool,
    /// Its tombstone gives way to a document that showed the order still on its way (R16), or it never was one: what was lost
    /// with a keyring is taken in again.
    pub(super) returns: bool,
    /// Of the content taken in last; none as long as only news has come.
    pub(super) digest: Option<[u8; 16]>,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) returned: Vec<Returned>,
    /// How much it holds, or a bound of it.
    pub(super) weight: Weight,
    /// The places in the batch of documents that it has no room for.
    pub(super) too_long: Vec<usize>,
}

impl Vault {
    /// What is held of a record, with nothing personal opened yet.
    pub(super) fn draft(
        &self,
        planning: Planning<'_>,
        row: Option<RecordRow>,
        begins: Beginning<'_>,
    ) -> Result<Draft, VaultError> {
        let facts = match &row {
            Some(row) => self.open_facts(planning.seller, row)?,
            None => None,
        };
        // Its facts are lost with a keyring, or its part is with a store.
        let has_no_part = |facts: &Facts| facts.about.main().is_none();
        let lost = row.as_ref().filter(|row| {
            row.state == RecordState::Live
                && (row.facts.is_empty() || facts.as_ref().is_some_and(has_no_part))
        });
        let (returns, version) = (lost.is_some(), lost.map_or(0, |row| row.version));
        let ended = row.is_some() && facts.is_none() && !returns;
        let (mut about, mut tree) = match facts {
            Some(facts) => (facts.about, facts.skeleton),
            None => {
                let about = About::new(begins.reference.clone(), begins.first);
                let next_instance = about.next_instance + (u64::from(version) << LOST_INSTANCES_BITS);
                let restricted = self.waiting_since(planning.seller, planning.kind, begins.mac);
                (About { next_instance, restricted, ..about }, Json::Object(Vec::new()))
            }
        };
        self.renumber(&mut about);
        let mut leaves = Vec::new();
        fill(&mut tree, &mut |stored| {
            leaves.push(Leaf {
                unclassified_path: None,
                instance: Some(FieldInstance(stored.0)),
                value: None,
            });
            Marker(leaves.len() as u64 - 1).into_json()
        });
        let id = row.as_ref().map_or_else(|| RecordId::new(planning.now, &*self.base.entropy), |row| row.id);
        Ok(Draft {
            mac: begins.mac,
            id,
            row,
            stored_next_instance: about.next_instance,
            about,
            tree,
            is_named: true,
            leaves,
            state: PartState::default(),
            open: Vec::new(),
            lost: Vec::new(),
            version,
            ended,
            returns,
            digest: None,
            outcomes: Vec::new(),
            returned: Vec::new(),
            weight: Weight::default(),
            too_long: Vec::new(),
        })
    }

    /// Whether the documents say nothing but what was taken in last, by the content's MAC under the bucket's index key.
    pub(super) fn only_repeats(&self, planning: Planning<'_>, draft: &Draft, documents: &[Incoming]) -> bool {
        let Some(row) = draft.row.as_ref().filter(|row| row.state == RecordState::Live) else { return false };
        let Some(main) = draft.about.main() else { return false };
        let Some(keys) = self.live_keys(&Self::bucket_id(planning.seller, main), planning.now) else {
            return false;
        };
        keys.holds(main.slot())
            && documents.iter().all(|document| {
                !document.as_of_named && keys.content_mac(&document.digest) == row.content_mac
            })
    }

    /// Opens every part of a draft that can still be opened, and brings all of it in line with the catalogue.
    pub(super) fn open_draft(&self, planning: Planning<'_>, draft: &mut Draft) -> Result<(), VaultError> {
        self.open_parts(planning, draft)?;
        let catalogue = self.catalogue();
        if align(&mut draft.tree, &mut draft.leaves, catalogue.root(planning.kind)) {
            draft.number_leaves(0);
        }
        draft.weight = Weight::of(&draft.tree, &draft.leaves);
        Ok(())
    }

    fn open_parts(&self, planning: Planning<'_>, draft: &mut Draft) -> Result<(), VaultError> {
        let Some(row) = draft.row.as_ref().filter(|row| row.state == RecordState::Live) else {
            return Ok(());
        };
        for part in &draft.about.parts {
            let Some(opened) = self.open_part(planning.seller, row, part, None, planning.now)? else {
                if self.is_lost(planning.seller, row, part, planning.now)? {
                    draft.returns |= part.is_main();
                    draft.lost.push(part.clone());
                }
                continue;
            };
            let (state, mut values) = (opened.state, opened.values);
            for leaf in &mut draft.leaves {
                if let Some(value) = leaf.instance.and_then(|instance| values.remove(&instance)) {
                    leaf.value = Some(value);
                }
            }
            if part.is_main() {
                draft.leaves.extend(state.unclassified.iter().map(|(instance, path)| Leaf {
                    unclassified_path: Some(path.clone()),
                    instance: Some(*instance),
                    value: values.remove(instance),
                }));
                draft.state = state;
            }
            draft.open.push(part.clone());
        }
        Ok(())
    }
}

impl Draft {
    /// Whether its personal data is gone, or cannot be opened any more.
    pub(super) fn is_gone(&self) -> bool {
        self.row.is_some() && !self.open.iter().any(|part| part.is_main())
    }

    /// Merges one document into the record.
    pub(super) fn take_in(&mut self, vault: &Vault, planning: Planning<'_>, document: Incoming) {
        let digest = BASE64.encode(&document.digest);
        let seen = self.state.seen.contains(&digest);
        let evidence = self.about.evidence.clone();
        let spoken = Spoken {
            as_of: document.as_of,
            fetched: false,
            seen_before: seen
                || self.state.seen.len() >= SEEN_MAX
                || self.is_gone() && !self.is_news(&document),
            now: planning.now,
        };
        self.about.evidence.observe(planning.kind, &document.marked.document, &spoken);
        self.outcomes.push(self.outcome(seen, &evidence));
        if !seen && self.state.seen.len() < SEEN_MAX {
            self.state.seen.push(digest);
        }
        self.returns |= self.is_gone() && self.yields(planning, &document, &spoken);
        self.digest = Some(document.digest);
        let before = self.leaves.len();
        self.merge(vault, planning, document);
        self.number_leaves(before);
    }

    /// Whether a document of a record whose contents are forgotten says something that its facts do not.
    fn is_news(&self, document: &Incoming) -> bool {
        document.source_time > self.about.source_time
    }

    fn yields(&self, planning: Planning<'_>, document: &Incoming, spoken: &Spoken) -> bool {
        let mut alone = Evidence::new(self.about.first_intake);
        alone.observe(planning.kind, &document.marked.document, spoken);
        let ended = self.about.ended();
        ended.is_some_and(|ended| tombstone_yields(ended, &alone, spoken, document.as_of_named))
    }

    fn outcome(&self, seen: bool, before: &Evidence) -> Outcome {
        match &self.row {
            None if self.outcomes.is_empty() => Outcome::Collected,
            _ if seen && *before == self.about.evidence => Outcome::Unchanged,
            _ => Outcome::Updated,
        }
    }

    fn merge(&mut self, vault: &Vault, planning: Planning<'_>, document: Incoming) {
        let at = document.spoken_at();
        let wins = self.about.spoken_at.or(self.about.source_time).is_none_or(|newest| at >= newest);
        let offset = self.leaves.len();
        let mut incoming = shifted(document.marked.document, offset);
        self.is_named &= document.marked.is_named;
        self.leaves.extend(document.marked.leaves);
        if planning.tokenise {
            let returned = copy(&incoming);
            self.returned.push(Returned { order: document.order, shape: document.shape, document: returned });
        }
        let held = std::mem::replace(&mut self.tree, Json::Null);
        let catalogue = vault.catalogue();
        let root = catalogue.root(planning.kind);
        let is_gone = |path: &str| {
            let blank = document.marked.blank.iter().any(|blank| is_at_or_below(path, blank));
            blank || shows_instead(&incoming, root, path)
        };
        self.match_unclassified(offset, wins, &is_gone);
        self.leave_out_rectified(&held, &mut incoming, root);
        self.tree = merge(held, incoming, &mut self.about.shown, at, root, &mut self.leaves);
        if wins {
            self.about.spoken_at = Some(at);
        }
        self.about.source_time = self.about.source_time.max(document.source_time);
    }

    /// What was corrected stays, whatever the source says of its place: that is what it was corrected from.
    fn leave_out_rectified(&mut self, held: &Json, incoming: &mut Json, root: Node<'_>) {
        if self.about.rectified.is_empty() {
            return;
        }
        // What could not be opened any more is not fixed: it may come anew.
        let is_rectified = |leaf: &Leaf| {
            leaf.value.is_some() && leaf.instance.is_some_and(|one| self.about.rectified.contains(&one))
        };
        let fixed: HashSet<u64> =
            (0..).zip(&self.leaves).filter(|(_, leaf)| is_rectified(leaf)).map(|(index, _)| index).collect();
        leave_out(held, incoming, root, &|marker| fixed.contains(&marker.0), &mut self.leaves);
    }

    /// Leaves that the catalogue does not name are matched by their paths, since the stored skeleton leaves them out.
    /// `is_gone` knows of a path that the document does not fill whether it says that nothing is there any more.
    fn match_unclassified(&mut self, offset: usize, wins: bool, is_gone: &dyn Fn(&str) -> bool) {
        let (held, incoming) = self.leaves.split_at_mut(offset);
        let mut twins: HashMap<String, &mut Leaf> = (held.iter_mut())
            .filter(|leaf| leaf.value.is_some())
            .filter_map(|leaf| Some((leaf.unclassified_path.clone()?, leaf)))
            .collect();
        for leaf in incoming {
            let Some(twin) = leaf.unclassified_path.as_ref().and_then(|path| twins.remove(path)) else {
                continue;
            };
            leaf.instance = twin.instance;
            let loser = if wins { twin } else { leaf };
            loser.value = None;
        }
        for (path, leaf) in twins.iter_mut().filter(|_| wins) {
            if is_gone(path) {
                leaf.value = None;
            }
        }
    }

    /// Gives every new leaf that inherited no instance the next one. A leaf that lost against what is held gets one
    /// too: the token that goes back for it then stands for nothing.
    fn number_leaves(&mut self, before: usize) {
        for leaf in self.leaves.iter_mut().skip(before).filter(|leaf| leaf.instance.is_none()) {
            leaf.instance = Some(FieldInstance(self.about.next_instance));
            self.about.next_instance += 1;
        }
    }

    /// The plan of a record that its documents only repeat.
    pub(super) fn unchanged(self, documents: usize) -> Plan {
        let outcomes = vec![Outcome::Unchanged; documents];
        let (leaves, returned) = (Vec::new(), Vec::new());
        Plan { id: self.id, leaves, outcomes, returned, too_long: self.too_long, write: None }
    }
}

/// A document whose markers were indexes into its own leaves, and now are into those that its own come behind.
pub(super) fn shifted(mut document: Json, offset: usize) -> Json {
    if offset > 0 {
        fill(&mut document, &mut |marker| Marker(marker.0 + offset as u64).into_json());
    }
    document
}

/// Whether a path is another, or leads on from it.
fn is_at_or_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
