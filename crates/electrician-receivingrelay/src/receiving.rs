//! The relay: what a generator opens.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use electrician_auth::Authenticator;
use electrician_types::{Error, ErrorKind, OpenSource, Result};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_rustls::TlsAcceptor;

use crate::builder::{Limits, Place, ReceivingRelayBuilder};
use crate::hub::{Hub, ReceivingRelayHandle};
use crate::reading::Reading;
use crate::reflection::Index;
use crate::server::Server;
use crate::service::{Desk, Phase};
use crate::source::RelaySource;
use crate::web::Rules;

/// Receives what forward relays of other processes send, over gRPC: the source of a pipeline.
///
/// # Delivery
///
/// A payload is acknowledged when its receipt is resolved: that of an item that was delivered,
/// filtered out or safely dead-lettered. An item that fails, or comes back when the run stops, is
/// told to the sender as *not now*, and its sender sends it again; one that is rejected, or cannot be
/// read, as *never*. With
/// [`AckOn::Accepted`](electrician_relay::session::AckOn::Accepted) a payload is acknowledged when it
/// is in the queue, as in the Go library.
///
/// A sender that connects again and sends what it does not know to be settled gets each payload
/// delivered once, as long as this relay lives: it knows the numbers of streams over all of its runs,
/// and dedupe keys, if told to.
///
/// # Order
///
/// Items of a stream come in its order, but for those that are sent again because they failed.
///
/// # Backpressure
///
/// A stream reads a payload only when the former one is in the queue and fewer than the allowed
/// number are under way. What is not read fills the window of the stream, and then its sender waits.
///
/// # Stopping
///
/// Nothing more is accepted and read, streams end when what came on them is answered, and then the
/// connections end, at the deadline of the stop at the latest. No task is left.
pub struct ReceivingRelay<T> {
    pub(crate) place: Place,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) authenticator: Authenticator,
    pub(crate) reading: Arc<Reading<T>>,
    pub(crate) limits: Limits,
    pub(crate) hub: Arc<Hub>,
    pub(crate) web: Option<Rules>,
    pub(crate) index: Option<Arc<Index>>,
}

// === impl ReceivingRelay ===

impl<T: Send + 'static> ReceivingRelay<T> {
    /// A relay that listens at `address`, such as `0.0.0.0:50051`; with port 0 at any free one, which
    /// [`handle`](Self::handle) tells.
    pub fn builder(address: impl Into<String>) -> ReceivingRelayBuilder<T> {
        ReceivingRelayBuilder::new(Place::Address(address.into()))
    }

    /// A relay that accepts from `listener`. The listener stays open between runs: who connects then
    /// waits.
    pub fn on(listener: TcpListener) -> ReceivingRelayBuilder<T> {
        ReceivingRelayBuilder::new(Place::Listener(listener))
    }

    /// A view of it, from outside of the pipeline that it goes into.
    pub fn handle(&self) -> ReceivingRelayHandle {
        ReceivingRelayHandle(Arc::clone(&self.hub))
    }

    fn listen(&self) -> Result<TcpListener> {
        let (what, listener) = match &self.place {
            Place::Address(address) => {
                let parsed: Result<SocketAddr, _> = address.parse();
                let parsed = parsed.map_err(|error| failed(address, io::Error::other(error)))?;
                (address.clone(), TcpListener::bind(parsed))
            }
            Place::Listener(listener) => ("the listener".to_owned(), listener.try_clone()),
        };
        let listener = listener.map_err(|error| failed(&what, error))?;
        listener.set_nonblocking(true).map_err(|error| failed(&what, error))?;
        Ok(listener)
    }
}

fn failed(address: &str, error: io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("listening at {address}")).with_source(error)
}

impl<T: Send + 'static> OpenSource for ReceivingRelay<T> {
    type Source = RelaySource<T>;

    /// Whether the address can be listened at.
    fn check(&self) -> Result<()> {
        if self.hub.address.borrow().is_some() {
            return Ok(());
        }
        self.listen().map(drop)
    }

    /// Listens. Senders can connect from then on.
    fn open(&self) -> Result<RelaySource<T>> {
        let runtime = Handle::try_current().map_err(|error| {
            Error::new(ErrorKind::Config, "a relay runs on a tokio runtime").with_source(error)
        })?;
        let listener = tokio::net::TcpListener::from_std(self.listen()?)?;
        let address = listener.local_addr()?;
        let (queue, items) = mpsc::channel(self.limits.queue);
        let (phase, phases) = watch::channel(Phase::Opening);
        let desk = Desk {
            hub: Arc::clone(&self.hub),
            reading: Arc::clone(&self.reading),
            queue,
            phase: phases,
            authenticator: self.authenticator.clone(),
            streams: Arc::new(Semaphore::new(self.limits.streams)),
            onlookers: Arc::new(Semaphore::new(self.limits.streams)),
        };
        let server = Server {
            desk,
            tls: self.tls.clone(),
            limits: self.limits.clone(),
            web: self.web.clone(),
            index: self.index.clone(),
        };
        let running = runtime.spawn(Arc::new(server).run(listener));
        self.hub.address.send_replace(Some(address));
        tracing::info!(%address, "a relay listens");
        Ok(RelaySource::new(items, phase, running, Arc::clone(&self.hub)))
    }
}

impl<T> fmt::Debug for ReceivingRelay<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivingRelay")
            .field("place", &self.place)
            .field("is_encrypted", &self.tls.is_some())
            .field("authenticator", &self.authenticator)
            .field("limits", &self.limits)
            .field("web", &self.web)
            .field("describes_itself", &self.index.is_some())
            .finish_non_exhaustive()
    }
}
