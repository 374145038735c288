//! An encoder as a sink: records become bytes in a writer.

use std::fmt;
use std::io::Write;

use electrician_types::{Batch, BoxError, Encoder, Error, ErrorKind, Item, Receipt, Result, Sink};

use crate::output::Output;

/// Encodes each item and writes the bytes to a [`Write`]r, as they come: nothing is collected.
///
/// An item is encoded whole before any of its bytes are written, so a failed encoding leaves no
/// partial record. Receipts are acknowledged at the flush that follows, when the writer has been
/// flushed too. Wrap a file in a [`BufWriter`](std::io::BufWriter); the writing blocks, which a
/// local file or a buffer may and a network must not.
///
/// A write that fails midway may leave part of a record in the writer; the sink then refuses to
/// write any more.
pub struct EncoderSink<W, E> {
    writer: W,
    encoder: E,
    buffer: Vec<u8>,
    receipts: Vec<Receipt>,
    is_torn: bool,
}

/// What came out could not be encoded to the end: see [`Output::collect_with`]. Nothing is lost.
#[derive(thiserror::Error)]
#[error("what came out cannot be encoded: {error}")]
pub struct BrokenEncoding<T> {
    /// What the encoder made of the items before, which were acknowledged: whole, as far as the
    /// encoder can end it.
    pub bytes: Vec<u8>,
    /// The item, with its receipt still open; none if it is the begin or the end that failed.
    pub item: Option<Item<T>>,
    /// What follows.
    pub rest: Output<T>,
    /// Why it could not be encoded.
    #[source]
    pub error: BoxError,
}

// === impl EncoderSink ===

impl<W: Write + Send + 'static, E> EncoderSink<W, E> {
    /// Writes what `encoder` makes of the items to `writer`.
    pub const fn new(writer: W, encoder: E) -> Self {
        Self { writer, encoder, buffer: Vec::new(), receipts: Vec::new(), is_torn: false }
    }

    /// The writer. Bytes of unflushed items may be in its own buffer. A conduit's sink stage gives the
    /// sink back through a handle, after the run.
    pub fn into_writer(self) -> W {
        self.writer
    }

    fn write_buffer(&mut self) -> Result<()> {
        if self.is_torn {
            let message = "an earlier write failed midway, the output is torn: start a new one";
            return Err(Error::new(ErrorKind::Io, message).with_retryable(false));
        }
        // A short write may have put part of the record down: what follows would be garbage.
        self.writer.write_all(&self.buffer).map_err(|error| {
            self.is_torn = true;
            Error::from(error).with_retryable(false)
        })
    }
}

impl<T, W, E> Sink<T> for EncoderSink<W, E>
where
    T: Send + Sync + 'static,
    W: Write + Send + 'static,
    E: Encoder<T>,
{
    async fn open(&mut self) -> Result<()> {
        // Of a run whose last flush was cut off: dropping them tells their sources.
        self.receipts.clear();
        self.buffer.clear();
        self.encoder.begin(&mut self.buffer).map_err(Error::failed)?;
        self.write_buffer()
    }

    async fn write(&mut self, batch: &mut Batch<T>) -> Result<()> {
        while let Some(record) = batch.front() {
            self.buffer.clear();
            self.encoder.encode(record, &mut self.buffer).map_err(Error::failed)?;
            self.write_buffer()?;
            if let Some(item) = batch.take() {
                let (_, receipt) = item.into_parts();
                if receipt.is_tracked() {
                    self.receipts.push(receipt);
                }
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        // If this fails, the receipts are dropped with it, and say so to their sources.
        let receipts = std::mem::take(&mut self.receipts);
        self.writer.flush()?;
        let mut receipts = receipts;
        receipts.drain(..).for_each(Receipt::ack);
        self.receipts = receipts;
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        self.buffer.clear();
        self.encoder.end(&mut self.buffer).map_err(Error::failed)?;
        self.write_buffer()?;
        self.writer.flush()?;
        Ok(())
    }
}

impl<W, E> fmt::Debug for EncoderSink<W, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncoderSink")
            .field("unflushed", &self.receipts.len())
            .field("torn", &self.is_torn)
            .finish_non_exhaustive()
    }
}

// === impl Output ===

impl<T> Output<T> {
    /// Reads until the run is over and gives what `encoder` makes of all: one JSON array, lines, a
    /// page of CSV. Memory grows with what is read: for large outputs use an [`EncoderSink`].
    ///
    /// Each item is acknowledged once its bytes are there. If one cannot be encoded, the error gives
    /// back that item, the bytes of those before it, and the output with what follows.
    ///
    /// Cancelling this loses the bytes so far. Where it may be cancelled, use
    /// [`collect_into`](Self::collect_into) and encode what was read, or an encoder sink.
    pub async fn collect_with<E: Encoder<T>>(
        mut self,
        mut encoder: E,
    ) -> std::result::Result<Vec<u8>, Box<BrokenEncoding<T>>> {
        let mut bytes = Vec::new();
        if let Err(error) = encoder.begin(&mut bytes) {
            bytes.clear();
            return Err(Box::new(self.broken(bytes, None, error)));
        }
        while let Some(item) = self.recv_item().await {
            let whole = bytes.len();
            if let Err(error) = encoder.encode(item.value(), &mut bytes) {
                bytes.truncate(whole);
                if encoder.end(&mut bytes).is_err() {
                    bytes.truncate(whole);
                }
                return Err(Box::new(self.broken(bytes, Some(item), error)));
            }
            item.accept();
        }
        let whole = bytes.len();
        if let Err(error) = encoder.end(&mut bytes) {
            bytes.truncate(whole);
            return Err(Box::new(self.broken(bytes, None, error)));
        }
        Ok(bytes)
    }

    fn broken(self, bytes: Vec<u8>, item: Option<Item<T>>, error: BoxError) -> BrokenEncoding<T> {
        BrokenEncoding { bytes, item, rest: self, error }
    }
}

// === impl BrokenEncoding ===

impl<T> fmt::Debug for BrokenEncoding<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokenEncoding")
            .field("bytes", &self.bytes.len())
            .field("rest", &self.rest)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}
