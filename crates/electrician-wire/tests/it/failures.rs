//! User code fails: the item fails, nothing else does.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use electrician_wire::types::{
    AsyncTransform, BorrowsInput, BoxError, ErrorKind, Event, KeepsInput, NackReason,
};
use electrician_wire::{Component, Running, Wire, dead_letters};

use crate::support::{Count, Record, balanced, ms, settle, soon, stop, values};

#[derive(Debug, PartialEq)]
struct Broken(u64);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is broken", self.0)
    }
}

impl std::error::Error for Broken {}

/// Submits 0 to 9, of which 3 fails with `kind`; everything else goes on.
async fn three_fails<C: Component<In = u64, Out = u64>>(running: Running<C>, kind: ErrorKind) {
    let record = Record::new();
    for n in 0..10 {
        soon(running.inlet().submit_item(record.item(n, n))).await.unwrap();
        settle().await;
    }
    let stopped = stop(running).await;
    let ledger = stopped.ledger;
    assert_eq!((ledger.accepted, ledger.failed, ledger.abandoned), (10, 1, 0), "{ledger}");
    let [error] = &stopped.failures[..] else { panic!("{:?}", stopped.failures) };
    assert_eq!((error.kind(), error.component()), (kind, "three"), "{error}");
    let mut outputs = values(stopped.outputs);
    outputs.sort_unstable();
    assert_eq!(outputs, [0, 1, 2, 4, 5, 6, 7, 8, 9]);
    assert_eq!(record.nack(3), Some(NackReason::Failed));
    assert_eq!(record.counts(), (9, 1));
}

fn check(n: u64) -> Result<u64, Broken> {
    if n == 3 { Err(Broken(n)) } else { Ok(n) }
}

fn explode(n: u64) -> u64 {
    assert_ne!(n, 3, "three explodes");
    n
}

#[tokio::test(start_paused = true)]
async fn an_error_fails_the_item_alone() {
    let failed = ErrorKind::Failed;
    three_fails(Wire::new("three", check).build().unwrap().start().unwrap(), failed).await;
    let wire = Wire::by_ref("three", |n: &u64| check(*n));
    three_fails(wire.build().unwrap().start().unwrap(), failed).await;
    let wire = Wire::in_place("three", |n: &mut u64| check(*n).map(drop));
    three_fails(wire.build().unwrap().start().unwrap(), failed).await;
    let wire = Wire::map("three", |n: u64| n).and_then(check).ordered();
    three_fails(wire.build().unwrap().start().unwrap(), failed).await;
    let wire = Wire::new_async("three", |n| async move { check(n) });
    three_fails(wire.build().unwrap().start().unwrap(), failed).await;
    let wire = Wire::async_by_ref("three", async |n: &u64| check(*n));
    three_fails(wire.build().unwrap().start().unwrap(), failed).await;
    let wire = Wire::new("three", check).keep_by_clone().ordered_by_key(|n| *n);
    three_fails(wire.build().unwrap().start().unwrap(), failed).await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_fails_the_item_alone() {
    let panicked = ErrorKind::Panicked;
    three_fails(Wire::map("three", explode).build().unwrap().start().unwrap(), panicked).await;
    let wire = Wire::by_ref("three", |n: &u64| Ok::<_, Broken>(explode(*n))).ordered();
    three_fails(wire.build().unwrap().start().unwrap(), panicked).await;
    let wire = Wire::in_place("three", |n: &mut u64| Ok::<_, Broken>(_ = explode(*n)));
    three_fails(wire.build().unwrap().start().unwrap(), panicked).await;
    let wire = Wire::filter("three", |n: &u64| explode(*n) < 100);
    three_fails(wire.build().unwrap().start().unwrap(), panicked).await;
    let wire = Wire::map("three", |n: u64| n).inspect(|n| _ = explode(*n));
    three_fails(wire.build().unwrap().start().unwrap(), panicked).await;
    // In the iterator of a flat map, after it was made.
    let wire = Wire::flat_map("three", |n: u64| (0..1).map(move |_| explode(n)));
    three_fails(wire.build().unwrap().start().unwrap(), panicked).await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_before_or_after_an_await_fails_the_item_alone() {
    let panicked = ErrorKind::Panicked;
    let wire = Wire::new_async("three", |n| {
        explode(n); // Before there is a future.
        async move { Ok::<_, Broken>(n) }
    });
    three_fails(wire.build().unwrap().start().unwrap(), panicked).await;
    let wire = Wire::new_async("three", |n| async move { Ok::<_, Broken>(explode(n)) });
    three_fails(wire.build().unwrap().start().unwrap(), panicked).await;
    let wire = Wire::new_async("three", |n| async move {
        tokio::time::sleep(ms(1)).await;
        Ok::<_, Broken>(explode(n))
    });
    three_fails(wire.ordered().build().unwrap().start().unwrap(), panicked).await;
    let wire = Wire::async_by_ref("three", async |n: &u64| {
        tokio::task::yield_now().await;
        Ok::<_, Broken>(explode(*n))
    });
    three_fails(wire.build().unwrap().start().unwrap(), panicked).await;
    let wire = Wire::new_async("three", |n| async move { Ok::<_, Broken>(n) }).map(explode);
    three_fails(wire.build().unwrap().start().unwrap(), panicked).await;
}

/// Panics before it returns a future.
struct Hasty;

impl AsyncTransform<u64> for Hasty {
    type Out = u64;
    type State = ();

    fn state(&self) {}

    fn apply<'a>(
        &'a self,
        (): &'a mut (),
        slot: &'a mut Option<u64>,
    ) -> impl Future<Output = Result<u64, BoxError>> + Send + 'a {
        assert_ne!(*slot, Some(3), "three explodes");
        async move { slot.ok_or_else(|| "nothing in the slot".into()) }
    }
}

impl KeepsInput for Hasty {}
impl BorrowsInput for Hasty {}

#[tokio::test(start_paused = true)]
async fn a_panic_instead_of_a_future_fails_the_item_alone() {
    let wire = Wire::transform_async("three", Hasty);
    three_fails(wire.build().unwrap().start().unwrap(), ErrorKind::Panicked).await;
    let (port, mut letters) = dead_letters(4);
    let wire = Wire::transform_async("three", Hasty).with_dead_letters(port);
    let running = wire.build().unwrap().start().unwrap();
    running.submit_batch(&mut vec![1, 3, 5]).await.unwrap();
    assert_eq!(stop(running).await.ledger.dead_lettered, 1);
    assert_eq!(letters.try_recv().unwrap().accept(), 3);
}

#[tokio::test(start_paused = true)]
async fn time_that_runs_out_fails_the_item_alone() {
    let slow = async |n: &u64| {
        tokio::time::sleep(if *n == 3 { ms(1000) } else { ms(99) }).await;
        Ok::<_, Broken>(*n)
    };
    let wire = Wire::async_by_ref("three", slow).with_concurrency(2).with_timeout(ms(100));
    three_fails(wire.build().unwrap().start().unwrap(), ErrorKind::Timeout).await;
    let wire = Wire::new_async("three", |n| async move {
        if n == 3 {
            std::future::pending::<()>().await;
        }
        Ok::<_, Broken>(n)
    });
    let wire = wire.with_concurrency(2).with_timeout(ms(100)).ordered();
    three_fails(wire.build().unwrap().start().unwrap(), ErrorKind::Timeout).await;
}

#[tokio::test(start_paused = true)]
async fn the_timeout_is_for_each_attempt_and_says_how_long() {
    let wire = Wire::new_async("slow", |n: u64| async move {
        tokio::time::sleep(ms(n)).await;
        Ok::<_, Broken>(n)
    });
    let wire = wire.with_concurrency(1).with_timeout(ms(50)).build().unwrap();
    let running = wire.start().unwrap();
    running.submit_batch(&mut vec![40, 60, 49, 500, 0]).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(values(stopped.outputs), [40, 49, 0]);
    assert_eq!(stopped.failures.len(), 2);
    assert!(stopped.failures[0].to_string().contains("50ms"), "{}", stopped.failures[0]);
}

/// A payload that cannot be dropped without a panic, whose payload is the same again.
struct Grenade;

impl Drop for Grenade {
    fn drop(&mut self) {
        std::panic::panic_any(Self);
    }
}

fn throw(n: u64) -> u64 {
    if n == 3 {
        std::panic::panic_any(Grenade);
    }
    n
}

#[tokio::test(start_paused = true)]
async fn a_panic_whose_payload_panics_fails_the_item_alone() {
    let panicked = ErrorKind::Panicked;
    let wire = Wire::map("three", throw).with_workers(1);
    let running = wire.build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..10).collect()).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.failed, stopped.ledger.abandoned), (1, 0), "{}", stopped.ledger);
    assert_eq!(stopped.failures[0].to_string(), "three: panicked: (no message)");
    assert_eq!(values(stopped.outputs), [0, 1, 2, 4, 5, 6, 7, 8, 9]);
    three_fails(Wire::map("three", throw).ordered().build().unwrap().start().unwrap(), panicked)
        .await;
    let wire = Wire::new_async("three", |n| async move { Ok::<_, Broken>(throw(n)) });
    three_fails(wire.build().unwrap().start().unwrap(), panicked).await;
}

#[derive(Debug)]
struct Fragile(u64);

impl Clone for Fragile {
    fn clone(&self) -> Self {
        Self(explode(self.0))
    }
}

#[tokio::test(start_paused = true)]
async fn a_clone_that_panics_fails_the_item_alone() {
    let (port, mut letters) = dead_letters(4);
    let wire = Wire::map("three", |f: Fragile| f.0).keep_by_clone().with_dead_letters(port.clone());
    let running = wire.build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..6).map(Fragile).collect()).await.unwrap();
    assert_eq!(stop(running).await.ledger.dead_lettered, 1);
    assert_eq!(letters.try_recv().unwrap().accept().0, 3);

    let wire = Wire::new_async("three", |f: Fragile| async move { Ok::<_, Broken>(f.0) });
    let running = wire.keep_by_clone().with_dead_letters(port).build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..6).map(Fragile).collect()).await.unwrap();
    assert_eq!(stop(running).await.ledger.dead_lettered, 1);
    assert_eq!(letters.try_recv().unwrap().accept().0, 3);
}

#[tokio::test(start_paused = true)]
async fn the_cause_is_kept_and_failures_are_listed_up_to_a_bound() {
    let wire = Wire::new("broken", |n: u64| Err::<u64, _>(Broken(n))).with_workers(1);
    let running = wire.build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..100).collect()).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.failed, 100, "each is counted");
    assert_eq!(stopped.failures.len(), 16, "the first are kept");
    for (n, error) in (0..).zip(&stopped.failures) {
        assert_eq!(error.cause::<Broken>(), Some(&Broken(n)));
        assert_eq!(error.to_string(), format!("broken: {n} is broken"));
    }
    assert!(!stopped.is_clean());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_fail_each_is_told_and_counted() {
    let told = Count::new();
    let count = Arc::clone(&told);
    let wire = Wire::new("broken", |n: u64| Err::<u64, _>(Broken(n)))
        .with_workers(2)
        .with_capacity(16)
        .with_observer(move |event: &Event<'_>| {
            if let Event::Failed { .. } = event {
                count.up();
            }
        });
    let running = wire.build().unwrap().start().unwrap();
    soon(running.submit_batch(&mut (0..5000).collect())).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.failed, told.get(), stopped.failures.len()), (5000, 5000, 16));
}

#[tokio::test(start_paused = true)]
async fn a_failure_after_the_deadline_of_a_stop_is_still_accounted() {
    let wire = Wire::async_by_ref("late", async |n: &u64| {
        tokio::time::sleep(Duration::from_secs(*n)).await;
        Err::<u64, _>(Broken(*n))
    });
    let running = wire.with_concurrency(3).build().unwrap().start().unwrap();
    running.submit_batch(&mut vec![1, 5, 9]).await.unwrap();
    let stopped = soon(running.stop(Duration::from_secs(3))).await;
    let ledger = balanced(&stopped);
    assert_eq!((ledger.failed, ledger.returned), (1, 2));
    let mut back = values(stopped.inputs);
    back.sort_unstable();
    assert_eq!(back, [5, 9]);
}
