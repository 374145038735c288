//! The sensor: several observers as one.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use electrician_types::{Event, Inspect, Observer, StageObserver};

use crate::ext::{Filtered, ObserverExt};
use crate::filter::Filter;
use crate::health::{SensorHealth, Ward};
use crate::isolate::Isolated;

/// Several observers as one: each is told every event, in the order in which they were added, and
/// none can harm another. Give it to a wire, a conduit, a generator or a breaker with
/// `with_observer`; in an [`Arc`] to several of them.
///
/// Which observers there are is known when it is compiled, so telling them costs no search, no lock
/// and no allocation.
///
/// A sensor without observers does nothing; a component without a sensor does not even ask.
#[must_use = "a sensor does nothing until a component gets it"]
pub struct Sensor<O = Silent> {
    observers: O,
    ward: Arc<Ward>,
}

/// Observes nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

/// A function as an observer: see [`Sensor::with_callback`].
pub struct Callback<F>(F);

// === impl Sensor ===

impl Sensor {
    /// A sensor without observers.
    pub fn new() -> Self {
        Self { observers: Silent, ward: Arc::default() }
    }
}

impl<O: Observer> Sensor<O> {
    /// Adds an observer of everything; [`ObserverExt`] makes it one of less.
    pub fn with_observer<P: Observer>(self, observer: P) -> Sensor<(O, Isolated<P>)> {
        let observer = Isolated::new(observer, &self.ward);
        Sensor { observers: (self.observers, observer), ward: self.ward }
    }

    /// Calls `f` for the events of `filter`: a kind, several kinds, or a [`Filter`].
    ///
    /// It is called on the threads that do the work and must not block: what takes time belongs
    /// behind [`events`](crate::events).
    ///
    /// ```
    /// use electrician_sensor::Sensor;
    /// use electrician_sensor::types::{Event, EventKind};
    ///
    /// let sensor = Sensor::new().with_callback(EventKind::Failed, |event| {
    ///     if let Event::Failed { component, error, attempts, .. } = event {
    ///         eprintln!("{component} failed after {attempts} attempts: {error}");
    ///     }
    /// });
    /// # drop(sensor);
    /// ```
    pub fn with_callback<F>(
        self,
        filter: impl Into<Filter>,
        f: F,
    ) -> Sensor<(O, Isolated<Filtered<Callback<F>>>)>
    where
        F: Fn(&Event<'_>) + Send + Sync + 'static,
    {
        self.with_observer(Callback(f).filtered(filter))
    }

    /// Switches an observer off after this many panics; 0 counts as 1. It holds for each observer
    /// by itself, and also for those that are added later. The default is never.
    pub fn with_panic_limit(self, panics: u32) -> Self {
        self.ward.limit.store(u64::from(panics.max(1)), Ordering::Relaxed);
        self
    }

    /// A look at the observers that stays when the sensor is given away.
    pub fn health(&self) -> SensorHealth {
        SensorHealth(Arc::clone(&self.ward))
    }
}

impl<O: Observer> Observer for Sensor<O> {
    fn observe(&self, event: &Event<'_>) {
        self.observers.observe(event);
    }

    fn stage(&self, stage: &Arc<dyn Inspect>) -> Option<Arc<dyn StageObserver>> {
        self.observers.stage(stage)
    }
}

impl Default for Sensor {
    fn default() -> Self {
        Self::new()
    }
}

impl<O> fmt::Debug for Sensor<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let health = SensorHealth(Arc::clone(&self.ward));
        f.debug_struct("Sensor").field("observers", &health.observers()).finish()
    }
}

// === impl Silent ===

impl Observer for Silent {
    fn observe(&self, _: &Event<'_>) {}
}

// === impl Callback ===

impl<F: Fn(&Event<'_>) + Send + Sync + 'static> Observer for Callback<F> {
    fn observe(&self, event: &Event<'_>) {
        (self.0)(event);
    }
}

impl<F> fmt::Debug for Callback<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}
