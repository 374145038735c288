//! Events beside batches and failures: recoveries, guards, refusals, hand-backs, panics.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use electrician_wire::engine::{Feeder, Launch, Segment, StagePlan, Start, Work, Worker};
use electrician_wire::types::{Batch, Event, Observer, Refusal, Result};
use electrician_wire::{Component, Retry, Running, RuntimeClock, WhenDenied, Wire};

use crate::guards::Gatekeeper;
use crate::support::{ms, settle, soon, stop};

/// Writes down what is told, but for batches.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Observer for Diary {
    fn observe(&self, event: &Event<'_>) {
        let mut line = event.kind().to_string();
        event.each_field(|name, field| line += &format!(" {name}={field}"));
        if !line.starts_with("processed") {
            self.0.lock().unwrap().push(line);
        }
    }
}

/// Fails at the first attempts of each item, so many as the item says.
fn shaky(parked: usize, diary: &Diary) -> Running<Wire<u64, u64>> {
    let attempts = AtomicU64::new(0);
    let wire = Wire::by_ref("shaky", move |n: &u64| {
        if attempts.fetch_add(1, Ordering::Relaxed) < *n {
            return Err("not yet");
        }
        attempts.store(0, Ordering::Relaxed);
        Ok(*n)
    });
    let wire = wire.with_workers(1).with_retry(Retry::fixed(3, ms(5))).with_parked(parked);
    wire.with_observer(diary.clone()).build().unwrap().start().unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_item_that_succeeds_after_all_is_told_once() {
    for parked in [0, 8] {
        let diary = Diary::default();
        let running = shaky(parked, &diary);
        running.submit(2).await.unwrap();
        running.submit(0).await.unwrap();
        drop(stop(running).await);
        let expected = [
            "started workers=1",
            "retrying attempt=1 after=5ms",
            "retrying attempt=2 after=5ms",
            "recovered attempts=3",
            "stopped",
        ];
        let lines = diary.lines();
        // With room beside the worker, item 0 passes in between, and succeeds at once.
        assert_eq!(lines.len(), if parked == 0 { 5 } else { lines.len() });
        if parked == 0 {
            assert_eq!(lines, expected);
        } else {
            assert_eq!(lines.iter().filter(|line| line.starts_with("recovered")).count(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_guard_that_gives_no_leave_is_told_once_for_each_wait() {
    let (diary, guard) = (Diary::default(), Gatekeeper::new(0));
    let wire = Wire::map("guarded", |n: u64| n).with_workers(1).with_observer(diary.clone());
    let wire = wire.with_guard(guard.clone(), WhenDenied::Pause).build().unwrap();
    let running = wire.start().unwrap();
    running.submit_batch(&mut (0..10).collect()).await.unwrap();
    settle().await;
    guard.set(4);
    settle().await;
    guard.set(usize::MAX);
    drop(stop(running).await);
    let denied = "denied reason=open";
    assert_eq!(diary.lines(), ["started workers=1", denied, denied, "stopped"]);
}

#[tokio::test(start_paused = true)]
async fn what_goes_another_way_is_told_by_batch() {
    let (diary, guard) = (Diary::default(), Gatekeeper::new(0));
    let beside = Wire::map("beside", |n: u64| n).build().unwrap().start().unwrap();
    let wire = Wire::map("guarded", |n: u64| n).with_workers(1).with_observer(diary.clone());
    let wire = wire.with_guard(guard, WhenDenied::divert(beside.inlet())).build().unwrap();
    let running = wire.start().unwrap();
    running.submit_batch(&mut (0..64).collect()).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.diverted, 64);
    assert_eq!(diary.lines(), ["started workers=1", "diverted items=64", "stopped"]);
    drop(stop(beside).await);
}

#[tokio::test(start_paused = true)]
async fn a_refused_submit_is_told_with_its_reason() {
    let diary = Diary::default();
    let guard = Gatekeeper::new(usize::MAX);
    let wire = Wire::async_by_ref("stalled", async |_: &u64| {
        std::future::pending::<Result<u64, String>>().await
    });
    let wire = wire.with_concurrency(1).with_capacity(2).with_byte_budget(100, |n| *n);
    let wire = wire.with_guard(guard.clone(), WhenDenied::Reject).with_observer(diary.clone());
    let running = wire.build().unwrap().start().unwrap();
    let inlet = running.inlet();
    let refused = |reason: &Refusal| {
        assert_eq!(
            diary.lines().last().unwrap(),
            &format!("refused items=1 reason={}", reason.as_str())
        );
    };
    refused(&soon(running.submit(101)).await.map_err(|refused| refused.reason).unwrap_err());
    let mut slot = Some(102);
    refused(&running.submit_from(&mut slot).await.unwrap_err());
    for n in 1..=3 {
        soon(running.submit(n)).await.unwrap();
        settle().await;
    }
    refused(&running.try_submit(4).map_err(|refused| refused.reason).unwrap_err());
    guard.set(0);
    refused(&running.submit(1).await.map_err(|refused| refused.reason).unwrap_err());
    let mut batch = vec![1, 2, 3];
    assert!(running.submit_batch(&mut batch).await.is_err());
    assert_eq!(diary.lines().last().unwrap(), "refused items=3 reason=open");
    let before = diary.lines().len();
    let stopped = running.stop(ms(5)).await;
    assert_eq!(stopped.inputs.len(), 3);
    let lines = diary.lines().split_off(before);
    assert_eq!(lines, ["handed_back items=3", "stopped"]);
    // The run is over, and who watched it as well.
    assert!(inlet.try_submit(1).is_err());
    assert_eq!(diary.lines().len(), before + 2);
}

#[tokio::test(start_paused = true)]
async fn a_submit_that_waits_for_room_is_not_refused() {
    let diary = Diary::default();
    let wire = Wire::new_async("slow", |n: u64| async move {
        tokio::time::sleep(ms(5)).await;
        Ok::<_, String>(n)
    });
    let wire = wire.with_concurrency(1).with_capacity(1).with_output_capacity(64);
    let wire = wire.with_observer(diary.clone());
    let running = wire.build().unwrap().start().unwrap();
    for n in 0..10 {
        soon(running.submit(n)).await.unwrap();
    }
    drop(stop(running).await);
    assert_eq!(diary.lines(), ["started workers=1", "stopped"]);
}

/// A work that panics at three, where no transform can be blamed, and whose second state but one
/// cannot be made.
#[derive(Default)]
struct Fragile(AtomicU64);

impl Work<u64> for Fragile {
    type Out = u64;
    type State = ();

    fn state(&self, _: usize) {
        assert!(self.0.fetch_add(1, Ordering::Relaxed) < 2, "no more states");
    }

    async fn serve(&self, worker: &mut Worker<u64, u64>, (): &mut ()) {
        let mut batch = Batch::new();
        while worker.take(64, &mut batch).await {
            assert!(batch.front() != Some(&3), "it is a three");
            worker.ledger().filtered += batch.len() as u64;
            while batch.take().is_some_and(|item| item.accept() < u64::MAX) {}
            worker.commit();
        }
    }
}

struct Stage(Diary);

impl Segment<u64, u64> for Stage {
    fn launch(&self, launch: &mut Launch, downstream: Feeder<u64>) -> Result<Feeder<u64>> {
        let plan = StagePlan::new("fragile").with_observer(self.0.clone());
        launch.stage(plan, &Arc::new(Fragile::default()), downstream)
    }

    fn problems(&self, _: &mut Vec<String>) {}

    fn names(&self, _: &mut Vec<Arc<str>>) {}
}

struct Part;

impl Component for Part {
    type In = u64;
    type Out = u64;
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_panics_is_told_and_whether_it_goes_on() {
    let diary = Diary::default();
    let start =
        Start { clock: Arc::new(RuntimeClock), output_capacity: 8, has_sources: false, told: None };
    let running = Running::start(Part, &Stage(diary.clone()), start, |_, _| Ok(())).unwrap();
    for n in [1, 3, 5, 3] {
        running.submit(n).await.unwrap();
        settle().await;
    }
    assert_eq!(running.submit(7).await.unwrap_err().reason, Refusal::Closed);
    let stopped = soon(running.stop(ms(50))).await;
    assert_eq!((stopped.ledger.abandoned, stopped.ledger.filtered), (2, 2));
    let expected = [
        "started workers=1",
        "worker_panicked worker=0 items=1 renewed=true",
        "worker_panicked worker=0 items=1 renewed=false",
        "refused items=1 reason=closed",
        "stopped",
    ];
    assert_eq!(diary.lines(), expected);
}
