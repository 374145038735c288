//! Our own contestants: wires and conduits.

mod kinds;
mod tracked;
mod watching;

use std::fmt;
use std::time::Duration;

use electrician_wire::types::Refused;
use electrician_wire::{Component, Inlet, Output, Running};

pub(crate) use kinds::{
    asynchronous, cheap, fused, guarded, guarded_metered, keyed, metered, ordered, piped, plain,
};
pub(crate) use tracked::Tracked;
pub(crate) use watching::Watching;

use crate::line::{BATCH, Closing, Entrance, Exit, Line, Open};
use crate::workload::{Parcel, Work};

/// How long a stop may take; it takes microseconds.
const DEADLINE: Duration = Duration::from_secs(10);

/// A wire or a conduit, by the function that starts it.
pub(crate) struct Electrician<C: Component>(pub(crate) fn(Work) -> Running<C>);

// === impl Electrician ===

impl<C> Line for Electrician<C>
where
    C: Component<In = Parcel, Out = Parcel> + 'static,
{
    type Entrance = Inlet<Parcel>;
    type Exit = Output<Parcel>;

    fn open(self, work: Work) -> Open<Self::Entrance, Self::Exit> {
        let running = (self.0)(work);
        Open { entrance: running.inlet(), exit: running.output(), closing: closing(running) }
    }
}

/// Stops, and checks that nothing was lost.
fn closing<C: Component + 'static>(running: Running<C>) -> Closing {
    Box::pin(async move {
        let stopped = running.stop(DEADLINE).await;
        assert!(stopped.is_clean(), "{stopped:?}");
    })
}

impl<C: Component> Clone for Electrician<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: Component> Copy for Electrician<C> {}

impl<C: Component> fmt::Debug for Electrician<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Electrician")
    }
}

impl Entrance for Inlet<Parcel> {
    async fn send(&mut self, parcel: Parcel) {
        self.submit(parcel).await.expect("the pipeline is open");
    }

    async fn send_batch(&mut self, parcels: &mut Vec<Parcel>) {
        self.submit_batch(parcels).await.expect("the pipeline is open");
    }

    fn try_send(&mut self, parcel: Parcel) -> Result<(), Parcel> {
        self.try_submit(parcel).map_err(Refused::into_item)
    }
}

impl Exit for Output<Parcel> {
    async fn receive(&mut self, into: &mut Vec<Parcel>) {
        assert!(self.recv_batch(into, BATCH).await > 0, "the pipeline is open");
    }
}
