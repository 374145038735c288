//! A client that says what it likes.

use std::net::SocketAddr;

use electrician_relay::Frame;
use electrician_relay::grpc::relay_service_client::RelayServiceClient;
use electrician_relay::proto::{AckMode, StreamOpen};
use electrician_relay::{About, EnvelopeWriter, RawPayload};
use electrician_testkit::drive::soon;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tonic::body::Body;

/// Sends requests; clones share the connection.
#[derive(Clone)]
pub(crate) struct Requests(http2::SendRequest<Body>);

impl tower_service::Service<http::Request<Body>> for Requests {
    type Response = http::Response<hyper::body::Incoming>;
    type Error = hyper::Error;
    type Future =
        std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, hyper::Error>> + Send>>;

    fn poll_ready(
        &mut self,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), hyper::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(self.0.send_request(request))
    }
}

/// A connection in plaintext; it ends with the set.
pub(crate) async fn connect(address: SocketAddr, tasks: &mut JoinSet<()>) -> Requests {
    let tcp = soon(TcpStream::connect(address)).await.unwrap();
    let http = http2::Builder::new(TokioExecutor::new())
        .initial_connection_window_size(256 << 20)
        .handshake(TokioIo::new(tcp))
        .await;
    let (requests, connection) = http.unwrap();
    tasks.spawn(async move {
        let _ = connection.await;
    });
    Requests(requests)
}

pub(crate) fn client(requests: Requests) -> RelayServiceClient<Requests> {
    RelayServiceClient::with_origin(requests, "http://relay".parse().unwrap())
}

/// An opening as a peer in Go sends one.
pub(crate) fn opening(id: &str, mode: AckMode, every: u32) -> Frame {
    Frame::Open(Box::new(StreamOpen {
        stream_id: id.to_owned(),
        defaults: Some(EnvelopeWriter::<u64>::json().metadata()),
        ack_mode: mode.into(),
        ack_every_n: every,
        ..StreamOpen::default()
    }))
}

pub(crate) fn payload(writer: &mut EnvelopeWriter<u64>, n: u64, seq: u64) -> RawPayload {
    writer.write(&n, &About::default()).unwrap().with_seq(seq)
}
