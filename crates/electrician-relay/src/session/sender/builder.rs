//! How a sender is configured.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use electrician_types::ConfigError;

use super::SenderSession;
use crate::proto::{AckMode, MessageMetadata};
use crate::{Frame, Text};

/// What is asked of the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acks {
    /// One for each payload.
    PerMessage,
    /// One for every so many payloads. Receivers of this crate acknowledge sooner when nothing
    /// follows; others hold back the last payloads until the stream ends.
    Batch(u32),
    /// None: what is sent counts as done, and is lost with the connection.
    None,
}

/// Configures a [`SenderSession`].
#[derive(Clone, Debug)]
#[must_use]
pub struct SenderBuilder {
    /// One is drawn for each session, unless it is given.
    pub(super) stream_id: Option<Text>,
    pub(super) defaults: MessageMetadata,
    pub(super) acks: Acks,
    pub(super) window_items: usize,
    pub(super) window_bytes: usize,
    pub(super) max_payload_bytes: usize,
    pub(super) open_timeout: Duration,
    pub(super) ack_timeout: Duration,
    pub(super) flush_timeout: Duration,
    pub(super) retry_attempts: u32,
    pub(super) retry_delay: Duration,
    pub(super) close_reason: Text,
}

/// What is left of a frame for what stands around a payload: a tag and a length.
const AROUND: usize = 16;

/// The largest window, for it is allocated at once.
const MOST: usize = 1 << 20;

// === impl Acks ===

impl Acks {
    pub(super) const fn mode(self) -> AckMode {
        match self {
            Self::PerMessage => AckMode::AckPerMessage,
            Self::Batch(_) => AckMode::AckBatch,
            Self::None => AckMode::AckNone,
        }
    }

    pub(super) const fn every(self) -> u32 {
        match self {
            Self::PerMessage | Self::None => 0,
            Self::Batch(every) => every,
        }
    }
}

// === impl SenderBuilder ===

impl Default for SenderBuilder {
    fn default() -> Self {
        Self {
            stream_id: None,
            defaults: MessageMetadata::default(),
            acks: Acks::Batch(64),
            window_items: 1024,
            window_bytes: 64 << 20,
            max_payload_bytes: Frame::MAX_BYTES - AROUND,
            open_timeout: Duration::from_secs(10),
            ack_timeout: Duration::from_secs(30),
            flush_timeout: Duration::from_millis(200),
            retry_attempts: 16,
            retry_delay: Duration::from_millis(100),
            close_reason: Text::from_static("done"),
        }
    }
}

impl SenderBuilder {
    /// The id of the stream. Default: 64 hexadecimal digits, drawn anew for each session.
    ///
    /// Receivers remember which numbers of a stream they had: no other sender, nor this one after a
    /// restart, may use the id again, for its payloads would be taken for ones that were sent before.
    pub fn with_stream_id(mut self, id: &str) -> Self {
        self.stream_id = Some(Text::from(id));
        self
    }

    /// What counts for payloads without metadata:
    /// [`EnvelopeWriter::metadata`](crate::EnvelopeWriter::metadata). Default: nothing.
    pub fn with_defaults(mut self, defaults: MessageMetadata) -> Self {
        self.defaults = defaults;
        self
    }

    /// What is acknowledged. Default: every 64 payloads.
    pub const fn with_acks(mut self, acks: Acks) -> Self {
        self.acks = acks;
        self
    }

    /// How many payloads are held until they are acknowledged. Default 1,024, at most 2^20.
    pub const fn with_window_items(mut self, items: usize) -> Self {
        self.window_items = items;
        self
    }

    /// How many bytes are held until they are acknowledged. Default 64 MiB.
    pub const fn with_window_bytes(mut self, bytes: usize) -> Self {
        self.window_bytes = bytes;
        self
    }

    /// The largest payload, with its number. Default 4 MiB less 16 bytes, which is what gRPC takes.
    pub const fn with_max_payload_bytes(mut self, bytes: usize) -> Self {
        self.max_payload_bytes = bytes;
        self
    }

    /// How long a reconnected stream waits for what the receiver still knows. Default 10 s.
    pub const fn with_open_timeout(mut self, timeout: Duration) -> Self {
        self.open_timeout = timeout;
        self
    }

    /// After how long without an acknowledgement the stream is closed, so that the receiver
    /// acknowledges what it holds back; after the same time again the connection is given up.
    /// Default 30 s.
    pub const fn with_ack_timeout(mut self, timeout: Duration) -> Self {
        self.ack_timeout = timeout;
        self
    }

    /// The same for [`hurry`](SenderSession::hurry): after how long without an acknowledgement a stream
    /// is closed, if several payloads are to be acknowledged at once and the receiver does not say that
    /// it does not hold back the last of them. Default 200 ms.
    pub const fn with_flush_timeout(mut self, timeout: Duration) -> Self {
        self.flush_timeout = timeout;
        self
    }

    /// How often a payload is sent that is refused for now. Default 16.
    pub const fn with_retry_attempts(mut self, attempts: u32) -> Self {
        self.retry_attempts = attempts;
        self
    }

    /// How long a payload that is refused for now waits, unless the receiver says how long.
    /// Default 100 ms.
    pub const fn with_retry_delay(mut self, delay: Duration) -> Self {
        self.retry_delay = delay;
        self
    }

    /// What the close of the stream says. Default `done`.
    pub fn with_close_reason(mut self, reason: &str) -> Self {
        self.close_reason = Text::from(reason);
        self
    }

    /// The session, or all that is wrong with its configuration.
    pub fn build<K>(self) -> Result<SenderSession<K>, ConfigError> {
        let mut problems = Vec::new();
        let mut check = |is_right: bool, problem: String| {
            if !is_right {
                problems.push(format!("relay sender: {problem}"));
            }
        };
        let (items, bytes) = (self.window_items, self.window_bytes);
        check(
            (1..=MOST).contains(&items),
            format!("a window of {items} payloads; it has 1 to {MOST}"),
        );
        let has_id = self.stream_id.as_ref().is_none_or(|id| !id.is_empty());
        check(has_id, "the stream has no id; it needs one".to_owned());
        let largest = self.max_payload_bytes;
        check(
            largest <= bytes,
            format!(
                "a window of {bytes} bytes cannot hold a payload of {largest}, which is allowed"
            ),
        );
        if let Acks::Batch(every) = self.acks {
            let fits = every > 0 && every as usize <= items;
            check(
                fits,
                format!(
                    "an acknowledgement every {every} payloads; a window of {items} needs 1 to {items}"
                ),
            );
        }
        check(self.retry_attempts > 0, "no attempts; a payload is sent once at least".to_owned());
        let timeouts =
            [("open", self.open_timeout), ("ack", self.ack_timeout), ("flush", self.flush_timeout)];
        for (name, timeout) in timeouts {
            check(!timeout.is_zero(), format!("the {name} timeout is 0; it must be longer"));
        }
        ConfigError::check(problems)?;
        Ok(SenderSession::new(self))
    }
}

/// 64 hexadecimal digits, as peers have them. The standard library seeds each state anew.
pub(super) fn random_id() -> String {
    let number = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}{:016x}{:016x}", number(), number(), number(), number())
}
