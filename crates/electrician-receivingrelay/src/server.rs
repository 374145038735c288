//! Connections: accepting, encrypting, serving, draining.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use electrician_relay::grpc::relay_service_server::RelayServiceServer;
use electrician_relay::transport::Owner;
use electrician_tls::PeerIdentity;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tonic::Status;
use tonic::body::Body;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::HealthService;
use tower_service::Service;

use crate::builder::Limits;
use crate::hub::count;
use crate::service::{Desk, Peer, Phase};

/// How long to wait when the system has no room for another connection.
const BREATH: Duration = Duration::from_millis(50);

/// What a header list may have, bytes.
const HEADER_BYTES: u32 = 32 << 10;

/// What all connections have.
pub(crate) struct Server<T> {
    pub(crate) desk: Desk<T>,
    pub(crate) health: HealthServer<HealthService>,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) limits: Limits,
}

/// The services of one connection.
struct Front<T> {
    relay: RelayServiceServer<Desk<T>>,
    health: HealthServer<HealthService>,
    peer: Option<Peer>,
    /// Whether anything was asked.
    is_used: Arc<AtomicBool>,
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A connection whose bytes can be read, and whose it is.
type Opened = (Box<dyn Io>, Option<Peer>);

// === impl Server ===

impl<T: Send + 'static> Server<T> {
    /// Serves until the phase says to drain, and then until every connection has ended.
    pub(crate) async fn run(self: Arc<Self>, listener: TcpListener) {
        let mut phase = self.desk.phase.clone();
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                () = draining(&mut phase) => break,
                Some(_) = connections.join_next() => {}
                accepted = accept(&listener, &places) => match accepted {
                    Ok((tcp, place)) => {
                        count(&self.desk.hub.counts.connections);
                        connections.spawn(Arc::clone(&self).connection(tcp, place));
                    }
                    Err(error) => {
                        // Of one connection, or of too many: the others go on.
                        tracing::warn!(%error, "no connection was accepted");
                        tokio::time::sleep(BREATH).await;
                    }
                },
            }
        }
        drop(listener);
        while connections.join_next().await.is_some() {}
    }

    async fn connection(self: Arc<Self>, tcp: TcpStream, _place: OwnedSemaphorePermit) {
        let opening = tokio::time::timeout(self.limits.handshake, self.open(tcp));
        let mut phase = self.desk.phase.clone();
        let opened = tokio::select! {
            () = draining(&mut phase) => return,
            opened = opening => opened,
        };
        match opened {
            Ok(Ok((io, peer))) => self.serve(io, peer).await,
            Ok(Err(error)) => tracing::debug!(%error, "a connection was not encrypted"),
            Err(_) => tracing::debug!("a connection took too long to be encrypted"),
        }
    }

    async fn open(&self, tcp: TcpStream) -> io::Result<Opened> {
        tcp.set_nodelay(true)?;
        let Some(tls) = &self.tls else { return Ok((Box::new(tcp), None)) };
        let stream = tls.accept(tcp).await?;
        let chain = stream.get_ref().1.peer_certificates();
        let peer = match chain {
            Some(chain) => Some(PeerIdentity::from_chain(chain).map_err(io::Error::other)?),
            None => None,
        };
        Ok((Box::new(stream), peer.map(|peer| Peer(Arc::new(peer)))))
    }

    async fn serve(&self, io: Box<dyn Io>, peer: Option<Peer>) {
        let Limits { message_bytes, stream_window, connection_window, .. } = self.limits;
        let is_used = Arc::new(AtomicBool::new(false));
        let relay = RelayServiceServer::new(self.desk.clone());
        let front = Front {
            relay: relay.max_decoding_message_size(message_bytes),
            health: self.health.clone(),
            peer,
            is_used: Arc::clone(&is_used),
        };
        let owner = Owner::new();
        let mut http = http2::Builder::new(owner.tasks());
        http.timer(TokioTimer::new())
            .initial_stream_window_size(stream_window)
            .initial_connection_window_size(connection_window)
            .max_concurrent_streams(self.limits.calls)
            .max_header_list_size(HEADER_BYTES)
            .keep_alive_interval(self.limits.keep_alive)
            .keep_alive_timeout(self.limits.keep_alive_timeout);
        let mut connection = pin!(http.serve_connection(TokioIo::new(io), front));
        let mut silent = pin!(tokio::time::sleep(self.limits.handshake));
        let mut phase = self.desk.phase.clone();
        let (mut is_draining, mut may_be_silent) = (false, false);
        loop {
            tokio::select! {
                biased;
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection broke");
                    }
                    return;
                }
                () = draining(&mut phase), if !is_draining => {
                    is_draining = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = silent.as_mut(), if !may_be_silent => {
                    if !is_used.load(Ordering::Relaxed) {
                        tracing::debug!("a connection asked for nothing");
                        return;
                    }
                    may_be_silent = true;
                }
            }
        }
    }
}

async fn draining(phase: &mut watch::Receiver<Phase>) {
    let _ = phase.wait_for(|phase| *phase == Phase::Draining).await;
}

/// The next connection, when there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (tcp, _) = listener.accept().await?;
    Ok((tcp, place))
}

// === impl Front ===

impl<T: Send + 'static> hyper::service::Service<http::Request<Incoming>> for Front<T> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, mut request: http::Request<Incoming>) -> Self::Future {
        self.is_used.store(true, Ordering::Relaxed);
        if let Some(peer) = &self.peer {
            request.extensions_mut().insert(peer.clone());
        }
        let path = request.uri().path();
        if path.starts_with("/electrician.RelayService/") {
            return self.relay.clone().call(request);
        }
        // Not `Watch`, which would never end: the protocol allows to leave it out.
        if path == "/grpc.health.v1.Health/Check" {
            return self.health.clone().call(request);
        }
        let status = Status::unimplemented("there is the relay service, and that for health");
        Box::pin(std::future::ready(Ok(status.into_http())))
    }
}
