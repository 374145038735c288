//! What a peer cannot do.

use electrician_relay::mesh::SubscriptionRefused;
use electrician_relay::session::Outcome;
use electrician_types::{Error, ErrorKind, Refusal};

/// Why something was not published, or not subscribed to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MeshError {
    /// The mesh refused the subscription.
    #[error(transparent)]
    Refused(#[from] SubscriptionRefused),
    /// The payload was not acknowledged.
    #[error("the payload was not published: {0:?}")]
    Unpublished(Outcome),
    /// The payload cannot be taken.
    #[error("the payload is not taken: {0:?}")]
    NotTaken(Refusal),
    /// There are as many subscriptions as the client allows.
    #[error(
        "{0} subscriptions are there already; end one, or allow more with the client's builder"
    )]
    TooMany(usize),
    /// The subscription was asked for again under the same id, or ended, before it was answered.
    #[error("the subscription was replaced or ended before it was answered")]
    Replaced,
    /// The peer was closed.
    #[error("the peer is closed: start another")]
    Closed,
}

// === impl MeshError ===

impl From<MeshError> for Error {
    fn from(error: MeshError) -> Self {
        let kind = match &error {
            MeshError::Refused(refused) if refused.code == 403 => ErrorKind::Denied,
            MeshError::NotTaken(Refusal::TooLarge { .. }) => ErrorKind::TooLarge,
            MeshError::Closed => ErrorKind::Closed,
            _ => ErrorKind::Failed,
        };
        Self::new(kind, "the mesh").with_source(error)
    }
}
