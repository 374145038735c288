//! Some events instead of all.

use std::sync::Arc;
use std::time::Duration;

use electrician_sensor::types::{Event, EventKind, Observer};
use electrician_sensor::{Filter, ObserverExt, Sampling};
use electrician_testkit::VirtualClock;

use crate::support::{Diary, started};

fn chosen(sampling: Sampling, events: usize, mut between: impl FnMut()) -> Vec<String> {
    let diary = Diary::default();
    let observer = diary.clone().sampled(sampling);
    for number in 0..events {
        observer.observe(&started(&number.to_string()));
        between();
    }
    diary.lines().into_iter().map(|line| line.replace(" started", "")).collect()
}

#[test]
fn one_in_n_is_the_first_and_each_nth_after_it() {
    assert_eq!(chosen(Sampling::one_in(3), 8, || {}), ["0", "3", "6"]);
    for all in [0, 1] {
        assert_eq!(chosen(Sampling::one_in(all), 3, || {}), ["0", "1", "2"]);
    }
}

#[test]
fn at_most_one_in_a_time_by_the_clock_it_was_given() {
    let least = Duration::from_millis(10);
    let by_the_clock = |step: u64| {
        let clock = VirtualClock::new();
        let sampling = Sampling::every(least, Arc::new(clock.clone()));
        chosen(sampling, 10, || clock.advance(Duration::from_millis(step)))
    };
    assert_eq!(by_the_clock(0), ["0"]);
    assert_eq!(by_the_clock(3), ["0", "4", "8"]);
    assert_eq!(by_the_clock(3), by_the_clock(3), "the same each time");
    assert_eq!(by_the_clock(5), ["0", "2", "4", "6", "8"]);
    assert_eq!(by_the_clock(25).len(), 10);
}

#[test]
fn what_is_added_last_is_asked_first() {
    let [inner, outer] = [(); 2].map(|()| Diary::default());
    let filter = Filter::from(EventKind::Started);
    let one = inner.clone().sampled(Sampling::one_in(2)).filtered(filter.clone());
    let other = outer.clone().filtered(filter).sampled(Sampling::one_in(2));
    for name in ["0", "1", "2", "3"] {
        for event in [Event::Reset { component: name }, started(name)] {
            one.observe(&event);
            other.observe(&event);
        }
    }
    assert_eq!(inner.lines(), ["0 started", "2 started"]);
    assert_eq!(outer.lines(), [""; 0]);
}

#[test]
fn threads_share_one_sample() {
    let diary = Diary::default();
    let clock = Arc::new(VirtualClock::new());
    let by_time = diary.clone().sampled(Sampling::every(Duration::from_secs(1), clock));
    let by_count = diary.clone().sampled(Sampling::one_in(100));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..250 {
                    by_time.observe(&started("time"));
                    by_count.observe(&started("count"));
                }
            });
        }
    });
    let lines = diary.lines();
    let count = |text: &str| lines.iter().filter(|line| *line == text).count();
    assert_eq!((count("time started"), count("count started")), (1, 10));
}
