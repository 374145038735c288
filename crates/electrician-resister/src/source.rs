//! A queue as the source of a pipeline.

use std::fmt;

use electrician_types::{Batch, Next, OpenSource, Result, Source};

#[cfg(feature = "disk")]
use crate::DiskResister;
use crate::{Element, Resister};

/// The most elements that are read at once.
const MAX_READ: usize = 256;

/// What a queue holds, as a source: see [`Resister::source`].
///
/// It waits while the queue is empty, and ends when the queue is closed and empty. Items come in
/// the order of the queue and bring their receipts. Several sources of one queue share its items.
pub struct ResisterSource<Q>(Q);

/// One run of a [`ResisterSource`].
pub struct ResisterReader<Q, T> {
    queue: Q,
    /// Empty between reads; kept for its allocation.
    elements: Vec<Element<T>>,
}

/// A queue that can be read.
trait Elements<T>: Clone + Send + Sync + 'static {
    fn pop_batch(
        &self,
        into: &mut Vec<Element<T>>,
        most: usize,
    ) -> impl Future<Output = usize> + Send;
}

// === impl Resister ===

impl<T> Resister<T> {
    /// This queue as a source of a pipeline, for a generator. An item whose receipt is nacked does
    /// not come back by itself.
    pub fn source(&self) -> ResisterSource<Self> {
        ResisterSource(self.clone())
    }
}

impl<T: Send + 'static> Elements<T> for Resister<T> {
    async fn pop_batch(&self, into: &mut Vec<Element<T>>, most: usize) -> usize {
        Self::pop_batch(self, into, most).await
    }
}

// === impl DiskResister ===

#[cfg(feature = "disk")]
impl<T> DiskResister<T> {
    /// This queue as a source of a pipeline, for a generator. An item leaves the log when its
    /// receipt is acknowledged.
    pub fn source(&self) -> ResisterSource<Self> {
        ResisterSource(self.clone())
    }
}

#[cfg(feature = "disk")]
impl<T: Send + 'static> Elements<T> for DiskResister<T> {
    async fn pop_batch(&self, into: &mut Vec<Element<T>>, most: usize) -> usize {
        Self::pop_batch(self, into, most).await
    }
}

// === impl ResisterSource ===

impl<T: Send + 'static> OpenSource for ResisterSource<Resister<T>> {
    type Source = ResisterReader<Resister<T>, T>;

    fn open(&self) -> Result<Self::Source> {
        Ok(ResisterReader::new(&self.0))
    }
}

#[cfg(feature = "disk")]
impl<T: Send + 'static> OpenSource for ResisterSource<DiskResister<T>> {
    type Source = ResisterReader<DiskResister<T>, T>;

    fn open(&self) -> Result<Self::Source> {
        Ok(ResisterReader::new(&self.0))
    }
}

impl<Q> fmt::Debug for ResisterSource<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResisterSource")
    }
}

// === impl ResisterReader ===

impl<Q: Clone, T> ResisterReader<Q, T> {
    fn new(queue: &Q) -> Self {
        Self { queue: queue.clone(), elements: Vec::new() }
    }
}

impl<Q: Elements<T>, T: Send + 'static> Source for ResisterReader<Q, T> {
    type Item = T;

    async fn read(&mut self, batch: &mut Batch<T>, demand: usize) -> Result<Next> {
        let Self { queue, elements } = self;
        if queue.pop_batch(elements, demand.min(MAX_READ)).await == 0 {
            return Ok(Next::End);
        }
        batch.extend(elements.drain(..).map(Element::into_item));
        Ok(Next::More)
    }
}

impl<Q, T> fmt::Debug for ResisterReader<Q, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResisterReader")
    }
}
