//! The last lines before the end of the program.

use std::time::Duration;

use crate::{FlushError, Logger};

/// Closes the logger when it is dropped: what waits is written, within a bound.
///
/// Keep it until the end of `main`. Lines that are lost then are told on standard error;
/// [`close`](Self::close) gives an error instead.
#[derive(Debug)]
#[must_use = "dropped at once, it closes the logger at once"]
pub struct LoggerGuard {
    logger: Option<Logger>,
    deadline: Duration,
}

// === impl LoggerGuard ===

impl LoggerGuard {
    pub(crate) const fn new(logger: Logger, deadline: Duration) -> Self {
        Self { logger: Some(logger), deadline }
    }

    /// Closes now. The error says what was not written.
    pub fn close(mut self) -> Result<(), FlushError> {
        self.logger.take().map_or(Ok(()), |logger| logger.close(self.deadline))
    }
}

impl Drop for LoggerGuard {
    fn drop(&mut self) {
        if let Some(logger) = self.logger.take()
            && let Err(error) = logger.close(self.deadline)
        {
            // Nobody else can be told: the log is what has just ended.
            eprintln!("the log ended with a loss: {error}");
        }
    }
}
