//! Whoever waits for a verdict is woken.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use electrician_types::{NackReason, Receipt, Watermark};

use crate::executor::{Wakes, block_on, poll_once};

fn tracked<const N: usize>(watermark: &mut Watermark) -> [Receipt; N] {
    std::array::from_fn(|offset| watermark.track(offset as u64).expect("there is room"))
}

fn poll(watermark: &mut Watermark, wakes: &Arc<Wakes>) -> Poll<()> {
    watermark.poll_settled(&mut Context::from_waker(&Waker::from(Arc::clone(wakes))))
}

#[test]
fn is_ready_when_nothing_is_in_flight() {
    let mut watermark = Watermark::new(2);
    assert!(poll(&mut watermark, &Arc::default()).is_ready());
    let [a] = tracked(&mut watermark);
    a.ack();
    watermark.advance();
    assert!(poll(&mut watermark, &Arc::default()).is_ready());
}

#[test]
fn the_oldest_item_is_waited_for() {
    let mut watermark = Watermark::new(4);
    let [a, b, c] = tracked(&mut watermark);
    let wakes = Arc::<Wakes>::default();
    assert!(poll(&mut watermark, &wakes).is_pending());
    b.ack();
    assert!(poll(&mut watermark, &wakes).is_pending(), "an ack behind the oldest moves nothing");
    let before = wakes.count();
    a.ack();
    assert!(wakes.count() > before);
    assert!(poll(&mut watermark, &wakes).is_ready());
    assert_eq!(watermark.advance(), Some(1));
    assert!(poll(&mut watermark, &wakes).is_pending(), "now for the next");
    c.ack();
    assert!(poll(&mut watermark, &wakes).is_ready());
}

#[test]
fn any_nack_is_waited_for() {
    for reason in [NackReason::Failed, NackReason::Dropped] {
        let mut watermark = Watermark::new(4);
        let [_a, b, _c] = tracked(&mut watermark);
        let wakes = Arc::<Wakes>::default();
        assert!(poll(&mut watermark, &wakes).is_pending());
        b.nack(reason);
        assert_eq!(wakes.count(), 1);
        assert!(poll(&mut watermark, &wakes).is_ready());
        let _again = watermark.retry(1).unwrap();
        assert!(poll(&mut watermark, &wakes).is_pending(), "it is out again");
    }
}

#[test]
fn a_nacked_part_is_no_news_before_the_last_part() {
    let mut watermark = Watermark::new(2);
    let [a] = tracked(&mut watermark);
    let mut parts = a.split(2);
    let wakes = Arc::<Wakes>::default();
    drop(parts.next());
    assert!(poll(&mut watermark, &wakes).is_pending());
    drop(parts.next());
    assert_eq!(wakes.count(), 1);
    assert!(poll(&mut watermark, &wakes).is_ready());
}

#[test]
fn only_the_task_that_polled_last_is_woken() {
    let mut watermark = Watermark::new(2);
    let [a] = tracked(&mut watermark);
    let (former, last) = (Arc::<Wakes>::default(), Arc::<Wakes>::default());
    assert!(poll(&mut watermark, &former).is_pending());
    assert!(poll(&mut watermark, &last).is_pending());
    a.ack();
    assert_eq!((former.count(), last.count()), (0, 1));
    assert_eq!((Arc::strong_count(&former), Arc::strong_count(&last)), (1, 1), "none is kept");
}

/// A waker that holds a receipt, as that of a task that works on the item does.
struct Holding(Mutex<Receipt>);

impl Wake for Holding {
    fn wake(self: Arc<Self>) {
        self.0.lock().unwrap().take().ack();
    }
}

#[test]
fn a_waker_may_settle_receipts_when_it_wakes_and_when_it_goes() {
    let mut watermark = Watermark::new(4);
    let [a, b, c] = tracked(&mut watermark);
    let waking = Waker::from(Arc::new(Holding(Mutex::new(b))));
    let going = Waker::from(Arc::new(Holding(Mutex::new(c))));
    assert!(watermark.poll_settled(&mut Context::from_waker(&going)).is_pending());
    drop(going);
    // The former waker goes with its receipt, which is a nack.
    assert!(watermark.poll_settled(&mut Context::from_waker(&waking)).is_ready());
    assert_eq!(watermark.nacked().map(|nacked| nacked.offset).collect::<Vec<_>>(), [2]);
    assert!(watermark.resolve(2));
    assert!(watermark.poll_settled(&mut Context::from_waker(&waking)).is_pending());
    a.ack();
    assert_eq!(watermark.advance(), Some(2));
}

#[test]
fn drained_when_everything_is_acknowledged() {
    let mut watermark = Watermark::new(4);
    assert_eq!(poll_once(pin!(watermark.drained())), Poll::Ready(true), "of nothing");
    let [a, b, c] = tracked(&mut watermark);
    b.ack();
    {
        let mut drained = pin!(watermark.drained());
        assert!(poll_once(drained.as_mut()).is_pending());
        a.ack();
        assert!(poll_once(drained.as_mut()).is_pending());
    }
    assert_eq!(watermark.committed(), Some(1), "moved on the way, and kept when cancelled");
    c.ack();
    assert_eq!(poll_once(pin!(watermark.drained())), Poll::Ready(true));
    assert_eq!((watermark.committed(), watermark.in_flight()), (Some(2), 0));
}

#[test]
fn draining_gives_up_when_an_item_is_nacked() {
    let mut watermark = Watermark::new(4);
    let [a, b, c] = tracked(&mut watermark);
    {
        let mut drained = pin!(watermark.drained());
        assert!(poll_once(drained.as_mut()).is_pending());
        a.ack();
        c.nack(NackReason::Failed);
        assert_eq!(poll_once(drained.as_mut()), Poll::Ready(false), "whatever else is out");
    }
    assert_eq!((watermark.committed(), watermark.in_flight()), (Some(0), 2));
    assert!(watermark.resolve(2));
    b.ack();
    assert_eq!(poll_once(pin!(watermark.drained())), Poll::Ready(true));
}

#[test]
fn a_drain_sleeps_until_other_threads_have_settled() {
    for _ in 0..50 {
        let mut watermark = Watermark::new(8);
        let receipts: [_; 8] = tracked(&mut watermark);
        thread::scope(|scope| {
            for receipt in receipts {
                scope.spawn(move || receipt.split(2).for_each(Receipt::ack));
            }
            assert!(block_on(watermark.drained()));
        });
        assert_eq!(watermark.committed(), Some(7));
    }
}
