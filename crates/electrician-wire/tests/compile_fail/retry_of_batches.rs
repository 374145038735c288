//! Batching does not fail: it has nothing to retry.

use electrician_wire::{Batching, Retry, Wire};

fn main() {
    let _ = Wire::<u64, _>::batch("batch", Batching::items(8)).with_retry(Retry::exponential(3));
}
