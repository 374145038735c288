//! What the oracle was told.

use std::collections::BTreeMap;

use electrician_types::Ledger;

use crate::oracle::Fate;
use crate::oracle::report::Finding;
use crate::trace::Trace;

#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) entries: BTreeMap<u64, Entry>,
    /// By token, the id of the item.
    pub(super) tokens: Vec<u64>,
    /// What came out in turn, by place.
    pub(super) lanes: BTreeMap<String, Vec<Trace>>,
    /// The ids of the members of every batch that was seen.
    pub(super) batches: Vec<Vec<u64>>,
    /// Items gained by taking batches apart.
    pub(super) unbatched: u64,
    pub(super) ledger: Option<Ledger>,
    pub(super) stuck: usize,
    /// What was wrong before any comparison.
    pub(super) complaints: Vec<Finding>,
}

/// One id.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) accepted: u64,
    pub(super) refused: u64,
    pub(super) tokens: Vec<u64>,
    pub(super) sightings: Vec<Sighting>,
    /// Parts that are known to have been, seen or not.
    pub(super) nodes: Vec<Trace>,
    pub(super) may_fail: Vec<Trace>,
}

#[derive(Debug)]
pub(super) struct Sighting {
    pub(super) trace: Trace,
    pub(super) fate: Fate,
    /// Whether it counts as an item: one member of a batch does.
    pub(super) is_item: bool,
}

// === impl Book ===

impl Book {
    pub(super) fn entry(&mut self, id: u64) -> &mut Entry {
        self.entries.entry(id).or_default()
    }

    pub(super) fn new_token(&mut self, id: u64) -> u64 {
        let token = self.tokens.len() as u64;
        self.tokens.push(id);
        self.entry(id).tokens.push(token);
        token
    }

    pub(super) fn see(&mut self, sighting: Sighting) {
        self.entry(sighting.trace.id()).sightings.push(sighting);
    }

    pub(super) fn see_batch(&mut self, members: &[Trace]) {
        self.batches.push(members.iter().map(Trace::id).collect());
    }

    pub(super) fn complain(&mut self, what: &'static str, detail: String) {
        self.complaints.push(Finding::new(what, detail));
    }
}
