use std::time::{Duration, Instant};

use electrician_types::Clock;

use super::{Change, Machine, Phase};
use crate::clock::SystemClock;
use crate::outcome::Outcome;
use crate::settings::{OpenTime, Settings, Share, Slow, Span};
use crate::tally::Tally;

const SECOND: Duration = Duration::from_secs(1);

/// A second but for a nanosecond.
const NEARLY: Duration = Duration::from_nanos(999_999_999);

/// A machine with its own idea of now.
struct Bench {
    machine: Machine,
    now: Instant,
}

fn settings() -> Settings {
    Settings {
        consecutive: Some(3),
        window: None,
        minimum_calls: 1,
        failures: None,
        slow: None,
        debounce: Duration::ZERO,
        open: OpenTime { first: SECOND, factor: 2, cap: 5 * SECOND },
        probes: 2,
        successes: 2,
        on_cancel: Outcome::Ignored,
    }
}

fn bench(change: impl FnOnce(&mut Settings)) -> Bench {
    let mut settings = settings();
    change(&mut settings);
    let now = SystemClock.now();
    Bench { machine: Machine::new(settings, now), now }
}

fn tripped(open_for: Duration, trips: u32) -> Change {
    Change::Tripped { open_for: Some(open_for), trips }
}

// === impl Bench ===

impl Bench {
    /// One call from beginning to end.
    fn call(&mut self, is_failure: bool) -> Option<Change> {
        self.calls(&Tally::one(is_failure, false))
    }

    fn calls(&mut self, tally: &Tally) -> Option<Change> {
        let calls = tally.successes + tally.failures;
        let grant = self.machine.acquire(calls).expect("it admits");
        assert_eq!(grant.calls, calls);
        self.machine.record(grant, tally, self.now)
    }

    fn fail(&mut self, times: usize) -> Option<Change> {
        (0..times).filter_map(|_| self.call(true)).last()
    }

    fn pass(&mut self, time: Duration) -> Option<Change> {
        self.now += time;
        self.machine.refresh(self.now)
    }

    fn half_open(&mut self) {
        assert!(self.machine.trip(self.now).is_some());
        assert_eq!(self.pass(SECOND), Some(Change::HalfOpened));
    }
}

#[test]
fn closed_opens_at_the_failure_that_is_too_many() {
    let mut bench = bench(|_| {});
    assert_eq!(bench.fail(2), None);
    assert_eq!(bench.call(true), Some(tripped(SECOND, 1)));
    assert_eq!(bench.machine.phase(), Phase::Open(Some(bench.now + SECOND)));
    assert_eq!(bench.machine.acquire(1), None);
}

#[test]
fn a_success_begins_the_row_anew() {
    let mut bench = bench(|_| {});
    for _ in 0..10 {
        assert_eq!(bench.fail(2), None);
        assert_eq!(bench.call(false), None);
    }
}

#[test]
fn open_half_opens_when_its_time_has_passed_and_not_before() {
    let mut bench = bench(|_| {});
    bench.fail(3);
    assert_eq!(bench.pass(NEARLY), None);
    assert_eq!(bench.pass(Duration::from_nanos(1)), Some(Change::HalfOpened));
}

#[test]
fn half_open_admits_as_many_probes_as_there_are_places() {
    let mut bench = bench(|_| {});
    bench.half_open();
    let one = bench.machine.acquire(1).unwrap();
    assert!(one.is_probe);
    assert_eq!(bench.machine.acquire(9).unwrap().calls, 1);
    assert_eq!(bench.machine.acquire(1), None);
    assert_eq!(bench.machine.record(one, &Tally::default(), bench.now), None);
    assert!(bench.machine.acquire(1).is_some());
}

#[test]
fn half_open_closes_after_enough_successes() {
    let mut bench = bench(|_| {});
    bench.half_open();
    assert_eq!(bench.call(false), None);
    assert_eq!(bench.machine.phase(), Phase::HalfOpen(1));
    assert_eq!(bench.call(false), Some(Change::Reset));
    assert_eq!(bench.machine.phase(), Phase::Closed);
    assert_eq!(bench.fail(2), None);
}

#[test]
fn half_open_opens_for_longer_at_the_first_failure_up_to_the_cap() {
    let mut bench = bench(|_| {});
    bench.fail(3);
    for (trips, open_for) in [(2, 2), (3, 4), (4, 5), (5, 5)] {
        assert_eq!(bench.pass(5 * SECOND), Some(Change::HalfOpened));
        assert_eq!(bench.call(false), None);
        assert_eq!(bench.call(true), Some(tripped(open_for * SECOND, trips)));
    }
    bench.pass(5 * SECOND);
    bench.call(false);
    assert_eq!(bench.call(false), Some(Change::Reset));
    assert_eq!(bench.fail(3), Some(tripped(SECOND, 1)));
}

#[test]
fn a_slow_probe_has_failed() {
    let share = Share::new(0.5).unwrap();
    let mut bench = bench(|settings| {
        settings.slow = Some(Slow { threshold: SECOND, share });
        settings.window = Some(Span::Calls(10));
    });
    bench.half_open();
    assert_eq!(bench.calls(&Tally::one(false, true)), Some(tripped(2 * SECOND, 2)));
}

#[test]
fn a_late_outcome_says_nothing() {
    let mut bench = bench(|_| {});
    let late = [(); 4].map(|()| bench.machine.acquire(1).unwrap());
    bench.fail(3);
    let failed = Tally::one(true, false);
    assert_eq!(bench.machine.record(late[0], &failed, bench.now), None);
    bench.pass(SECOND);
    assert_eq!(bench.machine.record(late[1], &failed, bench.now), None);
    assert_eq!(bench.machine.phase(), Phase::HalfOpen(0));
    bench.machine.reset();
    assert_eq!(bench.machine.record(late[2], &failed, bench.now), None);
    assert_eq!(bench.machine.run(), 0);
}

#[test]
fn a_probe_of_an_earlier_opening_still_takes_a_place() {
    let mut bench = bench(|_| {});
    bench.half_open();
    let hanging = bench.machine.acquire(1).unwrap();
    assert!(bench.call(true).is_some());
    bench.pass(2 * SECOND);
    assert_eq!(bench.machine.places(), 1);
    bench.machine.record(hanging, &Tally::one(true, false), bench.now);
    assert_eq!((bench.machine.places(), bench.machine.phase()), (2, Phase::HalfOpen(0)));
}

#[test]
fn a_reset_forgets_probes() {
    let mut bench = bench(|_| {});
    bench.half_open();
    let hanging = bench.machine.acquire(2).unwrap();
    assert_eq!(bench.machine.reset(), Some(Change::Reset));
    bench.half_open();
    assert_eq!(bench.machine.places(), 2);
    let probe = bench.machine.acquire(1).unwrap();
    bench.machine.record(hanging, &Tally::default(), bench.now);
    assert_eq!(bench.machine.places(), 1);
    bench.machine.record(probe, &Tally::default(), bench.now);
    assert_eq!(bench.machine.places(), 2);
}

#[test]
fn tripping_by_hand_twice_is_tripping_once() {
    let mut bench = bench(|_| {});
    assert_eq!(bench.machine.trip(bench.now), Some(tripped(SECOND, 1)));
    let until = bench.machine.phase();
    bench.now += SECOND / 2;
    assert_eq!(bench.machine.trip(bench.now), None);
    assert_eq!(bench.machine.phase(), until);
}

#[test]
fn tripping_for_a_time_never_shortens() {
    let mut bench = bench(|_| {});
    assert_eq!(bench.machine.trip_for(9 * SECOND, bench.now), Some(tripped(9 * SECOND, 0)));
    assert_eq!(bench.machine.trip_for(SECOND, bench.now), None);
    assert_eq!(bench.machine.phase(), Phase::Open(Some(bench.now + 9 * SECOND)));
    assert_eq!(bench.machine.trip_for(10 * SECOND, bench.now), None);
    assert_eq!(bench.machine.phase(), Phase::Open(Some(bench.now + 10 * SECOND)));
    assert_eq!(bench.machine.trip_for(Duration::MAX, bench.now), None);
    assert_eq!(bench.machine.phase(), Phase::Open(None));
    assert_eq!(bench.machine.trip_for(SECOND, bench.now), None);
    assert_eq!(bench.pass(Duration::from_hours(9999)), None);
    assert_eq!(bench.machine.reset(), Some(Change::Reset));
}

#[test]
fn resetting_what_is_closed_forgets_what_was_counted() {
    let mut bench = bench(|settings| settings.window = Some(Span::Calls(9)));
    bench.fail(2);
    assert_eq!(bench.machine.reset(), None);
    assert_eq!((bench.machine.run(), bench.machine.counts().calls), (0, 0));
    assert_eq!(bench.fail(2), None);
}

#[test]
fn a_rate_counts_only_with_enough_calls() {
    let mut bench = bench(|settings| {
        settings.consecutive = None;
        settings.window = Some(Span::Calls(10));
        settings.failures = Share::new(0.5);
        settings.minimum_calls = 4;
    });
    assert_eq!(bench.fail(2), None);
    assert_eq!(bench.call(false), None);
    // Two of four: the success is what makes them enough.
    assert_eq!(bench.call(false), Some(tripped(SECOND, 1)));
}

#[test]
fn a_rate_forgets_old_calls() {
    for span in [Span::Calls(4), Span::Time(4 * SECOND, 4)] {
        let mut bench = bench(|settings| {
            settings.consecutive = None;
            settings.window = Some(span);
            settings.failures = Share::new(0.5);
            settings.minimum_calls = 4;
        });
        for _ in 0..20 {
            assert_eq!(bench.call(true), None, "{span:?}");
            for _ in 0..3 {
                assert_eq!(bench.call(false), None, "{span:?}");
            }
            bench.now += 4 * SECOND;
        }
        assert_eq!(bench.machine.counts().calls, 4);
    }
}

#[test]
fn a_rate_is_compared_exactly() {
    let share = Share::new(0.1).unwrap();
    // In floating point 0.1 * 30 is more than 3.
    assert!(share.is_reached(3, 30) && !share.is_reached(2, 21));
    assert!(
        Share::new(1.0).unwrap().is_reached(7, 7) && !Share::new(1.0).unwrap().is_reached(6, 7)
    );
    for wrong in [0.0, -0.5, 1.1, f64::NAN, f64::INFINITY, 1e-9] {
        assert_eq!(Share::new(wrong), None);
    }
}

#[test]
fn a_debounce_leaves_out_what_comes_too_soon() {
    let mut bench = bench(|settings| settings.debounce = SECOND);
    for row in 1..3 {
        assert_eq!(bench.fail(5), None);
        assert_eq!(bench.machine.run(), row);
        bench.now += NEARLY;
        assert_eq!(bench.fail(5), None);
        assert_eq!(bench.machine.run(), row);
        bench.now += Duration::from_nanos(1);
    }
    assert_eq!(bench.call(true), Some(tripped(SECOND, 1)));
}

#[test]
fn a_debounced_failure_is_not_in_the_window() {
    let mut bench = bench(|settings| {
        settings.debounce = SECOND;
        settings.window = Some(Span::Calls(9));
    });
    bench.fail(5);
    bench.call(false);
    let counts = bench.machine.counts();
    assert_eq!((counts.calls, counts.failures), (2, 1));
}

#[test]
fn time_that_goes_backwards_does_no_harm() {
    let mut bench = bench(|settings| {
        settings.debounce = SECOND;
        settings.window = Some(Span::Time(SECOND, 4));
    });
    bench.now += 10 * SECOND;
    bench.fail(1);
    bench.now -= 5 * SECOND;
    bench.call(false);
    bench.fail(1);
    assert_eq!(bench.machine.counts().calls, 2);
}
