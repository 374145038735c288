//! What travels through a scenario.

use crate::fault::mix;
use crate::trace::Trace;

/// How far the ids of two producers or sources are apart.
const ORIGIN: u64 = 1 << 32;

/// How many keys there are.
pub(super) const KEYS: u64 = 5;

/// What a heavy parcel weighs: more than any budget.
const HEAVY: u64 = 1 << 20;

/// An item that knows where it comes from and what it became.
#[derive(Clone, Debug)]
pub(super) struct Parcel {
    pub(super) trace: Trace,
    pub(super) bytes: u64,
}

/// The parcels that no queue can take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Oddities {
    /// Of a thousand, how many are too heavy for any byte budget.
    pub(super) heavy: u64,
    /// Of a thousand, how many make the functions for key, size and route panic.
    pub(super) cursed: u64,
}

// === impl Parcel ===

impl Parcel {
    pub(super) fn key(&self) -> u64 {
        key_of(&self.trace)
    }
}

// === impl Oddities ===

impl Oddities {
    pub(super) fn parcel(self, id: u64) -> Parcel {
        let light = 1 + mix(id) % 8;
        let bytes = if self.is_heavy(id) { HEAVY } else { light };
        Parcel { trace: Trace::new(id), bytes }
    }

    pub(super) const fn is_heavy(self, id: u64) -> bool {
        mix(id ^ 0x48) % 1000 < self.heavy
    }

    pub(super) const fn is_cursed(self, id: u64) -> bool {
        mix(id ^ 0x43) % 1000 < self.cursed
    }
}

/// The id of number `number` of producer or source `origin`.
pub(super) const fn id(origin: u64, number: u64) -> u64 {
    origin * ORIGIN + number
}

pub(super) const fn origin_of(trace: &Trace) -> u64 {
    trace.id() / ORIGIN
}

pub(super) const fn key_of(trace: &Trace) -> u64 {
    mix(trace.id() ^ 0x4B) % KEYS
}
