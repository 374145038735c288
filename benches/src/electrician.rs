//! Our own lines.

use std::time::Duration;

use electrician_wire::{Component, Inlet, Output, Running, Wire};

use crate::line::{BATCH, CAPACITY, Entrance, Exit, Line, Open, WORKERS};
use crate::workload::{Parcel, Work};

/// A wire or a conduit, by how it is started.
pub(crate) struct Electrician<C: Component>(pub(crate) fn(Work) -> Running<C>);

pub(crate) type BenchWire = Wire<Parcel, Parcel>;

pub(crate) fn plain(work: Work) -> Running<BenchWire> {
    started(Wire::map("bench", move |parcel| work.apply(parcel)).with_workers(WORKERS).with_capacity(CAPACITY).build())
}
pub(crate) fn ordered(work: Work) -> Running<BenchWire> {
    started(Wire::map("bench", move |parcel| work.apply(parcel)).with_workers(WORKERS).with_capacity(CAPACITY).ordered().build())
}
pub(crate) fn keyed(work: Work) -> Running<BenchWire> {
    started(Wire::map("bench", move |parcel| work.apply(parcel)).with_workers(WORKERS).with_capacity(CAPACITY).ordered_by_key(|p: &Parcel| p.seq % 64).build())
}

fn started(wire: Result<BenchWire, electrician_wire::types::ConfigError>) -> Running<BenchWire> {
    wire.expect("the settings are valid").start().expect("a runtime is there")
}

impl<C: Component> Clone for Electrician<C> { fn clone(&self) -> Self { *self } }
impl<C: Component> Copy for Electrician<C> {}

impl<C: Component<In = Parcel, Out = Parcel> + 'static> Line for Electrician<C> {
    type Entrance = Inlet<Parcel>;
    type Exit = Output<Parcel>;

    fn open(self, work: Work) -> Open<Self::Entrance, Self::Exit> {
        let running = (self.0)(work);
        let (entrance, exit) = (running.inlet(), running.output());
        let closing = Box::pin(async move {
            let stopped = running.stop(Duration::from_secs(5)).await;
            assert!(stopped.is_clean(), "{stopped:?}");
        });
        Open { entrance, exit, closing }
    }
}

impl Entrance for Inlet<Parcel> {
    async fn send(&mut self, parcel: Parcel) {
        self.submit(parcel).await.expect("the wire is open");
    }

    async fn send_batch(&mut self, parcels: &mut Vec<Parcel>) {
        self.submit_batch(parcels).await.expect("the wire is open");
    }

    fn try_send(&mut self, parcel: Parcel) -> Result<(), Parcel> {
        self.try_submit(parcel).map_err(|refused| refused.into_item())
    }
}

impl Exit for Output<Parcel> {
    async fn receive(&mut self, into: &mut Vec<Parcel>) {
        assert!(self.recv_batch(into, BATCH).await > 0, "the wire is open");
    }
}
