//! A run that is stopped from where there is no runtime.

use std::future::{Future, ready};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use electrician_wire::Wire;
use tokio::runtime::Builder;

use crate::support::{
    AMPLE, Barrier, Count, balanced, gated, ms, now, same, settle, soon, stalled, values,
};

/// Wakes a thread.
struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Awaits `future` on this thread.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Awaits `future` on a thread that knows no runtime. Virtual time stands still meanwhile.
async fn elsewhere<F>(future: F) -> F::Output
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    let on_its_own = || thread::spawn(|| block_on(future)).join().expect("it does not panic");
    soon(tokio::task::spawn_blocking(on_its_own)).await.unwrap()
}

#[tokio::test]
async fn a_plain_thread_stops_a_run() {
    let running = same(64).start().unwrap();
    running.submit_batch(&mut (0..50).collect()).await.unwrap();
    let stopped = elsewhere(running.stop(AMPLE)).await;
    balanced(&stopped);
    assert_eq!(values(stopped.outputs), (0..50).collect::<Vec<_>>());
    let running = stopped.component.start().unwrap();
    running.submit(7).await.unwrap();
    let stopped = elsewhere(running.finish()).await;
    assert_eq!(balanced(&stopped).returned, 1);
    let running = stopped.component.start().unwrap();
    running.submit(7).await.unwrap();
    let stopped = elsewhere(running.finish_or_stop(ready(()), AMPLE)).await;
    assert_eq!(values(stopped.outputs), [7]);
}

#[tokio::test]
async fn the_deadline_of_a_plain_thread_passes() {
    let running = stalled(8).start().unwrap();
    running.submit_batch(&mut vec![1, 2, 3]).await.unwrap();
    let stopped = elsewhere(running.stop(ms(10))).await;
    balanced(&stopped);
    assert_eq!(values(stopped.inputs), [1, 2, 3]);
}

#[tokio::test]
async fn a_plain_thread_gives_up_on_stuck_code() {
    let (barrier, begun) = (Barrier::default(), Count::new());
    let (gate, count) = (barrier.clone(), Arc::clone(&begun));
    let wire = Wire::new_blocking("stuck", move |n: u64| {
        count.up();
        gate.pass();
        Ok::<_, String>(n)
    });
    let running = wire.with_workers(1).build().unwrap().start().unwrap();
    running.submit(1).await.unwrap();
    soon(begun.reached(1)).await;
    let stopped = elsewhere(running.stop(Duration::ZERO)).await;
    assert_eq!((stopped.stuck, stopped.ledger.abandoned), (1, 1), "{stopped:?}");
    barrier.open(1);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_on_the_clock_of_the_run() {
    let begin = now();
    let (wire, gate) = gated(8);
    let running = wire.start().unwrap();
    // Now the plain thread's idea of the time is an hour behind.
    tokio::time::advance(Duration::from_hours(1)).await;
    running.submit_batch(&mut vec![1, 2]).await.unwrap();
    let inlet = running.inlet();
    let stopping = tokio::spawn(elsewhere(running.stop(Duration::from_mins(10))));
    while !inlet.is_closed() {
        settle().await;
    }
    // A timer whose time has come would elapse by now.
    for _ in 0..100 {
        settle().await;
    }
    gate.open(2);
    let stopped = soon(stopping).await.unwrap();
    assert_eq!(balanced(&stopped).returned, 2, "as outputs");
    assert_eq!(values(stopped.outputs), [1, 2]);
    assert_eq!(now() - begin, Duration::from_hours(1));
}

#[test]
fn a_run_outlives_its_runtime_and_is_accounted_for() {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let (running, output) = runtime.block_on(async {
        let running = same(8).start().unwrap();
        running.submit_batch(&mut vec![1, 2, 3]).await.unwrap();
        settle().await;
        let output = running.output();
        running.submit_batch(&mut vec![4, 5]).await.unwrap();
        (running, output)
    });
    drop(runtime);
    // Nobody reads, and no time passes any more that could be waited for.
    let stopped = block_on(running.stop(AMPLE));
    assert!(stopped.ledger.is_balanced(), "{}", stopped.ledger);
    assert_eq!((values(stopped.outputs), values(stopped.inputs)), (vec![1, 2, 3], vec![4, 5]));
    drop(output);
}
