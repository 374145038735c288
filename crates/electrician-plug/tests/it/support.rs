//! What the tests share: bounded waits, the conservation oracle, stages, sources read by hand.

use electrician_conduit::Conduit;
use electrician_generator::Generator;
use electrician_plug::Plug;
pub(crate) use electrician_testkit::drive::{
    AMPLE, Count, finish, ms, poll_once, settle, soon, stop, stop_within, values,
};
use electrician_types::{Batch, Next, OpenSource, Result, Source};
use electrician_wire::{Running, Wire};

/// Reads a source once; what it gave, and how it went on.
pub(crate) async fn read<S: Source>(source: &mut S, demand: usize) -> (Vec<S::Item>, Result<Next>) {
    let mut batch = Batch::new();
    let next = soon(source.read(&mut batch, demand)).await;
    (values(batch.into()), next)
}

/// A conduit of one stage with a large output that `plug` feeds.
pub(crate) fn fed<S: Source<Item = u64>>(plug: Plug<S>) -> Running<Conduit<u64, u64>> {
    let stage = Wire::map("same", |n: u64| n).with_workers(1).with_capacity(64);
    let conduit = Conduit::from(stage).with_source(Generator::new("plug", plug)).build();
    conduit.unwrap().start().unwrap()
}

/// A conduit whose one stage never ends its first item, that `plug` feeds.
pub(crate) fn stalled<P>(plug: P, capacity: usize) -> Running<Conduit<u64, u64>>
where
    P: OpenSource<Source: Source<Item = u64>>,
{
    let stage = Wire::async_by_ref("stalled", async |_: &u64| {
        std::future::pending::<Result<u64, String>>().await
    });
    Conduit::from(stage.with_concurrency(1).with_capacity(capacity))
        .with_source(Generator::new("plug", plug))
        .build()
        .unwrap()
        .start()
        .unwrap()
}
