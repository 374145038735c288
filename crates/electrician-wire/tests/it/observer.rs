//! Watching a run: what is told, and that a watcher harms nothing.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use electrician_wire::types::{
    BatchReport, Clock, Event, Inspect, Ledger, Observer, StageObserver, Timer,
};
use electrician_wire::{Batching, DeadLetter, Retry, RuntimeClock, Wire, dead_letters};

use crate::support::{balanced, ms, settle, soon, stop, values};

/// What was seen, without what it borrowed.
#[derive(Clone, Debug, PartialEq)]
enum Seen {
    Started(String, usize),
    Processed(usize, usize),
    Retrying(u32, Duration, String),
    Failed(u32, String, bool),
    Stopped(Ledger),
}

#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<Seen>>>);

impl Diary {
    fn seen(&self) -> Vec<Seen> {
        self.0.lock().unwrap().clone()
    }
}

impl Observer for Diary {
    fn observe(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push(match *event {
            Event::Started { component, workers } => Seen::Started(component.into(), workers),
            Event::Processed { taken, emitted, .. } => Seen::Processed(taken, emitted),
            Event::Retrying { attempt, after, error, .. } => {
                Seen::Retrying(attempt, after, error.to_string())
            }
            Event::Failed { attempts, error, dead_lettered, .. } => {
                Seen::Failed(attempts, error.to_string(), dead_lettered)
            }
            Event::Stopped { ledger, .. } => Seen::Stopped(*ledger),
            _ => panic!("a kind of event that a wire does not have: {event:?}"),
        });
    }
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_event_is_seen_in_its_place() {
    let diary = Diary::default();
    let (port, _letters) = dead_letters(8);
    let wire = Wire::by_ref("watched", |n: &u64| match n {
        3 => Err("three"),
        _ => Ok(*n),
    })
    .with_workers(1)
    .with_retry(Retry::fixed(1, ms(5)))
    .with_parked(0)
    .with_dead_letters(port)
    .with_observer(diary.clone());
    let running = wire.build().unwrap().start().unwrap();
    settle().await;
    assert_eq!(diary.seen(), [Seen::Started("watched".into(), 1)]);
    running.submit_batch(&mut (0..6).collect()).await.unwrap();
    let stopped = stop(running).await;
    let seen = diary.seen();
    let [started, retrying, first, failed, second, last] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!(*started, Seen::Started("watched".into(), 1));
    assert!(matches!(retrying, Seen::Retrying(1, wait, error)
        if *wait == ms(5) && error.contains("three")));
    assert_eq!(*failed, Seen::Failed(2, "watched: three".into(), true));
    let parts = [first, second].map(Clone::clone);
    assert_eq!(parts, [Seen::Processed(3, 3), Seen::Processed(3, 2)], "before the wait, and after");
    assert_eq!(*last, Seen::Stopped(stopped.stages[0].ledger));
    assert!(stopped.stages[0].ledger.is_balanced());
}

#[tokio::test(start_paused = true)]
async fn batches_add_up_to_the_account() {
    for ordered in [false, true] {
        let diary = Diary::default();
        let wire = Wire::new_async("watched", |n: u64| async move {
            tokio::time::sleep(ms(n * 7 % 5)).await;
            if n.is_multiple_of(9) { Err("nines") } else { Ok(n) }
        })
        .filter(|n| n % 4 != 0)
        .flat_map(|n| [n; 2])
        .with_concurrency(4)
        .with_observer(diary.clone());
        let wire = if ordered { wire.ordered() } else { wire };
        let running = wire.build().unwrap().start().unwrap();
        running.submit_batch(&mut (0..100).collect()).await.unwrap();
        let stopped = stop(running).await;
        let (mut taken, mut emitted, mut failed) = (0, 0, 0);
        for event in diary.seen() {
            match event {
                Seen::Processed(t, e) => (taken, emitted) = (taken + t, emitted + e),
                Seen::Failed(1, _, false) => failed += 1,
                Seen::Started(..) | Seen::Stopped(_) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((taken, emitted), (100, stopped.outputs.len()));
        assert_eq!(failed, stopped.ledger.failed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_without_a_port_is_told_as_such() {
    let diary = Diary::default();
    let wire = Wire::new("watched", |_: u64| Err::<u64, _>("no")).with_observer(diary.clone());
    let running = wire.build().unwrap().start().unwrap();
    running.submit(1).await.unwrap();
    drop(stop(running).await);
    assert!(diary.seen().contains(&Seen::Failed(1, "watched: no".into(), false)));
}

#[tokio::test(start_paused = true)]
async fn batching_is_watched_too() {
    let diary = Diary::default();
    let wire = Wire::batch("watched", Batching::<u64>::items(3)).with_observer(diary.clone());
    let running = wire.build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..7).collect()).await.unwrap();
    drop(stop(running).await);
    let (mut taken, mut emitted) = (0, 0);
    for event in diary.seen() {
        if let Seen::Processed(t, e) = event {
            (taken, emitted) = (taken + t, emitted + e);
        }
    }
    assert_eq!((taken, emitted), (7, 3));
}

#[tokio::test(start_paused = true)]
async fn closures_and_pairs_watch() {
    let (first, second) = (Diary::default(), Diary::default());
    let copy = second.clone();
    let closure = move |event: &Event<'_>| copy.observe(event);
    let wire = Wire::map("watched", |n: u64| n).with_observer((first.clone(), closure));
    let running = wire.build().unwrap().start().unwrap();
    running.submit(1).await.unwrap();
    drop(stop(running).await);
    assert!(!first.seen().is_empty());
    assert_eq!(first.seen(), second.seen());
}

#[tokio::test(start_paused = true)]
async fn a_watcher_that_panics_harms_nothing() {
    let (port, mut letters) = dead_letters(64);
    let attempts = Mutex::new(0);
    let wire = Wire::by_ref("watched", move |n: &u64| {
        *attempts.lock().unwrap() += 1;
        if n.is_multiple_of(5) { Err("fives") } else { Ok(*n) }
    })
    .with_workers(2)
    .ordered()
    .with_retry(Retry::fixed(1, ms(1)))
    .with_dead_letters(port)
    .with_observer(|_: &Event<'_>| panic!("the watcher is blind"));
    let running = wire.build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..50).collect()).await.unwrap();
    let stopped = soon(running.stop(Duration::MAX)).await;
    let ledger = balanced(&stopped);
    assert_eq!((ledger.dead_lettered, ledger.retried, ledger.abandoned), (10, 10, 0));
    let expected: Vec<u64> = (0..50).filter(|n: &u64| !n.is_multiple_of(5)).collect();
    assert_eq!(values(stopped.outputs), expected);
    let mut lost: Vec<_> =
        std::iter::from_fn(|| letters.try_recv()).map(DeadLetter::accept).collect();
    lost.sort_unstable();
    assert_eq!(lost, (0..50).step_by(5).collect::<Vec<_>>());
}

/// A clock that counts how often it is looked at, and goes on by that.
#[derive(Clone, Debug, Default)]
struct Counting(Arc<AtomicUsize>);

impl Clock for Counting {
    fn now(&self) -> Instant {
        let looks = self.0.fetch_add(1, Ordering::SeqCst);
        RuntimeClock.now() + Duration::from_nanos(looks as u64)
    }

    fn timer(&self) -> Box<dyn Timer> {
        RuntimeClock.timer()
    }
}

/// The times of batches, and how often the clock had been looked at by then.
#[derive(Clone, Default)]
struct Times(Counting, Arc<Mutex<Vec<(Instant, Duration, usize)>>>);

impl Observer for Times {
    fn observe(&self, _event: &Event<'_>) {}

    fn stage(&self, _stage: &Arc<dyn Inspect>) -> Option<Arc<dyn StageObserver>> {
        Some(Arc::new(self.clone()))
    }
}

impl StageObserver for Times {
    fn batch(&self, batch: &BatchReport<'_>) {
        let looks = self.0.0.load(Ordering::SeqCst);
        self.1.lock().unwrap().push((batch.started, batch.worked, looks));
    }

    fn sample_every(&self) -> Duration {
        Duration::MAX
    }
}

/// What follows at once begins when the last batch ended; after a wait, the clock is asked.
#[tokio::test(start_paused = true)]
async fn a_saturated_worker_looks_at_the_clock_twice_for_a_batch() {
    let times = Times::default();
    // Three batches of 64 are there at once.
    let wire = Wire::map("watched", |n: u64| n)
        .with_workers(1)
        .with_capacity(256)
        .with_output_capacity(256)
        .with_clock(Arc::new(times.0.clone()))
        .with_observer(times.clone());
    let running = wire.build().unwrap().start().unwrap();
    let submit = async |count: u64| {
        for n in 0..count {
            running.submit(n).await.unwrap();
        }
        settle().await;
    };
    submit(3 * 64).await;
    let seen = times.1.lock().unwrap().clone();
    let looks: Vec<usize> = seen.windows(2).map(|two| two[1].2 - two[0].2).collect();
    assert_eq!(looks, [2, 2]);
    tokio::time::advance(ms(7)).await;
    submit(4).await;
    let seen = times.1.lock().unwrap().clone();
    assert_eq!(seen[3].2 - seen[2].2, 3, "it had waited");
    assert!(seen[3].0.duration_since(seen[2].0) >= ms(7), "the wait is no work");
    assert!(seen[3].1 < ms(1), "{:?}", seen[3].1);
    assert_eq!(stop(running).await.outputs.len(), 3 * 64 + 4);
}
