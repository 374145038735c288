use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use electrician_types::{Clock, Timer};

use super::SystemClock;

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a waker that panics");
    }
}

async fn elapse(timer: &mut dyn Timer) {
    poll_fn(|cx| timer.poll_elapsed(cx)).await;
}

#[tokio::test]
async fn a_timer_elapses_not_before_its_deadline() {
    let clock = SystemClock;
    let mut timer = clock.timer();
    for wait in [3, 0, 1] {
        let deadline = clock.now() + Duration::from_millis(wait);
        timer.reset(deadline);
        elapse(&mut *timer).await;
        assert!(clock.now() >= deadline);
    }
}

#[tokio::test]
async fn timers_do_not_disturb_each_other() {
    let clock = SystemClock;
    let now = clock.now();
    let (mut far, mut near, mut gone, mut bad) =
        (clock.timer(), clock.timer(), clock.timer(), clock.timer());
    far.reset(now + Duration::from_hours(1));
    near.reset(now + Duration::from_millis(2));
    gone.reset(now + Duration::from_mins(1));
    bad.reset(now + Duration::from_millis(1));
    let waker = Waker::from(Arc::new(Panics));
    assert_eq!(bad.poll_elapsed(&mut Context::from_waker(&waker)), Poll::Pending);
    poll_fn(|cx| {
        assert_eq!(far.poll_elapsed(cx), Poll::Pending);
        assert_eq!(gone.poll_elapsed(cx), Poll::Pending);
        Poll::Ready(())
    })
    .await;
    drop(gone);
    elapse(&mut *near).await;
    // Set again, it is in the book once.
    far.reset(now);
    elapse(&mut *far).await;
}

#[test]
fn a_timer_that_was_never_set_does_not_elapse() {
    let mut timer = SystemClock.timer();
    assert_eq!(timer.poll_elapsed(&mut Context::from_waker(Waker::noop())), Poll::Pending);
}
