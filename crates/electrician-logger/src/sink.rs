//! Where lines go.

mod console;
mod file;
mod memory;
mod rotation;

pub use console::ConsoleSink;
pub use file::{FileSink, FileSinkBuilder};
pub use memory::{MemoryLog, MemorySink};

use std::time::Duration;

use crate::SinkError;

/// Where lines go: a console, a file, a network.
///
/// # Laws
///
/// Each sink has a thread of its own, which alone calls it; so it may block, and nobody but this
/// sink waits. While it does, its queue fills up to its bound, and then lines are dropped and
/// counted.
///
/// - Lines arrive in order, each once. What `write` could not write is counted as lost; a sink that
///   wants to try again does so before it returns.
/// - `flush` returns when everything written before is where it should be, or an error after about
///   the time allowed. It is also called before the sink is dropped, after the last `write`.
/// - A sink that panics is dropped. Lines for it are counted as lost until it is replaced.
/// - What a sink logs itself, on its thread, is not logged. Other threads that it has call
///   [`mute_thread`](crate::mute_thread) when they begin.
/// - A sink does not call its own logger's `flush` or `close`: it would wait for itself, until the
///   deadline.
pub trait LogSink: Send + 'static {
    /// Writes lines.
    fn write(&mut self, lines: Lines<'_>) -> Result<(), SinkError>;

    /// Brings what was written to its place, within about `deadline`.
    fn flush(&mut self, deadline: Duration) -> Result<(), SinkError> {
        let _ = deadline;
        Ok(())
    }

    /// Opens again what it writes to, for somebody has moved it away. The default does nothing.
    fn reopen(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}

/// One or more lines. Each is one JSON object and ends with a line feed.
#[derive(Clone, Copy, Debug)]
pub struct Lines<'a> {
    bytes: &'a [u8],
    count: u64,
}

// === impl Lines ===

impl<'a> Lines<'a> {
    pub(crate) const fn new(bytes: &'a [u8], count: u64) -> Self {
        Self { bytes, count }
    }

    /// All lines, one behind the other, line feeds included.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many lines.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Each line without its line feed.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.bytes.split_inclusive(|byte| *byte == b'\n').map(|line| &line[..line.len() - 1])
    }
}

impl LogSink for Box<dyn LogSink> {
    fn write(&mut self, lines: Lines<'_>) -> Result<(), SinkError> {
        (**self).write(lines)
    }

    fn flush(&mut self, deadline: Duration) -> Result<(), SinkError> {
        (**self).flush(deadline)
    }

    fn reopen(&mut self) -> Result<(), SinkError> {
        (**self).reopen()
    }
}
