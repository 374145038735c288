//! A limit of concurrency that stays what it is.

use electrician_surgeprotector::{Bulkhead, BulkheadPermit};
use electrician_types::{Denial, Guard, Leave, Outcomes};

use crate::support::{Task, count, now};

fn acquire(bulkhead: &Bulkhead) -> impl Future<Output = BulkheadPermit> + Send + 'static {
    let bulkhead = bulkhead.clone();
    async move { bulkhead.acquire().await }
}

const fn successes(successes: usize) -> Outcomes {
    Outcomes { successes, failures: 0, ignored: 0, elapsed: std::time::Duration::ZERO }
}

#[test]
fn clones_share_the_limit() {
    let bulkhead = Bulkhead::new(count(3));
    let other = bulkhead.clone();
    let mut permits: Vec<_> = std::iter::from_fn(|| bulkhead.try_acquire()).take(2).collect();
    permits.extend(std::iter::from_fn(|| other.try_acquire()));
    assert_eq!((permits.len(), bulkhead.in_flight(), other.limit()), (3, 3, 3));
    drop(permits);
    assert_eq!((bulkhead.in_flight(), other.in_flight()), (0, 0));
}

#[test]
fn first_come_first_served() {
    let bulkhead = Bulkhead::new(count(1));
    let permit = now(bulkhead.acquire());
    let mut first = Task::waiting(acquire(&bulkhead));
    let given_up = Task::waiting(acquire(&bulkhead));
    let mut last = Task::waiting(acquire(&bulkhead));
    drop(permit);
    assert!(bulkhead.try_acquire().is_none(), "it is the turn of those who wait");
    drop(given_up);
    let permit = first.run().expect("it was woken");
    assert!(last.run().is_none());
    drop(permit);
    drop(last.run().expect("it was woken"));
    assert_eq!(bulkhead.in_flight(), 0);
}

#[test]
fn who_was_woken_and_gives_up_wakes_the_next() {
    let bulkhead = Bulkhead::new(count(1));
    let permit = now(bulkhead.acquire());
    let first = Task::waiting(acquire(&bulkhead));
    let mut second = Task::waiting(acquire(&bulkhead));
    drop(permit);
    drop(first);
    drop(second.run().expect("it was woken"));
}

#[test]
fn a_stage_gets_leave_for_one_attempt_at_a_time() {
    let bulkhead = Bulkhead::new(count(2));
    let one = bulkhead.admit(64).unwrap();
    assert_eq!(one, Leave { count: 1, token: 0 });
    let permit = bulkhead.try_acquire().unwrap();
    let denied = bulkhead.admit(64).unwrap_err();
    assert_eq!((denied.reason, denied.retry_after), (Denial::Saturated, None));
    assert_eq!(bulkhead.denial(), Some(denied));
    bulkhead.settle(one, successes(1));
    assert_eq!((bulkhead.denial(), bulkhead.in_flight()), (None, 1));
    drop(permit);
}

/// Whatever became of the attempts.
#[test]
fn every_outcome_frees_the_place() {
    let bulkhead = Bulkhead::new(count(1));
    let all = [
        successes(1),
        Outcomes { failures: 1, ..Outcomes::default() },
        Outcomes { ignored: 1, ..Outcomes::default() },
    ];
    for outcomes in all {
        let leave = bulkhead.admit(1).unwrap();
        assert_eq!(bulkhead.in_flight(), 1);
        bulkhead.settle(leave, outcomes);
        assert_eq!(bulkhead.in_flight(), 0);
    }
}

#[test]
fn a_stage_that_waits_is_woken_by_a_permit_and_a_stage() {
    let bulkhead = Bulkhead::new(count(1));
    let waiting = |free: &dyn Fn()| {
        let other = bulkhead.clone();
        let mut task = Task::waiting(async move { other.admitting().await });
        assert!(task.run().is_none());
        free();
        assert!(task.run().is_some(), "it was woken");
    };
    let permit = std::cell::Cell::new(bulkhead.try_acquire());
    waiting(&|| drop(permit.take()));
    let leave = bulkhead.admit(1).unwrap();
    waiting(&|| bulkhead.settle(leave, successes(1)));
}
