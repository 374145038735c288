//! Streams without IO: what to send, what to expect, and what became of each payload.
//!
//! [`SenderSession`] and [`ReceiverSession`] hold what both sides of a stream know. A transport moves
//! frames and acknowledgements between them, tells them the time, and asks them when they want to be
//! woken; it has no rules of its own. So every transport keeps the same promises, and they are tested
//! without a network.

mod dedupe;
mod directory;
pub(crate) mod pace;
mod receiver;
mod sender;

pub use dedupe::DedupeKeys;
pub use directory::StreamDirectory;
pub use receiver::{
    AckOn, Delivery, NumberedBy, Received, ReceiverBuilder, ReceiverSession, Settle,
};
pub use sender::{
    Acks, Outcome, Reconnect, SenderBuilder, SenderEvent, SenderSession, SenderStats, Settled,
};

/// In the capabilities of an opening: the sender numbers the payloads of a stream from 1 on without
/// using a number twice, keeps the stream's id when it connects again, and sends then what was not
/// acknowledged, in order. The value is the lowest number that is not acknowledged.
///
/// Peers that do not know it send numbers, too, but may use them twice on a stream: when they pass on
/// payloads of several others, for example. So nothing is concluded from theirs.
pub const RESUMES_FROM: &str = "electrician-resumes-from";

/// In the headers of the acknowledgement of an opening: what an acknowledgement stands for,
/// `processed` or `accepted`. Peers that do not know it say nothing, and mean accepted.
pub const ACKS_ARE: &str = "electrician-acks-are";
