//! Leases of several threads, while the clock moves.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
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

/// No wake-up is lost between a trip, a reset, a token and those who give up.
#[test]
fn whoever_waits_is_woken_in_the_end() {
    let (protector, clock) = limited(Duration::from_millis(1), 2);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|worker| {
                let protector = protector.clone();
                scope.spawn(move || {
                    for turn in 0..200 {
                        if (turn + worker) % 5 == 0 {
                            // Polled once, and given up.
                            crate::support::Task::new({
                                let protector = protector.clone();
                                async move { protector.admit(1).await }
                            })
                            .poll();
                        }
                        parked(protector.admit(1 + (turn + worker) % 2)).unwrap();
                    }
                })
            })
            .collect();
        let is_over = &is_over;
        scope.spawn(move || {
            for round in 0_u32.. {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                // Only at first: a trip wakes everybody, and would make up for what was lost.
                if round < 20 {
                    protector.trip();
                    clock.advance(Duration::from_millis(3));
                    protector.reset();
                }
                thread::yield_now();
                clock.advance(Duration::from_millis(2));
            }
        });
        for worker in workers {
            worker.join().unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
    });
}

/// Awaits on this thread, which is parked meanwhile.
fn parked<R>(future: impl Future<Output = R>) -> R {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
