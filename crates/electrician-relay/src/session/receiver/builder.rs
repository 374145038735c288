//! How a receiver is configured.

use std::sync::Arc;
use std::time::Duration;

use electrician_types::ConfigError;

use super::ReceiverSession;
use crate::session::DedupeKeys;

/// What an acknowledgement stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AckOn {
    /// The payload was processed: its receipt was resolved.
    #[default]
    Processed,
    /// The payload was decoded and taken, as in the Go library. What fails behind it is lost to the
    /// sender.
    Accepted,
}

/// Whose numbers are trusted, so that a payload is recognised by its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NumberedBy {
    /// Of senders that say so in their opening, as those of this crate do.
    #[default]
    Announced,
    /// Of all senders. One that passes on the payloads of several others with the numbers that they
    /// had would lose some.
    Always,
    /// Of none.
    Never,
}

/// Configures a [`ReceiverSession`]. One builder can make many of them.
#[derive(Clone, Debug)]
#[must_use]
pub struct ReceiverBuilder {
    pub(super) max_in_flight: usize,
    pub(super) window: usize,
    pub(super) numbered_by: NumberedBy,
    pub(super) ack_on: AckOn,
    pub(super) ack_age: Duration,
    pub(super) keys: Option<Arc<DedupeKeys>>,
}

/// The largest windows, for they are allocated at once.
const MOST: usize = 1 << 20;

// === impl ReceiverBuilder ===

impl Default for ReceiverBuilder {
    fn default() -> Self {
        Self {
            max_in_flight: 1024,
            window: 8192,
            numbered_by: NumberedBy::Announced,
            ack_on: AckOn::Processed,
            ack_age: Duration::from_millis(50),
            keys: None,
        }
    }
}

impl ReceiverBuilder {
    /// How many payloads are given out and not settled, at most; also how many stand between the
    /// oldest of them and the newest. Default 1,024.
    pub const fn with_max_in_flight(mut self, payloads: usize) -> Self {
        self.max_in_flight = payloads;
        self
    }

    /// How many numbers of a stream are remembered, a byte for each. Default 8,192, at least
    /// `max_in_flight`.
    pub const fn with_dedupe_window(mut self, numbers: usize) -> Self {
        self.window = numbers;
        self
    }

    /// Whose numbers are trusted. Default: those of senders that say so.
    pub const fn with_numbered_by(mut self, numbered_by: NumberedBy) -> Self {
        self.numbered_by = numbered_by;
        self
    }

    /// Recognises payloads by their dedupe keys, too, also on other streams that share `keys`.
    pub fn with_dedupe_keys(mut self, keys: Arc<DedupeKeys>) -> Self {
        self.keys = Some(keys);
        self
    }

    /// What an acknowledgement stands for. Default: that a payload was processed.
    pub const fn with_ack_on(mut self, ack_on: AckOn) -> Self {
        self.ack_on = ack_on;
        self
    }

    /// How long an acknowledgement of several waits for more. Default 50 ms.
    pub const fn with_ack_age(mut self, age: Duration) -> Self {
        self.ack_age = age;
        self
    }

    /// A session, or all that is wrong with its configuration.
    pub fn build(&self) -> Result<ReceiverSession, ConfigError> {
        let mut problems = Vec::new();
        let (in_flight, window) = (self.max_in_flight, self.window);
        if !(1..=MOST).contains(&in_flight) {
            let what =
                format!("relay receiver: {in_flight} payloads in flight; it takes 1 to {MOST}");
            problems.push(what);
        }
        if !(in_flight..=MOST).contains(&window) {
            problems.push(format!(
                "relay receiver: a dedupe window of {window} numbers; with {in_flight} payloads in \
                 flight it needs {in_flight} to {MOST}"
            ));
        }
        ConfigError::check(problems)?;
        Ok(ReceiverSession::new(self.clone()))
    }
}
