//! Keys of payloads that were seen.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The last so many keys of payloads that were processed, and those of payloads that are under way.
///
/// Streams share it, so that a payload is recognised which comes again on another stream: after its
/// sender was restarted, for example. Keys are kept as 128 bits of two keyed hashes, so that a key
/// that somebody else chose is as good as any. Memory is allocated once, about 60 bytes for each
/// key, and nothing survives a restart of the receiver.
pub struct DedupeKeys {
    hashers: [RandomState; 2],
    inner: Mutex<Inner>,
}

/// A key, hashed.
pub(super) type Hashed = u128;

/// What is known of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Nothing. It is under way from now on.
    New,
    UnderWay,
    Processed,
    /// Nothing, and there is no room to remember it: too much is under way.
    Full,
}

struct Inner {
    /// Whether it was processed.
    keys: HashMap<Hashed, bool>,
    /// Those that were processed, oldest first.
    processed: VecDeque<Hashed>,
    /// As many again may be under way.
    most: usize,
}

// === impl DedupeKeys ===

impl DedupeKeys {
    /// Remembers the last `keys` that were processed, at least one. As many may be under way.
    pub fn new(keys: usize) -> Self {
        let most = keys.max(1);
        let inner = Inner {
            keys: HashMap::with_capacity(2 * most),
            processed: VecDeque::with_capacity(most),
            most,
        };
        Self { hashers: [RandomState::new(), RandomState::new()], inner: Mutex::new(inner) }
    }

    /// How many keys were processed and are remembered.
    pub fn len(&self) -> usize {
        self.inner().processed.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn hash(&self, key: &str) -> Hashed {
        let [high, low] = self.hashers.each_ref().map(|hasher| u128::from(hasher.hash_one(key)));
        high << 64 | low
    }

    /// Marks the key as under way, if it is new.
    pub(super) fn begin(&self, key: Hashed) -> Known {
        let mut inner = self.inner();
        match inner.keys.get(&key) {
            Some(true) => Known::Processed,
            Some(false) => Known::UnderWay,
            None if inner.keys.len() - inner.processed.len() >= inner.most => Known::Full,
            None => {
                inner.keys.insert(key, false);
                Known::New
            }
        }
    }

    /// What was under way is done, or is not.
    pub(super) fn end(&self, key: Hashed, is_processed: bool) {
        let mut inner = self.inner();
        if !is_processed {
            inner.keys.remove(&key);
            return;
        }
        if inner.processed.len() == inner.most
            && let Some(oldest) = inner.processed.pop_front()
        {
            inner.keys.remove(&oldest);
        }
        inner.keys.insert(key, true);
        inner.processed.push_back(key);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here is left half done by a panic.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for DedupeKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DedupeKeys").field("processed", &self.len()).finish_non_exhaustive()
    }
}
