//! Connections: accepting, encrypting, serving, draining.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use electrician_relay::grpc::mesh_service_server::MeshServiceServer;
use electrician_relay::grpc::relay_service_server::RelayServiceServer;
use electrician_relay::transport::{Owner, Tasks};
use electrician_tls::PeerIdentity;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutWriter;
use tokio_rustls::TlsAcceptor;
use tonic_health::pb::health_server::HealthServer;
use tonic_reflection::pb::v1::server_reflection_server::ServerReflectionServer;

use crate::builder::Limits;
use crate::front::{Front, Services};
use crate::health::Health;
use crate::hub::count;
use crate::mesh::MeshDesk;
use crate::reflection::{self, Index, Reflection};
use crate::service::{Desk, Peer, Phase};
use crate::web::Rules;

/// How long to wait when the system has no room for another connection.
const BREATH: Duration = Duration::from_millis(50);

/// What a header list may have, bytes.
const HEADER_BYTES: u32 = 32 << 10;

/// What all connections have.
pub(crate) struct Server<T> {
    pub(crate) desk: Desk<T>,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) limits: Limits,
    pub(crate) web: Option<Rules>,
    pub(crate) index: Option<Arc<Index>>,
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A connection whose bytes can be read, and whose it is.
type Opened = (Box<dyn Io>, Option<Peer>);

/// The services as their callers name them.
pub(crate) const fn services(has_mesh: bool) -> &'static [&'static str] {
    if has_mesh {
        &["electrician.RelayService", "electrician.MeshService"]
    } else {
        &["electrician.RelayService"]
    }
}

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
        let Some(tls) = &self.tls else { return Ok((self.guarded(tcp), None)) };
        let stream = tls.accept(tcp).await?;
        let chain = stream.get_ref().1.peer_certificates();
        let peer = match chain {
            Some(chain) => Some(PeerIdentity::from_chain(chain).map_err(io::Error::other)?),
            None => None,
        };
        Ok((self.guarded(stream), peer.map(|peer| Peer(Arc::new(peer)))))
    }

    /// HTTP/2 asks whether a peer is there that takes nothing. HTTP/1.1 cannot.
    fn guarded(&self, io: impl Io + 'static) -> Box<dyn Io> {
        if self.web.is_none() {
            return Box::new(io);
        }
        let mut guarded = TimeoutWriter::new(io);
        guarded.set_timeout(Some(self.limits.keep_alive_timeout));
        Box::new(Box::pin(guarded))
    }

    async fn serve(&self, io: Box<dyn Io>, peer: Option<Peer>) {
        let is_used = Arc::new(AtomicBool::new(false));
        let front = Front::new(self.services(peer), self.web.clone(), Arc::clone(&is_used));
        let owner = Owner::new();
        let http = self.http(owner.tasks());
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

impl<T: Send + 'static> Server<T> {
    fn services(&self, peer: Option<Peer>) -> Services<T> {
        let relay = RelayServiceServer::new(self.desk.clone());
        let onlookers = Arc::clone(&self.desk.onlookers);
        let mesh = MeshDesk::of(&self.desk).map(MeshServiceServer::new);
        let names = services(mesh.is_some());
        let health = Health::new(self.desk.phase.clone(), names, onlookers);
        let reflection = self.index.as_ref().map(|index| {
            let reflection = Reflection::new(self.desk.clone(), Arc::clone(index));
            let server = ServerReflectionServer::new(reflection);
            server.max_decoding_message_size(reflection::MOST_BYTES)
        });
        Services {
            relay: relay.max_decoding_message_size(self.limits.message_bytes),
            mesh: mesh.map(|mesh| mesh.max_decoding_message_size(self.limits.message_bytes)),
            health: HealthServer::new(health),
            reflection,
            peer,
        }
    }

    /// HTTP/2, and for gRPC-Web HTTP/1.1, too.
    fn http(&self, tasks: Tasks) -> auto::Builder<Tasks> {
        let Limits { stream_window, connection_window, .. } = self.limits;
        let mut http = auto::Builder::new(tasks);
        http.http2()
            .timer(TokioTimer::new())
            .initial_stream_window_size(stream_window)
            .initial_connection_window_size(connection_window)
            .max_concurrent_streams(self.limits.calls)
            .max_header_list_size(HEADER_BYTES)
            .keep_alive_interval(self.limits.keep_alive)
            .keep_alive_timeout(self.limits.keep_alive_timeout);
        if self.web.is_none() {
            return http.http2_only();
        }
        http.http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.handshake)
            .max_buf_size(HEADER_BYTES as usize);
        http
    }
}

/// Waits until nothing more is to be read.
pub(crate) async fn draining(phase: &mut watch::Receiver<Phase>) {
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
