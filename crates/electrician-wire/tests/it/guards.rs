//! Guards before a stage: what they are asked and told, and what happens while they say no.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_wire::types::{Denial, Denied, ErrorKind, Guard, Leave, Outcomes, Refusal};
use electrician_wire::{Retry, WhenDenied, Wire, dead_letters};
use tokio::sync::Notify;

use crate::support::{Record, balanced, ms, now, same, settle, soon, stop, values};

/// A guard that gives so much leave and keeps an account. Clones share it.
#[derive(Clone)]
pub(crate) struct Gatekeeper(Arc<Inner>);

struct Inner {
    book: Mutex<Book>,
    changed: Notify,
    is_timing: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Book {
    /// How many attempts it gives leave for; each takes one.
    free: usize,
    granted: usize,
    /// How often it was asked in vain.
    denied: usize,
    successes: usize,
    failures: usize,
    ignored: usize,
    elapsed: Duration,
}

const TOKEN: u64 = 7;

impl Gatekeeper {
    pub(crate) fn new(free: usize) -> Self {
        Self::make(free, false)
    }

    fn make(free: usize, is_timing: bool) -> Self {
        let book = Mutex::new(Book { free, ..Book::default() });
        Self(Arc::new(Inner { book, changed: Notify::new(), is_timing }))
    }

    fn open() -> Self {
        Self::new(usize::MAX)
    }

    pub(crate) fn set(&self, free: usize) {
        self.0.book.lock().unwrap().free = free;
        self.0.changed.notify_waiters();
    }

    fn book(&self) -> Book {
        *self.0.book.lock().unwrap()
    }

    /// Everything it granted was settled.
    #[track_caller]
    fn settled(&self) -> Book {
        let book = self.book();
        assert_eq!(book.granted, book.successes + book.failures + book.ignored, "{book:?}");
        book
    }
}

impl Guard for Gatekeeper {
    fn admit(&self, want: usize) -> Result<Leave, Denied> {
        assert!(want > 0, "asked for nothing");
        let mut book = self.0.book.lock().unwrap();
        let count = want.min(book.free);
        if count == 0 {
            book.denied += 1;
            return Err(Denied { reason: Denial::Open, retry_after: None });
        }
        book.free -= if book.free == usize::MAX { 0 } else { count };
        book.granted += count;
        Ok(Leave { count, token: TOKEN })
    }

    fn settle(&self, leave: Leave, outcomes: Outcomes) {
        assert_eq!((leave.token, leave.count), (TOKEN, outcomes.count()));
        let mut book = self.0.book.lock().unwrap();
        book.successes += outcomes.successes;
        book.failures += outcomes.failures;
        book.ignored += outcomes.ignored;
        book.elapsed += outcomes.elapsed;
    }

    fn denial(&self) -> Option<Denied> {
        let is_closed = self.book().free == 0;
        is_closed.then_some(Denied { reason: Denial::Open, retry_after: None })
    }

    fn admitting(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {
            loop {
                let changed = self.0.changed.notified();
                if self.book().free > 0 {
                    return;
                }
                changed.await;
            }
        })
    }

    fn is_timing(&self) -> bool {
        self.0.is_timing
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_told_of_every_attempt() {
    for workers in [1, 3] {
        let guard = Gatekeeper::open();
        let wire = Wire::by_ref("odd", |n: &u64| if n % 10 == 3 { Err("three") } else { Ok(*n) });
        let wire = wire.with_workers(workers).with_guard(guard.clone(), WhenDenied::Pause);
        let wire = wire.with_retry(Retry::fixed(1, ms(5))).build().unwrap();
        let running = wire.start().unwrap();
        running.submit_batch(&mut (0..200).collect()).await.unwrap();
        let ledger = stop(running).await.ledger;
        assert_eq!((ledger.failed, ledger.retried), (20, 20));
        let book = guard.settled();
        assert_eq!((book.successes, book.failures), (180, 40));
        assert_eq!(book.elapsed, Duration::ZERO, "it did not ask for the time");
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_asks_once() {
    let guard = Gatekeeper::open();
    let wire = Wire::map("same", |n: u64| n).with_workers(1);
    let running =
        wire.with_guard(guard.clone(), WhenDenied::Pause).build().unwrap().start().unwrap();
    // More than a batch is there before the worker looks.
    running.submit_batch(&mut (0..64).collect()).await.unwrap();
    drop(stop(running).await);
    let book = guard.settled();
    assert_eq!((book.granted, book.successes, book.ignored), (64, 64, 0));
}

#[tokio::test(start_paused = true)]
async fn while_it_says_no_items_wait_and_then_go_on_in_order() {
    let record = Record::new();
    let guard = Gatekeeper::new(0);
    let wire = Wire::map("same", |n: u64| n).with_workers(1).with_capacity(4);
    let wire = wire.with_guard(guard.clone(), WhenDenied::Pause).build().unwrap();
    let running = wire.start().unwrap();
    let mut output = running.output();
    for n in 0..4 {
        running.inlet().try_submit_item(record.item(n, n)).unwrap();
    }
    settle().await;
    assert_eq!(output.try_recv(), None);
    while running.try_submit(9).is_ok() {
        settle().await;
    }
    assert!(running.try_submit(9).unwrap_err().is_full(), "backpressure reaches the submitter");
    // Leave for two, then for the rest.
    guard.set(2);
    assert_eq!([soon(output.recv()).await, soon(output.recv()).await], [Some(0), Some(1)]);
    settle().await;
    assert_eq!(output.try_recv(), None);
    guard.set(usize::MAX);
    assert_eq!([soon(output.recv()).await, soon(output.recv()).await], [Some(2), Some(3)]);
    drop(output);
    drop(stop(running).await);
    assert_eq!(record.counts(), (4, 0));
    guard.settled();
}

#[tokio::test(start_paused = true)]
async fn outputs_do_not_wait_behind_items_without_leave() {
    for ordered in [false, true] {
        let guard = Gatekeeper::new(3);
        let wire = Wire::map("same", |n: u64| n).with_workers(2);
        let wire = if ordered { wire.ordered() } else { wire };
        let wire = wire.with_guard(guard.clone(), WhenDenied::Pause).build().unwrap();
        let running = wire.start().unwrap();
        let mut output = running.output();
        running.submit_batch(&mut (0..8).collect()).await.unwrap();
        let mut first = Vec::new();
        for _ in 0..3 {
            first.push(soon(output.recv()).await.unwrap());
        }
        guard.set(usize::MAX);
        let mut rest = Vec::new();
        for _ in 0..5 {
            rest.push(soon(output.recv()).await.unwrap());
        }
        first.append(&mut rest);
        if ordered {
            assert_eq!(first, [0, 1, 2, 3, 4, 5, 6, 7]);
        }
        drop(output);
        drop(stop(running).await);
        guard.settled();
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_while_it_says_no_brings_the_items_back() {
    let record = Record::new();
    let guard = Gatekeeper::new(2);
    let wire = Wire::map("same", |n: u64| n).with_workers(1);
    let wire = wire.with_guard(guard.clone(), WhenDenied::Pause).build().unwrap();
    let running = wire.start().unwrap();
    for n in 0..6 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    settle().await;
    let stopped = soon(running.stop(ms(50))).await;
    let ledger = balanced(&stopped);
    assert_eq!((ledger.returned, ledger.abandoned), (6, 0));
    assert_eq!(values(stopped.outputs), [0, 1]);
    assert_eq!(values(stopped.inputs), [2, 3, 4, 5]);
    assert_eq!(record.counts(), (6, 0), "accepting them acknowledged them");
    guard.settled();
}

#[tokio::test(start_paused = true)]
async fn submits_are_refused_with_the_item_if_it_is_to_reject() {
    let guard = Gatekeeper::open();
    let wire = Wire::map("same", |n: u64| n).with_workers(1);
    let wire = wire.with_guard(guard.clone(), WhenDenied::Reject).build().unwrap();
    let running = wire.start().unwrap();
    running.submit(1).await.unwrap();
    settle().await;
    guard.set(0);
    let refused = running.try_submit(2).unwrap_err();
    assert_eq!((refused.item, refused.reason), (2, Refusal::Denied(Denial::Open)));
    assert!(refused.reason.to_string().contains("circuit breaker is open"), "{refused}");
    let refused = soon(running.submit(3)).await.unwrap_err();
    assert_eq!((refused.item, refused.reason), (3, Refusal::Denied(Denial::Open)));
    let mut batch = vec![4, 5];
    let reason = soon(running.inlet().submit_batch(&mut batch)).await.unwrap_err();
    assert_eq!((batch, reason), (vec![4, 5], Refusal::Denied(Denial::Open)));
    guard.set(usize::MAX);
    running.submit(6).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.accepted, values(stopped.outputs)), (2, vec![1, 6]));
    guard.settled();
}

#[tokio::test(start_paused = true)]
async fn after_the_stop_a_submit_learns_that_it_is_closed_whatever_the_guard_says() {
    let guard = Gatekeeper::new(0);
    let wire = Wire::map("same", |n: u64| n).with_guard(guard, WhenDenied::Reject);
    let running = wire.build().unwrap().start().unwrap();
    let inlet = running.inlet();
    drop(stop(running).await);
    assert_eq!(inlet.submit(1).await.unwrap_err().reason, Refusal::Closed);
    assert_eq!(inlet.try_submit(2).unwrap_err().reason, Refusal::Closed);
    assert_eq!(inlet.submit_batch(&mut vec![3]).await.unwrap_err(), Refusal::Closed);
}

#[tokio::test(start_paused = true)]
async fn items_go_another_way_with_their_receipts() {
    let record = Record::new();
    let backup = same(16).start().unwrap();
    let guard = Gatekeeper::new(0);
    let wire = Wire::map("main", |n: u64| n + 100).with_workers(1);
    let wire = wire.with_guard(guard.clone(), WhenDenied::divert(backup.inlet())).build().unwrap();
    let running = wire.start().unwrap();
    for n in 0..5 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    let mut other = backup.output();
    for n in 0..5 {
        assert_eq!(record.counts(), (n, 0), "the receipt went along");
        assert_eq!(soon(other.recv()).await, Some(n as u64));
    }
    guard.set(usize::MAX);
    running.inlet().submit_item(record.item(5, 5)).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.diverted, stopped.ledger.returned), (5, 1), "{}", stopped.ledger);
    assert_eq!(values(stopped.outputs), [105]);
    assert!(stopped.ledger.to_string().contains("diverted 5"), "{}", stopped.ledger);
    drop(other);
    drop(stop(backup).await);
    guard.settled();
}

#[tokio::test(start_paused = true)]
async fn what_the_other_way_refuses_is_a_dead_letter() {
    let backup = same(16).start().unwrap();
    let closed = backup.inlet();
    drop(stop(backup).await);
    let (port, mut letters) = dead_letters(4);
    let wire = Wire::by_ref("main", |n: &u64| Ok::<_, String>(*n)).with_workers(1);
    let wire = wire.with_guard(Gatekeeper::new(0), WhenDenied::divert(closed));
    let running = wire.with_dead_letters(port).build().unwrap().start().unwrap();
    running.submit(1).await.unwrap();
    let letter = soon(letters.recv()).await.unwrap();
    assert_eq!(letter.error.kind(), ErrorKind::Denied);
    assert!(letter.error.to_string().contains("closed"), "{}", letter.error);
    assert_eq!(letter.accept(), 1);
    assert_eq!(stop(running).await.ledger.dead_lettered, 1);
}

#[tokio::test(start_paused = true)]
async fn a_retry_asks_for_leave_again() {
    for parked in [0, 8] {
        let guard = Gatekeeper::new(1);
        let wire = Wire::by_ref("down", |_: &u64| Err::<u64, _>("down")).with_workers(1);
        let wire = wire.with_retry(Retry::fixed(1, ms(10))).with_parked(parked);
        let wire = wire.with_guard(guard.clone(), WhenDenied::Pause).build().unwrap();
        let running = wire.start().unwrap();
        running.submit(1).await.unwrap();
        tokio::time::sleep(ms(50)).await;
        assert_eq!(guard.book().failures, 1, "the second attempt has no leave yet");
        assert_eq!(running.progress()[0].ledger.retried, 0);
        guard.set(1);
        let ledger = stop(running).await.ledger;
        assert_eq!((ledger.retried, ledger.failed), (1, 1), "parked {parked}");
        assert_eq!(guard.settled().failures, 2);
    }
}

/// One that counts what is under way: leave comes back when it is settled.
#[derive(Clone)]
struct Slots(Gatekeeper);

impl Guard for Slots {
    fn admit(&self, want: usize) -> Result<Leave, Denied> {
        self.0.admit(want)
    }

    fn settle(&self, leave: Leave, outcomes: Outcomes) {
        let count = leave.count;
        self.0.settle(leave, outcomes);
        self.0.set(self.0.book().free + count);
    }

    fn denial(&self) -> Option<Denied> {
        self.0.denial()
    }

    fn admitting(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.admitting()
    }
}

#[tokio::test(start_paused = true)]
async fn while_a_retry_waits_no_leave_is_held() {
    for parked in [0, 8] {
        let slots = Slots(Gatekeeper::new(4));
        let first = Mutex::new(true);
        let wire = Wire::by_ref("first fails", move |n: &u64| {
            if std::mem::take(&mut *first.lock().unwrap()) { Err("not yet") } else { Ok(*n) }
        });
        let wire = wire.with_workers(1).with_retry(Retry::fixed(1, ms(10))).with_parked(parked);
        let wire = wire.with_guard(slots.clone(), WhenDenied::Pause).build().unwrap();
        let running = wire.start().unwrap();
        running.submit_batch(&mut (0..4).collect()).await.unwrap();
        tokio::time::sleep(ms(5)).await;
        slots.0.settled();
        let stopped = stop(running).await;
        assert_eq!(stopped.outputs.len(), 4, "parked {parked}: {}", stopped.ledger);
        assert_eq!(slots.0.settled().failures, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_later_guard_cuts_short_the_earlier_ones_get_back() {
    let (wide, narrow) = (Gatekeeper::open(), Gatekeeper::new(3));
    let wire = Wire::map("same", |n: u64| n).with_workers(1);
    let wire = wire.with_guard(wide.clone(), WhenDenied::Pause);
    let wire = wire.with_guard(narrow.clone(), WhenDenied::Pause).build().unwrap();
    let running = wire.start().unwrap();
    running.submit_batch(&mut (0..10).collect()).await.unwrap();
    settle().await;
    let book = wide.settled();
    assert_eq!((book.successes, book.ignored), (3, book.granted - 3));
    narrow.set(usize::MAX);
    drop(stop(running).await);
    assert_eq!((wide.settled().successes, narrow.settled().successes), (10, 10));
}

#[tokio::test(start_paused = true)]
async fn one_that_wants_the_time_gets_it_attempt_by_attempt() {
    let guard = Gatekeeper::make(usize::MAX, true);
    let wire = Wire::async_by_ref("slow", async |n: &u64| {
        tokio::time::sleep(ms(*n)).await;
        Ok::<_, String>(*n)
    });
    let wire = wire.with_concurrency(1).with_guard(guard.clone(), WhenDenied::Pause);
    let running = wire.build().unwrap().start().unwrap();
    let begin = now();
    running.submit_batch(&mut vec![10, 20, 30]).await.unwrap();
    drop(stop(running).await);
    assert_eq!(guard.settled().elapsed, now() - begin);
}

#[tokio::test(start_paused = true)]
async fn a_stop_in_the_middle_of_an_attempt_is_no_failure() {
    let guard = Gatekeeper::open();
    let wire = Wire::async_by_ref("endless", async |_: &u64| {
        std::future::pending::<Result<u64, String>>().await
    });
    let wire = wire.with_concurrency(2).with_guard(guard.clone(), WhenDenied::Pause);
    let running = wire.build().unwrap().start().unwrap();
    running.submit_batch(&mut vec![1, 2, 3]).await.unwrap();
    settle().await;
    let stopped = soon(running.stop(ms(10))).await;
    assert_eq!(balanced(&stopped).returned, 3);
    let book = guard.settled();
    assert_eq!((book.granted, book.failures, book.ignored), (2, 0, 2));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure_and_leave_is_not_lost_by_it() {
    let guard = Gatekeeper::open();
    let wire = Wire::by_ref("panics", |n: &u64| {
        assert!(*n != 2, "two");
        Ok::<_, String>(*n)
    });
    let wire = wire.with_workers(1).with_guard(guard.clone(), WhenDenied::Pause).build().unwrap();
    let running = wire.start().unwrap();
    running.submit_batch(&mut (0..5).collect()).await.unwrap();
    drop(stop(running).await);
    let book = guard.settled();
    assert_eq!((book.successes, book.failures), (4, 1));
}

#[test]
fn more_than_four_do_not_build() {
    let mut wire = Wire::map("many", |n: u64| n);
    for _ in 0..5 {
        wire = wire.with_guard(Gatekeeper::open(), WhenDenied::Pause);
    }
    let error = wire.build().unwrap_err().to_string();
    assert!(error.contains("5 guards") && error.contains("at most 4"), "{error}");
}

/// Two stages, each with more workers than there are places, one after the other: what waits for a
/// place holds none, so neither stops the other for good.
#[cfg(not(loom))]
#[tokio::test]
async fn stages_share_a_bulkhead() {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use electrician_surgeprotector::Bulkhead;

    let bulkhead = Bulkhead::new(2.try_into().unwrap());
    let load = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let stage = |name: &'static str| {
        let load = Arc::clone(&load);
        let call = move |item: u32| {
            let load = Arc::clone(&load);
            async move {
                let now = load[0].fetch_add(1, Ordering::SeqCst) + 1;
                load[1].fetch_max(now, Ordering::SeqCst);
                tokio::task::yield_now().await;
                load[0].fetch_sub(1, Ordering::SeqCst);
                Ok::<_, std::convert::Infallible>(item)
            }
        };
        let wire = Wire::new_async(name, call).with_concurrency(4).with_capacity(1);
        wire.with_guard(bulkhead.clone(), WhenDenied::Pause).build().unwrap().start().unwrap()
    };
    let (first, second) = (stage("first"), stage("second"));
    let (mut between, mut out) = (first.output(), second.output());
    let feed = async {
        for item in 0..200 {
            first.submit(item).await.unwrap();
        }
    };
    let carry = async {
        for _ in 0..200 {
            second.submit(between.recv().await.unwrap()).await.unwrap();
        }
    };
    let take = async {
        for _ in 0..200 {
            out.recv().await.unwrap();
        }
    };
    tokio::join!(feed, carry, take);
    settle().await;
    assert_eq!(load[1].load(Ordering::SeqCst), 2, "as many as there are places");
    assert_eq!(bulkhead.in_flight(), 0);
    balanced(&stop(first).await);
    balanced(&stop(second).await);
}
