//! How the observers of a sensor are doing.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How one observer of a sensor is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObserverHealth {
    /// How often it panicked.
    pub panics: u64,
    /// Whether it was switched off: see [`with_panic_limit`](crate::Sensor::with_panic_limit).
    pub is_off: bool,
}

/// A look at the observers of a sensor, from anywhere and at any time: see
/// [`Sensor::health`](crate::Sensor::health).
#[derive(Clone)]
pub struct SensorHealth(pub(crate) Arc<Ward>);

/// What the observers of a sensor share.
pub(crate) struct Ward {
    /// Panics after which an observer is switched off.
    pub(crate) limit: AtomicU64,
    pub(crate) charts: Mutex<Vec<Arc<Chart>>>,
}

/// What is known of one observer.
#[derive(Debug, Default)]
pub(crate) struct Chart {
    panics: AtomicU64,
    is_off: AtomicBool,
}

// === impl SensorHealth ===

impl SensorHealth {
    /// Each observer, in the order in which the sensor got them.
    pub fn observers(&self) -> Vec<ObserverHealth> {
        let charts = self.0.charts.lock().unwrap_or_else(PoisonError::into_inner);
        charts.iter().map(|chart| chart.health()).collect()
    }

    /// How often observers panicked, in all.
    pub fn panics(&self) -> u64 {
        self.observers().iter().map(|observer| observer.panics).sum()
    }
}

impl fmt::Debug for SensorHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SensorHealth").field(&self.observers()).finish()
    }
}

// === impl Ward ===

impl Ward {
    pub(crate) fn admit(&self) -> Arc<Chart> {
        let chart = Arc::<Chart>::default();
        self.charts.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&chart));
        chart
    }
}

impl Default for Ward {
    fn default() -> Self {
        Self { limit: AtomicU64::new(u64::MAX), charts: Mutex::default() }
    }
}

// === impl Chart ===

impl Chart {
    pub(crate) fn is_off(&self) -> bool {
        self.is_off.load(Ordering::Relaxed)
    }

    /// Notes a panic. Gives how many there were, and whether this one switched the observer off.
    pub(crate) fn note_panic(&self, limit: u64) -> (u64, bool) {
        let panics = self.panics.fetch_add(1, Ordering::Relaxed) + 1;
        (panics, panics >= limit && !self.is_off.swap(true, Ordering::Relaxed))
    }

    fn health(&self) -> ObserverHealth {
        ObserverHealth { panics: self.panics.load(Ordering::Relaxed), is_off: self.is_off() }
    }
}
