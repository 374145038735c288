//! What a running generator shows of itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use electrician_types::{ComponentKind, Inspect, StageId, StageView};

/// What a generator has done in one run, and what it is doing.
pub(crate) struct Intake {
    id: StageId,
    name: Arc<str>,
    /// The stage it feeds.
    head: StageId,
    items: AtomicU64,
    activity: AtomicU8,
}

/// What a generator is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Activity {
    /// Not begun yet, or ended.
    Absent,
    /// Reading from its source, or opening it.
    Reading,
    /// Giving items to the pipeline, or waiting for room there.
    Feeding,
    /// Waiting before a restart.
    Pausing,
}

// === impl Intake ===

impl Intake {
    pub(crate) fn new(name: Arc<str>, head: StageId) -> Self {
        Self {
            id: StageId::next(),
            name,
            head,
            items: AtomicU64::new(0),
            activity: AtomicU8::new(Activity::Absent as u8),
        }
    }

    pub(crate) fn begin(&self, activity: Activity) {
        self.activity.store(activity as u8, Ordering::Relaxed);
    }

    /// Notes that the source has given `items` so far.
    pub(crate) fn note(&self, items: u64) {
        self.items.store(items, Ordering::Relaxed);
    }
}

impl Inspect for Intake {
    fn view(&self) -> StageView {
        let mut view = StageView::new(self.id, ComponentKind::Generator, Arc::clone(&self.name));
        view.feeds = vec![self.head];
        view.workers = 1;
        let activity = self.activity.load(Ordering::Relaxed);
        let doing = &mut view.doing;
        let is = |other: Activity| usize::from(activity == other as u8);
        doing.absent = is(Activity::Absent);
        doing.working = is(Activity::Reading);
        doing.handing_on = is(Activity::Feeding);
        doing.pausing = is(Activity::Pausing);
        let items = self.items.load(Ordering::Relaxed);
        view.ledger.accepted = items;
        view.ledger.delivered = items;
        view
    }
}
