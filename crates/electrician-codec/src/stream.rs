//! The records of a stream of chunks.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use electrician_types::{BoxError, Decoder, Error, Result};
use futures_core::Stream;
use pin_project_lite::pin_project;

/// Chunks that are read before others get their turn.
const TURN: usize = 32;

pin_project! {
    /// The records of a stream of chunks, as a stream.
    ///
    /// A record that cannot be read is an error in its place, and the next one follows. The stream
    /// ends at the end of the chunks, after one of their errors, and when the place of the next
    /// record is lost. Dropping it, or what awaits it, loses nothing but what it holds: a record is
    /// given out when it is whole.
    ///
    /// It holds one chunk. After 32 chunks without a record it lets others have their turn.
    pub struct RecordStream<S, C, D, T> {
        #[pin]
        chunks: S,
        decoder: D,
        chunk: Option<C>,
        taken: usize,
        is_done: bool,
        record: PhantomData<fn() -> T>,
    }
}

// === impl RecordStream ===

impl<S, C, E, D, T> RecordStream<S, C, D, T>
where
    S: Stream<Item = Result<C, E>>,
    C: AsRef<[u8]>,
    E: Into<BoxError>,
    D: Decoder<T>,
{
    /// The records that `decoder` finds in `chunks`.
    pub const fn new(chunks: S, decoder: D) -> Self {
        Self { chunks, decoder, chunk: None, taken: 0, is_done: false, record: PhantomData }
    }
}

impl<S, C, E, D, T> Stream for RecordStream<S, C, D, T>
where
    S: Stream<Item = Result<C, E>>,
    C: AsRef<[u8]>,
    E: Into<BoxError>,
    D: Decoder<T>,
{
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let mut this = self.project();
        if *this.is_done {
            return Poll::Ready(None);
        }
        for _ in 0..TURN {
            if let Some(chunk) = this.chunk {
                let all = chunk.as_ref();
                let mut input = &all[*this.taken..];
                let record = this.decoder.decode(&mut input);
                *this.taken = all.len() - input.len();
                match record {
                    Ok(None) => *this.chunk = None,
                    Ok(Some(record)) => return Poll::Ready(Some(Ok(record))),
                    Err(error) => {
                        *this.is_done = this.decoder.is_broken();
                        return Poll::Ready(Some(Err(Error::failed(error))));
                    }
                }
            }
            match ready!(this.chunks.as_mut().poll_next(context)) {
                Some(Ok(chunk)) => {
                    *this.chunk = Some(chunk);
                    *this.taken = 0;
                }
                Some(Err(error)) => {
                    *this.is_done = true;
                    return Poll::Ready(Some(Err(Error::failed(error))));
                }
                None => {
                    *this.is_done = true;
                    let last = this.decoder.finish().map_err(Error::failed);
                    return Poll::Ready(last.transpose());
                }
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<S, C, D, T> fmt::Debug for RecordStream<S, C, D, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordStream")
            .field("done", &self.is_done)
            .field("has_chunk", &self.chunk.is_some())
            .finish_non_exhaustive()
    }
}
