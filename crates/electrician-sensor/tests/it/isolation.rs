//! An observer that panics harms nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use electrician_sensor::Sensor;
use electrician_sensor::types::{
    BatchReport, Event, EventKind, Finished, Inspect, Observer, StageObserver, TraceContext,
};
use electrician_wire::Wire;

use crate::support::{Diary, started};

const HARMLESS: &str = "this one is blind";

#[test]
fn the_others_are_told_and_panics_are_counted() {
    let (before, after) = (Diary::default(), Diary::default());
    let sensor = Sensor::new()
        .with_observer(before.clone())
        .with_callback(EventKind::Started, |_| panic!("{HARMLESS}"))
        .with_observer(after.clone());
    let health = sensor.health();
    for _ in 0..5 {
        sensor.observe(&started("price"));
        sensor.observe(&Event::Reset { component: "price" });
    }
    assert_eq!((before.len(), after.len()), (10, 10));
    let panics: Vec<_> = health.observers().iter().map(|one| (one.panics, one.is_off)).collect();
    assert_eq!(panics, [(0, false), (5, false), (0, false)]);
    assert_eq!(health.panics(), 5);
}

#[test]
fn who_panics_too_often_is_switched_off_and_nobody_else() {
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    let after = Diary::default();
    let sensor = Sensor::new()
        .with_callback([EventKind::Started], move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            panic!("{HARMLESS}")
        })
        .with_panic_limit(3)
        .with_observer(after.clone());
    let health = sensor.health();
    for _ in 0..10 {
        sensor.observe(&started("price"));
    }
    assert_eq!(calls.load(Ordering::Relaxed), 3);
    assert_eq!(after.len(), 10);
    let [first, second] = health.observers()[..] else { panic!("{health:?}") };
    assert_eq!((first.panics, first.is_off), (3, true));
    assert_eq!((second.panics, second.is_off), (0, false));
}

#[test]
fn a_limit_of_zero_is_a_limit_of_one() {
    let sensor = Sensor::new()
        .with_callback(EventKind::Started, |_| panic!("{HARMLESS}"))
        .with_panic_limit(0);
    sensor.observe(&started("price"));
    sensor.observe(&started("price"));
    assert_eq!(sensor.health().panics(), 1);
}

/// What is thrown panics again when it is dropped.
struct Bomb(u8);

impl Drop for Bomb {
    fn drop(&mut self) {
        if self.0 > 0 {
            std::panic::panic_any(Bomb(self.0 - 1));
        }
    }
}

#[test]
fn what_is_thrown_may_panic_as_well() {
    let after = Diary::default();
    let sensor = Sensor::new()
        .with_callback(EventKind::Started, |_| std::panic::panic_any(Bomb(2)))
        .with_observer(after.clone());
    sensor.observe(&started("price"));
    assert_eq!((sensor.health().panics(), after.len()), (1, 1));
}

/// Panics wherever it can.
#[derive(Clone, Copy)]
struct Blind {
    shows_stages: bool,
}

impl Observer for Blind {
    fn observe(&self, _: &Event<'_>) {
        panic!("{HARMLESS}");
    }

    fn stage(&self, _: &Arc<dyn Inspect>) -> Option<Arc<dyn StageObserver>> {
        assert!(self.shows_stages, "{HARMLESS}");
        Some(Arc::new(*self))
    }
}

impl StageObserver for Blind {
    fn batch(&self, _: &BatchReport<'_>) {
        panic!("{HARMLESS}");
    }

    fn waited(&self, _: Duration) {
        panic!("{HARMLESS}");
    }

    fn finished(&self, _: &Finished) {
        panic!("{HARMLESS}");
    }

    fn sample_every(&self) -> Duration {
        panic!("{HARMLESS}");
    }

    fn begin_trace(&self) -> Option<TraceContext> {
        panic!("{HARMLESS}");
    }

    fn wants_traces(&self) -> bool {
        panic!("{HARMLESS}");
    }
}

/// Counts the items in its stages' batches.
#[derive(Clone, Default)]
struct Items(Arc<AtomicU64>);

impl Observer for Items {
    fn observe(&self, _: &Event<'_>) {}

    fn stage(&self, _: &Arc<dyn Inspect>) -> Option<Arc<dyn StageObserver>> {
        Some(Arc::new(self.clone()))
    }
}

impl StageObserver for Items {
    fn batch(&self, batch: &BatchReport<'_>) {
        self.0.fetch_add(batch.taken, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn it_holds_for_what_watches_stages() {
    for shows_stages in [false, true] {
        let items = Items::default();
        let sensor =
            Sensor::new().with_observer(Blind { shows_stages }).with_observer(items.clone());
        let health = sensor.health();
        let wire = Wire::map("same", |n: u64| n).with_observer(sensor).build().unwrap();
        let running = wire.start().unwrap();
        running.submit_batch(&mut (0..100).collect()).await.unwrap();
        let stopped = running.stop(Duration::from_secs(5)).await;
        assert!(stopped.ledger.is_balanced());
        assert_eq!(items.0.load(Ordering::Relaxed), 100);
        let [blind, other] = health.observers()[..] else { panic!("{health:?}") };
        assert!(blind.panics > 2, "{blind:?}");
        assert_eq!(other.panics, 0);
    }
}
