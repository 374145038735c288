use std::future::pending;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use electrician_wire::types::*;
use electrician_wire::*;
use futures_util::Sink as _;
use futures_util::{SinkExt, StreamExt};
use tokio::sync::Notify;

use crate::support::*;

// 9: stop with a live reader
#[tokio::test(start_paused = true)]
async fn p09_stop_lets_a_live_reader_finish() {
    let running = same(256).start().unwrap();
    let output = running.output();
    for n in 0..200 {
        running.submit(n).await.unwrap();
    }
    let mut output = output;
    let reading = async move {
        let mut all = vec![];
        while let Some(n) = output.recv().await {
            all.push(n);
            tokio::time::sleep(ms(1)).await;
        }
        all
    };
    let (stopped, read) = tokio::join!(soon(running.stop(AMPLE)), soon(reading));
    balanced(&stopped);
    assert_eq!(read.len(), 200, "{stopped:?}");
}

#[tokio::test(start_paused = true)]
async fn p30_an_idle_output_steals_no_wakeup() {
    let running = same(8).start().unwrap();
    let mut idle = running.output();
    let mut busy = running.output();
    assert!(poll_once(idle.recv()).is_pending());
    let reader = tokio::spawn(async move { busy.recv().await });
    settle().await;
    running.submit(1).await.unwrap();
    assert_eq!(soon(reader).await.unwrap(), Some(1));
    drop(idle);
    stop(running).await;
}

#[tokio::test(start_paused = true)]
async fn p30b_an_idle_sink_steals_no_wakeup() {
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let g = Arc::clone(&gate);
    let wire = Wire::new_async("gated", move |n: u64| {
        let g = Arc::clone(&g);
        async move {
            g.acquire().await.unwrap().forget();
            Ok::<_, String>(n)
        }
    })
    .with_concurrency(1)
    .with_capacity(1)
    .build()
    .unwrap();
    let running = wire.start().unwrap();
    running.submit(0).await.unwrap();
    settle().await;
    running.submit(1).await.unwrap();
    let mut sink = running.inlet().into_sink();
    sink.start_send_unpin(2).unwrap();
    let mut cx = Context::from_waker(Waker::noop());
    assert!(sink.poll_flush_unpin(&mut cx).is_pending());
    let inlet = running.inlet();
    let other = tokio::spawn(async move { inlet.submit(3).await });
    settle().await;
    gate.add_permits(1);
    soon(other).await.unwrap().unwrap();
    gate.add_permits(10);
    drop(sink);
    stop(running).await;
}

#[tokio::test(start_paused = true)]
async fn p13_drop_running_nacks_though_handles_live() {
    let record = Record::new();
    let running = stalled(8).start().unwrap();
    let inlet = running.inlet();
    let _out = running.output();
    for n in 0..4 {
        inlet.submit_item(record.item(n, n)).await.unwrap();
    }
    settle().await;
    drop(running);
    settle().await;
    assert_eq!(record.counts(), (0, 4));
}

#[tokio::test(start_paused = true)]
async fn p13b_drop_running_nacks_unread_outputs() {
    let record = Record::new();
    let running = same(8).start().unwrap();
    let inlet = running.inlet();
    let out = running.output();
    for n in 0..4 {
        inlet.submit_item(record.item(n, n)).await.unwrap();
    }
    settle().await;
    drop(running);
    settle().await;
    assert_eq!(record.counts(), (0, 4));
    drop(out);
}

#[tokio::test(start_paused = true)]
async fn p32_outputs_come_back_in_order() {
    let wire = Wire::map("same", |n: u64| n)
        .with_workers(1)
        .with_capacity(16)
        .with_output_capacity(2)
        .build()
        .unwrap();
    let running = wire.start().unwrap();
    let out = running.output();
    for n in 0..10 {
        running.submit(n).await.unwrap();
    }
    settle().await;
    let stopped = soon(running.stop(Duration::ZERO)).await;
    balanced(&stopped);
    assert_eq!(values(stopped.outputs), (0..10).collect::<Vec<_>>());
    drop(out);
}

#[tokio::test(start_paused = true)]
async fn p33_items_in_a_dropped_output_after_stop() {
    let record = Record::new();
    let running = same(16).start().unwrap();
    let mut out = running.output();
    for n in 0..10 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    settle().await;
    assert_eq!(out.recv().await, Some(0));
    let stopped = soon(running.stop(AMPLE)).await;
    let ledger = balanced(&stopped);
    drop(out);
    let (acked, nacked) = record.counts();
    assert_eq!((ledger.delivered as usize, acked, nacked), (1, 1, 0), "{ledger}");
}

struct Eager;
impl AsyncTransform<u64> for Eager {
    type Out = u64;
    type State = ();
    fn state(&self) {}
    fn apply<'a>(
        &'a self,
        (): &'a mut (),
        slot: &'a mut Option<u64>,
    ) -> impl Future<Output = Result<u64, BoxError>> + Send + 'a {
        assert!(*slot != Some(3), "three");
        async move { Ok(slot.unwrap()) }
    }
}
impl KeepsInput for Eager {}
impl BorrowsInput for Eager {}

#[tokio::test(start_paused = true)]
async fn p25_eager_panic_fails_the_item() {
    let (port, mut letters) = dead_letters(4);
    let wire = Wire::transform_async("eager", Eager)
        .with_concurrency(1)
        .with_dead_letters(port)
        .build()
        .unwrap();
    let running = wire.start().unwrap();
    for n in 0..6 {
        running.submit(n).await.unwrap();
    }
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.dead_lettered, 1, "{}", stopped.ledger);
    assert_eq!(letters.try_recv().unwrap().accept(), 3);
}

#[tokio::test(start_paused = true)]
async fn p26_state_is_remade_after_panicking_retry() {
    let made = Arc::new(AtomicUsize::new(0));
    let m = Arc::clone(&made);
    let wire = Wire::per_worker("w", move || {
        m.fetch_add(1, Ordering::Relaxed);
        let mut poisoned = false;
        let mut calls = 0;
        move |n: u64| {
            calls += 1;
            if n == 0 && !poisoned {
                if calls == 1 {
                    return Err("first".to_owned());
                }
                poisoned = true;
                panic!("half changed");
            }
            if poisoned { Err("poisoned".into()) } else { Ok(n) }
        }
    })
    .keep_by_clone()
    .with_workers(1)
    .with_retry(Retry::fixed(1, ms(1)))
    .build()
    .unwrap();
    let running = wire.start().unwrap();
    running.submit(0).await.unwrap();
    running.submit(1).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(made.load(Ordering::Relaxed), 2);
    assert_eq!(values(stopped.outputs), [1]);
}

#[tokio::test(start_paused = true)]
async fn p48_timeout_max_is_no_timeout() {
    let gate = Arc::new(Notify::new());
    let g = Arc::clone(&gate);
    let wire = Wire::new_async("w", move |n: u64| {
        let g = Arc::clone(&g);
        async move {
            g.notified().await;
            Ok::<_, String>(n)
        }
    })
    .with_concurrency(1)
    .with_timeout(Duration::MAX)
    .build()
    .unwrap();
    let running = wire.start().unwrap();
    running.submit(0).await.unwrap();
    settle().await;
    gate.notify_one();
    let stopped = stop(running).await;
    assert_eq!(values(stopped.outputs), [0], "{}", stopped.ledger);
}

#[tokio::test(start_paused = true)]
async fn p48b_age_max() {
    let wire = Wire::batch("w", Batching::<u64>::items(2).age(Duration::MAX)).build().unwrap();
    let running = wire.start().unwrap();
    running.submit(0).await.unwrap();
    running.submit(1).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(values(stopped.outputs), [[0, 1]], "{}", stopped.ledger);
}

#[tokio::test(start_paused = true)]
async fn p48c_retry_max() {
    let wire = Wire::by_ref("w", |_: &u64| Err::<u64, _>("no"))
        .with_workers(1)
        .with_retry(Retry::fixed(1, Duration::MAX))
        .build()
        .unwrap();
    let running = wire.start().unwrap();
    running.submit(0).await.unwrap();
    settle().await;
    let stopped = soon(running.stop(ms(5))).await;
    balanced(&stopped);
    assert_eq!(values(stopped.inputs), [0], "{}", stopped.ledger);
}

#[test]
fn p48d_stop_max_and_huge() {
    for deadline in [Duration::MAX, Duration::from_secs(u64::MAX / 4), Duration::from_secs(1 << 50)] {
        let rt = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        rt.block_on(async {
            let running = same(4).start().unwrap();
            running.submit(1).await.unwrap();
            balanced(&soon(running.stop(deadline)).await);
        });
    }
}

#[test]
fn p40_runtime_without_time() {
    let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
    rt.block_on(async {
        match same(4).start() {
            Err(error) => assert!(error.to_string().contains("time"), "{error}"),
            Ok(running) => {
                running.submit(1).await.unwrap();
                balanced(&running.stop(AMPLE).await);
            }
        }
    });
}

#[test]
fn p40b_runtime_gone() {
    let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    let running = rt.block_on(async {
        let running = stalled(4).start().unwrap();
        running.submit(1).await.unwrap();
        running.submit(2).await.unwrap();
        while running.progress()[0].in_hand == 0 {
            tokio::task::yield_now().await;
        }
        running
    });
    drop(rt);
    let rt = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let stopped = rt.block_on(running.stop(AMPLE));
    assert!(stopped.ledger.is_balanced(), "{}", stopped.ledger);
}

#[tokio::test(start_paused = true)]
async fn p29_keyed_capacity_is_a_bound() {
    let wire = Wire::map("w", |n: u64| n)
        .with_workers(4)
        .with_capacity(10)
        .ordered_by_key(|n| *n)
        .build()
        .unwrap();
    let running = wire.start().unwrap();
    assert!(running.inlet().capacity() <= 10, "{}", running.inlet().capacity());
    stop(running).await;
}

#[test]
fn p54_huge_capacity() {
    let outcome = std::panic::catch_unwind(|| {
        let wire = Wire::map("w", |n: u64| n).with_capacity(usize::MAX).build();
        let Ok(wire) = wire else { return };
        let rt = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        rt.block_on(async { drop(wire.start()) });
    });
    assert!(outcome.is_ok());
}

#[derive(Debug)]
struct Manual {
    zero: Instant,
    millis: AtomicU64,
}
struct ManualTimer(Arc<Manual>, Option<Instant>);
#[derive(Debug, Clone)]
struct ManualClock(Arc<Manual>);
impl Clock for ManualClock {
    fn now(&self) -> Instant {
        self.0.zero + ms(self.0.millis.load(Ordering::Relaxed))
    }
    fn timer(&self) -> Box<dyn Timer> {
        Box::new(ManualTimer(Arc::clone(&self.0), None))
    }
}
impl Timer for ManualTimer {
    fn reset(&mut self, d: Instant) {
        self.1 = Some(d);
    }
    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        cx.waker().wake_by_ref();
        let now = self.0.zero + ms(self.0.millis.load(Ordering::Relaxed));
        if self.1.is_some_and(|d| now >= d) { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[tokio::test]
async fn p22_age_holds_under_load() {
    let manual = Arc::new(Manual { zero: Instant::now(), millis: AtomicU64::new(0) });
    let wire = Wire::batch("w", Batching::<u64>::items(100_000).age(ms(10)))
        .with_capacity(256)
        .with_clock(Arc::new(ManualClock(Arc::clone(&manual))))
        .build()
        .unwrap();
    let running = wire.start().unwrap();
    let inlet = running.inlet();
    let feeding = tokio::spawn(async move {
        for n in 0..100_000 {
            if n % 256 == 0 {
                manual.millis.fetch_add(1, Ordering::Relaxed);
            }
            inlet.submit(n).await.unwrap();
        }
    });
    let mut out = running.output();
    let first = soon(out.recv()).await.unwrap();
    println!("first {}", first.len());
    drop(out);
    feeding.await.unwrap();
    assert!(first.len() < 256 * 30, "{}", first.len());
    drop(running);
}

#[tokio::test(start_paused = true)]
async fn p73_all_workers_gave_up() {
    let made = AtomicUsize::new(0);
    let wire = Wire::per_worker("w", move || {
        assert_eq!(made.fetch_add(1, Ordering::Relaxed), 0, "no more");
        |n: u64| {
            assert_ne!(n, 0, "zero");
            Ok::<_, String>(n)
        }
    })
    .with_workers(1)
    .with_capacity(2)
    .build()
    .unwrap();
    let running = wire.start().unwrap();
    running.submit(0).await.unwrap();
    settle().await;
    for n in 1..4 {
        if soon(running.submit(n)).await.is_err() {
            break;
        }
    }
    stop(running).await;
}

#[tokio::test(start_paused = true)]
async fn p73b_failed_remake_costs_only_the_item() {
    let made = AtomicUsize::new(0);
    let wire = Wire::per_worker("w", move || {
        assert_ne!(made.fetch_add(1, Ordering::Relaxed), 1, "not the second time");
        |n: u64| {
            assert_ne!(n, 0, "zero");
            Ok::<_, String>(n)
        }
    })
    .with_workers(1)
    .build()
    .unwrap();
    let running = wire.start().unwrap();
    running.submit_batch(&mut vec![5, 0, 1, 2, 3]).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.abandoned, 0, "{}", stopped.ledger);
}

struct Bomb(u64);
impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(self.0 != 3, "bomb");
        if self.0 == 4 && !std::thread::panicking() {
            panic!("bomb 4");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn p60_drop_bombs_sync_byref() {
    let wire = Wire::by_ref("w", |b: &Bomb| Ok::<_, String>(b.0)).with_workers(1).build().unwrap();
    let running = wire.start().unwrap();
    for n in 0..10 {
        running.submit(Bomb(n)).await.unwrap();
    }
    let stopped = stop(running).await;
    println!("{}", stopped.ledger);
    assert_eq!(stopped.ledger.delivered + stopped.ledger.returned, 8);
}

#[tokio::test(start_paused = true)]
async fn p60b_drop_bombs_failing() {
    let wire = Wire::by_ref("w", |b: &Bomb| if b.0 == 3 { Err("x") } else { Ok(b.0) })
        .with_workers(1)
        .build()
        .unwrap();
    let running = wire.start().unwrap();
    for n in 0..10 {
        running.submit(Bomb(n)).await.unwrap();
    }
    settle().await;
    for n in 5..15 {
        running.submit(Bomb(n)).await.unwrap();
    }
    let stopped = stop(running).await;
    println!("{}", stopped.ledger);
}

#[tokio::test(start_paused = true)]
async fn p60c_drop_bombs_async() {
    let wire = Wire::async_by_ref("w", async |b: &Bomb| Ok::<_, String>(b.0)).with_concurrency(2).build().unwrap();
    let running = wire.start().unwrap();
    for n in 0..10 {
        running.submit(Bomb(n)).await.unwrap();
    }
    let stopped = stop(running).await;
    println!("{}", stopped.ledger);
}

#[tokio::test(start_paused = true)]
async fn p16_retry_without_wait_lets_stop_through() {
    let wire = Wire::by_ref("w", |_: &u64| Err::<u64, _>("no"))
        .with_workers(1)
        .with_retry(Retry::fixed(50_000_000, Duration::ZERO))
        .build()
        .unwrap();
    let running = wire.start().unwrap();
    running.submit(0).await.unwrap();
    let stopped = soon(running.stop(ms(5))).await;
    balanced(&stopped);
    assert_eq!(values(stopped.inputs), [0], "{}", stopped.ledger);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p15_aborted_sync_batch_begins_no_more() {
    let (gate, wait) = std::sync::mpsc::sync_channel::<()>(16);
    let wait = std::sync::Mutex::new(wait);
    let begun = Arc::new(AtomicUsize::new(0));
    let b = Arc::clone(&begun);
    let wire = Wire::by_ref("w", move |n: &u64| {
        b.fetch_add(1, Ordering::SeqCst);
        wait.lock().unwrap().recv().unwrap();
        Ok::<_, String>(*n)
    })
    .with_workers(1)
    .build()
    .unwrap();
    let running = wire.start().unwrap();
    let mut out = running.output();
    running.submit(100).await.unwrap();
    while begun.load(Ordering::SeqCst) < 1 {
        tokio::task::yield_now().await;
    }
    running.submit_batch(&mut (0..10).collect()).await.unwrap();
    gate.send(()).unwrap();
    while begun.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(out.recv().await, Some(100));
    let stopping = tokio::spawn(running.stop(Duration::ZERO));
    assert_eq!(out.recv().await, None);
    gate.send(()).unwrap();
    let stopped = soon(stopping).await.unwrap();
    println!("{stopped:?}");
    for _ in 0..12 {
        let _ = gate.send(());
    }
    assert_eq!(stopped.stuck, 0);
    assert_eq!(stopped.ledger.abandoned, 0);
}

// ---- second round
struct Fed(Wire<u64, u64>);
impl Component for Fed {
    type In = u64;
    type Out = u64;
}

#[tokio::test(start_paused = true)]
async fn q05_sink_after_stop_with_source() {
    let wire = same(8);
    let segment = electrician_wire::IntoSegment::into_segment(same(8));
    let start = electrician_wire::engine::Start { clock: Arc::new(RuntimeClock), output_capacity: 8, has_sources: true };
    let hold = Arc::new(Notify::new());
    let h = Arc::clone(&hold);
    let running = Running::start(Fed(wire), &*segment, start, |launch, feeder| {
        let feeder = feeder.clone();
        launch.add_task(async move {
            h.notified().await;
            drop(feeder);
        });
        Ok(())
    })
    .unwrap();
    let mut sink = running.inlet().into_sink();
    let inlet = running.inlet();
    sink.start_send_unpin(2).unwrap();
    let stopping = tokio::spawn(running.stop(AMPLE));
    settle().await;
    assert!(inlet.is_closed());
    let refused = soon(sink.flush()).await.unwrap_err();
    assert!(refused.is_closed());
    assert_eq!(refused.item, 2);
    hold.notify_one();
    let stopped = soon(stopping).await.unwrap();
    balanced(&stopped);
    assert_eq!(stopped.ledger.accepted, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn q44_live_ledger_is_sane() {
    let wire = Wire::flat_map("w", |n: u64| [n; 3]).with_workers(2).build().unwrap();
    let running = wire.start().unwrap();
    let mut out = running.output();
    let inlet = running.inlet();
    let feeding = tokio::spawn(async move {
        for n in 0..300_000 {
            inlet.submit(n).await.unwrap();
        }
    });
    let reading = tokio::spawn(async move {
        let mut all = vec![];
        while out.recv_batch(&mut all, 1000).await > 0 {
            all.clear();
        }
    });
    let mut bad = 0;
    let mut n = 0;
    while !feeding.is_finished() {
        let ledger = running.progress()[0].ledger;
        n += 1;
        bad += u64::from(ledger.inflow() < ledger.outflow());
    }
    println!("{bad} of {n}");
    assert_eq!(bad, 0);
    balanced(&soon(running.stop(AMPLE)).await);
    reading.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn q108_submit_races_with_stop_zero() {
    for round in 0..2000 {
        let running = Wire::map("same", |n: u64| n).with_workers(1).with_capacity(4096).build().unwrap().start().unwrap();
        let accepted = Arc::new(AtomicU64::new(0));
        let threads: Vec<_> = (0..6)
            .map(|_| {
                let inlet = running.inlet();
                let accepted = Arc::clone(&accepted);
                std::thread::spawn(move || {
                    let mut batch: Vec<u64> = Vec::new();
                    loop {
                        batch.extend(0..1000 - batch.len() as u64);
                        let p = poll_once(inlet.submit_batch(&mut batch));
                        accepted.fetch_add(1000 - batch.len() as u64, Ordering::Relaxed);
                        if matches!(p, Poll::Ready(Err(_))) {
                            return;
                        }
                    }
                })
            })
            .collect();
        tokio::task::yield_now().await;
        let stopped = soon(running.stop(Duration::ZERO)).await;
        for t in threads {
            t.join().unwrap();
        }
        let ledger = stopped.ledger;
        assert!(ledger.is_balanced(), "{round}: {ledger}");
        assert_eq!(ledger.accepted, accepted.load(Ordering::Relaxed), "round {round}: {ledger}");
        let values = stopped.inputs.len() + stopped.outputs.len();
        assert_eq!(ledger.returned, values as u64);
    }
}

#[tokio::test(start_paused = true)]
async fn q60d_hostile_drops() {
    struct Mine(u64);
    impl Drop for Mine {
        fn drop(&mut self) {
            if self.0 % 5 == 3 && !std::thread::panicking() {
                panic!("bomb");
            }
        }
    }
    let wire = Wire::by_ref("w", |b: &Mine| if b.0 == 3 { Err("x") } else { Ok(b.0) })
        .with_workers(1)
        .build()
        .unwrap();
    let running = wire.start().unwrap();
    for n in 0..10 {
        running.submit(Mine(n)).await.unwrap();
    }
    settle().await;
    for n in 10..13 {
        running.submit(Mine(n)).await.unwrap();
    }
    settle().await;
    let stopped = soon(running.stop(AMPLE)).await;
    println!("{stopped:?}");
    balanced(&stopped);
}
