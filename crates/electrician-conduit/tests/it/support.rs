//! What the tests share: bounded waits, the conservation oracle, stages.

use std::fmt::Debug;
use std::sync::Arc;

use electrician_conduit::{Conduit, ConduitBuilder};
use electrician_generator::Generator;
use electrician_plug::{IterSource, Plug};
pub(crate) use electrician_testkit::drive::{
    AMPLE, Barrier, balanced, finish, ms, settle, soon, stop, stop_within, values,
};
use electrician_types::Ledger;
use electrician_wire::Wire;
use tokio::sync::Semaphore;

/// The account of a balanced run in the columns that tests look at.
pub(crate) fn columns(ledger: &Ledger) -> [(&'static str, u64); 5] {
    let Ledger { accepted, split, delivered, failed, dropped, .. } = *ledger;
    [
        ("accepted", accepted),
        ("split", split),
        ("delivered", delivered),
        ("failed", failed),
        ("dropped", dropped),
    ]
}

pub(crate) fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort_unstable();
    all
}

// --- stages ---

/// A wire of one worker that passes numbers on.
pub(crate) fn same(name: &str, capacity: usize) -> Wire<u64, u64> {
    Wire::map(name, |n: u64| n).with_workers(1).with_capacity(capacity).build().unwrap()
}

/// A wire of one worker that never ends its first item, so that its queue stays as it is.
pub(crate) fn stalled(name: &str, capacity: usize) -> Wire<u64, u64> {
    Wire::async_by_ref(name, async |_: &u64| std::future::pending::<Result<u64, String>>().await)
        .with_concurrency(1)
        .with_capacity(capacity)
        .build()
        .unwrap()
}

/// A wire of one worker that passes a number on for every permit of the gate.
pub(crate) fn gated(name: &str, capacity: usize) -> (Wire<u64, u64>, Gate) {
    let gate = Gate::default();
    let pass = gate.clone();
    let wire = Wire::new_async(name, move |n: u64| {
        let gate = pass.clone();
        async move {
            gate.pass().await;
            Ok::<_, String>(n)
        }
    });
    (wire.with_concurrency(1).with_capacity(capacity).build().unwrap(), gate)
}

/// A conduit of one stage that passes numbers on.
pub(crate) fn branch(name: &str) -> ConduitBuilder<u64, u64> {
    Conduit::from(same(name, 64))
}

/// A generator of `items`.
pub(crate) fn numbers<I>(items: I) -> Generator<Plug<IterSource<I>>>
where
    I: Iterator<Item = u64> + Clone + Send + Sync + 'static,
{
    Generator::new("numbers", Plug::iter(move || items.clone()))
}

/// Lets tasks through, as many as it is told to.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Semaphore>);

impl Gate {
    pub(crate) fn open(&self, permits: usize) {
        self.0.add_permits(permits);
    }

    pub(crate) async fn pass(&self) {
        self.0.acquire().await.unwrap().forget();
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }
}

/// That `problems` names each of `words` somewhere.
#[track_caller]
pub(crate) fn names_all<E: Debug>(problems: &[String], words: &[&str], error: &E) {
    for word in words {
        assert!(problems.iter().any(|text| text.contains(word)), "{word:?} is missing: {error:?}");
    }
}
