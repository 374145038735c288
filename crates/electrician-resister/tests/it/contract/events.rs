//! Observers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_testkit::VirtualClock;
use electrician_types::{Batch, Event};

use super::{Queue, Spec, for_both};

for_both!(
    a_call_is_one_event,
    the_last_one_out_empties_the_queue,
    what_comes_back_is_told,
    the_overdue_are_told,
    an_observer_that_panics_ends_nothing,
);

/// What an observer was told.
#[derive(Clone, Default)]
pub(crate) struct Log {
    told: Arc<Mutex<Vec<String>>>,
    panics: bool,
}

impl Log {
    pub(crate) fn observer(&self) -> impl Fn(&Event<'_>) + Send + Sync + 'static {
        let log = self.clone();
        move |event| {
            let (name, text) = match *event {
                Event::Queued { component, items } => (component, format!("+{items}")),
                Event::Requeued { component, items } => (component, format!("again {items}")),
                Event::Dequeued { component, items } => (component, format!("-{items}")),
                Event::Emptied { component } => (component, "empty".to_owned()),
                Event::Expired { component, items } => (component, format!("overdue {items}")),
                Event::Exhausted { component, items } => (component, format!("exhausted {items}")),
                _ => panic!("{event:?}"),
            };
            assert_eq!(name, "line");
            log.told.lock().unwrap().push(text);
            assert!(!log.panics, "as it was told to");
        }
    }

    /// What was told since the last time.
    fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.told.lock().unwrap())
    }
}

fn observed<Q: Queue>() -> (Q, Log, VirtualClock) {
    let (log, clock) = (Log::default(), VirtualClock::new());
    let spec = Spec {
        capacity: 8,
        max_attempts: Some(2),
        log: Some(log.clone()),
        clock: clock.clone(),
        ..Spec::default()
    };
    (Q::make(&spec), log, clock)
}

fn a_call_is_one_event<Q: Queue>() {
    let (queue, log, _clock) = observed::<Q>();
    let mut batch: Batch<String> = Batch::new();
    batch.extend(["a", "b", "c"].map(str::to_owned).map(electrician_types::Item::new));
    queue.try_push_batch(&mut batch, 0).unwrap();
    queue.try_push("d".to_owned(), (0, "name")).unwrap();
    queue.try_push("D".to_owned(), (0, "name")).unwrap();
    assert_eq!(log.told(), ["+3", "+1", "+1"], "one that replaces is queued as well");
    let _ = (queue.len(), queue.counters(), queue.expired_len());
    assert_eq!(log.told(), [""; 0], "a look is no event");
}

fn the_last_one_out_empties_the_queue<Q: Queue>() {
    let (queue, log, _clock) = observed::<Q>();
    assert!(queue.try_pop().is_none());
    queue.fill(&["a", "b"], 0);
    log.told();
    queue.try_pop().unwrap().accept();
    assert_eq!(log.told(), ["-1"]);
    queue.try_pop().unwrap().accept();
    assert!(queue.try_pop().is_none());
    assert_eq!(log.told(), ["-1", "empty"]);
    queue.fill(&["c"], 0);
    queue.drain();
    assert_eq!(log.told()[..2], ["+1", "-1"]);
}

fn what_comes_back_is_told<Q: Queue>() {
    let (queue, log, _clock) = observed::<Q>();
    queue.fill(&["poison"], 0);
    for _ in 0..2 {
        let element = queue.try_pop().unwrap();
        queue.requeue(element).unwrap();
    }
    assert_eq!(log.told(), ["+1", "-1", "empty", "again 1", "-1", "empty", "exhausted 1"]);
}

fn the_overdue_are_told<Q: Queue>() {
    let (queue, log, clock) = observed::<Q>();
    let placement = electrician_resister::Placement::new(0).with_ttl(Duration::from_secs(1));
    for value in ["a", "b"] {
        queue.try_push(value.to_owned(), placement.clone()).unwrap();
    }
    log.told();
    clock.advance(Duration::from_secs(1));
    assert!(queue.try_pop().is_none());
    assert_eq!(log.told(), ["overdue 2", "empty"]);
    assert_eq!(queue.drain_expired().len(), 2);
    assert_eq!(log.told(), [""; 0], "they were told of");
}

fn an_observer_that_panics_ends_nothing<Q: Queue>() {
    let log = Log { panics: true, ..Log::default() };
    let queue = Q::make(&Spec { capacity: 8, log: Some(log.clone()), ..Spec::default() });
    queue.fill(&["a", "b"], 0);
    assert_eq!(queue.rest(), ["a", "b"]);
    assert_eq!(log.told(), ["+1", "+1", "-1", "-1", "empty"]);
}
