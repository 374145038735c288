//! A wire whose items carry receipts, acknowledged by the reader.

use std::future::poll_fn;

use electrician_wire::types::{Item, Receipt, Watermark};
use electrician_wire::{Inlet, Output, Running, Wire};

use super::closing;
use crate::line::{CAPACITY, Entrance, Exit, Line, Open};
use crate::workload::{Parcel, Work};

/// Items that may be on their way: both queues, what the workers hold, and some.
const WINDOW: usize = 4 * CAPACITY;

/// A wire, by the function that starts it; its source tracks what was acknowledged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tracked(pub(crate) fn(Work) -> Running<Wire<Parcel, Parcel>>);

/// The source's side.
#[derive(Debug)]
pub(crate) struct Source {
    inlet: Inlet<Parcel>,
    watermark: Watermark,
    /// The receipt of the parcel that was refused last: the same parcel comes again.
    refused: Option<Receipt>,
}

/// The reader's side.
#[derive(Debug)]
pub(crate) struct Reader(Output<Parcel>);

impl Line for Tracked {
    type Entrance = Source;
    type Exit = Reader;

    fn open(self, work: Work) -> Open<Source, Reader> {
        let running = (self.0)(work);
        let entrance =
            Source { inlet: running.inlet(), watermark: Watermark::new(WINDOW), refused: None };
        Open { entrance, exit: Reader(running.output()), closing: closing(running) }
    }
}

// === impl Source ===

impl Source {
    /// A receipt, if the window has room.
    fn track(&mut self, parcel: &Parcel) -> Option<Receipt> {
        self.watermark.track(parcel.seq).or_else(|| {
            self.watermark.advance();
            self.watermark.track(parcel.seq)
        })
    }
}

impl Entrance for Source {
    async fn send(&mut self, parcel: Parcel) {
        let receipt = loop {
            if let Some(receipt) = self.track(&parcel) {
                break receipt;
            }
            poll_fn(|cx| self.watermark.poll_settled(cx)).await;
        };
        let item = Item::with_receipt(parcel, receipt);
        self.inlet.submit_item(item).await.expect("the wire is open");
    }

    fn try_send(&mut self, parcel: Parcel) -> Result<(), Parcel> {
        let receipt = self.refused.take().or_else(|| self.track(&parcel)).ok_or(parcel)?;
        let item = Item::with_receipt(parcel, receipt);
        self.inlet.try_submit_item(item).map_err(|refused| {
            let (parcel, receipt) = refused.into_item().into_parts();
            self.refused = Some(receipt);
            parcel
        })
    }
}

impl Exit for Reader {
    async fn receive(&mut self, into: &mut Vec<Parcel>) {
        let item = self.0.recv_item().await.expect("the wire is open");
        into.push(item.accept());
    }
}
