//! What a sender tells.

use crate::proto::ControlDirective;
use crate::{RawPayload, Text};

/// What became of a payload.
#[derive(Debug)]
pub struct Settled<K> {
    /// Its number.
    pub seq: u64,
    /// What was given along.
    pub tag: K,
    /// The payload.
    pub payload: RawPayload,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a payload.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// It was acknowledged.
    Acked,
    /// It was sent, and no acknowledgement was asked for.
    Sent,
    /// The receiver refused it, for good or too often.
    Rejected {
        /// The code of the receiver.
        code: i32,
        /// What it said.
        message: Text,
    },
    /// The receiver refused some of several payloads without saying which: one of them is this.
    Unclear {
        /// How many were refused,
        errors: u32,
        /// of so many.
        of: u32,
    },
    /// Its deadline passed.
    Expired {
        /// Whether it was sent before, so that the receiver may have it.
        was_sent: bool,
    },
    /// The session was given up.
    Returned {
        /// Whether it was sent before, so that the receiver may have it.
        was_sent: bool,
    },
}

/// What a session tells.
#[derive(Debug)]
#[non_exhaustive]
pub enum SenderEvent<K> {
    /// What became of a payload.
    Settled(Settled<K>),
    /// The receiver took the opening. `true` if it said that its acknowledgements stand for what was
    /// processed.
    Opened(bool),
    /// The receiver asks for something other than to go slower, which the session does itself.
    Directive(Box<ControlDirective>),
    /// The receiver refused the stream, as for want of authentication.
    Refused {
        /// The code of the receiver.
        code: i32,
        /// What it said.
        message: Text,
    },
    /// The connection is to be dropped and made again.
    Reconnect(Reconnect),
    /// The session was closed and all is settled: the connection may end.
    Done,
}

/// Why a connection is made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reconnect {
    /// The opening was not acknowledged in time.
    OpenTimeout,
    /// Nothing was acknowledged for too long, not even after a close.
    AckTimeout,
    /// The receiver refused the stream.
    Refused,
    /// The stream was closed so that the receiver acknowledges what it holds back.
    Rotated,
}

/// Counts since the session began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SenderStats {
    /// Payloads that were taken.
    pub submitted: u64,
    /// Payloads that were sent, each time counted.
    pub sent: u64,
    /// Payloads that were sent again.
    pub resent: u64,
    /// Payloads that were acknowledged.
    pub acked: u64,
    /// Acknowledgements of what was not sent.
    pub strays: u64,
}
