//! What a session of a mesh tells.

use crate::RawPayload;
use crate::mesh::ClockSample;
use crate::session::{SenderEvent, Settled};

/// What happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum MeshEvent<K> {
    /// Somebody published something that was subscribed to.
    Payload {
        /// It.
        payload: RawPayload,
        /// How many before it were dropped, since the last one on this connection.
        missed: u64,
    },
    /// What became of a payload that was published.
    Settled(Settled<K>),
    /// What publishing tells otherwise; nothing of it is settled.
    Stream(SenderEvent<K>),
    /// A subscription is there, on this connection.
    Subscribed {
        /// Its id.
        id: String,
    },
    /// A subscription cannot be had. It is not asked for again.
    Refused {
        /// Its id; empty if it is a request as a whole.
        id: String,
        /// Why.
        why: SubscriptionRefused,
    },
    /// How the peer's clock differs.
    Clock(ClockSample),
    /// The peer ends the stream.
    Closed {
        /// Why, for people.
        reason: String,
    },
}

/// Why a subscription cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the subscription is refused: {code}: {message}")]
pub struct SubscriptionRefused {
    /// As those of HTTP.
    pub code: i32,
    /// For people.
    pub message: String,
}
