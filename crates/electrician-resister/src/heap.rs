//! A heap that knows where each of its members is.

/// Not in the heap.
const ABSENT: u32 = u32::MAX;

/// Children of a node. Four make the tree half as deep, and lie side by side.
const WIDTH: usize = 4;

/// The smallest `(rank, sequence)` first. Members are slots of a slab; each can be removed or moved
/// in `O(log n)`, without a search.
#[derive(Debug, Default)]
pub(crate) struct Heap {
    nodes: Vec<Node>,
    /// Where each slot is in `nodes`.
    places: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    rank: i128,
    sequence: u64,
    slot: u32,
}

// === impl Heap ===

impl Heap {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self { nodes: Vec::with_capacity(capacity), places: Vec::with_capacity(capacity) }
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The first slot and its rank.
    pub(crate) fn first(&self) -> Option<(u32, i128)> {
        self.nodes.first().map(|node| (node.slot, node.rank))
    }

    /// Puts `slot` where `rank` and `sequence` say, wherever it was before.
    pub(crate) fn put(&mut self, slot: u32, rank: i128, sequence: u64) {
        self.remove(slot);
        let index = slot as usize;
        if self.places.len() <= index {
            self.places.resize(index + 1, ABSENT);
        }
        let end = self.nodes.len();
        self.nodes.push(Node { rank, sequence, slot });
        self.rise(end);
    }

    /// Takes `slot` out; whether it was in.
    pub(crate) fn remove(&mut self, slot: u32) -> bool {
        let place = self.places.get(slot as usize).copied().unwrap_or(ABSENT);
        if place == ABSENT {
            return false;
        }
        let place = place as usize;
        self.nodes.swap_remove(place);
        self.places[slot as usize] = ABSENT;
        if place < self.nodes.len() {
            // The one from the end belongs further up or further down.
            let place = self.rise(place);
            self.sink(place);
        }
        true
    }

    fn rise(&mut self, mut place: usize) -> usize {
        let node = self.nodes[place];
        while place > 0 {
            let parent = (place - 1) / WIDTH;
            if self.nodes[parent].key() <= node.key() {
                break;
            }
            self.set(place, self.nodes[parent]);
            place = parent;
        }
        self.set(place, node);
        place
    }

    fn sink(&mut self, mut place: usize) {
        let node = self.nodes[place];
        loop {
            let first = place * WIDTH + 1;
            let end = (first + WIDTH).min(self.nodes.len());
            let Some(least) = (first..end).min_by_key(|child| self.nodes[*child].key()) else {
                break;
            };
            if self.nodes[least].key() >= node.key() {
                break;
            }
            self.set(place, self.nodes[least]);
            place = least;
        }
        self.set(place, node);
    }

    fn set(&mut self, place: usize, node: Node) {
        self.nodes[place] = node;
        // Slots are numbered in 32 bits, and there are no more nodes than slots.
        #[expect(clippy::cast_possible_truncation, reason = "at most as many as there are slots")]
        let number = place as u32;
        self.places[node.slot as usize] = number;
    }
}

// === impl Node ===

impl Node {
    const fn key(&self) -> (i128, u64) {
        (self.rank, self.sequence)
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
