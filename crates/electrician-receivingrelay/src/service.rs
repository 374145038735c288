//! The service that senders call.

use std::pin::Pin;
use std::sync::Arc;

use electrician_auth::{AuthError, AuthErrorKind, Authenticator, Identity, Presented};
use electrician_relay::grpc::relay_service_server::RelayService;
use electrician_relay::{Ack, Frame, RawPayload};
use electrician_tls::PeerIdentity;
use electrician_types::Item;
use futures_util::{Stream, stream};
use tokio::sync::{Semaphore, mpsc, watch};
use tonic::{Request, Response, Status, Streaming};

use crate::conversation::{Conversation, gone, single};
use crate::hub::{Hub, count};
use crate::reading::Reading;

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It listens, and the pipeline has not asked for anything yet.
    Opening,
    Serving,
    /// Nothing more is read; what came is answered.
    Draining,
}

/// What every call needs.
pub(crate) struct Desk<T> {
    pub(crate) hub: Arc<Hub>,
    pub(crate) reading: Arc<Reading<T>>,
    pub(crate) queue: mpsc::Sender<Item<T>>,
    pub(crate) phase: watch::Receiver<Phase>,
    pub(crate) authenticator: Authenticator,
    pub(crate) streams: Arc<Semaphore>,
    /// Places of those who ask about the services, and go on asking.
    pub(crate) onlookers: Arc<Semaphore>,
}

/// The certificate of a connection.
#[derive(Clone)]
pub(crate) struct Peer(pub(crate) Arc<PeerIdentity>);

/// Acknowledgements on their way.
type Acks = Pin<Box<dyn Stream<Item = Result<Ack, Status>> + Send>>;

// === impl Desk ===

impl<T> Clone for Desk<T> {
    fn clone(&self) -> Self {
        Self {
            hub: Arc::clone(&self.hub),
            reading: Arc::clone(&self.reading),
            queue: self.queue.clone(),
            phase: self.phase.clone(),
            authenticator: self.authenticator.clone(),
            streams: Arc::clone(&self.streams),
            onlookers: Arc::clone(&self.onlookers),
        }
    }
}

impl<T: Send + 'static> Desk<T> {
    pub(crate) async fn admit<R>(&self, request: &Request<R>) -> Result<Identity, Status> {
        if *self.phase.borrow() == Phase::Draining {
            return Err(gone());
        }
        let peer = request.extensions().get::<Peer>();
        let headers = request.metadata().as_ref();
        let presented = Presented::new(headers).with_peer(peer.map(|peer| &*peer.0));
        self.authenticator.authenticate(presented).await.map_err(|error| {
            count(&self.hub.counts.refused);
            tracing::warn!(%error, "a sender is not let in");
            refusal(&error)
        })
    }
}

fn refusal(error: &AuthError) -> Status {
    let what = format!("auth validation failed: {error}");
    match error.kind() {
        AuthErrorKind::Forbidden => Status::permission_denied(what),
        AuthErrorKind::Unavailable => Status::unavailable("authentication cannot be checked now"),
        _ => Status::unauthenticated(what),
    }
}

#[tonic::async_trait]
impl<T: Send + 'static> RelayService for Desk<T> {
    async fn receive(&self, request: Request<RawPayload>) -> Result<Response<Ack>, Status> {
        self.admit(&request).await?;
        single(self, request.into_inner()).await.map(Response::new)
    }

    type StreamReceiveStream = Acks;

    async fn stream_receive(
        &self,
        request: Request<Streaming<Frame>>,
    ) -> Result<Response<Acks>, Status> {
        let identity = self.admit(&request).await?;
        let place = Arc::clone(&self.streams).try_acquire_owned();
        let place = place.map_err(|_| Status::resource_exhausted("too many streams are open"))?;
        count(&self.hub.counts.streams);
        let talk = Conversation::new(self.clone(), request.into_inner(), identity, place);
        let acks = stream::unfold(talk, async |mut talk| {
            let said = talk.next().await?;
            Some((said, talk))
        });
        Ok(Response::new(Box::pin(acks)))
    }
}
