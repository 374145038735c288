//! Receipts under every interleaving and every reordering that the memory model allows, explored by
//! loom: `RUSTFLAGS="--cfg loom" cargo test --release --lib`.
//!
//! Each was seen to fail on a mutation of the code it guards: a release or an acquire that became
//! relaxed, a fence taken out, a count before its reason.

mod split;
mod watermark;

use std::sync::{Arc, Mutex};

use crate::{Acknowledge, Receipt, Verdict};

/// Explores `body` with at most `preemptions` preemptions of a thread.
fn explore(preemptions: usize, body: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(body);
}

/// Remembers the verdicts. It does not count parts.
#[derive(Default)]
struct Verdicts(Mutex<Vec<(u64, Verdict)>>);

impl Verdicts {
    fn receipt(self: &Arc<Self>, token: u64) -> Receipt {
        Receipt::new(Arc::<Self>::clone(self), token)
    }

    fn given(&self) -> Vec<(u64, Verdict)> {
        let mut given = self.0.lock().expect("nobody panics with it").clone();
        given.sort_unstable_by_key(|(token, _)| *token);
        given
    }
}

impl Acknowledge for Verdicts {
    fn settle(&self, token: u64, verdict: Verdict) {
        self.0.lock().expect("nobody panics with it").push((token, verdict));
    }
}
