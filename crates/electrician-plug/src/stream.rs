//! Streams as sources.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use electrician_types::{Batch, Next, Result, Source};
use futures_core::Stream;

/// The items of a stream.
pub struct StreamSource<S> {
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
        // Whatever the stream has ready, but at least one.
        poll_fn(|cx| {
            let mut gained = 0;
            while gained < demand {
                match self.items.as_mut().poll_next(cx) {
                    Poll::Ready(Some(item)) => {
                        batch.push(item);
                        gained += 1;
                    }
                    Poll::Ready(None) => return Poll::Ready(Ok(Next::End)),
                    Poll::Pending if gained == 0 => return Poll::Pending,
                    Poll::Pending => break,
                }
            }
            Poll::Ready(Ok(Next::More))
        })
        .await
    }
}

impl<S> fmt::Debug for StreamSource<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamSource")
    }
}
