//! Functions as sinks.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};

use electrician_types::{Batch, BoxError, Error, Result, Sink};

/// A sink that calls a function for each item: see [`sink_fn`].
pub struct SinkFn<F> {
    f: F,
}

/// A sink that calls an asynchronous function for each item: see [`sink_async`].
pub struct SinkAsync<F> {
    f: F,
}

/// A sink that calls `f` for each item, by reference: `FnMut(&T) -> Result<(), E>`. The item is
/// acknowledged when `f` returns `Ok`. `f` must not block for long.
pub const fn sink_fn<F>(f: F) -> SinkFn<F> {
    SinkFn { f }
}

/// A sink that calls `f` with a clone of each item: `FnMut(T) -> impl Future<Output = Result<(),
/// E>>`. The item itself is kept until the future is `Ok`, so that it can be tried again,
/// dead-lettered or handed back; put large items into an `Arc`.
pub const fn sink_async<F>(f: F) -> SinkAsync<F> {
    SinkAsync { f }
}

// === impl SinkFn ===

impl<T, E, F> Sink<T> for SinkFn<F>
where
    T: Send + 'static,
    E: Into<BoxError>,
    F: FnMut(&T) -> Result<(), E> + Send + 'static,
{
    async fn write(&mut self, batch: &mut Batch<T>) -> Result<()> {
        while let Some(value) = batch.front() {
            (self.f)(value).map_err(Error::failed)?;
            accept(batch);
        }
        Ok(())
    }
}

impl<F> fmt::Debug for SinkFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SinkFn")
    }
}

// === impl SinkAsync ===

impl<T, E, F, Fut> Sink<T> for SinkAsync<F>
where
    T: Clone + Send + Sync + 'static,
    E: Into<BoxError>,
    F: FnMut(T) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), E>> + Send,
{
    async fn write(&mut self, batch: &mut Batch<T>) -> Result<()> {
        while let Some(value) = batch.front().cloned() {
            (self.f)(value).await.map_err(Error::failed)?;
            accept(batch);
        }
        Ok(())
    }
}

impl<F> fmt::Debug for SinkAsync<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SinkAsync")
    }
}

/// Takes the first item. One whose drop panics was written all the same, and the panic must not
/// pass for a failure of the item behind it.
fn accept<T>(batch: &mut Batch<T>) {
    let value = batch.accept();
    drop(catch_unwind(AssertUnwindSafe(|| drop(value))));
}
