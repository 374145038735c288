//! Who watches ends nothing and keeps nothing.

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use electrician_testkit::Recorder;
use electrician_wire::types::{
    BatchReport, Event, Finished, Inspect, Observer, StageObserver, TraceContext,
};
use electrician_wire::{DeadLetter, Retry, Wire, dead_letters};

use crate::support::{Record, balanced, ms, settle, soon, stop, values};

#[tokio::test(start_paused = true)]
async fn a_stage_is_gone_when_its_run_is_over() {
    let recorder = Recorder::new();
    let wire = Wire::map("watched", |n: u64| n).with_observer(recorder.clone()).build().unwrap();
    let running = wire.start().unwrap();
    let inlet = running.inlet();
    running.submit(1).await.unwrap();
    settle().await;
    let first = recorder.stages();
    assert!(first.iter().all(|stage| stage.view().is_some()));
    let stopped = stop(running).await;
    for stage in &first {
        assert!(stage.view().is_none(), "{stage:?} is kept by a cycle");
    }
    // A second run has stages of its own.
    let running = stopped.component.start().unwrap();
    let second = recorder.stages().split_off(first.len());
    assert_eq!(second.len(), first.len());
    assert!(second.iter().zip(&first).all(|(new, old)| new.first().id != old.first().id));
    drop((stop(running).await, inlet));
    assert!(second.iter().all(|stage| stage.view().is_none()));
}

#[tokio::test(start_paused = true)]
async fn also_when_the_run_is_dropped_and_items_are_inside() {
    let (recorder, record) = (Recorder::new(), Record::new());
    let wire = Wire::async_by_ref("watched", async |_: &u64| {
        std::future::pending::<Result<u64, String>>().await
    });
    let wire = wire.with_concurrency(2).with_observer(recorder.clone()).build().unwrap();
    let running = wire.start().unwrap();
    for token in 0..5 {
        running.submit_item(record.item(token, token)).await.unwrap();
        settle().await;
    }
    let inlet = running.inlet();
    drop(running);
    settle().await;
    assert!(recorder.stages().iter().all(|stage| stage.view().is_none()));
    assert_eq!(record.counts(), (0, 5));
    let finished = recorder.stage_named("watched").finished();
    assert_eq!(finished.len(), 1, "the sampled one is over, too");
    drop(inlet);
}

/// Looks at its stage when that says that it stops.
#[derive(Clone, Default)]
struct LastLook {
    stage: Arc<Mutex<Option<Weak<dyn Inspect>>>>,
    seen: Arc<Mutex<Vec<u64>>>,
}

impl Observer for LastLook {
    fn observe(&self, event: &Event<'_>) {
        if matches!(event, Event::Stopped { .. }) {
            let stage = self.stage.lock().unwrap().clone().and_then(|stage| stage.upgrade());
            self.seen.lock().unwrap().extend(stage.map(|stage| stage.view().ledger.delivered));
        }
    }

    fn stage(&self, stage: &Arc<dyn Inspect>) -> Option<Arc<dyn StageObserver>> {
        self.stage.lock().unwrap().get_or_insert_with(|| Arc::downgrade(stage));
        None
    }
}

#[tokio::test(start_paused = true)]
async fn when_it_says_that_it_stops_it_can_be_seen_a_last_time() {
    let look = LastLook::default();
    let wire = Wire::map("watched", |n: u64| n).with_observer(look.clone()).build().unwrap();
    let running = wire.start().unwrap();
    running.submit_batch(&mut vec![1, 2, 3]).await.unwrap();
    drop(stop(running).await);
    assert_eq!(*look.seen.lock().unwrap(), [3]);
}

/// Panics at everything it is asked.
#[derive(Clone, Copy)]
struct Blind;

impl Observer for Blind {
    fn observe(&self, _: &Event<'_>) {
        panic!("blind");
    }

    fn stage(&self, _: &Arc<dyn Inspect>) -> Option<Arc<dyn StageObserver>> {
        Some(Arc::new(Self))
    }
}

impl StageObserver for Blind {
    fn batch(&self, _: &BatchReport<'_>) {
        panic!("blind to batches");
    }

    fn waited(&self, _: Duration) {
        panic!("blind to waits");
    }

    fn finished(&self, _: &Finished) {
        panic!("blind to ends");
    }

    fn begin_trace(&self) -> Option<TraceContext> {
        panic!("blind to traces");
    }

    fn sample_every(&self) -> Duration {
        Duration::ZERO
    }

    fn wants_traces(&self) -> bool {
        true
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_panics_harms_nothing() {
    let (port, mut letters) = dead_letters(64);
    let record = Record::new();
    let wire =
        Wire::by_ref("watched", |n: &u64| if n.is_multiple_of(5) { Err("fives") } else { Ok(*n) });
    let wire = wire.with_workers(2).ordered().with_retry(Retry::fixed(1, ms(1)));
    let wire = wire.with_dead_letters(port).with_observer(Blind).build().unwrap();
    let running = wire.start().unwrap();
    for token in 0..50 {
        running.submit_item(record.item(token, token)).await.unwrap();
        settle().await;
    }
    let stopped = soon(running.stop(Duration::MAX)).await;
    let ledger = balanced(&stopped);
    assert_eq!((ledger.dead_lettered, ledger.retried, ledger.abandoned), (10, 10, 0));
    assert_eq!(values(stopped.outputs), (0..50).filter(|n| n % 5 != 0).collect::<Vec<u64>>());
    let lost: Vec<_> = std::iter::from_fn(|| letters.try_recv()).map(DeadLetter::accept).collect();
    assert_eq!(lost.len(), 10);
    assert_eq!(record.counts(), (50, 0));
}
