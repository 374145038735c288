//! Times in which nothing is admitted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use electrician_surgeprotector::{Admission, Blackout, State, SurgeProtector, SurgeProtectorError};
use electrician_testkit::VirtualClock;

use crate::support::{Task, builder_at, ms, now};

const OUT: Admission = Admission::Refused(SurgeProtectorError::BlackedOut);
const IN: Admission = Admission::Admitted(1);

/// Some day, at midnight UTC.
fn midnight() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 20_000)
}

fn with(blackouts: Vec<Blackout>, start: SystemTime) -> (SurgeProtector, VirtualClock) {
    let (builder, clock) = builder_at(start);
    let add = |builder: electrician_surgeprotector::SurgeProtectorBuilder, blackout| {
        builder.with_blackout(blackout)
    };
    (blackouts.into_iter().fold(builder, add).build().unwrap(), clock)
}

fn span(from: u64, to: u64) -> Blackout {
    Blackout::between(midnight() + ms(from), midnight() + ms(to))
}

#[test]
fn from_the_start_on_and_no_longer_at_the_end() {
    let (protector, clock) = with(vec![span(10, 15)], midnight());
    let nano = Duration::from_nanos(1);
    clock.advance(Duration::from_nanos(9_999_999));
    assert_eq!(protector.try_admit(1), IN);
    clock.advance(nano);
    assert_eq!(protector.try_admit(1), OUT);
    assert_eq!(protector.state(), State::BlackedOut);
    clock.advance(Duration::from_nanos(4_999_999));
    assert_eq!(protector.try_admit(1), OUT);
    clock.advance(nano);
    assert_eq!(protector.try_admit(1), IN);
}

#[test]
fn overlapping_windows_are_one() {
    let (protector, clock) = with(vec![span(10, 30), span(20, 40), span(25, 26)], midnight());
    clock.advance(ms(10));
    let waiting = protector.clone();
    let mut task = Task::waiting(async move { waiting.admit(1).await });
    for _ in 0..29 {
        clock.advance(ms(1));
        assert_eq!(task.run(), None);
        assert_eq!(protector.try_admit(1), OUT);
    }
    clock.advance(ms(1));
    assert_eq!(task.run(), Some(Ok(())));
}

#[test]
fn windows_that_meet_leave_no_gap() {
    let (protector, clock) = with(vec![span(10, 20), span(20, 30)], midnight());
    clock.advance(ms(10));
    let waiting = protector.clone();
    let mut task = Task::waiting(async move { waiting.opened().await });
    clock.advance(ms(10));
    assert_eq!((task.run(), protector.try_admit(1)), (None, OUT));
    clock.advance(ms(10));
    assert_eq!((task.run(), protector.try_admit(1)), (Some(()), IN));
}

#[test]
fn a_nightly_window_goes_over_midnight_every_night() {
    let nightly = Blackout::daily("23:30".parse().unwrap(), "00:15".parse().unwrap());
    let (protector, clock) = with(vec![nightly], midnight() - Duration::from_mins(31));
    for _ in 0..3 {
        assert_eq!(protector.try_admit(1), IN);
        clock.advance(Duration::from_mins(1));
        assert_eq!(protector.try_admit(1), OUT);
        clock.advance(Duration::from_mins(30));
        assert_eq!(protector.try_admit(1), OUT, "at midnight");
        clock.advance(Duration::from_mins(15));
        assert_eq!(protector.try_admit(1), IN);
        clock.advance(Duration::from_mins(24 * 60 - 46));
    }
}

#[test]
fn who_waits_only_while_it_is_open_leaves_when_a_blackout_begins() {
    let (builder, clock) = builder_at(midnight());
    let rate = "1/h".parse().unwrap();
    let protector = builder
        .with_rate(rate, electrician_surgeprotector::Burst::ONE)
        .with_blackout(span(50, 60))
        .build()
        .unwrap();
    assert_eq!(protector.try_admit(1), IN);
    let wait = || {
        let protector = protector.clone();
        Task::waiting(async move { protector.admit_if_open(1).await })
    };
    let (mut first, mut second) = (wait(), wait());
    clock.advance(ms(49));
    assert_eq!((first.run(), second.run()), (None, None));
    clock.advance(ms(1));
    assert_eq!(first.run(), Some(Err(SurgeProtectorError::BlackedOut)));
    assert_eq!(second.run(), Some(Err(SurgeProtectorError::BlackedOut)));
}

#[test]
fn a_watch_sees_a_blackout_come_and_go() {
    let (protector, clock) = with(vec![span(50, 60)], midnight());
    for state in [State::BlackedOut, State::Open] {
        let mut watch = protector.watch();
        let mut task = Task::waiting(async move { watch.changed().await });
        clock.advance_to_next();
        assert_eq!(task.run(), Some(state));
    }
    assert_eq!(clock.elapsed(), ms(60));
}

#[test]
fn a_condition_is_asked_at_most_so_often() {
    let asked = Arc::new(AtomicU32::new(0));
    let is_black = Arc::new(AtomicBool::new(true));
    let (counter, answer) = (Arc::clone(&asked), Arc::clone(&is_black));
    let condition = Blackout::when(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        answer.load(Ordering::Relaxed)
    });
    let (protector, clock) = with(vec![condition.every(ms(100))], midnight());
    for _ in 0..50 {
        assert_eq!(protector.try_admit(1), OUT);
        clock.advance(ms(1));
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let waiting = protector.clone();
    let mut task = Task::waiting(async move { waiting.admit(1).await });
    is_black.store(false, Ordering::Relaxed);
    clock.advance(ms(49));
    assert_eq!(task.run(), None);
    clock.advance(ms(1));
    assert_eq!(task.run(), Some(Ok(())));
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    clock.advance(ms(10_000));
    assert_eq!(asked.load(Ordering::Relaxed), 2, "nobody asks to be admitted");
}

#[test]
fn a_condition_that_panics_is_no_blackout_and_is_asked_again() {
    let calls = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&calls);
    let condition = Blackout::when(move || {
        assert!(counter.fetch_add(1, Ordering::Relaxed) > 0, "on purpose");
        true
    });
    let (protector, clock) = with(vec![condition.every(ms(10))], midnight());
    assert_eq!(protector.try_admit(1), IN);
    clock.advance(ms(10));
    assert_eq!(protector.try_admit(1), OUT);
}

/// A condition may look at the protector that asks it.
#[test]
fn a_condition_may_ask_the_protector() {
    use std::sync::OnceLock;
    let cell: Arc<OnceLock<SurgeProtector>> = Arc::default();
    let inside = Arc::clone(&cell);
    let condition = Blackout::when(move || {
        inside.get().is_some_and(|protector| protector.state() == State::Tripped)
    });
    let (protector, _clock) = with(vec![condition], midnight());
    cell.set(protector.clone()).unwrap();
    assert_eq!(protector.try_admit(1), IN);
}

/// There is nothing behind a blackout that could outlive it.
#[test]
fn blackouts_end_with_their_protector() {
    let token = Arc::new(());
    let (protectors, clocks): (Vec<_>, Vec<_>) = (0..100)
        .map(|_| {
            let token = Arc::clone(&token);
            let condition = Blackout::when(move || Arc::strong_count(&token) == 0);
            let (protector, clock) = with(vec![condition, span(10, 20)], midnight());
            assert_eq!(protector.try_admit(1), IN);
            (protector, clock)
        })
        .unzip();
    assert_eq!(Arc::strong_count(&token), 101);
    assert!(clocks.iter().all(|clock| clock.pending() == 0), "no timer runs for a blackout");
    drop(protectors);
    assert_eq!(Arc::strong_count(&token), 1);
}

/// The time of day is set back and forth; the wait follows within a minute.
#[test]
fn who_waits_notices_that_the_time_was_set() {
    let clock = VirtualClock::new();
    let set = Arc::new(AtomicBool::new(false));
    let (running, was_set) = (clock.clone(), Arc::clone(&set));
    let wall = move || {
        let jump = if was_set.load(Ordering::Relaxed) { Duration::from_hours(2) } else { ms(0) };
        midnight() + running.elapsed() + jump
    };
    let protector = SurgeProtector::builder()
        .with_clock(clock.clone())
        .with_wall_clock(wall)
        .with_blackout(Blackout::between(midnight(), midnight() + Duration::from_hours(1)))
        .build()
        .unwrap();
    let waiting = protector.clone();
    let mut task = Task::waiting(async move { waiting.opened().await });
    set.store(true, Ordering::Relaxed);
    clock.advance(Duration::from_mins(1));
    assert_eq!(task.run(), Some(()));
    now(protector.admit(1)).unwrap();
}
