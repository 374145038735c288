//! Standard output and error.

use std::io::{self, Write};
use std::time::Duration;

use super::{Lines, LogSink};
use crate::SinkError;

/// Writes to standard output or standard error, a batch at a time under the stream's lock.
#[derive(Debug)]
pub struct ConsoleSink(Stream);

#[derive(Debug)]
enum Stream {
    Out,
    Err,
}

// === impl ConsoleSink ===

impl ConsoleSink {
    /// Standard output.
    pub const fn stdout() -> Self {
        Self(Stream::Out)
    }

    /// Standard error.
    pub const fn stderr() -> Self {
        Self(Stream::Err)
    }

    fn with(&self, work: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), SinkError> {
        match self.0 {
            Stream::Out => work(&mut io::stdout().lock())?,
            Stream::Err => work(&mut io::stderr().lock())?,
        }
        Ok(())
    }
}

impl LogSink for ConsoleSink {
    fn write(&mut self, lines: Lines<'_>) -> Result<(), SinkError> {
        self.with(|stream| {
            stream.write_all(lines.bytes())?;
            stream.flush()
        })
    }

    fn flush(&mut self, _deadline: Duration) -> Result<(), SinkError> {
        self.with(|stream| stream.flush())
    }
}
