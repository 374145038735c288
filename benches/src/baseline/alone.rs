//! No pipeline at all: the work in a loop, and in two loops on two threads.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use crate::clock::now;
use crate::line::WORKERS;
use crate::workload::{Parcel, Work};

/// One thread does everything.
pub(crate) fn inline(work: Work, items: u64) -> Duration {
    let start = now();
    for seq in 0..items {
        let parcel = work.apply(Parcel::new(black_box(seq)));
        black_box(&parcel);
    }
    start.elapsed()
}

/// Two threads do half each and never meet. The time is the mean of both, as if they had shared
/// the work perfectly: no pipeline of two workers can be faster.
pub(crate) fn ideal(work: Work, items: u64) -> Duration {
    let gate = Barrier::new(WORKERS);
    let share = || {
        gate.wait();
        inline(work, items / WORKERS as u64)
    };
    thread::scope(|scope| {
        let threads: [_; WORKERS] = std::array::from_fn(|_| scope.spawn(share));
        let times = threads.map(|thread| thread.join().expect("the work does not panic"));
        times.iter().sum::<Duration>().div_f64(WORKERS as f64)
    })
}
