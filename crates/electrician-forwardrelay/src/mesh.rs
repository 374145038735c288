//! A peer of a mesh: it publishes and subscribes.

mod builder;
mod error;
mod peer;
mod runner;
mod shared;

use std::fmt;
use std::sync::Arc;

use electrician_relay::RawPayload;
use electrician_relay::mesh::MeshSession;
use electrician_relay::session::SenderBuilder;
use tokio::sync::mpsc;

pub use builder::MeshClientBuilder;
pub use error::MeshError;
pub use peer::{MeshInbox, MeshPeer, MeshTicket};
pub use shared::MeshPeerStats;

use crate::backoff::Backoff;
use crate::connect::Dialing;
use crate::targets::Target;
use runner::Runner;
use shared::Shared;

/// Publishes and subscribes at a receiving relay that serves a mesh, over gRPC.
///
/// # Delivery
///
/// A payload that is published is held until the mesh has acknowledged it, and sent again on the next
/// connection. Subscriptions are asked for again on each connection; what is published while there is
/// none does not come. See [`electrician_relay::mesh`] for what happens to who is slow.
///
/// # Backpressure
///
/// While the inbox is full nothing more is read, acknowledgements included: read it, or drop it where
/// nothing is subscribed to. The mesh then does with this peer as with any that is slow.
///
/// # Order
///
/// What one peer publishes on a connection comes in its order.
///
/// # Stopping
///
/// [`MeshPeer::close`] settles what was published, and ends the stream. When the last peer and the inbox
/// are dropped, the task ends at once.
pub struct MeshClient {
    targets: Vec<Target>,
    dialing: Arc<Dialing>,
    sessions: SenderBuilder,
    backoff: Backoff,
    max_message_bytes: usize,
    inbox: usize,
    subscriptions: usize,
}

// === impl MeshClient ===

impl MeshClient {
    /// A client in the making, of the relay at `target`: `host:port`.
    pub fn builder(target: impl Into<String>) -> MeshClientBuilder {
        MeshClientBuilder::new(target.into())
    }

    /// Connects, and connects again whenever the connection is gone, in a task of the runtime. Each
    /// call makes a peer of its own.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn start(&self) -> (MeshPeer, MeshInbox) {
        let sessions = self.sessions.clone();
        let sender = sessions.build().expect("it was built before");
        let session = MeshSession::new(sender, self.subscriptions);
        let shared = Shared::new(session);
        let (put, got) = mpsc::channel::<RawPayload>(self.inbox);
        let runner = Runner {
            shared: Arc::clone(&shared),
            dialing: Arc::clone(&self.dialing),
            targets: self.targets.clone(),
            backoff: self.backoff.clone(),
            max_message_bytes: self.max_message_bytes,
            inbox: put,
        };
        let task = tokio::spawn(runner.run());
        let peer = MeshPeer::new(shared, task, self.subscriptions);
        let inbox = MeshInbox::new(got, peer.clone());
        (peer, inbox)
    }
}

impl fmt::Debug for MeshClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeshClient").field("targets", &self.targets).finish_non_exhaustive()
    }
}
