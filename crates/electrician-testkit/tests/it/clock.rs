//! The clock that stands still.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use electrician_testkit::{VirtualClock, within};
use electrician_types::{Clock, Timer};
use electrician_wire::{Retry, RuntimeClock, Wire};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A timer that is set to `after` from now.
fn timer(clock: &VirtualClock, after: Duration) -> Box<dyn Timer> {
    let mut timer = clock.timer();
    timer.reset(clock.now() + after);
    timer
}

fn poll(timer: &mut Box<dyn Timer>, waker: &Waker) -> Poll<()> {
    timer.poll_elapsed(&mut Context::from_waker(waker))
}

fn is_due(timer: &mut Box<dyn Timer>) -> bool {
    poll(timer, Waker::noop()).is_ready()
}

/// Writes down its name and the time when it is woken.
struct Diary {
    name: &'static str,
    clock: VirtualClock,
    entries: Arc<Mutex<Vec<(&'static str, Duration)>>>,
}

impl Wake for Diary {
    fn wake(self: Arc<Self>) {
        self.entries.lock().unwrap().push((self.name, self.clock.elapsed()));
    }
}

#[test]
fn time_passes_when_told() {
    let clock = VirtualClock::new();
    let start = clock.now();
    assert_eq!((clock.now(), clock.elapsed()), (start, Duration::ZERO));
    clock.advance(ms(5));
    clock.clone().advance(ms(7));
    assert_eq!((clock.now() - start, clock.elapsed()), (ms(12), ms(12)));
}

#[test]
fn a_timer_elapses_at_its_deadline_and_not_before() {
    let clock = VirtualClock::new();
    let mut unset = clock.timer();
    let mut timer = timer(&clock, ms(10));
    clock.advance(ms(9));
    assert!(!is_due(&mut timer));
    clock.advance(ms(1));
    assert!(is_due(&mut timer) && is_due(&mut timer), "it stays elapsed");
    clock.advance(Duration::from_hours(1));
    assert!(!is_due(&mut unset), "a timer that was never set does not elapse");
}

#[test]
fn a_deadline_in_the_past_has_elapsed() {
    let clock = VirtualClock::new();
    let mut timer = timer(&clock, Duration::ZERO);
    assert_eq!((clock.pending(), clock.next_deadline()), (0, None));
    assert!(is_due(&mut timer));
}

#[test]
fn timers_fire_in_the_order_of_their_deadlines_each_at_its_time() {
    let clock = VirtualClock::new();
    let entries = Arc::<Mutex<Vec<_>>>::default();
    let set = |name, after| {
        let mut timer = timer(&clock, after);
        let (clock, entries) = (clock.clone(), Arc::clone(&entries));
        let diary = Arc::new(Diary { name, clock, entries });
        assert!(poll(&mut timer, &Waker::from(diary)).is_pending());
        timer
    };
    let _timers =
        [set("late", ms(30)), set("soon", ms(10)), set("then", ms(20)), set("never", ms(99))];
    clock.advance(ms(50));
    let expected = [("soon", ms(10)), ("then", ms(20)), ("late", ms(30))];
    assert_eq!(*entries.lock().unwrap(), expected);
    assert_eq!((clock.elapsed(), clock.pending()), (ms(50), 1));
}

#[test]
fn what_a_timer_wakes_may_set_another_and_move_the_clock() {
    struct Again(VirtualClock, Mutex<Vec<Box<dyn Timer>>>);
    impl Wake for Again {
        fn wake(self: Arc<Self>) {
            self.1.lock().unwrap().push(timer(&self.0, ms(3)));
            self.0.advance(ms(10));
        }
    }
    let clock = VirtualClock::new();
    let again = Arc::new(Again(clock.clone(), Mutex::default()));
    let mut first = timer(&clock, ms(5));
    assert!(poll(&mut first, &Waker::from(Arc::clone(&again))).is_pending());
    clock.advance(ms(5));
    assert_eq!((clock.elapsed(), clock.pending()), (ms(15), 0), "both moves add up");
    assert!(again.1.lock().unwrap().iter_mut().all(is_due));
}

#[test]
fn moves_of_several_threads_add_up() {
    let clock = VirtualClock::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..100 {
                    let _timer = timer(&clock, ms(2));
                    clock.advance(ms(1));
                }
            });
        }
    });
    assert_eq!((clock.elapsed(), clock.pending()), (ms(800), 0));
}

#[test]
fn a_timer_that_is_set_again_or_dropped_is_no_longer_pending() {
    let clock = VirtualClock::new();
    let start = clock.now();
    let mut one = timer(&clock, ms(10));
    let other = timer(&clock, ms(20));
    assert_eq!((clock.pending(), clock.next_deadline()), (2, Some(start + ms(10))));
    one.reset(start + ms(40));
    assert_eq!((clock.pending(), clock.next_deadline()), (2, Some(start + ms(20))));
    drop(other);
    assert_eq!((clock.pending(), clock.next_deadline()), (1, Some(start + ms(40))));
    clock.advance(ms(40));
    assert_eq!((clock.pending(), clock.next_deadline()), (0, None));
    assert!(is_due(&mut one));
}

#[test]
fn the_next_timer_can_be_advanced_to() {
    let clock = VirtualClock::new();
    assert_eq!(clock.advance_to_next(), None);
    let (mut one, mut same, mut late) =
        (timer(&clock, ms(7)), timer(&clock, ms(7)), timer(&clock, ms(9)));
    assert_eq!(clock.advance_to_next(), Some(ms(7)));
    assert!(is_due(&mut one) && is_due(&mut same) && !is_due(&mut late));
    assert_eq!((clock.advance_to_next(), clock.elapsed()), (Some(ms(2)), ms(9)));
    assert!(is_due(&mut late));
}

#[tokio::test]
async fn one_can_wait_for_timers_to_be_set() {
    let clock = VirtualClock::new();
    let mut waiting = pin!(clock.wait_for_timers(2));
    let mut polled = async || poll_fn(|cx| Poll::Ready(waiting.as_mut().poll(cx))).await;
    let _one = timer(&clock, ms(1));
    assert!(polled().await.is_pending());
    let _other = timer(&clock, ms(1));
    assert!(polled().await.is_ready());
    clock.wait_for_timers(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wire_waits_on_it() {
    let clock = VirtualClock::new();
    let hour = Duration::from_hours(1);
    let wire = Wire::by_ref("fails", |n: &u64| Err::<u64, _>(format!("{n} fails")))
        .with_workers(1)
        .with_retry(Retry::fixed(2, hour))
        .with_clock(Arc::new(clock.clone()));
    let running = wire.build().unwrap().start().unwrap();
    running.submit(1).await.unwrap();
    let waits = async {
        for _ in 0..2 {
            clock.wait_for_timers(1).await;
            assert_eq!(clock.advance_to_next(), Some(hour));
        }
    };
    within(Duration::from_secs(10), waits).await.unwrap();
    let stopped = running.stop(Duration::MAX).await;
    assert_eq!((stopped.ledger.failed, stopped.ledger.retried), (1, 2));
    assert_eq!(clock.elapsed(), hour * 2);
}

#[test]
fn clones_are_the_same_clock_and_others_are_not() {
    let clock = VirtualClock::new();
    assert!(clock.is_same_as(&clock.clone()));
    assert!(!clock.is_same_as(&VirtualClock::new()));
    assert!(!clock.is_same_as(&RuntimeClock) && !RuntimeClock.is_same_as(&clock));
    assert!(RuntimeClock.is_same_as(&RuntimeClock));
}

#[tokio::test]
async fn what_hangs_is_overdue() {
    let overdue = within(ms(20), std::future::pending::<()>()).await.unwrap_err();
    assert_eq!(overdue.to_string(), "not done after 20ms");
    assert_eq!(within(Duration::from_mins(1), async { 7 }).await, Ok(7));
}
