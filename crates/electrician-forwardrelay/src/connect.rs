//! Connections to a target.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use electrician_auth::{AccessToken, Channel, TokenSource};
use electrician_relay::transport::Tasks;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::body::Body;

use crate::error::LinkError;
use crate::targets::Target;

/// Adds headers to the request of a stream.
pub(crate) type AddHeaders = dyn Fn(&mut HeaderMap) + Send + Sync;

/// How connections are made.
pub(crate) struct Dialing {
    pub(crate) tls: Option<TlsConnector>,
    pub(crate) timeout: Duration,
    pub(crate) keep_alive: Option<Duration>,
    pub(crate) keep_alive_timeout: Duration,
    pub(crate) stream_window: u32,
    pub(crate) connection_window: u32,
    pub(crate) headers: HeaderMap,
    pub(crate) dynamic: Option<Box<AddHeaders>>,
    pub(crate) tokens: Option<Arc<dyn TokenSource>>,
}

pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Sends requests on a connection. Clones share it.
#[derive(Clone)]
pub(crate) struct Requests(http2::SendRequest<Body>);

/// What a connection does; it ends when the connection does.
pub(crate) type Connection = http2::Connection<TokioIo<Box<dyn Io>>, Body, Tasks>;

// === impl Dialing ===

impl Dialing {
    pub(crate) const fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// A connection to `target`, whose tasks run in `tasks`.
    pub(crate) async fn connect(
        &self,
        target: &Target,
        tasks: Tasks,
    ) -> Result<(Requests, Connection), LinkError> {
        let after = self.timeout;
        let dialed = tokio::time::timeout(after, async {
            let io = self
                .dial(target)
                .await
                .map_err(|source| LinkError::Connect { target: target.to_string(), source })?;
            self.shake_hands(io, tasks)
                .await
                .map_err(|source| LinkError::Http { target: target.to_string(), source })
        });
        let timed_out = |_| LinkError::Timeout { target: target.to_string(), after };
        dialed.await.map_err(timed_out)?
    }

    async fn dial(&self, target: &Target) -> io::Result<Box<dyn Io>> {
        let tcp = TcpStream::connect((target.host(), target.port())).await?;
        tcp.set_nodelay(true)?;
        let Some(tls) = &self.tls else { return Ok(Box::new(tcp)) };
        let name = target.server_name().map_err(io::Error::other)?;
        let stream = tls.connect(name, tcp).await?;
        Ok(Box::new(stream))
    }

    async fn shake_hands(
        &self,
        io: Box<dyn Io>,
        tasks: Tasks,
    ) -> Result<(Requests, Connection), hyper::Error> {
        let mut http = http2::Builder::new(tasks);
        http.timer(TokioTimer::new())
            .initial_stream_window_size(self.stream_window)
            .initial_connection_window_size(self.connection_window)
            .keep_alive_interval(self.keep_alive)
            .keep_alive_timeout(self.keep_alive_timeout)
            .keep_alive_while_idle(true);
        let (requests, connection) = http.handshake(TokioIo::new(io)).await?;
        Ok((Requests(requests), connection))
    }

    /// The headers of a request, and the token among them.
    pub(crate) async fn request_headers(
        &self,
    ) -> Result<(HeaderMap, Option<AccessToken>), LinkError> {
        let mut headers = self.headers.clone();
        if let Some(add) = &self.dynamic {
            add(&mut headers);
        }
        let Some(tokens) = &self.tokens else { return Ok((headers, None)) };
        let token = tokens.token().await?;
        let channel = if self.is_encrypted() { Channel::Encrypted } else { Channel::Plaintext };
        headers.insert(AUTHORIZATION, token.authorization(channel)?);
        Ok((headers, Some(token)))
    }
}

// === impl Requests ===

impl tower_service::Service<http::Request<Body>> for Requests {
    type Response = http::Response<Incoming>;
    type Error = hyper::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, hyper::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), hyper::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(self.0.send_request(request))
    }
}
