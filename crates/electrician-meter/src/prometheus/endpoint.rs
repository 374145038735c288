//! `GET /metrics`.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::meter::Meter;

/// Connections at a time, unless told otherwise.
const CONNECTIONS: usize = 16;

/// The most that a request line and its headers may be, bytes.
const HEAD: usize = 8 * 1024;

/// The most headers of a request.
const HEADERS: usize = 64;

/// How long the head of a request may take, and how long an idle connection is kept.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long answers under way may take after the shutdown began.
const GRACE: Duration = Duration::from_secs(5);

/// Serves a meter at `/metrics` over HTTP/1.1, for Prometheus to scrape.
///
/// It has no TLS and asks nobody who they are: bind it to other addresses than loopback only where
/// everybody may see the numbers and the names of your stages. It keeps 16 connections at most,
/// others wait; a head of a request may be 8 KiB and take 10 s.
#[derive(Debug)]
pub struct Endpoint {
    meter: Meter,
    listener: TcpListener,
    connections: usize,
}

// === impl Endpoint ===

impl Endpoint {
    /// Binds `port` of the loopback address 127.0.0.1; port 0 is any that is free.
    pub async fn bind(meter: &Meter, port: u16) -> io::Result<Self> {
        Self::bind_to(meter, SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
    }

    /// Binds an address that others may reach.
    pub async fn bind_to(meter: &Meter, address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self { meter: meter.clone(), listener, connections: CONNECTIONS })
    }

    /// Keeps at most so many connections, at least one. Default: 16.
    #[must_use]
    pub fn with_max_connections(mut self, connections: usize) -> Self {
        self.connections = connections.clamp(1, Semaphore::MAX_PERMITS);
        self
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `shutdown` is ready; answers under way are given 5 s then. To drop the future
    /// closes everything at once: nothing is left running.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let permits = Arc::new(Semaphore::new(self.connections));
        let (closing, closed) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            while connections.try_join_next().is_some() {}
            let accepted = async {
                let permit = Arc::clone(&permits).acquire_owned().await.ok();
                (self.listener.accept().await, permit)
            };
            let (accepted, permit) = tokio::select! {
                () = &mut shutdown => break,
                accepted = accepted => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    let (meter, closed) = (self.meter.clone(), closed.clone());
                    connections.spawn(async move {
                        connection(stream, meter, closed).await;
                        drop(permit);
                    });
                }
                // Out of files, for instance, which does not pass at once.
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
        drop(self.listener);
        closing.send_replace(true);
        // Whoever is not done then is cut off with the set.
        let _: Result<(), _> =
            timeout(GRACE, async { while connections.join_next().await.is_some() {} }).await;
    }
}

async fn connection(stream: TcpStream, meter: Meter, mut closed: watch::Receiver<bool>) {
    let service = service_fn(|request| {
        let response = answer(&request, &meter);
        async { Ok::<_, Infallible>(response) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(HEAD)
        .max_headers(HEADERS);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        // A client that goes away or sends nonsense is its own business.
        _ = &mut connection => return,
        _ = closed.wait_for(|closed| *closed) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _: Result<(), hyper::Error> = connection.await;
}

fn answer(request: &Request<Incoming>, meter: &Meter) -> Response<String> {
    let text = |status, text: &str| {
        let mut response = Response::new(text.to_owned());
        *response.status_mut() = status;
        response
    };
    if request.uri().path() != "/metrics" {
        return text(StatusCode::NOT_FOUND, "the metrics are at /metrics\n");
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "GET it\n");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let mut response = Response::new(super::encode(meter.snapshot()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(super::CONTENT_TYPE));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
