//! Iterators as sources.

use std::fmt;

use electrician_types::{Batch, BoxError, Error, Next, Result, Source};

/// The items of an iterator.
pub struct IterSource<I> {
    items: I,
}

/// The items of an iterator of results; the first error fails the source.
pub struct TryIterSource<I> {
    items: I,
}

// === impl IterSource ===

impl<I> IterSource<I> {
    /// The items of `items`.
    pub const fn new(items: I) -> Self {
        Self { items }
    }
}

impl<I> Source for IterSource<I>
where
    I: Iterator + Send + 'static,
    I::Item: Send + 'static,
{
    type Item = I::Item;

    async fn read(&mut self, batch: &mut Batch<I::Item>, demand: usize) -> Result<Next> {
        for _ in 0..demand {
            match self.items.next() {
                Some(item) => batch.push(item),
                None => return Ok(Next::End),
            }
        }
        Ok(Next::More)
    }
}

impl<I> fmt::Debug for IterSource<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IterSource")
    }
}

// === impl TryIterSource ===

impl<I> TryIterSource<I> {
    /// The items of `items`.
    pub const fn new(items: I) -> Self {
        Self { items }
    }
}

impl<I, T, E> Source for TryIterSource<I>
where
    I: Iterator<Item = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Into<BoxError>,
{
    type Item = T;

    async fn read(&mut self, batch: &mut Batch<T>, demand: usize) -> Result<Next> {
        for _ in 0..demand {
            match self.items.next() {
                Some(Ok(item)) => batch.push(item),
                Some(Err(error)) => return Err(Error::failed(error)),
                None => return Ok(Next::End),
            }
        }
        Ok(Next::More)
    }
}

impl<I> fmt::Debug for TryIterSource<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TryIterSource")
    }
}
