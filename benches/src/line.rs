//! What all contestants have in common: a way in, workers, a way out.
//!
//! The producer, the consumer and the pacer are written once, over these traits, so that two
//! contestants differ in nothing but the line between them.

use std::future::Future;
use std::pin::Pin;

use crate::workload::{Parcel, Work};

/// Workers of every line.
pub(crate) const WORKERS: usize = 2;

/// The bound of every queue, items.
pub(crate) const CAPACITY: usize = 1024;

/// What a producer hands over at once, where it hands over batches.
pub(crate) const BATCH: usize = 256;

/// Waits until everything a line has started is gone.
pub(crate) type Closing = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A kind of pipeline, which can be opened again and again.
pub(crate) trait Line: Copy + Send + 'static {
    type Entrance: Entrance;
    type Exit: Exit;

    /// Starts workers that do `work`.
    fn open(self, work: Work) -> Open<Self::Entrance, Self::Exit>;
}

/// A line at work. It closes after the entrances and the exit are dropped.
pub(crate) struct Open<E, X> {
    pub(crate) entrance: E,
    pub(crate) exit: X,
    pub(crate) closing: Closing,
}

/// The way in.
pub(crate) trait Entrance: Send + 'static {
    /// Waits for room.
    fn send(&mut self, parcel: Parcel) -> impl Future<Output = ()> + Send;

    /// Waits for room for all; leaves `parcels` empty, with its capacity.
    fn send_batch(&mut self, parcels: &mut Vec<Parcel>) -> impl Future<Output = ()> + Send {
        async {
            for parcel in parcels.drain(..) {
                self.send(parcel).await;
            }
        }
    }

    /// From a thread that must not wait.
    fn try_send(&mut self, parcel: Parcel) -> Result<(), Parcel>;
}

/// The way out.
pub(crate) trait Exit: Send + 'static {
    /// Appends at least one parcel, and what else is there.
    fn receive(&mut self, into: &mut Vec<Parcel>) -> impl Future<Output = ()> + Send;
}
