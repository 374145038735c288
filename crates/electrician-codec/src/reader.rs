//! The records of an asynchronous reader.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use electrician_types::{Decoder, Error, Result};
use futures_core::Stream;
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, ReadBuf};

/// How much is read at once.
const CHUNK: usize = 64 << 10;

/// Chunks that are read before others get their turn.
const TURN: usize = 32;

pin_project! {
    /// The records of an [`AsyncRead`]er, as a stream: [`RecordStream`](crate::RecordStream) for
    /// readers.
    ///
    /// It reads 64 KiB at a time: no other buffer is needed.
    pub struct AsyncRecords<R, D, T> {
        #[pin]
        reader: R,
        decoder: D,
        chunk: Box<[u8]>,
        start: usize,
        end: usize,
        is_done: bool,
        record: PhantomData<fn() -> T>,
    }
}

// === impl AsyncRecords ===

impl<R: AsyncRead, D: Decoder<T>, T> AsyncRecords<R, D, T> {
    /// The records that `decoder` finds in `reader`.
    pub fn new(reader: R, decoder: D) -> Self {
        let chunk = vec![0; CHUNK].into();
        Self { reader, decoder, chunk, start: 0, end: 0, is_done: false, record: PhantomData }
    }
}

impl<R: AsyncRead, D: Decoder<T>, T> Stream for AsyncRecords<R, D, T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let mut this = self.project();
        if *this.is_done {
            return Poll::Ready(None);
        }
        for _ in 0..TURN {
            let mut input = &this.chunk[*this.start..*this.end];
            let record = this.decoder.decode(&mut input);
            *this.start = *this.end - input.len();
            match record {
                Ok(None) => {}
                Ok(Some(record)) => return Poll::Ready(Some(Ok(record))),
                Err(error) => {
                    *this.is_done = this.decoder.is_broken();
                    return Poll::Ready(Some(Err(Error::failed(error))));
                }
            }
            (*this.start, *this.end) = (0, 0);
            let mut buffer = ReadBuf::new(this.chunk);
            match ready!(this.reader.as_mut().poll_read(context, &mut buffer)) {
                Ok(()) if buffer.filled().is_empty() => {
                    *this.is_done = true;
                    let last = this.decoder.finish().map_err(Error::failed);
                    return Poll::Ready(last.transpose());
                }
                Ok(()) => *this.end = buffer.filled().len(),
                Err(error) => {
                    *this.is_done = true;
                    return Poll::Ready(Some(Err(error.into())));
                }
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<R, D, T> fmt::Debug for AsyncRecords<R, D, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncRecords")
            .field("done", &self.is_done)
            .field("unread", &(self.end - self.start))
            .finish_non_exhaustive()
    }
}
