//! What is counted from events rather than from the account.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::snapshot::{EventCounts, GuardEvents};

/// Counts of events. Times are since the meter's epoch.
#[derive(Debug)]
pub(crate) struct Events {
    pub(crate) sources_started: AtomicU64,
    pub(crate) sources_ended: AtomicU64,
    pub(crate) sources_failed: AtomicU64,
    pub(crate) restarts: AtomicU64,
    pub(crate) sink_failures: AtomicU64,
    guards: Mutex<Vec<Guard>>,
    limit: usize,
}

#[derive(Debug)]
pub(crate) struct Guard {
    pipeline: Arc<str>,
    name: Arc<str>,
    is_tripped: bool,
    trips: u64,
    half_opens: u64,
    resets: u64,
    tripped_at: Option<Duration>,
    reset_at: Option<Duration>,
    probes_at: Option<Duration>,
}

// === impl Events ===

impl Events {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            sources_started: AtomicU64::new(0),
            sources_ended: AtomicU64::new(0),
            sources_failed: AtomicU64::new(0),
            restarts: AtomicU64::new(0),
            sink_failures: AtomicU64::new(0),
            guards: Mutex::default(),
            limit,
        }
    }

    pub(crate) fn counts(&self) -> EventCounts {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        EventCounts {
            sources_started: load(&self.sources_started),
            sources_ended: load(&self.sources_ended),
            sources_failed: load(&self.sources_failed),
            restarts: load(&self.restarts),
            sink_failures: load(&self.sink_failures),
        }
    }

    /// Changes what is known of a guard, if there is place for it.
    pub(crate) fn guard(&self, pipeline: &Arc<str>, name: &str, change: impl FnOnce(&mut Guard)) {
        let mut guards = self.lock();
        let is = |guard: &Guard| guard.pipeline == *pipeline && &*guard.name == name;
        if let Some(at) = guards.iter().position(is) {
            change(&mut guards[at]);
        } else if guards.len() < self.limit {
            let mut guard = Guard::new(Arc::clone(pipeline), name.into());
            change(&mut guard);
            guards.push(guard);
        }
    }

    pub(crate) fn guards(&self, now: Duration) -> Vec<GuardEvents> {
        self.lock().iter().map(|guard| guard.show(now)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Guard>> {
        self.guards.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Guard ===

impl Guard {
    const fn new(pipeline: Arc<str>, name: Arc<str>) -> Self {
        Self {
            pipeline,
            name,
            is_tripped: false,
            trips: 0,
            half_opens: 0,
            resets: 0,
            tripped_at: None,
            reset_at: None,
            probes_at: None,
        }
    }

    pub(crate) fn trip(&mut self, now: Duration, open_for: Option<Duration>) {
        self.is_tripped = true;
        self.trips += 1;
        self.tripped_at = Some(now);
        self.probes_at = open_for.map(|time| now.saturating_add(time));
    }

    pub(crate) const fn half_open(&mut self) {
        self.half_opens += 1;
        self.probes_at = None;
    }

    pub(crate) const fn reset(&mut self, now: Duration) {
        self.is_tripped = false;
        self.resets += 1;
        self.reset_at = Some(now);
        self.probes_at = None;
    }

    fn show(&self, now: Duration) -> GuardEvents {
        let since = |at: Option<Duration>| at.map(|at| now.saturating_sub(at));
        GuardEvents {
            pipeline: Arc::clone(&self.pipeline),
            name: Arc::clone(&self.name),
            is_tripped: self.is_tripped,
            trips: self.trips,
            half_opens: self.half_opens,
            resets: self.resets,
            since_trip: since(self.tripped_at),
            since_reset: since(self.reset_at),
            until_probe: self.probes_at.map(|at| at.saturating_sub(now)),
        }
    }
}
