//! On several threads, stopped at any moment: the account adds up, and every value is somewhere.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use electrician_conduit::{Conduit, Routes};
use electrician_plug::sink_fn;
use electrician_types::Item;
use electrician_wire::Wire;

use crate::record::Log;
use crate::support::{branch, ms, numbers, soon, stop_within};

/// Counts how often each value was seen.
fn tally(values: impl IntoIterator<Item = u64>) -> BTreeMap<u64, usize> {
    let mut seen = BTreeMap::new();
    for value in values {
        *seen.entry(value).or_default() += 1;
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn whatever_the_moment_of_the_stop_every_value_is_somewhere_once() {
    for round in 0..60_u64 {
        let written = Log::default();
        let keep = || {
            let written = written.clone();
            sink_fn(move |n: &u64| {
                written.add(*n);
                Ok::<_, String>(())
            })
        };
        let routes = Routes::new()
            .when(|n: &u64| n.is_multiple_of(2), branch("even").sink("evens", keep()))
            .otherwise(branch("odd").sink("odds", keep()));
        let conduit = Conduit::from(Wire::map("head", |n: u64| n).with_workers(3).with_capacity(5))
            .fed_by(branch("side").with_source(numbers(1_000_000..1_005_000)))
            .then(Wire::map("middle", |n: u64| n).with_workers(2).with_capacity(3).ordered())
            .route(routes)
            .build()
            .unwrap();
        let running = conduit.start().unwrap();
        let accepted = Arc::new(AtomicU64::new(0));
        let submitters: Vec<_> = (0..3_u64)
            .map(|task| {
                let (inlet, accepted) = (running.inlet(), Arc::clone(&accepted));
                tokio::spawn(async move {
                    for n in 0..2000 {
                        if inlet.submit(task * 10_000 + n).await.is_err() {
                            return n;
                        }
                        accepted.fetch_add(1, Ordering::SeqCst);
                    }
                    2000
                })
            })
            .collect();
        soon(async {
            while written.len() < usize::try_from(round * 20).unwrap() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        let stopped = stop_within(running, ms(round % 3)).await;
        let mut everywhere = written.all();
        everywhere.extend(stopped.inputs.into_iter().map(Item::accept));
        let between = stopped.between.into_iter();
        everywhere.extend(between.map(|left| left.downcast::<u64>().unwrap().0));
        let seen = tally(everywhere);
        assert!(seen.values().all(|times| *times == 1), "round {round}: twice: {seen:?}");
        assert_eq!(stopped.ledger.accepted, seen.len() as u64, "round {round}");
        let mut submitted = 0;
        for (task, submitter) in submitters.into_iter().enumerate() {
            let count = soon(submitter).await.unwrap();
            let first = task as u64 * 10_000;
            assert!((first..first + count).all(|n| seen.contains_key(&n)), "round {round}");
            submitted += count;
        }
        assert_eq!(accepted.load(Ordering::SeqCst), submitted);
        let from_source = seen.keys().filter(|n| **n >= 1_000_000).count() as u64;
        assert_eq!(stopped.ledger.accepted, submitted + from_source, "round {round}");
        assert!(seen.contains_key(&1_000_000) || from_source == 0, "the first that were read");
    }
}
