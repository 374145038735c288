//! Cases at random, each of which can be looked at again.

use std::env;
use std::thread;

use fastrand::Rng;

/// Runs `case` with `count` fixed seeds and as many new ones, or with the one in `TYPES_SEED`. The
/// seed of a case that panics is printed.
pub(crate) fn for_each_seed(count: u64, case: impl Fn(&mut Rng)) {
    let given = env::var("TYPES_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds = match given {
        Some(seed) => vec![seed],
        None => (0..count).chain((0..count).map(|_| fastrand::u64(..))).collect(),
    };
    for seed in seeds {
        let _told = ToldOnPanic(seed);
        case(&mut Rng::with_seed(seed));
    }
}

struct ToldOnPanic(u64);

impl Drop for ToldOnPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            println!("TYPES_SEED={}", self.0);
        }
    }
}
