//! What outlives a run: streams that are known, counts, the address.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use electrician_auth::Identity;
use electrician_relay::mesh::ExchangeStats;
use electrician_relay::proto::StreamOpen;
use electrician_relay::session::{RESUMES_FROM, ReceiverBuilder, StreamDirectory};
use electrician_types::ConfigError;
use tokio::sync::watch;

use crate::mesh::Room;
use crate::stream::Stream;

/// What all runs of a relay share.
pub(crate) struct Hub {
    sessions: ReceiverBuilder,
    /// For calls that carry one payload.
    single: ReceiverBuilder,
    directory: Mutex<StreamDirectory<Arc<Stream>>>,
    pub(crate) address: watch::Sender<Option<SocketAddr>>,
    pub(crate) counts: Counts,
    /// Where peers of a mesh meet, if one is served.
    pub(crate) room: Option<Arc<Room>>,
}

#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) connections: AtomicU64,
    pub(crate) streams: AtomicU64,
    pub(crate) received: AtomicU64,
    pub(crate) duplicates: AtomicU64,
    pub(crate) unreadable: AtomicU64,
    pub(crate) refused: AtomicU64,
}

/// A view of a relay, from outside of its pipeline. Clones are the same view.
#[derive(Clone, Debug)]
pub struct ReceivingRelayHandle(pub(crate) Arc<Hub>);

/// Counts since the relay was built, over all of its runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceivingRelayStats {
    /// Connections that were accepted, before anything was known of them.
    pub connections: u64,
    /// Streams that were let in.
    pub streams: u64,
    /// Items that were given to the pipeline.
    pub received: u64,
    /// Payloads that had come before.
    pub duplicates: u64,
    /// Payloads that could not be read.
    pub unreadable: u64,
    /// Calls that were refused for want of authentication.
    pub refused: u64,
}

// === impl Hub ===

impl Hub {
    pub(crate) fn new(
        sessions: ReceiverBuilder,
        streams: usize,
        room: Option<Arc<Room>>,
    ) -> Result<Self, ConfigError> {
        let single = sessions.clone().with_max_in_flight(1).with_dedupe_window(1);
        sessions.build()?;
        single.build()?;
        let directory = Mutex::new(StreamDirectory::new(streams));
        let (address, _) = watch::channel(None);
        Ok(Self { sessions, single, directory, address, counts: Counts::default(), room })
    }

    /// The stream that an opening begins, or goes on with, unless there are too many.
    pub(crate) fn stream_of(&self, identity: &Identity, open: &StreamOpen) -> Option<Arc<Stream>> {
        let resumes = open
            .capabilities
            .as_ref()
            .is_some_and(|own| !open.stream_id.is_empty() && own.params.contains_key(RESUMES_FROM));
        if !resumes {
            return Some(self.unnamed());
        }
        self.join(&principal(identity), &open.stream_id)
    }

    /// The stream `id` of `principal`, unless there are too many.
    fn join(&self, principal: &str, id: &str) -> Option<Arc<Stream>> {
        let mut directory = self.directory.lock().unwrap_or_else(PoisonError::into_inner);
        let is_idle = |stream: &Arc<Stream>| stream.lock().session.is_idle();
        directory.join(principal, id, || fresh(&self.sessions), is_idle)
    }

    /// A stream that ends with its connection.
    pub(crate) fn unnamed(&self) -> Arc<Stream> {
        fresh(&self.sessions)
    }

    /// A stream for one payload.
    pub(crate) fn single(&self) -> Arc<Stream> {
        fresh(&self.single)
    }
}

fn fresh(builder: &ReceiverBuilder) -> Arc<Stream> {
    Stream::new(builder.build().expect("it was built before"))
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("counts", &self.counts).finish_non_exhaustive()
    }
}

// === impl Counts ===

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

// === impl ReceivingRelayHandle ===

impl ReceivingRelayHandle {
    /// Where it listens, while it does.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        *self.0.address.borrow()
    }

    /// Waits until it listens, and says where. Cancel-safe.
    pub async fn bound(&self) -> SocketAddr {
        let mut address = self.0.address.subscribe();
        loop {
            if let Some(address) = *address.borrow_and_update() {
                return address;
            }
            if address.changed().await.is_err() {
                // The sender is in the hub, which is held here.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Counts of the mesh so far, if it serves one.
    pub fn mesh_stats(&self) -> Option<ExchangeStats> {
        self.0.room.as_ref().map(|room| room.stats())
    }

    /// Counts so far.
    pub fn stats(&self) -> ReceivingRelayStats {
        let Counts { connections, streams, received, duplicates, unreadable, refused } =
            &self.0.counts;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ReceivingRelayStats {
            connections: read(connections),
            streams: read(streams),
            received: read(received),
            duplicates: read(duplicates),
            unreadable: read(unreadable),
            refused: read(refused),
        }
    }
}

/// Whose streams they are. What a token says is put so that no two of them look alike.
fn principal(identity: &Identity) -> String {
    let (issuer, subject) = (identity.issuer(), identity.subject());
    format!("{:?} {issuer:?} {subject:?} {:?}", identity.proof(), identity.client_id())
}
