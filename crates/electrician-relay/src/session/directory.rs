//! Streams that a receiver knows.

use std::collections::HashMap;
use std::fmt;

/// The streams that a receiver remembers, so that a sender that connects again finds its own.
///
/// `S` is what a transport keeps for a stream, which is shared between its connection and those who
/// settle its payloads: an `Arc` of a lock around a [`ReceiverSession`](super::ReceiverSession). The
/// number is bounded: when it is full, the stream that was joined longest ago and is idle is
/// forgotten, and with it which numbers it had.
///
/// A stream is found by its id and by who is allowed to have it: a sender that guesses the id of
/// another must not get to its stream.
pub struct StreamDirectory<S> {
    streams: HashMap<(String, String), Entry<S>>,
    most: usize,
    joins: u64,
}

struct Entry<S> {
    stream: S,
    joined: u64,
}

// === impl StreamDirectory ===

impl<S: Clone> StreamDirectory<S> {
    /// For at most `streams` streams, at least one.
    pub fn new(streams: usize) -> Self {
        Self { streams: HashMap::new(), most: streams.max(1), joins: 0 }
    }

    /// The stream `id` of `principal`, which is whom authentication found, or empty. If it is not
    /// known, it is what `make` makes. `None` if there are too many, and `is_idle` says of none that
    /// it may be forgotten.
    pub fn join(
        &mut self,
        principal: &str,
        id: &str,
        make: impl FnOnce() -> S,
        is_idle: impl Fn(&S) -> bool,
    ) -> Option<S> {
        self.joins += 1;
        let key = (principal.to_owned(), id.to_owned());
        if let Some(entry) = self.streams.get_mut(&key) {
            entry.joined = self.joins;
            return Some(entry.stream.clone());
        }
        if self.streams.len() >= self.most {
            let idle = self.streams.iter().filter(|(_, entry)| is_idle(&entry.stream));
            let oldest = idle.min_by_key(|(_, entry)| entry.joined).map(|(key, _)| key.clone())?;
            self.streams.remove(&oldest);
        }
        let stream = make();
        self.streams.insert(key, Entry { stream: stream.clone(), joined: self.joins });
        Some(stream)
    }

    /// Forgets a stream, as after a close whose payloads were all settled.
    pub fn leave(&mut self, principal: &str, id: &str) {
        self.streams.remove(&(principal.to_owned(), id.to_owned()));
    }

    /// How many streams are known.
    pub fn len(&self) -> usize {
        self.streams.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// All streams, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &S> {
        self.streams.values().map(|entry| &entry.stream)
    }
}

impl<S> fmt::Debug for StreamDirectory<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (streams, most) = (self.streams.len(), self.most);
        f.debug_struct("StreamDirectory").field("streams", &streams).field("most", &most).finish()
    }
}
