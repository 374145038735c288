//! The lock-free parts under every interleaving and every reordering that the memory model allows,
//! explored by loom: `RUSTFLAGS="--cfg loom" cargo test --release --lib`.
//!
//! A model that only passes is worth nothing: each of these was seen to fail on a mutation of the
//! code it guards, such as a release that became relaxed or a fence that was taken out. Each says
//! how many preemptions of a thread it explores; most bugs of this kind need one or two.

mod queue;
mod ring;
mod wait;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use loom::sync::atomic::{AtomicUsize, Ordering};

/// A point at which every order of the threads is explored.
///
/// Loom keeps one access to an atomic to compare the next with. When two threads load it and one
/// of them then stores, the other's load is forgotten, and the order "store first" is never tried.
/// Writing to one place in common brings all orders back. It is relaxed, so it orders nothing in
/// the code under test.
#[derive(Clone, Default)]
struct Stir(Arc<AtomicUsize>);

impl Stir {
    fn stir(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Explores `body` with at most `preemptions` preemptions.
fn explore(preemptions: usize, body: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 10_000;
    // Enough for most; the largest are explored as far as this allows.
    builder.max_duration = Some(Duration::from_secs(15));
    builder.check(body);
}

/// Runs `future` on a thread of its own.
fn task<R: 'static>(future: impl Future<Output = R> + 'static) -> loom::thread::JoinHandle<R> {
    loom::thread::spawn(move || loom::future::block_on(future))
}
