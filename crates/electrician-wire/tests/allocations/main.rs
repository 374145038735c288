//! No allocation per item once a wire is warm, whatever it is told to do.

use std::time::Duration;

use electrician_circuitbreaker::CircuitBreaker;
use electrician_surgeprotector::{Burst, Rate, SurgeProtector};
use electrician_testkit::alloc::{self, Counting};
use electrician_wire::types::{Item, Watermark};
use electrician_wire::{Inlet, Output, WhenDenied, Wire};
use futures_util::future::join;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How many items warm a wire up.
const WARM: u64 = 10_000;

/// How many are counted. At most one allocation for a thousand of them.
const COUNTED: u64 = 20_000;

/// The most that wait at the output, and the most that are submitted at once.
const MANY: usize = 256;

/// How items are put through.
#[derive(Clone, Copy, Debug)]
enum Drive {
    /// As fast as it goes, one by one.
    Each,
    /// As fast as it goes, in batches.
    Batches,
    /// As fast as it goes, with receipts.
    Receipts,
    /// One at a time: the next enters when the last is out, so that everybody has to wait.
    Paced,
}

const DRIVES: [Drive; 4] = [Drive::Each, Drive::Batches, Drive::Receipts, Drive::Paced];

/// Puts items through every way, on one thread and on several.
fn check(wire: impl Fn() -> Wire<u64, u64>) {
    for (threads, drive) in [0, 2].into_iter().flat_map(|n| DRIVES.map(|drive| (n, drive))) {
        let allocated = alloc::run(threads, async |counter| {
            let running = wire().start().unwrap();
            let (inlet, mut output) = (running.inlet(), running.output());
            let mut through = Through::new();
            through.put(drive, WARM, &inlet, &mut output).await;
            let before = counter.get();
            through.put(drive, COUNTED, &inlet, &mut output).await;
            let allocated = counter.get() - before;
            drop(output);
            let stopped = running.finish().await;
            assert_eq!(stopped.ledger.delivered, WARM + COUNTED, "{}", stopped.ledger);
            allocated
        });
        assert!(
            allocated * 1000 <= COUNTED,
            "{allocated} allocations for {COUNTED} items: {drive:?}, {threads} threads"
        );
    }
}

/// What the test itself needs, allocated once.
struct Through {
    batch: Vec<u64>,
    read: Vec<u64>,
    watermark: Watermark,
    offset: u64,
}

impl Through {
    fn new() -> Self {
        Self {
            batch: Vec::with_capacity(MANY),
            read: Vec::with_capacity(MANY),
            watermark: Watermark::new(MANY),
            offset: 0,
        }
    }

    async fn put(
        &mut self,
        drive: Drive,
        count: u64,
        inlet: &Inlet<u64>,
        output: &mut Output<u64>,
    ) {
        let Self { batch, read, watermark, offset } = self;
        if matches!(drive, Drive::Paced) {
            for n in 0..count {
                inlet.submit(n).await.unwrap();
                output.recv().await.unwrap();
            }
            return;
        }
        let reading = async {
            let mut left = usize::try_from(count).unwrap();
            while left > 0 {
                left -= output.recv_batch(read, left.min(MANY)).await;
                read.clear();
            }
        };
        let submitting = async {
            match drive {
                Drive::Each => {
                    for n in 0..count {
                        inlet.submit(n).await.unwrap();
                    }
                }
                Drive::Receipts => {
                    for n in 0..count {
                        let receipt = loop {
                            watermark.advance();
                            match watermark.track(*offset) {
                                Some(receipt) => break receipt,
                                None => std::future::poll_fn(|cx| watermark.poll_settled(cx)).await,
                            }
                        };
                        *offset += 1;
                        inlet.submit_item(Item::with_receipt(n, receipt)).await.unwrap();
                    }
                    assert!(watermark.drained().await);
                }
                _ => {
                    for n in (0..count).step_by(MANY) {
                        batch.extend(n..count.min(n + MANY as u64));
                        inlet.submit_batch(batch).await.unwrap();
                    }
                }
            }
        };
        join(submitting, reading).await;
    }
}

#[test]
fn a_plain_wire() {
    check(|| Wire::map("plain", |n: u64| n).with_workers(2).build().unwrap());
}

#[test]
fn an_ordered_wire() {
    check(|| Wire::map("ordered", |n: u64| n).with_workers(2).ordered().build().unwrap());
}

#[test]
fn a_wire_ordered_by_key() {
    check(|| {
        let wire = Wire::map("keyed", |n: u64| n).with_workers(2);
        wire.ordered_by_key(|n| n % 7).build().unwrap()
    });
}

#[test]
fn an_asynchronous_wire() {
    check(|| {
        let wire = Wire::new_async("async", async |n: u64| {
            tokio::task::yield_now().await;
            Ok::<_, String>(n)
        });
        wire.with_concurrency(4).with_timeout(Duration::from_mins(1)).build().unwrap()
    });
}

#[test]
fn a_guarded_wire() {
    check(|| {
        let breaker = CircuitBreaker::builder("closed").with_failure_rate(0.5).build().unwrap();
        let rate = Rate::new(u32::MAX, Duration::from_secs(1)).unwrap();
        let protector = SurgeProtector::builder().with_rate(rate, Burst::new(1 << 20).unwrap());
        Wire::map("guarded", |n: u64| n)
            .with_workers(2)
            .with_guard(breaker, WhenDenied::Pause)
            .with_guard(protector.build().unwrap(), WhenDenied::Pause)
            .build()
            .unwrap()
    });
}
