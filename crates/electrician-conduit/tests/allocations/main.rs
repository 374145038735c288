//! No allocation per item from source to sink, once a pipeline is warm.

use electrician_conduit::Conduit;
use electrician_generator::Generator;
use electrician_plug::{Plug, sink_fn};
use electrician_testkit::alloc::{self, Counting};
use electrician_wire::Wire;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How many items warm the pipeline up.
const WARM: u64 = 10_000;

/// How many are counted. At most one allocation for a thousand of them.
const COUNTED: u64 = 20_000;

#[test]
fn from_source_to_sink() {
    for threads in [0, 2] {
        let allocated = alloc::run(threads, async |counter| {
            let stage = |name: &str| Wire::map(name, |n: u64| n).with_workers(2);
            let (mut seen, mut before) = (0, 0);
            let (report, allocated) = std::sync::mpsc::sync_channel(1);
            let conduit = Conduit::from(stage("first"))
                .then(stage("ordered").ordered())
                .then(stage("keyed").ordered_by_key(|n| n % 7))
                .sink("out", sink_fn(move |_: &u64| {
                    seen += 1;
                    if seen == WARM {
                        before = counter.get();
                    } else if seen == WARM + COUNTED {
                        report.send(counter.get() - before).unwrap();
                    }
                    Ok::<_, String>(())
                }))
                // More than is counted: the end of the run is not part of it.
                .with_source(Generator::new("numbers", Plug::iter(|| 0..2 * WARM + COUNTED)))
                .build()
                .unwrap();
            let stopped = conduit.start().unwrap().finish().await;
            assert_eq!(stopped.ledger.delivered, 2 * WARM + COUNTED, "{}", stopped.ledger);
            allocated.recv().unwrap()
        });
        assert!(
            allocated * 1000 <= COUNTED,
            "{allocated} allocations for {COUNTED} items, {threads} threads"
        );
    }
}
