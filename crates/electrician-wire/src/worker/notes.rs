//! What a worker says about single items and about its sink.

use std::time::Duration;

use electrician_types::{Error, Event};

use crate::worker::Worker;

impl<In: Send + 'static, Out: Send + 'static> Worker<In, Out> {
    /// Notes an item's final failure: for the observer, the log, and the run's list of failures.
    /// Counting it is the caller's business.
    pub fn note_failure(&self, error: &Error, attempts: u32, dead_lettered: bool) {
        self.stage.note_failure(error, attempts, dead_lettered);
    }

    /// Notes a failure of a sink that is about no item, of its opening or its closing: for the
    /// observer, the log, and [`Stopped::sink_errors`](crate::Stopped::sink_errors).
    pub fn note_fault(&self, error: &Error) {
        self.stage.note_fault(error);
    }

    /// Tells the observer that another attempt follows.
    pub fn note_retry(&self, attempt: u32, after: Duration, error: &Error) {
        self.stage.observe(|component| Event::Retrying { component, attempt, after, error });
    }

    /// Tells the observer that an item succeeded after all, at attempt `attempts`.
    pub fn note_recovery(&self, attempts: u32) {
        self.stage.observe(|component| Event::Recovered { component, attempts });
    }

    /// Tells the observer that the sink of this stage was opened.
    pub fn note_opened(&self) {
        self.stage.observe(|component| Event::SinkOpened { component });
    }

    /// Tells the observer that the sink of this stage was closed.
    pub fn note_closed(&self) {
        self.stage.observe(|component| Event::SinkClosed { component });
    }
}
