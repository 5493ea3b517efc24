//! The puncturable tree (GGM): a key for each of 2^24 slots, any of which can be forgotten alone.
//!
//! Child `b` of a node is HKDF-Expand(node, label ‖ b). What is stored is a set of nodes that cover every slot still
//! derivable, sorted by the slots they cover. To puncture a slot, the node above it is replaced by its co-path: the
//! siblings along the way down. They derive every other leaf, and no way leads back up.

use std::ops::Range;
use std::sync::{PoisonError, RwLock};

use zeroize::Zeroize;

use crate::bucket::{Forgotten, Slot};
use crate::kdf::expand_into;
use crate::secret::Key;
use crate::wire::{Malformed, Reader};

/// Levels below the root: 2^24 slots.
pub(crate) const DEPTH: u8 = 24;
/// Slots of a tree.
pub(crate) const SLOTS: u32 = 1 << DEPTH;
/// Bytes of a stored node: depth, index in its level, key.
const NODE_BYTES: usize = 1 + 3 + 32;

/// How deep the nodes are that a tree keeps of the ways down: each stands above 1,024 slots, which are given out in their
/// order, so that the parts of a day share a few of them.
const SHOULDER_DEPTH: u8 = 14;
/// How many of them it keeps: 2.5 kB of keys, above 65,536 slots.
const SHOULDERS: usize = 64;

/// More slots in a row than anybody forgets one by one: an older keyring that was adopted passes over a million and more.
const RUN_MAX: u32 = 1 << 16;

const CHILD_LABEL: &[u8; 16] = b"bailee/v1/tree/0";

/// One node. It is wiped when dropped.
#[derive(Clone)]
struct Node {
    depth: u8,
    /// Its number among the nodes of its level, from the left.
    index: u32,
    key: [u8; 32],
}

impl Drop for Node {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl Node {
    /// The slots below it.
    fn slots(&self) -> Range<u32> {
        let height = u32::from(DEPTH.saturating_sub(self.depth));
        let first = self.index << height;
        first..first + (1 << height)
    }

    fn child(&self, right: bool) -> Self {
        let mut child =
            Self { depth: self.depth + 1, index: self.index * 2 + u32::from(right), key: [0; 32] };
        let mut label = *CHILD_LABEL;
        if let Some(last) = label.last_mut() {
            *last = u8::from(right);
        }
        expand_into(&self.key, &label, &mut child.key);
        child
    }

    /// Whether the way down to `slot` goes right.
    fn goes_right(&self, slot: u32) -> bool {
        slot >> u32::from(DEPTH.saturating_sub(self.depth + 1)) & 1 == 1
    }
}

/// The stored nodes of one tree.
pub(crate) struct Tree {
    nodes: Box<[Node]>,
    /// Nodes on the way down from these, derived before: whoever comes to any slot below one walks ten levels instead of
    /// twenty-four. Each has one place, which the next that belongs there takes. They end with the tree: one of which a
    /// slot was punctured is another tree.
    shoulders: RwLock<Vec<Option<Node>>>,
}

impl Tree {
    /// A whole tree.
    pub(crate) fn new(root: &Key) -> Self {
        Self::of(&[Node { depth: 0, index: 0, key: *root.bytes() }])
    }

    fn of(nodes: &[Node]) -> Self {
        // Copied into its exact size rather than shrunk, which could leave an old copy behind unwiped.
        let nodes: Box<[Node]> = nodes.iter().cloned().collect();
        crate::process::lock_memory(&nodes);
        Self { nodes, shoulders: RwLock::new(Vec::new()) }
    }

    /// The deepest node that is known to be above a slot.
    fn start(&self, slot: u32) -> Option<Node> {
        let mut node = self.covering(slot)?.clone();
        if node.depth >= SHOULDER_DEPTH {
            return Some(node);
        }
        let place = (slot >> u32::from(DEPTH - SHOULDER_DEPTH)) as usize % SHOULDERS;
        let shoulders = self.shoulders.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(Some(known)) = shoulders.get(place)
            && known.slots().contains(&slot)
        {
            return Some(known.clone());
        }
        drop(shoulders);
        while node.depth < SHOULDER_DEPTH {
            node = node.child(node.goes_right(slot));
        }
        let mut shoulders = self.shoulders.write().unwrap_or_else(PoisonError::into_inner);
        // Made when it is first needed, and never moved.
        if shoulders.is_empty() {
            shoulders.resize(SHOULDERS, None);
            crate::process::lock_memory(&shoulders);
        }
        if let Some(known) = shoulders.get_mut(place) {
            *known = Some(node.clone());
        }
        Some(node)
    }

    fn covering(&self, slot: u32) -> Option<&Node> {
        let after = self.nodes.partition_point(|node| node.slots().start <= slot);
        after.checked_sub(1).and_then(|at| self.nodes.get(at)).filter(|node| node.slots().contains(&slot))
    }

    /// Whether the slot's key still derives.
    pub(crate) fn holds(&self, slot: u32) -> bool {
        self.covering(slot).is_some()
    }

    /// How many slots no longer derive, having been forgotten one by one. A run that is longer than [`RUN_MAX`] was passed over
    /// when an older keyring was adopted: nothing ever lay there, or nobody knows what did.
    pub(crate) fn punctured(&self) -> u32 {
        let ends = self.nodes.iter().map(|node| node.slots().end);
        let starts = self.nodes.iter().map(|node| node.slots().start).chain([SLOTS]);
        let runs = std::iter::once(0).chain(ends).zip(starts).map(|(end, start)| start.saturating_sub(end));
        runs.filter(|run| *run <= RUN_MAX).sum()
    }

    /// The tree without these slots. What is punctured already, or was never a slot, is passed over.
    pub(crate) fn without(&self, slots: &[Slot]) -> Self {
        let mut slots: Vec<u32> = slots.iter().map(|slot| slot.0).collect();
        slots.sort_unstable();
        let mut left = Vec::with_capacity(self.nodes.len() + slots.len() * usize::from(DEPTH));
        for node in &self.nodes {
            let from = slots.partition_point(|slot| *slot < node.slots().start);
            let to = slots.partition_point(|slot| *slot < node.slots().end);
            puncture(node.clone(), slots.get(from..to).unwrap_or(&[]), &mut left);
        }
        Self::of(&left)
    }

    /// The tree with the slots of these runs alone, as far as it holds them; they are rising and apart.
    pub(crate) fn keeping(&self, runs: &[Range<u32>]) -> Self {
        let mut left = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            keep(node.clone(), runs, &mut left);
        }
        Self::of(&left)
    }

    /// How many slots of these runs still derive; they are rising and apart.
    pub(crate) fn held(&self, runs: &[Range<u32>]) -> u64 {
        let of_node = |node: &Node| -> u64 {
            let slots = node.slots();
            let common = |run: &Range<u32>| {
                u64::from(run.end.min(slots.end).saturating_sub(run.start.max(slots.start)))
            };
            within(runs, &slots).iter().map(common).sum()
        };
        self.nodes.iter().map(of_node).sum()
    }

    /// Appends count and nodes, in their order.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.reserve_exact(self.bytes());
        out.extend_from_slice(&(self.nodes.len() as u32).to_be_bytes());
        for node in &self.nodes {
            let [_, high, middle, low] = node.index.to_be_bytes();
            out.extend_from_slice(&[node.depth, high, middle, low]);
            out.extend_from_slice(&node.key);
        }
    }

    /// How many bytes [`Tree::write`] appends.
    pub(crate) fn bytes(&self) -> usize {
        4 + self.nodes.len() * NODE_BYTES
    }

    /// Reads what [`Tree::write`] wrote; nodes out of order, overlapping or outside the tree are refused.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let count = reader.count(NODE_BYTES)?;
        let mut nodes: Vec<Node> = Vec::with_capacity(count);
        let mut free_from = 0;
        for _ in 0..count {
            let depth = reader.u8()?;
            let [high, middle, low] = reader.array()?;
            let node =
                Node { depth, index: u32::from_be_bytes([0, high, middle, low]), key: reader.array()? };
            if depth > DEPTH || node.index >= 1 << depth || node.slots().start < free_from {
                return Err(Malformed);
            }
            free_from = node.slots().end;
            nodes.push(node);
        }
        Ok(Self::of(&nodes))
    }
}

/// The runs that have a slot in common with these.
fn within<'a>(runs: &'a [Range<u32>], slots: &Range<u32>) -> &'a [Range<u32>] {
    let from = runs.partition_point(|run| run.end <= slots.start);
    let to = runs.partition_point(|run| run.start < slots.end);
    runs.get(from..to).unwrap_or(&[])
}

fn keep(node: Node, runs: &[Range<u32>], left: &mut Vec<Node>) {
    let slots = node.slots();
    let runs = within(runs, &slots);
    let is_whole = runs.iter().any(|run| run.start <= slots.start && slots.end <= run.end);
    if is_whole {
        left.push(node);
    } else if !runs.is_empty() && node.depth < DEPTH {
        keep(node.child(false), runs, left);
        keep(node.child(true), runs, left);
    }
}

fn puncture(node: Node, slots: &[u32], left: &mut Vec<Node>) {
    if slots.is_empty() {
        left.push(node);
    } else if node.depth < DEPTH {
        let right = node.child(true);
        let (below, above) = slots.split_at(slots.partition_point(|slot| *slot < right.slots().start));
        puncture(node.child(false), below, left);
        puncture(right, above, left);
    }
}

/// The way last walked down a tree, from its shoulders: neighbouring slots share almost all of it, so that a leaf costs next to nothing
/// to who works through consecutive ones.
pub(crate) struct Path {
    /// From a stored node, or one of the tree's shoulders, down; a leaf only when that is itself the stored node.
    way: Vec<Node>,
}

impl Path {
    pub(crate) fn new() -> Self {
        Self { way: Vec::new() }
    }

    /// The key of a slot.
    pub(crate) fn leaf(&mut self, tree: &Tree, slot: Slot) -> Result<Key, Forgotten> {
        // A whole way is kept only below a node that the tree stores now.
        while self.way.last().is_some_and(|node| !node.slots().contains(&slot.0)) {
            self.way.pop();
        }
        if self.way.is_empty() {
            // Never grows beyond, so that no copy of a key is left behind by moving.
            self.way.reserve_exact(usize::from(DEPTH) + 1);
            self.way.push(tree.start(slot.0).ok_or(Forgotten)?);
        }
        loop {
            let node = self.way.last().ok_or(Forgotten)?;
            if node.depth >= DEPTH {
                return Ok(Key::filled(|key| key.copy_from_slice(&node.key)));
            }
            let child = node.child(node.goes_right(slot.0));
            self.way.push(child);
        }
    }
}

#[cfg(test)]
mod tests;
