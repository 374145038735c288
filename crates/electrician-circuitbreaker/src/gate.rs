//! What every caller looks at: the phase in one word.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::state::{Machine, Phase};
use crate::window::nanos;

/// The machine's phase, for those who do not hold its lock. Written by those who do.
///
/// It has a cache line (or two, where they come in pairs) of its own: while the breaker is closed
/// and well nobody writes here, so every core has a copy.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Gate {
    word: AtomicU64,
    /// Until when it is open, in nanoseconds from `origin`; [`NEVER`] if only a reset ends it.
    until: AtomicU64,
    origin: Instant,
}

/// A look at the gate: the lowest two bits are the phase, the next says whether a success counts,
/// the others are the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look(u64);

const NEVER: u64 = u64::MAX;

const CLOSED: u64 = 0;
const OPEN: u64 = 1;
/// Half-open, and there are places for probes.
const PROBING: u64 = 2;
/// Half-open, and every probe is out.
const FULL: u64 = 3;
const PHASE: u64 = 0b011;
const HEEDS_SUCCESS: u64 = 0b100;
const EPOCH_SHIFT: u32 = 3;

// === impl Gate ===

impl Gate {
    pub(crate) fn new(machine: &Machine, origin: Instant) -> Self {
        let gate = Self { word: AtomicU64::new(CLOSED), until: AtomicU64::new(NEVER), origin };
        gate.show(machine);
        gate
    }

    #[inline]
    pub(crate) fn look(&self) -> Look {
        Look(self.word.load(Ordering::Acquire))
    }

    /// Until when it is open. Only after a [`look`](Self::look) that found it so: then it is the
    /// end of that opening or of a later one.
    pub(crate) fn until(&self) -> Option<Instant> {
        match self.until.load(Ordering::Relaxed) {
            NEVER => None,
            until => self.origin.checked_add(Duration::from_nanos(until)),
        }
    }

    /// Shows the state of the machine, whose lock the caller holds.
    pub(crate) fn show(&self, machine: &Machine) {
        let phase = match machine.phase() {
            Phase::Closed => CLOSED,
            Phase::Open(until) => {
                let from_origin = |until: Instant| until.saturating_duration_since(self.origin);
                // Relaxed: the store of the word below publishes it.
                self.until.store(
                    until.map_or(NEVER, |until| nanos(from_origin(until))),
                    Ordering::Relaxed,
                );
                OPEN
            }
            Phase::HalfOpen(_) if machine.places() > 0 => PROBING,
            Phase::HalfOpen(_) => FULL,
        };
        let heeds = if machine.heeds_success() { HEEDS_SUCCESS } else { 0 };
        let word = machine.epoch() << EPOCH_SHIFT | heeds | phase;
        // Not written if it says so already: other cores keep their copies.
        if self.word.load(Ordering::Relaxed) != word {
            self.word.store(word, Ordering::Release);
        }
    }
}

// === impl Look ===

impl Look {
    /// As a number, for those who keep it for the breaker.
    #[inline]
    pub(crate) const fn to_word(self) -> u64 {
        self.0
    }

    #[inline]
    pub(crate) const fn from_word(word: u64) -> Self {
        Self(word)
    }

    /// Under which the probes of `epoch` go out.
    pub(crate) const fn probing(epoch: u64) -> Self {
        Self(epoch << EPOCH_SHIFT | PROBING)
    }

    /// Whether it is closed and a success changes nothing. Then no window is kept, and nobody cares
    /// how long a call takes.
    #[inline]
    pub(crate) const fn is_idle(self) -> bool {
        self.0 & (PHASE | HEEDS_SUCCESS) == CLOSED
    }

    /// Whether there are places for probes.
    #[inline]
    pub(crate) const fn is_probing(self) -> bool {
        self.0 & PHASE == PROBING
    }

    #[inline]
    pub(crate) const fn is_closed(self) -> bool {
        self.0 & PHASE == CLOSED
    }

    pub(crate) const fn is_open(self) -> bool {
        self.0 & PHASE == OPEN
    }

    pub(crate) const fn is_full(self) -> bool {
        self.0 & PHASE == FULL
    }

    pub(crate) const fn heeds_success(self) -> bool {
        self.0 & HEEDS_SUCCESS != 0
    }

    pub(crate) const fn epoch(self) -> u64 {
        self.0 >> EPOCH_SHIFT
    }
}
