//! Who tells observers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use electrician_types::{Event, Metadata, Observer};

pub(crate) struct Herald {
    pub(crate) metadata: Metadata,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

// === impl Herald ===

impl Herald {
    pub(crate) const fn is_heard(&self) -> bool {
        self.observer.is_some()
    }

    /// Tells of the event that `event` makes of the name. Not under a lock: an observer may use
    /// what it observes.
    pub(crate) fn tell<'a>(&'a self, event: impl FnOnce(&'a str) -> Event<'a>) {
        if let Some(observer) = &self.observer {
            let event = event(&self.metadata.name);
            // The law of observers: a panic ends nothing.
            drop(catch_unwind(AssertUnwindSafe(|| observer.observe(&event))));
        }
    }
}
