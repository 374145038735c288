//! Who has subscribed to what.

use std::collections::{BTreeMap, HashMap};

use super::{Filter, MemberId};

/// Subscriptions by what they are for.
#[derive(Debug, Default)]
pub(super) struct Index {
    channels: Names,
    prefixes: Names,
    topics: Names,
    /// The lengths that prefixes have, and how many names of each: only these are looked up.
    lengths: BTreeMap<usize, usize>,
}

type Names = HashMap<String, Vec<Key>>;

/// A subscription: whose, and its number.
pub(super) type Key = (MemberId, u64);

// === impl Index ===

impl Index {
    pub(super) fn insert(&mut self, filter: &Filter, key: Key) {
        let (names, name) = self.names(filter);
        let is_new = !names.contains_key(name);
        names.entry(name.clone()).or_default().push(key);
        if let (Filter::Prefix(prefix), true) = (filter, is_new) {
            *self.lengths.entry(prefix.len()).or_default() += 1;
        }
    }

    pub(super) fn remove(&mut self, filter: &Filter, key: Key) {
        let (names, name) = self.names(filter);
        let Some(keys) = names.get_mut(name) else { return };
        keys.retain(|other| *other != key);
        if !keys.is_empty() {
            return;
        }
        names.remove(name);
        if let Filter::Prefix(prefix) = filter
            && let Some(count) = self.lengths.get_mut(&prefix.len())
        {
            *count -= 1;
            if *count == 0 {
                self.lengths.remove(&prefix.len());
            }
        }
    }

    fn names<'a, 'b>(&'a mut self, filter: &'b Filter) -> (&'a mut Names, &'b String) {
        match filter {
            Filter::Channel(name) => (&mut self.channels, name),
            Filter::Prefix(prefix) => (&mut self.prefixes, prefix),
            Filter::Topic(name) => (&mut self.topics, name),
        }
    }

    /// Adds the subscriptions that fit, in no order.
    pub(super) fn find(&self, channel: &str, topic: &str, found: &mut Vec<Key>) {
        let mut add = |keys: Option<&Vec<Key>>| found.extend(keys.into_iter().flatten());
        if !channel.is_empty() {
            add(self.channels.get(channel));
            for length in self.lengths.range(..=channel.len()).map(|(length, _)| *length) {
                add(channel.get(..length).and_then(|prefix| self.prefixes.get(prefix)));
            }
        }
        if !topic.is_empty() {
            add(self.topics.get(topic));
        }
    }
}
