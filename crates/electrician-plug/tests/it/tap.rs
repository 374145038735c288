//! Taps, against a function source that is read by hand: demand is all they go by.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use electrician_plug::{FunctionSource, Tap};
use electrician_types::{
    Acknowledge, Batch, Item, Next, Receipt, Refusal, Source, Submit, Verdict,
};

use crate::support::{poll_once, read, soon, values};

/// A function source that only lends its tap.
fn lending() -> (FunctionSource<u64>, Tap<u64>) {
    let lent = Arc::new(Mutex::new(None));
    let place = Arc::clone(&lent);
    let source = FunctionSource::new(move |tap: Tap<u64>| {
        *place.lock().unwrap() = Some(tap);
        std::future::pending::<Result<(), String>>()
    });
    let tap = lent.lock().unwrap().take().unwrap();
    (source, tap)
}

#[tokio::test(start_paused = true)]
async fn a_tap_takes_what_is_asked_for_and_no_more() {
    let (mut source, tap) = lending();
    assert_eq!(tap.try_submit(1).unwrap_err().reason, Refusal::Full);
    for demand in [3, 1, 5] {
        let mut batch = Batch::new();
        let mut reading = Box::pin(source.read(&mut batch, demand));
        assert!(poll_once(reading.as_mut()).is_pending());
        let taken = (0..10).filter(|n| tap.try_submit(*n).is_ok()).count();
        assert_eq!(taken, demand);
        assert_eq!(soon(reading).await.unwrap(), Next::More);
        assert_eq!(values(batch.into()), (0..demand as u64).collect::<Vec<_>>());
    }
}

#[tokio::test(start_paused = true)]
async fn between_two_reads_nothing_is_asked_for() {
    let (mut source, tap) = lending();
    let mut batch = Batch::new();
    let mut reading = Box::pin(source.read(&mut batch, 10));
    assert!(poll_once(reading.as_mut()).is_pending());
    tap.try_submit(0).unwrap();
    assert_eq!(soon(reading).await.unwrap(), Next::More);
    // Asked for ten, given one: that question is answered.
    let refused = tap.try_submit(1).expect_err("the pipeline asks for nothing now");
    assert_eq!((refused.reason, refused.item), (Refusal::Full, 1));
    let mut second = Batch::new();
    let mut reading = Box::pin(source.read(&mut second, 1));
    assert!(poll_once(reading.as_mut()).is_pending());
    let taken = (1..10).filter(|n| tap.try_submit(*n).is_ok()).count();
    assert_eq!(taken, 1);
    assert_eq!(soon(reading).await.unwrap(), Next::More);
    assert_eq!((batch.len(), second.len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_came_in_while_a_read_was_cancelled_is_handed_over() {
    let (mut source, tap) = lending();
    let mut batch = Batch::new();
    let mut reading = Box::pin(source.read(&mut batch, 3));
    assert!(poll_once(reading.as_mut()).is_pending());
    let mut taken = (0..2).filter(|n| tap.try_submit(*n).is_ok()).count();
    drop(reading);
    taken += (2..10).filter(|n| tap.try_submit(*n).is_ok()).count();
    let mut waiting = Box::pin(tap.submit(99));
    assert!(poll_once(waiting.as_mut()).is_pending());
    source.hand_over(&mut batch);
    assert_eq!(values(batch.into()), (0..taken as u64).collect::<Vec<_>>());
    let refused = soon(waiting).await.expect_err("the source has ended");
    assert_eq!((refused.reason, refused.item), (Refusal::Closed, 99));
}

#[tokio::test(start_paused = true)]
async fn a_read_after_a_cancelled_one_gives_no_more_than_it_was_asked_for() {
    let (mut source, tap) = lending();
    let mut batch = Batch::new();
    assert!(poll_once(source.read(&mut batch, 10)).is_pending());
    let taken = (0..10).filter(|n| tap.try_submit(*n).is_ok()).count();
    for n in 0..taken as u64 {
        assert_eq!(read(&mut source, 1).await.0, [n], "asked for one");
    }
}

/// A task that is never run.
struct Idle;

impl Wake for Idle {
    fn wake(self: Arc<Self>) {}
}

#[tokio::test(start_paused = true)]
async fn submits_that_are_cut_short_leave_nothing_behind() {
    let (_source, tap) = lending();
    let tasks: Vec<_> = (0..1000).map(|_| Arc::new(Idle)).collect();
    for task in &tasks {
        let waker = Waker::from(Arc::clone(task));
        let submitting = pin!(tap.submit(1));
        assert!(submitting.poll(&mut Context::from_waker(&waker)).is_pending());
    }
    let known = tasks.iter().filter(|task| Arc::strong_count(task) > 1).count();
    assert_eq!(known, 0, "tasks that gave up are still to be woken");
}

#[tokio::test(start_paused = true)]
async fn one_task_may_wait_for_many_submits_at_once() {
    let (mut source, tap) = lending();
    let mut batch = Batch::new();
    let mut submits: Vec<_> = (0..4_u64).map(|n| Box::pin(tap.submit(n))).collect();
    for submit in &mut submits {
        assert!(poll_once(submit.as_mut()).is_pending());
    }
    drop(submits.remove(0));
    let mut reading = Box::pin(source.read(&mut batch, 10));
    assert!(poll_once(reading.as_mut()).is_pending());
    for submit in submits {
        soon(submit).await.unwrap();
    }
    assert_eq!(soon(reading).await.unwrap(), Next::More);
    assert_eq!(values(batch.into()), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_goes_in_as_it_is_asked_for() {
    let (mut source, tap) = lending();
    let mut items: Vec<u64> = (0..10).collect();
    let room = items.capacity();
    let (mut submitting, mut given) = (Box::pin(tap.submit_batch(&mut items)), Vec::new());
    for demand in [3, 1, 4] {
        let mut batch = Batch::new();
        assert!(poll_once(submitting.as_mut()).is_pending());
        let mut reading = Box::pin(source.read(&mut batch, demand));
        assert!(poll_once(reading.as_mut()).is_pending());
        assert!(poll_once(submitting.as_mut()).is_pending());
        assert_eq!(soon(reading).await.unwrap(), Next::More);
        assert_eq!(batch.len(), demand, "all that was asked for, at once");
        given.extend(values(batch.into()));
    }
    assert_eq!(given, (0..8).collect::<Vec<_>>());
    drop(submitting);
    assert_eq!(items, [8, 9], "cut short, it gives the rest back");
    assert!(items.capacity() >= room.min(2));
    drop(source);
    assert_eq!(soon(tap.submit_batch(&mut items)).await, Err(Refusal::Closed));
    assert_eq!(items, [8, 9], "and so it does when it is refused");
    assert_eq!(soon(tap.submit_batch(&mut Vec::new())).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_submit_from_a_slot_keeps_the_item_until_it_is_taken() {
    let (mut source, tap) = lending();
    let mut slot = Some(7);
    assert!(poll_once(tap.submit_from(&mut slot)).is_pending());
    assert_eq!(slot, Some(7), "cut short");
    let mut batch = Batch::new();
    let mut reading = Box::pin(source.read(&mut batch, 1));
    assert!(poll_once(reading.as_mut()).is_pending());
    soon(tap.submit_from(&mut slot)).await.unwrap();
    assert_eq!((slot, soon(tap.submit_from(&mut None)).await), (None, Ok(())));
    soon(reading).await.unwrap();
    assert_eq!(values(batch.into()), [7]);
    drop(source);
    let mut slot = Some(8);
    assert_eq!((soon(tap.submit_from(&mut slot)).await, slot), (Err(Refusal::Closed), Some(8)));
}

/// Remembers one verdict.
#[derive(Default)]
struct Told(Mutex<Option<Verdict>>);

impl Acknowledge for Told {
    fn settle(&self, _token: u64, verdict: Verdict) {
        *self.0.lock().unwrap() = Some(verdict);
    }
}

#[tokio::test(start_paused = true)]
async fn as_a_submit_it_carries_the_receipt_into_the_pipeline() {
    let ((mut source, tap), told) = (lending(), Arc::new(Told::default()));
    let item = Item::with_receipt(1, Receipt::new(Arc::clone(&told) as _, 0));
    let mut batch = Batch::new();
    let mut reading = Box::pin(source.read(&mut batch, 1));
    assert!(poll_once(reading.as_mut()).is_pending());
    soon(Submit::submit_item(&tap, item)).await.unwrap();
    soon(reading).await.unwrap();
    assert_eq!(*told.0.lock().unwrap(), None, "nothing is done with it yet");
    assert_eq!(batch.accept(), Some(1));
    assert_eq!(*told.0.lock().unwrap(), Some(Verdict::Ack));
}
