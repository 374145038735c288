//! What a closed circuit breaker costs.

use std::hint::black_box;
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use electrician_circuitbreaker::CircuitBreaker;
use failsafe::CircuitBreaker as _;

use super::{Arena, find, rows_of, times};
use crate::clock::now;
use crate::goals;
use crate::line::BATCH;
use crate::race::{Contestant, Entry, Side};
use crate::report::{Figure, Row, Section};

const TEXT: &str = "Calls that do nothing and succeed, on one thread and on two that share a \
    breaker: the time of a call on its thread. Every breaker counts failures in a row, but for the \
    windows, which look at the rate among 1,000 calls. The mutex breaker is what one writes by \
    hand: a lock to ask, a lock to tell.";

/// The breaker by hand.
#[derive(Default)]
struct ByHand(Mutex<Count>);

#[derive(Default)]
struct Count {
    failures: u32,
    is_open: bool,
}

pub(super) fn run(arena: &Arena) -> Section {
    let (mut rows, mut figures) = (Vec::new(), Vec::new());
    for (threads, prefix, caption) in
        [(1, "breaker_1", "One thread."), (2, "breaker_2", "Two threads.")]
    {
        let entries = race(arena, threads);
        rows.extend(rows_of(prefix, &entries, "none"));
        rows.extend(judge(prefix, threads, &entries));
        figures.push(Figure::of_race(caption, &entries));
    }
    Section {
        name: "breaker",
        title: "A closed circuit breaker".into(),
        text: TEXT.into(),
        figures,
        rows,
    }
}

fn race(arena: &Arena, threads: usize) -> Vec<Entry> {
    let plain = breaker(|builder| builder.with_consecutive_failures(5));
    let window = breaker(|builder| builder.with_failure_rate(0.5).with_count_window(1000));
    let failsafe = {
        let backoff = failsafe::backoff::constant(Duration::from_secs(5));
        let policy = failsafe::failure_policy::consecutive_failures(5, backoff);
        failsafe::Config::new().failure_policy(policy).build()
    };
    let hand = Arc::new(ByHand::default());
    let (plain, window) = (&plain, &window);
    arena.race(&[
        crew(Side::Bare, ("none", "no breaker"), threads, |items| {
            for item in 0..items {
                black_box(item);
            }
        }),
        crew(Side::Other, ("mutex", "mutex by hand"), threads, move |items| {
            for item in 0..items {
                if hand.admits() {
                    black_box(item);
                    hand.succeed();
                }
            }
        }),
        crew(Side::Other, ("failsafe", "failsafe"), threads, move |items| {
            for item in 0..items {
                black_box(failsafe.call(|| Ok::<_, ()>(black_box(item)))).ok();
            }
        }),
        crew(Side::Ours, ("item", "breaker, by item"), threads, |items| one_by_one(plain, items)),
        crew(Side::Ours, ("batch", "breaker, batches"), threads, |items| batches(plain, items)),
        crew(Side::Ours, ("window_item", "window, by item"), threads, |items| {
            one_by_one(window, items);
        }),
        crew(Side::Ours, ("window_batch", "window, batches"), threads, |items| {
            batches(window, items);
        }),
    ])
}

/// What is required of the closed breaker.
fn judge(prefix: &str, threads: usize, entries: &[Entry]) -> Vec<Row> {
    let on = if threads == 1 { "1 thread" } else { "2 threads" };
    let none = &find(entries, "none").ns;
    let added = find(entries, "batch").ns.minus(none);
    let title = format!("Closed breaker, batches, {on}: added to each item");
    let cost = Row::of(format!("{prefix}_batch"), "ns_added", title, &added, "ns");
    let mut rows = vec![cost.with_goal(goals::BREAKER)];
    for other in ["mutex", "failsafe"] {
        let title = format!("Closed breaker, by item, {on}: times faster than {other}");
        let ratios = times(entries, "item", other);
        let row = Row::of(format!("{prefix}_item"), over(other), title, &ratios, "×")
            .against(format!("{prefix}_{other}"), 1.0 / ratios.median())
            .higher_is_better();
        // On one thread there is nothing to get in the way of.
        rows.push(if threads == 1 { row } else { row.with_goal(goals::BREAKER_OVER_OTHERS) });
    }
    rows
}

fn over(other: &str) -> &'static str {
    if other == "mutex" { "times_faster_than_mutex" } else { "times_faster_than_failsafe" }
}

fn breaker(
    condition: impl FnOnce(
        electrician_circuitbreaker::CircuitBreakerBuilder,
    ) -> electrician_circuitbreaker::CircuitBreakerBuilder,
) -> CircuitBreaker {
    condition(CircuitBreaker::builder("bench")).build().expect("the configuration is sound")
}

fn one_by_one(breaker: &CircuitBreaker, items: u64) {
    for item in 0..items {
        let Ok(permit) = breaker.try_acquire() else {
            continue;
        };
        black_box(item);
        permit.success();
    }
}

fn batches(breaker: &CircuitBreaker, items: u64) {
    let mut item = 0;
    while item < items {
        let Ok(mut permits) = breaker.try_acquire_many(BATCH) else {
            continue;
        };
        for _ in 0..permits.granted() {
            black_box(item);
            permits.success();
            item += 1;
        }
        permits.finish();
    }
}

/// Threads that each make all of the calls at the same time. The slowest counts.
fn crew<'a>(
    side: Side,
    name: (&'static str, &'static str),
    threads: usize,
    work: impl Fn(u64) + Sync + 'a,
) -> Contestant<'a> {
    Contestant::new(side, name, move |items| {
        let start = Barrier::new(threads);
        let timed = || {
            start.wait();
            let begin = now();
            work(items);
            begin.elapsed()
        };
        thread::scope(|scope| {
            let crew: Vec<_> = (0..threads).map(|_| scope.spawn(timed)).collect();
            let times = crew.into_iter().map(|one| one.join().expect("the thread does not panic"));
            times.max().unwrap_or_default()
        })
    })
}

// === impl ByHand ===

impl ByHand {
    fn admits(&self) -> bool {
        !self.0.lock().unwrap_or_else(PoisonError::into_inner).is_open
    }

    fn succeed(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).failures = 0;
    }
}
