//! An encoder as a sink: records become bytes in a writer.

use std::fmt;
use std::io::Write;

use electrician_types::{Batch, Encoder, Error, ErrorKind, Receipt, Result, Sink};

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
