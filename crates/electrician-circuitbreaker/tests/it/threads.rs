//! Many threads at one breaker.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use electrician_circuitbreaker::{BreakerState, Outcome};

use crate::support::{SECOND, breaker, builder};

const THREADS: usize = 4;

/// Threads that ask all the time, while another one trips and lets time pass.
#[test]
fn never_are_more_probes_out_than_allowed() {
    for probes in [1, 3] {
        let (builder, clock) = builder();
        let breaker = builder
            .with_probes(probes)
            .with_required_successes(5)
            .with_cancel_outcome(Outcome::Ignored)
            .build()
            .unwrap();
        let (out, most, seen) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let is_done = AtomicBool::new(false);
        let ask = |seed: usize| {
            let mut round = seed;
            while !is_done.load(Ordering::Relaxed) {
                round += 1;
                let Ok(permit) = breaker.try_acquire() else {
                    continue;
                };
                if !permit.is_probe() {
                    permit.success();
                    continue;
                }
                let now_out = out.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(now_out, Ordering::SeqCst);
                seen.fetch_add(1, Ordering::Relaxed);
                thread::yield_now();
                out.fetch_sub(1, Ordering::SeqCst);
                match round % 4 {
                    0 => permit.failure(),
                    1 => drop(permit),
                    _ => permit.success(),
                }
            }
        };
        thread::scope(|scope| {
            for seed in 0..THREADS {
                scope.spawn(move || ask(seed));
            }
            while seen.load(Ordering::Relaxed) < 500 {
                if breaker.state() == BreakerState::Closed {
                    breaker.trip();
                }
                clock.advance(SECOND);
                thread::yield_now();
            }
            is_done.store(true, Ordering::Relaxed);
        });
        let most = most.load(Ordering::SeqCst);
        assert!((1..=probes).contains(&most), "{most} of {probes}");
        assert_eq!(breaker.snapshot().probes_out, 0);
    }
}

#[test]
fn every_failure_is_counted() {
    let (builder, _clock) = builder();
    let breaker = builder.with_consecutive_failures(THREADS * 1000).build().unwrap();
    let start = Barrier::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                start.wait();
                for _ in 0..250 {
                    breaker.try_acquire_many(4).unwrap().record_many(0, 3);
                    breaker.try_acquire().unwrap().failure();
                }
            });
        }
    });
    let snapshot = breaker.snapshot();
    assert_eq!((snapshot.trips, snapshot.failures), (1, THREADS as u64 * 1000));
}

#[test]
fn many_threads_trip_once() {
    let (breaker, _clock) = breaker();
    let start = Barrier::new(THREADS);
    let tripped = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                start.wait();
                tripped.fetch_add(usize::from(breaker.trip()), Ordering::Relaxed);
            });
        }
    });
    assert_eq!((tripped.into_inner(), breaker.snapshot().trips), (1, 1));
}
