//! What every component says about itself.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A component's kind, name and id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// What it is.
    pub kind: ComponentKind,
    /// The name its user gave it. Shows in errors, logs and pictures; need not be unique.
    pub name: Arc<str>,
    /// Unique to this component in this process, and with near certainty beyond.
    pub id: ComponentId,
}

/// The kinds of component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ComponentKind {
    /// A stage with workers.
    Wire,
    /// A chain of stages.
    Conduit,
    /// A supervised source.
    Generator,
    /// Where items end.
    Sink,
    /// Where items leave a run for whoever reads them.
    Output,
    /// What stops calls to something that fails.
    CircuitBreaker,
    /// What limits how much is admitted, and when.
    SurgeProtector,
    /// What limits how much is under way.
    Bulkhead,
    /// Where items wait for their turn.
    Resister,
}

/// A 128-bit identity, printed as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ComponentId(u128);

// === impl Metadata ===

impl Metadata {
    /// Metadata with a new id.
    pub fn new(kind: ComponentKind, name: impl Into<Arc<str>>) -> Self {
        Self { kind, name: name.into(), id: ComponentId::random() }
    }
}

// === impl ComponentId ===

impl ComponentId {
    fn random() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        // The standard library seeds every `RandomState` from the system's entropy; the count
        // keeps two ids of one process apart whatever the seed.
        let seed = RandomState::new();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let high = u128::from(seed.hash_one(count));
        let low = u128::from(seed.hash_one((count, "component")));
        Self(high << 64 | low)
    }
}

impl fmt::Display for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// === impl ComponentKind ===

impl fmt::Display for ComponentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wire => "WIRE",
            Self::Conduit => "CONDUIT",
            Self::Generator => "GENERATOR",
            Self::Sink => "SINK",
            Self::Output => "OUTPUT",
            Self::CircuitBreaker => "CIRCUIT_BREAKER",
            Self::SurgeProtector => "SURGE_PROTECTOR",
            Self::Bulkhead => "BULKHEAD",
            Self::Resister => "RESISTER",
        })
    }
}
