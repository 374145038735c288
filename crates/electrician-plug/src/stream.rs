//! Streams as sources.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use electrician_types::{Batch, BoxError, Error, Next, Result, Source};
use futures_core::Stream;

/// The items of a stream.
pub struct StreamSource<S> {
    items: Pin<Box<S>>,
}

/// The items of a stream of results; the first error fails the source.
pub struct TryStreamSource<S> {
    items: Pin<Box<S>>,
}

// === impl StreamSource ===

impl<S> StreamSource<S> {
    /// The items of `items`.
    pub fn new(items: S) -> Self {
        Self { items: Box::pin(items) }
    }
}

impl<S> Source for StreamSource<S>
where
    S: Stream + Send + 'static,
    S::Item: Send + 'static,
{
    type Item = S::Item;

    async fn read(&mut self, batch: &mut Batch<S::Item>, demand: usize) -> Result<Next> {
        read(self.items.as_mut(), demand, |item| {
            batch.push(item);
            Ok(())
        })
        .await
    }
}

impl<S> fmt::Debug for StreamSource<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamSource")
    }
}

// === impl TryStreamSource ===

impl<S> TryStreamSource<S> {
    /// The items of `items`.
    pub fn new(items: S) -> Self {
        Self { items: Box::pin(items) }
    }
}

impl<S, T, E> Source for TryStreamSource<S>
where
    S: Stream<Item = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Into<BoxError>,
{
    type Item = T;

    async fn read(&mut self, batch: &mut Batch<T>, demand: usize) -> Result<Next> {
        read(self.items.as_mut(), demand, |item| {
            batch.push(item.map_err(Error::failed)?);
            Ok(())
        })
        .await
    }
}

impl<S> fmt::Debug for TryStreamSource<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TryStreamSource")
    }
}

/// Gives `take` whatever the stream has ready, but at least one item and at most `demand`.
async fn read<S: Stream>(
    mut items: Pin<&mut S>,
    demand: usize,
    mut take: impl FnMut(S::Item) -> Result<()>,
) -> Result<Next> {
    poll_fn(|cx| {
        let mut gained = 0;
        while gained < demand {
            match items.as_mut().poll_next(cx) {
                Poll::Ready(Some(item)) => take(item)?,
                Poll::Ready(None) => return Poll::Ready(Ok(Next::End)),
                Poll::Pending if gained == 0 => return Poll::Pending,
                Poll::Pending => break,
            }
            gained += 1;
        }
        Poll::Ready(Ok(Next::More))
    })
    .await
}
