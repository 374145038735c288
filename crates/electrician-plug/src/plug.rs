//! The plug: something that sources can be opened from.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use electrician_types::{BoxError, Error, ErrorKind, OpenSource, Result, Source};
use futures_core::Stream;

use crate::blocking::BlockingSource;
use crate::function::{FunctionSource, Tap};
use crate::iter::{IterSource, TryIterSource};
use crate::once::Once;
use crate::stream::{StreamSource, TryStreamSource};

/// Adapts what gives items to the [`Source`] contract, for a generator to run.
///
/// A plug makes its source anew at every start and restart, so most take a function that makes the
/// iterator, stream or source. Those that cannot be made twice go through [`once`](Self::once); a
/// second start then fails with an error that says so.
pub struct Plug<S> {
    open: Box<dyn Fn() -> Result<S> + Send + Sync>,
    check: Option<Box<dyn Fn() -> Result<()> + Send + Sync>>,
}

// === impl Plug ===

impl<S: Source> Plug<S> {
    /// A plug for any source.
    pub fn source(open: impl Fn() -> Result<S> + Send + Sync + 'static) -> Self {
        Self { open: Box::new(open), check: None }
    }

    /// A plug for a source that can be used once only.
    pub fn once(source: S) -> Self {
        let source = Arc::new(Once::new(source));
        let place = Arc::clone(&source);
        let check = move || if place.is_there() { Ok(()) } else { Err(used()) };
        Self {
            open: Box::new(move || source.take().ok_or_else(used)),
            check: Some(Box::new(check)),
        }
    }
}

fn used() -> Error {
    let message = "the source was used already and cannot be opened again: give the plug a \
                   function that makes it";
    Error::new(ErrorKind::Config, message)
}

impl<I> Plug<IterSource<I>>
where
    I: Iterator + Send + 'static,
    I::Item: Send + 'static,
{
    /// A plug for the items of an iterator, which must not block for long: one that does goes
    /// through [`iter_blocking`](Plug::iter_blocking).
    pub fn iter<M, Many>(make: M) -> Self
    where
        M: Fn() -> Many + Send + Sync + 'static,
        Many: IntoIterator<IntoIter = I, Item = I::Item>,
    {
        Self::source(move || Ok(IterSource::new(make().into_iter())))
    }
}

impl<I, T, E> Plug<TryIterSource<I>>
where
    I: Iterator<Item = std::result::Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Into<BoxError>,
{
    /// A plug for an iterator whose items may be errors; the first error fails the source.
    pub fn try_iter<M, Many>(make: M) -> Self
    where
        M: Fn() -> Many + Send + Sync + 'static,
        Many: IntoIterator<IntoIter = I, Item = I::Item>,
    {
        Self::source(move || Ok(TryIterSource::new(make().into_iter())))
    }
}

impl<S> Plug<StreamSource<S>>
where
    S: Stream + Send + 'static,
    S::Item: Send + 'static,
{
    /// A plug for the items of a stream.
    pub fn stream(make: impl Fn() -> S + Send + Sync + 'static) -> Self {
        Self::source(move || Ok(StreamSource::new(make())))
    }
}

impl<S, T, E> Plug<TryStreamSource<S>>
where
    S: Stream<Item = std::result::Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Into<BoxError>,
{
    /// A plug for a stream whose items may be errors; the first error fails the source.
    pub fn try_stream(make: impl Fn() -> S + Send + Sync + 'static) -> Self {
        Self::source(move || Ok(TryStreamSource::new(make())))
    }
}

impl<T: Send + 'static> Plug<BlockingSource<T>> {
    /// A plug for the items of an iterator that blocks: it is made and runs on a thread of its own,
    /// which is up to 64 items ahead. See [`BlockingSource`] for how it ends.
    pub fn iter_blocking<M, Many>(make: M) -> Self
    where
        M: Fn() -> Many + Send + Sync + 'static,
        Many: IntoIterator<Item = T>,
    {
        let make = Arc::new(make);
        Self::source(move || {
            let make = Arc::clone(&make);
            Ok(BlockingSource::new(move || make()))
        })
    }

    /// As [`iter_blocking`](Self::iter_blocking), for an iterator whose items may be errors; the
    /// first error fails the source.
    pub fn try_iter_blocking<M, Many, E>(make: M) -> Self
    where
        M: Fn() -> Many + Send + Sync + 'static,
        Many: IntoIterator<Item = std::result::Result<T, E>>,
        E: Into<BoxError>,
    {
        let make = Arc::new(make);
        Self::source(move || {
            let make = Arc::clone(&make);
            Ok(BlockingSource::try_new(move || make()))
        })
    }
}

impl<T: Send + 'static> Plug<FunctionSource<T>> {
    /// A plug for an asynchronous function that submits items through the [`Tap`] it is given. The
    /// source ends when the function returns, and fails when it returns an error. The function is
    /// dropped at its next await when the run stops.
    pub fn function<F, Fut, E>(f: F) -> Self
    where
        F: Fn(Tap<T>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = std::result::Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        Self::source(move || Ok(FunctionSource::new(&f)))
    }
}

impl<S: Source> OpenSource for Plug<S> {
    type Source = S;

    fn check(&self) -> Result<()> {
        self.check.as_ref().map_or(Ok(()), |check| check())
    }

    fn open(&self) -> Result<S> {
        (self.open)()
    }
}

impl<S> fmt::Debug for Plug<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plug")
    }
}
