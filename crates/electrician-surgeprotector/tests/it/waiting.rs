//! Waiting to be admitted.

use electrician_surgeprotector::{Admission, State, SurgeProtectorError};

use crate::support::{Task, exhaust, limited, ms, now};

fn admit(
    protector: &electrician_surgeprotector::SurgeProtector,
    count: u32,
) -> impl Future<Output = Result<(), SurgeProtectorError>> + Send + 'static {
    let protector = protector.clone();
    async move { protector.admit(count).await }
}

#[test]
fn it_waits_for_its_token_and_not_longer() {
    let (protector, clock) = limited(ms(50), 1);
    now(protector.admit(1)).unwrap();
    let mut task = Task::waiting(admit(&protector, 1));
    clock.advance(ms(49));
    assert_eq!(task.run(), None);
    clock.advance(ms(1));
    assert_eq!(task.run(), Some(Ok(())));
    assert_eq!(clock.pending(), 0);
}

#[test]
fn many_are_admitted_at_once_or_not_at_all() {
    let (protector, clock) = limited(ms(10), 5);
    assert_eq!(protector.try_admit(3), Admission::Admitted(3));
    let mut task = Task::waiting(admit(&protector, 4));
    clock.advance(ms(19));
    assert_eq!(task.run(), None);
    clock.advance(ms(1));
    assert_eq!(task.run(), Some(Ok(())));
    assert_eq!(protector.try_admit(1), Admission::Wait(ms(10)));
}

#[test]
fn more_than_the_burst_is_an_error_and_no_endless_wait() {
    let (protector, _clock) = limited(ms(10), 5);
    let error = now(protector.admit(6)).unwrap_err();
    assert_eq!(error, SurgeProtectorError::OverBurst { asked: 6, burst: 5 });
    assert_eq!(now(protector.admit(0)), Ok(()));
    assert_eq!(protector.try_admit(9), Admission::Admitted(5));
}

#[test]
fn first_come_first_served() {
    let (protector, clock) = limited(ms(10), 2);
    exhaust(&protector);
    let mut first = Task::waiting(admit(&protector, 2));
    let mut second = Task::waiting(admit(&protector, 1));
    clock.advance(ms(10));
    assert_eq!((first.run(), second.run()), (None, None), "one token is not for the second");
    assert!(matches!(protector.try_admit(1), Admission::Wait(_)), "and for nobody else");
    assert_eq!(protector.lease(1).take(1), 0);
    clock.advance(ms(10));
    assert_eq!(first.run(), Some(Ok(())));
    assert_eq!(second.run(), None);
    clock.advance(ms(10));
    assert_eq!(second.run(), Some(Ok(())));
}

#[test]
fn who_gives_up_has_taken_nothing_and_holds_nobody_up() {
    let (protector, clock) = limited(ms(10), 2);
    exhaust(&protector);
    let first = Task::waiting(admit(&protector, 2));
    let mut second = Task::waiting(admit(&protector, 1));
    let last = Task::waiting(admit(&protector, 1));
    drop(last);
    drop(first);
    assert_eq!(second.run(), None);
    clock.advance(ms(10));
    assert_eq!(second.run(), Some(Ok(())));
    clock.advance(ms(20));
    assert_eq!(protector.try_admit(3), Admission::Admitted(2));
    assert_eq!(clock.pending(), 0);
}

/// Not a timer for each of those who wait, woken together for one token.
#[test]
fn one_of_many_is_woken_for_one_token() {
    let (protector, clock) = limited(ms(10), 1);
    exhaust(&protector);
    let mut tasks: Vec<_> = (0..100).map(|_| Task::waiting(admit(&protector, 1))).collect();
    assert_eq!(clock.pending(), 1);
    for done in 1..=100 {
        clock.advance(ms(10));
        for task in tasks.iter_mut().filter(|task| !task.is_done()) {
            task.run();
        }
        assert_eq!(tasks.iter().filter(|task| task.is_done()).count(), done);
    }
}

#[test]
fn the_state_says_that_something_is_held_back() {
    let (protector, clock) = limited(ms(10), 1);
    assert_eq!(protector.state(), State::Open, "that there is a limit is no news");
    exhaust(&protector);
    assert_eq!(protector.state(), State::RateLimited);
    clock.advance(ms(10));
    assert_eq!(protector.state(), State::Open);
}
