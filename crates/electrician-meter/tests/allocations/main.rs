//! No allocation per item with a meter attached, whatever else is.

use std::time::Duration;

use electrician_circuitbreaker::CircuitBreaker;
use electrician_meter::Meter;
use electrician_surgeprotector::{Burst, Rate, SurgeProtector};
use electrician_testkit::alloc::{self, Counting};
use electrician_wire::{Inlet, Output, WhenDenied, Wire};
use futures_util::future::join;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How many items warm a wire up, and how many are counted.
const WARM: u64 = 10_000;
const COUNTED: u64 = 50_000;

/// How many go through at once.
const MANY: u64 = 256;

/// A breaker, a limit and a meter.
fn everything(meter: &Meter) -> Wire<u64, u64> {
    let breaker = CircuitBreaker::builder("closed").with_failure_rate(0.5);
    let breaker = breaker.with_observer(meter.clone()).build().unwrap();
    let rate = Rate::new(u32::MAX, Duration::from_secs(1)).unwrap();
    let protector = SurgeProtector::builder().with_rate(rate, Burst::new(1 << 20).unwrap());
    Wire::map("everything", |n: u64| n)
        .with_workers(2)
        .with_guard(breaker, WhenDenied::Pause)
        .with_guard(protector.build().unwrap(), WhenDenied::Pause)
        .with_observer(meter.clone())
        .build()
        .unwrap()
}

/// As fast as it goes.
async fn saturate(count: u64, inlet: &Inlet<u64>, output: &mut Output<u64>, room: &mut Vec<u64>) {
    let mut batch = Vec::with_capacity(usize::try_from(MANY).unwrap());
    let reading = async {
        let mut left = usize::try_from(count).unwrap();
        while left > 0 {
            left -= output.recv_batch(room, left.min(256)).await;
            room.clear();
        }
    };
    let submitting = async {
        for n in (0..count).step_by(256) {
            batch.extend(n..count.min(n + MANY));
            inlet.submit_batch(&mut batch).await.unwrap();
        }
    };
    join(submitting, reading).await;
}

/// One at a time: everybody waits for every item.
async fn alternate(count: u64, inlet: &Inlet<u64>, output: &mut Output<u64>) {
    for n in 0..count {
        inlet.submit(n).await.unwrap();
        output.recv().await.unwrap();
    }
}

/// 50,000 a second, by the runtime's timer: fifty in a millisecond.
async fn pace(count: u64, inlet: &Inlet<u64>, output: &mut Output<u64>) {
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    for n in (0..count).step_by(50) {
        ticks.tick().await;
        for n in n..n + 50 {
            inlet.submit(n).await.unwrap();
        }
        for _ in 0..50 {
            output.recv().await.unwrap();
        }
    }
}

/// At most one allocation for a thousand items, in all threads together.
fn check(drive: &impl AsyncFn(u64, &Inlet<u64>, &mut Output<u64>)) {
    for threads in [0, 2] {
        let allocated = alloc::run(threads, async |counter| {
            let meter = Meter::new("counted");
            let running = everything(&meter).start().unwrap();
            let (inlet, mut output) = (running.inlet(), running.output());
            drive(WARM, &inlet, &mut output).await;
            let before = counter.get();
            drive(COUNTED, &inlet, &mut output).await;
            let allocated = counter.get() - before;
            drop(output);
            drop(running.finish().await);
            let stage = meter.snapshot().stages.remove(0);
            assert_eq!(stage.latency.service.count, WARM + COUNTED);
            assert!(stage.latency.end_to_end.count > 0, "items were sampled");
            allocated
        });
        assert!(
            allocated * 1000 <= COUNTED,
            "{allocated} allocations for {COUNTED} items, {threads} threads"
        );
    }
}

#[test]
fn saturated() {
    check(&async |count, inlet, output| {
        let mut room = Vec::with_capacity(256);
        saturate(count, inlet, output, &mut room).await;
    });
}

#[test]
fn one_at_a_time() {
    check(&async |count, inlet, output| alternate(count, inlet, output).await);
}

#[test]
fn at_fifty_thousand_a_second() {
    check(&async |count, inlet, output| pace(count, inlet, output).await);
}
