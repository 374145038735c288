//! Who tells observers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use electrician_types::{Event, Metadata, Observer};

use crate::Counters;

pub(crate) struct Herald {
    pub(crate) metadata: Metadata,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

/// What has happened since the observer was told last, as counts of elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct News {
    queued: u64,
    requeued: u64,
    dequeued: u64,
    expired: u64,
    exhausted: u64,
    is_emptied: bool,
}

// === impl Herald ===

impl Herald {
    pub(crate) const fn is_heard(&self) -> bool {
        self.observer.is_some()
    }

    /// Tells what there is to tell. Not under a lock: an observer may use the queue.
    pub(crate) fn tell(&self, news: News) {
        let Some(observer) = &self.observer else { return };
        let component = &*self.metadata.name;
        let News { queued, requeued, dequeued, expired, exhausted, is_emptied } = news;
        let events = [
            (queued, Event::Queued { component, items: queued }),
            (requeued, Event::Requeued { component, items: requeued }),
            (dequeued, Event::Dequeued { component, items: dequeued }),
            (expired, Event::Expired { component, items: expired }),
            (exhausted, Event::Exhausted { component, items: exhausted }),
            (u64::from(is_emptied), Event::Emptied { component }),
        ];
        for (_, event) in events.iter().filter(|(count, _)| *count > 0) {
            // The law of observers: a panic ends nothing.
            drop(catch_unwind(AssertUnwindSafe(|| observer.observe(event))));
        }
    }
}

// === impl News ===

impl News {
    /// What happened between two looks at the counters; `is_empty` is said of the later one.
    pub(crate) fn between(before: &Counters, after: &Counters, is_empty: bool) -> Option<Self> {
        if before == after {
            return None;
        }
        let out = |counters: &Counters| counters.popped + counters.drained;
        let (dequeued, expired) = (out(after) - out(before), after.expired - before.expired);
        Some(Self {
            queued: after.pushed + after.replaced - before.pushed - before.replaced,
            requeued: after.requeued - before.requeued,
            dequeued,
            expired,
            exhausted: after.exhausted - before.exhausted,
            is_emptied: is_empty && dequeued + expired > 0,
        })
    }
}
