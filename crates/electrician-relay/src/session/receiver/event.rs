//! What a receiver is told, and tells.

use crate::{RawPayload, StreamDefaults, Text};

/// What became of a payload that was given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settle {
    /// It was processed.
    Done,
    /// It was not, and would not be a second time.
    Rejected {
        /// For the sender: as those of HTTP.
        code: i32,
        /// For people. It goes to the sender: nothing that it should not know.
        message: Text,
    },
    /// It was not, but may be a second time. The sender sends it again.
    Later {
        /// For the sender: as those of HTTP.
        code: i32,
        /// For people. It goes to the sender: nothing that it should not know.
        message: Text,
    },
}

/// A payload to process.
#[derive(Debug)]
pub struct Delivery {
    /// What to settle it with.
    pub token: u64,
    /// The payload.
    pub payload: RawPayload,
    /// What counts unless it has metadata.
    pub defaults: StreamDefaults,
}

/// What to do with what came.
#[derive(Debug)]
#[non_exhaustive]
pub enum Received {
    /// Process it, and [`settle`](super::ReceiverSession::settle) it.
    Deliver(Delivery),
    /// It came before. Nothing is to be done.
    Duplicate,
    /// It was refused for now: there was no room, or the same key is under way.
    Refused,
    /// Payloads were read though the session was not ready, until nothing could be said about them
    /// any more. The connection must be dropped.
    Overrun,
}
