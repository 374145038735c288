//! Leases of several threads, while the clock moves.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use electrician_surgeprotector::Admission;

use crate::support::limited;

/// A use: the time before it, the time after it, and how many.
type Use = (u128, u128, u128);

#[test]
fn leases_of_several_threads_keep_the_bound() {
    const INTERVAL: u64 = 1_000;
    const BURST: u32 = 40;
    let (protector, clock) = limited(Duration::from_nanos(INTERVAL), BURST);
    let is_over = AtomicBool::new(false);
    let worker = |number: u32| {
        let mut uses: Vec<Use> = Vec::new();
        let mut turn = number;
        while !is_over.load(Ordering::Relaxed) && uses.len() < 1_500 {
            turn += 1;
            let mut record = |take: &mut dyn FnMut() -> u32| {
                let before = clock.elapsed().as_nanos();
                let count = take();
                if count > 0 {
                    uses.push((before, clock.elapsed().as_nanos(), count.into()));
                }
            };
            if turn.is_multiple_of(4) {
                record(&mut || match protector.try_admit(3) {
                    Admission::Admitted(count) => count,
                    _ => 0,
                });
            } else {
                let mut lease = protector.lease(turn % 17);
                for _ in 0..5 {
                    record(&mut || lease.take(turn % 5));
                    thread::yield_now();
                }
            }
        }
        uses
    };
    let mut uses = thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|number| scope.spawn(move || worker(number))).collect();
        for step in 0..20_000_u64 {
            clock.advance(Duration::from_nanos(step * 7 % 900));
            if step % 16 == 0 {
                thread::yield_now();
            }
        }
        is_over.store(true, Ordering::Relaxed);
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect::<Vec<Use>>()
    });
    assert!(uses.len() > 50, "too little happened: {}", uses.len());
    uses.sort_unstable_by_key(|(_, after, _)| *after);
    for (start, _, _) in &uses {
        let mut sum = 0;
        for (before, after, count) in &uses {
            if before >= start {
                sum += count;
                let allowed = u128::from(BURST) + (after - start) / u128::from(INTERVAL);
                assert!(sum <= allowed, "{sum} of {allowed} from {start} to {after}");
            }
        }
    }
}

/// Nothing is admitted twice, and nothing is lost, when all ask at once.
#[test]
fn a_burst_is_shared_out_once() {
    for _ in 0..200 {
        let (protector, _clock) = limited(Duration::from_secs(1), 1_000);
        let admitted: u32 = thread::scope(|scope| {
            let ask = || {
                let mut sum = 0;
                while let Admission::Admitted(count) = protector.try_admit(7) {
                    sum += count;
                }
                sum
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(admitted, 1_000);
    }
}
