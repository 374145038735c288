//! The kinds of pipelines that are measured.

use std::convert::Infallible;
use std::time::Duration;

use electrician_circuitbreaker::CircuitBreaker;
use electrician_conduit::Conduit;
use electrician_meter::Meter;
use electrician_surgeprotector::{Burst, Rate, SurgeProtector};
use electrician_wire::transforms::Logic;
use electrician_wire::{Running, WhenDenied, Wire, WireBuilder};

use crate::line::{CAPACITY, WORKERS};
use crate::workload::{Parcel, Work, stages};

type ParcelWire = Wire<Parcel, Parcel>;

/// Keys of the wire that is ordered by key.
const KEYS: u64 = 64;

/// Items in flight in the asynchronous wire: its default.
const CONCURRENCY: usize = 16;

/// Outputs come out in any order.
pub(crate) fn plain(work: Work) -> Running<ParcelWire> {
    start(Wire::map("plain", move |parcel| work.apply(parcel)))
}

/// The plain one with a meter.
pub(crate) fn metered(work: Work) -> Running<ParcelWire> {
    let wire = Wire::map("metered", move |parcel| work.apply(parcel));
    start(wire.with_observer(Meter::new("bench")))
}

/// The plain one behind two guards that never say no: a closed breaker, and a rate out of reach.
pub(crate) fn guarded(work: Work) -> Running<ParcelWire> {
    let wire = Wire::map("guarded", move |parcel| work.apply(parcel));
    let (breaker, limit) = guards();
    start(wire.with_guard(breaker, WhenDenied::Pause).with_guard(limit, WhenDenied::Pause))
}

/// The same with a meter.
pub(crate) fn guarded_metered(work: Work) -> Running<ParcelWire> {
    let wire = Wire::map("all", move |parcel| work.apply(parcel));
    let (breaker, limit) = guards();
    let wire = wire.with_guard(breaker, WhenDenied::Pause).with_guard(limit, WhenDenied::Pause);
    start(wire.with_observer(Meter::new("bench")))
}

fn guards() -> (CircuitBreaker, SurgeProtector) {
    let breaker = CircuitBreaker::builder("closed").with_consecutive_failures(5).build();
    let rate = Rate::new(1_000_000_000, Duration::from_secs(1)).expect("the rate is sound");
    let burst = Burst::new(1_000_000_000).expect("the burst is sound");
    let limit = SurgeProtector::builder().with_rate(rate, burst).build();
    (breaker.expect("the breaker is sound"), limit.expect("the limit is sound"))
}

/// Outputs come out in the order of inputs.
pub(crate) fn ordered(work: Work) -> Running<ParcelWire> {
    start(Wire::map("ordered", move |parcel| work.apply(parcel)).ordered())
}

/// Outputs of a key come out in the order of its inputs.
pub(crate) fn keyed(work: Work) -> Running<ParcelWire> {
    let wire = Wire::map("keyed", move |parcel| work.apply(parcel));
    start(wire.ordered_by_key(|parcel: &Parcel| parcel.seq % KEYS))
}

/// The work is done by futures that wait once.
pub(crate) fn asynchronous(work: Work) -> Running<ParcelWire> {
    let wire = Wire::new_async("asynchronous", move |parcel| async move {
        tokio::task::yield_now().await;
        Ok::<_, Infallible>(work.apply(parcel))
    });
    launch(wire.with_concurrency(CONCURRENCY).with_capacity(CAPACITY))
}

/// One cheap transform.
pub(crate) fn cheap(_work: Work) -> Running<ParcelWire> {
    start(Wire::map("cheap", stages::first))
}

/// Three cheap transforms chained within one wire.
pub(crate) fn fused(_work: Work) -> Running<ParcelWire> {
    start(Wire::map("fused", stages::first).map(stages::second).map(stages::third))
}

/// Three cheap transforms, each a wire of its own.
pub(crate) fn piped(_work: Work) -> Running<Conduit<Parcel, Parcel>> {
    let conduit = Conduit::from(sized(Wire::map("first", stages::first)))
        .then(sized(Wire::map("second", stages::second)))
        .then(sized(Wire::map("third", stages::third)))
        .with_output_capacity(CAPACITY);
    conduit.build().expect("the settings are valid").start().expect("there is a runtime")
}

fn sized<L: Logic<Parcel>>(wire: WireBuilder<Parcel, L>) -> WireBuilder<Parcel, L> {
    wire.with_workers(WORKERS).with_capacity(CAPACITY)
}

fn start<L: Logic<Parcel, Out = Parcel>>(wire: WireBuilder<Parcel, L>) -> Running<ParcelWire> {
    launch(sized(wire))
}

fn launch<L: Logic<Parcel, Out = Parcel>>(wire: WireBuilder<Parcel, L>) -> Running<ParcelWire> {
    wire.build().expect("the settings are valid").start().expect("there is a runtime")
}
