//! Settings; what a source is asked for, and when; and that it does not keep others from running.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use electrician_conduit::Conduit;
use electrician_generator::{Generator, Restart};
use electrician_types::{Batch, Next, Result, Source};
use electrician_wire::{Retry, Wire};

use crate::support::{Log, Script, fed, finish, ms, settle, soon, stop_within, values};

/// Gives as much as it is asked for, `count` in all, and notes the demand.
struct Obedient {
    next: u64,
    count: u64,
    largest: Arc<AtomicUsize>,
    given: Arc<AtomicUsize>,
}

impl Source for Obedient {
    type Item = u64;

    async fn read(&mut self, batch: &mut Batch<u64>, demand: usize) -> Result<Next> {
        assert!(batch.is_empty(), "what was given before is in the pipeline by now");
        self.largest.fetch_max(demand, Ordering::SeqCst);
        for _ in 0..demand {
            if self.next == self.count {
                return Ok(Next::End);
            }
            batch.push(self.next);
            self.next += 1;
            self.given.fetch_add(1, Ordering::SeqCst);
        }
        Ok(Next::More)
    }
}

#[derive(Clone, Default)]
struct Notes {
    largest: Arc<AtomicUsize>,
    given: Arc<AtomicUsize>,
}

impl Notes {
    fn source(&self, count: u64) -> impl Fn() -> Result<Obedient> + Send + Sync + 'static {
        let Self { largest, given } = self.clone();
        move || {
            let (largest, given) = (Arc::clone(&largest), Arc::clone(&given));
            Ok(Obedient { next: 0, count, largest, given })
        }
    }

    fn largest(&self) -> usize {
        self.largest.load(Ordering::SeqCst)
    }

    fn given(&self) -> usize {
        self.given.load(Ordering::SeqCst)
    }
}

fn stalled(capacity: usize) -> Wire<u64, u64> {
    Wire::async_by_ref("stalled", async |_: &u64| {
        std::future::pending::<Result<u64, String>>().await
    })
    .with_concurrency(1)
    .with_capacity(capacity)
    .build()
    .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_source_is_asked_for_a_batch_at_most() {
    for (batch, most) in [(1, 1), (10, 10), (64, 64), (1000, 64)] {
        let notes = Notes::default();
        let generator = Generator::new("obedient", notes.source(500)).with_batch(batch);
        let stopped = finish(fed(generator)).await;
        assert_eq!(values(stopped.outputs), (0..500).collect::<Vec<_>>());
        assert!(notes.largest() <= most, "batch {batch}: asked for {}", notes.largest());
        assert!(notes.largest() >= most.min(batch), "batch {batch}: asked for {}", notes.largest());
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_without_a_bound_is_bounded_by_the_room() {
    let notes = Notes::default();
    let generator = Generator::new("obedient", notes.source(500)).with_batch(usize::MAX);
    let stage = Wire::map("same", |n: u64| n).with_workers(1).with_capacity(64);
    // Refused when it is built, or as good as any other.
    let Ok(conduit) = Conduit::from(stage).with_source(generator).build() else {
        return;
    };
    let stopped = finish(conduit.start().unwrap()).await;
    assert!(stopped.source_errors.is_empty(), "{stopped:?}");
    assert_eq!(values(stopped.outputs).len(), 500, "{:?}", stopped.ledger);
    assert!(notes.largest() <= 64);
}

#[tokio::test(start_paused = true)]
async fn while_the_pipeline_stalls_a_source_gives_no_more_than_there_is_room_for() {
    for capacity in [1, 2, 3, 8] {
        let notes = Notes::default();
        let conduit = Conduit::from(stalled(capacity))
            .with_source(Generator::new("obedient", notes.source(u64::MAX)))
            .build()
            .unwrap();
        let running = conduit.start().unwrap();
        settle().await;
        let given = notes.given();
        let stopped = stop_within(running, ms(10)).await;
        assert_eq!(notes.given(), given, "once the run stops, nothing more is read");
        assert_eq!(values(stopped.inputs).len(), given, "all of it comes back");
        // The queue is full, and one item is in hand.
        assert!(given <= capacity + 1, "capacity {capacity}: asked for {given} without room");
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_pipeline_stalls_what_a_source_gives_is_bounded_and_comes_back() {
    let notes = [Notes::default(), Notes::default(), Notes::default()];
    let mut builder = Conduit::from(stalled(8));
    for notes in &notes {
        builder =
            builder.with_source(Generator::new("obedient", notes.source(u64::MAX)).with_batch(4));
    }
    let running = builder.build().unwrap().start().unwrap();
    settle().await;
    let given: usize = notes.iter().map(Notes::given).sum();
    assert!(given <= 9 + 3 * 4, "read ahead: {given}");
    let stopped = stop_within(running, ms(10)).await;
    // A read that was under way when the run stopped may still give.
    let given: usize = notes.iter().map(Notes::given).sum();
    assert_eq!(stopped.ledger.accepted, given as u64);
    assert_eq!(values(stopped.inputs).len(), given);
}

#[tokio::test(start_paused = true)]
async fn wrong_settings_are_named_when_the_conduit_is_built() {
    let log = Log::new();
    let script = || Script::new(&log, |_| vec![]);
    let error = Conduit::from(Wire::map("head", |n: u64| n))
        .with_source(Generator::new("", script()))
        .with_source(Generator::new("greedy", script()).with_batch(0))
        .with_source(
            Generator::new("hasty", script()).with_restart(Restart::always(Retry::fixed(0, ms(1)))),
        )
        .build()
        .unwrap_err();
    assert_eq!(error.problems().len(), 3, "{error}");
    for word in ["name of a generator is empty", "\"greedy\"", "\"hasty\""] {
        assert!(error.to_string().contains(word), "{word} is missing: {error}");
    }
}

/// A source that is always ready gives way to other tasks, also when the pipeline keeps up with it
/// on threads of its own. It ends after a while, so that the test does.
#[test]
fn a_source_that_never_waits_lets_other_tasks_run() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let stage = Wire::<u64, u64>::filter_map("swift", |_| None)
            .on_blocking_threads()
            .with_workers(1)
            .with_capacity(1 << 20);
        let notes = Notes::default();
        let generator = Generator::new("eager", notes.source(400_000)).with_batch(1);
        let conduit = Conduit::from(stage).with_source(generator).build().unwrap();
        let running = conduit.start().unwrap();
        // One turn for the generator to begin, one to be interrupted.
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        let seen = notes.given();
        assert!(seen < 400_000, "the source ran to its end before any other task had a turn");
        let stopped = soon(running.finish()).await;
        assert!(stopped.ledger.is_balanced());
        assert_eq!(stopped.ledger.filtered, 400_000);
    });
}

/// Says a hundred thousand times that it has more, and gives nothing.
struct Empty(Arc<AtomicUsize>);

impl Source for Empty {
    type Item = u64;

    async fn read(&mut self, _batch: &mut Batch<u64>, _demand: usize) -> Result<Next> {
        let reads = self.0.fetch_add(1, Ordering::SeqCst);
        Ok(if reads < 100_000 { Next::More } else { Next::End })
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_promises_and_gives_nothing_lets_other_tasks_run() {
    let reads = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reads);
    let running = fed(Generator::new("empty", move || Ok(Empty(Arc::clone(&count)))));
    settle().await;
    let seen = reads.load(Ordering::SeqCst);
    let stopped = finish(running).await;
    assert_eq!(stopped.ledger.accepted, 0);
    assert!(seen < 100_000, "it read to the end before any other task had a turn");
}
